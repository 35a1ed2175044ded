"""HTML pages: the main text without navigation, advertisements and footers. Runs in the sandbox."""

import html
import re
from collections.abc import Iterator
from typing import Any

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers import streams
from factcheck.corpus.readers.extracted import Builder, Extracted
from factcheck.errors import DocumentError

# trafilatura's own names, then those of HTML for pages in which it finds no main text.
_BLOCKS = frozenset(
    [
        *("head", "p", "item", "quote", "list", "div", "body", "table", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul"),
        *("ol", "dl", "dt", "dd", "blockquote", "section", "article", "main", "figure", "figcaption", "hr", "address"),
        *("caption", "details", "summary"),
    ]
)
_BREAKS = frozenset({"lb", "br"})
_ROWS = frozenset({"row", "tr"})
_PROGRAMS = frozenset({"code", "pre"})
_PASSED_OVER = frozenset(
    [
        *("nav", "aside", "footer", "header", "script", "style", "noscript", "template", "head", "form", "button"),
        "svg",
    ]
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,1000})</title>", re.IGNORECASE)
_HEAD_BYTES = 4096
_LATIN_1 = frozenset({"iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"})
_ENDED = (".", "!", "?", ":", ";", "\u2026")
# Only dates that the page states in its own metadata and markup, no guesses from text or address; `max_date` is set
# since it defaults to today, and a reader's result must not depend on the day.
_DATES = {"extensive_search": False, "original_date": True, "max_date": "9999-12-31", "outputformat": "%Y-%m-%d"}


def load() -> None:
    """Import what `extract` needs.

    Raises:
        ImportError: The library is not installed.
    """
    import trafilatura  # noqa: F401, PLC0415


def extract(file: SourceFile, limits: Limits) -> Iterator[Extracted]:
    """The main text of a page as `trafilatura` finds it, or all of its body text where it finds none.

    Raises:
        DocumentError: The page cannot be decoded or holds no text.
    """
    import trafilatura  # noqa: PLC0415

    page = decode(streams.content(file, limits), file.name)
    found: Any = trafilatura.bare_extraction(
        page, with_metadata=True, include_comments=False, date_extraction_params=_DATES.copy()
    )
    builder = Builder()
    _Walker(builder).walk(found.body if found is not None else _whole(page))
    if not builder.blocks:
        raise DocumentError(file.name, "no text found in the page")
    details = {} if found is None else {"author": found.author, "site": found.sitename}
    yield Extracted(
        builder.text,
        builder.blocks,
        _title(page, (found.title if found is not None else None) or ""),
        found.date if found is not None else None,
        found.url if found is not None else None,
        {key: value for key, value in details.items() if value},
    )


def decode(data: bytes, name: str) -> str:
    """The page as text: by byte order mark, else UTF-8 if it is, else as the page declares, else Windows-1252.

    Raises:
        DocumentError: The page is binary, or not in the encoding that it declares.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _as(data, encoding, name).removeprefix("\ufeff")
    if (nul := data.find(b"\0")) >= 0:
        raise DocumentError(name, f"a NUL byte at offset {nul}: a binary file", "give a web page")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        declared = _CHARSET.search(data[:_HEAD_BYTES])
        encoding = declared[1].decode("ascii").lower() if declared else "windows-1252"
        if encoding in _LATIN_1 or encoding.startswith("utf"):
            encoding = "windows-1252"  # what browsers take these declarations to mean; UTF-8 or UTF-16 it is not
        return _as(data, encoding, name)


def _as(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "windows-1252":  # five bytes of it are unassigned; browsers read them as control characters
            return data.decode("latin-1")
        raise DocumentError(name, f"offset {error.start} is not {encoding}", "save it as UTF-8") from error
    except LookupError as error:
        raise DocumentError(name, f"unknown encoding {encoding!r}", "save it as UTF-8") from error


def _title(page: str, found: str) -> str:
    """The title found, unless the page's own `<title>` has nothing of it: then it was some other heading's."""
    match = _TITLE.search(page)
    own = " ".join(html.unescape(match[1]).split()) if match else ""
    return found if not own or (found and found.casefold() in own.casefold()) else own


def _whole(page: str) -> Any:  # noqa: ANN401 (lxml carries no types)
    """The body of a page without what is never its text; trafilatura passes over pages of a line or two."""
    from lxml import etree  # type: ignore[import-untyped]  # noqa: PLC0415
    from lxml import html as lxml_html  # noqa: PLC0415

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing in it
        return etree.Element("body")
    for element in list(tree.iter(*_PASSED_OVER)):
        element.drop_tree()
    return tree


class _Walker:
    """Adds the blocks below an element, of trafilatura's result or of a page."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._pending: list[str] = []

    def walk(self, root: Any) -> None:  # noqa: ANN401
        from lxml import etree  # noqa: PLC0415

        steps = etree.iterwalk(root, events=("start", "end"))
        for event, element in steps:
            if event == "end":
                if element.tag in _BLOCKS:
                    self._flush()
                self._pending.append(element.tail or "")
            elif self._enter(element):
                steps.skip_subtree()
        self._flush()

    def _enter(self, element: Any) -> bool:  # noqa: ANN401
        """Take in an element's own text; whether nothing below it is wanted any more."""
        if element.tag in _ROWS:
            self._flush()
            self._builder.add_row([" ".join(cell.itertext()) for cell in element])
            return True
        if element.tag in _PROGRAMS and "\n" in "".join(element.itertext()):  # a program, not a word set in type
            self._flush()
            return True
        # A single line break is set for looks as often as for sense: it cuts where a sentence has ended.
        ended = element.tag in _BREAKS and "".join(self._pending).rstrip().endswith(_ENDED)
        if ended or element.tag in _BLOCKS:
            self._flush()
        self._pending.append(" " if element.tag in _BREAKS else element.text or "")
        return False

    def _flush(self) -> None:
        self._builder.add("".join(self._pending))
        self._pending.clear()
