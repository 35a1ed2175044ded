"""Searching the vectors of a corpus index: the sentences whose direction is nearest to that of a text."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from factcheck.corpus.index import CorpusIndex, Match, Search, match_of, reading
from factcheck.corpus.places import connect
from factcheck.corpus.rows import among
from factcheck.corpus.vectors import EXACT, MATCH_COLUMNS, Embedder, Vectors
from factcheck.errors import CorpusError

if TYPE_CHECKING:
    from factcheck.corpus.vectors import Array

_QUERIES = 32  # multiplied at once: 13 MB for 100,000 sentences
_CHUNK = 64  # rows whose greatest product stands for all
_SLACK = 1e-5  # between a product in fp32 and the score that is rounded from fp64
_REMEMBERED = 5_000  # vectors of texts that were searched for
_PROBES = 32  # parts of an approximate index that are looked into


class VectorIndex:
    """The vectors of an index for one embedder, at the version that was published when the index was opened.

    Up to some hundred thousand sentences a search is exact and holds all vectors in memory, 1.5 KB a sentence in 384
    dimensions; beyond that it is approximate.

    Raises:
        CorpusError: The index holds no vectors of this embedder for its documents, or is torn.
    """

    def __init__(self, index: CorpusIndex, embedder: Embedder) -> None:
        self._embedder, self._index = embedder, index
        self._entry = published(index, embedder)
        with reading(index.folder, index.pointer):
            self._table: Any = connect(index.folder).open_table(self._entry.table)
            self._table.checkout(self._entry.version)
        self._queries: dict[str, Array] = {}

    def search_all(self, searches: Sequence[Search]) -> list[list[Match]]:
        """For each search the best `limit` sentences by cosine, and all that tie with the last, where it is exact.

        Sorted by score, which is rounded to six places, then document id and start; a result depends neither on how
        rows lie on disk nor on the other searches.
        """
        vectors = self._vectors_of([search.text for search in searches])
        with reading(self._index.folder, self._index.pointer):
            if self._entry.search == EXACT:
                ranked = [best for group in self._exact(searches, vectors) for best in group]
            else:
                ranked = [self._approximate(search, vector) for search, vector in zip(searches, vectors, strict=True)]
            rows = self._rows(sorted({number for best in ranked for number, _ in best}))
        return [
            sorted(
                (match_of(rows[number], score) for number, score in best),
                key=lambda match: (-match.score, match.doc_id, match.start),
            )
            for best in ranked
        ]

    def _vectors_of(self, texts: Sequence[str]) -> "list[Array]":
        """The vectors of texts that are searched for; a search that reaches deeper asks for them again."""
        known = self._queries
        if len(known) > _REMEMBERED:
            known = self._queries = {}
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, self._embedder.queries(new), strict=True))
        return [known[text] for text in texts]

    @cached_property
    def _held(self) -> "tuple[Array, list[str], list[int]]":
        """All vectors, with the document and the row number of each."""
        import numpy as np  # noqa: PLC0415

        query = self._table.search().select(["doc_id", "vector"]).with_row_id(with_row_id=True).limit(None)
        matrix: Array = np.zeros((self._entry.sentences, self._table.schema.field("vector").type.list_size), np.float32)
        doc_ids: list[str] = []
        numbers: list[int] = []
        for batch in query.to_batches():
            vectors = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
            matrix[len(numbers) : len(numbers) + batch.num_rows] = vectors.reshape(batch.num_rows, -1)
            doc_ids += batch.column("doc_id").to_pylist()
            numbers += batch.column("_rowid").to_pylist()
        return matrix, doc_ids, numbers

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where the vectors of a document are in memory."""
        places: dict[str, list[int]] = {}
        for at, doc_id in enumerate(self._held[1]):
            places.setdefault(doc_id, []).append(at)
        return places

    def _exact(self, searches: Sequence[Search], vectors: "Sequence[Array]") -> Iterator[list[list[tuple[int, float]]]]:
        """Row numbers and scores of the best of each search, in no order."""
        import numpy as np  # noqa: PLC0415

        matrix, _, numbers = self._held
        starts = np.arange(0, len(matrix), _CHUNK)
        for start in range(0, len(searches), _QUERIES):
            asked = list(zip(searches[start : start + _QUERIES], vectors[start : start + _QUERIES], strict=True))
            free = [vector for search, vector in asked if not search.doc_ids]
            products = iter(np.stack(free) @ matrix.T if free and len(matrix) else ())
            group = []
            for search, vector in asked:
                if search.doc_ids or not len(matrix):
                    places = np.asarray([at for name in search.doc_ids for at in self._places.get(name, ())], np.int64)
                else:
                    product = next(products)
                    # At least `limit` rows reach the limit-th of the greatest products of the chunks.
                    greatest = np.maximum.reduceat(product, starts)
                    bound = np.partition(greatest, -search.limit)[-search.limit] if search.limit < len(starts) else -2
                    places = np.flatnonzero(product >= bound - _SLACK)
                scores = np.asarray(cosines(matrix[places], vector))
                cut = np.partition(scores, -search.limit)[-search.limit] if search.limit < len(scores) else -2
                chosen = np.flatnonzero(scores >= cut)
                group.append([(numbers[places[at]], float(scores[at])) for at in chosen])
            yield group

    def _approximate(self, search: Search, vector: "Array") -> list[tuple[int, float]]:
        """The same from the database's index; of named documents every sentence is looked at."""
        query = self._table.search(vector, query_type="vector", vector_column_name="vector").distance_type("dot")
        query = query.select(["_distance"]).with_row_id(with_row_id=True).limit(search.limit)
        if search.doc_ids:
            query = query.where(among("doc_id", search.doc_ids), prefilter=True).bypass_vector_index()
        else:
            query = query.nprobes(_PROBES)
        found = query.to_arrow()
        pairs = zip(found["_rowid"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return [(number, round(1 - distance, 6)) for number, distance in pairs]

    def _rows(self, numbers: list[int]) -> dict[int, dict[str, Any]]:
        if not numbers:
            return {}
        found = self._table.take_row_ids(numbers).select(list(MATCH_COLUMNS)).with_row_id().to_arrow()
        return {row["_rowid"]: row for row in found.to_pylist()}


def cosines(vectors: "Array", query: "Array") -> list[float]:
    """The cosines of vectors of length 1 with that of a query, to six places."""
    import numpy as np  # noqa: PLC0415

    found: list[float] = np.round(vectors.astype(np.float64) @ query.astype(np.float64), 6).tolist()
    return found


def published(index: CorpusIndex, embedder: Embedder) -> Vectors:
    """What the index says of the vectors of an embedder.

    Raises:
        CorpusError: It has none of this embedder, or none for its documents as they are now.
    """
    add = f"run `factcheck index DOCUMENTS --index {index.folder} --embedder {embedder.name}`"
    entry = next((one for one in index.pointer.vectors if one.embedder == embedder.fingerprint), None)
    if entry is None:
        others = ", ".join(one.name for one in index.pointer.vectors)
        found = f"its vectors are of {others}, not of {embedder.name}" if others else "the index holds no vectors"
        raise CorpusError(index.folder, found, f"{add}{', or name that embedder' if others else ''}")
    if entry.corpus_version != index.version:
        raise CorpusError(index.folder, f"its documents changed after the vectors of {embedder.name} were made", add)
    return entry
