"""Re-reading the documents of the corpus that a run quotes, each once, and comparing them with what is quoted."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from factcheck.config import Settings
from factcheck.corpus.files import HUB_PREFIX, ONE_DOCUMENT, Limits, Problem, SourceFile, scan
from factcheck.corpus.index import CorpusIndex, Pointer
from factcheck.corpus.readers import Reader
from factcheck.corpus.readers.streams import without_surrogates
from factcheck.corpus.sentences import sentences_before, split
from factcheck.errors import CorpusError
from factcheck.jobs.audit.compare import Outcome, changed, joins, misquoted, opens_before, overshown, stands
from factcheck.jobs.audit.findings import Finding, Kind, excerpt
from factcheck.jobs.audit.quotes import Quoted, Quotes
from factcheck.jobs.audit.terms import Terms
from factcheck.jobs.sources import index_place
from factcheck.types import Block, Document, Passage

_ALTERED = "the run's record was altered: do not rely on it"


class StoredTexts:
    """The texts that an index keeps, for what the reader of today reads otherwise; opened when first asked."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings, self._opened = settings, False
        self._index: CorpusIndex | None = None
        self.why_not = "no index of the run is there"

    def confirms(self, passage: Passage) -> bool:
        """Whether the index holds the very source that is quoted, read as the run read it, and it says so."""
        index, wanted = self._open(), passage.source
        known = index.sources([wanted.doc_id]).get(wanted.doc_id) if index else None
        if index is None or known is None:
            return False
        if (known.path, known.sha256, known.extractor) != (wanted.path, wanted.sha256, wanted.extractor):
            self.why_not = "the index holds the text of another reader or source by now"
            return False
        text = index.text(wanted.doc_id)
        return text is not None and stands(passage, text) and opens_before(passage, text)

    def _open(self) -> CorpusIndex | None:
        if not self._opened and self._settings is not None:
            self._opened = True
            try:
                place = index_place(self._settings)
                self._index = CorpusIndex(place) if place is not None and Pointer.read(place) else None
            except CorpusError as error:
                self.why_not = str(error)
        return self._index


@dataclass(frozen=True, slots=True)
class Reading:
    """How many files and documents were read again."""

    files: int
    documents: int


