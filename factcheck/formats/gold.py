"""Reviewed verdicts as labelled claims, which `factcheck.formats.read_claims` reads and `factcheck bench` compares."""

from typing import IO

from factcheck.formats.records import to_json
from factcheck.formats.reviewed import About, Opinion, Reviewed, standing
from factcheck.formats.rows import Source
from factcheck.types import JSON, Evidence, Label, Stance, Verdict

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
    evidence = _strongest(verdict, review)
    contexts: list[JSON] = [{"id": item.id, "title": item.title, "text": item.text} for item in claim.contexts]
    given: dict[str, JSON] = {
        "date": claim.date,
        "contexts": contexts,
        "doc_ids": list(claim.doc_ids),
        "evidence": [_evidence(item) for item in evidence],
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


def _strongest(verdict: Verdict, review: Reviewed) -> list[Evidence]:
    """What reviewers added for their verdict, and the strongest sentence of each side: they looked at no other."""
    _, evidence = standing(verdict, review)
    strongest = {item.stance: item for item in reversed(evidence) if item not in review.added}
    return [item for item in evidence if item in review.added or strongest[item.stance] is item]


def _evidence(item: Evidence) -> dict[str, JSON]:
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
