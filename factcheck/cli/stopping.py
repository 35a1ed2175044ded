"""Ctrl-C and SIGTERM: work that is under way is finished and kept, and the reader is told how to go on."""

import signal
from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_STATUS: Final = 128  # plus the signal's number: what a shell shows of a process that a signal ended


class StoppedAtOnce(KeyboardInterrupt):
    """A signal came before there was work to finish, or it was the second one."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = _STATUS + number


class Stopping:
    """Whether a signal has asked a job to stop; a context manager that listens for it.

    Hand it to a job as `stopping`. Until the job asks for the first time, a signal raises `StoppedAtOnce` where it
    comes. From then on the first one is the answer to the job's next question; the second raises, and the third ends
    the process. A signal that was ignored before, as in the background of a shell, stays so; outside the main thread
    nothing listens.

    Args:
        on_first: Told, in another thread, that the job will stop: what was interrupted may hold a lock that it takes.
    """

    def __init__(self, on_first: Callable[[str], None]) -> None:
        self.status = 0
        """The exit status that the signal asks for; 0 as long as there was none."""
        self._on_first = on_first
        self._asked = False
        self._handlers: dict[signal.Signals, signal.Handlers | Callable[[int, FrameType | None], object] | int] = {}

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if handler is not None and handler is not signal.SIG_IGN:  # None: not Python's, hence not restorable
                    self._handlers[number] = handler
                    signal.signal(number, self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether to stop now."""
        self._asked = True
        return self.status != 0

    def _listen(self, number: int, _: FrameType | None) -> None:
        if self._asked and not self.status:
            self.status = _STATUS + number
            text = "stopping when the claims at hand are decided and written; Ctrl-C again stops at once"
            Thread(target=self._on_first, args=[text], daemon=True).start()
            return
        if self.status:  # clearing up may take its time: who cannot wait is heard by the system itself
            for listening in self._handlers:
                signal.signal(listening, signal.SIG_DFL)
        self.status = _STATUS + number
        raise StoppedAtOnce(number)
