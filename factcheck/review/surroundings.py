"""What stands around a quote, out of the text that it was taken from, or why that cannot be shown.

A text is shown only where it is the quoted one: from a file whose hash is still the recorded one, from the index where
it holds that very reading, or from the claim that brought it. Files are found by walking the corpus, as when it was
read, so that no recorded path leads anywhere else.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from factcheck.config import Settings
from factcheck.corpus.files import HUB_PREFIX, Limits, Problem, SourceFile, scan
from factcheck.corpus.readers import Reader
from factcheck.corpus.readers.streams import without_surrogates
from factcheck.errors import CorpusError
from factcheck.jobs.audit.compare import stands
from factcheck.jobs.sources import Sources
from factcheck.types import Claim, Context, Passage, Source

_FAR = 320  # characters to either side
_PLAIN = frozenset({"txt", "md"})  # kinds whose text is the file itself; no other file is opened here
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_CHANGED = "the document has changed since it was quoted"


class Shelf(Protocol):
    """Where texts are looked for; a `Desk` is one."""

    @property
    def settings(self) -> Settings:
        """The run's."""

    @property
    def no_sources(self) -> str:
        """Why `sources` gives None."""

    def sources(self) -> Sources | None:
        """The run's corpus, opened."""


@dataclass(frozen=True, slots=True)
class Surrounding:
    """What stands before and after a quote in its paragraph; `cut_…` where the paragraph goes on.

    `why` says why there is nothing to show; it is empty where the text was there.
    """

    before: str = ""
    after: str = ""
    cut_before: bool = False
    cut_after: bool = False
    why: str = ""


def surroundings(shelf: Shelf, claim: Claim, passages: Sequence[Passage]) -> list[Surrounding]:
    """What surrounds each of a claim's passages."""
    texts = _texts(shelf, [passage.source for passage in passages], claim)
    found = []
    for passage in passages:
        text, why = texts[passage.source]
        if text is not None and not stands(passage, text):
            text, why = None, _CHANGED
        found.append(Surrounding(why=why) if text is None else around(text, passage.start, passage.end))
    return found


def document_text(shelf: Shelf, source: Source, claim: Claim | None = None) -> tuple[str | None, str]:
    """The text of a document as it was quoted; else None, and why it cannot be had.

    Args:
        shelf: Where to look.
        source: The document.
        claim: The claim whose evidence it is, for a text that the claim itself brought.
    """
    return _texts(shelf, [source], claim)[source]


def around(text: str, start: int, end: int) -> Surrounding:
    """The rest of the paragraph of a span, and of those beside it where it has the paragraph for itself."""
    low, high = max(0, start - _FAR), min(len(text), end + _FAR)
    before, after = text[low:start], text[end:high]
    breaks = [match.end() for match in _BLANK_LINE.finditer(before)]
    following = [match.start() for match in _BLANK_LINE.finditer(after)]
    opening, closing = breaks[-1] if breaks else 0, following[0] if following else len(after)
    if not before[opening:].strip() and not after[:closing].strip():
        opening = breaks[-2] if len(breaks) > 1 else 0
        closing = following[1] if len(following) > 1 else len(after)
    cut_before, cut_after = opening == 0 and low > 0, closing == len(after) and high < len(text)
    if cut_before:
        opening = _after_word(before)
    if cut_after:
        closing = _before_word(after)
    return Surrounding(
        without_surrogates(before[opening:].lstrip()),
        without_surrogates(after[:closing].rstrip()),
        cut_before,
        cut_after,
    )


def _after_word(text: str) -> int:
    """Where a text goes on after its first word, which may be torn."""
    space = re.search(r"\s", text[:80])
    return space.end() if space else 0


def _before_word(text: str) -> int:
    tail = text[-80:]
    at = max(tail.rfind(" "), tail.rfind("\n"))
    return len(text) - len(tail) + at if at >= 0 else len(text)


def _texts(shelf: Shelf, wanted: Iterable[Source], claim: Claim | None) -> dict[Source, tuple[str | None, str]]:
    """For each source its text, or why it cannot be had; the corpus is walked at most once."""
    found: dict[Source, tuple[str | None, str]] = {}
    in_files: dict[Source, str] = {}  # with why the index does not have it
    for source in dict.fromkeys(wanted):
        if not source.path:
            found[source] = _brought(claim, source)
            continue
        text, why = _stored(shelf, source)
        if text is None:
            in_files[source] = why
        else:
            found[source] = text, ""
    return found | _in_files(shelf, in_files)


def _brought(claim: Claim | None, source: Source) -> tuple[str | None, str]:
    contexts: tuple[Context, ...] = () if claim is None else claim.contexts
    for context in contexts:
        digest = hashlib.sha256(context.text.encode("utf-8", "surrogatepass")).hexdigest()
        if context.id == source.doc_id and digest == source.sha256:
            return context.text, ""
    return None, "the run has no more of this text than the quote"


def _stored(shelf: Shelf, source: Source) -> tuple[str | None, str]:
    """The text in the index, where it is of that very source, read by the same reader."""
    sources = shelf.sources()
    if sources is None or sources.index is None:
        return None, shelf.no_sources or "this run has no index"
    known = sources.index.sources([source.doc_id]).get(source.doc_id)
    if known is None:
        return None, "the document is not in the corpus any more"
    if (known.path, known.sha256, known.extractor) != (source.path, source.sha256, source.extractor):
        return None, _CHANGED
    return sources.index.text(source.doc_id), "its file is not there any more"


def _in_files(shelf: Shelf, wanted: dict[Source, str]) -> dict[Source, tuple[str | None, str]]:
    """The texts of documents whose file is the text, from the corpus folder."""
    if not wanted:
        return {}
    paths = {source.path for source in wanted if source.doc_id == source.path}
    problems: dict[str, str] = {}
    texts: dict[str, tuple[str, str | None]] = {}  # path -> hash, text
    limits = Limits(
        max_file_bytes=shelf.settings.max_file_mb * 1_000_000, max_seconds=float(shelf.settings.max_seconds)
    )
    hashes = {(source.path, source.sha256) for source in wanted}

    def note(problem: Problem) -> None:
        problems.setdefault(problem.name, problem.found)

    with Reader(limits) as reader:
        for file in _files(_root(shelf), paths, limits, note):
            if (file.name, file.sha256) not in hashes:
                texts[file.name] = file.sha256, None
            elif file.kind in _PLAIN:
                for document in reader.read(file, on_problem=note):
                    texts[file.name] = document.sha256, document.text if document.in_file else None
    found: dict[Source, tuple[str | None, str]] = {}
    for source, why in wanted.items():
        digest, text = texts.get(source.path, ("", None))
        if digest and digest != source.sha256:
            found[source] = None, _CHANGED
        else:
            found[source] = text, "" if text is not None else problems.get(source.path, why)
    return found


def _root(shelf: Shelf) -> str:
    sources = shelf.sources()
    read_from = sources.index.pointer.corpus if sources is not None and sources.index is not None else ""
    root = shelf.settings.corpus or read_from
    return "" if root.startswith(HUB_PREFIX) else root


def _files(root: str, paths: set[str], limits: Limits, note: Callable[[Problem], None]) -> Iterator[SourceFile]:
    if not root or not paths:
        return
    folders = {path[: at + 1] for path in paths for at, sign in enumerate(path) if sign == "/"}
    wanted = paths | folders
    try:
        yield from scan(root, limits=limits, on_problem=note, wanted=wanted.__contains__)
    except CorpusError as error:
        note(Problem(root, error.found))
