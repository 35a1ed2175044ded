"""The main job: a claims file against a corpus, into a run folder that can be stopped and started at any moment."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from factcheck.assets import cache_folder
from factcheck.config import Settings
from factcheck.corpus.build import BuildReport, build_index
from factcheck.corpus.files import Limits, Problem
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import ClaimsError, ConfigError, RunError
from factcheck.formats import Rejected, check_source, read_claims
from factcheck.formats.records import to_json
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.resume import begun_in, identify, open_again
from factcheck.jobs.scorer import open_scorer
from factcheck.nli import Counters, PairScorer
from factcheck.pipeline import check_length, verify
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.run.ledger import Ledger, claim_line
from factcheck.run.manifest import MANIFEST, scoring_versions, write_manifest
from factcheck.types import JSON, Claim, Label, Verdict
from factcheck.verdict.decide import Rule

METHOD = 1
"""Raised when the same inputs and settings would give other verdicts than before."""
REJECTED = "rejected.jsonl"
_CHECKED_TOGETHER = 256
_LOOKED_AT = 1000  # claims


@dataclass(frozen=True, slots=True)
class JobReport:
    """What a job did."""

    folder: Path
    claims: int
    resumed: int  # verdicts that were there before
    rejected: int
    pairs: int  # passages judged, in all verdicts of the run
    scored: Counters  # of this start
    seconds: float  # of this start, models and index included
    counts: dict[Label, int]
    contradictions: tuple[Verdict, ...]
    conflicts: tuple[Verdict, ...]
    documents: int
    sentences: int
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        parts = [f"{_count(self.claims, 'claim')}, {_count(self.pairs, 'passage')} judged, {self.seconds:.1f} s"]
        if self.resumed:
            parts.append(f"{_count(self.resumed, 'verdict')} there already")
        if self.rejected:
            parts.append(f"{_count(self.rejected, 'record')} rejected, see {self.folder / REJECTED}")
        if self.documents:
            parts.append(f"{_count(self.documents, 'document')}, {_count(self.sentences, 'sentence')}")
        if self.problems:
            parts.append(f"{_count(len(self.problems), 'problem')} with documents, see {self.folder / MANIFEST}")
        return "; ".join(parts) + f"{self._scoring()}\nrun: {self.folder}"

    def _scoring(self) -> str:
        """A line on the pairs of this start; empty where none was asked for."""
        scored = self.scored
        if not scored.pairs_asked:
            return ""
        claims = max(self.claims - self.resumed, 1)
        repeated = scored.pairs_asked - scored.pairs_cached - scored.pairs_scored
        parts = [f"{_count(scored.pairs_asked, 'pair')}, {scored.pairs_asked / claims:.1f} a claim"]
        parts.append(f"{scored.pairs_cached:,} scored before, {scored.pairs_scored:,} now")
        if repeated:
            parts.append(f"{repeated:,} repeated")
        if scored.pairs_scored:
            parts.append(f"padding efficiency {scored.efficiency:.2f}")
        return "\n" + "; ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence is looked for: the finder, and the index behind it."""

    finder: EvidenceFinder
    index: CorpusIndex | None


@dataclass(frozen=True, slots=True)
class Workbench:
    """What claims are verified with: finder, scorer and rule, made from the settings once."""

    settings: Settings
    sources: Sources
    scorer: PairScorer
    rule: Rule

    def check(self, claims: list[Claim]) -> list[ClaimsError | None]:
        """For each claim, why it cannot be verified, or None."""
        return [
            error or self._sources_error(claim)
            for claim, error in zip(claims, check_length(claims, self.scorer), strict=True)
        ]

    def _sources_error(self, claim: Claim) -> ClaimsError | None:
        try:
            self.sources.finder.check(claim)
        except ClaimsError as error:
            return error
        return None

    def verify(self, claims: Iterator[Claim]) -> Iterator[Verdict]:
        """Verdicts for claims that passed `check`, in order."""
        return verify(
            claims,
            finder=self.sources.finder,
            scorer=self.scorer,
            rule=self.rule,
            stages=self.settings.stages,
            window=self.settings.window,
        )

    def identity(self) -> dict[str, JSON]:
        """Everything but the claims that can change a verdict; `auto` is resolved."""
        return _identity(self.settings, self.sources, (self.scorer.fingerprint, self.scorer.numeric_class))


