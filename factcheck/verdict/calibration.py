"""Calibrations: a fitted rule in a file, with what it was fitted on and what it holds for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from factcheck.errors import ConfigError
from factcheck.types import JSON, EvidenceFrom, Label
from factcheck.verdict.combine import Combination, as_number, as_object

FREE: Final = frozenset(
    {
        *("claims", "corpus", "calibration"),
        *("processor", "versions"),  # these move scores by less than a calibration can tell
        *("support", "contradict"),  # thresholds on single passages: a calibration brings its own
        "evidence",  # see `Calibration.evidence_from`, which is about what was found and not about what was asked for
        *("check_all", "as_of", "max_error", "delta"),  # which claims are answered, and from which documents
    }
)
"""What of a run's identity may differ; everything else binds, settings that are not invented yet among it."""

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class FittedOn:
    """Labelled claims that a calibration was fitted on: their name, and how many there are of each label."""

    name: str
    labels: Mapping[Label, int]

    @property
    def claims(self) -> int:
        """How many claims there are."""
        return sum(self.labels.values())


@dataclass(frozen=True, slots=True)
class Quality:
    """How good verdicts are on claims that were not fitted on; numbers that could not be told are None.

    `ece` is over 10 bins of equal mass, `brier` of the confidence that the label is right.
    """

    claims: int
    accuracy: float
    macro_f1: float
    ece: float | None = None
    brier: float | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The least confidence of an answer with which at most the share `max_error` of answers is wrong.

    That holds with a probability of 1 - `delta` for claims like those that were labelled, of which `answered` had this
    confidence and `wrong` were wrong. `confidence` is None where none will do: then nothing is to be answered.
    """

    max_error: float
    delta: float
    confidence: float | None
    answered: int
    wrong: int
    coverage: float  # share of all labelled claims that are answered

    def keeps(self, confidence: float | None) -> bool:
        """Whether an answer of this confidence may be given."""
        return confidence is not None and self.confidence is not None and confidence >= self.confidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted rule with what it holds for.

    `bound` is what of a run's identity it was fitted with, `evidence_from` where the evidence of its claims came from.
    `claims` is a digest of the labelled claims; `before` and `after` are cross-validated, before without a calibration.
    """

    combination: Combination
    bound: Mapping[str, JSON]
    evidence_from: tuple[EvidenceFrom, ...]
    fitted_on: tuple[FittedOn, ...]
    claims: str
    before: Quality
    after: Quality
    budgets: tuple[Budget, ...] = ()

    def fits(self, identity: Mapping[str, JSON]) -> list[str]:
        """What of a run's identity differs from what it was fitted with, in words; nothing where it holds."""
        here = bound(identity)
        return [
            f"{name}: fitted with {_shown(self.bound, name)}, here {_shown(here, name)}"
            for name in sorted(self.bound.keys() | here.keys())
            if self.bound.get(name) != here.get(name) or (name in self.bound) is not (name in here)
        ]

    def require(self, identity: Mapping[str, JSON], where: object) -> None:
        """Refuse a run that it does not hold for.

        Raises:
            ConfigError: Something differs.
        """
        if differences := self.fits(identity):
            fix = "fit one for these settings with `factcheck calibrate`, or leave it out"
            raise ConfigError(where, f"the calibration is of another setting: {'; '.join(differences)}", fix)

    def budget(self, max_error: float, delta: float) -> Budget:
        """The budget that was asked for when it was fitted.

        Raises:
            ConfigError: It was not; or no confidence keeps it.
        """
        where = f"--max-error {max_error:g} --delta {delta:g}"
        found = next((one for one in self.budgets if (one.max_error, one.delta) == (max_error, delta)), None)
        if found is None:
            known = ", ".join(f"{one.max_error:g} ({one.delta:g})" for one in self.budgets) or "none"
            fix = f"use one of these, or run `factcheck calibrate` with {where}"
            raise ConfigError(where, f"the calibration knows other error budgets (delta): {known}", fix)
        if found.confidence is None:
            what = f"no confidence is high enough: of the {found.answered} surest answers {found.wrong} are wrong"
            raise ConfigError(where, what, "allow more errors, or calibrate with more labelled claims")
        return found

    @property
    def digest(self) -> str:
        """What identifies it in a run's identity: SHA-256 of its record."""
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True).encode()).hexdigest()

    def record(self) -> dict[str, JSON]:
        """The calibration as JSON, the same for the same fit on any day."""
        return {
            "format": _FORMAT,
            "bound": dict(self.bound),
            "evidence_from": [origin.value for origin in self.evidence_from],
            "combination": self.combination.record(),
            "fitted_on": [
                {
                    "name": one.name,
                    "claims": one.claims,
                    "labels": {label.value: one.labels.get(label, 0) for label in Label},
                }
                for one in self.fitted_on
            ],
            "claims": self.claims,
            "before": asdict(self.before),
            "after": asdict(self.after),
            "budgets": [asdict(one) for one in self.budgets],
        }

    @classmethod
    def of(cls, record: Mapping[str, JSON]) -> Self:
        """The calibration that `record` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        if record.get("format") != _FORMAT:
            raise ValueError(f"it has format {record.get('format')!r}, and this version of factcheck reads {_FORMAT}")
        return cls(
            Combination.of(as_object(record["combination"])),
            as_object(record["bound"]),
            tuple(EvidenceFrom(str(origin)) for origin in _list(record["evidence_from"])),
            tuple(map(_fitted_on, _list(record["fitted_on"]))),
            str(record["claims"]),
            _quality(record["before"]),
            _quality(record["after"]),
            tuple(map(_budget, _list(record["budgets"]))),
        )

    def save(self, path: Path) -> None:
        """Write it to a file.

        Raises:
            ConfigError: The file cannot be written.
        """
        try:
            path.write_text(json.dumps(self.record(), indent=2) + "\n", "utf-8")
        except OSError as error:
            raise ConfigError(path, f"cannot be written: {error.strerror or error}") from error


def bound(identity: Mapping[str, JSON]) -> dict[str, JSON]:
    """What of a run's identity a calibration is bound to."""
    return {name: value for name, value in identity.items() if name not in FREE}


