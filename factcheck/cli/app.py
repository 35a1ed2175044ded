"""The command line's entry point, and the application that the commands are registered with."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from factcheck import __version__
from factcheck.errors import FactcheckError

_ORDER = (
    *("verify", "ask", "claims"),
    *("status", "show", "export", "audit", "diff", "update", "gate", "review", "purge"),
    *("evaluate", "calibrate"),
    *("serve", "mcp"),
    *("index", "search", "score", "models", "config"),
)


class _InOrder(TyperGroup):
    """Lists the commands in the order in which they are met in use, not that of their modules."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 (typer keeps its type private)
        return sorted(super().list_commands(ctx), key=_ORDER.index)


app = typer.Typer(
    name="factcheck",
    cls=_InOrder,
    help="Do your own documents support or contradict a claim? Works offline; every verdict shows its sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; a `FactcheckError` becomes one line and exit status 1, a bug keeps its traceback."""
    try:
        app()
    except FactcheckError as error:
        from factcheck.display import visible  # noqa: PLC0415

        sys.exit(f"error: {visible(str(error))}")


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"factcheck {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    *,
    version: Annotated[bool, typer.Option("--version", callback=lambda wanted: _version(wanted=wanted))] = False,
) -> None:
    """Hold the options that come before a command."""
