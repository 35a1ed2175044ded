"""Calibrating: labelled claims to a rule whose confidences can be believed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings
from factcheck.cli.options import Quiet

if TYPE_CHECKING:
    from factcheck.config import Settings
    from factcheck.evaluation.calibrate import Calibrated


@app.command()
@takes_settings(
    *("corpus", "index", "evidence", "model", "passages", "retriever", "embedder"),
    *("labels", "precision", "device", "language", "stages", "context", "titles", "join"),
    *("quantities", "cues", "parts", "check_all", "languages", "as_of"),
    *("on_error", "format", "encoding", "cache", "no_cache", "cache_mb"),
)
def calibrate(  # noqa: PLR0913 (one parameter an option)
    labelled: Annotated[
        list[str],
        typer.Argument(
            metavar="CLAIMS|RUN...",
            help="Labelled claims: files, or finished runs of such, whose scores are taken as they are.",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("calibration.json"),
    max_error: Annotated[
        float | None, typer.Option(help="Find the confidence from which on at most this share of answers is wrong.")
    ] = None,
    delta: Annotated[float, typer.Option(help="How probable it may be that more are wrong all the same.")] = 0.1,
    folds: Annotated[int, typer.Option(min=2, help="Parts that are left out in turn for the scores.")] = 5,
    across: Annotated[
        bool, typer.Option("--across", help="Leave out whole sources in turn: scores for claims unlike these.")
    ] = False,
    keep_labels: Annotated[
        bool, typer.Option("--keep-labels", help="Fit the confidences alone: verdicts stay as they are.")
    ] = False,
    max_false_alarms: Annotated[
        float | None, typer.Option(help="Share of claims answered without their gold documents; else as it is now.")
    ] = None,
    settings: "Settings",
    as_json: Annotated[
        bool, typer.Option("--json", help="The calibration as it is written, as one JSON line.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Fit the rule that combines evidence, and its confidences, to labelled claims; scores are cross-validated.

    It takes 30 labelled claims, 200 to fit all of it. What comes out holds for this model, k and these settings alone.

    Example: factcheck calibrate labelled.jsonl --corpus reports/ --max-error 0.05 --out calibration.json
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.evaluation.calibrate import calibrate as run  # noqa: PLC0415

    with display.Progress(quiet=quiet) as progress:
        found = run(
            labelled,
            settings,
            folds=folds,
            across=across,
            alarms=max_false_alarms,
            keep_labels=keep_labels,
            max_error=max_error,
            delta=delta,
            progress=progress,
        )
    found.calibration.save(out)
    _print(found, out, as_json=as_json)


def _print(found: "Calibrated", out: Path, *, as_json: bool) -> None:
    from factcheck.display import visible  # noqa: PLC0415
    from factcheck.formats.records import to_json  # noqa: PLC0415

    for note in found.notes:
        typer.echo(visible(note), err=True)
    if as_json:
        typer.echo(to_json(found.calibration.record()))
        return
    for line in found.lines():
        typer.echo(visible(line))
    typer.echo(f"\nwrote {visible(str(out))}")
