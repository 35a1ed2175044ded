"""PDF files with a text layer, page by page. Runs in the sandbox."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers import paragraphs, streams
from factcheck.corpus.readers.extracted import Builder, Extracted
from factcheck.errors import DocumentError

_DIGITS = re.compile(r"\d+")
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_WORDS = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_FIRST_LETTERS = re.compile(r"[^\W\d_]+")
_ENDED = re.compile(r"[.!?:;\u2026][\"'\u2019\u201d)\]]*\Z")
_SENTENCE_END = re.compile(r"[^\W\d_]{3,}[.!?][\"'\u2019\u201d)\]]*\s+(?=[\"'\u2018\u201c(]*[A-Z\d])")
# Ligatures, which no one searches by; bullets of symbol fonts; control characters.
_CHARACTERS = str.maketrans(
    {code: " " for code in [*range(32), *range(128, 160)] if code != ord("\n")}
    | {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
    | {"\ufb05": "st", "\ufb06": "st"}
    | {"\x7f": "\u2022", "\uf0b7": "\u2022", "\uf0a7": "\u2022"}
)
_NO_TITLES = frozenset({"", "untitled", "(anonymous)", "unspecified", "(unspecified)"})
_FILE_TITLE = re.compile(r"^microsoft \w+ - |\.(?:docx?|pdf|indd|qxd|tex|dvi|pptx?|xlsx?|odt|rtf)$", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"[-\u2013\s]*(?:\d{1,4}|[ivxlc]{1,7})[-\u2013\s]*")
_LEADERS = re.compile(r"(?:\s*\.){5,}\s*\w*$")  # a line of a table of contents
_EDGE = 2  # lines at the top and at the bottom of a page that may be running heads
_PAGES_LISTED = 8


@dataclass(slots=True)
class _Page:
    """The paragraphs of one page, lines not yet joined."""

    number: int
    paragraphs: list[list[str]]


def load() -> None:
    """Import what `extract` needs.

    Raises:
        ImportError: The library is not installed.
    """
    import pypdf  # noqa: F401, PLC0415


def extract(file: SourceFile, limits: Limits) -> Iterator[Extracted]:
    """The text of all pages that have one, lines joined to paragraphs.

    Running heads, page numbers and tables of contents are left out. A block begins on the page that it names; a
    sentence that runs over the page's end stays with the page it began on.

    Raises:
        DocumentError: Not a readable PDF, encrypted, or without any text.
    """
    reader = _open(file, limits)
    pages, problems = _pages(reader, limits)
    if not pages:
        raise DocumentError(file.name, *(problems[0] if problems else ("no pages", "")))
    _drop_running_heads(pages)
    builder = Builder()
    joined = _joined([_Page(number, _cut(lines)) for number, lines in pages])
    for number, text in joined:
        builder.add(text, page=number)
    if not builder.blocks:
        raise DocumentError(file.name, "no text found in the pages", "run a text recognition (OCR) over it first")
    title, date, metadata = _information(reader)
    yield Extracted(builder.text, builder.blocks, title, date, None, metadata, tuple(problems))


def _open(file: SourceFile, limits: Limits) -> Any:  # noqa: ANN401 (pypdf is loaded where it is needed)
    import io  # noqa: PLC0415

    import pypdf  # noqa: PLC0415
    from pypdf import errors  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    data = streams.content(file, limits)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        locked = reader.is_encrypted and not reader.decrypt("")  # without a password, as any viewer opens it
        if not locked:
            len(reader.pages)  # reads the page tree
    except errors.DependencyError as error:
        fix = 'give a copy without encryption, or pip install "cryptography"'
        raise DocumentError(file.name, "encrypted in a way that needs another library", fix) from error
    except (errors.PyPdfError, *_BROKEN) as error:
        raise DocumentError(file.name, f"not a readable PDF: {_said(error)}") from error
    if locked:
        raise DocumentError(file.name, "encrypted with a password", "give a copy without one")
    return reader


# What pypdf lets through on damaged files besides its own errors.
_BROKEN = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)


def _pages(reader: Any, limits: Limits) -> tuple[list[tuple[int, list[str]]], list[tuple[str, str]]]:  # noqa: ANN401
    """The lines of every page that has some, and what is wrong with the others."""
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    total = len(reader.pages)
    found, without, broken = [], [], []
    for number in range(1, min(total, limits.max_pages) + 1):
        try:
            text = reader.pages[number - 1].extract_text()
        except (PyPdfError, *_BROKEN):
            broken.append(number)
            continue
        lines = [line.strip() for line in streams.without_surrogates(text).translate(_CHARACTERS).split("\n")]
        lines = ["" if _LEADERS.search(line) else line for line in lines]
        if text.strip():
            found.append((number, lines))
        else:
            without.append(number)
    problems = []
    if without:
        fix = "run a text recognition (OCR) over it first"
        problems.append((f"no text layer on {_listed(without)} of {total}", fix))
    if broken:
        problems.append((f"damaged: {_listed(broken)} of {total} could not be read", ""))
    if total > limits.max_pages:
        problems.append((f"{total} pages, of which the first {limits.max_pages} were read", "split the file"))
    return found, problems


def _drop_running_heads(pages: list[tuple[int, list[str]]]) -> None:
    """Take out the lines at the edges of pages that most pages share but for numbers, and lone page numbers.

    A line that ends as a sentence stays: it is text that happens to stand there again.
    """
    edges = [set(_edge(lines)) for _, lines in pages]
    counts = Counter(
        form for (_, lines), edge in zip(pages, edges, strict=True) for form in {_form(lines[i]) for i in edge}
    )
    least = max(3, len(pages) // 2)
    for (_, lines), edge in zip(pages, edges, strict=True):
        for index in edge:
            if counts[_form(lines[index])] >= least or _PAGE_NUMBER.fullmatch(lines[index]):
                lines[index] = ""


def _edge(lines: list[str]) -> list[int]:
    filled = [index for index, line in enumerate(lines) if line]
    return [index for index in filled[:_EDGE] + filled[-_EDGE:] if not lines[index].endswith((".", "!", "?"))]


def _form(line: str) -> str:
    return _DIGITS.sub("0", line)


def _cut(lines: list[str]) -> list[list[str]]:
    """The paragraphs of a page, each as its lines."""
    text = "\n".join(lines)
    found = list(paragraphs.lines(text))
    if not found:
        return []
    # Letters differ in width, so that full lines differ in length: the column is where nine of ten lines have ended.
    lengths = sorted(line.end - line.start for line in found)
    spans = paragraphs.group(text, found, lengths[len(lengths) * 9 // 10])
    return [[line.strip() for line in text[start:end].split("\n") if line.strip()] for start, end in spans]


def _joined(pages: list[_Page]) -> Iterator[tuple[int, str]]:
    """Page number and text of each paragraph, lines and words put together, sentences whole over page ends."""
    words = Counter(
        word.lower() for page in pages for lines in page.paragraphs for line in lines for word in _WORDS.findall(line)
    )
    texts = [(page.number, [_join(lines, words) for lines in page.paragraphs]) for page in pages]
    for (_, above), (_, below) in pairwise(texts):
        if above and below and not _ENDED.search(above[-1]) and below[0][0].islower():
            end = _SENTENCE_END.search(below[0])
            head, rest = (below[0][: end.end()], below[0][end.end() :]) if end else (below[0], "")
            above[-1] = _join([above[-1], head.rstrip()], words)
            below[:1] = [rest] if rest else []
    for number, page in texts:
        for text in page:
            yield number, text


def _join(lines: list[str], words: Counter[str]) -> str:
    """One line of text; a word that a hyphen cut at a line's end is put together as the rest of the text writes it."""
    text = lines[0]
    for line in lines[1:]:
        cut = _HYPHENATED.search(text)
        rest = _FIRST_LETTERS.match(line)
        if cut is None or rest is None or not rest[0][0].islower():
            # "COVID-\n19", "North-\nSouth": the hyphen belongs there, and no space.
            text += line if text.endswith(("-", "\u2010")) and _is_compound(text, line) else f" {line}"
            continue
        compound, whole = f"{cut[1]}-{rest[0]}".lower(), f"{cut[1]}{rest[0]}".lower()
        keep = words[compound] > words[whole] and not text.endswith("\u00ad")
        text = (text if keep else text[:-1]) + line
    return text.replace("\u00ad", "")


