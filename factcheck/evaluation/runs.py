"""Finished runs whose claims carry gold labels: the verdicts that are there, beside the gold answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from factcheck.errors import ClaimsError, RunError
from factcheck.evaluation.datasets import LabelledSet, labelled
from factcheck.evaluation.record import Case
from factcheck.run.ledger import Ledger, require_finished
from factcheck.types import JSON, Verdict


@dataclass(frozen=True, slots=True)
class LabelledRun:
    """The labelled claims of a run, named by its folder, with their verdicts by id, and what it was made with.

    `source` is what the claims were read from; `start` is what was noted when the run was last started.
    """

    data: LabelledSet
    verdicts: Mapping[str, Verdict]
    identity: Mapping[str, JSON]
    settings: Mapping[str, JSON]
    source: str
    start: Mapping[str, JSON]

    @property
    def model(self) -> str:
        """The model as the settings name it."""
        return str(self.settings.get("model", ""))

    def cases(self, data: LabelledSet) -> list[Case]:
        """The claims of `data`, which are some of this run's, beside their verdicts, in order."""
        return [
            Case(claim, replace(self.verdicts[claim.id], claim=claim), data.clusters[claim.id]) for claim in data.claims
        ]


def labelled_run(folder: Path) -> LabelledRun:
    """What a finished run says of its labelled claims.

    Raises:
        RunError: There is no run, it is not finished, or it cannot be read.
        ClaimsError: No claim of it has a gold label.
    """
    with Ledger(folder) as ledger, ledger.moment():
        require_finished(ledger)
        verdicts = {verdict.claim.id: verdict for verdict in ledger.verdicts()}
        identity, settings, source = (ledger.get(name) for name in ("identity", "settings", "source"))
        starts = ledger.events("start")
    if not isinstance(identity, dict):
        raise RunError(folder, "says nothing of what it was made with", "verify the claims again")
    data = labelled(verdict.claim for verdict in verdicts.values())
    if not data.claims:
        what = f"none of its {len(verdicts):,} claims has a gold label"
        raise ClaimsError(folder, what, "verify a file with a `label` that a data set uses, such as SUPPORTS")
    start = starts[-1][1] if starts else None
    return LabelledRun(
        replace(data, name=folder.resolve().name),
        verdicts,
        identity,
        settings if isinstance(settings, dict) else {},
        source if isinstance(source, str) else "",
        start if isinstance(start, dict) else {},
    )
