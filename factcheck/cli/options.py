"""Options that several commands share; those that are settings are in `factcheck.cli.flags`."""

from pathlib import Path
from typing import Annotated

import typer

Claims = Annotated[str, typer.Argument(help="Claims file (csv, tsv, xlsx, jsonl, txt, parquet, gzipped too), or - .")]
Run = Annotated[Path, typer.Argument(help="Run folder.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file; factcheck.toml.")]
Partial = Annotated[bool, typer.Option("--partial", help="Take what there is of a run that is not finished.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
