"""Scoring without retrieval, and what can be said of a model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import FLAGS, split, takes_settings
from factcheck.cli.options import Quiet
from factcheck.errors import ConfigError

if TYPE_CHECKING:
    from factcheck.config import Settings


@app.command()
@takes_settings(
    *("model", "labels", "precision", "device", "on_error", "encoding", "cache", "no_cache", "cache_mb"),
    helps={
        "on_error": "A bad record: stop, or skip into OUT.rejected.jsonl.",
        "encoding": "Encoding of the file.",
    },
)
def score(  # noqa: PLR0913
    pairs: Annotated[str, typer.Argument(help="Pairs of premise and hypothesis: JSON Lines or CSV, or - .")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .jsonl or .csv; standard output without one.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="jsonl or csv, where the name of --out does not say it.")] = None,
    fields: Annotated[
        str | None, typer.Option(help="Names of premise and hypothesis in the file, e.g. sentence1,sentence2.")
    ] = None,
    settings: "Settings",
    quiet: Quiet = False,
) -> None:
    """Score pairs of premise and hypothesis, without any retrieval: the records as they came, with their probabilities.

    Example: factcheck score pairs.jsonl --out scores.jsonl
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.score import ScoreJob, score_file  # noqa: PLC0415
    from factcheck.jobs.scorer import open_scorer  # noqa: PLC0415

    names = split(fields)
    if names is not None and len(names) != 2:
        raise ConfigError("--fields", f"{fields!r} are not two names", "give premise and hypothesis, such as doc,claim")
    job = ScoreJob(
        source=pairs,
        out=out,
        to=to,
        fields=None if names is None else (names[0], names[1]),
        encoding=settings.encoding,
        on_error=settings.on_error,
    )
    job.check()
    with display.Progress(quiet=quiet) as progress:
        report = score_file(job, open_scorer(settings, on_note=progress.note), progress=progress)
    typer.echo(str(report), err=True)


models = typer.Typer(help="The models: what can be said of one before it is trusted.", no_args_is_help=True)
app.add_typer(models, name="models")


@models.command("check")
def check_model(  # noqa: PLR0913
    model: Annotated[str, typer.Argument(help="Bundled model, folder, or Hugging Face name.")] = "nli-mini",
    *,
    labels: str | None = FLAGS["labels"].option,
    precision: Annotated[
        str | None, typer.Option(help="Precisions to check, such as bf16,int8; without it all that this machine has.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    record: Annotated[
        Path | None,
        typer.Option(help="File to record what passed in, in place of the user's cache; int8 ranges go beside it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object.")] = False,
    quiet: Quiet = False,
) -> None:
    """Check a model: label order, longest input, batches, odd input, and how far each lossy precision is from fp32.

    What passed is recorded, and `--precision auto` follows it. Exit status 1 where a check failed.

    Example: factcheck models check nli-mini --precision bf16
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.progress import counting  # noqa: PLC0415
    from factcheck.nli.checks import check  # noqa: PLC0415
    from factcheck.nli.ranges import copy_ranges  # noqa: PLC0415
    from factcheck.nli.record import remember  # noqa: PLC0415

    with display.Progress(quiet=quiet) as progress:
        report = check(
            model,
            precisions=split(precision),
            device=device,
            labels=split(labels),
            on_scored=counting(progress, "judging"),
        )
    if as_json:
        typer.echo(json.dumps(report.record(), ensure_ascii=False))
    else:
        display.print_model_report(report)
    path = remember(report.model, report.fingerprint, report.findings(), record)
    if record is not None:
        copy_ranges(report.fingerprint, record.parent)
    typer.echo(f"recorded in {path}", err=True)
    if not report.passed:
        raise typer.Exit(1)
