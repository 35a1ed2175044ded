"""The records that pass between the parts of factcheck, and the one enum of verdict labels.

All are frozen; sequences are tuples. A span is half-open and counts code points: `text[start:end]` is the quote.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from factcheck.errors import ScoreError

JSON: TypeAlias = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None


class Label(StrEnum):
    """What the evidence says about a claim. Foreign spellings live in `factcheck.formats.labels` only."""

    SUPPORTED = "SUPPORTED"
    CONTRADICTED = "CONTRADICTED"
    CONFLICTING = "CONFLICTING"
    NOT_ENOUGH_INFO = "NOT ENOUGH INFO"


class Stance(StrEnum):
    """What one passage says about a claim, or about the part of it that it decides."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    NEUTRAL = "neutral"


class Reason(StrEnum):
    """Why a verdict is what it is, in one word a program can filter on."""

    EVIDENCE = "evidence"  # a decisive verdict stands on the evidence listed
    NO_PASSAGE_FOUND = "no_passage_found"  # nothing in the corpus shares a searchable word with the claim
    ONLY_NEUTRAL = "only_neutral"  # every passage is more likely neutral than anything else
    BELOW_THRESHOLD = "below_threshold"  # a passage leans one way, not far enough
    QUANTITY_MISMATCH = "quantity_mismatch"  # it would be supported, were it not for a figure, negation or quantifier
    RELAYED = "relayed"  # passages report, ask, suppose or plan what the claim asserts
    QUALIFIED = "qualified"  # a passage says it under a restriction that the claim leaves out
    PARTLY_SUPPORTED = "partly_supported"  # some parts of the claim are supported, the others are open
    CHANGED_OVER_TIME = "changed_over_time"  # opposed passages speak of different periods, or are of different versions
    ABOVE_ERROR_BUDGET = "above_error_budget"  # an answer would be wrong more often than was allowed
    NOT_CHECKABLE = "not_checkable"  # a question, opinion, instruction, fragment, or nobody knows whom it is about
    LANGUAGE_NOT_SUPPORTED = "language_not_supported"  # the claim is in a language that the model does not read


class Check(StrEnum):
    """What a look at the words of claim and passage can find, beside what the model says."""

    QUANTITY = "quantity"  # a figure of the claim that the passage gives another value for, or not at all
    NEGATION = "negation"  # one of both is negated
    QUANTIFIER = "quantifier"  # all against some, most against few, at least against at most
    RELAYED = "relayed"  # the passage quotes, attributes, denies, asks, supposes, plans or hedges
    QUALIFIED = "qualified"  # the passage says it under a restriction
    LANGUAGE = "language"  # the passage is in a language that the model does not read


class EvidenceFrom(StrEnum):
    """Where the passages of a verdict were taken from."""

    CORPUS = "corpus"  # the whole corpus was searched
    GIVEN = "given"  # the contexts that the claim brought, or the documents that it named
    GOLD = "gold"  # the gold evidence of a data set


@dataclass(frozen=True, slots=True)
class Context:
    """A text that a claim brings as its own source."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """One gold evidence sentence, named by whatever the data set names it with.

    At least one of `sentence` (index in the document), `start`/`end` and `quote` is there, or the whole document
    is meant.
    """

    doc_id: str
    sentence: int | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    label: Label | None = None  # where the data set labels each evidence sentence


@dataclass(frozen=True, slots=True)
class Gold:
    """What a data set says is the answer: the label, and sets of sentences each of which suffices alone (FEVER)."""

    label: Label | None
    evidence_sets: tuple[tuple[GoldSentence, ...], ...] = ()
    doc_ids: tuple[str, ...] = ()  # documents the data set names for the claim (SciFact's cited_doc_ids)


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement, with an id.

    `input` is the record as it came, in its own field order; it is returned unchanged on export.
    `start`/`end` say where the claim stands in the `response` or text it was split from.
    `place` names file and line for messages and takes no part in comparison.
    """

    id: str
    text: str
    date: str | None = None  # ISO 8601, day, month or year
    contexts: tuple[Context, ...] = ()
    doc_ids: tuple[str, ...] = ()
    gold: Gold | None = None
    start: int | None = None
    end: int | None = None
    input: Mapping[str, JSON] = field(default_factory=dict, hash=False)
    place: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        """What messages call the claim: its place, or its id where it came from no file."""
        return self.place or f"claim {self.id!r}"


