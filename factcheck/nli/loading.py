"""Loads a Hugging Face sequence classifier as a scorer; imports torch and transformers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from logging import CRITICAL
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
from transformers import utils as transformers_utils

from factcheck.errors import FactcheckError, ModelError
from factcheck.nli.batches import shape_table
from factcheck.nli.encoding import PairEncoder
from factcheck.nli.folder import check_folder, fingerprint, first_line, model_folder
from factcheck.nli.labels import label_order
from factcheck.nli.torch_scorer import Parts, TorchScorer

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Tokens in a batch, and what its rows are a multiple of. On 2 cores, nli-mini on 400 pairs of 16 to 205 tokens: 256 and
# 512 tokens are equally fast, 1,024 loses 5 %, 2,048 25 %, to dummy rows; shorter steps between lengths gain nothing.
_BATCHES = {"cpu": (512, 4), "cuda": (16384, 8)}
_LOGGING: Any = transformers_utils.logging  # its functions have no types
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


def load_torch(model: str | Path, *, precision: str, device: str, labels: Sequence[str] | None) -> TorchScorer:
    """Load a model; see `factcheck.nli.load`."""
    place = _device(device)
    precision = _precision(precision, place)
    name, folder = model_folder(model)
    check_folder(folder)
    with _unusable(folder):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    order = label_order(folder, config.id2label, labels)
    problem = getattr(config, "problem_type", None)
    if problem in {"multi_label_classification", "regression"}:
        raise ModelError(folder, f"made for {problem}", "an NLI model has labels that exclude each other")
    with _unusable(folder):
        tokenizer = AutoTokenizer.from_pretrained(
            folder, config=config, use_fast=True, local_files_only=True, trust_remote_code=False
        )
    if not tokenizer.is_fast:
        raise ModelError(folder, "its tokenizer has no fast form", "save it with a tokenizer.json")
    network = _network(folder, _DTYPES[precision])
    tokens, rows = len(tokenizer), network.get_input_embeddings().weight.shape[0]
    if tokens > rows:
        found = f"its tokenizer has {tokens} tokens, its weights {rows}"
        raise ModelError(folder, found, "copy the model's own tokenizer there")
    batch_tokens, row_step = _BATCHES[place.type]
    shapes = shape_table(_limit(config, tokenizer), batch_tokens=batch_tokens, row_step=row_step)
    with _unusable(folder):
        parts = Parts(
            network=network.to(place),
            encoder=PairEncoder(tokenizer.backend_tokenizer, shapes.max_tokens),
            labels=order,
            shapes=shapes,
            pad_id=next((pad for pad in (config.pad_token_id, tokenizer.pad_token_id) if pad is not None), 0),
            pad_left=tokenizer.padding_side == "left",
            type_ids="token_type_ids" in tokenizer.model_input_names
            and "token_type_ids" in signature(network.forward).parameters
            and getattr(config, "type_vocab_size", 2) > 1,
        )
        scorer = TorchScorer(parts, name=name, fingerprint=fingerprint(folder, order.meanings), precision=precision)
        scorer.warm_up()  # what a forward pass would refuse is refused here
    return scorer


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


def _precision(precision: str, place: torch.device) -> str:
    if precision == "auto":
        return "fp32"
    if precision not in _DTYPES:
        raise ModelError(f"precision {precision!r}", "unknown", f"allowed are auto, {', '.join(_DTYPES)}")
    if precision == "fp16" and place.type == "cpu":
        raise ModelError(
            "precision 'fp16'",
            "not on a CPU: its small range overflows, and few processors compute in it",
            "use fp32, or bf16 where speed matters",
        )
    if precision == "bf16" and place.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise ModelError("precision 'bf16'", f"{torch.cuda.get_device_name(place)} cannot", "use fp32 or fp16")
    return precision


def _network(folder: Path, dtype: torch.dtype) -> Any:  # noqa: ANN401 - the type depends on the transformers release
    with _unusable(folder):
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


@contextmanager
def _unusable(folder: Path) -> Iterator[None]:
    """Report whatever transformers raises for this folder as a `ModelError`, and keep it from printing."""
    verbosity, progress = _LOGGING.get_verbosity(), _LOGGING.is_progress_bar_enabled()
    _LOGGING.set_verbosity(CRITICAL)
    _LOGGING.disable_progress_bar()
    try:
        yield
    except FactcheckError:
        raise
    except Exception as error:  # a broken file can make transformers raise anything; the cause stays attached
        raise ModelError(
            folder,
            f"cannot be loaded: {type(error).__name__}: {first_line(error)}",
            "fetch or save the model again; code that a model brings is never run",
        ) from error
    finally:
        _LOGGING.set_verbosity(verbosity)
        if progress:
            _LOGGING.enable_progress_bar()
