"""What decides between a claim and a passage, marked for the eye: numbers, negation, quantity, and the words in common.

It compares words and numbers only. It changes no verdict, and the model knows nothing of it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Self

from factcheck.corpus.analyzer import Analyzer
from factcheck.wording.numbers import Number, numbers

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_MOST_SHARED = 200  # words marked in one text: the eye has enough by then, and the page stays small
_ZERO_WIDTH_JOINER = "\u200d"
_CONTENT = "x7q5x0"  # no language takes it for a stop word

_NEGATIONS = {
    "en": "no not never none nothing nobody neither nor without cannot hardly barely scarcely",
    "de": "nicht nie niemals nichts niemand kein keine keinen keiner keines keinem weder ohne kaum",
    "fr": "pas jamais aucun aucune rien personne sans ni non",
    "es": "no nunca jamás ningún ninguna ninguno nada nadie sin ni tampoco",
    "it": "non mai nessun nessuna nessuno niente nulla senza né",
    "nl": "niet nooit geen niets niemand zonder noch nauwelijks",
    "pt": "não nunca jamais nenhum nenhuma nada ninguém sem nem",
    "sv": "inte aldrig ingen inget inga utan varken knappt",
    "da": "ikke aldrig ingen intet uden hverken næppe",
    "no": "ikke aldri ingen intet uten verken neppe",
}
_NEGATION, _AMOUNT, _COMPARISON, _DIRECTION = "negation", "amount", "comparison", "direction"
_ENGLISH = {
    "all": (_AMOUNT, "all every each always entire entirely completely everyone everybody whole"),
    "most": (_AMOUNT, "most mostly majority largely usually"),
    "some": (_AMOUNT, "some several sometimes partly partially"),
    "few": (_AMOUNT, "few little rarely seldom minority"),
    "only": (_AMOUNT, "only solely exclusively"),
    "more": (_COMPARISON, "more higher larger greater longer exceeds exceed exceeded exceeding above faster"),
    "less": (_COMPARISON, "less fewer lower smaller shorter below under slower"),
    "up": (
        _DIRECTION,
        """
increase increases increased increasing rise rises rose risen rising grow grows grew grown growing gain gains
gained gaining advance advances advanced advancing doubled tripled
""",
    ),
    "down": (
        _DIRECTION,
        """
decrease decreases decreased decreasing fall falls fell fallen falling decline declines declined declining
shrink shrinks shrank shrunk shrinking lose loses lost losing drop drops dropped dropping retreat retreats
retreated retreating halved
""",
    ),
}
_TURNS = {word: (family, group) for group, (family, words) in _ENGLISH.items() for word in words.split()}


class Kind(StrEnum):
    """Why a span is marked."""

    SHARED = "shared"  # a content word that both have
    SAME = "same"  # a number, negation or word of amount that both have
    DIFFERS = "differs"  # one that the other lacks


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span, in code points."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What claim and passage do not have in common, in their own words; one side may be empty."""

    what: str  # number, percentage, year, negation, amount, comparison, direction
    claim: tuple[str, ...]
    passage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim beside a passage: the marks of both in text order, not overlapping, and what does not fit in words."""

    claim: tuple[Mark, ...]
    passage: tuple[Mark, ...]
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked in one way, or not at all."""

    text: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """A word that can turn a sentence: `family` is what it is about, `group` what it says of that."""

    start: int
    end: int
    family: str
    group: str


