"""The manifest of a run that was brought up to date, written after the ledger and again where a kill came between."""

import json
from typing import Any

from factcheck.run.ledger import Ledger
from factcheck.run.manifest import MANIFEST, write_manifest

UPDATED = "updated"
"""The note of the last update's times and counters."""
_KEPT = ("rejected",)  # what an update does not find out anew


def mend_manifest(ledger: Ledger) -> None:
    """Write the manifest of the last update, unless it is there.

    Raises:
        RunError: It cannot be written.
    """
    identity, facts = ledger.get("identity"), ledger.get(UPDATED)
    before = _manifest(ledger)
    if not isinstance(identity, dict) or not isinstance(facts, dict) or before.get("identity") == identity:
        return
    kept = {name: before[name] for name in _KEPT if name in before}
    write_manifest(ledger.folder, identity=identity, facts=kept | facts)


def _manifest(ledger: Ledger) -> dict[str, Any]:
    try:
        record = json.loads((ledger.folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
