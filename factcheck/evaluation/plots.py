"""Drawings of scores as SVG elements for an HTML page: no script, the page's colours, and words for who sees none.

They take shares from 0 to 1 and show percents. What a shade or a stroke says stands beside it as a number, too.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from factcheck.display import visible

WIDTH: Final = 340.0  # units; the page scales a drawing to its column

_TEXT: Final = 11.0  # size of letters
_LETTER: Final = 5.9  # how wide one is taken to be
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 10.0, 22.0, 30.0
_DARKEST: Final = 0.42  # a shade on which text of either theme can be read
_Attributes: TypeAlias = dict[str, str | float]
_NICE: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
_MOST_POINTS: Final = 200
_BROKEN: Final = {"contradicted": "Contra-dicted", "conflicting": "Conflic-ting", "supported": "Support-ed"}


@dataclass(frozen=True, slots=True)
class Bin:
    """Verdicts of about the same confidence: how sure they were on average, and which share was right.

    A claim whose confidence lies on a border of bins counts in both, by parts.
    """

    confidence: float
    right: float
    n: float


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place of the axis, with its interval where it has one."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A named value with its interval, over `n` claims."""

    name: str
    value: float
    low: float
    high: float
    n: int


def confusion(
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
    *,
    right: Collection[tuple[str, str]] | None = None,
) -> str:
    """A table of gold labels by verdicts: counts, each shaded and told as a share of its row.

    The cells of `right`, pairs of row and column, are framed; those of equal names if it is None.
    """
    names = 80.0
    cell, high, top = (WIDTH - names) / max(len(columns), 1), 40.0, 46.0
    told = "; ".join(
        f"gold {row}: " + ", ".join(f"{count:,} {column}" for column, count in zip(columns, line, strict=True))
        for row, line in zip(rows, counts, strict=True)
    )
    drawing = _Drawing(top + high * len(rows) + 2, f"Gold answers by verdict. {told}.")
    drawing.text(0, top - 24, "verdict →", "start", "chart-soft")
    drawing.text(0, top - 6, "gold ↓", "start", "chart-soft")
    for at, column in enumerate(columns):
        drawing.lines(names + (at + 0.5) * cell, top - 18, _words(column, cell))
    for down, (row, line) in enumerate(zip(rows, counts, strict=True)):
        y, total = top + down * high, sum(line)
        drawing.lines(0, y + high / 2, _words(row, names), anchor="start")
        for at, (column, count) in enumerate(zip(columns, line, strict=True)):
            share, x = count / total if total else 0.0, names + at * cell
            agrees = row == column if right is None else (row, column) in right
            kind = "chart-right" if agrees else "chart-cell"
            mark = drawing.add("g")
            drawing.add("title", mark, f"gold {row}, verdict {column}: {count:,} of {total:,}")
            box: _Attributes = {"x": x + 1.5, "y": y + 1.5, "width": cell - 3, "height": high - 3}
            drawing.add("rect", mark, class_="chart-shade", fill_opacity=share * _DARKEST, **box)
            drawing.add("rect", mark, class_=kind, **box)
            drawing.text(x + cell / 2, y + 18, f"{count:,}", "middle", "chart-strong")
            drawing.text(x + cell / 2, y + 31, percent(share, 0) if total else "–", "middle", "chart-soft")
    return drawing.svg()


