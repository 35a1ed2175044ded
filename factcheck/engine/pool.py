"""Workers on a Ray cluster, and the blocks that they have: what a lost worker had goes to the others."""

import heapq
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from factcheck.engine.errors import ClusterError, ClusterLostError, last_line

_QUEUED = 3  # blocks of one worker: one is scored, the next one is searched for, and one is on its way
_AHEAD = 2  # times as many blocks may be under way or done before their turn
_TICK = 1.0  # seconds, after which it is looked whether nodes came or went
_PATIENCE = 60.0  # seconds to wait for a node, where there is none with room for a worker
_DEATHS = 3  # of workers, without a block that came back, after which the cluster is given up

Greeting: TypeAlias = tuple[str, int, bytes]
"""Node, process, and what it says of itself: the answer of `Worker.hello`."""


@dataclass(slots=True)
class _Member:
    """A worker and the blocks that it has."""

    handle: Any
    blocks: dict[Any, tuple[int, Any]] = field(default_factory=dict)  # number and answer, by what says that it is there


@dataclass(slots=True)
class _Work:
    """Blocks that are under way: waiting, with a worker, or done before their turn."""

    stream: Iterator[Sequence[str]]
    records: dict[int, Sequence[str]] = field(default_factory=dict)  # of blocks that had no turn yet
    waiting: list[int] = field(default_factory=list)  # a heap
    done: dict[int, Any] = field(default_factory=dict)  # answers, where they were given
    turn: int = 0
    read: int = 0
    ended: bool = False

    def take(self, most: int) -> int | None:
        """The next block for a worker; None where there is none, or as many are under way as may be."""
        if self.waiting:
            return heapq.heappop(self.waiting)
        if self.ended or self.read - self.turn >= most:
            return None
        block = next(self.stream, None)
        if block is None:
            self.ended = True
            return None
        self.records[self.read] = block
        self.read += 1
        return self.read - 1

    def back(self, number: int) -> None:
        """A block that was lost waits again."""
        heapq.heappush(self.waiting, number)

    @property
    def is_over(self) -> bool:
        """Whether every block had its turn."""
        return self.ended and self.turn == self.read


