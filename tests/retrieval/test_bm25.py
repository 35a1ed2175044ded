"""BM25 over a handful of texts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.retrieval.bm25 import bm25


def test_a_hand_worked_case():
    """Two texts of equal length, the query word once in one of them: idf times (k1 + 1) / (1 + k1)."""
    scores = bm25(["ice"], [["ice", "melts"], ["sea", "rises"]])

    assert scores == pytest.approx([math.log(1 + 1.5 / 1.5), 0.0])


def test_a_longer_text_scores_less_for_the_same_word():
    """Length is normalised by the mean length."""
    short, long = bm25(["ice"], [["ice", "melts"], ["ice", "melts", "in", "the", "sun"]])

    assert short > long


def test_no_texts_give_no_scores():
    """Nothing in, nothing out."""
    assert [] == bm25(["ice"], [])


@given(
    st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=6), st.lists(st.sampled_from("abcd"), max_size=4)
)
def test_scores_are_never_negative_and_zero_exactly_without_a_shared_word(texts, query):
    """A score says whether a word is shared."""
    for text, score in zip(texts, bm25(query, texts), strict=True):
        assert (score > 0) == bool(set(text) & set(query))
