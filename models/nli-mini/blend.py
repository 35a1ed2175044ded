"""Writes the weights that are shipped: `python models/nli-mini/blend.py FIRST SECOND --out FOLDER`.

They are the mean of the weights of two stages of one run (model soups, arXiv:2203.05482), the second one counting
`share`, with `neutral` added to the bias of the class neutral: the later stage decides more, the earlier one is quiet
where a passage says nothing, and the bias sets the point between the two.
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from train import CLASSES

BIAS = "classifier.bias"


def blend(first: Path, second: Path, out: Path, share: float, neutral: float) -> None:
    """Write the mean as fp16, with the first one's configuration and tokenizer."""
    one, other = (load_file(folder / "model.safetensors") for folder in (first, second))
    mean = {name: (1 - share) * one[name].float() + share * other[name].float() for name in one}
    mean[BIAS][CLASSES.index("neutral")] += neutral
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(first / name, out)
    save_file(
        {name: value.to(torch.float16) for name, value in mean.items()}, out / "model.safetensors", {"format": "pt"}
    )


def main() -> None:
    """Blend as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.4, help="of the second; 0.4")
    parser.add_argument("--neutral", type=float, default=0.3, help="added to the logit of neutral; 0.3")
    given = parser.parse_args()
    blend(given.first, given.second, given.out, given.share, given.neutral)


if __name__ == "__main__":
    main()
