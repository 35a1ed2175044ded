"""One ranking out of several, from ranks alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.retrieval.fusion import reciprocal_rank_fusion

RANKINGS = st.lists(st.lists(st.sampled_from("abcdefg"), unique=True), min_size=1, max_size=4)


def test_a_hand_worked_case():
    """Each ranking gives an item 1 / (60 + its rank)."""
    scores = reciprocal_rank_fusion([["a", "b"], ["b", "c"]])

    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})


def test_a_smaller_k_favours_what_stands_first_in_one_ranking():
    """With the 60 of the paper two middling ranks beat one first rank; with 0 they do not."""
    rankings = [["a", "x", "b"], ["c", "y", "b"]]

    mild, sharp = reciprocal_rank_fusion(rankings), reciprocal_rank_fusion(rankings, k=0)

    assert max(mild.values()) == mild["b"]
    assert max(sharp.values()) > sharp["b"]


def test_a_later_place_in_the_same_ranking_does_not_count():
    """Neither for the item nor for those behind it."""
    assert reciprocal_rank_fusion([["a", "b"]]) == reciprocal_rank_fusion([["a", "a", "b", "a"]])


@given(RANKINGS, st.randoms())
def test_the_order_of_the_rankings_does_not_matter(rankings, random):
    """To the last bit."""
    shuffled = random.sample(rankings, len(rankings))

    assert reciprocal_rank_fusion(rankings) == reciprocal_rank_fusion(shuffled)


@given(RANKINGS)
def test_what_stands_higher_in_every_ranking_scores_higher(rankings):
    """A score grows with each rank."""
    scores = reciprocal_rank_fusion(rankings)

    assert set(scores) == {item for ranking in rankings for item in ranking}
    for one in scores:
        for other in scores:
            if all(one in ranking and (other not in ranking or _above(one, other, ranking)) for ranking in rankings):
                assert one == other or scores[one] > scores[other]


def _above(one, other, ranking):
    return ranking.index(one) < ranking.index(other)
