"""Finds a model's folder, refuses what cannot be an NLI model before anything heavy is loaded, and fingerprints it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from factcheck.assets import asset, bundled_models
from factcheck.errors import ModelError
from factcheck.hub import fetch

_WEIGHTS = ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json")
_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.model",  # sentencepiece: spiece.model, sentencepiece.bpe.model, ...
)
_UNSAFE_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")
_CONVERT = (
    "only safetensors are read, since other formats can run code: in an environment you trust, run "
    "AutoModelForSequenceClassification.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER, safe_serialization=True) "
    "and AutoTokenizer.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER), then use NEW_FOLDER"
)


def model_folder(model: str | Path) -> tuple[str, Path]:
    """The name and the folder of a bundled model's name, a folder, or a Hugging Face name `org/name[@revision]`.

    A `Path` is a folder; a string is tried in that order. Only the last kind uses the network, and only for what is not
    in the local cache of Hugging Face.

    Raises:
        ModelError: There is no such model, or it cannot be fetched.
    """
    if isinstance(model, str) and model in bundled_models():
        return model, asset(f"models/{model}")
    folder = Path(model)
    if folder.is_dir():
        return folder.resolve().name, folder
    if folder.exists():
        raise ModelError(model, "is a file", "name the folder that holds config.json, weights and tokenizer")
    snapshot = fetch(model, ("config.json", *_WEIGHTS, *_TOKENIZER)) if isinstance(model, str) else None
    if snapshot is None:
        raise ModelError(
            model,
            "no such folder",
            f"bundled: {', '.join(bundled_models())}; a Hugging Face model is named org/name or org/name@revision",
        )
    return str(model), snapshot


def check_folder(folder: Path) -> None:
    """Check that a folder holds everything a sequence classifier needs, before anything heavy is loaded.

    Raises:
        ModelError: A part is missing or torn, it is not a sequence classifier, or its weights are not safetensors.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(folder, "no config.json", "name a folder as save_pretrained() writes it")
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(path, f"not JSON: {error}", "fetch or save the model again") from error
    if not isinstance(config, dict):
        raise ModelError(path, "not a JSON object", "fetch or save the model again")
    architectures = [str(name) for name in config.get("architectures") or ()]
    if architectures and not any(name.endswith("ForSequenceClassification") for name in architectures):
        raise ModelError(
            folder,
            f"{', '.join(architectures)} is not a sequence classifier",
            "use a model fine-tuned for NLI, a ...ForSequenceClassification",
        )
    if (folder / "adapter_config.json").exists():
        raise ModelError(folder, "an adapter, not a whole model", "merge it into its base model and save that")
    _check_weights(folder)
    if not _matching(folder, _TOKENIZER):
        raise ModelError(folder, "no tokenizer", "copy the model's tokenizer.json and tokenizer_config.json there")


def fingerprint(folder: Path, meanings: Iterable[str]) -> str:
    """SHA-256 in hex of config, weights and tokenizer, and of what its outputs are taken to mean.

    Files count by name in the folder and content; where the folder is, its name and times do not.
    """
    digest = hashlib.sha256()
    for path in sorted(_matching(folder, ("config.json", *_WEIGHTS, *_TOKENIZER))):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(json.dumps([path.name, content]).encode())
    digest.update(json.dumps(list(meanings)).encode())
    return digest.hexdigest()


def _matching(folder: Path, patterns: Iterable[str]) -> set[Path]:
    return {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}


def _check_weights(folder: Path) -> None:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - not needed to import the package

    weights = [path for path in _matching(folder, _WEIGHTS) if path.suffix == ".safetensors"]
    if not weights:
        unsafe = sorted(path.name for path in _matching(folder, _UNSAFE_WEIGHTS))
        if unsafe:
            raise ModelError(folder, f"no model.safetensors, only {', '.join(unsafe)}", _CONVERT)
        raise ModelError(folder, "no model.safetensors", "name a folder as save_pretrained() writes it")
    for path in sorted(weights):
        try:
            with safe_open(path, framework="numpy") as file:
                file.keys()
        except (SafetensorError, OSError) as error:
            raise ModelError(path, f"torn or not safetensors: {error}", "fetch or save the model again") from error
