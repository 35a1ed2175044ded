"""What a job tells about how far it is; `factcheck.display` shows it."""

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
