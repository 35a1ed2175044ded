"""A BERT layer in int8: weights per output, activations with static scales, so that a row's result is its own.

Where an activation's scale comes from, and what keeps its error small:

* Ranges are measured once, in float32, on bundled pairs, for every channel of every product's input; a scale that
  followed the batch would make a pair's score depend on its batch-mates.
* After a normalisation and after attention, each channel has a scale and a centre of its own. They cost nothing: they
  are folded into the normalisation (or into the values' product) before it and into the weights after it. How much of
  a channel's range goes to the activation's side and how much to the weights' is SmoothQuant's (arXiv:2211.10438)
  migration strength, 0.8 here: of 0.5 to 1 the best on nli-mini.
* After GELU one scale serves all channels, as oneDNN applies it within the product. A few channels are far wider than
  the rest (23 against 5 in nli-mini); 32 of them leave the int8 product and are computed beside it. With them in it,
  probabilities were four times as far off.
* Activations are unsigned: with signed ones oneDNN falls back to a kernel that is slower by orders of magnitude.

Normalisation, residuals and the last layer stay in float32, attention in bfloat16.
"""

import math
import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from factcheck.nli.bert import BATCH_TOKENS, LayerWeights, Linear, Norm, attend_halved, scaled
from factcheck.nli.ranges import Ranges

_STRENGTH = 0.8
_BESIDE = 32  # channels that leave the int8 product after GELU
_ZERO = 128  # the unsigned value that stands for a centred channel's middle
_LEVELS = 255
_GELU_MIN = -0.17  # the least value of GELU
_LOG2E = math.log2(math.e)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where each channel's unsigned values lie: x = scale · (u - 128) + centre."""

    scale: Tensor
    centre: Tensor

    @classmethod
    def of(cls, seen: Tensor, weight: Tensor) -> "_Grid":
        """The grid of an input with these ranges before a product with this weight, (outputs, channels)."""
        centre, reach = (seen[1] + seen[0]) / 2, ((seen[1] - seen[0]) / 2).clamp_min(1e-6)
        steepest = weight.abs().amax(0).clamp_min(1e-6)
        scale = reach**_STRENGTH / steepest ** (1 - _STRENGTH)
        return cls(scale * (reach / scale).max() / (_ZERO - 1), centre)

    def before(self, norm: Norm) -> Norm:
        """The normalisation whose outputs lie on this grid, 0 in its middle."""
        return Norm(norm.scale / self.scale, (norm.shift - self.centre) / self.scale)

    def after(self, linear: Linear) -> Linear:
        """The product that takes inputs on this grid."""
        return Linear(linear.weight * self.scale, linear.bias + linear.weight @ self.centre)


