"""Verdicts as a workbook of one sheet, written row by row with openpyxl."""

import errno
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal
from zipfile import ZIP_DEFLATED, LargeZipFile, ZipFile, ZipInfo

from factcheck.errors import FactcheckError
from factcheck.formats.reviewed import About
from factcheck.formats.rows import Source, Table, guarded, plain
from factcheck.types import JSON

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.styles import Font
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_log = logging.getLogger(__name__)

_SHEET_ROWS: Final = 1_048_576  # limits of Excel: rows and columns of a sheet, UTF-16 units of a cell
_SHEET_COLUMNS: Final = 16_384
_CELL_UNITS: Final = 32_767
_EXACT_INT: Final = 2**53  # a sheet keeps numbers as doubles
_WIDE: Final = frozenset({"claim", "quote", "counter_quote", "review_notes"})
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP entry can name


def write_xlsx(source: Source, stream: IO[bytes], about: About) -> int:
    """Write the table as a workbook; gives back how many verdicts it has.

    Equal verdicts give equal bytes. openpyxl keeps the rows in a file of the temporary folder until all are there.

    Raises:
        FactcheckError: A sheet cannot hold the verdicts.
        OSError: There is no room for the file, or for the temporary one.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - slow to import
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    columns = Table.of(source(), about.review)
    header = columns.header
    if len(header) > _SHEET_COLUMNS:
        raise FactcheckError("--to xlsx", f"{len(header):,} columns are more than a sheet holds", "use csv")
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(*_NO_TIME)  # noqa: DTZ001 - openpyxl takes UTC without a zone
    sheet = book.create_sheet("verdicts")
    sheet.freeze_panes = "A2"
    letters = [get_column_letter(number) for number in range(1, len(header) + 1)]
    for letter, name in zip(letters, header, strict=True):
        if name in _WIDE:
            sheet.column_dimensions[letter].width = 60
    rows = 0
    with _scratch_file(sheet):
        cut = _append(sheet, header, Font(bold=True))
        for rows, verdict in enumerate(source(), 1):
            if rows >= _SHEET_ROWS:
                raise FactcheckError("--to xlsx", f"a sheet holds {rows - 1:,} of the verdicts at most", "use csv")
            cut += _append(sheet, columns.row(verdict))
        sheet.auto_filter.ref = f"A1:{letters[-1]}{rows + 1}"
        _save(book, stream)
    if cut:
        _log.warning("%d cells were cut to the 32,767 characters a sheet allows; csv holds them whole", cut)
    return rows


def _append(sheet: "WriteOnlyWorksheet", values: Sequence[JSON], font: "Font | None" = None) -> int:
    """Add a row; gives back how many of its texts had to be cut."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - slow to import

    cells: list[Cell | float | None] = []
    cut = 0
    for value in values:
        match _sheet_value(value):
            case str() as text:
                shown = _fitted(text)
                cut += shown != text
                cell = WriteOnlyCell(sheet, shown or None)
                cell.data_type = "s"  # openpyxl takes some texts for formulas or errors
                if font:
                    cell.font = font
                cells.append(cell)
            case other:
                cells.append(other)
    sheet.append(cells)
    return cut


def _sheet_value(value: JSON) -> bool | int | float | str | None:
    match plain(value):
        case int() as number if abs(number) > _EXACT_INT:
            return str(number)
        case str() as text:
            lines = text.replace("\r\n", "\n").replace("\r", "\n")  # XML would do the same on reading
            return guarded(_NOT_IN_XML.sub("\ufffd", lines))
        case other:
            return other


def _fitted(text: str) -> str:
    """The text if a cell of a sheet holds it, else its beginning and a mark that says how long it was."""
    if 2 * len(text) <= _CELL_UNITS:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _CELL_UNITS:
        return text
    mark = f" [cut: {len(text):,} characters]"
    return units[: 2 * (_CELL_UNITS - len(mark))].decode("utf-16-le", "ignore") + mark


@contextmanager
def _scratch_file(sheet: Any) -> Iterator[None]:  # noqa: ANN401 - the stub leaves out the writer, which names the file
    """Leaves nothing of the file in which openpyxl keeps the rows, and gives every failure to write it as OSError."""
    try:
        yield
    except _lxml_error() as error:
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)  # its whole text is IO_ENOSPC or the like
        raise OSError(number, os.strerror(number)) from error
    finally:
        with suppress(Exception):  # it is closed already, or cannot be closed for the reason that is being raised
            sheet.close()
        if sheet._writer:  # noqa: SLF001 - openpyxl removes the file when the workbook is saved, else not before exit
            Path(sheet._writer.out).unlink(missing_ok=True)  # noqa: SLF001


def _lxml_error() -> type[Exception]:
    """What a full disk raises where lxml is installed, since openpyxl then writes with it."""
    try:
        from lxml import etree  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return OSError
    error: type[Exception] = etree.SerialisationError
    return error


def _save(book: "Workbook", stream: IO[bytes]) -> None:
    from openpyxl.writer.excel import ExcelWriter  # noqa: PLC0415 - slow to import

    try:
        # Not `book.save`: that leaves its archive open after an error, and not every Excel opens the ZIP64 it allows.
        with _Undated(stream, "w", ZIP_DEFLATED, allowZip64=False) as archive:
            ExcelWriter(book, archive).save()
    except LargeZipFile as error:
        raise FactcheckError("--to xlsx", "the verdicts are more than the 2 GiB a sheet can be", "use csv") from error


class _Undated(ZipFile):
    """A ZIP file whose entries do not say when they were written."""

    def open(
        self, name: str | ZipInfo, mode: Literal["r", "w"] = "r", pwd: bytes | None = None, *, force_zip64: bool = False
    ) -> IO[bytes]:
        if isinstance(name, ZipInfo):
            name.date_time = _NO_TIME
        return super().open(name, mode, pwd, force_zip64=force_zip64)
