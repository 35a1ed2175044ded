"""Reviewing a run in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Run


@app.command()
def review(  # noqa: PLR0913 (every option is a parameter)
    run: Run,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen at. Others than this machine's own reach it.")] = (
        "127.0.0.1"
    ),
    reviewer: Annotated[str | None, typer.Option(help="Who decides; your user name without it.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    sample: Annotated[
        int | None, typer.Option(min=1, max=5000, help="Draw so many claims at random to decide.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Draw those of this seed.")] = None,
    merge: Annotated[Path | None, typer.Option(help="Bring in a file of decisions, and end.")] = None,
    decisions_from: Annotated[
        Path | None, typer.Option(help="Carry over another run's decisions on claims with the same text.")
    ] = None,
) -> None:
    """Read and overrule the verdicts of a run in a browser, while it goes on, too.

    Example: factcheck review runs/today
    """
    from factcheck.display import visible  # noqa: PLC0415

    if merge is not None or decisions_from is not None:
        _bring_in(run, merge, decisions_from)
    if merge is not None:
        return
    missing = _missing()
    if missing:
        from factcheck.errors import ConfigError  # noqa: PLC0415

        fix = 'install them with `pip install "factcheck-nli[review]"`'
        raise ConfigError("factcheck review", f"needs {' and '.join(missing)}", fix)
    from factcheck.review.desk import Desk  # noqa: PLC0415
    from factcheck.review.reviewers import reviewer_name, usual_reviewer  # noqa: PLC0415
    from factcheck.review.server import serve  # noqa: PLC0415

    name = usual_reviewer() if reviewer is None else reviewer_name(reviewer)
    path = "/"
    if sample is not None:
        path = f"/sample?size={sample}" + ("" if seed is None else f"&seed={seed}")
    desk = Desk(run)
    try:
        serve(
            desk,
            reviewer=name,
            host=host,
            port=port,
            path=path,
            browser=browser,
            say=lambda line: typer.echo(visible(line)),
        )
    finally:
        desk.close()


def _bring_in(run: Path, merge: Path | None, decisions_from: Path | None) -> None:
    """Merge a file, carry another run's decisions, or both, and print what came of it."""
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.errors import FactcheckError  # noqa: PLC0415
    from factcheck.run.reviews import Reviews  # noqa: PLC0415

    with Reviews(run) as reviews:
        if decisions_from is not None:
            from factcheck.review.carry import carry  # noqa: PLC0415

            carried = carry(decisions_from, reviews)
            typer.echo(
                f"acts carried over: {carried.new:,} new, {carried.known:,} known already; claims: {carried.claims:,}, "
                f"of which {carried.stale:,} to review again; {carried.unmatched:,} are not in this run"
            )
        if merge is None:
            return
        from factcheck.review.merging import merge as merge_lines  # noqa: PLC0415

        try:
            with merge.open("rb") as file:
                merged = merge_lines(reviews, file)
        except OSError as error:
            raise FactcheckError(merge, f"cannot be read: {error.strerror}", "name a file of decisions") from None
    typer.echo(f"{merged.new:,} new, {merged.known:,} known already, {len(merged.refused):,} refused")
    for item in merged.refused:
        typer.echo(visible(f"{merge}:{item.line}: {item.why}"), err=True)
    if merged.refused:
        raise typer.Exit(1)


def _missing() -> list[str]:
    """Packages of the extra `review` that are not installed."""
    from importlib import import_module  # noqa: PLC0415

    packages = {"fastapi": "fastapi", "uvicorn": "uvicorn", "python_multipart": "python-multipart"}
    missing = []
    for module, name in packages.items():
        try:
            import_module(module)
        except ModuleNotFoundError:
            missing.append(name)
    return missing
