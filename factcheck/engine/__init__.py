"""Where a job is computed when it is not in this process: on the workers of a Ray cluster."""

from factcheck.config import Settings
from factcheck.jobs.engine import Engine


def engine_of(settings: Settings) -> Engine | None:
    """The engine that the settings name; None where this process does the work itself.

    Raises:
        ConfigError: Ray is not installed.
    """
    if settings.engine == "local":
        return None
    from factcheck.engine.cluster import import_ray  # noqa: PLC0415
    from factcheck.engine.driver import RayEngine  # noqa: PLC0415

    import_ray()  # before anything is read or computed
    return RayEngine(settings)
