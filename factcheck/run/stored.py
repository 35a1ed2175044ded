"""What a ledger holds, row by row and not yet made sense of: for an audit, which takes none of it on trust."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_FAULTS = 100
_CLAIMS = """
SELECT claims.position, id, record, label, score, confidence, reason, evidence_from, unjudged,
    detail, parts
FROM claims LEFT JOIN verdicts ON verdicts.edition = ? AND verdicts.position = claims.position ORDER BY claims.position
"""
_EVIDENCE = "SELECT rank, doc_id, stance, record FROM evidence WHERE edition = ? AND position = ? ORDER BY rank"


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """One row of evidence; SQLite keeps whatever was written to it, so the types are what they should be."""

    rank: int
    doc_id: str
    stance: str
    record: str


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """One row of verdicts with its rows of evidence, by rank."""

    label: str
    score: float
    confidence: float | None
    reason: str
    evidence_from: str
    unjudged: int
    detail: str
    parts: str  # as JSON
    evidence: tuple[StoredEvidence, ...]


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """One row of claims, and of verdicts where it has one."""

    position: int
    id: str
    record: str
    verdict: StoredVerdict | None


def stored_claims(db: sqlite3.Connection, edition: int) -> Iterator[StoredClaim]:
    """All claims in order, streamed, each with its verdict of an edition."""
    for position, claim_id, record, label, *rest in db.execute(_CLAIMS, (edition,)):
        verdict = None
        if label is not None:
            score, confidence, reason, evidence_from, unjudged, detail, parts = rest
            evidence = tuple(StoredEvidence(*row) for row in db.execute(_EVIDENCE, (edition, position)))
            verdict = StoredVerdict(label, score, confidence, reason, evidence_from, unjudged, detail, parts, evidence)
        yield StoredClaim(position, claim_id, record, verdict)


def faults(db: sqlite3.Connection) -> list[str]:
    """What is wrong with the file itself, else with rows that belong to others that are not there; empty if nothing is.

    Reads the whole file.
    """
    try:
        found = [str(line) for (line,) in db.execute(f"PRAGMA integrity_check({_MOST_FAULTS})")]
    except sqlite3.DatabaseError as error:  # too damaged to be looked through
        return [str(error)]
    if found != ["ok"]:
        return found
    orphans = Counter((table, parent) for table, _, parent, _ in db.execute("PRAGMA foreign_key_check"))
    return [f"{count:,} rows of {table} without their {parent}" for (table, parent), count in orphans.items()]
