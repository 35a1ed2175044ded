"""Rows of CSV, TSV, Excel and Parquet files as records."""

import csv
import difflib
import json
import re
import tempfile
import warnings
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, TypeAlias

from factcheck.errors import ClaimsError
from factcheck.formats.raw import MAX_RECORD, BadRecord, Fault, Item, Record
from factcheck.formats.streams import Line, Stream, lines
from factcheck.formats.values import json_value

Lacks: TypeAlias = Callable[[Sequence[str]], BadRecord | None]

SEPARATORS: Final = (",", ";", "\t", "|")
_KNOWN: Final = ("id", "claim", "date", "contexts", "doc_ids", "label", "evidence")
_SYNONYMS: Final = ("claim_text", "claims", "text", "statement", "sentence", "hypothesis", "assertion")
_SEP_LINE: Final = re.compile(rb"sep=([,;|\t])\r?\n", re.IGNORECASE)  # Excel writes it, and reads it
_QUOTES_FIX: Final = "close it with a double quote, and write a quote inside a field as two"
_BOMB: Final = 1 << 30  # bytes that an Excel file may unpack to
_ROWS: Final = 256  # of Parquet, in memory at a time


def no_claim(found: Sequence[str], what: str) -> BadRecord:
    """What to say where there is no `claim` among the columns or fields found."""
    by_name = {name.strip().lower(): name for name in found}
    close = [name for name in _SYNONYMS if name in by_name] or difflib.get_close_matches("claim", by_name, n=1)
    shown = ", ".join(name[:40] for name in found[:20]) or "none"
    fix = f"did you mean {by_name[close[0]]!r}? rename it to 'claim'" if close else "name one of them 'claim'"
    return BadRecord(f"no {what} 'claim'; {what}s found: {shown}", fix)


def lacks_claim(names: Sequence[str]) -> BadRecord | None:
    """What is wrong with the columns of a claims file, if anything."""
    return None if "claim" in map(str.lower, names) else no_claim(names, "column")


def header_names(text: str, lacks: Lacks = lacks_claim) -> tuple[str, list[str]]:
    """The separator that splits a header line best, and the trimmed names it gives.

    Best is the one that finds the columns that are needed and most others.
    """
    names = {sep: _split(text, sep) for sep in SEPARATORS}
    best = max(SEPARATORS, key=lambda sep: (lacks(names[sep]) is None, len(names[sep])))
    return best, names[best]


def csv_records(stream: Stream, *, tabs: bool = False, lacks: Lacks = lacks_claim) -> Iterator[Item]:
    """The rows of a file of separated values, as Excel and Python's `csv` write them.

    A row that is wrong costs its first line only: reading goes on at the line after it.

    Args:
        stream: The file, in UTF-8.
        tabs: The separator is a tab, whatever the header looks like.
        lacks: Says what is wrong with the trimmed names of the columns.

    Raises:
        ClaimsError: The header cannot be read or lacks a column.
    """
    if csv.field_size_limit() < MAX_RECORD:
        csv.field_size_limit(MAX_RECORD)  # a fixed limit for the process; 131,072 by default
    _refuse_lone_returns(stream)
    feed = _Feed(lines(stream))
    separator = ""
    if first := _SEP_LINE.match(stream.head):
        separator = first[1].decode()
        feed.skip()
    header = _header_line(feed, stream)
    separator = "\t" if tabs else separator or header_names(header, lacks)[0]
    feed.begin()
    try:
        names = next(csv.reader(feed, delimiter=separator, strict=True))
    except (csv.Error, _TooLong) as error:
        place = f"{stream.name}:{feed.taken[0].number}"
        raise ClaimsError(place, f"the header is torn: {error}", _QUOTES_FIX) from error
    table = _columns(names, f"{stream.name}:{feed.taken[0].number}", lacks)
    yield from _rows(feed, separator, table)


def _rows(feed: "_Feed", separator: str, table: "_Columns") -> Iterator[Item]:
    blank = b"\r\n \t" + separator.encode()
    reader = csv.reader(feed, delimiter=separator, strict=True)
    index = 0
    while (first := feed.begin()) is not None:
        if first.problem and first.size > MAX_RECORD:
            feed.skip()
            yield first.fault()
        elif not first.data.strip(blank):
            feed.skip()
            continue
        else:
            try:
                row = next(reader)
            except (csv.Error, _TooLong) as error:
                found, fix = _torn(str(error), feed.taken[-1].number - first.number)
                yield Fault(first.number, first.data, found, fix, first.size)
                feed.give_back()
                reader = csv.reader(feed, delimiter=separator, strict=True)
            else:
                yield _row(feed.taken, row, table, separator, index)
        index += 1


