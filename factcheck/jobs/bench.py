"""What claims are verified with, and what makes a run this run and no other."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factcheck.config import Settings
from factcheck.errors import ClaimsError
from factcheck.jobs.calibrations import calibration_of, left_out
from factcheck.jobs.progress import Progress
from factcheck.jobs.scorer import open_scorer
from factcheck.jobs.sources import Sources, embedder_identity, open_finder
from factcheck.machine import instruction_set
from factcheck.nli import PairScorer
from factcheck.pipeline import check_length, verify
from factcheck.run.manifest import scoring_versions
from factcheck.types import JSON, Claim, Verdict
from factcheck.verdict.decide import Rule

METHOD = 6
"""Raised when the same inputs and settings would give other verdicts than before."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What claims are verified with: finder, scorer and rule, made from the settings once."""

    settings: Settings
    sources: Sources
    scorer: PairScorer
    rule: Rule
    begun: Mapping[str, JSON] | None = None  # the identity of a run that goes on

    def check(self, claims: list[Claim]) -> list[ClaimsError | None]:
        """For each claim, why it cannot be verified, or None."""
        return [
            error or self._sources_error(claim)
            for claim, error in zip(claims, check_length(claims, self.scorer), strict=True)
        ]

    def _sources_error(self, claim: Claim) -> ClaimsError | None:
        try:
            self.sources.finder.check(claim)
        except ClaimsError as error:
            return error
        return None

    def verify(self, claims: Iterator[Claim]) -> Generator[Verdict, None, None]:
        """Verdicts for claims that passed `check`, in order."""
        return verify(
            claims,
            finder=self.sources.finder,
            scorer=self.scorer,
            rule=self.rule,
            stages=self.settings.stages,
            window=self.settings.window,
            join=self.settings.join,
        )

    def notes(self) -> tuple[str, ...]:
        """What whoever reads the verdicts has to know of the settings, a line each."""
        return tuple(filter(None, [left_out(self.settings, self.identity())]))

    def identity(self) -> dict[str, JSON]:
        """Everything but the claims that can change a verdict; `auto` is resolved."""
        scorer = (self.scorer.fingerprint, self.scorer.numeric_class)
        return identity_of(self.settings, self.sources, scorer, begun=self.begun)


def identity_of(
    settings: Settings, sources: Sources, scorer: tuple[str, str], *, begun: Mapping[str, JSON] | None = None
) -> dict[str, JSON]:
    """The identity of a run whose scorer has this fingerprint and this numeric class.

    `begun` is the identity of a run that goes on: its calibration stays what it was, wherever the file is now.
    """
    fingerprint, numeric_class = scorer
    values = settings.identity()
    for resolved_elsewhere in ("model", "precision", "device", "calibration"):
        values.pop(resolved_elsewhere)
    identity: dict[str, JSON] = {
        "method": METHOD,
        "corpus": None if sources.index is None else sources.index.version,
        "model": fingerprint,
        "numeric_class": numeric_class,
        "processor": instruction_set(),
        "versions": scoring_versions(),
        **values,
        "embedder": embedder_identity(settings, sources.index),
    }
    if begun is not None and "calibration" in begun:
        return identity | {"calibration": begun["calibration"]}
    calibration = calibration_of(settings, identity)
    return identity | {"calibration": None if calibration is None else calibration.record()}


def prepare(
    settings: Settings,
    *,
    exclude: Sequence[Path] = (),
    scorer: PairScorer | None = None,
    progress: Progress | None = None,
) -> Workbench:
    """Everything that verifying needs; `scorer` is a loaded model in place of the named one, and of its cache."""
    sources = open_finder(settings, exclude=exclude, progress=progress)
    on_note = progress.note if progress else None
    bench = workbench(settings, sources, scorer or open_scorer(settings, on_note=on_note))
    if progress is not None:
        tell(bench, progress)
    return bench


def tell(bench: Workbench, progress: Progress) -> None:
    """Say at the start what whoever reads the verdicts has to know."""
    for note in bench.notes():
        progress.note(note)


def workbench(
    settings: Settings, sources: Sources, scorer: PairScorer, *, begun: Mapping[str, JSON] | None = None
) -> Workbench:
    """What claims are verified with, of parts that are open; `begun` as for `identity_of`."""
    identity = identity_of(settings, sources, (scorer.fingerprint, scorer.numeric_class), begun=begun)
    return Workbench(settings, sources, scorer, Rule.of(identity), begun)
