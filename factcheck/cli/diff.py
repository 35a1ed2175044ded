"""Comparing two runs."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Partial


@app.command()
def diff(  # noqa: PLR0913 (one parameter an option)
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="The earlier run folder.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="The later run folder.")],
    *,
    partial: Partial = False,
    limit: Annotated[int, typer.Option(min=0, help="Flips shown.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="A record a line: each flip, each claim of one run alone, then the counts.")
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit status 1 if a verdict flipped.")] = False,
) -> None:
    """Compare two runs: verdicts that flipped, and the setting, pair or document responsible.

    Example: factcheck diff runs/yesterday runs/today
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.formats.records import to_json  # noqa: PLC0415
    from factcheck.jobs.diff import compare, flips, records  # noqa: PLC0415
    from factcheck.run.ledger import Ledger, require_finished  # noqa: PLC0415

    with ExitStack() as stack:
        ledgers = [stack.enter_context(Ledger(folder)) for folder in (before, after)]
        for ledger in ledgers:
            stack.enter_context(ledger.moment())
            if note := require_finished(ledger, partial=partial):
                typer.echo(display.visible(note), err=True)
        comparison = compare(*ledgers)
        if as_json:
            for record in records(comparison, *ledgers):
                typer.echo(to_json(record).encode())
        else:
            display.print_comparison(comparison)
            display.print_flips(flips(*ledgers), limit, total=comparison.flipped)
    if exit_code and comparison.flipped:
        raise typer.Exit(1)
