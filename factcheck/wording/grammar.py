"""As much English grammar as word lists and word order give: tokens, the finite verb of a clause, its subject."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from factcheck.wording.limits import too_long

_LONGEST_SUBJECT = 14  # tokens


def words_of(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


PAST = words_of(  # past tense that is no participle: surely the verb of a clause
    """
arose ate awoke became began blew bore broke came chose did drank drew drove fell flew forbade forgave forgot froze gave
grew hid knew mistook outgrew overcame overthrew overtook ran rang rode rose sang sank saw shook shrank spoke sprang
stole swam swore threw took tore underwent undertook went withdrew withstood woke wore wrote
"""
)
PAST_OR_PARTICIPLE = words_of(
    """
become begun bent bought bound bred brought built burnt caught clung dealt dug felt fled fought found fed got ground
heard held hung kept laid lay lent led left lost made meant met misled paid said sat sent shone shot slept slid sold
sought spent spun stood stuck struck swept swung taught told thought understood upheld withheld won wound
"""
)
PAST_OR_BASE = words_of("beat broadcast cast cost cut hit hurt let put quit read set shut split spread")
_PARTICIPLES = (
    words_of(
        """
arisen beaten become begun bitten blown borne born broken chosen come done drawn driven drunk eaten fallen flown
forbidden forgotten forgiven frozen given gone grown hidden known mistaken overcome overtaken overthrown proven ridden
risen run rung seen shaken shown shrunk spoken stolen sung sunk sworn swum taken thrown torn undergone undertaken woken
withdrawn worn written
"""
    )
    | (PAST_OR_PARTICIPLE - {"lay"})
    | PAST_OR_BASE
)
_NO_VERBS_IN_ED = words_of(
    """
aforementioned ahead bed beloved breed creed crowded deed exceed feed gifted greed hatred hundred indeed infrared
instead kindred limited misdeed naked need proceed red rugged sacred seed shed speed succeed supposed talented
unprecedented unrelated weed wicked
"""
)
PRESENT = words_of(  # third person singular, hardly ever a noun
    """
absorbs allows appears applies arises attends attracts becomes begins belongs borders breathes brings carries combines
competes comprises connects consists consumes contains contributes controls converts creates defends defines depends
derives describes destroys develops differs drains eats elects emits employs enables encodes encourages enters exceeds
exists expands explains extends flows follows generates gets gives goes governs grows happens hatches helps holds
improves includes induces inhabits inhibits involves keeps kills knows lacks lasts lays loses maintains makes migrates
occurs operates orbits originates owns participates performs possesses prefers prevents produces promotes protects
proves provides publishes receives recommends reduces regulates relates relies remains represents requires resembles
resides responds says seeks sells sends serves specialises specializes speaks spends suggests takes teaches tells tends
wears weighs writes
"""
)
PRESENT_OR_NOUN = words_of(
    """
causes costs covers decreases exports faces features forms has hosts houses imports increases leads leaves lies lives
lowers measures moves offers pays plays raises ranks reaches releases rises runs sees sets shares shows stands stars
suffers supplies supports trains travels triggers turns uses varies wants wins works
"""
)
_WITH = {  # what follows where the word is a verb, beside a noun phrase
    **dict.fromkeys(("lies", "lives", "rises", "stands"), words_of("in on at near")),
    "plays": words_of("for at"),
    "works": words_of("as at for"),
}
PLURAL = words_of(  # present tense of several, where a plural stands before it
    """
become belong build contain consist cover develop earn eat employ exist export grow have hold hunt import include keep
lay lie live lose make own pay produce provide reach receive remain run sell share speak use weigh
"""
)
IS = words_of("is are was were")
_HAS = words_of("has have had")
_MODAL = words_of("will would can could may might must should shall does do did cannot")
FORMS = IS | _HAS | _MODAL
_SINGULAR = words_of("is was has does")
_PLURAL = words_of("are were have do")
NEGATIVE = words_of("not never no nobody nothing none cannot without nowhere neither nor")
SCOPED = words_of(
    "never hardly rarely seldom scarcely barely only always just merely"
)  # may hold for the next verb too
_ADVERBS = words_of(
    """
again afterwards almost already also currently eventually finally first formerly initially instead just later never now
nowadays once previously recently since soon still subsequently then today ultimately
"""
)
_NO_ADVERBS = words_of(
    """
ally anomaly apply assembly bully butterfly comply dolly family fly holy imply italy jelly july lily monopoly multiply
only rely reply supply tally ugly
"""
)
DETERMINERS = words_of(
    """
