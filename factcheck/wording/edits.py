"""Small edits of a claim that no evidence for the claim can support: another figure, a negation, another name, a turn.

English only, and derived from the texts alone. Where it is not sure that an edit changes what is said, or that it is
good English, it is left out: 'more than 100' stays, since 'more than 300' may be true as well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from factcheck.wording.grammar import words_of
from factcheck.wording.limits import too_long
from factcheck.wording.numbers import Number, numbers


class EditKind(StrEnum):
    """What an edit changes."""

    NUMBER = "number"
    NEGATION = "negation"
    ENTITY = "entity"
    DIRECTION = "direction"


@dataclass(frozen=True, slots=True)
class Edit:
    """An edited claim; `start` to `end` is what was replaced in the claim, empty where words were put in."""

    kind: EditKind
    text: str
    start: int
    end: int
    detail: str  # "12 → 36", for a reader


def _pairs_of(text: str) -> dict[str, str]:
    """The words of a text that stand before a slash, with those after it."""
    return {one: other for one, _, other in (pair.partition("/") for pair in text.split())}


def edits(claim: str, passages: Sequence[str] = ()) -> tuple[Edit, ...]:
    """The edits of a claim in text order, each of another text; empty for a question or condition.

    A claim that is longer than `limits.LONGEST` has none either. No figure or name is changed where a passage is
    longer than that, or where the claim has more than 60 of them.

    Args:
        claim: The claim.
        passages: The evidence that it was judged by: other names are taken from there, and no figure that it has.
    """
    if not claim.strip() or too_long(claim) or _OPEN.search(claim):
        return ()
    found = list(_negations(claim))
    if not _NEGATIVE.search(claim):  # what is denied of one thing may be false of another too
        found += _turns(claim)
        if not too_long(*passages):
            found += [*_numbers(claim, passages), *_names(claim, passages)]
    found.sort(key=lambda edit: (edit.start, edit.end, edit.kind, edit.text))
    distinct = {edit.text: edit for edit in reversed(found) if edit.text != claim}
    return tuple(edit for edit in found if distinct.get(edit.text) is edit)


_MOST = 60  # figures or names of a claim; more are a list, and slow to change one by one
_OPEN = re.compile(
    r"\?|\b(?:if|unless|whether|or|either|perhaps|maybe|possibly)\b|\b(?:may|might|could)\s(?!not\b)", re.IGNORECASE
)
_NEGATIVE = re.compile(
    r"\b(?:no|not|never|nobody|none|nothing|nor|neither|without|cannot|hardly|barely|scarcely|rarely|seldom|few"
    r"|lack(?:s|ed)?|fail(?:s|ed)?|den(?:y|ies|ied)|refus(?:e|es|ed)|unlike|except)\b|n[’']t\b",
    re.IGNORECASE,
)


def _edit(kind: EditKind, claim: str, start: int, end: int, new: str) -> Edit:
    old = claim[start:end]
    return Edit(kind, claim[:start] + new + claim[end:], start, end, f"{old.strip()} → {new.strip()}".strip())


# --- figures ---------------------------------------------------------------------------------------------------------

_BOUND = re.compile(  # another figure may fit as well
    r"\b(?:than|least|most|over|under|above|below|up to|within|by|before|after|since|until|till|through|exceed\w*"
    r"|beyond|between|from|and|or|to|top|first|last|past|next|one|few|almost|nearly|a|an|minimum of|maximum of|but)\s+"
    r"(?:the\s+|about\s+|around\s+|some\s+)?[$€£¥]?\s?$",
    re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    r"\b(?:rose|fell|grew|increased|decreased|declined|dropped|up|down|rise|fall|shrank|changed)\s+(?:by|to)\s+[$€£¥]?\s?$",
    re.IGNORECASE,
)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = "|".join(_MONTHS)
_WORDS: Mapping[str, str] = {
    "two": "six",
    "three": "nine",
    "four": "twelve",
    "five": "fifteen",
    "six": "eighteen",
    "seven": "twenty",
    "eight": "three",
    "nine": "four",
    "ten": "thirty",
    "eleven": "four",
    "twelve": "forty",
    "fifteen": "fifty",
    "twenty": "sixty",
    "thirty": "ninety",
    "forty": "ninety",
    "fifty": "twenty",
}


def _numbers(claim: str, passages: Sequence[str]) -> Iterator[Edit]:
    """The claim with another value in the place of one figure, in the same form."""
    ours = numbers(claim)
    if len(ours) > _MOST:
        return
    known = [*ours, *(number for text in passages for number in numbers(text))]
    for number in ours:
        span = _digits(claim, number)
        if span is None or not number.sure or not _stands_alone(claim, *span, number):
            continue
        start, end = span
        new = _other(claim, start, end, number)
        if new is None:
            continue
        edit = _edit(EditKind.NUMBER, claim, start, end, new)
        there = [other for other in numbers(edit.text) if other.start <= start < other.end]
        if len(there) == 1 and not any(there[0].equals(other) for other in known):
            yield edit


def _digits(claim: str, number: Number) -> tuple[int, int] | None:
    """Where the figure itself stands, without currency, unit and scale."""
    match = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[A-Za-z]+").search(claim, number.start, number.end)
    if match is None or number.decade or re.search(r"\d[ '’\u00a0\u2009\u202f]\d", claim[number.start : number.end]):
        return None
    return match.span()


_IN_NAME = re.compile(  # 'COVID-19', 'F.16', 'season 7', 'x^2'
    r"(?:[\w\-–—/.:#+,^=(~]|[-–]\s|\b(?i:no|number|chapter|article|section|phase|type|grade|level|route|season|part"
    r"|episode|volume|version)\.?\s)$"
)
_CAPITAL = re.compile(rf"\b(?!(?:In|On|About|Around|Some|The|{_MONTH})\s$)[A-Z]\w*\s$")
_THAN = re.compile(r"\b(?:more|less|fewer)\s+than\s+(?:a\s+)?[$€£¥]?$")
_GOES_ON = re.compile(  # a range, a second figure, an ordinal, '3-phase'
    r"\s*[-–—/:]\s*\d|\s*to\s+\d|[A-Z^²³]|\s+(?:and|or)\s+(?:[$€£¥]?\d|more\b|a half)|\s*\+|\s*(?:st|nd|rd|th)\b"
    r"|-(?!year|day|month|week|hour|minute|mile|metre|meter|storey|story|point|seat)"
)


def _stands_alone(claim: str, start: int, end: int, number: Number) -> bool:
    """Whether a figure is a value of its own: no part of a name, range or bound."""
    before = claim[:start]
    if _IN_NAME.search(before) or _CAPITAL.search(before) or _THAN.search(before) or _GOES_ON.match(claim, end):
        return False
    return not (_BOUND.search(before) and not (_CHANGE_BEFORE.search(before) and number.kind != "year"))


def _other(claim: str, start: int, end: int, number: Number) -> str | None:
    """A clearly different value, written as the old one is."""
    old = claim[start:end]
    if old.isalpha():
        new = _WORDS.get(old.lower())
        return new.capitalize() if new is not None and old[0].isupper() else new
    if _MONTH_BEFORE.search(claim[:start]) or _MONTH_AFTER.match(claim, end):
        return str((int(old) + 10) % 28 + 1) if old.isdigit() and int(old) <= 31 else _year(old)
    return _year(old) if number.kind == "year" and not _COUNTED.match(claim, end) else _multiple(old, number)


_MONTH_BEFORE = re.compile(rf"\b(?:{_MONTH})\s$")
_MONTH_AFTER = re.compile(rf"\s(?:{_MONTH})\b")
_COUNTED = re.compile(r"\s+[a-z]+s\b(?<!\bwas)(?<!\bhas)(?<!\bis)")


def _multiple(old: str, number: Number) -> str | None:
    """Three times a figure, or half of a large percentage, with as many decimals."""
    value = Fraction(old.replace(",", ""))
    if value in {0, 1} or len(old) > 12:
        return None
    if number.unit == "percent":
        value = value * 3 if value <= 30 else value / 2
    else:
        value *= 3
    places = len(old.partition(".")[2])
    if not places and value.denominator != 1:
        value = Fraction(int(value))
    return f"{float(value):{',' if ',' in old else ''}.{places}f}"


def _year(old: str) -> str | None:
    return str(int(old) - 11) if old.isdigit() and len(old) == 4 else None


# --- negation --------------------------------------------------------------------------------------------------------

_BASES = _pairs_of(
    """
