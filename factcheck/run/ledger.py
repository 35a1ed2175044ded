"""The ledger of a run: claims, verdicts, evidence and events in one SQLite file.

WAL with `synchronous=NORMAL`: a transaction survives the death of the process at any moment; power loss can take back
the last ones, never half of one, and the resumed run scores those claims again. Not for network file systems, whose
locks SQLite cannot trust.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from factcheck.errors import RunError
from factcheck.formats.records import evidence_from_record, evidence_record, to_json
from factcheck.run.codec import claim_from_json, claim_to_json
from factcheck.types import JSON, Claim, EvidenceFrom, Label, Reason, Verdict

LEDGER = "run.sqlite"
_OWN = {"write.lock", "rejected.jsonl", "rejected.new", "manifest.json", f"{LEDGER}-wal", f"{LEDGER}-shm"}
_FORMAT = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    position INTEGER PRIMARY KEY REFERENCES claims, label TEXT NOT NULL, score REAL NOT NULL, confidence REAL,
    reason TEXT NOT NULL, evidence_from TEXT NOT NULL, unjudged INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS evidence (
    position INTEGER NOT NULL REFERENCES verdicts, rank INTEGER NOT NULL, doc_id TEXT NOT NULL, stance TEXT NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (position, rank)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS verdicts_by_label ON verdicts (label, score);
CREATE INDEX IF NOT EXISTS evidence_by_document ON evidence (doc_id);
"""
_EVIDENCE = "SELECT record FROM evidence WHERE position = ? ORDER BY rank"
_VERDICTS = """
SELECT position, record, label, score, confidence, reason, evidence_from, unjudged
FROM verdicts JOIN claims USING (position)
"""


