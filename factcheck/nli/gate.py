"""The quality gate: how far a faster way of computing a model may differ from the model in fp32."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from factcheck.assets import asset
from factcheck.types import NLIScores

MIN_PAIRS = 2_000
_CALIBRATE_EVERY = 6
MAX_FLIPS = 0.005  # share of pairs
MAX_MEAN_DIFFERENCE = 0.02
THRESHOLD = 0.5  # the least probability at which a verdict takes a side


def gate_pairs() -> tuple[tuple[str, str], ...]:
    """The bundled pairs, all distinct, premise first: what retrieval shows a model of the bundled collections.

    Those that int8 is calibrated on are not among them. `benchmarks/gate_pairs.py` makes the file.
    """
    return tuple(pair for at, pair in enumerate(_pairs()) if at % _CALIBRATE_EVERY)


def calibration_pairs() -> tuple[tuple[str, str], ...]:
    """The bundled pairs on which the ranges of activations are measured; none of them is in the gate."""
    return _pairs()[::_CALIBRATE_EVERY]


def _pairs() -> tuple[tuple[str, str], ...]:
    content = json.loads(asset("claims/gate-pairs.json").read_text("utf-8"))
    premises = content["premises"]
    return tuple((premises[at], claim) for claim, found in content["claims"] for at in found)


@dataclass(frozen=True, slots=True)
class Gate:
    """How the scores of the same pairs differ from those in fp32.

    A pair's difference is that of the class that differs most; `mean_difference` is its mean over the pairs.
    """

    pairs: int
    flips: int  # pairs whose most probable class is another one
    mean_difference: float
    max_difference: float
    crossings: int  # pairs of which a probability of entailment or contradiction crosses `THRESHOLD`

    @property
    def flip_share(self) -> float:
        """Flips / pairs; 0.0 of no pairs."""
        return self.flips / self.pairs if self.pairs else 0.0

    @property
    def passed(self) -> bool:
        """Whether there are enough pairs and they differ little enough."""
        within = self.flip_share <= MAX_FLIPS and self.mean_difference <= MAX_MEAN_DIFFERENCE
        return within and self.pairs >= MIN_PAIRS

    def __str__(self) -> str:
        return (
            f"{self.flips:,} of {self.pairs:,} pairs change class ({self.flip_share:.2%}, at most {MAX_FLIPS:.1%}); "
            f"probabilities differ by {self.mean_difference:.4f} in the mean (at most {MAX_MEAN_DIFFERENCE}), "
            f"{self.max_difference:.4f} at most; {self.crossings:,} cross {THRESHOLD}"
        )


def compare(reference: Sequence[NLIScores], scores: Sequence[NLIScores]) -> Gate:
    """Compare the scores of pairs with those that fp32 gives the same pairs, in the same order."""
    both = list(zip(reference, scores, strict=True))
    differences = [difference(one, other) for one, other in both]
    return Gate(
        pairs=len(both),
        flips=sum(best_class(one) != best_class(other) for one, other in both),
        mean_difference=round(sum(differences) / len(both), 6) if both else 0.0,
        max_difference=round(max(differences, default=0.0), 6),
        crossings=sum(_sides(one) != _sides(other) for one, other in both),
    )


def difference(one: NLIScores, other: NLIScores) -> float:
    """The difference of the probability that differs most."""
    return max(
        abs(one.entailment - other.entailment),
        abs(one.neutral - other.neutral),
        abs(one.contradiction - other.contradiction),
    )


def best_class(scores: NLIScores) -> str:
    """The most probable class; of equal ones, the first of entailment, neutral, contradiction."""
    return max(("entailment", "neutral", "contradiction"), key=lambda name: float(getattr(scores, name)))


def _sides(scores: NLIScores) -> tuple[bool, bool]:
    return scores.entailment >= THRESHOLD, scores.contradiction >= THRESHOLD
