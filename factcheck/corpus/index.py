"""Reading a corpus index: full-text search over sentences, and the documents behind them.

An index is a folder, or a copy of one in an object store: two tables of an embedded database, `documents` and
`sentences`, a table of the `files` they came from, one of vectors for each embedder that was asked for, and
`index.json`, which names the version of each that belongs together. That file is replaced atomically when a build is
whole, so a reader never sees half of one.
"""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

from factcheck.corpus.analyzer import Analyzer
from factcheck.corpus.files import Problem
from factcheck.corpus.places import Place, connect, connect_async, place_of, read_text, size_of, unfinished, unreadable
from factcheck.corpus.rows import among, groups
from factcheck.corpus.vectors import MATCH_COLUMNS, Vectors
from factcheck.errors import CorpusError
from factcheck.types import Source

T = TypeVar("T")

FORMAT = 3
POINTER = "index.json"
TABLES = ("documents", "sentences", "files")
_SOURCE_COLUMNS = ["doc_id", "title", "path", "sha256", "url", "date", "extractor"]
_MATCH_COLUMNS = list(MATCH_COLUMNS)
_AT_ONCE = 8  # searches
_LONGEST_LIST = 2_000  # values in one condition


@dataclass(frozen=True, slots=True)
class Pointer:
    """What `index.json` says: which table versions belong together, and what they hold."""

    format: int
    language: str
    splitter: str  # name and version of what cut the sentences
    corpus_version: str  # SHA-256 over documents, extractors and index settings
    corpus: str  # where the documents were read, for what reads them again; not part of the version
    tables: dict[str, int]
    documents: int
    sentences: int
    problems: int
    vectors: tuple[Vectors, ...] = ()  # of each embedder that was ever asked for, by table name

    @classmethod
    def read(cls, folder: Place) -> Self | None:
        """The pointer of an index, or None where no build was ever finished.

        Raises:
            CorpusError: It is torn or of another format, or a store does not answer.
        """
        place = place_of(folder)
        path = place / POINTER if isinstance(place, Path) else f"{place}/{POINTER}"
        try:
            text = read_text(place, POINTER)
            if text is None:
                return None
            record = json.loads(text)
        except (ValueError, OSError) as error:
            fix = "delete the folder and build the index again"
            if isinstance(place, str):
                fix = "check the URL, the keys and AWS_ENDPOINT_URL of the environment, and whether the store answers"
            raise CorpusError(path, f"cannot be read: {error}", fix) from None
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            found = record.get("format") if isinstance(record, dict) else record
            raise CorpusError(
                path, f"index format {found!r}", f"this version reads format {FORMAT}: build the index again"
            )
        try:
            return cls(**record | {"vectors": tuple(Vectors(**entry) for entry in record.get("vectors", ()))})
        except TypeError as error:
            raise CorpusError(path, f"is torn: {error}", "delete the folder and build the index again") from None

    def to_json(self) -> str:
        """The text of `index.json`; it does not speak of vectors where there are none."""
        record = asdict(self)
        if not self.vectors:
            del record["vectors"]
        return json.dumps(record, indent=2) + "\n"


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


@dataclass(frozen=True, slots=True)
class Search:
    """A question to the index: the best `limit` sentences, of these documents alone where some are named."""

    text: str
    limit: int
    doc_ids: tuple[str, ...] = ()


