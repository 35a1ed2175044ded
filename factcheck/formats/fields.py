"""Fields of records as typed values, each refused with what was found and what is allowed."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from factcheck.formats.jsons import parse_json, type_name
from factcheck.formats.raw import BadRecord, Record
from factcheck.formats.tables import no_claim
from factcheck.types import JSON, Context, Gold

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_TIME: Final = re.compile(r"[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_LIST_SEPARATORS: Final = re.compile(r"[;|]")
_CONTEXTS_FIX: Final = 'contexts must be a list of texts or of objects {"id": …, "title": …, "text": …}'


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim before it has an id; with `split`, a text of which every sentence becomes a claim."""

    id: str | None
    text: str
    date: str | None = None
    contexts: tuple[Context, ...] = ()
    doc_ids: tuple[str, ...] = ()
    gold: Gold | None = None
    split: bool = False


def claim_text(record: Record, name: str = "claim") -> str:
    """The claim of a record, without white space at its ends."""
    value = record.get(name)
    if value is None and record.columns is None and name not in record.fields:
        raise no_claim(list(record.fields), "field")
    if isinstance(value, str) and value.strip():
        return checked_text(value.strip(), name)
    if value is None:
        in_json = record.columns is None and record.raw is not None
        found = f"{name} is {'null' if in_json else 'empty'}"
    elif isinstance(value, str):
        found = f"{name} is {'only white space' if value else 'empty'}"
    else:
        found = f"{name} is {type_name(value)}"
    raise BadRecord(found, "it must be a text that says something; fill it in or take the record out")


def checked_text(text: str, name: str) -> str:
    """The text, once it is known to be storable."""
    if "\0" in text:
        raise BadRecord(f"{name} holds a NUL character", "take it out")
    if _SURROGATE.search(text):
        raise BadRecord(f"{name} holds half of a surrogate pair", "write the whole character")
    return text


def identifier(value: JSON, name: str) -> str | None:
    """An id as a text; None where there is none. Numbers are ids too."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets have no integers
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if value is None or isinstance(value, str):
        return checked_text(value.strip(), name) or None if value else None
    raise BadRecord(f"{name} is {type_name(value)}", "an id must be a text or a number")


def iso_date(value: JSON) -> str | None:
    """An ISO 8601 day, month or year; the time of day is cut off."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a year of a table that lacks other years
    value = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if value is None or value == "":
        return None
    if isinstance(value, str) and (match := _DATE.match(value.strip())):
        rest = value.strip()[match.end() :]
        year, month, day = (int(part) if part else 1 for part in match.groups())
        if (not rest or (match[3] and _TIME.fullmatch(rest))) and _is_day(year, month, day):
            return match[0]
    shown = repr(value[:40]) if isinstance(value, str) else type_name(value)
    raise BadRecord(f"date is {shown}", "write ISO 8601: 2020-10-31, 2020-10 or 2020")


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def contexts(value: JSON, name: str = "contexts") -> tuple[Context, ...]:
    """The texts that a claim brings; those without an id are numbered from 1."""
    if isinstance(value, str):
        value = _array(value, name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"{name} is {type_name(value)}", _CONTEXTS_FIX)
    return tuple(_context(item, f"{name}[{at}]", str(at + 1)) for at, item in enumerate(value))


def _context(item: JSON, where: str, number: str) -> Context:
    if isinstance(item, str):
        return Context(number, "", checked_text(item, where))
    if not isinstance(item, dict):
        raise BadRecord(f"{where} is {type_name(item)}", _CONTEXTS_FIX)
    text, title = item.get("text"), item.get("title")
    if not isinstance(text, str):
        found = f"{where}.text is {type_name(text)}" if "text" in item else f"{where} has no text"
        raise BadRecord(found, _CONTEXTS_FIX)
    if not isinstance(title, str | None):
        raise BadRecord(f"{where}.title is {type_name(title)}", _CONTEXTS_FIX)
    given = next((item[key] for key in ("id", "doc_id", "_id") if item.get(key) is not None), None)
    ident = identifier(given, f"{where}.id") or number
    return Context(ident, checked_text(title or "", f"{where}.title"), checked_text(text, f"{where}.text"))


def doc_ids(value: JSON, name: str = "doc_ids") -> tuple[str, ...]:
    """Names of documents: a list, or the text of a cell, as a JSON array or separated by `;` or `|`."""
    if isinstance(value, str):
        value = _array(value, name) if value.lstrip().startswith("[") else list(_LIST_SEPARATORS.split(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = [value]  # a cell with one number in it
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"{name} is {type_name(value)}", f"{name} must be a list of ids")
    found = (identifier(item, f"{name}[{at}]") for at, item in enumerate(value))
    return tuple(dict.fromkeys(ident for ident in found if ident))


def _array(cell: str, name: str) -> JSON:
    """The JSON array that a cell holds."""
    if not cell.lstrip().startswith("["):
        raise BadRecord(f"{name} is a text", f'{name} must be a JSON array, such as ["one text", "another"]')
    try:
        return parse_json(cell)
    except BadRecord as error:
        raise BadRecord(f"{name}: {error.found}", "write it as a JSON array") from error
