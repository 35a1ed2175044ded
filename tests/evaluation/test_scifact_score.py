"""The scores of SciFact."""

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from io import BytesIO

import pytest
from evaluation_cases import C, N, S, X, by_strongest, case, evidence, evidence_cases, gold, hit
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.record import Case
from factcheck.evaluation.scifact import predicted_abstracts, score_scifact
from factcheck.evaluation.tally import F1
from factcheck.formats.export import About
from factcheck.formats.predictions import write_scifact
from factcheck.types import Claim, EvidenceFrom, GoldSentence, Judged, Label, NLIScores, Reason, Stance
from factcheck.verdict.calibration import Budget
from factcheck.verdict.checks import Checks
from factcheck.verdict.decide import Rule
from factcheck.verdict.documents import by_document, decide_by

YES, NO, OPEN = Stance
many = st.lists(evidence_cases(), max_size=6)


def scored(*cases):
    return score_scifact(cases, by_strongest)


def f1(precision, recall):
    return F1(
        *map(pytest.approx, (precision, recall, 2 * precision * recall / (precision + recall) if precision else 0))
    )


def found(**sentences):
    """Evidence by document, supporting or, for a negative strength, contradicting; strongest first as listed."""
    return [
        evidence(doc_id[1:], at, YES, 0.99 - 0.01 * rank)
        for doc_id, listed in sentences.items()
        for rank, at in enumerate(listed)
    ]


def test_the_published_example():
    """The example of SciFact's doc/evaluation.md.

    Gold: abstract 11 with the rationales {0, 1} and {11}, abstract 15 with {4}, all in support. Predicted: 11 in
    support by 1, 11, 13, and 16 in contradiction by 18, 20. Right is 11, since {11} is in: 1 of 2 predicted, 1 of 2
    gold. Of 5 predicted sentences only 11 is right, since 0 is missing beside 1: 1/5; of 4 gold ones, 1/4; F1 2/9.
    """
    answer = gold(S, [("11", 0, S), ("11", 1, S)], [("11", 11, S)], [("15", 4, S)])
    evidences = [*found(d11=[1, 11, 13]), evidence("16", 18, NO), evidence("16", 20, NO, 0.8)]
    scores = scored(case(answer, X, evidences))

    assert f1(1 / 2, 1 / 2) == scores.abstract_rationalized == scores.abstract_label_only
    assert f1(1 / 5, 1 / 4) == scores.sentence_label == scores.sentence_selection
    assert pytest.approx(2 / 9) == scores.sentence_label.f1
    assert (1, 2, 2) == (scores.claims, scores.gold_abstracts, scores.predicted_abstracts)


def test_three_sentences_of_an_abstract_count():
    """For abstracts, the three strongest; for sentences, all: 1 of 4 predicted is right."""
    answer = gold(S, [("1", 9, S)])
    third, fourth = (scored(case(answer, S, found(d1=listed))) for listed in ([5, 6, 9, 7], [5, 6, 7, 9]))

    assert [1.0, 0.0] == [third.abstract_rationalized.f1, fourth.abstract_rationalized.f1]
    assert [1.0, 1.0] == [third.abstract_label_only.f1, fourth.abstract_label_only.f1]
    assert f1(1 / 4, 1.0) == third.sentence_label == fourth.sentence_label


def test_a_wrong_label_leaves_the_selection():
    """The right sentence of the right abstract, taken for a contradiction."""
    scores = scored(case(gold(S, [("1", 0, S)]), C, [evidence("1", 0, NO)]))

    assert [0.0, 0.0, 1.0, 0.0] == [
        one.f1
        for one in (
            scores.abstract_label_only,
            scores.abstract_rationalized,
            scores.sentence_selection,
            scores.sentence_label,
        )
    ]


def test_a_label_is_that_of_the_document_alone():
    """The claim is contradicted by a stronger document; the other still supports it, by its own sentences."""
    answer = gold(X, [("1", 0, S)], [("2", 3, C)])
    both = [evidence("2", 3, NO, 0.99), evidence("1", 0, YES, 0.7), evidence("1", 1, NO, 0.6)]
    predicted = predicted_abstracts(case(answer, C, both).verdict, by_strongest)

    assert [("2", C, [3]), ("1", S, [0])] == [
        (one.document, one.label, [sentence.sentence for sentence in one.sentences]) for one in predicted
    ]
    assert 1.0 == scored(case(answer, C, both)).sentence_label.f1


