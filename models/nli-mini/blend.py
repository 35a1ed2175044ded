"""Writes the weights that are shipped: `python models/nli-mini/blend.py FIRST SECOND --out FOLDER`.

They are the mean of the weights of two stages of one run (model soups, arXiv:2203.05482), the second one counting
`share`, with `neutral` added to the bias of the class neutral: the later stage decides more, the earlier one is quiet
where a passage says nothing, and the bias sets the point between the two.
"""

import argparse
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


def blend(first: Path, second: Path, out: Path, share: float, neutral: float) -> None:
    """Write the mean as fp16, with the first one's configuration and tokenizer."""
    weights = mean((first, second), (1 - share, share))
    weights[BIAS][CLASSES.index("neutral")] += neutral
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(first / name, out)
    rounded = {name: value.to(torch.float16) for name, value in weights.items()}
    save_file(rounded, out / "model.safetensors", {"format": "pt"})


def main() -> None:
    """Blend as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of the second; 0.5")
    parser.add_argument("--neutral", type=float, default=0.6, help="added to the logit of neutral; 0.6")
    given = parser.parse_args()
    blend(given.first, given.second, given.out, given.share, given.neutral)


if __name__ == "__main__":
    main()
