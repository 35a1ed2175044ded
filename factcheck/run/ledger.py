"""The ledger of a run: claims, verdicts, evidence and events in one SQLite file.

WAL with `synchronous=NORMAL`: a transaction survives the death of the process at any moment; power loss can take back
the last ones, never half of one, and the resumed run scores those claims again. Not for network file systems, whose
locks SQLite cannot trust.

Verdicts come in editions. The first is what `factcheck verify` decided; an update writes the next one beside it, and
when that is whole it becomes the current one, in the same transaction in which the old one goes.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Self

from factcheck.errors import RunError, RunInUseError
from factcheck.formats.records import evidence_from_record, evidence_record, part_from_record, part_record, to_json
from factcheck.run.codec import claim_from_json, claim_to_json
from factcheck.run.stored import StoredClaim, faults, stored_claims
from factcheck.types import JSON, Claim, EvidenceFrom, Label, Reason, Verdict

LEDGER = "run.sqlite"
LOCK = "write.lock"
OWN_FILES = (  # all that a run keeps in its folder; the ledger and its lock last
    *("rejected.jsonl", "rejected.new", "fragile.jsonl", "fragile.new", "manifest.json", "manifest.json.new"),
    *(f"{LEDGER}-wal", f"{LEDGER}-shm", f"{LEDGER}-journal", LEDGER, LOCK),
)
_FORMAT = 4
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    edition INTEGER NOT NULL, position INTEGER NOT NULL REFERENCES claims, label TEXT NOT NULL, score REAL NOT NULL,
    confidence REAL, reason TEXT NOT NULL, evidence_from TEXT NOT NULL, unjudged INTEGER NOT NULL,
    detail TEXT NOT NULL, parts TEXT NOT NULL,
    PRIMARY KEY (edition, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (
    edition INTEGER NOT NULL, position INTEGER NOT NULL, rank INTEGER NOT NULL, doc_id TEXT NOT NULL,
    stance TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (edition, position, rank), FOREIGN KEY (edition, position) REFERENCES verdicts) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    edition INTEGER NOT NULL, doc_id TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (edition, doc_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS verdicts_by_label ON verdicts (edition, label, score);
CREATE INDEX IF NOT EXISTS evidence_by_document ON evidence (edition, doc_id, stance);
"""
_EVIDENCE = "SELECT record FROM evidence WHERE edition = ? AND position = ? ORDER BY rank"
_VERDICTS = """
SELECT position, record, label, score, confidence, reason, evidence_from, unjudged, detail, parts
FROM verdicts JOIN claims USING (position) WHERE edition = ?
"""
_GLANCES = """
SELECT id, record, label, score, confidence FROM verdicts JOIN claims USING (position) WHERE edition = ?
"""
_DIGEST_CHARACTERS = 16
NOTHING_LOST = "nothing is lost: free the disk and start again"
_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_TORN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT})
_EFFECTIVE = os.access in os.supports_effective_ids
_LOG_BYTES = 4_000_000
_FOLDS, _FOLD_WAIT = 20, 0.05  # tries, and seconds between them


