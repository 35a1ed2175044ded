"""What reviewers say of a run: events in the run's own file, beside the machine's verdicts and never over them.

Nothing is changed or deleted: what holds for a claim now is folded from its events. A reviewer's later decision takes
the place of the same reviewer's earlier one; decisions of two reviewers stand beside each other, and where they differ
the claim is disputed until one of them gives way or somebody settles it.
"""

import hashlib
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeAlias

from factcheck.errors import FactcheckError, RunError
from factcheck.formats.records import evidence_from_record, evidence_record, to_json
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.run.ledger import fold as fold_log
from factcheck.types import JSON, Evidence, Label, Passage, Stance, Verdict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS review_events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, claim TEXT NOT NULL, reviewer TEXT NOT NULL,
    time REAL NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS review_events_by_claim ON review_events (claim, number);
CREATE TABLE IF NOT EXISTS reviews (
    position INTEGER PRIMARY KEY, status TEXT NOT NULL, label TEXT, assigned TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS reviews_by_status ON reviews (status);
"""
_EVENTS = "SELECT number, id, claim, reviewer, time, kind, detail FROM review_events"
_PATIENCE = 30.0  # seconds that a write waits for another one


class Status(StrEnum):
    """How far the review of a claim is."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"  # every decision says what the machine said
    OVERRULED = "overruled"  # every decision says the same, and it is not what the machine said
    DISPUTED = "disputed"  # reviewers differ
    STALE = "needs re-review"  # decided on other evidence than there is now


@dataclass(frozen=True, slots=True)
class Decide:
    """A reviewer's verdict on a claim."""

    label: Label
    machine: Label  # what the machine said at that time
    saw: str  # `seen_evidence` of what the reviewer had before them
    drawn: str = ""  # how the claim came to the reviewer: empty where they chose it, else which random sample
    settles: bool = False  # ends a dispute, whatever the others said before


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a claim."""

    text: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Who is to review a claim; empty for nobody in particular."""

    to: str


@dataclass(frozen=True, slots=True)
class Mark:
    """That a passage is wrong as evidence, or that it is not after all."""

    passage: str  # `passage_key`
    wrong: bool


@dataclass(frozen=True, slots=True)
class Add:
    """A sentence that a reviewer found in the corpus, as the model scored it."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Undo:
    """That an earlier event of the same reviewer does not count."""

    event: str  # its id


Act: TypeAlias = Decide | Note | Assign | Mark | Add | Undo


@dataclass(frozen=True, slots=True)
class Event:
    """One act of one reviewer on one claim."""

    claim_id: str
    reviewer: str
    act: Act
    time: float = 0.0  # seconds since 1970
    id: str = ""  # of its own, in whatever run or file it is stored
    number: int = 0  # its place in this run's log

    def record(self) -> dict[str, JSON]:
        """What a file of decisions holds of it; `Event.of` reads it."""
        return {
            "id": self.id,
            "claim_id": self.claim_id,
            "reviewer": self.reviewer,
            "time": self.time,
            "kind": type(self.act).__name__.lower(),
            "detail": _detail(self.act),
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The event that `record` wrote.

        Raises:
            FactcheckError: A key is missing, or a value is none that an event can have.
        """
        try:
            act = _act(record["kind"], record["detail"])
            claim_id, reviewer, identity = (_text(record[name]) for name in ("claim_id", "reviewer", "id"))
            return cls(claim_id, reviewer, act, float(record["time"]), identity)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            what = f"no key {error}" if isinstance(error, KeyError) else str(error)
            raise FactcheckError(
                "review event", what, "use a file that factcheck or its review page has written"
            ) from error


@dataclass(frozen=True, slots=True)
class Review:
    """What holds for a claim after all its events.

    `decisions` has the last decision of each reviewer, in the order in which they were made; `stale` those reviewers
    who decided on other evidence than there is now.
    """

    decisions: Mapping[str, Decide] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    notes: tuple[Event, ...] = ()
    assigned: str = ""
    wrong: frozenset[str] = frozenset()  # passage keys
    added: tuple[Evidence, ...] = ()
    last: int = 0  # number of the last event

    @property
    def status(self) -> Status:
        """How far the review is."""
        standing = list(self.standing().values())
        if not standing:
            return Status.STALE if self.decisions else Status.UNREVIEWED
        if len({decision.label for decision in standing}) > 1:
            return Status.DISPUTED
        return Status.ACCEPTED if standing[-1].label is standing[-1].machine else Status.OVERRULED

    @property
    def label(self) -> Label | None:
        """The reviewers' verdict where they agree; None where there is none, or they differ."""
        standing = list(self.standing().values())
        return standing[-1].label if len({decision.label for decision in standing}) == 1 else None

    def standing(self) -> dict[str, Decide]:
        """Decisions on the evidence that there is now; a dispute that was settled has the last word and those after."""
        fresh = [(reviewer, decision) for reviewer, decision in self.decisions.items() if reviewer not in self.stale]
        settled = [at for at, (_, decision) in enumerate(fresh) if decision.settles]
        return dict(fresh[settled[-1] :] if settled else fresh)


class OutdatedError(FactcheckError):
    """A decision was made without having seen another reviewer's; nothing was written."""

    def __init__(self, unseen: Sequence[Event]) -> None:
        others = ", ".join(dict.fromkeys(event.reviewer for event in unseen))
        super().__init__(
            f"claim {unseen[0].claim_id!r}", f"{others} decided it meanwhile", "look at that decision, then decide"
        )
        self.unseen = tuple(unseen)


class Reviews:
    """The reviews of a run; any number of processes and threads may write at once, also while the run goes on.

    Raises:
        RunError: There is no run in the folder, or its file cannot be written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        with Ledger(folder) as ledger:  # refuses a folder without a run, and a torn or foreign one
            edition = ledger.edition
        self._lock = threading.RLock()
        path = self.folder / LEDGER
        self._db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        # Readers and writers do not wait for each other; a decision that was answered for survives a power failure.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction() as db:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
        if self._edition() != edition:
            self.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the last one to do so leaves it as the one file that opens read-only."""
        with self._lock:
            fold_log(self._db)
            self._db.close()

    def add(self, event: Event, *, seen: int | None = None) -> Event:
        """Store one act; gives the event with its number, time and id.

        Args:
            event: What was done; time and id are filled in where they are missing.
            seen: The number of the last event on the claim that the reviewer had before them; None where that does
                not matter.

        Raises:
            OutdatedError: It is a decision, and another reviewer has decided since `seen`.
            RunError: The claim is not in the run, or nothing can be written.
        """
        with self._transaction() as db:
            if seen is not None and isinstance(event.act, Decide):
                unseen = [
                    other
                    for other in self._of(event.claim_id, after=seen)
                    if isinstance(other.act, Decide) and other.reviewer != event.reviewer
                ]
                if unseen:
                    raise OutdatedError(unseen)
            stored = self._store(db, event)
            self._project(db, event.claim_id)
        return stored

    def merge(self, events: Iterable[Event]) -> tuple[int, int]:
        """Store events of a file; those that are here already are passed over. Gives how many were new, and known.

        Raises:
            RunError: An event is on a claim that the run does not have; nothing is stored then.
        """
        new = known = 0
        with self._transaction() as db:
            touched: dict[str, None] = {}
            for event in events:
                if db.execute("SELECT 1 FROM review_events WHERE id = ?", (event.id,)).fetchone():
                    known += 1
                    continue
                self._store(db, event)
                touched[event.claim_id] = None
                new += 1
            for claim_id in touched:
                self._project(db, claim_id)
        return new, known

    def undo(self, claim_id: str, reviewer: str) -> Event | None:
        """Take back the reviewer's last act on a claim that still counts; gives that act, or None."""
        with self._transaction() as db:
            mine = [event for event in counted(self._of(claim_id)) if event.reviewer == reviewer]
            if not mine:
                return None
            self._store(db, Event(claim_id, reviewer, Undo(mine[-1].id)))
            self._project(db, claim_id)
        return mine[-1]

    def of(self, claim_id: str) -> Review:
        """What holds for a claim."""
        with self._lock:
            return fold(self._of(claim_id), self._seen(claim_id))

    def events(self, claim_id: str | None = None) -> list[Event]:
        """All events in order, of one claim alone where it is named."""
        with self._lock:
            if claim_id is not None:
                return self._of(claim_id)
            return [_event(row) for row in self._db.execute(f"{_EVENTS} ORDER BY number")]

    def counts(self) -> dict[Status, int]:
        """How many claims there are of each status, those without a verdict yet among the unreviewed."""
        with self._lock:
            counted = dict(self._db.execute("SELECT status, count(*) FROM reviews GROUP BY status").fetchall())
            [total] = self._db.execute("SELECT count(*) FROM claims").fetchone()
        found = {status: int(counted.get(status.value, 0)) for status in Status}
        found[Status.UNREVIEWED] += total - sum(found.values())
        return found

    def refresh(self) -> None:
        """Look again which decisions still hold, after the run's evidence has changed."""
        with self._transaction() as db:
            claims = db.execute("SELECT DISTINCT claim FROM review_events").fetchall()
            for (claim_id,) in claims:
                self._project(db, claim_id)
            [edition] = db.execute("SELECT coalesce(max(value), '1') FROM meta WHERE key = 'edition'").fetchone()
            db.execute("INSERT OR REPLACE INTO meta VALUES ('reviewed_edition', ?)", (edition,))

    def _edition(self) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'reviewed_edition'").fetchone()
        return 1 if row is None else int(json.loads(row[0]))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                self._roll_back()
                raise RunError(
                    self.folder, f"the review cannot be written: {error}", "nothing is lost: free the disk, try again"
                ) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _of(self, claim_id: str, *, after: int = 0) -> list[Event]:
        rows = self._db.execute(f"{_EVENTS} WHERE claim = ? AND number > ? ORDER BY number", (claim_id, after))
        return [_event(row) for row in rows]

    def _store(self, db: sqlite3.Connection, event: Event) -> Event:
        if db.execute("SELECT 1 FROM claims WHERE id = ?", (event.claim_id,)).fetchone() is None:
            raise RunError(self.folder, f"has no claim {event.claim_id!r}", "name a claim of this run")
        identity, when = event.id or uuid.uuid4().hex, event.time or self._now(event.claim_id)
        detail = to_json(_detail(event.act))
        kind = type(event.act).__name__.lower()
        number = db.execute(
            "INSERT INTO review_events (id, claim, reviewer, time, kind, detail) VALUES (?, ?, ?, ?, ?, ?)",
            (identity, event.claim_id, event.reviewer, when, kind, detail),
        ).lastrowid
        return Event(event.claim_id, event.reviewer, event.act, when, identity, number or 0)

    def _now(self, claim_id: str) -> float:
        """The time, but not before the last event on the claim, wherever the clock has jumped."""
        [last] = self._db.execute("SELECT max(time) FROM review_events WHERE claim = ?", (claim_id,)).fetchone()
        return max(time.time(), last or 0.0)

    def _seen(self, claim_id: str) -> str:
        """`seen_evidence` of the verdict that is published now; empty where there is none yet."""
        query = """
            SELECT label, stance, evidence.record FROM claims
            JOIN verdicts ON verdicts.position = claims.position
            AND edition = (SELECT coalesce(max(CAST(value AS INTEGER)), 1) FROM meta WHERE key = 'edition')
            LEFT JOIN evidence USING (edition, position) WHERE claims.id = ?
        """
        rows = self._db.execute(query, (claim_id,)).fetchall()
        if not rows:
            return ""
        leaning = [evidence_from_record(json.loads(record)) for _, stance, record in rows if stance in _LEANING]
        return _digest(Label(rows[0][0]), leaning)

    def _project(self, db: sqlite3.Connection, claim_id: str) -> None:
        """Bring the row that lists are filtered by up to what the events say."""
        review = self.of(claim_id)
        db.execute(
            "INSERT OR REPLACE INTO reviews SELECT position, ?, ?, ? FROM claims WHERE id = ?",
            (review.status.value, None if review.label is None else review.label.value, review.assigned, claim_id),
        )


def read_events(folder: Path | str) -> list[Event]:
    """All events of a run in order, from a folder that need not be writable.

    Raises:
        RunError: There is no run in the folder, or its file is torn.
    """
    with Ledger(folder) as ledger:  # refuses a folder without a run, and a torn or foreign one
        if not ledger.review_events():
            return []
    uri = f"{(Path(folder) / LEDGER).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        return [_event(row) for row in db.execute(f"{_EVENTS} ORDER BY number")]


def events_of(ledger: Ledger, claim_id: str) -> list[Event]:
    """All events of a claim in order, as an open ledger holds them, which need not be writable."""
    return [_event(row) for row in ledger.review_rows(claim_id)]


_LEANING = frozenset({Stance.SUPPORTS.value, Stance.CONTRADICTS.value})


def seen_evidence(verdict: Verdict) -> str:
    """What a decision on this verdict rests on: its label, and every passage that takes a stance, by its words.

    Scores and offsets are left out: a document that was edited elsewhere leaves a decision standing.
    """
    return _digest(verdict.label, [item for item in verdict.evidence if item.stance is not Stance.NEUTRAL])


def passage_key(passage: Passage) -> str:
    """What names a passage in a run, whatever its rank; a sentence can be read for itself and with another one."""
    parts = [passage.source.doc_id, passage.start, passage.end, passage.quote, *(passage.joined or ())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def counted(events: Sequence[Event]) -> list[Event]:
    """The events that no undo has taken back, without the undos."""
    undone = {event.act.event for event in events if isinstance(event.act, Undo)}
    return [event for event in events if not isinstance(event.act, Undo) and event.id not in undone]


def fold(events: Sequence[Event], seen: str) -> Review:
    """What the events of one claim come to, in their order, with `seen_evidence` of its verdict now."""
    decisions: dict[str, Decide] = {}
    notes: list[Event] = []
    wrong: set[str] = set()
    added: list[Evidence] = []
    assigned = ""
    for event in sorted(counted(events), key=lambda event: (event.time, event.number)):  # merged ones came late
        match event.act:
            case Decide() as decision:
                decisions.pop(event.reviewer, None)  # the order is that of the decisions that count
                decisions[event.reviewer] = decision
            case Note():
                notes.append(event)
            case Assign(to):
                assigned = to
            case Mark(passage, wrong=is_wrong):
                (wrong.add if is_wrong else wrong.discard)(passage)
            case Add(evidence):
                added.append(evidence)
            case Undo():
                pass
    return Review(
        decisions=decisions,
        stale=frozenset(name for name, decision in decisions.items() if seen and decision.saw != seen),
        notes=tuple(notes),
        assigned=assigned,
        wrong=frozenset(wrong),
        added=tuple(added),
        last=events[-1].number if events else 0,
    )


def _digest(label: Label, leaning: Iterable[Evidence]) -> str:
    passages = sorted([item.passage.source.doc_id, item.passage.premise, item.stance.value] for item in leaning)
    return hashlib.sha256(json.dumps([label.value, passages]).encode()).hexdigest()[:16]


def _event(row: tuple[Any, ...]) -> Event:
    number, identity, claim_id, reviewer, when, kind, detail = row
    return Event(claim_id, reviewer, _act(kind, json.loads(detail)), when, identity, number)


def _detail(act: Act) -> JSON:
    match act:
        case Decide():
            return {
                "label": act.label.value,
                "machine": act.machine.value,
                "saw": act.saw,
                "drawn": act.drawn,
                "settles": act.settles,
            }
        case Note(text):
            return {"text": text}
        case Assign(to):
            return {"to": to}
        case Mark(passage, wrong=wrong):
            return {"passage": passage, "wrong": wrong}
        case Add(evidence):
            return evidence_record(evidence)
        case Undo(event):
            return {"event": event}


def _act(kind: str, detail: Mapping[str, Any]) -> Act:
    """The act that `_detail` wrote; of anything else a KeyError, TypeError or ValueError."""
    match kind:
        case "decide":
            return Decide(
                Label(detail["label"]),
                Label(detail["machine"]),
                _text(detail["saw"]),
                _text(detail.get("drawn", "")),
                settles=detail.get("settles", False) is True,
            )
        case "note":
            return Note(_text(detail["text"]))
        case "assign":
            return Assign(_text(detail["to"]))
        case "mark":
            return Mark(_text(detail["passage"]), wrong=detail["wrong"] is True)
        case "add":
            return Add(evidence_from_record(detail))
        case "undo":
            return Undo(_text(detail["event"]))
    raise ValueError(f"{kind!r} is no kind of event")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
