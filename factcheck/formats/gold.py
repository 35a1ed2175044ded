"""Reviewed verdicts as labelled claims, which `factcheck.formats.read_claims` reads and `factcheck bench` compares."""

from collections.abc import Sequence
from typing import IO, Final

from factcheck.formats.records import to_json
from factcheck.formats.reviewed import About, Opinion, Reviewed, standing
from factcheck.formats.rows import Source
from factcheck.types import JSON, Evidence, Label, Stance, Verdict

EACH_PART: Final = "each part for itself"
"""The detail of a verdict whose parts are supported each, and the whole by no single passage."""

_LABELS = {
    Stance.SUPPORTS: Label.SUPPORTED,
    Stance.CONTRADICTS: Label.CONTRADICTED,
    Stance.NEUTRAL: Label.NOT_ENOUGH_INFO,
}


def write_gold(source: Source, stream: IO[bytes], about: About) -> int:
    """Write a line a claim on which the reviewers agree, on the evidence that there is now; gives back how many."""
    rows = 0
    for verdict in source():
        review = about.review(verdict) if about.review else None
        if review is None or review.label is None:
            continue
        stream.write(to_json(_record(verdict, review, review.label)).encode() + b"\n")
        rows += 1
    return rows


def _record(verdict: Verdict, review: Reviewed, label: Label) -> dict[str, JSON]:
    claim = verdict.claim
    evidence = _evidence_sets(verdict, review, label)
    contexts: list[JSON] = [{"id": item.id, "title": item.title, "text": item.text} for item in claim.contexts]
    given: dict[str, JSON] = {
        "date": claim.date,
        "contexts": contexts,
        "doc_ids": list(claim.doc_ids),
        "evidence": evidence,
    }
    return {
        "id": claim.id,
        "claim": claim.text,
        "label": label.value,
        **{name: value for name, value in given.items() if value},
        "drawn": max((opinion.drawn for opinion in review.standing), key=_is_random, default=""),
        "status": review.status,
        "reviewers": [_opinion(opinion) for opinion in review.standing],
        "machine": {
            "verdict": verdict.label.value,
            "score": round(verdict.score, 6),
            "confidence": verdict.confidence,
            "reason": verdict.reason.value,
        },
    }


def _is_random(drawn: str) -> tuple[bool, bool]:
    """Sort key of how a claim came to a reviewer: a random sample of this run, then anything else that was noted."""
    return drawn.startswith("sample:"), bool(drawn)


def _evidence_sets(verdict: Verdict, review: Reviewed, label: Label) -> list[JSON]:
    """What reviewers added for their verdict, and the strongest sentence of each side: they looked at no other.

    Where the parts of a claim are supported each for itself, the sentences for them are one set, a list in the list.
    One that a reviewer marked as wrong leaves a gap in it, which what was added fills.
    """
    _, evidence = standing(verdict, review)
    added = [item for item in evidence if item in review.added]
    if label is verdict.label is Label.SUPPORTED and verdict.detail == EACH_PART:
        grounds = {at for part in verdict.parts if part.label is Label.SUPPORTED for at in part.evidence}
        found = [verdict.evidence[at] for at in sorted(grounds - review.wrong)]
        if grounds & review.wrong:
            return _one_set([*added, *found])
        return [*map(_evidence, added), *_one_set(found)]
    strongest = {item.stance: item for item in reversed(evidence) if item not in added}
    return [_evidence(item) for item in evidence if item in added or strongest[item.stance] is item]


def _one_set(items: Sequence[Evidence]) -> list[JSON]:
    """The only set of evidence, in the list of all; a set of one sentence is that sentence."""
    if len(items) < 2:
        return [_evidence(item) for item in items]
    return [[_evidence(item) for item in items]]


def _evidence(item: Evidence) -> JSON:
    passage = item.passage
    return {
        "doc_id": passage.source.doc_id,
        "sentence": passage.sentence,
        "start": passage.start,
        "end": passage.end,
        "quote": passage.quote,
        "label": _LABELS[item.stance].value,
    }


def _opinion(opinion: Opinion) -> dict[str, JSON]:
    return {"reviewer": opinion.reviewer, "time": round(opinion.time, 3), "drawn": opinion.drawn}