/ became/become began/begin broke/break brought/bring built/build bought/buy came/come caught/catch chose/choose
drew/draw drove/drive fell/fall flew/fly fought/fight found/find gave/give grew/grow held/hold kept/keep knew/know
led/lead left/leave lost/lose made/make met/meet paid/pay ran/run rose/rise sang/sing sank/sink sent/send shot/shoot
sold/sell spent/spend spoke/speak stole/steal struck/strike swam/swim taught/teach threw/throw took/take went/go
won/win wore/wear wrote/write acquired/acquire adopted/adopt appeared/appear arrived/arrive attacked/attack
attended/attend awarded/award bombed/bomb borrowed/borrow carried/carry caused/cause changed/change closed/close
collapsed/collapse completed/complete conquered/conquer contained/contain covered/cover created/create cured/cure
decreased/decrease defeated/defeat delivered/deliver designed/design destroyed/destroy developed/develop died/die
directed/direct discovered/discover dropped/drop earned/earn employed/employ ended/end entered/enter exceeded/exceed
expanded/expand exported/export featured/feature finished/finish followed/follow founded/found graduated/graduate
happened/happen hosted/host imported/import improved/improve included/include increased/increase inherited/inherit
invented/invent joined/join killed/kill lasted/last launched/launch lived/live lowered/lower married/marry moved/move
occurred/occur opened/open owned/own painted/paint passed/pass played/play prevented/prevent produced/produce
published/publish raised/raise reached/reach received/receive reduced/reduce released/release replaced/replace
reported/report resigned/resign retired/retire returned/return served/serve signed/sign started/start starred/star
stayed/stay stopped/stop studied/study succeeded/succeed survived/survive visited/visit voted/vote worked/work
"""
)
_PRESENT_BASES = _pairs_of(
    """
