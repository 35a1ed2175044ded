"""The command that goes on with a run, put together from what the run recorded."""

import os
import shlex
from pathlib import Path

from factcheck.config import Settings, resolve
from factcheck.errors import ConfigError
from factcheck.types import JSON


def verify_command(claims: str | Path, folder: Path, settings: Settings) -> str:
    """The `factcheck verify` that goes on with a run, for a shell in the current folder.

    It names every setting that would be another one without it, those of the current folder's `factcheck.toml` in mind.
    """
    usual, wanted = _usual().record(), settings.record()
    words = ["factcheck", "verify", "-" if str(claims) == "-" else _place(str(claims))]
    for name, value in wanted.items():
        if name != "run" and value != usual[name]:
            words += _option(name, value)
    return shlex.join([*words, "--run", _place(str(folder))])


def update_command(folder: Path) -> str:
    """The `factcheck update` that goes on with an update of a run."""
    return shlex.join(["factcheck", "update", _place(str(folder))])


def _usual() -> Settings:
    """The settings of a command without options, here."""
    try:
        return resolve({}).settings
    except (ConfigError, OSError):
        return Settings()


def _option(name: str, value: JSON) -> list[str]:
    flag = "--" + name.replace("_", "-")
    match value:
        case False:
            return [f"--no-{flag[2:]}"]
        case True:
            return [] if name == "cache" else [flag]  # a cache of no name is the usual one
        case list():
            return [flag, ",".join(map(str, value))]
        case str() if name in {"corpus", "index", "cache", "model"}:
            return [flag, _place(value)]
        case _:
            return [flag, str(value)]


def _place(path: str) -> str:
    """A path from the current folder where it lies inside, which a reader knows it by; absolute elsewhere."""
    whole = Path(path).absolute()
    if not path or path.startswith("hf:") or not os.path.lexists(whole):  # never raises, as where it may not look
        return path
    here = Path.cwd()
    if not whole.is_relative_to(here):
        return str(whole)
    inside = str(whole.relative_to(here))
    return f"./{inside}" if inside.startswith("-") else inside
