"""Accuracy, balanced accuracy, macro F1 and the confusion table."""

import pytest
from evaluation_cases import C, N, S, X, case
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.labels import score_labels, tally_support
from factcheck.types import Label, Reason

LABELS = [S, C, X, N]
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), max_size=30)


def scored(*pairs):
    return score_labels([case(wanted, given) for wanted, given in pairs])


def test_a_case_worked_by_hand():
    """Six claims.

    Gold S S S C C N, given S S C C N X. Right are S, S, C: 3 of 6.
    Supported: precision 2/2, recall 2/3, F1 4/5. Contradicted: 1/2, 1/2, 1/2. Not enough info: 0/1, 0/1, 0.
    CONFLICTING is given once and never gold, so that it enters no mean.
    Balanced accuracy (2/3 + 1/2 + 0) / 3 = 7/18; macro F1 (4/5 + 1/2 + 0) / 3 = 13/30.
    """
    scores = scored((S, S), (S, S), (S, C), (C, C), (C, N), (N, X))

    assert (6, 6) == (scores.claims, scores.answered)
    assert 3 / 6 == scores.accuracy == scores.answered_accuracy
    assert pytest.approx(7 / 18) == scores.balanced_accuracy
    assert pytest.approx(13 / 30) == scores.macro_f1
    assert ((2, 1, 0, 0, 0), (0, 1, 0, 1, 0), (0, 0, 0, 0, 0), (0, 0, 1, 0, 0)) == scores.confusion
    first = scores.by_label[0]
    assert (S, 1.0, pytest.approx(2 / 3), pytest.approx(4 / 5), 3, 2) == (
        first.label, first.precision, first.recall, first.f1, first.support, first.given
    )  # fmt: skip
    assert LABELS == [one.label for one in scores.by_label]


def test_no_claims_score_nothing():
    """And divide by nothing."""
    scores = scored()

    assert (0, 0.0, 0.0, 0.0, ()) == (
        scores.claims, scores.accuracy, scores.balanced_accuracy, scores.macro_f1, scores.by_label
    )  # fmt: skip


def test_a_claim_without_an_answer_is_counted_apart():
    """Silence is no NOT ENOUGH INFO: of three claims two are answered, one of them rightly."""
    scores = score_labels(
        [
            case(N, N, reason=Reason.ABOVE_ERROR_BUDGET),
            case(N, N, reason=Reason.ONLY_NEUTRAL),
            case(S, N, reason=Reason.ONLY_NEUTRAL),
        ]
    )

    assert (3, 2, 1 / 3, 1 / 2) == (scores.claims, scores.answered, scores.accuracy, scores.answered_accuracy)
    assert ((Reason.ABOVE_ERROR_BUDGET, 1),) == scores.unanswered
    assert (0, 0, 0, 1, 1) == scores.confusion[3]


def test_two_classes_by_hand():
    """Gold 1 1 1 0 0, given 1 1 0 0 1: recalls 2/3 and 1/2, balanced 7/12; precision 2/3, F1 2/3."""
    values = tally_support([True, True, True, False, False], [True, True, False, False, True]).values()

    assert {
        "accuracy": 3 / 5,
        "balanced_accuracy": pytest.approx(7 / 12),
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
    } == values


@given(pairs.filter(bool))
def test_scikit_learn_agrees(pairs):
    """Where it averages over the same labels: those that occur as gold."""
    metrics = pytest.importorskip("sklearn.metrics")
    wanted, given_ = zip(*pairs, strict=True)
    labels = [label for label in Label if label in wanted]
    scores = scored(*pairs)

    theirs = metrics.precision_recall_fscore_support(
        wanted, given_, labels=labels, average="macro", zero_division=0
    )  # fmt: skip
    assert pytest.approx(metrics.accuracy_score(wanted, given_)) == scores.accuracy
    assert pytest.approx(theirs[1]) == scores.balanced_accuracy
    assert pytest.approx(theirs[2]) == scores.macro_f1
    table = metrics.confusion_matrix(wanted, given_, labels=list(Label))
    assert table.tolist() == [list(row[:4]) for row in scores.confusion]


@given(pairs, st.randoms())
def test_the_order_of_claims_does_not_matter(pairs, random):
    """Nor does it matter to any number."""
    shuffled = random.sample(pairs, len(pairs))

    assert scored(*pairs) == scored(*shuffled)


@given(pairs)
def test_every_score_is_a_share(pairs):
    """From 0 to 1, and 1 for verdicts that are all right."""
    scores = scored(*pairs)
    shares = [scores.accuracy, scores.balanced_accuracy, scores.macro_f1]

    assert all(0 <= share <= 1 for share in shares)
    if pairs and all(wanted is given for wanted, given in pairs):
        assert [1, 1, 1] == shares
