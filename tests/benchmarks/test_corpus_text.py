"""The text that large measurements are made on: the same each time, of any length, with words as in real text."""

import json
import runpy
import sys
import tracemalloc
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.formats import read_claims
from factcheck.segment import sentence_spans

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made():
    """The names of the script, which imports its neighbours by name."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield runpy.run_path(str(ROOT / "benchmarks/corpus_text.py"))
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def words(made):
    """The words of ten thousand sentences, in order."""
    sentences = (sentence for article in made["articles"](10_000) for sentence in article.sentences)
    return [word.strip(".,").lower() for sentence in sentences for word in sentence.split()]


@settings(max_examples=15, deadline=None)
@given(sentences=st.integers(1, 9_000), seed=st.integers(0, 3))
def test_there_are_as_many_sentences_as_asked_for(made, sentences, seed):
    """In documents with ids of their own; none is empty."""
    found = list(made["articles"](sentences, seed))

    assert sentences == sum(len(list(article.sentences)) for article in found)
    assert len(found) == len({article.id for article in found})
    assert all(article.title and article.text for article in found)


def test_equal_arguments_give_equal_bytes(made, tmp_path):
    """Of documents and of claims; another seed gives others."""
    digests = [made["write_corpus"](tmp_path / str(run), 600, seed) for run, seed in enumerate([0, 0, 1])]
    asked = [made["write_claims"](tmp_path / f"{run}.jsonl", 50, 600, seed) for run, seed in enumerate([0, 0, 1])]

    for first, same, other in (digests, asked):
        assert first == same != other
    read = [(tmp_path / str(run) / "articles-000.jsonl").read_bytes() for run in (0, 1)]
    assert read[0] == read[1]


def test_a_longer_text_begins_like_a_shorter_one(made):
    """So that claims about a part of a corpus are about it."""
    short, long = (list(islice(made["articles"](size), 50)) for size in (3_000, 30_000))

    assert short == long


def test_sentences_are_cut_where_they_were_joined(made):
    """All but a few in a hundred: the splitter takes some words of the vocabulary for abbreviations."""
    article = "\n\n".join(article.text for article in made["articles"](2_000))

    assert 0.97 < len(sentence_spans(article)) / 2_000 < 1.01


def test_words_are_as_frequent_as_in_news(words):
    """Shares of the commonest words as in English, and a new word for every 20 or so at this length."""
    counts = Counter(words)
    shares = [sum(count for _, count in counts.most_common(first)) / len(words) for first in (10, 100, 1_000)]

    assert 0.15 < shares[0] < 0.30
    assert 0.35 < shares[1] < 0.60
    assert 0.65 < shares[2] < 0.85


def test_the_vocabulary_grows_by_the_law_of_heaps(words):
    """Twice the text has 1.3 to 1.7 times the words: an exponent of 0.4 to 0.75."""
    sizes = [len({*words[: len(words) // part]}) for part in (4, 2, 1)]

    for less, more in pairwise(sizes):
        assert 1.3 < more / less < 1.7


def test_words_of_a_document_cluster(made):
    """A word beyond the common ones comes again in its document far more often than in the next one."""
    documents = [article.text.lower().split() for article in made["articles"](2_000)]
    common = {word for word, _ in Counter(word for words in documents for word in words).most_common(300)}
    again = [_shared(document[::2], document[1::2], common) for document in documents]
    elsewhere = [_shared(one[::2], other[1::2], common) for one, other in zip(documents, documents[50:], strict=False)]

    assert sum(again) / len(again) > 3 * sum(elsewhere) / len(elsewhere)


def _shared(some, others, common):
    rare = {*some} - common
    return len(rare & {*others}) / max(1, len(rare))


def test_claims_are_about_the_text_or_about_other(made, tmp_path):
    """Four kinds of change and other text, each some of them; as many as asked for, though the text is shorter."""
    path = tmp_path / "claims.jsonl"
    made["write_claims"](path, 700, 300)
    kinds = Counter(json.loads(line)["made"] for line in path.read_text("utf-8").splitlines())

    assert 700 == len(list(read_claims(path))) == kinds.total()
    assert {"shortened", "number", "denied", "name", "other"} == kinds.keys()
    assert all(count > 40 for count in kinds.values())


def test_text_is_made_in_flat_memory(made):
    """Ten times the text takes no more memory than its rare words, which are remembered up to a number."""
    for _ in made["articles"](2_000):
        pass  # what is computed once
    peaks = []
    for sentences in (6_000, 60_000):
        tracemalloc.start()
        for _ in made["articles"](sentences):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.5 * peaks[0]
