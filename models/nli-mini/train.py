"""Fine-tunes a BERT-like checkpoint as a three-class NLI cross-encoder, on a CPU.

    python models/nli-mini/train.py --base FOLDER --out FOLDER --train stage1.jsonl.gz --eval dev.jsonl.gz:1500
    python models/nli-mini/train.py --base STAGE1 --out FOLDER --train mix.jsonl.gz --learning-rate 4e-5

Training and evaluation files are JSON Lines, gzip'd or not: `{"premise": ..., "hypothesis": ..., "label": ...}`, with
the labels entailment, neutral, contradiction, or not_entailment where a set does not say which of the last two it is.
`FILE:N` takes N rows of a file, chosen by the seed. A run that was stopped goes on with `--resume` and ends in the same
bits, on the same machine with the same number of threads.
"""

import argparse
import gzip
import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

CLASSES = ("entailment", "neutral", "contradiction")
NOT_ENTAILMENT = len(CLASSES)  # the target of a row that says no more than that
TARGETS = {name: index for index, name in enumerate((*CLASSES, "not_entailment"))}
POOL = 50  # batches that are cut from one pool of pairs sorted by length


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what the weights become."""

    base: str
    train: Sequence[str]
    learning_rate: float = 1e-4
    batch_size: int = 32
    max_tokens: int = 128
    epochs: float = 1.0
    weight_decay: float = 0.01
    seed: int = 0
    precision: str = "bf16"


@dataclass(frozen=True, slots=True)
class Example:
    """One encoded pair and its target, an index into `TARGETS`."""

    ids: list[int]
    type_ids: list[int]
    target: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """A padded batch, (rows, tokens) each, and the targets (rows)."""

    ids: torch.Tensor
    type_ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor


def read_rows(spec: str, seed: int) -> list[tuple[str, str, int]]:
    """The (premise, hypothesis, target) rows of `FILE` or `FILE:N`, shuffled; rows without text or known label go."""
    name, _, cap = spec.partition(":")
    content = gzip.decompress(Path(name).read_bytes()) if name.endswith(".gz") else Path(name).read_bytes()
    records = [json.loads(line) for line in content.splitlines()]
    rows = [
        (record["premise"], record["hypothesis"], TARGETS[record["label"]])
        for record in records
        if record["label"] in TARGETS and record["premise"] and record["hypothesis"]
    ]
    random.Random(seed).shuffle(rows)
    return rows[: int(cap)] if cap else rows


def encode(tokenizer: Any, rows: Sequence[tuple[str, str, int]], max_tokens: int) -> list[Example]:  # noqa: ANN401
    """Encode rows as pairs of at most `max_tokens` tokens; the longer text of a pair is cut."""
    premises, hypotheses, targets = (list(column) for column in zip(*rows, strict=True))
    encoded = tokenizer(
        premises, hypotheses, truncation="longest_first", max_length=max_tokens, return_token_type_ids=True
    )
    columns = zip(encoded["input_ids"], encoded["token_type_ids"], targets, strict=True)
    return [Example(ids, type_ids, target) for ids, type_ids, target in columns]


def shuffled_batches(examples: Sequence[Example], batch_size: int, seed: str) -> list[list[int]]:
    """One epoch's batches of indices, in random order, each of pairs of about one length.

    Pairs are shuffled, cut into pools of `POOL` batches, and sorted by length within a pool: batches pad little, and
    yet no two epochs have the same ones.
    """
    generator = random.Random(seed)
    order = list(range(len(examples)))
    generator.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), batch_size * POOL):
        pool = sorted(order[start : start + batch_size * POOL], key=lambda i: len(examples[i].ids))
        batches += [pool[cut : cut + batch_size] for cut in range(0, len(pool), batch_size)]
    generator.shuffle(batches)
    return batches


def endless_batches(examples: Sequence[Example], batch_size: int, seed: int) -> Iterator[list[int]]:
    """The batches of one epoch after another; the same for the same seed."""
    epoch = 0
    while True:
        yield from shuffled_batches(examples, batch_size, f"{seed}/{epoch}")
        epoch += 1


def collate(examples: Sequence[Example], pad_id: int) -> Inputs:
    """Pad examples to the next multiple of 8 tokens."""
    length = math.ceil(max(len(example.ids) for example in examples) / 8) * 8
    pads = [length - len(example.ids) for example in examples]
    rows = list(zip(examples, pads, strict=True))
    return Inputs(
        ids=torch.tensor([example.ids + [pad_id] * pad for example, pad in rows]),
        type_ids=torch.tensor([example.type_ids + [0] * pad for example, pad in rows]),
        mask=torch.tensor([[1] * len(example.ids) + [0] * pad for example, pad in rows]),
        targets=torch.tensor([example.target for example in examples]),
    )


def marginal_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood, marginalised over what a two-class row leaves open.

    With p = softmax(logits), a row whose class y is known loses -log p_y; a row that is only known not to be entailed
    loses -log(p_neutral + p_contradiction), and the model is free to divide the two as the other rows teach it.

    Args:
        logits: (rows, 3), in the order of `CLASSES`.
        targets: (rows), indices into `TARGETS`.
    """
    known = torch.log_softmax(logits.float(), dim=-1)
    open_ = torch.logsumexp(known[:, 1:], dim=-1, keepdim=True)
    return -torch.cat([known, open_], dim=-1).gather(1, targets[:, None]).mean()


