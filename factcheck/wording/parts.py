"""The parts of a claim that can be judged for themselves: 'X was born in Oslo and won a medal' says two things.

English only, by word lists and word order. Where a reading is not sure the claim stays whole: a missed part costs a
detail, a wrong one a right verdict.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from factcheck.wording.appended import Piece, Predicate, by_name, pieces, relative_of_subject
from factcheck.wording.grammar import (
    BACK_REFERENCE,
    CLAUSE_WORDS,
    DETERMINERS,
    FORMS,
    IS,
    PAST,
    PAST_OR_BASE,
    PAST_OR_PARTICIPLE,
    PLURAL,
    PREPOSITIONS,
    PRESENT,
    PRESENT_OR_NOUN,
    SCOPED,
    SPEECH,
    Head,
    Subject,
    Token,
    head,
    head_at,
    is_verb_form,
    refers_back,
    subject_of,
    tokens_of,
    words_of,
)

MOST_PARTS = 4
_LONGEST_CLAIM = 1_000  # characters

_WHOLE = re.compile(  # the claim is one thing, or its parts hang together
    r"\b(?:if|unless|whether|neither|nor|either|respectively|each other|one another|not only|according to|as well as"
    r"|regardless|rather than|so that|in order|supposedly|allegedly|reportedly|hypothetical\w*)\b|[?!;:]|\.\.\.|…"
    r"|,\s(?:\w+\s){0,3}(?:announced|claimed|found|reported|reports|said|says|warned|warns|wrote|writes)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1\d\d\d|20\d\d)\b")
_NEGATION = re.compile(r"\b(?:not|never|no|none|nobody|nothing|cannot|without)\b|n[’']t\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """A span of a claim, and the statement it makes: with the subject and auxiliary that it shares with others."""

    start: int
    end: int
    text: str


def parts_of(claim: str) -> tuple[ClaimPart, ...]:
    """The parts of a claim in text order, at most four; empty where it has one part, or where the parts are not sure.

    Spans do not overlap. A text ends in a full stop and has every figure and negation of its span. A claim of more than
    1,000 characters is not taken apart.
    """
    if len(claim) > _LONGEST_CLAIM:
        return ()
    tokens = tokens_of(claim)
    if len(tokens) < 5 or not _is_plain(claim, tokens):
        return ()
    parts = tuple(ClaimPart(start, end, _sentence(text)) for start, end, text in _split(claim, tokens))
    texts = {part.text for part in parts}
    if not 2 <= len(parts) <= MOST_PARTS or len(texts) < len(parts) or _sentence(claim) in texts:
        return ()
    return parts if all(_keeps(claim[part.start : part.end], part.text) for part in parts) else ()


def _is_plain(text: str, tokens: Sequence[Token]) -> bool:
    """Whether the claim is one sentence whose words are not bound to each other across its parts."""
    if _WHOLE.search(text) or any(token.text in '"“”«»()[]' and not token.hidden for token in tokens):
        return False
    return not any(one.text == "." and two.is_name and not one.hidden for one, two in pairwise(tokens))


def _sentence(text: str) -> str:
    """A text as a sentence: capital letter, full stop, single spaces."""
    plain = " ".join(text.split()).rstrip(".").rstrip(" ,")
    return plain[:1].upper() + plain[1:] + "."


def _keeps(span: str, text: str) -> bool:
    """Whether every figure and negation of a span is in a text."""
    for pattern in (_FIGURE, _NEGATION):
        ours, theirs = ([item.lower() for item in pattern.findall(one)] for one in (span, text))
        if any(theirs.count(item) < ours.count(item) for item in ours):
            return False
    return True


# --- clauses and predicates ------------------------------------------------------------------------------------------


def _split(text: str, tokens: Sequence[Token]) -> Iterator[Piece]:
    relative = relative_of_subject(text, tokens)
    if relative is None:
        yield from _clause(text, tokens, 0, len(tokens))
        return
    piece, subject, verb = relative
    found = head_at(tokens, verb, len(tokens))
    yield piece
    if found is not None:
        reading = _Reading(text, tokens, subject, len(tokens))
        yield from _predicates(reading, found, verb, subject.text + " ")


def _clause(text: str, tokens: Sequence[Token], first: int, stop: int) -> Iterator[Piece]:
    """The parts of the clause that begins at a token, and of those coordinated with it."""
    found = head(tokens, first, stop)
    named = by_name(text, tokens, first, found, stop) if found else None
    subject = _whoever(text, tokens, first, found.verb) if found else None
    if named is not None:
        yield from named
    elif found is not None and subject is not None:
        yield from _predicates(_Reading(text, tokens, subject, stop), found, first, "")
    else:
        start, end = tokens[first].start, tokens[stop - 1].end
        yield start, end, text[start:end]


def _whoever(text: str, tokens: Sequence[Token], first: int, verb: int) -> Subject | None:
    """The subject of a clause; one without text where only a whole further clause can be told apart: 'No ship sank'."""
    subject = subject_of(text, tokens, first, verb)
    if subject is not None or tokens[first].low in PREPOSITIONS or verb == first:
        return subject
    odd = CLAUSE_WORDS | SPEECH | {",", "not", "never"}
    plain = all(token.low not in odd or token.hidden for token in tokens[first:verb]) and not tokens[first].is_adverb
    return Subject("", "", first) if plain else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A clause as far as it is understood: whom it is about; it ends before token `stop`."""

    text: str
    tokens: Sequence[Token]
    subject: Subject
    stop: int

    def end_of(self, verb: int) -> int:
        """Where the words that surely belong to a verb end: the next conjunction before another verb, or the end."""
        for at in range(verb + 1, self.stop):
            found = self.conjunction(at)
            if found is not None and self.tokens[found.begin].is_finite:
                return at
        return self.stop

    def conjunction(self, at: int) -> "_Conjunction | None":
        """The conjunction or comma that is token `at`."""
        tokens, last = self.tokens, self.stop - 1
        if tokens[at].hidden:
            return None
        comma = tokens[at].text == ","
        after = at + 1 if comma else at
        words = {"and", "but", "while", "whereas"} if comma else {"and", "but"}
        if after < last and tokens[after].low in words:
            return _Conjunction(at, after + 1, tokens[after].low, comma)
        return _Conjunction(at, after, ",", comma) if comma and after <= last else None