class Pool:
    """Workers, each a process of its own somewhere in the cluster; make one for each job.

    Where Ray restarts a lost actor itself, what that had waits until there is room for it again: on a cluster that is
    full, after a node is lost, for ever. So it restarts none. The blocks go to the workers that there are, and another
    worker is begun, which takes part as soon as there is room for it.

    Args:
        ray: Ray, connected.
        begin: Begins a worker, and gives its handle.
        wanted: How many workers there are to be; 0 while no node has room for one.
        welcome: Told what a worker says of itself; raises where it may not take part.
        check: Whether the cluster answers; raises `ClusterLostError` where it is lost. Asked all the time.
    """

    def __init__(
        self,
        ray: Any,  # noqa: ANN401 (its modules are untyped)
        begin: Callable[[], Any],
        *,
        wanted: Callable[[], int],
        welcome: Callable[[Greeting], None],
        check: Callable[[], bool],
    ) -> None:
        self._ray, self._begin, self._wanted, self._welcome, self._check_up = ray, begin, wanted, welcome, check
        self._starting: dict[Any, _Member] = {}  # by what their greeting will be had with
        self._members: list[_Member] = []
        self._deaths = 0
        self._short = True  # whether there may be fewer workers than there could be
        self._homeless: float | None = None  # since when no node has room

    def answers(self, blocks: Iterator[Sequence[str]]) -> Generator[bytes, None, None]:
        """What workers answer to blocks, in the order of the blocks, which are read as workers become free.

        Raises:
            ClusterError: Workers die one after the other, or no node has room for one.
        """
        work = _Work(blocks)
        try:
            while True:
                if self._check_up() and self._short:
                    self._recruit()
                self._hand_out(work)
                if work.is_over:
                    break
                if work.turn not in work.done:
                    self._wait(work)
                elif (answer := self._answer(work)) is not None:
                    yield answer
        except ClusterLostError:  # there may be nobody to dismiss them
            raise
        except BaseException:
            self._dismiss()
            raise
        else:
            self._dismiss()

    def _dismiss(self) -> None:
        for member in [*self._members, *self._starting.values()]:
            self._ray.kill(member.handle)

    def _recruit(self) -> None:
        """Begin the workers that are missing."""
        self._short = False
        wanted = self._wanted()
        for _ in range(wanted - len(self._members) - len(self._starting)):
            handle = self._begin()
            self._starting[handle.hello.remote()] = _Member(handle)
        if wanted or self._members:
            self._homeless = None
        elif self._homeless is None:
            self._homeless = time.monotonic()
        elif time.monotonic() - self._homeless > _PATIENCE:
            found = f"no node has had room for a worker for {_PATIENCE:.0f} seconds"
            raise ClusterError("the cluster", found)

    def _hand_out(self, work: _Work) -> None:
        """Give blocks to workers that have few: one to each before any gets another."""
        most = _QUEUED * _AHEAD * len(self._members)
        for count in range(_QUEUED):
            for member in self._members:
                if len(member.blocks) <= count and (number := work.take(most)) is not None:
                    there, answer = member.handle.judge.options(num_returns=2).remote(work.records[number])
                    member.blocks[there] = number, answer

    def _wait(self, work: _Work) -> None:
        """Wait for a worker to greet or to answer, at most for a tick."""
        members = {there: member for member in self._members for there in member.blocks}
        expected = [*members, *self._starting]
        ready: list[Any] = []
        if expected:
            ready, _ = self._ray.wait(expected, num_returns=1, timeout=_TICK)
        else:
            time.sleep(_TICK)
        for there in ready:
            if there in self._starting:
                self._greet(there)
            elif (member := members[there]) in self._members:
                self._take_in(there, member, work)
        self._short = self._short or not ready

    def _greet(self, there: Any) -> None:  # noqa: ANN401 (as above)
        member = self._starting.pop(there)
        try:
            greeting = self._ray.get(there)
        except self._ray.exceptions.RayError as error:
            self._lost(member, error)
            return
        self._members.append(member)
        self._welcome(greeting)

    def _take_in(self, there: Any, member: _Member, work: _Work) -> None:  # noqa: ANN401 (as above)
        """Note that a block is judged; or, where its worker was lost, give back all that this one had."""
        try:
            self._ray.get(there)
        except self._ray.exceptions.RayError as error:
            for number, _ in member.blocks.values():
                work.back(number)
            self._members.remove(member)
            self._lost(member, error)
            return
        number, work.done[number] = member.blocks.pop(there)

    def _answer(self, work: _Work) -> bytes | None:
        """The answer to the block whose turn it is; None where it was lost with the node that it was on."""
        try:
            answer = self._ray.get(work.done.pop(work.turn))
        except self._ray.exceptions.RayError as error:
            self._check(error)
            work.back(work.turn)
            return None
        del work.records[work.turn]
        work.turn += 1
        self._deaths = 0
        assert isinstance(answer, bytes)
        return answer

    def _lost(self, member: _Member, error: Exception) -> None:
        """Have another worker in the place of one that was lost."""
        self._check(error)
        self._ray.kill(member.handle)  # it may live on where nobody reaches it
        self._short = True

    def _check(self, error: Exception) -> None:
        """Raise what has nothing to do with the loss of a worker, and what was lost once too often."""
        fatal = (self._ray.exceptions.RayTaskError, self._ray.exceptions.LocalRayletDiedError)
        if isinstance(error, fatal):
            raise error
        self._deaths += 1
        if self._deaths > _DEATHS + len(self._members):
            raise ClusterError(
                "the cluster", f"workers die one after the other, the last of them so: {last_line(error)}"
            )
