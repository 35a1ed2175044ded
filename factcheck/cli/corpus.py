"""The corpus: building its index and searching it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import takes_settings
from factcheck.cli.options import Quiet

if TYPE_CHECKING:
    from factcheck.config import Settings


@app.command()
@takes_settings("language", "max_file_mb", "max_seconds", "embedder")
def index(
    corpus: Annotated[str, typer.Argument(help="Documents: a file, a folder, or hf:NAME.")],
    *,
    index: Annotated[Path, typer.Option("--index", help="Index folder to build or bring up to date.")],
    settings: "Settings",
    quiet: Quiet = False,
) -> None:
    """Build an index of documents, or bring it up to date: only what changed is read.

    With --embedder the index keeps a vector of each sentence too, for --retriever dense or hybrid.

    Example: factcheck index reports/ --index reports.idx
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.sources import index_corpus  # noqa: PLC0415

    with display.Progress(quiet=quiet) as progress:
        report = index_corpus(corpus, index, settings, progress)
    typer.echo(
        f"{report.documents} documents, {report.sentences} sentences; {report.added} added, {report.changed} changed,"
        f" {report.removed} removed; {report.files_read} files read, {len(report.problems)} problems"
    )
    typer.echo(f"corpus version {report.corpus_version[:16]} in {index}")


@app.command()
@takes_settings(
    *("corpus", "index", "passages", "retriever", "embedder", "language"),
    fixed={"stages": (), "evidence": "corpus"},
)
def search(text: Annotated[str, typer.Argument(help="What to look for.")], *, settings: "Settings") -> None:
    """Show the passages that a claim would be judged by, best first.

    Example: factcheck search "grid investment 2024" --index reports.idx
    """
    from factcheck import display  # noqa: PLC0415
    from factcheck.jobs.sources import open_finder  # noqa: PLC0415
    from factcheck.jobs.sources import search as find  # noqa: PLC0415

    display.print_hits(find(open_finder(settings).finder, text))