def reliability(bins: Sequence[Bin]) -> str:
    """For bins of rising confidence a bar of what was right, and a line at what was promised; counts below."""
    told = "; ".join(
        f"{percent(one.confidence)} sure, {percent(one.right)} right, {amount(one.n)} claims" for one in bins
    )
    drawing = _Drawing(196, f"Confidence against the share of right verdicts, least sure first. {told}.")
    frame = _Frame(drawing, 146, 1.0)
    frame.y_axis("right")
    step = frame.width / max(len(bins), 1)
    for at, one in enumerate(bins):
        x = _LEFT + at * step
        mark = drawing.add("g")
        drawing.add("title", mark, f"{percent(one.confidence)} sure, {percent(one.right)} right, n {amount(one.n)}")
        top = frame.y(one.right)
        drawing.add("rect", mark, class_="chart-bar", x=x + 3, y=top, width=max(step - 6, 1), height=frame.y(0) - top)
        promised = frame.y(one.confidence)
        drawing.add("line", mark, class_="chart-mark", x1=x + 1, x2=x + step - 1, y1=promised, y2=promised)
        drawing.text(x + step / 2, frame.y(0) + 13, f"{100 * one.confidence:.0f}", "middle", "chart-soft")
        drawing.text(x + step / 2, frame.y(0) + 27, amount(one.n), "middle", "chart-soft", size=9.5)
    drawing.text(0, frame.y(0) + 13, "sure %", "start", "chart-soft", size=9.5)
    drawing.text(0, frame.y(0) + 27, "claims", "start", "chart-soft", size=9.5)
    drawing.add("rect", class_="chart-bar", x=_LEFT + 70, y=3, width=14, height=9)
    drawing.text(_LEFT + 88, _TEXT, "was right", "start", "chart-soft")
    drawing.add("line", class_="chart-mark", x1=_LEFT + 160, x2=_LEFT + 178, y1=7, y2=7)
    drawing.text(_LEFT + 182, _TEXT, "said it was (confidence)", "start", "chart-soft", size=9.5)
    return drawing.svg()


def risk_coverage(points: Sequence[Point], *, budget: float = 0.05) -> str:
    """The share of wrong answers (value) among the surest that are answered (at); a line at the error `budget`.

    The widest coverage within the budget is marked.
    """
    curve = sorted(points, key=lambda point: point.at)
    within = [point.at for point in curve if point.value <= budget]
    reached = f"up to {percent(max(within))} of the claims" if within else "of no claims"
    few = thinned(curve, 6)
    told = "; ".join(f"{percent(point.at, 0)} answered, {percent(point.value)} wrong" for point in few)
    drawing = _Drawing(178, f"Wrong answers by how many are answered: {told}. At most {percent(budget, 0)} {reached}.")
    frame = _Frame(drawing, 146, _nice([point.value for point in curve] + [2 * budget]))
    frame.y_axis("wrong")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.text(frame.x(share), frame.y(0) + 13, percent(share, 0), "middle", "chart-soft")
    drawing.text(frame.x(0.5), frame.y(0) + 26, "answered, surest first", "middle", "chart-soft")
    drawing.add("line", class_="chart-dash", x1=frame.x(0), x2=frame.x(1), y1=frame.y(budget), y2=frame.y(budget))
    frame.line([(frame.x(point.at), frame.y(point.value)) for point in thinned(curve, _MOST_POINTS)], 0)
    if within:
        x, y = frame.x(max(within)), frame.y(budget)
        drawing.add("circle", class_="chart-dot", cx=x, cy=y, r=3.5)
        right = x < WIDTH / 2
        words = f"{percent(max(within))} at {percent(budget, 0)} wrong"
        drawing.text(x + (6 if right else -6), y - 6, words, "start" if right else "end")
    return drawing.svg()


def by_k(lines: Mapping[str, Sequence[Point]]) -> str:
    """Scores by how many passages were read (at), each with its interval; the places of the axis stand evenly."""
    places = sorted({point.at for line in lines.values() for point in line})
    told = "; ".join(
        f"{name}: " + ", ".join(f"{percent(point.value)} at {point.at:g}" for point in line)
        for name, line in lines.items()
    )
    drawing = _Drawing(178 + 14 * len(lines), f"Scores by passages read. {told}.")
    values = [value for line in lines.values() for point in line for value in (point.value, point.high or 0.0)]
    top = 14.0 * len(lines)
    frame = _Frame(drawing, 146 + top, _nice(values), top=top + 8)
    frame.y_axis("")
    at = {place: _LEFT + (number + 0.5) * frame.width / len(places) for number, place in enumerate(places)}
    for place, x in at.items():
        drawing.text(x, frame.y(0) + 13, f"{place:g}", "middle", "chart-soft")
    drawing.text(frame.x(0.5), frame.y(0) + 26, "passages read for a claim (k)", "middle", "chart-soft")
    for number, (name, line) in enumerate(lines.items()):
        drawing.add("path", class_=f"chart-line is-{number % 4}", d=f"M{_LEFT} {8 + 14 * number}h24")
        drawing.text(_LEFT + 30, 12 + 14 * number, _short(name, 44), "start", "chart-soft")
        shift = 3.0 * (number - (len(lines) - 1) / 2)  # intervals of equal values beside each other
        for point in line:
            x = at[point.at] + shift
            mark = drawing.add("g")
            drawing.add("title", mark, f"{name}, k {point.at:g}: {_with_interval(point)}")
            if point.low is not None and point.high is not None:
                ends: _Attributes = {"y1": frame.y(point.low), "y2": frame.y(point.high)}
                drawing.add("line", mark, class_=f"chart-range is-{number % 4}", x1=x, x2=x, **ends)
            drawing.add("circle", mark, class_=f"chart-dot is-{number % 4}", cx=x, cy=frame.y(point.value), r=2.6)
        frame.line([(at[point.at] + shift, frame.y(point.value)) for point in line], number)
    return drawing.svg()


