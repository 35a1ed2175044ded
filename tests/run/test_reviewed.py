"""The reviews of a run as the formats write them."""

import pytest

from factcheck.formats.reviewed import Opinion, Remark, Reviewed
from factcheck.run.ledger import Ledger
from factcheck.run.reviewed import read_reviews
from factcheck.run.reviews import Add, Assign, Decide, Event, Mark, Note, Reviews, passage_key, seen_evidence
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

S, C, X, N = Label


def evidence(quote):
    passage = Passage(Source("harbour", "", "h.txt", "0" * 64), 0, 0, len(quote), quote, quote)
    return Evidence(Hit(passage, 1.0), NLIScores(0.9, 0.1, 0.0), Stance.SUPPORTS)


VERDICTS = [
    Verdict(
        Claim(name, f"Claim {name}."), S, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (evidence("A."), evidence("B."))
    )
    for name in ("one", "two")
]
SAW = seen_evidence(VERDICTS[0])


@pytest.fixture
def run(tmp_path):
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest([verdict.claim for verdict in VERDICTS])
        ledger.begin((), identity={})
        ledger.write(VERDICTS)
        ledger.finish()
    return tmp_path


def reviews(run, *events):
    """What is read of the two claims after these events."""
    with Reviews(run) as store:
        for event in events:
            store.add(event)
    with Ledger(run) as ledger, ledger.moment():
        review = read_reviews(ledger)
        return [review(verdict) for verdict in ledger.verdicts()]


def decide(label, reviewer, time, **more):
    return Event("one", reviewer, Decide(label, S, more.pop("saw", SAW), **more), time)


def test_there_are_none_where_nobody_did_anything(run):
    """Also where the page was opened, which makes the tables."""
    with Reviews(run):
        pass
    with Ledger(run) as ledger:
        assert read_reviews(ledger) is None


def test_all_that_holds_of_a_claim_is_there(run):
    """A claim that nobody touched is not reviewed."""
    one, two = reviews(
        run,
        decide(S, "ann", 1.0),
        decide(C, "ann", 2.0, drawn="sample:1:2/2:SUPPORTED"),
        Event("one", "ann", Note("Look."), 3.0),
        Event("one", "ann", Assign("bob"), 4.0),
        Event("one", "ann", Mark(passage_key(VERDICTS[0].evidence[1].passage), wrong=True), 5.0),
        Event("one", "ann", Add(evidence("C.")), 6.0),
    )

    assert Reviewed() == two
    assert (
        Reviewed(
            "overruled",
            C,
            (Opinion("ann", C, 2.0, "sample:1:2/2:SUPPORTED"),),
            (Remark("ann", "Look.", 3.0),),
            "bob",
            frozenset({1}),
            (evidence("C."),),
        )
        == one
    )


def test_opinions_that_do_not_stand_are_told_from_those_that_do(run):
    """One on other evidence, one from before a dispute was settled."""
    one, _ = reviews(run, decide(N, "ann", 1.0, saw="else"), decide(S, "bob", 2.0), decide(C, "cem", 3.0, settles=True))

    assert ("overruled", C) == (one.status, one.label)
    assert {"ann": False, "bob": False, "cem": True} == {item.reviewer: item.stands for item in one.opinions}
    assert ["cem"] == [item.reviewer for item in one.standing]


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([decide(S, "ann", 1.0), decide(C, "bob", 2.0)], "disputed"),
        ([decide(S, "ann", 1.0, saw="else")], "needs re-review"),
        ([Event("one", "ann", Note("Hm."), 1.0)], "unreviewed"),
    ],
)
def test_there_is_no_verdict_where_reviewers_have_none(run, events, status):
    """They differ, saw other evidence, or did not decide."""
    one, _ = reviews(run, *events)

    assert (status, None) == (one.status, one.label)
