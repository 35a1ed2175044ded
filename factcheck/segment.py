"""Sentence spans of plain and Markdown text, shared by the claims readers and the corpus; words that carry meaning.

`sentencex` finds the boundaries (39 MB/s, offsets in code points, some 300 languages). What is added are the blocks
that no sentence crosses, and repairs of faults seen in its output: white space kept at the ends, a heading glued to
the text below it, and the few patterns that `_repair` lists.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

_CONTENT = re.compile(r"\w{4,}|\d\w*")  # words of one to three letters say little in any language
_STEM = 6

_BULLET = re.compile(r"[-*+\u2022\u2023\u25e6\u2043\u25aa\u25cf][ \t]+")
# These also open lines of wrapped prose ("45 out of\n50. She left"): they count only where no sentence is under way.
_WEAK_BULLET = re.compile(r"(?:\(?\d{1,3}[.)]|\(?[a-zA-Z]\)|[\u2013\u2014])[ \t]+")
_HASHES = re.compile(r"#{1,6}[ \t]+")
_RULE = re.compile(r"=+|-+|_{3,}|\*(?:[ \t]*\*){2,}|```.*")
_BLOCK_ENDS = "\x0c\u2029"  # page break, paragraph separator

_LONGEST_HEADING = 100  # code points
_OPEN_ENDING = re.compile(
    r"(?:an?|and|are|as|at|but|by|for|from|ha[ds]|have|in|into|is|its|of|on|or|that|the|to|was|were|which|with)",
    re.IGNORECASE,
)

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f](?=\s*\.)")  # "A\u3000.": sentencex counts its bytes wrongly, and panics
_ENUMERATOR = re.compile(r"\(?\d{1,3}(?:\.\d{1,3}){0,4}[.)]\s*")
_LOWER_WORD = re.compile(r"[a-z]+\b")
_OPENS_SENTENCE = r"(?=[\"'\u2018\u201c(\[]?[A-Z\u00c0-\u00de])"
_PARENTHESISED = re.compile(r"\(([^()]{1,500}[.!?])\)\s+" + _OPENS_SENTENCE)
_FOOTNOTE = re.compile(r"(?<=[a-z]{4})[.!?][\"'\u2019\u201d)]?\d{1,3}\s+" + _OPENS_SENTENCE)
_BEFORE_NUMBER = re.compile(r"\b(?:approx|chaps?|ch|eqs?|paras?|pt|refs?|vols?)\.\s*$", re.IGNORECASE)
_BEFORE_NAME = re.compile(r"\b(?:adm|atty|brig|cmdr|ft|insp|mts?|supt)\.\s*$", re.IGNORECASE)
_IN_INITIALS = re.compile(r"\b[A-Z]\.\Z")  # with nothing between it and the next initial
_INITIAL = re.compile(r"[A-Z]\.")
_TAIL = 24  # code points before a boundary that tell whether it is one


@lru_cache(maxsize=4096)  # a passage is met by many claims
def content_words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning: of four letters or more, cut to six, and whatever begins with a digit."""
    return frozenset(word[:_STEM] for word in _CONTENT.findall(text.casefold()))


def sentence_spans(text: str, *, language: str = "en") -> list[tuple[int, int]]:
    """Trimmed spans of the sentences of a text, in order and without overlap.

    No sentence crosses a blank line, a list marker or a heading; the markers stand in no span. Offsets are half-open
    and count code points. Every span holds a letter or digit. A language that `sentencex` does not know is cut by its
    English rules.
    """
    return [span for start, end in block_spans(text) for span in block_sentences(text, start, end, language)]


