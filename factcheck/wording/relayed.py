"""Whether a passage only relays what a claim asserts: it quotes, attributes, denies, asks, supposes, plans or hedges.

A cue counts where it governs the words that the claim shares with the passage, not where it stands in another clause of
the sentence, and not where the claim carries it too. Studies, statistics, records and courts are taken at their word,
and so is whoever shows, finds, confirms, reveals or admits: what they say is asserted. What a person, a firm, an
authority or a crowd says, claims or believes is relayed. English only.
"""

import re
from collections.abc import Sequence

from factcheck.types import Check, Finding, Passage
from factcheck.wording import relaying, speech
from factcheck.wording.cues import (
    ASKED,
    ATTRIBUTED,
    DENIED,
    HEDGED,
    PLANNED,
    QUOTED,
    SUPPOSED,
    Cue,
    plain,
    stems,
    stems_outside,
    stems_within,
)
from factcheck.wording.limits import too_long
from factcheck.wording.words import Word, stem, words

_DETAILS = {
    QUOTED: "the passage quotes somebody",
    ATTRIBUTED: "somebody says so, by the passage",
    DENIED: "the passage says that it is denied or untrue",
    ASKED: "the passage asks whether it is so",
    SUPPOSED: "the passage says what holds if something is so",
    PLANNED: "the passage speaks of a plan or an expectation",
    HEDGED: "the passage leaves it open",
}
_QUESTION = re.compile(r"[^.!?:;]{1,300}\?[\s\"'”’)]*")  # and nothing beside it
_GOVERNED = 0.75  # least share, of the claim's words in the passage, that a cue must govern


