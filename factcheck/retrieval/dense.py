"""Searching by meaning: texts become vectors with a sentence-transformers model (the extra `dense`)."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property, lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factcheck.errors import ConfigError, ModelError
from factcheck.hub import fetch, usable

if TYPE_CHECKING:
    from factcheck.corpus.vectors import Array

_MODULES = "modules.json"
_PARTS = ("*.json", "*.txt", "*.model", "*.safetensors")  # of a model; pictures and descriptions are none
_OTHER_FORMATS = ("onnx/*", "openvino/*")
_UNSAFE = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_OWN = "sentence_transformers."
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # as sentence-transformers looks for them
# Rows that are computed together. With 16 a text costs as much as with 8, and more of them are fillers.
_ROWS = 8


class SentenceEmbedder:
    """A sentence-transformers model in fp32, loaded when the first text is to be embedded.

    A text's vector depends on neither its companions nor their order: all that is computed together has one length in
    tokens and one number of rows, and short batches are filled up. A text longer than the model reads is known by its
    beginning.

    Args:
        model: A folder as sentence-transformers saves it, or a Hugging Face name `org/name[@revision]`. Only the latter
            uses the network, and only for what is not in the local cache.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        ConfigError: The extra is not installed.
        ModelError: There is no such model, or it cannot be used; only safetensors are read, and no code that a model
            brings is run.
    """

    def __init__(self, model: str | Path, *, device: str = "auto") -> None:
        if find_spec("sentence_transformers") is None:
            raise ConfigError(
                "embedder",
                "the package sentence-transformers is not installed",
                "run `pip install 'factcheck-nli[dense]'`, or search with --retriever lexical",
            )
        self.name, self._device = str(model), device
        self._folder = _model_folder(model)
        _check(self._folder)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 in hex of the model's files by their names; where the folder is does not count."""
        return _fingerprint(self._folder)

    @property
    def library(self) -> str:
        """What computes the vectors, and its version."""
        from importlib.metadata import version  # noqa: PLC0415

        return f"sentence-transformers {version('sentence-transformers')}"

    def passages(self, texts: Sequence[str]) -> "Array":
        """A vector of length 1 for each text that will be searched, in order."""
        prompts = self._model.prompts
        prompt = next((prompts[name] for name in _DOCUMENT_PROMPTS if name in prompts), None)
        return self._embed(texts, prompt, _ROWS)

    def queries(self, texts: Sequence[str]) -> "Array":
        """A vector of length 1 for each text that is searched for, in order."""
        return self._embed(texts, self._model.prompts.get("query"), 1)

    def _embed(self, texts: Sequence[str], prompt: str | None, rows: int) -> "Array":
        import numpy as np  # noqa: PLC0415

        if not texts:
            return np.zeros((0, 0), np.float32)
        with _usable(self._folder):
            lengths = [self._model.preprocess([text], prompt=prompt)["input_ids"].shape[-1] for text in texts]
            order = sorted(range(len(texts)), key=lengths.__getitem__)
            found: list[Any] = [None] * len(texts)
            for _, group in groupby(order, key=lengths.__getitem__):
                same = list(group)
                for start in range(0, len(same), rows):
                    places = same[start : start + rows]
                    batch = [texts[at] for at in places]
                    batch += batch[:1] * (rows - len(batch))
                    vectors = self._model.encode(batch, prompt=prompt, batch_size=rows, show_progress_bar=False)
                    for at, vector in zip(places, vectors, strict=False):
                        found[at] = vector
        whole = np.asarray(found, np.float64)
        norms = np.linalg.norm(whole, axis=1, keepdims=True)
        unit: Array = (whole / np.maximum(norms, 1e-12)).astype(np.float32)
        return unit

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - imports torch and transformers

        with _usable(self._folder):
            return SentenceTransformer(
                str(self._folder),
                device=None if self._device == "auto" else self._device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": "float32"},
            )


@lru_cache(maxsize=2)
def open_embedder(model: str, device: str = "auto") -> SentenceEmbedder:
    """The embedder of a name, opened once; its weights are read when they are needed."""
    return SentenceEmbedder(model, device=device)


def _usable(folder: Path) -> AbstractContextManager[None]:
    fix = "fetch or save the embedder again; code that it brings is never run"
    return usable(folder, otherwise="cannot be used", fix=fix)


def _model_folder(model: str | Path) -> Path:
    folder = Path(model)
    if folder.is_dir():
        return folder.resolve()
    patterns = [*_PARTS, *(f"*/{part}" for part in _PARTS)]
    named = isinstance(model, str) and not folder.exists()
    snapshot = fetch(str(model), patterns, ignored=_OTHER_FORMATS) if named else None
    if snapshot is None:
        what = "is a file" if folder.exists() else "no such folder"
        fix = f"name a folder that holds {_MODULES}, as sentence-transformers saves it, or org/name of Hugging Face"
        raise ModelError(model, what, fix)
    return snapshot


def _check(folder: Path) -> None:
    """Refuse, before anything heavy is loaded, what is no embedder or could run code."""
    path = folder / _MODULES
    if not path.is_file():
        raise ModelError(folder, f"no {_MODULES}", "name a folder as SentenceTransformer.save_pretrained() writes it")
    try:
        modules = json.loads(path.read_text("utf-8"))
        kinds = [(str(module["type"]), str(module["path"])) for module in modules]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(path, f"is torn: {error}", "fetch or save the embedder again") from error
    for kind, place in kinds:
        if not kind.startswith(_OWN):
            raise ModelError(path, f"{kind} is code that the model brings", "it is never run: use another embedder")
        part = (folder / place).resolve()
        if not part.is_relative_to(folder.resolve()):
            raise ModelError(path, f"{place!r} is outside of the folder", "fetch or save the embedder again")
        unsafe = sorted(file.name for pattern in _UNSAFE for file in part.glob(pattern))
        if unsafe and not list(part.glob("*.safetensors")):
            fix = "other formats can run code and are not read: save it as safetensors in an environment you trust"
            raise ModelError(part, f"no safetensors, only {', '.join(unsafe)}", fix)


@lru_cache(maxsize=8)
def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    files = {file for pattern in _PARTS for place in ("", "*/") for file in folder.glob(place + pattern)}
    for path in sorted(files):
        if path.is_file() and path.parent.name not in {"onnx", "openvino"}:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(json.dumps([path.relative_to(folder).as_posix(), content]).encode())
    return digest.hexdigest()
