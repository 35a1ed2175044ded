"""Whether a sentence is the one that a data set names as evidence: by its words, by its span, by its index."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Protocol

from factcheck.segment import sentence_spans
from factcheck.types import GoldSentence, Passage

_WORD: Final = re.compile(r"\w+")
# Surely one sentence: splitting it again would take longer than all else.
_ONE_SENTENCE: Final = re.compile(r"(?:[^\W_]|[ ,'’\"“”()%$€£/&-]|(?<=\d)\.(?=\d))*[.!?]?")
_SPACES: Final = {code: " " for code in range(128) if not _WORD.match(chr(code))}


class Place(Protocol):
    """A sentence where it stands in its document."""

    @property
    def sentence(self) -> int:
        """Its index."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def quote(self) -> str:
        """Its words."""


def document_key(doc_id: str) -> str:
    """The id of a document for comparison: FEVER's page names come composed and decomposed (NFC, NFD)."""
    return unicodedata.normalize("NFC", doc_id)


def document_spellings(doc_id: str) -> tuple[str, ...]:
    """The ids that a document with this one may have in a corpus: as it is, composed, and decomposed."""
    return tuple(dict.fromkeys((doc_id, document_key(doc_id), unicodedata.normalize("NFD", doc_id))))


def covers(passage: Passage, gold: GoldSentence) -> bool:
    """Whether a passage is of the document of a gold sentence and holds it, as `is_named` says."""
    return document_key(passage.source.doc_id) == document_key(gold.doc_id) and is_named(passage, gold)


def is_named(place: Place, gold: GoldSentence) -> bool:
    """Whether a sentence of the gold sentence's document holds the gold sentence.

    The most lasting name decides: the quote, which outlives an edit of the document; else the span, which outlives
    another splitting into sentences; else the index; with none, any sentence of the document will do. Quotes compare by
    their words, without case or punctuation. Two texts are the same sentence if one contains the other and has at least
    half of its words, since splitters differ at the edges. A gold quote of several sentences is held by each of them. A
    quote that is a mere phrase is held by a sentence that contains it, unless a span or an index beside it points
    elsewhere. Spans match that share at least half of the shorter one.
    """
    at_place = _at_place(place, gold)
    if gold.quote is None:
        return at_place is not False
    theirs, *parts = _parts(gold.quote)
    if not theirs:  # nothing but punctuation
        return at_place is True
    if place.quote == gold.quote:
        return True
    ours = _words(place.quote)
    if at_place is not False and theirs in ours:
        return True
    return _same(ours, theirs) or any(_same(ours, part) for part in parts)


def _at_place(place: Place, gold: GoldSentence) -> bool | None:
    """Whether the sentence stands where the gold one is said to stand; None where no place is named."""
    if gold.start is not None and gold.end is not None:
        if gold.start >= gold.end:
            return place.start <= gold.start < place.end
        shared = min(place.end, gold.end) - max(place.start, gold.start)
        return shared > 0 and 2 * shared >= min(place.end - place.start, gold.end - gold.start)
    return None if gold.sentence is None else place.sentence == gold.sentence


@lru_cache(maxsize=1 << 16)
def _words(text: str) -> str:
    """The words of a text, a space between them and one at either end; empty where there are none."""
    if text.isascii():  # nothing to normalise; in a fifth of the time
        words = text.lower().translate(_SPACES).split()
    else:
        words = _WORD.findall(unicodedata.normalize("NFKC", text.replace("\xad", "")).casefold())
    return f" {' '.join(words)} " if words else ""


@lru_cache(maxsize=1 << 14)
def _parts(text: str) -> tuple[str, ...]:
    """The words of a text, then those of each of its sentences that is not all of it."""
    spans = [] if _ONE_SENTENCE.fullmatch(text) else sentence_spans(text)
    return tuple(dict.fromkeys((_words(text), *(_words(text[start:end]) for start, end in spans))))


def _same(one: str, other: str) -> bool:
    """Whether one has the words of the other in a row, and not twice as many."""
    if len(one) > len(other):
        one, other = other, one
    return bool(one) and one in other and 2 * (one.count(" ") - 1) >= other.count(" ") - 1
