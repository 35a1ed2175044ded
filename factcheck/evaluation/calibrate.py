"""Calibrates: labelled claims in, the file that turns scores into confidences out, with what it is worth."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError
from factcheck.evaluation import errorbound
from factcheck.evaluation.confidence import risk_coverage
from factcheck.evaluation.datasets import LabelledSet, load
from factcheck.evaluation.fit import Outcome, Sample, cross_validated, fit, quality, samples, unfitted
from factcheck.evaluation.overlap import TrainingClaims
from factcheck.evaluation.record import Case
from factcheck.evaluation.runner import checked, judge, model_folder_of
from factcheck.evaluation.runs import labelled_run
from factcheck.jobs.bench import prepare
from factcheck.jobs.progress import Progress, Silent
from factcheck.nli import PairScorer
from factcheck.run.ledger import LEDGER
from factcheck.types import JSON, Claim, EvidenceFrom, Label
from factcheck.verdict.calibration import Budget, Calibration, FittedOn, bound
from factcheck.verdict.combine import FEATURES, Side

BUDGETS: Final = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of wrong answers for which a calibration knows the confidence, where there are labels enough."""
DELTA: Final = 0.1
_RANDOM: Final = "sample:"
_ERROR: Final = 0.05  # at which coverage is reported


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled claims with their verdicts, and the identity of the run that gave them."""

    name: str
    cases: tuple[Case, ...]
    identity: Mapping[str, JSON]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and what a reader of its numbers has to know.

    `coverage` is the widest share of claims that could be answered with at most 5 % wrong, before and after; it was
    found by looking at their labels, so it promises nothing of other claims, where `Calibration.budgets` do.
    """

    calibration: Calibration
    coverage: tuple[float, float]
    clusters: int
    folds: int
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """The report for a terminal."""
        fitted = self.calibration
        before, after = fitted.before, fitted.after
        rule = fitted.combination
        what = ", ".join(f"{one.name} ({one.claims:,})" for one in fitted.fitted_on)
        rows = [
            f"claims            {after.claims:,} in {self.clusters:,} clusters: {what}",
            f"cross-validated   {self.folds} folds; before is the largest probability of each side, unfitted",
            "",
            f"{'':<18}{'before':>8}{'after':>8}",
            *(
                f"{name:<18}{_shown(one)}{_shown(other)}"
                for name, one, other in (
                    ("accuracy", before.accuracy, after.accuracy),
                    ("macro F1", before.macro_f1, after.macro_f1),
                    ("ECE", before.ece, after.ece),
                    ("Brier score", before.brier, after.brier),
                    ("coverage at 5 %", *self.coverage),
                )
            ),
            "",
            f"temperature       {rule.temperature:g}",
            f"thresholds        support {rule.support.threshold:g}, contradict {rule.contradict.threshold:g}",
            f"passage           {rule.floor:g}, below which it is not shown for a side",
            f"support           {_weights(rule.support)}",
            f"contradict        {_weights(rule.contradict)}",
        ]
        return [*rows, "", *map(_budget_line, fitted.budgets)] if fitted.budgets else rows


