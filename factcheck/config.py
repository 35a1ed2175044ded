"""Settings: from `factcheck.toml`, from flags, from Python, all under the same names."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

from factcheck.errors import ConfigError
from factcheck.types import JSON, EvidenceFrom

CONFIG_FILE = "factcheck.toml"
_JOB = {"identity": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Those that can change a verdict are part of a run's identity; the rest are not.

    Raises:
        ConfigError: A value does not fit.
    """

    corpus: str = field(default="", metadata=_JOB)
    """Documents: a file, a folder, or hf:NAME."""
    index: str = field(default="", metadata=_JOB)
    """Index: a folder, or the URL of a copy in an object store (s3://, gs://, az://)."""
    run: str = field(default="", metadata=_JOB)
    """Run folder."""
    model: str = "nli-mini"
    """Bundled model, folder, or Hugging Face name."""
    labels: tuple[str, ...] = ()
    """Label names in the model's own order, where its config does not tell them."""
    precision: str = "auto"
    """Number format of the model: auto, fp32, bf16, fp16 or int8."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""
    language: str = "en"
    """Language of documents and claims: sentence boundaries, stemming, stop words."""
    passages: int = 10
    """Passages judged per claim, at most."""
    stages: tuple[int, ...] = ()
    """Judge a claim's best passages first, the rest only where these leave it open: such as 4,10. Off when empty."""
    evidence: str = "auto"
    """Where evidence comes from: auto, corpus, given or gold."""
    retriever: str = "lexical"
    """How passages are found: lexical (words), dense (vectors) or hybrid (both)."""
    embedder: str = ""
    """Folder or Hugging Face name of a sentence-transformers model: the index keeps its vectors."""
    context: bool = True
    """Whether a premise opens with the sentence before where the sentence cannot stand alone."""
    titles: bool = True
    """Whether a premise opens with the title of its document where that has words of the claim that the rest lacks."""
    join: bool = True
    """Whether the two best sentences of the best document are also judged together."""
    support: float = 0.5
    """Least entailment probability at which a passage supports."""
    contradict: float = 0.5
    """Least contradiction probability at which a passage contradicts."""
    quantities: bool = True
    """Whether figures, dates, negation and quantifiers of claim and passage are compared; English only."""
    cues: bool = True
    """Whether a passage that only reports, asks, supposes or plans, or says it under a restriction, is no support."""
    parts: bool = True
    """Whether a claim of several parts is judged for each of them too."""
    check_all: bool = False
    """Judge what looks like no claim, or like one in another language, all the same."""
    languages: tuple[str, ...] = ()
    """Languages that the model reads; the one of `language` when empty."""
    as_of: str = ""
    """Leave out documents that are dated later: a day, month or year."""
    calibration: str = "auto"
    """The fitted rule and confidences: a file, none, or auto, which is the model's own where it fits."""
    max_error: float = 0.0
    """Answer only where at most this share of answers is wrong, as far as the calibration can tell; 0 is off."""
    delta: float = 0.1
    """How probable it may be that more than `max_error` of the answers are wrong."""
    on_error: str = field(default="stop", metadata=_JOB)
    """What a bad claim does: stop the job, or skip (it goes to rejected.jsonl)."""
    format: str = field(default="auto", metadata=_JOB)
    """Format of the claims file."""
    encoding: str = field(default="utf-8", metadata=_JOB)
    """Encoding of the claims file."""
    max_file_mb: int = field(default=200, metadata=_JOB)
    """Largest document file that is read, in megabytes."""
    max_seconds: int = field(default=60, metadata=_JOB)
    """Longest time one document may take to read."""
    window: int = field(default=128, metadata=_JOB)
    """Claims that are planned and written together."""
    cache: bool | str = field(default=True, metadata=_JOB | {"or": str})
    """Score cache: true, false, or a file; `scores.sqlite` in the user's cache folder where it is true."""
    cache_mb: int = field(default=1000, metadata=_JOB)
    """What the score cache may take on disk, in megabytes; scores that were not used for longest go first."""
    engine: str = field(default="local", metadata=_JOB)
    """Where a job is computed: local (this process) or ray (the workers of a cluster)."""
    ray_address: str = field(default="", metadata=_JOB)
    """Ray cluster: auto or host:port; empty starts one on this machine for the job."""
    ray_workers: int = field(default=0, metadata=_JOB)
    """Workers on the cluster; as many as have room when 0."""
    ray_cpus: int = field(default=2, metadata=_JOB)
    """CPUs of each worker, and threads that it computes with."""
    ray_gpus: float = field(default=1.0, metadata=_JOB)
    """GPUs of each worker where the device is cuda; 0.5 lets two workers share one."""
    allow_mixed: bool = field(default=False, metadata=_JOB)
    """Whether workers may compute with other bits than the rest; gives up equal bytes, and is recorded."""
    publisher: str = field(default="", metadata=_JOB)
    """Who publishes the reviewed verdicts: the author of a ClaimReview."""
    publisher_url: str = field(default="", metadata=_JOB)
    """Where the reviewed verdicts are published: the page that a ClaimReview names."""

    def __post_init__(self) -> None:
        for setting in fields(self):
            value, default = getattr(self, setting.name), setting.default
            number = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
            kinds = [kind for kind in (type(default), setting.metadata.get("or")) if kind is not None]
            if type(value) not in kinds and not number:
                names = " or ".join(_KINDS[kind] for kind in kinds)
                raise ConfigError(setting.name, f"{value!r} is not a {names}", f"the default is {default!r}")
        if not 0 <= self.max_error < 1 or not 0 < self.delta < 1:
            found = f"{self.max_error} and delta {self.delta} are no error budget"
            raise ConfigError("max_error", found, "use shares such as 0.05 and 0.1")
        _texts("labels", self.labels, 'use ["entailment", "neutral", …]')
        _texts("languages", self.languages, 'use ["en", "de"]')
        _one_of("evidence", self.evidence, ("auto", *EvidenceFrom))
        _one_of("retriever", self.retriever, ("lexical", "dense", "hybrid"))
        _check_embedder(self.retriever, self.embedder)
        _one_of("on_error", self.on_error, ("stop", "skip"))
        _one_of("engine", self.engine, ("local", "ray"))
        _one_of("precision", self.precision, ("auto", "fp32", "bf16", "fp16", "int8"))
        if self.cache == "":
            raise ConfigError("cache", "'' is not a file", "use true, false, or the name of a file")
        for name in ("passages", "max_file_mb", "max_seconds", "window", "cache_mb", "ray_cpus"):
            if not 1 <= getattr(self, name) <= _MOST:
                raise ConfigError(name, f"{getattr(self, name)} is out of range", f"use 1 to {_MOST}")
        _check_workers(self.ray_workers, self.ray_gpus)
        _check_stages(self.stages, self.passages)
        if self.as_of and not _is_date(self.as_of):
            raise ConfigError("as_of", f"{self.as_of!r} is not a date", "write 2024-05-31, 2024-05 or 2024")
        for name in ("support", "contradict"):
            if not 0.5 <= getattr(self, name) <= 1:
                raise ConfigError(name, f"{getattr(self, name)} is not a threshold", "use a probability from 0.5 to 1")

    @property
    def evidence_from(self) -> EvidenceFrom | None:
        """The evidence source that was asked for; None where each claim decides."""
        return None if self.evidence == "auto" else EvidenceFrom(self.evidence)

    def record(self) -> dict[str, JSON]:
        """All settings by name, with folders and files made absolute: what `Settings.of` reads."""
        values: dict[str, JSON] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            is_path = item.name in _PATHS or (item.name == "calibration" and value not in _CALIBRATIONS)
            is_path = is_path or (item.name == "embedder" and bool(value) and Path(value).is_dir())
            if is_path and isinstance(value, str) and value and not value.startswith("hf:") and "://" not in value:
                value = str(Path(value).resolve())
            values[item.name] = list(value) if isinstance(value, tuple) else value
        return values

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The settings that `record` wrote.

        Raises:
            ConfigError: A value does not fit.
        """
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
        return cls(**_known("settings", values))

    def identity(self) -> dict[str, JSON]:
        """The settings that can change a verdict, by name."""
        values = {item.name: getattr(self, item.name) for item in fields(self) if item.metadata.get("identity", True)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}", re.ASCII)
_PATHS = frozenset({"corpus", "index", "run", "cache"})
_CALIBRATIONS = frozenset({"auto", "none"})  # what `calibration` says besides a file
_MOST = 1_000_000
_KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false", tuple: "list"}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings, and where each value came from: `default`, a file, or `flag`."""

    settings: Settings
    origins: dict[str, str]


