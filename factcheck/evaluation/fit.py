"""Fits the rule that combines evidence to labelled claims, and says how good the fit is on claims it never saw."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from factcheck.errors import ConfigError
from factcheck.evaluation.confidence import grade
from factcheck.evaluation.datasets import gold_documents
from factcheck.evaluation.labels import macro_f1
from factcheck.evaluation.record import Case
from factcheck.evaluation.tally import Array
from factcheck.matching import document_key
from factcheck.types import EvidenceFrom, Judged, Label, Reason
from factcheck.verdict.calibration import Quality
from factcheck.verdict.checks import weighed
from factcheck.verdict.combine import (
    FEATURES,
    SIGNS,
    Combination,
    Confidence,
    Side,
    Weighing,
    label_of,
    log_odds,
)

FEWEST: Final = 30
"""Labelled claims below which nothing is fitted."""
FEW: Final = 200
"""Labelled claims below which only temperature, thresholds and one offset of the confidence are fitted."""

_TEMPERATURES: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_FLOORS: Final = (0.5, 0.4, 1 / 3, 0.25)
_GRID: Final = tuple(round(0.05 + 0.01 * step, 2) for step in range(91))  # thresholds that are tried
_SMOOTHED: Final = 3  # to each side: a threshold is worth what those around it are worth
_ALARMS: Final = 0.05  # share of claims without their gold documents that may always be answered
_COST: Final = 0.005  # of macro F1: what the highest floor may lose against the best one
_STRENGTH: Final = 30.0  # of the pull towards the largest probability alone
_BIAS_STRENGTH: Final = 0.1
_MAP_STRENGTH: Final = 3.0
_LEAST_SLOPE: Final = 0.1
_SIDE: Final = {
    "support": frozenset([Label.SUPPORTED, Label.CONFLICTING]),
    "contradict": frozenset([Label.CONTRADICTED, Label.CONFLICTING]),
}
_NOT_JUDGED: Final = frozenset([Reason.NOT_CHECKABLE, Reason.LANGUAGE_NOT_SUPPORTED])
_NEEDED: Final = 5  # claims on a side, and not on it, below which its model is not fitted


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled claim as it is fitted: its passages with the probabilities that the checks of words leave.

    `silent` are those that are left without the documents of its gold evidence: of them the answer is NOT ENOUGH INFO.
    It is None where gold names no documents, or no corpus was searched.
    """

    text: str
    judged: tuple[Judged, ...]
    wanted: Label
    cluster: str
    silent: tuple[Judged, ...] | None = None

    @classmethod
    def of(cls, case: Case) -> Self:
        """The sample of a case, whatever verdict it has."""
        judged = tuple(
            Judged(item.hit, weighed(item.scores, item.findings), item.parts) for item in case.verdict.evidence
        )
        gold = {document_key(doc_id) for doc_id in gold_documents(case.claim)}
        silent = None
        if gold and case.verdict.evidence_from is EvidenceFrom.CORPUS:
            silent = tuple(one for one in judged if gold.isdisjoint(map(document_key, _documents(one))))
        return cls(case.claim.text, judged, case.wanted, case.cluster, silent)


