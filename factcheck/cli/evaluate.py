"""Evaluating: how often verdicts are the gold answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings
from factcheck.cli.options import Quiet
from factcheck.errors import ConfigError

if TYPE_CHECKING:
    from factcheck.config import Settings
    from factcheck.evaluation.results import Evaluation


@app.command()
@takes_settings(
    *("corpus", "index", "evidence", "models", "passages", "retriever", "embedder"),
    *("null", "unrelated", "ablate", "first", "out"),
    *("labels", "precision", "device", "language", "stages", "context", "titles", "join", "support", "contradict"),
    *("calibration", "max_error", "delta", "quantities", "cues", "parts", "check_all", "languages", "as_of"),
    *("on_error", "format", "encoding", "cache", "no_cache", "cache_mb"),
    helps={
        "calibration": "auto (that of the model, where it holds), none, or a file.",
        "max_error": "Answer only where at most this share of answers is wrong.",
        "delta": "How probable it may be that more are wrong all the same.",
    },
)
def evaluate(  # noqa: PLR0913 (one parameter an option)
    claims: Annotated[
        str,
        typer.Argument(
            metavar="CLAIMS|RUN",
            help="Labelled claims: a file, - , hf:NAME[:SPLIT], a saved data set; or a finished run folder.",
        ),
    ],
    *,
    settings: "Settings",
    models: list[str] | None,
    null: Annotated[
        bool, typer.Option("--null", help="Count false alarms: verdicts where the gold documents are left out.")
    ] = False,
    unrelated: Annotated[
        str | None, typer.Option(help="With --null, a corpus that says nothing of the claims: a file or folder.")
    ] = None,
    ablate: Annotated[
        str | None,
        typer.Option(
            help="One change at a time, of retriever, k, context, titles, join, aggregation, quantity, cues, parts, "
            "model, precision; several with commas, or all."
        ),
    ] = None,
    first: Annotated[int | None, typer.Option(min=1, help="Take the first claims that have a label only.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report: evaluation.json, evaluation.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    quiet: Quiet = False,
) -> None:
    """Score verdicts against gold labels: accuracy, F1, retrieval, calibration, with 95 % intervals.

    Beside every score stands where its evidence came from: corpus, given or gold.

    Example: factcheck evaluate claims.jsonl --corpus reports/ --out evaluation/
    """
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
            models=models or [],
            ablate=ablate,
            null=null,
            unrelated=unrelated,
            first=first,
            quiet=quiet,
        )
    elif null or ablate is not None or models:
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

    from factcheck.evaluation.tables import details, terminal  # noqa: PLC0415

    console = Console()
    for item in terminal(found):
        console.print(item)
    for one in found:
        for table in details(one):
            console.print(table)
    for file in files:
        typer.echo(f"wrote {file}")
