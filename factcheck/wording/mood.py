"""Cues of what is not so yet or not surely so: conditions, plans and hedges. English."""

import re
from collections.abc import Iterator

from factcheck.wording.cues import HEDGED, PLANNED, SUPPOSED, Cue, ahead, clause_end, clause_start, pattern
from factcheck.wording.speech import NO_SPEAKER, subject

# --- conditions ------------------------------------------------------------------------------------------------------

_IF = pattern(r"\b(?:if|unless|supposing)\b(?! (?:any|not|only|possible|necessary|ever|so|anything)\b)")
_NO_CONDITION = pattern(
    r"\b(?:as|even|ask\w*|wonder\w*|see|know|knows|knew|tell|what|only|not|sure|unclear|matter"
    r"|determine|check|and|like|doubt|test\w*|stud\w+|examin\w+)\W+$"
)
_MODAL_FORM = pattern(r"\b(?:will|would|could|might|may|can|shall|should)\b|'ll\b|'d\b")
_INVERTED = re.compile(
    r"(?:Should|Had|Were) (?!there\b)[^?]{3,120}?, [^?]*\b(?:will|would|could|might|may|is|are)\b[^?]*$"
)
_WOULD_HAVE = pattern(r"\bwould(?:n't)?(?: not| never| also| surely| probably)? have\b(?! (?:to|a|the|an)\b)")


def conditions(text: str) -> Iterator[Cue]:
    """Cues such as "If …", "should it …", "it would have …"."""
    for match in _IF.finditer(text):
        if _NO_CONDITION.search(ahead(text, match.start())):
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
    inverted = _INVERTED.match(text) if "?" not in text else None  # which it would look for again and again
    if inverted:
        yield Cue(SUPPOSED, (0, text.index(" ")), ((text.index(" "), inverted.end()),))
    for match in _WOULD_HAVE.finditer(text):
        yield _verbal(SUPPOSED, text, match)


_RELATIVE = pattern(r" (?:that|which|who|whom|where|when|in order|so as) ")


def _verbal(kind: str, text: str, match: re.Match[str], *, later: bool = False) -> Cue:
    """A cue that governs the verb after it, in a clause whose subject stands before it."""
    subject = (clause_start(text, match.start()), match.start())
    end = clause_end(text, match.end())
    relative = _RELATIVE.search(text, match.end() + 2, end)
    scope = (match.end(), relative.start() if relative else end)
    return Cue(kind, match.span(), (scope,), subject, verb=True, later=later)


# --- plans -----------------------------------------------------------------------------------------------------------

_PLANNED = pattern(
    r"""\b(?:
(?:plan(?:s|ned|ning)?|intend(?:s|ed|ing)?|aim(?:s|ed|ing)?|hop(?:e|es|ed|ing)|want(?:s|ed|ing)?|wish(?:es|ed)?
|propos(?:e|es|ed|ing)
|promis(?:e|es|ed|ing)|pledg(?:e|es|ed|ing)|vow(?:s|ed|ing)?|threaten(?:s|ed|ing)?|offer(?:s|ed|ing)?|expect(?:s
|ed|ing)?|seeks?|sought|prepar(?:e|es|ed|ing)) (?:not )?to
|plans? (?:for|on)|(?:plans?|intentions?|proposals?|ambitions?) (?:for \w+ )?to
|(?:is|are|was|were|been) (?:(?:\w+ly|also|now|still|not) )?
(?:expected|due|scheduled|set|slated
|planned|projected|forecast|anticipated|going|about|intended|predicted|poised|on track|supposed|meant) to
|(?:in talks|on course|under pressure) (?:to|over)|close to(?= \w+ing\b)|propos(?:e|es|ed)(?= \w+ing\b)
|(?:permission|approval|consent|request|bid) to
|calls? (?:on|for)(?: (?!to\b)[\w'-]+){1,4} to|called (?:on|for)(?: (?!to\b)[\w'-]+){1,4} to
|(?:is|are|was|were) (?:planned|slated|scheduled|set|due) for
|consider(?:s|ed|ing)?(?= \w+ing\b)|(?:is|are|was|were) (?:\w+ )?considering
|(?:propos(?:e|es|ed)|promis(?:e|es|ed)|pledg(?:e|es|ed)|expect(?:s|ed)?|predict(?:s|ed)?|demand(?:s|ed)?
|recommend(?:s|ed)?|vow(?:s|ed)?) that
|(?:want|wants|wanted|expect|expects|urge|urges|urged)(?: (?!to\b)[\w'-]+){1,4} to)\b"""
)
_PARTICIPLE = pattern(r"(?:offered|proposed|promised|pledged|wanted|sought|threatened)\b")
_PASSIVE = pattern(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)? $")
_TO_BE = pattern(r"\b(?:is|are) to (?!say\b|blame\b)(?=\w)")
_DEFINES = pattern(
    r"\b(?:aim|goal|purpose|way|idea|task|job|role|key|point|thing|step|objective|what|option|mission"
    r"|solution|it|all|this|method|function)\b"
)
_UNDER_A_PLAN = pattern(
    r"\b(?:plans?|proposals?|bill|scheme|project|blueprint|draft)\b[^.;]*?\b(?P<cue>would)\b(?! have\b)"
)
_REPORTS_FUTURE = pattern(
    r"\b(?:announc\w+|said|says|promis\w+|agreed|predict\w+|expect\w*|assur\w+|hint\w*|confiden\w+|hop(?:e|es|ed))\b"
)
_WOULD = pattern(
    r"\bwould\b(?! (?:have|later|go on|eventually|become|remain|often|always|usually|sometimes|like|rather|not)\b)"
)
_WILL = re.compile(r"\b(?:will|won't|shall)\b(?! (?:of|and testament|have been)\b)")


