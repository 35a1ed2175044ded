"""Reading single verdicts of a run."""

import sys
from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Run


@app.command()
def show(
    run: Run,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids of claims, or places such as claims.csv:17.")],
    *,
    trace: Annotated[bool, typer.Option("--trace", help="How the verdict came about, step by step.")] = False,
    as_json: Annotated[
        bool | None, typer.Option("--json/--no-json", help="One record a line; so by default where it is piped.")
    ] = None,
) -> None:
    """Show verdicts of a run with all their evidence, one claim after another.

    Example: factcheck show runs/today c17 --trace
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.errors import RunError  # noqa: PLC0415
    from factcheck.formats.records import to_json, to_line  # noqa: PLC0415
    from factcheck.jobs.fragile import fragile_edits  # noqa: PLC0415
    from factcheck.jobs.lookup import look_up  # noqa: PLC0415
    from factcheck.run.ledger import Ledger  # noqa: PLC0415

    records = as_json if as_json is not None else not sys.stdout.isatty()
    failed = shown = False
    with Ledger(run) as ledger:
        tracer = None
        if trace:
            from factcheck.jobs.trace import Tracer  # noqa: PLC0415 (it knows the database)

            tracer = Tracer(ledger)
        for verdict in look_up(ledger, ids):
            if isinstance(verdict, RunError):
                typer.echo(f"error: {display.visible(str(verdict))}", err=True)
                failed = True
                continue
            if shown and not records:
                typer.echo("\n")
            shown = True
            traced = None if tracer is None else tracer.trace(verdict)
            if records:
                line = to_line(verdict) if traced is None else to_json(traced.record())
                typer.echo(line.encode())
            else:
                if traced is None:
                    display.print_verdict(verdict, named=True)
                else:
                    display.print_trace(traced)
                for edit in fragile_edits(ledger, verdict.claim.id):
                    typer.echo(f"fragile: it stays with {display.visible(edit)}")
    if failed:
        raise typer.Exit(1)
