"""Splits a text that is too long for the model into overlapping spans that fit."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from factcheck.errors import ScoreError

_OVERLAP = 4  # a window shares one token in this many with the next


def split_windows(text: str, starts: Sequence[int], room: int, count: Callable[[str], int]) -> list[tuple[int, int]]:
    """Split `text` into trimmed spans of at most `room` tokens, in order, overlapping by about a quarter.

    Cuts at white space unless that would halve a window; then between tokens. Every character that is not white space
    is in some span. A span is counted again on its own, since a tokenizer may see a part otherwise than the whole.

    Args:
        text: The text.
        starts: Where each of its tokens starts, ascending.
        room: The most tokens a span may have.
        count: Counts the tokens of a text.

    Raises:
        ScoreError: One character alone has more than `room` tokens.
    """
    text = text.rstrip()
    starts = starts[: bisect_left(starts, len(text))]
    spans = []
    begin = _skip_space(text, 0)
    while begin < len(text):
        end = _window_end(text, starts, begin, room, count)
        spans.append((begin, begin + len(text[begin:end].rstrip())))
        if end == len(text):
            break
        begin = _skip_space(text, _next_begin(text, starts, begin, end))
    return spans


def _window_end(text: str, starts: Sequence[int], begin: int, room: int, count: Callable[[str], int]) -> int:
    first = bisect_left(starts, begin)
    take = room
    while take > 0:
        rest = first + take >= len(starts)
        end = len(text) if rest else _word_end(text, begin, starts[first + take])
        excess = count(text[begin:end].rstrip()) - room
        if end > begin and excess <= 0:
            return end
        take -= max(1, excess)
    raise ScoreError(
        f"character {text[begin]!r}", f"more than {room} tokens, all there is room for", "shorten the claim"
    )


def _word_end(text: str, begin: int, end: int) -> int:
    """The last end of a word in the second half of the span; its end if there is none."""
    for cut in range(end, (begin + end) // 2, -1):
        if not text[cut - 1].isspace() and text[cut].isspace():
            return cut
    return end


def _next_begin(text: str, starts: Sequence[int], begin: int, end: int) -> int:
    """Where the next window begins: at the word a quarter of the tokens before this window's end."""
    first, last = bisect_left(starts, begin), bisect_left(starts, end)
    back = last - (last - first) // _OVERLAP
    target = min(max(starts[back] if back < len(starts) else end, begin + 1), end)
    for cut in range(target, (begin + target) // 2, -1):
        if cut < len(text) and text[cut - 1].isspace() and not text[cut].isspace():
            return cut
    return target


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
