"""Cues of what somebody says, asks or denies: quotations, questions, reporting verbs, rumours, denials. English."""

import re
from collections.abc import Iterator

from factcheck.wording.cues import (
    ASKED,
    ATTRIBUTED,
    DENIED,
    HEDGED,
    QUOTED,
    Cue,
    Span,
    ahead,
    clause_end,
    clause_start,
    listed,
    pattern,
    sentence_start,
)

# --- quotations ------------------------------------------------------------------------------------------------------

_FEWEST_QUOTED = 4  # words; shorter ones are titles, names and words held at a distance
_MARKS = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb]")
_INTRODUCES = pattern(
    r"(?:^|[,:;.?!(\u2014-]|\b(?:that|said|says|say|told|asked|wrote|writes|replied|added|claimed"
    r"|stated|as|like|saying|goes|went|reads?))[\s\"]*$"
)


def quotations(text: str, *, inside: bool) -> Iterator[Cue]:
    """What stands in quotation marks."""
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
    if touches_before == touches_after:
        return opened or (at > 0 and text[at - 1] in ".?!")
    return touches_before


def _quotation(text: str, start: int, end: int) -> Iterator[Cue]:
    """A quotation that says something: long enough, no title, and no part of the sentence around it."""
    said = text[start:end].split()
    capitals = sum(word.lstrip("\"\u201c'(")[:1].isupper() for word in said)
    if len(said) >= _FEWEST_QUOTED and 2 * capitals <= len(said) and _INTRODUCES.search(ahead(text, start)):
        yield Cue(QUOTED, (start, end), ((start, end),))


def open_quotation(text: str) -> bool:
    """Whether a quotation that begins in the text goes on after it."""
    curly = max(text.rfind("\u201c"), text.rfind("\u201e")) > text.rfind("\u201d")
    return curly or text.count('"') % 2 == 1


# --- questions -------------------------------------------------------------------------------------------------------

_OPENS_ASKING = pattern(
    r"^[\W\d]*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n't)?\b"
)
# Those that ask for more than yes or no suppose that it is so; tags and afterthoughts want it confirmed.
_ASKS_MORE = pattern(
    r"\b(?:why|how|when|where|who|whom|whose|what|which)\b|, ?(?:\w+n't \w+|right|eh|huh|no|yes|ok"
    r"|okay|yeah) ?\?|\bor not\b"
)
_WHETHER = pattern(
    r"""\b(?:ask|wonder|question|debate|discuss|examin|investigat|consider|stud|check)\w* (?:\w+ ){0,3}?whether\b
|\b(?:ask|wonder)(?:s|ed|ing)? (?:\w+ ){0,2}?if\b
|\b(?:unclear|uncertain|unknown|undecided|open|not (?:clear|certain|known|sure|decided)|remains to be seen|(?:do
|does|did) not know|n't know)
(?: \w+)?,? (?:whether|if)\b
|\b(?:rule|decide|say|determine|clarif|tell|confirm|establish)\w* (?:\w+ )?whether\b
|\b(?:refus|declin|unable|could not|fail)\w* (?:to )?(?:confirm|verify|say) that\b
|^whether\b(?=[^,]*\b(?:is|remains|was) (?:unclear|uncertain|unknown|open|undecided|not|another|disputed))"""
)


def questions(text: str) -> Iterator[Cue]:
    """Questions that yes or no would answer, and what somebody asks or leaves open."""
    bare = text.rstrip("\"'\u201d\u2019) ")
    if bare.endswith("?"):
        start = sentence_start(bare, len(bare))
        asked = bare[start:]
        if _OPENS_ASKING.search(asked) or not _ASKS_MORE.search(asked):
            yield Cue(ASKED, (len(bare) - 1, len(bare)), ((start, len(bare)),))
    for match in _WHETHER.finditer(text):
        yield Cue(ASKED, match.span(), ((match.end(), clause_end(text, match.end())),))