def compare_all(
    claim: str, passages: Sequence[str], *, analyzer: Analyzer | None = None, language: str = "en"
) -> list[Comparison]:
    """The comparison of a claim with each of some passages; words in common need the analyzer of their language."""
    ours, *theirs = (_Text.of(text, language) for text in (claim, *passages))
    stems = _stems([ours, *theirs], analyzer) if analyzer is not None else {}
    return [_compare(ours, other, stems) for other in theirs]


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """The text cut at its marks; put together again, the pieces are the text."""
    found: list[Piece] = []
    end = 0
    for mark in marks:
        found += [Piece(text[end : mark.start]), Piece(text[mark.start : mark.end], mark.kind)]
        end = mark.end
    return [piece for piece in (*found, Piece(text[end:])) if piece.text]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with what is compared of it."""

    text: str
    words: tuple[tuple[int, int, str], ...]
    numbers: tuple[Number, ...]
    turns: tuple[_Turn, ...]
    values: Mapping[Fraction, frozenset[str]]  # with the units that they come in

    @classmethod
    def of(cls, text: str, language: str) -> Self:
        words = tuple((match.start(), match.end(), match.group().lower()) for match in _WORD.finditer(text))
        found = tuple(numbers(text, language=language))
        values: dict[Fraction, set[str]] = {}
        for number in found:
            for value in number.values:
                values.setdefault(value, set()).add(number.unit)
        units = {value: frozenset(units) for value, units in values.items()}
        return cls(text, words, found, tuple(_turns(words, language)), units)

    def has(self, number: Number) -> bool:
        """Whether one of its numbers can mean the same."""
        for value in number.values:
            units = self.values.get(value)
            if units is not None and (not number.unit or number.unit in units or "" in units):
                return True
        return False


def _compare(claim: _Text, passage: _Text, stems: Mapping[str, str]) -> Comparison:
    shared = {stems.get(word) for _, _, word in claim.words} & {stems.get(word) for _, _, word in passage.words}
    return Comparison(
        _tidy(claim.text, _marks(claim, passage, shared, stems)),
        _tidy(passage.text, _marks(passage, claim, shared, stems)),
        (*_number_mismatches(claim, passage), *_turn_mismatches(claim, passage)),
    )


def _marks(ours: _Text, theirs: _Text, shared: set[str | None], stems: Mapping[str, str]) -> Iterator[Mark]:
    """The marks of one text beside another; of two that overlap the first counts."""
    for number in ours.numbers:
        if theirs.has(number):
            yield Mark(number.start, number.end, Kind.SAME)
        elif number.sure:
            yield Mark(number.start, number.end, Kind.DIFFERS)
    groups = {turn.group for turn in theirs.turns}
    families = _families_that_differ(ours.turns, theirs.turns)
    for turn in ours.turns:
        if turn.family in families and turn.group not in groups:
            yield Mark(turn.start, turn.end, Kind.DIFFERS)
        elif turn.group in groups:
            yield Mark(turn.start, turn.end, Kind.SAME)
    in_common = (word for word in ours.words if (stem := stems.get(word[2])) is not None and stem in shared)
    for start, end, _ in islice(in_common, _MOST_SHARED):
        yield Mark(start, end, Kind.SHARED)


def _number_mismatches(claim: _Text, passage: _Text) -> Iterator[Mismatch]:
    alone = [number for number in claim.numbers if number.sure and not passage.has(number)]
    their_alone = [number for number in passage.numbers if number.sure and not claim.has(number)]
    for kind in dict.fromkeys(number.kind for number in (*alone, *their_alone)):
        yield Mismatch(
            kind,
            _spelled(claim.text, [number for number in alone if number.kind == kind]),
            _spelled(passage.text, [number for number in their_alone if number.kind == kind]),
        )


def _turns(words: Iterable[tuple[int, int, str]], language: str) -> Iterator[_Turn]:
    negations = frozenset(_NEGATIONS.get(language, "").split())
    for start, end, word in words:
        plain = word.replace("’", "'")
        if plain in negations or (language == "en" and plain.endswith("n't")):
            yield _Turn(start, end, _NEGATION, _NEGATION)
        elif language == "en" and plain in _TURNS:
            yield _Turn(start, end, *_TURNS[plain])


def _turn_mismatches(claim: _Text, passage: _Text) -> Iterator[Mismatch]:
    groups, their_groups = {turn.group for turn in claim.turns}, {turn.group for turn in passage.turns}
    for family in sorted(_families_that_differ(claim.turns, passage.turns)):
        ours = [turn for turn in claim.turns if turn.family == family and turn.group not in their_groups]
        theirs = [turn for turn in passage.turns if turn.family == family and turn.group not in groups]
        yield Mismatch(family, _spelled(claim.text, ours), _spelled(passage.text, theirs))


def _families_that_differ(one: Iterable[_Turn], other: Iterable[_Turn]) -> set[str]:
    """Negation in one text alone; amount, comparison or direction in both, and nothing of it in common."""
    found = set()
    for family in (_NEGATION, _AMOUNT, _COMPARISON, _DIRECTION):
        here, there = ({turn.group for turn in turns if turn.family == family} for turns in (one, other))
        if here != there and (family == _NEGATION or (here and there and not here & there)):
            found.add(family)
    return found


def _stems(texts: Sequence[_Text], analyzer: Analyzer) -> dict[str, str]:
    """The stem of every word of some texts that is no stop word."""
    words = list(dict.fromkeys(word for text in texts for _, _, word in text.words))
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


def _spelled(text: str, spans: Iterable[Number | _Turn]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(text[span.start : span.end].split()) for span in spans))