@dataclass(frozen=True, slots=True)
class Glance:
    """What a verdict says, without the evidence that it stands on."""

    claim_id: str
    text: str
    label: Label
    score: float
    confidence: float | None


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
        torn_off = write and _has_content(path.with_name(f"{LEDGER}-wal"))
        try:
            self._db = _connect(path, write=write)
            if torn_off:
                self._check_whole()
            if not self._check_format() and write:  # all or nothing: who reads meanwhile finds no half of it
                self._db.executescript(f"BEGIN IMMEDIATE; PRAGMA user_version = {_FORMAT}; {_SCHEMA} COMMIT")
            if write and not self.is_finished():
                self._log_ahead()
            elif write and self.get("update") is None:  # the one file that it is, or is to be after a kill at the end
                fold(self._db)
            self._db.execute("SELECT count(*) FROM meta")
            self.edition = self._published()
        except sqlite3.DatabaseError as error:
            self._unlock()
            raise _refusal(path, error, "opened") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        try:
            if self._lock is not None and error is None:  # what was stopped is one file, too, that opens read-only
                fold(self._db)
        finally:
            self._db.close()
            self._unlock()
        if isinstance(error, sqlite3.DatabaseError):
            raise _refusal(self.folder / LEDGER, error, "read") from error

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

    def _check_whole(self) -> None:
        """Refuse a file that does not fit the log beside it, left by a process that died.

        Of a torn log SQLite takes the transactions before the tear. Where later ones were in the file already, old
        pages then stand beside new ones. Reads all of the file: a second for 200 MB.
        """
        if found := self.faults():
            self._db.close()
            self._unlock()
            raise RunError(self.folder / LEDGER, f"the ledger is torn: {found[0]}", "name another --run folder")

    def _log_ahead(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA wal_autocheckpoint = 0")  # see _empty_log

    def _published(self) -> int:
        edition = self.get("edition") or 1
        assert isinstance(edition, int)
        return edition

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
            raise _refusal(self.folder, error) from error
        except BaseException:
            self._roll_back()
            raise
        self._empty_log()

    def _empty_log(self) -> None:
        """Take a log that has grown over into the file, and cut it at once.

        SQLite of its own would leave it there until it is overwritten; torn, it would then take back pages of the file.
        """
        if not _has_content(self.folder / f"{LEDGER}-wal", more_than=_LOG_BYTES):
            return
        with suppress(sqlite3.OperationalError):  # no room: the log holds what was written, and the next one will tell
            self._db.execute("PRAGMA busy_timeout = 0")  # somebody reads: next time will do
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.execute("PRAGMA busy_timeout = 5000")

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def get(self, key: str) -> JSON:
        """A value of the run's own notes, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def notes(self) -> tuple[str, ...]:
        """What whoever reads the verdicts has to know, as the last start told it."""
        found = self.get("notes")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def put(self, key: str, value: JSON) -> None:
        """Write a value of the run's own notes."""
        with self._transaction() as db:
            _put(db, key, value)

    def ingest(self, claims: Iterable[Claim]) -> str:
        """Store all claims of the run in one transaction; gives their digest (SHA-256).

        Where the claims are stored already they are only read through, for the digest to be compared.
        """
        digest = hashlib.sha256()
        stored = self.progress()[1] > 0
        with self._transaction() as db:
            for position, claim in enumerate(claims):
                digest.update(claim_line(claim))
                if not stored:
                    db.execute("INSERT INTO claims VALUES (?, ?, ?)", (position, claim.id, claim_to_json(claim)))
            if not stored:
                _put(db, "claims", digest.hexdigest())
        return digest.hexdigest()

    def begin(self, documents: Iterable[tuple[str, str]], **notes: JSON) -> None:
        """Note in one transaction what this edition is decided with: the documents of the corpus, and `notes`.

        Args:
            documents: Ids and content hashes of all documents that could be quoted, from which a later comparison
                tells a changed document from one that is found no more.
            **notes: Notes to `put`.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM documents WHERE edition = ?", (self.edition,))
            db.executemany(
                "INSERT INTO documents VALUES (?, ?, ?)",
                ((self.edition, doc_id, digest[:_DIGEST_CHARACTERS]) for doc_id, digest in documents),
            )
            for key, value in notes.items():
                _put(db, key, value)

    def document(self, doc_id: str) -> str | None:
        """What stands for the content of a document of the corpus; None where the corpus did not hold it."""
        query = "SELECT digest FROM documents WHERE edition = ? AND doc_id = ?"
        row = self._db.execute(query, (self.edition, doc_id)).fetchone()
        return None if row is None else str(row[0])

    def document_changes(self, following: Self) -> dict[str, int]:
        """How many documents were `added`, `changed` and `removed` between this edition and another of the run."""
        query = """
            SELECT count(*) FILTER (WHERE old.doc_id IS NULL), count(*) FILTER (WHERE old.digest <> new.digest)
            FROM documents AS new LEFT JOIN documents AS old ON old.edition = ? AND old.doc_id = new.doc_id
            WHERE new.edition = ?
        """
        added, changed = self._db.execute(query, (self.edition, following.edition)).fetchone()
        count = "SELECT count(*) FROM documents WHERE edition = ?"
        before, after = (self._db.execute(count, (one.edition,)).fetchone()[0] for one in (self, following))
        return {"added": added, "changed": changed, "removed": before - (after - added)}

    def claims(self) -> Iterator[Claim]:
        """All claims of the run, in order, streamed."""
        rows = self._db.execute("SELECT record FROM claims ORDER BY position")
        return (claim_from_json(record) for (record,) in rows)

    def claim(self, claim_id: str) -> Claim | None:
        """The claim with this id; None where the run has none."""
        row = self._db.execute("SELECT record FROM claims WHERE id = ?", (claim_id,)).fetchone()
        return None if row is None else claim_from_json(row[0])

    def pending(self) -> Iterator[Claim]:
        """Claims without a verdict, in claim order; may be read in another thread, a few hundred at a time."""
        query = """
            SELECT position, record FROM claims WHERE position > ?
            AND NOT EXISTS (SELECT 1 FROM verdicts WHERE edition = ? AND verdicts.position = claims.position)
            ORDER BY position LIMIT 500
        """
        with closing(sqlite3.connect(self.folder / LEDGER, check_same_thread=False)) as reader:
            last = -1
            while rows := reader.execute(query, (last, self.edition)).fetchall():
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
                rest = (verdict.detail, to_json([part_record(part) for part in verdict.parts]))
                db.execute(
                    "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (self.edition, *row, *values, *origin, *rest),
                )
                db.executemany(
                    "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (
                            *(self.edition, *row, rank),
                            *(item.passage.source.doc_id, item.stance.value, to_json(evidence_record(item))),
                        )
                        for rank, item in enumerate(verdict.evidence)
                    ],
                )
            _put(db, "written", time.time())

    def event(self, kind: str, detail: JSON = None) -> None:
        """Note that something happened, with the time."""
        with self._transaction() as db:
            _note(db, kind, detail)

    def events(self, kind: str) -> list[tuple[float, JSON]]:
        """Time (seconds since 1970) and detail of all events of a kind, oldest first."""
        rows = self._db.execute("SELECT time, detail FROM events WHERE kind = ? ORDER BY number", (kind,)).fetchall()
        return [(when, json.loads(detail)) for when, detail in rows]

    def latest(self, kind: str, count: int) -> Iterator[JSON]:
        """The details of the last `count` events of a kind, oldest first, streamed."""
        query = """
            SELECT detail FROM (SELECT number, detail FROM events WHERE kind = ? ORDER BY number DESC LIMIT ?)
            ORDER BY number
        """
        return (json.loads(detail) for (detail,) in self._db.execute(query, (kind, count)))

    def verdicts(self) -> Iterator[Verdict]:
        """All verdicts in claim order, streamed."""
        rows = self._db.execute(_VERDICTS + "ORDER BY position", (self.edition,))
        return (self._verdict(row) for row in rows)

    def stored(self) -> Iterator[StoredClaim]:
        """All claims in order with what is stored of their verdicts, streamed and not made sense of."""
        return stored_claims(self._db, self.edition)

    def faults(self) -> list[str]:
        """What is wrong with the file itself, or with rows whose verdict or claim is missing; reads all of it."""
        return faults(self._db)

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What is read inside is of one moment, whatever another process writes; that may have to wait for the end."""
        self._db.execute("BEGIN")
        try:
            self.edition = self._published()  # an update may have come since it was opened
            yield
        finally:
            self._roll_back()

    def named(self, name: str) -> list[str]:
        """The id that is the name; else those of the claims at that place, the folder of the file left out or not."""
        query = """
            SELECT id FROM claims WHERE id = :name UNION ALL
            SELECT id FROM (
                SELECT id, json_extract(record, '$.place') AS place FROM claims
                WHERE NOT EXISTS (SELECT 1 FROM claims WHERE id = :name) ORDER BY position
            ) WHERE place = :name OR substr(place, -length(:name) - 1) = '/' || :name
        """
        try:
            return [claim_id for (claim_id,) in self._db.execute(query, {"name": name})]
        except UnicodeEncodeError:  # what a command line gives for bytes that are no text; no claim is called so
            return []

    def ids(self) -> Iterator[str]:
        """The ids of all claims, in order, streamed."""
        return (claim_id for (claim_id,) in self._db.execute("SELECT id FROM claims ORDER BY position"))

    def verdict(self, claim_id: str) -> Verdict | None:
        """The verdict on one claim; None where there is no such claim, or no verdict on it yet."""
        row = self._db.execute(_VERDICTS + "AND id = ?", (self.edition, claim_id)).fetchone()
        return None if row is None else self._verdict(row)

    def glances(self) -> Iterator[Glance]:
        """All verdicts in claim order without their evidence, streamed: a tenth of the work of `verdicts`."""
        return (_glance(row) for row in self._db.execute(_GLANCES + "ORDER BY position", (self.edition,)))

    def glance(self, claim_id: str) -> Glance | None:
        """As `verdict`, without the evidence."""
        row = self._db.execute(_GLANCES + "AND id = ?", (self.edition, claim_id)).fetchone()
        return None if row is None else _glance(row)

    def strongest(self, label: Label, *, limit: int) -> list[Verdict]:
        """The verdicts of a label with the highest score, ties in claim order."""
        query = _VERDICTS + "AND label = ? ORDER BY score DESC, position LIMIT ?"
        return [self._verdict(row) for row in self._db.execute(query, (self.edition, label.value, limit)).fetchall()]

    def judged(self) -> Iterator[tuple[str, str]]:
        """Premise and hypothesis of every pair that a verdict of any edition stands on, streamed.

        Raises:
            RunError: The ledger is torn; what came before is right.
        """
        query = """
            SELECT evidence.record, claims.record, parts
            FROM evidence JOIN claims USING (position) JOIN verdicts USING (edition, position)
        """
        try:
            for evidence, claim, parts in self._db.execute(query):
                premise = json.loads(evidence)["premise"]
                yield premise, json.loads(claim)["text"]
                yield from ((premise, part["text"]) for part in json.loads(parts))
        except sqlite3.DatabaseError as error:
            raise _refusal(self.folder / LEDGER, error, "read") from error
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(self.folder / LEDGER, f"the ledger is torn: {error}") from error

    def review_events(self) -> int:
        """How many acts of reviewers are stored beside the verdicts."""
        there = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'review_events'").fetchone()
        return int(self._db.execute("SELECT count(*) FROM review_events").fetchone()[0]) if there else 0

    def review_rows(self, claim_id: str) -> list[tuple[Any, ...]]:
        """What is stored of reviewers' acts on a claim, in order; there must be some in the run."""
        columns = "number, id, claim, reviewer, time, kind, detail"
        query = f"SELECT {columns} FROM review_events WHERE claim = ? ORDER BY number"  # noqa: S608 (names of ours)
        return self._db.execute(query, (claim_id,)).fetchall()

    def counts(self) -> dict[Label, int]:
        """How many verdicts there are of each label, all labels named."""
        query = "SELECT label, count(*) FROM verdicts WHERE edition = ? GROUP BY label"
        counted = dict(self._db.execute(query, (self.edition,)).fetchall())
        return {label: counted.get(label.value, 0) for label in Label}

    def open_reasons(self) -> dict[Reason, int]:
        """Why claims have NOT ENOUGH INFO, the commonest reason first; those that there are."""
        query = "SELECT reason, count(*) FROM verdicts WHERE edition = ? AND label = ? GROUP BY reason"
        counted = self._db.execute(query, (self.edition, Label.NOT_ENOUGH_INFO.value)).fetchall()
        return {Reason(name): count for name, count in sorted(counted, key=lambda row: (-row[1], row[0]))}

    def pairs(self) -> int:
        """How many passages were judged for all verdicts together."""
        query = "SELECT count(*) FROM evidence WHERE edition = ?"
        return int(self._db.execute(query, (self.edition,)).fetchone()[0])

    def progress(self) -> tuple[int, int]:
        """Verdicts written, and claims in the run."""
        query = "SELECT count(*) FROM verdicts WHERE edition = ?"
        done = self._db.execute(query, (self.edition,)).fetchone()[0]
        return int(done), int(self._db.execute("SELECT count(*) FROM claims").fetchone()[0])

    def update_progress(self) -> tuple[int, int] | None:
        """As `progress`, of the update that was begun and is not published; None where there is none."""
        if self.get("update") is None:
            return None
        following = copy(self)
        following.edition = self.edition + 1
        return following.progress()

    def is_finished(self) -> bool:
        """Whether every claim of the run has its verdict."""
        return self.get("finished") is not None

    def finish(self) -> None:
        """Mark the run complete and fold the write-ahead log into the one file, which then opens read-only."""
        self.put("finished", time.time())
        fold(self._db)

    def begin_update(self, identity: Mapping[str, JSON], documents: Iterable[tuple[str, str]]) -> Self:
        """This ledger at its next edition, where an update of this identity begins, or goes on if it is the same.

        Everything else still reads the published edition. The view shares the connection: close this one alone.

        Raises:
            RunError: Somebody is reading the run, so that it cannot be written to, or the disk is full.
        """
        try:
            self._log_ahead()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _IN_USE:
                raise _refusal(self.folder, error) from error
            raise RunError(self.folder, f"is being read just now ({error})", "start again when that is done") from error
        following = copy(self)
        following.edition = self.edition + 1
        if self.get("update") != identity:
            self._forget_update()
            following.begin(documents, update=dict(identity))
        return following

    def drop_update(self) -> None:
        """Forget the edition that an update began and did not publish, if there is one."""
        if self.get("update") is not None:
            self._forget_update()
            if self.is_finished():
                fold(self._db)

    def _forget_update(self) -> None:
        with self._transaction() as db:
            _forget(db, self.edition + 1)
            db.execute("DELETE FROM meta WHERE key = 'update'")

    def publish(self, flips: Iterable[JSON] = (), **notes: JSON) -> None:
        """Make this edition, begun by `begin_update`, the run's; what it replaces goes in the same transaction.

        `flips` become events of that kind, and `notes` are `put`.
        """
        with self._transaction() as db:
            for flip in flips:
                _note(db, "flip", flip)
            _forget(db, self.edition - 1)
            _put(db, "edition", self.edition)
            _put(db, "identity", self.get("update"))
            _put(db, "finished", time.time())
            for key, value in notes.items():
                _put(db, key, value)
            db.execute("DELETE FROM meta WHERE key = 'update'")
        fold(self._db)

    def _verdict(self, row: tuple[Any, ...]) -> Verdict:
        position, record, label, score, confidence, reason, origin, unjudged, detail, parts = row
        found = self._db.execute(_EVIDENCE, (self.edition, position)).fetchall()
        try:
            return Verdict(
                claim=claim_from_json(record),
                label=Label(label),
                score=score,
                confidence=confidence,
                reason=Reason(reason),
                evidence_from=EvidenceFrom(origin),
                evidence=tuple(evidence_from_record(json.loads(item)) for (item,) in found),
                unjudged=unjudged,
                detail=detail,
                parts=tuple(part_from_record(item) for item in json.loads(parts)),
            )
        except (KeyError, TypeError, ValueError) as error:  # bits that turned where SQLite does not look
            what = f"the ledger is torn: the verdict on claim {position + 1} makes no sense ({error})"
            raise RunError(self.folder / LEDGER, what, "name another --run folder") from error


def require_finished(ledger: Ledger, *, partial: bool = False) -> str:
    """What the run lacks, in words for a note; empty where every claim has its verdict.

    Raises:
        RunError: A claim has no verdict, and `partial` does not say that this will do.
    """
    done, total = ledger.progress()
    if total and done == total:
        return ""
    found = f"the run is not finished: {done:,} of {total:,} claims have a verdict" if total else "no claim is read yet"
    if not partial:
        fix = "start its `factcheck verify` command again to go on, or add --partial for what is there"
        raise RunError(ledger.folder, found, fix)
    return f"{ledger.folder}: {found}"


def _glance(row: tuple[Any, ...]) -> Glance:
    claim_id, record, label, score, confidence = row
    return Glance(claim_id, json.loads(record)["text"], Label(label), score, confidence)


def _has_content(path: Path, *, more_than: int = 0) -> bool:
    try:
        return path.stat().st_size > more_than
    except OSError:
        return False


def _connect(path: Path, *, write: bool) -> sqlite3.Connection:
    if write:
        return sqlite3.connect(path, isolation_level=None)
    if path.with_name(f"{LEDGER}-journal").exists():  # a process died as it wrote: taking that back needs a writer
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    mode = "mode=ro"
    if not path.with_name(f"{LEDGER}-wal").exists() and not os.access(path.parent, os.W_OK, effective_ids=_EFFECTIVE):
        mode += "&immutable=1"  # in WAL without its files, which cannot be made here: who cannot write has no other way
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", isolation_level=None, uri=True)


def _refusal(where: Path, error: sqlite3.DatabaseError, done: str = "written") -> RunError:
    """What a user can do about an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # bytes that are no text have no code
    if code in _DISK:
        return RunError(where, f"the ledger cannot be {done}: {error}", NOTHING_LOST)
    if code in _TORN:
        return RunError(where, f"the ledger is torn: {error}", "name another --run folder")
    fix = "see that the disk has room and the folder can be written to, or name another --run folder"
    return RunError(where, f"the ledger cannot be {done}: {error}", fix)


def fold(db: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the one file, which then opens read-only."""
    for _ in range(_FOLDS):
        try:
            db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:  # somebody reads it, or the disk is full
            time.sleep(_FOLD_WAIT)
        else:
            return
    with suppress(sqlite3.OperationalError):  # it stays in WAL, whole all the same
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _put(db: sqlite3.Connection, key: str, value: JSON) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))


