"""Pages and fragments as HTML: Jinja2 templates in which every value is escaped."""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from factcheck import __version__
from factcheck.review.guard import KEY_HEADER, Session
from factcheck.review.words import LABELS, ORDERS, ORIGINS, REASONS, STANCES, STATUSES

if TYPE_CHECKING:
    from jinja2 import Environment

    from factcheck.review.desk import Desk


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