# --- who says it -----------------------------------------------------------------------------------------------------

# Sources whose word is taken for the thing: what they say is asserted.
_RECORDS = listed(
    """study studies report reports figures data dataset statistics stats record records survey surveys poll polls
    census analysis analyses research researcher researchers scientist scientists investigator investigators
    author authors result results finding findings evidence trial trials experiment experiments measurement
    measurements observation observations estimate estimates account accounts ledger log logs minutes register
    registry registers audit audits auditors review reviews paper papers article document documents file files
    archive archives chronicle inventory court tribunal judge judges justices jury inquest inquiry commission
    inspectors investigation ruling verdict judgment law act statute constitution treaty contract agreement bible
    book calendar chart table map list certificate meta-analysis theory model models simulation simulations
    historians encyclopedia encyclopaedia dictionary label sign filing filings manual text section rule rules
    census bureau regulation regulations note memo images pictures photographs index legend plaque inscription"""
)
_ENDS_SUBJECT = pattern(
    r" ?(?:,|\b(?:of|by|from|in|on|at|for|to|with|about|into|among|between|published|released"
    r"|conducted|carried|led|made|issued|based|who|which|that)\b)"
)
_FILLER = pattern(
    r"(?:\b(?:also|later|then|now|still|once|has|have|had|would|will|could|first|again|who|never|even"
    r"|recently|all|both)\b\W*)+$"
)
_HEARSAY = pattern(  # whose reports are no records
    r"\b(?:media|newspapers?|press|channel|station|blogs?|tabloid|magazine|outlets?|agency|agencies"
    r"|witness(?:es)?|residents|neighbours|neighbors|users?"
    r"|sources?|locals|villagers|bbc|cnn|times|post|reuters)\b"
)
_UNVERIFIED = pattern(
    r"\b(?:unconfirmed|media|news|press|local|social|conflicting|anonymous|unverified|early) (?:reports?|accounts?)\b"
)
_WITHIN = r"(?: (?!that\b)[^\s,;:.()]+){0,5}?"  # "on Monday", "the court"
_WHO_FOLLOWS = (
    r"(?= (?:the|a|an|he|she|it|they|his|her|its|their|there|this|these|that|those|we|i|you|all|most|some|no) )"
)
_STATING = (
    r"(?:claim(?:s|ed|ing)?|alleg(?:e|es|ed|ing)|argu(?:e|es|ed|ing)|insist(?:s|ed)?|maintain(?:s|ed)?|assert(?:s|ed)?"
    r"|contend(?:s|ed)?|testif(?:y|ies|ied)|complain(?:s|ed)?|stress(?:es|ed)?|add(?:s|ed)?|warn(?:s|ed)?|stated"
    r"|declar(?:es|ed)|boast(?:s|ed)?|saying|telling|tweet(?:s|ed)?|posted|wrote|writes|predict(?:s|ed)?"
    r"|reckon(?:s|ed)?|report(?:s|ed)?|remark(?:s|ed)?|hint(?:s|ed)?|assur(?:e|es|ed)|swore|swears|holds)"
)
_BELIEVING = (
    r"(?:suspect(?:s|ed)?|believ(?:e|es|ed)|thinks?|thought|fear(?:s|ed)?|doubt(?:s|ed)?|guess(?:es"
    r"|ed)?|assum(?:e|es|ed)"
    r"|speculat(?:e|es|ed)|suppos(?:e|es|ed)|worr(?:y|ies|ied)|hop(?:e|es|ed)|imagin(?:e|es|ed)|suggest(?:s|ed)?)"
)
_SAID = pattern(
    rf"\b(?:said|says|say|told|tells){_WITHIN},? that\b"
    r"|\b(?:said|says|say)\b(?= (?!that\b|to\b|in\b|of\b|for\b|by\b|goodbye\b|hello\b|yes\b|nothing\b"
    r"|something\b|so\b|anything\b|a word\b)[\w'])"
    r"|\btold(?: (?:the|a|his|her|their))? [\w'-]+(?: [\w'-]+)?(?= (?:the|he|she|it|they|his|its|there) [\w'-]+)"
)
_STATED = pattern(
    rf"\b{_STATING}(?: (?!that\b)[^\s,;:.()]+){{0,3}}? that\b|\bstates that\b|\b(?:claim(?:s|ed|ing)?"
    r"|alleg(?:es|ed)) to (?=have|be)\b"
    rf"|\b(?:claim(?:s|ed)?|insist(?:s|ed)?|argue[sd]?|alleged?|alleges|complain(?:s|ed)?){_WHO_FOLLOWS}"
    r"|\b(?:maintain(?:s|ed)?|sw(?:ears|ore)|declares?|reckons?)(?= (?:the|a|an|his|her|its|their)"
    r" (?:[\w'-]+ ){1,4}(?:is|are|was|were|has|had|have|did|will|would)\b| (?:he|she|it|they) )"
    r"|\bclaim(?:s|ed)? (?:responsibility|credit) for\b|\bsw(?:ears|ore) that\b"
    r"|\baccus(?:e|es|ed|ing)\b[^,;.]{1,80}? of\b|\bblam(?:e|es|ed)\b(?! for)"
)
_BELIEVED = pattern(rf"\b{_BELIEVING}\b(?:(?: \w+ly)? that\b|{_WHO_FOLLOWS})")
_ACCORDING = pattern(r"\b(?:according to|in the (?:words|view|opinion) of|by (?:his|her|their) own account)\b")
# Passives, the speaker of the text itself, and turns of phrase.
NO_SPEAKER = pattern(
    r"\b(?:is|are|was|were|be|been|being|it|i|we|you|us|let's|let us|to|shall we|of"
    r"|here)\W*(?:(?:\w+ly|also|just|would|should|can|could|might|may|have|has|had|'d|do|don't|did"
    r"|didn't|always)\W*)*$"
)


