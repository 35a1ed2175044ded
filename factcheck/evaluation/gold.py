"""Whether a passage holds a gold sentence, however a data set names it: by index, by span, by its words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from factcheck.segment import sentence_spans
from factcheck.types import Gold, GoldSentence, Hit, Label, Passage

EvidenceSet: TypeAlias = tuple[GoldSentence, ...]

_WORD: Final = re.compile(r"\w+")
_DECISIVE: Final = frozenset({Label.SUPPORTED, Label.CONTRADICTED})


def document_key(doc_id: str) -> str:
    """The id of a document for comparison: FEVER's page names come composed and decomposed (NFC, NFD)."""
    return unicodedata.normalize("NFC", doc_id)


def covers(passage: Passage, gold: GoldSentence) -> bool:
    """Whether a passage holds a gold sentence.

    Both are of one document. Then the most lasting name decides: the quote, which outlives an edit of the document;
    else the span, which outlives another splitting into sentences; else the index; with none, any passage of the
    document will do. Quotes compare by their words, without case or punctuation. Two texts are the same sentence if one
    contains the other and has at least half of its words, since splitters differ at the edges. A gold quote of several
    sentences is covered by each of them. A quote that is a mere phrase is covered by a passage that contains it,
    unless a span or an index beside it points elsewhere. Spans match that share at least half of the shorter one.
    """
    if document_key(passage.source.doc_id) != document_key(gold.doc_id):
        return False
    at_place = _at_place(passage, gold)
    if gold.quote is None:
        return at_place is not False
    ours, theirs = _words(passage.quote), _words(gold.quote)
    if not theirs:  # nothing but punctuation
        return at_place is True
    if at_place is not False and _contains(ours, theirs):
        return True
    return any(_same(ours, part) for part in (theirs, *_sentences(gold.quote)))


def hit_covers(hit: Hit, gold: GoldSentence) -> bool:
    """Whether a hit shows a gold sentence at any of the places that print it."""
    return any(covers(passage, gold) for passage in (hit.passage, *hit.copies))


def holds(passages: Sequence[Passage], wanted: Iterable[GoldSentence]) -> bool:
    """Whether every sentence of an evidence set is among the passages."""
    return all(any(covers(passage, gold) for passage in passages) for gold in wanted)


def evidence_sets(gold: Gold) -> tuple[EvidenceSet, ...]:
    """The sets that bear out the gold label; none for NOT ENOUGH INFO.

    A set with a sentence whose own label is NOT ENOUGH INFO, or is opposed to the claim's, bears out nothing
    (CLIMATE-FEVER labels each sentence).
    """
    if gold.label is Label.NOT_ENOUGH_INFO:
        return ()
    allowed = {None, gold.label} if gold.label in _DECISIVE else {None, *_DECISIVE}
    return tuple(found for found in gold.evidence_sets if found and all(item.label in allowed for item in found))


def sides(gold: Gold) -> tuple[tuple[EvidenceSet, ...], ...]:
    """The sets that bear out the label, by what they say: a conflict needs one of each side, other labels one."""
    found: dict[Label | None, list[EvidenceSet]] = {}
    for one in evidence_sets(gold):
        says = next((item.label for item in one if item.label is not None), None)
        found.setdefault(says if gold.label is Label.CONFLICTING else None, []).append(one)
    return tuple(map(tuple, found.values()))


def evidence_documents(gold: Gold) -> tuple[str, ...]:
    """Keys of the documents that the evidence is in; of those the claim names where a decisive one has no evidence."""
    found = dict.fromkeys(document_key(item.doc_id) for one in evidence_sets(gold) for item in one)
    if not found and gold.label is not Label.NOT_ENOUGH_INFO:
        found = dict.fromkeys(map(document_key, gold.doc_ids))
    return tuple(found)


def _at_place(passage: Passage, gold: GoldSentence) -> bool | None:
    """Whether the passage stands where the gold sentence is said to stand; None where no place is named."""
    if gold.start is not None and gold.end is not None:
        if gold.start >= gold.end:
            return passage.start <= gold.start < passage.end
        shared = min(passage.end, gold.end) - max(passage.start, gold.start)
        return shared > 0 and 2 * shared >= min(passage.end - passage.start, gold.end - gold.start)
    return None if gold.sentence is None else passage.sentence == gold.sentence


@lru_cache(maxsize=1 << 16)
def _words(text: str) -> str:
    """The words of a text, a space between them and one at either end; empty where there are none."""
    plain = unicodedata.normalize("NFKC", text.replace("\xad", "")).casefold()
    words = _WORD.findall(plain)
    return f" {' '.join(words)} " if words else ""


@lru_cache(maxsize=1 << 14)
def _sentences(text: str) -> tuple[str, ...]:
    """The words of each sentence of a text."""
    return tuple(_words(text[start:end]) for start, end in sentence_spans(text))


def _contains(text: str, part: str) -> bool:
    return bool(part) and part in text


def _same(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return _contains(long, short) and 2 * (short.count(" ") - 1) >= long.count(" ") - 1
