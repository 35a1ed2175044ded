"""Fine-tunes the teacher of nli-mini on a CPU, and writes its soft labels.

    python models/nli-mini/teacher.py train [--stop-after PAIRS]    goes on from the last checkpoint, if there is one
    python models/nli-mini/teacher.py cool --out FOLDER             a copy, cooled down from the last checkpoint
    python models/nli-mini/teacher.py refine FOLDER MIX --out FOLDER   a cooled one, trained over one more mix
    python models/nli-mini/teacher.py mean FOLDER FOLDER --out FOLDER   of two cooled ones the mean of the weights
    python models/nli-mini/teacher.py label FOLDER FILE.jsonl.gz    fp16 logits of every pair, beside the file

The learning rate warms up and then stays: the state at any time can go on, or be cooled down by `cool`, which trains a
copy for some hundred steps more at a rate falling to nothing. Without dropout a step depends on the weights, the mixes
and its number alone, so that a run that was stopped resumes exactly. The fp32 weights are trained through a bf16 copy,
and the batch is halved between two threads with a replica of that copy each: on a shared machine this loses far less
than two threads within every operation.
"""

import argparse
import fcntl
import gzip
import hashlib
import json
import math
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import blend
import numpy as np
import torch
from evaluate import Model
from mix import Recipe
from safetensors import safe_open
from safetensors.torch import save_file
from train import CLASSES, TARGETS, Example, collate, marginal_loss
from transformers import AutoModelForSequenceClassification, AutoTokenizer

POOL = 40  # batches cut from one pool of pairs sorted by length
SAVE_EVERY = 240  # seconds


@dataclass(frozen=True, slots=True)
class Settings:
    """`[teacher]` of train.toml."""

    base: str
    mixes: Sequence[str]
    batches: Sequence[int]  # of each mix
    learning_rate: float
    layer_decay: float
    frozen_layers: int
    batch_size: int
    max_tokens: int
    warm_up: int
    weight_decay: float
    seed: int
    cool_down: int


