"""Bringing a run up to date with documents that changed: what was scored before is not scored again."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from factcheck.config import Settings
from factcheck.corpus.files import Problem
from factcheck.errors import ClaimsError, RunError
from factcheck.jobs.bench import Workbench, identity_of, workbench
from factcheck.jobs.diff import Flip, flips
from factcheck.jobs.known import KnownScores
from factcheck.jobs.mend import UPDATED, mend_manifest
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.resume import begun_in, identify, open_again, same_run
from factcheck.jobs.sources import Sources, open_finder
from factcheck.jobs.verify import decide, starts
from factcheck.nli import Counters, PairScorer, threads
from factcheck.run.ledger import Ledger
from factcheck.run.manifest import utc
from factcheck.types import JSON, Label

_FLIPS_KEPT = 100  # in a report; the ledger has all
_NAMED = 3  # claims in a message


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs that an update asked for, and where their scores came from; the rest were repeated."""

    asked: int = 0
    known: int = 0  # the run held them
    cached: int = 0
    scored: int = 0

    def __str__(self) -> str:
        share = self.scored / max(self.asked, 1)
        return (
            f"{self.asked:,} pairs: {self.known:,} known from the run, {self.cached:,} from the cache,"
            f" {self.scored:,} scored now ({share:.1%})"
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """How many documents of the corpus are not what they were when the run was decided."""

    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did; where nothing had changed, what follows `as_it_is` is empty."""

    folder: Path
    changed: bool  # whether the corpus is another than the one that the run was decided with
    finished: bool  # whether the run is up to date; else the update was stopped, and goes on when it is started again
    claims: int
    documents: int
    sentences: int
    problems: tuple[Problem, ...]
    counts: dict[Label, int]  # of the verdicts that are published
    seconds: float
    as_it_is: str = ""  # the index, where the run names no corpus from which it could be brought up to date
    resumed: int = 0  # verdicts that an update that was stopped had decided
    changes: Changes = Changes()
    pairs: Pairs = Pairs()  # of this start
    flipped: int = 0
    flips: tuple[Flip, ...] = ()  # the first of them

    def record(self) -> dict[str, JSON]:
        """The report as a JSON object, without the flips."""
        return {
            "run": str(self.folder),
            "changed": self.changed,
            "finished": self.finished,
            "claims": self.claims,
            "documents": self.documents,
            "sentences": self.sentences,
            "unreadable": [str(problem) for problem in self.problems],
            "counts": {label.value: count for label, count in self.counts.items()},
            "seconds": round(self.seconds, 3),
            "index_as_it_is": self.as_it_is or None,
            "resumed": self.resumed,
            "changes": asdict(self.changes),
            "pairs": asdict(self.pairs),
            "flipped": self.flipped,
        }

    def __str__(self) -> str:
        if not self.changed:
            lines = [f"nothing changed: {self.documents:,} documents, as when the verdicts were decided"]
            if self.as_it_is:
                lines.append(f"index {self.as_it_is} was taken as it is: name its documents with --corpus to read them")
            return "\n".join([*lines, f"run: {self.folder}"])
        changes = self.changes
        counted = f"{changes.added:,} added, {changes.changed:,} changed, {changes.removed:,} removed"
        lines = [f"{self.documents:,} documents: {counted}", str(self.pairs)]
        if self.finished:
            lines.append(f"{self.flipped:,} of {self.claims:,} verdicts flipped, {self.seconds:.1f} s")
        return "\n".join([*lines, f"run: {self.folder}"])


class Updater:
    """Brings one run up to date, as often as it is asked to; a model that was loaded for it is kept.

    Args:
        folder: The run folder.
        corpus: Where the documents are now; None for where they were.
        index: The index folder; None for the one that was used.
        scorer: A loaded model to use in place of the run's, as it is: without the score cache.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        corpus: str | None = None,
        index: str | None = None,
        scorer: PairScorer | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._corpus, self._index = corpus, index
        self._scorer = scorer

    def settings(self) -> Settings:
        """What the run was begun with, and the places where corpus and index are now.

        Raises:
            RunError: There is no run in the folder, or it has no corpus.
        """
        with Ledger(self.folder) as ledger:
            settings = _recorded(ledger)
        return replace(settings, corpus=self._corpus or settings.corpus, index=self._index or settings.index)

    def update(self, progress: Progress | None = None, *, stopping: Callable[[], bool] = lambda: False) -> UpdateReport:
        """Retrieve again for every claim, score what was not scored yet, and decide: what a new run would come to.

        Until all is decided, everybody else reads the verdicts as they were. An update that is stopped or killed goes
        on where it was, unless the corpus has changed again meanwhile: then it begins anew. Where the corpus is the
        run's own the run is left byte for byte, and no model is loaded.

        Args:
            progress: Told how far it is.
            stopping: Asked as scoring begins, and after each window whether to stop there.

        Raises:
            FactcheckError: Any of the tree; the published verdicts stay.
        """
        started = time.time()
        settings = self.settings()  # refuses a folder without a run before the lock makes one
        with Ledger(self.folder, write=True) as ledger:
            mend_manifest(ledger)
            source = ledger.get("source")
            claims_file = [Path(source)] if isinstance(source, str) else []
            sources = open_finder(settings, exclude=claims_file, progress=progress)
            identity = self._identity(ledger, settings, sources)
            if identity == ledger.get("identity"):
                return _unchanged(ledger, settings, sources, started)
            _check_sources(ledger, sources)
            if self._scorer is None:
                recorded = begun_in(ledger)
                assert recorded is not None
                self._scorer = open_again(settings, recorded, ledger.folder, progress.note if progress else None)
            bench = workbench(settings, sources, self._scorer, begun=identity)
            if progress is not None and (refused := _refused(ledger)):
                progress.note(f"{refused} of the claims were rejected when the run began; they are not tried again")
            return _decide(_Work(ledger, bench, identity, started), progress or Silent(), stopping)

    def _identity(self, ledger: Ledger, settings: Settings, sources: Sources) -> dict[str, JSON]:
        """What the run will be; refuses what would make it differ in more than its corpus."""
        numeric_class, recorded = begun_in(ledger), ledger.get("identity")
        assert numeric_class is not None
        assert isinstance(recorded, dict)
        identity = identity_of(settings, sources, identify(settings, self._scorer, numeric_class), begun=recorded)
        try:
            same_run(ledger, identity | {"corpus": recorded["corpus"]})
        except RunError as error:
            fix = "an update takes up another corpus, nothing else: make a new run with `factcheck verify`"
            raise RunError(error.where, error.found, fix) from None
        return {"claims": ledger.get("claims"), **identity}


@dataclass(frozen=True, slots=True)
class _Work:
    """What an update is made of."""

    ledger: Ledger
    bench: Workbench
    identity: dict[str, JSON]  # what the run will be
    started: float


def _decide(work: _Work, progress: Progress, stopping: Callable[[], bool]) -> UpdateReport:
    """Decide all claims on the new corpus, beside the verdicts that there are, and publish."""
    ledger, bench, index = work.ledger, work.bench, work.bench.sources.index
    assert index is not None
    before = replace(bench.scorer.counters, pairs_asked=0)
    known = KnownScores(bench.scorer, ledger.verdict, window=bench.settings.window)
    following = ledger.begin_update(work.identity, index.inventory())
    resumed, total = following.progress()
    progress.total("scoring", total, done=resumed)
    pending = known.reading(following.pending())
    finished = decide(pending, following, replace(bench, scorer=known), progress, stopping)
    scored = known.counters - before
    report = UpdateReport(
        folder=ledger.folder,
        changed=True,
        finished=finished,
        claims=total,
        documents=index.pointer.documents,
        sentences=index.pointer.sentences,
        problems=tuple(index.problems()),
        counts=(following if finished else ledger).counts(),
        seconds=time.time() - work.started,
        resumed=resumed,
        changes=Changes(**ledger.document_changes(following)),
        pairs=Pairs(scored.pairs_asked, known.known, scored.pairs_cached, scored.pairs_scored),
    )
    if not finished:
        return report
    found = _Flips(flips(ledger, following))
    facts = _facts(report, following, scored)
    following.publish(found, settings=bench.settings.record(), **{UPDATED: {"model": known.name, **facts}})
    mend_manifest(ledger)
    return replace(report, flipped=found.count, flips=tuple(found.first))


class _Flips(Iterator[JSON]):
    """The records of flips as they go by; counted, and the first of them kept."""

    def __init__(self, found: Iterator[Flip]) -> None:
        self._found = found
        self.count = 0
        self.first: list[Flip] = []

    def __next__(self) -> JSON:
        flip = next(self._found)
        self.count += 1
        if self.count <= _FLIPS_KEPT:
            self.first.append(flip)
        return flip.record()


def _recorded(ledger: Ledger) -> Settings:
    """The settings that a run was begun with; refuses a run that has no corpus to follow."""
    record, identity = ledger.get("settings"), ledger.get("identity")
    if begun_in(ledger) is None or not isinstance(record, dict) or not isinstance(identity, dict):
        raise RunError(
            ledger.folder, "the run was stopped before its first verdict", "start its `factcheck verify` again"
        )
    if identity["corpus"] is None:
        raise RunError(
            ledger.folder, "there is nothing to update: the claims bring all their sources, there is no corpus"
        )
    return Settings.of(record)


def _unchanged(ledger: Ledger, settings: Settings, sources: Sources, started: float) -> UpdateReport:
    """The report on a corpus that is the run's own; what an update began for another one goes."""
    ledger.drop_update()
    done, total = ledger.progress()
    if not ledger.is_finished():
        found = f"nothing changed, but {total - done:,} of its {total:,} claims have no verdict yet"
        raise RunError(ledger.folder, found, "start its `factcheck verify` again")
    assert sources.index is not None
    return UpdateReport(
        folder=ledger.folder,
        changed=False,
        finished=True,
        claims=total,
        documents=sources.index.pointer.documents,
        sentences=sources.index.pointer.sentences,
        problems=tuple(sources.index.problems()),
        counts=ledger.counts(),
        seconds=time.time() - started,
        as_it_is="" if settings.corpus else settings.index,
    )


def _check_sources(ledger: Ledger, sources: Sources) -> None:
    """Refuse a corpus that lacks what claims name, as a new run would refuse those claims."""
    missing: list[str] = []
    count = 0
    for claim in ledger.claims():
        try:
            sources.finder.check(claim)
        except ClaimsError as error:
            count += 1
            if count <= _NAMED:
                missing.append(f"{error.where}: {error.found}")
    if count:
        named = "; ".join(missing) + (f"; and {count - _NAMED:,} more" if count > _NAMED else "")
        raise RunError(
            ledger.folder,
            f"{count:,} of its {ledger.progress()[1]:,} claims name what is not in the corpus any more ({named})",
            "put it back, or make a new run without these claims",
        )


def _refused(ledger: Ledger) -> int:
    """How many claims the model or the corpus could not take when the run began."""
    read = ledger.get("read")
    refused = read["refused"] if isinstance(read, dict) else 0
    assert isinstance(refused, int)
    return refused


def _facts(report: UpdateReport, following: Ledger, scored: Counters) -> dict[str, JSON]:
    """Times and counters for the manifest."""
    return {
        "threads": threads(),
        "finished": True,
        **starts(following),
        "ended": utc(time.time()),
        "seconds": round(report.seconds, 3),
        "claims": report.claims,
        "resumed": report.resumed,
        "pairs": following.pairs(),
        "scored": asdict(scored),
        "update": {**asdict(report.changes), "pairs_known": report.pairs.known},
        "counts": {label.value: count for label, count in report.counts.items()},
        "documents": report.documents,
        "sentences": report.sentences,
        "unreadable": [str(problem) for problem in report.problems],
    }
