"""What the service answers where it gives no verdict: one shape for all of it."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from factcheck.errors import FactcheckError
from factcheck.formats.records import to_json
from factcheck.types import JSON


class Problem(Exception):  # noqa: N818 - an answer like any other
    """An answer that refuses: `{"error": {"where": …, "found": …, "fix": …}}` with its status.

    Args:
        status: Of HTTP.
        where: The place, as the client would name it: `claims[3]`, `body`, a header.
        found: What was found there.
        fix: What is allowed and what to do.
        reason: One word, by which refusals are counted.
        headers: Of the answer, beside those that all answers have.
    """

    def __init__(  # noqa: PLR0913 (all but the first four have names)
        self,
        status: HTTPStatus,
        where: str,
        found: str,
        fix: str,
        *,
        reason: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, where, found, fix)
        self.status, self.where, self.found, self.fix = status, where, found, fix
        self.reason, self.headers = reason, dict(headers or {})

    @classmethod
    def later(cls, status: HTTPStatus, found: str, fix: str, *, reason: str, seconds: float = 1) -> Self:
        """A refusal of what may well be accepted some seconds later."""
        headers = {"retry-after": str(min(60, max(1, math.ceil(seconds))))}
        return cls(status, "service", found, fix, reason=reason, headers=headers)

    @property
    def body(self) -> bytes:
        """The answer."""
        return error_json(self.where, self.found, self.fix)


def error_record(where: str, found: str, fix: str) -> dict[str, JSON]:
    """What stands under `error`."""
    return {"where": where, "found": found, "fix": fix}


def error_json(where: str, found: str, fix: str) -> bytes:
    """A whole answer that refuses."""
    return to_json({"error": error_record(where, found, fix)}).encode() + b"\n"


def of_fault(error: FactcheckError) -> Problem:
    """The answer where an error of ours, and none of the client's, is in the way."""
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, error.where, error.found, error.fix, reason="fault")


def of_bug() -> Problem:
    """The answer where something happened that nobody thought of."""
    found, fix = "met a fault of factcheck", "look into the log of the service"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "service", found, fix, reason="bug")
