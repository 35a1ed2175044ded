"""Predictions for the scorers of FEVER and SciFact.

The scorers here are our own, from what the two tasks publish of theirs: enough to see that a file is taken as it is and
counts what it should.
"""

import json
from dataclasses import replace
from functools import partial
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import evidence as any_evidence
from strategies import nli_scores, verdicts

from factcheck.errors import ConfigError, FactcheckError
from factcheck.formats.claims import read_claims
from factcheck.formats.export import About
from factcheck.formats.predictions import write_fever, write_scifact
from factcheck.formats.reviewed import Reviewed
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Judged,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)
from factcheck.verdict.checks import Checks
from factcheck.verdict.decide import Rule
from factcheck.verdict.documents import by_document, decide_by

S, C, X, N = Label
FEVER = """
{"id": 7, "label": "SUPPORTS", "claim": "Ada wrote notes.", "evidence": [[[1, 2, "Ada", 4], [1, 3, "Notes", 0]], [[1, 4, "Ada", 9]]]}
{"id": 8, "label": "REFUTES", "claim": "Ada was Dutch.", "evidence": [[[1, 2, "Ada", 0]]]}
{"id": 9, "label": "NOT ENOUGH INFO", "claim": "Ada sang.", "evidence": [[[1, 2, null, null]]]}
"""  # noqa: E501 (a record is a line)
SCIFACT = """
{"id": 1, "claim": "Tea wakes.", "evidence": {"40": [{"sentences": [1, 2], "label": "SUPPORT"}]}, "cited_doc_ids": [40]}
{"id": 3, "claim": "Tea heals.", "evidence": {"41": [{"sentences": [0], "label": "CONTRADICT"}]}, "cited_doc_ids": [41]}
{"id": 5, "claim": "Tea sings.", "evidence": {}, "cited_doc_ids": [42]}
"""


RULE = Rule(0.5, 0.5)


def passage(doc_id, sentence, quote="Tea."):
    return Passage(Source(doc_id, "", "", ""), sentence, 90 * sentence, 90 * sentence + len(quote), quote, quote)


def evidence(doc_id, sentence, stance=Stance.SUPPORTS, strength=0.9):
    rest = 1 - strength
    scores = {
        Stance.SUPPORTS: NLIScores(strength, rest, 0.0),
        Stance.CONTRADICTS: NLIScores(0.0, rest, strength),
        Stance.NEUTRAL: NLIScores(0.0, 1.0, 0.0),
    }[stance]
    return Evidence(Hit(passage(doc_id, sentence), 1.0), scores, stance)


def others():
    """What a conflict needs besides, of other documents."""
    return evidence("2", 0), evidence("3", 0, Stance.CONTRADICTS)


def verdict(label, *found, claim=None):
    return Verdict(claim or Claim("1", "Tea."), label, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, found)


def lines(write, *verdicts, rule=RULE, **about):
    stream = BytesIO()
    by = partial(by_document, decide=decide_by(rule))
    assert len(verdicts) == write(lambda: iter(verdicts), stream, About(by_document=by, **about))
    return [json.loads(line) for line in stream.getvalue().decode().splitlines()]


def gold_claims(text):
    return list(read_claims(BytesIO(text.strip().encode())))


def oracle(claim):
    """The verdict that says what the data set says, with its first set of evidence."""
    stance = {S: Stance.SUPPORTS, C: Stance.CONTRADICTS}.get(claim.gold.label, Stance.NEUTRAL)
    sentences = claim.gold.evidence_sets[0] if claim.gold.evidence_sets else ()
    found = [evidence(item.doc_id, item.sentence, stance) for item in sentences]
    return verdict(claim.gold.label, *found, claim=claim)


# --- FEVER


