"""What an audit finds, and its totals."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from factcheck.formats.records import to_json
from factcheck.types import JSON

_CLAIMS_SHOWN = 6
_EXCERPT = 80  # code points


class Kind(StrEnum):
    """What is wrong, in one word a program can filter on."""

    LEDGER = "ledger"  # the ledger is not whole
    RECORD = "record"  # a stored claim or passage is not what any run writes
    VERDICT = "verdict"  # it does not follow from the evidence stored with it
    QUOTE = "quote"  # the source is that of the run and says something else there
    PREMISE = "premise"  # more was shown to the model than the quote, the sentence before and the title
    LATER = "later"  # evidence of a document that is dated later than the run's `as_of`
    DETAILS = "details"  # the source is that of the run and has another title, address, date or page
    SOURCE_CHANGED = "source_changed"  # the source is not that of the run any more
    DOCUMENT_GONE = "document_gone"  # the file, or the claim, holds no such document
    FILE_GONE = "file_gone"
    UNREADABLE = "unreadable"
    UNCHECKED = "unchecked"  # the source is that of the run, and nothing is left to read as the run read it
    EXTRACTOR_CHANGED = "extractor_changed"  # read otherwise now than in the run, and the quote was confirmed

    @property
    def fails(self) -> bool:
        """Whether the run does not hold."""
        return self is not Kind.EXTRACTOR_CHANGED


class Standing(StrEnum):
    """Where a quote is found in a source that changed."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, of one file, document or claim, with all claims that it touches.

    `path` is empty for a context that a claim brought, and for what is found in the ledger alone. `spans` are those of
    the quotes concerned; a finding about a whole file or verdict has none.
    """

    kind: Kind
    where: str
    found: str
    fix: str = ""
    path: str = ""
    doc_id: str = ""
    standing: Standing | None = None
    spans: tuple[tuple[int, int], ...] = ()
    claims: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [_count(len(self.spans), "quote")] if len(self.spans) > 1 else []
        if self.claims:
            shown = ", ".join(self.claims[:_CLAIMS_SHOWN])
            more = f" … {len(self.claims):,} in all" if len(self.claims) > _CLAIMS_SHOWN else ""
            parts.append(f"claim{'s' if len(self.claims) > 1 else ''} {shown}{more}")
        touched = f" ({'; '.join(parts)})" if parts else ""
        return f"{self.where}: {self.found}" + (f"; {self.fix}" if self.fix else "") + touched

    def to_json(self) -> str:
        """The finding as one line of JSON."""
        return to_json(
            {
                "record": "finding",
                "kind": self.kind.value,
                "fails": self.kind.fails,
                "where": self.where,
                "found": self.found,
                "fix": self.fix,
                "path": self.path,
                "doc_id": self.doc_id,
                "standing": self.standing.value if self.standing else None,
                "spans": [list(span) for span in self.spans],
                "claims": list(self.claims),
            }
        )


@dataclass(slots=True)
class AuditReport:
    """What was looked at, and how many findings of each kind there are.

    `passages` are all that verdicts list, copies too; `quotes` are the different ones among those of the corpus.
    """

    folder: Path
    finished: bool = False
    claims: int = 0
    verdicts: int = 0
    passages: int = 0
    brought: int = 0  # passages of contexts that claims brought
    quotes: int = 0
    documents: int = 0  # read again
    files: int = 0  # read again
    seconds: float = 0
    findings: Counter[Kind] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        """Whether nothing was found that fails."""
        return not any(kind.fails for kind in self.findings)

    def __str__(self) -> str:
        read = [f"{_count(self.documents, 'document')} in {_count(self.files, 'file')}"] if self.quotes else []
        read += [f"{_count(self.brought, 'passage')} of contexts"] if self.brought else []
        lines = [
            f"{_count(self.passages, 'passage')} of {_count(self.verdicts, 'verdict')}, "
            + (f"checked against {' and '.join(read)}, " if read else "")
            + f"{self.seconds:.1f} s"
        ]
        if not self.finished:
            lines.append(f"the run is not finished: {self.verdicts:,} of {self.claims:,} claims have a verdict")
        kinds = ", ".join(f"{count:,} {kind.value}" for kind, count in sorted(self.findings.items()))
        if not kinds:
            lines.append("everything holds")
        elif self.holds:
            lines.append(f"everything holds; {kinds}")
        else:
            lines.append(f"{_count(self.findings.total(), 'finding')}: {kinds}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """The totals as one line of JSON."""
        findings: dict[str, JSON] = {kind.value: count for kind, count in sorted(self.findings.items())}
        return to_json(
            {
                "record": "report",
                "run": str(self.folder),
                "holds": self.holds,
                "finished": self.finished,
                "claims": self.claims,
                "verdicts": self.verdicts,
                "passages": self.passages,
                "brought": self.brought,
                "quotes": self.quotes,
                "documents": self.documents,
                "files": self.files,
                "seconds": round(self.seconds, 3),
                "findings": findings,
            }
        )


def excerpt(text: str) -> str:
    """A text in quotes, on one line, its middle left out where it is long."""
    text = " ".join(text.split())
    if len(text) > _EXCERPT:
        text = f"{text[: _EXCERPT // 2]} … {text[-_EXCERPT // 2 :]}"
    return f"'{text}'"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
