"""Markdown files, read as text: the markup stays where it is, so that offsets count in the file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers import streams
from factcheck.corpus.readers.extracted import Extracted, is_prose_row
from factcheck.types import Block

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_FRONT_FIELD = re.compile(r"([A-Za-z][\w .-]*?)[ \t]*:(?:[ \t]+(.*?))?[ \t]*\r?")
_QUOTE = re.compile(r"(?:[ ]{0,3}>[ \t]?)+")
_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_RULE = re.compile(r"[ ]{0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}")
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})(?:[ \t]+|$)(.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-+)[ \t]*")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
_FOOTNOTE = re.compile(r"[ ]{0,3}\[\^[^\]\s]+\]:[ \t]*")
_LINK_TARGET = re.compile(r"[ ]{0,3}\[[^\]]+\]:[ \t]*\S+(?:[ \t]+[\"'(].*)?[ \t]*")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL = re.compile(r"(?:\\.|`[^`]*`|[^|\\`]|[\\`])+")
_WORD = re.compile(r"[^\W_]")
# Images (linked or not), bare addresses and tags: markup that says nothing by itself.
_SILENT = r"(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|<[a-z]+:[^>\s]*>|https?://\S+|</?[A-Za-z][^<>]*>|<!--.*?-->)"
_LEADING_SILENT = re.compile(rf"(?:{_SILENT}[ \t]*)+")
_TRAILING_SILENT = re.compile(r"(?:[ \t]*(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|</?[A-Za-z][^<>]*>))+\Z")
_ONLY_SILENT = re.compile(rf"(?:[ \t]*{_SILENT})+[ \t]*")
_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's span without its end."""

    start: int
    end: int


def extract(file: SourceFile, limits: Limits) -> Extracted:
    """The decoded file, with title, date and address from its front matter.

    Raises:
        DocumentError: The file is too large, binary, or not UTF-8.
    """
    text = streams.decode(streams.content(file, limits), file.name)
    start, front = front_matter(text)
    parser = _Parser(text)
    parser.parse(start)
    title, date, url = (front.pop(key, None) for key in ("title", "date", "url"))
    return Extracted(
        text,
        tuple(Block(*span) for span in parser.spans),
        title or parser.title,
        date,
        url,
        {key: value for key, value in front.items() if value},
    )


