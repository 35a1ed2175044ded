"""Removing what a run stored: its folder, the scores of its pairs, and the index that it made."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from factcheck.config import Settings
from factcheck.corpus.build import remove_index
from factcheck.errors import ConfigError, RunError, RunInUseError
from factcheck.jobs.sources import cached_index
from factcheck.nli.cache import forget, holds_scores, pair_keys
from factcheck.run.ledger import LEDGER, LOCK, OWN_FILES, Ledger, foreign_files, held, is_worked_on

_TOGETHER = 10_000  # pairs whose keys are made together
_TORN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})  # the last: no such table
_RESULT = 0xFF  # the part of an extended result code that is the plain one


@dataclass(frozen=True, slots=True)
class Cache:
    """A score cache that a run used, and what its keys are made of beside the texts."""

    file: Path
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a run stored, as far as it is still there."""

    folder: Path
    files: tuple[Path, ...]  # its own, in the order in which they go
    others: tuple[str, ...]  # names in its folder that are not its own, and stay
    size: int  # bytes of its files
    claims: int = 0
    pairs: int = 0
    reviews: int = 0  # acts of reviewers, which nobody can compute again
    caches: tuple[Cache, ...] = ()
    index: Path | None = None  # in the user's cache, made by this run or another one of the same documents
    corpus: str = ""
    torn: str = ""  # why the ledger cannot be read; what is elsewhere is not known then


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeReport:
    """What was removed."""

    files: int
    scores: int
    index: Path | None
    folder_left: bool  # with files that are not the run's
    torn: str  # why not all scores of the run could be told


def holdings(folder: Path | str) -> Holdings:
    """What `purge` would remove, told without changing anything.

    Raises:
        RunError: There is no run in the folder, or it is of another format; a `RunInUseError` where a process works
            on it.
    """
    folder = Path(folder)
    if is_worked_on(folder):
        raise RunInUseError(folder, "a process is working on this run", "stop it first, with Ctrl-C or SIGTERM")
    return _holdings(folder)


def purge(folder: Path | str, *, index: bool = False) -> PurgeReport:
    """Remove what a run stored, and nothing else. Where it stops in the middle, it can be done again.

    The scores go first and the ledger, which knows them, last. Scores stay of pairs whose verdicts were never written,
    as of the claims at hand when a process was killed, or were replaced by an update: a cache names pairs by hashes,
    and which pairs these were is known to nobody any more.

    Args:
        folder: The run folder; it goes too if nothing else is in it.
        index: Whether the index of the run's documents in the user's cache goes too, which other runs may use.

    Raises:
        RunError: As for `holdings`.
        FactcheckError: A cache or an index is in use, or something cannot be removed; the ledger is still there.
    """
    folder = Path(folder)
    _holdings(folder)  # refuses before a lock is made
    with held(folder):
        found = _holdings(folder)
        keys = _Keys(found)
        scores = sum(forget(cache.file, keys.of(cache)) for cache in found.caches)
        if index and found.index is not None:
            remove_index(found.index)
        for path in _own(folder):  # listed again: reading may have made some
            _remove(path)
    with suppress(OSError):  # something else is in it, or it is only a link to the folder
        folder.rmdir()
    return PurgeReport(
        files=len(found.files),
        scores=scores,
        index=found.index if index else None,
        folder_left=folder.exists(),
        torn=keys.torn or found.torn,
    )


def _holdings(folder: Path) -> Holdings:
    own = _own(folder) if folder.is_dir() else ()
    names = {path.name for path in own}
    others = tuple(sorted(foreign_files(folder))) if own else ()
    size = sum(path.lstat().st_size for path in own)
    found = Holdings(folder=folder, files=own, others=others, size=size)
    if LEDGER not in names:
        if names == {LOCK} and not others:  # a purge that was stopped at its end
            return found
        raise RunError(folder, "holds no run", "name the folder that `factcheck verify --run` wrote")
    try:
        with Ledger(folder) as ledger, ledger.moment():
            return _with_ledger(found, ledger)
    except RunError as error:
        code = getattr(error.__cause__, "sqlite_errorcode", None)
        if code is None or code & _RESULT not in _TORN or LOCK not in names:
            raise
        return replace(found, torn=error.found)


def _with_ledger(found: Holdings, ledger: Ledger) -> Holdings:
    settings = ledger.get("settings")
    corpus, index = _index(settings if isinstance(settings, dict) else {})
    noted: Any = ledger.get("caches") or []
    caches = [Cache(Path(item["file"]), item["facts"]) for item in noted]
    return replace(
        found,
        claims=ledger.progress()[1],
        pairs=ledger.pairs(),
        reviews=ledger.review_events(),
        caches=tuple(cache for cache in caches if holds_scores(cache.file)),
        index=index,
        corpus=corpus,
    )


def _index(settings: dict[str, Any]) -> tuple[str, Path | None]:
    """The corpus, and its index in the user's cache; none where the run was given an index by name."""
    try:
        known = Settings.of(settings)
    except ConfigError:  # of another version of factcheck
        return "", None
    folder = cached_index(known.corpus, known.language)
    made = bool(known.corpus) and not known.index and folder.is_dir()
    return known.corpus, folder if made else None


class _Keys:
    """The keys that the scores of a run have in its caches; `torn` is why there are no more of them."""

    def __init__(self, found: Holdings) -> None:
        self._found = found
        self.torn = ""

    def of(self, cache: Cache) -> Iterator[bytes]:
        with Ledger(self._found.folder) as ledger:
            pairs = self._pairs(ledger)
            while some := list(islice(pairs, _TOGETHER)):
                yield from pair_keys(cache.facts, some).values()

    def _pairs(self, ledger: Ledger) -> Iterator[tuple[str, str]]:
        try:
            yield from ledger.judged()
        except RunError as error:
            self.torn = error.found


def _own(folder: Path) -> tuple[Path, ...]:
    return tuple(path for name in OWN_FILES if (path := folder / name).is_file() or path.is_symlink())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(path, f"cannot be removed: {error.strerror or error}", "purge the run again") from error
