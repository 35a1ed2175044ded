"""Near-copies: what is merged, and what never is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.retrieval.copies import copy_key, merge_copies
from factcheck.types import Hit, Passage, Source


def hit(quote, doc_id="a", score=1.0):
    source = Source(doc_id=doc_id, title="", path=doc_id, sha256="0" * 64)
    return Hit(Passage(source, 0, 0, len(quote), quote, quote), score)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The ship sailed to Cebu.", "A ship sailed to Cebu"),
        ("Output rose by 1,000 tonnes.", "Output rose by 1000 tonnes."),
        ("She said the plan was late.", "SHE SAID THAT THE PLAN WAS LATE!"),
        ("“We’ll wait,” he said.", '"We\'ll wait", he said.'),
    ],
)
def test_case_punctuation_and_articles_do_not_matter(one, other):
    """Sentences that differ in these alone are copies."""
    assert copy_key(one) == copy_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Output rose by 15 percent.", "Output rose by 1.5 percent."),
        ("Output rose by 5%.", "Output rose by 5."),
        ("The change was -3 points.", "The change was 3 points."),
        ("It cost $4 million.", "It cost €4 million."),
        ("The fund may pay.", "The fund may not pay."),
        ("They have no plans.", "They have plans."),
        ("Japan sold it to Fiji.", "Japan sold it by Fiji."),
        ("It opened on 3 May.", "It opened on 4 May."),
        ("Anwar met Ishiba.", "Ishiba met Anwar."),
        ("They can't sail.", "They can sail."),
        ("It opened in 2024.", "It opened in 2025."),
    ],
)
def test_a_number_name_date_or_negation_makes_another_sentence(one, other):
    """Sentences that differ in one of these are never copies."""
    assert copy_key(one) != copy_key(other)


def test_copies_are_listed_on_the_best_hit():
    """Of several copies the first stays a hit and names the places of the others."""
    merged = merge_copies([hit("The ship sailed.", "a", 3.0), hit("Other.", "b", 2.0), hit("A ship sailed", "c", 1.0)])

    assert ["a", "b"] == [item.passage.source.doc_id for item in merged]
    assert ["c"] == [copy.source.doc_id for copy in merged[0].copies]


@given(st.lists(st.text(max_size=30)))
def test_no_passage_is_lost_in_merging(quotes):
    """Every passage is a hit or a copy of one, whatever the text."""
    hits = [hit(quote, doc_id=str(number)) for number, quote in enumerate(quotes)]

    merged = merge_copies(hits)

    places = [item.source.doc_id for kept in merged for item in (kept.passage, *kept.copies)]
    assert sorted(places) == sorted(str(number) for number in range(len(quotes)))