def fever_score(gold, predicted):
    """Share of right labels, and of those with a whole set of evidence among the first five (the FEVER score)."""
    right = strict = 0
    for actual, found in zip(gold, predicted, strict=True):  # the scorer goes by the order
        assert found["predicted_label"] in {"SUPPORTS", "REFUTES", "NOT ENOUGH INFO"}
        assert all(isinstance(page, str) and isinstance(line, int) for page, line in found["predicted_evidence"])
        if found["predicted_label"].upper() != actual["label"].upper():
            continue
        right += 1
        shown = {(page, line) for page, line in found["predicted_evidence"][:5]}
        sets = [{(page, line) for *_, page, line in one} for one in actual["evidence"]]
        strict += actual["label"] == "NOT ENOUGH INFO" or any(one <= shown for one in sets)
    return right / len(gold), strict / len(gold)


def test_the_right_verdicts_have_the_highest_fever_score():
    """What our reader takes from FEVER's own form comes out in the scorer's, ids as they came."""
    gold = [json.loads(line) for line in FEVER.strip().splitlines()]
    predicted = lines(write_fever, *map(oracle, gold_claims(FEVER)))

    assert (1, 1) == fever_score(gold, predicted)
    assert [7, 8, 9] == [line["id"] for line in predicted]
    assert {"id": 8, "predicted_label": "REFUTES", "predicted_evidence": [["Ada", 0]]} == predicted[1]


def test_a_set_that_is_not_whole_does_not_count():
    """Half of the two sentences that are needed together: the label is right, the score is not."""
    gold = [json.loads(FEVER.strip().splitlines()[0])]
    claim = gold_claims(FEVER)[0]

    assert (1, 0) == fever_score(gold, lines(write_fever, verdict(S, evidence("Ada", 4), claim=claim)))


def test_fever_has_at_most_five_sentences_best_first():
    """Of those that say what the verdict says, each once; the scorer would cut the sixth."""
    found = [evidence("B", number) for number in (8, 3, 3, 5, 1, 0, 2)]
    [line] = lines(write_fever, verdict(S, *found, evidence("A", 1, Stance.CONTRADICTS)))

    assert [["B", 8], ["B", 3], ["B", 5], ["B", 1], ["B", 0]] == line["predicted_evidence"]


@pytest.mark.parametrize("label", [X, N])
def test_what_fever_has_no_label_for_is_not_enough_info(label):
    """Sources that disagree, too; no evidence is named for it."""
    [line] = lines(write_fever, verdict(label, evidence("A", 1), evidence("B", 1, Stance.CONTRADICTS)))

    assert {"id": "1", "predicted_label": "NOT ENOUGH INFO", "predicted_evidence": []} == line


@pytest.mark.parametrize(
    ("given", "claim_id", "out"),
    [(7, "7", 7), ("7", "7", "7"), (7.0, "7", 7), (7, "7-2", "7-2"), (None, "c-12", "c-12"), (True, "True", "True")],
)
def test_an_id_is_as_it_came(given, claim_id, out):
    """A number stays one; an id that was made is a text."""
    [line] = lines(write_fever, verdict(N, claim=Claim(claim_id, "Tea.", input={"id": given})))

    assert (out, type(out)) == (line["id"], type(line["id"]))


# --- SciFact


def scifact_score(gold, predicted):
    """Right abstracts (label, and a whole rationale in its first three sentences), predicted ones, and gold ones."""
    actual = {claim["id"]: claim["evidence"] for claim in gold}
    right = total = 0
    assert list(actual) == [claim["id"] for claim in predicted]
    for claim in predicted:
        for doc_id, found in claim["evidence"].items():
            assert str(int(doc_id)) == doc_id
            assert found["label"] in {"SUPPORT", "CONTRADICT"}
            total += 1
            shown = set(found["sentences"][:3])
            rationales = actual[claim["id"]].get(doc_id, [])
            right += any(one["label"] == found["label"] and set(one["sentences"]) <= shown for one in rationales)
    return right, total, sum(map(len, actual.values()))


def test_the_right_verdicts_have_all_abstracts_right():
    """What our reader takes from SciFact's own form comes out in the evaluator's."""
    gold = [json.loads(line) for line in SCIFACT.strip().splitlines()]
    predicted = lines(write_scifact, *map(oracle, gold_claims(SCIFACT)))

    assert (2, 2, 2) == scifact_score(gold, predicted)
    assert {"id": 1, "evidence": {"40": {"sentences": [1, 2], "label": "SUPPORT"}}} == predicted[0]
    assert {"id": 5, "evidence": {}} == predicted[2]


