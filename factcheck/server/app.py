"""The service as an ASGI application: what comes in, what goes out, and a line of the log for each request."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from factcheck.server import metrics
from factcheck.server.guard import Guard
from factcheck.server.limits import Limits
from factcheck.server.logs import Log
from factcheck.server.openapi import document
from factcheck.server.problems import Problem, of_bug
from factcheck.server.service import Account, ClientGoneError, Service, State
from factcheck.types import JSON

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_JSON: Final = "application/json"
_OPEN: Final = frozenset({"/healthz", "/livez"})  # without a token: they tell nothing
_GONE: Final = 499  # what logs of web servers say of a client that left
_SWALLOWED: Final = 8  # times the largest body that is read of a greater one, so that the client hears the answer
_SHOWN: Final = 200  # characters of a path
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out."""

    body: bytes
    kind: str = _JSON
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] | None = None
    last: bool = False  # whether the connection ends with it

    @classmethod
    def of(cls, problem: Problem, *, last: bool = False) -> "Answer":
        """The answer that refuses."""
        return cls(problem.body, status=problem.status, headers=problem.headers, last=last)


@dataclass(slots=True)
class _Request:
    """One request on its way."""

    method: str
    path: str
    headers: dict[bytes, bytes]
    receive: Receive
    account: Account
    is_read: bool = False  # whether its body came whole
    held: int = 0  # bytes of its body


