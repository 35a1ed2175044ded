"""Whether a sentence is the one that a data set names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import passages

from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex
from factcheck.matching import _ONE_SENTENCE, covers, document_spellings
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.segment import sentence_spans
from factcheck.types import Claim, EvidenceFrom, Gold, GoldSentence, Label, Passage, Source

CAFE = "Caf\u00e9"
TEXT = "The ferry sails daily. It has 40 seats. A ticket is 40 crowns.\n\nThe mill, built in 1911, employs 40 people.\n"
QUOTE = "The mill, built in 1911, employs 40 people."


def passage(doc_id, sentence=0, quote="Tea is warm.", start=None):
    start = 100 * sentence if start is None else start
    return Passage(Source(doc_id, "", "", ""), sentence, start, start + len(quote), quote, quote)


def test_an_index_names_one_sentence():
    """And only that one, of that document."""
    wanted = GoldSentence("a", 3)

    assert [True, False, False] == [covers(passage(*place), wanted) for place in [("a", 3), ("a", 2), ("b", 3)]]


def test_a_document_alone_is_covered_by_any_of_its_sentences():
    """Where the data set says no more."""
    assert covers(passage("a", 7), GoldSentence("a"))
    assert not covers(passage("b", 7), GoldSentence("a"))


def test_a_page_name_is_the_same_composed_and_decomposed():
    """FEVER's claims and pages spell é in both ways."""
    assert covers(passage("Caf\u00e9", 0), GoldSentence("Cafe\u0301", 0))


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        (50, 93, True),  # the very sentence
        (60, 65, True),  # a phrase in it
        (0, 300, True),  # a paragraph around it
        (20, 90, True),  # 40 of its 43 characters
        (0, 60, False),  # 10 of its 43: the sentence before, with an edge
        (93, 120, False),  # the next
        (70, 70, True),  # a point within
        (93, 93, False),
    ],
)
def test_spans_share_half_of_the_shorter_one(start, end, covered):
    """The passage is 43 characters from 50 on."""
    assert covered is covers(passage("a", 9, QUOTE, 50), GoldSentence("a", start=start, end=end))


def test_a_span_outlives_another_splitting():
    """With a span, an index that disagrees says nothing."""
    assert covers(passage("a", 9, QUOTE, 50), GoldSentence("a", 2, 50, 93))


@pytest.mark.parametrize(
    "quote",
    [
        QUOTE,
        "the mill built in 1911 employs 40 people",  # case and punctuation
        "The mill,\n built in\u00a01911, em\xadploys 40 people.",
        "employs 40 people",  # a phrase
        "By the town runs a river. The mill, built in 1911, employs 40 people. It makes flour for bread.",  # one of 3
        "The mill, built in 1911, employs",  # most of it
    ],
)
def test_a_quote_is_found_by_its_words(quote):
    """However it is cut."""
    assert covers(passage("a", 9, QUOTE, 50), GoldSentence("a", quote=quote))


@pytest.mark.parametrize("quote", ["employs 4", "The mill employs 40 people.", "It makes flour.", "…", ""])
def test_other_words_are_no_match(quote):
    """40 does not hold 4; words left out are other words; a quote of punctuation holds nothing."""
    assert not covers(passage("a", 9, QUOTE, 50), GoldSentence("a", quote=quote))


def test_most_of_a_sentence_is_the_sentence():
    """Where the splitter of the corpus cut it: six of its eight words, but not two."""
    wanted = GoldSentence("a", quote=QUOTE)

    assert covers(passage("a", 9, "The mill, built in 1911, employs", 50), wanted)
    assert not covers(passage("a", 10, "40 people.", 83), wanted)


def test_a_fragment_is_not_the_sentence_it_is_from():
    """A passage needs half of the gold sentence's words, so that "The mill" is not what the sentence says."""
    assert not covers(passage("a", 9, "The mill", 50), GoldSentence("a", quote=QUOTE))
    assert not covers(passage("a", 9, "Yes.", 50), GoldSentence("a", quote="Yes, the mill still employs 40 people."))


def test_a_quote_outlives_an_edit_of_the_document():
    """Index and span are of the text as it was; the sentence has moved."""
    assert covers(passage("a", 9, QUOTE, 50), GoldSentence("a", 2, 400, 443, QUOTE))


def test_a_phrase_counts_where_it_stands_only():
    """The same figure elsewhere in the document is not what was marked."""
    marked = GoldSentence("a", 9, 84, 93, "40 people")

    assert covers(passage("a", 9, QUOTE, 50), marked)
    assert not covers(passage("a", 30, "The choir has 40 people, and 12 of them sing alto.", 700), marked)


