"""Plain text as claims: one a line, or one a sentence."""

import codecs
from collections.abc import Iterator

from factcheck.errors import ClaimsError
from factcheck.formats.raw import Item, Record
from factcheck.formats.streams import Readable, Stream, check_encoding, lines, opened
from factcheck.segment import sentence_spans
from factcheck.types import Claim


def split_text(text: str, *, language: str = "en", id: str) -> tuple[Claim, ...]:  # noqa: A002 - the word for it
    """The sentences of a text as claims, with the ids `id#1`, `id#2` and so on.

    `text[claim.start:claim.end]` is the claim, in code points. Headings and list items are claims too, without their
    markers; what has no letter or digit is left out.
    """
    spans = enumerate(sentence_spans(text, language=language), start=1)
    return tuple(Claim(f"{id}#{at}", text[start:end], start=start, end=end) for at, (start, end) in spans)


def read_text(source: Readable, *, encoding: str = "utf-8") -> str:
    """The whole text of a file or of standard input ("-"), without a byte-order mark, its line ends as they are.

    Raises:
        ClaimsError: There is no such file, or it is not in that encoding; the message names the byte.
    """
    with opened(source) as stream:
        data = stream.body.read().removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(check_encoding(encoding))
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start} is not {encoding}"
        raise ClaimsError(stream.name, found, "save it as UTF-8, or name its encoding with --encoding") from error


def text_records(stream: Stream) -> Iterator[Item]:
    """The lines of a text file as records of one field each; blank lines are passed over, `#` is no comment sign."""
    columns = {"claim": "claim"}
    index = 0
    for line in lines(stream):
        if line.problem:
            yield line.fault()
        elif text := line.data.decode("utf-8").strip():
            yield Record(line.number, line.data, {"claim": text}, columns, index)
        else:
            continue
        index += 1
