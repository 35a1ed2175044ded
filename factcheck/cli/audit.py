"""Auditing a run."""

from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Quiet, Run


@app.command()
def audit(
    run: Run,
    *,
    corpus: Annotated[str | None, typer.Option(help="Where the documents are now, if they were moved.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A record a line: each finding, then the totals.")] = False,
    quiet: Quiet = False,
) -> None:
    """Re-read every quote of a run from its sources, and derive every verdict again from its evidence.

    Changes nothing. Exit status 0 if everything holds, 1 if not.

    Example: factcheck audit runs/today
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.audit import Finding  # noqa: PLC0415
    from factcheck.jobs.audit import audit as check  # noqa: PLC0415

    def show(finding: Finding) -> None:
        typer.echo(finding.to_json() if as_json else display.visible(str(finding)))

    with display.Progress(quiet=quiet) as progress:
        report = check(run, corpus=corpus, on_finding=show, progress=progress)
    typer.echo(report.to_json() if as_json else str(report))
    if not report.holds:
        raise typer.Exit(1)
