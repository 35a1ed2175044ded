"""A document's title before its sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.retrieval.joined import joined
from factcheck.retrieval.passages import titled
from factcheck.types import Hit, Passage, Source

QUOTE = "The roof was mended in 1956."


def passage(title, quote=QUOTE, before=""):
    premise = f"{before} {quote}".strip()
    return Passage(Source("mill.txt", title, "mill.txt", "0"), 0, 0, len(quote), quote, premise)


@pytest.mark.parametrize(
    ("title", "premise"),
    [
        ("Orvale Mill", f"Orvale Mill. {QUOTE}"),
        ("Who mended Orvale Mill?", f"Who mended Orvale Mill? {QUOTE}"),
        ("Mended roofs of 1956", QUOTE),
        ("Brandt's diary", QUOTE),
        ("Orvale " + "and its mills " * 20, QUOTE),
        ("", QUOTE),
    ],
)
def test_the_title_stands_first_where_it_names_what_the_claim_is_about(title, premise):
    """Not where it has no word of the claim that the passage lacks, nor where it is a text of its own."""
    shown = titled(passage(title), "The roof of Orvale Mill was mended in 1956.")

    assert shown.premise == premise
    assert (shown.quote, shown.body) == (QUOTE, QUOTE)


def test_the_sentence_before_stays_between():
    """The body is what the document has there."""
    shown = titled(passage("Orvale Mill", before="It stood empty."), "Orvale has a mill.")

    assert shown.premise == f"Orvale Mill. It stood empty. {QUOTE}"
    assert shown.body == f"It stood empty. {QUOTE}"


def test_sentences_that_are_joined_keep_their_title():
    """And the other one of the two can still be told from the pair."""
    source = Source("mill.txt", "Orvale Mill", "mill.txt", "0")
    first, second = "Corn was ground here.", QUOTE
    hits = [
        Hit(Passage(source, 1, 22, 22 + len(second), second, second), 2.0),
        Hit(titled(Passage(source, 0, 0, 21, first, first), "Orvale had corn."), 1.0),
    ]

    both = joined(hits)

    assert both is not None
    assert both.passage.premise == f"Orvale Mill. {first} {second}"
    assert both.passage.companion is not None
    assert both.passage.companion.quote == first


@given(st.text(max_size=40), st.text(min_size=1, max_size=40), st.text(max_size=40), st.text(max_size=60))
def test_a_title_never_changes_what_the_document_says(title, quote, before, claim):
    """Whatever the four texts are, the premise ends with the body, and the body is what it was without the title."""
    plain = passage(title, quote, before)
    shown = titled(plain, claim)

    assert shown.premise.endswith(plain.premise)
    assert shown.body in {plain.premise, plain.body}
    assert shown.quote == quote
