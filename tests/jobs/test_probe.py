"""Decisive verdicts that do not change when their claim is edited so that they should."""

import itertools

import pytest

from factcheck.jobs.probe import expected_to_flip, probe
from factcheck.nli import load
from factcheck.testing import RuleNLI
from factcheck.types import Claim, EvidenceFrom, Hit, Judged, Label, NLIScores, Passage, Source
from factcheck.verdict.checks import Checks
from factcheck.verdict.decide import Rule
from factcheck.wording.edits import EditKind

RULE = Rule(support=0.5, contradict=0.5)
SURE = NLIScores(0.96, 0.02, 0.02)


class Yes(RuleNLI):
    """A model that takes every claim for supported."""

    def score(self, pairs):
        super().score(pairs)
        return [SURE for _ in pairs]


class No(RuleNLI):
    """A model that takes every claim for contradicted."""

    def score(self, pairs):
        super().score(pairs)
        return [NLIScores(0.02, 0.02, 0.96) for _ in pairs]


def hit(text, doc_id="a"):
    return Hit(Passage(Source(doc_id, "", doc_id, "0" * 64), 0, 0, len(text), text, text), 1.0)


def verdict(scorer, claim, *passages, rule=RULE, claim_id="c"):
    """What the rule says of a claim with these passages."""
    one = Claim(id=claim_id, text=claim)
    texts = rule.texts(one)
    judged = []
    for at, text in enumerate(passages):
        whole, *parts = scorer.score([(text, hypothesis) for hypothesis in texts])
        judged.append(Judged(hit(text, f"d{at}"), whole, tuple(parts)))
    return rule.decide(one, judged, evidence_from=EvidenceFrom.GIVEN)


def test_a_model_that_reads_figures_and_negations_is_not_fragile():
    """Each edit of a supported claim takes its support away."""
    scorer = RuleNLI()
    supported = verdict(scorer, "The tower is 55 metres tall.", "The tower is 55 metres tall.")

    (found,) = probe([supported], scorer, RULE)

    assert (Label.SUPPORTED, "c") == (found.label, found.claim_id)
    assert {edit.kind for edit in found.tried} == {EditKind.NUMBER, EditKind.NEGATION}
    assert not found.is_fragile


def test_a_model_that_says_yes_to_everything_is_fragile():
    """Every edit is named with the score that the claim then still had."""
    scorer = Yes()
    supported = verdict(scorer, "The tower is 55 metres tall.", "The tower is 55 metres tall.")

    (found,) = probe([supported], scorer, RULE)

    assert found.is_fragile
    assert [item.edit for item in found.stayed] == list(found.tried)
    assert {item.score for item in found.stayed} == {0.96}


def test_of_a_contradicted_claim_only_its_denial_counts():
    """With another wrong figure it is contradicted as before; denied, it should not be."""
    scorer = RuleNLI()
    contradicted = verdict(scorer, "The tower is 55 metres tall.", "The tower is 70 metres tall.")

    (found,) = probe([contradicted], scorer, RULE)

    assert found.label is Label.CONTRADICTED
    assert [edit.kind for edit in found.tried] == [EditKind.NEGATION]


def test_a_contradiction_that_survives_its_denial_is_fragile():
    """A claim and its denial cannot both be contradicted by the same passage."""
    scorer = No()
    contradicted = verdict(scorer, "The tower is tall.", "The tower is tall.")

    (found,) = probe([contradicted], scorer, RULE)

    assert [item.edit.text for item in found.stayed] == ["The tower is not tall."]


def test_a_contradicted_claim_of_several_parts_is_left_alone():
    """The part that an edit denies need not be the wrong one."""
    scorer = No()
    contradicted = verdict(scorer, "The mill is old and was sold in 1990.", "The mill is new.")

    (found,) = probe([contradicted], scorer, RULE)

    assert found.tried == ()
    assert not found.is_fragile


def test_parts_are_judged_again_too():
    """A claim that is supported part by part is probed part by part."""
    rule = Rule(support=0.5, contradict=0.5, checks=Checks(parts=True))
    scorer = RuleNLI()
    passages = ("The mill is 30 metres tall.", "The mill was sold in 1990.")
    supported = verdict(scorer, "The mill is 30 metres tall and was sold in 1990.", *passages, rule=rule)

    (found,) = probe([supported], scorer, rule)

    assert supported.label is Label.SUPPORTED
    assert len(found.tried) >= 2
    assert not found.is_fragile


