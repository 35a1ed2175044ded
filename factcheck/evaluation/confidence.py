"""Whether a confidence can be believed: calibration error, Brier score, risk against coverage.

Sources: expected calibration error by bins of equal mass, Naeini, Cooper and Hauskrecht 2015 (Obtaining well calibrated
probabilities using Bayesian binning, AAAI) and Nixon et al. 2019, arXiv:1904.01685; its bias on finite samples, Roelofs
et al. 2022, arXiv:2012.08668, and the comparison with a simulated calibrated model, Vaicenavicius et al. 2019,
arXiv:1902.06977 (consistency resampling); Brier 1950 (Verification of forecasts expressed in terms of probability);
risk and coverage, El-Yaniv and Wiener 2010 (JMLR 11) and Geifman and El-Yaniv 2017, arXiv:1705.08500; the area,
Geifman, Uziel and El-Yaniv 2019, arXiv:1805.08206.

A confidence of None is a claim without an answer: it takes no part in calibration, and lowers coverage. Equal
confidences are never told apart by their order: claims that share one share its mean outcome, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from factcheck.evaluation.labels import is_answered, is_right
from factcheck.evaluation.record import Case
from factcheck.evaluation.tally import Array

BINS: Final = 10
_BLOCK: Final = 1 << 21  # simulated outcomes at a time
_EXACT: Final = 1e-12  # sums of weights that differ by less are the same


@dataclass(frozen=True, slots=True)
class Bin:
    """A share of the answered claims with neighbouring confidences: what was promised and what came."""

    low: float
    high: float
    confidence: float
    accuracy: float
    claims: float  # claims on a border count in both bins, by parts


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidences are from the share of right answers.

    `expected_ece` is the mean ECE of simulated models that are right exactly as often as these confidences say: what
    chance alone makes of this many claims. `excess` is what the ECE has beyond that, and `p` the probability that such
    a model has an ECE at least as high.
    """

    claims: int
    answered: int
    confidence: float
    accuracy: float
    ece: float
    expected_ece: float
    excess: float
    p: float
    brier: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """Answering from a confidence of `threshold` on: the share of claims answered, and of those that are wrong."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Risk at every coverage that a threshold gives, lowest coverage first.

    `area` is the mean risk over all coverages that can be reached, where claims of equal confidence are answered in
    random order: 0 is best, and the share of errors is what a confidence without information gives.
    """

    points: tuple[Answered, ...]
    area: float

    def at_error(self, error: float) -> Answered | None:
        """The widest coverage with at most this share of errors, here; None where no threshold gives it.

        It was chosen by looking at these very claims, so it promises nothing about others.
        """
        within = [point for point in self.points if point.risk <= error + _EXACT]
        return within[-1] if within else None


