"""What reviewers say of a verdict, as the formats write it, and the evidence that then stands for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from factcheck.formats.records import evidence_record
from factcheck.types import JSON, Claim, Evidence, EvidenceFrom, Label, Passage, Stance, Verdict

STANCES: Final = {
    Label.SUPPORTED: frozenset({Stance.SUPPORTS}),
    Label.CONTRADICTED: frozenset({Stance.CONTRADICTS}),
    Label.CONFLICTING: frozenset({Stance.SUPPORTS, Stance.CONTRADICTS}),
    Label.NOT_ENOUGH_INFO: frozenset[Stance](),
}
"""The stances of the evidence that a verdict of each label stands on."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reviewer's last decision on a claim."""

    reviewer: str
    label: Label
    time: float  # seconds since 1970
    drawn: str = ""  # how the claim came to the reviewer: empty where they chose it, else which random sample
    stands: bool = True  # made on the evidence that there is now, and not settled otherwise since


@dataclass(frozen=True, slots=True)
class Remark:
    """A reviewer's note on a claim."""

    reviewer: str
    text: str
    time: float


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What holds for a claim after its review.

    `label` is the reviewers' verdict where those whose opinion stands agree, else None; `wrong` are the places, in the
    verdict's list of evidence, of what a reviewer marked as wrong.
    """

    status: str = "unreviewed"
    label: Label | None = None
    opinions: tuple[Opinion, ...] = ()
    notes: tuple[Remark, ...] = ()
    assigned: str = ""
    wrong: frozenset[int] = frozenset()
    added: tuple[Evidence, ...] = ()

    @property
    def standing(self) -> tuple[Opinion, ...]:
        """The opinions that stand, in the order in which they were given."""
        return tuple(opinion for opinion in self.opinions if opinion.stands)


Review: TypeAlias = Callable[[Verdict], Reviewed]
"""Gives what reviewers say of a verdict."""

ByDocument: TypeAlias = Callable[[Claim, Sequence[Evidence], EvidenceFrom], Mapping[str, Verdict]]
"""Gives the verdict on each document's evidence alone, by the document's id, in the order of the evidence."""


@dataclass(frozen=True, slots=True)
class About:
    """What an export knows besides the verdicts.

    `key` names the claims, whatever the run is called. `review` is None where nobody has reviewed
    anything. With `reviewed`, predictions are the reviewers' verdicts where there are any. `by_document` is the rule of
    the verdicts, for formats that say something of each document.
    """

    name: str = ""
    key: str = ""
    review: Review | None = None
    reviewed: bool = False
    publisher: str = ""
    publisher_url: str = ""
    by_document: ByDocument | None = None


def stands_on(verdict: Verdict) -> tuple[Passage, ...]:
    """The passages with the stance of a verdict, each place once: what it stands on first, then the strongest."""
    passages = [item.passage for item in verdict.evidence if item.stance in STANCES[verdict.label]]
    return tuple({(one.source.doc_id, one.start, one.end): one for one in passages}.values())


def standing(verdict: Verdict, review: Reviewed | None) -> tuple[Label, list[Evidence]]:
    """The verdict after a review and the evidence that says so: what reviewers added first, then by rank.

    Where reviewers have no verdict, or `review` is None, it is the machine's.
    """
    label = verdict.label if review is None else review.label or verdict.label
    return label, [item for item in left(verdict, review) if item.stance in STANCES[label]]


def left(verdict: Verdict, review: Reviewed | None) -> list[Evidence]:
    """The evidence after a review: what reviewers added, then the verdict's own but for what they marked as wrong."""
    if review is None:
        return list(verdict.evidence)
    return [*review.added, *(item for at, item in enumerate(verdict.evidence) if at not in review.wrong)]


def review_record(review: Reviewed) -> dict[str, JSON]:
    """The record of a review, its keys in the order of the schema."""
    return {
        "status": review.status,
        "verdict": None if review.label is None else review.label.value,
        "reviewers": [
            {
                "reviewer": opinion.reviewer,
                "verdict": opinion.label.value,
                "time": round(opinion.time, 3),
                "drawn": opinion.drawn,
                "stands": opinion.stands,
            }
            for opinion in review.opinions
        ],
        "notes": [{"reviewer": note.reviewer, "text": note.text, "time": round(note.time, 3)} for note in review.notes],
        "assigned": review.assigned,
        "wrong": [*sorted(review.wrong)],
        "added": [evidence_record(item) for item in review.added],
    }
