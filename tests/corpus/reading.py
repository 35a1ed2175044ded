"""Scanning and reading folders the way a caller does, for the tests of the readers."""

import atexit
from functools import cache
from pathlib import Path

from factcheck.corpus.files import Limits, Problem, SourceFile, scan
from factcheck.corpus.readers import Reader
from factcheck.corpus.sentences import split
from factcheck.types import Document


def scan_all(root: Path | str, **limits: float) -> tuple[list[SourceFile], list[Problem]]:
    """Everything that a scan gives, and every problem it tells of."""
    problems: list[Problem] = []
    files = list(scan(root, limits=Limits(**limits), on_problem=problems.append))
    return files, problems


def read_all(root: Path | str, **limits: float) -> tuple[list[Document], list[Problem]]:
    """Every document below a root, and every problem met on the way."""
    files, problems = scan_all(root, **limits)
    reader = _reader(Limits(**limits))
    return [document for file in files for document in reader.read(file, on_problem=problems.append)], problems


@cache
def _reader(limits: Limits) -> Reader:
    """One reader for all tests of the same limits: starting its process takes longer than most of them."""
    reader = Reader(limits)
    atexit.register(reader.__exit__)
    return reader


def read_one(path: Path, **limits: float) -> Document:
    """The only document of a file that reads without a problem."""
    [document], problems = read_all(path, **limits)
    assert problems == []
    return document


def blocks(document: Document) -> list[str]:
    """The text of each block."""
    return [document.text[block.start : block.end] for block in document.blocks]


def sentences(document: Document, language: str = "en") -> list[str]:
    """The text of each sentence."""
    return [document.text[sentence.start : sentence.end] for sentence in split(document, language=language)]


def said(problems: list[Problem]) -> list[str]:
    """The problems as a user reads them."""
    return [str(problem) for problem in problems]