def test_each_document_has_its_own_label():
    """Where sources disagree, both are there; at most three sentences each."""
    found = [evidence("2", number, strength=0.5 + number / 10) for number in (4, 3, 2, 1)]
    [line] = lines(write_scifact, verdict(X, *found, evidence("5", 0, Stance.CONTRADICTS)))

    assert {
        "2": {"sentences": [4, 3, 2], "label": "SUPPORT"},
        "5": {"sentences": [0], "label": "CONTRADICT"},
    } == line["evidence"]


YES = Stance.SUPPORTS
YEAR, OTHER_YEAR = "The mill opened in 1911.", "The mill opened in 1912."
stances = st.sampled_from([Stance.SUPPORTS, Stance.CONTRADICTS])
leaning = st.builds(evidence, st.just("1"), st.integers(0, 3), stances, st.sampled_from([0.6, 0.7, 0.8]))


@given(st.lists(leaning, min_size=1), st.sampled_from(Label))
def test_a_document_says_what_the_rule_says_of_it_alone(found, label):
    """The label is the verdict on this one document's evidence, whatever the verdict on the claim."""
    judged = [Judged(item.hit, item.scores) for item in found]
    alone = RULE.decide(Claim("1", "Tea."), judged, evidence_from=EvidenceFrom.CORPUS)
    [line] = lines(write_scifact, verdict(label, *found, *others()))

    assert {S: "SUPPORT", C: "CONTRADICT"}[alone.label] == line["evidence"]["1"]["label"]


def test_a_document_that_disagrees_with_the_claims_verdict_is_predicted():
    """A claim that is contradicted, by the stronger source, is still supported by the other."""
    [line] = lines(write_scifact, verdict(C, evidence("2", 0, Stance.CONTRADICTS), evidence("5", 1, strength=0.6)))

    assert {"2": "CONTRADICT", "5": "SUPPORT"} == {doc_id: one["label"] for doc_id, one in line["evidence"].items()}


def test_documents_of_a_claim_without_an_answer_are_predicted():
    """As where an answer was withheld, which is about the claim: the scorer asks for each document."""
    [line] = lines(write_scifact, verdict(N, evidence("2", 3)))

    assert {"2": {"sentences": [3], "label": "SUPPORT"}} == line["evidence"]


def test_a_document_without_a_decisive_label_is_left_out():
    """Neutral, or not sure enough: the format has no label for it."""
    sure, unsure = evidence("2", 0), evidence("3", 0, strength=0.4)
    [line] = lines(write_scifact, verdict(S, sure, unsure, evidence("4", 1, Stance.NEUTRAL)))

    assert ["2"] == list(line["evidence"])


def test_a_sentence_that_two_documents_print_counts_in_both():
    """Retrieval merges copies into one hit."""
    item = evidence("2", 4)
    twin = replace(item.passage, source=replace(item.passage.source, doc_id="7"), sentence=9)
    [line] = lines(write_scifact, verdict(S, replace(item, hit=replace(item.hit, copies=(twin,)))))

    assert {"2": [4], "7": [9]} == {doc_id: one["sentences"] for doc_id, one in line["evidence"].items()}


@given(st.lists(st.tuples(nli_scores(), st.sampled_from([YEAR, OTHER_YEAR])), min_size=1, max_size=3))
def test_words_count_as_they_do_in_the_verdict(found):
    """A figure that opposes the claim turns support round."""
    rule = Rule(0.5, 0.5, Checks(quantities=True))
    claim = Claim("1", YEAR)
    items = [Evidence(Hit(passage("1", at, quote), 1.0), scores, YES) for at, (scores, quote) in enumerate(found)]
    judged = [Judged(item.hit, item.scores) for item in items]
    alone = rule.decide(claim, judged, evidence_from=EvidenceFrom.CORPUS)
    [line] = lines(write_scifact, verdict(N, *items, claim=claim), rule=rule)

    labels = {S: "SUPPORT", C: "CONTRADICT"}
    assert labels.get(alone.label) == line["evidence"].get("1", {}).get("label")
    if all(quote == OTHER_YEAR for _, quote in found):
        assert S is not alone.label


