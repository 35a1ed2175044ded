"""Whether a run is good enough: limits on the rates of its labels, and a paired test against an earlier run.

Everything is read claim by claim, so that memory holds no more of a million claims than of ten.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from factcheck.errors import ConfigError, RunError
from factcheck.formats.labels import parse_label
from factcheck.jobs.intervals import Interval, enough, interval, surely_above, surely_below, worse_by_chance
from factcheck.run.ledger import Glance, Ledger
from factcheck.types import Label

_LABELS: Final = "supported, contradicted, conflicting, nei"
_LEVELS: Final = (0.5, 1)


class Decision(StrEnum):
    """What a gate says."""

    PASSED = "passed"
    FAILED = "failed"
    TOO_FEW = "too_few"

    @property
    def words(self) -> str:
        """The decision for a reader."""
        return "too few claims to decide" if self is Decision.TOO_FEW else self.value


_WORST: Final = (Decision.FAILED, Decision.TOO_FEW, Decision.PASSED)


@dataclass(frozen=True, slots=True)
class Criterion:
    """When a claim counts against a run: it has not the label that is wanted, or has one that is not."""

    label: Label
    wanted: bool

    def fails(self, label: Label) -> bool:
        """Whether a claim with this label counts against the run."""
        return (label is self.label) is not self.wanted

    def __str__(self) -> str:
        return f"not {self.label}" if self.wanted else self.label.value


@dataclass(frozen=True, slots=True)
class Limit:
    """The least rate of a label that is wanted, or the greatest of one that is not."""

    criterion: Criterion
    rate: float

    @classmethod
    def parse(cls, text: str, *, least: bool) -> Self:
        """The limit that a text such as `supported=0.95` says.

        Raises:
            ConfigError: The label or the rate is none.
        """
        option = f"--{'min' if least else 'max'} {text}"
        name, found, number = text.rpartition("=")
        if not found:
            raise ConfigError(option, "is not a label and a rate", "write, for example, supported=0.95")
        label = parse_label(name)
        if label is None:
            raise ConfigError(option, f"{name!r} is not a label", f"use one of {_LABELS}, or a common spelling")
        return cls(Criterion(label, wanted=least), share(option, number))

    @property
    def on_counts(self) -> bool:
        """Whether it means all of these very claims, or none: no interval could ever lie within."""
        return self.rate == float(self.criterion.wanted)

    def __str__(self) -> str:
        bound = "at least" if self.criterion.wanted else "at most"
        return f"{bound} {percent(self.rate, exact=True)} {self.criterion.label}"


@dataclass(frozen=True, slots=True)
class Rules:
    """How a gate decides.

    Attributes:
        limits: What must hold; a comparison without any is about SUPPORTED.
        level: Of the intervals and of the paired test.
        as_they_are: Whether these claims are all that counts, so that their rates are compared without an interval.
        min_confidence: A verdict of less counts as NOT ENOUGH INFO.
        min_score: The same for the score, which is not calibrated.

    Raises:
        ConfigError: A number is out of range.
    """

    limits: tuple[Limit, ...] = ()
    level: float = 0.95
    as_they_are: bool = False
    min_confidence: float | None = None
    min_score: float | None = None

    def __post_init__(self) -> None:
        if not _LEVELS[0] < self.level < _LEVELS[1]:
            raise ConfigError("--level", f"{self.level} is not a level", "use a number between 0.5 and 1, such as 0.95")
        for option, value in (("--min-confidence", self.min_confidence), ("--min-score", self.min_score)):
            if value is not None:
                share(option, str(value))

    def label(self, glance: Glance) -> Label:
        """What a verdict counts as; one without a confidence, as of a claim in parts, is not sure."""
        least, confidence = self.min_confidence, glance.confidence
        unsure = least is not None and (confidence is None or confidence < least)
        weak = self.min_score is not None and glance.score < self.min_score
        return Label.NOT_ENOUGH_INFO if unsure or weak else glance.label


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one limit."""

    limit: Limit
    count: int  # claims with the label
    total: int
    interval: Interval | None  # of the rate; None where the claims are compared as they are
    decision: Decision
    enough: int | None = None  # claims that would decide it at this rate; None where none would, or it is decided

    @property
    def rate(self) -> float | None:
        """The share of the label; None of no claims."""
        return self.count / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of the claims that both runs hold."""

    criterion: Criterion
    compared: int
    worse: int  # newly failing
    better: int  # newly passing
    p: float  # that chance alone makes so many of those that changed worse
    decision: Decision


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Claims that could not be compared."""

    here: int  # only in this run
    there: int  # only in the earlier one
    reworded: int  # the same id, another text


