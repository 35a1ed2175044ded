"""Verdicts as JSON records, one a line, and back. `docs/formats-out.md` describes every key."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from factcheck.errors import FactcheckError, ScoreError
from factcheck.types import (
    JSON,
    Check,
    Claim,
    Evidence,
    EvidenceFrom,
    Finding,
    Hit,
    Label,
    NLIScores,
    Part,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

SCHEMA_VERSION: Final = 1

_SHORT: Final = 60  # characters
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

# What JSON leaves bare and some reader stumbles over: line ends of Unicode, and halves of surrogate pairs.
_AWKWARD: Final = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def verdict_record(verdict: Verdict) -> dict[str, JSON]:
    """The record of a verdict, its keys in the order of the schema, floats rounded to 6 places.

    `claim_start` and `claim_end` are there only where the claim was split from a longer text.

    Raises:
        ScoreError: A score is not a finite number.
    """
    claim = verdict.claim
    split = claim.start is not None or claim.end is not None
    span: dict[str, JSON] = {"claim_start": claim.start, "claim_end": claim.end} if split else {}
    return {
        "schema_version": SCHEMA_VERSION,
        "id": claim.id,
        "claim": claim.text,
        **span,
        "verdict": verdict.label.value,
        "score": _rounded(verdict.score),
        "confidence": None if verdict.confidence is None else _rounded(verdict.confidence),
        "reason": verdict.reason.value,
        "detail": verdict.detail,
        "evidence_from": verdict.evidence_from.value,
        "judged": verdict.judged,
        "found": verdict.found,
        "parts": [part_record(part) for part in verdict.parts],
        "evidence": [evidence_record(item) for item in verdict.evidence],
        "input": dict(claim.input),
    }


def verdict_from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict that a record was made from, as far as a record holds it.

    A record holds of the claim its id, text, span and input; `judged` is counted anew. A copy has no premise of its
    own, its quote stands in. Keys that the schema does not know are passed over; what records of older versions lack,
    such as `found`, may be missing.

    Raises:
        FactcheckError: The record is of another schema version, lacks a key, or holds what no verdict can.
    """
    where = f"verdict record {record.get('id')!r}"
    if record.get("schema_version") != SCHEMA_VERSION:
        found = f"schema_version is {record.get('schema_version')!r}"
        raise FactcheckError(where, found, f"this version of factcheck reads {SCHEMA_VERSION}")
    try:
        return _verdict(record)
    except KeyError as error:
        raise FactcheckError(where, f"has no key {error}", "every key of the schema must be there") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise FactcheckError(where, str(error), "write it with factcheck export") from error


def to_line(verdict: Verdict) -> str:
    """The record of a verdict as one line of JSON, without the line end."""
    return to_json(verdict_record(verdict))


def to_json(value: JSON) -> str:
    """A value as compact JSON that stands on one line and encodes to UTF-8 whatever it holds.

    What JSON or UTF-8 has no place for is replaced: NaN and infinities by null, each lone surrogate by one U+FFFD, so
    that offsets still count.
    """
    try:
        text = _dumps(value)
    except ValueError:
        text = _dumps(_finite(value))
    return _AWKWARD.sub(_harmless, text)


