"""Which file each document of a corpus is from, and a hash of its content, on disk: there can be many millions."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Self

_MEMORY_KB = 64_000
_AT_ONCE = 5_000  # documents


class Inventory:
    """The documents of a corpus as a build finds them and as it will leave them.

    Beyond some 300,000 documents they are in a temporary file without a name, in `SQLITE_TMPDIR` or the system's folder
    for such files; it is gone when this is closed, or the process ends.

    Args:
        published: Id, file name and content hash of every document that is there before.
    """

    def __init__(self, published: Iterable[tuple[str, str, str]] = ()) -> None:
        self._files: dict[str, int] = {}
        self._names: list[str] = []
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in (
            f"PRAGMA cache_size = -{_MEMORY_KB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "BEGIN",
            "CREATE TABLE documents (doc_id TEXT PRIMARY KEY, file INTEGER, content BLOB, met INTEGER) WITHOUT ROWID",
        ):
            self._rows.execute(statement)
        rows = ((doc_id, self._number(file), bytes.fromhex(content)) for doc_id, file, content in published)
        self._rows.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, 0)", rows)
        self._rows.execute("CREATE INDEX unmet ON documents (file) WHERE met = 0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Id and content hash of all documents, in the order of the ids."""
        for doc_id, content in self._rows.execute("SELECT doc_id, content FROM documents ORDER BY doc_id"):
            yield doc_id, content.hex()

    def find(self, doc_id: str) -> tuple[str, str] | None:
        """File name and content hash of a document, or None."""
        row = self._rows.execute("SELECT file, content FROM documents WHERE doc_id = ?", (doc_id,)).fetchone()
        return None if row is None else (self._names[row[0]], row[1].hex())

    def put(self, doc_id: str, file: str, content: str) -> None:
        """Note a document that was met, new or changed."""
        row = (doc_id, self._number(file), bytes.fromhex(content))
        self._rows.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, 1)", row)

    def meet(self, doc_id: str) -> None:
        """Note that a document is there as it was."""
        self._rows.execute("UPDATE documents SET met = 1 WHERE doc_id = ?", (doc_id,))

    def take_unmet(self, file: str) -> Iterator[list[str]]:
        """Take out the documents of a file that were not met in it, some thousands at once."""
        query = "SELECT doc_id FROM documents WHERE met = 0 AND file = ? LIMIT ?"
        while found := [doc_id for (doc_id,) in self._rows.execute(query, (self._number(file), _AT_ONCE))]:
            self._rows.executemany("DELETE FROM documents WHERE doc_id = ?", ((doc_id,) for doc_id in found))
            yield found

    def _number(self, file: str) -> int:
        number = self._files.setdefault(file, len(self._names))
        if number == len(self._names):
            self._names.append(file)
        return number
