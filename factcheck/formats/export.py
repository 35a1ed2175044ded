"""Verdicts as files of every format. `docs/formats-out.md` describes what stands in them.

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
from types import MappingProxyType
from typing import IO, Final, TypeAlias

from factcheck.errors import ConfigError, FactcheckError
from factcheck.formats.claimreview import write_claimreview
from factcheck.formats.gold import write_gold
from factcheck.formats.markdown import write_markdown
from factcheck.formats.parquet import write_parquet
from factcheck.formats.predictions import write_fever, write_scifact
from factcheck.formats.records import to_json, verdict_record
from factcheck.formats.reviewed import About, review_record
from factcheck.formats.rows import Source, Table, guarded, plain, table
from factcheck.formats.workbook import write_xlsx
from factcheck.types import JSON

__all__ = ["About", "Source", "Writer", "export", "table"]

Writer: TypeAlias = Callable[[Source, IO[bytes], About], int]
"""Writes verdicts to a stream and gives back how many."""

_NOT_IN_CSV: Final = re.compile("[\x00\ud800-\udfff]")


def export(
    source: Source,
    to: str,
    out: Path | None = None,
    *,
    about: About = About(),  # noqa: B008 - it is frozen
    more: Mapping[str, Writer] = MappingProxyType({}),
) -> int:
    """Write verdicts in the format `to`; gives back how many.

    `source` gives the verdicts anew each time it is called: some formats read them twice, as csv does, first for the
    columns, then for the rows. `more` are text formats that are known elsewhere, with what writes them.
    A file is written beside `out` and put in its place when it is whole, so that `out` is never torn and stays as it
    was when writing fails. An `out` of None or `-` is standard output, for text formats; a closed pipe there raises
    BrokenPipeError.

    Raises:
        ConfigError: The format is not known, or cannot go to standard output, or needs a setting.
        FactcheckError: The file cannot be written, or the format cannot hold the verdicts.
    """
    writers = {**_WRITERS, **more}
    if to not in writers:
        raise ConfigError(f"--to {to}", "is not a format to export to", f"use one of {', '.join(sorted(writers))}")
    write = writers[to]
    if out is not None and str(out) != "-":
        with replacing(out) as stream:
            return write(source, stream, about)
    if to in _BINARY:
        raise ConfigError(f"--to {to}", "is a binary format and needs a file", f"add --out verdicts.{to}")
    try:
        sys.stdout.flush()  # what was printed before comes before
        rows = write(source, sys.stdout.buffer, about)
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


def _write_jsonl(source: Source, stream: IO[bytes], about: About) -> int:
    rows = 0
    for verdict in source():
        record = verdict_record(verdict)
        if about.review:
            record["review"] = review_record(about.review(verdict))
        stream.write(to_json(record).encode() + b"\n")
        rows += 1
    return rows


def _write_csv(source: Source, stream: IO[bytes], about: About) -> int:
    columns = Table.of(source(), about.review)
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


_WRITERS: Final[Mapping[str, Writer]] = {
    "claimreview": write_claimreview,
    "csv": _write_csv,
    "fever": write_fever,
    "gold": write_gold,
    "jsonl": _write_jsonl,
    "markdown": write_markdown,
    "parquet": write_parquet,
    "scifact": write_scifact,
    "xlsx": write_xlsx,
}
_BINARY: Final = frozenset({"parquet", "xlsx"})
