"""What stands before every page: who may ask, from where, and what a browser may do with the answer.

The page shows text of strangers and writes the reviewers' decisions, on a machine whose browser visits other pages too.
So a request must name this server as its host (a page elsewhere that resolves its own name to 127.0.0.1 names itself),
must carry the session of a browser that was given a link, and, where it writes, must come from a page of this server
and bring the session's key, which no other page can read.
"""

import hmac
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY_HEADER = "x-factcheck-key"
"""The header in which a page brings the key of its session with everything that it writes."""
_TOKEN = "token"  # noqa: S105 (the name of the parameter)
_SAFE = frozenset({"GET", "HEAD"})
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_NO_SESSION = "This page opens with the link that `factcheck review` prints; each link opens it once.\n"


@dataclass(slots=True)
class Session:
    """One browser that was let in."""

    reviewer: str
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class Sessions:
    """Who was let in, and links that let somebody in; in memory, so they end with the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._invited: dict[str, str] = {}  # token -> reviewer
        self._open: dict[str, Session] = {}  # cookie -> session

    def invite(self, reviewer: str) -> str:
        """A token that lets one browser in, once, as this reviewer."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._invited[token] = reviewer
        return token

    def enter(self, token: str) -> str | None:
        """The cookie of a new session for a token, which is used up by that; None for one that is not known."""
        with self._lock:
            known = next((one for one in self._invited if hmac.compare_digest(one.encode(), token.encode())), None)
            if known is None:
                return None
            cookie = secrets.token_urlsafe(32)
            self._open[cookie] = Session(self._invited.pop(known))
            return cookie

    def of(self, cookie: str) -> Session | None:
        """The session of a cookie."""
        with self._lock:
            found = next((one for one in self._open if hmac.compare_digest(one.encode(), cookie.encode())), None)
            return None if found is None else self._open[found]


class Guard:
    """Lets through what may pass, with its session in `request.state.session`, and adds the headers of every answer.

    Args:
        app: The pages.
        sessions: Who was let in.
        hosts: What the Host header may be, such as `127.0.0.1:8000`.
        max_body: Largest body of a request, in bytes.
    """

    def __init__(self, app: ASGIApp, *, sessions: Sessions, hosts: Iterable[str], max_body: int = 50_000_000) -> None:
        self._app, self._sessions, self._max_body = app, sessions, max_body
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page of ours opens a web socket
            return

        body = _Body(receive, self._max_body)
        refused = False

        async def guarded(message: Message) -> None:
            nonlocal refused
            if body.is_over and not refused and message["type"] == "http.response.start":
                refused = True
                await self._too_large()(scope, receive, add_headers)
            elif not refused:
                await add_headers(message)

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, add_headers)
            return
        await self._app(scope, body.receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further; None for one that may pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return PlainTextResponse("This server does not go by that name.\n", 421)
        request = Request(scope)
        token = request.query_params.get(_TOKEN)
        if token is not None and scope["method"] == "GET":
            return self._entered(request, token)
        session = self._sessions.of(_cookie(headers, _cookie_name(host)))
        if session is None:
            return PlainTextResponse(_NO_SESSION, 403)
        scope.setdefault("state", {})["session"] = session
        if scope["method"] not in _SAFE:
            return self._write_refusal(headers, host, session)
        return None

    def _entered(self, request: Request, token: str) -> Response:
        """A way into the page without the token, so that it stays in no history."""
        host = request.headers["host"].lower()
        cookie = self._sessions.enter(token)
        if cookie is None and self._sessions.of(_cookie(request.headers, _cookie_name(host))) is None:
            return PlainTextResponse(_NO_SESSION, 403)
        query = urlencode([pair for pair in parse_qsl(request.url.query) if pair[0] != _TOKEN])
        path = "/" + request.url.path.lstrip("/")  # never the name of another host
        answer = RedirectResponse(path + (f"?{query}" if query else ""), 303)
        if cookie is not None:
            # Lax: a link that is followed from another site, as out of mail, still gets in; what writes needs the key.
            answer.set_cookie(_cookie_name(host), cookie, httponly=True, samesite="lax", path="/")
        return answer

    def _write_refusal(self, headers: Headers, host: str, session: Session) -> Response | None:
        origin = headers.get("origin")
        same_site = headers.get("sec-fetch-site", "same-origin") == "same-origin"
        if not same_site or origin not in {f"http://{host}", f"https://{host}"}:
            return PlainTextResponse("That came from another page.\n", 403)
        if not hmac.compare_digest(headers.get(KEY_HEADER, "").encode(), session.key.encode()):
            return PlainTextResponse("The key of this session is missing: load the page again.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._max_body:
            return self._too_large()
        return None

    def _too_large(self) -> Response:
        return PlainTextResponse(f"That is more than {self._max_body:,} bytes.\n", 413)


class _Body:
    """The body of a request, until one without a length has brought too much: then the browser is as good as gone."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left = receive, most

    @property
    def is_over(self) -> bool:
        """Whether there was too much."""
        return self._left < 0

    async def receive(self) -> Message:
        """The next part."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message


def _cookie_name(host: str) -> str:
    """A name of its own for each port: a browser sends the cookies of a host to all its ports."""
    return f"factcheck-{host.rpartition(':')[2] if ':' in host else '80'}"


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value
