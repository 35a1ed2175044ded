"""The exact interval of a rate and the exact test of a change, against published values and their own laws."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.jobs.intervals import (
    at_least,
    at_most,
    enough,
    interval,
    surely_above,
    surely_below,
    worse_by_chance,
)

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
some = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
rates = st.floats(0.001, 0.999)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_intervals_are_those_of_newcombe(count, n, low, high):
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 5 (Clopper and Pearson)."""
    found = interval(count, n, 0.95)

    assert (low, high) == (round(found.low, 4), round(found.high, 4))


@pytest.mark.parametrize("n", [1, 30, 368])
def test_none_of_n_is_below_the_rule_of_three(n):
    """The upper end is 1 - 0.025^(1/n) (Hanley and Lippman-Hand, JAMA 249, 1983, 1743, for one side)."""
    assert interval(0, n, 0.95).high == pytest.approx(1 - 0.025 ** (1 / n), rel=1e-9)
    assert 0.0 == interval(0, n, 0.95).low


@pytest.mark.parametrize(
    ("pairs", "most"), [(6, 0), (9, 1), (12, 2), (15, 3), (17, 4), (20, 5), (23, 6), (25, 7), (40, 13), (100, 39)]
)
def test_critical_values_are_those_of_the_sign_test(pairs, most):
    """W. J. Dixon and A. M. Mood, JASA 41 (1946), 557-566, table 1: at 5 %, on both sides."""
    assert most == max(less for less in range(pairs) if 2 * worse_by_chance(pairs - less, less) <= 0.05)


@given(counts, st.sampled_from([Fraction(1, 2), Fraction(1, 8), Fraction(3, 4), Fraction(63, 64)]))
def test_the_tail_is_the_sum_of_its_terms(case, rate):
    """Against exact fractions."""
    count, n = case
    exact = sum(comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(count, n + 1))

    assert at_least(count, n, float(rate)) == pytest.approx(float(exact), rel=1e-9, abs=1e-15)


def test_a_large_tail_is_quick_and_right():
    """A million claims; the normal approximation is good to three places there."""
    assert worse_by_chance(500_822, 499_178) == pytest.approx(0.0502, abs=0.0003)


@given(some, levels)
def test_an_interval_holds_the_rate_that_was_seen(case, level):
    """And stays between 0 and 1."""
    count, n = case
    found = interval(count, n, level)

    assert 0 <= found.low <= count / n <= found.high <= 1


def test_of_nothing_everything_may_be():
    """No claim rules out no rate."""
    found = interval(0, 0, 0.95)

    assert (0.0, 1.0) == (found.low, found.high)


@given(some, levels)
def test_the_other_label_has_the_mirrored_interval(case, level):
    """Counting what is and what is not are the same question."""
    count, n = case
    one, other = interval(count, n, level), interval(n - count, n, level)

    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.high == pytest.approx(1 - other.low, abs=1e-9)


@given(some)
def test_more_sureness_is_a_wider_interval(case):
    """The levels lie within each other."""
    count, n = case
    sure, surer = interval(count, n, 0.9), interval(count, n, 0.99)

    assert surer.low <= sure.low
    assert sure.high <= surer.high


@given(some, rates, levels)
def test_a_decision_is_where_the_interval_lies(case, rate, level):
    """The quick test and the interval that is shown agree."""
    count, n = case
    found = interval(count, n, level)

    if abs(rate - found.low) > 1e-9:
        assert surely_above(count, n, rate, level) == (rate < found.low)
    if abs(rate - found.high) > 1e-9:
        assert surely_below(count, n, rate, level) == (rate > found.high)


@given(st.integers(1, 120), rates, levels)
def test_either_side_errs_no_more_often_than_the_level_allows(n, rate, level):
    """Summed over all that a sample of a true rate can show: this is what the score interval does not keep."""
    above = sum(_mass(k, n, rate) for k in range(n + 1) if surely_above(k, n, rate, level))
    below = sum(_mass(k, n, rate) for k in range(n + 1) if surely_below(k, n, rate, level))

    assert max(above, below) <= (1 - level) / 2 + 1e-9


def _mass(count, n, rate):
    return at_least(count, n, rate) - at_least(count + 1, n, rate)


@given(counts, rates)
def test_the_tails_meet(case, rate):
    """At most so many, or at least one more: one of both."""
    count, n = case

    assert at_most(count, n, rate) + at_least(count + 1, n, rate) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("count", "n", "rate", "needed"), [(0, 5, 0.01, 368), (0, 5, 0.5, 6), (20, 20, 0.95, 72)])
def test_how_many_would_be_enough_is_the_first_number_that_decides(count, n, rate, needed):
    """One fewer of the same share does not."""
    assert needed == enough(count, n, rate, 0.95)
    share = count / n
    assert not surely_above(round(share * (needed - 1)), needed - 1, rate, 0.95)
    assert not surely_below(round(share * (needed - 1)), needed - 1, rate, 0.95)


def test_a_rate_on_the_limit_is_decided_by_no_number():
    """Nor one beside it that a thousand million claims do not tell from it."""
    assert enough(19, 20, 0.95, 0.95) is None
    assert enough(95_001, 100_000, 0.95, 0.95) is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_that_became_worse_are_less_by_chance(worse, better):
    """And more that became better, more so."""
    assert worse_by_chance(worse + 1, better) <= worse_by_chance(worse, better) + 1e-12
    assert worse_by_chance(worse, better) <= worse_by_chance(worse, better + 1) + 1e-12
