"""Fine-tunes a BERT-like checkpoint as a three-class NLI cross-encoder, on a CPU.

    python models/nli-mini/train.py --config models/nli-mini/train.toml --stage student-2 --resume
    python models/nli-mini/train.py --base FOLDER --out FOLDER --train stage1.jsonl.gz --eval dev.jsonl.gz:1500

Training and evaluation files are JSON Lines, gzip'd or not: `{"premise": ..., "hypothesis": ..., "label": ...}`, with
the labels entailment, neutral, contradiction, or not_entailment where a set does not say which of the last two it is.
`FILE:N` takes N rows of a file, chosen by the seed. Where `FILE.logits.npy` lies beside `FILE.jsonl.gz`, it holds a
teacher's logits for the rows in their order, NaN where there are none (`teacher.py label`); rows without a label are
trained by them alone. A run that was stopped goes on with `--resume` and ends in the same bits, on the same machine
with the same number of threads. `progress.jsonl` and `progress.svg` in the output folder show how it went.
"""

import argparse
import gzip
import hashlib
import json
import math
import os
import random
import signal
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

CLASSES = ("entailment", "neutral", "contradiction")
MOMENTUM = 0.02  # what a batch counts for the ranges of int8 rounding
NOT_ENTAILMENT = len(CLASSES)  # the target of a row that says no more than that
UNLABELLED = NOT_ENTAILMENT + 1
TARGETS = {name: index for index, name in enumerate((*CLASSES, "not_entailment"))}
POOL = 50  # batches that are cut from one pool of pairs sorted by length
CALIBRATION = 200  # steps over which the ranges of activations are observed, before they are rounded

Soft = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what the weights become.

    `soft_weight` is the share of the loss that a teacher's logits have where a row has them, at `temperature`. With
    `average` above 0 the model that is saved is the moving average of the weights, with that decay. From the fraction
    `round_from` of the steps on, the inputs and weights of the encoder's linear layers are rounded as int8 inference
    does. `parts` threads share a batch, which needs `dropout` 0 (None leaves the base's own). With `keep_words` the
    word embeddings stay as they are: a repository that has the base stores only the other half of the weights anew.
    """

    base: str
    train: Sequence[str]
    learning_rate: float = 1e-4
    batch_size: int = 32
    max_tokens: int = 128
    epochs: float = 1.0
    weight_decay: float = 0.01
    seed: int = 0
    precision: str = "bf16"
    soft_weight: float = 0.7
    temperature: float = 2.0
    average: float = 0.0
    round_from: float = 1.0
    dropout: float | None = None
    parts: int = 1
    keep_words: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A row as a file has it."""

    premise: str
    hypothesis: str
    target: int
    soft: Soft | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One encoded pair, its target (an index into `TARGETS`, or `UNLABELLED`), and the teacher's logits."""

    ids: list[int]
    type_ids: list[int]
    target: int
    soft: Soft | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """A padded batch, (rows, tokens) each, the targets (rows), and the teacher's logits (rows, 3), NaN for none."""

    ids: torch.Tensor
    type_ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    soft: torch.Tensor


def read_rows(spec: str, seed: int) -> list[Pair]:
    """The rows of `FILE` or `FILE:N`, shuffled; those without text, or without a label or logits to learn, go."""
    name, _, cap = spec.partition(":")
    content = gzip.decompress(Path(name).read_bytes()) if name.endswith(".gz") else Path(name).read_bytes()
    records = [json.loads(line) for line in content.splitlines()]
    logits = Path(name.removesuffix(".gz").removesuffix(".jsonl") + ".logits.npy")
    soft = np.load(logits).tolist() if logits.exists() else [(math.nan,) * 3] * len(records)
    rows = []
    for record, scores in zip(records, soft, strict=True):
        judged = (scores[0], scores[1], scores[2]) if not math.isnan(scores[0]) else None
        target = TARGETS.get(record["label"], -1) if "label" in record else UNLABELLED
        learnable = target >= 0 and (target != UNLABELLED or judged is not None)
        if learnable and record["premise"] and record["hypothesis"]:
            rows.append(Pair(record["premise"], record["hypothesis"], target, judged))
    random.Random(seed).shuffle(rows)
    return rows[: int(cap)] if cap else rows


def encode(tokenizer: Any, rows: Sequence[Pair], max_tokens: int) -> list[Example]:  # noqa: ANN401
    """Encode rows as pairs of at most `max_tokens` tokens; the longer text of a pair is cut."""
    encoded = tokenizer(
        [row.premise for row in rows],
        [row.hypothesis for row in rows],
        truncation="longest_first",
        max_length=max_tokens,
        return_token_type_ids=True,
    )
    columns = zip(encoded["input_ids"], encoded["token_type_ids"], rows, strict=True)
    return [Example(ids, type_ids, row.target, row.soft) for ids, type_ids, row in columns]


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
        soft=torch.tensor([example.soft or (math.nan,) * 3 for example in examples]),
    )


