"""Serving assistants."""

from typing import TYPE_CHECKING

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings
from factcheck.cli.options import Quiet

if TYPE_CHECKING:
    from factcheck.config import Settings


@app.command()
@takes_settings(
    *("corpus", "index", "model", "labels", "precision", "device", "language"),
    *("passages", "retriever", "embedder", "context", "titles", "join", "support", "contradict"),
    *("quantities", "cues", "parts", "check_all", "languages", "as_of", "calibration", "max_error", "delta"),
    *("max_file_mb", "max_seconds", "cache", "no_cache", "cache_mb"),
    fixed={"stages": (), "evidence": "auto"},  # as `ask`; contexts that an assistant gives are always read
)
def mcp(*, settings: "Settings", quiet: Quiet = False) -> None:
    """Serve the tools verify_claims and search_corpus to an assistant, by MCP over standard input and output.

    An assistant's program starts this command. It ends when its standard input does. Needs the extra `mcp`.

    Example: factcheck mcp --corpus reports/
    """
    missing = _missing()
    if missing:
        from factcheck.errors import ConfigError  # noqa: PLC0415

        fix = 'install it with `pip install "factcheck-nli[mcp]"`'
        raise ConfigError("factcheck mcp", f"needs the package mcp, version 2 (no module {missing})", fix)
    from factcheck import display  # noqa: PLC0415
    from factcheck.mcp.server import run  # noqa: PLC0415

    run(settings, lambda: display.Progress(quiet=quiet))


def _missing() -> str:
    """The first module of the extra `mcp` that is not installed; `mcp_types` is there since version 2 of the SDK."""
    from importlib import import_module  # noqa: PLC0415

    for name in ("mcp", "mcp_types"):
        try:
            import_module(name)
        except ModuleNotFoundError:
            return name
    return ""
