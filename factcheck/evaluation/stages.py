"""Where wrong verdicts were lost: on the way from the search to the rule, the first step that let go of the answer."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from factcheck.evaluation.gold import evidence_documents, evidence_sets, hit_covers
from factcheck.evaluation.labels import is_answered
from factcheck.evaluation.labels import is_right as is_right_label
from factcheck.evaluation.record import Case
from factcheck.types import Evidence, EvidenceFrom, GoldSentence, Label, NLIScores, Stance
from factcheck.verdict.checks import weighed


class Stage(StrEnum):
    """What lost a wrong claim, in the order of the work.

    A side is what the gold label wants of a passage: support for SUPPORTED, contradiction for CONTRADICTED, and for
    CONFLICTING both. The gold sentences of a side are those of the sets that bear out the gold label
    (`gold.evidence_sets`), but for sentences labelled with the other side; where a data set names documents alone, any
    passage of these will do. The gold passages of a side are the judged ones that cover one of its gold sentences,
    themselves or in a copy: one sentence of a set is enough. A side is lost at the last stage that one of its gold
    passages came to, and a claim at the first stage that lost a side of it.
    """

    WITHHELD = "withheld"  # no answer was given, on purpose (`labels.APART`)
    NOT_RETRIEVED = (
        "not_retrieved"  # passages were searched for, and no gold one was read: not found, or found and left unread
    )
    MISJUDGED = "misjudged"  # the most likely NLI class of every gold passage is another one
    THRESHOLD = "threshold"  # the class of a gold passage is right, and not likely enough to be its stance
    CHECK = "check"  # the class is right, but a finding on the words of the gold passage took from it
    AGGREGATION = "aggregation"  # a gold passage has the right stance; other passages, or parts of the claim, decided
    INVENTED = "invented"  # gold says NOT ENOUGH INFO, and a passage was called decisive
    UNKNOWN = "unknown"  # gold names no evidence, or, with gold passages given, none that is among them


@dataclass(frozen=True, slots=True)
class Lost:
    """A wrong verdict and its stage.

    `gold` is a gold sentence of the side that was lost; `found` is the gold passage of that side that came furthest;
    `decisive` is what a decisive verdict stands on, of a conflict the side that gold has not, else what leaned
    furthest. Each is None where there is none.
    """

    case: Case
    stage: Stage
    gold: GoldSentence | None = None
    found: Evidence | None = None
    decisive: Evidence | None = None


_SIDES: Final[Mapping[Label, tuple[Stance, ...]]] = {
    Label.SUPPORTED: (Stance.SUPPORTS,),
    Label.CONTRADICTED: (Stance.CONTRADICTS,),
    Label.CONFLICTING: (Stance.SUPPORTS, Stance.CONTRADICTS),
    Label.NOT_ENOUGH_INFO: (),
}
_LABELS: Final = {Stance.SUPPORTS: Label.SUPPORTED, Stance.CONTRADICTS: Label.CONTRADICTED}
_ORDER: Final = {stage: at for at, stage in enumerate(Stage)}


def find_lost(cases: Iterable[Case], *, two_class: bool = False) -> list[Lost]:
    """Every wrong case with its stage, in order.

    The stance of a passage is the one that its verdict gave it, whatever rule that was by.

    Args:
        cases: Right ones and wrong ones.
        two_class: Gold tells SUPPORTED from the rest and no more, and a verdict is wrong where it does not tell so too.
    """
    return [_lost(case) for case in cases if not is_right(case, two_class=two_class)]


def is_right(case: Case, *, two_class: bool = False) -> bool:
    """Whether the claim was answered, and rightly; of two classes, whether both say SUPPORTED or neither does."""
    if two_class:
        return (case.verdict.label is Label.SUPPORTED) == (case.wanted is Label.SUPPORTED)
    return is_right_label(case)


def count(lost: Iterable[Lost]) -> dict[Stage, dict[Label, int]]:
    """How many wrong claims of each gold label each stage lost: all stages, all labels."""
    counts = Counter((item.stage, item.case.wanted) for item in lost)
    return {stage: {label: counts[stage, label] for label in Label} for stage in Stage}


def examples(lost: Iterable[Lost], *, each: int = 3) -> dict[Stage, tuple[Lost, ...]]:
    """Up to `each` claims of every stage that lost any, the gold labels in turn.

    Drawn by a hash of id and text: neither the order of the claims nor how they were sorted decides.
    """
    chosen: dict[Stage, list[Lost]] = {}
    for item in sorted(lost, key=_draw):
        chosen.setdefault(item.stage, []).append(item)
    return {stage: tuple(_in_turn(chosen[stage])[:each]) for stage in Stage if stage in chosen}


def _lost(case: Case) -> Lost:
    decisive = _decisive(case)
    if not is_answered(case.verdict):
        return Lost(case, Stage.WITHHELD, next(iter(_sentences(case, None)), None), None, decisive)
    if not _SIDES[case.wanted]:
        return Lost(case, Stage.INVENTED, decisive=decisive)
    sides = [_side(case, side, decisive) for side in _SIDES[case.wanted]]
    known = [item for item in sides if item.gold is not None]
    return min(known or sides, key=lambda item: _ORDER[item.stage])


def _side(case: Case, side: Stance, decisive: Evidence | None) -> Lost:
    """How far the gold passages of one side came."""
    wanted = _sentences(case, side)
    if not wanted:
        return Lost(case, Stage.UNKNOWN, decisive=decisive)
    reached = [
        (_ORDER[stage], _chance(item.scores, side), stage, item, sentence)
        for item in case.verdict.evidence
        if (sentence := next((one for one in wanted if hit_covers(item.hit, one)), None)) is not None
        for stage in (_passage_stage(item, side),)
    ]
    if not reached:
        missing = Stage.UNKNOWN if case.verdict.evidence_from is EvidenceFrom.GOLD else Stage.NOT_RETRIEVED
        return Lost(case, missing, wanted[0], None, decisive)
    _, _, stage, item, sentence = max(reached, key=lambda found: found[:2])
    return Lost(case, stage, sentence, item, decisive)


def _sentences(case: Case, side: Stance | None) -> list[GoldSentence]:
    """The gold sentences of a side, or of all; of a set without sentences the documents that it names."""
    allowed = {None, *(_LABELS.values() if side is None else [_LABELS[side]])}
    found = [item for one in evidence_sets(case.gold) for item in one if item.label in allowed]
    return found or [GoldSentence(name) for name in evidence_documents(case.gold) if not evidence_sets(case.gold)]


def _passage_stage(item: Evidence, side: Stance) -> Stage:
    if item.stance is side:
        return Stage.AGGREGATION
    if _own_class(item.scores) is not side:
        return Stage.MISJUDGED
    if _chance(weighed(item.scores, item.findings), side) < _chance(item.scores, side):
        return Stage.CHECK
    return Stage.THRESHOLD if item.stance is Stance.NEUTRAL else Stage.AGGREGATION  # the stance of a part that decided


def _own_class(scores: NLIScores) -> Stance:
    """The most likely class; of equal ones the decisive one, and support before contradiction."""
    chances = [
        (scores.entailment, Stance.SUPPORTS),
        (scores.contradiction, Stance.CONTRADICTS),
        (scores.neutral, Stance.NEUTRAL),
    ]
    return max(chances, key=lambda pair: pair[0])[1]


def _chance(scores: NLIScores, side: Stance) -> float:
    return scores.entailment if side is Stance.SUPPORTS else scores.contradiction


def _decisive(case: Case) -> Evidence | None:
    """What a decisive verdict stands on, of a conflict the side that gold has not; else what leans furthest."""
    evidence = case.verdict.evidence
    grounds = [item for item in evidence if item.stance in _SIDES[case.verdict.label]]
    if grounds:
        return next((item for item in grounds if item.stance not in _SIDES[case.wanted]), grounds[0])
    return max(evidence, key=_lean, default=None)


def _lean(item: Evidence) -> tuple[bool, float]:
    """Sort key: what has a stance, then by the larger of its sides."""
    return item.stance is not Stance.NEUTRAL, max(item.scores.entailment, item.scores.contradiction)


def _draw(item: Lost) -> tuple[str, str]:
    claim = item.case.claim
    key = f"{claim.id}\0{claim.text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(key).hexdigest(), claim.id


def _in_turn(drawn: Sequence[Lost]) -> list[Lost]:
    """The first of every gold label, then the second of each."""
    seen: Counter[Label] = Counter()
    turns: list[tuple[int, int]] = []
    for at, item in enumerate(drawn):
        turns.append((seen[item.case.wanted], at))
        seen[item.case.wanted] += 1
    return [drawn[at] for _, at in sorted(turns)]
