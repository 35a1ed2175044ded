"""The rule that turns judged passages into a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from factcheck.errors import ConfigError
from factcheck.types import Claim, Evidence, EvidenceFrom, Hit, Label, NLIScores, Reason, Stance, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds on the NLI probabilities; a passage at or above one takes that stance.

    `clear` and `quiet` say when a verdict is settled, see `settles`: with stages 4 and 10, on 2,259 claims, 11 % of the
    pairs are saved and 0.2 % of the verdicts flip; `benchmarks/stages.py --margins` tries others.

    Raises:
        ConfigError: A threshold is not a probability of at least one half.
    """

    support: float
    contradict: float
    clear: float = 0.1
    quiet: float = 0.3

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

    def decide(
        self,
        claim: Claim,
        judged: Sequence[tuple[Hit, NLIScores]],
        *,
        evidence_from: EvidenceFrom,
        unjudged: int = 0,
    ) -> Verdict:
        """The verdict on a claim; the order of `judged` does not matter.

        Support and contradiction are each the largest probability over the passages. Passages of both stances make the
        claim CONFLICTING where they come from different documents, and the weaker side of the strongest such pair is
        the score; within one document the stronger passage decides. The evidence is sorted: what the verdict stands on
        first (both sides of a conflict), then by strength. The score of NOT ENOUGH INFO is one minus the strongest
        passage, and 0 where there is none. `unjudged` is for the record only.
        """
        evidence = sorted((Evidence(hit, scores, self.stance(scores)) for hit, scores in judged), key=_by_strength)
        supports = [item for item in evidence if item.stance is Stance.SUPPORTS]
        contradicts = [item for item in evidence if item.stance is Stance.CONTRADICTS]
        grounds = _conflict(supports, contradicts) or min([supports[:1], contradicts[:1]], key=_by_first)
        label = _label(grounds)
        rest = [item for item in evidence if all(item is not ground for ground in grounds)]
        ranked = grounds + sorted(rest, key=lambda item: _rank(item, label))
        score = min(map(_strength, grounds)) if grounds else 1 - max(map(_strength, evidence), default=1.0)
        return Verdict(
            claim=claim,
            label=label,
            score=round(score, 6),
            reason=_reason(label, evidence),
            evidence_from=evidence_from,
            evidence=tuple(ranked),
            unjudged=unjudged,
        )

    def settles(self, verdict: Verdict) -> bool:
        """Whether a verdict of this rule would hardly be another if more passages of lower rank were judged.

        CONFLICTING surely stays: passages can be added to a conflict, but none takes it away. SUPPORTED and
        CONTRADICTED are settled where the strongest passage has gone the share `clear` of the way from its threshold
        to 1, and no passage has reached more than the share `quiet` of the other side's threshold: 0.55 and 0.15 for
        thresholds of one half. NOT ENOUGH INFO is open, whatever the scores.
        """
        if verdict.label in {Label.CONFLICTING, Label.NOT_ENOUGH_INFO}:
            return verdict.label is Label.CONFLICTING
        support = max(item.scores.entailment for item in verdict.evidence)
        contradiction = max(item.scores.contradiction for item in verdict.evidence)
        if verdict.label is Label.SUPPORTED:
            return self._is_clear(support, self.support) and contradiction <= self.quiet * self.contradict
        return self._is_clear(contradiction, self.contradict) and support <= self.quiet * self.support

    def _is_clear(self, strongest: float, threshold: float) -> bool:
        return strongest >= threshold + self.clear * (1 - threshold)


def _conflict(supports: list[Evidence], contradicts: list[Evidence]) -> list[Evidence]:
    """The strongest support and contradiction that come from different documents, or nothing."""
    pairs = [
        [one, other]
        for one in supports
        for other in contradicts
        if _documents(one) - _documents(other) or _documents(other) - _documents(one)
    ]
    return max(pairs, key=lambda pair: min(map(_strength, pair)), default=[])


def _label(grounds: Sequence[Evidence]) -> Label:
    stances = {item.stance for item in grounds}
    if len(stances) > 1:
        return Label.CONFLICTING
    if Stance.SUPPORTS in stances:
        return Label.SUPPORTED
    return Label.CONTRADICTED if stances else Label.NOT_ENOUGH_INFO


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


def _strength(item: Evidence) -> float:
    return max(item.scores.entailment, item.scores.contradiction)


def _by_strength(item: Evidence) -> tuple[float, str, int, int, float, float]:
    """Sort key: strongest first, then by place; the probabilities make it total."""
    passage, scores = item.passage, item.scores
    return (-_strength(item), passage.source.doc_id, passage.start, passage.end, scores.neutral, scores.contradiction)


def _by_first(items: Sequence[Evidence]) -> tuple[float, ...]:
    """Sort key of the two sides: the stronger one first, an empty one last."""
    return (-_strength(items[0]),) if items else (0.0,)


def _rank(item: Evidence, label: Label) -> bool:
    """Sort key of the rest: what says the same as the verdict before what does not; strength is kept within."""
    said = {Label.SUPPORTED: {Stance.SUPPORTS}, Label.CONTRADICTED: {Stance.CONTRADICTS}}
    return item.stance not in said.get(label, {Stance.SUPPORTS, Stance.CONTRADICTS})
