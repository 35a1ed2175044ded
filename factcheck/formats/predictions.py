"""Verdicts as predictions for the scorers of FEVER and SciFact."""

import re
from typing import IO, Final

from factcheck.errors import FactcheckError
from factcheck.formats.labels import foreign
from factcheck.formats.records import to_json
from factcheck.formats.reviewed import About, standing
from factcheck.formats.rows import Source
from factcheck.types import JSON, Claim, Evidence, Label, Stance, Verdict

FEVER_SENTENCES: Final = 5  # a claim: the scorer looks at no more
SCIFACT_SENTENCES: Final = 3  # a document: the score of abstracts looks at no more

NEUTRAL_LEFT: Final = 0.1  # of a passage that surely opposes a claim, the share of its neutral probability that stays

_WHOLE: Final = re.compile(r"0|-?[1-9]\d*", re.ASCII)


def write_fever(source: Source, stream: IO[bytes], about: About) -> int:
    """Write a line a claim: its id, the label in FEVER's words, and up to five sentences that say so, best first.

    Claims of CONFLICTING and NOT ENOUGH INFO have no sentences: FEVER has no label of sources that disagree, and its
    scorer asks for no evidence where there is not enough.

    Source: Thorne et al. 2018, arXiv:1803.05355; README of the shared task's scorer.
    """
    rows = 0
    for verdict in source():
        label, evidence = _standing(verdict, about)
        decisive = label in {Label.SUPPORTED, Label.CONTRADICTED}
        places = dict.fromkeys((item.passage.source.doc_id, item.passage.sentence) for item in evidence if decisive)
        record: dict[str, JSON] = {
            "id": _fever_id(verdict.claim),
            "predicted_label": foreign(label, "fever"),
            "predicted_evidence": [[page, line] for page, line in list(places)[:FEVER_SENTENCES]],
        }
        stream.write(to_json(record).encode() + b"\n")
        rows += 1
    return rows


def write_scifact(source: Source, stream: IO[bytes], about: About) -> int:
    """Write a line a claim: its id, and for each document with a stance its label and up to three sentences.

    A document's label is the stance of the sentence that goes furthest for its own, findings on its words among what
    it goes by, so that a claim may have documents of both labels.

    Source: Wadden et al. 2020, arXiv:2004.14974; doc/evaluation.md of its repository.

    Raises:
        FactcheckError: The id of a claim or of a document is no whole number; the scorer takes no other.
    """
    rows = 0
    for verdict in source():
        _, evidence = _standing(verdict, about)
        documents: dict[str, list[Evidence]] = {}
        for item in evidence:
            documents.setdefault(_scifact_document(item), []).append(item)
        record: dict[str, JSON] = {
            "id": _scifact_id(verdict.claim),
            "evidence": {doc_id: _scifact_evidence(items) for doc_id, items in documents.items()},
        }
        stream.write(to_json(record).encode() + b"\n")
        rows += 1
    return rows


def _standing(verdict: Verdict, about: About) -> tuple[Label, list[Evidence]]:
    return standing(verdict, about.review(verdict) if about.reviewed and about.review else None)


def _fever_id(claim: Claim) -> JSON:
    """The id as it came, a number as a number."""
    given = claim.input.get("id")
    if isinstance(given, float) and given.is_integer():
        given = int(given)  # a column of a table
    return given if type(given) is int and str(given) == claim.id else claim.id


def _scifact_id(claim: Claim) -> int:
    if _WHOLE.fullmatch(claim.id):
        return int(claim.id)
    raise FactcheckError(claim.where, f"the id {claim.id!r} is no whole number", "SciFact's scorer takes no other")


def _scifact_document(item: Evidence) -> str:
    doc_id = item.passage.source.doc_id
    if _WHOLE.fullmatch(doc_id):
        return doc_id
    fix = "SciFact's scorer takes whole numbers, the doc_id of its corpus.jsonl"
    raise FactcheckError("--to scifact", f"the document {doc_id!r} has another id", fix)


def _scifact_evidence(items: list[Evidence]) -> dict[str, JSON]:
    """One document's label, by its strongest stance and for support where both are even, and what says so."""
    stance = max(items, key=lambda item: (_strength(item), item.stance is Stance.SUPPORTS)).stance
    sentences = dict.fromkeys(item.passage.sentence for item in items if item.stance is stance)
    label = Label.SUPPORTED if stance is Stance.SUPPORTS else Label.CONTRADICTED
    return {"sentences": [*list(sentences)[:SCIFACT_SENTENCES]], "label": foreign(label, "scifact")}


def _strength(item: Evidence) -> float:
    """How far a passage goes for its stance, with what its words say: what the verdict goes by."""
    if item.stance is Stance.SUPPORTS:
        return item.scores.entailment
    if any(finding.opposes for finding in item.findings):
        return 1 - NEUTRAL_LEFT * item.scores.neutral
    return item.scores.contradiction
