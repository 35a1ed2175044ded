"""Computes BERT sequence classifiers on a CPU, pairs end to end: no padding, fused products, the last layer for [CLS].

What a plain module spends beside matrix products is most of its time on a CPU. Here products are prepacked oneDNN
calls with bias and GELU fused in, the residual stream stays in float32, and of the last layer only what the classifier
reads is computed: the outputs at [CLS]. There, with one query a head, `q · (W_k x)` is computed as `(W_k' q) · x` and
`W_v` is applied to the weighted sum of x, so that no keys and values are made at all; the result is the same.

Why a pair's scores cannot depend on its batch: everything but attention is computed token by token in products whose
row results do not depend on the number of rows (exact in int8, tested in the others), attention at the exact length of
each pair, and the last layer in blocks of fixed size.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from threading import Lock
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from factcheck.nli.batches import Batch, Plan, plan_end_to_end
from factcheck.nli.encoding import EncodedPair

LAYOUT_VERSION = 1  # part of the numeric class: another way of computing gives other bits
# On 2 cores, nli-mini in int8 on 2,000 pairs of 64 tokens: 256 tokens give 350 pairs a second, 512 385, 1,024 410,
# 2,048 405. Longer batches make fewer calls; they keep fewer cores busy when there is little to score.
BATCH_TOKENS = 1024
_STEP = 64  # of a batch's length: oneDNN compiles a kernel for each length it meets
_BLOCK = 16  # pairs the last layer is computed for at once
_LOG2E = math.log2(math.e)
_MKLDNN = torch.ops.mkldnn
_SURE = 2.0**100  # a sum of weights below it leaves room for values, which are within ±128 in int8


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT."""

    layers: int
    width: int
    heads: int
    eps: float
    words: int  # in the vocabulary
    positions: int  # the longest input in tokens


@dataclass(frozen=True, slots=True)
class Linear:
    """The parameters of a product: weight (outputs, inputs) and bias (outputs), in float32."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """In float32, plainly."""
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class Norm:
    """The scale and shift of a layer normalisation, (width) each, in float32."""

    scale: Tensor
    shift: Tensor

    def __call__(self, x: Tensor, eps: float) -> Tensor:
        """Normalise rows of x, (rows, width)."""
        return F.layer_norm(x, self.scale.shape, self.scale, self.shift, eps)


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One encoder layer."""

    query: Linear
    key: Linear
    value: Linear
    mixed: Linear  # what follows attention
    mixed_norm: Norm
    wide: Linear  # the feed-forward part's first product
    narrow: Linear
    out_norm: Norm


@dataclass(frozen=True, slots=True)
class Weights:
    """A whole model. `words` keeps the type it is stored in: of its rows only those of a batch are converted."""

    shape: Shape
    words: Tensor  # (vocabulary, width)
    places: Tensor  # (types, positions, width): position and type embeddings added up
    entry_norm: Norm
    layers: tuple[LayerWeights, ...]
    pooler: Linear
    classifier: Linear

    def entered(self) -> Iterator[tuple[LayerWeights, Norm]]:
        """Every layer but the last, with the normalisation before it."""
        norms = [self.entry_norm, *(layer.out_norm for layer in self.layers)]
        yield from zip(self.layers[:-1], norms, strict=False)


