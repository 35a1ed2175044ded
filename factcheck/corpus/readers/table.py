"""CSV and TSV files with a header line."""

import csv
from collections.abc import Callable, Iterator

from factcheck.corpus.files import Limits, Problem, SourceFile
from factcheck.corpus.readers import streams
from factcheck.errors import DocumentError
from factcheck.types import JSON

_DELIMITERS = {"csv": (",", ";", "\t", "|"), "tsv": ("\t",)}


def read(file: SourceFile, limits: Limits, on_problem: Callable[[Problem], None]) -> Iterator[tuple[int, JSON]]:
    """Number of its first line, and record, of each row; empty cells are left out.

    A row that cannot be read is told to `on_problem`, and reading goes on at the line after the one that it began on,
    so that a quote that is never closed costs one row. The delimiter is the one that gives a column `text`: a comma,
    semicolon, tab or vertical bar in a .csv file, a tab in a .tsv file.

    Raises:
        DocumentError: The file cannot be read, or its header names no column `text`.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_record_bytes))
    rows = _Rows(_Lines(file, limits, on_problem), file, limits, on_problem)
    header: list[str] | None = None
    for number, row in rows:
        if header is None:
            header = [name.strip() for name in row]
            _check(header, file, number)
        elif len(row) > len(header):
            found = f"{len(row)} cells under {len(header)} headings"
            on_problem(Problem(f"{file.name}:{number}", found, "quote cells that hold the delimiter"))
        else:
            yield number, {name: cell for name, cell in zip(header, row, strict=False) if name and cell}


def _check(header: list[str], file: SourceFile, number: int) -> None:
    where = f"{file.name}:{number}"
    if "text" not in header:
        found = f"no column `text` in the header {', '.join(header)[:200]!r}"
        raise DocumentError(where, found, "the first line names the columns, one of them `text`")
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise DocumentError(where, f"two columns are called {twice[0]!r}", "name each column once")


class _Lines:
    """Decoded lines with numbers, of which those of a row that failed can be given back."""

    def __init__(self, file: SourceFile, limits: Limits, on_problem: Callable[[Problem], None]) -> None:
        self._lines = streams.lines(file, limits)
        self._file, self._limits, self._on_problem = file, limits, on_problem
        self._returned: list[tuple[int, str]] = []
        self._open: list[tuple[int, str]] = []  # the lines of the row under way
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        number, text = self._returned.pop() if self._returned else self._decoded()
        self._open.append((number, text))
        self._size += len(text)
        if self._size > self._limits.max_record_bytes:
            raise _TooLongError
        return text

    def begin(self) -> None:
        """Note that a row begins at the next line."""
        self._open.clear()
        self._size = 0

    def first(self) -> int | None:
        """The number of the line on which the row under way began, None if nothing is under way."""
        return self._open[0][0] if self._open else None

    def row(self) -> str:
        """The text of the row under way."""
        return "".join(text for _, text in self._open)

    def give_back(self) -> None:
        """Return all lines of the row under way but the first."""
        self._returned.extend(reversed(self._open[1:]))
        self.begin()

    def _decoded(self) -> tuple[int, str]:
        for line in self._lines:
            where = f"{self._file.name}:{line.number}"
            if line.text is None:
                found = f"a line of more than {self._limits.max_record_bytes:,} bytes"
                self._on_problem(Problem(where, found, "split the record"))
                continue
            try:
                return line.number, line.text.decode("utf-8")
            except UnicodeDecodeError as error:
                found = f"byte 0x{line.text[error.start]:02x} at offset {error.start} of the line is not UTF-8"
                self._on_problem(Problem(where, found, "save the file as UTF-8"))
        raise StopIteration


class _TooLongError(Exception):
    """A row, with all its quoted line ends, is over the limit."""


class _Rows:
    """Rows that have something in them, with the number of the line each begins on."""

    def __init__(self, lines: _Lines, file: SourceFile, limits: Limits, on_problem: Callable[[Problem], None]) -> None:
        self._lines, self._file, self._limits, self._on_problem = lines, file, limits, on_problem

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        delimiter: str | None = None
        while True:
            self._lines.begin()
            try:
                # Strict, or a quote that is never closed would swallow the rest of the file without a word.
                row = next(csv.reader(self._lines, strict=True, delimiter=delimiter or ","))
            except StopIteration:
                return
            except (csv.Error, _TooLongError) as error:
                self._tell(error)
                continue
            if delimiter is None and any(row):
                delimiter, row = self._delimiter(row)
            if any(cell.strip() for cell in row):
                yield self._lines.first() or 1, row

    def _delimiter(self, row: list[str]) -> tuple[str, list[str]]:
        """The delimiter under which the header names a column `text`, and the header cut by it."""
        candidates = _DELIMITERS[self._file.kind]
        for delimiter in candidates:
            cells = next(csv.reader([self._lines.row()], delimiter=delimiter))
            if "text" in (cell.strip() for cell in cells):
                return delimiter, cells
        return candidates[0], row

    def _tell(self, error: Exception) -> None:
        first = self._lines.first()
        if isinstance(error, _TooLongError):
            found = f"a row of more than {self._limits.max_record_bytes:,} characters, or a quote that is never closed"
        elif "unexpected end of data" in str(error):
            found = "a quote that is never closed"
        else:
            found = f"not readable as a row: {error}"
        self._on_problem(Problem(f"{self._file.name}:{first}", found, 'write a quote inside a cell as ""'))
        self._lines.give_back()
