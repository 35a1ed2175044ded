"""Writing the verdicts of a run to a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import ConfigOption, Partial, Run

if TYPE_CHECKING:
    from factcheck.types import Label


@app.command()
def export(  # noqa: PLR0913 (one parameter an option)
    run: Run,
    *,
    to: Annotated[
        str,
        typer.Option(help="jsonl, csv, parquet, xlsx, html, markdown, fever, scifact, claimreview or gold."),
    ] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output without one.")] = None,
    verdict: Annotated[
        str | None, typer.Option(help="Only claims with this verdict of the machine, or these: CONFLICTING,REFUTES.")
    ] = None,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="fever, scifact: the reviewers' verdict where there is one.")
    ] = False,
    publisher: Annotated[str | None, typer.Option(help="claimreview: who stands for the ratings.")] = None,
    publisher_url: Annotated[str | None, typer.Option(help="claimreview: the page that holds them.")] = None,
    partial: Partial = False,
    config: ConfigOption = None,
) -> None:
    """Write the verdicts of a run, in claim order, with what reviewers decided.

    Example: factcheck export runs/today --to csv --out verdicts.csv
    """
    from factcheck.config import Settings, resolve  # noqa: PLC0415
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.formats.export import export as write  # noqa: PLC0415
    from factcheck.formats.reviewed import About  # noqa: PLC0415
    from factcheck.jobs.documents import run_by_document  # noqa: PLC0415
    from factcheck.review.report import write_report  # noqa: PLC0415
    from factcheck.run.ledger import Ledger, require_finished  # noqa: PLC0415
    from factcheck.run.reviewed import read_reviews  # noqa: PLC0415

    flags = {"publisher": publisher, "publisher_url": publisher_url} if to == "claimreview" else None
    settings = Settings() if flags is None else resolve(flags, config).settings
    wanted = _labels(verdict)
    with Ledger(run) as ledger, ledger.moment():
        note = require_finished(ledger, partial=partial)
        about = About(
            name=run.resolve().name,
            key=str(ledger.get("claims") or ""),
            review=read_reviews(ledger),
            reviewed=reviewed,
            publisher=settings.publisher,
            publisher_url=settings.publisher_url,
            by_document=run_by_document(ledger) if to == "scifact" else None,
        )
        source = lambda: (found for found in ledger.verdicts() if found.label in wanted)  # noqa: E731
        rows = write(source, to, out, about=about, more={"html": write_report})
    if note:
        typer.echo(visible(note), err=True)
    if out is not None:
        typer.echo(f"{rows} verdicts in {out}", err=True)


def _labels(names: str | None) -> "frozenset[Label]":
    """The verdicts that are named, in any spelling that a data set has; all of them where none is."""
    from factcheck.errors import ConfigError  # noqa: PLC0415
    from factcheck.formats.labels import parse_label  # noqa: PLC0415
    from factcheck.types import Label  # noqa: PLC0415

    if names is None:
        return frozenset(Label)
    found = {name: parse_label(name) for name in names.split(",")}
    if unknown := [name for name, label in found.items() if label is None]:
        raise ConfigError("--verdict", f"{unknown[0]!r} is no verdict", f"use {', '.join(Label)}")
    return frozenset(label for label in found.values() if label)
