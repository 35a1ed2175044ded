"""The cues by which a passage relays something, each with the stretch of it that they govern. English.

Each reader knows one sort of wording and yields what it finds; which of it concerns a claim is decided elsewhere.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from factcheck.verdict.cues import Span, clause_end, clause_start, starts, starts_in

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


def _pattern(text: str) -> re.Pattern[str]:
    """The pattern, in which blanks stand for white space and line breaks for nothing."""
    return re.compile(re.sub(r"\n\s*", "", text), re.IGNORECASE)


def _ahead(text: str, at: int) -> str:
    """What stands close before a place: patterns that end there need not be tried from the beginning of the text."""
    return text[max(0, at - 60) : at]


# --- quotations ------------------------------------------------------------------------------------------------------

_FEWEST_QUOTED = 4  # words; shorter ones are titles, names and words held at a distance
_MARKS = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb]")
_INTRODUCES = _pattern(r"(?:^|[,:;.?!(\u2014-]|\b(?:that|said|says|say|told|asked|wrote|writes|replied|added|claimed|stated|as|like|saying|goes|went|reads?))[\s\"]*$")


def _quotations(text: str, *, inside: bool) -> Iterator[Cue]:
    opened: int | None = 0 if inside else None
    for match in _MARKS.finditer(text):
        at = match.start()
        if _closes(text, at, opened is not None):
            if opened is not None or (at >= 1 and text[at - 1] in ",.?!"):  # else the text was cut in a quotation
                yield from _quotation(text, opened or 0, at + 1)
            opened = None
        else:
            opened = at
    if opened is not None:
        yield from _quotation(text, opened, len(text))


def _closes(text: str, at: int, opened: bool) -> bool:  # noqa: FBT001 - a predicate of two facts
    """Whether a quotation mark closes; a straight one tells by what it touches."""
    if text[at] != '"':
        return text[at] in "\u201d\u00bb"
    touches_before, touches_after = at > 0 and not text[at - 1].isspace(), text[at + 1 : at + 2].isalnum()
    return opened if touches_before == touches_after else touches_before


def _quotation(text: str, start: int, end: int) -> Iterator[Cue]:
    """A quotation that says something: long enough, no title, and no part of the sentence around it."""
    said = text[start:end].split()
    capitals = sum(word.lstrip("\"\u201c'(")[:1].isupper() for word in said)
    if len(said) >= _FEWEST_QUOTED and 2 * capitals <= len(said) and _INTRODUCES.search(_ahead(text, start)):
        yield Cue(QUOTED, (start, end), ((start, end),))


def open_quotation(text: str) -> bool:
    """Whether a quotation that begins in the text goes on after it."""
    curly = max(text.rfind("\u201c"), text.rfind("\u201e")) > text.rfind("\u201d")
    return curly or text.count('"') % 2 == 1


# --- questions -------------------------------------------------------------------------------------------------------

_OPENS_ASKING = _pattern(
    r"^[\W\d]*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n't)?\b"
)
# Those that ask for more than yes or no suppose that it is so; tags and afterthoughts want it confirmed.
_ASKS_MORE = _pattern(
    r"\b(?:why|how|when|where|who|whom|whose|what|which)\b|, ?(?:\w+n't \w+|right|eh|huh|no|yes|ok|okay|yeah) ?\?|\bor not\b"
)
_WHETHER = _pattern(
    r"""\b(?:ask|wonder|question|debate|discuss|examin|investigat|consider|stud|check)\w* (?:\w+ ){0,3}?whether\b
