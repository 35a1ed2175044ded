"""The Ray engine: claims go out to workers in blocks, and verdicts come back in order."""

import pickle
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from factcheck import __version__
from factcheck.config import Settings
from factcheck.engine.agreement import agree, from_node
from factcheck.engine.cluster import Pulse, connected, room
from factcheck.engine.errors import ClusterError, explained
from factcheck.engine.pool import Greeting, Pool
from factcheck.engine.worker import Judged, Task, Worker
from factcheck.errors import FactcheckError, RunError
from factcheck.jobs.bench import Workbench
from factcheck.jobs.sources import index_place
from factcheck.jobs.verify import model_place
from factcheck.nli import Counters
from factcheck.nli.identity import precision_and_device
from factcheck.run.codec import claim_to_json
from factcheck.types import JSON, Claim, Verdict

_AT_ONCE = 2  # blocks in a worker: while one is scored, passages are found for the other


class RayEngine:
    """Judges claims on the workers of a Ray cluster; an `Engine`.

    Claims are read as workers become free, and verdicts come back in their order, so that a few blocks for each worker
    are in memory at a time. What a lost worker had is judged again by another.

    Args:
        settings: All settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scored = Counters()
        self._mixed: dict[str, None] = {}
        self.workers: list[tuple[str, int]] = []
        """Node and process of every worker that took part."""

    @property
    def scored(self) -> Counters:
        """What the workers have scored, of blocks that came back."""
        return self._scored

    @property
    def mixed(self) -> tuple[str, ...]:
        """In what workers that took part differ from this process."""
        return tuple(self._mixed)

    def record(self) -> dict[str, JSON]:
        """On what it ran, for the manifest."""
        nodes: list[JSON] = [*sorted({node for node, _ in self.workers})]
        return {"name": "ray", "workers": len(self.workers), "cpus": self._settings.ray_cpus, "nodes": nodes}

    def verify(self, bench: Workbench, claims: Iterator[Claim]) -> Generator[Verdict, None, None]:
        """Verdicts for claims that passed `bench.check`, in order; see `Engine.verify`."""
        task = _task(self._settings, bench)
        identity = {"factcheck": __version__, **bench.identity()}
        try:
            with connected(self._settings) as ray:
                if not self._wanted(ray, task):
                    raise self._no_room(task)
                pool = Pool(
                    ray,
                    self._beginning(ray, task),
                    wanted=lambda: self._wanted(ray, task),
                    welcome=lambda greeting: self._welcome(greeting, identity),
                    check=Pulse(ray),
                )
                with explained(ray):
                    for answer in pool.answers(_blocks(claims, self._settings.window)):
                        judged = _loaded(answer)
                        self._scored += judged.scored
                        yield from judged.verdicts
        except ClusterError as error:
            fix = "nothing that was decided is lost: start the same command again to go on"
            raise RunError(error.where, error.found, error.fix or fix) from error

    def _beginning(self, ray: Any, task: Task) -> Any:  # noqa: ANN401 (Ray's modules are untyped)
        """What begins a worker; Ray puts it on whichever node has room."""
        gpus = self._gpus(task)
        actor = ray.remote(
            num_cpus=self._settings.ray_cpus,
            num_gpus=gpus or None,
            max_concurrency=_AT_ONCE,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )(Worker)
        return lambda: actor.remote(task.record())

    def _wanted(self, ray: Any, task: Task) -> int:  # noqa: ANN401 (as above)
        found = room(ray, cpus=self._settings.ray_cpus, gpus=self._gpus(task))
        return found and (self._settings.ray_workers or found)

    def _gpus(self, task: Task) -> float:
        return self._settings.ray_gpus if str(task.settings["device"]).startswith("cuda") else 0.0

    def _no_room(self, task: Task) -> FactcheckError:
        gpus = self._gpus(task)
        found = f"no node has {self._settings.ray_cpus} CPUs" + (f" and {gpus:g} GPUs" if gpus else "")
        return ClusterError("the cluster", f"{found} for a worker", "ask for less with --ray-cpus, or add nodes")

    def _welcome(self, greeting: Greeting, identity: Mapping[str, JSON]) -> None:
        """Refuse a worker that would compute something else, or note it."""
        node, process, said = greeting
        found = pickle.loads(said)  # noqa: S301 (of our own worker)
        if isinstance(found, FactcheckError):
            raise from_node(found, node)
        if other := agree(identity, found, node=node, allow_mixed=self._settings.allow_mixed):
            self._mixed[other] = None
        self.workers.append((node, process))


def _blocks(claims: Iterator[Claim], size: int) -> Iterator[Sequence[str]]:
    while block := [claim_to_json(claim) for claim in islice(claims, size)]:
        yield block


def _loaded(answer: bytes) -> Judged:
    found = pickle.loads(answer)  # noqa: S301 (of our own worker)
    if isinstance(found, FactcheckError):
        raise found
    assert isinstance(found, Judged)
    return found


def _task(settings: Settings, bench: Workbench) -> Task:
    """What workers are told: the settings with what this process resolved, and places that are found from anywhere."""
    precision, device = precision_and_device(bench.scorer.numeric_class, precision="auto", device="auto")
    place = index_place(settings)
    index = "" if place is None else str(place)
    told = replace(settings, precision=precision, device=device, corpus="", index=index, run="")
    record = told.record() | {"model": model_place(settings.model)}
    return Task(__version__, record, bench.identity(), settings.ray_cpus, settings.allow_mixed)
