"""What one change of the settings at a time does to the scores: which changes there are."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from factcheck.assets import bundled_models
from factcheck.config import Settings
from factcheck.errors import ConfigError

KS: Final = (1, 2, 3, 5, 10, 20)
"""The numbers of passages for which scores are told."""

ALL: Final = "all"
_SWITCHES: Final[Mapping[str, str]] = {
    "context": "context",
    "titles": "titles",
    "join": "join",
    "quantity": "quantities",
    "cues": "cues",
    "parts": "parts",
}
_AGGREGATION: Final = "calibration"  # the setting that names a file with the fitted rule
_RETRIEVERS: Final = ("lexical", "dense", "hybrid")
_PRECISIONS: Final = ("fp32", "bf16", "fp16", "int8")
_NAMES: Final = (
    "retriever",
    "k",
    "context",
    "titles",
    "join",
    "aggregation",
    "quantity",
    "cues",
    "parts",
    "model",
    "precision",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is another one than in the base; `text` names both, such as `k=5`."""

    name: str
    text: str
    settings: Settings


def available(settings: Settings, *, models: Sequence[str] = ()) -> dict[str, str]:
    """Every ablation by name, with why it cannot be made, or with an empty text where it can.

    Args:
        settings: The base.
        models: Other models to compare with; those that come with factcheck where there is none.
    """
    known = {field.name for field in fields(Settings)}
    reasons = dict.fromkeys(_NAMES, "")
    for name, setting in {"retriever": "retriever", "aggregation": _AGGREGATION, **_SWITCHES}.items():
        if setting not in known:
            reasons[name] = f"there is no setting {setting!r} in this version"
    if getattr(settings, _AGGREGATION, "none") == "none":
        reasons["aggregation"] = reasons["aggregation"] or "the fitted rule is off already: leave out --calibration"
    if settings.evidence == "gold":
        reasons["k"] = reasons["k"] or "gold evidence has no ranks, and all of it is judged"
    if settings.evidence in {"gold", "given"}:
        reasons["retriever"] = reasons["retriever"] or f"nothing is searched with evidence {settings.evidence!r}"
    if "retriever" in known and not getattr(settings, "embedder", ""):
        reasons["retriever"] = reasons["retriever"] or "there is no embedder: name one with --embedder"
    if not _others(settings, models):
        reasons["model"] = "there is no other model: name one more with --model"
    return reasons


def chosen(text: str, settings: Settings, *, models: Sequence[str] = ()) -> tuple[str, ...]:
    """The ablations that names with commas between them ask for, in the order of `available`.

    Raises:
        ConfigError: One is unknown, or cannot be made.
    """
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    reasons = available(settings, models=models)
    allowed = [name for name, reason in reasons.items() if not reason]
    if ALL in names:
        return tuple(allowed)
    fix = f"allowed are {', '.join(allowed)} and all"
    if not names:
        raise ConfigError("--ablate", "names nothing", fix)
    for name in names:
        if name not in reasons:
            close = difflib.get_close_matches(name, allowed, n=1)
            raise ConfigError("--ablate", f"unknown: {name!r}", f"did you mean {close[0]}? {fix}" if close else fix)
        if reasons[name]:
            raise ConfigError("--ablate", f"{name!r} cannot be changed: {reasons[name]}", fix)
    return tuple(name for name in reasons if name in names)


def changes(
    names: Iterable[str], settings: Settings, *, precision: str, models: Sequence[str] = ()
) -> Iterator[Change]:
    """The changes that these ablations make, each to the base alone.

    Args:
        names: As `chosen` gives them.
        settings: The base.
        precision: The number format that the base's model really computes in, where it is `auto`.
        models: As for `available`.
    """
    makers: dict[str, Callable[[], Iterator[Change]]] = {
        "retriever": lambda: _values("retriever", "retriever", _RETRIEVERS, settings),
        "k": lambda: _ks(settings),
        "aggregation": lambda: _values("aggregation", _AGGREGATION, ["none"], settings),
        "model": lambda: _values("model", "model", _others(settings, models), settings),
        "precision": lambda: _values(
            "precision", "precision", [name for name in _PRECISIONS if name != precision], settings
        ),
    }
    for name in names:
        if name in makers:
            yield from makers[name]()
        else:
            setting = _SWITCHES[name]
            value = not getattr(settings, setting)
            yield _change(name, setting, value, settings)


def _ks(settings: Settings) -> Iterator[Change]:
    for k in KS:
        if k != settings.passages:
            yield Change("k", f"k={k}", replace(settings, passages=k, stages=()))


def _values(name: str, setting: str, values: Iterable[str], settings: Settings) -> Iterator[Change]:
    for value in values:
        if value != getattr(settings, setting):
            yield _change(name, setting, value, settings)


def _change(name: str, setting: str, value: str | bool, settings: Settings) -> Change:  # noqa: FBT001 - a value
    shown = str(value).lower() if isinstance(value, bool) else value
    changed: dict[str, Any] = {setting: value}
    if setting == "model":
        changed["labels"] = ()  # they are of the base's model
    return Change(name, f"{setting}={shown}", replace(settings, **changed))


def _others(settings: Settings, models: Sequence[str]) -> list[str]:
    """The models that the base's may be changed for."""
    return [name for name in models or bundled_models() if name != settings.model]
