"""Whether claim and passage say the same but for a negation, or a word that says how many, how much or which way."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from factcheck.types import Check, Finding, Passage
from factcheck.wording.limits import too_long
from factcheck.wording.words import Word, word_set, words

_NEGATIONS = word_set(
    """
    no not never none nobody nothing neither nor cannot without isnt arent wasnt werent dont doesnt didnt wont cant
    couldnt
    """
)
_NO_NEGATION = re.compile(
    r"\b(?:not\s+(?:only|just|merely|necessarily|yet|until|more|less|fewer|so|even|a\s+few|because|surprising\w*)"
    r"|no\s+(?:more|less|fewer|longer|doubt|matter|sooner|other|one\s+else|\d)|nothing\s+(?:but|more|less)|none\s+other"
    r"|(?:or|little|few)\s+no|(?:whether|if|or|why|but|and|,)\s+not|never\s+(?:before|again|so)|not\s+un"
    r"|(?:not|n['’]t)\s+(?:\w+\s+){0,5}(?:until|unless|without)|\?)",
    re.IGNORECASE,
)
_GROUPS: dict[str, tuple[str, str]] = {
    word: (family, group)
    for family, group, members in (
        ("amount", "all", "all every each everyone everybody entire whole"),
        ("amount", "most", "most majority mostly"),
        ("amount", "some", "some several many"),
        ("amount", "few", "few little minority hardly scarcely"),
        ("frequency", "always", "always"),
        ("frequency", "often", "often usually frequently regularly"),
        ("frequency", "rarely", "rarely seldom occasionally"),
        (
            "direction",
            "up",
            """
            rise rises rose risen rising increase increases increased increasing grow grows grew grown growing
            climb climbs climbed climbing expand expands expanded raised raises raise
            """,
        ),
        (
            "direction",
            "down",
            """
            fall falls fell fallen falling decrease decreases decreased decreasing decline declines declined
            declining drop drops dropped dropping shrink shrinks shrank shrunk shrinking lowered lowers reduced
            reduces reduce
            """,
        ),
        (
            "comparison",
            "more",
            """
            more higher larger greater longer bigger faster stronger warmer better older taller heavier earlier
            """,
        ),
        (
            "comparison",
            "less",
            """
            less fewer lower smaller shorter slower weaker cooler colder worse younger lighter later
            """,
        ),
        ("order", "before", "before"),
        ("order", "after", "after following"),
        ("place", "first", "first earliest"),
        ("place", "last", "last final latest"),
        (
            "extreme",
            "highest",
            """
            highest largest biggest longest greatest strongest warmest best tallest fastest oldest maximum
            """,
        ),
        (
            "extreme",
            "lowest",
            """
            lowest smallest shortest weakest coldest worst slowest youngest minimum
            """,
        ),
        ("bound", "above", "above over exceeding exceeds exceeded"),
        ("bound", "below", "below under beneath"),
        ("outcome", "won", "win wins won winning"),
        ("outcome", "lost", "lose loses lost losing"),
        (
            "leave",
            "for",
            """
            supported supports accepted accepts approved approves allowed allows permitted
            """,
        ),
        ("leave", "against", "opposed opposes rejected rejects refused banned bans forbidden prohibited"),
    )
    for word in members.split()
}
# Words by which a sentence denies without a negation.
_DENIES_TOO = word_set(
    """
    unlike avoid avoids avoided instead different difference differ differs until yet lack lacks lacked refuse
    refuses refused deny denies denied fail fails failed less little few rebuke rather absence prevent prevents
    prevented impossible unable unless
    """
)
_MODAL = word_set(
    """
    should would may might must could can cannot ought some other others only always
    """
)
_PAIRS = {  # what cannot both be true, and what is merely not said
    ("all", "few"): False,
    ("most", "few"): True,
    ("few", "all"): True,
    ("few", "most"): True,
    ("all", "some"): False,
    ("all", "most"): False,
    ("most", "some"): False,
    ("always", "rarely"): True,
    ("always", "often"): False,
    ("often", "rarely"): True,
    ("rarely", "often"): True,
    ("rarely", "always"): True,
}
_MOST_TURNS = 100  # pairs of words that are looked at: each costs the time of holding both texts against each other
_LONGEST = 60  # words that tell something, of a claim
_OPPOSITE = word_set(
    """
    direction comparison order place extreme bound outcome leave
    """
)


@dataclass(frozen=True, slots=True)
class _Text:
    words: tuple[Word, ...]
    negations: tuple[Word, ...]
    turns: tuple[tuple[Word, str, str], ...]
    unclear: bool  # a negation that denies nothing
    denies_too: bool
    modal: frozenset[str]  # words under which a statement and its negation can both be true


def check(claim: str, passage: Passage) -> tuple[Finding, ...]:
    """What turns a passage that says nearly the same as the claim into another statement, in the order of the claim.

    Only words in the same order around it count, so that "A before B" and "B after A" differ in nothing. Of a text
    that is longer than `limits.LONGEST` nothing is said. English alone.
    """
    if too_long(claim, passage.quote):
        return ()
    ours, theirs = _text(claim), _text(passage.quote)
    found = [*_negated(ours, theirs), *_turned(claim, ours, passage, theirs)]
    return tuple(sorted(found, key=lambda finding: finding.claim or (0, 0)))


@lru_cache(maxsize=4096)
def _text(text: str) -> _Text:
    found = words(text)
    negations = tuple(word for word in found if word.text in _NEGATIONS or word.text.endswith("n't"))
    turns = tuple((word, *_GROUPS[word.text]) for word in found if word.text in _GROUPS)
    spoken = {word.text for word in found}
    return _Text(
        found, negations, turns, bool(_NO_NEGATION.search(text)), bool(spoken & _DENIES_TOO), frozenset(spoken & _MODAL)
    )


def _negated(ours: _Text, theirs: _Text) -> Iterator[Finding]:
    if ours.unclear or theirs.unclear or ours.denies_too or theirs.denies_too or len(ours.negations) > 1:
        return
    near = _near(ours, theirs)
    if near is None:
        return
    within = [word for word in theirs.negations if near.start <= word.start <= near.end]
    if bool(ours.negations) == bool(within) or len(within) > 1:
        return
    if bool(ours.negations) == bool(theirs.negations):
        return
    side, others = (ours, theirs) if ours.negations else (theirs, ours)
    if not _denies((ours.negations or within)[0], side, others):
        return
    [word] = ours.negations or within
    span, opposes = (word.start, word.end), near.tight and ours.modal == theirs.modal
    if ours.negations:
        detail = f"claim {word.text}, passage not negated"
        yield Finding(Check.NEGATION, "negated", detail, claim=span, opposes=opposes)
    else:
        detail = f"claim not negated, passage {word.text}"
        yield Finding(Check.NEGATION, "negated", detail, passage=span, opposes=opposes)


def _denies(negation: Word, side: _Text, others: _Text) -> bool:
    """Whether what is denied on one side, the next word that tells something, is said on the other."""
    denied = next((word for word in side.words if word.start > negation.start and _tells(word)), None)
    return denied is not None and any(word.stem == denied.stem for word in others.words)


def _turned(claim: str, ours: _Text, passage: Passage, theirs: _Text) -> Iterator[Finding]:
    if bool(ours.negations) != bool(theirs.negations):
        return
    for word, group, other, opposite in islice(_turns(ours, theirs), _MOST_TURNS):
        near = _near(ours, theirs, word, other)
        if near is None or not near.start <= other.start <= near.end:
            continue
        detail = f"claim {claim[word.start : word.end]}, passage {passage.quote[other.start : other.end]}"
        spans = (word.start, word.end), (other.start, other.end)
        yield Finding(
            Check.QUANTIFIER, group, detail, *spans, opposes=opposite and near.tight and ours.modal == theirs.modal
        )
        return


def _turns(ours: _Text, theirs: _Text) -> Iterator[tuple[Word, str, Word, bool]]:
    """A word of the claim with its group, another of the same family in the passage, and whether both can be true."""
    groups, their_groups = {turn[2] for turn in ours.turns}, {turn[2] for turn in theirs.turns}
    rest = [turn for turn in theirs.turns if turn[2] not in groups]
    for word, family, group in ours.turns if rest else ():
        if group in their_groups:
            continue
        for other, their_family, their_group in rest:
            opposite = family in _OPPOSITE or _PAIRS.get((group, their_group))
            if their_family == family and opposite is not None:
                yield word, group, other, opposite


@dataclass(frozen=True, slots=True)
class _Near:
    """The stretch of the passage that says nearly what the claim does; `tight` where hardly anything else is in it."""

    start: int
    end: int
    tight: bool


def _near(ours: _Text, theirs: _Text, turn: Word | None = None, other: Word | None = None) -> _Near | None:
    mine = [word for word in ours.words if _tells(word) and word is not turn]
    yours = [word for word in theirs.words if _tells(word) and word is not other]
    if not 3 <= len(mine) <= _LONGEST or not 1 <= len(yours) <= 4 * _LONGEST:
        return None
    if len({word.stem for word in mine} - {word.stem for word in yours}) > len(mine) // 5:
        return None
    matched = _in_order([word.stem for word in mine], [word.stem for word in yours])
    if len(matched) < len(mine) - len(mine) // 5:
        return None
    first, last = matched[0], matched[-1]
    extra = last - first + 1 - len(matched)
    if extra > max(1, len(mine) // 3):
        return None
    start, end = yours[first].start, yours[last].end
    if other is not None:
        start, end = min(start, other.start), max(end, other.end)
    tight = len(matched) == len(mine) and extra <= 1 and len(yours) - len(matched) <= len(mine)
    return _Near(max(0, start - 12), end, tight)


def _tells(word: Word) -> bool:
    return word.content and word.text not in _NEGATIONS and not word.text.endswith("n't")


def _in_order(mine: Sequence[str], yours: Sequence[str]) -> list[int]:
    """Where the longest common sequence of two lists of words stands in the second."""
    table = [[0] * (len(yours) + 1) for _ in range(len(mine) + 1)]
    for i in range(len(mine) - 1, -1, -1):
        for j in range(len(yours) - 1, -1, -1):
            table[i][j] = table[i + 1][j + 1] + 1 if mine[i] == yours[j] else max(table[i + 1][j], table[i][j + 1])
    found: list[int] = []
    i = j = 0
    while i < len(mine) and j < len(yours):
        if mine[i] == yours[j]:
            found.append(j)
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