def load(path: Path) -> Calibration:
    """The calibration of a file.

    Raises:
        ConfigError: It cannot be read, or is none.
    """
    fix = "name a file that `factcheck calibrate --out` wrote"
    try:
        record = json.loads(path.read_text("utf-8"))
        return Calibration.of(as_object(record))
    except OSError as error:
        raise ConfigError(path, f"cannot be read: {error.strerror or error}", fix) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(path, f"is no calibration: {error}", fix) from error


def fitting(paths: Iterable[Path], identity: Mapping[str, JSON]) -> tuple[Calibration | None, list[str]]:
    """The first of these files' calibrations that holds for a run; else None, and why the nearest one does not.

    Raises:
        ConfigError: A file cannot be read, or is no calibration.
    """
    nearest: list[str] = []
    for path in paths:
        calibration = load(path)
        differences = calibration.fits(identity)
        if not differences:
            return calibration, []
        if not nearest or len(differences) < len(nearest):
            nearest = differences
    return None, nearest


def _shown(values: Mapping[str, JSON], name: str) -> str:
    return json.dumps(values[name]) if name in values else "nothing"


def _quality(value: JSON) -> Quality:
    record = as_object(value)
    ece, brier = (None if record[name] is None else as_number(record[name]) for name in ("ece", "brier"))
    return Quality(_whole(record["claims"]), as_number(record["accuracy"]), as_number(record["macro_f1"]), ece, brier)


def _fitted_on(value: JSON) -> FittedOn:
    record = as_object(value)
    return FittedOn(
        str(record["name"]),
        {Label(name): _whole(count) for name, count in as_object(record["labels"]).items() if count},
    )


def _budget(value: JSON) -> Budget:
    record = as_object(value)
    confidence = record["confidence"]
    return Budget(
        as_number(record["max_error"]),
        as_number(record["delta"]),
        None if confidence is None else as_number(confidence),
        _whole(record["answered"]),
        _whole(record["wrong"]),
        as_number(record["coverage"]),
    )


def _whole(value: JSON) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _list(value: JSON) -> list[JSON]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.80} is not a list")
    return value
