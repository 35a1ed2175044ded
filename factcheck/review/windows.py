"""A document's text around the passages that were quoted from it, cut where it is long."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

WHOLE = 60_000  # characters of a text that is shown without a cut
AROUND = 500  # characters before and after a quote of a longer one


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a text; `quotes` are the numbers of the quotes that it belongs to."""

    text: str
    start: int
    quotes: tuple[int, ...] = ()
    first: tuple[int, ...] = ()  # of them those that begin here


@dataclass(frozen=True, slots=True)
class Gap:
    """Text that is left out."""

    characters: int


def windows(text: str, quotes: Iterable[tuple[int, int]]) -> list[Span | Gap]:
    """The text in order as spans and gaps; quotes may overlap, and lie inside the text."""
    numbered = [(start, end, number) for number, (start, end) in enumerate(quotes)]
    found: list[Span | Gap] = []
    at = 0
    for start, end in _shown(text, [(start, end) for start, end, _ in numbered]):
        if start > at:
            found.append(Gap(start - at))
        found += _spans(text, start, end, [quote for quote in numbered if quote[0] < end and quote[1] > start])
        at = end
    if at < len(text):
        found.append(Gap(len(text) - at))
    return found


def _shown(text: str, quotes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts that are shown, in order and apart from each other, cut between words."""
    if len(text) <= WHOLE:
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    for first, last in sorted(quotes):
        start, end = _word_start(text, first - AROUND, first), _word_end(text, last + AROUND, last)
        if parts and start <= parts[-1][1]:
            parts[-1] = parts[-1][0], max(end, parts[-1][1])
        else:
            parts.append((start, end))
    return parts


def _word_start(text: str, at: int, most: int) -> int:
    if at <= 0:
        return 0
    blank = next((place for place in range(at, most) if text[place].isspace()), None)
    return at if blank is None else blank + 1


def _word_end(text: str, at: int, least: int) -> int:
    if at >= len(text):
        return len(text)
    return next((place for place in range(at, least, -1) if text[place].isspace()), at)


def _spans(text: str, start: int, end: int, quotes: list[tuple[int, int, int]]) -> list[Span | Gap]:
    edges = {start, end} | {edge for quote in quotes for edge in quote[:2] if start < edge < end}
    cuts = sorted(edges)
    return [
        Span(
            text[first:last],
            first,
            tuple(number for begin, stop, number in quotes if begin <= first and stop >= last),
            tuple(number for begin, _, number in quotes if begin == first),
        )
        for first, last in pairwise(cuts)
    ]
