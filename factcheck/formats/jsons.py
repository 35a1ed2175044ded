"""Records of JSON files: one a line, or the elements of an array, the array alone or in an object around it.

Nothing is read whole: an array is cut into its elements by counting brackets, so that a broken element costs itself
only, and a file of any size runs in constant memory.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from factcheck.errors import ClaimsError
from factcheck.formats.raw import MAX_RECORD, BadRecord, Fault, Item, Record
from factcheck.formats.streams import Stream, lines, text_problem, too_long
from factcheck.types import JSON

_WRAPPERS: Final = ("results", "input_data", "data", "claims", "examples")  # keys whose array holds the records
_CHUNK: Final = 1 << 16
_OUTSIDE: Final = re.compile(rb'["{}\[\],\n]')
_INSIDE: Final = re.compile(rb'["\\\n]')
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _finite(text: str) -> JSON:
    number = float(text)
    return number if math.isfinite(number) else None


_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite)


def json_records(stream: Stream) -> Iterator[Item]:
    """The records of a JSON file, whichever way it holds them.

    Raises:
        ClaimsError: The array is not closed, or text follows it.
    """
    start = array_start(stream.head)
    if start is None:
        yield from _from_lines(stream)
    else:
        yield from _from_array(stream, start)


def array_start(head: bytes) -> int | None:
    """Where the array of records opens in the beginning of a file: `[`, or `{"results": [` and the like."""
    text = head.decode("latin-1")  # one character a byte
    at = _after_space(text, 0)
    if text[at : at + 1] == "[":
        return at
    if text[at : at + 1] != "{" or _is_record(head.lstrip().partition(b"\n")[0]):
        return None
    while text[at : at + 1] in ("{", ","):
        try:
            key, at = _DECODER.raw_decode(text, _after_space(text, at + 1))
            at = _after_space(text, at)
            if text[at : at + 1] != ":":
                return None
            at = _after_space(text, at + 1)
            if key in _WRAPPERS and re.match(r"\[\s*[{\]]", text[at : at + 1000]):
                return at
            at = _after_space(text, _DECODER.raw_decode(text, at)[1])
        except (ValueError, RecursionError):
            return None
    return None


def parse(data: bytes, line: int, index: int = 0) -> Item:
    """The record that bytes of JSON hold, or what is wrong with them."""
    try:
        fields = _object(data.rstrip().decode("utf-8"))
    except BadRecord as error:
        return Fault(line, data, error.found, error.fix)
    return Record(line, data, fields, index=index)


def parse_json(text: str) -> JSON:
    """A JSON value; NaN and infinities, which JSON does not have, become null.

    Raises:
        BadRecord: It is none.
    """
    try:
        value: JSON = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno} of the record, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        fix = "write each record as one complete JSON object"
        reason = error.msg.removesuffix(" at")
        raise BadRecord(f"not valid JSON: {reason} at {at}", fix) from error
    except RecursionError as error:
        raise BadRecord("JSON nested too deep", "a record needs three levels") from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise BadRecord(f"not readable as JSON: {error}", "write long numbers as text") from error
    if _SURROGATE_ESCAPE.search(text) and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise BadRecord("half of a surrogate pair (\\ud800 to \\udfff)", "write the whole character")
    return value


def _object(text: str) -> dict[str, JSON]:
    value = parse_json(text)
    if not isinstance(value, dict):
        kind = type_name(value)
        fix = 'write {"claim": "…"}, or use .txt for one claim a line'
        raise BadRecord(f"the record is {kind}, not an object", fix)
    return value


def type_name(value: object) -> str:
    """What JSON calls the type of a value, with its article; of a type it does not have, what Python does."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    name = type(value).__name__
    return names.get(type(value)) or f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _is_record(line: bytes) -> bool:
    try:
        fields = _DECODER.decode(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and not fields.keys().isdisjoint(("claim", "response", "hypothesis"))


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _from_lines(stream: Stream) -> Iterator[Item]:
    index = 0
    for line in lines(stream):
        if line.problem:
            yield line.fault()
        elif line.data.strip():
            yield parse(line.data, line.number, index)
        else:
            continue
        index += 1


def _from_array(stream: Stream, start: int) -> Iterator[Item]:
    for index, element in enumerate(_elements(stream, start)):
        data = element.data.strip()
        if element.size > MAX_RECORD:
            problem: BadRecord | None = too_long(element.size)
        elif not data:
            problem = BadRecord("nothing between two commas", "write an object there, or take one comma out")
        else:
            problem = text_problem(element.data, stream, element.offset)
        if problem:
            space = len(element.data) - len(element.data.lstrip())
            yield Fault(element.line, data, problem.found, problem.fix, element.size - space)
        else:
            yield parse(data, element.line, index)


@dataclass(frozen=True, slots=True)
class _Element:
    line: int  # where it starts, white space left out
    offset: int  # of `data` in the file
    data: bytes  # white space included; only the beginning where `size` is over the limit
    size: int


class _Cutter:
    """Cuts the inside of an array into its elements by counting brackets outside strings."""

    def __init__(self, offset: int, line: int) -> None:
        self.line = line  # the current one
        self.closed = False
        self._offset, self._first = offset, line  # of the element under way
        self._data, self._size = bytearray(), 0
        self.rest = b""
        self._depth, self._quoted, self._escaping = 0, False, False

    def feed(self, chunk: bytes) -> Iterator[_Element]:
        """The elements that end in `chunk`; with `closed`, what is left of it is `rest`."""
        begin, at = 0, int(self._escaping)
        self._escaping = False
        while not self.closed and (match := (_INSIDE if self._quoted else _OUTSIDE).search(chunk, at)):
            at = match.end()
            if match[0] == b"\\":
                self._escaping = at == len(chunk)  # what it escapes opens the next chunk
                at = at + 1 if chunk[at : at + 1] in (b'"', b"\\") else at
            elif self._ends_element(match[0]):
                self._add(chunk[begin : match.start()])
                if match[0] == b"," or self._data.strip():  # a comma may stand before the bracket
                    yield self.take()
                begin = at
        if self.closed:
            self.rest = chunk[at:]
        else:
            self._add(chunk[begin:])

    def _ends_element(self, token: bytes) -> bool:
        if token == b"\n":
            self.line += 1
        elif token == b'"':
            self._quoted = not self._quoted
        elif token in b"{[":
            self._depth += 1
        elif self._depth:
            self._depth -= token in b"}]"
        else:
            self.closed = token == b"]"
            return token != b"}"
        return False

    def _add(self, part: bytes) -> None:
        self._data += part[: max(0, MAX_RECORD + 1 - len(self._data))]
        self._size += len(part)

    def take(self) -> _Element:
        """The element that ends before the byte last read."""
        data = bytes(self._data)
        first = self._first + data[: len(data) - len(data.lstrip())].count(b"\n")
        element = _Element(first, self._offset, data, self._size)
        self._data.clear()
        self._offset, self._first, self._size = self._offset + self._size + 1, self.line, 0
        return element


def _elements(stream: Stream, start: int) -> Iterator[_Element]:
    """The elements of the array that opens at `start`, as bytes."""
    bare = not stream.head[:start].strip()  # no object around the array
    stream.body.read(start + 1)
    cutter = _Cutter(stream.skipped + start + 1, 1 + stream.head.count(b"\n", 0, start))
    while not cutter.closed and (chunk := stream.body.read(_CHUNK)):
        yield from cutter.feed(chunk)
    if not cutter.closed:
        if (last := cutter.take()).data.strip():
            yield last
        found = f"the array of records is not closed by line {cutter.line}"
        raise ClaimsError(stream.name, found, "the file is torn: copy it again")
    after = cutter.rest.strip() or stream.body.read(_CHUNK).strip()
    if bare and after:
        found = f"text follows the closing ] on line {cutter.line}"
        raise ClaimsError(stream.name, found, "keep one array, or write one record a line")
