"""Pieces of the index's tables: rows wait packed, pieces are merged where there are many, and nothing shows of it."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex, Search
from factcheck.corpus.rows import Waiting

SCHEMA = pa.schema([("name", pa.string()), ("number", pa.int64())])
QUERIES = [Search("ferry pier", 5), Search("gulls nest in the spring", 7), Search("document 3", 4)]


@given(st.lists(st.lists(st.integers(0, 9), max_size=5)), st.integers(1, 4))
def test_rows_come_out_as_they_came_in(groups, packed):
    """In order, all of them, once, however they are packed."""
    waiting = Waiting(SCHEMA, packed_together=packed)
    for group in groups:
        waiting.extend({"name": f"n{number}", "number": number} for number in group)
    numbers = [number for group in groups for number in group]

    assert len(waiting) == len(numbers)
    assert [row["number"] for row in waiting.take().to_pylist()] == numbers
    assert len(waiting) == 0
    assert waiting.take().num_rows == 0


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for part in range(6):
        lines = [
            {"id": f"{part}-{n}", "text": f"The ferry {n} sails to pier {part}. Gulls nest on it in the spring."}
            for n in range(5)
        ]
        (folder / f"{part}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


def seen(index):
    opened = CorpusIndex(index)
    return opened.version, opened.search_all(QUERIES), sorted(opened.inventory())


def pieces(index, table="sentences"):
    """Data files of a table, whatever version they belong to."""
    return sorted((index / f"{table}.lance" / "data").iterdir())


def test_a_new_index_is_written_once(corpus, tmp_path, monkeypatch):
    """In pieces that stay as they are, and the order of pieces changes nothing that is found."""
    build_index(corpus, tmp_path / "one")
    monkeypatch.setattr("factcheck.corpus.build._SENTENCES_A_WRITE", 10)

    build_index(corpus, tmp_path / "many")

    assert (1, 6) == (len(pieces(tmp_path / "one")), len(pieces(tmp_path / "many")))
    assert seen(tmp_path / "one") == seen(tmp_path / "many")


def test_pieces_are_merged_when_they_are_many(corpus, tmp_path, monkeypatch):
    """An index that was updated again and again is that of one build, and has no more pieces than are allowed."""
    monkeypatch.setattr("factcheck.corpus.build._PIECES", 3)
    files = sorted(corpus.iterdir())
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for file in files[1:]:
        file.rename(hidden / file.name)
    found = []
    for file in files:
        if not file.exists():
            (hidden / file.name).rename(file)
        build_index(corpus, tmp_path / "updated")
        opened = CorpusIndex(tmp_path / "updated")
        found.append(opened._tables["sentences"].stats()["fragment_stats"]["num_fragments"])

    build_index(corpus, tmp_path / "new")

    assert found[:3] == [1, 2, 3]
    assert max(found) == 3
    assert seen(tmp_path / "new") == seen(tmp_path / "updated")


def test_a_corpus_has_its_version_whatever_became_of_it(corpus, tmp_path):
    """A file that goes, one that loses a document and one that comes back leave no trace in the version."""
    build_index(corpus, tmp_path / "index")
    whole = seen(tmp_path / "index")
    kept = {path: path.read_text("utf-8") for path in (corpus / "0.jsonl", corpus / "3.jsonl")}

    (corpus / "0.jsonl").unlink()
    (corpus / "3.jsonl").write_text(kept[corpus / "3.jsonl"].split("\n", 1)[1], "utf-8")
    build_index(corpus, tmp_path / "index")
    less = seen(tmp_path / "index")
    build_index(corpus, tmp_path / "fresh")
    assert less == seen(tmp_path / "fresh")
    assert less[0] != whole[0]

    for path, text in kept.items():
        path.write_text(text, "utf-8")
    build_index(corpus, tmp_path / "index")
    assert whole == seen(tmp_path / "index")
