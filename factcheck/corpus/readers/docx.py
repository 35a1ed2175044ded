"""Word files: paragraphs, headings, list items, tables, text boxes and notes. Runs in the sandbox."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers import streams
from factcheck.corpus.readers.extracted import Builder, Extracted
from factcheck.errors import DocumentError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOTES = ("footnotes", "endnotes")
# Text that is not part of what the document says: deleted in review, moved away, or the old form kept beside the new.
_PASSED_OVER = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}instrText", _FALLBACK})
_AS_TEXT = {f"{_W}tab": " ", f"{_W}cr": " ", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": ""}
_TEMPLATE_DATE = "2013-12-23"  # python-docx' own template: says nothing about the document
_MOST_PARTS = 20_000
_CHUNK = 1 << 16


def load() -> None:
    """Import what `extract` needs.

    Raises:
        ImportError: The library is not installed.
    """
    import docx  # noqa: F401, PLC0415


def extract(file: SourceFile, limits: Limits) -> Iterator[Extracted]:
    """The text as the reader of the accepted version sees it, notes at the end; headers and footers left out.

    Raises:
        DocumentError: Not a Word file, encrypted, too large when unpacked, or without text.
    """
    import docx  # noqa: PLC0415

    data = streams.content(file, limits)
    _check_archive(data, file.name, limits)
    try:
        document = docx.Document(io.BytesIO(data))
        builder = Builder()
        _add_all(document.element.body, builder)
        for notes in _notes(document):
            _add_all(notes, builder)
    except (ArithmeticError, AttributeError, LookupError, OSError, SyntaxError, TypeError, ValueError) as error:
        # SyntaxError is the base of lxml's parse errors
        raise DocumentError(file.name, f"not a readable Word file: {type(error).__name__}: {error}") from error
    if not builder.blocks:
        raise DocumentError(file.name, "no text found in the document")
    title, date, metadata = _properties(document)
    yield Extracted(builder.text, builder.blocks, title, date, None, metadata)


def _check_archive(data: bytes, name: str, limits: Limits) -> None:
    """Refuse what would not fit in memory unpacked, by what the archive declares and by what comes out.

    Raises:
        DocumentError: The parts are more than `limits.max_file_bytes`, or the archive is damaged.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # how encrypted and old binary Word files begin
        raise DocumentError(name, "an encrypted or an old binary Word file", "save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > limits.max_file_bytes or len(parts) > _MOST_PARTS:
                found = f"{len(data):,} bytes that unpack to {size:,} in {len(parts):,} parts"
                raise DocumentError(name, found, f"at most {limits.max_file_bytes:,} are read")
            left = limits.max_file_bytes
            for part in parts:
                with archive.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise DocumentError(name, f"unpacks to more than {limits.max_file_bytes:,} bytes")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(name, f"not a readable Word file: {error}") from error


def _add_all(container: Any, builder: Builder) -> None:  # noqa: ANN401 (lxml carries no types)
    """Add the blocks below an element in document order; walks with a stack, as elements may nest deeply."""
    stack = [iter(container)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
        elif element.tag == f"{_W}p":
            text, boxes = _paragraph(element)
            builder.add(text)
            stack.extend(iter(box) for box in reversed(boxes))
        elif element.tag == f"{_W}tr":
            cells = list(element.iterchildren(f"{_W}tc"))
            if any(next(cell.iter(f"{_W}tbl"), None) is not None for cell in cells):
                stack.append(iter(cells))
            else:
                builder.add_row(["\n".join(_paragraph(p)[0] for p in cell.iter(f"{_W}p")) for cell in cells])
        elif isinstance(element.tag, str) and element.tag not in _PASSED_OVER:
            stack.append(iter(element))


def _paragraph(element: Any) -> tuple[str, list[Any]]:  # noqa: ANN401
    """The text of a paragraph with what was inserted in review, and the text boxes anchored in it."""
    parts: list[str] = []
    boxes: list[Any] = []
    stack = [iter(element)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
        elif child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag == f"{_W}br":
            parts.append("\n")
        elif child.tag in _AS_TEXT:
            parts.append(_AS_TEXT[child.tag])
        elif child.tag == f"{_W}txbxContent":
            boxes.append(child)
        elif isinstance(child.tag, str) and child.tag not in _PASSED_OVER:
            stack.append(iter(child))
    return "".join(parts), boxes


def _notes(document: Any) -> Iterator[Any]:  # noqa: ANN401
    """The footnotes' and endnotes' root elements, which python-docx leaves unparsed."""
    from docx.oxml import parse_xml  # noqa: PLC0415

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in _NOTES:
            yield parse_xml(relation.target_part.blob)


def _properties(document: Any) -> tuple[str, str | None, dict[str, Any]]:  # noqa: ANN401
    """Title, date and author from the core properties; the title else from the first paragraph styled as one."""
    try:
        core = document.core_properties
        title, author, created = (core.title or "").strip(), (core.author or "").strip(), core.created
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        title, author, created = "", "", None
    day = created.date().isoformat() if created is not None else None
    metadata = {"author": author} if author and author != "python-docx" else {}
    return title or _styled_title(document), None if day == _TEMPLATE_DATE else day, metadata


def _styled_title(document: Any) -> str:  # noqa: ANN401
    for wanted in ("Title", "Heading 1"):
        for paragraph in document.paragraphs:
            if paragraph.style is not None and paragraph.style.name == wanted and paragraph.text.strip():
                return " ".join(paragraph.text.split())
    return ""
