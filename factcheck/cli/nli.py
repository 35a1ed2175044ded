"""Scoring without retrieval, and what can be said of a model."""

import json
from pathlib import Path
from typing import Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import (
    CacheFile,
    CacheMb,
    ConfigOption,
    Device,
    Labels,
    Model,
    NoCache,
    Precision,
    Quiet,
    resolve_settings,
    split,
)
from factcheck.errors import ConfigError


@app.command()
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
    model: Model = None,
    labels: Labels = None,
    precision: Precision = None,
    device: Device = None,
    on_error: Annotated[str | None, typer.Option(help="A bad record: stop, or skip into OUT.rejected.jsonl.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the file.")] = None,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    cache_mb: CacheMb = None,
    config: ConfigOption = None,
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
    settings = resolve_settings(
        config,
        model=model,
        labels=split(labels),
        precision=precision,
        device=device,
        on_error=on_error,
        encoding=encoding,
        cache=False if no_cache else cache,
        cache_mb=cache_mb,
    ).settings
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
    labels: Labels = None,
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
    from factcheck.nli.checks import check  # noqa: PLC0415
    from factcheck.nli.ranges import copy_ranges  # noqa: PLC0415
    from factcheck.nli.record import remember  # noqa: PLC0415

    with display.Progress(quiet=quiet) as progress:
        before = 0

        def on_scored(done: int, total: int) -> None:
            nonlocal before
            progress.total("judging", total)
            progress.advance("judging", done - before)
            before = done

        report = check(model, precisions=split(precision), device=device, labels=split(labels), on_scored=on_scored)
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