|\b(?:ask|wonder)(?:s|ed|ing)? (?:\w+ ){0,2}?if\b
|\b(?:unclear|uncertain|unknown|undecided|open|not (?:clear|certain|known|sure|decided)|remains to be seen|(?:do|does|did) not know|n't know)
(?: \w+)?,? (?:whether|if)\b
|^whether\b(?=[^,]*\b(?:is|remains|was) (?:unclear|uncertain|unknown|open|undecided|not|another|disputed))"""
)


def _questions(text: str) -> Iterator[Cue]:
    bare = text.rstrip("\"'\u201d\u2019) ")
    if bare.endswith("?"):
        start = max((match.end() for match in re.finditer(r"[.!?:;]\s", bare)), default=0)
        asked = bare[start:]
        if _OPENS_ASKING.search(asked) or not _ASKS_MORE.search(asked):
            yield Cue(ASKED, (len(bare) - 1, len(bare)), ((start, len(bare)),))
    for match in _WHETHER.finditer(text):
        yield Cue(ASKED, match.span(), ((match.end(), clause_end(text, match.end())),))


# --- who says it -----------------------------------------------------------------------------------------------------

# Sources whose word is taken for the thing: what they say is asserted.
_RECORDS = frozenset(
    """
study studies report reports figures data dataset statistics stats record records survey surveys poll polls census
analysis analyses research researcher researchers scientist scientists investigator investigators author authors result
results finding findings evidence trial trials experiment experiments measurement measurements observation observations
estimate estimates account accounts ledger log logs minutes register registry registers audit audits auditors review
reviews paper papers article document documents file files archive archives chronicle inventory court tribunal judge
judges justices jury inquest inquiry commission inspectors investigation ruling verdict judgment law act statute
constitution treaty contract agreement bible book calendar chart table map list certificate meta-analysis theory model
models simulation simulations historians encyclopedia encyclopaedia dictionary label sign filing filings manual text
section rule rules census bureau regulation regulations note memo images pictures photographs index legend plaque inscription
""".split()
)
_ENDS_SUBJECT = _pattern(
    r" ?(?:,|\b(?:of|by|from|in|on|at|for|to|with|about|into|among|between|published|released|conducted|carried|led|made|issued|based|who|which|that)\b)"
)
_FILLER = _pattern(r"(?:\b(?:also|later|then|now|still|once|has|have|had|would|will|could|first|again|who|never|even|recently|all|both)\b\W*)+$")
_HEARSAY = _pattern(  # whose reports are no records
    r"\b(?:media|newspapers?|press|channel|station|blogs?|tabloid|magazine|outlets?|agency|agencies|witness(?:es)?|residents|neighbours|neighbors|users?"
    r"|sources?|locals|villagers|bbc|cnn|times|post|reuters)\b"
)
_WITHIN = r"(?: (?!that\b)[^\s,;:.()]+){0,5}?"  # "on Monday", "the court"
_WHO_FOLLOWS = r"(?= (?:the|a|an|he|she|it|they|his|her|its|their|there|this|these|that|those|we|i|you|all|most|some|no) )"
_STATING = (
    r"(?:claim(?:s|ed|ing)?|alleg(?:e|es|ed|ing)|argu(?:e|es|ed|ing)|insist(?:s|ed)?|maintain(?:s|ed)?|assert(?:s|ed)?"
    r"|contend(?:s|ed)?|testif(?:y|ies|ied)|complain(?:s|ed)?|stress(?:es|ed)?|add(?:s|ed)?|warn(?:s|ed)?|stated"
    r"|declar(?:es|ed)|boast(?:s|ed)?|saying|telling|tweet(?:s|ed)?|posted|wrote|writes|predict(?:s|ed)?"
    r"|reckon(?:s|ed)?|report(?:s|ed)?|remark(?:s|ed)?|swore|swears|holds)"
)
_BELIEVING = (
    r"(?:suspect(?:s|ed)?|believ(?:e|es|ed)|thinks?|thought|fear(?:s|ed)?|doubt(?:s|ed)?|guess(?:es|ed)?|assum(?:e|es|ed)"
    r"|speculat(?:e|es|ed)|suppos(?:e|es|ed)|worr(?:y|ies|ied)|hop(?:e|es|ed)|imagin(?:e|es|ed)|suggest(?:s|ed)?)"
)
_SAID = _pattern(
    rf"\b(?:said|says|say|told|tells){_WITHIN},? that\b"
    r"|\b(?:said|says|say)\b(?= (?!that\b|to\b|in\b|of\b|for\b|by\b|goodbye\b|hello\b|yes\b|nothing\b|something\b|so\b|anything\b|a word\b)[\w'])"
)
_STATED = _pattern(
    rf"\b{_STATING}(?: (?!that\b)[^\s,;:.()]+){{0,3}}? that\b|\bstates that\b|\b(?:claim(?:s|ed|ing)?|alleg(?:es|ed)) to (?=have|be)\b"
    rf"|\b(?:claim(?:s|ed)?|insist(?:s|ed)?|argue[sd]?|alleged?|alleges|complain(?:s|ed)?){_WHO_FOLLOWS}"
    r"|\baccus(?:e|es|ed|ing)\b[^,;.]{1,80}? of\b|\bblam(?:e|es|ed)\b(?! for)"
)
_BELIEVED = _pattern(rf"\b{_BELIEVING}\b(?:(?: \w+ly)? that\b|{_WHO_FOLLOWS})")
_ACCORDING = _pattern(r"\b(?:according to|in the (?:words|view|opinion) of)\b")
# Passives, the speaker of the text itself, and turns of phrase.
_NO_SPEAKER = _pattern(
    r"\b(?:is|are|was|were|be|been|being|it|i|we|you|us|let's|let us|to|shall we|of|here)\W*(?:(?:\w+ly|also|just|would|should|can|could|might|may|have|has|had|'d|do|don't|did|didn't|always)\W*)*$"
)


def _said(text: str) -> Iterator[Cue]:
    return _clauses(ATTRIBUTED, _SAID, text)


def _stated(text: str) -> Iterator[Cue]:
    return _clauses(ATTRIBUTED, _STATED, text)


def _believed(text: str) -> Iterator[Cue]:
    return _clauses(HEDGED, _BELIEVED, text)


def _clauses(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Cue]:
    for match in pattern.finditer(text):
        speaker = _subject(text, match.start())
        said = text[slice(*speaker)]
        if _NO_SPEAKER.search(_ahead(text, match.start())) or _is_record(said):
            continue
        if match.group().lower().startswith("report") and not _HEARSAY.search(said):
            continue
        yield Cue(kind, match.span(), ((match.end(), clause_end(text, match.end())),), speaker, said)


def _according(text: str) -> Iterator[Cue]:
    for match in _ACCORDING.finditer(text):
        end = min((at for at in (text.find(",", match.end()), clause_end(text, match.end())) if at >= 0))
        source = text[match.end() : end]
        if _is_record(source):
            continue
        ahead = text[: match.start()].rstrip()
        opens = not ahead.strip("\"'\u201c( ") or ahead.endswith((";", ":", "but", "and"))
        if not opens and not ahead.endswith((",", '"', "\u201d")) and not source.lstrip()[:1].isupper():
            continue  # "paid according to age"
        scope = (end, clause_end(text, end + 2)) if opens else (_sentence_start(text, match.start()), match.start())
        yield Cue(ATTRIBUTED, match.span(), (scope,), (match.end(), end), source)


def _subject(text: str, verb: int) -> Span:
    """Who does what the verb says: what stands before it in its clause, or in the sentence where a comma parts them."""
    filler = _FILLER.search(ahead := _ahead(text, verb))
    end = verb - (len(ahead) - filler.start()) if filler else verb
    start = clause_start(text, end)
    if not text[start:end].strip(' ,"'):
        start = _sentence_start(text, end)
    return start, end


def _sentence_start(text: str, end: int) -> int:
    return max((match.end() for match in re.finditer(r"[.!?;:]\s", text[:end])), default=0)


def _is_record(subject: str) -> bool:
    """Whether the head of a noun phrase is one of the sources that are taken at their word."""
    bare = subject.strip(" ,\"'\u201c")
    cut = _ENDS_SUBJECT.search(bare, 1) if bare else None
    head = re.findall(r"[\w-]+", (bare[: cut.start()] if cut else bare).lower())
    return bool(head) and head[-1] in _RECORDS


_AFTER = re.compile(
    r"""(?:,["'\u201d]{0,2}|["\u201d])\s(?:
      (?P<who>(?:[^\s,;:.?!"\u201c\u201d]+\s){1,9}?)
      (?:said|says|say|added|adds|claim(?:s|ed)?|argue[sd]?|insist(?:s|ed)?|told|wrote|writes|promised|warned|explained|recalled|complained|predicted
        |maintained|alleged|stressed|declared|believes?|thinks?|fears?|suspects?|testified|boasted|tweeted)\b
    | (?:said|says|added|adds|wrote|writes|warned|explained|insisted|insists|claimed|claims|argued|argues|promised|recalled)\s(?P<by>[^,;:.?!"]{2,70}(?=[,.;?!]|$))
    )""",
    re.VERBOSE,
)
_NOTHING_FOLLOWS = _pattern(
    r"(?:[\s.,;!\"\u201d]*$|,|\.[\"\u201d]? | (?:on|in|at|to|during|after|last|this|yesterday|today|earlier|later|by|when|the court|reporters)\b[^,;]{0,60}[.\"\u201d]*$)"
)
_NOT_WHO = _pattern(r"^(?:who|which|and|but|as|where|when|that|i|we|you)\b|\b(?:is|are|was|were|be|been|to|i|we|you) $")
_FINITE = _pattern(r"\b(?:was|were|is|are|would|had|has|will|could|can|did|does|\w+ed)\b")


def _stated_after(text: str) -> Iterator[Cue]:
    for match in _AFTER.finditer(text):
        who = match["who"] or match["by"]
        if match["who"] and not _NOTHING_FOLLOWS.match(text, match.end()):
            continue
        if (match["by"] and _FINITE.search(who)) or _is_record(who) or _NOT_WHO.search(who):
            continue
        scope = [(_sentence_start(text, match.start()), match.start() + 1)]
        if text[match.end() : match.end() + 1] == ",":  # "the bridge, he said, will close"
            scope.append((match.end() + 1, clause_end(text, match.end() + 1)))
        start = match.start() + 1
        yield Cue(ATTRIBUTED, (start, match.end()), tuple(scope), None, who)


# --- rumours, allegations, denials -----------------------------------------------------------------------------------

_NOUN = _pattern(
    r"\b(?P<noun>claim|allegation|rumou?r|speculation|suggestion|accusation|fear|suspicion|assertion|myth|stor(?:y|ie)|report|charge)s?"
    r"(?: (?:has it|have it|is|was|goes))? that\b"
)
_NOUN_OF = _pattern(r"\b(?:claim|allegation|rumou?r|report|accusation)s? (?:of|about)\b")
_MAKES_NOUN = _pattern(  # "he claims that" is no noun
    r"""(?:^|[,;:("]|\b(?:the|a|an|of|by|amid|despite|with|any|all|some|no|such|these|those|this|his|her|their|its|our|on|to|and|about|after|over
|media|press|online|earlier|new|old|false|wild|persistent|widespread|viral|recent|public|unproven|unconfirmed|untrue|several|many|made|spread|\w+'s
|reject\w*|den(?:y|ies|ied)|dismiss\w*|repeat\w*|disput\w+|heard|hear|are|were))\W*$"""
)
_FALSE = _pattern(
    r"\b(?:is|are|was|were|proved|has been|have been|turned out to be) (?:(?:\w+ly|a|an|all|pure|simply) )*(?P<not>not )?(?:(?:\w+ly|a|an|all|pure) )*"
    r"(?:false|untrue|fake|wrong|baseless|unfounded|fabricated|debunked|nonsense|hoax|lies?|myth|incorrect|invented|(?P<true>true|correct))\b"
)
_DENIED = _pattern(
    r"""\b(?:(?:den(?:y|ies|ied|ying)|disput(?:e|es|ed|ing)) (?:that|having|being|ever|knowing|any (?=\w+ing\b))\b
|(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|disput(?:e|es|ed|ing)|refut(?:e|es|ed)|dismiss(?:es|ed)?|rebut(?:s|ted)?)
(?: (?:the|all|any|these|such|an?|his|her|its|their|media|press))*
 (?:claims?|allegations?|reports?|rumou?rs?|suggestions?|accusations?|charges?|story|stories|idea) (?:that|of|about)\b
|den(?:y|ies|ied)(?= (?:it|he|she|they|the|there|his|her|its|their|any) (?:\w+ ){1,2}(?:is|was|were|are|had|has|have|did|would)\b))"""
)
_NOT_SO = _pattern(
    r"""\b(?:it is|it's|it was) (?:(?:simply|just) )?(?:not true|untrue|false|a (?:myth|lie|hoax)|not the case)(?: (?:that|to say))\b
|\bno (?:\w+ )?(?:evidence|proof|indication|sign)s? (?:whatsoever )?that\b"""
)


def _nouns(text: str) -> Iterator[Cue]:
    for pattern in (_NOUN, _NOUN_OF):
        for match in pattern.finditer(text):
            if not _MAKES_NOUN.search(_ahead(text, match.start())):
                continue
            verdict = _FALSE.search(text, match.end())
            end = clause_end(text, match.end())
            if verdict and verdict.start() < end:
                if bool(verdict["not"]) == bool(verdict["true"]):
                    yield Cue(DENIED, verdict.span(), ((match.end(), verdict.start()),), own=True)
            elif pattern is _NOUN and not _DENIED.search(text, 0, match.end()):
                kind = HEDGED if match["noun"].lower() in {"rumor", "rumour", "speculation", "suspicion", "fear"} else ATTRIBUTED
                yield Cue(kind, match.span(), ((match.end(), end),))


def _denials(text: str) -> Iterator[Cue]:
    for match in _DENIED.finditer(text):
        speaker = _subject(text, match.start())
        said = text[slice(*speaker)]
        yield Cue(DENIED, match.span(), ((match.end(), clause_end(text, match.end())),), speaker, said)
    for match in _NOT_SO.finditer(text):
        scope = (match.end(), clause_end(text, match.end()))
        yield Cue(DENIED, match.span(), (scope,), own=not match.group().lower().startswith("no"))


# --- conditions ------------------------------------------------------------------------------------------------------

_IF = _pattern(r"\b(?:if|unless|supposing)\b(?! (?:any|not|only|possible|necessary|ever|so|anything)\b)")
_NO_CONDITION = _pattern(
    r"\b(?:as|even|ask\w*|wonder\w*|see|know|knows|knew|tell|what|only|not|sure|unclear|matter|determine|check|and|like|doubt|test\w*|stud\w+|examin\w+)\W+$"
)
_MODAL_FORM = _pattern(r"\b(?:will|would|could|might|may|can|shall|should)\b|'ll\b|'d\b")
_INVERTED = re.compile(r"(?:Should|Had|Were) (?!there\b)[^?]{3,120}?, [^?]*\b(?:will|would|could|might|may|is|are)\b[^?]*$")
_WOULD_HAVE = _pattern(r"\bwould(?:n't)?(?: not| never| also| surely| probably)? have\b(?! (?:to|a|the|an)\b)")


def _conditions(text: str) -> Iterator[Cue]:
    for match in _IF.finditer(text):
        if _NO_CONDITION.search(_ahead(text, match.start())):
            continue
        end = clause_end(text, match.end())
        start = clause_start(text, match.start())
        if text[start : match.start()].strip(" \"'\u201c"):
            main, condition = (start, match.start()), (match.end(), end)
        else:
            comma = text.find(",", match.end())
            comma = comma if 0 <= comma < end else end
            main, condition = (comma, end), (match.end(), comma)
        # Without a modal the main clause holds under a restriction: that is another check.
        scope = (condition, main) if _MODAL_FORM.search(text[slice(*main)]) else (condition,)
        yield Cue(SUPPOSED, match.span(), scope)
    if match := _INVERTED.match(text):
        yield Cue(SUPPOSED, (0, text.index(" ")), ((text.index(" "), match.end()),))
    for match in _WOULD_HAVE.finditer(text):
        yield _verbal(SUPPOSED, text, match)


_RELATIVE = _pattern(r" (?:that|which|who|whom|where|when|in order|so as) ")


def _verbal(kind: str, text: str, match: re.Match[str], *, later: bool = False) -> Cue:
    """A cue that governs the verb after it, in a clause whose subject stands before it."""
    subject = (clause_start(text, match.start()), match.start())
    end = clause_end(text, match.end())
    relative = _RELATIVE.search(text, match.end() + 2, end)
    scope = (match.end(), relative.start() if relative else end)
    return Cue(kind, match.span(), (scope,), subject, verb=True, later=later)


# --- plans -----------------------------------------------------------------------------------------------------------

_PLANNED = _pattern(
    r"""\b(?:
(?:plan(?:s|ned|ning)?|intend(?:s|ed|ing)?|aim(?:s|ed|ing)?|hop(?:e|es|ed|ing)|want(?:s|ed|ing)?|wish(?:es|ed)?|propos(?:e|es|ed|ing)
|promis(?:e|es|ed|ing)|pledg(?:e|es|ed|ing)|vow(?:s|ed|ing)?|threaten(?:s|ed|ing)?|offer(?:s|ed|ing)?|expect(?:s|ed|ing)?|seeks?|sought) (?:not )?to
|plans? (?:for|on)|(?:plans?|intentions?|proposals?|ambitions?) (?:for \w+ )?to
|(?:is|are|was|were|been) (?:(?:\w+ly|also|now|still|not) )?
(?:expected|due|scheduled|set|slated|planned|projected|forecast|anticipated|going|about|intended|predicted|poised) to
|consider(?:s|ed|ing)?(?= \w+ing\b)|(?:is|are|was|were) (?:\w+ )?considering
|(?:propos(?:e|es|ed)|promis(?:e|es|ed)|pledg(?:e|es|ed)|expect(?:s|ed)?|predict(?:s|ed)?|demand(?:s|ed)?|recommend(?:s|ed)?|vow(?:s|ed)?) that
|(?:want|wants|wanted|expect|expects|urge|urges|urged)(?: (?!to\b)[\w'-]+){1,4} to)\b"""
)
_PARTICIPLE = _pattern(r"(?:offered|proposed|promised|pledged|wanted|sought|threatened)\b")
_PASSIVE = _pattern(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)? $")
_TO_BE = _pattern(r"\b(?:is|are) to (?!say\b|blame\b)(?=\w)")
_DEFINES = _pattern(r"\b(?:aim|goal|purpose|way|idea|task|job|role|key|point|thing|step|objective|what|option|mission|solution|it|all|this|method|function)\b")
_UNDER_A_PLAN = _pattern(r"\b(?:plans?|proposals?|bill|scheme|project|blueprint|draft)\b[^.;]*?\b(?P<cue>would)\b(?! have\b)")
_REPORTS_FUTURE = _pattern(r"\b(?:announc\w+|said|says|promis\w+|agreed|predict\w+|expect\w*)\b")
_WOULD = _pattern(r"\bwould\b(?! (?:have|later|go on|eventually|become|remain|often|always|usually|sometimes|like|rather|not)\b)")
_WILL = re.compile(r"\b(?:will|won't|shall)\b(?! (?:of|and testament|have been)\b)")


def _plans(text: str) -> Iterator[Cue]:
    for match in _PLANNED.finditer(text):
        if match.group().lower().endswith(" that"):
            if not _NO_SPEAKER.search(_ahead(text, match.start())):
                scope = (match.end(), clause_end(text, match.end()))
                yield Cue(PLANNED, match.span(), (scope,), _subject(text, match.start()))
        elif not (_PARTICIPLE.match(match.group()) and _PASSIVE.search(_ahead(text, match.start()))):
            yield _verbal(PLANNED, text, match)


def _futures(text: str) -> Iterator[Cue]:
    for match in _TO_BE.finditer(text):
        if not _DEFINES.search(text[clause_start(text, match.start()) : match.start()]):
            yield _verbal(PLANNED, text, match)
    for match in _WILL.finditer(text):
        if not text[: match.start()].lower().rstrip().endswith("you"):
            yield _verbal(PLANNED, text, match, later=True)
    if " would " not in text:
        return
    for match in _UNDER_A_PLAN.finditer(text):
        start, end = match.span("cue")
        yield Cue(PLANNED, (start, end), ((end, clause_end(text, end)),), (clause_start(text, start), start), verb=True)
    if _REPORTS_FUTURE.search(text):
        for match in _WOULD.finditer(text):
            yield _verbal(PLANNED, text, match, later=True)


# --- hedges ----------------------------------------------------------------------------------------------------------

_MODAL = re.compile(
    r"\b(?:may|might|could)\b(?! (?:not|no|only|hardly|barely|never|see|hear|feel|afford|tell|as well|well|have been able)\b)(?= [a-z])"
)
_ADVERB = _pattern(
    r"\b(?:perhaps|possibly|maybe|probably|reportedly|allegedly|supposedly|purportedly|presumably|conceivably|in all likelihood)\b(?! (?:\d|the most\b))"
)
_HELD = r"(?:said|believed|thought|reported|alleged|rumou?red|suspected|feared|claimed|assumed|understood)"
_IMPERSONAL = _pattern(
    rf"""\b(?:is|are|was|were|be) (?:(?:widely|also|generally|now|commonly|still) )?{_HELD} to\b
|\b(?:it|it's)(?: is| has been| was| had been)? (?:(?:widely|also|generally|often|sometimes) )?
(?:{_HELD}|suggested|speculated|(?:un)?likely|possible|probable|conceivable|hoped) that\b
|\b(?:is|are) (?:un)?likely to\b|\bthere is (?:a )?(?:chance|possibility|risk|speculation) that\b"""
)


def _modals(text: str) -> Iterator[Cue]:
    return (_verbal(HEDGED, text, match) for match in _MODAL.finditer(text))


def _impersonal(text: str) -> Iterator[Cue]:
    return (_verbal(HEDGED, text, match) for match in _IMPERSONAL.finditer(text))


def _adverbs(text: str) -> Iterator[Cue]:
    for match in _ADVERB.finditer(text):
        scope = (clause_start(text, match.start()), clause_end(text, match.end()))
        yield Cue(HEDGED, match.span(), (scope,))


# --- all of them -----------------------------------------------------------------------------------------------------

# Each reader, with the beginnings of the words one of which its cues must have: a sentence without any is not searched.
_READERS: tuple[tuple[Callable[[str], Iterator[Cue]], frozenset[str]], ...] = (
    (_questions, starts("? whet if")),
    (_said, starts("said says say told tell")),
    (
        _stated,
        starts(
            """clai alle argu insi main asse cont test comp stre adds adde add warn stat decl boas sayi tell twee post wrot writ
            pred reck repo rema swor hold accu blam"""
        ),
    ),
    (_believed, starts("susp beli thin thou fear doub gues assu spec supp worr hope imag sugg")),
    (_according, starts("acco word view opin")),
    (
        _stated_after,
        starts(
            """said says say adde adds clai argu insi told wrot writ prom warn expl reca comp pred main alle stre decl beli thin
            fear susp test boas twee"""
        ),
    ),
    (_nouns, starts("clai alle rumo spec sugg accu fear susp asse myth stor repo char")),
    (_denials, starts("deni deny reje disp refu dism rebu true untr fals myth lie hoax case evid proo indi sign")),
    (_conditions, starts("if unle supp shou had were woul")),
    (
        _plans,
        starts(
            """plan inte aim aims aime aimi hope hopi want wish prop prom pled vow vows vowe thre offe expe seek soug ambi due sche
            set slat proj fore anti goin abou pred pois cons dema reco urge"""
        ),
    ),
    (_futures, starts("is are will won shal woul")),
    (_modals, starts("may migh coul")),
    (_impersonal, starts("said beli thou repo alle rumo susp fear clai assu unde sugg spec like unli poss prob conc hope chan risk")),
    (_adverbs, starts("perh poss mayb prob repo alle supp purp pres conc like")),
)


@lru_cache(maxsize=4096)
def cues(text: str, *, inside_quotation: bool = False) -> tuple[Cue, ...]:
    """All cues of a sentence with straight apostrophes.

    Args:
        text: The sentence.
        inside_quotation: A quotation that opened before the sentence is still open.
    """
    begun = starts_in(text)
    found = [cue for reader, needed in _READERS if not needed.isdisjoint(begun) for cue in reader(text)]
    return (*found, *_quotations(text, inside=inside_quotation))
