"""What changed between two runs, or between two editions of one: verdicts that flipped, and why.

Claims are matched by id, and read one at a time: memory holds no more of a million claims than of ten.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from factcheck.formats.records import to_line
from factcheck.jobs.causes import Cause, Difference, Inputs, differences, explain
from factcheck.run.ledger import Ledger
from factcheck.run.manifest import MANIFEST
from factcheck.run.stored import StoredVerdict
from factcheck.types import JSON, Label, NLIScores, Verdict

_FACTS = {  # of a manifest: what was computed on, not when or how much; an identity calls other things model, processor
    "factcheck": "factcheck",
    "model": "model name",
    "machine": "machine",
    "versions": "versions",
    "threads": "threads",
}
_MACHINE = frozenset({"processor", "numeric_class", "versions"})  # what another machine may differ in, of an identity
_LISTED = 5  # claims named of those that are not compared


@dataclass(frozen=True, slots=True)
class Flip:
    """A claim whose verdict has another label than before, and why."""

    claim_id: str
    text: str
    before: Label
    after: Label
    cause: Cause

    def record(self) -> dict[str, JSON]:
        """The flip as a JSON object, which `Flip.of` reads."""
        return {
            "id": self.claim_id,
            "claim": self.text,
            "before": self.before.value,
            "after": self.after.value,
            "cause": self.cause.record(),
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The flip that `record` wrote."""
        return cls(
            claim_id=record["id"],
            text=record["claim"],
            before=Label(record["before"]),
            after=Label(record["after"]),
            cause=Cause.of(record["cause"]),
        )


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """How far apart the probabilities of one pair are, by the one that differs most."""

    by: float
    claim_id: str
    premise: str
    before: NLIScores
    after: NLIScores


@dataclass(frozen=True, slots=True)
class Unmatched:
    """How many claims have no counterpart, and the first of them by id."""

    count: int = 0
    ids: tuple[str, ...] = ()

    def and_one(self, claim_id: str) -> "Unmatched":
        """One more of them."""
        return Unmatched(self.count + 1, (*self.ids, claim_id)[:_LISTED])


@dataclass(slots=True)
class Comparison:
    """Two runs beside each other.

    `compared` are the claims with the same id and text that have a verdict in both: `identical` in their export,
    flipped, or of the same label with something else about them.
    """

    before: Path
    after: Path
    identity: tuple[Difference, ...]  # what may have changed a verdict
    facts: tuple[Difference, ...]  # what cannot, and explains: machine and versions, where a manifest tells
    compared: int = 0
    identical: int = 0
    rescored: int = 0  # of the same label, where a pair that was judged in both has other probabilities
    other_passages: int = 0  # of the same label, where other passages were judged
    other_details: int = 0  # of the same label, where neither is so: retrieval scores, places, hashes, inputs
    labels: Counter[tuple[Label, Label]] = field(default_factory=Counter)  # before and after, of all compared
    largest: ScoreChange | None = None  # among all pairs of passage and claim that were judged in both
    only_before: Unmatched = Unmatched()
    only_after: Unmatched = Unmatched()
    reworded: Unmatched = Unmatched()  # same id, another text: another claim
    undecided: int = 0  # claims of both runs that lack a verdict in one of them
    same_order: bool = True

    @property
    def flipped(self) -> int:
        """How many verdicts have another label."""
        return sum(count for (before, after), count in self.labels.items() if before is not after)

    @property
    def is_identical(self) -> bool:
        """Whether the exports of both runs are equal, byte for byte."""
        others = self.only_before.count + self.only_after.count + self.reworded.count + self.undecided
        return self.same_order and not others and self.identical == self.compared

    @property
    def differs_in_machine_only(self) -> bool:
        """Whether the inputs of both runs are the same, and the processor is not."""
        names = {item.name.partition(".")[0] for item in self.identity}
        return "processor" in names and names <= _MACHINE

    @property
    def conclusion(self) -> str:
        """What it comes to, in a sentence."""
        if self.is_identical:
            return "the runs are identical, byte for byte in their export"
        flipped = f"{self.flipped:,} of {self.compared:,} verdicts flipped"
        if not self.differs_in_machine_only:
            return flipped
        apart = "no pair has other scores"
        if self.largest is not None:
            apart = f"the probabilities of a pair are at most {self.largest.by:g} apart"
        return f"the same inputs on two machines: {apart}, and {flipped}"

    def record(self) -> dict[str, JSON]:
        """The comparison as a JSON object."""
        largest = None if self.largest is None else asdict(self.largest)
        return {
            "before": str(self.before),
            "after": str(self.after),
            "identical": self.is_identical,
            "machine_only": self.differs_in_machine_only,
            "conclusion": self.conclusion,
            "identity": [asdict(item) for item in self.identity],
            "facts": [asdict(item) for item in self.facts],
            "claims": {
                "compared": self.compared,
                "identical": self.identical,
                "flipped": self.flipped,
                "rescored": self.rescored,
                "other_passages": self.other_passages,
                "other_details": self.other_details,
                "undecided": self.undecided,
                "only_before": self.only_before.count,
                "only_after": self.only_after.count,
                "reworded": self.reworded.count,
            },
            "labels": [
                {"before": before.value, "after": after.value, "claims": count}
                for (before, after), count in sorted(self.labels.items())
            ],
            "largest_score_change": largest,
        }


def flips(before: Ledger, after: Ledger) -> Iterator[Flip]:
    """The verdicts with another label, in claim order of `after`, each with its cause; read as they are asked for.

    Claims without a verdict on both sides, or with another text, are passed over.

    Args:
        before: The old run, or the old edition of a run.
        after: The new one.
    """
    inputs = _inputs(before), _inputs(after)
    for new in after.glances():
        old = before.glance(new.claim_id)
        if old is None or old.text != new.text or old.label is new.label:
            continue
        was, now = before.verdict(new.claim_id), after.verdict(new.claim_id)
        assert was is not None
        assert now is not None
        yield Flip(new.claim_id, new.text, old.label, new.label, explain(was, now, *inputs))