/ affects/affect belongs/belong causes/cause consists/consist contains/contain contributes/contribute covers/cover
decreases/decrease develops/develop enhances/enhance exists/exist expresses/express improves/improve includes/include
increases/increase induces/induce inhibits/inhibit involves/involve lacks/lack leads/lead lies/lie lives/live
occurs/occur prevents/prevent produces/produce promotes/promote protects/protect provides/provide reduces/reduce
regulates/regulate requires/require stars/star supports/support triggers/trigger
"""
)
_PASTS = {base: past for past, base in _BASES.items()}
_PRESENTS = {base: present for present, base in _PRESENT_BASES.items()}
_SURE_PAST = re.compile(r"\w{2,}(?:(?P<e>[cdgilmnrtuv]at|niz|nis|aliz|alis|uc|quir|erv|olv)|ish|ect|ain|ment|ress)ed")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|will|can|has been|have been|had been|has|have|had)\b")
_NOT_BEFORE = re.compile(  # a subject of whom 'not' says something else than the opposite
    r"\b(?:all|every|each|everyone|everybody|everything|some|any|many|most|much|several|both|half|only|just|even|there"
    r"|that|who|which|what|how|why|where|when|because|while|although|though|since|as|than|to|said|says|claim\w*|[a-z]+ing"
    r"|always|often|usually|sometimes|also|still|already)\b|[,;:(\"“‘]",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\s*(?:also|always|still|already|often|usually|sometimes|mostly|generally|largely|only|just|even|both|all|to"
    r"|once|now)\b"
)
_NOT_WITHIN = re.compile(
    r"\b(?:because|so that|some|someone|something|several|already|too|until|in order|since|due to|as well|any|anyone"
    r"|anything|ever|yet|either|at all|much|longer|both|always|only|not|but|even|merely|least|despite|although"
    r"|while)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?P<verb>is|are|was|were|will|has|have|had)(?P<not> not|n[’']t)\s+"
    r"(?!only|just|merely|until|all|every|always|even|necessarily|the same)"
    r"|\b(?P<do>did|does)(?: not|n[’']t)\s+(?P<base>[a-z]+)\b|\b(?P<could>could)(?P<out> not|n[’']t)\s"
    r"|\b(?P<never>is|are|was|were|has|have|had) never\s|\b(?P<can>can)(?P<cannot>not|\snot|[’']t)\s",
)


_PAST_FORM = re.compile(r"\w+(?:ed|en|wn|ne|ade|uilt|on|ost)\b")


def _negations(claim: str) -> Iterator[Edit]:
    """The claim with its verb denied, or with the one negation that it has taken out."""
    negatives = list(_NEGATIVE.finditer(claim))
    if negatives:
        yield from _without_negation(claim, len(negatives))
    elif (found := _main_verb(claim)) and not _NOT_WITHIN.search(claim, found[1]):
        start, end, new = found
        yield _edit(EditKind.NEGATION, claim, start, end, new)


def _without_negation(claim: str, count: int) -> Iterator[Edit]:
    match = _DENIED.search(claim)
    if match is None or count > 1 or _NOT_BEFORE.search(claim, 0, match.start()):
        return
    if _NOT_WITHIN.search(claim, match.end()):
        return
    if match["do"]:
        known = _PASTS if match["do"] == "did" else _PRESENTS
        if match["base"] in known:
            yield _edit(EditKind.NEGATION, claim, *match.span(), known[match["base"]])
        return
    if match["verb"]:
        start, end = match.span("not")
    elif match["could"]:
        start, end = match.span("out")
    elif match["never"]:
        start, end = match.end("never"), match.end("never") + len(" never")
    else:
        start, end = match.span("cannot")
    participle = _PAST_FORM.match(claim, match.end())
    if match["verb"] in {"has", "have", "had"} and participle is None:
        return
    yield Edit(EditKind.NEGATION, claim[:start] + claim[end:], start, end, f"without '{claim[start:end].strip()}'")


def _main_verb(claim: str) -> tuple[int, int, str] | None:
    """The span of the finite verb and its negated form, where the verb and its subject are plain."""
    for match in re.finditer(r"\b[a-z]+\b", claim):
        word = match.group()
        if _AUXILIARY.fullmatch(word) or word in _BASES or word in _PRESENT_BASES or _regular_base(word):
            return _main_verb_at(claim, word, *match.span())
        if _PERHAPS_VERB.fullmatch(word):
            return None
    return None


_PERHAPS_VERB = re.compile(r"\w{2,}ed|does|do|did|should|would|must|may|might|could|became")


def _main_verb_at(claim: str, word: str, start: int, end: int) -> tuple[int, int, str] | None:
    before = claim[:start]
    if not 1 <= len(before.split()) <= 8 or _NOT_BEFORE.search(before) or _NOT_AFTER.match(claim, end):
        return None
    if re.search(r"ly\s$|\b(?:the|a|an|of|in|by|with|for|and|on|his|her|its|their|from)\s$", before):
        return None
    return _negated(claim, word, start, end)


def _negated(claim: str, word: str, start: int, end: int) -> tuple[int, int, str] | None:
    if word in {"has", "have", "had"}:
        new = _without_having(claim, word, end)
    elif word == "can":
        new = "cannot"
    elif _AUXILIARY.fullmatch(word):
        new = f"{word} not"
    elif word in _PRESENT_BASES:
        new = f"does not {_PRESENT_BASES[word]}"
    elif re.match(r"\s+by\b", claim[end:]) and word.endswith("ed") and word not in _CHANGED_BY:
        new = None  # 'the hall designed by'
    else:
        base = _BASES.get(word)
        if base is None and _OBJECT.match(claim, end):  # not of 'mice infected with'
            base = _regular_base(word)
        new = None if base is None else f"did not {base}"
    return None if new is None else (start, end, new)


_OBJECT = re.compile(r"\s+(?:an?|the|its|his|her|their|[A-Z]\w+|[$€£¥]?\d[\d,.]*)\b")


def _regular_base(word: str) -> str | None:
    """The base of a regular verb in the past tense, where its ending tells it: 'estimated', 'established'."""
    match = _SURE_PAST.fullmatch(word)
    return word[:-1] if match and match["e"] else word[:-2] if match else None


def _without_having(claim: str, word: str, end: int) -> str | None:
    """The negated form of has, have or had, which may be an auxiliary."""
    following = re.match(r"\s+(\w+)", claim[end:])
    if following is None or following[1] in {"to", "had"}:
        return None
    if following[1] in _PERFECT or (following[1] in _BASES and following[1].endswith("ed")):
        return f"{word} not"
    owns = re.fullmatch(r"an?|the|its|his|her|their|\d[\d,.]*", following[1]) or following[1] in _WORDS
    return {"has": "does", "have": "do", "had": "did"}[word] + " not have" if owns else None


_CHANGED_BY = frozenset(["decreased", "dropped", "increased", "lowered", "raised", "reduced"])
_PERFECT = frozenset(
    ["been", "become", "begun", "built", "grown", "fallen", "risen", "won", "lost", "made", "taken", "sold", "written"]
)


# --- names -----------------------------------------------------------------------------------------------------------

_GROUPS = (
    words_of("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    frozenset(_MONTHS) - {"May"},  # which is a verb too
    words_of(
        """
