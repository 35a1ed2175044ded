"""The page that tells how far reviewers agree, and where they do not."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from factcheck.review import pages
from factcheck.review.agreement import agreements
from factcheck.review.desk import Desk
from factcheck.review.view import PAGE
from factcheck.run.listing import Filter, Order
from factcheck.run.reviews import Decide, Reviews, Status
from factcheck.types import Label

router = APIRouter()


def decided_in_common(reviews: Reviews) -> list[Mapping[str, Label]]:
    """For each claim that several reviewers decided on the evidence that there is now, the label that each gave it.

    Who settled a dispute had seen the others' labels, so that this one does not count.
    """
    reviewers: dict[str, set[str]] = {}
    for event in reviews.events():
        if isinstance(event.act, Decide):
            reviewers.setdefault(event.claim_id, set()).add(event.reviewer)
    found: list[Mapping[str, Label]] = []
    for claim_id, names in reviewers.items():
        if len(names) > 1:
            review = reviews.of(claim_id)
            labels = {
                name: decision.label
                for name, decision in review.decisions.items()
                if name not in review.stale and not decision.settles
            }
            if len(labels) > 1:
                found.append(labels)
    return found


@router.get("/agreement")
def show_agreement(request: Request) -> Response:
    """Each two reviewers' agreement, and the queue of disagreements."""
    desk: Desk = request.app.state.desk
    disputed = Filter(status=Status.DISPUTED, order=Order.CLAIM)
    with desk.listing() as listing:
        rows = listing.page(disputed, limit=PAGE)
        total = sum(listing.counts(disputed).values())
    decisions = {row.claim_id: desk.reviews.of(row.claim_id).decisions for row in rows}
    return pages.render(
        request,
        "agreement.html",
        pairs=agreements(decided_in_common(desk.reviews)),
        rows=rows,
        total=total,
        decisions=decisions,
    )
