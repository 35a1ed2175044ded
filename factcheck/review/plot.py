"""How verdicts lie by score, as bars to draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factcheck.types import Label

BINS = 10
WIDTH, HEIGHT = 100.0, 32.0  # of the drawing, in its own units
_GAP = 1.5
_LEAST = 1.0  # height of what is there at all


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what it stands for: `count` verdicts with a score from `least` to `most`."""

    x: float
    y: float
    width: float
    height: float
    least: float
    most: float
    count: int


@dataclass(frozen=True, slots=True)
class Plot:
    """The bars of one verdict, to a scale of their own, and the same in words."""

    bars: tuple[Bar, ...]
    told: str


def plots(histogram: Mapping[Label, Sequence[int]], words: Mapping[Label, str]) -> dict[Label, Plot]:
    """For each label its bars."""
    return {label: _plot(counts, words[label]) for label, counts in histogram.items()}


def _plot(counts: Sequence[int], word: str) -> Plot:
    highest, step = max(counts), WIDTH / len(counts)
    bars = []
    for at, count in enumerate(counts):
        height = max(_LEAST, HEIGHT * count / highest) if count else 0.0
        edges = at / len(counts), (at + 1) / len(counts)
        place = (round(at * step + _GAP / 2, 2), round(HEIGHT - height, 2), round(step - _GAP, 2), round(height, 2))
        bars.append(Bar(*place, *edges, count))
    there = [f"{bar.count:,} from {bar.least:g} to {bar.most:g}" for bar in bars if bar.count]
    return Plot(tuple(bars), f"{word} by score: {', '.join(there) or 'none'}")
