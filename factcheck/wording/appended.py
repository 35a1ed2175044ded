"""What is appended to one predicate: a relative clause, a change in figures, a second count, two names for one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from factcheck.wording.grammar import (
    BACK_REFERENCE,
    CLAUSE_WORDS,
    IS,
    NEGATIVE,
    PREPOSITIONS,
    PRESENT,
    SPEECH,
    Head,
    Subject,
    Token,
    head,
    subject_of,
    words_of,
)

Piece = tuple[int, int, str]
"""Start and end in the claim, and the statement before it is made a sentence."""

_INNER = CLAUSE_WORDS | BACK_REFERENCE | (SPEECH - {"felt", "found", "known", "reported", "shown"})


@dataclass(frozen=True, slots=True)
class Predicate:
    """Tokens `first` up to `stop` of a claim, which say one thing of a subject; `opening` is put before them."""

    text: str
    tokens: Sequence[Token]
    subject: str
    first: int
    stop: int
    opening: str

    @property
    def words(self) -> Sequence[Token]:
        """Its tokens."""
        return self.tokens[self.first : self.stop]

    @property
    def end(self) -> int:
        """Where it ends in the claim."""
        return self.tokens[self.stop - 1].end

    def cut(self, stop: int) -> Piece:
        """The predicate up to a token."""
        start, end = self.tokens[self.first].start, self.tokens[stop - 1].end
        return start, end, self.opening + self.text[start:end]

    def rest(self, first: int, said: str) -> Piece:
        """What stands from a token on, and what it says."""
        return self.tokens[first].start, self.end, said

    def span(self, first: int, stop: int) -> str:
        """The text of some tokens."""
        return self.text[self.tokens[first].start : self.tokens[stop - 1].end]


def pieces(predicate: Predicate) -> Iterator[Piece]:
    """The predicate, cut where something is appended to it."""
    for find in (_change, _relative_at_end, _having, _second_count):
        found = find(predicate)
        if found is not None:
            yield from found
            return
    yield predicate.cut(predicate.stop)


# --- figures ---------------------------------------------------------------------------------------------------------

_CHANGE = {
    "rise": "rose",
    "increase": "increased",
    "growth": "grew",
    "gain": "rose",
    "jump": "rose",
    "fall": "fell",
    "drop": "fell",
    "decrease": "decreased",
    "decline": "declined",
    "reduction": "fell",
}
_MEASURED = words_of(
    """
amounted climbed declined decreased dropped fell grew increased is are jumped reached rose shrank stands stood
totalled totaled was were
"""
)
_ABOUT = r"(?:about |around |nearly |almost |roughly |some |more than |over )?"
_APPENDED = re.compile(
    rf",\s+(?:(?P<way>up|down)\s+|an?\s+(?:\w+\s+)?(?P<noun>{'|'.join(_CHANGE)})\s+of\s+)(?={_ABOUT}[$€£¥]?\s?\d)"
)
_HAVING = words_of(
    """
contained contains employed employs had has have held holds included includes injured keeps killed operated operates
owned owns runs scored won
"""
)
_SUMS = words_of(  # two of them measure one thing: 'six feet and two inches'
    """
