"""Whether a passage says what the claim says under a restriction that the claim leaves out. English only.

Only restrictions that are spelled out count: only, except, unless, provided, if; an age limit; a trial in animals or in
glass; a price or right that is given to a group; a part of the year. A claim that shares half the words of the
restriction, or that limits itself in any way, has not left it out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from factcheck.types import Check, Finding, Passage
from factcheck.wording.cues import (
    Span,
    clause_end,
    clause_start,
    listed,
    pattern,
    plain,
    sentence_start,
    starts_in,
    stems,
    stems_outside,
    stems_within,
)
from factcheck.wording.limits import TITLE, too_long
from factcheck.wording.words import Word, words

_ONLY, _EXCEPT, _CONDITION, _GROUP, _MODEL, _PERIOD = (
    "only",
    "except",
    "condition",
    "group",
    "animal or in vitro",
    "period",
)
_DETAILS = {
    _ONLY: "only so, by the passage",
    _EXCEPT: "with an exception, by the passage",
    _CONDITION: "on a condition, by the passage",
    _GROUP: "of one group, by the passage",
    _MODEL: "shown in animals or in the laboratory, by the passage",
    _PERIOD: "of one part of the time, by the passage",
}
_COVERED = 0.5  # least share of the claim's words that the passage must say beside the restriction


@dataclass(frozen=True, slots=True)
class _Restriction:
    kind: str
    span: Span  # the restriction with its cue
    clause: Span  # what it restricts, the restriction included


_WHERE = r"(?:in|for|on|to|with|at|among|amongst|during|by|within|under|if|when|where|while|from|between|near)"
_PEOPLE = (
    r"(?:adults?|children|people|patients|women|men|those|anyone|persons|individuals|participants|boys"
    r"|girls|students|pupils|readers|drivers|workers"
    r"|employees|residents|users|visitors|infants|babies|teenagers|adolescents|pensioners|households"
    r"|firms|companies|customers|passengers|travellers)"
)
_ENTITLED = (
    r"(?:members|residents|children|students|pupils|pensioners|subscribers|adults|employees|staff"
    r"|citizens|visitors|veterans|seniors|customers|holders"
    r"|owners|tenants|teachers|guests|clubs|women|men|minors|families)"
)
_ANIMALS = (
    r"(?:mice|mouse|rats?|rodents?|animals?|monkeys?|macaques?|pigs?|dogs?|rabbits?|zebrafish"
    r"|hamsters?|ferrets?|fruit flies|worms|primates)"
)
_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|spring"
    r"|summer|autumn|winter)"
)

# With the beginnings of the words one of which a text must have to be searched at all.
_PATTERNS: Sequence[tuple[str, frozenset[str], re.Pattern[str]]] = (
    (
        _ONLY,
        listed("only sole excl"),
        pattern(
            rf"(?<!not )(?<!the )(?<!if )\b(?:only|solely|exclusively) {_WHERE}\b(?! (?:the )?(?:first|last|one"
            r"|a few|recently)\b)"
        ),
    ),
    (_ONLY, listed("only alon"), pattern(rf"\b{_WHERE} (?:[\w'-]+ ){{1,6}}?(?:only|alone)(?=[.,;]|$)")),
    (
        _EXCEPT,
        listed("exce excl apar othe asid"),
        pattern(r"\b(?:except|excepting|excluding|with the exception of|apart from|other than|aside from)\b"),
    ),
    (
        _CONDITION,
        listed("unle prov cond long"),
        pattern(
            r"\b(?:unless|provided(?: that)?(?= (?:the|a|an|they|it|he|she|you|that|there|his|her|its|their|no"
            r"|this|these|those|all)\b)|on condition that|on the condition that|as long as|so long as"
            r"|if and only if)\b"
        ),
    ),
    (
        _CONDITION,
        listed("if"),
        pattern(
            r"(?<!as )(?<!even )(?<!and )(?<!only )(?<!what )\bif\b(?! (?:any|not|only|possible|necessary|ever"
            r"|so|you|i|we)\b)"
        ),
    ),
    (
        _GROUP,
        listed("aged unde over abov belo youn olde"),
        pattern(
            r"(?<=\w )(?:aged )?(?:under|over|above|below|younger than|older than"
            r"|aged) (?:the age of )?\d{1,2}\b(?! ?(?:%|per|million|billion|,\d))"
        ),
    ),
    (
        _GROUP,
        listed(
            """memb resi chil stud pupi pens subs adul empl staf citi visi vete seni cust hold owne tena teac gues
            club wome men mino fami"""
        ),
        pattern(
            rf"\b(?:for|to) (?:[\w'-]+ ){{0,2}}?{_ENTITLED}\b(?: (?:of|from|at|in|over|under) (?:[\w'-]+ ?){{1,4}})?"
        ),
    ),
    (
        _GROUP,
        listed("amon"),
        pattern(
            rf"\bamong (?:the )?(?:[\w'-]+ )?{_PEOPLE} (?:with|without|who|aged|under|over|of"
            rf"|from)\b(?: [\w'-]+){{1,3}}"
        ),
    ),
    (
        _MODEL,
        listed(
            """mice mous rat rats rode anim monk maca pig pigs dog dogs rabb zebr hams ferr frui worm prim vitr
            tube tubes petr cell cult dish"""
        ),
        pattern(
            rf"\b(?:in|among|on|of) (?:[\w'-]+ ){{0,2}}?{_ANIMALS}\b|\bin[ -]vitro\b|\b(?:in|on) (?:a "
            r"|the )?(?:test[ -]tubes?|petri dish(?:es)?|cell cultures?|(?:[\w'-]+ )?cell lines?"
            r"|cultured (?:[\w'-]+ )?cells|laboratory dish(?:es)?)\b"
        ),
    ),
    (
        _PERIOD,
        listed("quar half thir janu febr marc apri may june july augu sept octo nove dece spri summ autu wint"),
        pattern(
            r"\bduring the (?:first|second|third|fourth|last) (?:quarter|half"
            rf"|third)\b(?: of (?:[\w'-]+ ?){{1,3}})?|\bfrom (?:\d+ )?{_MONTHS} (?:to|until"
            rf"|through) (?:\d+ )?{_MONTHS}\b|\bonly {_MONTHS}\b"
        ),
    ),
)
_AGED = re.compile(rf"\b{_PEOPLE}(?: \w+)? $", re.IGNORECASE)
_GIVEN = re.compile(
    r"\b(?:free|charged?|cost\w*|price\w*|pay\w*|available|open|allowed|permitted|possible|reserved"
    r"|reduced|discount\w*|access\w*|granted|entitled|exempt|fine|fee|fees|offered|waived|required"
    r"|mandatory|compulsory)\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    r"""\b(?:only|solely|exclusively|alone|except\w*|unless|if|provided|condition\w*|when\w*|under|over
    |above|below|aged|some|sometimes|certain|partly|partially|excluding
    |apart|other\ than|as\ long|most|mostly|usually|often|limited|specific|particular|depend\w*|during|quarter
    |half|would|should|without|until|after|once)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_MODELS = re.compile(
    rf"\b(?:{_ANIMALS}|murine|vitro|vivo|tubes?|cultur\w*|models?|cell lines?|experiment\w*"
    r"|laborator\w*|canine|bovine|cells?|tissue|embryo\w*)\b",
    re.IGNORECASE,
)
_MODAL = re.compile(r"\b(?:will|would|could|might|may|can|shall|should|must)\b|'ll\b", re.IGNORECASE)


