"""A document's title before its sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex
from factcheck.pipeline import verify
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.retrieval.joined import joined
from factcheck.retrieval.passages import titled
from factcheck.testing import RuleNLI
from factcheck.types import Claim, Hit, Passage, Source
from factcheck.verdict.decide import Rule

QUOTE = "The roof was mended in 1956."


def passage(title, quote=QUOTE, before=""):
    premise = f"{before} {quote}".strip()
    return Passage(Source("mill.txt", title, "towns/orvale-mill.txt", "0"), 0, 0, len(quote), quote, premise)


@pytest.mark.parametrize(
    ("title", "premise"),
    [
        ("Orvale Mill", f"Orvale Mill. {QUOTE}"),
        ("Who mended Orvale Mill?", f"Who mended Orvale Mill? {QUOTE}"),
        ("Mended roofs of 1956", QUOTE),
        ("Mill 1956: the roof of Orvale mended", QUOTE),
        ("orvale-mill", QUOTE),
        ("Brandt's diary", QUOTE),
        ("Orvale " + "and its mills " * 20, QUOTE),
        ("", QUOTE),
    ],
)
def test_the_title_stands_first_where_it_names_what_the_claim_is_about(title, premise):
    """Not where it adds no word of the claim, or has them all, or is a text of its own or the name of the file."""
    shown = titled(passage(title), "The roof of Orvale Mill was mended in 1956.")

    assert shown.premise == premise
    assert (shown.quote, shown.body) == (QUOTE, QUOTE)


def test_the_sentence_before_stays_between():
    """The body is what the document has there."""
    shown = titled(passage("Orvale Mill", before="It stood empty."), "A mill in Orvale burned down.")

    assert shown.premise == f"Orvale Mill. It stood empty. {QUOTE}"
    assert shown.body == f"It stood empty. {QUOTE}"


@pytest.mark.parametrize(
    ("claim", "premise"),
    [
        ("The roof of Orvale was mended.", f"Orvale Mill. Corn was ground here. {QUOTE}"),
        ("The roof was mended.", f"Corn was ground here. {QUOTE}"),
        ("", f"Corn was ground here. {QUOTE}"),
    ],
)
def test_two_sentences_have_one_title_where_it_helps_both(claim, premise):
    """Whatever stood before either; and the other one of the two can still be told from the pair."""
    source = Source("mill.txt", "Orvale Mill", "mill.txt", "0")
    first = Passage(source, 0, 0, 21, "Corn was ground here.", "Corn was ground here.")
    second = Passage(source, 1, 22, 22 + len(QUOTE), QUOTE, QUOTE)

    both = joined([Hit(titled(second, "An Orvale roof"), 2.0), Hit(titled(first, "An Orvale girl"), 1.0)], claim)

    assert both is not None
    assert both.passage.premise == premise
    assert both.passage.companion is not None
    assert both.passage.companion.quote == both.passage.companion.premise == first.quote
    assert both.passage.around == (premise.removesuffix(QUOTE), "")


WORDS = st.lists(st.sampled_from(["Orvale", "Apple", "Inc.", "mended", "1956", "the", "Yahoo!"]), max_size=5)
TEXTS = WORDS.map(" ".join)


@given(TEXTS, TEXTS.filter(bool), TEXTS, TEXTS)
def test_a_title_never_changes_what_the_document_says(title, quote, before, claim):
    """Not even where sentences open with the very words of the title: the body stays what it was without it."""
    plain = passage(title, quote, before)
    shown = titled(plain, claim)

    assert plain.body == plain.premise
    assert shown.body == plain.premise
    assert (shown.premise != plain.premise) == shown.titled
    assert shown.around == (shown.premise.removesuffix(quote), "")
    assert titled(shown, claim) == shown


@pytest.mark.parametrize("titles", [True, False])
def test_titles_are_shown_if_they_are_asked_for(tmp_path, titles):
    """In every premise of a claim, that of two sentences too."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "mill.md").write_text("# Orvale Mill\n\nThe roof leaked. The roof was mended.\n", "utf-8")
    build_index(tmp_path / "corpus", tmp_path / "idx")
    finder = EvidenceFinder(CorpusIndex(tmp_path / "idx"), titles=titles)

    claim = Claim("1", "The roof in Orvale was mended after it leaked.")
    [verdict] = verify([claim], finder=finder, scorer=RuleNLI(), rule=Rule(0.5, 0.5), join=True)

    shown = {item.passage.premise: item.passage.titled for item in verdict.evidence if "roof" in item.passage.quote}
    heading = "Orvale Mill. " if titles else ""
    sentences = ("The roof leaked.", "The roof was mended.", "The roof leaked. The roof was mended.")
    assert shown == {f"{heading}{text}": titles for text in sentences}
