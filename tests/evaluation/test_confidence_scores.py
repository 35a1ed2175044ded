"""Calibration error, Brier score, risk against coverage."""

import math

import numpy as np
import pytest
from evaluation_cases import C, N, S, case
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.bootstrap import Resampling, estimate
from factcheck.evaluation.confidence import Answered, calibration, confidences, grade, risk_coverage
from factcheck.types import Reason

shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
graded = st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=40)


def ece(confidence, right, weights=None, **more):
    return grade(confidence, right).ece(weights, **more)


def excess(confidence, right, weights=None):
    return grade(confidence, right).excess(weights)


def brier(confidence, right, weights=None):
    return grade(confidence, right).brier(weights)


def area(confidence, right, weights=None):
    return grade(confidence, right).risk_coverage(weights).area


SCORES = (ece, brier, area)


def split(pairs):
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_calibration_worked_by_hand():
    """Four claims in two bins.

    0.5 and 0.6 promise 0.55 and both are right: 0.45 off. 0.8 and 0.9 promise 0.85 and one of them is right: 0.35 off.
    ECE (0.45 + 0.35) / 2 = 0.4. Brier (0.5² + 0.4² + 0.8² + 0.1²) / 4 = 1.06 / 4 = 0.265.
    """
    found = calibration([0.9, 0.8, 0.6, 0.5], [True, False, True, True], bins=2)

    assert pytest.approx(0.4) == found.ece
    assert pytest.approx(0.265) == found.brier
    assert (4, 4, pytest.approx(0.7), 0.75) == (found.claims, found.answered, found.confidence, found.accuracy)
    assert [(0.5, 0.6, 0.55, 1.0, 2), (0.8, 0.9, 0.85, 0.5, 2)] == [
        (one.low, one.high, pytest.approx(one.confidence), pytest.approx(one.accuracy), one.claims)
        for one in found.bins
    ]


def test_a_claim_on_a_border_counts_in_both_bins():
    """Three claims in two bins of 1.5.

    0.2, wrong, and half of 0.5, right, promise 0.45 and bring 0.5; the rest promises 0.25 + 0.8 and brings 1.5. ECE
    (0.05 + 0.45) / 3 = 1/6.
    """
    assert pytest.approx(1 / 6) == ece([0.2, 0.5, 0.8], [False, True, True], bins=2)


def test_equal_confidences_share_their_outcome():
    """In whatever order they come: 3 of 7 are right where 0.5 was said, so it is 1/14 off, not more in some bin."""
    assert pytest.approx(1 / 14) == ece([0.5] * 7, [True] * 3 + [False] * 4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=20, max_size=20, unique_by=lambda pair: pair[0]))
def test_plain_bins_agree(pairs):
    """Where the claims fill ten bins evenly, and no two confidences are the same."""
    bins = np.array_split(np.array(sorted(pairs)), 10)
    expected = sum(len(one) / 20 * abs(one[:, 0].mean() - one[:, 1].mean()) for one in bins)

    assert pytest.approx(expected) == ece(*split(pairs))


@given(graded)
def test_scikit_learn_agrees_on_the_brier_score(pairs):
    """It is the mean squared difference."""
    metrics = pytest.importorskip("sklearn.metrics")
    given_, right = split(pairs)

    assert pytest.approx(metrics.brier_score_loss(right, given_, pos_label=True)) == brier(given_, right)


def test_the_expected_error_of_a_calibrated_model():
    """100 claims at 0.5: the mean of |K/100 - 1/2| for binomial K is C(100, 50) / 2^101, about 0.0398."""
    found = calibration([0.5] * 100, [True, False] * 50, simulations=4000)

    assert pytest.approx(math.comb(100, 50) / 2**101, abs=0.002) == found.expected_ece
    assert (0.0, 1.0) == (found.ece, found.p)
    assert -found.expected_ece == found.excess


def test_overconfidence_is_no_chance():
    """Half right where 0.99 is promised: no simulated model is as far off."""
    found = calibration([0.99] * 50, [True, False] * 25, simulations=500)

    assert pytest.approx(0.49) == found.ece
    assert 1 / 501 == found.p
    assert found.excess > 0.45


def test_the_excess_needs_no_simulation():
    """The normal law says much the same of 500 claims, whose confidences are right here four times in five."""
    given_ = [0.5 + at / 1000 for at in range(500)]
    right = [at % 5 > 0 for at in range(500)]

    assert pytest.approx(calibration(given_, right, simulations=4000).excess, abs=0.002) == excess(given_, right)


def test_the_excess_of_equal_confidences():
    """100 claims at 0.5 are off by sqrt(2 / pi) / 20 by chance, in however many bins they are counted."""
    assert pytest.approx(-math.sqrt(2 / math.pi) / 20) == excess([0.5] * 100, [True, False] * 50)


def test_the_excess_has_a_sound_interval():
    """Resamples of a calibrated model raise the ECE, all of them nearly; the excess stays around its value."""
    random = np.random.default_rng(5)
    given_ = random.uniform(size=1000)
    grades, clusters = grade(list(given_), list(random.uniform(size=1000) < given_)), [f"{at:04}" for at in range(1000)]
    beyond, error = (estimate(one, clusters, Resampling(resamples=300)) for one in (grades.excess, grades.ece))

    assert beyond.low < 0 < beyond.high
    assert beyond.low < beyond.value < beyond.high
    assert error.value < (error.low + error.high) / 2


def test_weights_are_one_a_claim():
    """Also for those without an answer."""
    with pytest.raises(ValueError):
        ece([0.5, None], [True, True], [1])


def test_the_seed_decides():
    """Nothing else does."""
    given_, right = [0.1, 0.4, 0.7, 0.9] * 10, [False, True] * 20
    first, again, other = (calibration(given_, right, seed=seed).expected_ece for seed in (1, 1, 2))

    assert first == again != other


