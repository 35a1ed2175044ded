"""The vectors of a corpus index: what an update embeds, and what a search by meaning gives."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.corpus import vectors as vectors_module
from factcheck.corpus.build import build_index
from factcheck.corpus.index import POINTER, CorpusIndex, Pointer, Search
from factcheck.corpus.nearest import VectorIndex
from factcheck.errors import CorpusError
from factcheck.testing import WordEmbedder

TEXTS = {
    "a.txt": "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n",
    "b.txt": "The ferry to Lund sails once a day. Nobody counted the gulls.\n",
    "c.txt": "Gulls nest on the pier in May.\n",
}
WORDS = ["ferry", "harbour", "gulls", "pier", "sails", "Lund"]


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


class Failing(WordEmbedder):
    """Fails when it has embedded so many passages."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def passages(self, texts):
        if self.embedded >= self.after:
            raise KeyboardInterrupt
        return super().passages(texts)


def look(index, embedder, text, limit=3, doc_ids=()):
    return VectorIndex(CorpusIndex(index), embedder).search_all([Search(text, limit, tuple(doc_ids))])[0]


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_index_of_words_stays_as_it_is_when_vectors_join_it(corpus, index):
    """Every byte but those of the pointer; without vectors the pointer does not speak of them."""
    build_index(corpus, index)
    before = files(index)
    assert "vectors" not in json.loads((index / POINTER).read_text())

    build_index(corpus, index, embedder=WordEmbedder())

    after = files(index)
    assert [POINTER] == [str(path) for path in before if before[path] != after[path]]
    assert {"vectors"} == {path.parts[0][:7] for path in after.keys() - before.keys()}


def test_the_nearest_sentence_comes_with_its_place(corpus, index):
    """Offsets count in the file itself, as for a search by words."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)

    [match] = look(index, embedder, "the gull nested on a pier", limit=1)

    assert "Gulls nest on the pier in May." == match.quote
    assert match.quote == (corpus / match.doc_id).read_text("utf-8")[match.start : match.end]
    [by_words] = CorpusIndex(index).search("nest", limit=1)
    assert by_words == replace(match, score=by_words.score)


def test_only_new_and_changed_sentences_are_embedded(corpus, index):
    """A sentence that stays in a changed document keeps its vector, and so does one that moves to another."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    embedder.embedded = 0

    (corpus / "b.txt").write_text("The ferry to Lund sails once a week. Nobody counted the gulls.\n", "utf-8")
    told = []
    build_index(corpus, index, embedder=embedder, on_embedded=lambda done, total: told.append((done, total)))

    assert 1 == embedder.embedded
    assert [(2, 2)] == told
    assert "once a week" in look(index, embedder, "The ferry to Lund sails once a week.")[0].quote


def test_nothing_changed_embeds_and_writes_nothing(corpus, index):
    """The index stays as it is, byte for byte."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    before, embedder.embedded = files(index), 0

    build_index(corpus, index, embedder=embedder)

    assert (before, 0) == (files(index), embedder.embedded)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.lists(st.sampled_from(WORDS), max_size=4)), max_size=5))
def test_updated_vectors_find_what_new_ones_find(tmp_path_factory, edits):
    """Whatever was added, changed and removed, and whether an embedder was there or not."""
    root, embedder = tmp_path_factory.mktemp("edits"), WordEmbedder(32)
    folder = root / "corpus"
    folder.mkdir()
    (folder / "z.txt").write_text("The pier sails. A ferry nests.", "utf-8")
    build_index(folder, root / "index", embedder=embedder)
    for at, (name, words) in enumerate(edits):
        path = folder / f"{name}.txt"
        if words:
            path.write_text(". ".join(f"The {word} {at} opened" for word in words), "utf-8")
        else:
            path.unlink(missing_ok=True)
        build_index(folder, root / "index", embedder=embedder if at % 2 else None)
    build_index(folder, root / "index", embedder=embedder)
    build_index(folder, root / "fresh", embedder=embedder)

    for text in ("ferry pier", "the gulls 1 opened"):
        assert look(root / "index", embedder, text, 4) == look(root / "fresh", embedder, text, 4)


def test_what_leaves_the_corpus_leaves_the_vectors_without_an_embedder(corpus, index):
    """The rest is whole, and can be searched."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    (corpus / "c.txt").unlink()

    build_index(corpus, index)

    assert {"a.txt", "b.txt"} == {match.doc_id for match in look(index, embedder, "gulls on the pier", limit=9)}