def test_the_rule_is_given_one_document_at_a_time():
    """All that was judged in it, neutral passages too, and no copy in another document."""
    seen = []

    def rule(claim, judged, evidence_from):
        seen.append((claim.id, [(one.hit.passage.source.doc_id, one.hit.copies) for one in judged]))
        return by_strongest(claim, judged, evidence_from)

    items = [evidence("1", 0, copies=[("2", 5)]), evidence("1", 1, OPEN)]
    predicted_abstracts(case(S, S, items).verdict, rule)

    assert [("1", [("1", ()), ("1", ())]), ("1", [("2", ())])] == seen


@pytest.mark.parametrize("label", [N, X])
def test_what_scifact_has_no_label_for_is_not_predicted(label):
    """So it costs no precision."""
    assert () == predicted_abstracts(case(S, S).verdict, lambda *_: case(S, label).verdict)


def test_an_abstract_that_supports_each_part_has_the_sentences_for_all_parts():
    """No sentence supports the whole claim; the rule that gives the label also says what it stands on."""
    claim = Claim("1", "The bridge opened in 1998 and was closed in 2011.", gold=gold(S, [("1", 0, S), ("1", 1, S)]))
    yes, no_answer = NLIScores(0.9, 0.1, 0.0), NLIScores(0.1, 0.8, 0.1)
    judged = [Judged(hit("1", 0), no_answer, (yes, no_answer)), Judged(hit("1", 1), no_answer, (no_answer, yes))]
    rule = Rule(0.5, 0.5, Checks(parts=True))
    verdict = rule.decide(claim, judged, evidence_from=EvidenceFrom.GIVEN)
    scores = score_scifact([Case(claim, verdict, "1")], decide_by(rule))

    assert (S, 2) == (verdict.label, len(verdict.parts))
    assert 1.0 == scores.abstract_rationalized.f1 == scores.sentence_label.f1


def test_an_error_budget_of_claims_withholds_no_abstract():
    """It holds for the confidence of whole claims; none is known of an abstract alone."""
    one = case(gold(S, [("1", 0, S)]), S, [evidence("1", 0)])
    rule = Rule(0.5, 0.5, budget=Budget(0.05, 0.1, 0.9, 100, 1, 0.5))
    judged = [Judged(item.hit, item.scores) for item in one.verdict.evidence]

    assert Reason.ABOVE_ERROR_BUDGET is rule.decide(one.claim, judged, evidence_from=EvidenceFrom.CORPUS).reason
    assert 1.0 == score_scifact([one], decide_by(rule)).abstract_rationalized.f1


def test_a_passage_that_two_abstracts_print_is_evidence_in_both():
    """Retrieval merges copies into one hit, of which either abstract may be the gold one."""
    scores = scored(case(gold(S, [("2", 5, S)]), S, [evidence("1", 0, copies=[("2", 5)])]))

    assert f1(1 / 2, 1.0) == scores.abstract_rationalized


def test_a_sentence_judged_twice_is_predicted_once():
    """The official scorer counts it twice among the predicted, and lets it take two of three places."""
    twice = [
        evidence("1", 2, strength=0.99),
        evidence("1", 2, strength=0.98),
        evidence("1", 3),
        evidence("1", 4, YES, 0.8),
    ]
    scores = scored(case(gold(S, [("1", 4, S)]), S, twice))

    assert f1(1 / 3, 1.0) == scores.sentence_label
    assert 1.0 == scores.abstract_rationalized.f1


def test_a_gold_sentence_in_two_rationales_counts_once():
    """The official scorer stops there; one of the two rationales is whole, so its two sentences are right, of three."""
    answer = gold(S, [("1", 0, S), ("1", 1, S)], [("1", 1, S), ("1", 2, S)])

    assert f1(1.0, 2 / 3) == scored(case(answer, S, found(d1=[0, 1]))).sentence_label


def test_rationales_of_both_labels_in_one_abstract():
    """The official scorer stops there; only the rationale of the predicted label carries it."""
    answer = gold(X, [("1", 0, S)], [("1", 1, C)])
    scores = scored(case(answer, S, found(d1=[0, 1])))

    assert 1.0 == scores.abstract_rationalized.f1
    assert f1(1.0, 1.0) == scores.sentence_selection
    assert f1(1 / 2, 1 / 2) == scores.sentence_label


def test_a_claim_without_prediction_is_missed():
    """The official scorer only sees the claims of the predictions file."""
    one = case(gold(S, [("1", 0, S)]), S, found(d1=[0]))

    assert f1(1.0, 1 / 2) == scored(one, case(gold(S, [("2", 0, S)]), N, [])).abstract_label_only


def test_nothing_scores_nothing():
    """No claims; a claim without evidence for which nothing is predicted; something predicted for it."""
    nothing = f1(0, 0)

    assert nothing == scored().abstract_label_only == scored(case(N, N, [])).sentence_label
    assert nothing == scored(case(N, S, found(d1=[0]))).abstract_label_only


