"""How sure a score is, and whether a difference between two systems is more than chance.

Sources: percentile intervals, Efron and Tibshirani 1993 (An Introduction to the Bootstrap), ch. 13; whole clusters
resampled, Field and Welsh 2007 (Bootstrapping clustered data, JRSS B 69); the test of a difference by exchanging the
two systems' answers at random, Noreen 1989 (Computer-Intensive Methods for Testing Hypotheses) and Yeh 2000,
arXiv:cs/0008005; Holm 1979 (A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6).

Claims about one document or topic are right and wrong together, so that single claims would give intervals that are
too narrow: clusters are drawn whole. The same seed gives the same interval, in whatever order the claims come.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factcheck.evaluation.tally import Array, Tally

_BLOCK: Final = 1 << 21  # drawn clusters at a time
_TIE: Final = 1e-12  # differences that are less apart are the same


@dataclass(frozen=True, slots=True)
class Resampling:
    """How many resamples and exchanges are drawn, from which seed, and what share of them an interval holds.

    Raises:
        ValueError: The level is not between 0 and 1, or there is no resample.
    """

    resamples: int = 2000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"the level is {self.level}, not between 0 and 1")
        if self.resamples < 1:
            raise ValueError(f"{self.resamples} resamples")


USUAL: Final = Resampling()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score and its percentile interval; no interval where there are fewer than two clusters to draw from."""

    value: float
    low: float | None
    high: float | None
    clusters: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What the second system has beyond the first on the same claims, with its interval.

    `p` is the two-sided probability of a difference at least as large if it were chance which system gave which answer,
    cluster by cluster. It keeps its level with however few claims, where the interval only does with many: go by `p`.
    """

    value: float
    low: float | None
    high: float | None
    p: float
    clusters: int


def estimates(tally: Tally, clusters: Sequence[str], resampling: Resampling = USUAL) -> dict[str, Estimate]:
    """Every score of a tally with its interval; `clusters` name the cluster of each row.

    Raises:
        ValueError: There is not one cluster a row.
    """
    places, groups = _grouped(clusters)
    rows = _summed(tally.rows, places, groups)
    drawn = [tally.scores(counts @ rows) for counts in _draws(groups, resampling)]
    return {
        name: Estimate(value, *_interval([block[name] for block in drawn], resampling.level), groups)
        for name, value in tally.values().items()
    }


def estimate(metric: Callable[[Array], float], clusters: Sequence[str], resampling: Resampling = USUAL) -> Estimate:
    """Any score with its interval; `metric` is given how often each claim counts, in their order.

    One call a resample: for what no `Tally` can say, such as the calibration error.
    """
    places, groups = _grouped(clusters)
    values = [np.array([metric(weights) for weights in counts[:, places]]) for counts in _draws(groups, resampling)]
    return Estimate(float(metric(np.ones(len(clusters)))), *_interval(values, resampling.level), groups)


def differences(
    first: Tally, second: Tally, clusters: Sequence[str], resampling: Resampling = USUAL
) -> dict[str, Difference]:
    """For every score, second minus first: tallies of one scorer, on the same claims in the same order.

    Raises:
        ValueError: There is not one cluster a row.
    """
    places, groups = _grouped(clusters)
    one, other = (_summed(tally.rows, places, groups) for tally in (first, second))
    drawn = [_minus(first, counts @ one, counts @ other) for counts in _draws(groups, resampling)]
    observed = _minus(first, one.sum(axis=0), other.sum(axis=0))
    larger = dict.fromkeys(observed, 0)
    for exchanged in _exchanges(groups, resampling):
        shift = exchanged @ (other - one)
        by_chance = _minus(first, one.sum(axis=0) + shift, other.sum(axis=0) - shift)
        for name, values in by_chance.items():
            larger[name] += int((np.abs(values) >= np.abs(observed[name]) - _TIE).sum())
    return {
        name: Difference(
            float(value),
            *_interval([block[name] for block in drawn], resampling.level),
            p=(1 + larger[name]) / (1 + resampling.resamples),
            clusters=groups,
        )
        for name, value in observed.items()
    }


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values adjusted for how many there are, in their order.

    Those that are at most 0.05 then hold all together, with a chance of at most 0.05 that any of them is an error.

    Raises:
        ValueError: One is not a probability.
    """
    if not all(0 <= p <= 1 for p in p_values):  # NaN fails this test too
        raise ValueError(f"not all are probabilities: {list(p_values)}")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = highest
    return tuple(adjusted)


def _grouped(clusters: Sequence[str]) -> tuple[NDArray[np.intp], int]:
    """The place of each claim's cluster in the order of their names, and how many clusters there are."""
    place = {name: at for at, name in enumerate(sorted(set(clusters)))}
    return np.array([place[name] for name in clusters], dtype=np.intp), len(place)


def _summed(rows: Array, places: NDArray[np.intp], groups: int) -> Array:
    if len(rows) != len(places):
        raise ValueError(f"{len(rows)} rows, {len(places)} clusters")
    sums = np.zeros((groups, rows.shape[1]))
    np.add.at(sums, places, rows)
    return sums


def _draws(groups: int, resampling: Resampling) -> Iterator[Array]:
    """How often each cluster is drawn, in blocks of resamples; nothing where there are fewer than two clusters."""
    if groups < 2:
        return
    random = np.random.default_rng(resampling.seed)
    for rows in _blocks(groups, resampling.resamples):
        drawn = random.integers(0, groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * groups).reshape(rows, groups).astype(np.float64)


def _exchanges(groups: int, resampling: Resampling) -> Iterator[Array]:
    """Whether the systems exchange their answers on each cluster, in blocks of trials."""
    random = np.random.default_rng([resampling.seed, 1])  # another stream than the draws
    for rows in _blocks(groups, resampling.resamples):
        yield random.integers(0, 2, size=(rows, groups)).astype(np.float64)


def _blocks(groups: int, resamples: int) -> Iterator[int]:
    size = max(1, _BLOCK // max(1, groups))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _interval(drawn: Sequence[Array], level: float) -> tuple[float | None, float | None]:
    if not drawn:
        return None, None
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _minus(tally: Tally, one: Array, other: Array) -> dict[str, Array]:
    before, after = tally.scores(one), tally.scores(other)
    return {name: np.asarray(after[name] - before[name]) for name in before}
