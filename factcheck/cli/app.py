"""The command line's entry point, and the application that the commands are registered with."""

import sys
from typing import Annotated

import typer

from factcheck import __version__
from factcheck.errors import FactcheckError

app = typer.Typer(
    name="factcheck",
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