def test_sentences_without_a_label_have_the_claims():
    """As in our own files, which name them by quote, too; two halves of a quote are two right sentences, not more."""
    quote = GoldSentence("1", quote="Tea is warm.")
    answer = gold(C)
    answer = type(answer)(C, ((quote,),))
    scores = scored(case(answer, C, [evidence("1", 0, NO), evidence("1", 1, NO, 0.8)]))

    assert f1(1.0, 1.0) == scores.sentence_label


def by_definition(cases):
    """The four pairs of precision and recall, from sets of indexes, by the rules as published."""
    right, predicted, relevant = Counter(), Counter(), Counter()
    for one in cases:
        rationales = {}
        for items in one.gold.evidence_sets:
            rationales.setdefault(items[0].doc_id, []).append({item.sentence for item in items})
        labels = {items[0].doc_id: items[0].label for items in one.gold.evidence_sets}
        relevant["abstract"] += len(rationales)
        relevant["sentence"] += sum(len(items) for listed in rationales.values() for items in listed)
        for abstract in predicted_abstracts(one.verdict, by_strongest):
            gold_sets = rationales.get(abstract.document, [])
            listed = [sentence.sentence for sentence in abstract.sentences]
            same = labels.get(abstract.document) is abstract.label
            count = sum(len(items) for items in gold_sets if items <= set(listed))
            predicted["abstract"] += 1
            predicted["sentence"] += len(listed)
            right["abstract_label_only"] += same
            right["abstract_rationalized"] += same and any(items <= set(listed[:3]) for items in gold_sets)
            right["sentence_selection"] += count
            right["sentence_label"] += count * same
    return {
        name: (
            right[name] / predicted[kind] if predicted[kind] else 0,
            right[name] / relevant[kind] if relevant[kind] else 0,
        )
        for kind, names in {
            "abstract": ["abstract_label_only", "abstract_rationalized"],
            "sentence": ["sentence_selection", "sentence_label"],
        }.items()
        for name in names
    }


@given(many)
def test_the_definition_agrees(cases):
    """On data as SciFact's is: one label an abstract, rationales that share no sentence."""
    scores = scored(*cases)

    for name, (precision, recall) in by_definition(cases).items():
        assert f1(precision, recall) == getattr(scores, name)


@given(many, st.randoms())
def test_laws(cases, random):
    """No order matters, all lies in [0, 1], and asking for more never scores more."""
    scores = scored(*cases)

    assert scores == scored(*random.sample(cases, len(cases)))
    assert 0 <= scores.abstract_rationalized.f1 <= scores.abstract_label_only.f1 <= 1
    assert 0 <= scores.sentence_label.f1 <= scores.sentence_selection.f1 <= 1


@given(evidence_cases())
def test_sentences_carry_the_label_strongest_first(one):
    """And are of the document that they are predicted for."""
    for abstract in predicted_abstracts(one.verdict, by_strongest):
        strength = {
            item.passage: max(item.scores.entailment, item.scores.contradiction) for item in one.verdict.evidence
        }
        stances = {item.passage: item.stance for item in one.verdict.evidence}

        assert {abstract.document} == {sentence.source.doc_id for sentence in abstract.sentences}
        assert {YES if abstract.label is Label.SUPPORTED else NO} == {stances[item] for item in abstract.sentences}
        strengths = [strength[item] for item in abstract.sentences]
        assert sorted(strengths, reverse=True) == strengths


def as_published(verdict):
    """The verdict with ids as SciFact's, whole numbers."""

    def renamed(item):
        passages = [item.passage, *item.hit.copies]
        first, *copies = [
            replace(one, source=replace(one.source, doc_id=str(ord(one.source.doc_id)))) for one in passages
        ]
        return replace(item, hit=replace(item.hit, passage=first, copies=tuple(copies)))

    return replace(verdict, evidence=tuple(map(renamed, verdict.evidence)))


@given(evidence_cases())
def test_the_export_predicts_what_is_scored_here(one):
    """The same documents, labels and sentences, in the same order."""
    decide = decide_by(Rule(0.5, 0.5))
    verdict, stream = as_published(one.verdict), BytesIO()
    write_scifact(lambda: iter([verdict]), stream, About(by_document=partial(by_document, decide=decide)))
    predicted = json.loads(stream.getvalue())["evidence"]

    assert predicted == {
        abstract.document: {
            "sentences": [sentence.sentence for sentence in abstract.sentences][:3],
            "label": {S: "SUPPORT", C: "CONTRADICT"}[abstract.label],
        }
        for abstract in predicted_abstracts(verdict, decide)
    }
