"""What is marked in claim and passage: findings, figures in both, and words in common."""

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.analyzer import Analyzer
from factcheck.review.marks import Kind, Read, compare_all, differing, pieces
from factcheck.types import Check, Finding, Passage, Source
from factcheck.wording import opposition, quantity

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


def compare(claim, quote, *findings, language="en"):
    [found] = compare_all(claim, [Read(quote, findings)], analyzer=analyzer(), language=language)
    return found


def read(claim, quote):
    """The comparison with what the checks find in the words."""
    passage = Passage(Source("doc", "", "doc.txt", ""), 0, 0, len(quote), quote, quote)
    return compare(claim, quote, *quantity.check(claim, passage), *opposition.check(claim, passage))


def marked(text, marks, kind):
    return [text[mark.start : mark.end] for mark in marks if mark.kind is kind]


@pytest.mark.parametrize(
    ("claim", "quote", "ours", "theirs"),
    [
        ("The mill had 31 cones.", "The mill had 14 cones.", "31", "14"),
        ("The mill opened in 1911.", "The mill opened in June 1912.", "1911", "June 1912"),
        ("It lost 31 % of its ice.", "It lost fourteen per cent of its ice.", "31 %", "fourteen per cent"),
        ("All members of the council voted.", "Few members of the council voted.", "All", "Few"),
    ],
)
def test_what_a_check_found_is_marked_on_both_sides(claim, quote, ours, theirs):
    """Figures, dates and quantifiers that do not fit."""
    found = read(claim, quote)

    assert [ours] == marked(claim, found.claim, Kind.DIFFERS)
    assert [theirs] == marked(quote, found.passage, Kind.DIFFERS)
    assert not marked(claim, found.claim, Kind.SAME)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The mill had 31 cones.", "In 1850 the mill of 40 rooms had 31 cones."),
        ("The mill had cones.", "The mill had 14 cones."),
        ("The mill is old.", "The mill is not far from all the 12 barns."),
    ],
)
def test_nothing_else_is_marked_as_different(claim, quote):
    """A figure or negation that the claim does not speak of takes no support away."""
    found = read(claim, quote)

    assert not marked(claim, found.claim, Kind.DIFFERS)
    assert not marked(quote, found.passage, Kind.DIFFERS)


def test_without_a_finding_a_figure_is_not_marked_as_different():
    """As where a run was made without the checks: its verdict does not go by them."""
    found = compare("The mill had 31 cones.", "The mill had 14 cones.")

    assert not marked("The mill had 14 cones.", found.passage, Kind.DIFFERS)


@pytest.mark.parametrize(
    ("claim", "quote", "ours", "theirs"),
    [
        ("five per cent of it", "5% of it", "five per cent", "5%"),
        ("0.4 billion people", "400 million people", "0.4 billion", "400 million"),
        ("1,200 men", "1200 men", "1,200", "1200"),
        ("the third dam", "the 3rd dam", "third", "3rd"),
        ("3.5 km", "3,500 metres", "3.5 km", "3,500 metres"),
        ("a dozen eggs", "12 eggs", "a dozen", "12"),
        ("$3bn", "3 billion dollars", "$3bn", "3 billion dollars"),
        ("opened in 2014", "opened on 2014-03-12", "2014", "2014-03-12"),
        ("12 March 2014", "on 2014-03-12", "12 March 2014", "2014-03-12"),
        ("two years", "24 months", "two years", "24 months"),
        ("room 7", "in room 7", "7", "7"),
    ],
)
def test_a_figure_in_both_is_marked_however_it_is_written(claim, quote, ours, theirs):
    """By value and unit."""
    found = compare(claim, quote)

    assert [ours] == marked(claim, found.claim, Kind.SAME)
    assert [theirs] == marked(quote, found.passage, Kind.SAME)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [("3 km", "3 kg"), ("$5", "5 euros"), ("5 boats", "5 %"), ("4 million", "4 billion"), ("room 7", "7 boats")],
)
def test_the_same_digits_are_not_the_same_figure(claim, quote):
    """Of another unit, of another power of ten, or in a name."""
    assert not marked(claim, compare(claim, quote).claim, Kind.SAME)


