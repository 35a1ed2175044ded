"""Keeping a run up to date for as long as its documents change."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from factcheck.config import Settings
from factcheck.errors import ConfigError, FactcheckError
from factcheck.jobs.sources import cached_index
from factcheck.jobs.update import Updater, UpdateReport

_OPTION = "--watch"
_TICK = 500  # milliseconds; how long it takes at most to see that it is to stop
_QUIET = 200  # milliseconds without a change, after which changes are taken up
_GROUPED = 5_000  # milliseconds of changes without a pause, after which they are taken up all the same
_FIRST_RETRY, _LAST_RETRY = 10.0, 600.0  # seconds


def keep_updated(
    updater: Updater,
    update: Callable[[], UpdateReport],
    *,
    on_report: Callable[[UpdateReport], None],
    on_failure: Callable[[FactcheckError], None],
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Update a run, and again whenever files under its corpus change, until it is to stop.

    A change that comes while an update runs leads to another one. An update that fails is tried again with the next
    change, and of itself after a while, since the reason may have been another process; the first one must not fail.

    Args:
        updater: Of the run; its corpus must be a folder or a file.
        update: Calls `updater.update`.
        on_report: Told of each update.
        on_failure: Told why an update failed, once where it fails again for the same reason.
        stopping: Asked after each update, and twice a second, whether to stop.

    Raises:
        ConfigError: The corpus cannot be watched.
        FactcheckError: What the first update raises.
    """
    failure, wait, again = "", _FIRST_RETRY, float("inf")
    first = True
    for changed in _news(updater):
        if stopping():
            break
        if not changed and time.monotonic() < again:
            continue
        try:
            report = update()
        except FactcheckError as error:
            if first:
                raise
            if str(error) != failure:
                on_failure(error)
            failure, again, wait = str(error), time.monotonic() + wait, min(2 * wait, _LAST_RETRY)
        else:
            on_report(report)
            failure, wait, again, first = "", _FIRST_RETRY, float("inf"), False
        if stopping():
            break


def _news(updater: Updater) -> Iterator[bool]:
    """Whether something changed, at least every half second; the first time it did, as nobody knows."""
    watch = _watcher()
    settings = updater.settings()
    root = _root(settings)
    index = settings.index or cached_index(settings.corpus, settings.language)
    ours = (updater.folder.resolve(), Path(index).resolve())
    while True:
        if not root.exists():  # taken away, perhaps for another one to be put there
            yield True
            while not root.exists():
                time.sleep(_TICK / 1000)
                yield False
        is_folder = root.is_dir()
        place = root if is_folder else root.parent  # a file that is replaced is another one, its folder is the same
        watched = _identity(place)
        batches = watch(
            place,
            watch_filter=_filter(root, ours) if is_folder else lambda _, name: Path(name) == root,
            debounce=_GROUPED,
            step=_QUIET,
            rust_timeout=_TICK,
            yield_on_timeout=True,
            recursive=is_folder,
        )
        with closing(batches):
            try:
                next(batches)  # it watches from here on
                yield True
                for batch in batches:
                    if _identity(place) != watched:
                        break
                    yield bool(batch)
            except OSError as error:
                fix = "set WATCHFILES_FORCE_POLLING=1 where the system cannot tell of changes, or not of so many files"
                raise ConfigError(_OPTION, f"{root} cannot be watched: {error}", fix) from error


def _filter(root: Path, ours: tuple[Path, ...]) -> Callable[[object, str], bool]:
    """What is no news: hidden files, and what updating writes itself, should that be among the documents."""

    def is_news(_change: object, name: str) -> bool:
        path = Path(name)
        shown = not any(part.startswith(".") for part in path.relative_to(root).parts)
        return shown and not any(path.is_relative_to(folder) for folder in ours)

    return is_news


def _watcher() -> Any:  # noqa: ANN401
    try:
        from watchfiles import watch  # noqa: PLC0415 (an extra)
    except ImportError as error:
        fix = 'pip install "factcheck-nli[watch]"'
        raise ConfigError(_OPTION, "the package watchfiles is not installed", fix) from error
    return watch


def _root(settings: Settings) -> Path:
    if not settings.corpus:
        found = f"the run was decided with the index {settings.index} as it is"
        raise ConfigError(_OPTION, found, "name the folder of its documents with --corpus")
    if settings.corpus.startswith("hf:"):
        raise ConfigError(_OPTION, f"{settings.corpus} is no folder", "a folder or a file of documents can be watched")
    return Path(settings.corpus).resolve()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