def marginal_losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Every row's loss in `marginal_loss`; 0 where it is unlabelled."""
    known = torch.log_softmax(logits.float(), dim=-1)
    open_ = torch.logsumexp(known[:, 1:], dim=-1, keepdim=True)
    return -torch.cat([known, open_, torch.zeros_like(open_)], dim=-1).gather(1, targets[:, None])[:, 0]


def marginal_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood, marginalised over what a two-class row leaves open.

    With p = softmax(logits), a row whose class y is known loses -log p_y; a row that is only known not to be entailed
    loses -log(p_neutral + p_contradiction), and the model is free to divide the two as the other rows teach it.

    Args:
        logits: (rows, 3), in the order of `CLASSES`.
        targets: (rows), indices into `TARGETS`.
    """
    return marginal_losses(logits, targets).mean()


def distillation_loss(
    logits: torch.Tensor, targets: torch.Tensor, soft: torch.Tensor, weight: float, temperature: float
) -> torch.Tensor:
    """Mean loss where a teacher has judged some of the rows.

    Of a row with both, (1 - weight) is the loss of its label and `weight` the Kullback-Leibler divergence of the
    student's distribution from the teacher's, both at the temperature, times its square, which keeps the gradient's
    size. A row with one of the two has that one in full.

    Args:
        logits: (rows, 3), the student's.
        targets: (rows), indices into `TARGETS`, or `UNLABELLED`.
        soft: (rows, 3), the teacher's logits; NaN where there are none.
        weight: The teacher's share, 0 to 1.
        temperature: What both logits are divided by.
    """
    judged = ~soft[:, 0].isnan()
    teacher = torch.log_softmax(torch.where(judged[:, None], soft, 0.0) / temperature, dim=-1)
    student = torch.log_softmax(logits.float() / temperature, dim=-1)
    divergence = (teacher.exp() * (teacher - student)).sum(-1) * temperature**2
    share = torch.where(judged, weight, 0.0).masked_fill(targets == UNLABELLED, 1.0)
    return ((1 - share) * marginal_losses(logits, targets) + share * divergence * judged).mean()


def rate(step: int, steps: int, peak: float) -> float:
    """The learning rate of a step: linear warm-up over 6 % of the steps, at most 500, then linear decay to 0."""
    warm_up = min(500, 0.06 * steps)
    return peak * min(1.0, (step + 1) / (warm_up + 1)) * (1 - step / steps)


class Rounding:
    """Makes a model's encoder compute as int8 inference does: static ranges for inputs, symmetric weights by channel.

    Ranges are the moving averages of the batches' least and greatest values while `observing`; after that they stay.
    Gradients pass the rounding unchanged, within the ranges.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self.ranges: dict[str, torch.Tensor] = {}
        self.observing = self.rounding = False
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Linear) and ".encoder." in f".{name}":
                module.forward = self._forward(name, module)  # type: ignore[method-assign]

    def _observe(self, name: str, found: torch.Tensor) -> None:
        self.ranges[name] = self.ranges.get(name, found).lerp(found, MOMENTUM)

    def _forward(self, name: str, module: torch.nn.Linear) -> Any:  # noqa: ANN401
        def forward(given: torch.Tensor) -> torch.Tensor:
            if self.observing:
                self._observe(name, torch.stack(given.detach().float().aminmax()))
            if not self.rounding:
                return torch.nn.functional.linear(given, module.weight, module.bias)
            low, high = (value.item() for value in self.ranges[name])
            scale = max((high - low) / 255, 1e-8)
            zero = min(max(round(-low / scale), 0), 255)
            rounded = torch.fake_quantize_per_tensor_affine(given.float(), scale, zero, 0, 255)
            scales = module.weight.detach().abs().amax(1).clamp_min(1e-8) / 127
            weight = torch.fake_quantize_per_channel_affine(
                module.weight, scales, torch.zeros(len(scales), dtype=torch.int32), 0, -127, 127
            )
            return torch.nn.functional.linear(rounded, weight, module.bias)

        return forward


