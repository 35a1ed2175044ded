"""The verdicts of a run as a list."""

from itertools import product

import pytest

from factcheck.run.ledger import Ledger
from factcheck.run.listing import Filter, Listing, Order
from factcheck.run.reviews import Assign, Decide, Event, Reviews, Status, seen_evidence
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
SCORES = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
STANCES = {S: (Stance.SUPPORTS,), C: (Stance.CONTRADICTS,), X: (Stance.SUPPORTS, Stance.CONTRADICTS), N: ()}


def made(number):
    """A verdict whose label and score follow from its number."""
    label, score = list(Label)[number % 4], (number * 7 % 10) / 10
    items = tuple(
        Evidence(
            Hit(Passage(Source(f"d{at}", f"Title {at}", "", "0" * 64), 0, number, number + 1, "q", "q"), 1.0),
            NLIScores(*SCORES[stance]),
            stance,
        )
        for at, stance in enumerate(STANCES[label])
    )
    below = Reason.BELOW_THRESHOLD if number % 8 == 3 else Reason.NO_PASSAGE_FOUND
    reason = below if label is N else Reason.EVIDENCE
    claim = Claim(f"c{number}", f"Claim {number} has 100% of_it.")
    return Verdict(claim, label, score, reason, EvidenceFrom.CORPUS, items)


VERDICTS = [made(number) for number in range(40)]


@pytest.fixture
def run(tmp_path):
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest([item.claim for item in VERDICTS])
        ledger.begin((), identity={})
        ledger.write(VERDICTS)
        ledger.finish()
    return tmp_path


@pytest.fixture
def listing(run):
    with Listing(run) as opened:
        yield opened


def rank(number):
    """What needs a human first, said otherwise than in SQL."""
    item = VERDICTS[number]
    near = 3 if item.reason is Reason.BELOW_THRESHOLD else 4
    return {X: 0, C: 1, S: 2, N: near}[item.label], item.score, number


KEYS = {
    Order.URGENT: rank,
    Order.CLAIM: lambda number: number,
    Order.SUREST: lambda number: (-VERDICTS[number].score, number),
    Order.LEAST_SURE: lambda number: (VERDICTS[number].score, number),
}


@pytest.mark.parametrize("order", Order)
def test_pages_one_after_another_are_the_whole_list_in_its_order(listing, order):
    """Nothing twice, nothing left out."""
    pages = [listing.page(Filter(order=order), offset=offset, limit=9) for offset in range(0, 45, 9)]

    assert sorted(range(40), key=KEYS[order]) == [row.position for page in pages for row in page]


@pytest.mark.parametrize(("order", "back"), list(product(Order, [False, True])))
def test_going_from_neighbour_to_neighbour_is_the_list(listing, order, back):
    """Both ways, with a filter."""
    wanted = Filter(order=order, least=0.3)
    listed = [row.position for row in listing.page(wanted)]
    if back:
        listed.reverse()

    walked = listed[:1]
    while (row := listing.neighbour(wanted, walked[-1], back=back)) is not None:
        walked.append(row.position)

    assert listed == walked


def test_a_wildcard_in_a_text_is_a_character(listing):
    """Percent, underscore and the sign that escapes them."""
    found = [
        sum(listing.counts(Filter(text=text)).values()) for text in ("100%", "of_it", "ofxit", "1%0", "!", "CLAIM")
    ]

    assert [40, 40, 0, 0, 0, 40] == found


def test_positions_are_told_by_label(listing):
    """In claim order."""
    assert {label: [at for at in range(40) if VERDICTS[at].label is label] for label in Label} == listing.positions()


def test_statuses_are_counted_among_what_fits(run, listing):
    """Whatever status the filter names, with and without a review."""
    every = {**dict.fromkeys(Status, 0), Status.UNREVIEWED: 40}
    assert every == listing.statuses(Filter())
    with Reviews(run) as reviews:
        for number, label in ((0, S), (4, C), (1, C)):
            item = VERDICTS[number]
            reviews.add(Event(item.claim.id, "ann", Decide(label, item.label, seen_evidence(item))))

    assert {**every, Status.UNREVIEWED: 37, Status.ACCEPTED: 2, Status.OVERRULED: 1} == listing.statuses(Filter())
    for wanted in (Filter(label=S), Filter(text="claim 4 "), Filter(document="d1"), Filter(label=C, least=0.5)):
        counted = listing.statuses(wanted)
        for status in Status:
            rows = listing.page(Filter(wanted.label, None, status, "", wanted.document, wanted.text, wanted.least))
            assert len(rows) == counted[status]
        assert counted == listing.statuses(
            Filter(wanted.label, None, Status.STALE, "", wanted.document, wanted.text, wanted.least)
        )


def test_everybody_whom_a_claim_is_assigned_to(run, listing):
    """Once each, by name; nobody where nothing was reviewed."""
    assert [] == listing.assignees()
    with Reviews(run) as reviews:
        for number, name in enumerate(["ben", "ann", "ben", ""]):
            reviews.add(Event(f"c{number}", "x", Assign(name)))

    assert ["ann", "ben"] == listing.assignees()


def test_a_documents_source_is_that_of_its_passages(listing):
    """None for a document that was not quoted."""
    assert "Title 1" == listing.source("d1")["title"]
    assert listing.source("d9") is None
