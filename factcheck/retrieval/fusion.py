"""One ranking out of several, from ranks alone: scores of different kinds do not compare."""

import math
from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

K = 60


def reciprocal_rank_fusion(rankings: Sequence[Sequence[T]], *, k: int = K) -> dict[T, float]:
    """A score for each item of some rankings, which are best first: the sum of 1 / (k + rank) over those that hold it.

    Ranks count from 1; a later place of an item in the same ranking does not count. The order of the rankings does not
    matter. A score is at most `len(rankings) / (k + 1)`.

    Source: Cormack, Clarke and Büttcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
    Learning Methods", SIGIR, doi:10.1145/1571941.1572114, whose k is 60.
    """
    shares: dict[T, list[float]] = {}
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            shares.setdefault(item, []).append(1 / (k + rank))
    return {item: math.fsum(share) for item, share in shares.items()}
