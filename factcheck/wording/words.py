"""The words of a sentence for comparing it with another: content words by their stems, and clauses."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_BREAK = re.compile(
    r"[;:()\[\]—]|\s[–-]\s|,(?=\s)|\.(?=\s)|\b(?:but|while|whereas|although|though|which|who|whose|when|after|before|and)\b",
    re.IGNORECASE,
)


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """
    a an the this that these those it its he she they them their his her hers him we us our you your i my me one
    ones of in on at by to for from with as into onto over under up down out off about than then there here is are
    was were be been being am do does did done has have had having will would shall should can could may might must
    and or but nor so if while when where which who whom whose what how why that because since until during between
    among also just very too such same other another some any each both either per via s t
    """
)
_IRREGULAR = {
    form: forms.split()[0]
    for forms in """
    rise rose risen
    fall fell fallen
    grow grew grown
    win won
    build built
    lose lost
    sell sold
    buy bought
    pay paid
    make made
    hold held
    take took taken
    give gave given
    lead led
    begin began begun
    become became
    send sent
    spend spent
    find found
    show shown
    shrink shrank shrunk
    come came
    go went gone
    get got gotten
    know knew known
    see saw seen
    say said
    tell told
    write wrote written
    speak spoke spoken
    run ran
    leave left
    meet met
    keep kept
    stand stood
    die died dead death dying
    bear born birth
    think thought
    bring brought
    teach taught
    sing sang sung
    throw threw thrown
    man men
    woman women
    child children
    person people
    foot feet
    be being
    cost costs
    has have
    """.strip().splitlines()
    for form in forms.split()
}
_SUFFIXES = sorted(
    (
        (suffix, kept)
        for kept, suffixes in (
            ("at", "ational"),
            ("y", "ied ies"),
            ("", "isations izations isation ization ations ation iness ingly ings ing edly ions ion ments ment"),
            ("", "ers ors ed er or es ly s e"),
        )
        for suffix in suffixes.split()
    ),
    key=lambda item: -len(item[0]),
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its stem."""

    start: int
    end: int
    text: str  # lower case
    stem: str

    @property
    def content(self) -> bool:
        """Whether it says what a sentence is about."""
        return self.text not in STOP_WORDS


def words(text: str) -> tuple[Word, ...]:
    """The words of a text in order, digits too."""
    return tuple(
        Word(match.start(), match.end(), lower, stem(lower))
        for match in _WORD.finditer(text)
        for lower in [match.group().lower().replace("’", "'").removesuffix("'s")]
    )


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What the forms of an English word have in common; never shorter than three letters."""
    if known := _IRREGULAR.get(word):
        return known.removesuffix("e")
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith(("ss", "us", "is")):
            word = word[: len(word) - len(suffix)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word


def clause_of(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch of a text around a span, up to the next comma, bracket or conjunction on either side."""
    starts, ends = _breaks(text)
    before, after = bisect_right(ends, start), bisect_left(starts, end)
    return ends[before - 1] if before else 0, starts[after] if after < len(starts) else len(text)


@lru_cache(maxsize=64)
def _breaks(text: str) -> tuple[list[int], list[int]]:
    """Where the breaks of a text begin, and where they end."""
    found = [match.span() for match in _BREAK.finditer(text)]
    return [start for start, _ in found], [end for _, end in found]
