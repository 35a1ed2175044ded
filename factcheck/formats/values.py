"""Values of cells, data frames and Python records as JSON has them."""

import datetime as dt
import decimal
import math
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from factcheck.types import JSON

_LONGEST_INT: Final = 14_000  # bits; Python writes no int of more than 4,300 digits


def json_value(value: object, other: Callable[[object], JSON] = str) -> JSON:  # noqa: PLR0911 - one a type
    """A value as JSON has it; None for the NaN, NaT and NA that pandas writes for a missing one, and for infinities.

    Dates become ISO 8601, those of midnight a day. Arrays of numpy, pandas and the like become lists.

    Args:
        value: May hold others, as a list or a mapping does.
        other: Makes something of a value that JSON has no type for, or of an integer too long to write.
    """
    if value is None or _is_missing(value):
        return None
    if isinstance(value, str | bytes | bytearray | memoryview):
        return _text(value)
    if isinstance(value, int | float | decimal.Decimal):
        return _number(value, other)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_value(item, other) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [json_value(item, other) for item in value]
    if isinstance(value, dt.timedelta | uuid.UUID | PurePath):
        return str(value)
    return _array_value(value, other) if hasattr(value, "__array__") else other(value)


def _is_missing(value: object) -> bool:
    pandas = sys.modules.get("pandas")  # without it there is no such value
    return any(value is getattr(pandas, name, None) for name in ("NaT", "NA"))


def _text(value: str | bytes | bytearray | memoryview) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # str(value) of some enums is their name
    return bytes(value).decode("utf-8", "backslashreplace")


def _number(value: float | decimal.Decimal, other: Callable[[object], JSON]) -> JSON:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _LONGEST_INT else other(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return str(value) if value.is_finite() else None


def _array_value(value: Any, other: Callable[[object], JSON]) -> JSON:  # noqa: ANN401 - anything numpy can take over
    import numpy as np  # noqa: PLC0415 - importing factcheck stays fast

    array = np.asarray(value)
    if array.ndim:
        return [json_value(item, other) for item in array]
    item: Any = array[()]
    if isinstance(item, np.datetime64):
        day, _, time = str(item).partition("T")
        return None if np.isnat(item) else f"{day}T{time}" if time.strip("0:.") else day
    if isinstance(item, np.timedelta64):
        return None if np.isnat(item) else str(item)
    found = item.item() if isinstance(item, np.generic) else item
    return str(found) if isinstance(found, np.generic) else json_value(found, other)  # Python has no long doubles