@given(passages())
def test_every_passage_covers_itself(one):
    """By any of its names."""
    doc_id = one.source.doc_id

    assert covers(one, GoldSentence(doc_id, one.sentence))
    assert covers(one, GoldSentence(doc_id, start=one.start, end=one.end))
    assert covers(one, GoldSentence(doc_id, one.sentence, one.start, one.end, one.quote))


@given(st.text(st.characters(max_codepoint=127)))
def test_a_text_of_plain_letters_is_read_as_any_other(text):
    """A letter beyond ASCII elsewhere in the sentence changes nothing."""
    assert covers(passage("a", 0, f"{text} x"), GoldSentence("a", quote=f"{text} x"))
    assert covers(passage("a", 0, f"{text} x"), GoldSentence("a", quote=f"\u2026{text} x")) is True
    assert covers(passage("a", 0, f"\u2026{text.upper()} x"), GoldSentence("a", quote=f"{text} x")) is True


plain = st.text(st.sampled_from("aBcé1Mr Dr 3.5,'’“”()%$-&/é中 ") | st.characters(categories=["L", "N"]), max_size=60)


@given(st.tuples(plain, st.sampled_from(["", ".", "!", "?"])).map("".join).filter(_ONE_SENTENCE.fullmatch))
def test_what_is_taken_for_one_sentence_is_one(text):
    """The splitter, which is not asked then, would say the same."""
    assert len(sentence_spans(text)) <= 1


@given(passages())
def test_a_text_around_its_words_changes_nothing(one):
    """White space and punctuation around a quote are no words."""
    wanted = GoldSentence(one.source.doc_id, quote=f" … {one.quote} … ")

    assert covers(one, GoldSentence(one.source.doc_id, quote=one.quote)) == covers(one, wanted)


# --- the same rule finds the sentences of the corpus that are gold evidence


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("matching")
    (root / "corpus").mkdir()
    (root / "corpus" / "town.txt").write_text(TEXT, "utf-8")
    (root / "corpus" / unicodedata.normalize("NFD", f"{CAFE}.txt")).write_text("It opens at nine.\n", "utf-8")
    build_index(root / "corpus", root / "idx")
    return CorpusIndex(root / "idx")


def found(index, *named):
    """The quotes of the passages that are gold evidence."""
    finder = EvidenceFinder(index, evidence=EvidenceFrom.GOLD)
    claim = Claim("1", "The ferry sails.", gold=Gold(Label.SUPPORTED, (named,)))
    finder.check(claim)
    return [hit.passage for hit in finder.find([claim])[0].hits]


@pytest.mark.parametrize(
    ("named", "quotes"),
    [
        (GoldSentence("town.txt", 0, quote=QUOTE), [QUOTE]),  # the index is that of another splitting
        (GoldSentence("town.txt", 0, 64, 107), [QUOTE]),
        (GoldSentence("town.txt", 2, 0, 22, QUOTE), [QUOTE]),  # the document was edited since
        (GoldSentence("town.txt", 1, 23, 39, "40"), ["It has 40 seats."]),  # a figure, where it was marked
        (GoldSentence("town.txt", quote="40"), ["It has 40 seats.", "A ticket is 40 crowns.", QUOTE]),
        (GoldSentence("town.txt", start=0, end=25), ["The ferry sails daily."]),  # two characters of the next
        (GoldSentence("town.txt", 3), [QUOTE]),
        (GoldSentence("town.txt", 0, quote="It was sold."), ["It was sold."]),  # not in the corpus: its own words
    ],
)
def test_gold_evidence_goes_by_the_most_lasting_name(index, named, quotes):
    """Where quote, span and index disagree, the quote decides, then the span."""
    assert quotes == [one.quote for one in found(index, named)]


@given(
    sentence=st.none() | st.integers(0, 3),
    span=st.none() | st.tuples(st.integers(0, 110), st.integers(0, 110)),
    quote=st.sampled_from(
        [None, QUOTE, "40", "40 seats. A ticket is 40", "the ferry sails daily", "It has", "Nothing."]
    ),
)
def test_what_is_judged_as_gold_evidence_is_what_scores_count_as_such(index, sentence, span, quote):
    """Whatever names a gold sentence has, and whether or not they agree."""
    start, end = span or (None, None)
    named = GoldSentence("town.txt", sentence, start, end, quote)
    everything = found(index, GoldSentence("town.txt"))
    expected = [one for one in everything if covers(one, named)]
    if expected:
        assert expected == found(index, named)
    elif quote is not None:
        assert [(0, len(quote), quote)] == [(one.start, one.end, one.quote) for one in found(index, named)]


def test_a_document_is_found_by_its_name_composed_or_decomposed(index):
    """The claims file spells é in one way, the file system in another."""
    [one] = found(index, GoldSentence(f"{CAFE}.txt", 0))

    assert "It opens at nine." == one.quote
    assert covers(one, GoldSentence(f"{CAFE}.txt", 0))
    assert document_spellings("town.txt") == ("town.txt",)
