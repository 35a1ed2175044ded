"""What the claims readers hand to each other: one record of a file, or what is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, TypeAlias

from factcheck.formats.records import to_json
from factcheck.types import JSON

MAX_RECORD: Final = 1 << 20  # bytes of one record
MAX_RAW: Final = 2_000  # characters of a record that a message repeats


class BadRecord(Exception):  # noqa: N818 - never leaves this package: it becomes a ClaimsError or a Rejected
    """One record cannot be used; reading can go on behind it."""

    def __init__(self, found: str, fix: str) -> None:
        super().__init__(found, fix)
        self.found, self.fix = found, fix


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record of a claims file that gave no claim: where it starts, what is wrong, and its text.

    `line` counts the lines of the file (the rows of a table that has no lines) from 1. `raw` is cut where it is long,
    and ends in a note that says so.
    """

    place: str
    line: int
    problem: str
    raw: str

    def to_json(self) -> str:
        """The record as one line of JSON, without the line end."""
        return to_json(asdict(self))


@dataclass(frozen=True, slots=True)
class Record:
    """One record as its file gives it.

    `columns` maps the trimmed lower-case names of a table's columns to their names in the file; it is None for JSON,
    where names are exact.
    """

    line: int
    raw: bytes | None
    fields: Mapping[str, JSON]
    columns: Mapping[str, str] | None = None
    index: int = 0  # of the record in its file, from 0

    def get(self, name: str) -> JSON:
        """The value of a field; None where it is missing, null, or an empty cell of a table."""
        if self.columns is None:
            return self.fields.get(name)
        value = self.fields.get(self.columns[name]) if name in self.columns else None
        return None if isinstance(value, str) and not value.strip() else value

    def shown(self) -> str:
        """The text of the record, as `Rejected.raw` repeats it."""
        whole = json.dumps(self.fields, ensure_ascii=False) if self.raw is None else self.raw
        return cut(whole)


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be taken apart."""

    line: int
    raw: bytes
    found: str
    fix: str
    size: int = field(default=0)  # bytes of the record, where `raw` is only its beginning

    def shown(self) -> str:
        """The text of the record, as `Rejected.raw` repeats it."""
        return cut(self.raw, self.size)


Item: TypeAlias = Record | Fault


def cut(text: bytes | str, size: int = 0) -> str:
    """The text, or its first `MAX_RAW` characters and a note of its size, in bytes."""
    if isinstance(text, str):
        text = text.encode("utf-8", "replace")
    size = max(size, len(text))
    shown = text[: 4 * MAX_RAW].decode("utf-8", "replace").rstrip("\r\n")
    whole = len(shown) <= MAX_RAW and size <= 4 * MAX_RAW
    return shown if whole else f"{shown[:MAX_RAW]} [cut: {size:,} bytes in all]"
