"""The words of texts, as the database cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.analyzer import LANGUAGES, Analyzer

words = st.sampled_from(["The", "ferries", "it", "Lund", "12.5%", "naïve", "5x7q0", "5X7Q0", "don't", "—", "x" * 50])
texts = st.lists(words | st.text(max_size=6), max_size=6).map(" ".join)


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer("en")


@given(many=st.lists(texts, max_size=6))
def test_texts_are_cut_alike_alone_and_together(analyzer, many):
    """Even where one holds the mark that stands between texts."""
    assert [analyzer.words(text) for text in many] == analyzer.words_of(many)


@given(many=st.lists(texts, max_size=6))
def test_a_query_does_not_depend_on_those_beside_it(analyzer, many):
    """What was met before changes nothing either."""
    fresh = Analyzer("en")

    assert [fresh.query(text) for text in reversed(many)][::-1] == analyzer.queries(many)


def test_a_query_is_the_text_without_stop_words(analyzer):
    """Unless it has nothing else."""
    assert ["ferry sails", "It is the"] == analyzer.queries(["the ferry sails", "It is the"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_told_apart_in_every_language(language):
    """The mark between them is no stop word and has no ending anywhere."""
    assert [["1"], ["2"]] == Analyzer(language).words_of(["1", "2"])
