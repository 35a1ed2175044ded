"""Verifying claims: a job over a file, and one claim at a time."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings
from factcheck.cli.options import Claims, Quiet
from factcheck.cli.stopping import StoppedAtOnce, Stopping

if TYPE_CHECKING:
    from factcheck.config import Settings


@app.command()
@takes_settings(
    *("corpus", "index", "run", "model", "labels", "precision", "device", "language"),
    *("passages", "retriever", "embedder", "stages", "evidence", "context", "titles", "join"),
    *("support", "contradict", "quantities", "cues", "parts", "check_all", "languages", "as_of"),
    *("calibration", "max_error", "delta"),
    *("on_error", "format", "encoding", "max_file_mb", "max_seconds", "window", "cache", "no_cache", "cache_mb"),
    *("engine", "ray_address", "ray_workers", "ray_cpus", "ray_gpus", "allow_mixed"),
)
def verify(  # noqa: PLR0913 (one parameter an option)
    claims: Claims,
    *,
    settings: "Settings",
    new: Annotated[
        bool, typer.Option("--new", help="Where the run folder holds a run, begin another beside it: NAME-2, …")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Then change small things in decided claims, and flag verdicts that stay.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and index, score a sample, and estimate.")] = False,
    quiet: Quiet = False,
) -> None:
    """Verify the claims of a file against documents, into a run folder.

    Starting the same command again goes on where it stopped. Ctrl-C and SIGTERM let it decide the claims at hand first.

    Example: factcheck verify claims.csv --corpus reports/ --run runs/today
    """
    if dry_run:
        from factcheck import display  # noqa: PLC0415
        from factcheck.jobs.estimate import estimate  # noqa: PLC0415

        with display.Progress(quiet=quiet) as progress:
            forecast = estimate(claims, settings, progress=progress)
        typer.echo(str(forecast))
        return
    folder = Path(settings.run or f"runs/{Path(claims).name.split('.')[0] if claims != '-' else 'claims'}")
    _verify(claims, folder, settings, new=new, probe=probe, quiet=quiet)


def _verify(  # noqa: PLR0913 (all named)
    claims: str, folder: Path, settings: "Settings", *, new: bool, probe: bool, quiet: bool
) -> None:
    from factcheck import display  # noqa: PLC0415
    from factcheck.engine import engine_of  # noqa: PLC0415
    from factcheck.jobs.command import verify_command  # noqa: PLC0415
    from factcheck.jobs.verify import run_job  # noqa: PLC0415

    def on_open(opened: Path) -> None:
        nonlocal folder
        if opened != folder:
            progress.note(f"{folder} holds a run: the new one is in {opened}")
            folder = opened

    try:
        with display.Progress(quiet=quiet) as progress, Stopping(progress.note) as stopping:
            report = run_job(
                *(claims, folder, settings),
                progress=progress,
                stopping=stopping,
                new=new,
                on_open=on_open,
                engine=engine_of(settings),
            )
    except StoppedAtOnce as error:
        command = verify_command(claims, folder, settings)
        typer.echo(f"stopped; nothing that was decided is lost\ngo on with: {command}", err=True)
        raise typer.Exit(error.status) from None
    if not report.finished:
        done = sum(report.counts.values())
        now = "" if not report.resumed else f", {done - report.resumed:,} of them from this start"
        command = verify_command(claims, folder, settings)
        typer.echo(f"stopped: {done:,} of {report.claims:,} claims have their verdict{now}", err=True)
        typer.echo(f"go on with: {command}", err=True)
        raise typer.Exit(stopping.status)
    strongest = [*report.contradictions, *report.conflicts]
    display.print_summary(report.counts, strongest, open_reasons=report.open_reasons)
    typer.echo("")
    typer.echo(str(report))
    if probe:
        _probe(folder, quiet=quiet)


def _probe(folder: Path, *, quiet: bool) -> None:
    """Probe a finished run with its own settings."""
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.fragile import probe_folder  # noqa: PLC0415

    with display.Progress(quiet=quiet) as progress:
        report = probe_folder(folder, progress=progress)
    typer.echo(str(report))


@app.command()
@takes_settings(
    *("corpus", "index", "model", "labels", "precision", "device", "language"),
    *("passages", "retriever", "embedder", "support", "contradict", "check_all", "as_of"),
    fixed={"stages": ()},  # all its evidence is shown
)
def ask(
    claim: Annotated[str, typer.Argument(help="One claim.")],
    *,
    settings: "Settings",
    as_json: Annotated[bool, typer.Option("--json", help="The record, as in the export.")] = False,
) -> None:
    """Verify one claim and show all its evidence.

    Example: factcheck ask "Revenue rose in 2024." --corpus reports/
    """
    from factcheck import FactChecker, display  # noqa: PLC0415
    from factcheck.formats.records import to_line  # noqa: PLC0415
    from factcheck.jobs.bench import prepare  # noqa: PLC0415

    bench = prepare(settings)
    for note in bench.notes():
        typer.echo(display.visible(note), err=True)
    verdict = FactChecker(bench).check(claim)
    if as_json:
        typer.echo(to_line(verdict))
    else:
        display.print_verdict(verdict)


@app.command()
@takes_settings("language", "encoding")
def claims(text: Annotated[str, typer.Argument(help="A text file, or - .")], *, settings: "Settings") -> None:
    """Split a text into claims: one JSON line a sentence, with its offsets in the text.

    Example: factcheck claims answer.txt > claims.jsonl
    """
    from factcheck.formats import read_text, split_text  # noqa: PLC0415

    name = "text" if text == "-" else Path(text).stem
    for claim in split_text(read_text(text, encoding=settings.encoding), language=settings.language, id=name):
        record = {"id": claim.id, "claim": claim.text, "start": claim.start, "end": claim.end}
        typer.echo(json.dumps(record, ensure_ascii=False))
