"""The main job: a claims file against a corpus, into a run folder that can be stopped and started at any moment."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from factcheck.assets import bundled_models
from factcheck.config import Settings
from factcheck.jobs.bench import Workbench, identity_of, tell, workbench
from factcheck.jobs.engine import MIXED, Engine, mixture, noted
from factcheck.jobs.ingest import compare_claims, ingest, look_at
from factcheck.jobs.known import KnownScores
from factcheck.jobs.mend import mend_manifest
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.report import JobReport
from factcheck.jobs.resume import begun_in, identify, open_again, same_run
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import open_finder
from factcheck.nli import Counters, PairScorer, threads
from factcheck.nli.cache import CachedScorer
from factcheck.run.ledger import Ledger, open_beside
from factcheck.run.manifest import utc, write_manifest
from factcheck.types import JSON, Claim, Label, Verdict


def run_job(  # noqa: PLR0913 (all named)
    claims: str | Path,
    folder: Path,
    settings: Settings,
    *,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
    stopping: Callable[[], bool] = lambda: False,
    new: bool = False,
    on_open: Callable[[Path], None] = lambda _: None,
    engine: Engine | None = None,
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
        stopping: Asked as scoring begins, and after each window whether to stop there; the report then says that the
            run is not finished.
        new: Whether to leave a run that is in the folder alone, and start another in `NAME-2`, `NAME-3`, … beside it.
        on_open: Told the run folder, which is this process's own from then on.
        engine: Judges the claims in place of this process, to the same verdicts.

    Raises:
        FactcheckError: Any of the tree; nothing that was written before is lost.
    """
    started, on_note, progress = time.time(), progress.note if progress else None, progress or Silent()
    look_at(claims, settings)
    with ExitStack() as stack:
        ledger = stack.enter_context(open_beside(folder) if new else Ledger(folder, write=True))
        on_open(ledger.folder)
        sources = open_finder(settings, exclude=[Path(claims)], progress=progress)
        index = sources.index
        if numeric_class := begun_in(ledger):
            rejected = compare_claims(claims, ledger, settings)
            begun = _identity(ledger) if settings.calibration == "auto" else None
            same_run(ledger, identity_of(settings, sources, identify(settings, scorer, numeric_class), begun=begun))
            bench = None
            mend_manifest(ledger)
            if not ledger.is_finished():
                scorer = scorer or open_again(settings, numeric_class, ledger.folder, on_note)
                bench = workbench(settings, sources, scorer, begun=begun)
        else:
            bench = workbench(settings, sources, scorer or open_scorer(settings, on_note=on_note))
            rejected = ingest(claims, ledger, bench)
        resumed, total = ledger.progress()
        progress.total("scoring", total, done=resumed)
        scored, finished = Counters(), True
        if bench is not None:
            _begin(claims, ledger, bench)
            tell(bench, progress)
            _note(ledger, bench)
            ledger.event("start", {"verdicts": resumed, "claims": total, "began": started, "model": bench.scorer.name})
            _write_manifest(ledger, bench)
            before = bench.scorer.counters
            if engine is None:
                finished = decide(ledger.pending(), ledger, bench, progress, stopping)
            else:
                verdicts = noted(engine, engine.verify(bench, ledger.pending()), ledger)
                finished = decide_all(verdicts, ledger, bench, progress, stopping)
                _note(ledger, bench)
            scored = bench.scorer.counters - before + (Counters() if engine is None else engine.scored)
        report = JobReport(
            folder=ledger.folder,
            finished=finished,
            claims=total,
            resumed=resumed,
            rejected=rejected,
            pairs=ledger.pairs(),
            scored=scored,
            seconds=time.time() - started,
            counts=ledger.counts(),
            open_reasons=ledger.open_reasons(),
            contradictions=tuple(ledger.strongest(Label.CONTRADICTED, limit=5)),
            conflicts=tuple(ledger.strongest(Label.CONFLICTING, limit=3)),
            documents=index.pointer.documents if index else 0,
            sentences=index.pointer.sentences if index else 0,
            problems=tuple(index.problems()) if index else (),
            notes=ledger.notes(),
        )
        if bench is not None:
            _write_manifest(ledger, bench, report, engine)
            if finished:  # last, so that a finished run has its manifest whatever happens
                ledger.finish()
        return report


