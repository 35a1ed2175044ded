"""Deciding whether a run is good enough."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Partial, Run

if TYPE_CHECKING:
    from factcheck.jobs.gatereport import GateReport

_FAILED, _TOO_FEW = 3, 4  # exit statuses; 1 is for what is broken, 2 for bad usage


@app.command()
def gate(  # noqa: PLR0913 (one parameter an option)
    run: Run,
    *,
    least: Annotated[
        list[str] | None, typer.Option("--min", metavar="LABEL=RATE", help="Least rate of a label: supported=0.95.")
    ] = None,
    most: Annotated[
        list[str] | None, typer.Option("--max", metavar="LABEL=RATE", help="Greatest rate: contradicted=0.01.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier run: no more claims may newly fail than chance explains.")
    ] = None,
    level: Annotated[float, typer.Option(help="How sure: of the intervals, and of the test with --baseline.")] = 0.95,
    these_claims: Annotated[
        bool, typer.Option("--these-claims", help="These claims are all that counts: no intervals, no test.")
    ] = False,
    min_confidence: Annotated[
        float | None, typer.Option(help="A verdict of less confidence counts as NOT ENOUGH INFO.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(help="The same for the score, which is not calibrated.")] = None,
    partial: Partial = False,
    show: Annotated[int, typer.Option(min=0, help="How many of the claims that count against it are listed.")] = 10,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML with all of them.")] = None,
    github: Annotated[
        bool | None,
        typer.Option("--github/--no-github", help="Annotations and summary; by default where GITHUB_ACTIONS is true."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Decide whether a run is good enough: exit status 0 passed, 3 failed, 4 too few claims to decide.

    Example: factcheck gate runs/today --min supported=0.95 --max contradicted=0.01
    """
    from factcheck.formats.records import to_json  # noqa: PLC0415
    from factcheck.jobs.gate import Decision, Rules, limits_of  # noqa: PLC0415
    from factcheck.jobs.gatereport import run_gate  # noqa: PLC0415

    rules = Rules(
        limits=limits_of(least or [], most or []),
        level=level,
        as_they_are=these_claims,
        min_confidence=min_confidence,
        min_score=min_score,
    )
    report = run_gate(run, rules, baseline=baseline, partial=partial, most=show, junit=junit)
    on_github = os.environ.get("GITHUB_ACTIONS") == "true" if github is None else github
    if as_json:
        # GitHub takes ##[…] for a command wherever it stands in a line; in JSON an escaped # is the same text.
        _echo(to_json(report.record()).replace("##[", "#\\u0023["))
    else:
        _print(report, shielded=on_github)
    if on_github:
        _tell_github(report, aside=as_json)
    statuses = {Decision.PASSED: 0, Decision.FAILED: _FAILED, Decision.TOO_FEW: _TOO_FEW}
    raise typer.Exit(statuses[report.decision])


def _print(report: "GateReport", *, shielded: bool) -> None:
    """Print the report; shielded, no line of it is a command to GitHub, whatever a claim says."""
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.formats.github import stop  # noqa: PLC0415

    before, after = stop()
    if shielded:
        _echo(before)
    for note in report.notes:
        _echo(visible(note), err=True)
    for line in report.lines():
        _echo(visible(line))
    for item in report.listed:
        _echo()
        for name, text in item.fields():
            _echo(f"{name:<18}{visible(' '.join(text.split()))}")
    if report.listed and len(report.listed) < report.offending:
        _echo(f"\nand {report.offending - len(report.listed):,} more claims; --junit FILE has all of them")
    if shielded:
        _echo(after)


def _tell_github(report: "GateReport", *, aside: bool) -> None:
    """Print annotations, aside on standard error, where the runner reads them too; append to the step's summary."""
    from factcheck.formats.github import append_summary  # noqa: PLC0415

    for command in report.annotations(os.environ):
        _echo(command, err=aside)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        append_summary(path, report.summary())


def _echo(text: str = "", *, err: bool = False) -> None:
    """Print a line, with a question mark for what the stream's encoding has not."""
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    typer.echo(text.encode(encoding, "replace").decode(encoding), err=err)
