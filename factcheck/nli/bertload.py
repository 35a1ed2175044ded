"""Reads BERT sequence classifiers from safetensors, without transformers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor

from factcheck.errors import ModelError
from factcheck.nli.bert import LayerWeights, Linear, Norm, Shape, Weights

_FILE = "model.safetensors"
_OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
_ARCHITECTURE = "BertForSequenceClassification"
_PLAIN: dict[str, tuple[object, ...]] = {  # what `bert` computes; first what transformers takes for granted
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute",),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "problem_type": (None, "single_label_classification"),
    "quantization_config": (None,),
}
_OF_BERT = ("BertTokenizer", "BertTokenizerFast")  # classes that read little but the vocabulary from tokenizer.json
_AS_IS = ("PreTrainedTokenizerFast", "TokenizersBackend")  # classes that take it as it is
_NORMALIZER = {  # as tokenizer.json and tokenizer_config.json call a setting, and what those classes take for granted
    "lowercase": ("do_lower_case", True),
    "strip_accents": ("strip_accents", None),
    "handle_chinese_chars": ("tokenize_chinese_chars", True),
    "clean_text": ("clean_text", True),
}
_WORDPIECE = {"type": "WordPiece", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
_UNLIMITED = 1_000_000  # a tokenizer that knows no limit says 10**30


def bert_shape(folder: Path) -> Shape | None:
    """The sizes of the BERT in a folder; None where it is anything that `factcheck.nli.bert` does not compute.

    The folder has passed `check_folder`. Says None, too, of one that is broken: transformers says best how.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    plain = all(config.get(name, allowed[0]) in allowed for name, allowed in _PLAIN.items())
    ours = config.get("model_type") == "bert" and config.get("architectures") == [_ARCHITECTURE]
    if not ours or not plain or not (folder / _FILE).is_file():
        return None
    try:
        shape = Shape(
            layers=config["num_hidden_layers"],
            width=config["hidden_size"],
            heads=config["num_attention_heads"],
            eps=float(config.get("layer_norm_eps", 1e-12)),
            words=config["vocab_size"],
            positions=config["max_position_embeddings"],
        )
        with _tensors(folder) as tensors:
            for name, expected in _expected(config, len(config["id2label"])):
                if tensors.shape(name) != expected:
                    return None
    except (KeyError, TypeError, ValueError):
        return None
    types = config.get("type_vocab_size", 2)
    return shape if shape.width % shape.heads == 0 and shape.layers > 0 and types > 1 else None


def bert_tokenizer(folder: Path) -> tuple[Tokenizer, int | None] | None:
    """The tokenizer in a folder and the longest input it allows; None where transformers would read it otherwise.

    That may be where its files disagree, or where it does not put two texts together as BERT does.
    """
    try:
        text = (folder / "tokenizer.json").read_text("utf-8")
        content = json.loads(text)
        config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        longest = min(config.get("model_max_length", _UNLIMITED), _UNLIMITED)
        tokenizer = Tokenizer.from_str(text)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        plain = not (folder / "added_tokens.json").exists() and _agree(content, config) and _joins(tokenizer, config)
    except Exception:  # noqa: BLE001 - tokenizers raises just that; transformers says best what is wrong
        return None
    return (tokenizer, longest if longest < _UNLIMITED else None) if plain else None


def _agree(content: dict[str, Any], config: dict[str, Any]) -> bool:
    """Whether tokenizer.json holds what transformers makes of both files."""
    added = [*content["added_tokens"], *config.get("added_tokens_decoder", {}).values()]
    normalizer, model = content["normalizer"], content["model"]
    if normalizer["type"] != "BertNormalizer" or not all(token["special"] for token in added):
        return False
    kind = config.get("tokenizer_class") or _OF_BERT[0]
    if kind in _AS_IS:
        return "token_type_ids" in config.get("model_input_names", ())
    return (
        kind in _OF_BERT
        and "token_type_ids" in config.get("model_input_names", ["token_type_ids"])
        and all(config.get(theirs, default) == normalizer[own] for own, (theirs, default) in _NORMALIZER.items())
        and content["pre_tokenizer"] == {"type": "BertPreTokenizer"}
        and all(model[name] == value for name, value in _WORDPIECE.items())
        and model["unk_token"] == _content(config.get("unk_token", "[UNK]"))
    )


