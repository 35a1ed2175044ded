"""Whether claim and passage say the same but for a negation or a word that turns them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Check, Passage, Source
from factcheck.wording.opposition import check

WORDS = "the mine not never all some few most rose fell before after sold closed tower no first last isn't only ? ,"
TEXTS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join))


def passage(quote):
    return Passage(Source("doc", "", "doc.txt", ""), 0, 0, len(quote), quote, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The old mine at Brask was closed.", "The old mine at Brask was not closed."),
        ("The old mine at Brask was never closed.", "The old mine at Brask was closed."),
        ("The council isn't repairing the old bridge.", "The council is repairing the old bridge."),
        ("The drill from Tarn was recovered.", "The drill from Tarn was never recovered."),
    ],
)
def test_one_side_negated_opposes_where_all_else_is_the_same(claim, quote):
    """Either side may be the negated one."""
    [found] = check(claim, passage(quote))

    assert (found.check, found.kind, found.opposes) == (Check.NEGATION, "negated", True)
    assert (found.claim is None) != (found.passage is None)


@pytest.mark.parametrize(
    ("claim", "quote", "opposes"),
    [
        ("Exports of copper ore rose in Tarn.", "Exports of copper ore fell in Tarn.", True),
        ("The tower in Brask is higher than the church.", "The tower in Brask is lower than the church.", True),
        ("Most farmers in Tarn grow barley.", "Few farmers in Tarn grow barley.", True),
        ("All farmers in Tarn grow barley.", "Most farmers in Tarn grow barley.", False),
        ("The mine closed before the school opened.", "The mine closed after the school opened.", True),
        ("Brask has the largest harbour in Tarn.", "Brask has the smallest harbour in Tarn.", True),
    ],
)
def test_words_that_turn_a_sentence_are_found(claim, quote, opposes):
    """The passage has the other word of a pair, and the rest in the same order."""
    [found] = check(claim, passage(quote))

    assert (found.check, found.opposes) == (Check.QUANTIFIER, opposes)
    assert found.detail == f"claim {claim[slice(*found.claim)]}, passage {quote[slice(*found.passage)]}"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The tower in Brask is higher than the church.", "The church is lower than the tower in Brask."),
        ("The mine closed before the school opened.", "The school opened after the mine closed."),
        ("The mine at Brask was closed.", "The mine at Brask was closed, and nobody protested."),
        ("The mine at Brask employs women.", "The mine at Brask employs not only men but women."),
        ("The mine at Brask closed in May.", "The mine at Brask did not close until May."),
        ("Copper prices in Tarn rose.", "Copper prices in Tarn did not fall."),
        ("Some farmers in Tarn grow barley.", "All farmers in Tarn grow barley."),
        ("The mine at Brask was not sold.", "The mine at Brask was never sold."),
        ("Rolf played for Brask.", "Rolf, who did not like Tarn, played for Brask."),
    ],
)
def test_what_says_the_same_is_not_found_fault_with(claim, quote):
    """The order turned with the word, a negation of something else, or one on both sides."""
    assert check(claim, passage(quote)) == ()


def test_sentences_of_other_things_are_not_compared():
    """Nearly all words of the claim must be there."""
    assert check("The mine at Brask was closed.", passage("The ferry did not sail.")) == ()


@given(TEXTS)
def test_a_text_is_not_opposed_to_itself(text):
    """Nothing differs."""
    assert check(text, passage(text)) == ()


@given(TEXTS, TEXTS)
def test_spans_are_of_claim_and_quote(claim, quote):
    """Whatever the texts."""
    for found in check(claim, passage(quote)):
        for span, text in ((found.claim, claim), (found.passage, quote)):
            assert span is None or 0 <= span[0] < span[1] <= len(text)
