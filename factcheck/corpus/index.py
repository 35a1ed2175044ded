"""Reading a corpus index: full-text search over sentences, and the documents behind them.

An index is a folder: two tables of an embedded database, `documents` and `sentences`, a table of the `files` they came
from, and `index.json`, which names the version of each that belongs together. That file is replaced atomically when a
build is whole, so a reader never sees half of one.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from factcheck.corpus.analyzer import Analyzer
from factcheck.corpus.files import Problem
from factcheck.errors import CorpusError
from factcheck.types import Source

FORMAT = 2
POINTER = "index.json"
TABLES = ("documents", "sentences", "files")
_SOURCE_COLUMNS = ["doc_id", "title", "path", "sha256", "url", "date"]
_MATCH_COLUMNS = ["doc_id", "sentence", "start", "end", "page", "quote", "before", "copy_key"]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `index.json` says: which table versions belong together, and what they hold."""

    format: int
    language: str
    splitter: str  # name and version of what cut the sentences
    corpus_version: str  # SHA-256 over documents, extractors and index settings
    tables: dict[str, int]
    documents: int
    sentences: int
    problems: int

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The pointer of an index folder, or None where no build was ever finished.

        Raises:
            CorpusError: It is torn or of another format.
        """
        path = folder / POINTER
        try:
            record = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            raise CorpusError(path, f"cannot be read: {error}", "delete the folder and build the index again") from None
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            found = record.get("format") if isinstance(record, dict) else record
            raise CorpusError(
                path, f"index format {found!r}", f"this version reads format {FORMAT}: build the index again"
            )
        try:
            return cls(**record)
        except TypeError as error:
            raise CorpusError(path, f"is torn: {error}", "delete the folder and build the index again") from None

    def to_json(self) -> str:
        """The text of `index.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Match:
    """One sentence that a search found.

    `before` is the sentence before it in the same block, or empty. `copy_key` is equal for near-copies.
    """

    doc_id: str
    sentence: int
    start: int
    end: int
    page: int | None
    quote: str
    before: str
    copy_key: str
    score: float


class CorpusIndex:
    """A finished index, read at the version that was published when it was opened.

    Safe to use from several threads; a build that goes on beside it changes nothing here.

    Raises:
        CorpusError: There is no finished index in the folder, or it is torn.
    """

    def __init__(self, folder: Path | str) -> None:
        import lancedb  # noqa: PLC0415 (importing factcheck loads no database)

        self.folder = Path(folder)
        pointer = Pointer.read(self.folder)
        if pointer is None:
            what = "holds no finished index" if self.folder.exists() else "is not there"
            raise CorpusError(self.folder, what, "build one with `factcheck index DOCUMENTS --index FOLDER`")
        self.pointer = pointer
        self._tables: dict[str, Any] = {}
        try:
            database = lancedb.connect(self.folder)
            for name in TABLES:
                table = database.open_table(name)
                table.checkout(pointer.tables[name])
                self._tables[name] = table
        except Exception as error:  # the database's errors have no common base
            raise CorpusError(
                self.folder, f"the index is torn: {error}", "delete the folder and build it again"
            ) from error

    @property
    def version(self) -> str:
        """The corpus version: equal for equal documents, extractors and index settings."""
        return self.pointer.corpus_version

    @cached_property
    def analyzer(self) -> Analyzer:
        """The tokeniser that the sentences were indexed with."""
        return Analyzer(self.pointer.language)

    def search(self, text: str, *, limit: int, doc_ids: Sequence[str] = ()) -> list[Match]:
        """The best `limit` sentences by BM25 over title and sentence, and all that tie with the last of them.

        Sorted by score, document id and start, so the result does not depend on how rows lie on disk. Stop words are
        left out of the query unless it has nothing else. `doc_ids` limits the search to these documents; the word
        statistics stay those of the whole corpus.

        Source: BM25 as in Robertson and Zaragoza 2009, doi:10.1561/1500000019; k1 and b are the database's.
        """
        import lancedb.query  # noqa: PLC0415

        match_query: Any = lancedb.query.MatchQuery  # its optional arguments are not typed as such
        query = self.analyzer.query(text)
        if not self.analyzer.words(query):
            return []
        wanted = limit
        while True:
            search = self._tables["sentences"].search(match_query(query, "body"), query_type="fts")
            if doc_ids:
                search = search.where(_among("doc_id", doc_ids), prefilter=True)
            rows = search.select([*_MATCH_COLUMNS, "_score"]).limit(wanted + 1).to_arrow().to_pylist()
            scores = sorted((row["_score"] for row in rows), reverse=True)
            if len(rows) <= wanted or scores[limit - 1] > scores[-1]:  # nothing beyond the cut can tie with it
                break
            wanted *= 2
        cut = scores[limit - 1] if len(scores) >= limit else float("-inf")
        matches = [_match(row, row["_score"]) for row in rows if row["_score"] >= cut]
        return sorted(matches, key=lambda match: (-match.score, match.doc_id, match.start))

    def sentences(self, doc_ids: Sequence[str]) -> list[Match]:
        """All sentences of some documents, in document and text order, with score 0."""
        if not doc_ids:
            return []
        rows = self._rows("sentences", _MATCH_COLUMNS, _among("doc_id", doc_ids))
        matches = [_match(row, 0.0) for row in rows]
        return sorted(matches, key=lambda match: (match.doc_id, match.start))

    def copies(self, copy_keys: Sequence[str], *, doc_ids: Sequence[str] = ()) -> list[Match]:
        """All sentences with one of these copy keys, in document and text order, with score 0."""
        where = _among("copy_key", copy_keys) + (f" AND {_among('doc_id', doc_ids)}" if doc_ids else "")
        matches = [_match(row, 0.0) for row in self._rows("sentences", _MATCH_COLUMNS, where)] if copy_keys else []
        return sorted(matches, key=lambda match: (match.doc_id, match.start))

    def sources(self, doc_ids: Sequence[str]) -> dict[str, Source]:
        """The sources of those documents that the corpus holds, by document id."""
        if not doc_ids:
            return {}
        rows = self._rows("documents", _SOURCE_COLUMNS, _among("doc_id", doc_ids))
        return {row["doc_id"]: Source(**row) for row in rows}

    def text(self, doc_id: str) -> str | None:
        """The extracted text of a document; None where its file is the text, or where it is not in the corpus."""
        rows = self._rows("documents", ["text"], _among("doc_id", [doc_id]))
        return rows[0]["text"] if rows else None

    def problems(self) -> list[Problem]:
        """Everything that could not be read when the index was built."""
        rows = self._rows("files", ["problems"], None)
        return [Problem(*problem) for row in rows for problem in row["problems"]]

    def _rows(self, table: str, columns: list[str], where: str | None) -> list[dict[str, Any]]:
        query = self._tables[table].search().select(columns)
        if where:
            query = query.where(where)
        rows: list[dict[str, Any]] = query.limit(None).to_arrow().to_pylist()
        return rows


def _match(row: dict[str, Any], score: float) -> Match:
    return Match(score=score, **{name: row[name] for name in _MATCH_COLUMNS})


def _among(column: str, values: Sequence[str]) -> str:
    """An SQL condition; values are quoted, since document ids come from outside."""
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"