def _identity(settings: Settings, sources: Sources, scorer: tuple[str, str]) -> dict[str, JSON]:
    """The identity of a run whose scorer has this fingerprint and this numeric class."""
    fingerprint, numeric_class = scorer
    values = settings.identity()
    for resolved_elsewhere in ("model", "precision", "device"):
        values.pop(resolved_elsewhere)
    return {
        "method": METHOD,
        "corpus": None if sources.index is None else sources.index.version,
        "model": fingerprint,
        "numeric_class": numeric_class,
        "calibration": None,
        "versions": scoring_versions(),
        **values,
    }


def prepare(
    settings: Settings,
    *,
    exclude: Sequence[Path] = (),
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
) -> Workbench:
    """Everything that verifying needs; `scorer` is a loaded model in place of the named one, and of its cache."""
    sources = open_finder(settings, exclude=exclude, progress=progress)
    return _workbench(settings, sources, scorer or open_scorer(settings, on_note=progress.note if progress else None))


def _workbench(settings: Settings, sources: Sources, scorer: PairScorer) -> Workbench:
    return Workbench(settings, sources, scorer, Rule(settings.support, settings.contradict))


def open_finder(settings: Settings, *, exclude: Sequence[Path] = (), progress: Progress | None = None) -> Sources:
    """The finder over the corpus that the settings name.

    `corpus` alone is indexed in the user's cache; `index` alone is opened as it is; both together bring that index up
    to date first; neither is for claims that bring their own sources. Files in `exclude` are no documents.

    Raises:
        CorpusError: Nothing is readable, or the index is missing, torn or in use.
        ConfigError: The index is of another language than the settings.
    """
    folder = Path(settings.index) if settings.index else None
    if settings.corpus:
        folder = folder or cached_index(settings.corpus, settings.language)
        index_corpus(settings.corpus, folder, settings, progress or Silent(), exclude=exclude)
    opened = CorpusIndex(folder) if folder is not None else None
    if opened is not None and opened.pointer.language != settings.language:
        raise ConfigError(
            "language",
            f"the index is of {opened.pointer.language!r}, not {settings.language!r}",
            "say the same --language, or build the index again",
        )
    finder = EvidenceFinder(
        opened,
        passages=settings.passages,
        evidence=settings.evidence_from,
        context=settings.context,
        language=settings.language,
    )
    return Sources(finder, opened)


def index_corpus(
    corpus: str, folder: Path, settings: Settings, progress: Progress, *, exclude: Sequence[Path] = ()
) -> BuildReport:
    """Bring an index up to date, telling progress of files read and of what cannot be."""
    done = 0

    def on_read(count: int, total: int) -> None:
        nonlocal done
        progress.total("reading", total)
        progress.advance("reading", count - done)
        done = count

    def on_problem(problem: Problem) -> None:
        progress.note(f"skipped {problem}")

    progress.total("reading", None)  # comes before "indexing" on the screen, as it does in life
    limits = Limits(max_file_bytes=settings.max_file_mb * 1_000_000, max_seconds=settings.max_seconds)
    return build_index(
        corpus,
        folder,
        language=settings.language,
        limits=limits,
        exclude=exclude,
        on_problem=on_problem,
        on_read=on_read,
        on_indexed=lambda documents: progress.advance("indexing", documents),
    )