def _row(taken: Sequence[Line], row: list[str], table: "_Columns", separator: str, index: int) -> Item:
    raw, line = b"".join(part.data for part in taken), taken[0].number
    for part in taken:
        if part.problem:
            return Fault(line, raw, part.problem.found, part.problem.fix)
    if len(row) != len(table.names):
        shown = "tab" if separator == "\t" else f"{separator!r}"
        fix = f"put a field that holds a {shown} or a line end in double quotes"
        return Fault(line, raw, f"the row has {len(row)} fields, the header {len(table.names)}", fix)
    return Record(line, raw, dict(zip(table.names, row, strict=True)), table.by_name, index)


class _TooLong(Exception):  # noqa: N818 - caught where it is raised
    """A quoted field has not ended within the limit of a record."""

    def __str__(self) -> str:
        return "unexpected end of data"


class _Feed:
    """Lines for a `csv.reader`, which takes as many as a row needs; those of a broken row can be given back."""

    def __init__(self, source: Iterator[Line]) -> None:
        self._source, self._returned = source, deque[Line]()
        self.taken: list[Line] = []
        self._size = 0

    def begin(self) -> Line | None:
        """The line that the next row starts on, left in place; None at the end."""
        self.taken, self._size = [], 0
        if not self._returned:
            self._returned.extend(line for line in (next(self._source, None),) if line)
        return self._returned[0] if self._returned else None

    def skip(self) -> None:
        """Take one line, unread."""
        self.begin()
        self._returned.popleft()

    def give_back(self) -> None:
        """Put back all lines of the row but its first."""
        self._returned.extendleft(reversed(self.taken[1:]))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._source)
        self.taken.append(line)
        self._size += line.size
        if self._size > MAX_RECORD and len(self.taken) > 1:
            raise _TooLong
        return line.data.decode("utf-8", "replace")


def _torn(message: str, further: int) -> tuple[str, str]:
    """What to say of a row that the `csv` module refuses, on the line so many after its first."""
    if "unexpected end of data" in message:
        return "a quoted field opens here and is never closed", _QUOTES_FIX
    if "expected after" in message and further:
        return f"a quoted field opens here, and text follows the next quote, {further} lines below", _QUOTES_FIX
    if "expected after" in message:
        return "text follows a closing double quote", _QUOTES_FIX
    if "new-line character" in message:
        return "a lone carriage return outside quotes", "end lines in LF or CRLF"
    return message, "write the row as Excel or Python's csv module does"


def _refuse_lone_returns(stream: Stream) -> None:
    if b"\r" in stream.head.rstrip(b"\r") and b"\n" not in stream.head:
        found = "lines end in lone carriage returns, as on old Macs"
        raise ClaimsError(stream.name, found, "save it with LF or CRLF line ends")


def _header_line(feed: _Feed, stream: Stream) -> str:
    while (first := feed.begin()) is not None and not first.data.strip():
        feed.skip()
    if first is None:
        raise ClaimsError(stream.name, "is empty", "write a header line, and a record a line below it")
    if first.problem:
        raise ClaimsError(f"{stream.name}:{first.number}", first.problem.found, first.problem.fix)
    return first.data.decode("utf-8")


