"""What goes wrong with a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from factcheck.errors import FactcheckError


class ClusterError(FactcheckError):
    """The cluster does not do its part, whatever the blocks are."""


class ClusterLostError(ClusterError):
    """There is nobody left to ask, not even to part from."""


@contextmanager
def explained(ray: Any) -> Iterator[None]:  # noqa: ANN401 (its modules are untyped)
    """Errors of Ray itself as `ClusterError`; what goes wrong in a worker's own code keeps its traceback."""
    try:
        yield
    except (ray.exceptions.RayError, ConnectionError) as error:
        if isinstance(error, ray.exceptions.RayTaskError):
            raise
        raise ClusterError("the cluster", last_line(error)) from error


def last_line(error: Exception) -> str:
    """What an error says in the end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