@dataclass(frozen=True, slots=True, eq=False)
class Grades:
    """Confidences and whether they were right, sorted once, so that claims can be counted by weights for a bootstrap.

    Each method takes how often every claim counts, once by default. `values` are the distinct confidences, ascending;
    `places` names the one of each answered claim, and `answered` says which claims those are.
    """

    values: Array
    places: NDArray[np.intp]
    right: Array
    answered: NDArray[np.bool_]

    def ece(self, weights: ArrayLike | None = None, *, bins: int = BINS) -> float:
        """Expected calibration error over bins of exactly equal mass, 0 for no answered claims.

        It needs no interval by percentiles: a resample has chance errors of its own on top of the sample's, so that
        nearly all of them lie above the value. `excess` has a sound one.
        """
        return _ece(self._steps(self._counts(weights)), bins)

    def excess(self, weights: ArrayLike | None = None, *, bins: int = BINS) -> float:
        """What the ECE has beyond that of a perfectly calibrated model, whose bins are off as the normal law says.

        Near to what `calibration` finds by simulation, without its noise. Weights count for the spread, too, so that
        the mean over resamples stays at the value.
        """
        counts = self._counts(weights)
        steps = self._steps(counts)
        if not steps.claims[-1]:
            return 0.0
        confidence = self.values[self.places]
        spread = np.bincount(self.places, counts**2 * confidence * (1 - confidence), len(self.values))
        borders = np.linspace(0.0, steps.claims[-1], bins + 1)
        starts, ends = steps.claims[:-1, None], steps.claims[1:, None]
        inside = np.clip(np.minimum(ends, borders[1:]) - np.maximum(starts, borders[:-1]), 0, None)
        share = np.divide(inside, ends - starts, out=np.zeros(inside.shape), where=ends > starts)
        by_chance = math.sqrt(2 / math.pi) * np.sqrt(spread @ share**2).sum() / steps.claims[-1]
        return _ece(steps, bins) - float(by_chance)

    def brier(self, weights: ArrayLike | None = None) -> float:
        """Mean squared difference between confidence and outcome, 0 for no answered claims; lower is better."""
        counts = self._counts(weights)
        total = counts.sum()
        return float(counts @ (self.values[self.places] - self.right) ** 2 / total) if total else 0.0

    def risk_coverage(self, weights: ArrayLike | None = None) -> RiskCoverage:
        """Risk at the coverage that each distinct confidence gives; coverage is of all claims, answered or not."""
        total = len(self.answered) if weights is None else float(np.asarray(weights, dtype=np.float64).sum())
        steps = self._steps(self._counts(weights))
        many = steps.claims[-1] - steps.claims[::-1][1:]  # answered from the highest confidence down
        wrong = many - (steps.right[-1] - steps.right[::-1][1:])
        points = tuple(
            Answered(float(value), float(count / total), float(errors / count))
            for value, count, errors in zip(self.values[::-1], many, wrong, strict=True)
            if count
        )
        return RiskCoverage(points, _area(many, wrong))

    def _counts(self, weights: ArrayLike | None) -> Array:
        counts = np.ones(len(self.answered)) if weights is None else np.asarray(weights, dtype=np.float64)
        if counts.shape != self.answered.shape:
            raise ValueError(f"{len(self.answered)} claims, weights of shape {counts.shape}")
        return counts[self.answered]

    def _steps(self, counts: Array) -> "_Steps":
        claims = np.bincount(self.places, counts, len(self.values))
        right = np.bincount(self.places, counts * self.right, len(self.values))
        return _Steps(*(np.concatenate([[0.0], np.cumsum(one)]) for one in (claims, claims * self.values, right)))


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Cumulative sums over distinct confidences, ascending, each from 0: claims, promised and right answers."""

    claims: Array
    promised: Array
    right: Array


def confidences(cases: Sequence[Case]) -> tuple[list[float | None], list[bool]]:
    """The confidence of each verdict, None where the claim has no answer or no confidence, and whether it is right."""
    given = [case.verdict.confidence if is_answered(case.verdict) else None for case in cases]
    return given, [is_right(case) for case in cases]


def grade(confidence: Sequence[float | None], right: Sequence[bool]) -> Grades:
    """Confidences and outcomes, ready to be scored.

    Raises:
        ValueError: A confidence is no probability, or the sequences differ in length.
    """
    if len(confidence) != len(right):
        raise ValueError(f"{len(confidence)} confidences, {len(right)} outcomes")
    given = np.array([value for value in confidence if value is not None], dtype=np.float64)
    if not ((given >= 0) & (given <= 1)).all():  # NaN fails this test too
        raise ValueError("a confidence is not between 0 and 1")
    answered = np.array([value is not None for value in confidence], dtype=np.bool_)
    values, places = np.unique(given, return_inverse=True)
    return Grades(values, places, np.asarray(right, dtype=np.float64)[answered], answered)


def calibration(
    confidence: Sequence[float | None],
    right: Sequence[bool],
    *,
    bins: int = BINS,
    simulations: int = 1000,
    seed: int = 0,
) -> Calibration:
    """ECE over bins of exactly equal mass, its excess over a simulated calibrated model, and the Brier score.

    Of no answered claims, everything is 0 but `p`, which is 1.

    Raises:
        ValueError: A confidence is no probability, or the sequences differ in length.
    """
    grades = grade(confidence, right)
    counts = np.ones(len(grades.places))
    steps, many = grades._steps(counts), max(len(counts), 1)  # noqa: SLF001 - of this module
    observed = _ece(steps, bins)
    simulated = _simulated(grades.values, steps, bins, (simulations, seed))
    expected = float(simulated.mean()) if simulated.size else 0.0
    higher = int((simulated >= observed - _EXACT).sum())
    return Calibration(
        claims=len(confidence),
        answered=len(counts),
        confidence=float(steps.promised[-1]) / many,
        accuracy=float(steps.right[-1]) / many,
        ece=observed,
        expected_ece=expected,
        excess=observed - expected,
        p=(1 + higher) / (1 + len(simulated)),
        brier=grades.brier(),
        bins=_bins(grades.values, steps, bins) if len(counts) else (),
    )


def risk_coverage(confidence: Sequence[float | None], right: Sequence[bool]) -> RiskCoverage:
    """Risk against coverage, see `Grades.risk_coverage`.

    Raises:
        ValueError: A confidence is no probability, or the sequences differ in length.
    """
    return grade(confidence, right).risk_coverage()


def _area(answered: Array, wrong: Array) -> float:
    """Mean of errors(t) / t for t from 0 to all answered claims, where errors(t) runs straight between the steps."""
    if not answered.size or not answered[-1]:
        return 0.0
    before, errors = np.concatenate([[0.0], answered[:-1]]), np.concatenate([[0.0], wrong[:-1]])
    length = answered - before
    slope = np.divide(wrong - errors, length, out=np.zeros(length.shape), where=length > 0)
    inner = (before > 0) & (length > 0)
    logs = np.log(np.divide(answered, before, out=np.ones(length.shape), where=inner))
    return float((slope * length + (errors - slope * before) * logs).sum() / answered[-1])


def _edges(claims: Array, bins: int) -> tuple[NDArray[np.intp], Array]:
    """Where the borders of bins of equal mass lie: the step before each, and the share of the way to the next."""
    borders = np.linspace(0.0, claims[-1], bins + 1)
    after = np.clip(np.searchsorted(claims, borders), 1, len(claims) - 1)
    length = claims[after] - claims[after - 1]
    share = np.divide(borders - claims[after - 1], length, out=np.zeros(length.shape), where=length > 0)
    return after - 1, share


def _binned(cumulative: Array, edges: tuple[NDArray[np.intp], Array]) -> Array:
    """Amounts within each bin, of sums cumulated along the last axis."""
    before, share = edges
    at_borders = cumulative[..., before] * (1 - share) + cumulative[..., before + 1] * share
    return np.diff(at_borders, axis=-1)


def _ece(steps: _Steps, bins: int) -> float:
    total = steps.claims[-1]
    if not total:
        return 0.0
    edges = _edges(steps.claims, bins)
    return float(np.abs(_binned(steps.promised, edges) - _binned(steps.right, edges)).sum() / total)


def _bins(values: Array, steps: _Steps, bins: int) -> tuple[Bin, ...]:
    edges = _edges(steps.claims, bins)
    borders = np.linspace(0.0, steps.claims[-1], bins + 1)
    mass = steps.claims[-1] / bins
    lows = np.searchsorted(steps.claims, borders[:-1] + _EXACT * mass, side="right") - 1
    highs = np.searchsorted(steps.claims, borders[1:] - _EXACT * mass, side="left") - 1
    promised, right = _binned(steps.promised, edges) / mass, _binned(steps.right, edges) / mass
    return tuple(
        Bin(float(values[low]), float(values[high]), float(one), float(other), float(mass))
        for low, high, one, other in zip(lows, highs, promised, right, strict=True)
    )


def _simulated(values: Array, steps: _Steps, bins: int, draws: tuple[int, int]) -> Array:
    """ECEs of models whose outcomes are drawn from these very confidences; `draws` are how many, and the seed."""
    simulations, seed = draws
    counts = np.diff(steps.claims).astype(np.int64)  # claims of each distinct confidence
    if not counts.size:
        return np.zeros(0)
    random, edges, found = np.random.default_rng(seed), _edges(steps.claims, bins), []
    promised = _binned(steps.promised, edges)
    block = max(1, _BLOCK // len(counts))
    for start in range(0, simulations, block):
        rows = min(block, simulations - start)
        right = np.zeros((rows, len(counts) + 1))
        np.cumsum(random.binomial(counts, values, size=(rows, len(counts))), axis=1, out=right[:, 1:])
        found.append(np.abs(promised - _binned(right, edges)).sum(axis=1) / steps.claims[-1])
    return np.concatenate(found) if found else np.zeros(0)