Argentina Australia Austria Belgium Brazil Canada Chile China Colombia Cuba Denmark Egypt England Estonia Ethiopia
Finland France Germany Greece Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Japan Kenya Latvia
Lithuania Malaysia Mexico Morocco Nepal New_Zealand Nigeria Norway Pakistan Peru Poland Portugal Romania Russia
Scotland Serbia Singapore Slovakia Slovenia South_Africa South_Korea Spain Sweden Switzerland Syria Thailand Tunisia
Turkey Ukraine Venezuela Vietnam Wales
"""
    ),
    words_of(
        """
American Australian Austrian Belgian Brazilian Canadian Chinese Danish Dutch Egyptian English Finnish French German
Greek Hungarian Icelandic Indian Indonesian Irish Italian Japanese Korean Malaysian Mexican Nigerian Norwegian Polish
Portuguese Russian Scottish Spanish Swedish Swiss Turkish Ukrainian Welsh
"""
    ),
)
_GROUP = {name.replace("_", " "): number for number, names in enumerate(_GROUPS) for name in names}
_PLACE_BEFORE = re.compile(
    r"\b(?:born|died|lives|lived|located|lies|based|held|situated|buried|built|opened|founded) (?:in|at|near) $"
)
_PERSON_BEFORE = re.compile(
    r"\b(?:designed|written|directed|founded|discovered|invented|painted|composed|led|built|owned) by $"
)
_TITLED = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Professor|President|Minister|Judge|Captain|General|Senator|Mayor|Sir|Lady|Queen|King)\.?\s"
)
_NO_NAMES = words_of(
    """