def block_sentences(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    """Trimmed spans, in `text`, of the sentences of the block `text[start:end]`, in order and without overlap."""
    from sentencex import get_sentence_boundaries  # noqa: PLC0415 - importing factcheck stays fast

    block = _SURROGATE.sub("\ufffd", text[start:end])  # half a surrogate pair cannot be handed over as UTF-8
    shown = _WIDE_SPACE.sub(" ", block)
    starts = [piece["start_index"] for piece in get_sentence_boundaries(language.lower(), shown)]
    trimmed = (_trim(block, *span) for span in pairwise([*_repair(block, starts), len(block)]))
    return [(start + first, start + last) for first, last in trimmed if _says_something(block[first:last])]


def block_spans(text: str) -> list[tuple[int, int]]:
    """Trimmed spans of the blocks that no sentence crosses: paragraphs, headings, list items; markers left out."""
    blocks = [_trim(text, *block) for lines in _paragraphs(text) for block in _blocks(text, lines)]
    return [(start, end) for start, end in blocks if _says_something(text[start:end])]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines, their ends included."""
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _paragraphs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Runs of lines between blank lines, rules, underlines, fences and page breaks."""
    run: list[tuple[int, int]] = []
    for start, end in _lines(text):
        bare = text[start:end].strip()
        if bare and not _RULE.fullmatch(bare):
            run.append((start, end))
        if run and (not bare or _RULE.fullmatch(bare) or text[end - 1] in _BLOCK_ENDS):
            yield run
            run = []
    if run:
        yield run


def _blocks(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Blocks of one paragraph: cut before list markers and around headings."""
    width = max(len(text[start:end].rstrip()) for start, end in lines)
    begin: int | None = None  # where the block under way begins
    alone = True  # it has one line so far
    ended = True  # the line before seems to end a sentence
    in_list = False
    for index, (start, end) in enumerate(lines):
        content = _trim(text, start, end)[0]
        marker = _BULLET.match(text, content, end)
        if not marker and (in_list or begin is None or ended):
            marker = _WEAK_BULLET.match(text, content, end)
        hashes = _HASHES.match(text, content, end)
        opening = marker or hashes
        if opening and begin is not None:
            yield begin, start
            begin = None
        in_list = in_list or bool(marker)
        alone = begin is None
        if begin is None:
            begin = opening.end() if opening else content
        below = text[slice(*lines[index + 1])] if index + 1 < len(lines) else ""
        ended = text[start:end].rstrip()[-1] in ".:;!?"
        if hashes or (alone and _is_heading(text[begin:end], below, width - (begin - start))):
            yield begin, end
            begin = None
    if begin is not None:
        yield begin, lines[-1][1]


def _is_heading(line: str, below: str, width: int) -> bool:
    """Whether a line that opens a block stands for itself, as a heading or an unpunctuated statement.

    A line that has room for the first word of the next one was not wrapped there: its author ended it.
    """
    line, words = line.rstrip(), below.split(maxsplit=1)
    if not words or not line or len(line) > _LONGEST_HEADING or len(line) + 1 + len(words[0]) > width:
        return False
    first, last = line[0], line.split()[-1]
    opens = words[0].lstrip("\"'\u2018\u201c([*_")[:1]
    return (
        (line[-1].isalnum() or line[-1] in ")]*_%")
        and not _OPEN_ENDING.fullmatch(last)
        and not first.islower()
        and not (line.isupper() and below.isupper())  # capitals throughout tell nothing
        and (opens.isupper() or opens.isdigit())
    )


def _repair(block: str, starts: list[int]) -> list[int]:
    """Starts of the sentences: some of those given left out, some added."""
    kept: list[int] = []
    for start, end in pairwise([*starts, len(block)]):
        if not kept or not _goes_on(block[max(kept[-1], start - _TAIL) : start], block[start:end]):
            kept.append(start)
    closed = (match for start in kept if (match := _PARENTHESISED.match(block, start)))
    added = {match.end() for match in closed if " " in match[1]}  # "(a.k.a.) Bob" goes on
    added |= {match.end() for match in _FOOTNOTE.finditer(block)}
    return sorted({*kept, *added})


def _goes_on(before: str, after: str) -> bool:
    """Whether the text before a boundary is no sentence's end.

    "Vol. | 2", "Atty. | Gen. Lee", "1. | First item", "China-U.|S. ties",
    "Who Wants to Be a Millionaire? | is a show".
    """
    if before.rstrip()[-1:] in ("!", "?"):
        return bool(_LOWER_WORD.match(after))
    first = after[:1]
    return bool(
        _ENUMERATOR.fullmatch(before)
        or (first.isdigit() and _BEFORE_NUMBER.search(before))
        or (first.isupper() and _BEFORE_NAME.search(before))
        or (_IN_INITIALS.search(before) and _INITIAL.match(after))
    )


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())


def _says_something(text: str) -> bool:
    """Whether there is a letter or digit."""
    return any(map(str.isalnum, text))