def test_without_the_rule_there_is_no_label_of_a_document():
    """Verdicts alone do not say by which rule they were decided."""
    with pytest.raises(ConfigError, match="needs the rule"):
        write_scifact(lambda: iter([]), BytesIO(), About())


@pytest.mark.parametrize(("claim_id", "doc_id"), [("c-12", "1"), ("1", "report.pdf"), ("1", "01"), ("²", "1")])
def test_ids_that_the_evaluator_does_not_take_are_refused(claim_id, doc_id):
    """It reads both as whole numbers."""
    with pytest.raises(FactcheckError, match="whole number"):
        lines(write_scifact, verdict(S, evidence(doc_id, 0), claim=Claim(claim_id, "Tea.")))


# --- the reviewers' verdict


def test_the_machines_verdict_is_predicted_unless_asked_otherwise():
    """A score of the machine is no score of its reviewers."""
    review = Reviewed("overruled", C, added=(evidence("9", 2, Stance.CONTRADICTS),))
    given = verdict(S, evidence("4", 1))

    [machine] = lines(write_fever, given, review=lambda _: review)
    [reviewed] = lines(write_fever, given, review=lambda _: review, reviewed=True)
    assert ("SUPPORTS", [["4", 1]]) == (machine["predicted_label"], machine["predicted_evidence"])
    assert ("REFUTES", [["9", 2]]) == (reviewed["predicted_label"], reviewed["predicted_evidence"])
    [machine] = lines(write_scifact, given, review=lambda _: review)
    [reviewed] = lines(write_scifact, given, review=lambda _: review, reviewed=True)
    assert {"4": {"sentences": [1], "label": "SUPPORT"}} == machine["evidence"]
    assert {"9": {"sentences": [2], "label": "CONTRADICT"}} == reviewed["evidence"]


def test_without_a_verdict_of_the_reviewers_it_is_the_machines():
    """Not reviewed, or disputed; what was marked as wrong is left out all the same."""
    review = Reviewed("unreviewed", None, wrong=frozenset({0}))
    [line] = lines(write_fever, verdict(S, evidence("4", 1), evidence("5", 0)), review=lambda _: review, reviewed=True)

    assert ("SUPPORTS", [["5", 0]]) == (line["predicted_label"], line["predicted_evidence"])


def test_documents_of_a_reviewed_claim_do_not_disagree_with_its_reviewers():
    """A conflict keeps both sides, what reviewers find open keeps none; a wrong sentence decides no document."""
    given = verdict(X, evidence("4", 1), evidence("4", 2, Stance.CONTRADICTS, 0.95), evidence("5", 0))

    def predicted(label, wrong=()):
        review = Reviewed("overruled", label, wrong=frozenset(wrong))
        [line] = lines(write_scifact, given, review=lambda _: review, reviewed=True)
        return {doc_id: one["label"] for doc_id, one in line["evidence"].items()}

    assert {"4": "CONTRADICT", "5": "SUPPORT"} == predicted(X) == predicted(None)
    assert {"5": "SUPPORT"} == predicted(S)
    assert {"4": "SUPPORT", "5": "SUPPORT"} == predicted(S, [1])
    assert {} == predicted(N)


@given(st.lists(verdicts(), max_size=3), st.lists(any_evidence, max_size=2), st.sampled_from([None, *Label]))
def test_any_verdict_can_be_predicted(made, added, label):
    """Each is a line of JSON in the scorer's form."""
    review = Reviewed("overruled", label, added=tuple(added))
    for line in lines(write_fever, *made, review=lambda _: review, reviewed=True):
        assert ["id", "predicted_label", "predicted_evidence"] == list(line)
        assert len(line["predicted_evidence"]) <= 5