def check(claim: str, passage: Passage) -> tuple[Finding, ...]:
    """The restrictions under which the passage says what the claim says without one; empty where there is none.

    Empty too where claim or premise is longer than `limits.LONGEST`.
    """
    if too_long(claim, passage.quote, passage.body):
        return ()
    quote = plain(passage.quote)
    restrictions = tuple(_restrictions(quote))
    if not restrictions:
        return ()
    stated = plain(claim)
    ours, theirs = words(stated), words(quote)
    around = stems(words(plain(f"{passage.source.title[:TITLE]} {passage.body.removesuffix(passage.quote)}")))
    limited, of_models = bool(_LIMITS.search(stated)), bool(_MODELS.search(stated))
    found = {
        item.span: item
        for item in restrictions
        if not (of_models if item.kind == _MODEL else limited) and _left_out(item, ours, theirs, around)
    }
    return tuple(
        Finding(
            Check.QUALIFIED,
            item.kind,
            f"{_DETAILS[item.kind]}: {' '.join(passage.quote[slice(*span)].split())!r}",
            passage=span,
        )
        for span, item in sorted(found.items())
    )


def _restrictions(text: str) -> Iterator[_Restriction]:
    begun = starts_in(text)
    for kind, needed, wording in _PATTERNS:
        if needed.isdisjoint(begun):
            continue
        for match in wording.finditer(text):
            start, end = match.span()
            if kind == _GROUP and not _is_group(text, match):
                continue
            if kind in {_EXCEPT, _CONDITION} or match.group().lower().startswith(("only", "solely", "excl")):
                end = _phrase_end(text, match.end())
            if kind == _CONDITION and not text[sentence_start(text, start) : start].strip(
                " \"'"
            ):  # "Provided that …, it works"
                clause = (start, clause_end(text, end + 1))
            else:
                clause = (_main_start(text, start, kind), max(end, clause_end(text, end)))
            if match.group().lower() == "if" and _MODAL.search(text[clause[0] : start] + text[end : clause[1]]):
                continue  # the main clause itself is supposed: another check
            yield _Restriction(kind, (start, end), clause)


def _is_group(text: str, match: re.Match[str]) -> bool:
    ahead = text[: match.start()]
    if match.group()[:5].lower() == "among":
        return True
    if match.group()[:3].lower() in {"for", "to "}:
        return bool(_GIVEN.search(ahead[clause_start(text, match.start()) :]))
    return bool(_AGED.search(ahead))


def _phrase_end(text: str, start: int) -> int:
    comma = text.find(",", start)
    end = clause_end(text, start)
    stop = len(text.rstrip(" .!?\"'"))
    return min(at for at in (comma if comma >= 0 else end, end, max(stop, start)) if at >= start)


def _main_start(text: str, start: int, kind: str) -> int:
    """Where the restricted statement begins: in the same clause, unless the restriction is all there is of it."""
    first = clause_start(text, start)
    if kind == _ONLY and text[first:start].strip():
        return first
    return sentence_start(text, start)


def _left_out(item: _Restriction, ours: Sequence[Word], theirs: Sequence[Word], around: frozenset[str]) -> bool:
    """Whether the claim says what is restricted, and not this restriction."""
    wanted = stems(ours)
    restricting = [word for word in theirs if word.content and item.span[0] <= word.start and word.end <= item.span[1]]
    restricting = [
        word for word in restricting if word.text not in {"only", "solely", "exclusively", "except", "unless"}
    ]
    named = sum(word.stem in wanted for word in restricting)
    if not restricting or (2 * named >= len(restricting) and restricting[0].stem in wanted):
        return False
    said = (stems_within(theirs, item.clause) - stems(restricting)) & wanted
    elsewhere = stems_outside(theirs, item.clause) & wanted
    if len(said) < 2 or elsewhere - said:
        return False
    return len(said | (around & wanted)) >= _COVERED * len(wanted)
