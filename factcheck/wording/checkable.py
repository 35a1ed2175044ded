"""Whether a text is a statement that evidence could support or contradict. English only, by its wording alone.

Whatever is not surely something else is taken for a claim: a claim that is not checked is worse than a verdict on an
opinion, which will be NOT ENOUGH INFO anyway.
"""

import re

from factcheck.wording.cues import pattern
from factcheck.wording.limits import too_long

QUESTION, OPINION, INSTRUCTION, FRAGMENT, PRONOUN = "question", "opinion", "instruction", "fragment", "pronoun"

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


# --- questions -------------------------------------------------------------------------------------------------------

_ASKS = pattern(
    r"""(?:(?:and|but|so|then|or|well),? )?(?:(?:in|on|at|by|for|to|from|with|since|of) )?
(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|am|do|does|did|has|have|had|can|could|will|would
|should|shall|may|might|must
|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|can't|couldn't|won't|wouldn't|shouldn't)\b"""
)


def _is_question(text: str) -> bool:
    if not text.endswith("?"):
        return False
    if _ASKS.match(text):
        return True
    # A title may end like this: "She starred in What's Up, Doc?"
    found = _WORD.findall(text)
    return bool(found) and not found[-1][:1].isupper()


# --- opinions --------------------------------------------------------------------------------------------------------

_TASTE = (
    r"(?:beautiful|ugly|awesome|terrible|boring|delicious|overrated|underrated|disgusting|amazing"
    r"|wonderful|stupid|awful|lovely|disgraceful|shameful"
    r"|unfair|ridiculous|fantastic|gorgeous|horrible|pathetic|hilarious|silly|absurd|adorable|charming"
    r"|magnificent|brilliant|dreadful|unbearable|appalling"
    r"|(?:a|an) (?:\w+ )?(?:disgrace|shame|joke|mess|scandal|masterpiece|delight|nightmare"
    r"|waste of (?:time|money))|(?:much |far )?too (?:expensive|boring|long|ugly|slow|loud|big|small"
    r"|dear)"
    r"|more fun|fun to \w+|worth (?:seeing|reading|watching|every penny|a visit)|the most (?:beautiful"
    r"|boring|exciting|elegant|charming|annoying) .*|(?:nicer|prettier|uglier|tastier|cuter) than .*)"
)
_OPINION = pattern(
    rf"""(?:in my (?:humble )?(?:opinion|view|eyes)\b|imho\b|personally\b|to my mind\b
|i (?:\w+ly |really |still |do |don't |do not |would |never |also |just )?(?:think|believe|feel|guess|suppose
|doubt|hope|wish|love|like|hate|prefer|loathe|adore|dislike|enjoy|find|fear|can't stand|cannot stand)\b
|i(?:'m| am) (?:\w+ )?(?:sure|convinced|afraid|certain|glad|happy|sorry|sad|tired|fed up|proud|not sure)\b
|my (?:favou?rite|guess|opinion|view|feeling|hope)\b
|(?:what|such|how) (?:a |an )?(?:{_TASTE}|\w+ (?:idea|shame|day|mess|film|book|place))\b.*!
|(?:we|you|one|everyone|everybody|people|nobody|no one|politicians|parents) (?:really )?(?:should|ought to)\b
|it (?:is|was|would be) (?:high time|a (?:shame|pity|disgrace|scandal)|(?:\w+ly )?(?:wrong|unfair|immoral
|shameful|disgraceful|sad|wonderful|nice|great|lovely)) (?:that|to|for)\b
|(?:nothing|there is nothing|there's nothing) (?:is )?(?:better|nicer|worse|more beautiful|lovelier) than\b)"""
)
_VALUES = pattern(
    rf".{{2,80}}? (?:is|are|was|were|looks?|looked|tastes?|tasted|sounds?|sounded|smells?)(?: (?:just"
    r"|so|simply|really|very|absolutely|utterly|quite|rather|truly|completely|totally|incredibly"
    rf"|plainly|far))? {_TASTE}[.!]*$"
)
_REPORTS = pattern(
    r"\b(?:said|says|called|described|considered|believes?|believed|thinks?|thought|found|critics"
    r"|reviewers|according|voted|rated|named|felt|says?|deemed|regarded|wrote|character|film|episode"
    r"|song|series|novel|album|book)\b"
)


