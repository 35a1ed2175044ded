"""The review's pages as one application behind its guard."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp

from factcheck.errors import FactcheckError, RunError
from factcheck.review import agreeing, claim, documents, lists, pages, sampling, team
from factcheck.review.desk import Desk
from factcheck.review.guard import Guard, Sessions
from factcheck.run.reviews import OutdatedError

_KINDS = {"css": "text/css", "js": "text/javascript"}
_TITLES = {400: "That does not fit", 404: "There is nothing here", 409: "Somebody was quicker"}


def make_app(desk: Desk, *, sessions: Sessions, hosts: Iterable[str], max_body: int = 50_000_000) -> ASGIApp:
    """The application that reviews one run.

    Args:
        desk: What the pages are made from.
        sessions: Who may come in.
        hosts: What the Host header may be.
        max_body: Largest body of a request, in bytes.
    """
    # What is reviewed stays on this machine, whatever the environment asks of FastAPI's telemetry.
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(_look)],
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.desk, app.state.sessions, app.state.static = desk, sessions, _static()
    for module in (lists, claim, documents, sampling, agreeing, team):
        app.include_router(module.router)
    app.add_api_route("/static/{name}", _show_static)
    app.add_exception_handler(StarletteHTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(FactcheckError, _on_refused)
    app.add_exception_handler(Exception, _on_bug)
    return Guard(app, sessions=sessions, hosts=hosts, max_body=max_body)


def _look(request: Request) -> None:
    """Before every answer: follow the run, which may go on or be updated meanwhile."""
    request.app.state.desk.look()


def _static() -> dict[str, tuple[bytes, str]]:
    """All files that pages need, read once: no name from an address ever reaches the file system."""
    folder = files("factcheck.review") / "static"
    found = ((item.name, item.name.rpartition(".")[2], item) for item in folder.iterdir())
    return {name: (item.read_bytes(), _KINDS[kind]) for name, kind, item in found if kind in _KINDS}


def _show_static(request: Request, name: str) -> Response:
    found: tuple[bytes, str] | None = request.app.state.static.get(name)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    return Response(found[0], media_type=found[1])


def _on_http(request: Request, error: Any) -> Response:  # noqa: ANN401 (starlette types all handlers alike)
    told = error.detail if error.status_code != 404 or error.detail != "Not Found" else "There is no such page."
    return _refusal(request, error.status_code, told, error.headers)


def _on_invalid(request: Request, error: Any) -> Response:  # noqa: ANN401
    in_path = any(item["loc"][0] == "path" for item in error.errors())
    names = ", ".join(dict.fromkeys(str(item["loc"][-1]) for item in error.errors()))
    return _refusal(request, 404, "There is no such page.") if in_path else _refusal(request, 400, f"Look at: {names}.")


def _on_refused(request: Request, error: Any) -> Response:  # noqa: ANN401
    status = 409 if isinstance(error, OutdatedError) else 503 if isinstance(error, RunError) else 400
    where = request.app.state.desk.name if error.where == str(request.app.state.desk.folder) else error.where
    return _refusal(request, status, f"{where}: {error.found}" + (f"; {error.fix}" if error.fix else ""))


def _on_bug(request: Request, error: Any) -> Response:  # noqa: ANN401, ARG001
    told = "This is a fault of factcheck; the terminal in which it runs shows more. What was decided is stored."
    return _refusal(request, 500, told)


def _refusal(request: Request, status: int, told: str, headers: dict[str, str] | None = None) -> Response:
    name = "_refused.html" if pages.is_fragment(request) else "error.html"
    title = _TITLES.get(status, "That did not work")
    answer = pages.render(request, name, status=status, heading=title, told=told)
    answer.headers.update(headers or {})
    return answer