def short(value: JSON) -> str:
    """A value in a few characters, for a message; a long one loses its middle."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else text[:16] + "…" + text[-1]


def passage_record(passage: Passage) -> dict[str, JSON]:
    """Where a passage stands and what it says, without what the model was shown of it."""
    source = passage.source
    return {
        "doc_id": source.doc_id,
        "title": source.title,
        "path": source.path,
        "url": source.url,
        "date": source.date,
        "page": passage.page,
        "sha256": source.sha256,
        "extractor": source.extractor,
        "sentence": passage.sentence,
        "start": passage.start,
        "end": passage.end,
        "quote": passage.quote,
    }


def place(passage: Passage) -> str:
    """Where a passage stands, in one line for a reader: `Title (path, page 3, 2024-05-01)`."""
    source = passage.source
    path = source.path or f"context {source.doc_id}"
    page = "" if passage.page is None else f"page {passage.page}"
    details = [part for part in (path, page, source.date) if part]
    if source.title and source.title != path:
        return f"{source.title} ({', '.join(details)})"
    return ", ".join(details)


def _rounded(value: float) -> float:
    if not math.isfinite(value):
        raise ScoreError("verdict", f"a score is {value}", "scores are finite numbers")
    return round(float(value), 6) + 0.0  # no -0.0


def evidence_record(evidence: Evidence) -> dict[str, JSON]:
    """The record of one judged passage."""
    return {
        **passage_record(evidence.passage),
        "premise": evidence.passage.premise,
        "joined": None if evidence.passage.joined is None else list(evidence.passage.joined),
        "titled": evidence.passage.titled,
        "stance": evidence.stance.value,
        "entailment": _rounded(evidence.scores.entailment),
        "neutral": _rounded(evidence.scores.neutral),
        "contradiction": _rounded(evidence.scores.contradiction),
        "retrieval_score": _rounded(evidence.hit.score),
        "findings": [_finding_record(finding) for finding in evidence.findings],
        "part_scores": [
            {name: _rounded(getattr(scores, name)) for name in ("entailment", "neutral", "contradiction")}
            for scores in evidence.parts
        ],
        "copies": [passage_record(copy) for copy in evidence.hit.copies],
    }


def part_record(part: Part) -> dict[str, JSON]:
    """The record of one part of a claim."""
    return {
        "start": part.start,
        "end": part.end,
        "text": part.text,
        "verdict": part.label.value,
        "evidence": list(part.evidence),
    }


def part_from_record(record: Mapping[str, Any]) -> Part:
    """The part that `part_record` wrote.

    Raises:
        KeyError, TypeError, ValueError: The record was not written by it.
    """
    return Part(record["start"], record["end"], record["text"], Label(record["verdict"]), tuple(record["evidence"]))


def _finding_record(finding: Finding) -> dict[str, JSON]:
    return {
        "check": finding.check.value,
        "kind": finding.kind,
        "detail": finding.detail,
        "claim": None if finding.claim is None else list(finding.claim),
        "passage": None if finding.passage is None else list(finding.passage),
        "opposes": finding.opposes,
    }


def _finding(record: Mapping[str, Any]) -> Finding:
    claim, passage = (None if span is None else (span[0], span[1]) for span in (record["claim"], record["passage"]))
    opposes = bool(record["opposes"])
    return Finding(Check(record["check"]), record["kind"], record["detail"], claim, passage, opposes=opposes)


def _verdict(record: Mapping[str, Any]) -> Verdict:
    claim = Claim(
        id=record["id"],
        text=record["claim"],
        start=record.get("claim_start"),
        end=record.get("claim_end"),
        input=dict(record["input"]),
    )
    confidence = record["confidence"]
    return Verdict(
        claim=claim,
        label=Label(record["verdict"]),
        score=float(record["score"]),
        reason=Reason(record["reason"]),
        evidence_from=EvidenceFrom(record["evidence_from"]),
        evidence=tuple(evidence_from_record(item) for item in record["evidence"]),
        confidence=None if confidence is None else float(confidence),
        unjudged=record.get("found", len(record["evidence"])) - len(record["evidence"]),
        detail=record.get("detail", ""),
        parts=tuple(part_from_record(item) for item in record.get("parts", ())),
    )


def evidence_from_record(record: Mapping[str, Any]) -> Evidence:
    """The judged passage that `evidence_record` wrote.

    Raises:
        KeyError, TypeError, ValueError: The record was not written by it.
    """
    copies = tuple(_passage(copy, premise=copy["quote"]) for copy in record["copies"])
    passage = replace(_passage(record, premise=record["premise"]), titled=record.get("titled", False))
    if joined := record.get("joined"):
        passage = replace(passage, joined=(joined[0], joined[1]))
    return Evidence(
        hit=Hit(passage, float(record["retrieval_score"]), copies),
        scores=NLIScores(float(record["entailment"]), float(record["neutral"]), float(record["contradiction"])),
        stance=Stance(record["stance"]),
        findings=tuple(_finding(item) for item in record.get("findings", ())),
        parts=tuple(
            NLIScores(float(item["entailment"]), float(item["neutral"]), float(item["contradiction"]))
            for item in record.get("part_scores", ())
        ),
    )


def _passage(record: Mapping[str, Any], *, premise: str) -> Passage:
    source = Source(
        doc_id=record["doc_id"],
        title=record["title"],
        path=record["path"],
        sha256=record["sha256"],
        url=record["url"],
        date=record["date"],
        extractor=record.get("extractor", ""),
    )
    return Passage(
        source=source,
        sentence=record["sentence"],
        start=record["start"],
        end=record["end"],
        quote=record["quote"],
        premise=premise,
        page=record["page"],
    )


def _dumps(value: JSON) -> str:
    return _ENCODER.encode(value)


def _finite(value: JSON) -> JSON:
    match value:
        case float() if not math.isfinite(value):
            return None
        case list():
            return [_finite(item) for item in value]
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case _:
            return value


def _harmless(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"  # an escape says the same in JSON
