"""The command line: each command parses, calls one library function, and prints.

Nothing heavy is imported before a command runs, so that `factcheck --help` is quick.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factcheck import __version__
from factcheck.errors import ConfigError, FactcheckError

if TYPE_CHECKING:
    from factcheck.config import Resolved

app = typer.Typer(
    name="factcheck",
    help="Do your own documents support or contradict a claim? Works offline; every verdict shows its sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Claims = Annotated[str, typer.Argument(help="Claims file (csv, tsv, xlsx, jsonl, txt, parquet, gzipped too), or - .")]
Corpus = Annotated[str | None, typer.Option(help="Documents: a file, a folder, or hf:NAME.")]
Index = Annotated[str | None, typer.Option(help="Index folder that `factcheck index` builds.")]
Run = Annotated[Path, typer.Argument(help="Run folder.")]
Model = Annotated[str | None, typer.Option(help="Bundled model, folder, or Hugging Face name.")]
Labels = Annotated[
    str | None,
    typer.Option(help="The model's label names in its own order, e.g. contradiction,neutral,entailment."),
]
Precision = Annotated[str | None, typer.Option(help="auto, fp32, bf16, fp16 (GPU) or int8 (CPU).")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Language = Annotated[str | None, typer.Option(help="Language of documents and claims.")]
Passages = Annotated[int | None, typer.Option("--passages", "-k", help="Passages judged per claim.")]
Stages = Annotated[
    str | None,
    typer.Option(help="Judge the best passages first, the rest where the verdict is open: 4,10. Off by default."),
]
EvidenceOption = Annotated[str | None, typer.Option("--evidence", help="auto, corpus, given or gold.")]
ContextOption = Annotated[
    bool | None,
    typer.Option("--context/--no-context", help="Show the model the sentence before where a sentence leans on it."),
]
Support = Annotated[float | None, typer.Option(help="Threshold for support, 0.5 to 1.")]
Contradict = Annotated[float | None, typer.Option(help="Threshold for contradiction, 0.5 to 1.")]
OnError = Annotated[str | None, typer.Option(help="A bad claim: stop, or skip into rejected.jsonl.")]
Format = Annotated[str | None, typer.Option(help="Format of the claims file, where it is not told right.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the claims file.")]
MaxFileMb = Annotated[int | None, typer.Option(help="Largest document file that is read, in MB.")]
MaxSeconds = Annotated[int | None, typer.Option(help="Longest time one document may take to read.")]
CacheFile = Annotated[
    str | None, typer.Option("--cache", help="Score cache file; scores.sqlite in the user's cache folder by default.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Compute every score, and keep none.")]
CacheMb = Annotated[int | None, typer.Option(help="What the score cache may take on disk, in MB.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file; factcheck.toml.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]

models = typer.Typer(help="The models: what can be said of one before it is trusted.", no_args_is_help=True)
app.add_typer(models, name="models")


def main() -> None:
    """Run the command line; a `FactcheckError` becomes one line and exit status 1, a bug keeps its traceback."""
    try:
        app()
    except FactcheckError as error:
        from factcheck.display import visible  # noqa: PLC0415

        sys.exit(f"error: {visible(str(error))}")


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"factcheck {__version__}")
        raise typer.Exit


@app.callback()
def _app(
    *,
    version: Annotated[bool, typer.Option("--version", callback=lambda wanted: _version(wanted=wanted))] = False,
) -> None:
    """Hold the options that come before a command."""


@app.command()
def verify(  # noqa: PLR0913 (one parameter an option)
    claims: Claims,
    *,
    corpus: Corpus = None,
    index: Index = None,
    run: Annotated[str | None, typer.Option(help="Run folder; runs/NAME by default.")] = None,
    model: Model = None,
    labels: Labels = None,
    precision: Precision = None,
    device: Device = None,
    language: Language = None,
    passages: Passages = None,
    stages: Stages = None,
    evidence: EvidenceOption = None,
    context: ContextOption = None,
    support: Support = None,
    contradict: Contradict = None,
    on_error: OnError = None,
    format: Format = None,  # noqa: A002 (the flag's name)
    encoding: Encoding = None,
    max_file_mb: MaxFileMb = None,
    max_seconds: MaxSeconds = None,
    window: Annotated[int | None, typer.Option(help="Claims planned and written together.")] = None,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    cache_mb: CacheMb = None,
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and index, score a sample, and estimate.")] = False,
    quiet: Quiet = False,
) -> None:
    """Verify the claims of a file against documents, into a run folder.

    Starting the same command again goes on where it stopped.

    Example: factcheck verify claims.csv --corpus reports/ --run runs/today
    """
    settings = _resolve(
        config,
        corpus=corpus,
        index=index,
        run=run,
        model=model,
        labels=_split(labels),
        precision=precision,
        device=device,
        language=language,
        passages=passages,
        stages=_numbers("--stages", stages),
        evidence=evidence,
        context=context,
        support=support,
        contradict=contradict,
        on_error=on_error,
        format=format,
        encoding=encoding,
        max_file_mb=max_file_mb,
        max_seconds=max_seconds,
        window=window,
        cache=False if no_cache else cache,
        cache_mb=cache_mb,
    ).settings
    from factcheck import display  # noqa: PLC0415

    if dry_run:
        from factcheck.jobs.estimate import estimate  # noqa: PLC0415

        with display.Progress(quiet=quiet) as progress:
            forecast = estimate(claims, settings, progress=progress)
        typer.echo(str(forecast))
        return
    from factcheck.jobs.verify import run_job  # noqa: PLC0415

    folder = Path(settings.run or f"runs/{Path(claims).name.split('.')[0] if claims != '-' else 'claims'}")
    try:
        with display.Progress(quiet=quiet) as progress:
            report = run_job(claims, folder, settings, progress=progress)
    except KeyboardInterrupt:
        typer.echo(f"\nstopped; {folder} keeps what was decided: start the same command again to go on", err=True)
        raise typer.Exit(130) from None
    display.print_summary(report.counts, [*report.contradictions, *report.conflicts])
    typer.echo("")
    typer.echo(str(report))


@app.command()
def export(
    run: Run,
    *,
    to: Annotated[str, typer.Option(help="jsonl, csv, parquet or xlsx.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="File to write; standard output without one.")] = None,
) -> None:
    """Write the verdicts of a run, in claim order.

    Example: factcheck export runs/today --to csv --out verdicts.csv
    """
    from factcheck.formats.export import export as write  # noqa: PLC0415
    from factcheck.run.ledger import Ledger  # noqa: PLC0415

    with Ledger(run) as ledger:
        rows = write(ledger.verdicts, to, out)
        done, total = ledger.progress()
    if done < total:
        typer.echo(f"the run is not finished: {done} of {total} claims have a verdict", err=True)
    if out is not None:
        typer.echo(f"{rows} verdicts in {out}", err=True)


@app.command()
def index(  # noqa: PLR0913
    corpus: Annotated[str, typer.Argument(help="Documents: a file, a folder, or hf:NAME.")],
    *,
    index: Annotated[Path, typer.Option("--index", help="Index folder to build or bring up to date.")],
    language: Language = None,
    max_file_mb: MaxFileMb = None,
    max_seconds: MaxSeconds = None,
    config: ConfigOption = None,
    quiet: Quiet = False,
) -> None:
    """Build an index of documents, or bring it up to date: only what changed is read.

    Example: factcheck index reports/ --index reports.idx
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.sources import index_corpus  # noqa: PLC0415

    settings = _resolve(config, language=language, max_file_mb=max_file_mb, max_seconds=max_seconds).settings
    with display.Progress(quiet=quiet) as progress:
        report = index_corpus(corpus, index, settings, progress)
    typer.echo(
        f"{report.documents} documents, {report.sentences} sentences; {report.added} added, {report.changed} changed,"
        f" {report.removed} removed; {report.files_read} files read, {len(report.problems)} problems"
    )
    typer.echo(f"corpus version {report.corpus_version[:16]} in {index}")


