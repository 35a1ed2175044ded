"""Whether a passage holds a gold sentence."""

import pytest
from evaluation_cases import C, N, S, X, gold, hit, passage
from hypothesis import given
from hypothesis import strategies as st
from strategies import passages

from factcheck.evaluation.gold import covers, evidence_documents, evidence_sets, hit_covers, sides
from factcheck.types import GoldSentence

QUOTE = "The mill, built in 1911, employs 40 people."


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


@given(passages(), st.text(), st.text())
def test_a_text_around_its_words_changes_nothing(one, before, after):
    """White space and punctuation around a quote are no words."""
    wanted = GoldSentence(one.source.doc_id, quote=f" … {one.quote} … ")

    assert covers(one, GoldSentence(one.source.doc_id, quote=one.quote)) == covers(one, wanted)


def test_a_hit_covers_what_its_copies_do():
    """The sentence is printed in both documents."""
    assert hit_covers(hit("a", 1, copies=[("b", 4)]), GoldSentence("b", 4))
    assert not hit_covers(hit("a", 1, copies=[("b", 4)]), GoldSentence("b", 1))


def test_sets_bear_out_the_label_of_the_claim():
    """Sentences with a label of their own that says otherwise are no evidence for it."""
    sets = [[("a", 1, S)], [("b", 2, C)], [("c", 3, N)], [("d", 4)]]

    found = {label: [one[0].doc_id for one in evidence_sets(gold(label, *sets))] for label in (S, C, X, N)}

    assert {S: ["a", "d"], C: ["b", "d"], X: ["a", "b", "d"], N: []} == found


def test_a_conflict_has_sides():
    """Each side needs evidence; other labels have one side, and NOT ENOUGH INFO has none."""
    both = [[("a", 1, S)], [("b", 2, C)], [("c", 3, C)]]

    assert [1, 2] == [len(side) for side in sides(gold(X, *both))]
    assert [2] == [len(side) for side in sides(gold(C, *both))]
    assert () == sides(gold(N, *both))


def test_documents_are_those_of_the_evidence():
    """Or those that a decisive claim names, where it has no evidence."""
    assert ("a", "b") == evidence_documents(gold(S, [("a", 1), ("b", 2)], [("a", 4)], doc_ids=("z",)))
    assert ("z",) == evidence_documents(gold(S, doc_ids=("z",)))
    assert () == evidence_documents(gold(N, doc_ids=("z",)))