def cached_index(corpus: str, language: str) -> Path:
    """Where the index of a corpus lives when none is named: in `FACTCHECK_CACHE`, else the user's cache folder."""
    name = corpus if corpus.startswith("hf:") else str(Path(corpus).resolve())
    key = sha256(json.dumps([name, language]).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return cache_folder() / "indexes" / key


def run_job(
    claims: str | Path,
    folder: Path,
    settings: Settings,
    *,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
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

    Raises:
        FactcheckError: Any of the tree; nothing that was written before is lost.
    """
    started, on_note, progress = time.time(), progress.note if progress else None, progress or Silent()
    _look_at(claims, settings)
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger(folder, write=True))
        sources = open_finder(settings, exclude=[Path(claims)], progress=progress)
        index = sources.index
        if numeric_class := begun_in(ledger):
            rejected = _compare_claims(claims, ledger, settings)
            _same_run(ledger, _identity(settings, sources, identify(settings, scorer, numeric_class)))
            bench = None
            if not ledger.is_finished():
                scorer = scorer or open_again(settings, numeric_class, ledger.folder, on_note)
                bench = _workbench(settings, sources, scorer)
        else:
            bench = _workbench(settings, sources, scorer or open_scorer(settings, on_note=on_note))
            rejected = _ingest(claims, ledger, bench)
        resumed, total = ledger.progress()
        progress.total("scoring", total, done=resumed)
        scored = Counters()
        if bench is not None:
            _same_run(ledger, bench.identity())
            _write_manifest(ledger, bench, {"started": _utc(started)})
            ledger.event("start", {"verdicts": resumed, "claims": total})
            before = bench.scorer.counters
            verdicts = bench.verify(ledger.pending())
            while batch := list(islice(verdicts, settings.window)):
                ledger.write(batch)
                progress.advance("scoring", len(batch))
            ledger.finish()
            scored = bench.scorer.counters - before
        report = JobReport(
            folder=folder,
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


def _look_at(claims: str | Path, settings: Settings) -> None:
    """Refuse what can be told from the first claims before the corpus is read and the model loaded."""
    check_source(claims)
    if claims != "-" and Path(claims).is_file():  # a pipe can be read once only
        first = _read(claims, settings, None if settings.on_error == "stop" else lambda _: None)
        for _ in islice(first, _LOOKED_AT):
            pass


def _ingest(source: str | Path, ledger: Ledger, bench: Workbench) -> int:
    """Read and check all claims, store those of a new run, refuse a resumed run whose claims changed."""
    path = ledger.folder / REJECTED
    skip = bench.settings.on_error == "skip"
    count = refused = 0
    read = sha256()
    with ExitStack() as stack:
        file = stack.enter_context(path.with_suffix(".new").open("w", encoding="utf-8")) if skip else None

        def reject(rejected: Rejected) -> None:
            nonlocal count
            count += 1
            assert file is not None
            file.write(rejected.to_json() + "\n")

        def good() -> Iterator[Claim]:
            nonlocal refused
            stream = _read(source, bench.settings, reject if skip else None)
            while chunk := list(islice(stream, _CHECKED_TOGETHER)):
                for claim, error in zip(chunk, bench.check(chunk), strict=True):
                    read.update(claim_line(claim))
                    if error is None:
                        yield claim
                    elif skip:
                        refused += 1
                        reject(_rejected(claim, error))
                    else:
                        raise error

        stored = ledger.get("claims")
        digest = ledger.ingest(good())
    if stored is not None and stored != digest:
        raise _other_claims(ledger)
    if skip and stored is None:
        path.with_suffix(".new").replace(path)
    path.with_suffix(".new").unlink(missing_ok=True)
    if ledger.progress()[1] == 0:
        raise ClaimsError(source, f"none of its {count} records is a claim that can be used", f"see {path}")
    ledger.put("read", {"digest": read.hexdigest(), "refused": refused})
    return count


def _compare_claims(source: str | Path, ledger: Ledger, settings: Settings) -> int:
    """Read all claims and refuse others than those the run was begun with; gives how many records are rejected.

    Which of them the model or the corpus refuse was found out then, and these are the same.
    """
    recorded = ledger.get("read")
    assert isinstance(recorded, dict)
    count = 0

    def reject(_: Rejected) -> None:
        nonlocal count
        count += 1

    digest = sha256()
    for claim in _read(source, settings, reject if settings.on_error == "skip" else None):
        digest.update(claim_line(claim))
    if recorded["digest"] != digest.hexdigest():
        raise _other_claims(ledger)
    refused = recorded["refused"]
    assert isinstance(refused, int)
    return count + refused


def _other_claims(ledger: Ledger) -> RunError:
    return RunError(ledger.folder, "the claims are not those of this run", "name another --run folder")


def _read(source: str | Path, settings: Settings, on_error: Callable[[Rejected], None] | None) -> Iterator[Claim]:
    return read_claims(
        source, format=settings.format, encoding=settings.encoding, language=settings.language, on_error=on_error
    )


def _rejected(claim: Claim, error: ClaimsError) -> Rejected:
    line = int(claim.place.rpartition(":")[2])
    return Rejected(claim.place, line, f"{error.found}; {error.fix}", to_json(dict(claim.input)))


def _same_run(ledger: Ledger, identity: dict[str, JSON]) -> None:
    """Record the identity of a new run; refuse to go on with a run of another."""
    identity = {"claims": ledger.get("claims"), **identity}
    recorded = ledger.get("identity")
    if recorded is None:
        ledger.put("identity", identity)
        return
    assert isinstance(recorded, dict)
    names = [name for name in {**recorded, **identity} if recorded.get(name) != identity.get(name)]
    if names:
        differences = ", ".join(
            f"{name} was {_short(recorded.get(name))}, is {_short(identity.get(name))}" for name in names
        )
        raise RunError(ledger.folder, f"the run is of other inputs: {differences}", "name another --run folder")


def _short(value: JSON) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:16] + "…" + text[-1]


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
