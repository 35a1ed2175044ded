"""What the service does with a request, once it was let in: verify claims, search passages."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from factcheck import __version__
from factcheck.errors import FactcheckError
from factcheck.formats.records import passage_record, to_json
from factcheck.jobs.bench import Workbench
from factcheck.jobs.sources import search, searcher_of
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.server.asked import Query, Refused, read_claims, read_query
from factcheck.server.batching import Batcher, Job, QueueFullError
from factcheck.server.limits import Limits
from factcheck.server.metrics import Metrics
from factcheck.server.problems import Problem, of_bug, of_fault
from factcheck.types import JSON, Claim, Hit

T = TypeVar("T")

_READERS = 2  # threads that read bodies
_SEARCHERS = 2


class State(StrEnum):
    """What the service can be asked for."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class ClientGoneError(Exception):
    """Whoever asked has left."""


@dataclass(slots=True)
class Account:
    """What a request came to, for its line of the log."""

    claims: int = 0
    errors: int = 0
    pairs: int = 0
    reason: str = ""
    texts: list[str] = field(default_factory=list)


class Service:
    """Verifies and searches for requests; starts without a model, and is ready once it is given one.

    Its methods that are coroutines belong to one event loop; the rest may be called from any thread.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.metrics = limits, Metrics()
        self.state = State.STARTING
        self._batcher: Batcher | None = None
        self._finder: EvidenceFinder | None = None
        self._searching = 0
        self._readers = ThreadPoolExecutor(_READERS, "factcheck-read")
        self._searchers = ThreadPoolExecutor(_SEARCHERS, "factcheck-search")

    @property
    def held(self) -> int:
        """Claims that were accepted and are not answered."""
        return self._batcher.held if self._batcher else 0

    def open(self, bench: Workbench) -> None:
        """Be ready, with this model and corpus."""
        index = bench.sources.index
        if index is not None:
            self._finder = searcher_of(bench.settings, index, self.limits.passages)
        self._batcher = Batcher(bench, self.limits, self.metrics)
        facts = {"version": __version__, "model": bench.scorer.name, "numeric_class": bench.scorer.numeric_class}
        facts["corpus"] = "" if index is None else index.version[:16]
        self.metrics.built(facts, lambda: bench.scorer.counters)
        if self.state is State.STARTING:
            self.state = State.READY

    def stop(self) -> None:
        """Let nothing more in."""
        self.state = State.STOPPING

    def abandon(self) -> None:
        """Answer what was accepted by saying that there is no time left for it."""
        if self._batcher:
            found, fix = "ended before this was verified", "send it again, once the service is back"
            self._batcher.abandon(Problem.later(HTTPStatus.SERVICE_UNAVAILABLE, found, fix, reason="stopping"))

    def close(self, seconds: float | None = None) -> bool:
        """Free the threads, when nobody waits for an answer: whether they have ended, after so many seconds."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._searchers.shutdown(wait=False, cancel_futures=True)
        return self._batcher is None or self._batcher.close(seconds)

    def check_open(self) -> None:
        """Refuse what comes before the service is ready, or after it was told to stop.

        Raises:
            Problem: It is one of the two.
        """
        if self.state is not State.READY:
            found, fix = f"is {self.state}", "try again in a moment"
            raise Problem.later(HTTPStatus.SERVICE_UNAVAILABLE, found, fix, reason=str(self.state))

    async def verify(self, body: bytes, gone: Callable[[], Awaitable[None]], account: Account) -> bytes:
        """The answer to `POST /v1/verify`.

        Args:
            body: Of the request.
            gone: Returns when the client has left.
            account: Told what was done.

        Raises:
            Problem: The request as a whole is refused.
            ClientGoneError: Nobody waits for the answer.
        """
        async with self._in_time():
            items = await self._run(self._readers, read_claims, body, self.limits)
            account.claims = len(items)
            account.texts = [item.text for item in items if isinstance(item, Claim)]
            good = [(index, item) for index, item in enumerate(items) if isinstance(item, Claim)]
            refused = {index: item.to_json() for index, item in enumerate(items) if isinstance(item, Refused)}
            verdicts: Counter[str] = Counter({"error": len(refused)} if refused else {})
            answers = refused
            if good:
                job = await self._verified(good, gone)
                answers = answers | job.answers
                verdicts += job.verdicts
                account.pairs = job.pairs
        account.errors = verdicts["error"]
        self.metrics.decided(verdicts)
        results = b",".join(answers[index] for index in range(len(items)))
        return b'{"results":[%b],"errors":%d}\n' % (results, account.errors)

    async def search(self, body: bytes, account: Account) -> bytes:
        """The answer to `POST /v1/search`.

        Raises:
            Problem: The request is refused.
        """
        if self._searching >= self.limits.searches:
            found = f"has {self._searching} searches under way"
            raise Problem.later(HTTPStatus.TOO_MANY_REQUESTS, found, "try again in a moment", reason="searches_full")
        self._searching += 1
        try:
            async with self._in_time():
                query = await self._run(self._readers, read_query, body, self.limits)
                account.texts = [query.text]
                return await self._run(self._searchers, self._found, query)
        except FactcheckError as error:
            raise of_fault(error) from error
        finally:
            self._searching -= 1

    @property
    def searches(self) -> bool:
        """Whether there is a corpus to search, as far as is known."""
        return self._batcher is None or self._finder is not None

    def _found(self, query: Query) -> bytes:
        if self._finder is None:
            raise Problem(HTTPStatus.NOT_FOUND, "service", "has no corpus", "serve one by --index", reason="not_found")
        hits: list[JSON] = [_hit_record(hit) for hit in search(self._finder, query.text)[: query.limit]]
        return to_json({"hits": hits}).encode() + b"\n"

    async def _verified(self, claims: list[tuple[int, Claim]], gone: Callable[[], Awaitable[None]]) -> Job:
        assert self._batcher is not None
        ended: Future[Job] = Future()
        try:
            job = self._batcher.submit(claims, ended.set_result)
        except QueueFullError as error:
            found = f"has {error.claims:,} claims in its queue, and {self.limits.queue:,} fit"
            raise Problem.later(
                HTTPStatus.TOO_MANY_REQUESTS,
                found,
                "send these later, or fewer at a time",
                reason="queue_full",
                seconds=error.seconds,
            ) from None
        answer = asyncio.wrap_future(ended)
        leaving = asyncio.ensure_future(gone())
        both: set[asyncio.Future[Any]] = {answer, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise ClientGoneError
        finally:
            leaving.cancel()
            if not answer.done():
                self._batcher.drop(job)
        if isinstance(job.error, Problem):
            raise job.error
        if job.error is not None:
            raise of_fault(job.error) if isinstance(job.error, FactcheckError) else of_bug()
        return job

    def _in_time(self) -> "_InTime":
        return _InTime(self.limits.seconds)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)


class _InTime:
    """A bound on the time of what happens within, told as a refusal."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        try:
            await self._timeout.__aexit__(*error)  # type: ignore[arg-type]
        except TimeoutError:
            raise Problem.later(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"did not get done within {self._seconds:g} seconds",
                "send fewer claims at a time, or try again later",
                reason="timeout",
                seconds=self._seconds / 4,
            ) from None


def _hit_record(hit: Hit) -> dict[str, JSON]:
    copies: list[JSON] = [passage_record(copy) for copy in hit.copies]
    return {
        **passage_record(hit.passage),
        "premise": hit.passage.premise,
        "retrieval_score": round(hit.score, 6),
        "copies": copies,
    }
