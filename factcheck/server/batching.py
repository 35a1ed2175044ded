"""Claims of many requests, verified together.

Two threads take turns: while one has its batch scored, which uses all cores, the other collects the next batch and
searches its passages. A score depends on its pair alone, so it does not matter who shares a batch.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from factcheck.errors import ClaimsError, FactcheckError, ScoreError
from factcheck.formats.records import to_line
from factcheck.jobs.bench import Workbench
from factcheck.server.asked import Refused
from factcheck.server.limits import Limits
from factcheck.server.metrics import Metrics
from factcheck.types import Claim, Verdict

_log = logging.getLogger(__name__)

_Outcome: TypeAlias = Verdict | Refused | Exception

_WORKERS: Final = 2
_PATIENCE: Final = 0.1  # seconds that claims wait for others while a batch is under way, behind which they would wait
_REMEMBERED: Final = 16  # batches, of which the pace is taken


@dataclass(slots=True, eq=False)
class Job:
    """What one request wants verified, and what has come of it.

    `waiting` are claims with their places in the request; `answers` are JSON. `done` is called once, in another thread,
    when the last answer is there or `error` says why there is none.
    """

    waiting: deque[tuple[int, Claim]]
    done: Callable[["Job"], None]
    size: int
    accepted: float
    answers: dict[int, bytes] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    pairs: int = 0
    error: Exception | None = None


class QueueFullError(Exception):
    """There is no room for more claims.

    Args:
        claims: How many there are.
        seconds: How long they will take, by the pace of the last ones.
    """

    def __init__(self, claims: int, seconds: float) -> None:
        super().__init__(claims, seconds)
        self.claims, self.seconds = claims, seconds


@dataclass(frozen=True, slots=True)
class _Item:
    """A claim of a job, and what came of it."""

    job: Job
    index: int
    claim: Claim


class Batcher:
    """Takes jobs from any thread and verifies their claims, a batch at a time.

    Batches take from all waiting jobs in turn, so that a long job does not keep a short one waiting.
    """

    def __init__(self, bench: Workbench, limits: Limits, metrics: Metrics) -> None:
        self._bench, self._limits, self._metrics = bench, limits, metrics
        self._most = min(limits.batch, bench.settings.window)  # more would be cut in two again
        self._state = threading.Condition()
        self._turn = threading.Lock()  # one thread collects at a time
        self._jobs: deque[Job] = deque()  # with claims that wait
        self._open: set[Job] = set()
        self._held = 0  # claims of the open jobs
        self._working = 0  # batches under way
        self._closed = False
        self._past: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)
        self._threads = [
            threading.Thread(target=self._work, name=f"factcheck-batch-{number}", daemon=True)
            for number in range(_WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def held(self) -> int:
        """How many claims were accepted and are not answered."""
        return self._held

    def submit(self, claims: Sequence[tuple[int, Claim]], done: Callable[[Job], None]) -> Job:
        """Accept claims, each with its place in its request.

        Raises:
            QueueFullError: There is no room; none of them is accepted.
        """
        with self._state:
            if self._closed or self._held + len(claims) > self._limits.queue:
                raise QueueFullError(self._held, self._seconds_for(self._held))
            job = Job(deque(claims), done, len(claims), time.monotonic())
            self._held += job.size
            self._open.add(job)
            self._jobs.append(job)
            self._state.notify_all()
        return job

    def drop(self, job: Job) -> None:
        """Forget a job that nobody waits for; what is being verified of it comes to nothing."""
        with self._state:
            self._forget(job)

    def abandon(self, error: Exception) -> None:
        """End all jobs with an error."""
        with self._state:
            ended = list(self._open)
            for job in ended:
                self._forget(job)
        for job in ended:
            job.error = error
            job.done(job)

    def close(self, seconds: float | None = None) -> bool:
        """Accept nothing more, and wait until what was accepted is answered: whether it is, after so many seconds."""
        with self._state:
            self._closed = True
            self._state.notify_all()
        end = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _forget(self, job: Job) -> bool:
        """Take a job out, if it was in; the caller holds the lock."""
        if job not in self._open:
            return False
        self._open.remove(job)
        self._held -= job.size
        job.waiting.clear()
        return True

    def _seconds_for(self, claims: int) -> float:
        """How long so many claims take, by the pace of the last batches; 1 s where there were none."""
        if not self._past:
            return 1.0
        since = max(time.monotonic() - self._past[0][0], 1e-3)
        return claims * since / sum(count for _, count in self._past)

    def _work(self) -> None:
        while (batch := self._collect()) is not None:
            if batch:
                started = time.monotonic()
                self._verify(batch)
                with self._state:
                    self._past.append((started, len(batch)))  # not while `submit` reads them
                    self._working -= 1
                    self._state.notify_all()
                self._metrics.batch.observe(len(batch))
                self._metrics.batch_seconds.observe(time.monotonic() - started)

    def _collect(self) -> list[_Item] | None:
        """The next batch; None when there will be no more."""
        with self._turn, self._state:
            self._state.wait_for(lambda: self._jobs or self._closed)
            if not self._jobs:
                return None
            self._state.wait_for(lambda: self._closed or self._enough(), timeout=self._limits.linger)
            self._state.wait_for(lambda: self._closed or self._enough() or not self._working, timeout=_PATIENCE)
            share = max(1, self._most // max(1, len(self._jobs)))
            batch: list[_Item] = []
            while self._jobs and len(batch) < self._most:
                job = self._jobs.popleft()
                taken = [job.waiting.popleft() for _ in range(min(share, len(job.waiting), self._most - len(batch)))]
                batch += [_Item(job, index, claim) for index, claim in taken]
                if job.waiting:
                    self._jobs.append(job)
            self._working += bool(batch)
        now = time.monotonic()
        for item in batch:
            self._metrics.waited.observe(now - item.job.accepted)
        return batch

    def _enough(self) -> bool:
        total = 0
        for job in self._jobs:
            total += len(job.waiting)
            if total >= self._most:
                return True
        return False

    def _verify(self, batch: Sequence[_Item]) -> None:
        """Verify a batch; where that fails, claim by claim, so that one costs no other its verdict."""
        try:
            outcomes: list[_Outcome] = self._outcomes(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, clients wait for an answer
            if len(batch) > 1:
                for item in batch:
                    self._verify([item])
                return
            outcomes = [self._outcome(batch[0], error)]
        written = [self._written(outcome) for outcome in outcomes]
        self._deliver(batch, outcomes, written)

    def _outcomes(self, batch: Sequence[_Item]) -> list[_Outcome]:
        claims = [item.claim for item in batch]
        errors = self._bench.check(claims)
        good = [claim for claim, error in zip(claims, errors, strict=True) if error is None]
        verdicts = iter(list(self._bench.verify(iter(good))))
        return [
            next(verdicts) if error is None else Refused.of(item.claim, item.index, error)
            for item, error in zip(batch, errors, strict=True)
        ]

    def _outcome(self, item: _Item, error: Exception) -> Refused | Exception:
        """What one claim gets that could not be verified: a fault of its own costs itself only."""
        if isinstance(error, ClaimsError | ScoreError):
            return Refused.of(item.claim, item.index, error)
        if not isinstance(error, FactcheckError):
            _log.error("a claim could not be verified", exc_info=error)
        return error

    def _written(self, outcome: _Outcome) -> bytes:
        if isinstance(outcome, Verdict):
            return to_line(outcome).encode()
        return outcome.to_json() if isinstance(outcome, Refused) else b""

    def _deliver(self, batch: Sequence[_Item], outcomes: Sequence[_Outcome], written: Sequence[bytes]) -> None:
        ended: list[Job] = []
        with self._state:
            for item, outcome, answer in zip(batch, outcomes, written, strict=True):
                job = item.job
                if job not in self._open:
                    continue
                if isinstance(outcome, Exception):
                    job.error = outcome
                elif isinstance(outcome, Verdict):
                    job.verdicts[outcome.label.value] += 1
                    job.pairs += sum(1 + len(judged.parts) for judged in outcome.evidence)
                else:
                    job.verdicts["error"] += 1
                job.answers[item.index] = answer
                if job.error is not None or len(job.answers) == job.size:
                    self._forget(job)
                    ended.append(job)
        for job in ended:
            job.done(job)
