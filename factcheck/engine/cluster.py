"""A Ray cluster for the time of a job, started on this machine or joined, and how many workers it has room for."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import Any

from factcheck.config import Settings
from factcheck.engine.errors import ClusterLostError
from factcheck.errors import ConfigError, FactcheckError

_OPTION = "--ray-address"
_PATIENCE = 60.0  # seconds that a cluster may take to answer
_CONNECT = 5.0
_BEAT, _FAINT = (
    2.0,
    30.0,
)  # seconds between looks at the cluster, and without an answer; a head that restarts needs some
_STORE_BYTES = 512 * 1024**2  # claims and verdicts on their way; each block of them takes one or two MB
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # of a cluster that is started for the job: as urgent as this process, not less
}
_PROBE = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR')"


def import_ray() -> Any:  # noqa: ANN401 (its modules are untyped)
    """Ray, which tells nobody that it is used and says on the screen only what is fatal.

    Raises:
        ConfigError: It is not installed.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigError("--engine", f"ray cannot be imported: {error}", 'pip install "factcheck-nli[ray]"') from None
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


@contextmanager
def connected(settings: Settings) -> Iterator[Any]:
    """Ray, connected to the cluster that the settings name; one that was started for this ends with it.

    A process that is connected already stays so.

    Raises:
        ConfigError: There is no such cluster, or it does not answer.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    address = settings.ray_address
    with _handlers_kept(), _forks_passed_over():
        if address:
            _check_alive(address)
        try:
            _join(ray, address)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise _unreachable(address or "a cluster on this machine", str(error)) from error
    try:
        yield ray
    except ClusterLostError:
        raise  # to part from a head that is gone takes a minute, and then Ray ends this process
    except BaseException:
        ray.shutdown()
        raise
    else:
        ray.shutdown()


def _join(ray: Any, address: str) -> None:  # noqa: ANN401 (as above)
    """Join a cluster, or start one; its workers stand in an empty folder.

    Otherwise Ray has them import from the folder that this process stands in before all else: what lies there is data.
    """
    own = {} if address else {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
    with TemporaryDirectory(prefix="factcheck-") as empty:
        ray.init(
            address=address or "local",
            runtime_env={"working_dir": empty},
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            **own,
        )


def room(ray: Any, *, cpus: int, gpus: float) -> int:  # noqa: ANN401 (as above)
    """How many workers of so many CPUs and GPUs the nodes that are alive hold when they do nothing else."""
    found = 0
    for node in ray.nodes():
        if node["Alive"]:
            has = node["Resources"]
            fits = int(has.get("CPU", 0) // cpus)
            found += min(fits, int(has.get("GPU", 0) // gpus)) if gpus else fits
    return found


class Pulse:
    """Whether the cluster lives, as this process depends on it; call it often.

    Ray ends a process whose cluster's head is gone for a minute, without a word. This says so before.
    """

    def __init__(self, ray: Any) -> None:  # noqa: ANN401 (as above)
        self._ray = ray
        context = ray.get_runtime_context()
        self._node, self._head = context.get_node_id(), context.gcs_address
        self._felt = self._looked = time.monotonic()

    def __call__(self) -> bool:
        """Whether the head answers, as of some seconds ago; only then may it be asked something.

        Raises:
            ClusterLostError: The head of the cluster does not answer, or the node of this process is lost.
        """
        now = time.monotonic()
        if now - self._looked < _BEAT:
            return self._felt == self._looked
        self._looked = now
        try:
            _connect(self._head)
        except OSError as error:
            if now - self._felt > _FAINT:
                found = f"its head {self._head} has not answered for {now - self._felt:.0f} seconds ({error})"
                raise ClusterLostError("the cluster", found) from None
            return False
        self._felt = now
        if not any(node["Alive"] for node in self._ray.nodes() if node["NodeID"] == self._node):
            raise ClusterLostError("the cluster", "the node that the job was started on is lost")
        return True


def _connect(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), _CONNECT).close()


def _check_alive(address: str) -> None:
    """Refuse an address where no cluster answers, within a bounded time.

    Ray ends the process that connects to a cluster which does not answer; so a process of its own tries first.
    """
    if "://" in address:
        found = f"{address} is for Ray's remote client"
        raise ConfigError(_OPTION, found, "start factcheck on a node of the cluster, with auto or host:port")
    if address.rpartition(":")[2].isdigit():
        try:
            _connect(address)
        except OSError as error:
            raise _unreachable(address, error.strerror or str(error)) from None
    try:
        subprocess.run(  # noqa: S603 (this Python, and an argument that no shell sees)
            [sys.executable, "-c", _PROBE, address], check=True, capture_output=True, text=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise _unreachable(address, f"no answer in {_PATIENCE:.0f} seconds") from None
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if line.strip()]
        raise _unreachable(address, said[-1].strip() if said else f"exit status {error.returncode}") from None


def _unreachable(address: str, why: str) -> FactcheckError:
    guarded = "set RAY_AUTH_MODE=token where it wants a token"  # in Ray 2.60 one of `ray start --head` does
    fix = f"start one with `ray start --head`, {guarded}, or leave the address out to use this machine alone"
    return ConfigError(_OPTION, f"{address} cannot be used: {why}", fix)


@contextmanager
def _forks_passed_over() -> Iterator[None]:
    """Without the index's warning of forks: what is forked here becomes another program at once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
        yield


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Signals do afterwards what they did before: Ray takes SIGTERM for itself."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            with suppress(TypeError):  # a handler that is not Python's cannot be put back
                signal.signal(number, handler)
