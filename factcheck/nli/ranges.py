"""The ranges of a BERT's activations, which int8 needs: measured once, kept beside the model or in the user's cache."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from factcheck.assets import cache_folder
from factcheck.nli.bert import Encoder, LayerWeights, Norm, PlainLayer, Weights
from factcheck.nli.encoding import EncodedPair

RANGES = "int8.safetensors"  # in a model's folder; no part of its fingerprint, but of the numeric class
_SITES = ("entry", "context", "middle", "wide")


@dataclass(frozen=True, slots=True)
class Ranges:
    """The least and the greatest value of each channel where a layer quantises, each pair of tensors (2, channels)."""

    entry: Tensor
    context: Tensor
    middle: Tensor
    wide: Tensor


def measure_ranges(weights: Weights, pairs: Sequence[EncodedPair]) -> tuple[Ranges, ...]:
    """The ranges of every layer but the last over these pairs, measured in float32."""
    layers = [_Watched(layer, norm) for layer, norm in weights.entered()]
    encoder = Encoder(weights, layers)
    with torch.inference_mode():
        for pair in pairs:
            encoder([pair], len(pair.ids))  # alone: rows that fill up a batch would be measured too
    return tuple(Ranges(**layer.seen) for layer in layers)


def _to_tensors(ranges: Sequence[Ranges]) -> dict[str, Tensor]:
    return {f"{at}.{site}": getattr(layer, site) for at, layer in enumerate(ranges) for site in _SITES}


def find_ranges(folder: Path, fingerprint: str) -> tuple[Ranges, ...] | None:
    """The ranges of a model, from its folder or from the user's cache; None where there are none of these weights."""
    for path in (folder / RANGES, _cached(fingerprint)):
        try:
            with safe_open(path, framework="pt") as file:
                if (file.metadata() or {}).get("fingerprint") != fingerprint:
                    continue
                layers = len(file.keys()) // len(_SITES)
                return tuple(
                    Ranges(**{site: file.get_tensor(f"{at}.{site}") for site in _SITES}) for at in range(layers)
                )
        except (OSError, SafetensorError):  # none, or torn: measured again
            continue
    return None


def keep_ranges(ranges: Sequence[Ranges], fingerprint: str) -> None:
    """Write the ranges of a model to the user's cache, where that can be written."""
    path = _cached(fingerprint)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    with suppress(OSError, SafetensorError):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(_to_tensors(ranges), fresh, metadata={"fingerprint": fingerprint})
        fresh.replace(path)


def copy_ranges(fingerprint: str, folder: Path) -> None:
    """Copy what the user's cache has of a model's ranges to a folder, as it comes with a model; nothing if nothing."""
    if _cached(fingerprint).is_file():
        shutil.copyfile(_cached(fingerprint), folder / RANGES)


def _cached(fingerprint: str) -> Path:
    return cache_folder() / "int8" / f"{fingerprint}.safetensors"


def digest(ranges: Sequence[Ranges]) -> str:
    """Eight hexadecimal digits that tell ranges apart: they determine the bits of every score."""
    content = hashlib.sha256()
    for name, tensor in sorted(_to_tensors(ranges).items()):
        content.update(name.encode() + tensor.contiguous().numpy().tobytes())
    return content.hexdigest()[:8]


class _Watched(PlainLayer):
    """A layer in float32 that keeps the ranges of what passes through."""

    def __init__(self, weights: LayerWeights, entry: Norm) -> None:
        super().__init__(weights, entry)
        self.seen: dict[str, Tensor] = {}

    def project(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        self._see("entry", y)
        return super().project(y)

    def mix(self, context: Tensor, y: Tensor) -> Tensor:
        self._see("context", context)
        return super().mix(context, y)

    def widen(self, y: Tensor) -> Tensor:
        self._see("middle", y)
        wide = super().widen(y)
        self._see("wide", wide)
        return wide

    def _see(self, site: str, x: Tensor) -> None:
        now = torch.stack([x.amin(0), x.amax(0)])
        before = self.seen.get(site, now)
        self.seen[site] = torch.stack([torch.minimum(before[0], now[0]), torch.maximum(before[1], now[1])])
