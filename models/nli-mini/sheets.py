"""Sheets of numbered texts that are answered in a file beside each, and answers that go by number."""

from collections.abc import Iterator
from pathlib import Path


def fresh(folder: Path) -> Path:
    """The folder, which is made if need be and empty.

    Raises:
        FileExistsError: There are sheets of an earlier selection.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder}: holds an earlier selection, whose answers go by number; move it away")
    return folder


def answered(folder: Path, suffix: str) -> Iterator[tuple[str, Path, list[str]]]:
    """Of every sheet that has answers its text, their file, and the lines of that which are not blank.

    The names of the others are printed.
    """
    for sheet in sorted(folder.glob("*.txt")):
        given = sheet.with_suffix(suffix)
        if not given.exists():
            print(f"{sheet.name}: no {suffix}")
            continue
        lines = given.read_text(encoding="utf-8").splitlines()
        yield sheet.read_text(encoding="utf-8"), given, [line.strip() for line in lines if line.strip()]