@dataclass(frozen=True, slots=True)
class _Conjunction:
    """Tokens `at` up to `begin` are 'and', ', but', a comma alone …; `word` is without the comma."""

    at: int
    begin: int
    word: str
    comma: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a part begins, and what its text opens with; `pronoun` says that this stands for its first word."""

    where: _Conjunction
    opening: str
    clause: bool = False
    pronoun: bool = False


def _predicates(reading: _Reading, found: Head, first: int, opening: str) -> Iterator[Piece]:
    """The parts of a clause: predicates of its subject, then clauses of their own."""
    text, tokens = reading.text, reading.tokens
    cuts = list(_cuts(reading, found))
    while cuts and cuts[-1].where.word == ",":  # 'founded in 1900, moved in 1950' is no list without an 'and'
        cuts.pop()
    doubled = any(tokens[at].low in {"and", "but", "or"} for cut in cuts for at in (cut.where.at - 1, cut.where.begin))
    cuts = [] if doubled else cuts
    begins = [first, *(cut.where.begin for cut in cuts)]
    ends = [*(cut.where.at for cut in cuts), reading.stop]
    whole = Predicate(text, tokens, reading.subject.text, first, ends[0], opening)
    yield from pieces(whole) if whole.subject else [whole.cut(ends[0])]
    for cut, begin, end in zip(cuts, begins[1:], ends[1:], strict=True):
        if cut.pronoun:
            last = tokens[end - 1].end
            yield tokens[begin].start, last, cut.opening + text[tokens[begin].end : last]
        elif cut.clause:
            yield from _clause(text, tokens, begin, end)
        else:
            yield from pieces(Predicate(text, tokens, reading.subject.text, begin, end, cut.opening))


def _cuts(reading: _Reading, found: Head) -> Iterator[_Cut]:
    """The places where another predicate of the subject, or another clause, begins."""
    tokens = reading.tokens
    current, at = found, found.end
    listing = nested = False
    while at < reading.stop - 1:
        if not tokens[at].hidden and tokens[at].low in CLAUSE_WORDS | SPEECH | {"both"}:
            return
        where = reading.conjunction(at)
        if where is None:
            nested |= _opens_infinitive(tokens, at, reading.stop) or _is_verb_inside(tokens, at, current.end)
            at += 1
            continue
        if tokens[current.verb].low in SPEECH or (current.bound and where.word != "but"):
            return  # 'never sank and carried'
        bare = where.at == current.end and where.word != ","  # 'was bought and sold'
        bare |= tokens[where.at - 1].low in PREPOSITIONS  # 'played for and led the club'
        cut, following = (None, None) if nested or bare else _predicate_cut(reading, current, where)
        if cut is None and not (listing and where.word == "and") and (where.comma or not nested):
            cut = _clause_cut(reading, current, where)
        if cut is None and where.word != "," and head(tokens, where.begin, reading.stop) is not None:
            return  # a clause whose subject is not sure, to which all that follows may belong
        if cut is not None:
            yield cut
        if cut is not None and following is None:
            return  # what is coordinated with that clause is found when it is read
        if following is not None:
            current, at, listing, nested = following, following.end, False, False
            continue
        listing |= where.word == ","
        at = where.begin


def _opens_infinitive(tokens: Sequence[Token], at: int, stop: int) -> bool:
    """Whether 'to' opens 'to win', after which 'and lost' may belong to either verb; 'to Oslo' does not."""
    if tokens[at].low != "to" or at + 1 >= stop:
        return False
    return not tokens[at + 1].opens_phrase


def _is_verb_inside(tokens: Sequence[Token], at: int, region: int) -> bool:
    """Whether a word of a complement looks like another verb: then 'and sold' may go with that one."""
    token, before = tokens[at], tokens[at - 1]
    if not token.is_plain:
        return False
    if token.low.endswith("ing") and len(token.low) > 5 and at > region:
        return before.low not in DETERMINERS | {"of"} and not before.low.endswith("'s")
    if token.low in FORMS - {"can", "will", "may", "might"}:
        return True
    verb = token.is_ed or (token.is_participle and token.low not in PAST_OR_BASE | _NOUNS) or token.low in PAST
    return verb and before.low not in DETERMINERS and not before.is_number


_NOUNS = frozenset(["left", "ground", "found", "wound", "run", "felt", "saw", "rose"])

# --- a further predicate of the same subject -------------------------------------------------------------------------

_INTRANSITIVE = words_of(
    """
