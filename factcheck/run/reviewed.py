"""The reviews of a run as the formats write them, read only."""

from collections.abc import Sequence

from factcheck.formats.reviewed import Opinion, Remark, Review, Reviewed
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Decide, Event, Note, counted, events_of, fold, passage_key, seen_evidence
from factcheck.types import Verdict


def read_reviews(ledger: Ledger) -> Review | None:
    """What gives the review of each verdict of an open ledger; None where reviewers have done nothing.

    Nothing is written, and what the ledger's moment holds is read: one claim at a time.
    """
    if not ledger.review_events():
        return None
    return lambda verdict: reviewed(events_of(ledger, verdict.claim.id), verdict)


def reviewed(events: Sequence[Event], verdict: Verdict) -> Reviewed:
    """What the events of a claim come to, with its verdict as it is now."""
    if not events:
        return Reviewed()
    review = fold(events, seen_evidence(verdict))
    in_time = sorted(counted(events), key=lambda event: (event.time, event.number))
    times = {event.reviewer: event.time for event in in_time if isinstance(event.act, Decide)}
    stands = review.standing()
    opinions = tuple(
        Opinion(reviewer, decision.label, times[reviewer], decision.drawn, stands=reviewer in stands)
        for reviewer, decision in review.decisions.items()
    )
    notes = tuple(
        Remark(event.reviewer, event.act.text, event.time) for event in review.notes if isinstance(event.act, Note)
    )
    wrong = frozenset(at for at, item in enumerate(verdict.evidence) if passage_key(item.passage) in review.wrong)
    return Reviewed(review.status.value, review.label, opinions, notes, review.assigned, wrong, review.added)
