"""Hugging Face data sets: folders written by `save_to_disk`, and data sets by name.

They are read in this process, not in the sandbox: their Arrow files are mapped into memory, which a limit on address
space would forbid. Columns of media are not decoded, and code that comes with a data set is never run.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from factcheck.corpus.files import HUB_PREFIX, Problem, SourceFile, hash_files
from factcheck.corpus.readers.parquet import plain, readable
from factcheck.errors import DocumentError
from factcheck.types import JSON

_ROWS_AT_ONCE = 256


def find(root: str, *, on_problem: Callable[[Problem], None]) -> Iterator[SourceFile]:
    """One file for each split of the data set that `hf:NAME` or `hf:NAME:SPLIT` names, hashed over its Arrow files.

    `datasets` downloads what is not in its cache unless HF_HUB_OFFLINE is set.
    """
    try:
        splits = _load_by_name(root)
    except DocumentError as error:
        on_problem(Problem.of(error))
        return
    for split in sorted(splits):
        paths = [Path(item["filename"]) for item in splits[split].cache_files]
        name = f"{HUB_PREFIX}{_parts(root)[0]}:{split}"
        digest = hash_files([(str(number), path) for number, path in enumerate(paths)])
        yield SourceFile(Path(name), name, "hf", sum(path.stat().st_size for path in paths), digest)


def read(file: SourceFile) -> Iterator[tuple[int, JSON]]:
    """Number, from 1 through all splits, and record of each row.

    Raises:
        DocumentError: The data set cannot be loaded.
    """
    splits = _load_by_name(file.name) if file.name.startswith(HUB_PREFIX) else _load_folder(file)
    number = 0
    for split in sorted(splits):
        columns = readable(splits[split].features.arrow_schema)
        table = splits[split].select_columns(columns).with_format("arrow")  # as stored: decodes no media
        for start in range(0, len(table), _ROWS_AT_ONCE):
            for row in table[start : start + _ROWS_AT_ONCE].to_pylist():
                number += 1
                yield number, {key: plain(value) for key, value in row.items()}


def _parts(root: str) -> tuple[str, str | None]:
    name, _, split = root.removeprefix(HUB_PREFIX).partition(":")
    return name, split or None


def _load_by_name(root: str) -> dict[str, Any]:
    from datasets import Dataset, load_dataset  # noqa: PLC0415

    name, split = _parts(root)
    if not name:
        raise DocumentError(root, "no data set named", "write hf:NAME or hf:NAME:SPLIT")
    try:
        found = load_dataset(name, split=split)
    except Exception as error:
        # `datasets` raises what its dozens of backends raise; each means that there is no such data set to read.
        raise DocumentError(root, f"datasets cannot load it: {_first_line(error)}") from error
    return {split or "all": found} if isinstance(found, Dataset) else dict(found)


def _load_folder(file: SourceFile) -> dict[str, Any]:
    from datasets import Dataset, load_from_disk  # noqa: PLC0415

    try:
        found = load_from_disk(str(file.path))
    except Exception as error:
        raise DocumentError(file.name, f"datasets cannot load it: {_first_line(error)}") from error
    return {"all": found} if isinstance(found, Dataset) else dict(found)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
