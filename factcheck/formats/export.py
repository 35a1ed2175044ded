"""Verdicts as jsonl, csv, parquet and xlsx files. `docs/formats-out.md` describes the columns.

Every writer streams: memory holds one verdict (a row group of them for parquet), however many there are.
"""

import codecs
import csv
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from factcheck.errors import ConfigError, FactcheckError
from factcheck.formats.parquet import write_parquet
from factcheck.formats.records import to_line
from factcheck.formats.rows import Source, Table, guarded, plain, table
from factcheck.formats.workbook import write_xlsx
from factcheck.types import JSON

__all__ = ["Source", "export", "table"]

_NOT_IN_CSV: Final = re.compile("[\x00\ud800-\udfff]")


def export(source: Source, to: str, out: Path | None = None) -> int:
    """Write verdicts in the format `to`; gives back how many.

    `source` gives the verdicts anew each time it is called: csv and xlsx read them twice, first for the columns, then
    for the rows. A file is written beside `out` and put in its place when it is whole, so that `out` is never torn and
    stays as it was when writing fails. An `out` of None or `-` is standard output, for csv and jsonl; a closed pipe
    there raises BrokenPipeError.

    Raises:
        ConfigError: The format is not known, or cannot go to standard output.
        FactcheckError: The file cannot be written, or a sheet cannot hold the verdicts.
    """
    if to not in _WRITERS:
        raise ConfigError(f"--to {to}", "is not a format to export to", f"use one of {', '.join(_WRITERS)}")
    write = _WRITERS[to]
    if out is not None and str(out) != "-":
        with replacing(out) as stream:
            return write(source, stream)
    if to not in _TEXT:
        raise ConfigError(f"--to {to}", "is a binary format and needs a file", f"add --out verdicts.{to}")
    try:
        sys.stdout.flush()  # what was printed before comes before
        rows = write(source, sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FactcheckError("standard output", f"cannot be written to: {error.strerror or error}") from error
    return rows


@contextmanager
def replacing(out: Path) -> Iterator[IO[bytes]]:
    """A stream whose content takes the place of a file when it is whole.

    Raises:
        FactcheckError: It cannot be written.
    """
    target = out.resolve()  # of a symbolic link the file it names is replaced, not the link
    if target.exists() and not target.is_file():
        raise FactcheckError(out, "is not a file", "name a file, or - for standard output")
    part = target.with_name(f".factcheck-{secrets.token_hex(6)}.part")
    try:
        with part.open("xb") as stream:
            if target.exists():
                shutil.copymode(target, part)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        state = "the file that was there is unchanged" if target.exists() else "nothing was left there"
        raise FactcheckError(out, f"cannot be written: {error.strerror or error}", state) from error
    finally:
        part.unlink(missing_ok=True)


def _write_jsonl(source: Source, stream: IO[bytes]) -> int:
    rows = 0
    for verdict in source():
        stream.write(to_line(verdict).encode() + b"\n")
        rows += 1
    return rows


def _write_csv(source: Source, stream: IO[bytes]) -> int:
    columns = Table.of(source())
    writer = csv.writer(codecs.getwriter("utf-8")(stream))
    writer.writerow([csv_cell(name) for name in columns.header])
    rows = 0
    for verdict in source():
        writer.writerow([csv_cell(value) for value in columns.row(verdict)])
        rows += 1
    return rows


def csv_cell(value: JSON) -> JSON:
    """A value as a csv file holds it: nothing that a spreadsheet would run, nothing that UTF-8 has not."""
    match plain(value):
        case bool() as truth:
            return str(truth).lower()
        case str() as text:
            return guarded(_NOT_IN_CSV.sub("\ufffd", text))
        case other:
            return other


_WRITERS: Final[Mapping[str, Callable[[Source, IO[bytes]], int]]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}
_TEXT: Final = frozenset({"csv", "jsonl"})