def rate(step: int, steps: int, peak: float) -> float:
    """The learning rate of a step: linear warm-up over 6 % of the steps, at most 500, then linear decay to 0."""
    warm_up = min(500, 0.06 * steps)
    return peak * min(1.0, (step + 1) / (warm_up + 1)) * (1 - step / steps)


class Trainer:
    """A model in training. Its state is the weights, the optimiser's moments and the number of steps done."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.tokenizer = AutoTokenizer.from_pretrained(recipe.base)
        torch.manual_seed(recipe.seed)  # the classifier's first weights, where the base has none
        self.model = AutoModelForSequenceClassification.from_pretrained(
            recipe.base,
            dtype=torch.float32,
            use_safetensors=True,
            id2label=dict(enumerate(CLASSES)),
            label2id={name: index for index, name in enumerate(CLASSES)},
        )
        self.parameters = dict(self.model.named_parameters())
        groups = [
            {"params": [p for p in self.parameters.values() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in self.parameters.values() if p.ndim <= 1], "weight_decay": 0.0},  # biases and norms
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.examples = [
            example
            for spec in recipe.train
            for example in encode(self.tokenizer, read_rows(spec, recipe.seed), recipe.max_tokens)
        ]
        self.steps = math.ceil(recipe.epochs * len(self.examples) / recipe.batch_size)
        self.step = 0

    def logits(self, inputs: Inputs) -> torch.Tensor:
        """(rows, 3), computed in the recipe's precision."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            output = self.model(input_ids=inputs.ids, token_type_ids=inputs.type_ids, attention_mask=inputs.mask)
        logits: torch.Tensor = output.logits
        return logits

    def update(self, indices: Sequence[int]) -> float:
        """One optimisation step on these examples; its loss."""
        # Dropout is drawn from the step's own seed, so that a resumed run needs no generator state.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, self.steps, self.recipe.learning_rate)
        inputs = collate([self.examples[index] for index in indices], self.tokenizer.pad_token_id)
        loss = marginal_loss(self.logits(inputs), inputs.targets)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def save_checkpoint(self, path: Path) -> None:
        """Write the whole state; a reader finds the old file or the new one, never half of one."""
        tensors = {f"weight/{name}": parameter.detach() for name, parameter in self.parameters.items()}
        for name, parameter in self.parameters.items():
            tensors |= {f"{key}/{name}": value for key, value in self.optimizer.state[parameter].items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file(tensors, unfinished, {"state": json.dumps([self.step, self._identity()])})
        unfinished.replace(path)

    def load_checkpoint(self, path: Path) -> None:
        """Go back to a saved state.

        Raises:
            ValueError: It is of another recipe or other data.
        """
        with safe_open(path, framework="pt") as file:
            self.step, identity = json.loads(file.metadata()["state"])
            if identity != self._identity():
                found = f"a checkpoint of {identity}, not of {self._identity()}"
                raise ValueError(f"{path}: {found}; resume with the same arguments or start without --resume")
            for key in file.keys():  # noqa: SIM118 - not a dictionary
                kind, _, name = key.partition("/")
                parameter = self.parameters[name]
                if kind == "weight":
                    parameter.data.copy_(file.get_tensor(key))
                else:
                    self.optimizer.state[parameter][kind] = file.get_tensor(key)

    def save_model(self, folder: Path, dtype: torch.dtype) -> None:
        """Write weights (safetensors), configuration and tokenizer as transformers loads them."""
        state = self.model.state_dict()
        self.model.save_pretrained(folder, state_dict={name: value.to(dtype) for name, value in state.items()})
        self.tokenizer.save_pretrained(folder)

    def _identity(self) -> str:
        content = hashlib.sha256()
        for example in self.examples:
            content.update(json.dumps([example.ids, example.target]).encode())
        return json.dumps([asdict(self.recipe), content.hexdigest()])


def accuracy(trainer: Trainer, spec: str) -> dict[str, float | int]:
    """Pair accuracy on an evaluation file, by what its gold labels allow.

    Where gold knows three classes, the most probable one counts; where it has entailment and contradiction only, the
    more probable of these two; where it has two-class rows, whether entailment is the most probable class.
    """
    examples = encode(trainer.tokenizer, read_rows(spec, seed=1), trainer.recipe.max_tokens)
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    targets = torch.tensor([examples[index].target for index in order])
    trainer.model.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            batch = [examples[index] for index in order[start : start + 64]]
            parts.append(trainer.logits(collate(batch, trainer.tokenizer.pad_token_id)).float())
    logits = torch.cat(parts)
    present = set(targets.tolist())
    if NOT_ENTAILMENT in present:
        right = (logits.argmax(-1) == 0) == (targets == 0)
    elif present <= {0, 2}:
        right = (logits[:, 0] > logits[:, 2]) == (targets == 0)
    else:
        right = logits.argmax(-1) == targets
    return {"rows": len(examples), "accuracy": round(right.double().mean().item(), 4)}


def train(
    recipe: Recipe, out: Path, *, resume: bool = False, stop_after: int | None = None, checkpoint_every: int = 1000
) -> Trainer:
    """Train to the recipe's end, or until `stop_after` steps are done.

    `out/checkpoint.safetensors` then holds the state to resume from; the model is for the caller to save.
    """
    trainer = Trainer(recipe)
    checkpoint = out / "checkpoint.safetensors"
    if resume and checkpoint.exists():
        trainer.load_checkpoint(checkpoint)
    batches = endless_batches(trainer.examples, recipe.batch_size, recipe.seed)
    for _ in range(trainer.step):
        next(batches)
    end = trainer.steps if stop_after is None else min(stop_after, trainer.steps)
    smooth: float | None = None
    while trainer.step < end:
        loss = trainer.update(next(batches))
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        if trainer.step % 200 == 0:
            print(f"step {trainer.step}/{trainer.steps} loss {smooth:.3f}", flush=True)
        if trainer.step % checkpoint_every == 0:
            trainer.save_checkpoint(checkpoint)
    trainer.save_checkpoint(checkpoint)
    return trainer


def main(argv: Sequence[str] | None = None) -> None:
    """Train as the command line says; evaluation goes to `eval.json` beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="folder or Hugging Face name of the checkpoint to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model and its checkpoint")
    parser.add_argument("--train", nargs="+", required=True, metavar="FILE[:N]")
    parser.add_argument("--eval", nargs="*", default=[], metavar="FILE[:N]")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16", help="of the forward pass")
    parser.add_argument("--save-dtype", choices=["float16", "float32"], default="float16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-every", type=int, default=1000, metavar="STEPS")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="stop early; --resume goes on from there")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one")
    given = parser.parse_args(argv)
    torch.set_num_threads(given.threads)
    recipe = Recipe(**{field.name: getattr(given, field.name) for field in fields(Recipe)})
    trainer = train(
        recipe,
        given.out,
        resume=given.resume,
        stop_after=given.stop_after,
        checkpoint_every=given.checkpoint_every,
    )
    trainer.save_model(given.out, getattr(torch, given.save_dtype))
    if given.eval:
        results = {Path(spec.partition(":")[0]).name: accuracy(trainer, spec) for spec in given.eval}
        (given.out / "eval.json").write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
