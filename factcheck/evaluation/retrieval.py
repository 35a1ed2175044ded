"""Whether the evidence was found at all: recall among the first k hits, and the rank of the first gold sentence.

Source: recall and reciprocal rank as in Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008,
ch. 8; a claim's evidence is found when a whole gold set is, as in FEVER (arXiv:1803.05355, section 5).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from factcheck.evaluation.gold import evidence_documents, hit_covers, sides
from factcheck.evaluation.tally import Array, Tally, matrix, ratio
from factcheck.matching import document_key
from factcheck.types import Gold, GoldSentence, Hit, Verdict


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks from 1 at which a claim's gold evidence was found; infinite where it was not, None where there is none.

    `evidence` is where the first whole set is complete (for a conflict, one of each side), `sentence` where the first
    gold sentence is, `documents` where each gold document first is.
    """

    evidence: float | None
    sentence: float | None
    documents: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall among the first `k` hits: the share of claims with a whole gold set, the mean share of gold documents."""

    k: int
    evidence: float
    documents: float


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """How retrieval fares on the claims that have gold evidence sentences, and on those with gold documents."""

    recall: tuple[Recall, ...]
    mrr: float
    with_evidence: int
    with_documents: int


def score_retrieval(golds: Sequence[Gold], found: Sequence[Sequence[Hit]], *, ks: Sequence[int]) -> RetrievalScores:
    """Recall at each `k` and the mean reciprocal rank of the first gold sentence, 0 for one that was not found.

    `found` are each claim's hits, best first. A hit covers what any of its copies does. Claims without gold evidence
    (NOT ENOUGH INFO among them) are left out.

    Raises:
        ValueError: The sequences differ in length.
    """
    tally = tally_retrieval(golds, found, ks=ks)
    values, sums = tally.values(), tally.rows.sum(axis=0)
    return RetrievalScores(
        recall=tuple(Recall(k, values[f"evidence_recall@{k}"], values[f"document_recall@{k}"]) for k in ks),
        mrr=values["mrr"],
        with_evidence=int(sums[0]),
        with_documents=int(sums[1]),
    )


def tally_retrieval(golds: Sequence[Gold], found: Sequence[Sequence[Hit]], *, ks: Sequence[int]) -> Tally:
    """The same for intervals: `evidence_recall@K`, `document_recall@K`, `mrr`."""
    rows = [_row(gold_ranks(gold, hits), ks) for gold, hits in zip(golds, found, strict=True)]
    return Tally(matrix(rows, 3 + 2 * len(ks)), partial(_scores, ks=tuple(ks)))


def gold_ranks(gold: Gold, hits: Sequence[Hit]) -> Ranks:
    """The ranks at which these hits, best first, reach the gold evidence."""
    needed = sides(gold)
    ranks = {item: _rank(item, hits) for side in needed for one in side for item in one}
    printed = [{document_key(place.source.doc_id) for place in (hit.passage, *hit.copies)} for hit in hits]
    return Ranks(
        evidence=max((min(max(ranks[item] for item in one) for one in side) for side in needed), default=None),
        sentence=min(ranks.values(), default=None),
        documents=tuple(
            next((rank for rank, keys in enumerate(printed, start=1) if document in keys), math.inf)
            for document in evidence_documents(gold)
        ),
    )


def judged_hits(verdict: Verdict) -> tuple[Hit, ...]:
    """The hits of a verdict that were judged, as retrieval ranked them; a sentence that was read twice is one."""
    hits = {(item.passage.source.doc_id, item.passage.start, item.passage.end): item.hit for item in verdict.evidence}
    return tuple(hits[place] for place in sorted(hits, key=lambda place: (-hits[place].score, place)))


def _rank(item: GoldSentence, hits: Sequence[Hit]) -> float:
    return next((rank for rank, hit in enumerate(hits, start=1) if hit_covers(hit, item)), math.inf)


def _row(ranks: Ranks, ks: Sequence[int]) -> list[float]:
    """Whether evidence and documents are scored, the reciprocal rank, then recall of both at each k."""
    documents = len(ranks.documents)
    return [
        ranks.evidence is not None,
        documents > 0,
        0.0 if ranks.sentence is None else 1 / ranks.sentence,
        *(ranks.evidence is not None and ranks.evidence <= k for k in ks),
        *(sum(rank <= k for rank in ranks.documents) / max(documents, 1) for k in ks),
    ]


def _scores(sums: Array, ks: tuple[int, ...]) -> Mapping[str, Array]:
    evidence, documents = sums[..., 0], sums[..., 1]
    return {
        "mrr": ratio(sums[..., 2], evidence),
        **{f"evidence_recall@{k}": ratio(sums[..., 3 + at], evidence) for at, k in enumerate(ks)},
        **{f"document_recall@{k}": ratio(sums[..., 3 + len(ks) + at], documents) for at, k in enumerate(ks)},
    }
