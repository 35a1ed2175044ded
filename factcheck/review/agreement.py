"""How far reviewers agree beyond chance."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from factcheck.types import Label


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers on the claims that both decided.

    `kappa` is None where both always gave one and the same verdict: chance alone would agree as well.
    """

    reviewers: tuple[str, str]
    claims: int
    same: int
    kappa: float | None


def agreements(decided: Iterable[Mapping[str, Label]]) -> list[Agreement]:
    """The agreement of each two reviewers who decided a claim in common, by name.

    Args:
        decided: For each claim the label that each reviewer gave it.
    """
    pairs: dict[tuple[str, str], Counter[tuple[Label, Label]]] = {}
    for labels in decided:
        for one, other in combinations(sorted(labels), 2):
            pairs.setdefault((one, other), Counter())[labels[one], labels[other]] += 1
    return [
        Agreement(
            names, counts.total(), sum(n for (one, other), n in counts.items() if one is other), cohen_kappa(counts)
        )
        for names, counts in sorted(pairs.items())
    ]


def cohen_kappa(counts: Mapping[tuple[Label, Label], int]) -> float | None:
    """Cohen's kappa of two reviewers, from how often each pair of labels was given; None where chance agrees always.

    Source: Cohen 1960, doi:10.1177/001316446002000104: (p_o - p_e) / (1 - p_e).
    """
    total = sum(counts.values())
    first, second = Counter[Label](), Counter[Label]()
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    observed = sum(count for (one, other), count in counts.items() if one is other) * total
    expected = sum(first[label] * second[label] for label in Label)  # both times total², so that 1 is exact
    return None if expected == total * total else (observed - expected) / (total * total - expected)