The A An In On At It He She They This That These Those Its His Her Their We I And But By For From After Before
"""
)
_NAME = re.compile(
    rf"\b(?!(?:{'|'.join(sorted(_NO_NAMES))})\b)[A-Z][\w’'\-]*(?:\s(?:(?:of|the|de|van|von|la)\s)?[A-Z][\w’'\-]*)*"
)
_NEAR = 40  # characters between two names that may be about one thing


def _names(claim: str, passages: Sequence[str]) -> Iterator[Edit]:
    """The claim with a name changed for another of the same kind that its evidence has."""
    named = [*_NAME.finditer(claim)]
    if len(named) > _MOST:
        return
    ours = {word for name in named for word in name.group().split()}
    theirs = {  # in the order of the names, whichever passage comes first
        (other.group(), text, kind)
        for text in passages
        for other in _NAME.finditer(text)
        if (kind := _kind(text, other)) is not None and ours.isdisjoint(other.group().split())
    }
    options = sorted(theirs, key=lambda option: option[0])
    for name in named:
        kind = _kind(claim, name)
        if kind is None:
            continue
        fit = (other for other, text, its in options if its == kind and not _go_together(text, name.group(), other))
        new = next(fit, None)
        if new is not None and (kind != _GROUP.get("American") or _article_fits(claim, name.start(), new)):
            yield _edit(EditKind.ENTITY, claim, name.start(), name.end(), new)


def _kind(text: str, name: re.Match[str]) -> int | str | None:
    """Of which kind a name surely is; months, weekdays, countries and nationalities have a number."""
    if name.group() in _GROUP:
        kind = _GROUP[name.group()]
        following = text[name.end() : name.end() + 2]
        return None if kind == 2 and following[:1] in {"’", "'", "-"} else kind
    words = name.group().split()
    if any(word in _GROUP for word in words):
        return None
    if _TITLED.match(name.group()) and len(words) > 1:
        return "titled"
    before = text[: name.start()]
    if _PERSON_BEFORE.search(before) and len(words) == 2:
        return "person"
    return "place" if _PLACE_BEFORE.search(before) and len(words) == 1 else None


def _go_together(text: str, one: str, other: str) -> bool:
    """Whether a text names two close to each other: partners, or a place within another."""
    return _follows(text, one, other) or _follows(text, other, one)


def _follows(text: str, one: str, other: str) -> bool:
    """Whether a name stands close after another on the same line."""
    at = text.find(one)
    while at >= 0:
        between, found, _ = text[at + len(one) : at + len(one) + _NEAR + len(other)].partition(other)
        if found and "\n" not in between:
            return True
        at = text.find(one, at + 1)
    return False


def _article_fits(claim: str, start: int, new: str) -> bool:
    match = re.search(r"\b(an?)\s$", claim[:start], re.IGNORECASE)
    return match is None or (match[1].lower() == "an") == (new[0] in "AEIO")


# --- direction -------------------------------------------------------------------------------------------------------

_TURNED = _pairs_of(
    """
