"""How far a run is, told from its folder alone while another process works on it, and after."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from factcheck.config import Settings
from factcheck.errors import ConfigError
from factcheck.jobs.command import update_command, verify_command
from factcheck.run.ledger import Ledger, is_worked_on
from factcheck.run.manifest import utc
from factcheck.types import JSON, Label

_SHARE = 10  # times as long as a look takes is waited before the next one


class State(StrEnum):
    """What a run is in."""

    RUNNING = "running"  # a process is deciding its claims, or about to
    STOPPED = "stopped"  # claims without a verdict, and no process
    FINISHED = "finished"  # every claim has its verdict
    UPDATING = "updating"  # finished, and a process is deciding its claims again on other documents


@dataclass(frozen=True, slots=True)
class Updating:
    """An update that is not published: how many of the claims are decided again."""

    verdicts: int
    claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """What the folder of a run says of it. Times are seconds since 1970; None is what is not known, or not yet."""

    folder: Path
    state: State
    verdicts: int
    claims: int  # 0 as long as they are being read
    counts: dict[Label, int]
    pairs: int  # passages judged, in all verdicts
    update: Updating | None  # there too where an update was stopped
    rate: float | None  # claims a second of the last start that decided any
    seconds_left: float | None
    started: float | None  # the first start
    starts: int
    last_verdict: float | None
    model: str | None
    numeric_class: str | None
    corpus: str | None  # None too where the claims bring all their sources
    corpus_version: str | None
    size: int  # bytes of the folder
    command: str | None  # goes on with what was stopped
    notes: tuple[str, ...] = ()  # what whoever reads the verdicts has to know

    @property
    def is_worked_on(self) -> bool:
        """Whether a process is deciding claims."""
        return self.state in {State.RUNNING, State.UPDATING}

    def record(self) -> dict[str, JSON]:
        """The status as a JSON object, times as ISO 8601 in UTC."""
        return {
            "run": str(self.folder),
            "state": self.state.value,
            "claims": self.claims,
            "verdicts": self.verdicts,
            "counts": {label.value: count for label, count in self.counts.items()},
            "pairs": self.pairs,
            "update": None if self.update is None else asdict(self.update),
            "claims_per_second": None if self.rate is None else round(self.rate, 3),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "started": None if self.started is None else utc(self.started),
            "starts": self.starts,
            "last_verdict": None if self.last_verdict is None else utc(self.last_verdict),
            "model": self.model,
            "numeric_class": self.numeric_class,
            "corpus": self.corpus,
            "corpus_version": self.corpus_version,
            "bytes": self.size,
            "command": self.command,
            "notes": list(self.notes),
        }


def status(folder: Path | str) -> RunStatus:
    """How far a run is. Reads only, in a folder that cannot be written too, and does not disturb who works on it.

    Raises:
        RunError: There is no run in the folder, or its ledger is torn or of another format.
    """
    folder = Path(folder)
    worked_on = is_worked_on(folder)  # before reading: who ends after this is seen to have finished
    with Ledger(folder) as ledger, ledger.moment():
        return _status(ledger, worked_on=worked_on)


def follow(
    folder: Path | str, *, every: float = 1.0, sleep: Callable[[float], None] = time.sleep
) -> Iterator[RunStatus]:
    """The status again and again, until no process works on the run; the last one says what came of it.

    Args:
        folder: The run folder.
        every: Seconds between two looks; more where looking takes long, as at millions of verdicts.
        sleep: Waits that long.

    Raises:
        RunError: As `status`.
    """
    while True:
        before = time.monotonic()
        found = status(folder)
        took = time.monotonic() - before
        yield found
        if not found.is_worked_on:
            return
        sleep(max(every, _SHARE * took))


def _status(ledger: Ledger, *, worked_on: bool) -> RunStatus:
    verdicts, claims = ledger.progress()
    update = _update(ledger)
    finished, starts = ledger.is_finished(), ledger.events("start")
    first, last = (_object(starts[at][1]) if starts else {} for at in (0, -1))
    settings, identity = _object(ledger.get("settings")), _object(ledger.get("identity"))
    done, total = (verdicts, claims) if update is None else (update.verdicts, update.claims)
    rate = _rate(ledger, done, ledger.edition + (update is not None))
    if finished:
        state = State.UPDATING if worked_on and update is not None else State.FINISHED
    else:
        state = State.RUNNING if worked_on else State.STOPPED
    return RunStatus(
        folder=ledger.folder,
        state=state,
        verdicts=verdicts,
        claims=claims,
        counts=ledger.counts(),
        pairs=ledger.pairs(),
        update=update,
        rate=rate,
        seconds_left=(total - done) / rate if rate and worked_on and (update or not finished) else None,
        started=first.get("began", starts[0][0]) if starts else None,
        starts=len(starts),
        last_verdict=_number(ledger.get("written")),
        model=last.get("model") or settings.get("model"),
        numeric_class=identity.get("numeric_class"),
        corpus=(settings.get("corpus") or settings.get("index")) if identity.get("corpus") else None,
        corpus_version=identity.get("corpus"),
        size=_size(ledger.folder),
        notes=ledger.notes(),
        command=None if worked_on else _command(ledger, settings, finished=finished, update=update),
    )


def _update(ledger: Ledger) -> Updating | None:
    progress = ledger.update_progress()
    return None if progress is None else Updating(*progress)


def _rate(ledger: Ledger, done: int, edition: int) -> float | None:
    """Claims a second from where scoring last began to the last verdict; None where the clock says nothing of it."""
    scoring, written = _object(ledger.get("scoring")), _number(ledger.get("written"))
    if scoring.get("edition") != edition or written is None or written <= scoring["since"]:
        return None
    return (done - scoring["verdicts"]) / (written - scoring["since"]) or None


def _command(ledger: Ledger, settings: dict[str, Any], *, finished: bool, update: Updating | None) -> str | None:
    """What goes on; None where nothing is left to do, or where it was stopped before it was known."""
    if finished:
        return None if update is None else update_command(ledger.folder)
    try:
        known = Settings.of(settings) if settings else None
    except ConfigError:  # of another version of factcheck
        known = None
    return None if known is None else verify_command(str(ledger.get("source") or "-"), ledger.folder, known)


def _size(folder: Path) -> int:
    size = 0
    for path in folder.iterdir():
        try:
            size += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone since: who works on the run makes files and removes them
            continue
    return size


def _object(value: JSON) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: JSON) -> float | None:
    return float(value) if isinstance(value, int | float) else None
