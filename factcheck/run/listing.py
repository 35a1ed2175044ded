"""The verdicts of a run as a list to work through: filtered, in an order that stays, a page at a time.

All of it is done by the database, so that a page of a hundred thousand verdicts costs what a page costs.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from factcheck.errors import RunError
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.run.reviews import Status
from factcheck.types import EvidenceFrom, Label, Reason

# What needs a human first: sources that disagree, then decisive verdicts, then passages that nearly decided.
_RANK = f"""
CASE WHEN label = '{Label.CONFLICTING}' THEN 0 WHEN label = '{Label.CONTRADICTED}' THEN 1
WHEN label = '{Label.SUPPORTED}' THEN 2 WHEN reason = '{Reason.BELOW_THRESHOLD}' THEN 3 ELSE 4 END
"""
_LEAST_SURE = "coalesce(confidence, score)"


class Order(StrEnum):
    """In which order verdicts are listed; ties in claim order."""

    URGENT = "urgent"  # what needs a human first, and there the least sure first
    CLAIM = "claim"  # as in the claims file
    SUREST = "surest"
    LEAST_SURE = "least sure"


_ORDERS = {
    Order.URGENT: (_RANK, _LEAST_SURE),
    Order.CLAIM: ("''", "''"),  # a constant; a number would name a column
    Order.SUREST: ("''", f"-{_LEAST_SURE}"),
    Order.LEAST_SURE: ("''", _LEAST_SURE),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which verdicts are listed: those that fit everything that is named."""

    label: Label | None = None
    reason: Reason | None = None
    status: Status | None = None
    assigned: str = ""
    document: str = ""  # id of a document among the passages that were judged
    text: str = ""  # of the claim; letters of ASCII in either case
    least: float | None = None  # score, or confidence where there is one
    most: float | None = None
    order: Order = Order.URGENT


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    position: int  # of the claim in the run, from 0
    claim_id: str
    text: str
    label: Label
    score: float
    confidence: float | None
    reason: Reason
    evidence_from: EvidenceFrom
    status: Status
    reviewed: Label | None  # the reviewers' verdict, where they agree
    assigned: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A document that a run quotes, with how many passages of it were judged, and how many of them took a stance."""

    doc_id: str
    passages: int
    leaning: int


class Listing:
    """Lists of one run, read as it is published at each call; safe to use from one thread at a time.

    Raises:
        RunError: There is no run in the folder.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        with Ledger(folder):  # refuses a folder without a run, and a torn or foreign one
            pass
        uri = f"{(self.folder / LEDGER).absolute().as_uri()}?mode=ro"
        self._db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def page(self, wanted: Filter, *, offset: int = 0, limit: int = 50) -> list[Row]:
        """Some of the verdicts that fit, in order."""
        return self._rows(wanted, "", (), f"LIMIT {int(limit)} OFFSET {int(offset)}")

    def counts(self, wanted: Filter) -> dict[Label, int]:
        """How many verdicts of each label fit, all labels named."""
        where, values = self._where(wanted)
        query = f"SELECT label, count(*) {self._from(wanted)} {where} GROUP BY label"
        counted = dict(self._db.execute(query, values).fetchall())
        return {label: counted.get(label.value, 0) for label in Label}

    def statuses(self, wanted: Filter, *, total: int | None = None) -> dict[Status, int]:
        """How many verdicts of each status fit, whatever status is asked for; `total` is of all, where it is known."""
        wanted = replace(wanted, status=None)
        found = dict.fromkeys(Status, 0)
        total = sum(self.counts(wanted).values()) if total is None else total
        if self._has_reviews():
            where, values = self._where(wanted)
            claims = "JOIN claims USING (position)" if wanted.text else ""
            query = f"SELECT status, count(*) FROM reviews JOIN verdicts USING (position) {claims} {where} GROUP BY 1"  # noqa: S608
            found |= {Status(status): count for status, count in self._db.execute(query, values)}
        found[Status.UNREVIEWED] += total - sum(found.values())
        return found

    def histogram(self, wanted: Filter, *, bins: int = 10) -> dict[Label, list[int]]:
        """For each label how many verdicts that fit have a score (or confidence) in each of `bins` equal parts."""
        where, values = self._where(wanted)
        bin_of = f"min(CAST({_LEAST_SURE} * {int(bins)} AS INTEGER), {int(bins) - 1})"
        query = f"SELECT label, {bin_of}, count(*) {self._from(wanted)} {where} GROUP BY 1, 2"
        found = {label: [0] * bins for label in Label}
        for label, at, count in self._db.execute(query, values):
            found[Label(label)][at] = count
        return found

    def row(self, position: int) -> Row:
        """The line of one claim.

        Raises:
            RunError: There is no such claim, or no verdict on it yet.
        """
        rows = self._rows(Filter(), "AND position = ?", (position,), "")
        if not rows:
            raise RunError(self.folder, f"has no verdict number {position}", "name one of the list")
        return rows[0]

    def neighbour(self, wanted: Filter, position: int, *, back: bool = False) -> Row | None:
        """The next verdict that fits after this one, or before it; it need not fit itself, any more."""
        first, second = _ORDERS[wanted.order]
        edition = self._edition()
        here = self._db.execute(
            f"SELECT {first}, {second} FROM verdicts WHERE edition = ? AND position = ?",  # noqa: S608
            (edition, position),
        ).fetchone()
        if here is None:
            return None
        beyond = f"AND ({first}, {second}, position) {'<' if back else '>'} (?, ?, ?)"
        found = self._rows(wanted, beyond, (*here, position), "LIMIT 1", back=back)
        return found[0] if found else None

    def positions(self) -> dict[Label, list[int]]:
        """The positions of all verdicts by label, all labels named, each in claim order."""
        found: dict[Label, list[int]] = {label: [] for label in Label}
        query = "SELECT label, position FROM verdicts WHERE edition = ? ORDER BY position"
        for label, position in self._db.execute(query, (self._edition(),)):
            found[Label(label)].append(position)
        return found

    def assignees(self) -> list[str]:
        """Everybody whom a claim is assigned to, by name."""
        if not self._has_reviews():
            return []
        query = "SELECT DISTINCT assigned FROM reviews WHERE assigned <> '' ORDER BY assigned"
        return [name for (name,) in self._db.execute(query)]

    def documents(self) -> list[Quoted]:
        """The documents among the passages that were judged, those with most stances first."""
        query = """
            SELECT doc_id, count(*), sum(stance <> 'neutral') FROM evidence WHERE edition = ?
            GROUP BY doc_id ORDER BY 3 DESC, 2 DESC, doc_id
        """
        return [Quoted(*row) for row in self._db.execute(query, (self._edition(),))]

    def source(self, doc_id: str) -> dict[str, Any] | None:
        """The evidence record of some passage of a document, which tells its title and path; None where none is."""
        query = "SELECT record FROM evidence WHERE edition = ? AND doc_id = ? LIMIT 1"
        row = self._db.execute(query, (self._edition(), doc_id)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def quotes(self, doc_id: str) -> list[tuple[int, str, dict[str, Any]]]:
        """Position and id of the claim and the evidence record of every passage of a document, in text order."""
        query = """
            SELECT position, claims.id, evidence.record FROM evidence JOIN claims USING (position)
            WHERE edition = ? AND doc_id = ?
        """
        rows = [
            (position, claim_id, json.loads(record))
            for position, claim_id, record in self._db.execute(query, (self._edition(), doc_id))
        ]
        return sorted(rows, key=lambda row: (row[2]["start"], row[2]["end"], row[0]))

    def _edition(self) -> int:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'edition'").fetchone()
        return 1 if row is None else int(json.loads(row[0]))

    def _has_reviews(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'reviews'").fetchone() is not None

    def _from(self, wanted: Filter) -> str:
        """The tables that the condition asks."""
        claims = "JOIN claims USING (position)" if wanted.text else ""
        return f"FROM verdicts {claims} {self._reviewed() if wanted.status is not None or wanted.assigned else ''}"

    def _reviewed(self) -> str:
        """The join that tells how far the review of a claim is."""
        reviews = "reviews" if self._has_reviews() else "(SELECT 0 position, '' status, '' label, '' assigned LIMIT 0)"
        columns = "position, status, label AS reviewed, assigned"
        return f"LEFT JOIN (SELECT {columns} FROM {reviews}) USING (position)"  # noqa: S608

    def _rows(self, wanted: Filter, more: str, values: Sequence[Any], end: str, *, back: bool = False) -> list[Row]:
        where, named = self._where(wanted)
        turned = " DESC" if back else ""
        order = ", ".join(f"{column}{turned}" for column in (*_ORDERS[wanted.order], "position"))
        query = f"""
            SELECT position, claims.id, json_extract(record, '$.text'), label, score, confidence, reason, evidence_from,
            coalesce(status, 'unreviewed'), reviewed, coalesce(assigned, '')
            FROM (SELECT edition, position {self._from(wanted)} {where} {more} ORDER BY {order} {end})
            JOIN verdicts USING (edition, position) JOIN claims USING (position) {self._reviewed()} ORDER BY {order}
        """  # noqa: S608 (what is sorted is narrow; the rest is fetched for what is shown alone)
        return [_row(found) for found in self._db.execute(query, (*named, *values))]

    def _where(self, wanted: Filter) -> tuple[str, list[Any]]:
        """The condition, and what is bound in it."""
        edition = self._edition()
        parts: list[str] = ["edition = ?"]
        values: list[Any] = [edition]
        for part, value in (
            ("verdicts.label = ?", wanted.label),
            ("reason = ?", wanted.reason),
            ("coalesce(status, 'unreviewed') = ?", wanted.status),
            ("assigned = ?", wanted.assigned or None),
            (f"{_LEAST_SURE} >= ?", wanted.least),
            (f"{_LEAST_SURE} <= ?", wanted.most),
        ):
            if value is not None:
                parts.append(part)
                values.append(value.value if isinstance(value, StrEnum) else value)
        if wanted.text:
            parts.append("json_extract(record, '$.text') LIKE ? ESCAPE '!'")
            values.append(f"%{_plain(wanted.text)}%")
        if wanted.document:
            parts.append("position IN (SELECT position FROM evidence WHERE edition = ? AND doc_id = ?)")
            values += [edition, wanted.document]
        return "WHERE " + " AND ".join(parts), values


def _plain(text: str) -> str:
    """A text in which no character is a wildcard."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _row(found: tuple[Any, ...]) -> Row:
    position, claim_id, text, label, score, confidence, reason, origin, status, reviewed, assigned = found
    return Row(
        position=position,
        claim_id=claim_id,
        text=text,
        label=Label(label),
        score=score,
        confidence=confidence,
        reason=Reason(reason),
        evidence_from=EvidenceFrom(origin),
        status=Status(status),
        reviewed=None if reviewed is None else Label(reviewed),
        assigned=assigned,
    )