def _joins(tokenizer: Tokenizer, config: dict[str, Any]) -> bool:
    """Whether two texts are put together as `[CLS] a [SEP] b [SEP]`, the types of their tokens 0 and 1."""
    start, end = (_content(config.get(name, usual)) for name, usual in (("cls_token", "[CLS]"), ("sep_token", "[SEP]")))
    first, second = (tokenizer.encode(text, add_special_tokens=False) for text in ("a", "b b"))
    pair = tokenizer.post_process(first, second)
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    return bool(pair.tokens == [start, *first.tokens, end, *second.tokens, end] and pair.type_ids == types)


def _content(token: str | dict[str, str]) -> str:
    return token["content"] if isinstance(token, dict) else token


def read_bert(folder: Path, shape: Shape) -> Weights:
    """The weights of a BERT whose shape `bert_shape` has told.

    Raises:
        ModelError: Some are not finite.
    """
    with _tensors(folder) as tensors:
        return Weights(
            shape=shape,
            words=tensors.stored("bert.embeddings.word_embeddings.weight"),
            places=tensors("bert.embeddings.token_type_embeddings.weight")[:, None]
            + tensors("bert.embeddings.position_embeddings.weight"),
            entry_norm=tensors.norm("bert.embeddings.LayerNorm"),
            layers=tuple(_layer(tensors, f"bert.encoder.layer.{at}") for at in range(shape.layers)),
            pooler=tensors.linear("bert.pooler.dense"),
            classifier=tensors.linear("classifier"),
        )


def _layer(tensors: "_Tensors", name: str) -> LayerWeights:
    return LayerWeights(
        query=tensors.linear(f"{name}.attention.self.query"),
        key=tensors.linear(f"{name}.attention.self.key"),
        value=tensors.linear(f"{name}.attention.self.value"),
        mixed=tensors.linear(f"{name}.attention.output.dense"),
        mixed_norm=tensors.norm(f"{name}.attention.output.LayerNorm"),
        wide=tensors.linear(f"{name}.intermediate.dense"),
        narrow=tensors.linear(f"{name}.output.dense"),
        out_norm=tensors.norm(f"{name}.output.LayerNorm"),
    )


def _expected(config: dict[str, Any], outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor of such a model and its shape."""
    width, wide = config["hidden_size"], config["intermediate_size"]
    yield "bert.embeddings.word_embeddings.weight", (config["vocab_size"], width)
    yield "bert.embeddings.position_embeddings.weight", (config["max_position_embeddings"], width)
    yield "bert.embeddings.token_type_embeddings.weight", (config.get("type_vocab_size", 2), width)
    norms = ["bert.embeddings.LayerNorm"]
    linears = [("bert.pooler.dense", width, width), ("classifier", outputs, width)]
    for at in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{at}"
        linears += [(f"{layer}.attention.self.{part}", width, width) for part in ("query", "key", "value")]
        linears.append((f"{layer}.attention.output.dense", width, width))
        linears += [(f"{layer}.intermediate.dense", wide, width), (f"{layer}.output.dense", width, wide)]
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name, rows, columns in linears:
        yield f"{name}.weight", (rows, columns)
        yield f"{name}.bias", (rows,)
    for name in norms:
        yield f"{name}.weight", (width,)
        yield f"{name}.bias", (width,)


@contextmanager
def _tensors(folder: Path) -> "Iterator[_Tensors]":
    with safe_open(folder / _FILE, framework="pt") as file:
        yield _Tensors(folder, file)


class _Tensors:
    """The tensors of a file by their present names; none is read before it is asked for."""

    def __init__(self, folder: Path, file: Any) -> None:  # noqa: ANN401 - safetensors has no types
        self._folder, self._file, self._names = folder, file, frozenset(file.keys())

    def shape(self, name: str) -> tuple[int, ...]:
        """Raises `KeyError` where there is no such tensor."""
        return tuple(self._file.get_slice(self._stored_name(name)).get_shape())

    def stored(self, name: str) -> Tensor:
        """A tensor in the type it is stored in."""
        tensor: Tensor = self._file.get_tensor(self._stored_name(name))
        if not tensor.isfinite().all():  # int8 would round them to something
            raise ModelError(self._folder, f"not all numbers in {name} are finite", "fetch or save the model again")
        return tensor

    def __call__(self, name: str) -> Tensor:
        return self.stored(name).float()

    def linear(self, name: str) -> Linear:
        return Linear(self(f"{name}.weight"), self(f"{name}.bias"))

    def norm(self, name: str) -> Norm:
        return Norm(self(f"{name}.weight"), self(f"{name}.bias"))

    def _stored_name(self, name: str) -> str:
        old = next((name.removesuffix(new) + old for new, old in _OLD_NAMES.items() if name.endswith(new)), name)
        for spelling in (name, old):
            if spelling in self._names:
                return spelling
        raise KeyError(name)
