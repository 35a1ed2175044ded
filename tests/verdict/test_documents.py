"""The verdict on each document alone."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from strategies import evidence

from factcheck.types import Claim, EvidenceFrom, Judged, Label
from factcheck.verdict.calibration import Budget
from factcheck.verdict.decide import Rule
from factcheck.verdict.documents import by_document, decide_by

RULE = Rule(0.5, 0.5)
CLAIM = Claim("1", "The ferry sails twice a day.")
CORPUS = EvidenceFrom.CORPUS
items = st.lists(evidence, max_size=5)


def places(item):
    return [one.source.doc_id for one in (item.passage, *item.hit.copies)]


@given(items)
def test_every_document_has_a_verdict_by_its_own_evidence(found):
    """In the order of the evidence; none conflicts with itself, and nothing of another document is in it."""
    alone = by_document(CLAIM, found, CORPUS, decide_by(RULE))

    assert list(dict.fromkeys(place for item in found for place in places(item))) == list(alone)
    for doc_id, verdict in alone.items():
        assert {doc_id} == {place for item in verdict.evidence for place in places(item)}
        assert Label.CONFLICTING is not verdict.label


@given(evidence)
def test_the_only_document_is_the_whole(item):
    """Its verdict is that on the claim."""
    single = replace(item, hit=replace(item.hit, copies=()))
    whole = RULE.decide(CLAIM, [Judged(single.hit, single.scores, single.parts)], evidence_from=CORPUS)

    assert [whole] == list(by_document(CLAIM, [single], CORPUS, decide_by(RULE)).values())


def test_no_evidence_is_no_document():
    """As where a claim was refused."""
    assert {} == by_document(CLAIM, [], CORPUS, decide_by(RULE))


@given(items)
def test_an_error_budget_is_for_claims(found):
    """A document's verdict is the same with one."""
    strict = replace(RULE, budget=Budget(0.05, 0.1, 0.9, 100, 1, 0.5))

    assert by_document(CLAIM, found, CORPUS, decide_by(RULE)) == by_document(CLAIM, found, CORPUS, decide_by(strict))