class Layer(Protocol):
    """All of a layer but attention and normalisation, in one precision.

    Rows of `y` are normalised float32 activations, scaled and shifted as the layer wants them: `entry` and `middle` do.
    """

    entry: Norm
    middle: Norm

    def project(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (rows, width) each: three calls, whose outputs stay in the cache, beat one."""

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention within each pair: (pairs, heads, length, width / heads) to (pairs, length, width) in float32."""

    def mix(self, context: Tensor, y: Tensor) -> Tensor:
        """The product after attention, with the residual added, in float32."""

    def feed(self, y: Tensor) -> Tensor:
        """The feed-forward part, with the residual added, in float32."""


class PlainLayer:
    """A layer in float32, the reference of the other precisions."""

    def __init__(self, weights: LayerWeights, entry: Norm) -> None:
        self.entry, self.middle = entry, weights.mixed_norm
        self._projections = weights.query, weights.key, weights.value
        self._mixed, self._wide, self._narrow = weights.mixed, weights.wide, weights.narrow

    def project(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values."""
        query, key, value = self._projections
        return query(y), key(y), value(y)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention in float32."""
        return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)

    def mix(self, context: Tensor, y: Tensor) -> Tensor:
        """The product after attention, and the residual."""
        return self._mixed(context).add_(y)

    def feed(self, y: Tensor) -> Tensor:
        """The feed-forward part, and the residual."""
        return self._narrow(self.widen(y)).add_(y)

    def widen(self, y: Tensor) -> Tensor:
        """The wide activations of the feed-forward part."""
        return F.gelu(self._wide(y))


class HalfLayer:
    """A layer whose products are in bfloat16, prepacked; normalisation and residuals stay in float32."""

    def __init__(self, weights: LayerWeights, entry: Norm, heads: int) -> None:
        self.entry, self.middle = entry, weights.mixed_norm
        query = scaled(weights.query, _LOG2E / math.sqrt(weights.query.weight.shape[0] / heads))
        self._projections = _packed(query), _packed(weights.key), _packed(weights.value)
        self._mixed, self._wide, self._narrow = _packed(weights.mixed), _packed(weights.wide), _packed(weights.narrow)

    def project(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values in bfloat16, queries scaled as `attend_unshifted` wants them."""
        half = y.bfloat16()
        query, key, value = self._projections
        return _half_product(half, query), _half_product(half, key), _half_product(half, value)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention in bfloat16."""
        return attend_halved(query, key, value)

    def mix(self, context: Tensor, y: Tensor) -> Tensor:
        """The product after attention, and the residual."""
        return _half_product(context.bfloat16(), self._mixed) + y

    def feed(self, y: Tensor) -> Tensor:
        """The feed-forward part, and the residual."""
        return _half_product(_half_product(y.bfloat16(), self._wide, "gelu"), self._narrow) + y


def bert_class(precision: str, variant: str = "") -> str:
    """The numeric class of a backend; `variant` is what else determines its bits."""
    return f"bert/{precision}/cpu/end-to-end-{LAYOUT_VERSION}{variant}"


def attend_halved(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention in bfloat16: (pairs, heads, length, size) to (pairs, length, width) in float32.

    The softmax takes `2^s` instead of `2^(s - max s)`: one pass over the scores in place of four. Scores pass up to
    100. The bundled model's are below 70 on real pairs, but may be greater on pages of loose words: pairs with such are
    computed again, with the greatest score of each row taken off it. Whether a pair is one is its own affair.

    Args:
        query: Queries, already divided by √size · ln 2.
        key: Keys.
        value: Values.
    """
    summed = _weigh(query, key, value, shifted=False)
    weight = summed[..., -1]
    whole = ((weight > 1 / _SURE) & (weight < _SURE)).flatten(1).all(1)
    if not whole.all():
        for at in (~whole).nonzero().flatten().tolist():
            alone = slice(at, at + 1)
            summed[alone] = _weigh(query[alone], key[alone], value[alone], shifted=True)
    return (summed[..., :-1] / summed[..., -1:]).flatten(2)


def _weigh(query: Tensor, key: Tensor, value: Tensor, *, shifted: bool) -> Tensor:
    """Sums of values, weighted by powers of 2, and of the weights: (pairs, length, heads, size + 1) in float32.

    The sum of the weights comes out of the same product, through a column of ones. Each pair has products of its own:
    their shape then follows from its length alone, and oneDNN, which keeps 0.6 MB for each shape it meets, meets few.
    """
    pairs, heads, length, size = query.shape
    value = torch.cat([value, value.new_ones(pairs, heads, length, 1)], -1)
    scores = query.new_empty(pairs, heads, length, length)
    for each in zip(query.contiguous(), key.contiguous().transpose(2, 3), scores, strict=True):
        torch.bmm(each[0], each[1], out=each[2])
    if shifted:
        scores -= scores.amax(-1, keepdim=True)
    summed = query.new_empty(pairs, heads, length, size + 1)
    for each in zip(scores.exp2_(), value, summed, strict=True):
        torch.bmm(each[0], each[1], out=each[2])
    return summed.transpose(1, 2).float()


class BertBackend:
    """A `Backend` for BERT on a CPU. Weights are read and packed when the first batch is computed."""

    parallel = True
    halvings = 0

    def __init__(
        self,
        read: Callable[[], Weights],
        layers: Callable[[Weights], Sequence[Layer]],
        *,
        precision: str,
        max_tokens: int,
        variant: str = "",
    ) -> None:
        """Remember how to make the parts.

        Args:
            read: Reads the weights.
            layers: Makes all layers but the last.
            precision: What the layers compute in.
            max_tokens: The most tokens of a pair.
            variant: What else determines the bits: the numeric class ends in it.
        """
        self.numeric_class = bert_class(precision, variant)
        self.max_tokens = max_tokens
        self._read, self._make_layers = read, layers
        self._encoder: Encoder | None = None
        self._lock = Lock()

    def plan(self, token_counts: Sequence[int]) -> Plan:
        """Batches of pairs end to end."""
        return plan_end_to_end(token_counts, batch_tokens=max(BATCH_TOKENS, self.max_tokens), step=_STEP)

    @torch.inference_mode()
    def compute(self, pairs: Sequence[EncodedPair], batch: Batch) -> Tensor:
        """The raw outputs of a batch's members; see `Backend.compute`."""
        return self._loaded()(pairs, batch.length).double()

    def _loaded(self) -> "Encoder":
        with self._lock:
            if self._encoder is None:
                weights = self._read()
                self._encoder = Encoder(weights, self._make_layers(weights))
            return self._encoder


class Encoder:
    """A whole BERT classifier: layers of any precision, the entry and the last layer in float32."""

    def __init__(self, weights: Weights, layers: Sequence[Layer]) -> None:
        self._weights, self._layers = weights, layers
        before = weights.layers[-2].out_norm if layers else weights.entry_norm
        self._entries = [*(layer.entry for layer in layers), before]
        self._tail = Tail(weights)

    def __call__(self, pairs: Sequence[EncodedPair], length: int) -> Tensor:
        """The raw outputs, (pairs, labels) in float32, of pairs laid end to end in a row of `length` tokens."""
        spans = list(_spans(pairs))
        y = self._embed(pairs, length)
        for layer, entry in zip(self._layers, self._entries[1:], strict=True):
            projected = layer.project(y)
            context = torch.empty_like(y)
            for start, end, count in spans:
                query, key, value = (self._heads(part[start:end], count) for part in projected)
                context[start:end] = layer.attend(query, key, value).view(end - start, -1)
            context[spans[-1][1] :] = 0
            y = layer.middle(layer.mix(context, y), self._weights.shape.eps)
            y = entry(layer.feed(y), self._weights.shape.eps)
        rows = [y[start:end].view(count, -1, y.shape[1]) for start, end, count in spans]
        return self._tail([row for group in rows for row in group])

    def _heads(self, rows: Tensor, pairs: int) -> Tensor:
        """(pairs · length, width) to (pairs, heads, length, width / heads), the same memory."""
        shape = self._weights.shape
        return rows.view(pairs, -1, shape.heads, shape.width // shape.heads).transpose(1, 2)

    def _embed(self, pairs: Sequence[EncodedPair], length: int) -> Tensor:
        ids, types, places = torch.zeros(3, length, dtype=torch.int64)
        real = sum(len(pair.ids) for pair in pairs)
        ids[:real] = torch.tensor([token for pair in pairs for token in pair.ids])
        types[:real] = torch.tensor([kind for pair in pairs for kind in pair.type_ids])
        places[:real] = torch.tensor([place for pair in pairs for place in range(len(pair.ids))])
        embedded = self._weights.words[ids].float().add_(self._weights.places[types, places])
        return self._entries[0](embedded, self._weights.shape.eps)


class Tail:
    """The last layer at [CLS], pooler and classifier, in float32."""

    def __init__(self, weights: Weights) -> None:
        shape, layer = weights.shape, weights.layers[-1]
        self._shape, self._layer = shape, layer
        self._pooler, self._classifier = weights.pooler, weights.classifier
        self._query = scaled(layer.query, 1 / math.sqrt(shape.width // shape.heads))
        self._key = layer.key.weight.view(shape.heads, -1, shape.width)  # its bias drops out of the softmax
        self._value = layer.value.weight.view(shape.heads, -1, shape.width).transpose(1, 2).contiguous()

    def __call__(self, rows: Sequence[Tensor]) -> Tensor:
        """The raw outputs, (pairs, labels), of pairs whose rows, (length, width) each, enter the last layer."""
        blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
        return torch.cat([self._block(block)[: len(block)] for block in blocks])

    def _block(self, rows: Sequence[Tensor]) -> Tensor:
        shape, layer = self._shape, self._layer
        first = torch.zeros(_BLOCK, shape.width)
        torch.stack([row[0] for row in rows], out=first[: len(rows)])
        query = self._query(first).view(_BLOCK, shape.heads, -1).transpose(0, 1)
        over_width = torch.bmm(query, self._key).transpose(0, 1)  # (block, heads, width)
        summed = torch.zeros(_BLOCK, shape.heads, shape.width)
        for at, row in enumerate(rows):
            torch.mm((over_width[at] @ row.T).softmax(-1), row, out=summed[at])
        context = torch.bmm(summed.transpose(0, 1), self._value).transpose(0, 1).reshape(_BLOCK, -1)
        mixed = layer.mixed_norm(layer.mixed(context + layer.value.bias) + first, shape.eps)
        out = layer.out_norm(layer.narrow(F.gelu(layer.wide(mixed))) + mixed, shape.eps)
        return self._classifier(torch.tanh(self._pooler(out)))


def scaled(linear: Linear, factor: float) -> Linear:
    """A product whose outputs are `factor` times as great."""
    return Linear(linear.weight * factor, linear.bias * factor)


def _spans(pairs: Sequence[EncodedPair]) -> Iterator[tuple[int, int, int]]:
    """Where runs of pairs of one length lie, end to end: start, end, and how many."""
    start = 0
    for length, run in groupby(len(pair.ids) for pair in pairs):
        count = sum(1 for _ in run)
        yield start, start + length * count, count
        start += length * count


def _packed(linear: Linear) -> tuple[Tensor, Tensor]:
    weight = linear.weight.bfloat16().contiguous()
    packed: Tensor = _MKLDNN._reorder_linear_weight(weight, BATCH_TOKENS)  # noqa: SLF001 - inductor's own, not public
    return packed, linear.bias.bfloat16()


def _half_product(x: Tensor, packed: tuple[Tensor, Tensor], then: str = "none") -> Tensor:
    result: Tensor = _MKLDNN._linear_pointwise(x, *packed, then, [], "none")  # noqa: SLF001 - as above
    return result
