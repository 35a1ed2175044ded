"""The scores of SciFact: abstracts by label alone and with their rationale, sentences selected and with their label.

Source: Wadden et al. 2020, arXiv:2004.14974, section 4 and doc/evaluation.md of its repository. What the official
scorer gets wrong is done right here:

- Claims that are missing among the predictions are not counted, which raises recall. Here every claim counts.
- A sentence that is predicted twice counts twice among the predicted ones, once among the right ones, and takes two
  of the three places. Here it counts once.
- A gold sentence in two rationales stops it with an assertion. Here it counts once, and is right with either rationale.
- Rationales of both labels in one abstract stop it. Here a predicted label is right if some rationale has it, and
  only rationales of that label carry it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from factcheck.evaluation.gold import EvidenceSet, holds
from factcheck.evaluation.record import Case
from factcheck.evaluation.tally import F1, Array, Tally, harmonic, matrix, ratio
from factcheck.formats.reviewed import stands_on
from factcheck.matching import covers, document_key
from factcheck.types import Gold, GoldSentence, Label, Passage, Verdict
from factcheck.verdict.documents import Decide, by_document

SENTENCES: Final = 3
"""Predicted sentences of an abstract that count for the scores of abstracts."""

_DECISIVE: Final = (Label.SUPPORTED, Label.CONTRADICTED)
_SCORES: Final = ("abstract_label_only", "abstract_rationalized", "sentence_selection", "sentence_label")


@dataclass(frozen=True, slots=True)
class AbstractPrediction:
    """What the verdict rule says of a claim on one document alone, and the sentences that say so, in its order."""

    document: str
    label: Label
    sentences: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class SciFactScores:
    """Precision, recall and F1 of SciFact's two tasks, each in two strengths."""

    abstract_label_only: F1
    abstract_rationalized: F1
    sentence_selection: F1
    sentence_label: F1
    claims: int
    gold_abstracts: int
    predicted_abstracts: int


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of a claim or of one abstract; of sentences, the right ones are counted among the predicted and the gold ones."""

    predicted_abstracts: int = 0
    gold_abstracts: int = 0
    label_only: int = 0
    rationalized: int = 0
    predicted_sentences: int = 0
    gold_sentences: int = 0
    selected: int = 0
    found: int = 0
    selected_label: int = 0
    found_label: int = 0


_COLUMNS: Final = tuple(_Counts.__slots__)


def score_scifact(cases: Sequence[Case], decide: Decide) -> SciFactScores:
    """All scores of SciFact, micro over all claims; every claim counts, whether anything is predicted for it or not."""
    tally = tally_scifact(cases, decide)
    values, sums = tally.values(), tally.rows.sum(axis=0)
    scores = {name: F1(values[f"{name}_precision"], values[f"{name}_recall"], values[f"{name}_f1"]) for name in _SCORES}
    return SciFactScores(
        **scores,
        claims=len(cases),
        gold_abstracts=int(sums[_COLUMNS.index("gold_abstracts")]),
        predicted_abstracts=int(sums[_COLUMNS.index("predicted_abstracts")]),
    )


def tally_scifact(cases: Sequence[Case], decide: Decide) -> Tally:
    """The same for intervals, named as in `SciFactScores` with `_precision`, `_recall` and `_f1` behind."""
    rows = [_row(case.gold, predicted_abstracts(case.verdict, decide)) for case in cases]
    return Tally(matrix(rows, len(_COLUMNS)), _scores)


def predicted_abstracts(verdict: Verdict, decide: Decide) -> tuple[AbstractPrediction, ...]:
    """The documents of a verdict that support or contradict the claim, by the rule on each one's evidence alone.

    A passage that several documents print is evidence in each. Documents on which the rule says NOT ENOUGH INFO or
    CONFLICTING are left out: SciFact has no such label. Documents come in the order of the evidence.
    """
    documents = by_document(verdict.claim, verdict.evidence, verdict.evidence_from, decide)
    return tuple(
        AbstractPrediction(document_key(doc_id), alone.label, stands_on(alone))
        for doc_id, alone in documents.items()
        if alone.label in _DECISIVE
    )


def _row(gold: Gold, predicted: Sequence[AbstractPrediction]) -> list[float]:
    rationales = _rationales(gold)
    counts = [
        *(_counts(one, rationales.get(one.document, {})) for one in predicted),
        *(_Counts(gold_abstracts=1, gold_sentences=len(_members(sets))) for sets in rationales.values()),
    ]
    return [sum(getattr(one, column) for one in counts) for column in _COLUMNS]


def _rationales(gold: Gold) -> dict[str, dict[EvidenceSet, Label]]:
    """The rationales of each evidence document, with their labels; sentences without one have the claim's."""
    found: dict[str, dict[EvidenceSet, Label]] = {}
    for one in gold.evidence_sets:
        for document in dict.fromkeys(document_key(item.doc_id) for item in one):
            members = tuple(dict.fromkeys(item for item in one if document_key(item.doc_id) == document))
            label = members[0].label or gold.label
            if label in _DECISIVE:
                found.setdefault(document, {})[members] = label
    return found


def _members(sets: Mapping[EvidenceSet, Label] | Sequence[EvidenceSet]) -> dict[GoldSentence, None]:
    return dict.fromkeys(item for one in sets for item in one)


def _counts(predicted: AbstractPrediction, rationales: Mapping[EvidenceSet, Label]) -> _Counts:
    sentences = predicted.sentences
    complete = [one for one in rationales if holds(sentences, one)]
    agreeing = [one for one in complete if rationales[one] is predicted.label]
    first = sentences[:SENTENCES]
    return _Counts(
        predicted_abstracts=1,
        label_only=predicted.label in rationales.values(),
        rationalized=any(rationales[one] is predicted.label and holds(first, one) for one in rationales),
        predicted_sentences=len(sentences),
        selected=_inside(sentences, complete),
        found=len(_members(complete)),
        selected_label=_inside(sentences, agreeing),
        found_label=len(_members(agreeing)),
    )


def _inside(sentences: Sequence[Passage], sets: Sequence[EvidenceSet]) -> int:
    members = _members(sets)
    return sum(any(covers(sentence, item) for item in members) for sentence in sentences)


def _scores(sums: Array) -> Mapping[str, Array]:
    column = {name: sums[..., at] for at, name in enumerate(_COLUMNS)}
    parts = {
        "abstract_label_only": ("label_only", "predicted_abstracts", "label_only", "gold_abstracts"),
        "abstract_rationalized": ("rationalized", "predicted_abstracts", "rationalized", "gold_abstracts"),
        "sentence_selection": ("selected", "predicted_sentences", "found", "gold_sentences"),
        "sentence_label": ("selected_label", "predicted_sentences", "found_label", "gold_sentences"),
    }
    scores: dict[str, Array] = {}
    for name, (right, predicted, found, wanted) in parts.items():
        precision, recall = ratio(column[right], column[predicted]), ratio(column[found], column[wanted])
        scores |= {f"{name}_precision": precision, f"{name}_recall": recall, f"{name}_f1": harmonic(precision, recall)}
    return scores