def _forget(db: sqlite3.Connection, edition: int) -> None:
    for table in ("evidence", "verdicts", "documents"):
        db.execute(f"DELETE FROM {table} WHERE edition = ?", (edition,))  # noqa: S608 (names of ours)


def _note(db: sqlite3.Connection, kind: str, detail: JSON) -> None:
    db.execute("INSERT INTO events (time, kind, detail) VALUES (?, ?, ?)", (time.time(), kind, json.dumps(detail)))


def claim_line(claim: Claim) -> bytes:
    """What the digest of claims is made of; where a claim stands is left out: a copied file holds the same claims."""
    return claim_to_json(replace(claim, place="")).encode("utf-8", "surrogatepass") + b"\n"


def open_beside(folder: Path) -> Ledger:
    """The ledger of a new run, to be written: in this folder, or in the first of `NAME-2`, `NAME-3`, … that is free.

    Taken by its lock, so that no two processes that ask at once get the same.

    Raises:
        RunError: The folder holds something other than a run, or cannot be written.
    """
    for number in count(1):
        chosen = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        if _may_hold_a_run(chosen) or (number > 1 and chosen.exists() and (chosen.is_file() or foreign_files(chosen))):
            continue
        try:
            ledger = Ledger(chosen, write=True)
        except RunInUseError:
            continue
        if ledger.get("claims") is None:
            return ledger
        ledger.__exit__(None, None, None)  # another process has begun one since
    raise AssertionError  # numbers do not end


