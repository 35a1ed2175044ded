"""Claims files in: one function for all formats."""

import hashlib
import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from factcheck.errors import ClaimsError
from factcheck.formats.detect import BINARY, binary_format, check_format, text_format
from factcheck.formats.fields import Draft
from factcheck.formats.jsons import json_records
from factcheck.formats.raw import BadRecord, Fault, Item, Rejected
from factcheck.formats.schemas import SCHEMAS, Schema, native
from factcheck.formats.streams import Readable, Stream, check_encoding, opened, to_utf8
from factcheck.formats.tables import csv_records, parquet_records, xlsx_records
from factcheck.formats.text import split_text, text_records
from factcheck.types import Claim

_CONTAINERS: Final[dict[str, Callable[[Stream], Iterator[Item]]]] = {
    "csv": csv_records,
    "tsv": partial(csv_records, tabs=True),
    "healthver": csv_records,
    "xlsx": xlsx_records,
    "parquet": parquet_records,
    "txt": text_records,
}  # and JSON for all others


def read_claims(
    source: Readable,
    *,
    format: str = "auto",  # noqa: A002 - the name of the option
    encoding: str = "utf-8",
    language: str = "en",
    on_error: Callable[[Rejected], None] | None = None,
) -> Iterator[Claim]:
    """The claims of a file, in its order, read as they are asked for.

    Memory does not grow with the file but for 16 to 32 bytes a claim, which find an id that comes twice. A claim
    without an id gets one made from its text and its own sources; where that claim comes again, "-2" and so on behind
    it. `contexts` and further columns of a table may be JSON arrays in their cells.

    Args:
        source: A path, "-" for standard input, or a binary stream; plain or gzipped.
        format: One of `factcheck.formats.FORMATS`; `auto` goes by name and content.
        encoding: Of text formats, by its Python name.
        language: Of the responses that are cut into sentences, by its ISO 639 code.
        on_error: Gets each record that cannot be used, and reading goes on; without it the first one raises. A fault
            of the whole file (missing, no `claim` column, torn in the middle) raises in any case, after all claims
            before it.

    Raises:
        ClaimsError: The file, or a record of it, cannot be used.
    """
    return _read(source, check_format(format), check_encoding(encoding), language, on_error)


def _read(
    source: Readable, wanted: str, encoding: str, language: str, on_error: Callable[[Rejected], None] | None
) -> Iterator[Claim]:
    with opened(source) as stream:
        items, schema = _reader(stream, wanted, encoding)
        ids, empty = ClaimIds(), True
        for item in items:
            empty, place = False, f"{stream.name}:{item.line}"
            try:
                claims = claims_of_record(item, schema, ids, place, language)
            except BadRecord as error:
                if on_error is None:
                    raise ClaimsError(place, error.found, error.fix) from error
                on_error(Rejected(place, item.line, f"{error.found}; {error.fix}", item.shown()))
            else:
                yield from claims
        if empty:
            raise ClaimsError(stream.name, "holds no claims", "it must hold at least one")


def _reader(stream: Stream, wanted: str, encoding: str) -> tuple[Iterator[Item], Schema]:
    """The records of a stream, and what their fields mean."""
    binary = binary_format(stream)
    if binary is None and wanted in BINARY:
        raise ClaimsError(stream.name, f"is no {wanted} file", "leave --format out, or name the right one")
    if binary and wanted not in ("auto", binary):
        raise ClaimsError(stream.name, f"is a binary file, {binary} by its first bytes", f"pass --format {binary}")
    text = stream if binary else to_utf8(stream, encoding)
    found = binary or (text_format(text) if wanted == "auto" else wanted)
    return _CONTAINERS.get(found, json_records)(text), SCHEMAS.get(found, native)


def claims_of_record(item: Item, schema: Schema, ids: "ClaimIds", place: str, language: str = "en") -> list[Claim]:
    """The claims of one record, with their ids."""
    if isinstance(item, Fault):
        raise BadRecord(item.found, item.fix)
    draft = schema(item)
    parts = split_text(draft.text, language=language, id="") if draft.split else (Claim("", draft.text),)
    if not parts:
        raise BadRecord("the text holds no sentence", "it must hold a letter or digit")
    ident = ids.new(draft, item.line)
    return [
        replace(
            part,
            id=ident + part.id,
            date=draft.date,
            contexts=draft.contexts,
            doc_ids=draft.doc_ids,
            gold=draft.gold,
            input=item.fields,
            place=place,
        )
        for part in parts
    ]


class ClaimIds:
    """Gives every claim an id that no other has.

    Args:
        at: What stands before the number of a claim in messages.
    """

    def __init__(self, at: str = "on line") -> None:
        self._at = at
        self._lines = _Table()  # id -> line of its claim
        self._repeats = _Table()  # id made from content -> how often it was wanted, from the second time on

    def new(self, draft: Draft, line: int) -> str:
        """The id of a claim on `line`."""
        if draft.id is not None:
            return self.take(draft.id, line)
        made = _content_id(draft)
        times = (self._repeats.get(made) or 1) + 1 if self._lines.get(made) is not None else 1
        ident = made if times == 1 else f"{made}-{times}"
        while self._lines.put(ident, line) is not None:  # taken by an explicit id
            times += 1
            ident = f"{made}-{times}"
        if times > 1:
            self._repeats.set(made, times)
        return ident

    def take(self, ident: str, line: int) -> str:
        """The id that a claim on `line` brings, once it is known to be its own."""
        first = self._lines.put(ident, line)
        if first is not None:
            raise BadRecord(f"id {ident!r} stands {self._at} {first} already", "give every claim its own id, or none")
        return ident


def _content_id(draft: Draft) -> str:
    sources = [[context.id, context.title, context.text] for context in draft.contexts]
    parts = json.dumps([draft.text, sources, draft.doc_ids])
    return "c-" + hashlib.sha256(parts.encode("ascii")).hexdigest()[:12]


class _Table:
    """Numbers by text: 12 bytes a slot, at most three quarters of the slots taken.

    Texts are known by 64 bits of their hash: of ten million, two are taken for one with a probability of 3 in a
    million.
    """

    def __init__(self) -> None:
        self._resize(1 << 10)
        self._count = 0

    def get(self, text: str) -> int | None:
        """The number of a text, if it has one."""
        slot = self._slot(_hash(text))
        return self._numbers[slot] if self._keys[slot] else None

    def set(self, text: str, number: int) -> None:
        """Give a text a number from 0, whatever it had."""
        key = _hash(text)
        slot = self._slot(key)
        self._count += not self._keys[slot]
        self._keys[slot], self._numbers[slot] = key, min(number, _MOST)
        if 4 * self._count > 3 * len(self._keys):
            self._grow()

    def put(self, text: str, number: int) -> int | None:
        """The number that a text has already; where it has none, it gets this one."""
        old = self.get(text)
        if old is None:
            self.set(text, number)
        return old

    def _slot(self, key: int) -> int:
        """Where a key is, or would be."""
        keys, mask = self._keys, self._mask
        slot = key & mask
        while keys[slot] and keys[slot] != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._keys, self._numbers, strict=True)
        self._resize(2 * len(self._keys))
        for key, number in old:
            if key:
                slot = self._slot(key)
                self._keys[slot], self._numbers[slot] = key, number

    def _resize(self, slots: int) -> None:
        self._mask = slots - 1
        self._keys, self._numbers = array("Q", bytes(8 * slots)), array("I", bytes(4 * slots))


_MOST: Final = (1 << 32) - 1  # what a slot can hold; a line behind it is named by it


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "little") or 1