@app.command()
def search(  # noqa: PLR0913
    text: Annotated[str, typer.Argument(help="What to look for.")],
    *,
    corpus: Corpus = None,
    index: Index = None,
    passages: Passages = None,
    language: Language = None,
    config: ConfigOption = None,
) -> None:
    """Show the passages that a claim would be judged by, best first.

    Example: factcheck search "grid investment 2024" --index reports.idx
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.sources import open_finder  # noqa: PLC0415
    from factcheck.types import Claim  # noqa: PLC0415

    settings = _resolve(
        config, corpus=corpus, index=index, passages=passages, stages=(), language=language, evidence="corpus"
    ).settings
    finder = open_finder(settings).finder
    claim = Claim(id="search", text=text)
    finder.check(claim)
    display.print_hits(finder.find([claim])[0].hits)


@app.command()
def ask(  # noqa: PLR0913
    claim: Annotated[str, typer.Argument(help="One claim.")],
    *,
    corpus: Corpus = None,
    index: Index = None,
    model: Model = None,
    labels: Labels = None,
    precision: Precision = None,
    device: Device = None,
    language: Language = None,
    passages: Passages = None,
    support: Support = None,
    contradict: Contradict = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The record, as in the export.")] = False,
) -> None:
    """Verify one claim and show all its evidence.

    Example: factcheck ask "Revenue rose in 2024." --corpus reports/
    """
    from factcheck import FactChecker, display  # noqa: PLC0415
    from factcheck.formats.records import to_line  # noqa: PLC0415

    settings: dict[str, Any] = {
        "model": model,
        "labels": _split(labels),
        "precision": precision,
        "device": device,
        "language": language,
        "passages": passages,
        "stages": (),  # all its evidence is shown
        "support": support,
        "contradict": contradict,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    verdict = FactChecker.load(corpus=corpus, index=index, config=config, **given).check(claim)
    if as_json:
        typer.echo(to_line(verdict))
    else:
        display.print_verdict(verdict)


@app.command()
def claims(
    text: Annotated[str, typer.Argument(help="A text file, or - .")],
    *,
    language: Language = None,
    encoding: Encoding = None,
    config: ConfigOption = None,
) -> None:
    """Split a text into claims: one JSON line a sentence, with its offsets in the text.

    Example: factcheck claims answer.txt > claims.jsonl
    """
    from factcheck.formats import read_text, split_text  # noqa: PLC0415

    settings = _resolve(config, language=language, encoding=encoding).settings
    name = "text" if text == "-" else Path(text).stem
    for claim in split_text(read_text(text, encoding=settings.encoding), language=settings.language, id=name):
        record = {"id": claim.id, "claim": claim.text, "start": claim.start, "end": claim.end}
        typer.echo(json.dumps(record, ensure_ascii=False))


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

    names = _split(fields)
    if names is not None and len(names) != 2:
        raise ConfigError("--fields", f"{fields!r} are not two names", "give premise and hypothesis, such as doc,claim")
    settings = _resolve(
        config,
        model=model,
        labels=_split(labels),
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

        report = check(model, precisions=_split(precision), device=device, labels=_split(labels), on_scored=on_scored)
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


@app.command("config")
def show_config(*, config: ConfigOption = None) -> None:
    """Show every setting, its value, and where the value came from."""
    resolved = _resolve(config)
    width = max(map(len, resolved.origins))
    for name, origin in resolved.origins.items():
        value = getattr(resolved.settings, name)
        shown = list(value) if isinstance(value, tuple) else value
        typer.echo(f"{name:<{width}} = {json.dumps(shown):<12} # {origin}")


def _resolve(config: Path | None, **flags: Any) -> "Resolved":  # noqa: ANN401
    from factcheck.config import resolve  # noqa: PLC0415

    return resolve(flags, config)


def _numbers(option: str, text: str | None) -> tuple[int, ...] | None:
    """Whole numbers with commas between them; an empty text is none at all."""
    try:
        return None if text is None else tuple(int(number) for number in text.split(",") if text.strip())
    except ValueError:
        raise ConfigError(option, f"{text!r} are not whole numbers", "give them with commas, such as 4,10") from None


def _split(names: str | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(name.strip() for name in names.split(","))
