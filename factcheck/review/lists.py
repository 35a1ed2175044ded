"""The list of verdicts: what fits the filters, how they lie, and how far the run and its review are."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException, Request, Response

from factcheck.review import pages
from factcheck.review.desk import Desk, Run
from factcheck.review.plot import BINS, plots
from factcheck.review.view import PAGE, AView
from factcheck.review.words import LABELS
from factcheck.run.reviews import Status

router = APIRouter()
_WORDS = {label: word.word for label, word in LABELS.items()}


@router.get("/")
def show_list(request: Request, view: AView) -> Response:
    """A page of the list."""
    desk: Desk = request.app.state.desk
    wanted = view.filter
    with desk.listing() as listing:
        counts = listing.counts(replace(wanted, label=None))
        total = sum(counts.values()) if wanted.label is None else counts[wanted.label]
        statuses = listing.statuses(wanted, total=total if wanted.status is None else None)
        fit = statuses[wanted.status] if wanted.status is not None else sum(statuses.values())
        last = max(1, -(-fit // PAGE))
        if view.page > last:
            raise HTTPException(404, f"The list has {last:,} page{'s' if last > 1 else ''}.")
        rows = listing.page(wanted, offset=(view.page - 1) * PAGE, limit=PAGE)
        assignees = listing.assignees()
    return pages.render(
        request,
        "list.html",
        view=view,
        rows=rows,
        counts=counts,
        by_status=statuses,
        more=any((wanted.reason, wanted.assigned, wanted.document, wanted.least, wanted.most)),
        since=desk.run,
        state=state_of(desk.run),
        reviewed=desk.run.total - desk.reviews.counts()[Status.UNREVIEWED],
        fit=fit,
        first=(view.page - 1) * PAGE + 1,
        last=last,
        assignees=assignees,
    )


@router.get("/plot")
def show_plot(request: Request, view: AView) -> Response:
    """How the verdicts that fit lie by score: a fragment, since it reads all of them."""
    desk: Desk = request.app.state.desk
    wanted = replace(view.filter, label=None, least=None, most=None)
    with desk.listing() as listing:
        histogram = listing.histogram(wanted, bins=BINS)
        counts = listing.counts(replace(view.filter, label=None))
    return pages.render(request, "_plot.html", view=view, counts=counts, plots=plots(histogram, _WORDS), bins=BINS)


@router.get("/news")
def show_news(request: Request, view: AView, done: int, edition: int, shown: str = "") -> Response:
    """What has changed since a list was shown: a fragment, or 204 where nothing has since that was told.

    Args:
        request: What is answered.
        view: The list.
        done: How many verdicts there were when the list was shown.
        edition: Of which edition they were.
        shown: The state that the page tells of, as the fragment itself says it.
    """
    desk: Desk = request.app.state.desk
    run = desk.run
    if shown == state_of(run):
        return Response(status_code=204)
    since = replace(run, done=done, edition=edition)
    return pages.render(request, "_news.html", view=view, since=since, state=state_of(run))


def state_of(run: Run) -> str:
    """What is told of a run, in one word."""
    return f"{run.edition}.{run.done}.{'finished' if run.finished else 'open'}"
