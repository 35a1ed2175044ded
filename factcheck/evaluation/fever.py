"""The FEVER score, and precision and recall of the evidence as the shared task defines them.

Source: Thorne et al. 2018, arXiv:1803.05355, and The FEVER Shared Task, arXiv:1811.10971; README and behaviour of the
task's scorer. What that scorer gets wrong is done right here:

- F1 divides by precision + recall, and all means by the number of claims: both end in ZeroDivisionError at 0. Here
  they are 0.
- The test for a claim without gold evidence, whose recall is meant to be 1, walks the keys of a dictionary, so that
  sets that are all empty never meet it. Empty sets are left out here before anything is counted.
- With no claim to score evidence on, precision is 1 and recall 0. Here both are 0.
- A sentence that is predicted twice counts twice for precision and takes two of the five places. Here it counts once.
- Predictions are paired with gold by their place in the file. A `Case` holds both.

Kept, since published numbers rest on it: a claim for which nothing is predicted has precision 1, and evidence counts
whatever the predicted label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from factcheck.evaluation.gold import evidence_sets, holds, sides
from factcheck.evaluation.record import Case
from factcheck.evaluation.tally import F1, Array, Tally, harmonic, matrix, ratio
from factcheck.formats.reviewed import STANCES
from factcheck.matching import covers
from factcheck.types import Label, Passage

SENTENCES: Final = 5
"""Predicted sentences that count, a claim."""


@dataclass(frozen=True, slots=True)
class FeverScores:
    """Results of the FEVER task; `evidence` is over the `scored` claims, whose gold label is not NOT ENOUGH INFO."""

    claims: int
    score: float
    label_accuracy: float
    evidence: F1
    scored: int


def score_fever(cases: Sequence[Case], *, sentences: int = SENTENCES) -> FeverScores:
    """The FEVER score (strict), label accuracy, and macro precision and recall of the evidence.

    A claim is right if its label is, and all sentences of one gold set are among the first predicted ones; a claim of
    NOT ENOUGH INFO needs no evidence. FEVER has three labels: CONFLICTING counts as NOT ENOUGH INFO, as in an export
    to FEVER, unless the gold label is CONFLICTING, which needs a set of each side.
    """
    tally = tally_fever(cases, sentences=sentences)
    values = tally.values()
    return FeverScores(
        claims=len(cases),
        score=values["fever_score"],
        label_accuracy=values["label_accuracy"],
        evidence=F1(values["evidence_precision"], values["evidence_recall"], values["evidence_f1"]),
        scored=sum(case.wanted is not Label.NOT_ENOUGH_INFO for case in cases),
    )


def tally_fever(cases: Sequence[Case], *, sentences: int = SENTENCES) -> Tally:
    """The same for intervals: `fever_score`, `label_accuracy`, `evidence_precision`, `_recall` and `_f1`."""
    return Tally(matrix([_row(case, sentences) for case in cases], 6), _scores)


def predicted_sentences(case: Case) -> tuple[Passage, ...]:
    """The sentences that the verdict stands on, best first, each once; as an export to FEVER writes them."""
    label = case.verdict.label
    if label is Label.CONFLICTING and case.wanted is not Label.CONFLICTING:
        return ()
    stances = STANCES[label]
    passages = [item.passage for item in case.verdict.evidence if item.stance in stances]
    return tuple({(passage.source.doc_id, passage.sentence): passage for passage in passages}.values())


def _row(case: Case, sentences: int) -> list[float]:
    """A claim, its label right, strictly right, precision, recall, whether its evidence is scored."""
    right = case.right or (case.verdict.label is Label.CONFLICTING and case.wanted is Label.NOT_ENOUGH_INFO)
    if case.wanted is Label.NOT_ENOUGH_INFO:
        return [1, right, right, 0, 0, 0]
    predicted = predicted_sentences(case)[:sentences]
    needed = sides(case.gold)
    gold = [item for found in evidence_sets(case.gold) for item in found]
    complete = all(any(holds(predicted, found) for found in side) for side in needed)  # with no gold evidence, too
    hits = sum(any(covers(passage, item) for item in gold) for passage in predicted)
    precision = hits / len(predicted) if predicted else 1.0
    return [1, right, right and complete and bool(needed), precision, complete, 1]


def _scores(sums: Array) -> Mapping[str, Array]:
    claims, right, strict, precision, recall, scored = (sums[..., at] for at in range(6))
    precision, recall = ratio(precision, scored), ratio(recall, scored)
    return {
        "fever_score": ratio(strict, claims),
        "label_accuracy": ratio(right, claims),
        "evidence_precision": precision,
        "evidence_recall": recall,
        "evidence_f1": harmonic(precision, recall),
    }
