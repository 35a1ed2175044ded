"""The sentences of a document, as spans of its text."""

from collections.abc import Iterator
from itertools import count

from factcheck.segment import block_sentences
from factcheck.types import Block, Document, Sentence


def split(document: Document, *, language: str) -> tuple[Sentence, ...]:
    """The sentences of a document in text order, trimmed, none of them empty or across two blocks.

    `index` counts from 0, except in a document that came split: its sentences keep their own numbers, with gaps where
    it has empty ones. `language` is an ISO 639-1 code.
    """
    return tuple(_sentences(document, language))


def _sentences(document: Document, language: str) -> Iterator[Sentence]:
    numbers = count()
    for block in document.blocks:
        if block.sentence is not None:
            start, end = _trim(document.text, block)
            if start < end:
                yield Sentence(block.sentence, start, end, block.page)
            continue
        for start, end in block_sentences(document.text, block.start, block.end, language):
            yield Sentence(next(numbers), start, end, block.page)


def _trim(text: str, block: Block) -> tuple[int, int]:
    piece = text[block.start : block.end]
    return block.start + len(piece) - len(piece.lstrip()), block.end - len(piece) + len(piece.rstrip())
