"""Agreement of reviewers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.review.agreement import Agreement, agreements, cohen_kappa
from factcheck.types import Label

S, C, N = Label.SUPPORTED, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO
pairs = st.tuples(st.sampled_from(Label), st.sampled_from(Label))


def test_kappa_of_a_table_worked_by_hand():
    """45 and 25 alike, 15 and 15 apart: observed 0.7, by chance 0.6 · 0.6 + 0.4 · 0.4 = 0.52, so 0.18 of 0.48."""
    counts = {(S, S): 45, (S, C): 15, (C, S): 15, (C, C): 25}

    assert pytest.approx(0.375) == cohen_kappa(counts)


def test_agreement_that_chance_alone_would_give_has_no_kappa():
    """Both said one and the same each time."""
    assert cohen_kappa({(S, S): 9}) is None


def test_each_two_reviewers_are_compared_on_what_both_decided():
    """A claim that one of them left out does not count for the two."""
    decided = [{"ann": S, "bob": S}, {"bob": C, "ann": N, "cem": C}, {"cem": S}]

    assert [("ann", "bob", 2, 1), ("ann", "cem", 1, 0), ("bob", "cem", 1, 1)] == [
        (*found.reviewers, found.claims, found.same) for found in agreements(decided)
    ]


@given(st.lists(pairs, min_size=1))
def test_kappa_is_symmetric_and_at_most_one(given_labels):
    """It is one exactly where all labels are alike and more than one label was given."""
    counts = Counter(given_labels)
    kappa = cohen_kappa(counts)

    assert kappa == cohen_kappa(Counter((other, one) for one, other in given_labels))
    if kappa is not None:
        assert -1 <= kappa <= 1
        assert (kappa == 1) == all(one is other for one, other in given_labels)


def test_reviewers_stand_in_order_of_their_names():
    """Whoever was first to decide."""
    assert [Agreement(("ann", "bob"), 1, 1, None)] == agreements([{"bob": S, "ann": S}])
