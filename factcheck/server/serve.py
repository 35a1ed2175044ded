"""Running the service: it listens at once, loads, answers, and when it is told to stop answers what it accepted."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import FrameType
from typing import Any, Final

import uvicorn

from factcheck.jobs.bench import Workbench
from factcheck.jobs.progress import Silent
from factcheck.listening import in_url
from factcheck.nli.wrapped import Wrapped
from factcheck.server.app import App
from factcheck.server.connection import connection_class
from factcheck.server.guard import Guard, host_headers
from factcheck.server.limits import Limits
from factcheck.server.logs import Log, LogHandler
from factcheck.server.service import Service, State
from factcheck.types import Claim

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_STATUS: Final = 128  # plus the signal's number, as of all commands
_LAST: Final = 2  # seconds for answers to get out, after all of them are given
_KEPT: Final = 75  # seconds that a connection may idle: more than proxies keep theirs, which never meet a closed one
_LOGGERS: Final = ("factcheck", "uvicorn.error", "asyncio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to serve.

    Args:
        tokens: Any of them lets in; without one only this machine gets in.
        hosts: Further names that the Host header may have, where there is no token.
        texts: Whether the log gets the claims too.
    """

    tokens: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    texts: bool = False


class Notes(Silent):
    """A progress that tells its notes to the log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def note(self, text: str) -> None:
        """Log one line."""
        self._log("note", {"message": text})


def serve(
    listener: socket.socket, prepare: Callable[[], Workbench], *, limits: Limits, options: Options, log: Log
) -> int:
    """Serve until a signal comes; the exit status that it asks for.

    The first SIGINT or SIGTERM lets nothing more in and answers what was accepted; the second ends the process.

    Args:
        listener: Listens already, and is closed at the end.
        prepare: Loads model and corpus, in another thread, while the service says that it is starting.
        limits: Of everything.
        options: Who may ask, and what is logged.
        log: Told what happens.

    Raises:
        FactcheckError: What `prepare` raises.
    """
    return _Running(listener, prepare, limits, options, log).run()


class _Running:
    """One run of the service."""

    def __init__(
        self, listener: socket.socket, prepare: Callable[[], Workbench], limits: Limits, options: Options, log: Log
    ) -> None:
        self._listener, self._prepare, self._limits, self._log = listener, prepare, limits, log
        self._service = Service(limits)
        host, port = listener.getsockname()[:2]
        hosts = host_headers(host, port, options.hosts)
        self._url = f"http://{in_url(host)}:{port}"
        guard = Guard(tokens=options.tokens, hosts=hosts)
        self._app = App(self._service, guard=guard, log=log, texts=options.texts)
        self._handler = LogHandler(log, texts=options.texts)
        self._status, self._ended = 0, False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told: asyncio.Event | None = None

    def run(self) -> int:
        """Serve until a signal comes."""
        with self._signals(), self._logging(), self._listener:
            asyncio.run(self._serve())
        if not self._ended:  # a thread still loads or scores, and nothing of it is wanted
            _end_process(self._status)
        return self._status

    async def _serve(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        if self._status:
            self._told.set()
        server = _Server(
            uvicorn.Config(
                self._app,
                http=connection_class(self._limits, self._service.metrics.refused),
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=1 << 16,
                timeout_keep_alive=_KEPT,
                timeout_graceful_shutdown=_LAST,
            )
        )
        serving = asyncio.ensure_future(server.serve(sockets=[self._listener]))
        told = asyncio.ensure_future(self._told.wait())
        ends: set[asyncio.Future[Any]] = {told, serving}
        self._log("listening", {"url": self._url})
        try:
            loading = self._loading()
            await asyncio.wait({loading, *ends}, return_when=asyncio.FIRST_COMPLETED)
            if loading.done():
                self._open(loading.result())
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                await self._drain()
        finally:
            told.cancel()
            server.should_exit = True
            await serving
        if self._service.state is State.STOPPING:
            self._ended = await asyncio.to_thread(self._service.close, _LAST)
            self._log("stopped", {"status": self._status})

    def _loading(self) -> "asyncio.Future[tuple[Workbench, float]]":
        """Load in a thread that nothing waits for at the end."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[tuple[Workbench, float]] = loop.create_future()

        def load() -> None:
            started = perf_counter()
            try:
                bench = self._prepare()
                _warm(bench)
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                deliver = partial(_settle, future.set_exception, error)
            else:
                deliver = partial(_settle, future.set_result, (bench, perf_counter() - started))
            with suppress(RuntimeError):  # the loop is closed: a signal came first
                loop.call_soon_threadsafe(deliver)

        threading.Thread(target=load, name="factcheck-load", daemon=True).start()
        return future

    def _open(self, loaded: tuple[Workbench, float]) -> None:
        bench, seconds = loaded
        self._service.open(bench)
        index = bench.sources.index
        self._log(
            "ready",
            {
                "url": self._url,
                "model": bench.scorer.name,
                "numeric_class": bench.scorer.numeric_class,
                "corpus": None if index is None else index.version[:16],
                "documents": 0 if index is None else index.pointer.documents,
                "sentences": 0 if index is None else index.pointer.sentences,
                "seconds": round(seconds, 2),
            },
        )

    async def _drain(self) -> None:
        """Let nothing more in, and wait until all requests are answered, for the time of grace."""
        self._service.stop()
        self._log("stopping", {"requests": self._app.flying, "claims": self._service.held})
        try:
            async with asyncio.timeout(self._limits.grace):
                await self._app.idle.wait()
        except TimeoutError:
            self._log("out of time", {"requests": self._app.flying, "claims": self._service.held})
            self._service.abandon()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Listen to signals that were not ignored before, as they are in the background of a shell."""
        before: dict[signal.Signals, signal.Handlers | Callable[[int, FrameType | None], object] | int] = {}
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if handler is not None and handler is not signal.SIG_IGN:
                    before[number] = handler
                    signal.signal(number, self._listen)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _listen(self, number: int, _: FrameType | None) -> None:
        if self._status:
            _end_process(_STATUS + number)
        self._status = _STATUS + number
        if self._loop is not None and self._told is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    @contextmanager
    def _logging(self) -> Iterator[None]:
        """What libraries log goes to the one log."""
        loggers = [logging.getLogger(name) for name in _LOGGERS]
        for logger in loggers:
            logger.addHandler(self._handler)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(self._handler)


class _Server(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _settle(settle: Callable[[Any], None], outcome: object) -> None:
    """Settle a future, unless nobody waits for it any more."""
    with suppress(asyncio.InvalidStateError):
        settle(outcome)


def _warm(bench: Workbench) -> None:
    """Have the model's weights read and the index opened, which otherwise the first claim waits for."""
    claim = Claim("", "The service starts.")
    if bench.sources.index is not None:
        bench.sources.index.search(claim.text, limit=1)
    scorer = bench.scorer
    while isinstance(scorer, Wrapped):  # a cache may know the pair
        scorer = scorer.inner
    scorer.score([(claim.text, claim.text)])


def _end_process(status: int) -> None:
    """End without waiting for threads; nothing that is kept on disk needs more than that."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
