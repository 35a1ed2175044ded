"""What the benchmarks share: the mixed set, the fp32 copy of the model, facts about the machine, results.

Everything that is made on the way lies in `build/benchmarks/`, which git ignores.
"""

import gzip
import json
import platform
import random
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
BUILD = ROOT / "build/benchmarks"
RESULTS = ROOT / "benchmarks/results"
MIXED_PAIRS = 10_000
PACKAGES = (
    "factcheck-nli",
    "torch",
    "transformers",
    "tokenizers",
    "sentence-transformers",
    "onnxruntime",
    "openvino",
    "bm25s",
    "pysbd",
    "lancedb",
    "sentencex",
)
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")

Pair = tuple[str, str]


class PairSet(NamedTuple):
    """Pairs, premise first, and what they are."""

    name: str
    pairs: list[Pair]


def mixed_set() -> PairSet:
    """The 10,000 pairs on which contenders are compared: what our own retrieval gives, sampled with seed 0.

    SciFact train and dev claims over the SciFact abstracts and CLIMATE-FEVER even claims over its pool, ten hits a
    claim; where these are absent, the pairs of the quality gate, which come from our collections. Made once and kept
    until the code that makes passages changes.
    """
    scifact, climate = SHARED / "data/scifact", SHARED / "data/climate_fever"
    if scifact.is_dir() and climate.is_dir():
        name = "mixed (SciFact train and dev, CLIMATE-FEVER even)"
        jobs = [
            (scifact / "claims_train.jsonl", scifact / "corpus.jsonl.gz"),
            (scifact / "claims_dev.jsonl", scifact / "corpus.jsonl.gz"),
            (climate / "claims_even.jsonl.gz", climate / "corpus.jsonl.gz"),
        ]
    else:
        from factcheck.nli.gate import gate_pairs

        return PairSet("ours (claims/gate-pairs.json; ../shared is absent)", list(gate_pairs()))
    kept = BUILD / f"pairs-{_digest(name)}.jsonl.gz"
    if not kept.exists():
        found = [pair for claims, corpus in jobs for pair in retrieved(claims, corpus)]
        if len(found) > MIXED_PAIRS:
            found = random.Random(0).sample(found, MIXED_PAIRS)
        BUILD.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(gzip.compress("".join(json.dumps(pair) + "\n" for pair in found).encode()))
    lines = gzip.decompress(kept.read_bytes()).decode().splitlines()
    return PairSet(name, [(premise, hypothesis) for premise, hypothesis in map(json.loads, lines)])


def retrieved(claims: Path, corpus: Path) -> list[Pair]:
    """The pairs that a job with default settings would score, in its order; the index is kept in the build folder."""
    from factcheck.config import Settings
    from factcheck.formats import read_claims
    from factcheck.jobs.sources import open_finder

    index = BUILD / "indexes" / sha256(str(corpus).encode()).hexdigest()[:16]
    settings = Settings(corpus=str(corpus), index=str(index), evidence="corpus")
    chosen = list(read_claims(claims))
    hits = open_finder(settings, exclude=[claims]).finder.find(chosen)
    return [(hit.passage.premise, claim.text) for claim, one in zip(chosen, hits, strict=True) for hit in one.hits]


def _digest(name: str) -> str:
    """Changes with the code that makes passages."""
    package = ROOT / "factcheck"
    files = [path for part in ("corpus", "retrieval") for path in sorted((package / part).rglob("*.py"))]
    files.append(package / "segment.py")
    return sha256(b"".join([name.encode(), *(path.read_bytes() for path in files)])).hexdigest()[:12]


def fp32_model() -> Path:
    """A copy of the bundled model with its weights as fp32.

    transformers 5 loads a checkpoint in the number format of its file, and ours is stored in half precision to be
    small; other libraries are to compute in the fp32 that they would have with most checkpoints.
    """
    from factcheck.assets import asset

    source = asset("models/nli-mini")
    weights = sha256((source / "model.safetensors").read_bytes()).hexdigest()[:12]
    folder = BUILD / f"nli-mini-fp32-{weights}"
    if not folder.exists():
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        fresh = folder.with_suffix(".new")
        AutoModelForSequenceClassification.from_pretrained(source, dtype=torch.float32).save_pretrained(fresh)
        AutoTokenizer.from_pretrained(source).save_pretrained(fresh)
        fresh.rename(folder)
    return folder


def token_counts(pairs: Sequence[Pair]) -> list[int]:
    """Real tokens of each pair, special tokens included, by the bundled model's tokenizer."""
    from tokenizers import Tokenizer

    from factcheck.assets import asset

    tokenizer = Tokenizer.from_file(str(asset("models/nli-mini") / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return [len(encoding.ids) for encoding in tokenizer.encode_batch(list(pairs))]


def draw(counts: Sequence[int], size: int, seed: int) -> list[int]:
    """Indices of a random sample with the lengths of the whole: one of each of `size` equal parts by length, shuffled.

    Samples of 512 pairs drawn without this differ by some per cent in tokens, and so in time.
    """
    rng = random.Random(seed)
    order = sorted(range(len(counts)), key=lambda at: counts[at])
    cuts = [part * len(order) // size for part in range(size + 1)]
    chosen = [order[rng.randrange(start, end)] for start, end in pairwise(cuts) if start < end]
    rng.shuffle(chosen)
    return chosen


def environment() -> dict[str, Any]:
    """What a figure depends on beside the code that it names: commit, processor, versions, threads."""
    import torch

    from factcheck.run.manifest import machine

    info = Path("/proc/cpuinfo").read_text("utf-8") if platform.system() == "Linux" else ""
    facts = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    known = facts.get("flags", "").split()
    return {
        "commit": commit(),
        "cpu": facts.get("model name", platform.processor()),
        "cpu_model": " ".join(f"{name} {facts[name]}" for name in ("cpu family", "model", "stepping") if name in facts),
        "cpu_flags": [flag for flag in FLAGS if flag in known],
        **machine(),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), **installed(PACKAGES)},
        "when": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def commit() -> str:
    """The commit of the tree, with `+` where files of the package differ from it; `unknown` outside of git."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        return name + "+" * bool(_git("status", "--porcelain", "factcheck", "models"))
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def installed(names: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def row(benchmark: str, case: str, metrics: dict[str, float], **facts: Any) -> dict[str, Any]:
    """One line of a result file: the figures that `diff_results.py` compares, and what explains them."""
    return {"benchmark": benchmark, "case": case, "metrics": metrics, "facts": facts}


def write_rows(name: str, rows: Sequence[dict[str, Any]], folder: Path = RESULTS) -> Path:
    """Write `results/NAME.jsonl` anew: the environment first, then one line a case."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    lines = [{"environment": environment()}, *rows]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The cases of a result file, without its environment."""
    return [line for line in map(json.loads, path.read_text("utf-8").splitlines()) if "case" in line]


class Spread(NamedTuple):
    """The median of some rounds, and the least and the greatest."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.greatest:.2f})"


def spread(values: Sequence[float]) -> Spread:
    """Median, least and greatest, to four significant digits."""
    return Spread(*(float(f"{value:.4g}") for value in (statistics.median(values), min(values), max(values))))


def alternate(runs: dict[str, Callable[[int], float]], rounds: int) -> dict[str, list[float]]:
    """What each run returns for round 0, 1, …: all in turn in every round, so that a slow minute hits all of them.

    Every other round goes backwards, so that none always follows the same one.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in list(runs) if number % 2 == 0 else reversed(runs):
            found[name].append(runs[name](number))
    return found


def clock(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
