"""Writes the mean of the weights of two stages of one run: `python models/nli-mini/blend.py FIRST SECOND --out FOLDER`.

The second one counts `share` (model soups, arXiv:2203.05482), and `neutral` is added to the bias of the class neutral:
the later stage decides more, the earlier one is quiet where a passage says nothing, and the bias sets the point between
the two. What is shipped has its matrices rounded to `bits`, so that the repository's history stays small.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from train import CLASSES

BIAS = "classifier.bias"


def mean(folders: Sequence[Path], shares: Sequence[float]) -> dict[str, torch.Tensor]:
    """The weighted mean of the weights of models, in fp32."""
    weights = [load_file(folder / "model.safetensors") for folder in folders]
    return {
        name: torch.stack([share * one[name].float() for share, one in zip(shares, weights, strict=True)]).sum(0)
        for name in weights[0]
    }


def blended(first: Path, second: Path, share: float, neutral: float) -> dict[str, torch.Tensor]:
    """The mean of two models' weights with more for neutral, in fp32."""
    weights = mean((first, second), (1 - share, share))
    weights[BIAS][CLASSES.index("neutral")] += neutral
    return weights


def rounded(weights: dict[str, torch.Tensor], bits: int) -> dict[str, torch.Tensor]:
    """The weights, all matrices with so many bits behind the leading one."""
    steps = 2 ** (bits + 1)  # of a fraction between a half and one, as frexp gives
    found = dict(weights)
    for name, value in weights.items():
        if value.dim() > 1:
            fraction, exponent = torch.frexp(value)
            found[name] = torch.ldexp(torch.round(fraction * steps) / steps, exponent)
    return found


def write(weights: dict[str, torch.Tensor], like: Path, out: Path) -> None:
    """Write weights as bf16, with the configuration and tokenizer of the model in `like`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(like / name, out)
    config = json.loads((like / "config.json").read_text(encoding="utf-8")) | {"dtype": "bfloat16"}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    halves = {name: value.to(torch.bfloat16) for name, value in weights.items()}
    save_file(halves, out / "model.safetensors", {"format": "pt"})


def main() -> None:
    """Blend as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of the second; 0.5")
    parser.add_argument("--neutral", type=float, default=0.0, help="added to the logit of neutral; 0")
    parser.add_argument("--bits", type=int, help="behind the leading one that matrices keep; 7 without it, as bf16 has")
    given = parser.parse_args()
    weights = blended(given.first, given.second, given.share, given.neutral)
    write(weights if given.bits is None else rounded(weights, given.bits), given.first, given.out)


if __name__ == "__main__":
    main()
