"""Removing a run with all that it stored."""

from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Run

if TYPE_CHECKING:
    from factcheck.jobs.purge import Holdings

_NAMED = 5  # files


@app.command()
def purge(
    run: Run,
    *,
    index: Annotated[
        bool, typer.Option("--index", help="Its index in the user's cache too, which holds the documents' text.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what a run stored: its files, the scores of its pairs from the score cache, and with --index its index.

    Example: factcheck purge runs/today
    """
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.jobs.purge import holdings  # noqa: PLC0415
    from factcheck.jobs.purge import purge as remove  # noqa: PLC0415

    for line in _lines(holdings(run), index=index):
        typer.echo(visible(line))
    if not yes:
        typer.confirm("Remove this for good?", abort=True)
    report = remove(run, index=index)
    parts = [f"{report.files:,} files", f"{report.scores:,} scores", *(["the index"] if report.index else [])]
    typer.echo(f"removed: {', '.join(parts)}")
    if report.torn:
        typer.echo(f"scores of the run may be left in a score cache: {visible(report.torn)}", err=True)


def _lines(found: "Holdings", *, index: bool) -> list[str]:
    names = ", ".join(path.name for path in found.files)
    lines = [f"to be removed: {found.folder}", f"  files   {names} ({_megabytes(found.size)})"]
    if found.claims:
        lines.append(f"          {found.claims:,} claims with their verdicts and quotes")
    if found.reviews:
        lines.append(f"          {found.reviews:,} decisions and notes of reviewers, which nobody can compute again")
    lines += [f"  scores  of {found.pairs:,} pairs, from {cache.file}" for cache in found.caches]
    if found.torn:
        lines.append(f"  scores  are not known: {found.torn}")
    if index and found.index is not None:
        lines.append(f"  index   {found.index}, with the text of the documents of {found.corpus};")
        lines.append("          other runs that use it will have to build it again")
    if index and found.index is None:
        lines.append("  index   none: the run made none in the user's cache, or it is gone")
    if found.index is not None and not index:
        lines.append(f"stays: the index of {found.corpus}, with the text of its documents (--index removes it)")
    if found.others:
        more = f" and {len(found.others) - _NAMED:,} more" if len(found.others) > _NAMED else ""
        lines.append(f"stays: {', '.join(found.others[:_NAMED])}{more}, which the run did not write")
    return lines


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