def test_vectors_that_lack_new_documents_are_refused_until_they_are_made(corpus, index):
    """A search would pass over them without a word."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    (corpus / "d.txt").write_text("The pier is closed.", "utf-8")
    build_index(corpus, index)

    with pytest.raises(CorpusError, match=r"documents changed after the vectors of words-256.*factcheck index"):
        VectorIndex(CorpusIndex(index), embedder)

    build_index(corpus, index, embedder=embedder)
    assert "The pier is closed." == look(index, embedder, "the pier is closed")[0].quote


def test_another_embedder_than_the_index_has_is_refused(corpus, index):
    """The message names those that are there, and the command that adds it."""
    build_index(corpus, index)
    with pytest.raises(CorpusError, match=r"holds no vectors; run `factcheck index .* --embedder words-16`"):
        VectorIndex(CorpusIndex(index), WordEmbedder(16))
    build_index(corpus, index, embedder=WordEmbedder(256))

    with pytest.raises(CorpusError, match=r"vectors are of words-256, not of words-16; .*, or name that embedder"):
        VectorIndex(CorpusIndex(index), WordEmbedder(16))


def test_an_index_keeps_the_vectors_of_several_embedders(corpus, index):
    """Each can be searched."""
    build_index(corpus, index, embedder=WordEmbedder(256))
    build_index(corpus, index, embedder=WordEmbedder(16))

    for dimension in (16, 256):
        assert "Gulls nest" in look(index, WordEmbedder(dimension), "Gulls nest on the pier in May.")[0].quote


def test_an_interrupted_build_goes_on_where_it_stood(tmp_path, index, monkeypatch):
    """What was published before stays readable, and what was embedded is not embedded again."""
    monkeypatch.setattr(vectors_module, "_TOGETHER", 10)
    monkeypatch.setattr(vectors_module, "_DOCUMENTS", 10)
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "00.txt").write_text("The first ferry sails.", "utf-8")
    build_index(folder, index, embedder=WordEmbedder())
    for number in range(1, 60):
        (folder / f"{number:02}.txt").write_text(f"Ferry number {number} sails.", "utf-8")
    failing, embedder = Failing(after=30), WordEmbedder()

    with pytest.raises(KeyboardInterrupt):
        build_index(folder, index, embedder=failing)

    assert 1 == len(look(index, embedder, "ferry", limit=100))
    build_index(folder, index, embedder=embedder)
    assert 59 == failing.embedded + embedder.embedded
    assert 60 == len(look(index, embedder, "ferry", limit=100))


def test_a_reader_keeps_its_version_while_a_build_goes_on(corpus, index):
    """It reads what was published when it opened."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    opened = VectorIndex(CorpusIndex(index), embedder)
    (corpus / "c.txt").write_text("Nothing nests here.", "utf-8")
    build_index(corpus, index, embedder=embedder)

    [found] = opened.search_all([Search("Gulls nest on the pier in May.", 1)])

    assert ["Gulls nest on the pier in May."] == [match.quote for match in found]


