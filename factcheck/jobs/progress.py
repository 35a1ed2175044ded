"""What a job tells about how far it is; `factcheck.display` shows it."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

Stage: TypeAlias = Literal["reading", "indexing", "embedding", "scoring", "judging", "probing"]


class Progress(Protocol):
    """Told how far each stage is; any thread may call."""

    def total(self, stage: Stage, n: int | None, *, done: int = 0) -> None:
        """How many there are in all, None where nobody knows yet, and how many were done before this start."""

    def advance(self, stage: Stage, n: int = 1) -> None:
        """That `n` more are done."""

    def note(self, text: str) -> None:
        """One line for the reader: something that was passed over."""


class Silent:
    """A progress that says nothing."""

    def total(self, stage: Stage, n: int | None, *, done: int = 0) -> None:
        """Nothing."""

    def advance(self, stage: Stage, n: int = 1) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


def counting(progress: Progress, stage: Stage) -> Callable[[int, int], None]:
    """A function that passes on how many of how many are done to a progress, which is told how many more are."""
    before = 0

    def tell(done: int, total: int) -> None:
        nonlocal before
        progress.total(stage, total)
        progress.advance(stage, done - before)
        before = done

    return tell
