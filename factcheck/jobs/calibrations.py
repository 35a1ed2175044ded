"""The calibration that the settings name, if it holds for what is to be run."""

import logging
from collections.abc import Mapping
from pathlib import Path

from factcheck.assets import asset, bundled_models
from factcheck.config import Settings
from factcheck.errors import ConfigError
from factcheck.types import JSON
from factcheck.verdict.calibration import Calibration, fitting, load

PATTERN = "calibration*.json"  # in a model's folder, one for each way to run it
_log = logging.getLogger(__name__)


def calibration_of(settings: Settings, identity: Mapping[str, JSON]) -> Calibration | None:
    """The calibration for a run with this identity; None where there is none, and `auto` asks for no other.

    Raises:
        ConfigError: The file that is named cannot be read, or was fitted with something else; or an error budget is
            asked for that there is no calibration for.
    """
    if settings.calibration == "auto":
        calibration, differences = _fitting(_beside(settings.model), settings, identity)
        if differences:
            _log.info("no calibration of model %s fits: %s", settings.model, "; ".join(differences))
    elif settings.calibration == "none":
        calibration, differences = None, []
    else:
        calibration, differences = load(Path(settings.calibration)), []
        calibration.require(identity, settings.calibration)
    if settings.max_error and calibration is None:
        why = f"the model's own do not fit: {'; '.join(differences)}" if differences else "there is none"
        fix = "fit one with `factcheck calibrate` and name it with --calibration"
        raise ConfigError("max_error", f"needs a calibration, and {why}", fix)
    return calibration


def left_out(settings: Settings, identity: Mapping[str, JSON]) -> str:
    """Why no calibration of the model holds for a run that took `auto`, and what to do, on one line for its user.

    Empty where one holds, where `auto` was not asked for, and where the model has none: those of another model that is
    kept in its folder are not its own.
    """
    if settings.calibration != "auto" or identity.get("calibration") is not None:
        return ""
    own = [path for path in _beside(settings.model) if load(path).bound.get("model") == identity.get("model")]
    _, differences = _fitting(own, settings, identity)
    if not differences:
        return ""
    return (
        f"verdicts have no confidence: the calibration of {settings.model} is for other settings "
        f"({'; '.join(differences)}); use those, or fit one for yours with `factcheck calibrate`; "
        'calibration = "none" goes without'
    )


def _fitting(
    paths: list[Path], settings: Settings, identity: Mapping[str, JSON]
) -> tuple[Calibration | None, list[str]]:
    """The one that holds, or what differs; a threshold that was moved is meant to decide, and a calibration would."""
    calibration, differences = fitting(paths, identity)
    plain = Settings()
    moved = [name for name in ("support", "contradict") if getattr(settings, name) != getattr(plain, name)]
    if not moved or not paths:
        return calibration, differences
    told = [f"{name}: fitted with {getattr(plain, name):g}, here {getattr(settings, name):g}" for name in moved]
    return None, [*told, *differences]


def _beside(model: str) -> list[Path]:
    folder = asset(f"models/{model}") if model in bundled_models() else Path(model)
    return sorted(folder.glob(PATTERN)) if folder.is_dir() else []
