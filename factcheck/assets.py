"""Finds the files that come with factcheck, bundled models and example claims, and the folder for what it may keep.

A wheel carries them inside the package as `_assets`; a source tree and an editable install have them at its root.
"""

import os
from pathlib import Path

from factcheck.errors import FactcheckError

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_assets", _PACKAGE.parent)
_KINDS = ("claims", "models")


def asset(name: str) -> Path:
    """Find a bundled file or folder by its name with forward slashes, such as `models/nli-mini`.

    Raises:
        FactcheckError: It is not `claims/...` or `models/...`, or it is in none of the places where it could be.
    """
    parts = name.split("/")
    if parts[0] not in _KINDS or any(part in {"", ".", ".."} for part in parts):
        raise FactcheckError(f"asset {name!r}", "not the name of a bundled file", "start with claims/ or models/")
    places = [root.joinpath(*parts) for root in _ROOTS]
    for place in places:
        if place.exists():
            return place
    looked = " and ".join(str(place) for place in places)
    raise FactcheckError(f"asset {name!r}", f"not found; looked for {looked}", "reinstall factcheck-nli")


def bundled_models() -> tuple[str, ...]:
    """Name the models that come with factcheck, sorted; each is a folder `models/<name>` with a config."""
    folders = (root / "models" for root in _ROOTS)
    return tuple(sorted({path.parent.name for folder in folders for path in folder.glob("*/config.json")}))


def cache_folder() -> Path:
    """`FACTCHECK_CACHE`, else `factcheck` in the user's cache folder."""
    if folder := os.environ.get("FACTCHECK_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "factcheck"
