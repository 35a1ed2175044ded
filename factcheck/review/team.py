"""Who reviews, and the files in which decisions travel: names, invitations, download and merge."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from factcheck.formats.records import to_json
from factcheck.review import pages
from factcheck.review.desk import Desk
from factcheck.review.guard import Sessions
from factcheck.review.merging import merge
from factcheck.review.reviewers import reviewer_name
from factcheck.run.reviews import Event

router = APIRouter()
_SHOWN = 200  # refused lines


@router.get("/team")
def show_team(request: Request) -> Response:
    """Everything of this module on one page."""
    desk: Desk = request.app.state.desk
    events = desk.reviews.events()
    acts: dict[str, int] = {}
    for event in events:
        acts[event.reviewer] = acts.get(event.reviewer, 0) + 1
    return pages.render(request, "team.html", events=len(events), acts=acts, host=request.url.hostname or "")


@router.post("/reviewer")
def rename(request: Request, name: Annotated[str, Form()] = "") -> Response:
    """Decide under another name from now on."""
    request.state.session.reviewer = reviewer_name(name)
    toast = f"From now on you review as {request.state.session.reviewer}."
    return pages.render(request, "_reviewer.html", toast=toast)


@router.post("/invite")
def invite(request: Request, name: Annotated[str, Form()] = "") -> Response:
    """A link that lets one more browser in, once."""
    reviewer = reviewer_name(name)
    sessions: Sessions = request.app.state.sessions
    link = f"{request.url.scheme}://{request.headers['host']}/?token={quote(sessions.invite(reviewer))}"
    return pages.render(request, "_invited.html", reviewer=reviewer, link=link)


@router.get("/decisions.jsonl")
def download(request: Request) -> Response:
    """Every event of the review, one a line, as `merge` takes them."""
    desk: Desk = request.app.state.desk
    named = {"content-disposition": 'attachment; filename="decisions.jsonl"'}
    return StreamingResponse(_lines(desk.reviews.events()), media_type="application/jsonl", headers=named)


@router.post("/merge")
def merge_upload(request: Request, decisions: UploadFile) -> Response:
    """Bring in the decisions of a file."""
    desk: Desk = request.app.state.desk
    merged = merge(desk.reviews, decisions.file)
    return pages.render(request, "_merged.html", merged=merged, shown=merged.refused[:_SHOWN])


def _lines(events: list[Event]) -> Iterator[str]:
    return (to_json(event.record()) + "\n" for event in events)