def plans(text: str) -> Iterator[Cue]:
    """Cues such as "They plan to …", "she promised that …"."""
    for match in _PLANNED.finditer(text):
        if match.group().lower().endswith(" that"):
            if not NO_SPEAKER.search(ahead(text, match.start())):
                scope = (match.end(), clause_end(text, match.end()))
                yield Cue(PLANNED, match.span(), (scope,), subject(text, match.start()))
        elif not (_PARTICIPLE.match(match.group()) and _PASSIVE.search(ahead(text, match.start()))):
            yield _verbal(PLANNED, text, match)


def futures(text: str) -> Iterator[Cue]:
    """Cues such as "It will …", "it is to be …", "she said it would …"."""
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
    r"\b(?:may|might|could)\b(?! (?:not|no|only|hardly|barely|never|see|hear|feel|afford|tell|as well"
    r"|well|have been able)\b)(?= [a-z])"
)
_ADVERB = pattern(
    r"\b(?:perhaps|possibly|maybe|probably|reportedly|allegedly|supposedly|purportedly|presumably"
    r"|conceivably|in all likelihood)\b(?! (?:\d|the most\b))"
)
_HELD = r"(?:said|believed|thought|reported|alleged|rumou?red|suspected|feared|claimed|assumed|understood)"
_IMPERSONAL = pattern(
    rf"""\b(?:is|are|was|were|be) (?:(?:widely|also|generally|now|commonly|still) )?{_HELD} to\b
|\b(?:it|it's)(?: is| has been| was| had been)? (?:(?:widely|also|generally|often|sometimes) )?
(?:{_HELD}|suggested|speculated|(?:un)?likely|possible|probable|conceivable|hoped) that\b
|\b(?:is|are|was|were|been|stands?) (?:accused|suspected) of\b|\b(?:appear|seem)(?:s|ed)? to (?=have\b)
|\bit is (?:said|claimed|alleged|believed|rumou?red)(?=[,.])
|\b(?:is|are) (?:un)?likely to\b|\bthere is (?:a )?(?:chance|possibility|risk|speculation) that\b"""
)


def modals(text: str) -> Iterator[Cue]:
    """Cues such as "It may …"."""
    return (_verbal(HEDGED, text, match) for match in _MODAL.finditer(text))


def impersonal(text: str) -> Iterator[Cue]:
    """Cues such as "It is believed to …"."""
    return (_verbal(HEDGED, text, match) for match in _IMPERSONAL.finditer(text))


def adverbs(text: str) -> Iterator[Cue]:
    """Cues such as "Reportedly …"."""
    for match in _ADVERB.finditer(text):
        scope = (clause_start(text, match.start()), clause_end(text, match.end()))
        yield Cue(HEDGED, match.span(), (scope,))