def resolve(flags: Mapping[str, Any], config: Path | None = None) -> Resolved:
    """Settings from defaults, then the config file, then flags that were given (None means not given).

    Args:
        flags: Values by setting name.
        config: The file; None reads `factcheck.toml` of the current folder where there is one.

    Raises:
        ConfigError: The file cannot be read, a setting is unknown, or a value does not fit.
    """
    origins = {setting.name: "default" for setting in fields(Settings)}
    path = config or Path(CONFIG_FILE)
    values: dict[str, Any] = {}
    if config is not None or path.exists():
        values = _known(str(path), _read_toml(path))
        origins |= dict.fromkeys(values, str(path))
    given = _known("settings", {name: value for name, value in flags.items() if value is not None})
    origins |= dict.fromkeys(given, "flag")
    return Resolved(Settings(**(values | given)), origins)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(path, f"cannot be read: {error}", "it is a TOML file of `name = value` lines") from None
    return table


def _known(where: str, values: Mapping[str, Any]) -> dict[str, Any]:
    names = [setting.name for setting in fields(Settings)]
    for name in values:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
            raise ConfigError(where, f"unknown setting {name!r}", hint)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _check_stages(stages: tuple[int, ...], passages: int) -> None:
    """Each stage is how many passages of a claim are judged by its end."""
    if not stages:
        return
    whole = all(type(stage) is int and stage > 0 for stage in stages)
    if not whole or len(stages) < 2 or list(stages) != sorted(set(stages)) or stages[-1] != passages:
        found = ",".join(map(str, stages))
        fix = f"use two or more ascending whole numbers, the last of them `passages`: such as 4,{max(passages, 5)}"
        raise ConfigError("stages", f"{found} are not stages of {passages} passages", fix)


def _check_workers(workers: int, gpus: float) -> None:
    if not 0 <= workers <= _MOST:
        raise ConfigError("ray_workers", f"{workers} is out of range", f"use 0 to {_MOST}")
    if not 0 < gpus <= _MOST:
        raise ConfigError("ray_gpus", f"{gpus} is out of range", "use a number or a share, such as 1 or 0.5")


def _check_embedder(retriever: str, embedder: str) -> None:
    if retriever != "lexical" and not embedder:
        found = f"there is none for the retriever {retriever!r}"
        raise ConfigError("embedder", found, "name a sentence-transformers model, or search with 'lexical'")


def _is_date(text: str) -> bool:
    """Whether a text is an ISO date of a day, month or year that there is."""
    try:
        date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _texts(name: str, values: tuple[str, ...], fix: str) -> None:
    if not all(isinstance(value, str) for value in values):
        raise ConfigError(name, f"{values!r} are not all text", fix)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        close = difflib.get_close_matches(value, allowed, n=1)
        raise ConfigError(name, f"{value!r} is not known", f"use {', '.join(close or allowed)}")