the a an this that these those its his her their our my your another each every some any no several many most all both
"""
)
PREPOSITIONS = words_of(
    """
about above across after against along alongside amid among around as at before behind below beneath beside between
beyond by despite down during for from in inside into near of off on onto out outside over past since through throughout
to toward towards under until up upon via with within without
"""
)
CLAUSE_WORDS = words_of(  # what follows may belong to a clause inside the clause
    """
although because how however if lest once provided so supposing than that though till unless unlike what when whenever
where whereas whereby wherein whereupon wherever whether which whichever while who whoever whom whose why
"""
)
SPEECH = words_of(
    """
accused acknowledged admitted agreed alleged announced argued argues asserted assumed believe believed believes claim
claimed claims concluded confirmed consider denied denies doubt doubted estimated estimates expect expected expects
feared felt found heard hoped hopes indicated insisted insists knew know known knows noted predicted promised proposed
reported reportedly reports revealed said say saying says show showed showing shown shows stated states suggest
suggested suggests suspected tells thinks think thought told understood wanted wants warned warns
"""
)
BACK_REFERENCE = words_of(  # stands for something said before
    """
accordingly another consequently former hence herself him himself it itself latter likewise me one ones other others
same so such them themselves there thereafter thereby therefore these they this those thus too us
"""
)
_SUBJECT_SCOPE = words_of(  # who is meant may differ from part to part
    """
a about almost an any anybody anyone approximately around at barely both either every everybody everyone few fewer half
hardly less many more most much nearly neither no nobody none not nothing one only over several some somebody someone
something there under up what who another
"""
)
_NUMBER_WORDS = words_of(
    """
two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty forty fifty sixty seventy
eighty ninety hundred hundreds thousand thousands million millions billion dozens
"""
)
_OWNED = words_of("backed based born controlled funded held led made owned run sponsored")  # 'Oslo based firms'


_KNOWN = FORMS | PAST | PAST_OR_PARTICIPLE | PAST_OR_BASE | PRESENT | PRESENT_OR_NOUN | PLURAL


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign; `hidden` inside quotation marks or brackets."""

    start: int
    end: int
    text: str
    low: str
    hidden: bool

    @property
    def is_name(self) -> bool:
        """Whether it has a capital letter."""
        return self.text[0].isupper()

    @property
    def is_number(self) -> bool:
        """Whether it has digits, or is the word for a number of at least two."""
        return any(map(str.isdigit, self.text)) or self.low in _NUMBER_WORDS

    @property
    def is_ed(self) -> bool:
        """Whether it looks like the past tense or participle of a regular verb."""
        low = self.low
        return low.endswith("ed") and len(low) > 3 and self.is_plain and low not in _NO_VERBS_IN_ED and "-" not in low

    @property
    def is_plain(self) -> bool:
        """Whether it is a small word that is not quoted."""
        return self.text.islower() and not self.hidden

    @property
    def is_participle(self) -> bool:
        """Whether it can be a past participle."""
        return self.is_plain and (self.is_ed or self.low in _PARTICIPLES)

    @property
    def is_adverb(self) -> bool:
        """Whether it is an adverb of time or ends as one of manner."""
        in_ly = self.low.endswith("ly") and len(self.low) > 4 and self.low not in _NO_ADVERBS
        return self.low in _ADVERBS or (in_ly and self.is_plain)

    @property
    def is_finite(self) -> bool:
        """Whether it can be the finite verb of a clause."""
        if not self.is_plain:
            return False
        return self.low in _KNOWN or self.low.endswith("n't") or self.is_ed

    @property
    def opens_phrase(self) -> bool:
        """Whether it surely opens a noun phrase."""
        return self.low in DETERMINERS or self.is_number or self.is_name or self.text[0] in "$€£¥\"“'‘"

    @property
    def follows_verb(self) -> bool:
        """Whether the word before it can be a verb rather than the attribute of this one."""
        return self.opens_phrase or self.low in PREPOSITIONS or self.is_adverb or self.low in {",", "back", "home"}


_TOKEN = re.compile(r"(?:[$€£¥]\s?)?\d+(?:[.,:/]\d+)*\w*(?:[-–]\w+)*%?|[^\W_]+(?:['’.\-–&][^\W_]+)*(?:['’](?!\w))?|\S")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|‘[^’]*’(?!\w)|(?<!\w)'[^']+'(?!\w)|\([^()]*\)|\[[^\][]*\]")


