"""What the verdict rule says of each document for itself, by the evidence in it alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from factcheck.types import Claim, Evidence, EvidenceFrom, Hit, Judged, Verdict
from factcheck.verdict.decide import Rule

Decide: TypeAlias = Callable[[Claim, Sequence[Judged], EvidenceFrom], Verdict]
"""The verdict rule: the verdict that follows from these judged passages alone."""


def decide_by(rule: Rule) -> Decide:
    """The verdicts of a rule on judged passages alone; an error budget is for claims, and is left out."""
    plain = replace(rule, budget=None)
    return lambda claim, judged, origin: plain.decide(claim, judged, evidence_from=origin)


def by_document(
    claim: Claim, evidence: Sequence[Evidence], evidence_from: EvidenceFrom, decide: Decide
) -> dict[str, Verdict]:
    """The verdict on each document's evidence alone, by the document's id, in the order of the evidence.

    All that was judged in a document takes part, neutral passages too. A passage that several documents print is
    evidence in each, without its copies elsewhere.
    """
    documents: dict[str, list[Judged]] = {}
    for item in evidence:
        for place in dict.fromkeys((item.hit.passage, *item.hit.copies)):
            one = Judged(Hit(place, item.hit.score), item.scores, item.parts)
            documents.setdefault(place.source.doc_id, []).append(one)
    return {doc_id: decide(claim, judged, evidence_from) for doc_id, judged in documents.items()}
