"""Files of decisions, brought into a run line by line: what cannot be taken is told, and takes nothing else along."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from factcheck.errors import FactcheckError
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Event, Reviews, Undo

_LONGEST = 1_000_000  # bytes of a line
_NAME = 200  # characters of an id or a name


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken: its number from 1, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a file."""

    new: int
    known: int
    refused: tuple[Refused, ...]


def merge(reviews: Reviews, lines: Iterable[bytes]) -> Merged:
    """Store the events of a file that are not stored yet; empty lines are passed over.

    Raises:
        RunError: The run cannot be written; then nothing of the file is stored.
    """
    events: dict[str, Event] = {}
    refused: list[Refused] = []
    with Ledger(reviews.folder) as ledger:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                event = _event(line, ledger, first=number == 1)
                _check_undo(event, events, reviews)
                events.setdefault(event.id, event)
            except FactcheckError as error:
                refused.append(Refused(number, error.found + (f"; {error.fix}" if error.fix else "")))
    new, known = reviews.merge(events.values())
    return Merged(new, known, tuple(refused))


def _check_undo(event: Event, events: Mapping[str, Event], reviews: Reviews) -> None:
    """Refuse to take back what somebody else did."""
    if not isinstance(event.act, Undo):
        return
    known = dict(events) | {other.id: other for other in reviews.events(event.claim_id)}
    undone = known.get(event.act.event)
    if undone is not None and (undone.reviewer, undone.claim_id) != (event.reviewer, event.claim_id):
        raise FactcheckError("line", "takes back what somebody else did", "only its own reviewer can")


def _event(line: bytes, ledger: Ledger, *, first: bool) -> Event:
    """The event on a line that this run can take.

    Raises:
        FactcheckError: There is none.
    """
    if len(line) > _LONGEST:
        raise FactcheckError("line", f"has {len(line):,} bytes", f"at most {_LONGEST:,} are read")
    try:
        record = json.loads(line.decode("utf-8-sig" if first else "utf-8"))
    except (ValueError, RecursionError) as error:
        raise FactcheckError("line", f"is no JSON ({type(error).__name__})", "a line is one event") from None
    if not isinstance(record, dict):
        raise FactcheckError("line", "is no JSON object", "a line is one event")
    try:
        event = Event.of(record)
    except RecursionError:
        raise FactcheckError("line", "is nested too deeply") from None
    for name, value in (("id", event.id), ("reviewer", event.reviewer)):
        if not value.strip() or len(value) > _NAME:
            raise FactcheckError("line", f"{name} is empty, or longer than {_NAME} characters")
    if not math.isfinite(event.time) or event.time <= 0:
        raise FactcheckError("line", f"time {event.time!r} is none", "it counts seconds since 1970")
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise FactcheckError("line", "holds half a character", "write it as UTF-8") from None
    if ledger.claim(event.claim_id) is None:
        raise FactcheckError(
            "line", f"the run has no claim {event.claim_id[:_NAME]!r}", "merge it into the run it is of"
        )
    return event