def _split(text: str, separator: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        return []


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table: their names in order, trimmed and each made unique, and those by lower-case name."""

    names: Sequence[str]
    by_name: Mapping[str, str]


def _columns(names: Iterable[str], place: str, lacks: Lacks = lacks_claim) -> _Columns:
    """The columns that a header names.

    Raises:
        ClaimsError: One that is needed is not there, or one that we read comes twice.
    """
    found: list[str] = []
    columns: dict[str, str] = {}
    counts = Counter[str]()
    for number, name in enumerate(names, start=1):
        shown = name.strip() or f"column {number}"
        counts[shown.lower()] += 1
        if counts[shown.lower()] > 1 and shown.lower() in _KNOWN:
            raise ClaimsError(place, f"column {shown!r} comes twice", "rename or remove one")
        unique = shown
        while unique in found:
            unique += "'"
        found.append(unique)
        columns.setdefault(shown.lower(), unique)
    if problem := lacks(found):
        raise ClaimsError(place, problem.found, problem.fix)
    return _Columns(found, columns)


def xlsx_records(stream: Stream) -> Iterator[Item]:
    """The rows of the first sheet that has a `claim` column, numbered as Excel does.

    Cells give what Excel last computed; dates become ISO 8601.

    Raises:
        ClaimsError: It is no Excel file, or no sheet has a `claim` column.
    """
    with _seekable(stream) as file:
        try:
            _refuse_bomb(file, stream.name)
            yield from _sheet_records(file, stream.name)
        except ClaimsError:
            raise
        except zipfile.BadZipFile as error:
            raise ClaimsError(stream.name, f"is no Excel workbook: {error}", "save it as .xlsx or .csv") from error
        except Exception as error:  # openpyxl and zipfile let through whatever a broken file provokes
            found = f"cannot be read as .xlsx: {error!r}"
            raise ClaimsError(stream.name, found, "save it again, or as .csv") from error


def _refuse_bomb(file: IO[bytes], name: str) -> None:
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > _BOMB:
        raise ClaimsError(name, f"unpacks to {unpacked:,} bytes; at most {_BOMB:,}", "save it as .csv")


def _sheet_records(file: IO[bytes], name: str) -> Iterator[Item]:
    import openpyxl  # noqa: PLC0415 - importing factcheck stays fast

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that openpyxl does not keep
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    with closing(book):
        sheets = [_table(sheet) for sheet in book.worksheets]
        heads = [(sheet, *next(sheet, (1, ()))) for sheet in sheets]
        with_claim = [head for head in heads if "claim" in (str(cell).strip().lower() for cell in head[2])]
        if not heads or not any(head[2] for head in heads):
            raise ClaimsError(name, "is empty", "write a header row with a 'claim' column, and claims below it")
        rows, line, header = (with_claim or [head for head in heads if head[2]])[0]
        table = _columns(["" if cell is None else str(cell) for cell in header], f"{name}:{line}")
        for index, (number, cells) in enumerate(rows):
            values = [json_value(cell) for cell in cells]
            if len(values) > len(table.names):
                found = f"the row has {len(values)} cells, the header {len(table.names)}"
                raw = json.dumps(values, ensure_ascii=False).encode()
                yield Fault(number, raw, found, "give every column a name in the header row")
            else:
                values += [None] * (len(table.names) - len(values))
                yield Record(number, None, dict(zip(table.names, values, strict=True)), table.by_name, index)


def _table(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:  # noqa: ANN401 - openpyxl's read-only sheet has no stub
    """Numbered rows that hold something, without the empty cells at their ends."""
    sheet.reset_dimensions()  # some writers give a wrong size, which would cut the sheet
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        last = max((at for at, cell in enumerate(cells, start=1) if cell not in (None, "")), default=0)
        if last:
            yield number, tuple(cells[:last])


def parquet_records(stream: Stream) -> Iterator[Item]:
    """The rows of a Parquet file, counted from 1.

    Raises:
        ClaimsError: It is none, or has no `claim` column.
    """
    import pyarrow as pa  # noqa: PLC0415 - importing factcheck stays fast
    import pyarrow.parquet as pq  # noqa: PLC0415

    with _seekable(stream) as file:
        try:
            parquet = pq.ParquetFile(file)
            table = _columns(parquet.schema_arrow.names, stream.name)
            batches = parquet.iter_batches(batch_size=_ROWS)
            for index, row in enumerate(row for batch in batches for row in _batch_rows(batch)):
                if isinstance(row, Exception):
                    yield Fault(index + 1, b"", f"a cell cannot be read: {row}", "write it again, text as UTF-8")
                else:
                    fields = dict(zip(table.names, map(json_value, row), strict=True))
                    yield Record(index + 1, None, fields, table.by_name, index)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).splitlines()[0] if str(error) else repr(error)
            raise ClaimsError(stream.name, f"cannot be read as Parquet: {reason}", "write it again") from error


def _batch_rows(batch: Any) -> Iterator[Sequence[Any] | Exception]:  # noqa: ANN401 - pyarrow has no stubs
    """The rows of a batch; for one that holds text in no UTF-8 or a date beyond Python's, what went wrong."""
    try:
        yield from [*zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    except (ValueError, OverflowError):
        for at in range(batch.num_rows):
            try:
                row = [column[at].as_py() for column in batch.columns]
            except (ValueError, OverflowError) as error:
                yield error
            else:
                yield row


@contextmanager
def _seekable(stream: Stream) -> Iterator[IO[bytes]]:
    """The stream as a file with random access, on disk where it is long."""
    with tempfile.SpooledTemporaryFile(max_size=1 << 24) as file:
        while chunk := stream.body.read(1 << 20):
            file.write(chunk)
        file.seek(0)
        yield file
