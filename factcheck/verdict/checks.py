"""What the words of claim and passage say beside the model, and what that makes of the model's probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from factcheck.types import JSON, Check, Claim, Finding, NLIScores, Passage, Reason
from factcheck.wording import opposition, qualified, quantity, relayed
from factcheck.wording.checkable import not_checkable
from factcheck.wording.cues import ASKED
from factcheck.wording.language import foreign
from factcheck.wording.parts import ClaimPart, parts_of

OPPOSED = 0.9
"""The share of the neutral probability that becomes contradiction where a figure surely opposes the claim."""

REASONS: Mapping[Check, Reason] = {
    Check.QUANTITY: Reason.QUANTITY_MISMATCH,
    Check.NEGATION: Reason.QUANTITY_MISMATCH,
    Check.QUANTIFIER: Reason.QUANTITY_MISMATCH,
    Check.RELAYED: Reason.RELAYED,
    Check.QUALIFIED: Reason.QUALIFIED,
    Check.LANGUAGE: Reason.ONLY_NEUTRAL,  # the claim's own language has a reason of its own
}
_BOTH_SIDES = frozenset([Check.RELAYED, Check.QUALIFIED, Check.LANGUAGE])  # neither support nor contradiction


@dataclass(frozen=True, slots=True)
class Checks:
    """Which looks at the words take part in a verdict, none unless said; all but the language are of English alone."""

    quantities: bool = False
    cues: bool = False
    parts: bool = False
    screen: bool = False
    languages: tuple[str, ...] = ()  # those that the model reads; a text is not looked at for it where none is named

    @classmethod
    def of(cls, values: Mapping[str, JSON]) -> Self:
        """The checks that settings ask for."""
        english = values["language"] == "en"
        named, check_all = values["languages"], bool(values["check_all"])
        languages = [*named] if isinstance(named, list | tuple) and named else [values["language"]]
        return cls(
            quantities=english and bool(values["quantities"]),
            cues=english and bool(values["cues"]),
            parts=english and bool(values["parts"]),
            screen=english and not check_all,
            languages=() if check_all else tuple(map(str, languages)),
        )

    def refuses(self, claim: Claim) -> tuple[Reason, str] | None:
        """Why a claim is not judged at all, and of what kind it is; None where it is.

        A pronoun that the claim does not explain may be explained by the sources that it brings or names.
        """
        if self.languages and (language := foreign(claim.text, self.languages)):
            return Reason.LANGUAGE_NOT_SUPPORTED, language
        kind = not_checkable(claim.text) if self.screen else None
        if kind == "pronoun" and (claim.contexts or claim.doc_ids):
            return None
        return (Reason.NOT_CHECKABLE, kind) if kind else None

    def parts_of(self, claim: str) -> tuple[ClaimPart, ...]:
        """The parts of a claim that are judged for themselves; none where it is judged whole only."""
        return _parts_of(claim) if self.parts else ()

    def findings(self, claim: str, passage: Passage) -> tuple[Finding, ...]:
        """What the words of a passage say against taking its probabilities at their word."""
        found: list[Finding] = []
        if self.languages and (language := foreign(passage.quote, self.languages)):
            found.append(Finding(Check.LANGUAGE, language, f"the passage is in {language}"))
        if self.quantities:
            found += [*quantity.check(claim, passage), *opposition.check(claim, passage)]
        if self.cues and (companion := passage.companion):  # each sentence for itself; spans are those of the quote
            found += _cues(claim, replace(passage, premise=passage.quote, joined=None))
            others = _cues(claim, companion)
            found += [replace(one, passage=None) for one in others if one.kind != ASKED]  # the other may be its answer
        elif self.cues:
            found += _cues(claim, passage)
        return tuple(found)


def _cues(claim: str, passage: Passage) -> tuple[Finding, ...]:
    return (*relayed.check(claim, passage), *qualified.check(claim, passage))


def weighed(scores: NLIScores, findings: Sequence[Finding]) -> NLIScores:
    """Probabilities after the findings.

    A passage that only relays the claim, restricts it, or cannot be read is neutral, unless it denies the claim in its
    own voice. Else a finding that opposes the claim turns entailment and most of neutral into contradiction, and any
    other one entailment into neutral.
    """
    if not findings:
        return scores
    denied = any(finding.opposes and finding.check is Check.RELAYED for finding in findings)
    if not denied and any(finding.check in _BOTH_SIDES for finding in findings):
        return NLIScores(0.0, 1.0, 0.0)
    if any(finding.opposes for finding in findings):
        moved = round(scores.entailment + OPPOSED * scores.neutral, 6)
        opposed = min(1.0, round(scores.contradiction + moved, 6))
        return NLIScores(0.0, round(1 - opposed, 6), opposed)
    return NLIScores(0.0, round(scores.entailment + scores.neutral, 6), scores.contradiction)


@lru_cache(maxsize=4096)
def _parts_of(claim: str) -> tuple[ClaimPart, ...]:
    return parts_of(claim)