def test_claims_without_confidence_take_no_part_in_calibration():
    """They are claims, and not answered."""
    found = calibration([0.8, None, 0.8], [True, False, True])

    assert (3, 2, pytest.approx(0.2)) == (found.claims, found.answered, found.ece)


def test_nothing_scores_nothing():
    """Not even a curve."""
    found = calibration([None], [True])

    assert (0.0, 0.0, 0.0, 1.0, ()) == (found.ece, found.brier, found.excess, found.p, found.bins)
    assert ((), 0.0) == (risk_coverage([], []).points, risk_coverage([], []).area)
    assert (0.0, 0.0) == (ece([], []), excess([], []))


@pytest.mark.parametrize("wrong", [[1.1], [-0.1], [float("nan")], [0.5, 0.5]])
def test_what_is_no_probability_is_refused(wrong):
    """And so is a confidence without an outcome."""
    for score in (grade, risk_coverage, calibration):
        with pytest.raises(ValueError):
            score(wrong, [True])


def test_a_curve_worked_by_hand():
    """Four claims, the second most confident is wrong: risks 0, 1/2, 1/3, 1/4.

    The area is the mean of errors(t) / t: the second claim gives 1 - ln 2, the third and fourth ln 3/2 + ln 4/3, which
    is ln 2; in all 1, over four claims.
    """
    curve = risk_coverage([0.6, 0.9, 0.7, 0.8], [True, True, True, False])

    assert (
        Answered(0.9, 0.25, 0.0), Answered(0.8, 0.5, 0.5), Answered(0.7, 0.75, 1 / 3), Answered(0.6, 1.0, 0.25)
    ) == curve.points  # fmt: skip
    assert pytest.approx(1 / 4) == curve.area


@pytest.mark.parametrize(("error", "coverage"), [(0.0, 0.25), (0.2, 0.25), (0.25, 1.0), (1.0, 1.0)])
def test_the_widest_coverage_at_an_error(error, coverage):
    """It may lie beyond coverages with more errors."""
    curve = risk_coverage([0.6, 0.9, 0.7, 0.8], [True, True, True, False])

    assert coverage == curve.at_error(error).coverage


def test_no_threshold_may_be_good_enough():
    """When the most confident claim is wrong."""
    assert risk_coverage([0.9, 0.1], [False, True]).at_error(0.1) is None


def test_silence_lowers_coverage():
    """Two of four claims are answered."""
    curve = risk_coverage([0.9, None, 0.8, None], [True, False, False, True])

    assert [(0.25, 0.0), (0.5, 0.5)] == [(point.coverage, point.risk) for point in curve.points]


def test_equal_confidences_are_answered_together():
    """There is one threshold, and without information the area is the share of errors."""
    curve = risk_coverage([0.7] * 4, [True, False, True, True])

    assert (Answered(0.7, 1.0, 0.25),) == curve.points
    assert pytest.approx(0.25) == curve.area


@given(graded)
def test_the_area_is_that_under_the_curve(pairs):
    """Added up in small steps."""
    given_, right = split(pairs)
    groups = sorted(set(given_), reverse=True)
    answered = np.cumsum([0, *(given_.count(one) for one in groups)])
    wrong = np.cumsum([0, *(sum(not ok for value, ok in pairs if value == one) for one in groups)])
    steps = (np.arange(40_000) + 0.5) * len(pairs) / 40_000

    assert (
        pytest.approx(np.mean(np.interp(steps, answered, wrong) / steps), abs=1e-3) == risk_coverage(given_, right).area
    )


@given(graded, st.randoms())
def test_the_order_of_claims_does_not_matter(pairs, random):
    """Not even among equal confidences."""
    one, other = split(pairs), split(random.sample(pairs, len(pairs)))

    assert pytest.approx(ece(*one)) == ece(*other)
    assert pytest.approx(risk_coverage(*one).area) == risk_coverage(*other).area
    assert risk_coverage(*one).points == risk_coverage(*other).points


@given(graded)
def test_every_claim_twice_changes_nothing(pairs):
    """Given twice, or counted twice."""
    once, twice, weights = split(pairs), split(pairs * 2), [2] * len(pairs)

    for score in SCORES:
        assert pytest.approx(score(*once)) == score(*twice)
        assert pytest.approx(score(*once)) == score(*once, weights)


@given(graded, graded)
def test_a_claim_of_no_weight_is_not_there(pairs, others):
    """So that a resample is a matter of weights."""
    both, weights = split([*pairs, *others]), [1] * len(pairs) + [0] * len(others)

    for score in SCORES:
        assert pytest.approx(score(*split(pairs))) == score(*both, weights)


@given(graded)
def test_bounds(pairs):
    """All are shares; what is promised is off by the mean at least, and by no more than every single claim is."""
    given_, right = split(pairs)
    error = ece(given_, right)

    assert abs(np.mean(given_) - np.mean(right)) - 1e-9 <= error
    assert error <= np.mean(np.abs(np.array(given_) - right)) + 1e-9
    assert 0 <= brier(given_, right) <= 1
    curve = risk_coverage(given_, right)
    assert -1e-9 <= curve.area <= 1 + 1e-9
    assert all(0 <= point.risk <= 1 for point in curve.points)
    assert 1.0 == curve.points[-1].coverage


def test_confidences_of_cases():
    """None where no answer was given, or no calibration fits."""
    cases = [
        case(S, S, confidence=0.9),
        case(C, S, confidence=0.4),
        case(N, N, confidence=0.2, reason=Reason.ABOVE_ERROR_BUDGET),
        case(S, S),
    ]

    assert ([0.9, 0.4, None, None], [True, False, False, True]) == confidences(cases)
