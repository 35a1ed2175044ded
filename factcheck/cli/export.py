"""Writing the verdicts of a run to a file."""

from pathlib import Path
from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Partial, Run


@app.command()
def export(
    run: Run,
    *,
    to: Annotated[str, typer.Option(help="jsonl, csv, parquet or xlsx.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output without one.")] = None,
    partial: Partial = False,
) -> None:
    """Write the verdicts of a run, in claim order.

    Example: factcheck export runs/today --to csv --out verdicts.csv
    """
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.formats.export import export as write  # noqa: PLC0415
    from factcheck.run.ledger import Ledger, require_finished  # noqa: PLC0415

    with Ledger(run) as ledger, ledger.moment():
        note = require_finished(ledger, partial=partial)
        rows = write(ledger.verdicts, to, out)
    if note:
        typer.echo(visible(note), err=True)
    if out is not None:
        typer.echo(f"{rows} verdicts in {out}", err=True)
