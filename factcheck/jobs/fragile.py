"""The verdicts of a run that do not notice a changed claim, kept beside the ledger until the verdicts change."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.formats.records import to_json
from factcheck.jobs.probe import Fragility, probe
from factcheck.jobs.progress import Progress, Silent
from factcheck.jobs.scorer import open_scorer
from factcheck.nli import PairScorer
from factcheck.run.ledger import NOTHING_LOST, Ledger, require_finished
from factcheck.types import JSON
from factcheck.verdict.decide import Rule

FRAGILE = "fragile.jsonl"


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What probing a run found."""

    file: Path
    probed: int  # decisive verdicts
    tried: int  # of them, those whose claim offers an edit
    fragile: int

    def __str__(self) -> str:
        return (
            f"probed {self.probed:,} decisive verdicts: of {self.tried:,} whose claims can be edited,"
            f" {self.fragile:,} stay though they should not, see {self.file}"
        )


def probe_run(ledger: Ledger, scorer: PairScorer, rule: Rule, *, progress: Progress | None = None) -> ProbeReport:
    """Probe the decisive verdicts of a run, and write a line for each whose claim offers an edit to `fragile.jsonl`.

    The file is written beside its name and put in its place when it is whole.

    Raises:
        RunError: It cannot be written.
    """
    progress = progress or Silent()
    probed = tried = fragile = 0
    file = ledger.folder / FRAGILE
    beside = file.with_suffix(".new")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            for found in probe(ledger.verdicts(), scorer, rule):
                probed += 1
                progress.advance("probing", 1)
                if found.tried:
                    tried += 1
                    fragile += found.is_fragile
                    stream.write(to_json(_record(found, ledger.edition)) + "\n")
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RunError(file, f"cannot be written: {error.strerror or error}", NOTHING_LOST) from error
    return ProbeReport(file, probed, tried, fragile)


def probe_folder(folder: Path, *, progress: Progress | None = None) -> ProbeReport:
    """Probe the run in a folder with the model and the rule that it was made with.

    Raises:
        FactcheckError: There is no finished run, the model cannot be loaded, or the file cannot be written.
    """
    with Ledger(folder) as ledger:
        require_finished(ledger)
        settings, identity = ledger.get("settings"), ledger.get("identity")
        if not isinstance(settings, dict) or not isinstance(identity, dict):
            raise RunError(folder, "the run has not begun", "start it with `factcheck verify`")
        # Not through the score cache: what is kept there is found again by the verdicts' own pairs, as by a purge.
        scorer = open_scorer(replace(Settings.of(settings), cache=False))
        return probe_run(ledger, scorer, Rule.of(identity), progress=progress)


def fragile_edits(ledger: Ledger, claim_id: str) -> list[str]:
    """The edits of a claim that its verdict did not notice, each with what was changed; none where it was not probed.

    What was probed before the run's verdicts were replaced by an update is not told.
    """
    return next((_stayed(record) for record in _records(ledger) if record.get("id") == claim_id), [])


def _records(ledger: Ledger) -> Iterator[dict[str, JSON]]:
    try:
        with (ledger.folder / FRAGILE).open(encoding="utf-8") as stream:
            for line in stream:
                record = json.loads(line)
                if isinstance(record, dict) and record.get("edition") == ledger.edition:
                    yield record
    except (OSError, ValueError):  # it is not there, or was written by somebody else
        return


def _stayed(record: dict[str, JSON]) -> list[str]:
    edits = record.get("stayed")
    return (
        [f"{one['detail']}: {one['text']}" for one in edits if isinstance(one, dict)] if isinstance(edits, list) else []
    )


def _record(found: Fragility, edition: int) -> dict[str, JSON]:
    stayed = {one.edit: one.score for one in found.stayed}
    return {
        "id": found.claim_id,
        "edition": edition,
        "verdict": found.label.value,
        "score": round(found.score, 6),
        "tried": len(found.tried),
        "fragile": found.is_fragile,
        "stayed": [
            {"kind": edit.kind.value, "detail": edit.detail, "text": edit.text, "score": round(score, 6)}
            for edit, score in stayed.items()
        ],
    }
