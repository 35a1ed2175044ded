"""Passages as a claim's page shows them: in their paragraph, compared with the claim, with their probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factcheck.corpus.analyzer import Analyzer
from factcheck.review.desk import Desk
from factcheck.review.marks import Comparison, Piece, compare_all, pieces
from factcheck.review.surroundings import Surrounding, surroundings
from factcheck.run.reviews import passage_key
from factcheck.types import Claim, Evidence, Hit, NLIScores, Passage, Stance, Verdict

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
    """A passage with all that is shown of it. `evidence` is None for a search's hit that was not judged."""

    key: str
    number: int  # from 1, in the order of the page
    hit: Hit
    evidence: Evidence | None
    surrounding: Surrounding
    quote: tuple[Piece, ...]
    comparison: Comparison
    added_by: str = ""
    wrong: bool = False
    marked_by: str = ""

    @property
    def passage(self) -> Passage:
        """The passage."""
        return self.hit.passage

    @property
    def lead(self) -> str:
        """What the model read before the quote; empty where it read the quote alone."""
        return self.passage.premise.removesuffix(self.passage.quote).rstrip()

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
    shown = _shown(desk, verdict.claim, [evidence.hit for _, evidence in there])
    return [
        Item(
            key=(key := passage_key(evidence.passage)),
            number=number,
            hit=evidence.hit,
            evidence=None if hidden else evidence,
            surrounding=surrounding,
            quote=tuple(pieces(evidence.passage.quote, comparison.passage)),
            comparison=comparison,
            added_by=reviewer,
            wrong=key in wrong,
            marked_by=marked_by.get(key, ""),
        )
        for number, ((reviewer, evidence), (surrounding, comparison)) in enumerate(
            zip(there, shown, strict=True), start=1
        )
    ]


def search_items(desk: Desk, claim: Claim, hits: Sequence[Hit]) -> list[Item]:
    """What a search found, not judged."""
    return [
        Item(
            key=passage_key(hit.passage),
            number=number,
            hit=hit,
            evidence=None,
            surrounding=surrounding,
            quote=tuple(pieces(hit.passage.quote, comparison.passage)),
            comparison=comparison,
        )
        for number, (hit, (surrounding, comparison)) in enumerate(
            zip(hits, _shown(desk, claim, hits), strict=True), start=1
        )
    ]


def _shown(desk: Desk, claim: Claim, hits: Sequence[Hit]) -> list[tuple[Surrounding, Comparison]]:
    passages = [hit.passage for hit in hits]
    language = desk.settings.language
    compared = compare_all(
        claim.text, [passage.quote for passage in passages], analyzer=_analyzer(language), language=language
    )
    return list(zip(surroundings(desk, claim, passages), compared, strict=True))


@lru_cache(maxsize=4)
def _analyzer(language: str) -> Analyzer:
    return Analyzer(language)
