"""The paragraphs, headings and list items of plain text, as spans of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from factcheck.types import Block

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_DOT = re.compile(r"[\u2022\u2023\u25aa\u25cf\u25e6\u2043][ \t]*(?=\S)")  # these open nothing but list items
_BULLET = re.compile(
    r"(?:[\u2022\u2023\u25aa\u25cf\u25e6\u2043][ \t]*|[-*+\u00b7\u2013\u2014][ \t]+|\(?\d{1,3}[.)][ \t]+)(?=\S)"
)
_ROMAN = re.compile(r"(?=[IVXL])X{0,3}(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})[.)][ \t]+(?=\S)")
_WORD = re.compile(r"[^\W_]")
_FIRST_WORD = re.compile(r"\S+")
# Closing quotes and brackets, and a footnote mark, may follow the mark that ends a sentence.
_ENDED = re.compile(r"[.!?\u2026:;\u3002\uff01\uff1f\u0964\u061f\u06d4][\"'\u201d\u2019\u00bb)\]*_]*(?:\[\d+\])?\Z")

_WIDEST_WRAP = 100  # code points; text set by hand or by a mail program stays below, a paragraph on one line does not
_LONGEST_HEADING = 160
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something on it: the trimmed span, its indentation, and whether a blank line stands before it."""

    start: int
    end: int
    indent: int
    after_blank: bool


def blocks(text: str) -> tuple[Block, ...]:
    """Cut plain text into paragraphs, headings and list items; marks of lists are outside the spans.

    Blank lines always cut. Whether a single line end cuts depends on the whole text: where lines are longer than
    hand-wrapped ones ever are, or break where the next word would have fitted, each line is a paragraph; else lines
    are joined, unless they look like a heading or begin a list item. Spans without a letter or digit are left out.
    """
    found = list(lines(text))
    return tuple(Block(start, end) for start, end in group(text, found, width(text, found)))


def title_of(text: str, spans: Sequence[Block]) -> str | None:
    """The first block where it looks like a heading above a text, else None."""
    if len(spans) < 2:
        return None
    first = text[spans[0].start : spans[0].end]
    is_byline = first.lower().startswith("by ")
    return first if is_heading(first) and not is_byline else None


def is_heading(line: str) -> bool:
    """Whether a line could be a heading: short, on one line, begun like one, and not ended like a sentence."""
    if len(line) > _LONGEST_HEADING or "\n" in line or (_ENDED.search(line) and not line.endswith(("?", ":"))):
        return False
    return not line[0].islower() and not line.endswith((",", "-", "\u2010", "\u00ad"))


def lines(text: str) -> Iterator[Line]:
    """The lines with something on them, trimmed."""
    last = 0
    for match in _LINE.finditer(text):
        line = match[0]
        stripped = line.strip()
        if not stripped:
            continue
        indent = len(line) - len(line.lstrip())
        start = match.start() + indent
        gap = text[last : match.start()]
        yield Line(start, start + len(stripped), indent, last == 0 or len(_LINE_END.findall(gap)) > 1)
        last = start + len(stripped)


def width(text: str, found: Sequence[Line]) -> int | None:
    """The column at which the lines of a text were wrapped, None where every line is a paragraph of its own."""
    longest = max((line.end - line.start + line.indent for line in found), default=0)
    if longest > _WIDEST_WRAP:
        return None
    # A wrapped line ends because the next word did not fit, often in mid-sentence; a fact or item a line ends anywhere.
    joins = [
        (line, after)
        for line, after in pairwise(found)
        if not after.after_blank
        and not _ENDED.search(text, line.start, line.end)
        and not _BULLET.match(text, after.start, after.end)
    ]
    running = any(not text[after.start].isupper() for _, after in joins)
    tight = sum(not _fits(text, line, after, longest, slack=longest // 10) for line, after in joins)
    return longest if running and 2 * tight >= len(joins) else None


def group(text: str, found: Sequence[Line], wrapped_at: int | None) -> Iterator[tuple[int, int]]:
    """The spans of the blocks that the lines make up, wrapped at a column or one a line."""
    start: int | None = None
    end = 0
    in_list = False
    for i, line in enumerate(found):
        is_item = _BULLET.match(text, line.start, line.end) is not None
        in_list = in_list and not line.after_blank
        begins = wrapped_at is None or line.after_blank or _DOT.match(text, line.start) or (is_item and in_list)
        if start is None or begins or _begins(text, found[i - 1], line, wrapped_at or 0):
            if start is not None:
                yield from _span(text, start, end)
            start = line.start
            in_list = in_list or is_item
        end = line.end
    if start is not None:
        yield from _span(text, start, end)


def _begins(text: str, before: Line, line: Line, wrapped_at: int) -> bool:
    """Whether a new block begins at `line`, of a text wrapped at a column, with no blank line before it."""
    above, here = text[before.start : before.end], text[line.start : line.end]
    ended = _ENDED.search(above) is not None
    if ended and (_BULLET.match(here) or (line.indent > before.indent and not _BULLET.match(above))):
        return True
    loose = _fits(text, before, line, wrapped_at, slack=wrapped_at // 5)
    return loose and (ended or is_heading(above)) and not here[0].islower()


def _fits(text: str, line: Line, after: Line, column: int, *, slack: int = 0) -> bool:
    """Whether the first word of `after` would still have fitted on `line`, with `slack` columns to spare."""
    word = _FIRST_WORD.match(text, after.start, after.end)
    length = line.indent + line.end - line.start
    return length + 1 + (len(word[0]) if word else 0) + slack <= column


def _span(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The block's span without the mark of a list item, if there is anything to read in it."""
    if (mark := _BULLET.match(text, start, end)) or (
        (mark := _ROMAN.match(text, start, end)) and is_heading(text[start:end])
    ):
        start = mark.end()
    if _WORD.search(text, start, end):
        yield start, end