class CorpusIndex:
    """A finished index, read at the version that was published when it was opened.

    Safe to use from several threads; a build that goes on beside it changes nothing here.

    Raises:
        CorpusError: There is no finished index in the folder or store, it is torn, or the store does not answer.
    """

    def __init__(self, folder: Place) -> None:
        self.folder = place_of(folder)
        pointer = Pointer.read(self.folder)
        if pointer is None:
            raise unfinished(self.folder)
        self.pointer = pointer
        self._tables: dict[str, Any] = {}
        try:
            database = connect(self.folder)
            for name in TABLES:
                table = database.open_table(name)
                table.checkout(pointer.tables[name])
                self._tables[name] = table
        except Exception as error:  # the database's errors have no common base
            raise unreadable(self.folder, error) from error

    @property
    def version(self) -> str:
        """The corpus version: equal for equal documents, extractors and index settings."""
        return self.pointer.corpus_version

    @property
    def size(self) -> int:
        """Bytes of the whole index, versions that were replaced included."""
        return size_of(self.folder)

    @cached_property
    def analyzer(self) -> Analyzer:
        """The tokeniser that the sentences were indexed with."""
        return Analyzer(self.pointer.language)

    def search(self, text: str, *, limit: int, doc_ids: Sequence[str] = ()) -> list[Match]:
        """What `search_all` gives for one search."""
        return self.search_all([Search(text, limit, tuple(doc_ids))])[0]

    def search_all(self, searches: Sequence[Search]) -> list[list[Match]]:
        """For each search the best `limit` sentences by BM25 over title and sentence, and all that tie with the last.

        Sorted by score, document id and start, so a result depends neither on how rows lie on disk nor on the other
        searches. Stop words are left out of the query unless it has nothing else. Where documents are named, the word
        statistics stay those of the whole corpus.

        Source: BM25 as in Robertson and Zaragoza 2009, doi:10.1561/1500000019; k1 and b are the database's.
        """
        queries = self.analyzer.queries([search.text for search in searches])
        words = self.analyzer.words_of(queries)
        asked = [
            (query if any_word else "", search)
            for query, any_word, search in zip(queries, words, searches, strict=True)
        ]
        with reading(self.folder, self.pointer):
            ranked, rows = _wait_for(_ranked_rows(self._sentences, asked))
        return [
            sorted(
                (match_of(rows[number], score) for number, score in best),
                key=lambda match: (-match.score, match.doc_id, match.start),
            )
            for best in ranked
        ]

    @cached_property
    def _sentences(self) -> Any:  # noqa: ANN401
        """The table of sentences in the database's asynchronous form: a search costs a third less processor time."""
        return _wait_for(self._open("sentences"))

    async def _open(self, name: str) -> Any:  # noqa: ANN401
        database = await connect_async(self.folder)
        table = await database.open_table(name)
        await table.checkout(self.pointer.tables[name])
        return table

    def sentences(self, doc_ids: Sequence[str]) -> list[Match]:
        """All sentences of some documents, in document and text order, with score 0."""
        rows = self._rows_with("sentences", _MATCH_COLUMNS, "doc_id", doc_ids)
        return sorted((match_of(row, 0.0) for row in rows), key=lambda match: (match.doc_id, match.start))

    def copies(self, copy_keys: Sequence[str]) -> list[Match]:
        """All sentences with one of these copy keys, in document and text order, with score 0."""
        rows = self._rows_with("sentences", _MATCH_COLUMNS, "copy_key", copy_keys)
        return sorted((match_of(row, 0.0) for row in rows), key=lambda match: (match.doc_id, match.start))

    def sources(self, doc_ids: Sequence[str]) -> dict[str, Source]:
        """The sources of those documents that the corpus holds, by document id."""
        rows = self._rows_with("documents", _SOURCE_COLUMNS, "doc_id", doc_ids)
        return {row["doc_id"]: Source(**row) for row in rows}

    def text(self, doc_id: str) -> str | None:
        """The extracted text of a document; None where its file is the text, or where it is not in the corpus."""
        rows = self._rows_with("documents", ["text"], "doc_id", [doc_id])
        return rows[0]["text"] if rows else None

    def inventory(self) -> Iterator[tuple[str, str]]:
        """Id and content hash of every document of the corpus, in no order, streamed."""
        query = self._tables["documents"].search().select(["doc_id", "content"]).limit(None)
        with reading(self.folder, self.pointer):
            for batch in query.to_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def problems(self) -> list[Problem]:
        """Everything that could not be read when the index was built."""
        rows = self._rows("files", ["problems"], None)
        return [Problem(*problem) for row in rows for problem in row["problems"]]

    def _rows_with(self, table: str, columns: list[str], column: str, values: Sequence[str]) -> list[dict[str, Any]]:
        """The rows with one of these values in a column."""
        distinct = list(dict.fromkeys(values))
        parts = groups(distinct, _LONGEST_LIST)
        return [row for group in parts for row in self._rows(table, columns, among(column, group))]

    def _rows(self, table: str, columns: list[str], where: str | None) -> list[dict[str, Any]]:
        query = self._tables[table].search().select(columns)
        if where:
            query = query.where(where)
        with reading(self.folder, self.pointer):
            rows: list[dict[str, Any]] = query.limit(None).to_arrow().to_pylist()
        return rows


@contextmanager
def reading(folder: Place, opened: Pointer) -> Iterator[None]:
    """What the database says of a file that is torn or gone, as an error of ours; later builds clear old versions."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        now = Pointer.read(folder)
        if now is not None and now != opened:
            found = "the version that was opened has been replaced since, and is cleared"
            raise CorpusError(folder, found, "start again: that takes the new one") from error
        raise unreadable(folder, error) from error


async def _ranked_rows(
    table: Any,  # noqa: ANN401
    asked: Sequence[tuple[str, Search]],
) -> tuple[list[list[tuple[int, float]]], dict[int, dict[str, Any]]]:
    """Numbers and scores of the best rows of each search, and those rows by number.

    Rows are fetched once for all searches: fetched by each search they cost as much as the search itself.
    """
    turns = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(query: str, search: Search) -> list[tuple[int, float]]:
        async with turns:
            return await _best_rows(table, query, search)

    ranked = await asyncio.gather(*(in_turn(query, search) for query, search in asked))
    numbers = sorted({number for best in ranked for number, _ in best})
    if not numbers:
        return ranked, {}
    found = await table.take_row_ids(numbers).select(_MATCH_COLUMNS).with_row_id().to_arrow()
    return ranked, {row["_rowid"]: row for row in found.to_pylist()}


async def _best_rows(table: Any, query: str, search: Search) -> list[tuple[int, float]]:  # noqa: ANN401
    """Row numbers and scores of the best `limit` rows, and of all that tie with the last of them, in no order."""
    import lancedb.query  # noqa: PLC0415

    if not query:
        return []
    match_query: Any = lancedb.query.MatchQuery  # its optional arguments are not typed as such
    wanted = search.limit
    while True:
        rows = (await table.search(match_query(query, "body"), query_type="fts")).select(["_score"]).with_row_id()
        if search.doc_ids:
            rows = rows.where(among("doc_id", search.doc_ids))
        found = await rows.limit(wanted + 1).to_arrow()
        scores = sorted(found["_score"].to_pylist(), reverse=True)
        if len(scores) <= wanted or scores[search.limit - 1] > scores[-1]:  # nothing beyond the cut can tie with it
            break
        wanted *= 2
    cut = scores[search.limit - 1] if len(scores) >= search.limit else float("-inf")
    pairs = zip(found["_rowid"].to_pylist(), found["_score"].to_pylist(), strict=True)
    return [(number, score) for number, score in pairs if score >= cut]


def _wait_for(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives; it runs in a thread of its own, since the caller's may be running another loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def match_of(row: dict[str, Any], score: float) -> Match:
    """The sentence of a row."""
    return Match(score=score, **{name: row[name] for name in _MATCH_COLUMNS})
