"""Pages and fragments as HTML: Jinja2 templates in which every value is escaped, and the words for what is shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from factcheck import __version__
from factcheck.review.guard import KEY_HEADER, Session
from factcheck.run.listing import Order
from factcheck.run.reviews import Status
from factcheck.types import EvidenceFrom, Label, Reason, Stance

if TYPE_CHECKING:
    from jinja2 import Environment

    from factcheck.review.desk import Desk


@dataclass(frozen=True, slots=True)
class Word:
    """How something is shown: in words, by a symbol beside them, and in a colour by the name of a class."""

    word: str
    symbol: str = ""
    css: str = ""
    more: str = ""


LABELS = {
    Label.SUPPORTED: Word("Supported", "✓", "is-supported"),
    Label.CONTRADICTED: Word("Contradicted", "✗", "is-contradicted"),
    Label.CONFLICTING: Word("Conflicting", "⇄", "is-conflicting"),
    Label.NOT_ENOUGH_INFO: Word("Not enough info", "?", "is-unknown"),
}
STANCES = {
    Stance.SUPPORTS: Word("supports", "✓", "is-supported"),
    Stance.CONTRADICTS: Word("contradicts", "✗", "is-contradicted"),
    Stance.NEUTRAL: Word("neutral", "–", "is-unknown"),
}
REASONS = {
    Reason.EVIDENCE: Word("the evidence decides"),
    Reason.BELOW_THRESHOLD: Word("a sentence leans, not far enough"),
    Reason.ONLY_NEUTRAL: Word("every sentence found is neutral"),
    Reason.NO_PASSAGE_FOUND: Word("no sentence shares a word with it"),
}
STATUSES = {
    Status.UNREVIEWED: Word("Not reviewed", "○", "is-open"),
    Status.ACCEPTED: Word("Accepted", "●", "is-accepted"),
    Status.OVERRULED: Word("Overruled", "◆", "is-overruled"),
    Status.DISPUTED: Word("Disputed", "≠", "is-disputed"),
    Status.STALE: Word("Needs re-review", "↻", "is-stale"),
}
ORDERS = {
    Order.URGENT: Word(
        "What needs a human first",
        more="Conflicts first, then contradicted, then supported, then claims that a sentence nearly decided; "
        "in each the least sure first.",
    ),
    Order.LEAST_SURE: Word("Least sure first", more="Lowest score (or confidence) first, whatever the verdict."),
    Order.SUREST: Word("Surest first", more="Highest score (or confidence) first, whatever the verdict."),
    Order.CLAIM: Word("As in the claims file", more="The order of the claims file."),
}
ORIGINS = {
    EvidenceFrom.CORPUS: Word("the whole corpus was searched"),
    EvidenceFrom.GIVEN: Word("the claim's own sources were searched"),
    EvidenceFrom.GOLD: Word("the gold evidence of the data set"),
}


def render(
    request: Request,
    name: str,
    *,
    status: int = 200,
    toast: str = "",
    triggers: Mapping[str, Any] | None = None,
    **context: Any,  # noqa: ANN401 (whatever the template shows)
) -> HTMLResponse:
    """A template as the answer to a request.

    Templates know, besides `context`: `session` (reviewer, key), `desk`, `run` (edition, done, total, finished),
    `labels`, `stances`, `reasons`, `statuses`, `orders` and `origins` (a `Word` for each member), `version`, and the
    filter `number` (12,345).

    Args:
        request: What is answered.
        name: The template's file.
        status: The HTTP status.
        toast: A short message that the page shows and a screen reader says.
        triggers: Events that htmx raises in the page, by name.
        **context: What the template shows; all of it is escaped.
    """
    desk: Desk = request.app.state.desk
    session: Session = request.state.session
    html = (
        _templates()
        .get_template(name)
        .render(
            request=request,
            session=session,
            desk=desk,
            run=desk.run,
            hx_headers=json.dumps({KEY_HEADER: session.key}),
            **context,
        )
    )
    events = dict(triggers or {}) | ({"toast": toast} if toast else {})
    headers = {"HX-Trigger": json.dumps(events)} if events else None
    return HTMLResponse(html, status, headers)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page that it has."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 (importing factcheck stays quick)

    templates = Environment(
        loader=PackageLoader("factcheck.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["number"] = _number
    templates.globals.update(
        labels=LABELS,
        stances=STANCES,
        reasons=REASONS,
        statuses=STATUSES,
        orders=ORDERS,
        origins=ORIGINS,
        version=__version__,
    )
    return templates


def _number(value: float) -> str:
    return f"{value:,}"
