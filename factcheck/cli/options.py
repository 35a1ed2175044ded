"""Options that several commands share, and how their values become settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factcheck.errors import ConfigError

if TYPE_CHECKING:
    from factcheck.config import Resolved

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
Retriever = Annotated[str | None, typer.Option(help="How passages are found: lexical, dense or hybrid.")]
EmbedderOption = Annotated[
    str | None, typer.Option("--embedder", help="sentence-transformers model for dense and hybrid: a folder or a name.")
]
ContextOption = Annotated[
    bool | None,
    typer.Option("--context/--no-context", help="Show the model the sentence before where a sentence leans on it."),
]
Support = Annotated[float | None, typer.Option(help="Threshold for support, 0.5 to 1.")]
Contradict = Annotated[float | None, typer.Option(help="Threshold for contradiction, 0.5 to 1.")]
Quantities = Annotated[
    bool | None, typer.Option("--quantities/--no-quantities", help="Compare figures, dates, negation and quantifiers.")
]
Cues = Annotated[
    bool | None, typer.Option("--cues/--no-cues", help="What is only reported, asked or planned supports nothing.")
]
Parts = Annotated[bool | None, typer.Option("--parts/--no-parts", help="Judge the parts of a claim too.")]
CheckAll = Annotated[
    bool | None, typer.Option("--check-all/--no-check-all", help="Judge questions, opinions and other languages too.")
]
Languages = Annotated[str | None, typer.Option(help="Languages the model reads: en,de. That of --language by default.")]
AsOf = Annotated[str | None, typer.Option(help="Leave out documents dated later: 2024-05-31, 2024-05 or 2024.")]
CalibrationOption = Annotated[
    str | None, typer.Option("--calibration", help="File of `factcheck calibrate`, none, or auto: the model's own.")
]
MaxError = Annotated[float | None, typer.Option(help="Answer only where at most this share of answers is wrong: 0.05.")]
Delta = Annotated[float | None, typer.Option(help="How probable it may be that more of them are wrong.")]
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
Partial = Annotated[bool, typer.Option("--partial", help="Take what there is of a run that is not finished.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def resolve_settings(config: Path | None, **flags: Any) -> "Resolved":  # noqa: ANN401
    """Settings from the config file and the flags that were given."""
    from factcheck.config import resolve  # noqa: PLC0415

    return resolve(flags, config)


def numbers(option: str, text: str | None) -> tuple[int, ...] | None:
    """Whole numbers with commas between them; an empty text is none at all."""
    try:
        return None if text is None else tuple(int(number) for number in text.split(",") if text.strip())
    except ValueError:
        raise ConfigError(option, f"{text!r} are not whole numbers", "give them with commas, such as 4,10") from None


def split(names: str | None) -> tuple[str, ...] | None:
    """Names with commas between them."""
    return None if names is None else tuple(name.strip() for name in names.split(","))