class Ledger:
    """The open ledger of one run folder; use it as a context manager.

    Args:
        folder: The run folder.
        write: Whether the folder is made and the ledger written; else it must be there.

    Raises:
        RunError: There is no run in the folder, its ledger is torn or of another format, or another process writes it.
    """

    def __init__(self, folder: Path | str, *, write: bool = False) -> None:
        self.folder = Path(folder)
        path = self.folder / LEDGER
        self._lock = _lock(self.folder) if write else None
        if not write and not path.exists():
            raise RunError(self.folder, "holds no run", "name the folder that `factcheck verify --run` wrote")
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            if not self._check_format() and write:
                self._db.execute(f"PRAGMA user_version = {_FORMAT}")
            if write:
                self._db.executescript(_SCHEMA)
            if write and not self.is_finished():  # a finished run stays the one file that it is
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("SELECT count(*) FROM meta")
        except sqlite3.DatabaseError as error:
            self._unlock()
            raise RunError(path, f"the ledger cannot be opened: {error}", "name another --run folder") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        self._db.close()
        self._unlock()
        if isinstance(error, sqlite3.DatabaseError):
            raise RunError(self.folder / LEDGER, f"the ledger is torn: {error}", "name another --run folder") from error

    def _check_format(self) -> bool:
        """Whether there are tables; refuses those of another format."""
        [found] = self._db.execute("PRAGMA user_version").fetchone()
        [tables] = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and found != _FORMAT:
            self._db.close()
            self._unlock()
            what = f"the ledger has format {found}; this version of factcheck reads {_FORMAT}"
            raise RunError(self.folder / LEDGER, what, "use the version that wrote it, or name another --run folder")
        return bool(tables)

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing: on any error, a full disk too, the ledger is as it was."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._roll_back()
            raise RunError(
                self.folder, f"the ledger cannot be written: {error}", "nothing is lost: free the disk and start again"
            ) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def get(self, key: str) -> JSON:
        """A value of the run's own notes, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: JSON) -> None:
        """Write a value of the run's own notes."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def ingest(self, claims: Iterable[Claim]) -> str:
        """Store all claims of the run in one transaction; gives their digest (SHA-256).

        Where the claims are stored already they are only read through, for the digest to be compared.
        """
        digest = hashlib.sha256()
        stored = self.get("claims") is not None
        with self._transaction() as db:
            for position, claim in enumerate(claims):
                digest.update(claim_line(claim))
                if not stored:
                    db.execute("INSERT INTO claims VALUES (?, ?, ?)", (position, claim.id, claim_to_json(claim)))
            if not stored:
                db.execute("INSERT INTO meta VALUES ('claims', ?)", (json.dumps(digest.hexdigest()),))
        return digest.hexdigest()

    def pending(self) -> Iterator[Claim]:
        """Claims without a verdict, in claim order; may be read in another thread, a few hundred at a time."""
        query = """
            SELECT position, record FROM claims WHERE position > ? AND position NOT IN (SELECT position FROM verdicts)
            ORDER BY position LIMIT 500
        """
        with closing(sqlite3.connect(self.folder / LEDGER, check_same_thread=False)) as reader:
            last = -1
            while rows := reader.execute(query, (last,)).fetchall():
                for _, record in rows:
                    yield claim_from_json(record)
                last = rows[-1][0]

    def write(self, verdicts: Sequence[Verdict]) -> None:
        """Commit some verdicts with their evidence in one transaction."""
        with self._transaction() as db:
            for verdict in verdicts:
                row = db.execute("SELECT position FROM claims WHERE id = ?", (verdict.claim.id,)).fetchone()
                values = (verdict.label.value, verdict.score, verdict.confidence)
                origin = (verdict.reason.value, verdict.evidence_from.value, verdict.unjudged)
                db.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, *values, *origin))
                db.executemany(
                    "INSERT INTO evidence VALUES (?, ?, ?, ?, ?)",
                    [
                        (*row, rank, item.passage.source.doc_id, item.stance.value, to_json(evidence_record(item)))
                        for rank, item in enumerate(verdict.evidence)
                    ],
                )

    def event(self, kind: str, detail: JSON = None) -> None:
        """Note that something happened, with the time."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO events (time, kind, detail) VALUES (?, ?, ?)", (time.time(), kind, json.dumps(detail))
            )

    def verdicts(self) -> Iterator[Verdict]:
        """All verdicts in claim order, streamed."""
        return (self._verdict(row) for row in self._db.execute(_VERDICTS + "ORDER BY position"))

    def strongest(self, label: Label, *, limit: int) -> list[Verdict]:
        """The verdicts of a label with the highest score, ties in claim order."""
        query = _VERDICTS + "WHERE label = ? ORDER BY score DESC, position LIMIT ?"
        return [self._verdict(row) for row in self._db.execute(query, (label.value, limit)).fetchall()]

    def counts(self) -> dict[Label, int]:
        """How many verdicts there are of each label, all labels named."""
        counted = dict(self._db.execute("SELECT label, count(*) FROM verdicts GROUP BY label").fetchall())
        return {label: counted.get(label.value, 0) for label in Label}

    def pairs(self) -> int:
        """How many passages were judged for all verdicts together."""
        return int(self._db.execute("SELECT count(*) FROM evidence").fetchone()[0])

    def progress(self) -> tuple[int, int]:
        """Verdicts written, and claims in the run."""
        done = self._db.execute("SELECT count(*) FROM verdicts").fetchone()[0]
        return int(done), int(self._db.execute("SELECT count(*) FROM claims").fetchone()[0])

    def is_finished(self) -> bool:
        """Whether every claim of the run has its verdict."""
        return self.get("finished") is not None

    def finish(self) -> None:
        """Mark the run complete and fold the write-ahead log into the one file, which then opens read-only."""
        self.put("finished", time.time())
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with suppress(sqlite3.OperationalError):  # somebody reads it just now: it stays in WAL, whole all the same
            self._db.execute("PRAGMA journal_mode = DELETE")

    def _verdict(self, row: tuple[Any, ...]) -> Verdict:
        position, record, label, score, confidence, reason, origin, unjudged = row
        found = self._db.execute(_EVIDENCE, (position,)).fetchall()
        return Verdict(
            claim=claim_from_json(record),
            label=Label(label),
            score=score,
            confidence=confidence,
            reason=Reason(reason),
            evidence_from=EvidenceFrom(origin),
            evidence=tuple(evidence_from_record(json.loads(item)) for (item,) in found),
            unjudged=unjudged,
        )


def claim_line(claim: Claim) -> bytes:
    """What the digest of claims is made of; where a claim stands is left out: a copied file holds the same claims."""
    return claim_to_json(replace(claim, place="")).encode("utf-8", "surrogatepass") + b"\n"


def _lock(folder: Path) -> Any:  # noqa: ANN401
    """The one writer's lock of a run; the system drops it when the process dies."""
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(folder / "write.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LEDGER).exists() and (others := {path.name for path in folder.iterdir()} - _OWN):
            raise RunError(folder, f"holds other files ({min(others)})", "name a new or empty --run folder")
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(folder, "another process is working on this run", "wait for it, or name another --run") from None
    except OSError as error:
        raise RunError(folder, f"cannot be written: {error.strerror or error}", "name another --run folder") from error
    return lock