bytes cents centimeters centimetres days degrees dollars euros feet grams halves hours hundreds inches kilograms
kilometers kilometres litres meters metres miles millimetres millions minutes months ounces pence points pounds
quarters seconds thirds thousands tonnes tons weeks yards years
"""
)


def _change(predicate: Predicate) -> list[Piece] | None:
    """'Revenue rose to 40 million, an increase of 12 %' as 'Revenue increased by 12 %'."""
    text, words = predicate.text, predicate.words
    match = _APPENDED.search(text, words[0].start, predicate.end)
    if match is None or any(token.low in _INNER for token in words):
        return None
    comma = next(at for at in range(predicate.first, predicate.stop) if predicate.tokens[at].start == match.start())
    verb = next((token.low for token in words if token.low in _MEASURED and token.end <= match.start()), None)
    if verb is None or any(token.low in {",", "and", "but"} for token in predicate.tokens[comma + 1 : predicate.stop]):
        return None
    if match["way"]:
        form = verb if verb in IS else "is" if verb == "stands" else "was"
        said = f"{form} {text[match.start('way') : predicate.end]}"
    else:
        said = f"{_CHANGE[match['noun']]} by {text[match.end() : predicate.end]}"
    return [predicate.cut(comma), predicate.rest(comma + 1, f"{predicate.subject} {said}")]


def _second_count(predicate: Predicate) -> list[Piece] | None:
    """'has 12 schools and 3 hospitals': two counts of two things."""
    tokens = predicate.tokens
    inside = range(predicate.first, predicate.stop)
    verbs = [at for at in inside if tokens[at].low in _HAVING and tokens[at].is_plain]
    ands = [at for at in inside if tokens[at].low == "and" and not tokens[at].hidden]
    if len(verbs) != 1 or len(ands) != 1 or not verbs[0] + 2 < ands[0] < predicate.stop - 2:
        return None
    verb, conjunction = verbs[0], ands[0]
    if any(token.low in NEGATIVE | SPEECH for token in predicate.words):
        return None
    if not all(map(_is_count, (tokens[verb + 1 : conjunction], tokens[conjunction + 1 : predicate.stop]))):
        return None
    said = f"{predicate.subject} {tokens[verb].text} {predicate.span(conjunction + 1, predicate.stop)}"
    return [predicate.cut(conjunction), predicate.rest(conjunction + 1, said)]


def _is_count(words: Sequence[Token]) -> bool:
    """Whether some words are a number and the plural of what is counted."""
    noun = words[-1]
    if not words[0].is_number or len(words) > 4 or not noun.low.endswith("s") or noun.is_number or noun.low in _SUMS:
        return False
    return all(word.is_number or (word.is_plain and word.low.isalpha()) for word in words) and not any(
        word.low in PREPOSITIONS | CLAUSE_WORDS or word.is_participle for word in words
    )


def _having(predicate: Predicate) -> list[Piece] | None:
    """'is a town in Norway with 3,000 inhabitants' as 'has 3,000 inhabitants'."""
    tokens = predicate.tokens
    inside = range(predicate.first, predicate.stop)
    at = next((at for at in inside if tokens[at].low == "with" and not tokens[at].hidden), None)
    verb = next((at for at in inside if tokens[at].is_finite), None)
    if at is None or verb is None or not verb + 2 < at < predicate.stop - 2:
        return None
    number = tokens[at + 1].is_number or (
        tokens[at + 1].low == "a" and tokens[at + 2].low in {"capacity", "population"}
    )
    if tokens[verb].low not in {"is", "was"} or tokens[verb + 1].low not in {"a", "an", "the"} or not number:
        return None
    if not _is_named_thing(tokens, verb + 2, at):
        return None
    after = tokens[at + 1 : predicate.stop]
    if any(
        token.is_finite or token.low in _SUMS or token.low in _INNER | {"and", "but", "with", ","} for token in after
    ):
        return None
    has = "has" if tokens[verb].low == "is" else "had"
    said = f"{predicate.subject} {has} {predicate.span(at + 1, predicate.stop)}"
    return [predicate.cut(at), predicate.rest(at, said)]


def _is_named_thing(tokens: Sequence[Token], first: int, stop: int) -> bool:
    """Whether some words are one noun, beside it nothing but where it is: then 'with' goes with the noun."""
    for at in range(first, stop):
        token = tokens[at]
        if token.low in {"and", "or", "than", "same", "tie", ","} | CLAUSE_WORDS | NEGATIVE or token.is_participle:
            return False
        if token.low in PREPOSITIONS and not (token.low in {"in", "of", "from"} and tokens[at + 1].is_name):
            return False
    return True


# --- relative clauses ------------------------------------------------------------------------------------------------

_OF_THE_CLAUSE = words_of(  # a clause can be the subject of these: 'prices fell, which helps buyers'
    """
