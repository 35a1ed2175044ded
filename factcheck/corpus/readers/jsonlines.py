"""JSON Lines files, and JSON files that hold an array of records or records one after the other."""

import codecs
import json
from collections.abc import Callable, Iterator

from factcheck.corpus.files import Limits, Problem, SourceFile
from factcheck.corpus.readers import streams
from factcheck.errors import DocumentError
from factcheck.types import JSON

_CHUNK = 1 << 16
_BLANK = " \t\r\n"


def read_lines(file: SourceFile, limits: Limits, on_problem: Callable[[Problem], None]) -> Iterator[tuple[int, JSON]]:
    """Line number and record of each line; a line that is not JSON is told to `on_problem` and passed over.

    Raises:
        DocumentError: The file cannot be read on.
    """
    for line in streams.lines(file, limits):
        where = f"{file.name}:{line.number}"
        if line.text is None:
            on_problem(Problem(where, f"a line of more than {limits.max_record_bytes:,} bytes", "split the record"))
        elif line.text.strip():
            try:
                yield line.number, parse(line.text, where)
            except DocumentError as error:
                on_problem(Problem.of(error))


def parse(data: bytes, where: str) -> JSON:
    """The JSON value that the bytes spell.

    Raises:
        DocumentError: They are not UTF-8 or not JSON.
    """
    try:
        value: JSON = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start} of the line is not UTF-8"
        raise DocumentError(where, found, "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise DocumentError(where, f"not JSON: {error.msg.removesuffix(' at')} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits; brackets nested by the thousand
        raise DocumentError(where, f"not usable JSON: {error}") from error
    return value


def read_array(file: SourceFile, limits: Limits, on_problem: Callable[[Problem], None]) -> Iterator[tuple[int, JSON]]:
    """Number, from 1, and record of each element, without holding more than one in memory.

    JSON Lines under the name .json are read too. After an element that is not JSON there is no telling where the next
    one begins: it is told to `on_problem`, and the rest of the file is left.

    Raises:
        DocumentError: The file cannot be read, or is not UTF-8.
    """
    with streams.Stream(file, limits) as stream:
        text = _Text(stream, file.name)
        if text.peek() == "\ufeff":
            text.take(1)
        in_array = text.peek() == "["
        if in_array:
            text.take(1)
        number = 0
        while (first := text.peek()) and not (in_array and first == "]"):
            if number and in_array:
                if first != ",":
                    on_problem(Problem(f"{file.name}:{number + 1}", _LOST.format(f"{first!r} where , or ] should be")))
                    return
                text.take(1)
            number += 1
            try:
                yield number, text.value(limits.max_record_bytes, f"{file.name}:{number}")
            except DocumentError as error:
                on_problem(Problem.of(error))
                return
        if in_array and not first:
            on_problem(
                Problem(file.name, "the array has no end: the file was cut off", "the records up to there count")
            )


_LOST = "{}; the rest of the file was not read"


class _Text:
    """Decoded text of a stream, as much of it as is being looked at."""

    def __init__(self, stream: streams.Stream, name: str) -> None:
        self._stream, self._name = stream, name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._buffer, self._at, self._ended = "", 0, False

    def peek(self) -> str:
        """The next character that is not white space, empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _BLANK:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def take(self, count: int) -> None:
        """Step over characters."""
        self._at += count

    def value(self, most: int, where: str) -> JSON:
        """Parse the JSON value that comes next, of at most `most` characters.

        Raises:
            DocumentError: There is none, or it is too long.
        """
        self.peek()
        decoder = json.JSONDecoder()
        while True:
            try:
                value: JSON
                value, end = decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                found = f"not JSON: {error.msg.removesuffix(' at')}"
            except (ValueError, RecursionError) as error:
                raise DocumentError(where, _LOST.format(f"not usable JSON: {error}")) from error
            else:
                if end < len(self._buffer) or not self._more(_CHUNK):  # a number may go on in the next chunk
                    if end - self._at > most:
                        raise DocumentError(where, _LOST.format(f"a record of more than {most:,} characters"))
                    self._at = end
                    return value
                continue
            held = len(self._buffer) - self._at
            if held > most:
                found = f"{found}, or a record of more than {most:,} characters"
                raise DocumentError(where, _LOST.format(found))
            if not self._more(max(_CHUNK, held)):  # doubling, so that the work stays linear
                raise DocumentError(where, _LOST.format(found))

    def _more(self, size: int) -> bool:
        """Read on, dropping what has been stepped over; false at the end."""
        if self._ended:
            return False
        data = self._stream.read(size)
        self._ended = not data
        try:
            text = self._decoder.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise DocumentError(self._name, f"not UTF-8: {error.reason}", "save it as UTF-8") from error
        self._buffer, self._at = self._buffer[self._at :] + text, 0
        return not self._ended