def compare(before: Ledger, after: Ledger) -> Comparison:
    """What differs between two runs, counted; reads both once.

    Runs of the same claims are walked in step; else claims are looked up by id.
    """
    identity = differences(_inputs(before).identity, _inputs(after).identity)
    facts = _differing_facts(before.folder, after.folder, identity)
    found = Comparison(before.folder, after.folder, identity, facts)
    if before.get("claims") == after.get("claims"):
        for old, new in zip(before.stored(), after.stored(), strict=True):
            if old.verdict is not None and old.verdict == new.verdict:
                _count_same(found, Label(old.verdict.label))
            else:
                _count(found, new.id, _stored(old.verdict), _stored(new.verdict))
        return found
    for claim in after.claims():
        other = before.claim(claim.id)
        if other is None:
            found.only_after = found.only_after.and_one(claim.id)
        elif other.text != claim.text:
            found.reworded = found.reworded.and_one(claim.id)
        else:
            was, now = before.verdict(claim.id), after.verdict(claim.id)
            sides = _decided(was), _decided(now)
            if was is not None and now is not None and sides[0] == sides[1] and to_line(was) == to_line(now):
                _count_same(found, now.label)
            else:
                _count(found, claim.id, *sides)
    for claim_id in _missing(before, after):
        found.only_before = found.only_before.and_one(claim_id)
    found.same_order = all(one == other for one, other in zip_longest(before.ids(), after.ids()))
    return found


def records(comparison: Comparison, before: Ledger, after: Ledger) -> Iterator[dict[str, JSON]]:
    """The comparison as JSON objects: each flip, each claim that has no counterpart, then the counts."""
    for flip in flips(before, after):
        yield {"record": "flip", **flip.record()}
    if before.get("claims") != after.get("claims"):
        lists = {"only_before": _missing(before, after), "only_after": _missing(after, before)}
        for name, ids in (lists | {"reworded": _reworded(before, after)}).items():
            for claim_id in ids:
                yield {"record": name, "id": claim_id}
    yield {"record": "report", **comparison.record()}


def _inputs(ledger: Ledger) -> Inputs:
    """What the verdicts of this edition were decided with."""
    published = ledger.edition == (ledger.get("edition") or 1)
    identity = ledger.get("identity" if published else "update")
    return Inputs(identity if isinstance(identity, dict) else {}, ledger.document)


def _facts(folder: Path) -> dict[str, JSON]:
    """What a manifest says that explains and changes nothing; nothing where there is none to be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    known = manifest.items() if isinstance(manifest, dict) else ()
    return {_FACTS[name]: value for name, value in known if name in _FACTS}


def _differing_facts(before: Path, after: Path, identity: Sequence[Difference]) -> tuple[Difference, ...]:
    """The facts that both record, that differ, and that the identity does not tell already."""
    told = {item.name for item in identity} | {"machine.instructions"}
    found = differences(_facts(before), _facts(after))
    return tuple(item for item in found if item.name not in told and None not in (item.before, item.after))


def _missing(before: Ledger, after: Ledger) -> Iterator[str]:
    """The ids of claims that only the first run has."""
    return (claim_id for claim_id in before.ids() if after.claim(claim_id) is None)


def _reworded(before: Ledger, after: Ledger) -> Iterator[str]:
    """The ids of claims whose texts differ."""
    for claim in after.claims():
        other = before.claim(claim.id)
        if other is not None and other.text != claim.text:
            yield claim.id


_Scores = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Side:
    """What is counted of one verdict; where its passages stand is left out, since an edit elsewhere shifts them."""

    label: Label
    scores: dict[str, _Scores]  # by premise: one pair has one score
    passages: Counter[tuple[str, str]]  # document and premise


def _stored(verdict: StoredVerdict | None) -> _Side | None:
    if verdict is None:
        return None
    records = [json.loads(item.record) for item in verdict.evidence]
    return _Side(
        Label(verdict.label),
        {item["premise"]: (item["entailment"], item["neutral"], item["contradiction"]) for item in records},
        Counter((item["doc_id"], item["premise"]) for item in records),
    )


def _decided(verdict: Verdict | None) -> _Side | None:
    if verdict is None:
        return None
    return _Side(
        verdict.label,
        {item.passage.premise: astuple(item.scores) for item in verdict.evidence},
        Counter((item.passage.source.doc_id, item.passage.premise) for item in verdict.evidence),
    )


def _count_same(found: Comparison, label: Label) -> None:
    """Count one claim whose records in both exports are equal."""
    found.compared += 1
    found.identical += 1
    found.labels[label, label] += 1


def _count(found: Comparison, claim_id: str, old: _Side | None, new: _Side | None) -> None:
    """Count one claim that both runs have, and whose records in the exports are not equal."""
    if old is None or new is None:
        found.undecided += 1
        return
    found.compared += 1
    found.labels[old.label, new.label] += 1
    rescored = [premise for premise, scores in new.scores.items() if old.scores.get(premise, scores) != scores]
    for premise in rescored:
        was, now = old.scores[premise], new.scores[premise]
        by = round(max(abs(a - b) for a, b in zip(was, now, strict=True)), 6)
        if found.largest is None or by > found.largest.by:
            found.largest = ScoreChange(by, claim_id, premise, NLIScores(*was), NLIScores(*now))
    if old.label is new.label:
        moved = old.passages != new.passages
        found.rescored += bool(rescored)
        found.other_passages += moved
        found.other_details += not rescored and not moved
