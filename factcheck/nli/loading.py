"""Loads a Hugging Face sequence classifier as a scorer; imports torch, and transformers where it has to."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from factcheck.errors import ModelError, ScoreError
from factcheck.hub import usable
from factcheck.nli.batches import shape_table
from factcheck.nli.bert import BertBackend, HalfLayer, Layer, PlainLayer, Shape, Weights, bert_class
from factcheck.nli.bertload import bert_shape, bert_tokenizer, read_bert
from factcheck.nli.encoding import PairEncoder
from factcheck.nli.folder import check_folder, fingerprint, model_folder
from factcheck.nli.gate import calibration_pairs
from factcheck.nli.int8 import ByteLayer
from factcheck.nli.labels import LabelOrder, label_order
from factcheck.nli.module import ModuleBackend, Padding, module_class
from factcheck.nli.precisions import DTYPES, check_precision, lossy_precisions
from factcheck.nli.ranges import Ranges, digest, find_ranges, keep_ranges, measure_ranges
from factcheck.nli.record import passed
from factcheck.nli.scorer import ModelScorer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Tokens in a batch, and what its rows are a multiple of. On 2 cores, nli-mini on 400 pairs of 16 to 205 tokens: 256 and
# 512 tokens are equally fast, 1,024 loses 5 %, 2,048 25 %, to dummy rows; shorter steps between lengths gain nothing.
_BATCHES = {"cpu": (512, 4), "cuda": (16384, 8)}
_UNLIMITED = 1_000_000  # a tokenizer that knows no limit says 10**30
_DEFAULT_LIMIT = 512  # where the model knows none either, as T5
# These count positions from the padding id + 1, so that their table of positions is longer than any input.
_LATE_POSITIONS = {
    "camembert",
    "data2vec-text",
    "ibert",
    "longformer",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
}


def load_torch(model: str | Path, *, precision: str, device: str, labels: Sequence[str] | None) -> ModelScorer:
    """Load a model; see `factcheck.nli.load`."""
    place = _device(device)
    name, folder = model_folder(model)
    check_folder(folder)
    opened = (_open_bert(folder, labels) if place.type == "cpu" else None) or _open(folder, labels)
    identity = fingerprint(folder, opened.labels.meanings)
    if precision == "auto":
        precision = _fastest_that_passed(opened, identity, place)
    check_precision(precision, place, bert=opened.bert is not None)
    backend = _bert_backend(opened, precision, identity) if opened.bert else _module_backend(opened, precision, place)
    encoder = PairEncoder(opened.tokenizer, backend.max_tokens)
    return ModelScorer(backend, encoder, opened.labels, name=name, fingerprint=identity)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A model whose weights are not read yet."""

    folder: Path
    labels: LabelOrder
    tokenizer: "Tokenizer"
    limit: int  # the longest input in tokens, padding included
    padding: Padding
    bert: Shape | None = None  # where `factcheck.nli.bert` computes it


def _open_bert(folder: Path, labels: Sequence[str] | None) -> _Opened | None:
    """Open a BERT without importing transformers, which takes as long as all else; None of what is not plainly one."""
    shape, tokenizer = bert_shape(folder), bert_tokenizer(folder)
    if shape is None or tokenizer is None:
        return None
    backend, longest = tokenizer
    config = json.loads((folder / "config.json").read_text("utf-8"))
    order = label_order(folder, {int(index): str(name) for index, name in config["id2label"].items()}, labels)
    _check_vocabulary(folder, backend.get_vocab_size(), shape.words)
    limit = min(shape.positions, longest or shape.positions)
    return _Opened(folder, order, backend, limit, Padding(0, left=False, type_ids=True), shape)


def _open(folder: Path, labels: Sequence[str] | None) -> _Opened:
    """Open any sequence classifier."""
    from transformers import AutoConfig, AutoTokenizer  # noqa: PLC0415 - seconds that not every model needs

    with _usable(folder):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    order = label_order(folder, config.id2label, labels)
    problem = getattr(config, "problem_type", None)
    if problem in {"multi_label_classification", "regression"}:
        raise ModelError(folder, f"made for {problem}", "an NLI model has labels that exclude each other")
    with _usable(folder):
        tokenizer = AutoTokenizer.from_pretrained(
            folder, config=config, use_fast=True, local_files_only=True, trust_remote_code=False
        )
    if not tokenizer.is_fast:
        raise ModelError(folder, "its tokenizer has no fast form", "save it with a tokenizer.json")
    padding = Padding(
        id=next((pad for pad in (config.pad_token_id, tokenizer.pad_token_id) if pad is not None), 0),
        left=tokenizer.padding_side == "left",
        type_ids="token_type_ids" in tokenizer.model_input_names and getattr(config, "type_vocab_size", 2) > 1,
    )
    return _Opened(folder, order, tokenizer.backend_tokenizer, _limit(config, tokenizer), padding)


def _bert_backend(opened: _Opened, precision: str, identity: str) -> BertBackend:
    shape = opened.bert
    assert shape is not None
    variant = ""
    if precision == "int8":
        found = find_ranges(opened.folder, identity)
        ranges = _measured(opened, shape, identity) if found is None else found
        variant = f"-{digest(ranges)}"

    def layers(weights: Weights) -> list[Layer]:
        entered = list(weights.entered())
        if precision == "int8":
            return [
                ByteLayer(layer, entry, shape.heads, seen) for (layer, entry), seen in zip(entered, ranges, strict=True)
            ]
        if precision == "bf16":
            return [HalfLayer(layer, entry, shape.heads) for layer, entry in entered]
        return [PlainLayer(layer, entry) for layer, entry in entered]

    return BertBackend(
        lambda: read_bert(opened.folder, shape), layers, precision=precision, max_tokens=opened.limit, variant=variant
    )