def said(text: str) -> Iterator[Cue]:
    """Cues such as "She said that …"."""
    return _clauses(ATTRIBUTED, _SAID, text)


def stated(text: str) -> Iterator[Cue]:
    """Cues such as "He claims that …", "she accuses him of …"."""
    return _clauses(ATTRIBUTED, _STATED, text)


def believed(text: str) -> Iterator[Cue]:
    """Cues such as "They suspect that …"."""
    return _clauses(HEDGED, _BELIEVED, text)


def _clauses(kind: str, verbs: re.Pattern[str], text: str) -> Iterator[Cue]:
    for match in verbs.finditer(text):
        speaker = subject(text, match.start())
        said = text[slice(*speaker)]
        if not said.strip(" ,\"'"):  # "Claims that …": no verb
            continue
        if NO_SPEAKER.search(ahead(text, match.start())) or _is_record(said):
            continue
        if match.group().lower().startswith("report") and not _HEARSAY.search(said):
            continue
        yield Cue(kind, match.span(), ((match.end(), clause_end(text, match.end())),), speaker, said)


def according(text: str) -> Iterator[Cue]:
    """Cues such as "according to her"."""
    for match in _ACCORDING.finditer(text):
        end = min(at for at in (text.find(",", match.end()), clause_end(text, match.end())) if at >= 0)
        source = text[match.end() : end]
        if _is_record(source):
            continue
        before = text[: match.start()].rstrip()
        opens = not before.strip("\"'\u201c( ") or before.endswith((";", ":", "but", "and"))
        if not opens and not before.endswith((",", '"', "\u201d")) and not source.lstrip()[:1].isupper():
            continue  # "paid according to age"
        scope = (end, clause_end(text, end + 2)) if opens else (sentence_start(text, match.start()), match.start())
        after = (end, clause_end(text, end + 2)) if not opens and text[end : end + 1] == "," else (end, end)
        yield Cue(ATTRIBUTED, match.span(), (scope, after), (match.end(), end), source)


