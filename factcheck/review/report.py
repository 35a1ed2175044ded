"""A run as one HTML file that works from the disk: no server, no network, nothing beside it.

What it shows of claims and documents stands in blocks of JSON, which are no code and are parsed when they are shown;
its script puts them on the page as text. Decisions that are made in it are saved as a file of review events.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from factcheck import __version__
from factcheck.errors import FactcheckError
from factcheck.formats.records import place, to_json
from factcheck.formats.reviewed import About, Reviewed, review_record
from factcheck.formats.rows import Source
from factcheck.review.marks import differing, pieces
from factcheck.review.words import REASONS
from factcheck.run.reviews import seen_evidence
from factcheck.types import JSON, Evidence, Label, Reason, Stance, Verdict

if TYPE_CHECKING:
    from jinja2 import Template

MOST: Final = 100_000  # claims; see `docs/formats-out.md` for how large a file that is, and how long it takes to open

_BLOCK: Final = 100  # claims that are parsed together
_PASSAGES: Final = 5  # of each stance that are shown
_PLAIN: Final = 100  # claims that are listed where a browser runs no script
_HERE: Final = Path(__file__).parent
_MARKUP: Final = re.compile("[<>&]")


def write_report(source: Source, stream: IO[bytes], about: About) -> int:
    """Write the file; gives back how many claims it has. Memory holds a block and what lists are made of.

    Raises:
        FactcheckError: There are more claims than a browser opens well.
    """
    index = _Index()
    style, script = _asset("app.css") + _asset("report.css"), _asset("report.js")
    blocks = _blocks(source(), about, index)
    parts = _template().generate(
        name=about.name,
        policy=_policy(style, script),
        style=_raw(style),
        script=_raw(script),
        plain=[_plain(verdict) for verdict in islice(source(), _PLAIN)],
        most=_PLAIN,
        blocks=map(_raw, blocks),
        index=lambda: _raw(_data(index.record(about))),  # when all blocks are written
        version=__version__,
    )
    for part in parts:
        stream.write(part.encode())
    return len(index.ids)


@dataclass(frozen=True, slots=True)
class _Index:
    """What the list is made of, a value for each claim, and the documents by their number."""

    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)
    urgent: list[int] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    reviewed: list[int] = field(default_factory=list)  # the reviewers' verdict, -1 where they have none
    documents: dict[tuple[str, str, str | None, str | None], int] = field(default_factory=dict)

    def add(self, verdict: Verdict, review: Reviewed | None) -> None:
        """Put a claim at the end of the list."""
        if len(self.ids) == MOST:
            fix = "`factcheck review RUN` shows any number; --verdict CONFLICTING,CONTRADICTED writes some of them"
            raise FactcheckError("--to html", f"there are more than {MOST:,} claims, too many for one page", fix)
        sure = verdict.score if verdict.confidence is None else verdict.confidence
        self.ids.append(verdict.claim.id)
        self.texts.append(verdict.claim.text)
        self.labels.append(_LABELS[verdict.label])
        self.sure.append(round(sure, 4))
        self.urgent.append(_urgency(verdict))
        self.statuses.append(review.status if review else "unreviewed")
        self.reviewed.append(_LABELS[review.label] if review and review.label else -1)

    def document(self, item: Evidence) -> int:
        """The number of a passage's document."""
        source = item.passage.source
        key = (source.title, source.path or f"context {source.doc_id}", source.url, source.date)
        return self.documents.setdefault(key, len(self.documents))

    def record(self, about: About) -> dict[str, JSON]:
        """All of it, as the script reads it."""
        return {
            "name": about.name,
            "key": about.key,
            "block": _BLOCK,
            "labels": [label.value for label in Label],
            "ids": list(self.ids),
            "texts": list(self.texts),
            "label": list(self.labels),
            "sure": list(self.sure),
            "urgent": list(self.urgent),
            "status": list(self.statuses),
            "reviewed": list(self.reviewed),
            "documents": [list(document) for document in self.documents],
        }


_LABELS: Final = {label: at for at, label in enumerate(Label)}


def _urgency(verdict: Verdict) -> int:
    """What needs a human first is 0: sources that disagree, decisive verdicts, sentences that nearly decided."""
    order = (Label.CONFLICTING, Label.CONTRADICTED, Label.SUPPORTED)
    if verdict.label in order:
        return order.index(verdict.label)
    return 3 if verdict.reason is Reason.BELOW_THRESHOLD else 4


