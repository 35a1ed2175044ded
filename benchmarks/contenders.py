"""Scores pairs in a process of its own, with one way of doing it: `compare.py` starts one for each contender.

    python benchmarks/contenders.py NAME MODEL_FOLDER BUILD_FOLDER

Reads one JSON array of pairs a line and answers with the seconds it took, texts to probabilities, and the
probabilities; its first answer says what is running, or why it cannot. Separate processes keep one contender's
threads and settings from the others, and let libraries run that no single environment can hold: this file needs
factcheck for "ours" alone.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

Pair = Sequence[str]
Probabilities = list[list[float]]  # in the order of CLASSES
CLASSES = ("entailment", "neutral", "contradiction")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
NAMES = (
    "pipeline",
    "cross-encoder",
    "cross-encoder-sorted",
    "cross-encoder-onnx-int8",
    "cross-encoder-openvino-int8",
    *(f"ours-{precision}" for precision in PRECISIONS),
)


class Contender:
    """One way to score pairs: `run` is timed, `probabilities` puts into our order what it returned."""

    facts: dict[str, Any]

    def run(self, pairs: list[Pair]) -> Any:
        """Score the pairs; everything that a user would wait for."""
        raise NotImplementedError

    def probabilities(self, raw: Any) -> Probabilities:
        """The probabilities of each pair, in the order of the pairs."""
        raise NotImplementedError


class Pipeline(Contender):
    """`transformers.pipeline("text-classification")` with pairs, as its documentation has it: one at a time."""

    def __init__(self, model: Path) -> None:
        from transformers import pipeline

        self._pipe = pipeline("text-classification", model=str(model), device="cpu")
        self.facts = {"dtype": str(self._pipe.model.dtype), "packages": _versions("transformers", "torch")}

    def run(self, pairs: list[Pair]) -> Any:
        return self._pipe([{"text": premise, "text_pair": hypothesis} for premise, hypothesis in pairs], top_k=None)

    def probabilities(self, raw: Any) -> Probabilities:
        found = [{item["label"]: item["score"] for item in one} for one in raw]
        return [[one[name] for name in CLASSES] for one in found]


class CrossEncoder(Contender):
    """`CrossEncoder.predict` of sentence-transformers with its defaults."""

    def __init__(self, model: Path, backend: str = "torch", file: Path | None = None) -> None:
        from sentence_transformers import CrossEncoder

        options = {"model_kwargs": {"file_name": str(file.relative_to(model))}} if file else {}
        self._encoder = CrossEncoder(str(model), device="cpu", backend=backend, **options)
        labels = self._encoder.config.id2label
        self._order = [next(at for at, label in labels.items() if label == name) for name in CLASSES]
        network = getattr(self._encoder, "model", None)
        dtype = next(iter(network.parameters())).dtype if backend == "torch" else "int8"
        self.facts = {"dtype": str(dtype), "packages": _versions("sentence-transformers", "transformers", "torch")}

    def run(self, pairs: list[Pair]) -> Any:
        return self._encoder.predict([tuple(pair) for pair in pairs], show_progress_bar=False)

    def probabilities(self, raw: Any) -> Probabilities:
        import torch

        return torch.softmax(torch.tensor(raw), dim=1)[:, self._order].tolist()


class Sorted(CrossEncoder):
    """The same, given the pairs by length, longest first."""

    def run(self, pairs: list[Pair]) -> Any:
        order = sorted(range(len(pairs)), key=lambda at: -sum(map(len, pairs[at])))
        scores = super().run([pairs[at] for at in order])
        found = [None] * len(pairs)
        for at, score in zip(order, scores, strict=True):
            found[at] = score.tolist()
        return found


class Ours(Contender):
    """`factcheck.nli.load`, without a cache of scores."""

    def __init__(self, precision: str) -> None:
        from factcheck.nli import load

        # The bundled model by its name; its fp32 copy, which the others get, holds the same numbers.
        self._scorer = load(precision=precision)
        self._scorer.score([("It rains.", "It is wet.")])
        self.facts = {"numeric_class": self._scorer.numeric_class, "packages": _versions("torch")}

    def run(self, pairs: list[Pair]) -> Any:
        before = self._scorer.counters
        scores = self._scorer.score([(premise, hypothesis) for premise, hypothesis in pairs])
        after = self._scorer.counters
        if after.pairs_scored - before.pairs_scored != len({tuple(pair) for pair in pairs}):
            raise SystemExit("not every pair was scored")  # a benchmark that skips work is not fast
        self.facts["efficiency"] = round(
            (after.real_tokens - before.real_tokens) / (after.computed_tokens - before.computed_tokens), 4
        )
        return scores

    def probabilities(self, raw: Any) -> Probabilities:
        return [[getattr(scores, name) for name in CLASSES] for scores in raw]


def onnx_int8(model: Path, build: Path) -> Contender:
    """The int8 ONNX file that sentence-transformers makes for processors with VNNI (one scale a batch)."""
    from sentence_transformers import CrossEncoder as Encoder
    from sentence_transformers import export_dynamic_quantized_onnx_model

    folder = _copy(model, build / (model.name + "-onnx"))
    file = folder / "onnx/model_qint8_avx512_vnni.onnx"
    if not file.exists():
        encoder = Encoder(str(folder), device="cpu", backend="onnx", model_kwargs={"export": True})
        export_dynamic_quantized_onnx_model(encoder, "avx512_vnni", str(folder))
    found = CrossEncoder(folder, "onnx", file)
    found.facts["packages"] |= _versions("onnxruntime", "optimum-onnx")
    return found


def openvino_int8(model: Path, build: Path) -> Contender:
    """The int8 OpenVINO file that sentence-transformers makes, calibrated on pairs of our collections."""
    from datasets import Dataset  # noqa: F401 (the exporter needs it)
    from optimum.intel import OVQuantizationConfig
    from sentence_transformers import CrossEncoder as Encoder
    from sentence_transformers import export_static_quantized_openvino_model

    folder = _copy(model, build / (model.name + "-openvino"))
    file = folder / "openvino/openvino_model_qint8_quantized.xml"
    if not file.exists():
        encoder = Encoder(str(folder), device="cpu", backend="openvino", model_kwargs={"export": True})
        export_static_quantized_openvino_model(
            encoder,
            OVQuantizationConfig(),
            str(folder),
            dataset_name=str(build / "calibration"),
            dataset_config_name="default",
            dataset_split="train",
            column_name="text",
        )
    found = CrossEncoder(folder, "openvino", file)
    found.facts["packages"] |= _versions("openvino", "optimum-intel")
    return found


def _copy(model: Path, folder: Path) -> Path:
    """A folder with the same model to which files can be added."""
    folder.mkdir(exist_ok=True)
    for path in model.iterdir():
        if path.is_file() and not (folder / path.name).exists():
            (folder / path.name).hardlink_to(path)
    return folder


def _versions(*names: str) -> dict[str, str]:
    return {name: version(name) for name in names}


def open_contender(name: str, model: Path, build: Path) -> Contender:
    """The contender of that name, loaded; its imports fail where its libraries are not installed."""
    if name.startswith("ours-"):
        return Ours(name.removeprefix("ours-"))
    made: dict[str, Callable[[], Contender]] = {
        "pipeline": lambda: Pipeline(model),
        "cross-encoder": lambda: CrossEncoder(model),
        "cross-encoder-sorted": lambda: Sorted(model),
        "cross-encoder-onnx-int8": lambda: onnx_int8(model, build),
        "cross-encoder-openvino-int8": lambda: openvino_int8(model, build),
    }
    return made[name]()


def main() -> None:
    """Answer requests until standard input ends; what libraries print goes to standard error."""
    name, model, build = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        contender = open_contender(name, model, build)
    except Exception as error:  # noqa: BLE001 (whatever keeps a library from running is the answer)
        reason = (str(error).strip() or "no message").splitlines()[0]
        print(json.dumps({"unavailable": f"{type(error).__name__}: {reason}"}), file=answers, flush=True)
        return
    import_module("torch")
    print(json.dumps({"facts": _facts(contender)}), file=answers, flush=True)
    for line in sys.stdin:
        pairs = json.loads(line)
        started = time.perf_counter()
        raw = contender.run(pairs)
        seconds = time.perf_counter() - started
        answer = {"seconds": seconds, "probabilities": contender.probabilities(raw), "facts": _facts(contender)}
        print(json.dumps(answer), file=answers, flush=True)


def _facts(contender: Contender) -> dict[str, Any]:
    torch = import_module("torch")
    return {**contender.facts, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    main()
