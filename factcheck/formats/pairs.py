"""Files of premise-hypothesis pairs in, the same records with their scores out."""

import codecs
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, Final, TypeAlias

from factcheck.errors import ClaimsError, ConfigError, FactcheckError
from factcheck.formats.detect import binary_format
from factcheck.formats.export import csv_cell, replacing
from factcheck.formats.fields import checked_text
from factcheck.formats.jsons import json_records, type_name
from factcheck.formats.raw import BadRecord, Fault, Item, Record, Rejected
from factcheck.formats.records import to_json
from factcheck.formats.streams import Readable, Stream, check_encoding, opened, to_utf8
from factcheck.formats.tables import Lacks, csv_records
from factcheck.types import JSON

Row: TypeAlias = tuple[Mapping[str, JSON], Mapping[str, JSON]]
"""A record as it came, and what is added to it."""

# Ours and the usual ones first; then VitaminC's and HealthVer's; then LLM-AggreFact's and QuanTemp's.
FIELDS: Final = (("premise", "hypothesis"), ("evidence", "claim"), ("doc", "claim"))
OUTPUTS: Final = ("jsonl", "csv")

_TABLES: Final = (".csv", ".tsv", ".tab")
_JSON: Final = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class PairRecord:
    """One pair of a file: its texts as they stand there, all its fields, and its place for messages."""

    premise: str
    hypothesis: str
    fields: Mapping[str, JSON]
    place: str
    line: int

    def rejected(self, problem: str) -> Rejected:
        """The record as one that cannot be used."""
        return Rejected(self.place, self.line, problem, to_json(dict(self.fields)))


def read_pairs(
    source: Readable,
    *,
    fields: tuple[str, str] | None = None,
    encoding: str = "utf-8",
    on_error: Callable[[Rejected], None] | None = None,
) -> Iterator[PairRecord]:
    """The pairs of a JSON Lines, JSON or CSV file, in its order, read as they are asked for.

    Args:
        source: A path, "-" for standard input, or a binary stream; plain or gzipped.
        fields: The names of premise and hypothesis; None takes the first of `FIELDS` that a record has.
        encoding: Of the file, by its Python name.
        on_error: Gets each record that cannot be used, and reading goes on; without it the first one raises. A fault
            of the whole file raises in any case, after all pairs before it.

    Raises:
        ClaimsError: The file, or a record of it, cannot be used.
    """
    names = FIELDS if fields is None else (fields,)
    return _read(source, names, check_encoding(encoding), on_error)


def _read(
    source: Readable,
    names: Sequence[tuple[str, str]],
    encoding: str,
    on_error: Callable[[Rejected], None] | None,
) -> Iterator[PairRecord]:
    with opened(source) as stream:
        empty = True
        for item in _records(stream, names, encoding):
            empty, place = False, f"{stream.name}:{item.line}"
            try:
                pair = _pair(item, names, place)
            except BadRecord as error:
                if on_error is None:
                    raise ClaimsError(place, error.found, error.fix) from error
                on_error(Rejected(place, item.line, f"{error.found}; {error.fix}", item.shown()))
            else:
                yield pair
        if empty:
            raise ClaimsError(stream.name, "holds no pairs", "it must hold at least one")


def _records(stream: Stream, names: Sequence[tuple[str, str]], encoding: str) -> Iterator[Item]:
    if (binary := binary_format(stream)) is not None:
        raise ClaimsError(stream.name, f"is a binary file, {binary} by its first bytes", "save it as JSON Lines or CSV")
    text = to_utf8(stream, encoding)
    suffix = PurePath(stream.name.lower().removesuffix(".gz")).suffix
    if suffix in _JSON or (suffix not in _TABLES and text.head.lstrip()[:1] in (b"{", b"[")):
        return json_records(text)
    return csv_records(text, tabs=suffix in _TABLES[1:], lacks=_lacks_pair(names))


def _lacks_pair(names: Sequence[tuple[str, str]]) -> Lacks:
    wanted = [(premise.lower(), hypothesis.lower()) for premise, hypothesis in names]

    def lacks(columns: Sequence[str]) -> BadRecord | None:
        found = [name.lower() for name in columns]
        chosen = next((pair for pair in wanted if set(pair) <= set(found)), None)
        if chosen is None:
            return _no_pair(columns, names, "column")
        twice = [name for name in chosen if found.count(name) > 1 or f"{name}'" in found]
        return BadRecord(f"column {twice[0]!r} comes twice", "rename or remove one") if twice else None

    return lacks


