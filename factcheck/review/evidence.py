"""Passages as a claim's page shows them: in their paragraph, compared with the claim, with their probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factcheck.corpus.analyzer import Analyzer
from factcheck.review.desk import Desk
from factcheck.review.marks import Piece, Read, compare_all, pieces
from factcheck.review.search import findings
from factcheck.review.surroundings import Surrounding, surroundings
from factcheck.run.reviews import passage_key
from factcheck.types import Claim, Evidence, Finding, Hit, NLIScores, Passage, Stance, Verdict

BAR = 1_000  # width of the bar, in its own units


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three probabilities as a part of the bar."""

    stance: Stance
    probability: float
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Item:
    """A passage with all that is shown of it. `evidence` is None for a search's hit that was not judged.

    `claim` is the claim with what is marked in it beside this passage; empty where no finding points into it.
    """

    key: str
    number: int  # from 1, in the order of the page
    hit: Hit
    evidence: Evidence | None
    surrounding: Surrounding
    quote: tuple[Piece, ...]
    claim: tuple[Piece, ...]
    findings: tuple[Finding, ...]
    added_by: str = ""
    wrong: bool = False
    marked_by: str = ""

    @property
    def passage(self) -> Passage:
        """The passage."""
        return self.hit.passage

    @property
    def around(self) -> tuple[str, str]:
        """What the model read before the quote and after it; both empty where it read the quote alone."""
        before, after = self.passage.around
        return before.strip(), after.strip()

    @property
    def read_hint(self) -> str:
        """The line above what the model read: what stands around the quote."""
        if self.passage.joined is not None:
            return f"Together with {'the title and ' if self.passage.titled else ''}another sentence of the document:"
        if not self.passage.titled:
            return "The sentence before came first:"
        alone = self.passage.body == self.passage.quote
        return f"The title of the document {'' if alone else 'and the sentence before '}came first:"

    @property
    def bar(self) -> tuple[Part, ...]:
        """The probabilities side by side; none where it was not judged."""
        return () if self.evidence is None else bar(self.evidence.scores)


def bar(scores: NLIScores) -> tuple[Part, ...]:
    """Entailment, neutral and contradiction as parts that fill a bar of width `BAR`."""
    parts, x = [], 0
    values = (scores.entailment, scores.neutral, scores.contradiction)
    for stance, value in zip((Stance.SUPPORTS, Stance.NEUTRAL, Stance.CONTRADICTS), values, strict=True):
        end = BAR if stance is Stance.CONTRADICTS else min(BAR, x + round(BAR * value))
        parts.append(Part(stance, value, x, end - x))
        x = end
    return tuple(parts)


def items(  # noqa: PLR0913 (all named)
    desk: Desk,
    verdict: Verdict,
    added: Sequence[tuple[str, Evidence]],
    *,
    wrong: frozenset[str],
    marked_by: Mapping[str, str],
    hidden: bool,
) -> list[Item]:
    """The evidence of a verdict and what reviewers added, in that order; where hidden, in the documents' order."""
    there = [*(("", evidence) for evidence in verdict.evidence), *added]
    if hidden:
        there.sort(key=lambda one: (one[1].passage.source.doc_id, one[1].passage.start))
    found = [() if hidden else evidence.findings for _, evidence in there]
    shown = _shown(desk, verdict.claim, [evidence.hit for _, evidence in there], found)
    return [
        Item(
            key=(key := passage_key(evidence.passage)),
            number=number,
            hit=evidence.hit,
            evidence=None if hidden else evidence,
            surrounding=words.surrounding,
            quote=words.quote,
            claim=words.claim,
            findings=words.findings,
            added_by=reviewer,
            wrong=key in wrong,
            marked_by=marked_by.get(key, ""),
        )
        for number, ((reviewer, evidence), words) in enumerate(zip(there, shown, strict=True), start=1)
    ]


def search_items(desk: Desk, claim: Claim, hits: Sequence[Hit], *, hidden: bool) -> list[Item]:
    """What a search found, not judged; where hidden, without what its words say to the machine."""
    passages = [hit.passage for hit in hits]
    found = [()] * len(hits) if hidden else findings(claim.text, passages, desk.identity)
    return [
        Item(
            key=passage_key(hit.passage),
            number=number,
            hit=hit,
            evidence=None,
            surrounding=words.surrounding,
            quote=words.quote,
            claim=words.claim,
            findings=words.findings,
        )
        for number, (hit, words) in enumerate(zip(hits, _shown(desk, claim, hits, found), strict=True), start=1)
    ]


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a passage and of the claim as they are shown."""

    surrounding: Surrounding
    quote: tuple[Piece, ...]
    claim: tuple[Piece, ...]
    findings: tuple[Finding, ...]


def _shown(desk: Desk, claim: Claim, hits: Sequence[Hit], found: Sequence[tuple[Finding, ...]]) -> list[_Words]:
    passages = [hit.passage for hit in hits]
    language = desk.settings.language
    read = [Read(passage.quote, said) for passage, said in zip(passages, found, strict=True)]
    compared = compare_all(claim.text, read, analyzer=_analyzer(language), language=language)
    return [
        _Words(
            surrounding,
            quote=tuple(pieces(one.quote, comparison.passage)),
            claim=tuple(pieces(claim.text, comparison.claim)) if any(item.claim for item in one.findings) else (),
            findings=one.findings,
        )
        for surrounding, one, comparison in zip(surroundings(desk, claim, passages), read, compared, strict=True)
    ]


@lru_cache(maxsize=4)
def _analyzer(language: str) -> Analyzer:
    return Analyzer(language)
