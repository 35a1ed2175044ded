"""The random sample, and what it says of a run."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.review.sample import accuracy, draw
from factcheck.types import Label

sizes = st.dictionaries(st.sampled_from(Label), st.integers(1, 60), min_size=1)


def positions(sizes):
    """Numbers from 0 on, given out to the labels in turn."""
    found, first = {}, 0
    for label, size in sizes.items():
        found[label] = range(first, first + size)
        first += size
    return found


@given(sizes, st.integers(0, 80), st.integers(0, 80), st.integers(0, 9))
def test_a_larger_sample_holds_the_smaller_one(sizes, one, other, seed):
    """Of the same seed: what was decided stays part of it."""
    small, large = (set(draw(positions(sizes), size, seed=seed).positions) for size in sorted((one, other)))

    assert small <= large


@given(sizes, st.integers(5, 80), st.integers(0, 9))
def test_every_verdict_is_looked_at(sizes, size, seed):
    """A rare one too, as far as there are claims; nothing is drawn twice."""
    sample = draw(positions(sizes), size, seed=seed)

    assert all(len(sample.strata[label]) >= min(5, count) for label, count in sizes.items())
    assert len(sample.positions) == len(set(sample.positions))


def test_the_order_does_not_tell_the_verdict():
    """Claims of one verdict do not stand together."""
    sample = draw({Label.SUPPORTED: range(50), Label.CONTRADICTED: range(50, 100)}, 60, seed=1)

    assert {True, False} == {position < 50 for position in sample.positions[:10]}


def test_how_a_claim_was_drawn_is_said_with_its_decision():
    """Seed, how many of how many, and of which verdict: what a later estimate weighs it by."""
    sample = draw({Label.SUPPORTED: range(40)}, 10, seed=3)

    assert "sample:3:10/40:SUPPORTED" == sample.drawn(Label.SUPPORTED)


def test_the_estimate_weighs_verdicts_by_how_many_there_are():
    """9 of 10 right of the 900, 5 of 10 of the 100: 0.9 · 0.9 + 0.1 · 0.5."""
    found = accuracy(
        {Label.SUPPORTED: 900, Label.CONTRADICTED: 100}, {Label.SUPPORTED: (9, 10), Label.CONTRADICTED: (5, 10)}
    )

    assert pytest.approx(0.86) == found.share
    assert (14, 20) == (found.right, found.decided)


def test_there_is_no_estimate_before_every_verdict_was_looked_at():
    """The accuracy of a verdict that nobody has seen could be anything."""
    assert accuracy({Label.SUPPORTED: 9, Label.CONFLICTING: 1}, {Label.SUPPORTED: (5, 5)}) is None


def test_a_run_that_was_decided_whole_leaves_nothing_open():
    """Its accuracy is counted, not estimated."""
    found = accuracy({Label.SUPPORTED: 4}, {Label.SUPPORTED: (3, 4)})

    assert (0.75, 0.75, 0.75) == (found.low, found.share, found.high)


@given(sizes, st.data())
def test_the_interval_holds_the_estimate(sizes, data):
    """And stays within 0 and 1; without an error it reaches 1."""
    by_label = {}
    for label, size in sizes.items():
        decided = data.draw(st.integers(1, size))
        by_label[label] = (data.draw(st.integers(0, decided)), decided)
    found = accuracy(sizes, by_label)

    assert 0 <= found.low <= found.share + 1e-9
    assert found.share - 1e-9 <= found.high <= 1
    if found.right == found.decided:
        assert 1 == pytest.approx(found.high)


@pytest.mark.parametrize("rates", [(0.9, 0.8, 0.7), (0.99, 0.99, 0.9), (0.5, 0.4, 0.6)])
def test_the_interval_holds_the_true_accuracy_as_often_as_it_says(rates):
    """Of 300 runs with known errors, about 95 in 100; 90 is what chance leaves room for."""
    rnd = random.Random(5)
    counts = dict(zip(Label, (300, 200, 30), strict=False))
    held = 0
    for seed in range(300):
        right = [rnd.random() < rate for count, rate in zip(counts.values(), rates, strict=True) for _ in range(count)]
        sample = draw(positions(counts), 60, seed=seed)
        decided = {label: (sum(right[at] for at in drawn), len(drawn)) for label, drawn in sample.strata.items()}
        found = accuracy(sample.sizes, decided)
        held += found.low <= sum(right) / len(right) <= found.high

    assert 270 <= held