_OF_CLAIM = 0.33  # least share of all its words
_MOST_CUES = 100  # that are looked at; no passage of plain text has as many
# What a claim carries itself: cues of the same sort, and more loosely worded ones.
_SPEAKS = re.compile(
    r"""\b(?:sa(?:y|ys|id|ying)|t(?:ell|ells|old)|claim(?:s|ed)?|alleg\w+|argu(?:e|es|ed)|insist(?:s|ed)?
    |maintain(?:s|ed)?|assert(?:s|ed)?
    |contend(?:s|ed)?|testif\w+|complain(?:s|ed)?|stress(?:es|ed)?|added|adds|warn(?:s|ed)?|stat(?:es|ed)
    |suggest\w*|declar(?:es|ed)|explain(?:s|ed)?
    |boast(?:s|ed)?|tweet(?:s|ed)?|posted|wrote|writes|predict\w*|report\w*|accus\w+|blam(?:es|ed)
    |(?<!to\ )blame|according\ to|den(?:y|ies|ied|ial)|reject\w*
    |disput\w+|refut\w+|dismiss\w*|suspect(?:s|ed)?|believ\w+|thinks?|thought|fear(?:s|ed)?|doubt(?:s|ed)?
    |rumou?r\w*|speculat\w+|quot\w+|ask(?:s|ed)?
    |wonder\w*|opinions?|views?|consider(?:s|ed)?|prais\w+|critici[sz]\w*|describ\w+|call(?:s|ed)?|mention\w*
    |point(?:s|ed)?\ out|admit\w*
    |announc\w+|puts?\ (?:\w+\ ){1,4}at|holds\ that|expect\w*|confess\w*|conced\w+|hint\w*|impl(?:y|ies|ied)
    |express\w*|agree[sd]?|disagree\w*|conclu\w+|comment\w*|promis\w+
    |propos\w+|recall\w*|remark\w*|noted|notes\ that|estimat\w+|hop(?:e|es|ed)|discuss\w*|reveal\w*|confirm\w*
    |compar\w+|advis\w+|recommend\w*|interview\w*
    |feels?|felt)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:den(?:y|ies|ied|ial)|reject\w*|disput\w*|refut\w*|dismiss\w*)\b", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:untrue|false|no|not|never|none|nobody|neither|nor|without|cannot|fake|hoax|myth|wrong"
    r"|\w+n't|den\w+|lie|lies|lack\w*|fail\w*|little)\b",
    re.IGNORECASE,
)
_HEDGES = re.compile(
    r"""\b(?:may|might|could|can|possib\w+|perhaps|maybe|probab\w+|likely|unlikely|potential\w*|seem\w*
    |appear\w*|suspected|thought|believed|assumed
    |presum\w+|rumou?r\w*|alleg\w*|reportedly|suppos\w+|chance|capable|able|unsure|uncertain\w*|unclear|fears?
    |hop\w+|should|would|will|suggest\w*
    |believ\w*|thinks?|supposed\w*|tend\w*|claim\w*|sometimes|often|plausib\w*|unknown|hypothes\w*|theor\w*)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_PLANS = re.compile(
    r"""\b(?:will|won't|shall|would|should|going\ to|plan\w*|intend\w*|intention\w*|aim\w*|hop(?:e|es|ed
    |ing)|want\w*|wish\w*|propos\w*|promis\w*|pledg\w*
    |vow\w*|threat\w*|offer\w*|expect\w*|due|scheduled|set\ to|slated|consider\w*|means?\ to|meant|supposed
    |try\w*|tries|tried|seek\w*|sought|prepar\w*
    |about\ to|likely|forecast\w*|predict\w*|project\w*|target\w*|goal\w*|ambition\w*|future|upcoming|next|may
    |might|could|can|must|ask\w*|demand\w*|urg\w+
    |agree\w*|decid\w*|need\w*|like[sd]?|yet|to\ be|anticipat\w*|ready|tomorrow|soon|purpose|seem\w*|thought
    |thinks?|talks?|attempt\w*|call\w*|suggest\w*
    |recommend\w*|intent\w*|desir\w*|willing\w*|request\w*|idea|interest\w*|believ\w*|look\w*|motivat\w*|willing
    |eager|is\ to|are\ to|was\ to|were\ to
    |desire\w*|dream\w*|care[sd]?|purpose|prefer\w*|mission)\b|'ll\b|'d\b""",
    re.VERBOSE | re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"""\b(?:if|unless|when\w*|provided|would|should|could|might|case|assum\w+|suppos\w+|will|may|can
    |depend\w*|condition\w*|until|after|once|requir\w*|need\w*
    |must|only|without|except|possib\w*|potential\w*|likely|hypothe\w*|able|shall|whether|had\ to|cannot
    |can't)\b|'ll\b|'d\b""",
    re.VERBOSE | re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:whether|ask\w*|wonder\w*|question\w*|unclear|unknown|uncertain|undecided|test\w*|stud\w*"
    r"|examin\w*|investigat\w*)\b|\?",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:was|were|has|have|had|did|\w{2,}ed|became|went|bought|built|paid|sold|took|ran|left|lost"
    r"|made|won|gave|came|rose|fell|sent|spent|held|met|led|kept|broke|began|grew|got)\b"
)
_CARRIED = {ASKED: _ASKS, SUPPOSED: _SUPPOSES, PLANNED: _PLANS, HEDGED: _HEDGES}

# "X said that …", "According to X, …": whom the claim names as speaker.
_SPEAKER = re.compile(
    r"(?P<who>[^,]{2,60}?) (?:said|says|told|argued|argues|claimed|claims|insisted|insists|maintains"
    r"|alleged|testified|stated|wrote|added)\b|According to (?P<source>[^,]{2,60}),"
)
_NAME = re.compile(r"\b(?!The\b|A\b|An\b|In\b|On\b|His\b|Her\b)[A-Z][\w'-]+")


def check(claim: str, passage: Passage) -> tuple[Finding, ...]:
    """What makes a passage relay a claim and not assert it; empty where no cue governs what they share.

    `opposes` is set where the passage says in its own voice that the claim is untrue. Of the premise only this is used:
    whether a quotation that opens before the sentence is still open, and which names occur. Of a claim or premise that
    is longer than `limits.LONGEST` nothing is said.
    """
    if too_long(claim, passage.quote, passage.body):
        return ()
    if _QUESTION.fullmatch(passage.quote):  # states nothing, whatever it is about
        return (Finding(Check.RELAYED, ASKED, "the passage is a question", None, (0, len(passage.quote))),)
    quote, stated = plain(passage.quote), plain(claim)
    before = passage.body.removesuffix(passage.quote) if passage.body != passage.quote else ""
    ours: Sequence[Word] | None = None
    found: dict[tuple[int, int], Finding] = {}
    for cue in relaying.cues(quote, inside_quotation=speech.open_quotation(before))[:_MOST_CUES]:
        if ours is None:
            ours, theirs = ([word for word in words(text) if word.content] for text in (stated, quote))
        if _governs(cue, ours, theirs) and not _carried(stated, cue, theirs, passage):
            said = " ".join(passage.quote[slice(*cue.span)].strip(' ,"').split())
            detail = f"{_DETAILS[cue.kind]}: {said!r}"
            found.setdefault(cue.span, Finding(Check.RELAYED, cue.kind, detail, None, cue.span, cue.own))
    return tuple(found[span] for span in sorted(found))


def _governs(cue: Cue, ours: Sequence[Word], theirs: Sequence[Word]) -> bool:
    """Whether what the claim shares with the passage stands mostly in the scope of the cue, and nowhere else."""
    wanted = stems(ours)
    apart = (*cue.scope, cue.span, *([cue.subject] if cue.subject else []))
    inside = stems_within(theirs, *cue.scope) & wanted
    outside = stems_outside(theirs, *apart) & wanted
    governed = inside - outside
    if len(governed) < max(1, _GOVERNED * len(inside | outside), _OF_CLAIM * len(wanted)):
        return False
    if not cue.verb:
        return len(governed) >= min(2, (len(wanted) + 1) // 2)
    if _head(cue, theirs) in governed or len(governed) >= 3:
        return True
    # Another verb, yet the same subject doing something to the same things.
    about = stems_within(theirs, *([cue.subject] if cue.subject else [])) & wanted
    return len(governed) >= 2 and bool(about)


def _head(cue: Cue, theirs: Sequence[Word]) -> str | None:
    """The stem of the verb that follows the cue: the first content word there that is no adverb."""
    start, end = cue.scope[0]
    following = (word for word in theirs if word.content and start <= word.start and word.end <= end)
    return next((word.stem for word in following if not word.text.endswith("ly")), None)


def _carried(claim: str, cue: Cue, theirs: Sequence[Word], passage: Passage) -> bool:
    """Whether the claim says itself what the cue says, so that nothing is left out."""
    if cue.kind == DENIED:
        return bool((_DENIES if cue.speaker else _NEGATES).search(claim))
    if cue.kind in {QUOTED, ATTRIBUTED} or cue.speaker:
        # A word of saying that the cue governs is what is relayed: "testified that he had boasted".
        relayed = stems_within(theirs, *cue.scope)
        speaks = any(stem(match.group().lower()) not in relayed for match in _SPEAKS.finditer(claim))
        return speaks and not _another_speaks(claim, cue, passage)
    if cue.later and not _DONE.search(claim):
        return True
    return bool(_CARRIED[cue.kind].search(claim))


def _another_speaks(claim: str, cue: Cue, passage: Passage) -> bool:
    """Whether the claim names a speaker, and passage and title name another one and not this."""
    match = _SPEAKER.match(claim)
    if match is None or not cue.speaker or not _NAME.search(cue.speaker):
        return False
    named = _NAME.findall(match["who"] or match["source"])
    return bool(named) and not any(name in text for name in named for text in (passage.body, passage.source.title))