def _may_hold_a_run(folder: Path) -> bool:
    if not (folder / LEDGER).exists():
        return False
    try:
        with Ledger(folder) as ledger:
            return ledger.get("claims") is not None
    except RunError:  # torn, of another format, or just being made
        return True


def foreign_files(folder: Path) -> set[str]:
    """The names in a folder that are not a run's."""
    return {path.name for path in folder.iterdir()}.difference(OWN_FILES)


def is_worked_on(folder: Path) -> bool:
    """Whether a process holds the writer's lock of a run; writes nothing, and asks for a moment only."""
    import fcntl  # noqa: PLC0415 (as filelock, which takes this lock on every system of the kind)

    try:
        with (folder / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is no lock, or nobody may look at it
        return False
    return False


def _lock(folder: Path) -> Any:  # noqa: ANN401
    """The one writer's lock of a run; the system drops it when the process dies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LEDGER).exists() and (others := foreign_files(folder)):
            raise RunError(folder, f"holds other files ({min(others)})", "name a new or empty --run folder")
    except OSError as error:
        raise RunError(folder, f"cannot be written: {error.strerror or error}", "name another --run folder") from error
    return _acquired(folder)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every writer from the run in a folder.

    Raises:
        RunError: The folder cannot be written; a `RunInUseError` where another process works on the run.
    """
    lock = _acquired(folder)
    try:
        yield
    finally:
        lock.release()


def _acquired(folder: Path) -> Any:  # noqa: ANN401
    from filelock import FileLock, Timeout  # noqa: PLC0415

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0.3, poll_interval=0.05)  # who asks whether it is held holds it for a moment
    except Timeout:
        found = "another process is working on this run"
        raise RunInUseError(folder, found, "wait for it, or name another --run") from None
    except OSError as error:
        raise RunError(folder, f"cannot be written: {error.strerror or error}", "name another --run folder") from error
    return lock
