"""Decisions of an earlier run, carried to the claims of another with the same text."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Assign, Decide, Event, Reviews, Undo, read_events
from factcheck.types import Claim


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it, in acts of reviewers, and in claims."""

    new: int
    known: int  # carried before
    claims: int  # of this run, with acts from the other
    unmatched: int  # of the other run, with acts, whose text this run does not have
    stale: int  # claims of this run whose decisions rest on other evidence, so that they need re-review


def carry(old: Path | str, reviews: Reviews) -> Carried:
    """Store what reviewers did in an earlier run on every claim of this one that says the same, word for word.

    An act keeps its reviewer and time, and a decision what it saw: it holds only where the evidence is the same now,
    and is queued for re-review elsewhere. A decision also says which run it comes from, and then counts as no random
    draw of this one. Who was to review a claim is not carried. Done again, it stores only what is new.

    Raises:
        RunError: There is no run in the other folder, or this one cannot be written.
    """
    old = Path(old)
    acts = [event for event in read_events(old) if not isinstance(event.act, Assign)]
    with Ledger(old) as ledger:
        texts = {claim_id: claim.text for claim_id, claim in _claims(ledger, {event.claim_id for event in acts})}
    with Ledger(reviews.folder) as ledger:
        ids = _ids(ledger.claims(), set(texts.values()))
    origin = old.absolute().name
    carried = [
        _carried(event, claim_id, at, origin)
        for event in acts
        for at, claim_id in enumerate(ids.get(texts[event.claim_id], ()))
    ]
    new, known = reviews.merge(carried)
    there = {event.claim_id for event in carried}
    unmatched = sum(text not in ids for text in texts.values())
    return Carried(new, known, len(there), unmatched, sum(bool(reviews.of(claim_id).stale) for claim_id in there))


def _claims(ledger: Ledger, ids: Iterable[str]) -> Iterator[tuple[str, Claim]]:
    for claim_id in ids:
        claim = ledger.claim(claim_id)
        if claim is not None:
            yield claim_id, claim


def _ids(claims: Iterable[Claim], texts: set[str]) -> dict[str, list[str]]:
    """The ids of the claims with one of these texts, by text, in claim order."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        if claim.text in texts:
            found.setdefault(claim.text, []).append(claim.id)
    return found


def _carried(event: Event, claim_id: str, at: int, origin: str) -> Event:
    """The act on the claim that stands at a place among those with its text; the first one keeps the act's id."""
    act = event.act
    if isinstance(act, Decide):
        act = replace(act, drawn=f"carried:{origin}:{act.drawn}")
    elif isinstance(act, Undo):
        act = Undo(_id(act.event, at))
    return Event(claim_id, event.reviewer, act, event.time, _id(event.id, at))


def _id(event_id: str, at: int) -> str:
    return event_id if at == 0 else hashlib.sha256(f"{event_id}:{at}".encode()).hexdigest()[:32]