class SourceCheck:
    """Checks the quotes of a run against its corpus.

    Args:
        quotes: All that is quoted.
        root: The corpus; None where nobody knows where it is.
        settings: The run's.
        terms: The run's; None where they cannot be told.
        folder: The run folder, for what is advised.
    """

    def __init__(
        self, quotes: Quotes, root: str | None, settings: Settings | None, terms: Terms | None, folder: Path
    ) -> None:
        self._quotes, self._root, self._terms = quotes, root, terms
        self._settings = settings or Settings()
        self._stored = StoredTexts(settings)
        self._mend = f"put it back, or bring the run up to date with `factcheck update {folder}`"

    def run(self, on_finding: Callable[[Finding], None], on_file: Callable[[], None]) -> Reading:
        """Read what is quoted, file by file; findings come in file order, those about files that are gone last."""
        limits = Limits(max_file_bytes=self._settings.max_file_mb * 1_000_000, max_seconds=self._settings.max_seconds)
        files = documents = 0
        with Reader(limits) as reader:
            for file in self._files(limits):
                files += 1
                documents += self._read(reader, file, on_finding)
                on_file()
        for path in self._quotes.unseen_files():
            on_finding(self._missing(path))
            on_file()
        return Reading(files, documents)

    def _files(self, limits: Limits) -> Iterator[SourceFile]:
        if self._root is None:
            return
        try:
            yield from scan(self._root, limits=limits, on_problem=self._quotes.note, wanted=self._quotes.is_wanted)
        except CorpusError as error:
            self._quotes.note(Problem(self._root, f"the corpus {self._root} {error.found}"))

    def _read(self, reader: Reader, file: SourceFile, on_finding: Callable[[Finding], None]) -> int:
        """Compare the documents of a file with their quotes; no more of it is read than holds them."""
        problems: list[Problem] = []  # the first two: what was wrong first, and what ended the reading

        def note(problem: Problem) -> None:
            del problems[1:]
            problems.append(problem)

        count, left = 0, len(self._quotes.unseen(file.name))
        documents = reader.read(file, on_problem=note)
        for document in documents:
            if quoted := self._quotes.take(file.name, document.id):
                count += 1
                self._report(document, quoted, on_finding)
                left -= 1
                if not left:
                    break
        if left:
            self._lost(file, problems, on_finding)
        return count

    def _report(self, document: Document, quoted: list[Quoted], on_finding: Callable[[Finding], None]) -> None:
        """Tell what is wrong with the quotes of a document, those with the same fault together."""
        groups: dict[Outcome, list[Quoted]] = {}
        leads = self._leads(document, quoted)
        for one in quoted:
            if outcome := self._outcome(document, one.passage, leads):
                groups.setdefault(outcome, []).append(one)
        for outcome, concerned in groups.items():
            on_finding(self._finding(document.path, document.id, outcome, concerned))

    def _finding(self, path: str, doc_id: str, outcome: Outcome, quoted: list[Quoted]) -> Finding:
        return Finding(
            kind=outcome.kind,
            where=path if doc_id == path else f"{path}, document {doc_id!r}",
            found=outcome.found,
            fix=outcome.fix,
            path=path,
            doc_id=doc_id,
            standing=outcome.standing,
            spans=tuple(dict.fromkeys((one.passage.start, one.passage.end) for one in quoted)),
            claims=self._quotes.claims(one.number for one in quoted),
        )

    def _outcome(self, document: Document, passage: Passage, leads: dict[int, str]) -> Outcome | None:
        source = passage.source
        if source.sha256 != document.sha256:
            return changed(passage, document.text, document.sha256, self._mend)
        if source.extractor != document.extractor:
            return self._read_by_another(document, passage)
        if not stands(passage, document.text):
            if not document.in_file and self._stored.confirms(passage):
                found = f"{document.extractor} reads it otherwise here; the text stored in the index confirms the quote"
                return Outcome(Kind.EXTRACTOR_CHANGED, found)
            return misquoted(passage, document.text)
        if not self._premise_stands(document, passage, leads):
            return overshown(passage)
        return _details(document, passage)

    def _read_by_another(self, document: Document, passage: Passage) -> Outcome:
        was, now = passage.source.extractor or "an unnamed reader", document.extractor
        what = f"the run read it with {was}, here it is read with {now}"
        if stands(passage, document.text) and opens_before(passage, document.text):
            return Outcome(Kind.EXTRACTOR_CHANGED, f"{what}, which confirms the quote")
        if self._stored.confirms(passage):
            return Outcome(Kind.EXTRACTOR_CHANGED, f"{what}; the text stored in the index confirms the quote")
        found = f"{what}, which does not give the quote there, and {self._stored.why_not}"
        return Outcome(Kind.UNCHECKED, found, f"audit where {was} is installed, or bring the run up to date")

    def _premise_stands(self, document: Document, passage: Passage, leads: dict[int, str]) -> bool:
        if passage.joined is not None:
            return joins(passage, document.text)
        if passage.body == passage.quote:
            return True
        lead = leads.get(passage.start)
        if lead and passage.body == without_surrogates(f"{lead} {passage.quote}"):
            return True
        cut_as_then = self._terms is not None and self._terms.same_splitter
        return not cut_as_then and opens_before(passage, document.text)

    def _leads(self, document: Document, quoted: list[Quoted]) -> dict[int, str]:
        """The sentences before those whose premises open with one; no other block of the document is cut."""
        starts = [
            one.passage.start for one in quoted if one.passage.body != one.passage.quote and not one.passage.joined
        ]
        if not starts or self._terms is None:
            return {}
        blocks = document.blocks
        if not any(block.sentence is not None for block in blocks):
            at = {number for start in starts if (number := _block_at(blocks, start)) is not None}
            blocks = tuple(blocks[number] for number in sorted(at))
        part = replace(document, blocks=blocks)
        return sentences_before(part, split(part, language=self._terms.language))

    def _lost(self, file: SourceFile, problems: list[Problem], on_finding: Callable[[Finding], None]) -> None:
        """Tell of the quoted documents that a file did not give."""
        broken = next((problem for problem in problems if problem.name == file.name), None)
        if broken is not None or file.kind in ONE_DOCUMENT:
            on_finding(self._whole_file(Kind.UNREADABLE, file.name, _why(broken), broken.fix if broken else ""))
        else:
            told = f" (the first that cannot be read: {problems[0]})" if problems else ""
            for number, doc_id in self._quotes.unseen(file.name):
                outcome = Outcome(Kind.DOCUMENT_GONE, f"the file holds no such document any more{told}", self._mend)
                on_finding(self._finding(file.name, doc_id, outcome, self._quotes.of(number)))
        self._quotes.give_up(file.name)

    def _missing(self, path: str) -> Finding:
        """Why a file was not read at all."""
        if self._root is None:
            found = "the run does not say where its corpus is"
            return self._whole_file(Kind.UNCHECKED, path, found, "name it with --corpus")
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
        problem = self._quotes.problem(*above)
        if problem is not None:
            return self._whole_file(Kind.UNREADABLE, path, _why(problem), problem.fix)
        problem = self._quotes.problem(self._root, str(Path(self._root).resolve()))
        if problem is not None and self._root.startswith(HUB_PREFIX):
            return self._whole_file(Kind.UNREADABLE, path, _why(problem), problem.fix)
        found = problem.found if problem else f"is not in the corpus {self._root} any more"
        return self._whole_file(Kind.FILE_GONE, path, found, f"name where it is now with --corpus, {self._mend}")

    def _whole_file(self, kind: Kind, path: str, found: str, fix: str) -> Finding:
        return Finding(kind, path, found, fix, path=path, claims=self._quotes.claims_of_file(path))


def _why(problem: Problem | None) -> str:
    return f"cannot be read: {problem.found}" if problem else "cannot be read"


def _details(document: Document, passage: Passage) -> Outcome | None:
    """What else a passage says of its source, and the source does not."""
    source, at = passage.source, _block_at(document.blocks, passage.start)
    for name, said, is_so in (
        ("title", source.title, document.title),
        ("address", source.url, document.url),
        ("date", source.date, document.date),
        ("page", passage.page, None if at is None else document.blocks[at].page),
    ):
        if said != (without_surrogates(is_so) if isinstance(is_so, str) else is_so):
            found = f"its {name} is given as {excerpt(str(said))}, it is {excerpt(str(is_so))}"
            return Outcome(Kind.DETAILS, found, _ALTERED)
    return None


def _block_at(blocks: tuple[Block, ...], place: int) -> int | None:
    """The number of the block that a place of the text is in; blocks are in text order."""
    at = bisect_right(blocks, place, key=lambda block: block.start) - 1
    return at if at >= 0 and place < blocks[at].end else None
