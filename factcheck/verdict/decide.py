"""The rule that turns judged passages into a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from factcheck.errors import ConfigError
from factcheck.types import (
    JSON,
    Claim,
    Evidence,
    EvidenceFrom,
    Judged,
    Label,
    NLIScores,
    Part,
    Reason,
    Stance,
    Verdict,
)
from factcheck.verdict.answers import Answer, Item, by_combination, by_thresholds, in_time, with_parts
from factcheck.verdict.calibration import Budget, Calibration
from factcheck.verdict.checks import REASONS, Checks, weighed
from factcheck.verdict.combine import Combination
from factcheck.wording.parts import ClaimPart

SETTINGS = (
    *("support", "contradict", "calibration", "max_error", "delta"),
    *("quantities", "cues", "parts", "check_all", "language", "languages"),
)
"""What of a run's identity makes its rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds on the NLI probabilities, and the checks of words that these go through before.

    `clear` and `quiet` say when a verdict is settled, see `settles`: with stages 4 and 10, on 2,259 claims, 11 % of the
    pairs are saved and 0.2 % of the verdicts flip; `benchmarks/stages.py --margins` tries others.

    Raises:
        ConfigError: A threshold is not a probability of at least one half.
    """

    support: float
    contradict: float
    checks: Checks = field(default_factory=Checks)
    calibration: Calibration | None = None
    budget: Budget | None = None
    clear: float = 0.1
    quiet: float = 0.3

    def __post_init__(self) -> None:
        for name, value in (("support", self.support), ("contradict", self.contradict)):
            if not 0.5 <= value <= 1:  # below one half a passage could take both stances
                raise ConfigError(name, f"{value} is not a threshold", "use a probability from 0.5 to 1")

    @classmethod
    def of(cls, identity: Mapping[str, JSON]) -> Self:
        """The rule of a run with this identity.

        Raises:
            KeyError, TypeError, ValueError: A value of `SETTINGS` is missing, or is none.
        """
        support, contradict = identity["support"], identity["contradict"]
        if not isinstance(support, int | float) or not isinstance(contradict, int | float):
            raise TypeError(f"thresholds {support!r} and {contradict!r}")
        record, max_error, delta = identity["calibration"], identity["max_error"], identity["delta"]
        calibration = Calibration.of(record) if isinstance(record, Mapping) else None
        budget = None
        if calibration is not None and isinstance(max_error, int | float) and isinstance(delta, int | float):
            budget = calibration.budget(max_error, delta) if max_error else None
        return cls(support, contradict, Checks.of(identity), calibration, budget)

    def stance(self, scores: NLIScores) -> Stance:
        """What probabilities say, once they are weighed; exactly one half on both sides counts as support."""
        if self.calibration is not None:
            return self._fitted.stance(scores)
        if scores.entailment >= self.support:
            return Stance.SUPPORTS
        if scores.contradiction >= self.contradict:
            return Stance.CONTRADICTS
        return Stance.NEUTRAL

    def texts(self, claim: Claim) -> list[str]:
        """What passages are judged against: the claim, then its parts; nothing where it is refused."""
        if self.checks.refuses(claim):
            return []
        return [claim.text, *(part.text for part in self.checks.parts_of(claim.text))]

    def read(self, claim: Claim, one: Judged) -> Evidence:
        """A judged passage with what its words say, and the stance that follows."""
        return self._weigh(claim, one).evidence

    def decide(
        self, claim: Claim, judged: Sequence[Judged], *, evidence_from: EvidenceFrom, unjudged: int = 0
    ) -> Verdict:
        """The verdict on a claim; the order of `judged` does not matter.

        The probabilities of each passage are first weighed by what its words say (`factcheck.verdict.checks`). Then
        support and contradiction of the claim are what the calibration makes of all passages, or without one the
        largest over them. Both sides, from different documents, make it CONFLICTING; within one document the stronger
        decides. Where the claim has a date, of a conflict between different times the side decides that held then;
        without one the reason is `changed_over_time`.

        A claim of several parts, judged for each, is SUPPORTED too where each part is, CONTRADICTED where a passage
        contradicts a part, and CONFLICTING only where sources disagree about the same part; with some parts supported
        and the others open the reason is `partly_supported`.

        The evidence is sorted: what the verdict stands on first (both sides of a conflict; of a claim left open because
        of what words say, the passages that say it), then by strength. The score is that of the (weaker) side, of NOT
        ENOUGH INFO one minus the stronger side, and 0 where nothing was judged. With a budget, a verdict that is not
        sure enough for it becomes NOT ENOUGH INFO. `unjudged` is for the record only. A claim that `checks` refuse is
        given no passages, and the refusal is its verdict.
        """
        refused = None if judged else self.checks.refuses(claim)
        if refused is not None:
            reason, detail = refused
            return Verdict(claim, Label.NOT_ENOUGH_INFO, 0.0, reason, evidence_from, unjudged=unjudged, detail=detail)
        weighed_items = sorted((self._weigh(claim, one) for one in judged), key=_by_strength)
        items = [replace(item, at=at) for at, item in enumerate(weighed_items)]
        pieces = [piece for piece in self.checks.parts_of(claim.text) if items]
        pieces = pieces if all(len(item.evidence.parts) == len(pieces) for item in items) else []
        answers = [self._part_answer(claim, items, at, piece) for at, piece in enumerate(pieces)]
        answer = with_parts(self._answer(claim.text, claim.date, items), answers, pieces)
        if answer.label is Label.NOT_ENOUGH_INFO and answer.reason is Reason.EVIDENCE:
            answer = self._why_open(answer, items)
        grounds = {item.at: item.evidence.stance for item in answer.grounds}  # that of a part where it decides
        first = [replace(items[at].evidence, stance=stance) for at, stance in grounds.items()]
        rest = sorted((item for item in items if item.at not in grounds), key=lambda item: _rank(item, answer.label))
        places = {at: place for place, at in enumerate([*grounds, *(item.at for item in rest)])}
        verdict = Verdict(
            claim=claim,
            label=answer.label,
            score=round(answer.score, 6),
            reason=answer.reason,
            evidence_from=evidence_from,
            evidence=(*first, *(item.evidence for item in rest)),
            confidence=self._confidence(answer, evidence_from),
            unjudged=unjudged,
            detail=answer.detail,
            parts=_parts(pieces, answers, places),
        )
        return self._within_budget(verdict)

    def _within_budget(self, verdict: Verdict) -> Verdict:
        """The verdict, or where its confidence is too low for the error budget, none."""
        open_already = verdict.label is Label.NOT_ENOUGH_INFO
        if self.budget is None or open_already or self.budget.keeps(verdict.confidence):
            return verdict
        sure = "unknown" if verdict.confidence is None else f"{verdict.confidence:g}"
        detail = f"{verdict.label} with confidence {sure}; {self.budget.confidence:g} is needed"
        return replace(verdict, label=Label.NOT_ENOUGH_INFO, reason=Reason.ABOVE_ERROR_BUDGET, detail=detail)

    def settles(self, verdict: Verdict) -> bool:
        """Whether a verdict of this rule would hardly be another if more passages of lower rank were judged.

        CONFLICTING stays where the claim has neither parts nor a date: passages can be added to a conflict, none takes
        it away. With a calibration nothing is settled, since all passages take part. SUPPORTED and CONTRADICTED are
        settled where the strongest passage has gone the share `clear` of the way from its threshold
        to 1, and no passage has reached more than the share `quiet` of the other side's threshold: 0.55 and 0.15 for
        thresholds of one half. NOT ENOUGH INFO is open, whatever the scores.
        """
        if self.calibration is not None or verdict.label is Label.NOT_ENOUGH_INFO:
            return False
        if verdict.label is Label.CONFLICTING:
            return not verdict.parts and not verdict.claim.date
        scores = [weighed(item.scores, item.findings) for item in verdict.evidence]
        support = max(one.entailment for one in scores)
        contradiction = max(one.contradiction for one in scores)
        if verdict.label is Label.SUPPORTED:
            return self._is_clear(support, self.support) and contradiction <= self.quiet * self.contradict
        return self._is_clear(contradiction, self.contradict) and support <= self.quiet * self.support

    def _is_clear(self, strongest: float, threshold: float) -> bool:
        return strongest >= threshold + self.clear * (1 - threshold)

    def _weigh(self, claim: Claim, one: Judged) -> Item:
        findings = self.checks.findings(claim.text, one.hit.passage)
        scores = weighed(one.scores, findings)
        return Item(Evidence(one.hit, one.scores, self.stance(scores), findings, one.parts), scores)

    def _answer(self, text: str, date: str | None, items: Sequence[Item]) -> Answer:
        """The answer to a claim, or part of one, from its passages, strongest first."""
        answer = by_thresholds(items) if self.calibration is None else by_combination(text, items, self._fitted)
        return in_time(answer, date, items)

    def _part_answer(self, claim: Claim, items: Sequence[Item], at: int, piece: ClaimPart) -> Answer:
        """The answer to a part.

        A passage contradicts a part only where it contradicts the whole claim too and supports no other part of it, or
        where its words surely oppose the part: models take sentences about something else for contradictions.
        """
        found: list[Item] = []
        for item in items:
            findings = self.checks.findings(piece.text, item.evidence.passage)
            scores = weighed(item.evidence.parts[at], findings)
            others = {self.stance(other) for other in (*item.evidence.parts[:at], *item.evidence.parts[at + 1 :])}
            holds = self.stance(item.scores) is Stance.CONTRADICTS and Stance.SUPPORTS not in others
            opposes = any(finding.opposes for finding in findings)
            if self.stance(scores) is Stance.CONTRADICTS and not holds and not opposes:
                scores = NLIScores(0.0, 1.0, 0.0)
            found.append(Item(replace(item.evidence, stance=self.stance(scores)), scores, item.at))
        return self._answer(piece.text, claim.date, sorted(found, key=_by_strength))

    def _confidence(self, answer: Answer, evidence_from: EvidenceFrom) -> float | None:
        """The probability that the label is right; None where no calibration holds for such evidence or such an answer.

        A calibration is fitted on claims as a whole, so it says nothing of what parts or a claim's date decided.
        """
        if self.calibration is None or answer.weighing is None or evidence_from not in self.calibration.evidence_from:
            return None
        if answer.label is not answer.weighing.label:
            return None
        return self._fitted.confidence(answer.weighing, answer.label)

    def _why_open(self, answer: Answer, items: Sequence[Item]) -> Answer:
        """A NOT ENOUGH INFO with its reason: what took away the strongest stance where something did.

        Its grounds are then the passages that a stance was taken from, so that what `detail` speaks of is shown first.
        """
        if not items:
            return replace(answer, reason=Reason.NO_PASSAGE_FOUND)
        taken = [
            item for item in items if item.evidence.findings and self.stance(item.evidence.scores) is not Stance.NEUTRAL
        ]
        if taken:
            taken.sort(key=_raw, reverse=True)
            finding = taken[0].evidence.findings[0]
            return replace(answer, grounds=tuple(taken), reason=REASONS[finding.check], detail=finding.detail)
        leaning = any(item.scores.neutral < item.strength for item in items)
        return replace(answer, reason=Reason.BELOW_THRESHOLD if leaning else Reason.ONLY_NEUTRAL)

    @property
    def _fitted(self) -> Combination:
        assert self.calibration is not None
        return self.calibration.combination


def _parts(pieces: Sequence[ClaimPart], answers: Sequence[Answer], places: Mapping[int, int]) -> tuple[Part, ...]:
    """The parts of a claim with their answers; `places` is where each passage stands in the verdict."""
    return tuple(
        Part(
            piece.start,
            piece.end,
            piece.text,
            answer.label,
            tuple(sorted(places[ground.at] for ground in answer.grounds)),
        )
        for piece, answer in zip(pieces, answers, strict=True)
    )


def _raw(item: Item) -> float:
    """The larger side of a passage before its words were looked at."""
    return max(item.evidence.scores.entailment, item.evidence.scores.contradiction)


def _by_strength(item: Item) -> tuple[float, str, int, int, float, float, str]:
    """Sort key: strongest first, then by place; the probabilities make it total."""
    passage, scores = item.evidence.passage, item.scores
    place = (passage.source.doc_id, passage.start, passage.end)
    return (-item.strength, *place, scores.neutral, scores.contradiction, passage.premise)


def _rank(item: Item, label: Label) -> bool:
    """Sort key of the rest: what says the same as the verdict before what does not; strength is kept within."""
    said = {Label.SUPPORTED: {Stance.SUPPORTS}, Label.CONTRADICTED: {Stance.CONTRADICTS}}
    return item.evidence.stance not in said.get(label, {Stance.SUPPORTS, Stance.CONTRADICTS})
