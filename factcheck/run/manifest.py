"""`manifest.json`: what a run is of, on what it ran, and how long it took."""

import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

from factcheck import __version__
from factcheck.errors import RunError
from factcheck.machine import cpu_facts, installed_versions, instruction_set
from factcheck.run.ledger import NOTHING_LOST
from factcheck.types import JSON

MANIFEST = "manifest.json"
_PACKAGES = ("torch", "transformers", "tokenizers", "lancedb", "sentencex", "pypdf", "python-docx", "trafilatura")
_SCORING = frozenset({"torch", "transformers", "tokenizers", "lancedb", "sentencex"})


def write_manifest(folder: Path, *, identity: Mapping[str, JSON], facts: Mapping[str, JSON]) -> None:
    """Write the manifest whole or not at all.

    `identity` is what makes the run this one; `facts` are times and counters, which change nothing.

    Raises:
        RunError: It cannot be written.
    """
    _, precision, device, *_ = *str(identity.get("numeric_class", "")).split("/"), "", ""
    record = {
        "factcheck": __version__,
        "identity": dict(identity),
        "precision": precision,
        "device": device,
        "machine": machine(),
        "versions": versions(),
        **facts,
    }
    beside = folder / (MANIFEST + ".new")
    try:
        beside.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
        beside.replace(folder / MANIFEST)
    except OSError as error:
        raise RunError(folder / MANIFEST, f"cannot be written: {error.strerror or error}", NOTHING_LOST) from error


def versions() -> dict[str, JSON]:
    """Versions of Python and of the packages that can change a score or a text; absent ones are left out."""
    return {"python": platform.python_version(), **installed_versions(_PACKAGES)}


def scoring_versions() -> dict[str, JSON]:
    """Versions of the packages that can change a score or what is retrieved; part of a run's identity."""
    return {name: found for name, found in versions().items() if name in _SCORING}


def machine() -> dict[str, JSON]:
    """System, processor with the instructions that bits depend on, and core count; no host name."""
    return {
        "system": platform.system(),
        "processor": (cpu_facts() or {}).get("model name") or platform.processor() or platform.machine(),
        "instructions": instruction_set(),
        "cores": os.cpu_count(),
    }


def utc(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