def front_matter(text: str) -> tuple[int, dict[str, str]]:
    """Where the text below the front matter begins, and the front matter's fields, keys in lower case.

    Only `key: value` lines are understood; lists and nested fields of YAML are passed over.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        return 0, {}
    pairs = [field.groups() for line in match[1].split("\n") if (field := _FRONT_FIELD.fullmatch(line))]
    if not pairs:  # a text that begins with a rule
        return 0, {}
    return match.end(), {key.lower(): _unquote(value or "") for key, value in pairs}


def plain(markup: str) -> str:
    """Inline markup without the marks: `[a **b**](c)` becomes `a b`."""
    return _EMPHASIS.sub("", _LINK.sub(r"\1", markup)).strip()


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


class _Parser:
    """One pass over the lines; a paragraph under way is the span from `_start` to `_end`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.spans: list[tuple[int, int]] = []
        self.title = ""
        self._title_level = 7
        self._start: int | None = None
        self._end = 0
        self._in_list = False
        self._in_quote = False

    def parse(self, start: int) -> None:
        lines = [_Line(*match.span(1)) for match in _LINE.finditer(self._text, start)]
        at = 0
        while at < len(lines):
            at = self._block_at(lines, at)
        self._flush()

    def _block_at(self, lines: list[_Line], at: int) -> int:
        """Take in the line at an index, or all lines of the fence, comment or table it opens; the index after."""
        line = lines[at]
        raw = self._text[line.start : line.end]
        quote = _QUOTE.match(raw)
        if quote is not None:
            if not self._in_quote:
                self._flush()
            line, raw = _Line(line.start + quote.end(), line.end), raw[quote.end() :]
        self._in_quote = quote is not None or (self._in_quote and self._start is not None)
        if not raw.strip():
            self._flush()
            return at + 1
        if (opening := _FENCE.match(raw)) is not None:
            self._flush()
            return self._after_fence(lines, at, opening[1])
        if raw.lstrip().startswith("<!--"):
            self._flush()
            return next((i for i in range(at, len(lines)) if "-->" in self._of(lines[i])), len(lines)) + 1
        if self._start is None and "|" in raw and at + 1 < len(lines) and self._is_table(raw, self._of(lines[at + 1])):
            return self._after_table(lines, at)
        self._plain_line(line, raw)
        return at + 1

    def _plain_line(self, line: _Line, raw: str) -> None:
        if self._start is not None and _UNDERLINE.fullmatch(raw):
            heading = self._text[self._start : self._end]
            self._flush()
            self._head(heading, 1 if "=" in raw else 2)
        elif _RULE.fullmatch(raw) or (_LINK_TARGET.fullmatch(raw) and not _FOOTNOTE.match(raw)):
            self._flush()
        elif marked := _HEADING.fullmatch(raw):
            self._flush()
            self._in_list = False
            self._add(line.start + marked.start(2), line.start + marked.end(2))
            self._head(marked[2], len(marked[1]))
        elif opening := _FOOTNOTE.match(raw) or self._item(raw):
            self._flush()
            self._in_list = True
            self._start, self._end = line.start + opening.end(), line.end
        elif self._start is None and not self._in_list and raw.startswith(("    ", "\t")):
            pass  # indented code
        elif _ONLY_SILENT.fullmatch(raw):
            self._flush()
        else:
            self._prose(line, raw)

    def _prose(self, line: _Line, raw: str) -> None:
        if self._start is None:
            self._in_list = self._in_list and raw[0] in " \t"
            self._start = line.start
        self._end = line.end
        if raw.endswith(("  ", "\\")):  # a hard line break
            self._flush()

    def _item(self, raw: str) -> re.Match[str] | None:
        item = _ITEM.match(raw)
        # "in the year\n1986. It was" goes on: in the midst of a paragraph only a list that begins at 1 is one.
        interrupts = self._start is None or self._in_list or (item is not None and item[1] in (None, "1"))
        return item if interrupts else None

    def _after_fence(self, lines: list[_Line], at: int, fence: str) -> int:
        closing = re.compile(rf"[ \t>]*{fence[0]}{{{len(fence)},}}[ \t]*")
        return next((i for i in range(at + 1, len(lines)) if closing.fullmatch(self._of(lines[i]))), len(lines)) + 1

    def _is_table(self, header: str, below: str) -> bool:
        below = below[quote.end() :] if (quote := _QUOTE.match(below)) else below
        return "|" in below and _DELIMITER_ROW.fullmatch(below) is not None and "|" in header

    def _after_table(self, lines: list[_Line], at: int) -> int:
        while at < len(lines) and "|" in (raw := self._of(lines[at])):
            if not _DELIMITER_ROW.fullmatch(raw):
                self._row(lines[at])
            at += 1
        return at

    def _row(self, line: _Line) -> None:
        quote = _QUOTE.match(self._text, line.start, line.end)
        cells = list(self._cells(_Line(quote.end() if quote else line.start, line.end)))
        if is_prose_row([self._text[start:end] for start, end in cells]):
            for start, end in cells:
                self._add(start, end)
        elif cells:
            self._add(cells[0][0], cells[-1][1])

    def _cells(self, line: _Line) -> Iterator[tuple[int, int]]:
        for match in _CELL.finditer(self._text, line.start, line.end):
            start, end = _trim(self._text, *match.span())
            if start < end:
                yield start, end

    def _flush(self) -> None:
        if self._start is not None:
            self._add(self._start, self._end)
        self._start = None

    def _add(self, start: int, end: int) -> None:
        start, end = _trim(self._text, start, end)
        if silent := _LEADING_SILENT.match(self._text, start, end):
            start = silent.end()
        if silent := _TRAILING_SILENT.search(self._text, start, end):
            end = silent.start()
        start, end = _trim(self._text, start, end)
        if _WORD.search(self._text, start, end):
            self.spans.append((start, end))

    def _head(self, heading: str, level: int) -> None:
        """Remember the first heading of the highest level as the title."""
        if level < self._title_level and (title := plain(" ".join(heading.split()))):
            self.title, self._title_level = title, level

    def _of(self, line: _Line) -> str:
        return self._text[line.start : line.end]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
