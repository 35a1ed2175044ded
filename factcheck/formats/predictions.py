"""Verdicts as predictions for the scorers of FEVER and SciFact."""

import re
from typing import IO, Final

from factcheck.errors import ConfigError, FactcheckError
from factcheck.formats.labels import foreign
from factcheck.formats.records import to_json
from factcheck.formats.reviewed import About, Reviewed, left, standing, stands_on
from factcheck.formats.rows import Source
from factcheck.types import JSON, Claim, Evidence, Label, Verdict

FEVER_SENTENCES: Final = 5  # a claim: the scorer looks at no more
SCIFACT_SENTENCES: Final = 3  # a document: the score of abstracts looks at no more

_DECISIVE: Final = frozenset({Label.SUPPORTED, Label.CONTRADICTED})
_AGREE: Final = {  # the labels of documents that agree with a verdict
    Label.SUPPORTED: frozenset({Label.SUPPORTED}),
    Label.CONTRADICTED: frozenset({Label.CONTRADICTED}),
    Label.CONFLICTING: _DECISIVE,
    Label.NOT_ENOUGH_INFO: frozenset[Label](),
}
_EXPORT: Final = "export a run: `factcheck export RUN --to scifact`"
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
        decisive = label in _DECISIVE
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
    """Write a line a claim: its id, and for each document that decides it the label and up to three sentences.

    A document's label is the verdict rule's on its own evidence alone, so that a claim may have documents of both
    labels; one on which the rule says NOT ENOUGH INFO or CONFLICTING is left out: SciFact has no such label. Where
    predictions are the reviewers', so are documents that say otherwise than they agree.

    Source: Wadden et al. 2020, arXiv:2004.14974; doc/evaluation.md of its repository.

    Raises:
        ConfigError: The rule of the verdicts is not known.
        FactcheckError: The id of a claim or of a document is no whole number; the scorer takes no other.
    """
    if about.by_document is None:
        raise ConfigError("--to scifact", "needs the rule of the verdicts, for the label of each document", _EXPORT)
    rows = 0
    for verdict in source():
        review = _review(verdict, about)
        agreed = _DECISIVE if review is None or review.label is None else _AGREE[review.label]
        documents = about.by_document(verdict.claim, left(verdict, review), verdict.evidence_from)
        record: dict[str, JSON] = {
            "id": _scifact_id(verdict.claim),
            "evidence": {
                _scifact_document(doc_id): _scifact_evidence(alone)
                for doc_id, alone in documents.items()
                if alone.label in agreed
            },
        }
        stream.write(to_json(record).encode() + b"\n")
        rows += 1
    return rows


def _standing(verdict: Verdict, about: About) -> tuple[Label, list[Evidence]]:
    return standing(verdict, _review(verdict, about))


def _review(verdict: Verdict, about: About) -> Reviewed | None:
    """What reviewers say of a verdict, where predictions are theirs."""
    return about.review(verdict) if about.reviewed and about.review else None


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


def _scifact_document(doc_id: str) -> str:
    if _WHOLE.fullmatch(doc_id):
        return doc_id
    fix = "SciFact's scorer takes whole numbers, the doc_id of its corpus.jsonl"
    raise FactcheckError("--to scifact", f"the document {doc_id!r} has another id", fix)


def _scifact_evidence(alone: Verdict) -> dict[str, JSON]:
    """The label of one document, and the sentences that it stands on first."""
    sentences = dict.fromkeys(passage.sentence for passage in stands_on(alone))
    return {"sentences": [*list(sentences)[:SCIFACT_SENTENCES]], "label": foreign(alone.label, "scifact")}
