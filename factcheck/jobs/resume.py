"""Going on with a run: what it was begun with is what it goes on with, and telling so needs no model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from factcheck.config import Settings
from factcheck.errors import ModelError, RunError
from factcheck.formats.records import short
from factcheck.jobs.scorer import open_scorer
from factcheck.nli import PairScorer
from factcheck.nli.identity import class_for, model_fingerprint, precision_and_device
from factcheck.run.ledger import Ledger
from factcheck.types import JSON


def begun_in(ledger: Ledger) -> str | None:
    """The numeric class of a run whose claims and identity are recorded; None of a run that did not get there."""
    recorded = ledger.get("identity")
    if not isinstance(recorded, dict) or ledger.get("read") is None:
        return None
    return str(recorded["numeric_class"])


def identify(settings: Settings, scorer: PairScorer | None, recorded: str) -> tuple[str, str]:
    """Fingerprint and numeric class of the scorer, without loading one; `auto` is what was recorded."""
    if scorer is not None:
        return scorer.fingerprint, scorer.numeric_class
    wanted = class_for(recorded, precision=settings.precision, device=settings.device)
    return model_fingerprint(settings.model, settings.labels or None), wanted


def open_again(settings: Settings, recorded: str, folder: Path, on_note: Callable[[str], None] | None) -> PairScorer:
    """The scorer that a run was begun with; its model is known to be the same."""
    precision, device = precision_and_device(recorded, precision=settings.precision, device=settings.device)
    try:
        return open_scorer(replace(settings, precision=precision, device=device), on_note=on_note)
    except ModelError as error:
        if (precision, device) == (settings.precision, settings.device):
            raise
        raise RunError(
            folder,
            f"the run was begun in {precision} on {device}, which cannot be had here ({error.where}: {error.found})",
            "go on where it was begun, or name another --run folder",
        ) from error


def same_run(ledger: Ledger, identity: dict[str, JSON]) -> None:
    """Refuse to go on with a run of other inputs, saying which."""
    identity = {"claims": ledger.get("claims"), **identity}
    recorded = ledger.get("identity")
    assert isinstance(recorded, dict)
    names = [name for name in {**recorded, **identity} if recorded.get(name) != identity.get(name)]
    if names:
        differences = ", ".join(
            f"{name} was {short(recorded.get(name))}, is {short(identity.get(name))}" for name in names
        )
        fix = "start a new one beside it with --new, or name another --run folder"
        if names == ["corpus"]:
            fix = f"bring it up to date with `factcheck update {ledger.folder}`, or {fix}"
        raise RunError(ledger.folder, f"the run is of other inputs: {differences}", fix)
