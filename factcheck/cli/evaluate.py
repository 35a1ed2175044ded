"""Evaluating: how often verdicts are the gold answer."""

from collections.abc import Iterator, Sequence
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
    Contradict,
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
    NoCache,
    OnError,
    Parts,
    Passages,
    Precision,
    Quantities,
    Quiet,
    Retriever,
    Stages,
    Support,
    numbers,
    resolve_settings,
    split,
)
from factcheck.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from factcheck.config import Settings
    from factcheck.evaluation.results import Evaluation, Score


@app.command()
def evaluate(  # noqa: PLR0913 (one parameter an option)
    claims: Annotated[
        str,
        typer.Argument(
            metavar="CLAIMS|RUN",
            help="Labelled claims: a file, - , hf:NAME[:SPLIT], a saved data set; or a finished run folder.",
        ),
    ],
    *,
    corpus: Corpus = None,
    index: Index = None,
    evidence: EvidenceOption = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Bundled model, folder, or Hugging Face name; several are compared.")
    ] = None,
    passages: Passages = None,
    retriever: Retriever = None,
    embedder: EmbedderOption = None,
    null: Annotated[
        bool, typer.Option("--null", help="Count false alarms: verdicts where the gold documents are left out.")
    ] = False,
    unrelated: Annotated[
        str | None, typer.Option(help="With --null, a corpus that says nothing of the claims: a file or folder.")
    ] = None,
    ablate: Annotated[
        str | None,
        typer.Option(
            help="One change at a time, of retriever, k, context, aggregation, quantity, cues, parts, model, "
            "precision; several with commas, or all."
        ),
    ] = None,
    first: Annotated[int | None, typer.Option(min=1, help="Take the first claims that have a label only.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report: evaluation.json, evaluation.html.")] = None,
    labels: Labels = None,
    precision: Precision = None,
    device: Device = None,
    language: Language = None,
    stages: Stages = None,
    context: ContextOption = None,
    support: Support = None,
    contradict: Contradict = None,
    calibration: Annotated[
        str | None, typer.Option(help="auto (that of the model, where it holds), none, or a file.")
    ] = None,
    max_error: Annotated[
        float | None, typer.Option(help="Answer only where at most this share of answers is wrong.")
    ] = None,
    delta: Annotated[
        float | None, typer.Option(help="How probable it may be that more are wrong all the same.")
    ] = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    quiet: Quiet = False,
) -> None:
    """Score verdicts against gold labels: accuracy, F1, retrieval, calibration, with 95 % intervals.

    Beside every score stands where its evidence came from: corpus, given or gold.

    Example: factcheck evaluate claims.jsonl --corpus reports/ --out evaluation/
    """
    settings = resolve_settings(
        config,
        corpus=corpus,
        index=index,
        evidence=evidence,
        model=model[0] if model else None,
        passages=passages,
        retriever=retriever,
        embedder=embedder,
        labels=split(labels),
        precision=precision,
        device=device,
        language=language,
        stages=numbers("--stages", stages),
        context=context,
        support=support,
        contradict=contradict,
        calibration=calibration,
        max_error=max_error,
        delta=delta,
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
    from factcheck.evaluation.datasets import is_data  # noqa: PLC0415 (slow to import)
    from factcheck.evaluation.runner import evaluate_run  # noqa: PLC0415

    if unrelated is not None and not null:
        raise ConfigError("--unrelated", "is for --null", "add --null")
    if null and ablate is not None:
        raise ConfigError("--null", "does not go with --ablate", "evaluate twice")
    if is_data(claims):
        found = _evaluate(
            claims,
            settings,
            models=model or [],
            ablate=ablate,
            null=null,
            unrelated=unrelated,
            first=first,
            quiet=quiet,
        )
    elif null or ablate is not None or model:
        raise ConfigError(claims, "is a run, whose verdicts are there", "name the claims file to judge anew")
    else:
        found = [evaluate_run(Path(claims))]
    _show(found, out, as_json=as_json)


def _evaluate(  # noqa: PLR0913
    claims: str,
    settings: "Settings",
    *,
    models: Sequence[str],
    ablate: str | None,
    null: bool,
    unrelated: str | None,
    first: int | None,
    quiet: bool,
) -> "list[Evaluation]":
    from factcheck import display  # noqa: PLC0415
    from factcheck.evaluation import runner  # noqa: PLC0415
    from factcheck.evaluation.ablation import chosen  # noqa: PLC0415
    from factcheck.evaluation.datasets import load  # noqa: PLC0415
    from factcheck.evaluation.null import false_alarms  # noqa: PLC0415

    names = () if ablate is None else chosen(ablate, settings, models=models[1:])
    if ablate is not None and len(models) > 1 and "model" not in names:
        raise ConfigError("--ablate", "several models are given, and `model` is not changed", "add model")
    data = load(claims, settings, first=first)
    exclude = [Path(claims)] if Path(claims).exists() else []
    with display.Progress(quiet=quiet) as progress:
        if null:
            return false_alarms(data, settings, unrelated=unrelated, models=models, exclude=exclude, progress=progress)
        return runner.evaluate(data, settings, models=models, ablate=names, exclude=exclude, progress=progress)


def _show(found: "Sequence[Evaluation]", out: Path | None, *, as_json: bool) -> None:
    from factcheck.evaluation import report  # noqa: PLC0415
    from factcheck.formats.records import to_json  # noqa: PLC0415

    files = report.write(found, out) if out is not None else ()
    if as_json:
        typer.echo(to_json({"evaluations": [one.record() for one in found]}))
        return
    from rich.console import Console  # noqa: PLC0415

    from factcheck.evaluation.tables import terminal  # noqa: PLC0415

    console = Console()
    for item in terminal(found):
        console.print(item)
    for one in found:
        for table in _more(one):
            console.print(table)
    for file in files:
        typer.echo(f"wrote {file}")


def _more(evaluation: "Evaluation") -> "Iterator[RenderableType]":
    """What the tables of scores leave out: confusion, and scores by k."""
    from factcheck.evaluation.results import BASE  # noqa: PLC0415

    if evaluation.variant != BASE:
        return
    name, table = f"{evaluation.dataset} · {evaluation.name}", evaluation.confusion
    rows = zip(table.rows, table.counts, strict=True)
    yield _table(
        f"{name} · gold by verdict", ["gold, verdict →", *table.columns], [[row, *map(str, line)] for row, line in rows]
    )
    if evaluation.by_k:
        shown = evaluation.by_k[0].scores
        yield _table(
            f"{name} · by passages judged, %",
            ["k", *(score.name for score in shown), "evidence recall"],
            [[str(row.k), *map(_percent, row.scores), _percent(row.recall)] for row in evaluation.by_k],
        )


def _percent(score: "Score | None") -> str:
    return "–" if score is None or score.value is None else f"{100 * score.value:.1f}"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> "RenderableType":
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from factcheck.display import visible  # noqa: PLC0415

    table = Table(title=Text(visible(title), style="bold"), box=SIMPLE_HEAD, title_justify="left")
    for at, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if at else "left")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table
