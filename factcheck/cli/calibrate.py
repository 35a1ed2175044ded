"""Calibrating: labelled claims to a rule whose confidences can be believed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import (
    AsOf,
    CacheFile,
    CacheMb,
    CheckAll,
    ConfigOption,
    ContextOption,
    Corpus,
    Cues,
    Device,
    EmbedderOption,
    Encoding,
    EvidenceOption,
    Format,
    Index,
    Labels,
    Language,
    Languages,
    Model,
    NoCache,
    OnError,
    Parts,
    Passages,
    Precision,
    Quantities,
    Quiet,
    Retriever,
    Stages,
    numbers,
    resolve_settings,
    split,
)

if TYPE_CHECKING:
    from factcheck.evaluation.calibrate import Calibrated


@app.command()
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
    max_false_alarms: Annotated[
        float | None, typer.Option(help="Share of claims answered without their gold documents; else as it is now.")
    ] = None,
    corpus: Corpus = None,
    index: Index = None,
    evidence: EvidenceOption = None,
    model: Model = None,
    passages: Passages = None,
    retriever: Retriever = None,
    embedder: EmbedderOption = None,
    labels: Labels = None,
    precision: Precision = None,
    device: Device = None,
    language: Language = None,
    stages: Stages = None,
    context: ContextOption = None,
    quantities: Quantities = None,
    cues: Cues = None,
    parts: Parts = None,
    check_all: CheckAll = None,
    languages: Languages = None,
    as_of: AsOf = None,
    on_error: OnError = None,
    format: Format = None,  # noqa: A002 (the flag's name)
    encoding: Encoding = None,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    cache_mb: CacheMb = None,
    config: ConfigOption = None,
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

    settings = resolve_settings(
        config,
        corpus=corpus,
        index=index,
        evidence=evidence,
        model=model,
        passages=passages,
        retriever=retriever,
        embedder=embedder,
        labels=split(labels),
        precision=precision,
        device=device,
        language=language,
        stages=numbers("--stages", stages),
        context=context,
        quantities=quantities,
        cues=cues,
        parts=parts,
        check_all=check_all,
        languages=split(languages),
        as_of=as_of,
        on_error=on_error,
        format=format,
        encoding=encoding,
        cache=False if no_cache else cache,
        cache_mb=cache_mb,
    ).settings
    with display.Progress(quiet=quiet) as progress:
        found = run(
            labelled,
            settings,
            folds=folds,
            across=across,
            alarms=max_false_alarms,
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