def _is_opinion(text: str) -> bool:
    if text[:2] == "I " and text[2:3].isupper():  # a title
        return False
    return bool(_OPINION.match(text) or (_VALUES.match(text) and not _REPORTS.search(text)))


# --- instructions ----------------------------------------------------------------------------------------------------

_INSTRUCTION = re.compile(
    r"(?:please\b"
    r"|(?:do not|don't|never) (?:\w+ly )?[a-z]+\b(?! (?:is|are|was|were|has|have|had)\b)"
    r"|let's? (?:us )?[a-z]+|make sure\b|be (?:sure|careful|aware)\b|remember to\b|try to\b"
    r"|feel free\b|(?:see|note|keep) (?:also|that|in mind)\b"
    r"|(?:click|check|read|see|visit|follow|open|close|press|download|subscribe|share|sign|send|call"
    r"|contact|ask|add|mix|stir|bake|boil|wash|cut|take|turn|put|"
    r"place|remove|install|enter|choose|select|write|tell|give|keep|use|avoid|wear|drink|eat|stop"
    r"|start|bring|buy|find|look|watch|listen|join|help|vote|consider|compare|"
    r"summari[sz]e|explain|describe|list|translate|wait|return|stay|go|come|leave|switch|set|save"
    r"|delete|copy|insert|connect|unplug|hold|pour|heat|serve|drain|imagine|report|donate|book|pay"
    r"|fill|apply)"
    r" (?:the|a|an|your|this|that|these|those|all|any|it|them|him|her|us|me|our|my|at|up|down|in|on"
    r"|out|off|to|for|with|every|each|some|more|two|three|both|no|plenty|carefully|here|away|into|from"
    r"|and|or|as|it|over|home|not)\b"
    r"(?![^.!]* (?:is|are|was|were)\b(?! (?:not )?(?:needed|required|closed|ready|hot|soft|golden|dry"
    r"|sure|full|empty|green|red)\b)))",
)


def _is_instruction(text: str) -> bool:
    words = text.split()
    if len(words) < 2 or any(
        word[:1].isupper() for word in words[1:3]
    ):  # a title: "Call Me Maybe", "Don't Bother to Knock"
        return False
    return bool(_INSTRUCTION.match(text[:1].lower() + text[1:]))


# --- fragments -------------------------------------------------------------------------------------------------------

_BROKEN_OFF = re.compile(
    r"\b(?:and|or|but|the|a|an|of|because|than|whose)[\s,]*(?:\.\.\.|…|[:,-])?$|\b(?:and|or|the|an|to"
    r"|with|by|from)(?:\.\.\.|…)?$",
    re.IGNORECASE,
)
_SUBORDINATE = pattern(
    r"(?:because|although|though|whereas|which|who|whose|such as|as well as|due to|despite|instead of"
    r"|rather than|including|according to|even though|in spite of|regardless of)\b"
)
_VERB = pattern(
    r"""\b(?:is|are|was|were|am|be|been|has|have|had|do|does|did|can|could|will|would|shall|should|may|might
    |must|cannot|isn't|aren't|wasn't|weren't
|don't|doesn't|didn't|won't|can't|couldn't|wouldn't|hasn't|haven't|hadn't|shouldn't|\w+n't|i'm|it's|he's|she's
|they're|we're|that's|there's
|became|began|bought|brought|built|came|chose|cut|drew|drove|fell|felt|found|fought|gave|got|grew|held|hit|kept
|knew|led|left|lost|made|met|paid|put
|ran|rose|said|sang|sat|saw|sent|set|shot|showed|sold|spent|spoke|stood|swam|taught|thought|threw|told|took|went
|won|wore|wrote|beat|bore|broke|burst
|cost|died|flew|forgot|froze|hid|hurt|let|quit|rode|shook|shrank|shut|slept|spread|stole|struck|swore|understood
|woke|read|bred|fed|fled|hung|lent|lit
|meant|dealt|shone|sank|sprang|swung|tore|wept|wound|become|come|go|get|give|make|take|need|want|mean|help|cause
|kill|protect|prevent|work|live|use|play|spread
|[a-z]+(?:ed|es|fy)|[a-z]{2,}[^s\W]s)\b"""
)
# Openings after which a verb without an ending is unlikely: one thing, or a preposition and no second clause.
_SINGULAR = pattern(
    r"(?:an?|another|every|each) [a-z]|the (?:[a-z-]*[^s\W] ){1,3}(?:of|in|at|on|over|for|between"
    r"|under|from|to|with|behind|near) "
    r"|(?:after|before|between|in|on|at|with|without|for|of|during|under|over|from|by|about|until|since) [^,]*$"
)
_FEWEST = 3  # words


