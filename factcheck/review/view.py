"""What a page shows, as its address says it: which verdicts, in which order, and which sample they were drawn for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Path, Request

from factcheck.errors import ConfigError
from factcheck.run.listing import Filter, Order
from factcheck.run.reviews import Status
from factcheck.types import Label, Reason

PAGE = 50  # verdicts
_FAR = 2**53 - 1  # positions, pages and seeds that JavaScript and SQLite can count to
_LONGEST = 2_000  # characters of a value in an address
_WORDS = TypeVar("_WORDS", bound=StrEnum)

Position = Annotated[int, Path(ge=0, le=_FAR)]
"""The place of a claim in the run, as a path names it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The random sample that a claim page belongs to; its verdict is hidden until it is decided."""

    seed: int
    size: int

    def __str__(self) -> str:
        return f"{self.seed}:{self.size}"


@dataclass(frozen=True, slots=True)
class View:
    """The state of a list or of a page reached from it."""

    filter: Filter
    page: int = 1
    drawn: Drawn | None = None

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Self:
        """The view that an address names; empty values, as of an untouched form, count as left out.

        Raises:
            ConfigError: A value is none that the list knows.
        """
        given = {name: value.strip() for name, value in values.items() if value.strip()}
        for name, value in given.items():
            if len(value) > _LONGEST:
                raise ConfigError(name, f"has {len(value):,} characters", f"at most {_LONGEST:,} are looked for")
        wanted = Filter(
            label=_word(given, "label", Label),
            reason=_word(given, "reason", Reason),
            status=_word(given, "status", Status),
            assigned=given.get("assigned", ""),
            document=given.get("document", ""),
            text=given.get("text", ""),
            least=_share(given, "least"),
            most=_share(given, "most"),
            order=_word(given, "order", Order) or Order.URGENT,
        )
        return cls(wanted, _count(given, "page", given.get("page", "1"), least=1), _drawn(given))

    def query(self, **changes: object) -> str:
        """This view as the end of an address, `?…` or nothing, with some of its values put otherwise."""
        values = self.values() | {name: _plain(value) for name, value in changes.items()}
        kept = {name: value for name, value in values.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def values(self) -> dict[str, str]:
        """What is named, by its name in an address; what is as usual is left out."""
        wanted = self.filter
        values = {
            **{name: _plain(getattr(wanted, name)) for name in ("label", "reason", "status", "assigned", "document")},
            **{name: _plain(getattr(wanted, name)) for name in ("text", "least", "most")},
            "order": "" if wanted.order is Order.URGENT else wanted.order.value,
            "page": "" if self.page == 1 else str(self.page),
            "drawn": _plain(self.drawn),
        }
        return {name: value for name, value in values.items() if value}

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves out verdicts."""
        return not self.values().keys() <= {"order", "page", "drawn"}


def _of_request(request: Request) -> View:
    return View.of(request.query_params)


AView = Annotated[View, Depends(_of_request)]
"""A parameter of an endpoint: the view that the address names."""


def _word(given: Mapping[str, str], name: str, words: type[_WORDS]) -> _WORDS | None:
    if name not in given:
        return None
    try:
        return words(given[name])
    except ValueError:
        raise ConfigError(name, f"{given[name]!r} is not known", f"use {', '.join(words)}") from None


def _share(given: Mapping[str, str], name: str) -> float | None:
    if name not in given:
        return None
    value: float = _number(given, name, given[name], float)
    if not 0 <= value <= 1:  # refuses what is not a number, too
        raise ConfigError(name, f"{given[name]!r} is out of range", "use a number from 0 to 1")
    return value


def _drawn(given: Mapping[str, str]) -> Drawn | None:
    if "drawn" not in given:
        return None
    seed, _, size = given["drawn"].partition(":")
    return Drawn(_count(given, "drawn", seed, least=0), _count(given, "drawn", size, least=1))


def _count(given: Mapping[str, str], name: str, text: str, *, least: int) -> int:
    number: int = _number(given, name, text, int)
    if not least <= number <= _FAR:
        raise ConfigError(name, f"{text!r} is out of range", f"use a whole number from {least}")
    return number


def _number(given: Mapping[str, str], name: str, text: str, kind: Callable[[str], Any]) -> Any:  # noqa: ANN401
    try:
        return kind(text)
    except ValueError:
        raise ConfigError(name, f"{given.get(name, text)!r} is not a number", "") from None


def _plain(value: object) -> str:
    if value is None or value == "":
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
