"""Verdicts as rows of a table: which columns it has, what stands in them, and what a spreadsheet must not run."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from factcheck.errors import FactcheckError
from factcheck.formats.records import passage_record, place, to_json, verdict_record
from factcheck.formats.reviewed import Review, Reviewed
from factcheck.types import JSON, Claim, Evidence, Label, Stance, Verdict

Source: TypeAlias = Callable[[], Iterable[Verdict]]
"""Verdicts that can be read more than once: each call gives them anew."""

# The columns after those of the input, in order.
_COLUMNS: Final = (
    "id",
    "claim",
    "claim_start",
    "claim_end",
    "verdict",
    "score",
    "confidence",
    "reason",
    "detail",
    "evidence_from",
    "judged",
    "found",
    "stance",
    "quote",
    "source",
    "path",
    "page",
    "start",
    "end",
    "date",
    "url",
    "copies",
    "counter_quote",
    "counter_source",
    "counter_path",
    "counter_page",
)
_REVIEW_COLUMNS: Final = ("review_status", "review_verdict", "reviewers", "review_notes")

# What a spreadsheet runs: a cell that starts, spaces aside, with one of = + - @ (or their full-width forms), and a
# cell that starts with a tab or a line end. A plain number starts with a sign and is harmless.
_RUNS: Final = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001 - the full-width signs are meant
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def table(verdicts: Iterable[Verdict]) -> Iterator[dict[str, JSON]]:
    """Verdicts as rows by column name, the columns of a csv file with the values as they are, nothing disarmed.

    Holds all verdicts, since the last may bring a column.
    """
    held = list(verdicts)
    columns = Table.of(held)
    header = columns.header
    for verdict in held:
        yield dict(zip(header, columns.row(verdict), strict=True))


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table: those of the input in the order they first came, then ours.

    `id` and `claim` are left out where an input column of that name says the same in every row, the claim's span where
    no claim has one. A name that the input has taken gets the prefix `factcheck_`. The columns of the review are there
    where `review` is.
    """

    inputs: Mapping[str, None]
    ours: tuple[str, ...]
    review: Review | None = None

    @classmethod
    def of(cls, verdicts: Iterable[Verdict], review: Review | None = None) -> "Table":
        """The table that holds these verdicts; it keeps the names of the columns only."""
        inputs: dict[str, None] = {}
        unsaid: set[str] = set()
        for verdict in verdicts:
            inputs.update(dict.fromkeys(verdict.claim.input))
            unsaid |= _unsaid(verdict.claim)
        spare = {"claim_start", "claim_end"} | ({"id", "claim"} & inputs.keys())
        ours = tuple(name for name in _COLUMNS if name not in spare - unsaid)
        return cls(inputs, ours + (_REVIEW_COLUMNS if review else ()), review)

    @property
    def header(self) -> list[str]:
        """The names of all columns."""
        taken = {name.casefold() for name in self.inputs}  # ours are lower case
        header = list(self.inputs)
        for column in self.ours:
            name = column
            while name in taken:
                name = f"factcheck_{name}"
            header.append(name)
        return header

    def row(self, verdict: Verdict) -> list[JSON]:
        """The values of all columns.

        Raises:
            FactcheckError: The input has a column that the table does not know.
        """
        given, findings = verdict.claim.input, _findings(verdict)
        if not given.keys() <= self.inputs.keys():
            raise FactcheckError("export", "the verdicts changed while they were read", "export them again")
        if self.review:
            findings |= _review(self.review(verdict))
        return [*(given.get(name) for name in self.inputs), *(findings.get(name) for name in self.ours)]


def plain(value: JSON) -> bool | int | float | str | None:
    """A value as a cell can show it: lists and objects as JSON, no value where a number is not finite."""
    if isinstance(value, list | dict):
        return to_json(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def guarded(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would run it."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def _unsaid(claim: Claim) -> set[str]:
    """The columns about a claim that its input does not stand in for."""
    spans = {"claim_start", "claim_end"} if claim.start is not None or claim.end is not None else set()
    texts = {"id": claim.id, "claim": claim.text}
    return spans | {name for name, text in texts.items() if str(claim.input.get(name)).split() != text.split()}


def _findings(verdict: Verdict) -> dict[str, JSON]:
    """One verdict as a row: what it stands on first, and the strongest passage of the other side where there is one."""
    record = verdict_record(verdict)
    best = verdict.evidence[0] if verdict.evidence else None
    counter = _counter(verdict)
    here = passage_record(best.passage) if best else {}
    there = passage_record(counter.passage) if counter else {}
    record |= {name: here.get(name) for name in ("quote", "path", "page", "start", "end", "date", "url")}
    record |= {f"counter_{name}": there.get(name) for name in ("quote", "path", "page")}
    return record | {
        "stance": best.stance.value if best else None,
        "source": here.get("title"),
        "counter_source": there.get("title"),
        "copies": "; ".join(place(copy) for copy in best.hit.copies) if best else None,
    }


def _review(review: Reviewed) -> dict[str, JSON]:
    """The review of one verdict as cells."""
    return {
        "review_status": review.status,
        "review_verdict": None if review.label is None else review.label.value,
        "reviewers": "; ".join(f"{opinion.reviewer} ({opinion.label.value})" for opinion in review.opinions) or None,
        "review_notes": "\n".join(f"{note.reviewer}: {note.text}" for note in review.notes) or None,
    }


def _counter(verdict: Verdict) -> Evidence | None:
    """The strongest evidence of a conflict that says the opposite of what comes first."""
    if verdict.label is not Label.CONFLICTING:
        return None
    first, *others = verdict.evidence
    return next(item for item in others if item.stance not in {first.stance, Stance.NEUTRAL})
