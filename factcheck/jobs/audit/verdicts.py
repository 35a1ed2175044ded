"""Whether what a ledger stores of a verdict could have been written by a run, and follows from its own evidence."""

import json
import math
from collections.abc import Iterator, Sequence

from factcheck.corpus.readers.streams import without_surrogates
from factcheck.formats.records import evidence_from_record, part_record, to_json
from factcheck.jobs.audit.terms import Terms
from factcheck.run.stored import StoredEvidence, StoredVerdict
from factcheck.types import Claim, Evidence, Judged, NLIScores, Passage, Reason, Verdict


def read_evidence(row: StoredEvidence, rank: int) -> tuple[Evidence | None, str]:
    """The evidence of a row, None where it cannot be read, and what is wrong with it; empty if nothing is."""
    try:
        evidence = evidence_from_record(json.loads(row.record))
        passages = (evidence.passage, *evidence.hit.copies)
        wrong = next((wrong for passage in passages if (wrong := _wrong_passage(passage))), "")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return None, f"is not a record of evidence: {type(error).__name__}: {error}"
    if wrong:
        return None, wrong
    return evidence, _wrong_row(row, rank, evidence)


def _wrong_passage(passage: Passage) -> str:
    """What no run would have stored of a passage; nothing in it has been compared with a source."""
    source = passage.source
    texts = (source.doc_id, source.title, source.path, source.sha256, source.extractor, passage.quote, passage.premise)
    numbers = (passage.start, passage.end, passage.sentence)
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        return "holds a text where a number belongs, or the other way round"
    if any(without_surrogates(text) != text for text in texts):
        return "holds half a surrogate pair"
    if passage.start < 0 or passage.end <= passage.start or passage.end - passage.start != len(passage.quote):
        return f"its span {passage.start} to {passage.end} is not that of a quote of {len(passage.quote)} characters"
    return ""


def _wrong_row(row: StoredEvidence, rank: int, evidence: Evidence) -> str:
    scores = evidence.scores
    if row.rank != rank:
        return f"its rank is {row.rank} where {rank} comes next"
    if (row.doc_id, row.stance) != (evidence.passage.source.doc_id, evidence.stance.value):
        return "document or stance are not those of its record"
    if not all(0 <= value <= 1 for value in (scores.entailment, scores.neutral, scores.contradiction)):
        return f"holds what are no probabilities: {_shown(scores)}"
    if not math.isfinite(evidence.hit.score):
        return f"its retrieval score is {evidence.hit.score}"
    return ""


def derive(claim: Claim, stored: StoredVerdict, evidence: list[Evidence], terms: Terms) -> Iterator[str]:
    """Everything about a verdict that does not follow from its evidence."""
    if stored.confidence is not None and not (isinstance(stored.confidence, float) and 0 <= stored.confidence <= 1):
        yield f"its confidence is {stored.confidence!r}"
    origin = terms.source_of(claim)
    if stored.evidence_from != origin.value:
        yield f"its evidence is said to be {stored.evidence_from}, for this claim it is {origin.value}"
    judged = [Judged(item.hit, item.scores, item.parts) for item in evidence]
    decided = terms.rule.decide(claim, judged, evidence_from=origin)
    for name, is_stored, follows in (
        ("verdict", stored.label, decided.label.value),
        ("score", stored.score, decided.score),
        ("confidence", stored.confidence, decided.confidence),
        ("reason", stored.reason, decided.reason.value),
        ("detail", stored.detail, decided.detail),
    ):
        if is_stored != follows:
            yield f"its {name} is {is_stored}, from its evidence follows {follows}"
    if stored.parts != to_json([part_record(part) for part in decided.parts]):
        yield "its parts are not those that follow from its evidence"
    if judged == [Judged(item.hit, item.scores, item.parts) for item in decided.evidence]:
        yield from _wrong_readings(evidence, decided.evidence)
    else:
        yield "its evidence is not in the order in which a verdict lists it"
    if stored.unjudged != 0 and not _may_leave(stored.unjudged, decided, terms):
        yield f"{stored.unjudged!r} passages were left unjudged, which does not follow from those judged"


def _wrong_readings(stored: Sequence[Evidence], follows: Sequence[Evidence]) -> Iterator[str]:
    """What a verdict's evidence is said to say, where something else follows from it."""
    for rank, (item, right) in enumerate(zip(stored, follows, strict=True), start=1):
        if item.stance is not right.stance:
            yield f"passage {rank} is said to be {item.stance.value}, from what it holds follows {right.stance.value}"
        if item.findings != right.findings:
            yield f"the findings of passage {rank} are not those that follow from its words"


def _may_leave(unjudged: int, decided: Verdict, terms: Terms) -> bool:
    """Whether a verdict may have been decided with so many passages unjudged."""
    refused = decided.reason in {Reason.NOT_CHECKABLE, Reason.LANGUAGE_NOT_SUPPORTED} and not decided.evidence
    return type(unjudged) is int and unjudged > 0 and (refused or (terms.staged and terms.rule.settles(decided)))


def _shown(scores: NLIScores) -> str:
    return f"{scores.entailment}, {scores.neutral}, {scores.contradiction}"