def intervals(rows: Sequence[Interval], *, differences: bool = False) -> str:
    """A row for each value with its interval; `differences` are points of percent, with a line at none."""
    sign = "+" if differences else ""
    told = "; ".join(f"{row.name}: {_range(row, sign)}, n {row.n:,}" for row in rows)
    drawing = _Drawing(20.0 + 36 * len(rows), f"Values with 95 % intervals. {told}.")
    least = min([row.low for row in rows] + ([0.0] if differences else []), default=0.0)
    most = max([row.high for row in rows] + ([0.0] if differences else []), default=1.0)
    room = max(most - least, 0.02) * 0.06
    least, most = (least - room, most + room) if differences else (max(least - room, 0.0), min(most + room, 1.0))
    if most - least < 1e-9:  # all values and intervals at the same end of the scale
        least, most = max(least - 0.01, -1.0), min(most + 0.01, 1.0)
    bottom = 36.0 * len(rows) + 4

    def x(value: float) -> float:
        return 6 + (WIDTH - 12) * (value - least) / (most - least)

    for tick in _ticks(least, most):
        for down in range(len(rows)):  # not through the names
            at = 36.0 * down
            drawing.add("line", class_="chart-grid", x1=x(tick), x2=x(tick), y1=at + 18, y2=at + 32)
        words = f"{100 * tick:{sign}.3g}" if tick else "0"
        drawing.text(min(max(x(tick), 10), WIDTH - 12), bottom + 12, words, "middle", "chart-soft")
    for down, row in enumerate(rows):
        y = 36.0 * down
        numbers = _range(row, sign)
        mark = drawing.add("g")
        drawing.add("title", mark, f"{row.name}: {numbers}, n {row.n:,}")
        room_for = int((WIDTH - _width(numbers)) / _LETTER) - 2
        drawing.text(0, y + 13, _short(row.name, room_for), "start")
        drawing.text(WIDTH, y + 13, numbers, "end", "chart-soft")
        if differences:
            drawing.add("line", mark, class_="chart-mark", x1=x(0), x2=x(0), y1=y + 18, y2=y + 32)
        drawing.add("line", mark, class_="chart-range is-0", x1=x(row.low), x2=x(row.high), y1=y + 25, y2=y + 25)
        drawing.add("circle", mark, class_="chart-dot is-0", cx=x(row.value), cy=y + 25, r=4)
    return drawing.svg()


def percent(share: float, digits: int = 1) -> str:
    """A share as a reader sees it; what is there never shows as 0 %, what is not all never as 100 %."""
    least = 10.0**-digits
    number = round(100 * share, 9)
    if 0 < number < least / 2:
        return f"<{least:g} %"
    if 100 - least / 2 < number < 100:
        return f">{100 - least:g} %"
    return f"{number:.{digits}f} %"


def amount(number: float) -> str:
    """A number of claims, which may be a part of one."""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.1f}"


