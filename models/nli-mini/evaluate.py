"""Scores a model of nli-mini on the evaluation sets: `python models/nli-mini/evaluate.py [MODEL] [--out eval.json]`.

Pair accuracy is the share of pairs whose most probable class is right, with a 95 % interval; on sets of two classes,
entailment and contradiction, neutral is wrong, and "E or C" says how often the more probable of the two is right. Where
gold only knows "not entailed", neutral and contradiction are both right. BreakingNLI is scored by balanced accuracy:
seven of eight of its pairs are contradictions. Besides the files under `eval/` there are

* `templates.*`: the templates and words that `rules.py` holds out, by family; `templates.numeric` has all with figures;
* `unrelated.*`: premises that a search finds for a claim and that say nothing of it, by the unanimous vote of the
  annotators (CLIMATE-FEVER) or for not being among the gold evidence (Fool-me-twice); what matters is the share that is
  called a contradiction;
* `written*.held_back`: the written documents that no mix has, by series, by the same hands as those trained on;
* `claimed.held_back`: claims that were written about real premises, those about premises that no mix has;
* `repeated.*`: sentences of the written collections, which nothing is trained on, as claims that are entailed: held
  against themselves (`whole`), against the sentence before and themselves (`behind`), with a phrase left out (`cut`).
"""

import argparse
import json
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import rules
import torch
import written
from mix import CLAIMED, HERE, SERIES, Recipe, claimed_rows, json_lines, normalised, written_rows
from train import CLASSES, TARGETS, Example, collate
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from factcheck import nli

Pair = tuple[str, str, str]
NUMERIC = ("change", "share", "when", "measure")
LETTERS = {"entailment": "E", "neutral": "N", "contradiction": "C", "not_entailment": "not E"}


