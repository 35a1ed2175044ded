"""What is known of which numeric classes of a model passed all checks: what came with it, and what was measured here.

`load` asks, so that nothing heavy is imported.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from factcheck.assets import asset, bundled_models, cache_folder
from factcheck.errors import FactcheckError, ModelError
from factcheck.types import JSON

CHECKS = "checks.json"  # in the folder of a bundled model; no part of its fingerprint
_VERSION = 1  # raised when the checks or their limits change, which voids what was recorded


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one numeric class of a model passed, and what a reader may want to know of it."""

    numeric_class: str
    passed: bool
    facts: Mapping[str, JSON]  # the gate's figures, and the machine and the versions they were measured on


def passed(fingerprint: str, numeric_class: str) -> bool:
    """Whether all checks of this numeric class of a model were passed, the quality gate among them.

    What `factcheck models check` found on this machine goes before what comes with a bundled model. A record that is
    missing, torn or of another version says nothing, which is no.
    """
    for path in (_local(fingerprint), *_bundled()):
        entry = _classes(path, fingerprint).get(numeric_class)
        if isinstance(entry, dict):
            return entry.get("passed") is True
    return False


def remember(model: str, fingerprint: str, findings: list[Finding], path: Path | None = None) -> Path:
    """Add findings to the record of a model in the user's cache, or to the one at `path`; gives back where.

    Later findings on a numeric class replace earlier ones. The file is replaced whole, so that it is never torn.

    Raises:
        ModelError: It cannot be written.
    """
    target = path or _local(fingerprint)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if path is not None:
            _write(target, model, fingerprint, findings)
        else:
            with FileLock(target.with_suffix(".lock")):
                _write(target, model, fingerprint, findings)
    except OSError as error:
        raise ModelError(
            target, f"cannot be written: {error.strerror or error}", "name another with --record"
        ) from error
    return target


def _write(target: Path, model: str, fingerprint: str, findings: list[Finding]) -> None:
    classes = _classes(target, fingerprint)
    classes |= {finding.numeric_class: {"passed": finding.passed, **finding.facts} for finding in findings}
    content = {"version": _VERSION, "model": model, "fingerprint": fingerprint, "classes": classes}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, suffix=".new", delete=False) as file:
        fresh = Path(file.name)
        file.write(json.dumps(content, indent=2, sort_keys=True) + "\n")
    fresh.chmod(0o644)  # a temporary file is its owner's alone
    fresh.replace(target)


def _local(fingerprint: str) -> Path:
    return cache_folder() / "checks" / f"{fingerprint}.json"


def _bundled() -> Iterator[Path]:
    for name in bundled_models():
        try:
            yield asset(f"models/{name}/{CHECKS}")
        except FactcheckError:
            continue


def _classes(path: Path, fingerprint: str) -> dict[str, Any]:
    """What a file says of the numeric classes of this model."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("version") != _VERSION or content.get("fingerprint") != fingerprint:
        return {}
    classes = content.get("classes")
    return classes if isinstance(classes, dict) else {}
