"""What decides between a claim and a passage, marked for the eye.

What differs is what the verdict's own checks found; figures that agree and words in common are told beside it, for the
eye alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from factcheck.corpus.analyzer import Analyzer
from factcheck.types import Finding
from factcheck.wording.quantity import shared

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_MOST_SHARED = 200  # words marked in one text: the eye has enough by then, and the page stays small
_ZERO_WIDTH_JOINER = "\u200d"
_CONTENT = "x7q5x0"  # no language takes it for a stop word


class Kind(StrEnum):
    """Why a span is marked."""

    SHARED = "shared"  # a content word that both have
    SAME = "same"  # a figure or date that both have
    DIFFERS = "differs"  # what a finding points at


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span, in code points."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Read:
    """A passage's quote, and what was found in its words against taking its probabilities at their word."""

    quote: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim beside a passage: the marks of both in text order, not overlapping."""

    claim: tuple[Mark, ...]
    passage: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked in one way, or not at all."""

    text: str
    kind: Kind | None = None


_Words = tuple[tuple[int, int, str], ...]


def compare_all(
    claim: str, passages: Sequence[Read], *, analyzer: Analyzer | None = None, language: str = "en"
) -> list[Comparison]:
    """The comparison of a claim with each of some passages; words in common need the analyzer of their language."""
    ours, *theirs = (_words(text) for text in (claim, *(passage.quote for passage in passages)))
    stems = _stems([ours, *theirs], analyzer) if analyzer is not None else {}
    found = []
    for passage, words in zip(passages, theirs, strict=True):
        agreed = shared(claim, passage.quote, language=language)
        common = {stems.get(word) for _, _, word in ours} & {stems.get(word) for _, _, word in words}
        pairs = (
            (claim, [one.claim for one in passage.findings], [mine for mine, _ in agreed], ours),
            (passage.quote, [one.passage for one in passage.findings], [there for _, there in agreed], words),
        )
        marks = [
            _tidy(text, [*_spans(text, found_there, Kind.DIFFERS), *_spans(text, same, Kind.SAME), *in_common])
            for text, found_there, same, spoken in pairs
            for in_common in (_in_common(spoken, stems, common),)
        ]
        found.append(Comparison(*marks))
    return found


def differing(text: str, spans: Iterable[tuple[int, int] | None]) -> tuple[Mark, ...]:
    """What findings point at in a text, by their spans there, as marks."""
    return _tidy(text, _spans(text, spans, Kind.DIFFERS))


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """The text cut at its marks; put together again, the pieces are the text."""
    found: list[Piece] = []
    end = 0
    for mark in marks:
        found += [Piece(text[end : mark.start]), Piece(text[mark.start : mark.end], mark.kind)]
        end = mark.end
    return [piece for piece in (*found, Piece(text[end:])) if piece.text]


def _words(text: str) -> _Words:
    return tuple((match.start(), match.end(), match.group().lower()) for match in _WORD.finditer(text))


def _spans(text: str, spans: Iterable[tuple[int, int] | None], kind: Kind) -> Iterator[Mark]:
    """Marks of the spans that lie in the text."""
    for span in spans:
        if span is not None and 0 <= span[0] < span[1] <= len(text):
            yield Mark(*span, kind)


def _in_common(words: _Words, stems: Mapping[str, str], common: set[str | None]) -> list[Mark]:
    there = (word for word in words if (stem := stems.get(word[2])) is not None and stem in common)
    return [Mark(start, end, Kind.SHARED) for start, end, _ in islice(there, _MOST_SHARED)]


def _stems(texts: Sequence[_Words], analyzer: Analyzer) -> dict[str, str]:
    """The stem of every word of some texts that is no stop word."""
    words = list(dict.fromkeys(word for text in texts for _, _, word in text))
    # Each beside a word that is no stop word: alone, a stop word would be searched for.
    kept = analyzer.queries([f"{word} {_CONTENT}" for word in words])
    content = [word for word, query in zip(words, kept, strict=True) if query != _CONTENT]
    return {word: " ".join(stem) for word, stem in zip(content, analyzer.words_of(content), strict=True) if stem}


def _tidy(text: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks in text order, the earlier ones of the list first where two overlap, no sign torn from its accents."""
    kept: list[Mark] = []
    taken: set[int] = set()
    for mark in marks:
        end = mark.end
        while end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end] == _ZERO_WIDTH_JOINER):
            end += 1
        if taken.isdisjoint(range(mark.start, end)):
            taken.update(range(mark.start, end))
            kept.append(Mark(mark.start, end, mark.kind))
    return tuple(sorted(kept, key=lambda mark: mark.start))
