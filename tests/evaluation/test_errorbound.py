"""Error budgets: from which confidence on at most so many answers are wrong, and how sure that is."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ConfigError
from factcheck.evaluation.errorbound import budget, needed
from factcheck.jobs.intervals import at_most


def answers(count, wrong=0, confidence=0.9):
    return [(confidence, at >= wrong) for at in range(count)]


@pytest.mark.parametrize(
    ("max_error", "delta", "wrong", "count"),
    [(0.05, 0.1, 0, 45), (0.05, 0.1, 1, 77), (0.05, 0.05, 0, 59), (0.01, 0.1, 0, 230), (0.5, 0.5, 0, 1)],
)
def test_how_many_answers_a_budget_takes(max_error, delta, wrong, count):
    """The published numbers of acceptance sampling: none wrong in 45, one in 77."""
    assert count == needed(max_error, delta, wrong)


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.5), st.integers(0, 4))
def test_one_answer_less_would_not_do(max_error, delta, wrong):
    """The tail at that number is within delta, the one before is not; with none wrong it is the logarithm's number."""
    count = needed(max_error, delta, wrong)

    assert at_most(wrong, count, max_error) <= delta < at_most(wrong, count - 1, max_error)
    if wrong == 0:
        assert count == pytest.approx(math.log(delta) / math.log1p(-max_error), abs=1.0001)


def test_too_few_answers_are_refused_with_the_number_that_it_takes():
    """44 that are all right prove nothing at 5 % and 0.1."""
    with pytest.raises(ConfigError, match="44 of 50 labelled claims got an answer, and it takes 45"):
        budget(answers(44), 0.05, 0.1, claims=50)


def test_enough_right_answers_keep_a_budget():
    """The confidence is the lowest one tested at which it is surely kept."""
    found = budget(answers(45), 0.05, 0.1, claims=90)

    assert (45, 0, 0.5) == (found.answered, found.wrong, found.coverage)
    assert found.confidence == 0.0


def test_less_sure_answers_are_left_out_where_they_are_wrong():
    """200 right answers at 0.9, and 100 at 0.4 of which half are wrong."""
    found = budget([*answers(200), *answers(100, 50, 0.4)], 0.05, 0.1, claims=400)

    assert (200, 0, 0.5) == (found.answered, found.wrong, found.coverage)
    assert 0.4 < found.confidence <= 0.9


def test_where_no_confidence_will_do_nothing_is_to_be_answered():
    """One in five is wrong, however sure the verdict."""
    found = budget(answers(500, 100), 0.05, 0.1, claims=500)

    assert (None, 0.0, 100) == (found.confidence, found.coverage, found.wrong)
    assert not found.keeps(1.0)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, math.nan])
def test_what_is_no_share_is_refused(value):
    """For the errors allowed and for the risk of being wrong about them."""
    with pytest.raises(ConfigError, match="--max-error"):
        budget(answers(100), value, 0.1, claims=100)
    with pytest.raises(ConfigError, match="--delta"):
        budget(answers(100), 0.05, value, claims=100)


@pytest.mark.parametrize(("count", "too_sure"), [(300, 0.0), (1000, 0.0), (1000, 0.02)])
def test_the_budget_is_broken_no_more_often_than_was_said(count, too_sure):
    """Over 300 labelled sets drawn alike: confidences of which some are too high, answers right as often as they are.

    The true share of wrong answers above the confidence found is more than the budget in at most delta of the sets, but
    for what chance does to 300 of them (three standard deviations).
    """
    max_error, delta, sets = 0.1, 0.1, 300
    broken = found = 0
    for seed in range(sets):
        draw = random.Random(f"{seed} {count} {too_sure}")
        given = [draw.random() ** 0.25 for _ in range(count)]
        chosen = budget([(one, draw.random() < one - too_sure) for one in given], max_error, delta, claims=count)
        if chosen.confidence is not None:
            found += 1
            broken += wrong_above(chosen.confidence, too_sure) > max_error

    assert broken <= sets * delta + 3 * math.sqrt(sets * delta * (1 - delta))
    assert found > sets / 10  # it is kept by answering, too


def wrong_above(confidence, too_sure):
    """The expected share of wrong answers from a confidence on, of confidences with density 4 c³."""
    mass = 1 - confidence**4
    right = 4 / 5 * (1 - confidence**5) / mass - too_sure
    return 1 - right
