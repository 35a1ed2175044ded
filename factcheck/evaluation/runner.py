"""Evaluating: labelled claims through the very pipeline that verifies, and the verdicts beside the gold answers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final, cast

from factcheck.assets import asset, bundled_models
from factcheck.config import Settings
from factcheck.corpus.index import CorpusIndex
from factcheck.errors import ClaimsError, ConfigError, FactcheckError, RunError
from factcheck.evaluation import scoring
from factcheck.evaluation.ablation import KS, changes
from factcheck.evaluation.datasets import LabelledSet, name_of
from factcheck.evaluation.overlap import TrainingClaims
from factcheck.evaluation.record import Case
from factcheck.evaluation.results import BASE, ByK, Evaluation
from factcheck.evaluation.retrieval import judged_hits
from factcheck.evaluation.runs import labelled_run
from factcheck.evaluation.sharing import First, Remembered, ScoredOnce
from factcheck.jobs.bench import Workbench, workbench
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import Sources, finder_of, open_finder
from factcheck.nli import PairScorer
from factcheck.retrieval.finder import EvidenceFinder, Finder
from factcheck.types import EvidenceFrom
from factcheck.verdict.decide import Rule
from factcheck.verdict.documents import decide_by

OpenModel = Callable[[Settings], PairScorer]

# Settings that change what is made of the hits, and not which are found. Of any other one that is not known.
_SCORING: Final = frozenset(
    {
        "model",
        "labels",
        "precision",
        "device",
        "stages",
        "passages",
        "join",
        "support",
        "contradict",
        "calibration",
        "max_error",
    }
    | {"delta", "quantities", "cues", "parts", "check_all", "languages"}
)


@dataclass
class Searches:
    """The corpus, opened once: evaluations whose settings find the same look for it once.

    Args:
        settings: Name the corpus, and how to look where nothing is changed.
        depth: The most passages that will be asked for.
        exclude: Files that are no documents.
        progress: Told how far reading the corpus is.
    """

    settings: Settings
    depth: int
    exclude: Sequence[Path] = ()
    progress: Progress = field(default_factory=Silent)

    def __post_init__(self) -> None:
        self.index: CorpusIndex | None = open_finder(self.settings, exclude=self.exclude, progress=self.progress).index
        self._finders: dict[str, Finder] = {}

    def sources(self, settings: Settings) -> Sources:
        """What claims are verified from with these settings."""
        key = repr(sorted((name, value) for name, value in settings.identity().items() if name not in _SCORING))
        if key not in self._finders:
            self._finders[key] = Remembered(finder_of(replace(settings, stages=(), passages=self.depth), self.index))
        return sources_of(First(self._finders[key], settings.passages), self.index)


def sources_of(finder: Finder, index: CorpusIndex | None) -> Sources:
    """Sources with another finder; all that is asked of it is in the protocol."""
    return Sources(cast("EvidenceFinder", finder), index)


def evaluate(  # noqa: PLR0913 (all named)
    data: LabelledSet,
    settings: Settings,
    *,
    models: Sequence[str] = (),
    ablate: Sequence[str] = (),
    exclude: Sequence[Path] = (),
    progress: Progress | None = None,
    open_model: OpenModel = open_scorer,
) -> list[Evaluation]:
    """Verify the claims of a data set and score the verdicts: one evaluation a model, or one a change of the settings.

    All of them judge the same claims; hits are looked for once for all that look in the same way. Where there are
    several, each brings its paired differences to those before it, or, of an ablation, to the base.

    Args:
        data: The labelled claims.
        settings: All settings, the corpus or index among them.
        models: Names of models; that of the settings where there is none.
        ablate: Ablations, as `factcheck.evaluation.ablation.chosen` gives them.
        exclude: Files that are no documents.
        progress: Told how far it is.
        open_model: Loads the model of some settings.

    Raises:
        FactcheckError: The corpus, a model or a claim cannot be used.
    """
    progress = progress or Silent()
    base = replace(settings, model=models[0]) if models else settings
    searches = Searches(base, max(*KS, base.passages) if "k" in ablate else base.passages, exclude, progress)
    kitchen = _Kitchen(searches, open_model, progress)
    first = kitchen.bench(base)
    variants: list[tuple[str, Workbench]] = [(BASE, first)]
    if ablate:
        variants += _variants(ablate, kitchen, first, models[1:])
    else:
        variants += [(BASE, kitchen.bench(replace(base, model=name, labels=()))) for name in models[1:]]
    data = checked(data, [bench for _, bench in variants], settings)
    progress.total("scoring", len(data.claims) * len(variants))
    notes = [bench.notes() if variant == BASE else () for variant, bench in variants]
    for note in chain.from_iterable(notes):
        progress.note(note)
    found = [evaluation_of(data, bench, variant, progress, by_k=variant == BASE) for variant, bench in variants]
    found = [replace(one, notes=(*one.notes, *more)) for one, more in zip(found, notes, strict=True)]
    for at, (_, bench) in enumerate(variants):
        if first.rule.calibration is not None and bench.rule.calibration is None:
            note = f"{found[at].name}: the calibration does not hold for it, and the plain rule decides"
            found[at] = replace(found[at], notes=(*found[at].notes, note))
    rules = [decide_by(bench.rule) for _, bench in variants]
    return scoring.compare(data, found, rules, to_first=bool(ablate))


def _variants(
    ablate: Sequence[str], kitchen: "_Kitchen", base: Workbench, models: Sequence[str]
) -> list[tuple[str, Workbench]]:
    """A bench for each change; what cannot be done here is left out with a note, unless nothing is left then.

    Not every machine computes every number format or has every extra, and a calibration that was named holds for the
    settings that it was fitted with alone.
    """
    found: list[tuple[str, Workbench]] = []
    errors: list[FactcheckError] = []
    precision = base.scorer.numeric_class.split("/")[1]
    for change in changes(ablate, base.settings, precision=precision, models=models):
        try:
            bench = kitchen.bench(change.settings)
            if change.name == "aggregation" and bench.rule == base.rule:
                raise ConfigError(change.text, "no fitted rule is in force", "fit one with `factcheck calibrate`")
        except FactcheckError as error:
            if change.name == "model":
                raise
            errors.append(error)
            kitchen.progress.note(f"{change.text} is left out: {error}")
        else:
            found.append((change.text, bench))
    if errors and not found:
        raise errors[0]
    return found


@dataclass
class _Kitchen:
    """Opens what verifying needs, each model once."""

    searches: Searches
    open_model: OpenModel
    progress: Progress

    def __post_init__(self) -> None:
        self._scorers: dict[tuple[object, ...], PairScorer] = {}

    def bench(self, settings: Settings) -> Workbench:
        key = (settings.model, settings.labels, settings.precision, settings.device)
        if key not in self._scorers:
            self._scorers[key] = ScoredOnce(self.open_model(settings))
        return workbench(settings, self.searches.sources(settings), self._scorers[key])


def checked(data: LabelledSet, benches: Sequence[Workbench], settings: Settings) -> LabelledSet:
    """The claims that can be verified on all benches; what cannot stops it, unless the settings say to skip it.

    Raises:
        ClaimsError: A claim cannot be verified, or none can.
    """
    claims = list(data.claims)
    errors = [next(filter(None, row), None) for row in zip(*(bench.check(claims) for bench in benches), strict=True)]
    if settings.on_error == "stop":
        for error in filter(None, errors):
            raise error
    good = [claim for claim, error in zip(claims, errors, strict=True) if error is None]
    if not good:
        raise ClaimsError(data.name, f"none of its {len(claims):,} claims can be verified", str(errors[0]))
    return replace(data.of(good), rejected=data.rejected + len(claims) - len(good))


def evaluation_of(
    data: LabelledSet, bench: Workbench, variant: str, progress: Progress, *, by_k: bool = False
) -> Evaluation:
    """Verify and score on one bench; with `by_k`, also for fewer passages than the settings say."""
    settings, started = bench.settings, time.perf_counter()
    cases = judge(data, bench, progress)
    seconds = time.perf_counter() - started
    searched = any(case.verdict.evidence_from is EvidenceFrom.CORPUS for case in cases)
    hits = [found.hits for found in bench.sources.finder.find(data.claims)] if searched else []
    found = scoring.evaluation_of(data, cases, decide=decide_by(bench.rule), hits=hits, k=settings.passages)
    ranked = any(case.verdict.evidence_from is not EvidenceFrom.GOLD for case in cases)
    return replace(
        found,
        model=bench.scorer.name,
        settings=bench.identity(),
        variant=variant,
        seconds=round(seconds, 1),
        by_k=_by_k(data, bench, found) if by_k and ranked and not settings.stages else (),
        overlap=scoring.overlap_of(data, cases, TrainingClaims.of(model_folder_of(settings.model))),
    )


def _by_k(data: LabelledSet, bench: Workbench, found: Evaluation) -> tuple[ByK, ...]:
    """The scores that fewer passages give, from the hits and probabilities that there are already."""
    recall = {score.name: score for score in found.retrieval}
    most = bench.settings.passages
    rows: list[ByK] = []
    for k in sorted({*(k for k in KS if k < most), most}):
        cases = list(found.cases) if k == most else judge(data, first_passages(bench, k))
        rows.append(ByK(k, scoring.label_scores(data, cases), recall.get(f"evidence recall@{k}")))
    return tuple(rows)


def judge(data: LabelledSet, bench: Workbench, progress: Progress | None = None) -> list[Case]:
    """The claims of a data set beside their verdicts, in order."""
    cases: list[Case] = []
    verdicts = bench.verify(iter(data.claims))
    while batch := list(islice(verdicts, bench.settings.window)):
        cases += (Case(verdict.claim, verdict, data.clusters[verdict.claim.id]) for verdict in batch)
        if progress is not None:
            progress.advance("scoring", len(batch))
    return cases


def first_passages(bench: Workbench, k: int) -> Workbench:
    """The same bench, rule and all, with the first `k` passages of each claim alone."""
    return replace(bench, sources=sources_of(First(bench.sources.finder, k), bench.sources.index))


def model_folder_of(model: str) -> Path | None:
    """The folder of a model that is bundled or named by its folder; None of one that is downloaded."""
    if model in bundled_models():
        return asset(f"models/{model}")
    return Path(model) if model and Path(model).is_dir() else None


def evaluate_run(folder: Path) -> Evaluation:
    """Score the verdicts of a finished run whose claims carry gold labels; nothing is searched or judged anew.

    Raises:
        RunError: There is no run, it is not finished, or another version of factcheck made it.
        ClaimsError: No claim of it has a gold label.
    """
    run = labelled_run(folder)
    data = replace(
        run.data,
        name=name_of(run.source) if run.source else run.data.name,
        digest=str(run.identity.get("claims", "")),
    )
    cases = run.cases(data)
    searched = all(case.verdict.evidence_from is EvidenceFrom.CORPUS for case in cases)
    passages = run.settings.get("passages")
    try:
        rule = Rule.of(run.identity)
    except (KeyError, TypeError, ValueError) as error:
        what = "its verdicts are by the rule of another version of factcheck"
        raise RunError(folder, what, "verify the claims again") from error
    scored = scoring.evaluation_of(
        data,
        cases,
        decide=decide_by(rule),
        hits=[judged_hits(case.verdict) for case in cases] if searched else [],
        k=passages if isinstance(passages, int) else 0,
    )
    return replace(
        scored,
        model=str(run.start.get("model", Path(run.model).name)),
        settings=run.identity,
        overlap=scoring.overlap_of(data, cases, TrainingClaims.of(model_folder_of(run.model))),
    )
