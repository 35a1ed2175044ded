"""Scores as functions of sums over claims, so that a resample of the claims is a sum with other weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What each claim adds to some sums, and the scores that follow from them.

    `rows` has a row a claim. `scores` takes sums of rows, shape (..., columns), and gives each score by name, shape
    (...).

    Raises:
        ValueError: `rows` is no matrix.
    """

    rows: Array
    scores: Callable[[Array], Mapping[str, Array]]

    def __post_init__(self) -> None:
        if self.rows.ndim != 2:
            raise ValueError(f"rows of a tally have {self.rows.ndim} dimensions")

    def values(self) -> dict[str, float]:
        """The scores of all claims together."""
        return {name: float(value) for name, value in self.scores(self.rows.sum(axis=0)).items()}


@dataclass(frozen=True, slots=True)
class F1:
    """Precision, recall, and their harmonic mean."""

    precision: float
    recall: float
    f1: float


def ratio(part: Array, whole: Array) -> Array:
    """`part / whole`, and 0 where `whole` is 0."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole != 0)


def harmonic(precision: Array, recall: Array) -> Array:
    """F1: the harmonic mean, and 0 where both are 0."""
    return ratio(2 * precision * recall, precision + recall)


def matrix(rows: list[list[float]], columns: int) -> Array:
    """Rows as an array that has its columns even where there is no row."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), columns)
