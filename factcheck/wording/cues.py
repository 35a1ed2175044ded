"""Which words of a claim a cue in a passage governs: what the looks at cue words share. English.

There is no parser: clauses are cut at punctuation and conjunctions. That is right often enough to tie a cue to its
words, and cheap enough to be done for every passage.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factcheck.wording.words import Word

Span = tuple[int, int]

# Where a clause ends that a cue governs: a stop within the sentence, or a conjunction that opens another statement.
_END = re.compile(
    r"""
    [;:\u2014()\[\]] | \s[\u2013-]+\s | [.!?]["'\u2019\u201d)]*\s(?=["'\u201c\u2018(]?[A-Z])
    | ,\s+(?:but|yet|and|while|whereas|although|though|because|which|who|whose|where|so|nor)\b
    | \s(?:but|although|though|whereas|because)\s
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Where a clause begins that a cue stands in: a comma suffices.
_START = re.compile(
    r"""
    [;:,\u2014()\[\]"\u201c\u201d] | \s[\u2013-]+\s | [.!?]\s
    | \s(?:but|and|or|although|though|whereas|because|while|that|which|who|if|when|where|since|so|as)\s
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?;:]\s")


QUOTED, ATTRIBUTED, DENIED, ASKED = "quoted", "attributed", "denied", "asked"
SUPPOSED, PLANNED, HEDGED = "supposed", "planned", "hedged"


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue and what it governs.

    The subject of its clause is said of both readings, so it speaks neither for nor against. `speaker` is who is said
    to say it. `verb` says that a verb is governed that follows at once, `own` that the passage denies it in its own
    voice, `later` that it speaks of a time to come and no more.
    """

    kind: str
    span: Span
    scope: tuple[Span, ...]
    subject: Span | None = None
    speaker: str | None = None
    verb: bool = False
    own: bool = False
    later: bool = False


def pattern(text: str) -> re.Pattern[str]:
    """The pattern, in which blanks stand for white space and line breaks for nothing."""
    return re.compile(re.sub(r"\n\s*", "", text), re.IGNORECASE)


def ahead(text: str, at: int) -> str:
    """What stands close before a place: patterns that end there need not be tried from the beginning of the text."""
    return text[max(0, at - 60) : at]


def clause_end(text: str, start: int) -> int:
    """Where the clause that goes on at `start` ends."""
    ends = _bounds(text).ends
    at = bisect_left(ends, start)
    return ends[at] if at < len(ends) else len(text)


def clause_start(text: str, end: int) -> int:
    """Where the clause that goes on until `end` begins."""
    return _last(_bounds(text).starts, end)


def sentence_start(text: str, end: int) -> int:
    """Where the sentence that goes on until `end` begins, or its part after a colon or semicolon."""
    return _last(_bounds(text).sentences, end)


def _last(places: Sequence[int], end: int) -> int:
    at = bisect_right(places, end)
    return places[at - 1] if at else 0


@dataclass(frozen=True, slots=True)
class _Bounds:
    ends: Sequence[int]
    starts: Sequence[int]
    sentences: Sequence[int]


@lru_cache(maxsize=64)
def _bounds(text: str) -> _Bounds:
    """Where clauses end and begin and sentences begin, all that a text has: a text can have many cues."""
    return _Bounds(
        [*_ends(text)],
        [match.end() for match in _START.finditer(text)],
        [match.end() for match in _SENTENCE.finditer(text)],
    )


def _ends(text: str) -> Iterator[int]:
    """Where clauses end, also where one of two ends that overlap is within the other: ", but "."""
    match = _END.search(text)
    while match:
        yield match.start()
        match = _END.search(text, match.start() + 1)


def plain(text: str) -> str:
    """The text with straight apostrophes and blanks; offsets stay."""
    return text.translate(_PLAIN)


_PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00a0": " ", "\n": " ", "\t": " "})


def stems(found: Iterable[Word]) -> frozenset[str]:
    """The stems of the content words."""
    return frozenset(word.stem for word in found if word.content)


def stems_within(found: Sequence[Word], *spans: Span) -> frozenset[str]:
    """The stems of the content words that stand in one of the spans."""
    return stems(word for word in found if any(low <= word.start and word.end <= high for low, high in spans))


def stems_outside(found: Sequence[Word], *spans: Span) -> frozenset[str]:
    """The stems of the content words that stand in none of the spans."""
    return stems(word for word in found if not any(low < word.end and word.start < high for low, high in spans))


_BEGINNING = 4
_LETTERS = re.compile(r"[a-z]+")


def listed(words: str) -> frozenset[str]:
    """The words of a list that is written with blanks between them."""
    return frozenset(words.split())


def starts_in(text: str) -> set[str]:
    """The first four letters of the words of a text, in small letters; and a question mark where there is one."""
    found = {word[:_BEGINNING] for word in _LETTERS.findall(text.lower())}
    return found | {"?"} if "?" in text else found
