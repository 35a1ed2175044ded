"""Dates as documents give them, made comparable where they can be read in one way only."""

import datetime as dt
import re

from factcheck.types import JSON

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[Zz]|[+-]\d{2}:?\d{2})?")


def normalise(value: JSON) -> str | None:
    """The ISO 8601 year, month or day that a value states, None where it could be read in more than one way.

    Takes `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and moments as in RFC 3339, of which the day is kept as written, in the
    moment's own time zone. `03/04/2021` is refused: which number is the month depends on the writer's country.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if moment := _MOMENT.fullmatch(text):
        text = moment[1]
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        dt.date(year, month, day)
    except ValueError:
        return None
    return text
