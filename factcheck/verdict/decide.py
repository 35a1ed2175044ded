"""The rule that turns judged passages into a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from factcheck.errors import ConfigError
from factcheck.types import Claim, Evidence, EvidenceFrom, Hit, Label, NLIScores, Reason, Stance, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds on the NLI probabilities; a passage at or above one takes that stance.

    Raises:
        ConfigError: A threshold is not a probability of at least one half.
    """

    support: float
    contradict: float

    def __post_init__(self) -> None:
        for name, value in (("support", self.support), ("contradict", self.contradict)):
            if not 0.5 <= value <= 1:  # below one half a passage could take both stances
                raise ConfigError(name, f"{value} is not a threshold", "use a probability from 0.5 to 1")

    def stance(self, scores: NLIScores) -> Stance:
        """What one passage says; exactly one half on both sides counts as support."""
        if scores.entailment >= self.support:
            return Stance.SUPPORTS
        if scores.contradiction >= self.contradict:
            return Stance.CONTRADICTS
        return Stance.NEUTRAL

    def decide(self, claim: Claim, judged: Sequence[tuple[Hit, NLIScores]], *, evidence_from: EvidenceFrom) -> Verdict:
        """The verdict on a claim; the order of `judged` does not matter.

        Support and contradiction are each the largest probability over the passages. Passages of both stances make the
        claim CONFLICTING where they come from different documents; within one document the stronger one decides. The
        evidence is sorted: what the verdict stands on first, strongest first.
        """
        evidence = [Evidence(hit, scores, self.stance(scores)) for hit, scores in judged]
        label = _label(evidence)
        ranked = tuple(sorted(evidence, key=lambda item: _rank(item, label)))
        support = max((item.scores.entailment for item in evidence), default=0.0)
        contradiction = max((item.scores.contradiction for item in evidence), default=0.0)
        score = {
            Label.SUPPORTED: support,
            Label.CONTRADICTED: contradiction,
            Label.CONFLICTING: min(support, contradiction),
            Label.NOT_ENOUGH_INFO: round(1 - max(support, contradiction), 6),
        }[label]
        return Verdict(
            claim=claim,
            label=label,
            score=score,
            reason=_reason(label, evidence),
            evidence_from=evidence_from,
            evidence=ranked,
        )


def _label(evidence: Sequence[Evidence]) -> Label:
    supports = [item for item in evidence if item.stance is Stance.SUPPORTS]
    contradicts = [item for item in evidence if item.stance is Stance.CONTRADICTS]
    if not supports and not contradicts:
        return Label.NOT_ENOUGH_INFO
    if not contradicts:
        return Label.SUPPORTED
    if not supports:
        return Label.CONTRADICTED
    if any(_documents(one) - _documents(other) for one in supports for other in contradicts):
        return Label.CONFLICTING
    support = max(item.scores.entailment for item in supports)
    contradiction = max(item.scores.contradiction for item in contradicts)
    return Label.SUPPORTED if support >= contradiction else Label.CONTRADICTED


def _documents(item: Evidence) -> set[str]:
    """Ids of the documents that print this sentence; copies of one source are one."""
    return {item.passage.source.doc_id, *(copy.source.doc_id for copy in item.hit.copies)}


def _reason(label: Label, evidence: Sequence[Evidence]) -> Reason:
    if label is not Label.NOT_ENOUGH_INFO:
        return Reason.EVIDENCE
    if not evidence:
        return Reason.NO_PASSAGE_FOUND
    leaning = any(item.scores.neutral < max(item.scores.entailment, item.scores.contradiction) for item in evidence)
    return Reason.BELOW_THRESHOLD if leaning else Reason.ONLY_NEUTRAL


def _rank(item: Evidence, label: Label) -> tuple[bool, float, str, int, int, float, float]:
    """Sort key: passages with the verdict's stance, then by strength, then by place; the last makes it total."""
    wanted = {
        Label.SUPPORTED: {Stance.SUPPORTS},
        Label.CONTRADICTED: {Stance.CONTRADICTS},
        Label.CONFLICTING: {Stance.SUPPORTS, Stance.CONTRADICTS},
        Label.NOT_ENOUGH_INFO: set[Stance](),
    }[label]
    strength = max(item.scores.entailment, item.scores.contradiction)
    return (item.stance not in wanted, -strength, *_place(item), item.scores.neutral, item.scores.contradiction)


def _place(item: Evidence) -> tuple[str, int, int]:
    passage = item.passage
    return (passage.source.doc_id, passage.start, passage.end)
