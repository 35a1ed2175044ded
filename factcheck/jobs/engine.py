"""Where the claims of a job are judged: what stands in for this process has this shape."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Protocol

from factcheck.formats.records import short
from factcheck.jobs.bench import Workbench
from factcheck.nli import Counters
from factcheck.run.ledger import Ledger
from factcheck.types import JSON, Claim, Verdict

MIXED = "mixed"
"""The ledger's note of what other than the run's own identity some of its verdicts were computed with."""


class Engine(Protocol):
    """Judges claims elsewhere than in this process, to the same verdicts."""

    @property
    def scored(self) -> Counters:
        """What was scored elsewhere, since the engine was made."""

    @property
    def mixed(self) -> tuple[str, ...]:
        """What other than this process some verdicts that came so far may have been computed with; usually nothing."""

    def verify(self, bench: Workbench, claims: Iterator[Claim]) -> Generator[Verdict, None, None]:
        """Verdicts for claims that passed `bench.check`, in order.

        Closed early, it lets go of what it holds elsewhere.

        Raises:
            FactcheckError: There is nothing to compute with, or it would compute something else than this process.
        """

    def record(self) -> dict[str, JSON]:
        """On what it ran, for the manifest."""


def noted(engine: Engine, verdicts: Generator[Verdict, None, None], ledger: Ledger) -> Generator[Verdict, None, None]:
    """The same verdicts; a mixture is noted before one of it is committed."""
    before: tuple[str, ...] = ()
    with closing(verdicts):
        for verdict in verdicts:
            if engine.mixed != before:
                before = engine.mixed
                known = ledger.get(MIXED) or []
                assert isinstance(known, list)
                ledger.put(MIXED, [*known, *(other for other in before if other not in known)])
            yield verdict


def mixture(ledger: Ledger) -> tuple[str, ...]:
    """What to tell of a run whose verdicts were not all computed alike; nothing of another."""
    found = ledger.get(MIXED)
    if not isinstance(found, list) or not found:
        return ()
    named = "; ".join(short(str(other)) for other in found)
    what = f"some verdicts were computed on workers that differ from the rest ({named}), as --allow-mixed let them"
    return (f"{what}: another run of the same inputs may differ in scores, and near a threshold in labels",)