acted aged agreed appeared arrived attended belonged collaborated collapsed competed consisted continued contributed
crashed debuted declined departed died differed disappeared dropped emerged emigrated escaped existed expanded failed
fled graduated happened immigrated joined lasted lectured lived merged migrated moved occurred participated passed
peaked performed played proceeded qualified ranged recovered relapsed remained reopened resided resigned resulted
retired returned sank scored served settled specialised specialized starred stayed struggled studied succeeded
suffered survived toured traveled travelled varied worked
"""
)
_TWO_OBJECTS = words_of(  # 'was named a knight': an object after the passive
    """
appointed awarded baptised baptized called christened considered crowned declared deemed designated dubbed elected
given granted labelled made named nicknamed nominated offered ordained paid proclaimed promised ranked rated renamed
sent sentenced shown sold taught titled told voted
"""
)
_OF_STATE = frozenset(["based", "located", "situated", "called", "named"])
_ADJECTIVE_ENDINGS = ("able", "ary", "ful", "ible", "ical", "ious", "ish", "ive", "less", "ous")
_AFTER_PASSIVE = frozenset(["by", "in", "on", "at", "from", "during", "as", "into", "to"])


def _predicate_cut(reading: _Reading, current: Head, where: _Conjunction) -> tuple[_Cut | None, Head | None]:
    """The cut where a further predicate begins after a conjunction, and the verb group of that."""
    tokens, subject = reading.tokens, reading.subject
    nothing = None, None
    verb = where.begin
    while verb < reading.stop - 1 and (tokens[verb].is_adverb or tokens[verb].low == "never"):
        verb += 1
    token, before = tokens[verb], tokens[where.at - 1]
    adjectives = token.is_participle and before.is_plain and before.low.endswith(_ADJECTIVE_ENDINGS)
    if where.word in {"while", "whereas"} or not token.is_finite or not subject.text or adjectives:
        return nothing
    after = verb + 1
    while after < reading.stop - 1 and tokens[after].low in SCOPED:
        after += 1
    shared = _shares(current, token, tokens[after] if after < reading.stop else None)
    other = head_at(tokens, verb, reading.stop)
    end = reading.end_of(verb)
    if shared is None or other is None or refers_back(tokens, where.begin, end) or _is_elliptic(tokens, other, end):
        return nothing
    agree = other.plural is None or current.plural is None or other.plural == current.plural
    if not agree or (shared and (current.negated or current.bound)):
        return nothing
    opening = subject.text + " "
    if shared:
        auxiliary = reading.text[tokens[current.verb].start : tokens[current.verb].end]
        opening += f"{auxiliary} been " if current.kind == "perfect passive" else f"{auxiliary} "
        other = replace(other, kind=current.kind, plural=current.plural, verb=current.verb)
    if subject.opening and not _YEAR.search(reading.text[token.start : tokens[end - 1].end]):
        opening = f"{subject.opening} {opening}"
    return _Cut(where, opening), other


def _shares(current: Head, token: Token, following: Token | None) -> bool | None:
    """Whether a verb after 'and' takes the auxiliary before it; None where that, or that it is a verb, is open."""
    low = token.low
    if low in FORMS or low.endswith("n't") or (following is None and low in _INTRANSITIVE):
        return False
    if following is None:
        return True if current.is_passive and token.is_ed else None  # 'was accused of treason and hanged'
    reduced = token.is_participle and following.low == "by" and not current.is_passive  # ', performed by'
    if reduced or (low, following.low) == ("used", "to"):
        return None
    if following.low in {"of", "and", "or", ","} or not (following.follows_verb or low in PAST | PRESENT):
        return None
    if low in PRESENT | PRESENT_OR_NOUN | PLURAL | PAST | PAST_OR_BASE:
        find = _is_past if low in PAST | PAST_OR_BASE else _is_present
        return False if find(current, token, following) else None
    return _SHARING.get(current.kind, _never)(low, following)


def _is_past(current: Head, token: Token, following: Token) -> bool:
    """Whether a word that is no participle is a verb in the past tense beside the one before."""
    if token.low in PAST_OR_BASE:
        own = current.kind == "past" and following.low != "to"
        return own or (current.kind in {"is", "passive"} and following.opens_phrase)
    return current.negated or current.kind not in {"perfect", "perfect passive", "modal"}


def _is_present(current: Head, token: Token, following: Token) -> bool:
    """Whether a word in the present tense is a verb beside the one before: not 'produces oil and costs'."""
    surely = following.low in DETERMINERS or following.is_number
    if token.low in PLURAL:
        return current.plural is True and current.kind != "modal" and surely
    if current.plural or current.kind == "modal":
        return False
    if token.low in PRESENT or surely:
        return True
    return (
        current.kind not in {"past", "perfect passive"}
        and not following.opens_phrase
        and is_verb_form(token, following)
    )


# `_shares` for a word that is past tense or participle by its form alone, by the kind of the verb before.


def _never(_low: str, _following: Token) -> bool | None:
    return None


def _after_perfect(_low: str, _following: Token) -> bool | None:
    return True


def _after_perfect_passive(low: str, following: Token) -> bool | None:
    return None if following.opens_phrase or low in _INTRANSITIVE else True


def _after_passive(low: str, following: Token) -> bool | None:
    if low in _INTRANSITIVE:
        return False
    if following.opens_phrase:
        return None if low in _TWO_OBJECTS else False
    return True if following.low in _AFTER_PASSIVE else None


def _after_be(low: str, following: Token) -> bool | None:
    return False if low in _INTRANSITIVE or (following.opens_phrase and low not in _TWO_OBJECTS) else None


def _after_past(low: str, _following: Token) -> bool | None:
    return None if low in _OF_STATE else False


def _after_present(low: str, following: Token) -> bool | None:
    return False if low in _INTRANSITIVE or following.low in DETERMINERS or following.is_number else None


_SHARING = {
    "perfect": _after_perfect,
    "perfect passive": _after_perfect_passive,
    "passive": _after_passive,
    "is": _after_be,
    "past": _after_past,
    "present": _after_present,
}

# --- a clause with a subject of its own ------------------------------------------------------------------------------

_PRONOUNS = frozenset(["it", "he", "she", "they", "we", "i", "you"])
_OWN = frozenset(["its", "his", "her", "their"])
_QUANTITIES = words_of("all any both few half least many more most much nobody none several some two three half")


def _is_elliptic(tokens: Sequence[Token], other: Head, end: int) -> bool:
    """Whether words are left out that stand before: 'but a scarf can', 'and Tarn had 12'."""
    if tokens[other.verb].low not in FORMS:
        return False
    rest = tokens[other.end : end]
    if other.kind == "perfect" and tokens[other.end - 1].low == "been" and rest and rest[0].low in {"for", "since"}:
        return True
    return other.kind in {"is", "modal", "past", "present"} and (
        not rest or (len(rest) == 1 and rest[0].text.replace(".", "").isdecimal())
    )


def _clause_cut(reading: _Reading, current: Head, where: _Conjunction) -> _Cut | None:
    """The cut where another clause begins after a conjunction."""
    text, tokens = reading.text, reading.tokens
    first = tokens[where.begin]
    other = head(tokens, where.begin, reading.stop) if where.word != "," else None
    if other is None or not _is_surely_clause(tokens, where, other, current):
        return None
    if reading.subject.opening and not _YEAR.search(text[first.start : tokens[other.verb].end]):
        return None  # 'In the film, the bridge falls and the town burns'
    end = reading.end_of(other.verb)
    back = any(token.low in BACK_REFERENCE and not token.hidden for token in tokens[where.begin + 1 : end])
    if back or _is_elliptic(tokens, other, end):
        return None
    if first.low in _PRONOUNS | _OWN:
        name = _meant(reading, current, where, other)
        return _Cut(where, name, clause=True, pronoun=True) if name is not None else None
    same = _is_about_same(reading, tokens[where.begin : other.verb])
    known = not same and _whoever(text, tokens, where.begin, other.verb) is not None
    return _Cut(where, "", clause=True) if known else None


def _is_about_same(reading: _Reading, subject: Sequence[Token]) -> bool:
    """Whether the subject of a clause goes back to the one before: 'rain on its roof', 'and none', 'but some sorts'."""
    if any(token.low in _OWN | {"each", "both", "every"} for token in subject):
        return True
    return subject[0].low in _QUANTITIES and (
        len(subject) == 1
        or subject[1].low in PREPOSITIONS - {"of"}
        or reading.tokens[reading.subject.first].low in _QUANTITIES
    )


def _is_surely_clause(tokens: Sequence[Token], where: _Conjunction, other: Head, current: Head) -> bool:
    """Whether the words after a conjunction are a clause, and no further object of the verb before."""
    first, verb = tokens[where.begin], tokens[other.verb]
    if other.verb == where.begin or verb.low in SPEECH or not _opens_clause(first):
        return False
    if first.low in _PRONOUNS:
        return True
    form = verb.low in FORMS | PAST or verb.low.endswith("n't")
    if where.comma:
        if current.is_passive and other.kind == "past" and verb.is_participle and verb.low not in _INTRANSITIVE:
            return other.end < len(tokens) and tokens[other.end].opens_phrase  # 'and the hall painted in 1880'
        return form or verb.low in PRESENT | PAST_OR_PARTICIPLE | PLURAL or verb.is_ed
    if not form or not (first.low in DETERMINERS or first.is_name) or verb.low in _POSSIBLE:
        return False
    before = tokens[current.end : where.at]
    return not (first.is_name and tokens[where.at - 1].is_name) and all(token.low != "between" for token in before)


_POSSIBLE = frozenset(["can", "could", "may", "might", "should", "would"])  # 'and the hats people might wear'


def _opens_clause(token: Token) -> bool:
    if token.low in CLAUSE_WORDS | (BACK_REFERENCE - _PRONOUNS - {"there"}) | {"and", "but", "that"}:
        return False
    return not token.is_adverb and not token.is_participle


def _meant(reading: _Reading, current: Head, where: _Conjunction, other: Head) -> str | None:
    """Whom a pronoun at the beginning of a clause means, where that can only be the subject of the clause before."""
    tokens, name, pronoun = reading.tokens, reading.subject.text, reading.tokens[where.begin].low
    complement = tokens[current.end : where.at]
    whole = pronoun in _OWN or all(token.is_adverb for token in tokens[where.begin + 1 : other.verb])
    if not complement or not whole or not _is_one_name(name) or current.plural is True:
        return None
    state = tokens[current.verb].low in IS
    if pronoun in {"it", "its"}:
        sure = not any(token.low in {"by", "with", "for"} for token in complement) if state else _is_placed(complement)
    elif pronoun in {"he", "she", "his", "her"}:
        words = " ".join(token.text for token in complement)
        others = re.search(r"\b[A-Z]", re.sub(r"\b(?:in|at|near) (?:the )?(?:[A-Z][\w.]+ ?)+", "", words))
        named = name[0].isupper() and name.split()[0].lower() not in DETERMINERS
        sure = named and not others and (state or complement[0].low in PREPOSITIONS or complement[0].is_number)
    else:
        return None
    if not sure:
        return None
    return name + ("'" if name.endswith("s") else "'s") * (pronoun in _OWN)


def _is_one_name(name: str) -> bool:
    """Whether a subject is one, with no owner who may be meant instead."""
    return bool(name) and name.lower() not in _PRONOUNS | {"this", "that"} and not re.search(r" and |['’]s\b", name)


def _is_placed(complement: Sequence[Token]) -> bool:
    """Whether a verb has no object that may be meant: 'opened in 1931', 'rose 12 %'."""
    return complement[0].low in {"in", "on", "at", "from"} or complement[0].is_number