def _measured(opened: _Opened, shape: Shape, identity: str) -> tuple[Ranges, ...]:
    """The ranges of a model that has none yet, measured and kept."""
    encoder = PairEncoder(opened.tokenizer, opened.limit)
    pairs: list[tuple[str, str]] = []
    for premise, claim in calibration_pairs():
        with suppress(ScoreError):  # a claim that leaves no room for a premise
            pairs += [(premise[start:end], claim) for start, end in encoder.windows(premise, claim)]
    if not pairs:
        found = f"int8 has to be measured, and no bundled pair fits into {opened.limit} tokens"
        raise ModelError(opened.folder, found, "use fp32 or bf16")
    encoded = encoder.encode(pairs)
    ranges = measure_ranges(read_bert(opened.folder, shape), [encoded[at] for at in range(len(pairs))])
    keep_ranges(ranges, identity)
    return ranges


def _module_backend(opened: _Opened, precision: str, place: torch.device) -> ModuleBackend:
    network = _network(opened.folder, DTYPES[precision])
    _check_vocabulary(opened.folder, opened.tokenizer.get_vocab_size(), network.get_input_embeddings().weight.shape[0])
    batch_tokens, row_step = _BATCHES[place.type]
    shapes = shape_table(opened.limit, batch_tokens=batch_tokens, row_step=row_step)
    takes_types = "token_type_ids" in signature(network.forward).parameters
    padding = replace(opened.padding, type_ids=opened.padding.type_ids and takes_types)
    with _usable(opened.folder):
        backend = ModuleBackend(network.to(place), shapes, padding, precision=precision)
        encoded = PairEncoder(opened.tokenizer, backend.max_tokens).encode([("", "")])
        backend.compute([encoded[0]], backend.plan(encoded.token_counts).batches[0])  # what it would refuse, now
    return backend


def _check_vocabulary(folder: Path, tokens: int, rows: int) -> None:
    if tokens > rows:
        found = f"its tokenizer has {tokens} tokens, its weights {rows}"
        raise ModelError(folder, found, "copy the model's own tokenizer there")


def _fastest_that_passed(opened: _Opened, identity: str, place: torch.device) -> str:
    """The fastest precision that this device computes and in which this model passed its checks; fp32 without one."""
    for precision in lossy_precisions(place, bert=opened.bert is not None):
        numeric_class = _numeric_class(opened, precision, identity, place)
        if numeric_class and passed(identity, numeric_class):
            return precision
    return "fp32"


def _numeric_class(opened: _Opened, precision: str, identity: str, place: torch.device) -> str | None:
    """The numeric class that a precision would have; None where that has yet to be measured."""
    if not opened.bert:
        return module_class(precision, place.type)
    if precision != "int8":
        return bert_class(precision)
    ranges = find_ranges(opened.folder, identity)
    return None if ranges is None else bert_class(precision, f"-{digest(ranges)}")


def _device(device: str) -> torch.device:
    kinds = "allowed are auto, cpu, cuda and cuda:N"
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise ModelError(f"device {device!r}", "unknown", kinds) from error
    if place.type == "cpu":
        return torch.device("cpu")
    if place.type != "cuda":
        raise ModelError(f"device {device!r}", "not supported", kinds)
    if (place.index or 0) >= torch.cuda.device_count():
        found = f"there is no such device, {torch.cuda.device_count()} CUDA devices are visible"
        raise ModelError(f"device {device!r}", found, f"{kinds}, N from 0")
    return place


def _network(folder: Path, dtype: torch.dtype) -> Any:  # noqa: ANN401 - the type depends on the transformers release
    with _usable(folder):
        try:
            network, info = _pretrained(folder, dtype, attention="sdpa")
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            network, info = _pretrained(folder, dtype, attention="eager")  # DeBERTa: not a plain product
    for kind, fault in (("missing_keys", "lack"), ("mismatched_keys", "do not fit the configuration at")):
        keys = sorted(str(key[0] if isinstance(key, tuple) else key) for key in info[kind])
        if keys:
            found = f"its weights {fault} {', '.join(keys[:3])}{', …' * (len(keys) > 3)}"
            raise ModelError(folder, found, "use a model that was fine-tuned for NLI and saved whole")
    return network.eval()


def _pretrained(folder: Path, dtype: torch.dtype, attention: str) -> Any:  # noqa: ANN401 - as above
    from transformers import AutoModelForSequenceClassification  # noqa: PLC0415 - as above

    return AutoModelForSequenceClassification.from_pretrained(
        folder,
        dtype=dtype,  # said explicitly: the default differs between releases, and checkpoints are of any
        attn_implementation=attention,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        ignore_mismatched_sizes=True,  # they are refused below, by name
        output_loading_info=True,
    )


def _limit(config: Any, tokenizer: Any) -> int:  # noqa: ANN401 - as above
    """The longest input, padding included, that both the tokenizer and the table of positions allow."""
    limits: list[int] = [tokenizer.model_max_length] if tokenizer.model_max_length < _UNLIMITED else []
    positions = getattr(config, "max_position_embeddings", None)
    if positions and positions > 0:
        late = config.model_type in _LATE_POSITIONS
        limits.append(positions - (config.pad_token_id or 0) - 1 if late else positions)
    return min(limits, default=_DEFAULT_LIMIT)


def _usable(folder: Path) -> AbstractContextManager[None]:
    fix = "fetch or save the model again; code that a model brings is never run"
    return usable(folder, otherwise="cannot be loaded", fix=fix)
