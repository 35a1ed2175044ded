"""Options that are settings: one table of them, and what gives them to a command."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any, TypeAlias

import typer

from factcheck.cli.options import ConfigOption
from factcheck.errors import ConfigError

Command: TypeAlias = Callable[..., None]


def split(names: str | None) -> tuple[str, ...] | None:
    """Names with commas between them."""
    return None if names is None else tuple(name.strip() for name in names.split(","))


def _first(names: list[str]) -> str | None:
    return names[0] if names else None


def _numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between them; an empty text is none at all."""
    try:
        return tuple(int(number) for number in text.split(",") if text.strip())
    except ValueError:
        found = f"{text!r} are not whole numbers"
        raise ConfigError("--stages", found, "give them with commas, such as 4,10") from None


def _as_given(value: Any) -> Any:  # noqa: ANN401 (of any kind)
    return value


@dataclass(frozen=True, slots=True)
class Flag:
    """An option that gives a setting.

    Args:
        kind: What the words on the command line are read as.
        help: Its text in --help.
        spelled: How it is written, where that is not -- and its name.
        setting: The setting that it gives, where it has not the same name.
        read: Makes the setting's value of what was given.
    """

    kind: type
    help: str
    spelled: tuple[str, ...] = ()
    setting: str = ""
    read: Callable[[Any], object] = _as_given

    @property
    def option(self) -> Any:  # noqa: ANN401 (typer's default values stand for any)
        """The default value of a parameter that typer makes this option of; None where it is not given."""
        return typer.Option(None, *self.spelled, help=self.help)


FLAGS = {
    "corpus": Flag(str, "Documents: a file, a folder, or hf:NAME."),
    "index": Flag(str, "Index folder that `factcheck index` builds, or the URL of a copy of it."),
    "run": Flag(str, "Run folder; runs/NAME by default."),
    "model": Flag(str, "Bundled model, folder, or Hugging Face name."),
    "models": Flag(
        list[str],
        "Bundled model, folder, or Hugging Face name; several are compared.",
        spelled=("--model",),
        setting="model",
        read=_first,
    ),
    "labels": Flag(str, "The model's label names in its own order, e.g. contradiction,neutral,entailment.", read=split),
    "precision": Flag(str, "auto, fp32, bf16, fp16 (GPU) or int8 (CPU)."),
    "device": Flag(str, "auto, cpu, cuda or cuda:N."),
    "language": Flag(str, "Language of documents and claims."),
    "passages": Flag(int, "Passages judged per claim.", spelled=("--passages", "-k")),
    "retriever": Flag(str, "How passages are found: lexical, dense or hybrid."),
    "embedder": Flag(str, "sentence-transformers model for dense and hybrid: a folder or a name."),
    "stages": Flag(
        str, "Judge the best passages first, the rest where the verdict is open: 4,10. Off by default.", read=_numbers
    ),
    "evidence": Flag(str, "auto, corpus, given or gold."),
    "context": Flag(bool, "Show the model the sentence before where a sentence leans on it."),
    "titles": Flag(bool, "Show the model a document's title where that names what the claim is about."),
    "join": Flag(bool, "Judge the two best sentences of the best document together too."),
    "support": Flag(float, "Threshold for support, 0.5 to 1."),
    "contradict": Flag(float, "Threshold for contradiction, 0.5 to 1."),
    "quantities": Flag(bool, "Compare figures, dates, negation and quantifiers."),
    "cues": Flag(bool, "What is only reported, asked or planned supports nothing."),
    "parts": Flag(bool, "Judge the parts of a claim too."),
    "check_all": Flag(bool, "Judge questions, opinions and other languages too."),
    "languages": Flag(str, "Languages the model reads: en,de. That of --language by default.", read=split),
    "as_of": Flag(str, "Leave out documents dated later: 2024-05-31, 2024-05 or 2024."),
    "calibration": Flag(str, "File of `factcheck calibrate`, none, or auto: the model's own."),
    "max_error": Flag(float, "Answer only where at most this share of answers is wrong: 0.05."),
    "delta": Flag(float, "How probable it may be that more of them are wrong."),
    "on_error": Flag(str, "A bad claim: stop, or skip into rejected.jsonl."),
    "format": Flag(str, "Format of the claims file, where it is not told right."),
    "encoding": Flag(str, "Encoding of the claims file."),
    "max_file_mb": Flag(int, "Largest document file that is read, in MB."),
    "max_seconds": Flag(int, "Longest time one document may take to read."),
    "window": Flag(int, "Claims planned and written together."),
    "cache": Flag(str, "Score cache file; scores.sqlite in the user's cache folder by default."),
    "no_cache": Flag(
        bool, "Compute every score, and keep none.", spelled=("--no-cache",), setting="cache", read=operator.not_
    ),
    "cache_mb": Flag(int, "What the score cache may take on disk, in MB."),
    "engine": Flag(str, "Where the job is computed: local, or ray (a cluster)."),
    "ray_address": Flag(str, "Ray cluster: auto or host:port. Starts one on this machine by default."),
    "ray_workers": Flag(int, "Workers on the cluster. As many as have room by default."),
    "ray_cpus": Flag(int, "CPUs of each worker."),
    "ray_gpus": Flag(float, "GPUs of each worker, with --device cuda: 1, or a share such as 0.5."),
    "allow_mixed": Flag(bool, "Let workers on other processors or in other precisions take part; recorded."),
}
"""The options that are settings, by the names of their parameters."""


def takes_settings(
    *names: str, helps: Mapping[str, str] | None = None, fixed: Mapping[str, object] | None = None
) -> Callable[[Command], Command]:
    """A decorator: the command has these options and --config, and gets what they come to as `settings`.

    Typer reads the options of a command off its signature. The decorated command has one parameter for each name in the
    place of `settings`; the function itself is called with the settings that the options, the config file and the
    defaults come to.

    Args:
        names: Of `FLAGS`, in the order of --help. A parameter of the function itself may stand among them, to have its
            place there; one that is called like a flag gets what the flag was given.
        helps: Help texts that are others for this command.
        fixed: Settings that this command leaves to nobody.
    """
    flags = {name: FLAGS[name] for name in names if name in FLAGS}
    flags |= {name: replace(flags[name], help=text) for name, text in (helps or {}).items()}
    options = {
        name: Parameter(name, Parameter.KEYWORD_ONLY, default=flag.option, annotation=flag.kind | None)
        for name, flag in flags.items()
    }
    options["config"] = Parameter("config", Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption)

    def decorate(function: Command) -> Command:
        own = signature(function).parameters

        @wraps(function)
        def command(*, config: Path | None, **given: Any) -> None:  # noqa: ANN401 (each as its parameter says)
            from factcheck.config import resolve  # noqa: PLC0415

            values = dict(fixed or {})
            for name, flag in flags.items():
                if given[name] is not None:
                    values[flag.setting or name] = flag.read(given[name])
            rest = {name: value for name, value in given.items() if name in own}
            function(**rest, settings=resolve(values, config).settings)

        parameters: list[Parameter] = []
        for name, parameter in own.items():
            if name == "settings":
                parameters += [options.get(listed) or own[listed] for listed in (*names, "config")]
            elif name not in names:
                parameters.append(parameter)
        vars(command)["__signature__"] = Signature(parameters)
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return decorate
