"""Which format a claims file has, by its name and by its content."""

import contextlib
import difflib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from factcheck.errors import ClaimsError
from factcheck.formats.jsons import json_records
from factcheck.formats.raw import Record
from factcheck.formats.schemas import SCHEMAS, recognised
from factcheck.formats.streams import Readable, Stream, opened, to_utf8
from factcheck.formats.tables import header_names

_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"json": "jsonl", "ndjson": "jsonl", "text": "txt", "excel": "xlsx", "pq": "parquet", "fool-me-twice": "fm2"}
)
FORMATS: Final = ("auto", "csv", "tsv", "xlsx", "jsonl", "txt", "parquet", *SCHEMAS)
BINARY: Final[Mapping[str, bytes]] = MappingProxyType({"xlsx": b"PK\x03\x04", "parquet": b"PAR1"})
_SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".csv": "csv",
        ".tsv": "tsv",
        ".tab": "tsv",
        ".xlsx": "xlsx",
        ".xlsm": "xlsx",
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "jsonl",
        ".txt": "txt",
        ".text": "txt",
        ".parquet": "parquet",
        ".pq": "parquet",
    }
)
_REFUSED: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save it as .xlsx or .csv",
        b"%PDF": "a PDF; documents belong in the corpus, claims in a table or text file",
        b"(\xb5/\xfd": "packed with zstd; unpack it, or pack it with gzip",
        b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
        b"\xfd7zXZ": "packed with xz; unpack it, or pack it with gzip",
    }
)
_RECORDS_READ: Final = 20  # of a JSON file, until one tells the data set


def check_format(name: str) -> str:
    """The format that a name stands for.

    Raises:
        ClaimsError: There is none of that name.
    """
    wanted = _ALIASES.get(name.strip().lower(), name.strip().lower())
    if wanted in FORMATS:
        return wanted
    close = difflib.get_close_matches(wanted, [*FORMATS, *_ALIASES], n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise ClaimsError("--format", f"unknown: {name!r}", f"{hint}allowed are {', '.join(FORMATS)}")


def detect_format(source: Readable, *, encoding: str = "utf-8") -> str:
    """The format that `auto` stands for: one of `FORMATS`.

    Content goes before the name: JSON in a .txt file is JSON. Reads the first 64 KiB; a binary stream is put back to
    where it was, and must be able to.

    Raises:
        ClaimsError: The source cannot be read, or is empty.
    """
    seekable = None if isinstance(source, str | os.PathLike) else source
    position = seekable.tell() if seekable else 0
    try:
        with opened(source) as stream:
            return binary_format(stream) or text_format(to_utf8(stream, encoding))
    finally:
        if seekable:
            seekable.seek(position)


def binary_format(stream: Stream) -> str | None:
    """The binary format that the first bytes tell, if any.

    Raises:
        ClaimsError: The file is empty, or of a kind that holds no claims.
    """
    if not stream.head and not stream.body.read(1):  # an error may wait behind an empty head
        raise ClaimsError(stream.name, "is empty", "it must hold at least one claim")
    for magic, kind in _REFUSED.items():
        if stream.head.startswith(magic):
            found, _, fix = kind.partition("; ")
            raise ClaimsError(stream.name, f"is {found}", fix)
    return next((name for name, magic in BINARY.items() if stream.head.startswith(magic)), None)


def text_format(stream: Stream) -> str:
    """The format of a UTF-8 stream, which is left unread."""
    name = PurePath(stream.name.lower().removesuffix(".gz"))
    by_name = _SUFFIXES.get(name.suffix, "")
    if by_name in BINARY:
        fix = f"name it after what it is, or pass --format {', '.join(FORMATS[1:7])}"
        raise ClaimsError(stream.name, f"is no {by_name} file", fix)
    if _looks_like_json(stream, by_name):
        return _json_format(stream)
    if by_name in ("csv", "tsv", "jsonl"):
        return _healthver(stream) or by_name
    separator, names = header_names(_first_line(stream))
    if "claim" in map(str.lower, names) and (len(names) > 1 or not by_name):
        return _healthver(stream) or ("tsv" if separator == "\t" else "csv")
    return "txt"


def _looks_like_json(stream: Stream, by_name: str) -> bool:
    """Whether it opens like JSON; text and tables may open with a bracket too, so that there it must be JSON."""
    if stream.head.lstrip()[:1] not in (b"{", b"["):
        return False
    return by_name in ("", "jsonl") or next(_first_records(stream), None) is not None


def _first_records(stream: Stream) -> Iterator[Record]:
    """Records of the head that are complete there."""
    beginning = replace(stream, body=io.BytesIO(stream.head))
    with contextlib.suppress(ClaimsError):  # an array is not closed where the head ends
        yield from (item for item in json_records(beginning) if isinstance(item, Record))


def _json_format(stream: Stream) -> str:
    found = (recognised(record.fields) for record in islice(_first_records(stream), _RECORDS_READ))
    return next(filter(None, found), "jsonl")


def _healthver(stream: Stream) -> str | None:
    names = set(map(str.lower, header_names(_first_line(stream))[1]))
    return "healthver" if {"claim", "evidence", "label", "topic_ip"} <= names else None


def _first_line(stream: Stream) -> str:
    line = stream.head.lstrip().partition(b"\n")[0]
    return line.decode("utf-8", "replace").rstrip("\r")
