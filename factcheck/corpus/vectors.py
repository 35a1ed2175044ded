"""The vectors of a corpus: one table for each embedder, beside the tables of the words that it takes nothing from.

A row is a sentence with its vector. Rows of a document are written together and never changed, and each tells which
state of the document it is of: so a build that was interrupted goes on where it stood, and a sentence that is there
already, in whatever document, is not embedded again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from factcheck.corpus.rows import among, groups

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float32]

EXACT, APPROXIMATE = "exact", "approximate"
EXACT_NUMBERS = 100_000_000
"""Up to so many numbers, which is 260,000 sentences in 384 dimensions, a search is exact and holds them in memory."""
MATCH_COLUMNS = ("doc_id", "sentence", "start", "end", "page", "quote", "before", "copy_key")
_PREFIX = "vectors-"
_TOGETHER = 1_000  # sentences, as many as an interrupted build loses
_DOCUMENTS, _LONGEST_LIST = 50, 500  # in one condition


class Embedder(Protocol):
    """Gives texts vectors of length 1, each the same whatever else is in the call."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def fingerprint(self) -> str:
        """Equal for embedders that give the same vectors."""

    def passages(self, texts: Sequence[str]) -> "Array":
        """One row for each text that will be searched, in order."""

    def queries(self, texts: Sequence[str]) -> "Array":
        """One row for each text that is searched for, in order."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """What `index.json` says of one table of vectors."""

    table: str
    version: int
    embedder: str  # fingerprint
    name: str  # what the embedder was called when they were made
    corpus_version: str  # of the documents that they are whole for
    sentences: int
    search: str  # EXACT or APPROXIMATE: an index that is made anew may then find other sentences


@dataclass(frozen=True, slots=True)
class Wanted:
    """What vectors have to be there for: the corpus as a build will publish it."""

    corpus_version: str
    states: Mapping[str, str]  # of each document: a hash of all that decides its sentences
    sentences: Any  # the table


class VectorStore:
    """The tables of vectors of one index, for its one writer.

    Args:
        database: Of the index.
        tidy: Merges the pieces of a table and drops what was replaced.
    """

    def __init__(self, database: Any, tidy: Callable[[Any], None]) -> None:  # noqa: ANN401
        self._database, self._tidy = database, tidy
        self.tables: dict[str, Any] = {}

    def names(self) -> list[str]:
        """The names of all tables of vectors, also of those that an interrupted build left."""
        return sorted(name for name in self._database.list_tables().tables if name.startswith(_PREFIX))

    def shrink(self, name: str, known: Vectors | None, wanted: Wanted) -> Vectors | None:
        """Take out what is no longer in the corpus; None of a table that was never published or cannot be read.

        Vectors that lack nothing after that are of the new version of the corpus.
        """
        try:
            table = self._database.open_table(name)
            self._drop(table, _states_in(table).keys() - set(wanted.states.values()))
            whole = table.count_rows() == wanted.sentences.count_rows()
        except (RuntimeError, ValueError):
            self._database.drop_table(name, ignore_missing=True)
            return None
        if known is None:
            return None
        return self._stored(table, replace(known, corpus_version=wanted.corpus_version) if whole else known, known)

    def extend(
        self, embedder: Embedder, wanted: Wanted, known: Vectors | None, on_embedded: Callable[[int, int], None]
    ) -> Vectors:
        """Bring the vectors of an embedder up to date: sentences that it never saw are embedded, those gone go."""
        table = self._open(embedder)
        held, current = _states_in(table), set(wanted.states.values())
        total = wanted.sentences.count_rows() - sum(held[state] for state in held.keys() & current)
        missing = sorted(doc_id for doc_id, state in wanted.states.items() if state not in held)
        done = 0
        for rows in _rows_of(missing, wanted):
            texts = {row["key"]: row.pop("body") for row in rows}
            vectors = _known_vectors(table, list(texts))
            if new := [key for key in texts if key not in vectors]:
                vectors.update(zip(new, embedder.passages([texts[key] for key in new]), strict=True))
            table.add(_arrow(rows, [vectors[row["key"]] for row in rows], table.schema))
            done += len(rows)
            on_embedded(done, total)
        self._drop(table, held.keys() - current)
        fresh = Vectors(table.name, 0, embedder.fingerprint, embedder.name, wanted.corpus_version, 0, EXACT)
        return self._stored(table, fresh, known)

    def forget(self, embedder: Embedder) -> None:
        """Drop the table of an embedder, which cannot be read."""
        name = table_name(embedder.fingerprint)
        self.tables.pop(name, None)
        self._database.drop_table(name, ignore_missing=True)

    def _open(self, embedder: Embedder) -> Any:  # noqa: ANN401
        name = table_name(embedder.fingerprint)
        if name in self._database.list_tables().tables:
            return self._database.open_table(name)
        [vector] = embedder.passages(["."])
        return self._database.create_table(name, schema=_schema(len(vector)))

    def _drop(self, table: Any, states: set[str]) -> None:  # noqa: ANN401
        for group in groups(sorted(states), _LONGEST_LIST):
            table.delete(among("state", group))

    def _stored(self, table: Any, entry: Vectors, known: Vectors | None) -> Vectors:  # noqa: ANN401
        """The entry of a table that is written, made fast to search where it is large."""
        self.tables[table.name] = table
        rows = table.count_rows()
        if known is not None and table.version == known.version:
            return replace(entry, version=known.version, sentences=known.sentences, search=known.search)
        self._tidy(table)
        search = EXACT
        if rows * table.schema.field("vector").type.list_size > EXACT_NUMBERS:
            search = APPROXIMATE
            _make_indexes(table)
        return replace(entry, version=table.version, sentences=rows, search=search)


def table_name(fingerprint: str) -> str:
    """What the table of an embedder is called."""
    return f"{_PREFIX}{fingerprint[:16]}"


def state_of(content: str, language: str, splitter: str) -> str:
    """A hash of all that decides which sentences a document has, and where."""
    return sha256(f"{language}\t{splitter}\t{content}".encode()).hexdigest()[:32]


def _states_in(table: Any) -> Counter[str]:  # noqa: ANN401
    """How many sentences there are of each state of a document."""
    query = table.search().select(["state"]).limit(None)
    counts = Counter[str]()
    for batch in query.to_batches():
        counts.update(batch.column(0).to_pylist())
    return counts


def _rows_of(doc_ids: list[str], wanted: Wanted) -> Iterator[list[dict[str, Any]]]:
    """The sentences of documents, some hundreds at once, all of a document together."""
    waiting: list[dict[str, Any]] = []
    for group in groups(doc_ids, _DOCUMENTS):
        query = wanted.sentences.search().where(among("doc_id", group)).select([*MATCH_COLUMNS, "body"]).limit(None)
        rows = sorted(query.to_arrow().to_pylist(), key=lambda row: (row["doc_id"], row["start"]))
        for row in rows:
            row["state"] = wanted.states[row["doc_id"]]
            row["key"] = sha256(row["body"].encode("utf-8", "surrogatepass")).hexdigest()[:32]
        waiting += rows
        if len(waiting) >= _TOGETHER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _known_vectors(table: Any, keys: list[str]) -> dict[str, Any]:  # noqa: ANN401
    found: dict[str, Any] = {}
    for group in groups(keys, _LONGEST_LIST):
        query = table.search().where(among("key", group)).select(["key", "vector"]).limit(None)
        for batch in query.to_batches():
            found.update(zip(batch.column("key").to_pylist(), _matrix(batch.column("vector")), strict=True))
    return found


def _arrow(rows: list[dict[str, Any]], vectors: list[Any], schema: Any) -> Any:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    columns = [pa.array([row[field.name] for row in rows], field.type) for field in schema if field.name != "vector"]
    size = schema.field("vector").type.list_size
    numbers = pa.array(np.asarray(vectors, np.float32).reshape(-1))
    return pa.Table.from_arrays([*columns, pa.FixedSizeListArray.from_arrays(numbers, size)], schema=schema)


def _matrix(column: Any) -> "Array":  # noqa: ANN401
    """The vectors of a column of a batch, one a row."""
    matrix: Array = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1)
    return matrix


def _schema(dimension: int) -> Any:  # noqa: ANN401
    import pyarrow as pa  # noqa: PLC0415

    text, number = pa.string(), pa.int64()
    numbers = {"sentence", "start", "end", "page"}
    columns = [(name, number if name in numbers else text) for name in (*MATCH_COLUMNS, "state", "key")]
    return pa.schema([*columns, ("vector", pa.list_(pa.float32(), dimension))])


def _make_indexes(table: Any) -> None:  # noqa: ANN401
    from lancedb.index import BTree, IvfFlat  # noqa: PLC0415

    table.create_index("vector", config=IvfFlat(distance_type="dot"), replace=True)
    for column in ("doc_id", "key"):
        table.create_index(column, config=BTree(), replace=True)
