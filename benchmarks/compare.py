"""The same pairs, the same weights, one run: our scoring beside what else a user would take.

    python benchmarks/compare.py                          # needs the extra `bench`
    python benchmarks/compare.py --peers PYTHON           # and sentence-transformers 5.1, its ONNX and OpenVINO
    python benchmarks/compare.py --only ours --rounds 3

`make compare` sets both up. All contenders stay loaded, each in its own process (`contenders.py`), and take turns;
each round is another sample of the mixed set with the lengths of the whole. Fast ones get more pairs a round, the
same first ones among them, on which probabilities are compared with those of the pipeline (fp32, one pair at a
time). The ratio is taken round by round against CrossEncoder with its defaults; medians, least and greatest.
`ratio_in_order` is against its release 5.1, which leaves pairs in the order in which they come.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from common import BUILD, RESULTS, alternate, draw, fp32_model, mixed_set, row, spread, token_counts, write_rows
from contenders import NAMES

from factcheck.nli.gate import compare, gate_pairs
from factcheck.types import NLIScores

CONTENDERS = Path(__file__).with_name("contenders.py")
REFERENCE, BASE = "pipeline", "cross-encoder"
IN_ORDER = "cross-encoder 5."  # the case of a release that computes pairs in the order in which they come
# sentence-transformers 6.2 sorts by length within `predict`, 5.1 does not; ONNX does not install beside transformers 5.
PEERS = ("cross-encoder", "cross-encoder-sorted", "cross-encoder-onnx-int8", "cross-encoder-openvino-int8")
FAST = 120  # pairs a second; contenders above it get more pairs a round
WARM = 128  # pairs


class Worker:
    """A contender in its process."""

    def __init__(self, name: str, python: str, model: Path) -> None:
        command = [python, str(CONTENDERS), name, str(model), str(BUILD)]
        log = (BUILD / f"{name}.log").open("w")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
        )
        self._log = log.name
        answer = self._answer()
        self.unavailable: str | None = answer.get("unavailable")
        self.facts: dict[str, Any] = answer.get("facts", {})
        self.scores: dict[int, list[NLIScores]] = {}  # by round

    def score(self, number: int, pairs: list[tuple[str, str]], kept: int) -> float:
        """Seconds for these pairs; the scores of the first `kept` are kept."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(pairs) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        self.facts = answer["facts"]
        found = answer["probabilities"]
        if len(found) != len(pairs):
            raise SystemExit(f"{len(found)} scores for {len(pairs)} pairs, see {self._log}")
        self.scores[number] = [NLIScores(*one) for one in found[:kept]]
        return float(answer["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"a contender ended with status {self._process.wait()}, see {self._log}")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def opened(only: str, peers: str | None) -> dict[str, Worker]:
    """All contenders whose names hold `only`, with the two that the others are compared with."""
    model = fp32_model()
    calibration()
    wanted = [name for name in NAMES if only in name or name in {REFERENCE, BASE}]
    workers = {}
    for name in wanted:
        workers[name] = Worker(name, sys.executable, model)
        if peers and name in PEERS:
            worker = Worker(name, peers, model)
            release = worker.facts.get("packages", {}).get("sentence-transformers", "of the peers")
            workers[f"{name} {release}"] = worker
    return workers


def calibration() -> None:
    """Texts for tools that calibrate an int8 model: pairs of our collections, joined."""
    folder = BUILD / "calibration"
    folder.mkdir(parents=True, exist_ok=True)
    texts = [f"{premise} {hypothesis}" for premise, hypothesis in gate_pairs()[::7]]
    (folder / "train.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")


def main() -> None:
    """Measure and write `results/compare.jsonl`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="a Python with sentence-transformers[onnx,openvino]")
    parser.add_argument("--only", default="", help="contenders whose name holds this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=512, help="a round, for each contender")
    parser.add_argument("--more", type=int, default=4096, help="a round, for fast contenders")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    mixed = mixed_set()
    counts = token_counts(mixed.pairs)
    rounds = [sample(counts, args.pairs, args.more, number) for number in range(args.rounds + 1)]  # the last to warm up
    workers = opened(args.only, args.peers)
    running = {name: worker for name, worker in workers.items() if worker.unavailable is None}
    sizes = {}
    for name, worker in running.items():
        warm = [mixed.pairs[at] for at in rounds[-1][:WARM]]
        worker.score(-1, warm, 0)
        sizes[name] = args.more if WARM / worker.score(-1, warm, 0) > FAST else args.pairs
        print(f"{name}: {sizes[name]} pairs a round", file=sys.stderr)

    def rate(name: str, number: int) -> float:
        """Tokens a second; lengths differ a little between samples, tokens do not."""
        chosen = rounds[number][: sizes[name]]
        seconds = running[name].score(number, [mixed.pairs[at] for at in chosen], args.pairs)
        return sum(counts[at] for at in chosen) / seconds

    rates = alternate({name: lambda number, name=name: rate(name, number) for name in running}, args.rounds)
    rows = [
        measured(name, rates, workers, sum(counts) / len(counts))
        if name in running
        else row("compare", name, {}, unavailable=worker.unavailable)
        for name, worker in workers.items()
    ]
    for worker in workers.values():
        worker.close()
    about = {"set": mixed.name, "pairs": len(mixed.pairs), "tokens_a_pair": round(sum(counts) / len(counts), 2)}
    about |= {"rounds": args.rounds, "pairs_a_round": sizes}
    path = write_rows("compare", [row("compare", "set", {}, **about), *rows], args.out)
    for one in rows:
        print(one["case"], one["metrics"], one["facts"].get("unavailable", one["facts"].get("ratio_spread", "")))
    print(path)


def sample(counts: list[int], size: int, more: int, seed: int) -> list[int]:
    """A sample with the lengths of the whole whose first `size` pairs are one too."""
    first = draw(counts, size, seed)
    taken = set(first)
    rest = [at for at in draw(counts, min(more, len(counts)), seed + 1000) if at not in taken]
    return (first + rest)[:more]


def measured(name: str, rates: dict[str, list[float]], workers: dict[str, Worker], tokens: float) -> dict[str, Any]:
    """The result row of a contender that ran."""
    worker, reference = workers[name], workers[REFERENCE]
    ratio = spread([ours / base for ours, base in zip(rates[name], rates[BASE], strict=True)])
    per_second = spread(rates[name])
    in_order = next((found for case, found in rates.items() if case.startswith(IN_ORDER)), None)
    further = {}
    if in_order:
        further["ratio_in_order"] = spread(
            [ours / base for ours, base in zip(rates[name], in_order, strict=True)]
        ).median
    numbers = [number for number in worker.scores if number >= 0]
    gate = compare(
        [one for number in numbers for one in reference.scores[number]],
        [one for number in numbers for one in worker.scores[number]],
    )
    return row(
        "compare",
        name,
        {
            "pairs_per_second": round(per_second.median / tokens, 1),
            "tokens_per_second": round(per_second.median),
            "ratio": ratio.median,
            **further,
        },
        ratio_spread=[ratio.least, ratio.greatest],
        difference={
            "pairs": gate.pairs,
            "flips": gate.flips,
            "mean": gate.mean_difference,
            "max": gate.max_difference,
        },
        **worker.facts,
    )


if __name__ == "__main__":
    main()
