"""Cuts pairs into batches, so that a pair's scores cannot depend on what is scored beside it.

Floating-point sums depend on the shapes that are multiplied, so a shape may follow only from the pair itself. There are
two ways. In *fixed shapes*, a pair's padded length follows from its own token count, and each length has one number of
rows; a batch that is not full is filled with dummy rows. *End to end*, pairs lie in one row of tokens without padding:
what is computed token by token sees rows alone, and attention is computed at each pair's exact length.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

SHAPES_VERSION = 1  # part of the numeric class: another table gives other bits


@dataclass(frozen=True)
class ShapeTable:
    """The padded lengths that are computed, ascending, and how many rows each has.

    A row always ends in at least one padding token: transformers drops the attention mask of a batch that has none,
    and then another kernel runs, with other bits. So a table up to `limit` holds pairs of up to `limit - 1` tokens.
    """

    lengths: tuple[int, ...]
    rows: tuple[int, ...]

    @property
    def max_tokens(self) -> int:
        """The most tokens a pair may have."""
        return self.lengths[-1] - 1

    @cached_property
    def _rows_of(self) -> dict[int, int]:
        return dict(zip(self.lengths, self.rows, strict=True))

    def length_for(self, tokens: int) -> int:
        """The padded length of a pair of `tokens` tokens: the next length above."""
        return self.lengths[bisect_right(self.lengths, tokens)]

    def rows_for(self, length: int) -> int:
        """How many rows a batch of this padded length has."""
        return self._rows_of[length]


def shape_table(limit: int, *, batch_tokens: int, row_step: int) -> ShapeTable:
    """Make the table of a model whose longest input is `limit` tokens.

    Lengths go up by a quarter of the power of two below them, at least by 8: 16, 24, ... 64, 80, ... 128, 160, ...; so
    at most a fifth of a long row is padding. Rows are the largest multiple of `row_step` that keeps a batch within
    `batch_tokens`, or 1 if there is none: a single row has no neighbours at all.
    """
    lengths = [min(16, limit)]
    while lengths[-1] < limit:
        step = max(8, 1 << (lengths[-1].bit_length() - 3))
        lengths.append(min(lengths[-1] + step, limit))
    rows = [max(1, batch_tokens // length // row_step * row_step) for length in lengths]
    return ShapeTable(tuple(lengths), tuple(rows))


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs that are computed together, by their index in the plan's input, and the grid of tokens they are laid in.

    In fixed shapes a pair has a row of its own; end to end, there is one row.
    """

    length: int
    rows: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Batches that cover every pair once, longest first, so that memory peaks at once and not at the end."""

    batches: tuple[Batch, ...]
    real_tokens: int

    @property
    def computed_tokens(self) -> int:
        """Tokens the model computes, with padding and dummy rows."""
        return sum(batch.length * batch.rows for batch in self.batches)

    @property
    def efficiency(self) -> float:
        """Real tokens / computed tokens; 1.0 for an empty plan."""
        return self.real_tokens / self.computed_tokens if self.batches else 1.0


def plan_shapes(token_counts: Sequence[int], table: ShapeTable) -> Plan:
    """Plan batches of fixed shapes for pairs with these token counts; each must be at most `table.max_tokens`."""
    by_length: dict[int, list[int]] = {}
    for index in sorted(range(len(token_counts)), key=lambda i: -token_counts[i]):
        by_length.setdefault(table.length_for(token_counts[index]), []).append(index)
    batches: list[Batch] = []
    for length, members in by_length.items():  # in order of first appearance, which is longest first
        rows = table.rows_for(length)
        cuts = range(0, len(members), rows)
        batches += [Batch(length, rows, tuple(members[start : start + rows])) for start in cuts]
    return Plan(tuple(batches), sum(token_counts))


def plan_end_to_end(token_counts: Sequence[int], *, batch_tokens: int, step: int) -> Plan:
    """Plan batches of at most `batch_tokens` tokens end to end; each pair must have at least one, and fit alone.

    The longest pair left goes first, then the longest that still fits, until none does: pairs of one length come to
    lie side by side, and short ones fill what is left. A batch's length is rounded up to a multiple of `step`.
    """
    by_length: dict[int, list[int]] = {}
    for index in reversed(range(len(token_counts))):
        by_length.setdefault(token_counts[index], []).append(index)  # popped from the end: in the order of the input
    lengths = sorted(by_length)
    batches: list[Batch] = []
    while lengths:
        members: list[int] = []
        room = batch_tokens
        while at := bisect_right(lengths, room):
            length = lengths[at - 1]
            of_length = by_length[length]
            take = min(len(of_length), room // length)
            members += [of_length.pop() for _ in range(take)]
            room -= take * length
            if not of_length:
                del lengths[at - 1]
        batches.append(Batch(-(-(batch_tokens - room) // step) * step, 1, tuple(members)))
    return Plan(tuple(batches), sum(token_counts))
