"""Rows on their way to a table of the index, and how rows are named in a condition."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any


class Waiting:
    """Rows that wait to be written, in the order in which they came.

    They are held as columns: as Python values they take four times the memory.

    Args:
        schema: Of the table, as pyarrow knows it.
        packed_together: How many rows are held as Python values until they become columns.
    """

    def __init__(self, schema: Any, *, packed_together: int = 500) -> None:  # noqa: ANN401 (pyarrow has no types)
        self._schema, self._packed_together = schema, packed_together
        self._rows: list[dict[str, Any]] = []
        self._packed: list[Any] = []
        self._packed_rows = 0

    def __len__(self) -> int:
        return self._packed_rows + len(self._rows)

    def extend(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows behind those that wait."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= self._packed_together:
                self._pack()

    def take(self) -> Any:  # noqa: ANN401
        """All rows as one table; none wait after that."""
        import pyarrow as pa  # noqa: PLC0415 (importing factcheck loads no database)

        self._pack()
        table = pa.Table.from_batches(self._packed, schema=self._schema)
        self._packed, self._packed_rows = [], 0
        return table

    def _pack(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        self._packed.append(pa.RecordBatch.from_pylist(self._rows, schema=self._schema))
        self._packed_rows += len(self._rows)
        self._rows.clear()


def among(column: str, values: Sequence[str]) -> str:
    """An SQL condition; values are quoted, since document ids come from outside."""
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"


def groups(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Values in their order, so many at once."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
