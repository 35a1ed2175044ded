"""The main job: a claims file against a corpus, into a run folder that can be stopped and started at any moment."""

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from factcheck.config import Settings
from factcheck.jobs.bench import Workbench, identity_of, workbench
from factcheck.jobs.ingest import compare_claims, ingest, look_at
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.report import JobReport
from factcheck.jobs.resume import begun_in, identify, open_again, same_run
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import open_finder
from factcheck.nli import Counters, PairScorer
from factcheck.run.ledger import Ledger
from factcheck.run.manifest import write_manifest
from factcheck.types import JSON, Label


def run_job(  # noqa: PLR0913 (all named)
    claims: str | Path,
    folder: Path,
    settings: Settings,
    *,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> JobReport:
    """Verify all claims of a file into a run folder, or go on where an earlier start stopped.

    Verdicts are committed window by window as they are decided. Starting again with the same inputs scores only the
    claims without a verdict, in the precision and on the kind of device that the run began with; a finished run is left
    as it is, byte for byte, and its model is not loaded.

    Args:
        claims: The claims file; `-` is standard input.
        folder: The run folder; made where it is not there.
        settings: All settings, the corpus or index among them.
        scorer: A loaded model to use in place of the one the settings name, as it is: without the score cache.
        progress: Told how far it is.
        stopping: Asked after each window whether to stop there; the report then says that the run is not finished.

    Raises:
        FactcheckError: Any of the tree; nothing that was written before is lost.
    """
    started, on_note, progress = time.time(), progress.note if progress else None, progress or Silent()
    look_at(claims, settings)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(folder, write=True))
        sources = open_finder(settings, exclude=[Path(claims)], progress=progress)
        index = sources.index
        if numeric_class := begun_in(ledger):
            rejected = compare_claims(claims, ledger, settings)
            same_run(ledger, identity_of(settings, sources, identify(settings, scorer, numeric_class)))
            bench = None
            if not ledger.is_finished():
                scorer = scorer or open_again(settings, numeric_class, ledger.folder, on_note)
                bench = workbench(settings, sources, scorer)
        else:
            bench = workbench(settings, sources, scorer or open_scorer(settings, on_note=on_note))
            rejected = ingest(claims, ledger, bench)
        resumed, total = ledger.progress()
        progress.total("scoring", total, done=resumed)
        scored = Counters()
        if bench is not None:
            _begin(ledger, bench)
            _write_manifest(ledger, bench, {"started": _utc(started)})
            ledger.event("start", {"verdicts": resumed, "claims": total})
            before = bench.scorer.counters
            if decide_pending(ledger, bench, progress, stopping):
                ledger.finish()
            scored = bench.scorer.counters - before
        report = JobReport(
            folder=folder,
            finished=ledger.is_finished(),
            claims=total,
            resumed=resumed,
            rejected=rejected,
            pairs=ledger.pairs(),
            scored=scored,
            seconds=time.time() - started,
            counts=ledger.counts(),
            contradictions=tuple(ledger.strongest(Label.CONTRADICTED, limit=5)),
            conflicts=tuple(ledger.strongest(Label.CONFLICTING, limit=3)),
            documents=index.pointer.documents if index else 0,
            sentences=index.pointer.sentences if index else 0,
            problems=tuple(index.problems()) if index else (),
        )
        if bench is not None:
            _write_manifest(ledger, bench, _facts(report, started))
        return report


def _begin(ledger: Ledger, bench: Workbench) -> None:
    """Record what a new run is of and how to do it again; refuse to go on with a run of other inputs."""
    if ledger.get("identity") is not None:
        same_run(ledger, bench.identity())
        return
    index = bench.sources.index
    ledger.begin(
        index.inventory() if index else (),
        identity={"claims": ledger.get("claims"), **bench.identity()},
        settings=bench.settings.record(),
    )


def decide_pending(ledger: Ledger, bench: Workbench, progress: Progress, stopping: Callable[[], bool]) -> bool:
    """Decide the claims that have no verdict, window by window; False if it was stopped before the last."""
    done, total = ledger.progress()
    verdicts = bench.verify(ledger.pending())
    with closing(verdicts):
        while batch := list(islice(verdicts, bench.settings.window)):
            ledger.write(batch)
            progress.advance("scoring", len(batch))
            done += len(batch)
            if done < total and stopping():
                return False
    return True


def _write_manifest(ledger: Ledger, bench: Workbench, facts: dict[str, JSON]) -> None:
    identity = {"claims": ledger.get("claims"), **bench.identity()}
    write_manifest(ledger.folder, identity=identity, facts={"model": bench.scorer.name, **facts})


def _facts(report: JobReport, started: float) -> dict[str, JSON]:
    return {
        "started": _utc(started),
        "seconds": round(report.seconds, 3),
        "claims": report.claims,
        "rejected": report.rejected,
        "resumed": report.resumed,
        "pairs": report.pairs,
        "scored": asdict(report.scored),
        "counts": {label.value: count for label, count in report.counts.items()},
        "documents": report.documents,
        "sentences": report.sentences,
        "unreadable": [str(problem) for problem in report.problems],
    }


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
