"""Intervals, paired differences, and Holm's correction."""

import math
from itertools import pairwise

import numpy as np
import pytest
from evaluation_cases import C, N, S, by_strongest, case, evidence_cases
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.bootstrap import Resampling, differences, estimate, estimates, holm
from factcheck.evaluation.confidence import grade
from factcheck.evaluation.fever import tally_fever
from factcheck.evaluation.labels import tally_labels
from factcheck.evaluation.retrieval import judged_hits, tally_retrieval
from factcheck.evaluation.scifact import tally_scifact
from factcheck.evaluation.tally import Tally

FEW = Resampling(resamples=200)
outcomes = st.lists(st.booleans(), min_size=1, max_size=20)
names = st.sampled_from("pqrst")


def mean_of(values):
    """A tally whose one score is the mean."""
    rows = np.array([[1.0, value] for value in values]).reshape(-1, 2)
    return Tally(rows, lambda sums: {"mean": sums[..., 1] / np.maximum(sums[..., 0], 1)})


def alone(values):
    """Each claim a cluster of its own, in the order of their names."""
    return [f"{at:06}" for at in range(len(values))]


def test_the_interval_of_a_share():
    """200 of 400: about 1.96 standard errors of 1/40 around one half."""
    values = [True, False] * 200
    found = estimates(mean_of(values), alone(values))["mean"]

    assert (0.5, 400) == (found.value, found.clusters)
    assert (pytest.approx(0.451, abs=0.006), pytest.approx(0.549, abs=0.006)) == (found.low, found.high)


def test_claims_of_a_cluster_count_as_one():
    """Ten claims that are right and wrong together say as much as one: the interval stays what it is without copies."""
    values = [True, False] * 20
    names = alone(values)
    single = estimates(mean_of(values), names)["mean"]
    copied = estimates(mean_of(values * 10), names * 10)["mean"]
    naive = estimates(mean_of(values * 10), alone(values * 10))["mean"]

    assert (single.low, single.high, single.clusters) == (pytest.approx(copied.low), pytest.approx(copied.high), 40)
    assert naive.high - naive.low < 0.5 * (copied.high - copied.low)


def test_the_seed_decides():
    """Nothing else does."""
    values = [math.sqrt(at) for at in range(30)]
    first, again, other = (estimates(mean_of(values), alone(values), Resampling(seed=seed)) for seed in (3, 3, 4))

    assert first == again
    assert first != other


def test_a_lower_level_is_a_narrower_interval():
    """Half of the resamples lie in the interval of one half."""
    values = [True, False, False] * 10
    wide, narrow = (estimates(mean_of(values), alone(values), Resampling(level=level))["mean"] for level in (0.95, 0.5))

    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize("clusters", [[], ["one"], ["one"] * 5])
def test_one_cluster_has_no_interval(clusters):
    """There is nothing to draw from; the score is there."""
    found = estimates(mean_of([True] * len(clusters)), clusters, FEW)["mean"]

    assert (float(bool(clusters)), None, None) == (found.value, found.low, found.high)
    assert estimate(lambda weights: 0.5, clusters, FEW).low is None
    assert (
        1.0 == differences(mean_of([True] * len(clusters)), mean_of([False] * len(clusters)), clusters, FEW)["mean"].p
    )


def test_a_score_that_is_no_function_of_sums():
    """The area under the curve of risk and coverage, by weights."""
    confidence, right = [0.6, 0.7, 0.8, 0.9] * 25, [True, True, False, True] * 25
    grades = grade(confidence, right)
    found = estimate(lambda weights: grades.risk_coverage(weights).area, alone(right), FEW)

    assert grades.risk_coverage().area == found.value
    assert 0 <= found.low < found.value < found.high <= 1


@given(st.lists(st.tuples(names, st.booleans()), min_size=1, max_size=20))
def test_both_ways_draw_the_same(pairs):
    """Weights of claims, or sums of clusters."""
    clusters, values = [name for name, _ in pairs], [value for _, value in pairs]
    by_weights = estimate(lambda weights: float(weights @ np.array(values) / weights.sum()), clusters, FEW)
    by_sums = estimates(mean_of(values), clusters, FEW)["mean"]

    assert pytest.approx(by_weights.value) == by_sums.value
    if by_sums.clusters > 1:
        assert (pytest.approx(by_weights.low), pytest.approx(by_weights.high)) == (by_sums.low, by_sums.high)


@given(st.lists(st.tuples(names, st.booleans()), min_size=2, max_size=20), st.randoms())
def test_the_order_of_claims_does_not_matter(pairs, random):
    """The same clusters are drawn."""
    first, second = (
        estimates(mean_of([value for _, value in order]), [name for name, _ in order], FEW)["mean"]
        for order in (pairs, random.sample(pairs, len(pairs)))
    )

    assert (pytest.approx(first.value), first.clusters) == (second.value, second.clusters)
    if first.low is not None:
        assert (pytest.approx(first.low), pytest.approx(first.high)) == (second.low, second.high)