@dataclass(frozen=True, slots=True)
class Block:
    """A span of a document that no sentence crosses: paragraph, heading, list item, cell.

    A document that came split has one block a sentence, with `sentence` its own index there.
    """

    start: int
    end: int
    page: int | None = None  # from 1
    sentence: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A titled text of the corpus as a reader gives it; `blocks` are in text order and do not overlap.

    `path` is relative to the corpus root, with forward slashes. `sha256` is of the file, or of the record where a file
    holds many. `in_file` says that `text` is the decoded file itself, so that offsets count in the file.
    """

    id: str
    title: str
    text: str
    path: str
    sha256: str
    extractor: str  # name/version: a new version reads the file again
    blocks: tuple[Block, ...]
    in_file: bool = False
    url: str | None = None
    date: str | None = None
    date_origin: str | None = None  # column, front matter, html, pdf
    metadata: Mapping[str, JSON] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A trimmed span of a document; `index` counts from 0, or is the document's own where it came split."""

    index: int
    start: int
    end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader needs to find a document again."""

    doc_id: str
    title: str
    path: str
    sha256: str
    url: str | None = None
    date: str | None = None
    extractor: str = ""  # what read the file; empty for a context that the claim brought

    @property
    def heading(self) -> str:
        """The title as a premise opens with it: a sentence, and a space."""
        return f"{self.title}{'' if self.title.endswith(('.', '!', '?')) else '.'} " if self.title else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence and what the model is shown of it.

    `quote` is verbatim `text[start:end]` of the source; `premise` may open with the sentence before, and if it is
    `titled` with the source's `heading` before all else. `joined` is the span of another sentence of the source that
    was read together with it: the premise is both, in the source's order.
    """

    source: Source
    sentence: int
    start: int
    end: int
    quote: str
    premise: str
    page: int | None = None
    joined: tuple[int, int] | None = None
    titled: bool = False

    @property
    def body(self) -> str:
        """The premise without the title: what the source has there."""
        return self.premise.removeprefix(self.source.heading) if self.titled else self.premise

    @property
    def around(self) -> tuple[str, str]:
        """What the model read before the quote, and after it, with the spaces between.

        A premise that does not hold the quote at its end, or at its start where it is joined, is all before it.
        """
        before, after = self._beside()
        return self.premise.removesuffix(self.body) + before, after

    @property
    def companion(self) -> "Passage | None":
        """The sentence that was read together with this one, for itself."""
        if self.joined is None:
            return None
        start, end = self.joined
        quote = "".join(self._beside()).strip()
        return replace(self, start=start, end=end, quote=quote, premise=quote, joined=None, titled=False)

    def _beside(self) -> tuple[str, str]:
        """What of the body stands before the quote, and after it."""
        if self.joined is not None and self.start < self.joined[0]:
            return "", self.body.removeprefix(self.quote)
        return self.body.removesuffix(self.quote), ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found, not yet judged; scores compare within one claim only.

    `copies` are passages of other places that say the same, but for articles and punctuation.
    """

    passage: Passage
    score: float
    copies: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class NLIScores:
    """Probabilities that a premise entails, is neutral to, or contradicts a hypothesis.

    Raises:
        ScoreError: They do not sum to 1, or one is not a number.
    """

    entailment: float
    neutral: float
    contradiction: float

    def __post_init__(self) -> None:
        total = self.entailment + self.neutral + self.contradiction
        if not math.isclose(total, 1.0, abs_tol=1e-3):  # NaN fails this test too
            raise ScoreError("NLI scores", f"probabilities sum to {total:.4f}: {self}", "they must sum to 1")


@dataclass(frozen=True, slots=True)
class Finding:
    """What the words of a passage say against taking its NLI probabilities at their word.

    `kind` is the sort of it within its check, such as "denied"; `detail` names it for a reader. Spans are half-open, of
    the claim's text and of the passage's `quote`; None where nothing in that text can be pointed at. `opposes` says
    that claim and passage speak of the same thing and cannot both be true: it may raise a contradiction, where any
    other finding only takes support away.
    """

    check: Check
    kind: str
    detail: str
    claim: tuple[int, int] | None = None
    passage: tuple[int, int] | None = None
    opposes: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A hit with its NLI probabilities for the whole claim, and for each part where the claim was split, in order."""

    hit: Hit
    scores: NLIScores
    parts: tuple[NLIScores, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit with its NLI probabilities, what its words say against them, and the stance that follows from both."""

    hit: Hit
    scores: NLIScores
    stance: Stance
    findings: tuple[Finding, ...] = ()
    parts: tuple[NLIScores, ...] = ()  # one for each of the verdict's parts

    @property
    def passage(self) -> Passage:
        """The passage that was judged."""
        return self.hit.passage


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a claim that was judged for itself: its span in the claim, the statement it makes, and the answer.

    `evidence` are the places, from 0, of the passages that the answer stands on among the verdict's own.
    """

    start: int
    end: int
    text: str  # what the model was given: the span, with the subject it shares with others where it has none
    label: Label
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one claim, with all that was judged for it, what it stands on first.

    `score` is uncalibrated, in [0, 1]; `confidence` is a calibrated probability that the label is right, or None.
    `unjudged` counts passages that were found and not read: those before them settled the claim, or it is not judged.
    `detail` puts the reason into words where one word is not enough; `parts` are those of a claim that has several.

    Raises:
        ValueError: A decisive label without evidence of that stance, or a negative count.
    """

    claim: Claim
    label: Label
    score: float
    reason: Reason
    evidence_from: EvidenceFrom
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
    unjudged: int = 0
    detail: str = ""
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if self.unjudged < 0:
            raise ValueError(f"claim {self.claim.id!r}: {self.unjudged} passages unjudged")
        stances = {item.stance for item in self.evidence}
        needed = {
            Label.SUPPORTED: {Stance.SUPPORTS},
            Label.CONTRADICTED: {Stance.CONTRADICTS},
            Label.CONFLICTING: {Stance.SUPPORTS, Stance.CONTRADICTS},
            Label.NOT_ENOUGH_INFO: set[Stance](),
        }[self.label]
        if not needed <= stances:
            raise ValueError(f"claim {self.claim.id!r}: {self.label} needs evidence that {' and '.join(needed)}")

    @property
    def judged(self) -> int:
        """How many passages the model read for this claim."""
        return len(self.evidence)

    @property
    def found(self) -> int:
        """How many passages there were to read."""
        return self.judged + self.unjudged