def _is_compound(text: str, line: str) -> bool:
    """Whether a hyphen at a line's end joins what stands on both sides of it, as in `COVID-` `19`."""
    return len(text) > 1 and text[-2].isalnum() and line[:1].isalnum()


def _information(reader: Any) -> tuple[str, str | None, dict[str, Any]]:  # noqa: ANN401
    """Title, date and the rest of what the file says of itself; each is optional and often damaged."""
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        fields = reader.metadata or {}
        raw = {key: str(fields.get(f"/{name}") or "").strip() for key, name in _FIELDS.items()}
    except (PyPdfError, *_BROKEN):
        return "", None, {}
    title, date = raw.pop("title"), raw.pop("date")
    if title.lower() in _NO_TITLES or _FILE_TITLE.search(title):
        title = ""
    metadata = {key: value for key, value in raw.items() if value.lower() not in _NO_TITLES}
    return title, _date(date), metadata


_FIELDS = {"title": "Title", "date": "CreationDate", "author": "Author", "subject": "Subject", "keywords": "Keywords"}
_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?.*")


def _date(raw: str) -> str | None:
    """`D:20240131…` (ISO 32000-1, 7.9.4) as `2024-01-31`, anything else as it stands."""
    match = _PDF_DATE.fullmatch(raw)
    return "-".join(filter(None, match.groups())) if match else raw or None


def _listed(pages: list[int]) -> str:
    shown = ", ".join(map(str, pages[:_PAGES_LISTED])) + (", \u2026" if len(pages) > _PAGES_LISTED else "")
    return f"{len(pages)} pages ({shown})" if len(pages) > 1 else f"page {shown}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
