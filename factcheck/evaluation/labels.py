"""How often the verdict is right: accuracy, balanced accuracy, macro F1, each label for itself, the confusion table.

Sources: accuracy and F1 as in Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, ch. 8.3 and
13.6; balanced accuracy is the mean recall of the labels (Brodersen et al. 2010, The balanced accuracy and its posterior
distribution, ICPR).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from factcheck.evaluation.record import Case
from factcheck.evaluation.tally import Array, Tally, harmonic, matrix, ratio
from factcheck.types import Label, Reason, Verdict

APART: Final = frozenset({Reason.NOT_CHECKABLE, Reason.LANGUAGE_NOT_SUPPORTED, Reason.ABOVE_ERROR_BUDGET})
"""Reasons of NOT ENOUGH INFO with which no answer was given, so that it is not the answer "not enough information"."""

_LABELS: Final = tuple(Label)
_ROWS, _COLUMNS = len(_LABELS), len(_LABELS) + 1


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How one label fares: `support` claims should have it, `given` got it."""

    label: Label
    precision: float
    recall: float
    f1: float
    support: int
    given: int


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How the verdicts of some claims agree with the gold labels.

    A claim without an answer (see `APART`) counts as a claim, and is right nowhere; `answered_accuracy` leaves it out.
    `confusion` has a row for each gold label and a column for each verdict, in the order of `Label`, and a last column
    for no answer. `by_label` has the labels that occur, gold or given; the means go over those that occur as gold.
    """

    claims: int
    answered: int
    accuracy: float
    answered_accuracy: float
    balanced_accuracy: float
    macro_f1: float
    by_label: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    unanswered: tuple[tuple[Reason, int], ...]


def is_answered(verdict: Verdict) -> bool:
    """Whether the verdict answers the claim, if only by NOT ENOUGH INFO."""
    return verdict.reason not in APART


def is_right(case: Case) -> bool:
    """Whether the claim was answered, and rightly."""
    return case.right and is_answered(case.verdict)


def score_labels(cases: Sequence[Case]) -> LabelScores:
    """The agreement of verdicts and gold labels; of no claims, everything is 0."""
    tally = tally_labels(cases)
    values = tally.values()
    table = tally.rows.sum(axis=0).reshape(_ROWS, _COLUMNS).astype(int)
    support, given = table.sum(axis=1), table.sum(axis=0)
    apart = Counter(case.verdict.reason for case in cases if not is_answered(case.verdict))
    return LabelScores(
        claims=len(cases),
        answered=int(given[:_ROWS].sum()),
        accuracy=values["accuracy"],
        answered_accuracy=values["answered_accuracy"],
        balanced_accuracy=values["balanced_accuracy"],
        macro_f1=values["macro_f1"],
        by_label=tuple(
            LabelScore(
                label,
                values[f"precision {label}"],
                values[f"recall {label}"],
                values[f"f1 {label}"],
                int(support[at]),
                int(given[at]),
            )
            for at, label in enumerate(_LABELS)
            if support[at] or given[at]
        ),
        confusion=tuple(tuple(map(int, row)) for row in table),
        unanswered=tuple((reason, apart[reason]) for reason in Reason if reason in apart),
    )


def tally_labels(cases: Sequence[Case]) -> Tally:
    """The cell of the confusion table that each claim falls into; scores named as in `LabelScores`.

    Each label has its own beside them: `precision SUPPORTED`, `recall SUPPORTED`, `f1 SUPPORTED`.
    """
    given = [case.verdict.label if is_answered(case.verdict) else None for case in cases]
    return Tally(_rows([case.wanted for case in cases], given), _label_scores)


def macro_f1(wanted: Sequence[Label], given: Sequence[Label]) -> float:
    """The macro F1 of labels that a rule gives to claims, all of them answered."""
    return float(_label_scores(_rows(wanted, given).sum(axis=0))["macro_f1"])


def tally_support(wanted: Sequence[bool], given: Sequence[bool]) -> Tally:
    """For sets of two classes, supported or not: `accuracy`, `balanced_accuracy`, and `precision`, `recall`, `f1`.

    The last three are of the class supported.

    Raises:
        ValueError: The sequences differ in length.
    """
    rows = [[float(gold and ours), float(gold and not ours), float(ours and not gold), float(not (gold or ours))]
            for gold, ours in zip(wanted, given, strict=True)]  # fmt: skip
    return Tally(matrix(rows, 4), _support_scores)


def _rows(wanted: Sequence[Label], given: Sequence[Label | None]) -> Array:
    """The cell of the confusion table of each claim; None is no answer."""
    cells = [
        _LABELS.index(gold) * _COLUMNS + (_ROWS if ours is None else _LABELS.index(ours))
        for gold, ours in zip(wanted, given, strict=True)
    ]
    rows = np.zeros((len(cells), _ROWS * _COLUMNS))
    rows[np.arange(len(cells)), cells] = 1
    return rows


def _label_scores(sums: Array) -> Mapping[str, Array]:
    tables = sums.reshape(*sums.shape[:-1], _ROWS, _COLUMNS)
    support, answered = tables.sum(axis=-1), tables[..., :_ROWS].sum(axis=(-1, -2))
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    precision, recall = ratio(right, tables[..., :_ROWS].sum(axis=-2)), ratio(right, support)
    f1 = harmonic(precision, recall)
    labels = (support > 0).sum(axis=-1).astype(np.float64)
    return {
        "accuracy": ratio(right.sum(axis=-1), support.sum(axis=-1)),
        "answered_accuracy": ratio(right.sum(axis=-1), answered),
        "balanced_accuracy": ratio(recall.sum(axis=-1), labels),  # 0 for labels without gold, as is their F1
        "macro_f1": ratio(f1.sum(axis=-1), labels),
        **{f"precision {label}": precision[..., at] for at, label in enumerate(_LABELS)},
        **{f"recall {label}": recall[..., at] for at, label in enumerate(_LABELS)},
        **{f"f1 {label}": f1[..., at] for at, label in enumerate(_LABELS)},
    }


def _support_scores(sums: Array) -> Mapping[str, Array]:
    found, missed, false, true_not = (sums[..., at] for at in range(4))
    precision, recall = ratio(found, found + false), ratio(found, found + missed)
    classes = ((found + missed > 0).astype(np.float64)) + (false + true_not > 0)
    return {
        "accuracy": ratio(found + true_not, sums.sum(axis=-1)),
        "balanced_accuracy": ratio(recall + ratio(true_not, true_not + false), classes),
        "precision": precision,
        "recall": recall,
        "f1": harmonic(precision, recall),
    }