class _Drawing:
    """An SVG element that grows."""

    def __init__(self, height: float, told: str) -> None:
        size = f"0 0 {_number(WIDTH)} {_number(height)}"
        self._root = Element("svg", {"class": "chart", "viewBox": size, "role": "img", "aria-label": visible(told)})

    def add(self, name: str, parent: Element | None = None, text: str = "", /, **attributes: str | float) -> Element:
        """An element; `class_` and `text_anchor` are class and text-anchor."""
        values = {
            key.rstrip("_").replace("_", "-"): value if isinstance(value, str) else _number(value)
            for key, value in attributes.items()
        }
        element = SubElement(self._root if parent is None else parent, name, values)
        element.text = visible(text) or None
        return element

    def text(  # noqa: PLR0913 - a place, words, and how they look
        self, x: float, y: float, words: str, anchor: str, css: str = "", *, size: float = _TEXT
    ) -> None:
        """A line of text; `y` is its base line."""
        self.add("text", None, words, x=x, y=y, text_anchor=anchor, font_size=size, class_=f"chart-text {css}".strip())

    def lines(self, x: float, y: float, words: Sequence[str], *, anchor: str = "middle", size: float = _TEXT) -> None:
        """Lines of text around the height `y`."""
        first = y - (len(words) - 1) * (size + 1) / 2 + size / 3
        for at, word in enumerate(words):
            self.text(x, first + at * (size + 1), word, anchor, size=size)

    def svg(self) -> str:
        return tostring(self._root, encoding="unicode")


class _Frame:
    """The axes of a drawing: the share 0 at the height `bottom`, `most` at `top`."""

    def __init__(self, drawing: _Drawing, bottom: float, most: float, *, top: float = _TOP) -> None:
        self._drawing, self._bottom, self._most, self._top = drawing, bottom, most, top
        self.width = WIDTH - _LEFT - _RIGHT

    def x(self, share: float) -> float:
        return _LEFT + share * self.width

    def y(self, value: float) -> float:
        return self._bottom - (self._bottom - self._top) * min(max(value / self._most, 0.0), 1.0)

    def y_axis(self, name: str) -> None:
        """Grid lines with their percents, and what they count above them."""
        for part in range(5):
            value = self._most * part / 4
            y = self.y(value)
            self._drawing.add("line", class_="chart-grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y)
            self._drawing.text(_LEFT - 4, y + 4, f"{100 * value:.3g}", "end", "chart-soft")
        self._drawing.text(0, _TEXT, f"{name} %" if name else "", "start", "chart-soft")

    def line(self, points: Sequence[tuple[float, float]], number: int) -> None:
        places = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._drawing.add("polyline", class_=f"chart-line is-{number % 4}", points=places)


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _nice(values: Sequence[float]) -> float:
    """The least good end of an axis from 0 that holds all values."""
    highest = max(values, default=1.0)
    return next((nice for nice in _NICE if highest <= nice), 1.0)


def _ticks(least: float, most: float) -> list[float]:
    """Three to six round numbers between two."""
    raw = (most - least) / 4
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= raw)
    first = math.ceil(least / step - 1e-9)
    return [round(at * step, 9) for at in range(first, math.floor(most / step + 1e-9) + 1)]


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most that many of the points, evenly, the first and the last among them."""
    if len(points) <= most:
        return points
    return [points[round(at * (len(points) - 1) / (most - 1))] for at in range(most)]


def _range(row: Interval, sign: str) -> str:
    return f"{100 * row.value:{sign}.1f} [{100 * row.low:{sign}.1f}, {100 * row.high:{sign}.1f}]"


def _with_interval(point: Point) -> str:
    if point.low is None or point.high is None:
        return percent(point.value)
    return f"{percent(point.value)} [{percent(point.low)}, {percent(point.high)}]"


def _width(words: str, size: float = _TEXT) -> float:
    return len(words) * _LETTER * size / _TEXT


def _words(name: str, room: float) -> list[str]:
    """A name on as many lines as it takes, at most three; a word that does not fit is broken."""
    most = max(int(room / _LETTER), 4)
    name = name.capitalize() if name.isupper() else name
    broken = " ".join(_BROKEN.get(word.lower(), word) if len(word) > most else word for word in name.split())
    return wrap(broken, most, max_lines=3, placeholder="…") or [""]


def _short(words: str, most: int) -> str:
    """The words with their middle left out where there are too many letters: names differ at both ends."""
    if len(words) <= most:
        return words
    keep = max(most - 1, 2)
    return f"{words[: (keep + 1) // 2]}…{words[len(words) - keep // 2 :]}"