def test_names_come_from_the_evidence_of_the_claim():
    """What the passages speak of beside it is what could be confused with it."""
    scorer = Yes()
    supported = verdict(scorer, "The mill was sold in March.", "The mill was sold in March.", "It was bought in June.")

    texts = [edit.text for edit in expected_to_flip(supported)]

    assert "The mill was sold in June." in texts


def test_open_and_conflicting_verdicts_are_passed_over():
    """There is no side that they could stay on."""
    scorer = RuleNLI()
    nothing = verdict(scorer, "The tower is tall.", "Bees are small.")
    torn = verdict(
        scorer, "The tower is 55 metres tall.", "The tower is 55 metres tall.", "The tower is 70 metres tall."
    )

    assert [nothing.label, torn.label] == [Label.NOT_ENOUGH_INFO, Label.CONFLICTING]
    assert list(probe([nothing, torn], scorer, RULE)) == []


@pytest.mark.parametrize("window", [1, 2, 100])
def test_the_window_changes_nothing(window):
    """Records come in the order of the verdicts, whoever is scored together."""
    scorer = RuleNLI()
    verdicts = [
        verdict(scorer, f"The tower is {n} metres tall.", f"The tower is {n} metres tall.", claim_id=str(n))
        for n in (20, 30, 40, 50, 60)
    ]

    found = list(probe(verdicts, scorer, RULE, window=window))

    assert found == list(probe(verdicts, scorer, RULE))
    assert [one.claim_id for one in found] == ["20", "30", "40", "50", "60"]


def test_the_stream_is_read_a_window_at_a_time():
    """An endless stream of verdicts has a first record."""
    scorer = RuleNLI()
    one = verdict(scorer, "The tower is 55 metres tall.", "The tower is 55 metres tall.")

    first = next(probe(itertools.repeat(one), scorer, RULE, window=2))

    assert first.claim_id == "c"


def test_at_most_so_many_edits_are_tried_of_all_kinds():
    """The first of each kind goes before the second of any."""
    scorer = Yes()
    text = "The mill is 30 metres tall, has 4 floors and 9 doors, and was sold in March 1990."
    supported = verdict(scorer, text, "It was bought in June.")

    (found,) = probe([supported], scorer, RULE, most=3)

    assert {edit.kind for edit in found.tried} == {EditKind.NUMBER, EditKind.NEGATION, EditKind.ENTITY}
    assert [edit.start for edit in found.tried] == sorted(edit.start for edit in found.tried)


def test_an_edit_that_grew_too_long_is_left_out():
    """A claim is never cut; the other edits are tried."""
    scorer = Yes(max_tokens=15)  # claims of up to six tokens
    supported = verdict(scorer, "The tower is 55 metres tall.", "So it is said.")

    (found,) = probe([supported], scorer, RULE)

    assert [edit.kind for edit in found.tried] == [EditKind.NUMBER]


def test_a_passage_that_no_longer_fits_is_read_in_windows():
    """One word more in the claim leaves less room; nothing is cut, and the support is found again."""
    scorer = Yes(max_tokens=16)
    supported = verdict(scorer, "The tower is tall.", "one two three four five six seven eight nine")

    (found,) = probe([supported], scorer, RULE)

    assert [item.edit.text for item in found.stayed] == ["The tower is not tall."]


@pytest.mark.model
def test_the_bundled_model_is_not_fooled_by_plain_edits():
    """A figure, a negation and a direction taken from the words of the passage."""
    scorer = load("nli-mini")
    claims = [
        "The Helm Bridge is 214 metres long.",
        "The harbour was deepened in 1987.",
        "Exports of timber increased by 12 percent.",
    ]
    verdicts = [verdict(scorer, text, text, claim_id=text) for text in claims]

    found = list(probe(verdicts, scorer, RULE))

    assert [one.label for one in found] == [Label.SUPPORTED] * 3
    assert all(len(one.tried) >= 2 for one in found)
    assert [one.claim_id for one in found if one.is_fragile] == []