def _blocks(verdicts: Iterable[Verdict], about: About, index: _Index) -> Iterator[str]:
    """The claims as JSON, some in each block."""
    records: list[JSON] = []
    for verdict in verdicts:
        review = about.review(verdict) if about.review else None
        index.add(verdict, review)
        records.append(_claim(verdict, review, index))
        if len(records) == _BLOCK:
            yield _data(records)
            records = []
    if records:
        yield _data(records)


def _claim(verdict: Verdict, review: Reviewed | None, index: _Index) -> dict[str, JSON]:
    """What is shown of a claim when it is opened; keys that say nothing are left out."""
    wrong = review.wrong if review else ()
    items: list[tuple[Evidence, dict[str, JSON]]] = [
        (item, {"wrong": True} if at in wrong else {}) for at, item in enumerate(verdict.evidence)
    ]
    items += [(item, {"added": True}) for item in (review.added if review else ())]
    shown = _shown(items)
    record: dict[str, JSON] = {
        "saw": seen_evidence(verdict),
        "score": round(verdict.score, 4),
        "confidence": None if verdict.confidence is None else round(verdict.confidence, 4),
        "reason": REASONS[verdict.reason].word + (f": {verdict.detail}" if verdict.detail else ""),
        "place": verdict.claim.place,
        "date": verdict.claim.date,
        "more": len(items) - len(shown),
        "evidence": [_evidence(item, index) | marks for item, marks in shown],
    }
    if review and (review.opinions or review.notes or review.assigned):
        kept = ("status", "verdict", "reviewers", "notes", "assigned")
        record["review"] = {name: value for name, value in review_record(review).items() if name in kept}
    return {name: value for name, value in record.items() if value not in (None, "", 0, [])}


def _shown(items: list[tuple[Evidence, dict[str, JSON]]]) -> list[tuple[Evidence, dict[str, JSON]]]:
    """The first few of each stance; neutral ones only where there is nothing else."""
    by_stance = {stance: [item for item in items if item[0].stance is stance][:_PASSAGES] for stance in Stance}
    leaning = by_stance[Stance.SUPPORTS] + by_stance[Stance.CONTRADICTS]
    return leaning or by_stance[Stance.NEUTRAL]


def _evidence(item: Evidence, index: _Index) -> dict[str, JSON]:
    passage, scores = item.passage, item.scores
    before, after = passage.around
    found = f"{before}{passage.quote}{after}" == passage.premise
    marks = differing(passage.quote, [one.passage for one in item.findings])
    record: dict[str, JSON] = {
        "document": index.document(item),
        "quote": [piece.text for piece in pieces(passage.quote, marks)],
        "differs": [at for at, piece in enumerate(pieces(passage.quote, marks)) if piece.kind],
        "findings": [[one.check.value, one.detail] for one in item.findings],
        "before": before if found else "",
        "after": after if found else "",
        "read": "" if found else passage.premise,
        "page": passage.page,
        "span": [passage.start, passage.end],
        "stance": item.stance.value,
        "scores": [round(score, 3) for score in (scores.entailment, scores.neutral, scores.contradiction)],
        "copies": [place(copy) for copy in item.hit.copies],
    }
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def _plain(verdict: Verdict) -> dict[str, str]:
    best = verdict.evidence[0] if verdict.evidence else None
    decisive = best is not None and verdict.label is not Label.NOT_ENOUGH_INFO
    return {
        "claim": verdict.claim.text,
        "verdict": verdict.label.value,
        "quote": best.passage.quote if best and decisive else "",
        "place": place(best.passage) if best and decisive else "",
    }


def _data(value: JSON) -> str:
    """JSON that cannot end the element it stands in."""
    return _MARKUP.sub(lambda sign: f"\\u{ord(sign[0]):04x}", to_json(value))


def _policy(style: str, script: str) -> str:
    """What the browser may do: this script, this style, and nothing else; no request, no other code, no forms."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _asset(name: str) -> str:
    return (_HERE / "static" / name).read_text("utf-8")


def _raw(text: str) -> Any:  # noqa: ANN401 (markupsafe is there where jinja2 is)
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(text)  # noqa: S704 - our own files, and JSON without < > &


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 (export starts quickly without)

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