def subject(text: str, verb: int) -> Span:
    """Who does what the verb says: what stands before it in its clause, or in the sentence where a comma parts them."""
    filler = _FILLER.search(before := ahead(text, verb))
    end = verb - (len(before) - filler.start()) if filler else verb
    start = clause_start(text, end)
    if not text[start:end].strip(' ,"'):
        start = sentence_start(text, end)
    return start, end


def _is_record(subject: str) -> bool:
    """Whether the head of a noun phrase is one of the sources that are taken at their word."""
    if _UNVERIFIED.search(subject):
        return False
    bare = subject.strip(" ,\"'\u201c")
    cut = _ENDS_SUBJECT.search(bare, 1) if bare else None
    head = re.findall(r"[\w-]+", (bare[: cut.start()] if cut else bare).lower())
    return bool(head) and head[-1] in _RECORDS


_AFTER = re.compile(
    r"""(?:,["'\u201d]{0,2}|["\u201d])\s(?:
      (?P<who>(?:[^\s,;:.?!"\u201c\u201d]+\s){1,9}?)
      (?:said|says|say|added|adds|claim(?:s|ed)?|argue[sd]?|insist(?:s|ed)?|told|wrote|writes|promised|warned
      |explained|recalled|complained|predicted
        |maintained|alleged|stressed|declared|hopes|hoped|expects|suggested|reckons|believes?|thinks?|fears?|suspects?|testified|boasted|tweeted)\b
    | (?:said|says|added|adds|wrote|writes|warned|explained|insisted|insists|claimed|claims|argued|argues
    |promised|recalled)\s(?P<by>[^,;:.?!"]{2,70}(?=[,.;?!]|$))
    )""",
    re.VERBOSE,
)
_NOTHING_FOLLOWS = pattern(
    r"(?:[\s.,;!\"\u201d]*$|,|\.[\"\u201d]? | (?:on|in|at|to|during|after|last|this|yesterday|today"
    r"|earlier|later|by|when|the court|reporters)\b[^,;]{0,60}[.\"\u201d]*$)"
)
_WHOM = pattern(r"(?: [\w-]+){1,4}[.\"\u201d]*$")
_NOT_WHO = pattern(r"^(?:who|which|and|but|as|where|when|that|i|we|you)\b|\b(?:is|are|was|were|be|been|to|i|we|you) $")
_FINITE = pattern(r"\b(?:was|were|is|are|would|had|has|will|could|can|did|does|\w+ed)\b")


def stated_after(text: str) -> Iterator[Cue]:
    """Cues that follow, such as ", he said"."""
    for match in _AFTER.finditer(text):
        who = match["who"] or match["by"]
        told = match.group().endswith("told") and _WHOM.match(text, match.end())
        if match["who"] and not told and not _NOTHING_FOLLOWS.match(text, match.end()):
            continue
        if (match["by"] and _FINITE.search(who)) or _is_record(who) or _NOT_WHO.search(who):
            continue
        scope = [(sentence_start(text, match.start()), match.start() + 1)]
        if text[match.end() : match.end() + 1] == ",":  # "the bridge, he said, will close"
            scope.append((match.end() + 1, clause_end(text, match.end() + 1)))
        start = match.start() + 1
        yield Cue(ATTRIBUTED, (start, match.end()), tuple(scope), None, who)


# --- rumours, allegations, denials -----------------------------------------------------------------------------------

