"""What an evaluation found, as records: the report, the plots and the JSON file are made from these."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from factcheck.evaluation.record import Case
from factcheck.types import JSON

BASE = "base"
"""The `variant` of an evaluation with the settings as they were given."""


@dataclass(frozen=True, slots=True)
class Score:
    """A number with its 95 % interval (bootstrap; of a share of claims that is 0 or 1, exact), over how many items.

    All three numbers are None where there is nothing to compute them from. `value` is a share from 0 to 1, whatever
    the paper that defines it prints. `unit` says what is counted in `n`.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str = "claims"


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often which gold answer (row) got which verdict (column)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Precision, recall and F1 of one label, and how many claims have it in gold; a zero denominator gives 0."""

    label: str
    precision: float
    recall: float
    f1: float
    n: int


@dataclass(frozen=True, slots=True)
class ByK:
    """The scores of the verdicts that the first `k` passages of each claim give, by the names of `Evaluation.scores`.

    `recall` is that of retrieval, the share of claims with gold evidence that have all of a set among their first `k`
    passages; None where nothing was searched.
    """

    k: int
    scores: tuple[Score, ...]
    recall: Score | None = None

    def of(self, name: str) -> Score | None:
        """The score of that name."""
        return next((score for score in self.scores if score.name == name), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """A score of one evaluation minus that of another on the same claims, with its paired 95 % interval.

    The interval is None where there is one cluster only. `p` is two-sided: how probable so large a difference is if
    it were chance which of both gave which answer. `adjusted` is what Holm's method makes of it among all differences
    in this score that one command asked for, None where there is only one.
    """

    score: str
    this: str
    other: str
    value: float
    low: float | None
    high: float | None
    p: float
    adjusted: float | None
    n: int

    @property
    def is_real(self) -> bool:
        """Whether it is told from no difference at the 5 % level, all comparisons counted."""
        return (self.p if self.adjusted is None else self.adjusted) < 0.05


@dataclass(frozen=True, slots=True)
class Overlap:
    """Which claims the model saw in training, by the digests that its folder carries.

    `same` counts claims that were in training as they are, but for case and punctuation; `alike`, those among the rest
    that were there with other figures or months. It is None where the digests do not tell, as is all where
    the model brings none: then `note` says so, and the scores are empty.
    """

    same: int | None
    alike: int | None
    note: str
    seen: tuple[Score, ...] = ()  # of the claims that were in training, in either form
    unseen: tuple[Score, ...] = ()  # of the others


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Decisive verdicts where nothing can be known, with the first `k` passages of each claim.

    `rate` is their share; `supported`, `contradicted` and `conflicting` count them. `condition` says why nothing can
    be known: `gold removed` or `unrelated corpus`. `agreeing` counts those that are the claim's gold answer all the
    same: another document may have said so.
    """

    condition: str
    k: int
    rate: Score
    supported: int
    contradicted: int
    conflicting: int
    agreeing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One data set, one regime, one model, one setting: what came out.

    `regime` is where evidence came from: `corpus`, `given` or `gold`, or several with their counts where each claim
    decided. `settings` are those that can change a verdict, the versions and the corpus among them; `variant` is `base`
    or the change that an ablation made. `two_class` says that gold tells supported from not supported and no more: its
    rows in `confusion` are these two, and "not supported" is never taken for contradicted. `cases` are in the order of
    the file and stay out of the JSON.
    """

    dataset: str
    digest: str  # SHA-256 of the claims file as it is on disk
    regime: str
    model: str
    settings: Mapping[str, JSON]
    claims: int  # that were scored
    clusters: int  # that the bootstrap resampled
    two_class: bool
    scores: tuple[Score, ...]
    confusion: Confusion
    per_class: tuple[ClassScores, ...]
    variant: str = BASE
    passages: int = 0  # judged per claim at most
    seconds: float = 0.0
    by_k: tuple[ByK, ...] = ()
    retrieval: tuple[Score, ...] = ()  # recall@k and MRR
    differences: tuple[Difference, ...] = ()
    overlap: Overlap | None = None
    false_alarms: tuple[FalseAlarms, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader of the scores has to know, such as claims that were left out
    cases: tuple[Case, ...] = field(default=(), repr=False, compare=False)

    @property
    def name(self) -> str:
        """What tells this evaluation from the others of one command."""
        return self.model if self.variant == BASE else f"{self.model}, {self.variant}"

    def score(self, name: str) -> Score | None:
        """The score of that name."""
        return next((score for score in self.scores if score.name == name), None)

    def with_differences(self, differences: Sequence[Difference]) -> Self:
        """The same with comparisons to other evaluations of the command."""
        return replace(self, differences=tuple(differences))

    def record(self) -> dict[str, JSON]:
        """Everything but the cases, as JSON."""
        values = asdict(replace(self, cases=()))
        del values["cases"]
        return {"name": self.name, **values}