def test_plain_numbers_are_compared_in_other_languages():
    """By that language's separators."""
    claim, quote = "1.200 Menschen", "im Jahr 1200 Menschen"
    found = compare(claim, quote, language="de")

    assert (["1.200"], ["1200"]) == (marked(claim, found.claim, Kind.SAME), marked(quote, found.passage, Kind.SAME))
    assert not marked(claim, compare(claim, quote).claim, Kind.SAME)  # in English it is a number with a fraction


def test_words_in_common_are_marked_by_their_stems():
    """Content words alone."""
    claim, quote = "The Rhone glacier lost its ice.", "Glaciers of the Rhône lost the ice."
    found = compare(claim, quote)

    assert ["Rhone", "glacier", "lost", "ice"] == marked(claim, found.claim, Kind.SHARED)
    assert ["Glaciers", "Rhône", "lost", "ice"] == marked(quote, found.passage, Kind.SHARED)


def test_a_finding_counts_before_what_is_the_same():
    """Two dates of one year: the finding covers the whole date."""
    claim, quote = "It opened on 12 March 2014.", "It opened on 15 March 2014."
    found = read(claim, quote)

    assert ["12 March 2014"] == marked(claim, found.claim, Kind.DIFFERS)
    assert [] == marked(claim, found.claim, Kind.SAME)


@pytest.mark.parametrize("span", [None, (3, 3), (0, 99), (-2, 1), (4, 2)])
def test_a_span_that_is_not_in_the_text_is_not_marked(span):
    """As in a record that was altered."""
    assert () == differing("Tea.", [span])


def test_accents_are_not_torn_from_their_letters():
    """A span ends after the combining characters of its last letter."""
    claim = "Le cafe\u0301 est ferme\u0301"
    found = compare(claim, "cafe\u0301")

    assert ["cafe\u0301"] == marked(claim, found.claim, Kind.SHARED)


def test_spans_count_code_points():
    """A character beyond the basic plane is one."""
    text = "\U0001f9ca\U0001f9ca 31 boats"
    assert [(3, 5)] == [(mark.start, mark.end) for mark in compare(text, "31 ships").claim]


def test_without_an_analyzer_words_in_common_are_left_out():
    """Figures are compared all the same."""
    [found] = compare_all("31 cones", [Read("31 cones")])

    assert [Kind.SAME] == [mark.kind for mark in found.claim]


def test_every_passage_gets_its_own_comparison():
    """In the order of the passages."""
    quotes = ["31 boats", "14 boats", ""]
    found = compare_all("31 cones", [Read(quote) for quote in quotes], analyzer=analyzer())

    assert [1, 0, 0] == [len(one.passage) for one in found]


spans = st.none() | st.tuples(st.integers(-3, 60), st.integers(-3, 60))
findings = st.builds(Finding, st.sampled_from(Check), st.just("x"), st.just("x"), spans, spans)


@given(TEXTS, TEXTS, st.lists(findings, max_size=3))
def test_marks_are_spans_in_order_that_do_not_overlap(claim, quote, found):
    """Whatever the texts and findings, and the pieces put together are the text."""
    compared = compare(claim, quote, *found)
    for text, marks in ((claim, compared.claim), (quote, compared.passage)):
        ends = [0, *(mark.end for mark in marks)]
        starts = [*(mark.start for mark in marks), len(text)]
        assert all(end <= start for end, start in zip(ends, starts, strict=True))
        assert all(mark.start < mark.end for mark in marks)
        assert "".join(piece.text for piece in pieces(text, marks)) == text


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    """Nothing is found."""
    assert all(mark.kind is not Kind.DIFFERS for mark in read(text, text).claim)
