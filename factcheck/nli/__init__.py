"""Judges pairs of premise and hypothesis: the models, and how they are run.

Importing this package loads neither torch nor transformers; `load` does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from factcheck.nli.base import Counters, PairScorer

__all__ = ["Counters", "PairScorer", "load", "threads"]


def load(
    model: str | Path = "nli-mini",
    *,
    precision: str = "auto",
    device: str = "auto",
    labels: Sequence[str] | None = None,
) -> PairScorer:
    """Load an NLI model as a scorer.

    Weights are read as safetensors only, and code that a model brings is never run. A bundled model and a folder are
    loaded without any attempt to reach a network.

    Args:
        model: The name of a bundled model, a folder as `save_pretrained()` writes it, or a Hugging Face name
            `org/name` or `org/name@revision`, downloaded where it is not in the local cache. A `Path` is a folder.
        precision: `fp32`, `bf16`, `fp16` (on a GPU) or `int8` (BERT on a CPU), whatever the model's file holds. `auto`
            is the fastest of those that this machine computes and in which this model passed `factcheck models check`,
            here or before it was published; fp32 where there is none.
        device: `auto` (a GPU where there is one), `cpu`, `cuda`, or `cuda:N`.
        labels: What the outputs mean, in the model's own order, where its configuration does not say: `entailment`,
            `neutral`, `contradiction` and their usual synonyms, or `entailment` and `not_entailment`.

    Raises:
        ModelError: There is no such model or device, or the model is not an NLI model that can be used; the message
            says what to do.
    """
    from factcheck.nli.loading import load_torch  # noqa: PLC0415 - imports torch

    return load_torch(model, precision=precision, device=device, labels=labels)


def threads() -> int | None:
    """How many threads compute on a CPU; None where nothing is loaded that would."""
    torch = sys.modules.get("torch")
    return None if torch is None else int(torch.get_num_threads())