class ByteLayer:
    """A layer in int8; see the module."""

    def __init__(self, weights: LayerWeights, entry: Norm, heads: int, ranges: Ranges) -> None:
        readers = [weights.query.weight, weights.key.weight, weights.value.weight]
        self._entry_grid = _Grid.of(ranges.entry, torch.cat(readers))
        self._middle_grid = _Grid.of(ranges.middle, weights.wide.weight)
        context = _Grid.of(ranges.context, weights.mixed.weight)
        self.entry = self._entry_grid.before(entry)
        self.middle = self._middle_grid.before(weights.mixed_norm)
        query = scaled(weights.query, _LOG2E / math.sqrt(weights.query.weight.shape[0] / heads))
        value = Linear(  # weights of attention sum to 1, so that a scale and a shift of values pass through it
            weights.value.weight / context.scale[:, None], (weights.value.bias - context.centre) / context.scale
        )
        self._projections = tuple(
            _Product(self._entry_grid.after(linear), output=torch.bfloat16) for linear in (query, weights.key, value)
        )
        # The residual is y itself, off its grid: scale · y + centre; the centre goes with the bias.
        mixed, narrow = context.after(weights.mixed), weights.narrow
        self._mixed = _Product(Linear(mixed.weight, mixed.bias + self._entry_grid.centre))
        wide = self._middle_grid.after(weights.wide)
        beside = _widest(ranges.wide[1], narrow.weight)
        inside = torch.ones(len(ranges.wide[1]), dtype=torch.bool)
        inside[beside] = False
        scale = float(ranges.wide[1][inside].max().clamp_min(1e-6) - _GELU_MIN) / _LEVELS
        zero = round(-_GELU_MIN / scale)
        self._wide = _Product(_rows(wide, inside), output=torch.uint8, scale_out=scale, zero_out=zero, gelu=True)
        inner = Linear(narrow.weight[:, inside], narrow.bias + self._middle_grid.centre)
        self._narrow = _Product(inner, scale_in=scale, zero_in=zero)
        self._wide_beside = _Product(_rows(wide, beside), gelu=True)
        self._narrow_beside = narrow.weight[:, beside].T.contiguous()

    def project(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values in bfloat16; values lie on the context's grid."""
        x = _to_bytes(y)
        query, key, value = self._projections
        return query(x), key(x), value(x)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attention in bfloat16."""
        return attend_halved(query, key, value)

    def mix(self, context: Tensor, y: Tensor) -> Tensor:
        """The product after attention, and the residual."""
        return self._mixed(_to_bytes(context)).addcmul_(y, self._entry_grid.scale)

    def feed(self, y: Tensor) -> Tensor:
        """The feed-forward part, and the residual."""
        x = _to_bytes(y)
        narrow = self._narrow(self._wide(x)).addmm_(self._wide_beside(x), self._narrow_beside)
        return narrow.addcmul_(y, self._middle_grid.scale)


class _Product:
    """A product of unsigned bytes with int8 weights of a scale per output, summed exactly in int32."""

    def __init__(  # noqa: PLR0913 - what oneDNN fuses into one call
        self,
        linear: Linear,
        *,
        output: torch.dtype = torch.float32,
        scale_in: float = 1.0,
        zero_in: int = _ZERO,
        scale_out: float = 1.0,
        zero_out: int = 0,
        gelu: bool = False,
    ) -> None:
        scales = linear.weight.abs().amax(1).clamp_min(1e-8) / 127
        weight = torch.round(linear.weight / scales[:, None]).to(torch.int8)
        packed = torch.ops.onednn.qlinear_prepack(weight, [BATCH_TOKENS, weight.shape[1]])
        no_zeros = torch.zeros(len(scales), dtype=torch.int32)
        then: tuple[str, list[float], str] = ("gelu", [], "none") if gelu else ("none", [], "")
        self._before = (scale_in, zero_in, packed, scales, no_zeros, linear.bias.contiguous())
        self._after = (scale_out, zero_out, output, *then)

    def __call__(self, x: Tensor) -> Tensor:
        result: Tensor = torch.ops.onednn.qlinear_pointwise(x, *self._before, *self._after)
        return result


def _rows(linear: Linear, which: Tensor) -> Linear:
    return Linear(linear.weight[which], linear.bias[which])


def _widest(reach: Tensor, weight: Tensor) -> Tensor:
    """The channels that would coarsen the others most, by their range or by the weights that read them."""
    steepest = weight.abs().amax(0)
    width = torch.maximum(reach / reach.median(), steepest / steepest.median())
    return width.argsort(descending=True)[: min(_BESIDE, len(reach) // 2)]


def _to_bytes(x: Tensor) -> Tensor:
    """Round to unsigned bytes around 128; what lies beyond is clipped."""
    quantised = torch.quantize_per_tensor(x, 1.0, _ZERO, torch.quint8)
    # The same memory as plain bytes: `int_repr` would copy it, which takes longer than rounding.
    return torch.empty(0, dtype=torch.uint8).set_(quantised.untyped_storage(), 0, x.shape, x.stride())


with warnings.catch_warnings():  # it warns once a process, of torch releases to come
    warnings.simplefilter("ignore", UserWarning)
    _to_bytes(torch.zeros(1, 1))
