"""Files as bytes, lines and text, plain or gzipped, never more of them in memory than the limits allow."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Self

from factcheck.corpus.files import Limits, SourceFile
from factcheck.errors import DocumentError

_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Stream:
    """A file of the corpus as a stream of bytes, decompressed where its name ends in .gz.

    A gzip stream that gives more than `limits.max_expansion` times the file's size (and more than
    `limits.max_file_bytes`) is a bomb, and ends with a `DocumentError` instead of filling memory or days.
    """

    def __init__(self, file: SourceFile, limits: Limits) -> None:
        self._file, self._given = file, 0
        gzipped = is_gzipped(file)
        self._most = max(limits.max_file_bytes, limits.max_expansion * file.size) if gzipped else None
        try:
            self._bytes: IO[bytes] | gzip.GzipFile = gzip.GzipFile(file.path) if gzipped else file.path.open("rb")
        except OSError as error:
            raise DocumentError(file.name, error.strerror or str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes.close()

    def read(self, size: int = _CHUNK) -> bytes:
        """Up to `size` bytes, none at the end."""
        return self._take(self._bytes.read, size)

    def readline(self, size: int) -> bytes:
        """Up to and with the next line feed, at most `size` bytes, none at the end."""
        return self._take(self._bytes.readline, size)

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DocumentError(self._file.name, f"a damaged gzip file: {error}") from error
        except OSError as error:
            raise DocumentError(self._file.name, error.strerror or str(error)) from error
        self._given += len(data)
        if self._most is not None and self._given > self._most:
            found = f"{self._file.size:,} bytes decompress to more than {self._most:,}"
            raise DocumentError(self._file.name, found, "decompress the file by hand if it is what it should be")
        return data


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file of records with its number from 1; `text` keeps the line feed, and is None if too long."""

    number: int
    text: bytes | None


def is_gzipped(file: SourceFile) -> bool:
    """Whether the file is stored gzipped."""
    return file.name.lower().endswith(".gz")


def lines(file: SourceFile, limits: Limits) -> Iterator[Line]:
    """Give the lines of a file, cut at line feeds only, without the byte order mark.

    A line over `limits.max_record_bytes` is read past without being kept.

    Raises:
        DocumentError: The file cannot be read on.
    """
    with Stream(file, limits) as stream:
        number = 0
        while piece := stream.readline(limits.max_record_bytes + 1):
            number += 1
            if number == 1 and piece.startswith(_UTF16_BOMS):
                raise DocumentError(file.name, "UTF-16 text", "save it as UTF-8")
            if len(piece) <= limits.max_record_bytes:
                yield Line(number, piece.removeprefix(_BOM) if number == 1 else piece)
                continue
            while piece and not piece.endswith(b"\n"):
                piece = stream.readline(_CHUNK)
            yield Line(number, None)


def content(file: SourceFile, limits: Limits) -> bytes:
    """All bytes of a file of one document, decompressed.

    Raises:
        DocumentError: It cannot be read, is over `limits.max_file_bytes`, or is not the file that was hashed.
    """
    # Hashing what was read, not the file again: the hash in the provenance must be of these very bytes.
    digest = hashlib.sha256()
    kept: list[bytes] = []
    size = 0
    with Stream(file, limits) as stream:
        while chunk := stream.read():
            digest.update(chunk)
            kept.append(chunk)
            size += len(chunk)
            if size > limits.max_file_bytes:
                found = f"more than {limits.max_file_bytes:,} bytes"
                raise DocumentError(file.name, found, "split the file or raise the limit")
    if not is_gzipped(file) and digest.hexdigest() != file.sha256:
        raise DocumentError(file.name, "the file changed while it was read", "run again")
    return b"".join(kept)


def decode(data: bytes, name: str) -> str:
    """UTF-8 text without the byte order mark, line ends as they are.

    Raises:
        DocumentError: The bytes are not UTF-8, or hold NUL bytes as only binary files do.
    """
    if data.startswith(_UTF16_BOMS):
        raise DocumentError(name, "UTF-16 text", "save it as UTF-8")
    body = data.removeprefix(_BOM)
    skipped = len(data) - len(body)
    if (nul := body.find(b"\0")) >= 0:
        raise DocumentError(name, f"a NUL byte at offset {nul + skipped}: a binary file", "give a text file")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{body[error.start]:02x} at offset {error.start + skipped} is not UTF-8"
        raise DocumentError(name, found, "save it as UTF-8") from error


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for half a surrogate pair, which JSON escapes can spell but no file can store."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