def calibrate(  # noqa: PLR0913 (all named)
    sources: Sequence[str | Path],
    settings: Settings,
    *,
    folds: int = 5,
    across: bool = False,
    alarms: float | None = None,
    keep_labels: bool = False,
    max_error: float | None = None,
    delta: float = DELTA,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Fit the rule and its confidences to labelled claims.

    Args:
        sources: Labelled claims files, which are verified with the settings; or finished runs of such, whose scores are
            taken as they are stored. Of what `factcheck export --to gold` wrote, only claims that were drawn at random
            count: what reviewers chose to look at is not like the rest.
        settings: Corpus, model and the rest; runs bring their own.
        folds: Parts that are left out in turn, clusters whole.
        across: Whether each source is one cluster: then scores are those on sources that are not like the ones fitted.
        alarms: The share of claims that may be answered without the documents of their gold evidence; by default no
            more than are answered unfitted, or 5 %.
        keep_labels: Fits the confidences alone: every verdict stays what it is without a calibration.
        max_error: An error budget to keep beside the usual ones.
        delta: How probable it may be that a budget is not kept.
        scorer: A loaded model in place of the one that the settings name.
        progress: Told how far it is.

    Raises:
        ConfigError: There are too few labelled claims, or for the error budget; sources were verified differently.
        FactcheckError: A source cannot be used.
    """
    if alarms is not None and not 0 <= alarms <= 1:
        raise ConfigError("--max-false-alarms", f"{alarms:g} is not a share", "use a number from 0 to 1, such as 0.05")
    if max_error is not None:
        errorbound.check(max_error, delta)
    found = read(sources, settings, scorer=scorer, progress=progress)
    return calibrated(
        found,
        folds=folds,
        across=across,
        alarms=alarms,
        keep_labels=keep_labels,
        max_error=max_error,
        delta=delta,
    )


def read(
    sources: Sequence[str | Path],
    settings: Settings,
    *,
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
) -> list[Labelled]:
    """The labelled claims of the sources with their verdicts, files verified together.

    Raises:
        FactcheckError: A source cannot be used.
    """
    found: dict[int, Labelled] = {}
    sets: dict[int, LabelledSet] = {}
    for at, source in enumerate(sources):
        if (Path(source) / LEDGER).is_file():
            found[at] = read_run(Path(source))
        else:
            sets[at] = load(source, settings)
    if sets:
        files = [Path(sources[at]) for at in sets]
        plain = replace(settings, calibration="none", max_error=0.0)
        bench = prepare(plain, exclude=files, scorer=scorer, progress=progress)
        progress = progress or Silent()
        progress.total("scoring", sum(len(data.claims) for data in sets.values()))
        for at, data in sets.items():
            usable, notes = _usable(data, settings.model)
            cases = judge(checked(usable, [bench], plain), bench, progress)
            found[at] = Labelled(data.name, tuple(cases), bench.identity(), (*data.notes, *notes))
    return [found[at] for at in range(len(sources))]


def read_run(folder: Path) -> Labelled:
    """The labelled claims of a finished run with their verdicts.

    Raises:
        RunError: It is not finished, or cannot be read.
        ClaimsError: No claim of it has a gold label.
    """
    run = labelled_run(folder)
    usable, notes = _usable(run.data, run.model)
    return Labelled(run.data.name, tuple(run.cases(usable)), run.identity, (*run.data.notes, *notes))


def calibrated(  # noqa: PLR0913 (all named)
    found: Sequence[Labelled],
    *,
    folds: int = 5,
    across: bool = False,
    alarms: float | None = None,
    keep_labels: bool = False,
    max_error: float | None = None,
    delta: float = DELTA,
) -> Calibrated:
    """The calibration of claims that were verified; see `calibrate`.

    Raises:
        ConfigError: There are too few labelled claims, or for the error budget; sources were verified differently.
    """
    identity = _same(found)
    parts, notes = _unlike(found)
    every = [
        replace(sample, cluster=str(number) if across else f"{number}: {sample.cluster}")
        for number, (_, part) in enumerate(parts)
        for sample in part
    ]
    folds = len(parts) if across else folds
    rule = fit(every, folds=folds, alarms=alarms, keep_labels=keep_labels)
    after = cross_validated(every, folds=folds, alarms=alarms, keep_labels=keep_labels)
    before = unfitted(every)
    calibration = Calibration(
        rule,
        bound(identity),
        _origins(found),
        tuple(FittedOn(name, Counter(sample.wanted for sample in part)) for name, part in parts),
        _digest(every),
        quality(before),
        quality(after),
        _budgets(after, max_error, delta),
    )
    clusters = len({sample.cluster for sample in every})
    return Calibrated(calibration, (_coverage(before), _coverage(after)), clusters, folds, notes)


def _same(found: Sequence[Labelled]) -> Mapping[str, JSON]:
    """The identity of the first source; refuses one that was verified differently."""
    first = bound(found[0].identity)
    for other in found[1:]:
        here = bound(other.identity)
        names = sorted(name for name in first.keys() | here.keys() if first.get(name) != here.get(name))
        if names:
            what = "; ".join(f"{name}: {json.dumps(first.get(name))}, {json.dumps(here.get(name))}" for name in names)
            fix = "a calibration holds for one setting: verify both alike"
            raise ConfigError(other.name, f"was verified with other settings than {found[0].name}: {what}", fix)
    return found[0].identity


def _unlike(found: Sequence[Labelled]) -> tuple[list[tuple[str, list[Sample]]], tuple[str, ...]]:
    """The samples of each source, every claim once, and what was left out."""
    parts: list[tuple[str, list[Sample]]] = []
    notes = [f"{one.name}: {note}" for one in found for note in one.notes]
    seen: set[str] = set()
    for one in found:
        fresh: list[Case] = []
        for case in one.cases:
            words = " ".join(case.claim.text.casefold().split())
            if words not in seen:
                seen.add(words)
                fresh.append(case)
        part = samples(fresh)
        if again := len(one.cases) - len(fresh):
            notes.append(f"{one.name}: {again:,} claims whose text came before are left out")
        if unread := len(fresh) - len(part):
            notes.append(f"{one.name}: {unread:,} claims that were not judged, for what they are, are left out")
        parts.append((one.name, part))
    return parts, tuple(notes)


def _usable(data: LabelledSet, model: str) -> tuple[LabelledSet, tuple[str, ...]]:
    """The claims of a set that say how the model does on others, and what was left out.

    Those are not: reviewed claims that were not drawn at random, claims that the model was trained on, and sets that
    tell two labels only.
    """
    if data.two_class:
        what = "its gold tells supported from the rest, not contradicted from not enough information"
        raise ClaimsError(data.name, what, "calibrate on claims with all labels")
    drawn = [claim for claim in data.claims if _is_drawn(claim)]
    training = TrainingClaims.of(model_folder_of(model)) if model else TrainingClaims(None, None)
    same, alike = training.seen({claim.id: claim.text for claim in drawn})
    kept = [claim for claim in drawn if claim.id not in same | alike]
    counts = {
        "reviewed claims that were not drawn at random": len(data.claims) - len(drawn),
        "claims that the model was trained on": len(drawn) - len(kept),
    }
    notes = tuple(f"{count:,} {what} are left out" for what, count in counts.items() if count)
    if not kept:
        fix = "label others; `factcheck review` with --sample draws at random"
        raise ClaimsError(data.name, "; ".join(notes) or "it holds no claims", fix)
    return data.of(kept), notes


def _is_drawn(claim: Claim) -> bool:
    """Whether a claim is no reviewed one, by the fields of `factcheck.formats.gold`, or was drawn at random."""
    is_reviewed = {"drawn", "machine", "reviewers"} <= claim.input.keys()
    return not is_reviewed or str(claim.input["drawn"]).startswith(_RANDOM)


def _origins(found: Sequence[Labelled]) -> tuple[EvidenceFrom, ...]:
    there = {case.verdict.evidence_from for one in found for case in one.cases}
    return tuple(origin for origin in EvidenceFrom if origin in there)


def _digest(every: Sequence[Sample]) -> str:
    """What tells these labelled claims from others, in whatever order they came."""
    lines = sorted(json.dumps([sample.text, sample.wanted.value]) for sample in every)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _budgets(outcomes: Sequence[Outcome], max_error: float | None, delta: float) -> tuple[Budget, ...]:
    """The budgets that there are labels enough for; the one that was asked for, or a refusal, among them."""
    answers = [(one.confidence, one.right) for one in outcomes if one.weighing.label is not Label.NOT_ENOUGH_INFO]
    asked = [] if max_error is None else [max_error]
    usual = [share for share in BUDGETS if share not in asked and len(answers) >= errorbound.needed(share, delta)]
    shares = sorted([*asked, *usual])
    return tuple(errorbound.budget(answers, share, delta, claims=len(outcomes)) for share in shares)


def _coverage(outcomes: Sequence[Outcome]) -> float:
    """The widest share of claims whose answers are wrong in at most 5 %."""
    given = [None if one.weighing.label is Label.NOT_ENOUGH_INFO else one.confidence for one in outcomes]
    found = risk_coverage(given, [one.right for one in outcomes]).at_error(_ERROR)
    return 0.0 if found is None else round(found.coverage, 6)


def _shown(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.3f'):>8}"


def _weights(side: Side) -> str:
    pairs = zip(FEATURES, side.weights, strict=True)
    return " ".join([f"{side.bias:+.2f}", *(f"{weight:+.2f} {name}" for name, weight in pairs if weight)])


def _budget_line(budget: Budget) -> str:
    share = f"{100 * budget.max_error:g} % error"
    if budget.confidence is None:
        return f"{share:<18}nothing can be answered: {budget.wrong:,} of the {budget.answered:,} surest are wrong"
    of = f"{budget.answered:,} answered, {budget.wrong:,} wrong, {100 * budget.coverage:.1f} % of claims"
    return f"{share:<18}from confidence {budget.confidence:.2f} on: {of}"
