"""The quality gate: its pairs, and what it lets through."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.nli.gate import MIN_PAIRS, Gate, best_class, calibration_pairs, compare, gate_pairs
from factcheck.types import NLIScores

ROOT = Path(__file__).parents[2]
micros = st.lists(st.integers(0, 1_000_000), min_size=2, max_size=2).map(sorted)
scores = micros.map(lambda cut: NLIScores(cut[0] / 1e6, (cut[1] - cut[0]) / 1e6, (1_000_000 - cut[1]) / 1e6))


def test_the_pairs_are_what_retrieval_gives_for_our_collections():
    """`benchmarks/gate_pairs.py` makes the bundled file, byte for byte."""
    script = runpy.run_path(str(ROOT / "benchmarks/gate_pairs.py"))

    assert script["document"]() == script["OUT"].read_text("utf-8")


def test_there_are_enough_pairs_and_none_twice():
    """Each is one question to the gate."""
    pairs = gate_pairs()

    assert len(pairs) >= 2_500 > MIN_PAIRS
    assert len(set(pairs)) == len(pairs)
    assert all(premise.strip() and hypothesis.strip() for premise, hypothesis in pairs)


def test_what_int8_is_calibrated_on_is_no_question_of_the_gate():
    """Or it would be asked what it had seen."""
    calibration = calibration_pairs()

    assert len(calibration) >= 500
    assert set(calibration).isdisjoint(gate_pairs())


@given(st.lists(scores))
def test_equal_scores_do_not_differ(found):
    """Whatever they are."""
    assert Gate(len(found), 0, 0.0, 0.0, 0) == compare(found, found)


@given(st.lists(st.tuples(scores, scores), min_size=1))
def test_the_differences_are_those_of_the_class_that_differs_most(both):
    """Neither the mean over the classes nor the one class that is looked at first."""
    one, other = (list(side) for side in zip(*both, strict=True))

    gate = compare(one, other)

    names = ("entailment", "neutral", "contradiction")
    worst = [max(abs(getattr(a, name) - getattr(b, name)) for name in names) for a, b in both]
    assert pytest.approx(max(worst), abs=1e-6) == gate.max_difference
    assert pytest.approx(sum(worst) / len(worst), abs=1e-6) == gate.mean_difference
    assert sum(best_class(a) != best_class(b) for a, b in both) == gate.flips
    assert compare(other, one) == gate


def test_a_probability_on_the_other_side_of_the_threshold_is_counted():
    """Exactly 0.5 is on the side of a stance, as in a verdict."""
    below, at = NLIScores(0.499999, 0.500001, 0.0), NLIScores(0.5, 0.5, 0.0)
    against = NLIScores(0.0, 0.4, 0.6)

    assert 2 == compare([below, at, at, against], [at, at, against, against]).crossings


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        (Gate(2_000, 10, 0.02, 0.9, 50), True),
        (Gate(2_000, 11, 0.0, 0.0, 0), False),
        (Gate(2_000, 0, 0.0201, 0.1, 0), False),
        (Gate(1_999, 0, 0.0, 0.0, 0), False),
        (Gate(0, 0, 0.0, 0.0, 0), False),
    ],
)
def test_the_limits_are_half_a_percent_of_flips_and_two_hundredths_in_the_mean(gate, passed):
    """On at least 2,000 pairs."""
    assert passed is gate.passed
