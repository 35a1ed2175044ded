"""What time a passage speaks of: whether two differ in it, and which is nearer to a claim's own date."""

import re
from calendar import monthrange
from datetime import date

from factcheck.types import Passage
from factcheck.wording.numbers import numbers

_APART = 31  # days between the dates of two documents that are of one period
_VERSION = re.compile(
    r"[\s_.-]*(?:\(?(?:version|rev(?:ision)?|edition|update[d]?|draft|v)[\s._-]*\d*\)?|\d{1,4})(?!\w)", re.IGNORECASE
)
_PARTS = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def differ(one: Passage, other: Passage) -> bool:
    """Whether two passages of different documents speak of different periods, or are of versions of one document.

    Years that both sentences name decide, then the dates of the documents where they are more than a month apart. Two
    documents are versions of one if their titles are the same but for numbers, dates and words such as "version".
    """
    named = [_years(passage.quote) for passage in (one, other)]
    if all(named):
        return named[0].isdisjoint(named[1])
    return _versions(one, other) or _apart(one.source.date, other.source.date)


def nearer(when: str, one: Passage, other: Passage) -> Passage | None:
    """The one of two passages that holds at a time; None where their documents do not differ in time, or have no date.

    That is the one of the later document that was there by then; if none was, the one of the earlier document.
    """
    spans = [_span(passage.source.date) for passage in (one, other)]
    asked = _span(when)
    if asked is None or spans[0] is None or spans[1] is None or not _apart(one.source.date, other.source.date):
        return None
    there = [span[0] <= asked[1] for span in (spans[0], spans[1])]
    if there[0] != there[1]:
        return one if there[0] else other
    first, second = (one, other) if spans[0] <= spans[1] else (other, one)
    return second if there[0] else first


def by(when: str, document: str | None) -> bool:
    """Whether a document of that date was there at a time; one without a date always was.

    A date of a month or year is there when that month or year has begun.
    """
    asked, span = _span(when), _span(document)
    return asked is None or span is None or span[0] <= asked[1]


def dates(one: Passage, other: Passage) -> str:
    """The times of two passages for a reader, the earlier first: the years they name, else dates, else titles."""
    if (first := _years(one.quote)) and (second := _years(other.quote)):
        return " against ".join(", ".join(map(str, sorted(years))) for years in sorted((first, second), key=min))
    if one.source.date and other.source.date:
        return " against ".join(sorted((one.source.date, other.source.date)))
    return " against ".join(passage.source.title or passage.source.doc_id for passage in (one, other))


def _years(text: str) -> frozenset[int]:
    return frozenset(int(value) for number in numbers(text) if number.kind == "year" for value in number.values)


def _span(text: str | None) -> tuple[date, date] | None:
    """First and last day of an ISO date of a day, month or year; None where it is none."""
    match = _PARTS.match(text or "")
    if match is None:
        return None
    year, month, day = (None if part is None else int(part) for part in match.groups())
    assert year is not None
    try:
        last_month = month or 12
        return date(year, month or 1, day or 1), date(year, last_month, day or monthrange(year, last_month)[1])
    except ValueError:
        return None


def _apart(one: str | None, other: str | None) -> bool:
    """Whether two dates are surely more than a month apart."""
    spans = _span(one), _span(other)
    if spans[0] is None or spans[1] is None:
        return False
    earlier, later = sorted((spans[0], spans[1]))
    return (later[0] - earlier[1]).days > _APART


def _versions(one: Passage, other: Passage) -> bool:
    titles = [_VERSION.sub("", passage.source.title).strip().casefold() for passage in (one, other)]
    return titles[0] == titles[1] and titles[0] != "" and one.source.doc_id != other.source.doc_id
