"""From weighed passages to an answer: by thresholds or by a fitted combination, in time, and part by part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from factcheck.types import Evidence, Judged, Label, NLIScores, Reason, Stance
from factcheck.verdict import periods
from factcheck.verdict.combine import Combination, Weighing
from factcheck.wording.parts import ClaimPart


@dataclass(frozen=True, slots=True)
class Item:
    """A passage with its weighed probabilities."""

    evidence: Evidence
    scores: NLIScores
    at: int = 0  # its place among the passages of the claim, strongest first

    @property
    def strength(self) -> float:
        """The larger of its two sides."""
        return max(self.scores.entailment, self.scores.contradiction)


@dataclass(frozen=True, slots=True)
class Answer:
    """A label with the passages it stands on, and its score; `weighing` is what a fitted combination made of all."""

    label: Label
    grounds: tuple[Item, ...]
    score: float
    reason: Reason = Reason.EVIDENCE
    detail: str = ""
    weighing: Weighing | None = None


def by_thresholds(items: Sequence[Item]) -> Answer:
    """The answer of passages, strongest first, whose stances are those of thresholds.

    Each side is its strongest passage. Both make a conflict where they come from different documents, and the weaker
    side of the strongest such pair is the score; within one document the stronger passage decides.
    """
    supports = [item for item in items if item.evidence.stance is Stance.SUPPORTS]
    contradicts = [item for item in items if item.evidence.stance is Stance.CONTRADICTS]
    if pair := _conflict(supports, contradicts):
        return Answer(Label.CONFLICTING, tuple(pair), min(item.strength for item in pair))
    if not supports and not contradicts:
        strongest = max((item.strength for item in items), default=1.0)
        return Answer(Label.NOT_ENOUGH_INFO, (), 1 - strongest)
    ground = min([*supports[:1], *contradicts[:1]], key=lambda item: -item.strength)
    return Answer(_label(ground), (ground,), ground.strength)


def by_combination(text: str, items: Sequence[Item], combination: Combination) -> Answer:
    """The answer of passages to a claim, or part of one, with this text, by a combination that was fitted."""
    weighing = combination.weigh(text, [Judged(item.evidence.hit, item.scores) for item in items])
    grounds = tuple(items[at] for at in (weighing.supports, weighing.contradicts) if at is not None)
    return Answer(weighing.label, grounds, weighing.score if items else 0.0, weighing=weighing)


def in_time(answer: Answer, claim_date: str | None, items: Sequence[Item]) -> Answer:
    """A conflict with its times looked at: the claim's date chooses a side, or what differs in time is said to.

    Among all passages with a stance, of documents with a date, those that held at the claim's date choose, if they are
    of one side and the others have the other one.
    """
    if answer.label is not Label.CONFLICTING:
        return answer
    one, other = (item.evidence.passage for item in answer.grounds)
    if claim_date and (chosen := _held(claim_date, items)):
        ground, rival = chosen
        times = periods.dates(ground.evidence.passage, rival.evidence.passage)
        detail = f"of {times}, for {claim_date}"
        return replace(answer, label=_label(ground), grounds=(ground,), score=ground.strength, detail=detail)
    if periods.differ(one, other):
        return replace(answer, reason=Reason.CHANGED_OVER_TIME, detail=periods.dates(one, other))
    return answer


def _held(claim_date: str, items: Sequence[Item]) -> tuple[Item, Item] | None:
    """The strongest passage of the side that held at a date, and the strongest dated one of the other side."""
    dated = [item for item in items if item.evidence.stance is not Stance.NEUTRAL and item.evidence.passage.source.date]
    held = [dated[at] for at in periods.holding(claim_date, [item.evidence.passage for item in dated])]
    if len({item.evidence.stance for item in held}) != 1:
        return None
    rivals = [item for item in dated if item.evidence.stance is not held[0].evidence.stance]
    return (held[0], rivals[0]) if rivals else None  # both in order of strength


EACH_PART = "each part for itself"
ABOUT_PART = "about “"
"""How the detail of a verdict begins that was decided by parts."""


def with_parts(whole: Answer, parts: Sequence[Answer], pieces: Sequence[ClaimPart]) -> Answer:
    """The answer to a claim from those to the whole of it and to its parts, which may be none."""
    labels = [part.label for part in parts]
    if not parts or whole.label is Label.SUPPORTED:
        return whole
    for label in (Label.CONFLICTING, Label.CONTRADICTED):
        if label in labels:
            part, piece = parts[labels.index(label)], pieces[labels.index(label)]
            return replace(part, detail=part.detail or f"{ABOUT_PART}{piece.text}”", weighing=whole.weighing)
    if whole.label is not Label.NOT_ENOUGH_INFO or Label.SUPPORTED not in labels:
        return whole
    if set(labels) == {Label.SUPPORTED}:
        grounds = {part.grounds[0].at: part.grounds[0] for part in parts}
        score = min(part.score for part in parts)
        return replace(whole, label=Label.SUPPORTED, grounds=tuple(grounds.values()), score=score, detail=EACH_PART)
    pairs = zip(pieces, labels, strict=True)
    still_open = "; ".join(f"“{piece.text}”" for piece, label in pairs if label is not Label.SUPPORTED)
    return replace(whole, reason=Reason.PARTLY_SUPPORTED, detail=f"open: {still_open}")


def _label(ground: Item) -> Label:
    return Label.SUPPORTED if ground.evidence.stance is Stance.SUPPORTS else Label.CONTRADICTED


def _conflict(supports: list[Item], contradicts: list[Item]) -> list[Item]:
    """The strongest support and contradiction that come from different documents, stronger first, or nothing."""
    pairs = [
        [one, other]
        for one in supports
        for other in contradicts
        if _documents(one) - _documents(other) or _documents(other) - _documents(one)
    ]
    return max(pairs, key=lambda pair: min(item.strength for item in pair), default=[])


def _documents(item: Item) -> set[str]:
    """Ids of the documents that print this sentence; copies of one source are one."""
    hit = item.evidence.hit
    return {hit.passage.source.doc_id, *(copy.source.doc_id for copy in hit.copies)}
