"""The quotes of a run sorted by document, each once, with the claims that rest on it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Self

from factcheck.corpus.files import Problem
from factcheck.types import Passage, Source

_SCHEMA = """
CREATE TABLE claims (position INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL, doc_id TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0,
    UNIQUE (path, doc_id));
CREATE TABLE quotes (
    number INTEGER PRIMARY KEY, document INTEGER NOT NULL, key BLOB NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE INDEX quotes_by_document ON quotes (document);
CREATE TABLE uses (quote INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (quote, position)) WITHOUT ROWID;
CREATE TABLE problems (name TEXT PRIMARY KEY, found TEXT NOT NULL, fix TEXT NOT NULL) WITHOUT ROWID;
"""
_CACHE_KB = 64_000
_AT_ONCE = 10_000  # uses
_REMEMBERED = 50_000  # quotes


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote of a document; that of a copy is its own premise."""

    number: int
    passage: Passage


class Quotes:
    """All quotes of a run, on disk beyond a few megabytes, in a nameless file that the system takes back at the end.

    A run lists evidence by claim, and an audit reads by document, once: this is the sorting in between.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "temp_store = FILE", f"cache_size = -{_CACHE_KB}"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._numbers: dict[bytes, int] = {}
        self._uses: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add_claim(self, position: int, claim_id: str) -> None:
        """Note the id of a claim."""
        self._db.execute("INSERT INTO claims VALUES (?, ?)", (position, claim_id))

    def add(self, position: int, passage: Passage) -> None:
        """Note a passage that the verdict on a claim lists."""
        record = _record(passage)
        key = blake2b(record.encode("ascii"), digest_size=16).digest()
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            number = self._numbers[key] = self._number(key, record, passage.source)
        self._uses.append((number, position))
        if len(self._uses) >= _AT_ONCE:
            self._flush()

    def _number(self, key: bytes, record: str, source: Source) -> int:
        if found := self._db.execute("SELECT number FROM quotes WHERE key = ?", (key,)).fetchone():
            return int(found[0])
        place = (source.path, source.doc_id)
        self._db.execute("INSERT OR IGNORE INTO documents (path, doc_id) VALUES (?, ?)", place)
        [document] = self._db.execute("SELECT number FROM documents WHERE path = ? AND doc_id = ?", place).fetchone()
        row = (document, key, record)
        return int(self._db.execute("INSERT INTO quotes (document, key, record) VALUES (?, ?, ?)", row).lastrowid or 0)

    def _flush(self) -> None:
        self._db.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?)", self._uses)
        self._uses.clear()

    def count(self) -> tuple[int, int]:
        """How many different quotes there are, of how many files."""
        quotes = self._db.execute("SELECT count(*) FROM quotes").fetchone()[0]
        return int(quotes), int(self._db.execute("SELECT count(DISTINCT path) FROM documents").fetchone()[0])

    def is_wanted(self, name: str) -> bool:
        """Whether a file is quoted, or any below a folder whose name ends with a slash."""
        query, names = "SELECT 1 FROM documents WHERE path = ? LIMIT 1", [name]
        if name.endswith("/"):
            query, names = "SELECT 1 FROM documents WHERE path > ? AND path < ? LIMIT 1", [name, f"{name[:-1]}0"]
        try:
            return self._db.execute(query, names).fetchone() is not None
        except UnicodeEncodeError:  # a file name that is not UTF-8
            return False

    def take(self, path: str, doc_id: str) -> list[Quoted]:
        """The quotes of a document, in text order; it is then no more among the `unseen`."""
        place = (path, doc_id)
        row = self._db.execute("SELECT number FROM documents WHERE path = ? AND doc_id = ?", place).fetchone()
        if row is None:
            return []
        self._db.execute("UPDATE documents SET seen = 1 WHERE number = ?", row)
        return self.of(row[0])

    def of(self, document: int) -> list[Quoted]:
        """The quotes of a document by its number, in text order."""
        rows = self._db.execute("SELECT number, record FROM quotes WHERE document = ?", (document,))
        quotes = [Quoted(number, _passage(record)) for number, record in rows]
        return sorted(quotes, key=lambda quoted: (quoted.passage.start, quoted.passage.end, quoted.number))

    def unseen(self, path: str) -> list[tuple[int, str]]:
        """Numbers and ids of the documents of a file that were not taken."""
        query = "SELECT number, doc_id FROM documents WHERE path = ? AND NOT seen ORDER BY doc_id"
        return self._db.execute(query, (path,)).fetchall()

    def unseen_files(self) -> Iterator[str]:
        """The files with documents that were not taken, in order."""
        rows = self._db.execute("SELECT DISTINCT path FROM documents WHERE NOT seen ORDER BY path")
        return (path for (path,) in rows)

    def give_up(self, path: str) -> None:
        """Count all documents of a file as taken."""
        self._db.execute("UPDATE documents SET seen = 1 WHERE path = ?", (path,))

    def claims(self, quotes: Iterable[int]) -> tuple[str, ...]:
        """Ids of the claims whose verdicts list one of these quotes, in claim order."""
        self._flush()
        query = "SELECT position, id FROM uses JOIN claims USING (position) WHERE quote = ?"
        found = {row for quote in quotes for row in self._db.execute(query, (quote,))}
        return tuple(claim_id for _, claim_id in sorted(found))

    def claims_of_file(self, path: str) -> tuple[str, ...]:
        """Ids of the claims whose verdicts quote documents of a file that were not taken, in claim order."""
        self._flush()
        query = """
            SELECT DISTINCT position, id FROM documents JOIN quotes ON quotes.document = documents.number
            JOIN uses ON uses.quote = quotes.number JOIN claims USING (position)
            WHERE path = ? AND NOT seen ORDER BY position
        """
        return tuple(claim_id for _, claim_id in self._db.execute(query, (path,)))

    def note(self, problem: Problem) -> None:
        """Keep what a scan tells of a file or folder."""
        try:
            self._db.execute(
                "INSERT OR IGNORE INTO problems VALUES (?, ?, ?)", (problem.name, problem.found, problem.fix)
            )
        except UnicodeEncodeError:  # no file of the run has such a name
            return

    def problem(self, *names: str) -> Problem | None:
        """What was told of the first of these names of which anything was."""
        for name in names:
            if row := self._db.execute("SELECT * FROM problems WHERE name = ?", (name,)).fetchone():
                return Problem(*row)
        return None


def _record(passage: Passage) -> str:
    source = passage.source  # written out: dataclasses.astuple takes longer than all the rest of an audit
    origin = (source.doc_id, source.title, source.path, source.sha256, source.url, source.date, source.extractor)
    place = (passage.sentence, passage.start, passage.end)
    return json.dumps((origin, *place, passage.quote, passage.premise, passage.page, passage.titled, passage.joined))


def _passage(record: str) -> Passage:
    origin, *rest, titled, joined = json.loads(record)
    passage = Passage(Source(*origin), *rest)
    return replace(passage, joined=tuple(joined) if joined else None, titled=titled)