def _documents(one: Judged) -> list[str]:
    return [passage.source.doc_id for passage in (one.hit.passage, *one.hit.copies)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of a claim that it was not fitted on."""

    wanted: Label
    weighing: Weighing
    confidence: float

    @property
    def right(self) -> bool:
        """Whether the label is the gold one."""
        return self.weighing.label is self.wanted


def samples(cases: Iterable[Case]) -> list[Sample]:
    """The cases that can be fitted; a claim that was not judged, for what it is or its language, has no score."""
    return [Sample.of(case) for case in cases if case.verdict.reason not in _NOT_JUDGED]


def unfitted(found: Sequence[Sample]) -> list[Outcome]:
    """What the rule says of each claim as it stands before anything is fitted, with its score for a confidence."""
    weighings = [Combination().weigh(one.text, one.judged) for one in found]
    return [Outcome(one.wanted, weighing, weighing.score) for one, weighing in zip(found, weighings, strict=True)]


def fit(
    found: Sequence[Sample],
    *,
    folds: int = 5,
    features: Sequence[str] = FEATURES,
    alarms: float | None = None,
    keep_labels: bool = False,
) -> Combination:
    """The rule that fits labelled claims best, the same for the same claims in the same order.

    Each side's logistic model is fitted with a strong pull towards the largest probability alone, and its weights keep
    their signs. The thresholds are those with the largest macro F1, over the labels that gold has, on predictions for
    folds that were left out. Only those count that answer no more claims without the documents of their gold evidence
    than the rule does unfitted, or 5 %: macro F1 alone would pay for support with false alarms. The floor is the
    highest that costs next to nothing. The confidence is fitted on the same predictions. Below `FEW` claims,
    temperature, thresholds and one offset are all that is fitted.

    Where all that is worth less than one standard error more than the rule as it stands unfitted, on the folds left
    out, the labels stay those of that rule, and the confidence alone is fitted; unless it breaks the `alarms` given.

    Args:
        found: The labelled claims.
        folds: Parts into which the claims are cut, those of a cluster together.
        features: Those that may have a weight beside the first.
        alarms: The share of claims without their gold documents that may be answered, where it is to be another one.
        keep_labels: Leaves the labels as they are unfitted in any case; `alarms` says nothing then.

    Raises:
        ConfigError: There are fewer than `FEWEST` claims, or no thresholds have so few false alarms.
    """
    if len(found) < FEWEST:
        what = f"{len(found)} labelled claims that were judged"
        raise ConfigError("calibrate", what, f"it takes {FEWEST} to fit anything, and {FEW} to fit all of it")
    return _fitted(_Table(found), range(len(found)), folds, frozenset(features), alarms, keep_labels=keep_labels)


def cross_validated(
    found: Sequence[Sample],
    *,
    folds: int = 5,
    features: Sequence[str] = FEATURES,
    alarms: float | None = None,
    keep_labels: bool = False,
) -> list[Outcome]:
    """What the rule says of each claim when everything is fitted on the other folds, in order.

    Raises:
        ConfigError: There are too few claims, or clusters, to leave any out.
    """
    fold = fold_of([one.cluster for one in found], folds)
    table = _Table(found)
    outcomes: dict[int, Outcome] = {}
    for number in range(folds):
        others = [at for at in range(len(found)) if fold[at] != number]
        if len(others) < FEWEST:
            what = f"{len(found)} labelled claims that were judged"
            raise ConfigError("calibrate", what, f"it takes {FEWEST} beside those of any of {folds} folds")
        rule = _fitted(table, others, folds, frozenset(features), alarms, keep_labels=keep_labels)
        outcomes |= {at: outcome(rule, found[at]) for at in range(len(found)) if fold[at] == number}
    return [outcomes[at] for at in range(len(found))]


def outcome(rule: Combination, sample: Sample) -> Outcome:
    """What a rule says of a claim."""
    weighing = rule.weigh(sample.text, sample.judged)
    return Outcome(sample.wanted, weighing, rule.confidence(weighing))


def quality(outcomes: Sequence[Outcome]) -> Quality:
    """Accuracy, macro F1 over the labels that gold has, expected calibration error and Brier score."""
    right = [one.right for one in outcomes]
    grades = grade([one.confidence for one in outcomes], right)
    given = [one.weighing.label for one in outcomes]
    return Quality(
        len(outcomes),
        round(sum(right) / len(right), 6),
        round(macro_f1([one.wanted for one in outcomes], given), 6),
        round(grades.ece(), 6),
        round(grades.brier(), 6),
    )


def fold_of(clusters: Sequence[str], folds: int) -> list[int]:
    """The fold of each claim: clusters stay whole, folds are about as large, and only the names decide.

    Raises:
        ConfigError: There are fewer clusters than folds, or less than two folds.
    """
    sizes = Counter(clusters)
    if not 2 <= folds <= len(sizes):
        raise ConfigError("--folds", f"{folds} folds of {len(sizes)} clusters of claims", "use 2 folds or more, fewer")
    filled = [0] * folds
    chosen: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (hashlib.sha256(name.encode()).digest(), name)):
        chosen[name] = min(range(folds), key=filled.__getitem__)
        filled[chosen[name]] += sizes[name]
    return [chosen[name] for name in clusters]


class _Table:
    """The features of all claims, computed once a temperature, and what they are to come to."""

    def __init__(self, found: Sequence[Sample]) -> None:
        silent = [(at, one.silent) for at, one in enumerate(found) if one.silent is not None]
        nothing = Label.NOT_ENOUGH_INFO
        # The claims once more at the end, as they are when their gold documents are not there.
        self.samples = [*found, *(replace(found[at], judged=judged, wanted=nothing) for at, judged in silent)]
        self.origins = np.array([*range(len(found)), *(at for at, _ in silent)])
        self.silent = np.arange(len(self.samples)) >= len(found)
        self.wanted = np.array([list(Label).index(one.wanted) for one in self.samples])
        self.sides = {
            side: np.array([one.wanted in labels for one in self.samples], dtype=float)
            for side, labels in _SIDE.items()
        }
        self.features = lru_cache(maxsize=None)(self._features)
        self.reach = lru_cache(maxsize=None)(self._reach)

    def _features(self, temperature: float) -> dict[str, Array]:
        rule = Combination(temperature)
        both = [rule.features(one.text, one.judged) for one in self.samples]
        return {side: np.array([pair[at] for pair in both]) for at, side in enumerate(_SIDE)}

    def _reach(self, temperature: float, floor: float) -> tuple[Array, Array, Array]:
        """Whether each claim has a passage to show for support, one for contradiction, and both from two documents."""
        rule = Combination(temperature, floor)
        found = [rule.reach(rule.items(one.judged)) for one in self.samples]
        one, other, both = (np.array([reach[at] is not None for reach in found], dtype=float) for at in range(3))
        return one, other, both


def _fitted(  # noqa: PLR0913 (what `fit` was given)
    table: _Table,
    chosen: Sequence[int],
    folds: int,
    features: frozenset[str],
    alarms: float | None,
    *,
    keep_labels: bool,
) -> Combination:
    """The rule that fits some claims of a table best."""
    rows = np.flatnonzero(np.isin(table.origins, chosen))
    real, few = ~table.silent[rows], len(chosen) < FEW
    temperature, sides = min(
        ((heat, _sides(table, rows[real], heat, features, few=few)) for heat in _TEMPERATURES),
        key=lambda pair: sum(_loss(table, rows[real], pair[0], side, model) for side, model in pair[1].items()),
    )
    # The same once more for each fold: thresholds and confidences chosen on its own claims would be too good.
    clusters = [table.samples[at].cluster for at in rows]
    if len(set(clusters)) == 1:  # of two sources one was left out: then its claims are all that can be
        clusters = [table.samples[at].text for at in rows]
    fold = np.array(fold_of(clusters, min(folds, len(set(clusters)))))
    out = {side: np.zeros(len(rows)) for side in _SIDE}
    for number in range(fold.max() + 1):
        models = _sides(table, rows[real & (fold != number)], temperature, features, few=few)
        for side, model in models.items():
            out[side][fold == number] = _predicted(table, rows[fold == number], temperature, side, model)
    plain = Combination()
    as_it_is = {side: _predicted(table, rows, plain.temperature, side, Side()) for side in _SIDE}
    unmoved = _given(table, rows, plain, as_it_is)
    raised = [label is not Label.NOT_ENOUGH_INFO for label, there in zip(unmoved, real, strict=True) if not there]
    as_many = sum(raised) / len(raised) if raised else 0.0
    most = max(_ALARMS, as_many) if alarms is None else alarms
    floor, (support, contradict), value = _thresholds(table, rows, temperature, out, most)
    rule = Combination(
        temperature,
        floor,
        replace(sides["support"], threshold=support),
        replace(sides["contradict"], threshold=contradict),
    )
    if not keep_labels and value < 0 and as_many > most:
        what = f"no thresholds keep false alarms at {most:g} on claims without their gold documents"
        raise ConfigError("--max-false-alarms", what, f"unfitted, {as_many:.3f} of them are answered: allow more")
    if keep_labels or (as_many <= most and value < _worth(table, rows, (_given(table, rows, rule, out), unmoved))):
        rule, out = plain, as_it_is
    return replace(rule, confidences=_confidences(table, rows, rule, out, few=few))


def _worth(table: _Table, rows: NDArray[np.intp], given: tuple[list[Label], list[Label]]) -> float:
    """The macro F1 from which on fitted labels are worth having: that of plain ones, and a standard error.

    The standard error is that of the difference in accuracy, claim by claim.
    """
    real = np.flatnonzero(~table.silent[rows])
    wanted = [list(Label)[at] for at in table.wanted[rows[real]]]
    labels = [[one[at] for at in real] for one in given]
    fitted, plain = (np.array([one is other for one, other in zip(wanted, two, strict=True)], float) for two in labels)
    return macro_f1(wanted, labels[1]) + float((fitted - plain).std()) / math.sqrt(len(real))


def _given(table: _Table, rows: NDArray[np.intp], rule: Combination, out: dict[str, Array]) -> list[Label]:
    """The labels that a rule gives to claims whose sides have these probabilities."""
    ours, theirs, apart = (reach[rows].astype(bool) for reach in table.reach(rule.temperature, rule.floor))
    return [
        label_of(
            for_support=bool(support >= rule.support.threshold and ours[at]),
            for_contradict=bool(contradict >= rule.contradict.threshold and theirs[at]),
            apart=bool(apart[at]),
            stronger=bool(support >= contradict),
        )
        for at, (support, contradict) in enumerate(zip(out["support"], out["contradict"], strict=True))
    ]


def _sides(
    table: _Table, rows: NDArray[np.intp], temperature: float, features: frozenset[str], *, few: bool
) -> dict[str, Side]:
    """The models of both sides; unchanged ones where there are few claims, or hardly any of one kind."""
    models = {}
    for side in _SIDE:
        wanted = table.sides[side][rows]
        there = int(wanted.sum())
        if few or min(there, len(wanted) - there) < _NEEDED:
            models[side] = Side()
            continue
        bounds = [
            (0.0, 0.0) if at and name not in features else (0.0, math.inf) if sign > 0 else (-math.inf, 0.0)
            for at, (name, sign) in enumerate(zip(FEATURES, SIGNS, strict=True))
        ]
        bias, *weights = logistic(
            table.features(temperature)[side][rows],
            wanted,
            towards=(0.0, *Side().weights),
            strengths=(_BIAS_STRENGTH, *[_STRENGTH] * len(FEATURES)),
            bounds=((-math.inf, math.inf), *bounds),
        )
        models[side] = Side(round(bias, 4), tuple(round(weight, 4) for weight in weights))
    return models


def _predicted(table: _Table, rows: NDArray[np.intp], temperature: float, side: str, model: Side) -> Array:
    return _sigmoid(table.features(temperature)[side][rows] @ model.weights + model.bias)


def _loss(table: _Table, rows: NDArray[np.intp], temperature: float, side: str, model: Side) -> float:
    """The log loss over some claims, and what the pull makes of the weights: the least has least to correct."""
    wanted = table.sides[side][rows]
    predicted = np.clip(_predicted(table, rows, temperature, side, model), 1e-6, 1 - 1e-6)
    loss = float(-(wanted * np.log(predicted) + (1 - wanted) * np.log(1 - predicted)).sum())
    moved = zip(model.weights, Side().weights, strict=True)
    return loss + 0.5 * _STRENGTH * sum((weight - plain) ** 2 for weight, plain in moved)


def _thresholds(
    table: _Table, rows: NDArray[np.intp], temperature: float, out: dict[str, Array], most: float
) -> tuple[float, tuple[float, float], float]:
    """The highest floor that costs next to nothing, with it the thresholds of both sides, and their macro F1."""
    found = {floor: _best(table, rows, table.reach(temperature, floor), out, most) for floor in _FLOORS}
    best = max(value for value, _ in found.values())
    floor = next(floor for floor in _FLOORS if found[floor][0] >= best - _COST)
    value, thresholds = found[floor]
    return round(floor, 4), thresholds, value


def _best(
    table: _Table, rows: NDArray[np.intp], reach: tuple[Array, Array, Array], out: dict[str, Array], most: float
) -> tuple[float, tuple[float, float]]:
    """The largest macro F1, as a mean over the thresholds around, and where it is.

    Of claims without their gold documents at most a share of `most` is answered there; the value is -1 where that is
    nowhere so.
    """
    grid = np.array(_GRID)
    ours, theirs, apart = (one[rows].astype(bool) for one in reach)
    # How many thresholds each side reaches, which is the place of the first that it does not.
    support = np.where(ours, np.searchsorted(grid, out["support"], side="right"), 0)
    contradict = np.where(theirs, np.searchsorted(grid, out["contradict"], side="right"), 0)
    stronger = out["support"] >= out["contradict"]
    wanted = table.wanted[rows]

    def counts(of: NDArray[np.bool_]) -> dict[Label, Array]:
        """How many of some claims get each label, by the thresholds."""
        either = _reached(support[of], contradict[of])
        both = either[1:, 1:]
        conflict = _reached(support[of & apart], contradict[of & apart])[1:, 1:]
        within = of & ~apart
        for_support = _reached(support[within & stronger], contradict[within & stronger])[1:, 1:]
        decided = {
            Label.SUPPORTED: either[1:, :1] - both + for_support,
            Label.CONTRADICTED: either[:1, 1:] - conflict - for_support,
            Label.CONFLICTING: conflict,
        }
        return {**decided, Label.NOT_ENOUGH_INFO: of.sum() - sum(decided.values())}

    silent = table.silent[rows]
    given = counts(~silent)
    masks = [(label, (wanted == at) & ~silent) for at, label in enumerate(Label)]
    there = {label: mask for label, mask in masks if mask.any()}
    value = sum(2 * counts(mask)[label] / (mask.sum() + given[label]) for label, mask in there.items()) / len(there)
    smooth = _smoothed(value)
    smooth[silent.sum() - counts(silent)[Label.NOT_ENOUGH_INFO] > most * silent.sum()] = -1
    # Of what is equally good, the nearest to one half: a threshold that no claim tells is not to be an extreme one.
    far = np.abs(grid - 0.5)[:, None] + np.abs(grid - 0.5)[None, :]
    best = np.lexsort((far.ravel(), -np.round(smooth, 9).ravel()))[0]
    row, column = divmod(int(best), len(grid))
    return float(smooth[row, column]), (_GRID[row], _GRID[column])


def _reached(one: NDArray[np.intp], other: NDArray[np.intp]) -> Array:
    """How many claims reach at least so many thresholds of one side (rows), and of the other (columns), from 0 on."""
    found = np.zeros((len(_GRID) + 1, len(_GRID) + 1))
    np.add.at(found, (one, other), 1)
    counted: Array = found[::-1, ::-1].cumsum(0).cumsum(1)[::-1, ::-1]
    return counted


def _smoothed(values: Array) -> Array:
    """The mean over a square around each value; beyond the edges values go on."""
    width = 2 * _SMOOTHED + 1
    padded = np.pad(values, _SMOOTHED, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width))
    means: Array = windows.mean(axis=(2, 3))
    return means


def _confidences(
    table: _Table, rows: NDArray[np.intp], rule: Combination, out: dict[str, Array], *, few: bool
) -> Confidence:
    """The way from how probable the label given is to how probably it is right, on predictions for folds left out."""
    order = list(Label)
    real = ~table.silent[rows]
    rows, out = rows[real], {side: predicted[real] for side, predicted in out.items()}
    labels = _given(table, rows, rule, out)
    odds = np.array(
        [
            log_odds(Weighing(label, float(support), float(contradict)).probability(label))
            for label, support, contradict in zip(labels, out["support"], out["contradict"], strict=True)
        ]
    )
    given = np.array([order.index(label) for label in labels])
    right = (given == table.wanted[rows]).astype(float)
    kinds = np.ones((len(rows), 1)) if few else (given[:, None] == np.arange(len(order))).astype(float)
    slope, *offsets = logistic(
        np.hstack([odds[:, None], kinds]),
        right,
        towards=(1.0, *[0.0] * kinds.shape[1]),
        strengths=[_MAP_STRENGTH] * (1 + kinds.shape[1]),
        bounds=((_LEAST_SLOPE, math.inf), *[(-math.inf, math.inf)] * kinds.shape[1]),
        constant=False,
    )
    offsets = offsets * len(order) if few else offsets
    return Confidence(round(slope, 4), tuple(round(offset, 4) for offset in offsets))


def logistic(  # noqa: PLR0913 (all named)
    features: Array,
    wanted: Array,
    *,
    towards: Sequence[float],
    strengths: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    constant: bool = True,
) -> list[float]:
    """The bias, where there is a `constant`, and the weights of a logistic model: the one minimum, to about 1e-9.

    The sum of log losses and of half `strengths` times the squared distances from `towards` is made smallest within
    `bounds`, by Newton's steps projected on them.

    Source: Bertsekas 1982, Projected Newton methods for optimization problems with simple constraints,
    doi:10.1137/0320018.
    """
    x = np.hstack([np.ones((len(features), 1)), features]) if constant else features
    centre, pull = np.array(towards), np.array(strengths)
    low, high = np.array(bounds).T
    weights = np.clip(centre, low, high)

    def value(at: Array) -> float:
        odds = x @ at
        return float((np.logaddexp(0, odds) - wanted * odds).sum() + 0.5 * (pull * (at - centre) ** 2).sum())

    now = value(weights)
    for _ in range(100):
        predicted = _sigmoid(x @ weights)
        gradient = x.T @ (predicted - wanted) + pull * (weights - centre)
        held = ((weights <= low) & (gradient > 0)) | ((weights >= high) & (gradient < 0))
        free = ~held
        if not free.any():
            break
        curve = (x * (predicted * (1 - predicted))[:, None]).T @ x + np.diag(pull)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], gradient[free])
        size, following, new = 1.0, weights, now
        while size > 1e-10:
            following = np.clip(weights - size * step, low, high)
            new = value(following)
            if new <= now:
                break
            size /= 2
        if now - new < 1e-10:
            weights = following if new <= now else weights
            break
        weights, now = following, new
    return [float(weight) for weight in weights]


def _sigmoid(odds: Array) -> Array:
    found: Array = np.exp(-np.logaddexp(0, -odds))
    return found