class App:
    """The application; `flying` counts the requests that are not answered.

    Args:
        service: What verifies and searches.
        guard: Who may ask.
        log: Told each request.
        texts: Whether the log gets the claims too.
    """

    def __init__(self, service: Service, *, guard: Guard, log: Log, texts: bool = False) -> None:
        self._service, self._guard, self._log, self._texts = service, guard, log, texts
        self._limits: Limits = service.limits
        self._held = 0  # bytes of bodies
        self.flying = 0
        self.idle = asyncio.Event()
        """Set while no request waits for its answer."""
        self.idle.set()
        self._handlers: dict[str, tuple[str, Callable[[_Request], Awaitable[Answer]]]] = {
            "/v1/verify": ("POST", self._verify),
            "/v1/search": ("POST", self._search),
            "/healthz": ("GET", self._healthz),
            "/livez": ("GET", self._livez),
            "/metrics": ("GET", self._metrics),
            "/openapi.json": ("GET", self._openapi),
        }
        service.metrics.watch(
            queue=lambda: service.held,
            flying=lambda: self.flying,
            ready=lambda: float(service.state is State.READY),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        headers = {name.lower(): value for name, value in scope["headers"]}
        request = _Request(scope["method"], scope["path"], headers, receive, Account())
        self.flying += 1
        self.idle.clear()
        status = _GONE
        try:
            answer = await self._answer(request)
            await _write(send, answer)
            status = int(answer.status)
        except ClientGoneError:
            request.account.reason = "client_gone"
            self._service.metrics.refused("client_gone")
        finally:
            self.flying -= 1
            if not self.flying:
                self.idle.set()
            self._held -= request.held
            seconds = time.perf_counter() - started
            path = request.path if request.path in self._handlers else "other"
            self._service.metrics.answered(path, status, seconds)
            self._log("request", self._line(request, status, seconds))

    def _line(self, request: _Request, status: int, seconds: float) -> dict[str, JSON]:
        account = request.account
        facts: dict[str, JSON] = {"method": request.method[:_SHOWN], "path": request.path[:_SHOWN], "status": status}
        facts["ms"] = round(seconds * 1000, 1)
        if account.claims:
            facts |= {"claims": account.claims, "errors": account.errors, "pairs": account.pairs}
        if account.reason:
            facts["reason"] = account.reason
        if self._texts and account.texts:
            facts["texts"] = list(account.texts)
        return facts

    async def _answer(self, request: _Request) -> Answer:
        try:
            return await self._handler(request)(request)
        except Problem as problem:
            return self._refusal(request, problem)
        except (ClientGoneError, asyncio.CancelledError):
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the client waits for an answer
            _log.exception("a request met a fault of factcheck")
            return self._refusal(request, of_bug())

    def _refusal(self, request: _Request, problem: Problem) -> Answer:
        request.account.reason = problem.reason
        self._service.metrics.refused(problem.reason)
        brings = request.headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in request.headers
        return Answer.of(problem, last=brings and not request.is_read)

    def _handler(self, request: _Request) -> Callable[[_Request], Awaitable[Answer]]:
        """What answers a request that may come in.

        Raises:
            Problem: Whoever asks may not, there is no such path, or it does not go by that method.
        """
        if not (self._guard.asks and request.path in _OPEN):
            self._guard.check(request.headers)
        method, handler = self._handlers.get(request.path, ("", None))
        if handler is None:
            fix = f"there are {', '.join(self._handlers)}"
            raise Problem(HTTPStatus.NOT_FOUND, "path", "is not one of this service", fix, reason="not_found")
        if request.method != method and not (method == "GET" and request.method == "HEAD"):
            allowed = "GET, HEAD" if method == "GET" else method
            raise Problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                request.path,
                "does not go by that method",
                f"use {allowed}",
                reason="method",
                headers={"allow": allowed},
            )
        return handler

    async def _verify(self, request: _Request) -> Answer:
        body = await self._json(request)

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        return Answer(await self._service.verify(body, gone, request.account))

    async def _search(self, request: _Request) -> Answer:
        return Answer(await self._service.search(await self._json(request), request.account))

    async def _healthz(self, _: _Request) -> Answer:
        self._service.check_open()
        return Answer(b'{"status":"ready"}\n')

    async def _livez(self, _: _Request) -> Answer:
        return Answer(b'{"status":"alive"}\n')

    async def _metrics(self, _: _Request) -> Answer:
        return Answer(self._service.metrics.text(), metrics.CONTENT_TYPE)

    async def _openapi(self, _: _Request) -> Answer:
        return Answer(document(self._limits, token=self._guard.asks))

    async def _json(self, request: _Request) -> bytes:
        """The body of a request that brings JSON.

        Raises:
            Problem: It is of another kind, too great, too slow, or the service takes nothing now.
            ClientGoneError: The client left in the middle.
        """
        self._service.check_open()
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        packed = request.headers.get(b"content-encoding", b"identity").strip().lower()
        if kind != _JSON.encode() or packed != b"identity":
            where, came = ("Content-Encoding", packed) if kind == _JSON.encode() else ("Content-Type", kind)
            fix = f"send plain JSON as Content-Type: {_JSON}"
            status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
            found = f"is {came.decode('latin-1')[:100]!a}" if came else "is missing"
            raise Problem(status, f"{where} header", found, fix, reason="media_type")
        try:
            async with asyncio.timeout(self._limits.upload_seconds):
                return await self._body(request)
        except TimeoutError:
            found = f"did not come whole within {self._limits.upload_seconds:g} seconds"
            fix = "send it faster, or less at a time"
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, "body", found, fix, reason="slow_body") from None

    async def _body(self, request: _Request) -> bytes:
        limit, size = self._limits.body, 0
        parts: list[bytes] = []
        told = request.headers.get(b"content-length", b"")
        over = told.isdigit() and int(told) > limit
        while size <= _SWALLOWED * limit:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            part: bytes = message.get("body", b"")
            size += len(part)
            over = over or size > limit
            if over:
                parts.clear()
            else:
                self._hold(request, len(part))
                parts.append(part)
            if not message.get("more_body", False):
                request.is_read = True
                break
        if over:
            found = f"of {size:,} bytes" if request.is_read else f"of more than {limit:,} bytes"
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise Problem(status, "body", found, f"send up to {limit:,} bytes", reason="body_too_large")
        return b"".join(parts)

    def _hold(self, request: _Request, size: int) -> None:
        if self._held + size > self._limits.bodies:
            found = f"holds {self._held:,} bytes of requests already"
            fix = "send it again in a moment"
            raise Problem.later(HTTPStatus.TOO_MANY_REQUESTS, found, fix, reason="bodies_full", seconds=2)
        self._held += size
        request.held += size


async def _write(send: Send, answer: Answer) -> None:
    headers = {
        "content-type": answer.kind,
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **({"connection": "close"} if answer.last else {}),
        **(answer.headers or {}),
    }
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