increased/decreased increases/decreases increasing/decreasing increase/decrease rises/falls higher/lower
larger/smaller longer/shorter older/younger earlier/later highest/lowest largest/smallest longest/shortest
oldest/youngest warmest/coldest warmer/colder hotter/cooler stronger/weaker heavier/lighter faster/slower
northern/southern eastern/western north/south east/west upstream/downstream minimum/maximum majority/minority
best/worst better/worse strengthened/weakened accelerated/slowed widened/narrowed lengthened/shortened doubled/halved
promotes/inhibits activates/inhibits improves/worsens improved/worsened richest/poorest cheapest/dearest
tallest/shortest above/below before/after
"""
)
_OPPOSITES = {other: one for one, other in reversed(_TURNED.items())} | _TURNED
_OPPOSITE = re.compile(rf"\b(?:{'|'.join(sorted(_OPPOSITES, key=len, reverse=True))})\b")
_MORE = re.compile(
    r"\b(?P<more>[Mm]ore|[Ll]ess|[Ff]ewer) than (?=[$€£¥]?\d|half\b|[a-z]+ (?:million|thousand|hundred)\b)"
)
_FEWER = re.compile(r"\bfewer(?= [a-z]+(?: [a-z]+){0,8} than\b)")
_ROSE = re.compile(r"\b(?P<verb>rose|fell|grew|shrank)(?= (?:by|to|from) [$€£¥]?\d| sharply| slightly| in \d{4})")
_ALL = re.compile(r"^(?:All|Every|Each|None) (?:of )?(?!but\b|too\b)")
_WORD_AFTER = re.compile(r"\s+(\w+)")


def _turns(claim: str) -> Iterator[Edit]:
    """The claim with a word for a direction, order or amount turned into its opposite."""
    for match in _OPPOSITE.finditer(claim):
        if _turns_safely(claim, match):
            yield _with_article(_edit(EditKind.DIRECTION, claim, *match.span(), _OPPOSITES[match.group()]), claim)
    for match in _MORE.finditer(claim):
        word = match["more"]
        new = "less" if word.lower() == "more" else "more"
        if not re.search(r"\b(?:no|not|or|and|little|nothing)\s$", claim[: match.start()]):
            yield _edit(EditKind.DIRECTION, claim, *match.span("more"), new.capitalize() if word[0].isupper() else new)
    for match in _FEWER.finditer(claim):
        yield _edit(EditKind.DIRECTION, claim, *match.span(), "more")
    for match in _ROSE.finditer(claim):
        new = {"rose": "fell", "fell": "rose", "grew": "shrank", "shrank": "grew"}[match["verb"]]
        yield _edit(EditKind.DIRECTION, claim, *match.span(), new)
    if (first := _ALL.match(claim)) and first.group().strip() == "All of":
        yield _edit(EditKind.DIRECTION, claim, 0, len("All"), "None")


def _turns_safely(claim: str, match: re.Match[str]) -> bool:
    """Whether the opposite of a word makes the opposite claim, in good English."""
    word, before, after = match.group(), claim[: match.start()], claim[match.end() :]
    if word in {"before", "after"}:
        return bool(re.match(r"\s+(?:the\b|\d{4}\b|his\b|her\b|its\b|[A-Z])", after)) and not re.search(
            r"\b(?:named|look\w*|soon|modelled|modeled|called|year|day|the|brought|went|come|came|immediately|shortly|just"
            r"|both|and|or|title)\s$",
            before,
        )
    if word in {"above", "below"}:
        return bool(
            re.search(r"\b(?:is|are|was|were|lies|lie|lay|stood|stayed|remained)\s$", before)
            and re.match(r"\s+(?:the\b|\d)", after)
        )
    if word in {"north", "south", "east", "west"}:
        return bool(re.match(r"\s+(?:the\b|of\b|its\b|\d|[A-Z])", after)) and not re.search(r"\b(?:and|or)\s$", before)
    if re.match(r"\s+(?:and|or|alike)\b", after) or re.search(r"\b(?:and|or|the more|no|any)\s$", before):
        return False
    if word in {"later", "earlier", "longer", "better", "worse", "best", "worst", "higher", "lower"}:
        return bool(re.match(r"\s+than\b", after)) and " education" not in after
    return word not in {"increase", "decrease"} or bool(
        re.search(r"\b(?:an?|the|to|can|will|an?\s\w+)\s$", before) and _WORD_AFTER.match(after)
    )


def _with_article(edit: Edit, claim: str) -> Edit:
    """The edit with 'an increase' turned into 'a decrease'."""
    match = re.search(r"\b([Aa])n?\s$", claim[: edit.start])
    if match is None:
        return edit
    new = edit.text[edit.start : len(edit.text) - (len(claim) - edit.end)]
    article = match[1] + ("n" if new[0] in "aeiou" else "")
    old = claim[match.start() : edit.start].rstrip()
    if article == old:
        return edit
    return _edit(EditKind.DIRECTION, claim, match.start(), edit.end, f"{article} {new}")