def _note(ledger: Ledger, bench: Workbench) -> None:
    """Note what whoever reads the verdicts has to know."""
    if (notes := (*bench.notes(), *mixture(ledger))) != ledger.notes():
        ledger.put("notes", list(notes))


def _identity(ledger: Ledger) -> dict[str, JSON] | None:
    identity = ledger.get("identity")
    return identity if isinstance(identity, dict) else None


def _begin(claims: str | Path, ledger: Ledger, bench: Workbench) -> None:
    """Record what a new run is of and how to do it again; refuse to go on with a run of other inputs."""
    source = None if claims == "-" else str(Path(claims).resolve())
    if ledger.get("identity") is not None:
        same_run(ledger, bench.identity())
        if ledger.get("source") != source:
            ledger.put("source", source)
        return
    index = bench.sources.index
    ledger.begin(
        index.inventory() if index else (),
        identity={"claims": ledger.get("claims"), **bench.identity()},
        settings=bench.settings.record() | {"model": model_place(bench.settings.model)},
        source=source,
    )


def model_place(model: str) -> str:
    """A model's folder as it is found from everywhere; other models have names."""
    is_folder = model not in bundled_models() and Path(model).is_dir()
    return str(Path(model).resolve()) if is_folder else model


def decide(
    pending: Iterator[Claim], ledger: Ledger, bench: Workbench, progress: Progress, stopping: Callable[[], bool]
) -> bool:
    """Decide the claims that have no verdict, window by window; False if it was stopped before the last."""
    return decide_all(bench.verify(pending), ledger, bench, progress, stopping)


def decide_all(
    verdicts: Generator[Verdict, None, None],
    ledger: Ledger,
    bench: Workbench,
    progress: Progress,
    stopping: Callable[[], bool],
) -> bool:
    """As `decide`, of verdicts that come from wherever."""
    done, total = ledger.progress()
    _note_scoring(ledger, bench)
    stopping()  # who listens for a signal learns that from now on there is a window to finish
    with closing(verdicts):
        while batch := list(islice(verdicts, bench.settings.window)):
            ledger.write(batch)
            progress.advance("scoring", len(batch))
            done += len(batch)
            if done < total and stopping():
                return False
    return True


def _note_scoring(ledger: Ledger, bench: Workbench) -> None:
    """Note where scoring goes on and when, and in which cache its scores are found, by which keys."""
    done, _ = ledger.progress()
    ledger.put("scoring", {"edition": ledger.edition, "since": time.time(), "verdicts": done})
    scorer = bench.scorer.inner if isinstance(bench.scorer, KnownScores) else bench.scorer
    if isinstance(scorer, CachedScorer):
        cache: JSON = {"file": str(scorer.path.resolve()), "facts": scorer.facts}
        known = ledger.get("caches") or []
        assert isinstance(known, list)
        if cache not in known:
            ledger.put("caches", [*known, cache])


def _write_manifest(
    ledger: Ledger, bench: Workbench, report: JobReport | None = None, engine: Engine | None = None
) -> None:
    """Write the manifest as a start begins, and with its report as it ends."""
    facts: dict[str, JSON] = {
        "model": bench.scorer.name,
        "threads": threads(),
        **({} if engine is None else {"engine": engine.record()}),
        **({MIXED: mixed} if (mixed := ledger.get(MIXED)) else {}),
        "finished": report is not None and report.finished,
        **starts(ledger),
        "ended": None if report is None else utc(time.time()),
    }
    identity = {"claims": ledger.get("claims"), **bench.identity()}
    write_manifest(ledger.folder, identity=identity, facts=facts | ({} if report is None else _facts(report)))


def starts(ledger: Ledger) -> dict[str, JSON]:
    """How often a run was started, and when for the first time."""
    found = ledger.events("start")
    first, detail = found[0]
    began = detail.get("began") if isinstance(detail, dict) else None
    return {"starts": len(found), "started": utc(began if isinstance(began, float) else first)}


def _facts(report: JobReport) -> dict[str, JSON]:
    return {
        "seconds": round(report.seconds, 3),
        "claims": report.claims,
        "rejected": report.rejected,
        "resumed": report.resumed,
        "pairs": report.pairs,
        "scored": asdict(report.scored),
        "counts": {label.value: count for label, count in report.counts.items()},
        "open_reasons": {reason.value: count for reason, count in report.open_reasons.items()},
        "documents": report.documents,
        "sentences": report.sentences,
        "unreadable": [str(problem) for problem in report.problems],
        "notes": list(report.notes),
    }
