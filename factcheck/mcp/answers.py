"""What an assistant is told: the export's records, in the parts that an assistant needs, and bounded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from factcheck.formats.records import evidence_record, passage_record, verdict_record
from factcheck.types import JSON, Evidence, Hit, Label, Verdict

MAX_QUOTE: Final = 2_000  # characters; what no sentence has, but a document without full stops
_VERDICT: Final = ("id", "claim", "verdict", "score", "confidence", "reason", "detail")
_COUNTS: Final = ("evidence_from", "judged", "found")
_PLACE: Final = ("doc_id", "title", "path", "url", "date", "page", "start", "end", "quote")
_SCORES: Final = ("stance", "entailment", "neutral", "contradiction")


def verdicts_answer(verdicts: Sequence[Verdict], most: int) -> dict[str, JSON]:
    """The answer of `verify_claims`, with at most `most` passages for each claim."""
    counts = Counter(verdict.label for verdict in verdicts)
    return {
        "verdicts": [_verdict(verdict, most) for verdict in verdicts],
        "counts": {label.value: counts[label] for label in Label},
        "evidence_limit": most,
    }


def hits_answer(query: str, hits: Sequence[Hit]) -> dict[str, JSON]:
    """The answer of `search_corpus`: passages, best first."""
    passages: list[JSON] = [
        {**_place(passage_record(hit.passage)), "retrieval_score": hit.score, "copies": len(hit.copies)} for hit in hits
    ]
    return {"query": query, "passages": passages}


def _verdict(verdict: Verdict, most: int) -> dict[str, JSON]:
    """The record of a verdict without the claim's input, and with the passages alone that are shown."""
    record = verdict_record(verdict)
    shown = verdict.evidence[:most]
    parts: list[JSON] = [
        {
            "text": part.text,
            "verdict": part.label.value,
            "evidence": [place for place in part.evidence if place < len(shown)],
        }
        for part in verdict.parts
    ]
    return {
        **{name: record[name] for name in (*_VERDICT, *_COUNTS)},
        "parts": parts,
        "evidence": [_evidence(item) for item in shown],
        "evidence_left_out": len(verdict.evidence) - len(shown),
    }


def _evidence(item: Evidence) -> dict[str, JSON]:
    record = evidence_record(item)
    more: dict[str, JSON] = {"premise": record["premise"]} if record["premise"] != record["quote"] else {}
    more |= {"joined": record["joined"]} if record["joined"] is not None else {}
    findings: list[JSON] = [
        {"check": finding.check.value, "kind": finding.kind, "detail": finding.detail} for finding in item.findings
    ]
    scores = {name: record[name] for name in _SCORES}
    return {**scores, **_place(record), **more, "findings": findings, "copies": len(item.hit.copies)}


def _place(record: Mapping[str, JSON]) -> dict[str, JSON]:
    """Where a passage stands and what it says; of a very long one its beginning, and how much is left out."""
    place = {name: record[name] for name in _PLACE}
    quote, start = str(place["quote"]), place["start"]
    if len(quote) <= MAX_QUOTE or not isinstance(start, int):
        return place
    return place | {"quote": quote[:MAX_QUOTE], "end": start + MAX_QUOTE, "left_out": len(quote) - MAX_QUOTE}