def _no_pair(found: Sequence[str], names: Sequence[tuple[str, str]], what: str) -> BadRecord:
    wanted = " or ".join(f"{premise!r} and {hypothesis!r}" for premise, hypothesis in names)
    shown = ", ".join(name[:40] for name in found[:20]) or "none"
    return BadRecord(f"no {what}s {wanted}; {what}s found: {shown}", "rename them, or name yours with --fields")


def _pair(item: Item, names: Sequence[tuple[str, str]], place: str) -> PairRecord:
    if isinstance(item, Fault):
        raise BadRecord(item.found, item.fix)
    has = item.fields if item.columns is None else item.columns
    chosen = next((pair for pair in names if all(_key(item, name) in has for name in pair)), None)
    if chosen is None:
        raise _no_pair(list(item.fields), names, "field")
    premise, hypothesis = (_text(item, name) for name in chosen)
    return PairRecord(premise, hypothesis, item.fields, place, item.line)


def _key(record: Record, name: str) -> str:
    return name if record.columns is None else name.lower()


def _text(record: Record, name: str) -> str:
    """A text as it stands there, white space at its ends included; one that says nothing is refused."""
    value = record.get(_key(record, name))
    if isinstance(value, str) and value.strip():
        return checked_text(value, name)
    if isinstance(value, str) or (value is None and record.columns is not None):
        raise BadRecord(f"{name} is empty", "fill it in or take the record out")
    raise BadRecord(f"{name} is {type_name(value)}", "it must be a text")


def write_rows(rows: Iterable[Row], to: str, out: Path | None = None) -> int:
    """Write records and what is added to them as `jsonl` or `csv`, in order; gives back how many.

    What is added stands last; a name that the record (in a table: any record) has taken gets the prefix `factcheck_`.
    Memory holds one row: for csv, rows wait in a temporary file until all columns are known. A file is put in its place
    when it is whole. An `out` of None or `-` is standard output; a closed pipe there raises BrokenPipeError.

    Raises:
        ConfigError: The format is not known.
        FactcheckError: The file cannot be written.
    """
    check_output(to)
    if out is not None and str(out) != "-":
        with replacing(out) as stream:
            return _WRITERS[to](rows, stream)
    sys.stdout.flush()  # what was printed before comes before
    try:
        written = _WRITERS[to](rows, sys.stdout.buffer)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FactcheckError("standard output", f"cannot be written to: {error.strerror or error}") from error
    return written


def check_output(to: str) -> None:
    """Refuse a format that scores cannot be written in.

    Raises:
        ConfigError: It is none of `OUTPUTS`.
    """
    if to not in OUTPUTS:
        raise ConfigError(f"--to {to}", "is not a format for scores", f"use one of {', '.join(OUTPUTS)}")


def _write_jsonl(rows: Iterable[Row], stream: IO[bytes]) -> int:
    written = 0
    for fields, added in rows:
        names = _free_names(fields, added)
        record = {**fields, **{names[name]: value for name, value in added.items()}}
        stream.write(to_json(record).encode() + b"\n")
        written += 1
    return written


def _write_csv(rows: Iterable[Row], stream: IO[bytes]) -> int:
    inputs: dict[str, None] = {}
    ours: dict[str, None] = {}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        for fields, added in rows:
            inputs.update(dict.fromkeys(fields))
            ours.update(dict.fromkeys(added))
            waiting.write(to_json([dict(fields), dict(added)]) + "\n")
        waiting.seek(0)
        names = _free_names([name.casefold() for name in inputs], ours)
        writer = csv.writer(codecs.getwriter("utf-8")(stream))
        writer.writerow([csv_cell(name) for name in (*inputs, *names.values())])
        written = 0
        for line in waiting:
            written += 1
            fields, added = json.loads(line)
            values = (*(fields.get(name) for name in inputs), *(added.get(name) for name in ours))
            writer.writerow([csv_cell(value) for value in values])
    return written


def _free_names(taken: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """For each name the one it gets where some are taken."""
    used, free = set(taken), {}
    for name in names:
        new = name
        while new in used:
            new = f"factcheck_{new}"
        free[name] = new
    return free


_WRITERS: Final[Mapping[str, Callable[[Iterable[Row], IO[bytes]], int]]] = {"jsonl": _write_jsonl, "csv": _write_csv}
