"""What a reader of one-document files makes of a file, before it gets its name and hash."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from factcheck.types import JSON, Block

_LONGEST_SHORT_CELL = 120  # code points
_SENTENCE_END = re.compile(r"[^\W\d_]{3,}[.!?][\"'\u2019\u201d)]*(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of one document and what it says of itself; `date` as it stands there.

    `problems` are pairs of what was found and what to do about it, where part of the document could not be read.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    date: str | None = None
    url: str | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, JSON]:
        """As plain JSON, for the way between two processes."""
        return {
            "text": self.text,
            "blocks": [[block.start, block.end, block.page] for block in self.blocks],
            "title": self.title,
            "date": self.date,
            "url": self.url,
            "metadata": dict(self.metadata),
            "problems": [list(problem) for problem in self.problems],
        }

    @classmethod
    def from_json(cls, value: JSON) -> Self:
        """Read `to_json` back, trusting nothing: the process that wrote it may have been taken over by a document.

        Raises:
            ValueError: The value has not the form that `to_json` gives, or a block lies outside the text.
        """
        match value:
            case {
                "text": str(text),
                "blocks": list(blocks),
                "title": str(title),
                "date": str() | None as date,
                "url": str() | None as url,
                "metadata": dict(metadata),
                "problems": list(problems),
            }:
                pairs = tuple(_pair(problem) for problem in problems)
                return cls(text, _blocks(blocks, len(text)), title, date, url, metadata, pairs)
            case _:
                raise ValueError("not an extracted document")


def _blocks(values: list[JSON], length: int) -> tuple[Block, ...]:
    blocks = []
    last = 0
    for value in values:
        match value:
            case [int(start), int(end), int() | None as page] if last <= start <= end <= length:
                blocks.append(Block(start, end, page))
                last = end
            case _:
                raise ValueError("a block that is not a span of the text")
    return tuple(blocks)


def _pair(value: JSON) -> tuple[str, str]:
    match value:
        case [str(found), str(fix)]:
            return found, fix
        case _:
            raise ValueError("a problem that is not a pair of texts")


class Builder:
    """Puts a text together from blocks, for kinds whose text is not the file itself."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def add(self, text: str, *, page: int | None = None) -> None:
        """Append a block, on one line and after a blank one; nothing where there is no letter or digit in it."""
        text = " ".join(text.split())
        if not any(map(str.isalnum, text)):
            return
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        self._parts.append(text)
        self._blocks.append(Block(self._length, self._length + len(text), page))
        self._length += len(text)

    def add_row(self, cells: Iterable[str]) -> None:
        """Append a row of a table: as one block if its cells are short, so that a figure keeps what it is of."""
        cells = [" ".join(cell.split()) for cell in cells]
        if is_prose_row(cells):
            for cell in cells:
                self.add(cell)
        else:
            self.add(" | ".join(filter(None, cells)))

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks so far, as spans of `text`."""
        return tuple(self._blocks)


def is_prose_row(cells: Iterable[str]) -> bool:
    """Whether a cell of a table row holds sentences, so that each cell should stand alone."""
    return any(len(cell) > _LONGEST_SHORT_CELL or _SENTENCE_END.search(cell) for cell in cells)
