"""What claim and passage share, and what they do not."""

from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.analyzer import Analyzer
from factcheck.review.marks import Kind, Mismatch, compare_all, pieces
from factcheck.wording.numbers import numbers

SIGNS = """
The glacier lost not all 31 % 1,200 1200 0.4 billion $5m 3rd second cafe\u0301 \U0001f9ca never 2014-03-12 −4 °C km
עברית Some one-half 10-12 ( ) \u202e half isn't \uff11\uff12 ٣٤ , . 5 999999999999999999999999999999999999999999
square m²
"""
WORDS = st.sampled_from(SIGNS.split())
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join))


@lru_cache
def analyzer():
    return Analyzer("en")


def compare(claim, passage):
    [found] = compare_all(claim, [passage], analyzer=analyzer())
    return found


def marked(text, marks, kind):
    return [text[mark.start : mark.end] for mark in marks if mark.kind is kind]


def values(text, language="en"):
    return [sorted(map(float, number.values)) for number in numbers(text, language=language)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.4 billion people", "400 million people"),
        ("1,200 men", "1200 men"),
        ("1 200 men", "1,200 men"),
        ("31 per cent", "31%"),
        ("the 3rd dam", "the third dam"),
        ("the twenty-first dam", "dam number 21"),
        ("3.5 km", "3,500 metres"),
        ("a dozen", "12"),
        ("two dozen eggs", "24 eggs"),
        ("twelve boats", "12 boats"),
        ("$3bn", "3 billion dollars"),
        ("−4 °C", "-4 °C"),
        ("two thirds", "two thirds"),
        ("five hundred thousand", "500,000"),
        ("2 square kilometres", "200 hectares"),
        ("in 2014", "on 2014-03-12"),
        ("٣٤ boats", "34 boats"),
        ("two years", "24 months"),
        ("400 million", "400 million people"),
    ],
)
def test_equal_values_in_other_notation_are_no_mismatch(one, other):
    """The eye is not drawn to what is only written otherwise."""
    assert numbers(one)
    assert numbers(one)[0].equals(numbers(other)[0])
    assert not [item for item in compare(one, other).mismatches if item.claim]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("31 %", "14 %"),
        ("3 km", "3 kg"),
        ("$5", "5 euros"),
        ("4 million", "4 billion"),
        ("5 °C", "-5 °C"),
        ("2 m", "2 km"),
    ],
)
def test_other_values_and_other_units_are_mismatches(one, other):
    """A unit that differs is a difference, even of equal digits."""
    [mismatch] = compare(one, other).mismatches

    assert (mismatch.claim, mismatch.passage) == ((one,), (other,))


def test_mismatches_are_told_in_the_words_of_both():
    """Claim and passage are quoted, kind by kind."""
    found = compare("Perrin had 31 cones in 2014, 5 % of all.", "Perrin had 14 cones in 2014, not 5 per cent of some.")

    assert found.mismatches == (
        Mismatch("number", ("31",), ("14",)),
        Mismatch("amount", ("all",), ("some",)),
        Mismatch("negation", (), ("not",)),
    )


def test_what_differs_and_what_agrees_is_marked_in_both_texts():
    """Numbers, turning words, and content words by their stems."""
    claim, passage = "The Rhone glacier lost 31 percent.", "Glaciers of the Rhône lost 14 % in 1850."
    found = compare(claim, passage)

    assert marked(claim, found.claim, Kind.SHARED) == ["Rhone", "glacier"]
    assert marked(passage, found.passage, Kind.SHARED) == ["Glaciers", "Rhône"]
    assert marked(claim, found.claim, Kind.SAME) == marked(passage, found.passage, Kind.SAME) == ["lost"]
    assert marked(claim, found.claim, Kind.DIFFERS) == ["31 percent"]
    assert marked(passage, found.passage, Kind.DIFFERS) == ["14 %", "1850"]


def test_opposite_directions_are_a_mismatch():
    """Rose against fell."""
    assert compare("The level rose.", "The level fell.").mismatches == (Mismatch("direction", ("rose",), ("fell",)),)


def test_negation_in_both_is_no_mismatch():
    """Never and not say no alike."""
    assert compare("It was never built.", "They did not build it.").mismatches == ()


def test_words_that_often_count_nothing_are_no_mismatch():
    """One of the first."""
    assert compare("It is one of the first dams.", "It is a dam.").mismatches == ()


def test_digits_within_names_are_no_numbers():
    """CO2 counts nothing."""
    assert values("CO2 from an A320 and H2O") == []


def test_a_year_before_a_number_is_not_joined_with_it():
    """A blank groups thousands only where there are at most three digits before it."""
    assert values("In 2014 300 men") == [[2014], [300]]


def test_a_point_can_group_thousands_where_the_language_does_so():
    """Both readings count, since nobody can tell."""
    assert values("1.200", language="de") == [[1.2, 1200]]
    assert values("1.200", language="en") == [[1.2]]


def test_accents_are_not_torn_from_their_letters():
    """A span ends after the combining characters of its last letter."""
    claim = "Le cafe\u0301 est ferme\u0301"
    found = compare(claim, "cafe\u0301")

    assert marked(claim, found.claim, Kind.SHARED) == ["cafe\u0301"]


def test_spans_count_code_points():
    """A character beyond the basic plane is one."""
    text = "\U0001f9ca\U0001f9ca 31"
    assert [(mark.start, mark.end) for mark in compare(text, "14").claim] == [(3, 5)]


def test_without_an_analyzer_numbers_are_compared_all_the_same():
    """The words in common are left out then."""
    [found] = compare_all("31 cones", ["14 cones"])

    assert found.mismatches == (Mismatch("number", ("31",), ("14",)),)


def test_every_passage_gets_its_own_comparison():
    """In the order of the passages."""
    found = compare_all("31 cones", ["31 cones", "14 cones", ""], analyzer=analyzer())

    assert [len(one.mismatches) for one in found] == [0, 1, 1]


@given(TEXTS, TEXTS)
def test_marks_are_spans_in_order_that_do_not_overlap(claim, passage):
    """Whatever the texts, and the pieces put together are the text."""
    found = compare(claim, passage)
    for text, marks in ((claim, found.claim), (passage, found.passage)):
        ends = [0, *(mark.end for mark in marks)]
        starts = [*(mark.start for mark in marks), len(text)]
        assert all(end <= start for end, start in zip(ends, starts, strict=True))
        assert all(mark.start < mark.end for mark in marks)
        assert "".join(piece.text for piece in pieces(text, marks)) == text


@given(TEXTS)
def test_a_text_has_no_mismatch_with_itself(text):
    """Nothing differs."""
    found = compare(text, text)

    assert found.mismatches == ()
    assert all(mark.kind is not Kind.DIFFERS for mark in found.claim)


@given(st.integers(0, 10**12))
def test_grouped_digits_are_the_plain_number(value):
    """With commas or without."""
    assert values(f"{value:,} x") == values(f"{value} x") == [[value]]


@given(TEXTS)
def test_numbers_do_not_overlap(text):
    """And stand in order."""
    found = numbers(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(number.start < number.end <= len(text) and number.values for number in found)
