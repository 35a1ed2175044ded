"""What the pages of one run are made from: its folder, its reviews, and what is opened for it when it is needed."""

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factcheck.config import Settings
from factcheck.errors import ConfigError, CorpusError, RunError
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import Sources, cached_index, open_finder
from factcheck.nli import PairScorer
from factcheck.review.sample import Sample, draw
from factcheck.run.ledger import Ledger
from factcheck.run.listing import Listing
from factcheck.run.reviews import Reviews


@dataclass(frozen=True, slots=True)
class Run:
    """What a run says of itself, at one moment."""

    edition: int
    settings: Settings
    identity: Mapping[str, Any]
    done: int  # verdicts
    total: int  # claims
    finished: bool


class Desk:
    """One run that is being reviewed; made once for a server, safe to use from several threads.

    Raises:
        RunError: There is no run in the folder, or its file cannot be written.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.reviews = Reviews(self.folder)
        self.scoring = threading.Lock()
        """Held while the scorer is used."""
        self._lock = threading.RLock()
        self._opening = threading.Lock()  # takes seconds, which pages that do not need it shall not wait
        self._run = self._read()
        self._sources: tuple[int, Sources | None, str] | None = None  # with the edition that they were opened for
        self._scorer: tuple[int, PairScorer] | None = None
        self._samples: dict[tuple[int, int, int], Sample] = {}

    @property
    def name(self) -> str:
        """The run's folder, as its reviewers know it."""
        return self.folder.absolute().name

    @property
    def run(self) -> Run:
        """The run as it was at the last `look`."""
        return self._run

    @property
    def settings(self) -> Settings:
        """What the run was made with, paths absolute."""
        return self._run.settings

    @property
    def identity(self) -> Mapping[str, Any]:
        """Everything that could change the run's verdicts."""
        return self._run.identity

    def look(self) -> Run:
        """The run as it is now. Where an update has replaced its verdicts, everything here follows."""
        with self._lock:
            before, self._run = self._run, self._read()
            if self._run.edition != before.edition:
                self.reviews.refresh()
                self._samples.clear()
            return self._run

    def ledger(self) -> AbstractContextManager[Ledger]:
        """The verdicts, read-only; open it for one request."""
        return Ledger(self.folder)

    def listing(self) -> AbstractContextManager[Listing]:
        """The lists, read-only; open it for one request."""
        return Listing(self.folder)

    def sources(self) -> Sources | None:
        """The corpus that the run was made with, as its index is now; None where there is none to open.

        An index is never built or brought up to date by this.
        """
        return self._opened()[1]

    @property
    def no_sources(self) -> str:
        """Why `sources` gives None; empty where it does not."""
        return self._opened()[2]

    def scorer(self) -> PairScorer:
        """The model that the run was made with, loaded at the first call; use it with `scoring` held.

        Raises:
            ModelError: It cannot be loaded any more.
        """
        run = self.run
        with self._opening:
            if self._scorer is None or self._scorer[0] != run.edition:
                self._scorer = run.edition, open_scorer(run.settings)
            return self._scorer[1]

    def sample(self, seed: int, size: int) -> Sample:
        """The claims that a random sample draws of the finished run.

        Raises:
            RunError: The run still goes on: what it has decided so far is not a random part of it.
        """
        run = self.look()
        if not run.finished:
            what = f"{run.done:,} of {run.total:,} claims have a verdict"
            raise RunError(self.folder, what, "a sample can be drawn when the run has finished")
        key = (run.edition, seed, size)
        with self._lock:
            if key not in self._samples:
                with self.listing() as listing:
                    self._samples[key] = draw(listing.positions(), size, seed=seed)
            return self._samples[key]

    def close(self) -> None:
        """Close the reviews' file; every decision is in it, also where it cannot be closed in order."""
        with suppress(sqlite3.DatabaseError):  # it was torn or closed meanwhile
            self.reviews.close()

    def _read(self) -> Run:
        with Ledger(self.folder) as ledger:
            settings, identity = ledger.get("settings"), ledger.get("identity")
            done, total = ledger.progress()
            return Run(
                ledger.edition,
                Settings.of(settings if isinstance(settings, dict) else {}),
                identity if isinstance(identity, dict) else {},
                done,
                total,
                ledger.is_finished(),
            )

    def _opened(self) -> tuple[int, Sources | None, str]:
        run = self.run
        with self._opening:
            if self._sources is None or self._sources[0] != run.edition:
                self._sources = run.edition, *_open(run.settings)
            return self._sources


def _open(settings: Settings) -> tuple[Sources | None, str]:
    """The corpus of a run without building anything; or None, and why."""
    if not settings.index and not settings.corpus:
        return None, "the claims of this run brought their own sources; it has no corpus to search"
    folder = settings.index or str(cached_index(settings.corpus, settings.language))
    try:
        words = replace(settings, corpus="", index=folder, retriever="lexical", embedder="")
        return open_finder(words), ""  # a reviewer searches by words, whatever the run did
    except (ConfigError, CorpusError) as error:
        return None, f"the run's index cannot be read ({error.found})"
