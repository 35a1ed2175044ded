"""Recall at k and reciprocal rank."""

import math

import pytest
from evaluation_cases import C, N, S, X, case, evidence, gold, hit
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.retrieval import gold_ranks, judged_hits, score_retrieval

places = st.tuples(st.sampled_from("ab"), st.integers(0, 3))
golds = st.builds(
    lambda label, sets: gold(label, *sets),
    st.sampled_from([S, C, X, N]),
    st.lists(st.lists(places, min_size=1, max_size=2), max_size=3),
)
rankings = st.lists(places, max_size=8).map(lambda found: [hit(*place) for place in found])
searches = st.lists(st.tuples(golds, rankings), max_size=5)


def scored(pairs, ks):
    return score_retrieval([one for one, _ in pairs], [found for _, found in pairs], ks=ks)


def test_a_case_worked_by_hand():
    """Two claims with evidence, one without.

    The first needs a1 and b2 together, or c0; found are a1, x, b2, c0: a set is whole at rank 3, the first gold
    sentence is at 1, the documents a, b, c are at 1, 3, 4. The second needs d5, and only another sentence of d is
    found, at rank 2. So recall of sets is 0 at 1 and 2, 1/2 at 3; of documents (1/3 + 0) / 2 at 1, (1/3 + 1) / 2 at 2,
    (2/3 + 1) / 2 at 3. Mean reciprocal rank (1 + 0) / 2.
    """
    first = gold(S, [("a", 1), ("b", 2)], [("c", 0)]), [hit("a", 1), hit("x"), hit("b", 2), hit("c", 0)]
    second = gold(C, [("d", 5)]), [hit("x"), hit("d", 4)]
    scores = scored([first, second, (gold(N), [hit("x")])], [1, 2, 3])

    assert (2, 2, 1 / 2) == (scores.with_evidence, scores.with_documents, scores.mrr)
    assert [(1, 0, 1 / 6), (2, 0, 2 / 3), (3, 1 / 2, 5 / 6)] == [
        (one.k, one.evidence, pytest.approx(one.documents)) for one in scores.recall
    ]


def test_a_copy_counts_as_found():
    """The hit shows both places."""
    ranks = gold_ranks(gold(S, [("b", 3)]), [hit("x"), hit("a", 1, copies=[("b", 3)])])

    assert (2, 2, (2,)) == (ranks.evidence, ranks.sentence, ranks.documents)


def test_a_conflict_needs_both_sides():
    """The support is at rank 1, the contradiction at rank 3."""
    found = [hit("a", 1), hit("x"), hit("b", 2)]

    assert 3 == gold_ranks(gold(X, [("a", 1, S)], [("b", 2, C)]), found).evidence
    assert 1 == gold_ranks(gold(S, [("a", 1, S)], [("b", 2, C)]), found).evidence
    assert math.inf == gold_ranks(gold(X, [("a", 1, S)], [("c", 2, C)]), found).evidence


def test_documents_are_scored_where_a_data_set_names_no_sentence():
    """And sentences are not."""
    scores = scored([(gold(S, doc_ids=("a", "b")), [hit("b", 9)])], [1])

    assert (0, 1, 1 / 2) == (scores.with_evidence, scores.with_documents, scores.recall[0].documents)


def test_nothing_scores_nothing():
    """And divides by nothing."""
    scores = scored([], [1])

    assert (0.0, 0.0, 0.0) == (scores.mrr, scores.recall[0].evidence, scores.recall[0].documents)


def test_judged_hits_come_as_retrieval_ranked_them():
    """The evidence of a verdict is ranked by what it says."""
    found = [evidence("a", 1, strength=0.9), evidence("b", 2, strength=0.8)]
    ranked = [type(item)(hit(item.passage.source.doc_id, 0, score), item.scores, item.stance)
              for item, score in zip(found, [3.0, 7.0], strict=True)]  # fmt: skip

    assert ["b", "a"] == [one.passage.source.doc_id for one in judged_hits(case(S, S, ranked).verdict)]


@given(searches, st.randoms())
def test_laws(pairs, random):
    """No order of claims matters, all lies in [0, 1], and reading on loses nothing."""
    scores = scored(pairs, range(1, 10))
    shuffled = scored(random.sample(pairs, len(pairs)), range(1, 10))

    assert pytest.approx(scores.mrr) == shuffled.mrr
    assert [pytest.approx(one.documents) for one in scores.recall] == [one.documents for one in shuffled.recall]
    for one, more in zip(scores.recall, scores.recall[1:], strict=False):
        assert 0 <= one.evidence <= more.evidence <= 1
        assert 0 <= one.documents <= more.documents <= 1


@given(golds, rankings, st.randoms())
def test_order_within_the_first_k_does_not_matter_for_recall_at_k(one, found, random):
    """Only what is among them."""
    k = max(1, len(found))

    assert scored([(one, found)], [k]).recall == scored([(one, random.sample(found, len(found)))], [k]).recall
