"""Scores that were computed before, on disk: a pair is not scored twice with the same model in the same numbers.

The cache is one SQLite file in WAL mode. A score call writes its new scores in one transaction, which the death of the
process at any moment leaves whole or not there; power loss can take the last ones back. Several processes may use one
file. Nothing that happens to it stops a job: a file that is torn, of another version or of somebody else is set aside
under another name and begun anew, and where it cannot be written, the job goes on without it. Each is said once.

Every row carries a checksum over key and scores, so that a damaged page is a score that is not there, never another
score. A cached score is the computed one bit for bit, hence what is in the cache cannot change a verdict.
"""

import hashlib
import logging
import os
import platform
import sqlite3
import struct
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from factcheck.errors import FactcheckError, ScoreError
from factcheck.machine import cpu_facts, installed_versions
from factcheck.nli.base import Counters, PairScorer
from factcheck.nli.wrapped import Wrapped
from factcheck.types import NLIScores

T = TypeVar("T")

APPLICATION = 0x46435343  # "FCSC": how SQLite files say whose they are
VERSION = 1  # of the tables, of the rows, and of what the keys are made of
_MEGABYTE = 1_000_000
_KEY_BYTES = 20
_ROW = struct.Struct("<dddI")  # the three probabilities, checksum
_LENGTHS = struct.Struct("<QQ")
_READ_TOGETHER = 500  # keys a query; SQLite before 3.32 takes 999. 10,000 lookups in a million rows: 0.04 s
_WRITTEN_TOGETHER = 20_000  # rows a transaction at most, so that others wait briefly and the size keeps to its bound
_SLACK = 1.25  # times its bound that a file may be found to take
_PATIENCE = 10.0  # seconds to wait for another process
_TORN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})  # the last: no such table
_RESULT = 0xFF  # the part of an extended result code that is the plain one
_HEADER_BYTES = 100
_PACKAGES = ("torch", "transformers", "tokenizers", "onnxruntime", "openvino")
_CPU_FACTS = frozenset(
    {"vendor_id", "cpu family", "model", "flags", "CPU implementer", "CPU architecture", "CPU part", "Features"}
)
_YOUNG = "CREATE TABLE young (key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID"
_SCHEMA = (
    _YOUNG,
    _YOUNG.replace("young", "old"),
    "CREATE TABLE sizes (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO sizes VALUES ('young', 0), ('old', 0)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_STORE = "INSERT INTO young VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET row = excluded.row WHERE row <> excluded.row"


class ScoreCache:
    """Scores by key, in a file that is opened, or made, at the first use; safe to use from several threads.

    The size is bounded by two generations. New scores go to the young one; when that takes half of `max_mb`, the old
    one is dropped whole and the young one becomes the old. A score that is found in the old one is copied to the young
    one, so a score in use is written again at most once in each generation and never goes, and reading writes nothing
    else. At least the half of `max_mb` that was used last is always there.

    Args:
        path: The file; its folder is made.
        max_mb: What the file may take on disk, in MB; a few MB more for its write-ahead log come on top.
        on_note: Told, in one line, when the file is set aside and when it cannot be used; the log without one.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        max_mb: int = 1000,
        on_note: Callable[[str], None] | None = None,
    ) -> None:
        self.path = Path(path)
        self._max_bytes = max_mb * _MEGABYTE
        self._on_note = on_note or logging.getLogger(__name__).warning
        self._lock = threading.Lock()
        self._off = False
        self._open: _File | None = None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NLIScores]:
        """The scores of those keys that are there."""
        return self._attempt(lambda file: file.read(keys), {})

    def put(self, scores: Mapping[bytes, NLIScores]) -> None:
        """Store scores; what is not a probability is left out."""
        rows = [(key, _row(key, score)) for key, score in sorted(scores.items()) if _is_probable(score)]
        self._attempt(lambda file: file.write(rows), None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _attempt(self, work: Callable[["_File"], T], otherwise: T) -> T:
        """Do something with the file; where it is torn, set it aside and try again with a new one."""
        with self._lock:
            for again in (True, False):
                if self._off:
                    break
                try:
                    return work(self._opened())
                except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
                    torn = self._open.identity if again and self._open is not None and _is_torn(error) else None
                    self._close()
                    if torn is None or not self._renew(torn):
                        self._give_up(error)
        return otherwise

    def _opened(self) -> "_File":
        if self._open is not None and self._open.process != os.getpid():
            _INHERITED.append(self._open)  # after a fork: it is the parent's, and not to be closed here
            self._open = None
        if self._open is None:
            with _only_one(self.path):
                self._open = _open(self.path, self._max_bytes, self._on_note)
        return self._open

    def _renew(self, torn: tuple[int, int]) -> bool:
        """Set the torn file aside, unless another process has done so."""
        try:
            with _only_one(self.path):
                if _identity(self.path) == torn:
                    _set_aside(self.path, "torn", self._on_note)
        except OSError:
            return False
        return True

    def _give_up(self, error: Exception) -> None:
        self._off = True
        self._on_note(f"the score cache {self.path} cannot be used, the job goes on without it: {error}")

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class CachedScorer(Wrapped):
    """A `PairScorer` that asks another one only for pairs whose scores are not in the cache.

    Keys are made of the model's fingerprint, the numeric class, the token limit and both texts; and of what else the
    bits depend on: the versions of the libraries and the kind of processor.
    """

    def __init__(self, inner: PairScorer, cache: ScoreCache) -> None:
        super().__init__(inner)
        self._cache = cache
        self._counters = Counters()
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The file of the cache."""
        return self._cache.path

    @property
    def facts(self) -> str:
        """What every key is made of beside the two texts."""
        inner = self.inner
        return repr((VERSION, inner.fingerprint, inner.numeric_class, inner.max_tokens, *_surroundings()))

    @property
    def counters(self) -> Counters:
        """What was asked and found here, and what the other scorer computed since it was loaded."""
        return self._counters + replace(self.inner.counters, pairs_asked=0)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs, in order; see `PairScorer.score`."""
        pairs = [(premise, hypothesis) for premise, hypothesis in pairs]
        keys = self._keys(dict.fromkeys(pairs))
        found = self._cache.get(list(keys.values()))
        scores = {pair: found[key] for pair, key in keys.items() if key in found}
        missing = [pair for pair in keys if pair not in scores]
        if missing:
            numeric_class = self.inner.numeric_class
            computed = dict(zip(missing, self.inner.score(missing), strict=True))
            if self.inner.numeric_class == numeric_class:  # a lack of memory may have changed it on the way
                self._cache.put({keys[pair]: score for pair, score in computed.items()})
            scores |= computed
        with self._lock:
            self._counters += Counters(pairs_asked=len(pairs), pairs_cached=len(keys) - len(missing))
        return [scores[pair] for pair in pairs]

    def _keys(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        return pair_keys(self.facts, pairs)


def pair_keys(facts: str, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The keys of (premise, hypothesis) pairs in a cache; `facts` are those of the `CachedScorer` that stored them."""
    start = hashlib.sha256(facts.encode())
    keys = {}
    for pair in pairs:
        premise, hypothesis = (text.encode("utf-8", "surrogatepass") for text in pair)
        digest = start.copy()
        digest.update(_LENGTHS.pack(len(premise), len(hypothesis)) + premise + hypothesis)
        keys[pair] = digest.digest()[:_KEY_BYTES]
    return keys


def holds_scores(path: Path) -> bool:
    """Whether a file is a score cache of this version; it is not made where there is none.

    Raises:
        FactcheckError: The file cannot be read.
    """
    if not path.is_file():
        return False
    try:
        with closing(_File(path, 0)) as file:
            return file.version() == VERSION
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        if _is_torn(error):
            return False
        raise FactcheckError(path, f"the score cache cannot be read: {error}", "try again") from error


def forget(path: Path, keys: Iterable[bytes]) -> int:
    """Delete scores from a cache so that no byte of them stays in its file; gives how many there were.

    Takes as long as writing the file anew, and room for it twice. Where it stops in the middle, it can be done again.

    Raises:
        FactcheckError: The file is no score cache of this version, it is torn, or there is no room; or another process
            reads it for long.
    """
    if not holds_scores(path):
        raise FactcheckError(path, f"is no score cache of version {VERSION}")
    try:
        with closing(_File(path, 0)) as file:
            return file.forget(keys)
    except (sqlite3.Error, OSError) as error:
        raise FactcheckError(path, f"scores cannot be deleted from the cache: {error}", "try again") from error


_INHERITED: list["_File"] = []


class _File:
    """The open file. `identity` tells it from another that has taken its name since."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.process = os.getpid()
        self._max_bytes = max_bytes
        self._db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, _close, self._db, self.process)
        self.identity = _identity(path)

    def prepare(self) -> None:
        """Make the tables of a new file; a file that has them is left as it is."""
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file only: lets it shrink
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA journal_size_limit = {4 * _MEGABYTE}")
        if not self._number("PRAGMA user_version"):
            with self._transaction():
                for statement in _SCHEMA:
                    self._db.execute(statement)
        with self._transaction():  # what cannot be written is told now
            self._bound()
        self._shrink()

    def version(self) -> int | None:
        """The version of the file, 0 of a new one, None where it is not of a score cache."""
        if not self._number("SELECT count(*) FROM sqlite_master"):
            return 0
        return self._number("PRAGMA user_version") if self._number("PRAGMA application_id") == APPLICATION else None

    def leave_alone(self) -> None:
        """Take the file out of WAL mode, which works where no other process uses it, and raises where one does."""
        self._db.execute("PRAGMA journal_mode = DELETE").fetchone()

    def read(self, keys: Sequence[bytes]) -> dict[bytes, NLIScores]:
        """The scores of those keys that are there; those of the old generation go to the young one."""
        rows = dict(self._rows("young", keys))
        still = [key for key in keys if key not in rows]
        aged = dict(self._rows("old", still)) if still and self._count("old") else {}
        found = {key: scores for key, row in (rows | aged).items() if (scores := _scores(key, row)) is not None}
        self.write([(key, row) for key, row in sorted(aged.items()) if key in found])
        return found

    def write(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Store rows in the young generation."""
        for start in range(0, len(rows), _WRITTEN_TOGETHER):
            with self._transaction() as db:
                before = db.total_changes
                db.executemany(_STORE, rows[start : start + _WRITTEN_TOGETHER])
                new = db.total_changes - before
                db.execute("UPDATE sizes SET count = count + ? WHERE name = 'young'", (new,))
                self._bound()

    def forget(self, keys: Iterable[bytes]) -> int:
        """Delete the rows of these keys from both generations and from the file's free space."""
        found, stream = 0, iter(keys)
        while some := [(key,) for key in islice(stream, _WRITTEN_TOGETHER)]:
            with self._transaction() as db:
                for table in ("young", "old"):
                    before = db.total_changes
                    db.executemany(f"DELETE FROM {table} WHERE key = ?", some)  # noqa: S608 - names of ours
                    gone = db.total_changes - before
                    db.execute("UPDATE sizes SET count = count - ? WHERE name = ?", (gone, table))
                    found += gone
        # secure_delete would clear the deleted rows alone, not what splitting pages left of them in free space before.
        self._db.execute("VACUUM")
        if self._number("PRAGMA wal_checkpoint(TRUNCATE)"):
            raise sqlite3.OperationalError("another process is reading it")
        return found

    def _rows(self, table: str, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        marks = ", ".join("?" * _READ_TOGETHER)
        query = f"SELECT key, row FROM {table} WHERE key IN ({marks})"  # noqa: S608 - one of two names of ours
        for start in range(0, len(keys), _READ_TOGETHER):
            some = list(keys[start : start + _READ_TOGETHER])
            some += some[-1:] * (_READ_TOGETHER - len(some))  # one statement, prepared once
            yield from self._db.execute(query, some)

    def _bound(self) -> None:
        """Begin a new generation where the young one takes its half; within a transaction."""
        young, old = self._count("young"), self._count("old")
        used = self._number("PRAGMA page_count") - self._number("PRAGMA freelist_count")
        if used * self._number("PRAGMA page_size") * young > self._max_bytes / 2 * (young + old):
            self._db.execute("DROP TABLE old")
            self._db.execute("ALTER TABLE young RENAME TO old")
            self._db.execute(_YOUNG)
            self._db.execute("UPDATE sizes SET count = CASE name WHEN 'old' THEN ? ELSE 0 END", (young,))

    def _shrink(self) -> None:
        """Give back what a file takes beyond its bound, as after the bound was lowered."""
        page = self._number("PRAGMA page_size")
        if self._number("PRAGMA page_count") * page <= self._max_bytes * _SLACK:
            return
        with self._transaction() as db:
            db.execute("DELETE FROM old")
            db.execute("UPDATE sizes SET count = 0 WHERE name = 'old'")
        self._db.executescript("PRAGMA incremental_vacuum")  # execute() would stop after the first page

    def _count(self, generation: str) -> int:
        return int(self._db.execute("SELECT count FROM sizes WHERE name = ?", (generation,)).fetchone()[0])

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")


def _open(path: Path, max_bytes: int, on_note: Callable[[str], None]) -> _File:
    """Open the file ready for use; what is no score cache of this version is set aside first."""
    file = _File(path, max_bytes)
    try:
        found = file.version()
        if found in {0, VERSION}:
            file.prepare()
            return file
        if found is not None:
            file.leave_alone()
            what = f"of version {found}, not {VERSION}"
        else:
            what = "not a score cache"
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if not _is_torn(error):
            file.close()
            raise
        what = "torn" if _is_ours(path) else "not a score cache"
    except BaseException:
        file.close()
        raise
    file.close()
    _set_aside(path, what, on_note)
    file = _File(path, max_bytes)
    try:
        file.prepare()
    except BaseException:
        file.close()
        raise
    return file


def _set_aside(path: Path, what: str, on_note: Callable[[str], None]) -> None:
    """Rename the file and what belongs to it; what we made ourselves replaces the one set aside before it."""
    aside = path.with_name(f"{path.name}.old")
    ours, number = _is_ours(path), 1
    while not ours and aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.old-{number}")
    for end in ("", "-wal", "-shm"):
        part, beside = (whole.with_name(whole.name + end) for whole in (path, aside))
        if part.exists():
            part.replace(beside)
        else:
            beside.unlink(missing_ok=True)
    on_note(f"the score cache {path} is {what}: set aside as {aside.name}, and begun anew")


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Keep other processes from opening the file meanwhile, so that no two set it aside."""
    from filelock import FileLock  # noqa: PLC0415 - only where there is a cache

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=_PATIENCE):
        yield


def _is_ours(path: Path) -> bool:
    """Whether the header is that of a score cache, of whatever version."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(_HEADER_BYTES)[68:72] == APPLICATION.to_bytes(4, "big")
    return False


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _close(db: sqlite3.Connection, process: int) -> None:
    if process == os.getpid():
        db.close()


def _is_torn(error: Exception) -> bool:
    """Whether the file's content is at fault: its pages, or tables that are not there."""
    if isinstance(error, UnicodeDecodeError):  # what sqlite3 raises of a schema that is damaged
        return True
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & _RESULT in _TORN


def _row(key: bytes, scores: NLIScores) -> bytes:
    values = (scores.entailment, scores.neutral, scores.contradiction)
    return _ROW.pack(*values, crc32(struct.pack("<ddd", *values), crc32(key)))


def _scores(key: bytes, row: object) -> NLIScores | None:
    """The scores of a row, or None where a bit of it is not what was written."""
    if not isinstance(row, bytes) or len(row) != _ROW.size:
        return None
    *values, checksum = _ROW.unpack(row)
    if checksum != crc32(row[:-4], crc32(key)):
        return None
    try:
        scores = NLIScores(*values)
    except ScoreError:
        return None
    return scores if _is_probable(scores) else None


def _is_probable(scores: NLIScores) -> bool:
    """Whether all three are probabilities; what is not a number is not."""
    return all(0 <= value <= 1 for value in (scores.entailment, scores.neutral, scores.contradiction))


@cache
def _surroundings() -> tuple[str, ...]:
    """Versions of the libraries that compute, and the kind of processor."""
    versions = (f"{name} {found}" for name, found in installed_versions(_PACKAGES).items())
    return (*versions, platform.machine(), _processor())


def _processor() -> str:
    """What the system says of the first processor: maker, model, and the instructions that it has."""
    facts = cpu_facts()
    if facts is None:
        return platform.processor()
    return "\n".join(f"{name}={value}" for name, value in facts.items() if name in _CPU_FACTS)