allows becomes causes decreases encourages explains gets gives happens helps improves includes increases induces
involves keeps makes occurs prevents produces promotes protects proves provides reduces relates requires suggests
takes tends
"""
)
_OF_A_THING = frozenset(["began", "contained", "cost", "had", "has", "held", "lasted", "lies", "opened", "ran", "won"])
_NO_STATE = frozenset(["caused", "considered", "followed", "made", "meant", "seen"])


def relative_of_subject(text: str, tokens: Sequence[Token]) -> tuple[Piece, Subject, int] | None:
    """'The bridge, which cost 4 million, opened': the relative clause, the subject, and where the main verb stands."""
    commas = [at for at, token in enumerate(tokens) if token.text == "," and not token.hidden][:2]
    if len(commas) < 2 or commas[0] < 1 or commas[1] - commas[0] < 4 or commas[1] + 2 > len(tokens):
        return None
    pronoun, main = commas[0] + 1, commas[1] + 1
    if tokens[pronoun].low not in {"which", "who"} or not tokens[main].is_finite or tokens[main].low in SPEECH:
        return None
    verb = pronoun + 1
    while verb < commas[1] - 1 and tokens[verb].is_adverb:
        verb += 1
    subject = subject_of(text, tokens, 0, commas[0])
    if subject is None or subject.first or not tokens[verb].is_finite or head(tokens, 0, commas[0]) is not None:
        return None
    if tokens[pronoun].low == "which" and any(token.low in PREPOSITIONS for token in tokens[: commas[0]]):
        return None  # 'the mayor of the town, which'
    if any(token.low in _INNER for token in tokens[pronoun + 1 : commas[1]]):
        return None
    end = tokens[commas[1] - 1].end
    return (tokens[0].start, end, subject.text + text[tokens[pronoun].end : end]), subject, main


def _relative_at_end(predicate: Predicate) -> list[Piece] | None:
    """'moved to Bergen, which lies on the coast': said of the name before the comma."""
    tokens = predicate.tokens
    commas = [at for at in range(predicate.first, predicate.stop) if tokens[at].text == "," and not tokens[at].hidden]
    if len(commas) != 1 or not predicate.first + 2 < commas[0] < predicate.stop - 4:
        return None
    comma = commas[0]
    first = comma
    while first > predicate.first and tokens[first - 1].is_name and not tokens[first - 1].hidden:
        first -= 1
    if first > predicate.first and tokens[first - 1].low == "the" and first < comma:
        first -= 1
    rest = tokens[comma + 2 : predicate.stop]
    if tokens[comma + 1].low not in {"which", "who"} or first == comma or first <= predicate.first + 1:
        return None
    if not _can_only_be_object(tokens, first - 1) or any(token.low in _INNER | {"and", "but"} for token in rest):
        return None
    if not _says_of_thing(rest):
        return None
    said = f"{predicate.span(first, comma)} {predicate.span(comma + 2, predicate.stop)}"
    return [predicate.cut(comma), predicate.rest(comma + 1, said)]


def _can_only_be_object(tokens: Sequence[Token], at: int) -> bool:
    """Whether what follows a token is the object of a verb, or of a preposition right after one."""
    if tokens[at].low in PREPOSITIONS:
        at -= 1
    return tokens[at].is_participle or (tokens[at].is_finite and tokens[at].low not in IS)


def _says_of_thing(rest: Sequence[Token]) -> bool:
    """Whether a relative clause cannot be about the whole sentence before it."""
    verb, following = rest[0], rest[1]
    if verb.low in IS:
        return (following.is_participle and following.low not in _NO_STATE) or following.low in {"in", "on", "at"}
    return verb.is_plain and verb.low in (PRESENT - _OF_THE_CLAUSE) | _OF_A_THING


# --- two names -------------------------------------------------------------------------------------------------------

_KINDS = words_of(  # of which each of two is one
    """
actors architects birds chemists cities companies composers countries films footballers islands lakes languages
mammals metals mountains musicians novels painters philosophers physicists planets poets politicians provinces rivers
singers states towns universities villages writers
"""
)
_TOGETHER = words_of(
    """
and or same together apart different each between other opposite twin neighbouring
"""
)
_NAMES_WITH_AND = re.compile(
    r"\b(?:Trinidad|Bosnia|Antigua|Turks|Tyne|Kitts|Vincent|Pierre|Newfoundland|Jammu|Wallis|Heard|Svalbard|Castile"
    r"|Dumfries|Tom[ée]|Brothers?|Barnes|Marks|Procter|Johnson|Simon|Smith|Tate|Ben|Rolls) and\b"
    r"|\band (?:Sons?|Co)\b"
)


def by_name(text: str, tokens: Sequence[Token], first: int, verb: Head, stop: int) -> list[Piece] | None:
    """'Ann and Bob were born in Oslo' by name; None unless the predicate surely holds for each of two."""
    middle = next((at for at in range(first, verb.verb) if tokens[at].low == "and"), None)
    if middle is None or _NAMES_WITH_AND.search(text) or verb.negated or verb.bound:
        return None
    names = (tokens[first:middle], tokens[middle + 1 : verb.verb])
    if not all(some and all(token.is_name and not token.hidden for token in some) for some in names):
        return None
    at = verb.verb + 1
    while at < stop - 1 and tokens[at].low in {"both", "each"}:
        at += 1
    if at >= stop or any(token.low in _TOGETHER | CLAUSE_WORDS | BACK_REFERENCE for token in tokens[at:stop]):
        return None
    said = _of_one(text, tokens, verb, at, stop)
    if said is None:
        return None
    one, other = (text[some[0].start : some[-1].end] for some in names)
    return [
        (tokens[first].start, names[0][-1].end, f"{one} {said}"),
        (names[1][0].start, tokens[stop - 1].end, f"{other} {said}"),
    ]


def _of_one(text: str, tokens: Sequence[Token], verb: Head, at: int, stop: int) -> str | None:
    """A predicate of two, from token `at` on, as it is said of one of them."""
    form, word = tokens[verb.verb].low, tokens[at].low
    one = {"are": "is", "were": "was"}.get(form, form)
    rest = text[tokens[at].start : tokens[stop - 1].end]
    place = at + 1 == stop or tokens[at + 1].low in {"in", "of", "on", "from"}
    if form in {"are", "were"} and word in _KINDS and place:
        singular = word[:-3] + "y" if word.endswith("ies") else word[:-1]
        return f"{one} {'an' if singular[0] in 'ai' else 'a'} {singular}{rest[len(word) :]}"
    return f"{one} {rest}" if (form == "were" and word == "born") or form == "died" else None
