"""What runs in a process of the cluster: opens model and index once, and judges blocks of claims with them."""

import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from factcheck import __version__
from factcheck.config import Settings
from factcheck.errors import FactcheckError, ModelError
from factcheck.jobs.bench import Workbench, workbench
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import open_finder
from factcheck.nli import Counters
from factcheck.run.codec import claim_from_json
from factcheck.types import JSON, Verdict


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of a job is told; small, since a worker opens the rest itself."""

    version: str  # of factcheck
    settings: Mapping[str, JSON]  # precision and device are the driver's, resolved
    identity: Mapping[str, JSON]  # of the run
    threads: int
    allow_mixed: bool

    def record(self) -> dict[str, Any]:
        """The task as what any version can read."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts on one block, in order, and what was scored since the worker last said so."""

    verdicts: Sequence[Verdict]
    scored: Counters


class Worker:
    """Judges blocks of claims; one is made in each process of the cluster that takes part.

    What it answers is pickled: an error that a user can act on is no exception here but an answer.

    Args:
        task: A record of `Task`; a dictionary, so that another version of factcheck can say that it is one.
    """

    def __init__(self, task: Mapping[str, Any]) -> None:
        self._task = task
        self._lock = Lock()
        self._told = Counters()
        self._bench: Workbench | None = None

    def hello(self) -> tuple[str, int, bytes]:
        """Node, process, and what it would call a run of its own; or the error of opening model and index."""
        identity: dict[str, JSON] = {"factcheck": __version__}
        error: FactcheckError | None = None
        try:
            if self._task["version"] == __version__:  # else its identity says so
                self._bench = _open(Task(**self._task))
                identity |= self._bench.identity()
        except FactcheckError as met:
            error = met
        return _node(), os.getpid(), pickle.dumps(error or identity)

    def judge(self, records: Sequence[str]) -> tuple[bool, bytes]:
        """True, and `Judged` for claims as the ledger stores them or the error that came of it."""
        assert self._bench is not None
        try:
            verdicts = list(self._bench.verify(map(claim_from_json, records)))
        except FactcheckError as error:
            return True, pickle.dumps(error)
        with self._lock:
            now = self._bench.scorer.counters
            scored, self._told = now - self._told, now
        return True, pickle.dumps(Judged(verdicts, scored), protocol=pickle.HIGHEST_PROTOCOL)


def _node() -> str:
    """The address of this node and the id that `ray list nodes` shows."""
    import ray  # noqa: PLC0415 (an extra)
    import ray.util  # noqa: PLC0415

    util: Any = ray.util  # untyped
    return f"{util.get_node_ip_address()} ({ray.get_runtime_context().get_node_id()[:8]})"


def _open(task: Task) -> Workbench:
    """The workbench of a worker, in the driver's precision; where mixtures are allowed, else in what there is."""
    os.environ["OMP_NUM_THREADS"] = str(task.threads)  # what torch goes by when it is imported, with the model
    settings = Settings.of(task.settings)
    sources = open_finder(settings)
    try:
        scorer = open_scorer(settings)
    except ModelError:
        if not task.allow_mixed:
            raise
        scorer = open_scorer(replace(settings, precision="auto", device="auto"))
    return workbench(settings, sources, scorer, begun=task.identity)
