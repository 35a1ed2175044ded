"""Merging sentences that say the same word for word, so that one story printed ten times is one piece of evidence."""

import re
import unicodedata
from collections.abc import Iterable

from factcheck.types import Hit

# Numbers (with their separators), words, and the signs that change what a number means; all other marks are dropped.
_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|[%$€£¥°+<>=±-](?=\d)|(?<=\d)[%°]")
_WORTHLESS = frozenset({"a", "an", "the", "that", "also"})


def copy_key(sentence: str) -> tuple[str, ...]:
    """Equal for two sentences exactly when they differ in nothing but case, punctuation, and articles.

    Every number, name, date and negation is a word of the key, so sentences that differ in one are never copies.
    "1,000" and "1000" are the same number; "1.5" and "15" are not.
    """
    folded = unicodedata.normalize("NFKC", sentence).casefold().replace("’", "'")
    tokens = _TOKEN.findall(folded)
    return tuple(re.sub(r"(?<=\d),(?=\d{3}\b)", "", token) for token in tokens if token not in _WORTHLESS)


def merge_copies(hits: Iterable[Hit]) -> list[Hit]:
    """The hits without those that copy an earlier one; each keeps the passages of its copies, in the order given."""
    kept: dict[tuple[str, ...], Hit] = {}
    for hit in hits:
        key = copy_key(hit.passage.quote) or (hit.passage.quote,)
        first = kept.get(key)
        if first is None:
            kept[key] = hit
        else:
            kept[key] = Hit(first.passage, first.score, (*first.copies, hit.passage, *hit.copies))
    return list(kept.values())
