"""Parquet files, a document a row. Runs in the sandbox: one page of such a file may unpack to gigabytes."""

from collections.abc import Iterator
from typing import Any

from factcheck.corpus.files import Limits, SourceFile
from factcheck.errors import DocumentError

_ROWS_AT_ONCE = 64


def load() -> None:
    """Import what `extract` needs.

    Raises:
        ImportError: The library is not installed.
    """
    import pyarrow.parquet  # noqa: F401, PLC0415


def extract(file: SourceFile, limits: Limits) -> Iterator[dict[str, Any]]:
    """Each row as a record of plain JSON values, in file order; columns of bytes (images, sound) are left out.

    Raises:
        DocumentError: The file is not Parquet, or damaged.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    del limits  # the process is limited
    try:
        with parquet.ParquetFile(file.path, memory_map=False, pre_buffer=False) as table:
            for batch in table.iter_batches(_ROWS_AT_ONCE, columns=readable(table.schema_arrow), use_threads=False):
                for row in batch.to_pylist():
                    yield {key: plain(value) for key, value in row.items()}
    except (pa.ArrowMemoryError, MemoryError):
        raise MemoryError from None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DocumentError(file.name, f"not a readable Parquet file: {error}") from error


def readable(schema: Any) -> list[str]:  # noqa: ANN401 (pyarrow carries no types)
    """The columns of a schema that are not bytes."""
    from pyarrow import types  # noqa: PLC0415

    is_bytes = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return [field.name for field in schema if not any(check(field.type) for check in is_bytes)]


def plain(value: Any) -> Any:  # noqa: ANN401 (whatever a column may hold)
    """The value as JSON can spell it: dates in ISO 8601, decimals and durations as their text, bytes as their size."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
