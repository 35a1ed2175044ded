"""The sentences of a document, as spans of its text."""

from collections.abc import Iterator, Sequence
from itertools import count

from factcheck.segment import block_sentences
from factcheck.types import Block, Document, Sentence


def split(document: Document, *, language: str) -> tuple[Sentence, ...]:
    """The sentences of a document in text order, trimmed, none of them empty or across two blocks.

    `index` counts from 0, except in a document that came split: its sentences keep their own numbers, with gaps where
    it has empty ones. `language` is an ISO 639-1 code.
    """
    return tuple(_sentences(document, language))


def sentences_before(document: Document, sentences: Sequence[Sentence]) -> dict[int, str]:
    """The sentence before each, by its start: of the same block, or of the document where that came split."""
    came_split = any(block.sentence is not None for block in document.blocks)
    starts = iter(sorted(block.start for block in document.blocks))
    block_end = {block.start: block.end for block in document.blocks}
    found: dict[int, str] = {}
    previous: Sentence | None = None
    start = next(starts, None)
    limit = -1
    for sentence in sentences:
        new_block = False
        while start is not None and start <= sentence.start:
            new_block, limit = True, block_end[start]
            start = next(starts, None)
        same = previous is not None and (came_split or (not new_block and sentence.end <= limit))
        if same and previous is not None:
            found[sentence.start] = document.text[previous.start : previous.end]
        previous = sentence
    return found


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
