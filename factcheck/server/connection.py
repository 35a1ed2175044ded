"""One connection: it is ended where its client takes too long to send headers, or to take an answer."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from factcheck.server.limits import Limits
from factcheck.server.problems import Problem

_SOME: Final = 1 << 16  # bytes of an answer


class Connection(H11Protocol):
    """uvicorn's own protocol, which lets a client that says nothing stay for ever."""

    limits: ClassVar[Limits]
    refused: ClassVar[Callable[[str], None]]
    _slow: asyncio.TimerHandle | None = None  # runs while headers are not whole
    _stuck: asyncio.TimerHandle | None = None  # runs while an answer waits for its client
    _left = 0  # bytes of that answer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait for the first request."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            found = f"has {self.limits.connections:,} connections"
            fix = "try again in a moment"
            self._end(Problem.later(HTTPStatus.SERVICE_UNAVAILABLE, found, fix, reason="connections_full"))
            return
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take what came; the clock runs while the headers of a request are not whole."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_clock()
        elif self._slow is None and not self.transport.is_closing():
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_clock()
        self._stop_waiting()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait for the client to take some of its answer."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """Go on: it took nearly all."""
        super().resume_writing()
        self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        fix = "send HTTP/1.1, with headers of up to 64 kB"
        self._end(Problem(HTTPStatus.BAD_REQUEST, "request", msg.rstrip(".").lower(), fix, reason="not_http"))

    def _expect_headers(self) -> None:
        self._slow = self.loop.call_later(self.limits.upload_seconds, self._late)

    def _stop_clock(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _wait_for_reader(self) -> None:
        self._left = self.transport.get_write_buffer_size()
        self._stuck = self.loop.call_later(self.limits.upload_seconds, self._cut)

    def _stop_waiting(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _late(self) -> None:
        found = f"did not come whole within {self.limits.upload_seconds:g} seconds"
        problem = Problem(HTTPStatus.REQUEST_TIMEOUT, "headers", found, "send them faster", reason="slow_headers")
        self._end(problem)

    def _cut(self) -> None:
        if self._left - self.transport.get_write_buffer_size() >= _SOME:  # slow, or the answer is long
            self._wait_for_reader()
            return
        type(self).refused("slow_reader")
        self.transport.abort()

    def _end(self, problem: Problem) -> None:
        """Answer without the application, and close."""
        self._stop_clock()
        if self.transport.is_closing():
            return
        type(self).refused(problem.reason)
        status, body = problem.status, problem.body
        headers = [f"{name}: {value}" for name, value in problem.headers.items()]
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", "content-type: application/json"]
        lines += [f"content-length: {len(body)}", "connection: close", *headers]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


def connection_class(limits: Limits, refused: Callable[[str], None]) -> type[Connection]:
    """The class of all connections of one service.

    Args:
        limits: Those of time and number.
        refused: Told the reason of each refusal.
    """
    return type("Connection", (Connection,), {"limits": limits, "refused": staticmethod(refused)})