def _is_fragment(text: str) -> bool:
    found = _WORD.findall(text)
    if len(found) < _FEWEST:
        return not (len(found) == _FEWEST - 1 and _VERB.search(text))  # "Linden appealed."
    if _BROKEN_OFF.search(text):
        return True
    if _SUBORDINATE.match(text) and "," not in text and not found[1][:1].isupper():
        return len(found) <= 8 or not _VERB.search(text)
    return len(found) <= 12 and bool(_SINGULAR.match(text)) and not _VERB.search(text)


# --- pronouns --------------------------------------------------------------------------------------------------------

_LEANS = pattern(
    r"""(?:(?:he|she|they)\b(?! (?:say|who|that)\b)|(?:however|also|then|later|therefore|moreover
    |afterwards),? (?:he|she|they)\b
|(?:his|her|their|its) [a-z]+|(?:it|this|that|these|those)(?:'s| (?:\w+ly |also |later |then |often )?(?:is|was
|are|were|has|have|had|will|would|can|could|did|does|may|might|must|should
|became|began|came|took|won|lost|includes?|included|contains?|contained|caused|causes|made|makes|led|leads|went
|ran|stands|stood|happened|lies|opened|closed
|costs?|covers|covered|received|sold|rose|fell|grew|consists|consisted|features|featured|works|worked|uses|used
|helps|helped|ended|started|occurred|appeared|remains|remained))\b
|the (?:former|latter)\b)"""
)
# "It is known that …", "It takes two hours to …", "It rained": nobody is meant.
_MEANS_NOBODY = pattern(
    r"""it(?:'s| (?:\w+ly |also )?(?:is|was|has been|will be|would be|can be|may be|became|becomes|has|had
    |might be|could be))(?! (?:in|on|at|from|by|located|based|part|one|known as|called|made|used)\b)
(?: [\w-]+){0,6}? (?:that|to|who|whether|if|when|where|how|why|for|since|because|until|before|after|than)\b
|it (?:is|was)(?: \w+){0,3} (?:raining|snowing|dark|cold|hot|warm|late|early|possible|impossible|true|false
|likely|unlikely)\b
|it (?:takes|took|rains|rained|snows|snowed|seems|seemed|appears|appeared|follows|turns out|turned out
|does not matter|doesn't matter|has been|remains to)\b
|this (?:is|was) (?:the|a|an)\b.*\b(?:of|in) [A-Z]"""
)


_PERSONS = frozenset(["he", "she", "his", "her"])
_SAYS_ENOUGH = (
    16  # words; a longer statement mostly holds what it can be checked by, even where "it" or "they" stays open
)
_TITLE = re.compile(r"\S+ (?:an? |the |is |of |to |in )?[A-Z]\S* (?:[A-Z]|is\b|was\b|has\b)")


def _is_unresolved(text: str) -> bool:
    match = _LEANS.match(text)
    if match is None or _MEANS_NOBODY.match(text) or _TITLE.match(text):
        return False
    opening = match.group().split()[0].lower().removesuffix("'s")
    if opening not in _PERSONS and len(text.split()) > _SAYS_ENOUGH:
        return False
    if text[match.end() :].lstrip().startswith("("):  # "They (the twins) …"
        return False
    # "Her second film made Ida Holm famous", "He and Mary": somebody is named.
    possessive = opening in {"his", "her", "their", "its"}
    return not (possessive and re.search(r"\s[A-Z][a-z]", text))


_KINDS = (
    (QUESTION, _is_question),
    (PRONOUN, _is_unresolved),
    (OPINION, _is_opinion),
    (INSTRUCTION, _is_instruction),
    (FRAGMENT, _is_fragment),
)


def not_checkable(claim: str) -> str | None:
    """What a text is instead of a claim: question, opinion, instruction, fragment or pronoun; None for a claim.

    A pronoun is one at the beginning for which nothing in the text says whom or what it means. A text
    without a word is a fragment, and one that is longer than `limits.LONGEST` is taken for a claim.
    """
    if too_long(claim):
        return None
    text = " ".join(claim.replace("’", "'").split()).strip("\"“”' ")
    return next((kind for kind, holds in _KINDS if holds(text)), FRAGMENT if not text else None)