class Trainer:
    """A model in training.

    Its state is the weights, their average, the optimiser's moments, the ranges of activations and the number of steps
    done.
    """

    def __init__(self, recipe: Recipe) -> None:
        if recipe.parts > 1 and recipe.dropout != 0:
            raise ValueError(f"parts = {recipe.parts} with dropout; threads draw in no fixed order, so set dropout = 0")
        self.recipe = recipe
        self.tokenizer = AutoTokenizer.from_pretrained(recipe.base)
        torch.manual_seed(recipe.seed)  # the classifier's first weights, where the base has none
        dropout = (
            {}
            if recipe.dropout is None
            else {"hidden_dropout_prob": recipe.dropout, "attention_probs_dropout_prob": recipe.dropout}
        )
        self.model = AutoModelForSequenceClassification.from_pretrained(
            recipe.base,
            dtype=torch.float32,
            use_safetensors=True,
            attn_implementation="eager",  # torch's fused attention takes a quarter of a step on a CPU, this a tenth
            id2label=dict(enumerate(CLASSES)),
            label2id={name: index for index, name in enumerate(CLASSES)},
            **dropout,
        )
        self.model.get_input_embeddings().requires_grad_(requires_grad=not recipe.keep_words)
        self.parameters = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        groups = [
            {"params": [p for p in self.parameters.values() if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in self.parameters.values() if p.ndim <= 1], "weight_decay": 0.0},  # biases and norms
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()} if recipe.average else {}
        self.replicas = [self.model] + [deepcopy(self.model) for _ in range(1, recipe.parts)]
        for replica in self.replicas[1:]:
            for mine, other in zip(self.model.parameters(), replica.parameters(), strict=True):
                other.data = mine.data  # one set of weights, several of gradients
        self.roundings = [Rounding(replica) for replica in self.replicas] if recipe.round_from < 1 else []
        self.pool = ThreadPoolExecutor(recipe.parts, initializer=torch.set_num_threads, initargs=(1,))
        self.examples = [
            example
            for spec in recipe.train
            for example in encode(self.tokenizer, read_rows(spec, recipe.seed), recipe.max_tokens)
        ]
        self.steps = math.ceil(recipe.epochs * len(self.examples) / recipe.batch_size)
        self.step = 0

    def logits(self, inputs: Inputs, model: Any = None) -> torch.Tensor:  # noqa: ANN401
        """(rows, 3), computed in the recipe's precision."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            output = (model or self.model)(
                input_ids=inputs.ids, token_type_ids=inputs.type_ids, attention_mask=inputs.mask
            )
        logits: torch.Tensor = output.logits
        return logits

    def update(self, indices: Sequence[int]) -> float:
        """One optimisation step on these examples; its loss."""
        # Dropout is drawn from the step's own seed, so that a resumed run needs no generator state.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, self.steps, self.recipe.learning_rate)
        begin = int(self.recipe.round_from * self.steps)
        for rounding in self.roundings:
            rounding.observing = begin - CALIBRATION <= self.step < begin or (self.step == 0 == begin)
            rounding.rounding = self.step >= begin and bool(self.roundings[0].ranges)
        count = self.recipe.parts
        parts = [indices[number::count] for number in range(count)]
        if count == 1:
            loss = self._part(self.model, indices, 1.0)
        else:
            work = [(model, part) for model, part in zip(self.replicas, parts, strict=True) if part]
            futures = [self.pool.submit(self._part, model, part, len(part) / len(indices)) for model, part in work]
            loss = sum(future.result() for future in futures)
        for replica in self.replicas[1:]:
            for mine, other in zip(self.model.parameters(), replica.parameters(), strict=True):
                if other.grad is not None:
                    mine.grad = other.grad if mine.grad is None else mine.grad.add_(other.grad)
                    other.grad = None
        for rounding in self.roundings[1:]:  # every replica saw its own part of each batch
            for name, found in rounding.ranges.items():
                shared = (self.roundings[0].ranges[name] + found) / 2
                self.roundings[0].ranges[name] = rounding.ranges[name] = shared
        torch.nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.recipe.average, self.step / (self.step + 10))
        for name, value in self.average.items():
            value.lerp_(self.parameters[name].detach(), 1 - decay)
        return loss

    def _part(self, model: Any, indices: Sequence[int], share: float) -> float:  # noqa: ANN401
        """Add the gradient of one part of a batch; the part's share of the loss."""
        model.train()
        inputs = collate([self.examples[index] for index in indices], self.tokenizer.pad_token_id)
        logits, recipe = self.logits(inputs, model), self.recipe
        loss = share * distillation_loss(logits, inputs.targets, inputs.soft, recipe.soft_weight, recipe.temperature)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def exchange_average(self) -> None:
        """Put the averaged weights in the place of the trained ones, or back."""
        for name, value in self.average.items():
            trained = self.parameters[name].detach().clone()
            self.parameters[name].data.copy_(value)
            value.copy_(trained)

    def save_checkpoint(self, path: Path) -> None:
        """Write the whole state; a reader finds the old file or the new one, never half of one."""
        tensors = {f"weight/{name}": parameter.detach() for name, parameter in self.parameters.items()}
        for name, parameter in self.parameters.items():
            tensors |= {f"{key}/{name}": value for key, value in self.optimizer.state[parameter].items()}
        tensors |= {f"average/{name}": value for name, value in self.average.items()}
        if self.roundings:
            tensors |= {f"range/{name}": value for name, value in self.roundings[0].ranges.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file(tensors, unfinished, {"state": json.dumps([self.step, self._identity()])})
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
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
                value = file.get_tensor(key)
                if kind == "weight":
                    self.parameters[name].data.copy_(value)
                elif kind == "average":
                    self.average[name].copy_(value)
                elif kind == "range":
                    for rounding in self.roundings:
                        rounding.ranges[name] = value.clone()
                else:
                    self.optimizer.state[self.parameters[name]][kind] = value

    def save_model(self, folder: Path, dtype: torch.dtype) -> None:
        """Write weights, averaged where the recipe says so, configuration and tokenizer as transformers loads them."""
        state = self.model.state_dict() | self.average
        self.model.config.dtype = dtype
        self.model.save_pretrained(folder, state_dict={name: value.to(dtype) for name, value in state.items()})
        self.tokenizer.save_pretrained(folder)

    def _identity(self) -> str:
        content = hashlib.sha256()
        for example in self.examples:
            content.update(json.dumps([example.ids, example.target, example.soft]).encode())
        return json.dumps([asdict(self.recipe), content.hexdigest()])


def accuracy(trainer: Trainer, spec: str) -> dict[str, float | int]:
    """Pair accuracy on an evaluation file, by what its gold labels allow.

    Where gold knows three classes, the most probable one counts; where it has entailment and contradiction only, the
    more probable of these two; where it has two-class rows, whether entailment is the most probable class. The weights
    are the averaged ones where the recipe averages.
    """
    examples = encode(trainer.tokenizer, read_rows(spec, seed=1), trainer.recipe.max_tokens)
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    targets = torch.tensor([examples[index].target for index in order])
    trainer.model.eval()
    parts = []
    trainer.exchange_average()
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            batch = [examples[index] for index in order[start : start + 64]]
            parts.append(trainer.logits(collate(batch, trainer.tokenizer.pad_token_id)).float())
    trainer.exchange_average()
    logits = torch.cat(parts)
    present = set(targets.tolist())
    if NOT_ENTAILMENT in present:
        right = (logits.argmax(-1) == 0) == (targets == 0)
    elif present <= {0, 2}:
        right = (logits[:, 0] > logits[:, 2]) == (targets == 0)
    else:
        right = logits.argmax(-1) == targets
    return {"rows": len(examples), "accuracy": round(right.double().mean().item(), 4)}


def plot(progress: Path) -> None:
    """Draw the losses and scores of a progress file as an SVG beside it."""
    lines = [json.loads(line) for line in progress.read_text(encoding="utf-8").splitlines()]
    steps = {line["step"]: line for line in lines}.values()  # what a resumed run did again counts once
    last = max((line["step"] for line in steps), default=1)
    losses = [(line["step"], line["loss"]) for line in steps]
    top = max((loss for _, loss in losses), default=1.0)

    def curve(points: Sequence[tuple[int, float]], highest: float, colour: str) -> str:
        path = " ".join(f"{40 + 540 * x / last:.1f},{280 - 260 * y / highest:.1f}" for x, y in points)
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'

    names = sorted({name for line in steps for name in line.get("scores", {})})
    colours = ["#1b7837", "#762a83", "#e08214", "#2166ac", "#b2182b", "#878787"]
    drawn = [
        curve(losses, top, "#000000"),
        f'<text x="44" y="16">loss, 0 to {top:.2f} (black); accuracy, 0 to 1</text>',
    ]
    for number, name in enumerate(names):
        colour = colours[number % len(colours)]
        points = [(line["step"], line["scores"][name]) for line in steps if name in line.get("scores", {})]
        drawn.append(curve(points, 1.0, colour))
        drawn.append(f'<text x="300" y="{200 + 14 * number}" fill="{colour}">{name} {points[-1][1]:.3f}</text>')
    drawn.append(f'<text x="500" y="296">{last} steps</text>')
    drawn.append('<path d="M40 20V280H580" fill="none" stroke="#999999"/>')
    frame = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" font-family="sans-serif" font-size="11">'
    svg = f"{frame}{''.join(drawn)}</svg>\n"
    progress.with_suffix(".svg").write_text(svg, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Watch:
    """How often, in steps, a run is saved and scored on evaluation files; 0 for never."""

    checkpoint_every: int = 1000
    eval_every: int = 0
    evals: Sequence[str] = ()


def train(
    recipe: Recipe, out: Path, *, resume: bool = False, stop_after: int | None = None, watch: Watch = Watch()
) -> Trainer:
    """Train to the recipe's end, until `stop_after` steps are done, or until SIGTERM.

    `out/checkpoint.safetensors` then holds the state to resume from; the model is for the caller to save.
    """
    trainer = Trainer(recipe)
    checkpoint, progress = out / "checkpoint.safetensors", out / "progress.jsonl"
    if resume and checkpoint.exists():
        trainer.load_checkpoint(checkpoint)
    batches = endless_batches(trainer.examples, recipe.batch_size, recipe.seed)
    for _ in range(trainer.step):
        next(batches)
    end = trainer.steps if stop_after is None else min(stop_after, trainer.steps)
    stopping: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    smooth: float | None = None
    began, first = time.monotonic(), trainer.step
    out.mkdir(parents=True, exist_ok=True)
    while trainer.step < end and not stopping:
        loss = trainer.update(next(batches))
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        line: dict[str, Any] = {"step": trainer.step, "loss": round(smooth, 4)}
        if watch.eval_every and trainer.step % watch.eval_every == 0:
            line["scores"] = {
                Path(spec).name.partition(".jsonl")[0]: accuracy(trainer, spec)["accuracy"] for spec in watch.evals
            }
        if trainer.step % 200 == 0 or "scores" in line:
            pace = (trainer.step - first) / (time.monotonic() - began)
            left = (trainer.steps - trainer.step) / pace / 60
            print(
                f"step {trainer.step}/{trainer.steps} loss {smooth:.3f} {pace * recipe.batch_size:.0f} pairs/s, "
                f"{left:.0f} min left {line.get('scores', '')}",
                flush=True,
            )
            with progress.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            plot(progress)
        if trainer.step % watch.checkpoint_every == 0:
            trainer.save_checkpoint(checkpoint)
    signal.signal(signal.SIGTERM, before)
    trainer.save_checkpoint(checkpoint)
    return trainer


def configured(path: Path, stage: str) -> dict[str, Any]:
    """A stage of a train.toml, such as `[student]`, as arguments; files are looked for in its `work`."""
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    student: dict[str, Any] = settings[stage]
    paths = {name: (path.parent / value).resolve() for name, value in settings["paths"].items()}
    student["base"] = str(paths["work"] / student["base"])
    student["out"] = paths["work"] / student["out"]
    student["train"] = [str(paths["work"] / "mix" / name) for name in student["train"]]
    student["eval"] = [str(paths["data"] / "eval" / name) for name in student["eval"]]
    return student


def main(argv: Sequence[str] | None = None) -> None:
    """Train as the command line says; evaluation goes to `eval.json` beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, help="a train.toml, a stage of which replaces the defaults below")
    parser.add_argument("--stage", default="student", help="which one: student, student-2, then student-3")
    defaults: Mapping[str, Any] = {field.name: field.default for field in fields(Recipe)}
    parser.add_argument("--base", help="folder or Hugging Face name of the checkpoint to start from")
    parser.add_argument("--out", type=Path, help="folder for the model and its checkpoint")
    parser.add_argument("--train", nargs="+", metavar="FILE[:N]")
    parser.add_argument("--eval", nargs="*", default=[], metavar="FILE[:N]")
    for name in ("batch_size", "max_tokens", "seed", "parts"):
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=defaults[name])
    for name in (
        "learning_rate",
        "epochs",
        "weight_decay",
        "soft_weight",
        "temperature",
        "average",
        "round_from",
        "dropout",
    ):
        parser.add_argument("--" + name.replace("_", "-"), type=float, default=defaults[name])
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16", help="of the forward pass")
    parser.add_argument("--keep-words", action="store_true", help="leave the word embeddings as they are")
    parser.add_argument("--save-dtype", choices=["float16", "bfloat16", "float32"], default="float16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-every", type=int, default=1000, metavar="STEPS")
    parser.add_argument("--eval-every", type=int, default=0, metavar="STEPS")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="stop early; --resume goes on from there")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one")
    known, _ = parser.parse_known_args(argv)
    if known.config:
        parser.set_defaults(**configured(known.config, known.stage))
    given = parser.parse_args(argv)
    if not (given.base and given.out and given.train):
        parser.error("--base, --out and --train are needed, or a --config that has them")
    torch.set_num_threads(given.threads)
    recipe = Recipe(**{field.name: getattr(given, field.name) for field in fields(Recipe)})
    trainer = train(
        recipe,
        given.out,
        resume=given.resume,
        stop_after=given.stop_after,
        watch=Watch(given.checkpoint_every, given.eval_every, given.eval),
    )
    trainer.save_model(given.out, getattr(torch, given.save_dtype))
    if given.eval:
        results = {Path(spec.partition(":")[0]).name: accuracy(trainer, spec) for spec in given.eval}
        (given.out / "eval.json").write_text(json.dumps(results, indent=2) + "\n")
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
