"""The dates of an English text, as the years, months and days that they leave open or name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from factcheck.wording.numbers import Number
from factcheck.wording.words import word_set

Span = tuple[int, int]

_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SHORT = {name[:3]: at for at, name in enumerate(_NAMES, 1)} | {"sept": 9}
_MONTHS = {name: at for at, name in enumerate(_NAMES, 1)} | _SHORT
_MONTH = rf"(?:{'|'.join(_NAMES)}|(?:{'|'.join(_SHORT)})(?![a-z])\.?)"
_YEAR = r"(?:1\d{3}|20\d\d|2100)(?![\d%])(?![.,]\d)"
_DAY = r"(?:[0-2]?\d|3[01])(?:st|nd|rd|th)?(?!\d)"
_ORDINALS = ["first", "second", "third", "fourth"]
_CENTURIES = [
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "twenty-first"),
]
_OF_YEAR = r"(?:,?|,?\s+in|\s+of)\s+"
_QUARTER = r"first|second|third|fourth|last|1st|2nd|3rd|4th"
_TO = r"(?:[-–]|to|and)"
_BEFORE_A_YEAR = re.compile(
    r"(?:\b(?:in|since|until|till|by|from|of|to|before|after|during|between|and|year|early|late|mid|through|around|circa"
    r"|born|ca?\.|for|season|summer|winter|spring|autumn|fall|christmas)|[(–—-])\s*$",
    re.IGNORECASE,
)
_MAY_STAND_BEFORE = re.compile(r"(?:^|[,;:(\[\]“\"'’–—/-]|\d|ed|\.)\s*$")
_AFTER_A_YEAR = re.compile(r"\s*(?:$|[.,;:)–—/-]|(?:and|to|was|is|were|when|as|at|by|with|for|in|the|he|she|it)\b)")
_DETERMINER = re.compile(r"(?:\b(?:the|an?|his|her|its|their|our|this|that)\s+|['’]s\s+)$", re.IGNORECASE)
_SINGULAR = re.compile(r"\s+(?!people|men|women|children)[^\W\d_]+(?<!s)(?![^\W_])", re.IGNORECASE)
_BEFORE_A_NAME = re.compile(
    r"\b(?:in|of|since|until|till|by|early|late|mid|last|next|this|to|from|and|on|during|through"
    r"|throughout|each|every)[\s-]$",
    re.IGNORECASE,
)
_PATTERN = re.compile(
    rf"""
    (?<![\w.])(?:
      (?P<iso>\d{{4}}-(?:0[1-9](?:-\d\d)?|1[0-2]-\d\d))(?![\d-])
    | (?P<slash>\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}))(?!\d)
    | (?:(?P<days>{_DAY})\s*{_TO}\s*)?(?P<day1>{_DAY})\s+(?:of\s+)?(?P<month1>{_MONTH})(?:{_OF_YEAR}(?P<year1>{_YEAR}))?
    | (?P<month2>{_MONTH})\s+(?:the\s+)?(?P<day2>{_DAY})(?P<more>\s*{_TO}\s*{_DAY})?(?!\s*(?:%|percent|per))
      (?:{_OF_YEAR}(?P<year2>{_YEAR}))?
    | (?P<month3>{_MONTH})(?:,|\s+of|\s+in)?\s+(?P<year3>{_YEAR})
    | (?:(?:Q(?P<quarter1>[1-4])|(?P<quarter2>{_QUARTER})\s+quarter)(?:,?\s*(?:of\s+)?(?P<year4>{_YEAR}))?)
    | (?:(?:H(?P<half1>[12])|(?P<half2>first|second)\s+half)\s+(?:of\s+)?(?P<year5>{_YEAR}))
    | (?P<century>\d{{1,2}}\s?(?:st|nd|rd|th)|{"|".join(_CENTURIES[::-1])})(?:\s+|\s?-)century
    | (?P<from>{_YEAR})(?P<joint>\s*[-–—/]\s*|\s+(?:to|until|through|till)\s+|\s+and\s+)
      (?P<to>{_YEAR}|\d\d(?![\d,.%]\d|\d))
    | (?P<decade>\d{{3}}0)['’]?s(?!\w)
    | (?P<year>{_YEAR})(?!\w)(?P<bc>\s*(?:BCE?|B\.C\.))?
    | (?P<month>{_MONTH})(?!\w)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UNTIL = re.compile(r"[\s()]*(?:[-–—]+|to|until|till|through|and(?: ended)?)\s+(?:[^\W\d_]+\s+)?", re.IGNORECASE)
_RELATIVE = re.compile(
    r"(?<!\w)(?:(?:last|this|next|previous|past|coming|following|current|same|that|recent)\s+"
    r"(?:year|month|week|quarter|decade|century|season|summer|winter|spring|autumn|fall|\w+day)s?"
    r"|(?:the|early|late|mid|['’])[\s-]?\d0s|['’]\d\d(?!\d)"
    r"|yesterday|today|tomorrow|ago|later|earlier|recently|now|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)


_NO_NAMES = word_set(
    """
    in on by since until from the after before between during of and to till around about early late mid summer
    winter spring autumn fall season year born through for
    """
)


class Fit(Enum):
    """How one period lies to another."""

    INSIDE = "inside"
    OVERLAPS = "overlaps"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Date:
    """A date as it stands at `start` to `end`: first and last year and month, and the day, each None where open.

    `is_range` says that it runs from one year to another, both of which are dates of their own as well.
    """

    start: int
    end: int
    years: Span | None = None
    months: Span | None = None
    day: int | None = None
    is_range: bool = False
    named: bool = False  # the year belongs to a name or title

    def holds(self, other: "Date") -> Fit | None:
        """How another date lies to this one; None where they name nothing in common, as a year and a month do."""
        if (
            other.is_range
            and self.years
            and other.years
            and not other.years[0] < self.years[0] <= self.years[1] < other.years[1]
        ):
            return None  # the dates it runs between are there as well
        pairs: list[tuple[Span | None, Span | None]] = [
            (self.years, other.years),
            (self.months, other.months),
            *([((self.day, self.day), (other.day, other.day))] if self.day and other.day else []),
        ]
        known = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
        if not known:
            return None
        if any(theirs[1] < ours[0] or ours[1] < theirs[0] for ours, theirs in known):
            return Fit.APART
        inside = all(
            ours is None or (theirs is not None and ours[0] <= theirs[0] and theirs[1] <= ours[1])
            for ours, theirs in pairs
        ) and (self.day is None or other.day is not None)
        return Fit.INSIDE if inside else Fit.OVERLAPS


def dates(text: str, found: list[Number]) -> list[Date]:
    """The dates of a text in order; `found` are its numbers, by which a year is told from a count of something."""
    counts = {number.start for number in found if number.unit or number.end - number.start != 4}
    dates: list[Date] = []
    for match in _PATTERN.finditer(text):
        dates += _date(text, match, counts)
    return sorted([*dates, *_spans(text, dates)], key=lambda item: (item.start, item.end))


def _spans(text: str, dates: list[Date]) -> Iterator[Date]:
    """What runs from one date to another, where it is no range of plain years, which is one already."""
    for one, other in pairwise(dates):
        if (
            one.years
            and other.years
            and one.years[0] < other.years[1]
            and _UNTIL.fullmatch(text[one.end : other.start])
        ):
            yield Date(one.start, other.end, (one.years[0], other.years[1]), is_range=True)


def is_relative(text: str) -> bool:
    """Whether a text names a time by when it was written: last year, on Monday, two weeks ago."""
    return _RELATIVE.search(text) is not None


def _date(text: str, match: re.Match[str], counts: set[int]) -> list[Date]:  # noqa: C901, PLR0911, PLR0912 (one case a form)
    start, end = match.span()
    group = match.groupdict()
    if iso := group["iso"]:
        year, month, *day = map(int, iso.split("-"))
        if not 1000 <= year <= 2100 or not 1 <= month <= 12:
            return []
        return [Date(start, end, (year, year), (month, month), day[0] if day else None)]
    if slash := group["slash"]:
        first, second, year = map(int, re.split(r"[/.]", slash))
        number, month = (second, first) if second > 12 else (first, second)
        known = (max(first, second) > 12 or first == second) and 1 <= month <= 12
        return [Date(start, end, (year, year), (month, month) if known else None, number if known else None)]
    for days, months, years in (("day1", "month1", "year1"), ("day2", "month2", "year2"), ("", "month3", "year3")):
        if name := group[months]:
            at = _MONTHS[name.casefold().strip(".")]
            named = int(group[years]) if group[years] else None
            if days and named is None and not name[0].isupper():
                return []
            one_day = days and not group["days"] and not group["more"]
            the_day = int(re.sub(r"\D", "", group[days])) if one_day else 0
            return [Date(start, end, (named, named) if named else None, (at, at), the_day or None)]
    if (quarter := (group["quarter1"] or group["quarter2"] or "").casefold()) and group["year4"]:
        at = {"last": 4}.get(quarter) or (_ORDINALS.index(quarter) + 1 if quarter in _ORDINALS else int(quarter[0]))
        year = int(group["year4"])
        return [Date(start, end, (year, year), (3 * at - 2, 3 * at))]
    if half := group["half1"] or group["half2"]:
        at = 1 if half.casefold() in {"1", "first"} else 2
        year = int(group["year5"])
        return [Date(start, end, (year, year), (6 * at - 5, 6 * at))]
    if century := group["century"]:
        name = century.casefold()
        at = int(name[:-2].strip()) if name[0].isdigit() else _CENTURIES.index(name) + 1
        return [Date(start, end, (100 * at - 100, 100 * at))]
    if decade := group["decade"]:
        return [Date(start, end, (int(decade), int(decade) + (99 if decade.endswith("00") else 9)))]
    if group["from"]:
        return _range(text, match, counts)
    if group["year"]:
        year = int(group["year"])
        if _is_title(text, start, start + 4) and start not in counts:
            return [Date(start, end, (year, year), named=True)]
        if not group["bc"] and not _is_year(text, start, start + 4, counts):
            return []
        return [Date(start, end, (-year, -year) if group["bc"] else (year, year))]
    if (name := group["month"]) and name[0].isupper() and _is_month(text, match):
        at = _MONTHS[name.casefold().strip(".")]
        return [Date(start, end, None, (at, at))]
    return []


def _range(text: str, match: re.Match[str], counts: set[int]) -> list[Date]:
    first, last = match["from"], match["to"]
    start, end = match.span()
    year = int(first)
    if not _is_year(text, start, start + 4, counts):
        return []
    if len(last) == 4:
        until = int(last)
    elif match["joint"].strip() in {"-", "–", "/"}:
        until = year // 100 * 100 + int(last)
    else:
        return [Date(start, start + 4, (year, year))]
    ends = [Date(start, start + 4, (year, year)), Date(end - len(last), end, (until, until))]
    between = match["joint"].strip() != "and" or re.search(r"\bbetween\s+$", text[:start], re.IGNORECASE)
    return [*ends, Date(start, end, (year, until), is_range=True)] if year < until and between else ends


def _is_year(text: str, start: int, end: int, counts: set[int]) -> bool:
    if start in counts:
        return False
    before = text[max(0, start - 12) : start]
    if re.match(r"-[^\W\d]", text[end : end + 2]):
        return False
    if _BEFORE_A_YEAR.search(before) or (_AFTER_A_YEAR.match(text, end) and _MAY_STAND_BEFORE.search(before)):
        return True
    return 1900 <= int(text[start:end]) <= 2050 and bool(_DETERMINER.search(before) and _SINGULAR.match(text, end))


def _is_title(text: str, start: int, end: int) -> bool:
    """Whether a year belongs to a name: "Blade Runner 2049", "Hush (2016 film)"."""
    if text[start - 1 : start] == "(" and re.match(r"\s[^\W\d_][\w\s]*\)", text[end : end + 24]):
        return True
    if re.match(r"\s[A-Z][a-z]", text[end : end + 3]) and not _BEFORE_A_YEAR.search(text[max(0, start - 12) : start]):
        return True
    name = re.search(r"(?:^|\s)([^\W\d_]+)\s$", text[max(0, start - 24) : start])
    return bool(name and name[1][0].isupper() and name[1].lower() not in _NO_NAMES and name[1].lower() not in _MONTHS)


def _is_month(text: str, match: re.Match[str]) -> bool:
    """May and March are words, April and June are names: without a day or year they need a word of time before."""
    before = text[max(0, match.start() - 8) : match.start()]
    return _BEFORE_A_NAME.search(before) is not None and (
        match["month"] == "May" or len(match["month"].strip(".")) != 3
    )