def tokens_of(text: str) -> list[Token]:
    """Words, numbers and signs of a sentence, without the full stop at its end.

    None where it is longer than `limits.LONGEST`.
    """
    if too_long(text):
        return []
    quoted = [match.span() for match in _QUOTED.finditer(text)][::-1]
    end = len(text.rstrip().rstrip(".").rstrip())
    found: list[Token] = []
    for match in _TOKEN.finditer(text, 0, end):
        while quoted and quoted[-1][1] <= match.start():
            quoted.pop()
        hidden = bool(quoted) and quoted[-1][0] <= match.start()
        found.append(Token(*match.span(), match.group(), match.group().lower().replace("’", "'"), hidden))
    return found


@dataclass(frozen=True, slots=True)
class Head:
    """The verb group of a clause: tokens `verb` (the finite one) up to `end`.

    `kind` is is, passive, progressive, perfect, perfect passive, modal, past or present. `plural` is None where the
    form does not tell. `bound` says that an adverb such as 'never' or 'only' may hold for a further verb too.
    """

    verb: int
    end: int
    kind: str
    plural: bool | None
    negated: bool
    bound: bool

    @property
    def is_passive(self) -> bool:
        """Whether it is a passive, of whatever tense."""
        return self.kind in {"passive", "perfect passive"}


def head_at(tokens: Sequence[Token], at: int, stop: int) -> Head | None:
    """The verb group whose finite verb is token `at`; None for 'has printed books', which may be no perfect."""
    low = tokens[at].low
    end = at + 1
    while end < stop and (tokens[end].low in {"not", "never"} or tokens[end].is_adverb or tokens[end].low in SCOPED):
        end += 1
    before = at
    while before > 1 and (tokens[before - 1].is_adverb or tokens[before - 1].low in SCOPED):
        before -= 1
    around = {token.low for token in (*tokens[before:at], *tokens[at + 1 : end])}
    base = low.removesuffix("n't")
    if base in IS:
        kind, end = _group_of_be(tokens, end, stop)
    elif base in _HAS:
        found = _group_of_have(tokens, base, end, stop)
        if found is None:
            return None
        kind, end = found
    elif base in _MODAL or low == "cannot":
        kind = "modal"
    else:
        kind, end = ("present" if low in PRESENT | PRESENT_OR_NOUN | PLURAL else "past"), at + 1
    return Head(
        verb=at,
        end=end,
        kind=kind,
        plural=_number(base, kind),
        negated=low.endswith("n't") or low == "cannot" or bool(around & NEGATIVE),
        bound=bool(around & SCOPED),
    )


def _number(base: str, kind: str) -> bool | None:
    if base in _PLURAL | PLURAL:
        return True
    return False if base in _SINGULAR or (kind == "present" and base != "had") else None


def _group_of_be(tokens: Sequence[Token], end: int, stop: int) -> tuple[str, int]:
    if end + 1 < stop and tokens[end].low == "being" and tokens[end + 1].is_participle:
        return "passive", end + 2
    if end < stop and tokens[end].is_participle:
        return "passive", end + 1
    if end < stop and tokens[end].low.endswith("ing") and tokens[end].is_plain:
        return "progressive", end + 1
    return "is", end


def _group_of_have(tokens: Sequence[Token], base: str, end: int, stop: int) -> tuple[str, int] | None:
    if end < stop and tokens[end].low == "been":
        end += 1
        while end < stop and tokens[end].is_adverb:
            end += 1
        return ("perfect passive", end + 1) if end < stop and tokens[end].is_participle else ("perfect", end)
    if end < stop and tokens[end].is_participle:
        after = tokens[end + 1] if end + 1 < stop else None
        if tokens[end].is_ed and after is not None and after.is_plain and not after.follows_verb:
            return None
        return "perfect", end + 1
    return ("past" if base == "had" else "present"), end


def head(tokens: Sequence[Token], first: int, stop: int) -> Head | None:
    """The finite verb of the clause that begins at `first`; None where it is not sure which word that is."""
    for at in range(first, min(stop, first + _LONGEST_SUBJECT + 1)):
        token = tokens[at]
        if token.low in CLAUSE_WORDS and not token.hidden:
            return None
        if not token.is_finite or _is_attribute(tokens, first, at, stop):
            continue
        return head_at(tokens, at, stop) if _is_verb(tokens, first, at, stop) else None
    return None