def test_torn_vectors_are_mended_by_a_build(corpus, index):
    """Words can be searched all the while."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    for path in index.glob("vectors-*/data/*"):
        path.write_bytes(b"torn")
    with pytest.raises(CorpusError, match="torn"):
        look(index, embedder, "ferry")
    assert CorpusIndex(index).search("ferry", limit=1)
    (corpus / "d.txt").write_text("The pier is closed.", "utf-8")

    build_index(corpus, index, embedder=embedder)

    assert "The pier is closed." == look(index, embedder, "the pier is closed")[0].quote


def test_another_language_makes_the_vectors_anew(corpus, index):
    """Its sentences may be other ones."""
    embedder = WordEmbedder()
    build_index(corpus, index, embedder=embedder)
    build_index(corpus, index, language="de", embedder=embedder)

    assert Pointer.read(index).sentences == Pointer.read(index).vectors[0].sentences == 6


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 300), st.integers(0, 5))
def test_a_search_is_exact_and_reads_past_ties(tmp_path_factory, limit, seed):
    """What it gives is what comparing with every sentence gives, in the order of score, document and place."""
    index, embedder = _many(tmp_path_factory), WordEmbedder(32)
    opened = CorpusIndex(index)
    matches = opened.sentences([name for name, _ in opened.inventory()])
    text = " ".join(np.random.default_rng(seed).choice(WORDS, 3))
    vectors = embedder.passages([f"{match.doc_id.removesuffix('.txt')} {match.quote}" for match in matches])
    scores = np.round(vectors.astype(float) @ embedder.queries([text])[0].astype(float), 6)
    cut = np.sort(scores)[-min(limit, len(scores))]
    kept = [replace(match, score=score) for match, score in zip(matches, scores.tolist(), strict=True) if score >= cut]

    assert sorted(kept, key=lambda one: (-one.score, one.doc_id, one.start)) == look(index, embedder, text, limit)


_MADE = {}


def _many(factory):
    """An index of 200 documents and more sentences, many of them the same; made once."""
    if "index" not in _MADE:
        root, random = factory.mktemp("many"), np.random.default_rng(0)
        (root / "corpus").mkdir()
        for number in range(200):
            text = " ".join(f"The {random.choice(WORDS)} {random.choice(WORDS)}." for _ in range(2))
            (root / f"corpus/{number:03}.txt").write_text(text, "utf-8")
        build_index(root / "corpus", root / "index", embedder=WordEmbedder(32))
        _MADE["index"] = root / "index"
    return _MADE["index"]


def test_searches_that_are_asked_together_find_what_each_finds_alone(tmp_path_factory):
    """Whatever their limits and documents, in order."""
    opened = VectorIndex(CorpusIndex(_many(tmp_path_factory)), WordEmbedder(32))
    searches = [Search(word, limit) for word in WORDS for limit in (1, 7, 40, 500)]
    searches += [Search("ferry", 3, ("007.txt", "100.txt", "nowhere.txt")), Search("?!", 2)]

    assert opened.search_all(searches) == [opened.search_all([search])[0] for search in searches]
    assert {"007.txt", "100.txt"} == {match.doc_id for match in opened.search_all(searches)[-2]}
    assert [] == opened.search_all([])


def test_a_corpus_too_large_for_memory_is_searched_with_an_approximate_index(tmp_path, index, monkeypatch):
    """Named documents are searched sentence by sentence all the same; the index says so, until it is small again."""
    monkeypatch.setattr(vectors_module, "EXACT_NUMBERS", 1_000)
    folder, embedder = tmp_path / "many", WordEmbedder(32)
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:03}.txt").write_text(f"{WORDS[number % 6]} number {number * 7} was counted.", "utf-8")
    build_index(folder, index, embedder=embedder)
    assert "approximate" == Pointer.read(index).vectors[0].search

    assert "ferry number 1218 was counted." == look(index, embedder, "174 ferry number 1218 was counted.", 1)[0].quote
    assert ["002.txt"] == [match.doc_id for match in look(index, embedder, "ferry", 2, ["002.txt"])]
    for path in sorted(folder.iterdir())[20:]:
        path.unlink()
    build_index(folder, index)
    assert "exact" == Pointer.read(index).vectors[0].search
    assert 20 == len(look(index, embedder, "ferry", 100))
