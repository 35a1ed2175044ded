"""The scorer that the settings name, with the score cache before it."""

from collections.abc import Callable
from pathlib import Path

from factcheck.assets import cache_folder
from factcheck.config import Settings
from factcheck.nli import PairScorer, load
from factcheck.nli.cache import CachedScorer, ScoreCache

_FILE = "scores.sqlite"


def open_scorer(settings: Settings, *, on_note: Callable[[str], None] | None = None) -> PairScorer:
    """Load the model of the settings; scores that are in the cache are taken from there, unless `cache` is false.

    Args:
        settings: All settings.
        on_note: Told, in one line, when the cache cannot be used as it is; the log without one.

    Raises:
        ModelError: The model, precision or device cannot be used.
    """
    scorer = load(settings.model, precision=settings.precision, device=settings.device, labels=settings.labels or None)
    if settings.cache is False:
        return scorer
    path = cache_folder() / _FILE if settings.cache is True else Path(settings.cache)
    return CachedScorer(scorer, ScoreCache(path, max_mb=settings.cache_mb, on_note=on_note))
