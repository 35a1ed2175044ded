"""What time a passage speaks of: whether two differ in it, and which is nearer to a claim's own date."""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from factcheck.types import Passage
from factcheck.wording.numbers import numbers

_LONGEST_TITLE = 300  # characters that are looked at
_APART = 31  # days between the dates of two documents that are of one period
_VERSION = re.compile(
    r"[\s_.-]{0,3}(?:\(?(?:version|rev(?:ision)?|edition|update[d]?|draft|v)[\s._-]*\d*\)?|\d{1,4})(?!\w)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def differ(one: Passage, other: Passage) -> bool:
    """Whether two passages of different documents speak of different periods, or are of versions of one document.

    Years that both sentences name decide, then the dates of the documents where they are more than a month apart. Two
    documents are versions of one if their titles differ, but in numbers, dates and words such as "version" alone.
    """
    named = [_years(passage.quote) for passage in (one, other)]
    if all(named):
        return named[0].isdisjoint(named[1])
    return _versions(one, other) or _apart(one.source.date, other.source.date)


def holding(when: str, passages: Sequence[Passage]) -> list[int]:
    """Which of some passages hold at a time, by their places; none where their documents do not differ in time.

    These are the ones of the latest document that was there by then, or if none was of the earliest, and of documents
    at most a month away from it. Documents without a date take no part.
    """
    spans = {at: span for at, passage in enumerate(passages) if (span := _span(passage.source.date)) is not None}
    asked = _span(when)
    if asked is None or not spans:
        return []
    there = [at for at, span in spans.items() if span[0] <= asked[1]]
    chosen = max(there, key=lambda at: spans[at][0]) if there else min(spans, key=lambda at: spans[at][0])
    near = [at for at in spans if not _apart(passages[at].source.date, passages[chosen].source.date)]
    return near if len(near) < len(spans) else []


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
    titles = [passage.source.title[:_LONGEST_TITLE].strip().casefold() for passage in (one, other)]
    bare = [_VERSION.sub("", title).strip() for title in titles]
    return titles[0] != titles[1] and bare[0] == bare[1] != ""
