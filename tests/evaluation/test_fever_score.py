"""The FEVER score and the evidence scores of the shared task."""

import json
from io import BytesIO

import pytest
from evaluation_cases import C, N, S, X, case, evidence, evidence_cases, gold
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.fever import predicted_sentences, score_fever
from factcheck.formats.export import About
from factcheck.formats.predictions import write_fever
from factcheck.types import Stance

YES, NO, OPEN = Stance
many = st.lists(evidence_cases(), max_size=6)


def supported(*places):
    """A verdict that stands on these sentences, in this order."""
    return [evidence(doc_id, at) for doc_id, at in places]


def test_the_example_of_the_scorers_readme():
    """Two claims, both with one set of two sentences.

    The first finds one of them: precision 1/1, recall 0, not strictly right. The second finds both and one more:
    precision 2/3, recall 1, strictly right. Score 1/2, precision 5/6, recall 1/2, F1 2 · 5/6 · 1/2 / (8/6) = 5/8.
    """
    needed = gold(S, [("p1", 1), ("p2", 2)])
    scores = score_fever(
        [
            case(needed, S, supported(("p1", 1))),
            case(needed, S, supported(("p1", 1), ("p2", 2), ("p3", 3))),
        ]
    )

    assert (2, 2, 1 / 2, 1.0) == (scores.claims, scores.scored, scores.score, scores.label_accuracy)
    found = scores.evidence
    assert (pytest.approx(5 / 6), 1 / 2, pytest.approx(5 / 8)) == (found.precision, found.recall, found.f1)


@pytest.mark.parametrize(("place", "score"), [(5, 1.0), (6, 0.0)])
def test_five_sentences_count(place, score):
    """The gold sentence is the fifth, or the sixth."""
    found = supported(*[("a", at) for at in range(1, place)], ("gold", 0))

    assert score == score_fever([case(gold(S, [("gold", 0)]), S, found)]).score


def test_any_whole_set_will_do():
    """Half of one and all of another."""
    needed = gold(S, [("a", 1), ("a", 2)], [("b", 7)])

    assert 1.0 == score_fever([case(needed, S, supported(("a", 1), ("b", 7)))]).score
    assert 0.0 == score_fever([case(gold(S, [("a", 1), ("a", 2)]), S, supported(("a", 1), ("b", 7)))]).score


def test_evidence_does_not_help_a_wrong_label():
    """But precision and recall of the evidence count, whatever the label."""
    scores = score_fever([case(gold(S, [("a", 1)]), C, [evidence("a", 1, NO)])])

    assert (0.0, 0.0, 1.0) == (scores.score, scores.label_accuracy, scores.evidence.f1)


def test_not_enough_info_needs_no_evidence():
    """It is right by its label, and no evidence of it is scored."""
    scores = score_fever([case(N, N, [evidence("a", 1, OPEN)])])

    assert (1.0, 1.0, 0) == (scores.score, scores.label_accuracy, scores.scored)


def test_only_what_says_so_is_predicted():
    """Neutral passages and those of the other side are no evidence for the label."""
    found = [evidence("a", 1), evidence("a", 2, OPEN), evidence("a", 3, NO)]

    assert [1] == [one.sentence for one in predicted_sentences(case(S, S, found))]


def test_a_claim_with_nothing_predicted_has_precision_one():
    """As the task defines it, so that published numbers compare; recall is 0 and F1 with it."""
    scores = score_fever([case(gold(S, [("a", 1)]), N, [])])

    assert (1.0, 0.0, 0.0) == (scores.evidence.precision, scores.evidence.recall, scores.evidence.f1)


def test_f1_of_nothing_right_is_zero():
    """The official scorer divides by precision + recall, which is 0 here."""
    scores = score_fever([case(gold(S, [("a", 1)]), S, supported(("b", 2)))])

    assert (0.0, 0.0, 0.0) == (scores.evidence.precision, scores.evidence.recall, scores.evidence.f1)


def test_no_claims_score_nothing():
    """The official scorer divides by their number."""
    scores = score_fever([])

    assert (0, 0.0, 0.0, 0.0) == (scores.claims, scores.score, scores.label_accuracy, scores.evidence.f1)


def test_without_a_claim_that_has_evidence_the_evidence_scores_nothing():
    """The official scorer says precision 1, and recall 0."""
    assert 0.0 == score_fever([case(N, N)]).evidence.precision


@pytest.mark.parametrize("sets", [[], [[]]])
def test_recall_is_one_where_there_is_no_gold_evidence(sets):
    """The official scorer means that, but walks the keys of a dictionary; strictly right it cannot be."""
    scores = score_fever([case(gold(S, *sets), S, supported(("a", 1)))])

    assert (1.0, 0.0) == (scores.evidence.recall, scores.score)


def test_a_sentence_predicted_twice_is_one():
    """It takes one of the five places, and counts once for precision: 1/2, not 4/5."""
    found = [*supported(*[("a", 1)] * 4), evidence("b", 2)]
    scores = score_fever([case(gold(S, [("a", 1)]), S, found)], sentences=2)

    assert 1 / 2 == scores.evidence.precision


def test_a_conflict_is_no_answer_of_fever():
    """It counts as NOT ENOUGH INFO, without evidence, unless the data set has conflicts."""
    found = [evidence("a", 1), evidence("b", 2, NO)]
    both = gold(X, [("a", 1, S)], [("b", 2, C)])

    assert 1.0 == score_fever([case(N, X, found)]).score
    assert 0.0 == score_fever([case(gold(S, [("a", 1)]), X, found)]).label_accuracy
    assert 1.0 == score_fever([case(both, X, found)]).score
    assert 0.0 == score_fever([case(both, X, [evidence("a", 1), evidence("z", 2, NO)])]).score


@given(many)
def test_the_definition_agrees(cases):
    """Written out again for gold that names sentences by index, on the file that an export to FEVER writes."""
    stream = BytesIO()
    write_fever(lambda: (one.verdict for one in cases), stream, About())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    strict, precision, recall = 0, [], []
    for one, line in zip(cases, lines, strict=True):
        predicted = {tuple(place) for place in line["predicted_evidence"]}
        sets = [{(item.doc_id, item.sentence) for item in found} for found in one.gold.evidence_sets]
        complete = any(found <= predicted for found in sets)
        named = {S: "SUPPORTS", C: "REFUTES", N: "NOT ENOUGH INFO"}[one.wanted]
        strict += line["predicted_label"] == named and (one.wanted is N or complete)
        if one.wanted is not N:
            precision.append(len(predicted & set().union(*sets)) / len(predicted) if predicted else 1)
            recall.append(complete)

    scores = score_fever(cases)
    assert pytest.approx(strict / len(cases) if cases else 0) == scores.score
    assert pytest.approx(sum(precision) / len(precision) if precision else 0) == scores.evidence.precision
    assert pytest.approx(sum(recall) / len(recall) if recall else 0) == scores.evidence.recall


@given(many, st.randoms())
def test_laws(cases, random):
    """No order matters, all lies in [0, 1], and the score is at most the label accuracy."""
    scores, shuffled = score_fever(cases), score_fever(random.sample(cases, len(cases)))

    assert pytest.approx(scores.evidence.f1) == shuffled.evidence.f1
    assert scores.score == shuffled.score
    assert 0 <= scores.score <= scores.label_accuracy <= 1
    assert 0 <= scores.evidence.f1 <= 1