def _is_attribute(tokens: Sequence[Token], first: int, at: int, stop: int) -> bool:
    """Whether a word that looks like a verb is one of a noun phrase: 'the limited edition', 'production costs were'."""
    token, before = tokens[at], tokens[at - 1] if at > first else None
    if before is None or token.low in FORMS:
        return False
    of_phrase = before.low in DETERMINERS | PREPOSITIONS or before.low.endswith("'s")
    if of_phrase and (token.is_participle or token.low in PRESENT_OR_NOUN):
        return True
    if token.low in PLURAL:
        return not before.low.endswith("s") or before.low.endswith(("'s", "ss"))
    return token.low in PRESENT_OR_NOUN and not is_verb_form(token, tokens[at + 1] if at + 1 < stop else None)


def is_verb_form(token: Token, following: Token | None) -> bool:
    """Whether a word that can be a plural noun is followed as a verb is."""
    if following is None:
        return False
    return following.opens_phrase or following.low in _WITH.get(token.low, ())


def _is_verb(tokens: Sequence[Token], first: int, at: int, stop: int) -> bool:
    """Whether a word that looks like a verb is the verb of its clause."""
    token, before = tokens[at], tokens[at - 1] if at > first else None
    following = tokens[at + 1] if at + 1 < stop else None
    if before is None or before.low in PREPOSITIONS | DETERMINERS | {"and", "or"}:
        return False
    if token.low in FORMS or following is None:
        return True
    if following.low == "by" and token.is_participle:
        return False  # 'the film directed by'
    if token.is_ed and not following.follows_verb:
        return before.is_name and token.low not in _OWNED
    return True


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a clause is about, and words before that: 'In 2018,'; `first` is the token that the subject begins with."""

    opening: str
    text: str
    first: int


def subject_of(text: str, tokens: Sequence[Token], first: int, verb: int) -> Subject | None:
    """The subject that tokens `first` up to `verb` are; None unless one person or thing, or a named group, is meant."""
    while verb > first and (tokens[verb - 1].is_adverb or tokens[verb - 1].low in SCOPED):
        verb -= 1
    begin = _after_opening(tokens, first, verb)
    opening = text[tokens[first].start : tokens[begin - 1].end] if tokens[first].low in PREPOSITIONS else ""
    commas = [at for at in range(begin, verb) if tokens[at].text == "," and not tokens[at].hidden]
    end = commas[0] if commas else verb
    if commas and not (len(commas) == 2 and commas[1] == verb - 1 and end > begin):  # 'Oslo, the capital, is'
        return None
    words = tokens[begin:end]
    bracket = next((at for at, token in enumerate(words) if token.text == "(" and at), len(words))
    words = words[:bracket]
    if not words or not _is_one(words) or {"and", "or", "not"} & {token.low for token in tokens[end:verb]}:
        return None
    return Subject(opening, text[words[0].start : words[-1].end], begin)


def _after_opening(tokens: Sequence[Token], first: int, verb: int) -> int:
    """Where the subject begins: after 'In 2018,', 'In 2018' and 'Later,'."""
    comma = next((at for at in range(first, verb) if tokens[at].text == "," and not tokens[at].hidden), None)
    if tokens[first].low in PREPOSITIONS - {"of", "to", "without"}:
        if comma is not None:
            return comma + 1
        if tokens[first].low == "in" and first + 2 < verb and re.fullmatch(r"1\d{3}|20\d\d", tokens[first + 1].text):
            return first + 2
    return comma + 1 if comma == first + 1 and tokens[first].is_adverb else first


def _is_one(words: Sequence[Token]) -> bool:
    """Whether a noun phrase names its person or thing, so that it is the same one in every part."""
    last = words[-1]
    if last.low in PREPOSITIONS | DETERMINERS or not (last.text[0].isalnum() or last.hidden):
        return False
    if words[0].low in _SUBJECT_SCOPE | PREPOSITIONS or words[0].is_number:
        return False
    inner = {token.low for token in words if not token.hidden}
    if inner & (CLAUSE_WORDS | SCOPED | SPEECH | {"or"}):
        return False
    return not any(token.low.endswith("ing") and token.is_plain for token in words[1:])  # 'people living in Oslo'


def refers_back(tokens: Sequence[Token], first: int, stop: int) -> bool:
    """Whether words stand for something said before: 'won the cup and lost it'."""
    for at in range(first, stop):
        low = tokens[at].low
        if low in BACK_REFERENCE and not tokens[at].hidden:
            return True
        if low in {"her", "his"} and (at + 1 == stop or tokens[at + 1].low in PREPOSITIONS):
            return True
    return False
