"""What identifies a scorer, told without loading one: no torch, no transformers, seconds less."""

import json
from collections.abc import Sequence
from pathlib import Path

from factcheck.errors import ModelError
from factcheck.nli.folder import check_folder, fingerprint, model_folder
from factcheck.nli.labels import label_order

_OUTPUTS = 2  # of a configuration that does not say how many, in transformers


def model_fingerprint(model: str | Path, labels: Sequence[str] | None = None) -> str:
    """The fingerprint that the scorer of a model has; arguments as for `factcheck.nli.load`.

    Raises:
        ModelError: There is no such model, or it is not an NLI model.
    """
    _, folder = model_folder(model)
    check_folder(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    try:
        unnamed = {number: f"LABEL_{number}" for number in range(config.get("num_labels", _OUTPUTS))}
        id2label = {int(number): str(name) for number, name in (config.get("id2label") or unnamed).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(path, f"its id2label cannot be read: {error}", "fetch or save the model again") from error
    return fingerprint(folder, label_order(folder, id2label, labels).meanings)


def precision_and_device(numeric_class: str, *, precision: str, device: str) -> tuple[str, str]:
    """What to load a scorer with, to get this numeric class again: `auto` gives way to what the class names."""
    _, was_precision, was_device, *_ = *numeric_class.split("/"), "", "", ""
    return (was_precision if precision == "auto" else precision, was_device if device == "auto" else device)


def class_for(numeric_class: str, *, precision: str, device: str) -> str:
    """The numeric class with the precision and the kind of device that are asked for in it; `auto` asks for none."""
    backend, *rest = numeric_class.split("/")
    wanted = precision_and_device(numeric_class, precision=precision, device=device.partition(":")[0])
    return "/".join([backend, *wanted, *rest[2:]])
