"""Documents out of files, whatever their kind.

A file of one document gives one; a file of records gives one a record, without holding the others in memory.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Self, TypeAlias

from factcheck.corpus import sandbox
from factcheck.corpus.files import ONE_DOCUMENT, Limits, Problem, SourceFile, extractor_of, hash_file
from factcheck.corpus.readers import dates, hf, jsonlines, markdown, records, streams, table, text
from factcheck.corpus.readers.extracted import Extracted
from factcheck.errors import DocumentError
from factcheck.types import JSON, Document

_Report: TypeAlias = Callable[[Problem], None]

_IN_FILE: Mapping[str, Callable[[SourceFile, Limits], Extracted]] = {"txt": text.extract, "md": markdown.extract}
CHANGED = "the file changed while it was read"
_TRIES = 3
_DATE_ORIGIN = {"md": "front matter", "html": "html", "pdf": "pdf", "docx": "docx"}


def read(file: SourceFile, *, limits: Limits, on_problem: Callable[[Problem], None]) -> Iterator[Document]:
    """Give the documents of one file, as `Reader.read`; for many files a `Reader` saves starting processes."""
    with Reader(limits) as reader:
        yield from reader.read(file, on_problem=on_problem)


class Reader:
    """Reads files one after the other within limits, with one sandbox process for those that need one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sandbox = sandbox.Sandbox(limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.__exit__()

    def read(self, file: SourceFile, *, on_problem: Callable[[Problem], None]) -> Iterator[Document]:
        """Give the documents of a file; what cannot be read is told to `on_problem`, and never raised.

        The id is the file's name, or the record's own `id`, `_id` or `doc_id`, or `name#line` where it has none; the
        ids of a file are held in memory, as the second record of an id is a problem. html, pdf, docx and parquet are
        parsed in a process of their own, see `factcheck.corpus.sandbox`.
        """
        try:
            if file.kind in ONE_DOCUMENT:
                yield from self._document(file, on_problem)
            else:
                yield from self._records(file, on_problem)
        except DocumentError as error:
            on_problem(Problem.of(error))
        if file.kind not in ONE_DOCUMENT and file.kind != "hf" and _hashed_again(file) != file:
            on_problem(Problem(file.name, CHANGED, "start again to read it as it is now"))

    def _document(self, file: SourceFile, on_problem: _Report) -> Iterator[Document]:
        in_file = file.kind in _IN_FILE
        file, extracted = self._settled(file)
        for found, fix in extracted.problems:
            on_problem(Problem(file.name, found, fix))
        if not extracted.blocks:
            raise DocumentError(file.name, "no text in it")
        date = dates.normalise(extracted.date)
        raw = {"date": extracted.date} if extracted.date and extracted.date != date else {}
        yield Document(
            id=file.name,
            title=extracted.title or _stem(file.name),
            text=extracted.text,
            path=file.name,
            sha256=file.sha256,
            extractor=extractor_of(file.kind),
            blocks=extracted.blocks,
            in_file=in_file and not streams.is_gzipped(file),
            url=extracted.url or None,
            date=date,
            date_origin=_DATE_ORIGIN[file.kind] if date else None,
            metadata={**extracted.metadata, **raw},
        )

    def _settled(self, file: SourceFile) -> tuple[SourceFile, Extracted]:
        """What a file gives, and the file with the hash of just that; one that is saved meanwhile is read again."""
        in_file = file.kind in _IN_FILE
        for _ in range(_TRIES):
            failed: DocumentError | None = None
            try:
                extracted = _IN_FILE[file.kind](file, self._limits) if in_file else self._parsed(file)
            except DocumentError as error:
                failed = error
            if failed is None and in_file and not streams.is_gzipped(file):
                return file, extracted  # the hash is of the very bytes that were read
            now = _hashed_again(file)
            if failed is not None and (now == file or not now.sha256):
                raise failed
            if now == file:
                return file, extracted
            file = now
        raise DocumentError(file.name, "the file changes while it is read", "start again when nothing writes it")

    def _parsed(self, file: SourceFile) -> Extracted:
        items = list(self._sandbox.parse(file))
        try:
            [item] = items
            return Extracted.from_json(item)
        except ValueError as error:
            raise DocumentError(file.name, f"the parser's process answered nonsense: {error}") from error

    def _records(self, file: SourceFile, on_problem: _Report) -> Iterator[Document]:
        seen: set[str] = set()
        most = self._limits.max_record_bytes
        for line, record in self._rows(file, on_problem):
            where = f"{file.name}:{line}"
            try:
                document = records.to_document(record, file, line)
            except DocumentError as error:
                on_problem(Problem.of(error))
                continue
            if len(document.text) > most:
                found = f"a text of {len(document.text):,} characters"
                on_problem(Problem(where, found, f"at most {most:,} are read; split the record"))
            elif document.id in seen:
                on_problem(Problem(where, f"a second record with the id {document.id!r}", "give each its own id"))
            else:
                seen.add(document.id)
                yield document

    def _rows(self, file: SourceFile, on_problem: _Report) -> Iterator[tuple[int, JSON]]:
        """Line or number, and record, of each record of the file."""
        if file.kind == "parquet":
            return enumerate(self._sandbox.parse(file), start=1)
        if file.kind == "hf":
            return hf.read(file)
        read_records = {"jsonl": jsonlines.read_lines, "json": jsonlines.read_array}.get(file.kind, table.read)
        return read_records(file, self._limits, on_problem)


def _hashed_again(file: SourceFile) -> SourceFile:
    """The file as it is now; of one that is gone, size and hash are empty."""
    try:
        return replace(file, size=file.path.stat().st_size, sha256=hash_file(file.path))
    except OSError:
        return replace(file, size=0, sha256="")


def _stem(name: str) -> str:
    base = name.rsplit("/", 1)[-1]
    if base.lower().endswith(".gz"):
        base = base[:-3]
    return base.rsplit(".", 1)[0]
