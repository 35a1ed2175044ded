"""Bytes of a claims file: opened, unpacked, brought to UTF-8, and cut into physical lines.

Lines end in a line feed and nothing else: U+2028, form feeds and lone carriage returns stay inside their line.
"""

import codecs
import difflib
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from factcheck.errors import ClaimsError
from factcheck.formats.raw import MAX_RECORD, BadRecord, Fault

Readable: TypeAlias = "str | os.PathLike[str] | BinaryIO"

HEAD: Final = 1 << 16  # bytes that a format is told from
_CHUNK: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"
_BOMS: Final = (  # longest first: the mark of UTF-16 opens that of UTF-32
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Stream:
    """An opened file: `head` is its beginning, `body` all of it, the head included."""

    name: str
    body: BinaryIO
    head: bytes
    encoding: str = "utf-8"  # of the file; `body` is UTF-8 once `to_utf8` has run
    skipped: int = 0  # bytes of a byte order mark in front of `body`


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line, its end included; `problem` says why its bytes cannot be read as text."""

    number: int  # from 1
    data: bytes
    problem: BadRecord | None = None
    size: int = 0

    def fault(self) -> Fault:
        """The line as a record that cannot be taken apart; only for a line with a problem."""
        found, fix = (self.problem.found, self.problem.fix) if self.problem else ("", "")
        return Fault(self.number, self.data, found, fix, self.size)


class _Raw(io.RawIOBase):
    """Bytes given first, then those of another stream; what goes wrong there becomes a `ClaimsError`.

    An error waits until all bytes before it have been read.
    """

    def __init__(
        self, name: str, first: bytes, rest: "BinaryIO | _Raw | None", error: ClaimsError | None = None
    ) -> None:
        super().__init__()
        self._name, self._first, self._rest, self._error = name, first, rest, error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed wants any buffer
        if not self._first:
            self._first = self._more(len(buffer))
        taken, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _more(self, size: int) -> bytes:
        if self._error:
            raise self._error
        if self._rest is None:
            return b""
        try:
            # read1 gives what is there; read would drop good bytes that stand before an error
            data = getattr(self._rest, "read1", self._rest.read)(size) or b""
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ClaimsError(self._name, f"the gzip data is torn: {error}", "copy or compress it again") from error
        except OSError as error:
            raise ClaimsError(self._name, f"cannot be read: {error.strerror or error}") from error
        if isinstance(data, str):
            raise ClaimsError(self._name, "was opened as text", "open it in binary mode")
        return bytes(data)


class _Transcoded(io.RawIOBase):
    """A text stream of any encoding as UTF-8; bytes that the encoding does not know come through as they are.

    They are no UTF-8 either, so that the line they stand in is refused and no other.
    """

    def __init__(self, name: str, source: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._name, self._source, self._encoding = name, source, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed wants any buffer
        while not self._ready and not self._ended:
            chunk = self._source.read(_CHUNK)
            self._ended = not chunk
            try:
                text = self._decoder.decode(chunk, final=self._ended)
                self._ready = text.encode("utf-8", "surrogateescape")
            except UnicodeError as error:
                raise ClaimsError(self._name, f"is not {self._encoding}: {error}", _ENCODING_FIX) from error
        taken, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


_ENCODING_FIX: Final = "save it as UTF-8, or name its encoding, for example --encoding cp1252"


def check_encoding(encoding: str) -> str:
    """The normal name of an encoding.

    Raises:
        ClaimsError: Python does not know it, or it does not encode text.
    """
    try:
        "\n".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, UnicodeError) as error:
        close = difflib.get_close_matches(encoding.lower(), ["utf-8", "utf-16", "cp1252", "latin-1", "shift_jis"], n=1)
        hint = f"did you mean {close[0]}?" if close else "known are utf-8, utf-16, cp1252, latin-1, shift_jis and more"
        raise ClaimsError("encoding", f"unknown: {encoding!r}", hint) from error
    return "utf-8" if name == "utf-8-sig" else name


@contextmanager
def opened(source: Readable) -> Iterator[Stream]:
    """A file, standard input ("-") or a binary stream, unpacked where it is gzip.

    Closes what it opened, and only that.

    Raises:
        ClaimsError: There is no such file, or it cannot be read.
    """
    with ExitStack() as stack:
        name, binary = _open(source, stack)
        magic = peek(name, binary, len(_GZIP))
        if magic.head == _GZIP:
            packed = stack.enter_context(gzip.GzipFile(fileobj=magic.body, mode="rb"))
            yield peek(name, packed, HEAD)  # type: ignore[arg-type] # a GzipFile reads like one
        else:
            yield peek(name, magic.body, HEAD)


def check_source(source: Readable) -> None:
    """Refuse early a file that is not there; standard input and streams are taken on trust.

    Nothing is read, and a pipe is not even opened: what it has given is gone, and its writer ends with its reader.

    Raises:
        ClaimsError: There is no such file, or it cannot be read.
    """
    if isinstance(source, str | os.PathLike) and source != "-":
        with ExitStack() as stack:
            if not _is_special(source):
                _open(source, stack)


def _is_special(path: str | os.PathLike[str]) -> bool:
    """Whether there is something that is neither file nor folder, such as a named pipe or `<(command)`."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def name_of(source: Readable) -> str:
    """How messages name a source."""
    if isinstance(source, str | os.PathLike):
        return "standard input" if source == "-" else os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "input"


def peek(name: str, source: BinaryIO, size: int) -> Stream:
    """A stream and its first bytes, none of them lost."""
    plain = _Raw(name, b"", source)
    head, error = bytearray(), None
    try:
        while len(head) < size and (more := plain.read(size - len(head))):
            head += more
    except ClaimsError as torn:
        error = torn
    body = io.BufferedReader(_Raw(name, bytes(head), None if error else plain, error), _CHUNK)
    return Stream(name, body, bytes(head))


def to_utf8(stream: Stream, encoding: str) -> Stream:
    """The stream as UTF-8 without a byte order mark.

    Raises:
        ClaimsError: It is UTF-16 or UTF-32 and `encoding` does not say so.
    """
    encoding = check_encoding(encoding)
    if encoding != "utf-8":
        stream = peek(stream.name, io.BufferedReader(_Transcoded(stream.name, stream.body, encoding), _CHUNK), HEAD)
    for mark, found in _BOMS:
        if stream.head.startswith(mark):
            fix = f"save it as UTF-8, or pass --encoding {found.lower()}"
            raise ClaimsError(stream.name, f"is {found}, by its byte order mark", fix)
    skipped = len(codecs.BOM_UTF8) if stream.head.startswith(codecs.BOM_UTF8) else 0
    stream.body.read(skipped)
    return replace(stream, head=stream.head[skipped:], encoding=encoding, skipped=skipped)


def lines(stream: Stream) -> Iterator[Line]:
    """The physical lines of a UTF-8 stream; of one longer than `MAX_RECORD` bytes only the beginning is kept."""
    number, offset = 1, stream.skipped
    while data := stream.body.readline(MAX_RECORD + 1):
        size, tail = len(data), data
        while not tail.endswith(b"\n") and size > MAX_RECORD and (tail := stream.body.readline(_CHUNK)):
            size += len(tail)
        problem = too_long(size) if size > len(data) or size > MAX_RECORD + 1 else text_problem(data, stream, offset)
        yield Line(number, data, problem, size)
        number, offset = number + 1, offset + size


def too_long(size: int) -> BadRecord:
    """What to say of a record of `size` bytes."""
    fix = f"at most {MAX_RECORD:,} are read; give it fewer or shorter texts"
    return BadRecord(f"the record has {size:,} bytes", fix)


def text_problem(data: bytes, stream: Stream, offset: int) -> BadRecord | None:
    """Why bytes are no text, or None where they are; `offset` is that of their first byte in the file."""
    if b"\0" in data:
        found = f"NUL byte (byte {data.index(0) + 1:,} of the record)"
        return BadRecord(found, "the file is torn or not UTF-8; " + _ENCODING_FIX)
    if data.isascii():
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # offsets in the UTF-8 that a foreign encoding became are no offsets in the file
        at = f" at offset {offset + error.start:,}" if stream.encoding == "utf-8" else ""
        found = f"byte 0x{data[error.start]:02x}{at} (byte {error.start + 1:,} of the record) is not {stream.encoding}"
        return BadRecord(found, _ENCODING_FIX)
    return None


def _open(source: Readable, stack: ExitStack) -> tuple[str, BinaryIO]:
    name = name_of(source)
    if source == "-":
        return name, sys.stdin.buffer
    if not isinstance(source, str | os.PathLike):
        return name, source
    path = Path(source)
    if path.is_dir():
        raise ClaimsError(name, "is a folder", "name one claims file" + _files_in(path))
    try:
        return name, stack.enter_context(path.open("rb"))
    except FileNotFoundError as error:
        raise ClaimsError(name, "no such file", _close_to(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ClaimsError(name, f"cannot be opened: {getattr(error, 'strerror', None) or error}") from error


def _files_in(folder: Path) -> str:
    names = _names(folder)
    return f"; it holds {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else ""


def _close_to(path: Path) -> str:
    close = difflib.get_close_matches(path.name, _names(path.parent), n=1)
    return f"did you mean {path.with_name(close[0])}?" if close else "check the path"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
    except OSError:
        return []