_NOUN = pattern(
    r"\b(?P<noun>claim|allegation|rumou?r|speculation|suggestion|accusation|fear|suspicion|assertion"
    r"|myth|stor(?:y|ie)|report|charge|legend|(?P<thought>idea|notion|theor(?:y|ie)|belief))s?"
    r"(?: (?:has it|have it|is|was|goes))? that\b"
)
_NOUN_OF = pattern(r"\b(?:claim|allegation|rumou?r|report|accusation)s? (?:of|about)\b")
_MAKES_NOUN = pattern(  # "he claims that" is no noun
    r"""(?:^|[,;:("]|\b(?:the|a|an|of|by|amid|despite|with|any|all|some|no|such|these|those|this|his|her
    |their|its|our|on|to|and|about|after|over
|media|press|online|earlier|new|old|false|wild|persistent|widespread|viral|recent|public|unproven|unconfirmed
|untrue|several|many|made|spread|\w+'s
|reject\w*|den(?:y|ies|ied)|dismiss\w*|repeat\w*|disput\w+|heard|hear|are|were))\W*$"""
)
_FALSE = pattern(
    r"\b(?:is|are|was|were|proved|has been|have been|turned out to be) (?:(?:\w+ly|a|an|all|pure"
    r"|simply) )*(?P<not>not )?(?:(?:\w+ly|a|an|all|pure) )*"
    r"(?:false|untrue|fake|wrong|baseless|unfounded|fabricated|debunked|nonsense|hoax|lies?|myth"
    r"|incorrect|invented|absurd|mistaken|ridiculous|groundless|misguided|(?P<true>true|correct))\b"
)
_DENIED = pattern(
    r"""\b(?:(?:den(?:y|ies|ied|ying)|disput(?:e|es|ed|ing)) (?:that|having|being|ever|knowing|any (?=\w+ing\b))\b
|(?:den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?|disput(?:e|es|ed|ing)|refut(?:e|es|ed)|dismiss(?:es|ed)?|rebut(?:s|ted)?)
(?: (?:the|all|any|these|such|an?|his|her|its|their|media|press))* (?:
claims?|allegations?|reports?|rumou?rs?|suggestions?|accusations?|charges?|story|stories|idea) (?:that|of|about)\b
|den(?:y|ies|ied)(?= (?:it|he|she|they|the|there|his|her|its|their|any) (?:\w+ ){0,2}(?:is|was|were|are|had|has
|have|did|would)\b))"""
)
_NOT_SO = pattern(
    r"""\b(?:it is|it's|it was) (?:(?:simply|just) )?(?:not true|untrue|false|a (?:myth|lie|hoax)
    |not the case)(?: (?:that|to say))\b
|\b(?:nobody|no one|never|not|none|n't) (?:\w+ )?(?:prov\w+|shown|demonstrated|verified|established) that\b
|\bno (?:\w+ )?(?:evidence|proof|indication|sign)s? (?:whatsoever )?that\b"""
)


def nouns(text: str) -> Iterator[Cue]:
    """Cues such as "Rumours that …", "claims that … are false"."""
    for nouns in (_NOUN, _NOUN_OF):
        for match in nouns.finditer(text):
            if not _MAKES_NOUN.search(ahead(text, match.start())):
                continue
            verdict = _FALSE.search(text, match.end())
            end = clause_end(text, match.end())
            if verdict and verdict.start() < end:
                if bool(verdict["not"]) == bool(verdict["true"]):
                    yield Cue(DENIED, verdict.span(), ((match.end(), verdict.start()),), own=True)
            elif nouns is _NOUN and not match["thought"] and not _DENIED.search(text, 0, match.end()):
                kind = (
                    HEDGED
                    if match["noun"].lower() in {"rumor", "rumour", "speculation", "suspicion", "fear"}
                    else ATTRIBUTED
                )
                yield Cue(kind, match.span(), ((match.end(), end),))


def denials(text: str) -> Iterator[Cue]:
    """Cues such as "He denied that …", "it is not true that …"."""
    for match in _DENIED.finditer(text):
        speaker = subject(text, match.start())
        said = text[slice(*speaker)]
        yield Cue(DENIED, match.span(), ((match.end(), clause_end(text, match.end())),), speaker, said)
    for match in _NOT_SO.finditer(text):
        scope = (match.end(), clause_end(text, match.end()))
        yield Cue(DENIED, match.span(), (scope,), own=match.group().lower().startswith("it"))