@dataclass(frozen=True, slots=True)
class Offence:
    """A claim that counts against the run."""

    position: int  # in claim order, from 0
    claim_id: str
    label: Label  # what it counts as
    limits: tuple[Limit, ...]
    newly: tuple[Criterion, ...]  # failing in this run, and not in the earlier one
    before: Label | None  # what it counted as there
    decision: Decision  # the worst of what it counts against
    score: float

    def rank(self) -> tuple[int, bool, int, float, int]:
        """Sort key: the most important first."""
        return (_WORST.index(self.decision), not self.newly, _SEVERITY[self.label], -self.score, self.position)


# A claim that a document speaks against is worse than one that documents disagree about, or say nothing of.
_SEVERITY: Final[Mapping[Label, int]] = {
    Label.CONTRADICTED: 0,
    Label.CONFLICTING: 1,
    Label.NOT_ENOUGH_INFO: 2,
    Label.SUPPORTED: 3,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a gate decided, and on what."""

    rules: Rules
    total: int  # claims with a verdict
    findings: tuple[Finding, ...]
    comparisons: tuple[Comparison, ...]
    unmatched: Unmatched | None  # None without an earlier run

    @property
    def decision(self) -> Decision:
        """One failure fails all of it; short of that, one that is open leaves it open."""
        found = {finding.decision for finding in self.findings} | {item.decision for item in self.comparisons}
        return next((decision for decision in _WORST if decision in found), Decision.PASSED)


class Gate:
    """A run held against rules and, where one is given, an earlier run.

    Each method reads the ledgers anew: call them within `Ledger.moment`, and they agree.

    Raises:
        ConfigError: There is nothing to decide.
        RunError: A confidence is asked for that a run does not have.
    """

    def __init__(self, rules: Rules, run: Ledger, baseline: Ledger | None = None) -> None:
        if not rules.limits and baseline is None:
            fix = "name a limit, such as --min supported=0.95, or an earlier run with --baseline"
            raise ConfigError("gate", "there is nothing to decide", fix)
        self.rules, self.run, self.baseline = rules, run, baseline
        asked = dict.fromkeys(limit.criterion for limit in rules.limits)
        self._compared = tuple(asked) or (Criterion(Label.SUPPORTED, wanted=True),) if baseline else ()

    def decide(self) -> Decided:
        """Hold all claims against all rules."""
        labels: Counter[Label] = Counter()
        worse: Counter[Criterion] = Counter()
        better: Counter[Criterion] = Counter()
        compared = here = reworded = 0
        for glance, earlier in self._pairs():
            label = self.rules.label(glance)
            labels[label] += 1
            if earlier is None:
                here += 1
            elif earlier.text != glance.text:
                reworded += 1
            else:
                compared += 1
                before = self.rules.label(earlier)
                for criterion in self._compared:
                    fails, failed = criterion.fails(label), criterion.fails(before)
                    worse[criterion] += fails and not failed
                    better[criterion] += failed and not fails
        unmatched = None
        if self.baseline is not None:
            there = self.baseline.progress()[0] - compared - reworded
            unmatched = Unmatched(here, there, reworded)
        total = labels.total()
        return Decided(
            rules=self.rules,
            total=total,
            findings=tuple(
                find(limit, labels[limit.criterion.label], total, self.rules) for limit in self.rules.limits
            ),
            comparisons=tuple(
                compare(criterion, compared, worse[criterion], better[criterion], self.rules)
                for criterion in self._compared
            ),
            unmatched=unmatched,
        )

    def offences(self, decided: Decided) -> Iterator[Offence]:
        """The claims that count against the run, in claim order, streamed.

        With an earlier run and no limit these are the newly failing ones alone.
        """
        limits = {finding.limit: finding.decision for finding in decided.findings}
        compared = {item.criterion: item.decision for item in decided.comparisons}
        for position, (glance, earlier) in enumerate(self._pairs()):
            label = self.rules.label(glance)
            same = earlier is not None and earlier.text == glance.text
            before = self.rules.label(earlier) if earlier is not None and same else None
            against = tuple(limit for limit in limits if limit.criterion.fails(label))
            newly = tuple(
                item for item in compared if before is not None and item.fails(label) and not item.fails(before)
            )
            found = {limits[limit] for limit in against} | {compared[item] for item in newly}
            if found:
                decision = min(found, key=_WORST.index)
                yield Offence(position, glance.claim_id, label, against, newly, before, decision, glance.score)

    def _pairs(self) -> Iterator[tuple[Glance, Glance | None]]:
        """Each verdict of the run with the earlier one on the claim of the same id."""
        for glance in self.run.glances():
            earlier = None if self.baseline is None else self.baseline.glance(glance.claim_id)
            self._refuse_unknown(self.run, glance)
            if earlier is not None and self.baseline is not None:
                self._refuse_unknown(self.baseline, earlier)
            yield glance, earlier

    def _refuse_unknown(self, run: Ledger, glance: Glance) -> None:
        identity = run.get("identity")
        calibrated = isinstance(identity, dict) and identity.get("calibration") is not None
        if self.rules.min_confidence is not None and glance.confidence is None and not calibrated:
            raise RunError(
                run.folder,
                "its verdicts have no confidence: the run was made without a calibration",
                "use --min-score, which goes by the score, not calibrated, in place of --min-confidence",
            )


def find(limit: Limit, count: int, total: int, rules: Rules) -> Finding:
    """What `count` claims with the limit's label in `total` say of the limit."""
    if not total:
        return Finding(limit, count, total, None, Decision.TOO_FEW)
    least = limit.criterion.wanted
    if limit.on_counts or rules.as_they_are:
        bound = Fraction(str(limit.rate)) * total  # 0.07 of 100 is 7, and not a little more as with floats
        holds = count >= bound if least else count <= bound
        return Finding(limit, count, total, None, Decision.PASSED if holds else Decision.FAILED)
    around = interval(count, total, rules.level)
    below = surely_below(count, total, limit.rate, rules.level)
    above = surely_above(count, total, limit.rate, rules.level)
    # A limit that every rate keeps (at least 0, at most 1) is not undecided for lying at the interval's very end.
    holds = (above or limit.rate == 0) if least else (below or limit.rate == 1)
    if holds:
        return Finding(limit, count, total, around, Decision.PASSED)
    if above or below:
        return Finding(limit, count, total, around, Decision.FAILED)
    return Finding(limit, count, total, around, Decision.TOO_FEW, enough(count, total, limit.rate, rules.level))


def compare(criterion: Criterion, compared: int, worse: int, better: int, rules: Rules) -> Comparison:
    """What `worse` newly failing and `better` newly passing claims say: one-sided, on those that changed alone."""
    p = worse_by_chance(worse, better)
    if not compared:
        decision = Decision.TOO_FEW
    elif worse <= better:
        decision = Decision.PASSED
    else:
        decision = Decision.FAILED if rules.as_they_are or p < 1 - rules.level else Decision.TOO_FEW
    return Comparison(criterion, compared, worse, better, p, decision)


def strongest(offences: Iterable[Offence], most: int) -> tuple[list[Offence], Counter[Decision]]:
    """The most important of them, in that order, and how many there are of each decision."""
    counted: Counter[Decision] = Counter()

    def counting() -> Iterator[Offence]:
        for offence in offences:
            counted[offence.decision] += 1
            yield offence

    return heapq.nsmallest(most, counting(), key=Offence.rank), counted


def limits_of(least: Sequence[str], most: Sequence[str]) -> tuple[Limit, ...]:
    """The limits of the command line, each once."""
    found = [Limit.parse(text, least=True) for text in least] + [Limit.parse(text, least=False) for text in most]
    return tuple(dict.fromkeys(found))


def share(option: str, text: str) -> float:
    """A number from 0 to 1.

    Raises:
        ConfigError: It is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number <= 1:  # NaN fails this test too
        raise ConfigError(option, f"{text.strip()!r} is not a rate", "use a number from 0 to 1, such as 0.95 for 95 %")
    return number


def percent(rate: float, *, exact: bool = False) -> str:
    """A rate in percent: as it was given, or to two places."""
    return f"{100 * rate:.10g} %" if exact else f"{100 * rate:.2f} %"
