"""The log: one line of JSON for each thing that happened, without what claims say."""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from typing import TextIO, TypeAlias

from factcheck.formats.records import to_json
from factcheck.types import JSON

Log: TypeAlias = Callable[[str, dict[str, JSON]], None]
"""Writes what happened, and facts about it."""


def json_log(stream: TextIO | None = None) -> Log:
    """A log that writes to a stream, standard error without one."""

    def write(event: str, facts: dict[str, JSON]) -> None:
        out = stream or sys.stderr
        out.write(to_json({"time": _now(), "event": event, **facts}) + "\n")
        out.flush()

    return write


class LogHandler(logging.Handler):
    """Hands what libraries log to the service's log.

    Of an exception it gives the kind and the places, and what it says only with `texts`: it may quote a claim.
    """

    def __init__(self, log: Log, *, texts: bool = False) -> None:
        super().__init__(logging.WARNING)
        self._write, self._texts = log, texts

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            facts: dict[str, JSON] = {"level": record.levelname.lower(), "logger": record.name}
            facts["message"] = record.getMessage().strip()
            if record.exc_info and record.exc_info[1] is not None:
                facts |= self._error(record.exc_info[1])
            self._write("message", facts)
        except Exception:  # noqa: BLE001 - as logging has it: a log that fails ends no request
            self.handleError(record)

    def _error(self, error: BaseException) -> dict[str, JSON]:
        frames = traceback.extract_tb(error.__traceback__)
        facts: dict[str, JSON] = {"error": type(error).__name__}
        facts["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return facts | ({"says": str(error)} if self._texts else {})


def _now() -> str:
    """The time in UTC, to the millisecond."""
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
