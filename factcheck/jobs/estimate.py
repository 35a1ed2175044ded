"""What a job would take, from reading everything and scoring a sample: `factcheck verify --dry-run`."""

import sys
import time
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from factcheck.config import Settings
from factcheck.formats import read_claims
from factcheck.formats.records import to_line
from factcheck.jobs.bench import prepare
from factcheck.jobs.progress import Progress
from factcheck.nli import PairScorer
from factcheck.types import Claim

_SAMPLE = 32  # claims


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was read, what was measured on a sample, and what that makes for the whole job."""

    claims: int
    rejected: int
    documents: int
    sentences: int
    unreadable: tuple[str, ...]
    sample: int  # claims scored
    pairs: int  # expected in all
    seconds: float  # expected for scoring
    memory_mb: float  # peak of this process so far; it does not grow with the number of claims
    index_mb: float
    run_mb: float  # expected size of the run folder

    def __str__(self) -> str:
        lines = [
            f"documents   {self.documents} read, {self.sentences} sentences; {len(self.unreadable)} problems",
            *(f"            {problem}" for problem in self.unreadable[:10]),
            f"claims      {self.claims} good, {self.rejected} bad",
            f"pairs       about {self.pairs} ({self.sample} claims scored as a sample)",
            f"time        about {self.seconds:.0f} s ({self.seconds / 60:.1f} minutes) of scoring",
            f"memory      {self.memory_mb:.0f} MB at the peak so far",
            f"disk        {self.index_mb:.1f} MB index, about {self.run_mb:.1f} MB run",
        ]
        return "\n".join(lines)


def estimate(
    claims: str | Path,
    settings: Settings,
    *,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Read all claims and documents, score the first claims, and say what the whole would take.

    The index is built and stays in its place, so the job that follows does not build it again. Bad claims are counted,
    not refused.
    """
    # Without the cache: a sample that was scored before says nothing of the time that the rest will take.
    bench = prepare(replace(settings, cache=False), scorer=scorer, progress=progress)
    rejected = 0

    def reject(_: object) -> None:
        nonlocal rejected
        rejected += 1

    stream = read_claims(
        claims, format=settings.format, encoding=settings.encoding, language=settings.language, on_error=reject
    )
    sample: list[Claim] = []
    good = 0
    while chunk := list(islice(stream, settings.window)):
        fine = [claim for claim, error in zip(chunk, bench.check(chunk), strict=True) if error is None]
        rejected += len(chunk) - len(fine)
        good += len(fine)
        sample.extend(fine[: _SAMPLE - len(sample)])
    list(bench.verify(iter(sample[:2])))  # the first call also loads and warms up
    started = time.perf_counter()
    verdicts = list(bench.verify(iter(sample)))
    seconds = time.perf_counter() - started
    share = good / len(sample) if sample else 0.0
    found = bench.sources
    return Forecast(
        claims=good,
        rejected=rejected,
        documents=found.index.pointer.documents if found.index else 0,
        sentences=found.index.pointer.sentences if found.index else 0,
        unreadable=tuple(map(str, found.index.problems())) if found.index else (),
        sample=len(sample),
        pairs=round(share * sum(verdict.judged for verdict in verdicts)),
        seconds=share * seconds,
        memory_mb=_peak_memory(),
        index_mb=found.index.size / 1e6 if found.index else 0.0,
        run_mb=2 * share * sum(len(to_line(verdict)) for verdict in verdicts) / 1e6,
    )


def _peak_memory() -> float:
    """Peak resident memory of this process in MB; 0 where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
