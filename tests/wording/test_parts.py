"""Claims are split where their parts can surely be judged for themselves, and nowhere else."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.wording.parts import MOST_PARTS, parts_of

CASES = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data" / "parts.jsonl").read_text("utf-8").splitlines()
]
SPLIT = [case["claim"] for case in CASES if case["parts"]]

_WORDS = re.findall(
    r"\S+",
    """
Oslo Anna the a its she it which who and but while , in of to by with was is has had not never won born built opened
cost fell rose holds town bridge 4 1990 12% million people designed moved said that both or two " ( ) ; ' , and and
""",
)
sentences = st.one_of(
    st.sampled_from([case["claim"] for case in CASES]),
    st.lists(st.sampled_from(_WORDS), max_size=24).map(" ".join),
    st.tuples(st.sampled_from(SPLIT), st.sampled_from(SPLIT)).map(lambda two: f"{two[0].rstrip('.')}, and {two[1]}"),
    st.text(max_size=60),
)


def texts(claim):
    return [part.text for part in parts_of(claim)]


def figures(text):
    return re.findall(r"\d+", text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"][:60])
def test_a_claim_has_the_parts_that_a_reader_finds(case):
    """Each part says what its words say, with the subject and auxiliary they share; claims of one part have none."""
    assert texts(case["claim"]) == case["parts"]


def test_the_examples_are_many_of_both_sorts():
    """At least eighty claims have parts, and as many must stay whole; none stands there twice."""
    assert len(SPLIT) >= 80
    assert len(CASES) - len(SPLIT) >= 80
    assert len({case["claim"] for case in CASES}) == len(CASES)


def test_spans_point_at_the_words_of_each_part():
    """The first part brings its subject, the others begin after the conjunction."""
    claim = "The hall was designed by Ann Lie, and built by Bo Dahl."

    assert [claim[part.start : part.end] for part in parts_of(claim)] == [
        "The hall was designed by Ann Lie",
        "built by Bo Dahl",
    ]


@given(sentences)
def test_spans_lie_in_the_claim_in_order(claim):
    """Spans are not empty, do not overlap, and begin and end at a word."""
    end = 0
    for part in parts_of(claim):
        assert end <= part.start < part.end <= len(claim)
        assert claim[part.start : part.end] == claim[part.start : part.end].strip()
        end = part.end


@given(sentences)
def test_a_claim_has_no_part_or_two_to_four(claim):
    """One part would be the claim itself."""
    assert len(parts_of(claim)) in {0, *range(2, MOST_PARTS + 1)}


@given(sentences)
def test_no_figure_and_no_negation_is_lost(claim):
    """What a span says of numbers, and what it denies, its text says too; together they have all that the claim has."""
    parts = parts_of(claim)
    for part in parts:
        span = claim[part.start : part.end]
        assert not set(figures(span)) - set(figures(part.text))
        assert span.lower().split().count("not") <= part.text.lower().split().count("not")
    if parts:
        assert set(figures(claim)) == set(figures(" ".join(part.text for part in parts)))


@given(sentences)
def test_splitting_comes_to_an_end(claim):
    """The parts of parts of parts … are whole at last, and no part is the claim again."""
    level = [claim]
    for _ in range(6):
        level = [text for whole in level for text in texts(whole) if text != whole]
    assert level == []


@given(sentences)
def test_a_full_stop_changes_nothing(claim):
    """Claims come with and without."""
    plain = claim.rstrip().rstrip(".").rstrip()

    assert parts_of(plain) == parts_of(plain + ".")


@given(sentences, st.text(" \t\n", max_size=3), st.text(" \t\n", max_size=3))
def test_space_around_a_claim_only_moves_its_spans(claim, before, after):
    """The texts are the same."""
    claim = claim.strip()
    moved = [(part.start + len(before), part.end + len(before), part.text) for part in parts_of(claim)]

    assert [(part.start, part.end, part.text) for part in parts_of(before + claim + after)] == moved


def test_five_parts_are_too_many():
    """A claim with more parts than are judged stays whole."""
    claim = "The mine has two shafts, is 90 metres deep, was dug in 1880, belongs to Tarn and is closed on Sundays."

    assert parts_of(claim) == ()
    assert len(parts_of(claim.replace(", was dug in 1880", ""))) == MOST_PARTS


def test_a_very_long_text_stays_whole():
    """No claim is that long, and reading it would take time."""
    claim = "The mine is deep and " + "very " * 300 + "old, and the bridge is new."

    assert parts_of(claim) == ()
