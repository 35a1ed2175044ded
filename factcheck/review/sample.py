"""An honest look at a run: claims drawn at random, decided without seeing the verdict, and what that says of all."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factcheck.types import Label

_LEAST = 5  # claims of each verdict, where there are so many: a rare verdict is looked at too


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn: `strata` has the claims' positions by the machine's verdict, in the order of drawing."""

    seed: int
    strata: Mapping[Label, tuple[int, ...]]
    sizes: Mapping[Label, int]  # claims of each verdict in the whole run

    @property
    def positions(self) -> list[int]:
        """All that were drawn, mixed so that their order does not tell the verdict."""
        drawn = [position for stratum in self.strata.values() for position in stratum]
        return sorted(drawn, key=lambda position: _lot(self.seed, position, "order"))

    def drawn(self, label: Label) -> str:
        """What a decision stores of how its claim was drawn."""
        return f"sample:{self.seed}:{len(self.strata[label])}/{self.sizes[label]}:{label.value}"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of the run's verdicts that are right, as the sample tells it, with its interval."""

    decided: int
    right: int
    share: float
    low: float
    high: float
    by_label: Mapping[Label, tuple[int, int]]  # right, decided


def draw(positions: Mapping[Label, Sequence[int]], size: int, *, seed: int) -> Sample:
    """A random sample, stratified by the machine's verdict: in proportion, but some of every verdict.

    The same seed draws the same claims from the same verdicts; a larger sample holds the smaller one's claims.
    """
    total = sum(map(len, positions.values()))
    strata = {}
    for label, members in positions.items():
        share = round(size * len(members) / total) if total else 0
        count = min(len(members), max(share, min(_LEAST, size)))
        strata[label] = tuple(sorted(members, key=lambda position: _lot(seed, position, "draw"))[:count])
    return Sample(seed, strata, {label: len(members) for label, members in positions.items()})


def accuracy(sizes: Mapping[Label, int], by_label: Mapping[Label, tuple[int, int]]) -> Accuracy | None:
    """The accuracy of a run from its decided draws; None before every verdict that the run has was drawn and decided.

    The stratified estimate is Σ W_h p_h. Its 95 % interval is Wilson's, with the number of simple random draws that
    would have the same variance, Σ W_h² p_h (1 - p_h) / n_h · (1 - n_h / N_h), where p_h is drawn half a success and
    half a failure towards the middle, so that a stratum without an error does not count as sure.

    Sources: Cochran 1977, Sampling Techniques, 5.3; Wilson 1927, doi:10.1080/01621459.1927.10502953; Dean and Pagano
    2015, doi:10.1093/jssam/smv024, for Wilson's interval with the effective sample size.

    Args:
        sizes: How many claims of each verdict the run has.
        by_label: For each verdict, how many of the drawn and decided claims it was right on, and how many there are.
    """
    total = sum(sizes.values())
    there = [label for label, size in sizes.items() if size]
    if not there or any(by_label.get(label, (0, 0))[1] == 0 for label in there):
        return None
    share = variance = smooth = 0.0
    for label in there:
        right, decided = by_label[label]
        weight = sizes[label] / total
        near = (right + 0.5) / (decided + 1)
        share += weight * right / decided
        smooth += weight * near
        variance += weight**2 * near * (1 - near) / decided * (1 - decided / sizes[label])
    right, decided = (sum(by_label[label][at] for label in there) for at in (0, 1))
    if variance == 0:  # every claim of the run was decided
        return Accuracy(decided, right, share, share, share, dict(by_label))
    low, high = _wilson(share, smooth * (1 - smooth) / variance)
    return Accuracy(decided, right, share, low, high, dict(by_label))


def _wilson(share: float, draws: float, z: float = 1.959963984540054) -> tuple[float, float]:
    middle = (share + z * z / (2 * draws)) / (1 + z * z / draws)
    half = z / (1 + z * z / draws) * math.sqrt(share * (1 - share) / draws + z * z / (4 * draws * draws))
    return (middle - half if share > 0 else 0.0), (middle + half if share < 1 else 1.0)  # exact at both ends


def _lot(seed: int, position: int, purpose: str) -> bytes:
    return hashlib.sha256(f"{seed}:{position}:{purpose}".encode()).digest()
