"""What a sample says about a rate: the exact interval of a proportion, and the exact test of a change.

The interval is that of Clopper and Pearson (The use of confidence or fiducial limits illustrated in the case of the
binomial, Biometrika 26, 1934, 404-413). The score interval of Wilson (JASA 22, 1927, 209-212) is narrower on average,
but it keeps its level on average only, and gates stand where it does not: at a limit of 1 % and 17 claims, one claim
in a sample whose true rate is the limit lies outside with probability 0.157 instead of 0.025. Here it never exceeds the
level, at whatever rate and number. The price is a few claims more.

The test is the exact form of McNemar's (Psychometrika 12, 1947, 153-157): among pairs that changed, either direction is
as likely as the other.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MOST: Final = 10**9  # claims; a rate so near to its limit is as good as on it
_HALVINGS: Final = 60  # of the interval from 0 to 1: beyond what a float tells apart


@dataclass(frozen=True, slots=True)
class Interval:
    """Two rates, both within."""

    low: float
    high: float


def at_least(count: int, n: int, rate: float) -> float:
    """Probability of `count` or more successes in `n` independent trials of probability `rate`."""
    if count <= 0 or rate >= 1:
        return float(count <= n)
    if count > n or rate <= 0:
        return 0.0
    if count <= n * rate:  # the other tail, whose terms fall from its first on
        return 1 - at_least(n - count + 1, n, 1 - rate)
    term = math.exp(
        math.lgamma(n + 1)
        - math.lgamma(count + 1)
        - math.lgamma(n - count + 1)
        + count * math.log(rate)
        + (n - count) * math.log1p(-rate)
    )
    odds, total = rate / (1 - rate), 0.0
    for successes in range(count, n + 1):
        total += term
        term *= (n - successes) / (successes + 1) * odds
        if term <= total * 1e-17:
            break
    return min(total, 1.0)


def at_most(count: int, n: int, rate: float) -> float:
    """Probability of `count` or fewer successes in `n` independent trials of probability `rate`."""
    return at_least(n - count, n, 1 - rate)


def surely_above(count: int, n: int, rate: float, level: float) -> bool:
    """Whether the whole interval of `count` in `n` lies above a rate."""
    return at_least(count, n, rate) < (1 - level) / 2


def surely_below(count: int, n: int, rate: float, level: float) -> bool:
    """Whether the whole interval of `count` in `n` lies below a rate."""
    return at_most(count, n, rate) < (1 - level) / 2


def interval(count: int, n: int, level: float) -> Interval:
    """The two-sided exact interval of a proportion; of nothing in nothing, everything from 0 to 1.

    Each end is missed with a probability of at most half of what `level` leaves.
    """
    low, high = 0.0, 1.0
    if count > 0:
        low = _turning(lambda rate: surely_above(count, n, rate, level))
    if count < n:
        high = 1 - _turning(lambda rate: surely_below(count, n, 1 - rate, level))
    return Interval(low, high)


def enough(count: int, n: int, rate: float, level: float) -> int | None:
    """About how many claims would put the interval on one side of a limit, at the share found in `n` so far.

    None where the share is the limit, or so near that a thousand million claims would not do.
    """
    share = count / n

    def decides(number: int) -> bool:
        expected = round(share * number)
        return surely_above(expected, number, rate, level) or surely_below(expected, number, rate, level)

    few, many = n, 2 * n
    while not decides(many):
        few, many = many, 2 * many
        if many > _MOST:
            return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if decides(middle) else (middle, many)
    return many


def worse_by_chance(worse: int, better: int) -> float:
    """Probability that chance alone makes at least `worse` of all changed pairs change for the worse."""
    return at_least(worse, worse + better, 0.5)


def _turning(holds: Callable[[float], bool]) -> float:
    """The largest rate at which something holds that holds at 0, and from some rate on no more."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