def read_pairs(path: Path) -> list[dict[str, str]]:
    """The records of a mix."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def encode(tokenizer: Any, records: Sequence[Mapping[str, str]]) -> list[Example]:  # noqa: ANN401
    """Encode pairs whole; the target is 0 where a record has no label."""
    premises, hypotheses = [r["premise"] for r in records], [r["hypothesis"] for r in records]
    ids = tokenizer(premises, hypotheses)["input_ids"]
    targets = [TARGETS[r["label"]] if "label" in r else 0 for r in records]
    return [Example(row, [0] * len(row), target) for row, target in zip(ids, targets, strict=True)]


def batches(examples: Sequence[Example], size: int, seed: str) -> list[list[int]]:
    """A pass over the examples in their own order but for batches of about one length."""
    generator = random.Random(seed)
    found: list[list[int]] = []
    for start in range(0, len(examples), size * POOL):
        pool = sorted(range(start, min(start + size * POOL, len(examples))), key=lambda i: len(examples[i].ids))
        cut = [pool[i : i + size] for i in range(0, len(pool), size)]
        generator.shuffle(cut)
        found += cut
    return found


class Teacher:
    """A model in training; its state is the weights, the optimiser's moments and the number of steps done."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        torch.manual_seed(settings.seed)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            id2label=dict(enumerate(CLASSES)),
            label2id={name: index for index, name in enumerate(CLASSES)},
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        model.base_model.embeddings.requires_grad_(requires_grad=False)  # most of its rows would hardly be seen
        model.base_model.encoder.layer[: settings.frozen_layers].requires_grad_(requires_grad=False)
        self.trained = {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
        self.replicas = [model.to(torch.bfloat16).train(), deepcopy(model).train()]
        self.config = model.config
        self.copies = [
            {name: value for name, value in replica.named_parameters() if value.requires_grad}
            for replica in self.replicas
        ]
        for mine, other in zip(*(replica.parameters() for replica in self.replicas), strict=True):
            other.data = mine.data  # one set of weights, two of gradients
        self.rates = {name: self._rate(name) for name in self.trained}
        groups = [
            {"params": [value], "name": name, "weight_decay": settings.weight_decay if value.ndim > 1 else 0.0}
            for name, value in self.trained.items()
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True, betas=(0.9, 0.98))
        self.pool = ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,))
        self.step = 0
        self.pairs = 0

    def _rate(self, name: str) -> float:
        """The highest rate of a parameter: the lower its layer, the lower."""
        layers = self.config.num_hidden_layers
        if "encoder.layer." in name:
            depth = layers - int(name.partition("encoder.layer.")[2].partition(".")[0])
        else:
            depth = 0 if name.startswith("classifier") else layers + 1
        decay = float(self.settings.layer_decay**depth)
        return self.settings.learning_rate * decay * (2 if depth == 0 else 1)

    def _part(self, model: Any, examples: Sequence[Example], weight: float) -> float:  # noqa: ANN401
        """Add one part's share of the batch's gradient to a replica."""
        inputs = collate(examples, self.tokenizer.pad_token_id)
        logits = model(input_ids=inputs.ids, attention_mask=inputs.mask).logits
        loss = marginal_loss(logits, inputs.targets) * weight
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def update(self, examples: Sequence[Example], scale: float) -> float:
        """One step at `scale` times the highest rates; its loss."""
        parts = [(self.replicas[0], examples[::2]), (self.replicas[1], examples[1::2])]
        futures = [
            self.pool.submit(self._part, model, part, len(part) / len(examples)) for model, part in parts if part
        ]
        loss = sum(future.result() for future in futures)
        for name, value in self.trained.items():
            value.grad = torch.zeros_like(value)
            for copies in self.copies:
                if copies[name].grad is not None:
                    value.grad += copies[name].grad
                    copies[name].grad = None
        torch.nn.utils.clip_grad_norm_(self.trained.values(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = scale * self.rates[group["name"]]
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._refresh()
        self.step += 1
        self.pairs += len(examples)
        return loss

    def _refresh(self) -> None:
        """Bring the trained weights into the copies."""
        for name, value in self.trained.items():
            self.copies[0][name].data.copy_(value)

    def save(self, path: Path, state: Mapping[str, Any]) -> None:
        """Write the whole state; a reader finds the old file or the new one, never half of one."""
        tensors = {f"weight/{name}": value.detach() for name, value in self.trained.items()}
        for name, value in self.trained.items():
            tensors |= {f"{key}/{name}": moment for key, moment in self.optimizer.state[value].items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file(tensors, unfinished, {"state": json.dumps({"step": self.step, "pairs": self.pairs, **state})})
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)

    def load(self, path: Path) -> dict[str, Any]:
        """Go back to a saved state; what `save` was given with it."""
        with safe_open(path, framework="pt") as file:
            state: dict[str, Any] = json.loads(file.metadata()["state"])
            for key in file.keys():  # noqa: SIM118 - not a dictionary
                kind, _, name = key.partition("/")
                if kind == "weight":
                    self.trained[name].data.copy_(file.get_tensor(key))
                else:
                    self.optimizer.state[self.trained[name]][kind] = file.get_tensor(key)
        self._refresh()
        self.step, self.pairs = state["step"], state["pairs"]
        return state

    def write_model(self, folder: Path) -> None:
        """Write weights (bf16), configuration and tokenizer as transformers loads them."""
        self.replicas[0].save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


@dataclass(frozen=True, slots=True)
class Work:
    """One batch of a mix."""

    mix: str
    number: int
    examples: list[Example]


def stream(recipe: Recipe, settings: Settings, tokenizer: Any, done: Mapping[str, int]) -> Iterator[Work]:  # noqa: ANN401
    """The mixes' batches, one mix after another, without the first `done` of each.

    Raises:
        ValueError: A mix that was begun is another one now.
    """
    for name, most in zip(settings.mixes, settings.batches, strict=True):
        if not recipe.mix(name).exists():
            continue
        examples = [e for e in encode(tokenizer, read_pairs(recipe.mix(name))) if len(e.ids) <= settings.max_tokens]
        cut = batches(examples, settings.batch_size, f"{settings.seed}/{name}")
        for number in range(done.get(name, 0), min(most, len(cut))):
            yield Work(name, number, [examples[i] for i in cut[number]])


def digests(recipe: Recipe, settings: Settings) -> dict[str, str]:
    """The SHA-256 of every mix there is."""
    paths = {name: recipe.mix(name) for name in settings.mixes}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items() if path.exists()}


def checked(checkpoint: Path, state: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, int]:
    """The batches done of each mix.

    Raises:
        ValueError: A mix that was begun has changed since.
    """
    done: dict[str, int] = state["done"]
    for name in done:
        if state["mixes"][name] != now.get(name):
            raise ValueError(f"{checkpoint}: {name} has changed since; build it as it was, or begin anew")
    return done


def train(recipe: Recipe, settings: Settings, folder: Path, stop_after: int | None) -> None:
    """Train until the mixes end, `stop_after` pairs are seen, or SIGTERM; the checkpoint then holds the state.

    Raises:
        BlockingIOError: Another process trains in this folder, perhaps one that was stopped but has not ended yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # freed when the file is closed, at the latest by the end
        _train(recipe, settings, folder, stop_after)


def _train(recipe: Recipe, settings: Settings, folder: Path, stop_after: int | None) -> None:
    teacher = Teacher(settings, recipe.paths["work"] / "base" / settings.base)
    checkpoint = folder / "checkpoint.safetensors"
    mixes = digests(recipe, settings)
    done: dict[str, int] = {}
    if checkpoint.exists():
        done = checked(checkpoint, teacher.load(checkpoint), mixes)
        print(f"resumed at step {teacher.step}, {teacher.pairs} pairs", flush=True)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    began = saved = time.monotonic()
    began_pairs, smooth, smooth_speed = teacher.pairs, None, 0.0
    for work in stream(recipe, settings, teacher.tokenizer, done):
        scale = min(1.0, (teacher.step + 1) / settings.warm_up)
        before = time.monotonic()
        loss = teacher.update(work.examples, scale)
        now = time.monotonic()
        done[work.mix] = work.number + 1
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        smooth_speed = 0.95 * smooth_speed + 0.05 * len(work.examples) / (now - before)
        if teacher.step % 20 == 0:
            speed = (teacher.pairs - began_pairs) / (now - began)
            line = {"step": teacher.step, "pairs": teacher.pairs, "mix": work.mix, "loss": round(smooth, 4)}
            with (folder / "progress.jsonl").open("a") as file:
                file.write(json.dumps({**line, "time": round(time.time())}) + "\n")
            print(f"{line} {speed:.1f} pairs/s, now {smooth_speed:.1f}", flush=True)
        stop = bool(stopping) or (stop_after is not None and teacher.pairs >= stop_after)
        if stop or now - saved > SAVE_EVERY:
            teacher.save(checkpoint, {"done": done, "mixes": mixes})
            saved = time.monotonic()
        if stop:
            return
    teacher.save(checkpoint, {"done": done, "mixes": mixes})


def cool(recipe: Recipe, settings: Settings, folder: Path, out: Path, steps: int) -> None:
    """Cool a copy of the last checkpoint down over the next batches, and write it as a model."""
    teacher = Teacher(settings, recipe.paths["work"] / "base" / settings.base)
    checkpoint = folder / "checkpoint.safetensors"
    done = checked(checkpoint, teacher.load(checkpoint), digests(recipe, settings))
    source = stream(recipe, settings, teacher.tokenizer, done)
    for step in range(steps):
        work = next(source, None)
        if work is None:
            print(f"the mixes end after {step} of {steps} steps of cooling down", file=sys.stderr)
            break
        loss = teacher.update(work.examples, 1 - (step + 1) / (steps + 1))
        if step % 20 == 0:
            print(f"cooling down {step}/{steps}, loss {loss:.3f}", flush=True)
    teacher.write_model(out)
    (out / "training.json").write_text(json.dumps({"pairs": teacher.pairs, "cooled": steps}) + "\n")


def refine(recipe: Recipe, settings: Settings, base: Path, mix: str, out: Path) -> None:
    """Train a model that was cooled down over one more mix: warm-up, then a rate falling to 0."""
    teacher = Teacher(settings, base)
    source = list(stream(recipe, replace(settings, mixes=[mix], batches=[sys.maxsize]), teacher.tokenizer, {}))
    began = time.monotonic()
    for step, work in enumerate(source):
        scale = min((step + 1) / settings.warm_up, 1 - step / len(source))
        loss = teacher.update(work.examples, scale)
        if step % 20 == 0:
            speed = teacher.pairs / (time.monotonic() - began)
            print(f"{step}/{len(source)}, loss {loss:.3f}, {speed:.1f} pairs/s", flush=True)
    teacher.write_model(out)
    (out / "training.json").write_text(json.dumps({"pairs": teacher.pairs, "base": base.name}) + "\n")


def mean(folders: Sequence[Path], out: Path) -> None:
    """Write a model whose weights are the mean of those of models that were cooled down from one run."""
    model = AutoModelForSequenceClassification.from_pretrained(folders[0], dtype=torch.float32)
    model.load_state_dict(blend.mean(folders, [1 / len(folders)] * len(folders)))
    model.to(torch.bfloat16).save_pretrained(out)
    AutoTokenizer.from_pretrained(folders[0]).save_pretrained(out)


def label(model_folder: Path, path: Path, *, seconds: float = math.inf, skip: Sequence[str] = ()) -> None:
    """Write the logits (rows, 3) of a file's pairs as `FILE.logits.npy`, fp16; NaN where a pair is not yet judged.

    Goes on where an earlier call stopped, and stops after `seconds`. Pairs of the sources in `skip`, whose labels are
    known for sure, are not judged.
    """
    model = Model(model_folder, "bf16", threads=2)
    pairs = read_pairs(path)
    out = path.with_name(path.name.removesuffix(".jsonl.gz") + ".logits.npy")
    logits = np.load(out) if out.exists() else np.full((len(pairs), 3), np.nan, dtype=np.float16)
    began = saved = time.monotonic()

    def save() -> None:
        unfinished = out.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, logits)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(out)

    # In the file's own order, thousands at a time: what is there after a stop is as mixed as the file.
    for start in range(0, len(pairs), 2048):
        rows = range(start, min(start + 2048, len(pairs)))
        block = [i for i in rows if pairs[i].get("source") not in skip and np.isnan(logits[i, 0])]
        if block:
            logits[block] = model.logits([(pairs[i]["premise"], pairs[i]["hypothesis"]) for i in block]).numpy()
        now = time.monotonic()
        if block and now - saved > 60:
            print(f"{start + 2048}/{len(pairs)}, {now - began:.0f} s", flush=True)
            save()
            saved = now
        if now - began > seconds:
            break
    save()


def main() -> None:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("train")
    command.add_argument("--stop-after", type=int, metavar="PAIRS")
    command = commands.add_parser("cool")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--steps", type=int)
    command = commands.add_parser("refine")
    command.add_argument("base", type=Path)
    command.add_argument("mix")
    command.add_argument("--out", type=Path, required=True)
    command = commands.add_parser("mean")
    command.add_argument("models", nargs="+", type=Path)
    command.add_argument("--out", type=Path, required=True)
    command = commands.add_parser("label")
    command.add_argument("model", type=Path)
    command.add_argument("file", type=Path)
    command.add_argument("--seconds", type=float, default=math.inf)
    command.add_argument("--skip", type=lambda names: names.split(","), default=[], metavar="SOURCES")
    given = parser.parse_args()
    recipe = Recipe()
    settings = Settings(**recipe.settings["teacher"])
    folder = recipe.paths["work"] / "teacher"
    if given.command == "train":
        train(recipe, settings, folder, given.stop_after)
    elif given.command == "cool":
        cool(recipe, settings, folder, given.out, settings.cool_down if given.steps is None else given.steps)
    elif given.command == "refine":
        refine(recipe, settings, given.base, given.mix, given.out)
    elif given.command == "mean":
        mean(given.models, given.out)
    else:
        label(given.model, given.file, seconds=given.seconds, skip=given.skip)


if __name__ == "__main__":
    main()
