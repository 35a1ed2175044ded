"""Going on with a run: what it was begun with is what it goes on with, and telling so needs no model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from factcheck.config import Settings
from factcheck.errors import ModelError, RunError
from factcheck.jobs.scorer import open_scorer
from factcheck.nli import PairScorer
from factcheck.nli.identity import class_for, model_fingerprint, precision_and_device
from factcheck.run.ledger import Ledger


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