@given(st.lists(evidence_cases(), min_size=1, max_size=5), st.integers(2, 3))
def test_clusters_given_twice_leave_every_score(cases, times):
    """Point estimates of all scorers are of shares, not of amounts; none divides by nothing in any resample."""
    tallies = [
        tally_labels,
        tally_fever,
        lambda cases: tally_scifact(cases, by_strongest),
        lambda cases: tally_retrieval(
            [one.gold for one in cases], [judged_hits(one.verdict) for one in cases], ks=[1, 5]
        ),
    ]
    for tally in tallies:
        once, more = tally(cases), tally(cases * times)

        assert {name: pytest.approx(value) for name, value in once.values().items()} == more.values()
        for found in estimates(once, alone(cases), Resampling(resamples=20)).values():
            assert found.low is None or 0 <= found.low <= found.high <= 1 + 1e-9


def test_a_mean_over_labels_skips_those_not_drawn():
    """One claim of three is contradicted: in a resample without it, all is right, not half."""
    cases = [case(S, S), case(S, S), case(C, C)]
    found = estimates(tally_labels(cases), alone(cases), FEW)

    assert (1.0, 1.0) == (found["macro_f1"].low, found["balanced_accuracy"].low)


def test_equal_systems_do_not_differ():
    """By nothing, with certainty."""
    values = [True, False, True, True]
    found = differences(mean_of(values), mean_of(values), alone(values), FEW)["mean"]

    assert (0.0, 0.0, 0.0, 1.0) == (found.value, found.low, found.high, found.p)


def test_the_test_is_mcnemars_for_shares():
    """Of 20 claims 5 differ, all for the better: the exact two-sided probability is 2 / 2^5."""
    first, second = [False] * 5 + [True] * 15, [True] * 20
    found = differences(mean_of(first), mean_of(second), alone(first), Resampling(resamples=20_000))["mean"]

    assert 0.25 == found.value
    assert pytest.approx(2 / 2**5, abs=0.006) == found.p


def test_changes_within_one_cluster_are_one_change():
    """However many claims it has."""
    first, second = [False] * 8 + [True] * 12, [True] * 20
    clusters = ["same"] * 8 + alone(range(12))

    assert 1.0 == differences(mean_of(first), mean_of(second), clusters, FEW)["mean"].p


def test_pairing_makes_the_interval_narrow():
    """Both systems fail on the same half of the claims, and one on 20 more of 200."""
    first = [True, False] * 100
    second = [True] * 40 + [True, False] * 80
    found = differences(mean_of(first), mean_of(second), alone(first))["mean"]

    assert 0.1 == pytest.approx(found.value)
    assert 0.05 < found.low < 0.1 < found.high < 0.15
    assert found.p < 0.001


@given(st.lists(st.tuples(st.booleans(), st.booleans(), names), min_size=1, max_size=20))
def test_the_other_way_round_the_sign_turns(triples):
    """And nothing else."""
    first, second, clusters = map(list, zip(*triples, strict=True))
    found = differences(mean_of(first), mean_of(second), clusters, FEW)["mean"]
    turned = differences(mean_of(second), mean_of(first), clusters, FEW)["mean"]

    assert (pytest.approx(-turned.value), turned.p) == (found.value, found.p)
    assert 0 < found.p <= 1
    if found.low is not None:
        assert (pytest.approx(-turned.high), pytest.approx(-turned.low)) == (found.low, found.high)


def test_differences_of_every_score():
    """Of a whole confusion table at once, two right against one: a third more accuracy."""
    cases = [case(S, S), case(C, C), case(N, S)], [case(S, S), case(C, N), case(N, S)]
    first, second = map(tally_labels, cases)
    found = differences(second, first, alone(cases[0]), FEW)

    assert pytest.approx(1 / 3) == found["accuracy"].value
    assert set(found) == set(first.values())


@pytest.mark.parametrize("wrong", [{"resamples": 0}, {"level": 0.0}, {"level": 1.0}])
def test_what_cannot_be_drawn_is_refused(wrong):
    """No resamples, or an interval of nothing or of everything."""
    with pytest.raises(ValueError):
        Resampling(**wrong)


def test_every_row_needs_its_cluster():
    """And every cluster a row."""
    with pytest.raises(ValueError):
        estimates(mean_of([True, False]), ["a"])


def test_holm_worked_by_hand():
    """0.005 · 4 = 0.02; 0.01 · 3 = 0.03; 0.03 · 2 = 0.06; 0.04 · 1 is raised to the 0.06 before it."""
    assert pytest.approx((0.03, 0.06, 0.06, 0.02)) == holm([0.01, 0.04, 0.03, 0.005])


@given(st.lists(st.floats(0, 1), max_size=8), st.randoms())
def test_laws_of_holm(p_values, random):
    """In the order of the p-values, never below them, never above Bonferroni's, and one alone stays."""
    adjusted = holm(p_values)

    assert all(p <= ours <= min(1, len(p_values) * p) for p, ours in zip(p_values, adjusted, strict=True))
    ranked = [ours for _, ours in sorted(zip(p_values, adjusted, strict=True))]
    assert all(lower <= higher for lower, higher in pairwise(ranked))
    assert tuple(p_values[:1]) == holm(p_values[:1])
    order = random.sample(range(len(p_values)), len(p_values))
    assert tuple(adjusted[at] for at in order) == holm([p_values[at] for at in order])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_probability(wrong):
    """Before it spoils the others."""
    with pytest.raises(ValueError):
        holm([0.5, wrong])