def sets(recipe: Recipe, rows: int | None, seed: int = 1) -> dict[str, list[Pair]]:
    """All evaluation sets by name, at most `rows` pairs of each, drawn by the seed."""
    data = recipe.paths["data"]
    found: dict[str, list[Pair]] = {}
    for path in sorted(data.glob("eval/*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        found[name] = [(r["premise"], r["hypothesis"], r["label"]) for r in json_lines(path)]
    by_family = defaultdict(list)
    for pair, family in rules.invented(3000, 1, held_out=True):
        by_family[family].append(pair)
    found |= {f"templates.{family}": pairs for family, pairs in sorted(by_family.items())}
    found["templates.numeric"] = [pair for family in NUMERIC for pair in by_family[family]]
    found["unrelated.climate_fever"] = [
        (evidence["evidence"], record["claim"], "neutral")
        for path in data.glob("climate_fever/claims*")
        for record in json_lines(path)
        for evidence in record["evidences"]
        if evidence["evidence_label"] == "NOT_ENOUGH_INFO" and not evidence["entropy"]
    ]
    found["unrelated.fool_me_twice"] = []
    for record in recipe.fool_me_twice(for_training=False):
        gold = {normalised(evidence["text"]) for evidence in record["gold_evidence"]}
        others = [e["text"] for e in record["retrieved_evidence"] if normalised(e["text"]) not in gold]
        found["unrelated.fool_me_twice"] += [
            (text, record["text"], "neutral") for text in others[:3] if len(text.split()) > 5
        ]
    found["fool_me_twice.gold"] = [
        (
            " ".join(e["text"] for e in record["gold_evidence"]),
            record["text"],
            {"SUPPORTS": "entailment", "REFUTES": "contradiction"}[record["label"]],
        )
        for record in recipe.fool_me_twice(for_training=False)
    ]
    held_back = {name: written_rows(recipe, recipe.settings["mix"][name], held_back=True) for name in SERIES}
    for name, kept in (held_back | {CLAIMED: claimed_rows(recipe, held_back=True)}).items():
        found[f"{name}.held_back"] = [(row.premise, row.hypothesis, row.label) for row in kept if row.label]
    found |= repeated()
    for pairs in found.values():
        random.Random(seed).shuffle(pairs)
    return {name: pairs[:rows] for name, pairs in found.items()}


def repeated() -> dict[str, list[Pair]]:
    """Sentences as claims about themselves."""
    found: dict[str, list[Pair]] = {"repeated.whole": [], "repeated.behind": [], "repeated.cut": []}
    for path in sorted((HERE / "written" / "collections").glob("*.txt")):
        for document in written.read(path):
            for before, sentence in pairwise(("", *document.sentences)):
                found["repeated.whole"].append((sentence, sentence, "entailment"))
                if before:
                    found["repeated.behind"].append((f"{before} {sentence}", sentence, "entailment"))
                if shorter := written.without_a_phrase(sentence):
                    found["repeated.cut"].append((sentence, shorter, "entailment"))
    return found


class Model:
    """A model folder, and its logits for pairs."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype).eval()
        self.pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def logits(self, pairs: Sequence[tuple[str, ...]]) -> torch.Tensor:
        """(pairs, 3), in their order; of pairs of more than 512 tokens the longer text loses its end."""
        encoded = self.tokenizer(
            [pair[0] for pair in pairs],
            [pair[1] for pair in pairs],
            truncation="longest_first",
            max_length=512,
            return_token_type_ids=True,
        )
        examples = [
            Example(ids, kinds, 0) for ids, kinds in zip(encoded["input_ids"], encoded["token_type_ids"], strict=True)
        ]
        order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
        cuts = [order[start : start + 32] for start in range(0, len(order), 32)]
        found = torch.empty(len(pairs), len(CLASSES))
        for cut, logits in zip(
            cuts, self.pool.map(lambda cut: self._batch([examples[i] for i in cut]), cuts), strict=True
        ):
            found[cut] = logits
        return found

    def _batch(self, examples: Sequence[Any]) -> torch.Tensor:
        inputs = collate(examples, self.tokenizer.pad_token_id)
        given = {"input_ids": inputs.ids, "attention_mask": inputs.mask}
        if self.model.config.model_type == "bert":
            given["token_type_ids"] = inputs.type_ids
        with torch.inference_mode():
            logits: torch.Tensor = self.model(**given).logits.float()
        return logits


def int8_change(folder: Path, pairs: Sequence[Pair]) -> dict[str, Any]:
    """How int8, as factcheck computes it, changes the scores of three-way pairs, and the shares that are right."""
    labels = torch.tensor([TARGETS[label] for _, _, label in pairs])
    exact, given = (
        torch.tensor([(s.entailment, s.neutral, s.contradiction) for s in scorer.score([pair[:2] for pair in pairs])])
        for scorer in (nli.load(folder, precision=precision) for precision in ("fp32", "int8"))
    )
    return {
        "pairs": len(pairs),
        "other class": _share(exact.argmax(-1) != given.argmax(-1)),
        "mean change": round((exact - given).abs().amax(-1).mean().item(), 4),
        "right in fp32": _share(exact.argmax(-1) == labels),
        "right": _share(given.argmax(-1) == labels),
    }


def _share(found: torch.Tensor) -> float:
    return round(found.double().mean().item(), 4)


def score(name: str, logits: torch.Tensor, pairs: Sequence[Pair]) -> dict[str, Any]:
    """A set's scores."""
    gold = torch.tensor([TARGETS[label] for _, _, label in pairs])
    given = logits.argmax(-1)
    right = torch.where(gold == TARGETS["not_entailment"], given != 0, given == gold)
    present = sorted(set(gold.tolist()))
    recall = {LETTERS[list(TARGETS)[kind]]: round(right[gold == kind].double().mean().item(), 3) for kind in present}
    if name.startswith("breaking_nli"):
        # Each class counts alike; the variance of the mean of the classes' recalls.
        parts = [(right[gold == kind].double().mean().item(), int((gold == kind).sum())) for kind in present]
        accuracy = sum(part for part, _ in parts) / len(parts)
        deviation = math.sqrt(sum(part * (1 - part) / count for part, count in parts)) / len(parts)
    else:
        accuracy = right.double().mean().item()
        deviation = math.sqrt(accuracy * (1 - accuracy) / len(pairs))
    result: dict[str, Any] = {
        "rows": len(pairs),
        "accuracy": round(accuracy, 4),
        "interval": round(1.96 * deviation, 4),
        "recall": recall,
    }
    if present == [0, 2]:
        result["E or C"] = round(((logits[:, 0] > logits[:, 2]) == (gold == 0)).double().mean().item(), 4)
    if 1 in present:
        neutral = given[gold == 1]
        result["neutral called C"] = round((neutral == 2).double().mean().item(), 4)
        result["neutral called E"] = round((neutral == 0).double().mean().item(), 4)
    return result


def evaluate(model: Model, chosen: Mapping[str, Sequence[Pair]]) -> dict[str, dict[str, Any]]:
    """The scores of every set."""
    results = {}
    for name, pairs in chosen.items():
        results[name] = score(name, model.logits(pairs), pairs)
        print(name, json.dumps(results[name]), flush=True)
    return results


def main() -> None:
    """Score as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=HERE, help="a model folder; this one")
    parser.add_argument("--out", type=Path, help="where the scores go, as JSON")
    parser.add_argument("--rows", type=int, help="at most so many pairs of a set")
    parser.add_argument("--sets", nargs="*", help="only sets whose names begin so")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--int8", action="store_true", help="also how the scores change in int8")
    given = parser.parse_args()
    chosen = sets(Recipe(), given.rows)
    if given.sets:
        chosen = {name: pairs for name, pairs in chosen.items() if name.startswith(tuple(given.sets))}
    model = Model(given.model, given.precision, given.threads)
    results = evaluate(model, chosen)
    mean = sum(result["accuracy"] for result in results.values()) / len(results)
    print(f"mean {mean:.4f}")
    report: dict[str, Any] = {"precision": given.precision, "mean": round(mean, 4), "sets": results}
    if given.int8:
        most = Recipe().settings["mix"]["max_words"]
        drawn = (pair for found in chosen.values() for pair in found[:200])
        pairs = [one for one in drawn if len(f"{one[0]} {one[1]}".split()) <= most and one[2] in CLASSES]
        report["int8"] = int8_change(given.model, pairs)
        print("int8", json.dumps(report["int8"]))
    if given.out:
        given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
