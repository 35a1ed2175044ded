"""Verifying and searching beside an event loop: one thread that has the model and the index."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from factcheck.config import Settings
from factcheck.corpus.index import Pointer
from factcheck.errors import CorpusError
from factcheck.jobs.bench import Workbench
from factcheck.jobs.sources import search as find
from factcheck.jobs.sources import searcher_of
from factcheck.mcp.arguments import MAX_HITS
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.types import Claim, Hit, Verdict

T = TypeVar("T")

TOGETHER: Final = 8  # claims; a call that is cancelled, or another one's turn, waits for these at most


def check_sources(settings: Settings) -> None:
    """Refuse documents or an index that are not there, without opening them; what is not on this machine passes.

    Raises:
        CorpusError: There is nothing under the name.
    """
    corpus, index = settings.corpus, settings.index
    if corpus and _is_here(corpus) and not Path(corpus).exists():
        raise CorpusError(corpus, "does not exist", "give a file or a folder of documents")
    if index and not corpus and _is_here(index) and Pointer.read(Path(index)) is None:
        raise CorpusError(index, "holds no finished index", "build one with `factcheck index DOCUMENTS --index FOLDER`")


def _is_here(name: str) -> bool:
    return not name.startswith("hf:") and "://" not in name


class Engine:
    """Does what it is asked for, in order, in a thread of its own, which loads model and index first.

    Loading is tried again with the next request where it failed.

    Args:
        load: Opens the index, brings it up to date where the documents are named, and loads the model.
    """

    def __init__(self, load: Callable[[], Workbench]) -> None:
        self._load = load
        self._bench: Workbench | None = None
        self._searcher: EvidenceFinder | None = None
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[Workbench], Any]] | None] = SimpleQueue()
        # A daemon, since reading a large corpus must not keep the process alive after its client has gone.
        self._thread = Thread(target=self._work, name="factcheck engine", daemon=True)
        self._thread.start()

    def warm(self) -> Future[None]:
        """Load model and index now."""
        return self._submit(lambda _: None)

    def check(self, claims: Sequence[Claim]) -> Future[None]:
        """Refuse claims that the model or the corpus cannot take: the future raises the first one's ClaimsError."""

        def work(bench: Workbench) -> None:
            for error in bench.check(list(claims)):
                if error is not None:
                    raise error

        return self._submit(work)

    def verify(self, claims: Sequence[Claim]) -> Future[list[Verdict]]:
        """Verdicts on claims that passed `check`, in order."""
        return self._submit(lambda bench: list(bench.verify(iter(claims))))

    def search(self, query: str, limit: int) -> Future[tuple[Hit, ...]]:
        """The passages that match best, at most `limit`; also where more than the setting `passages` are wanted."""

        def work(bench: Workbench) -> tuple[Hit, ...]:
            if self._searcher is None:
                self._searcher = searcher_of(bench.settings, bench.sources.index, MAX_HITS)
            return find(self._searcher, query)[:limit]

        return self._submit(work)

    def close(self, timeout: float) -> bool:
        """Whether the thread has ended, once what is under way is done or the time (seconds) is over."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _submit(self, work: Callable[[Workbench], T]) -> Future[T]:
        future: Future[T] = Future()
        self._queue.put((future, work))
        return future

    def _work(self) -> None:
        while (request := self._queue.get()) is not None:
            future, work = request
            if not future.set_running_or_notify_cancel():
                continue
            try:
                if self._bench is None:
                    self._bench = self._load()
                future.set_result(work(self._bench))
            except BaseException as error:  # noqa: BLE001 (whoever waits for the future gets it)
                future.set_exception(error)
