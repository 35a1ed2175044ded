"""Peak memory of a whole job by its number of claims, with the rule double in the model's place.

    python benchmarks/memory.py                          # 1,000 and 10,000 claims
    python benchmarks/memory.py --claims 1000,10000,100000

Documents are made: they have nothing of a real collection but its size. Each size runs in a process of its own, so that
the peak is its own. Writes results/memory.jsonl.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from common import ROOT, row, write_rows

DOCUMENTS, SENTENCES = 2_000, 10
WORDS = [first + middle + last for first in "bdfgklmnprst" for middle in "aeiou" for last in ("lor", "mit", "rane")]


def sentence(rng: random.Random, words: int) -> str:
    """Words in no order; some sentences deny, some count."""
    chosen = rng.choices(WORDS, k=words)
    if rng.random() < 0.3:
        chosen.insert(2, "not")
    if rng.random() < 0.3:
        chosen.append(str(rng.randrange(100)))
    return " ".join(chosen).capitalize() + "."


def write_corpus(folder: Path) -> None:
    """Text files of short paragraphs."""
    rng = random.Random(0)
    folder.mkdir()
    for number in range(DOCUMENTS):
        text = " ".join(sentence(rng, 12) for _ in range(SENTENCES))
        (folder / f"{number:05}.txt").write_text(text + "\n", "utf-8")


def write_claims(path: Path, count: int) -> None:
    """Claims of four words, so that the rules find some of each verdict."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps({"id": str(number), "claim": sentence(rng, 4), "desk": f"desk {number % 7}"}) + "\n")


def measure(folder: Path, count: int, stages: str) -> dict[str, float]:
    """Run a job in this process; its peak is the process's."""
    from factcheck.config import Settings
    from factcheck.jobs.verify import run_job
    from factcheck.testing import RuleNLI

    chosen = tuple(map(int, stages.split(","))) if stages else ()
    settings = Settings(corpus=str(folder / "corpus"), index=str(folder / "index"), stages=chosen)
    write_claims(folder / "claims.jsonl", count)
    started, before = time.perf_counter(), _cpu()
    report = run_job(folder / "claims.jsonl", folder / f"run-{count}", settings, scorer=RuleNLI())
    return {
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "pairs": report.pairs,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds_per_1000_claims": round((_cpu() - before) / count * 1000, 2),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure the sizes one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", default="1000,10000", help="sizes, with commas")
    parser.add_argument("--stages", default="", help="stages, such as 4,10")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    sizes = [int(size) for size in args.claims.split(",")]
    if args.worker:
        print(json.dumps(measure(args.worker, sizes[0], args.stages)))
        return
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus")
        _worker(folder, 1, args.stages)  # builds the index, so that no size pays for it
        for size in sizes:
            found = _worker(folder, size, args.stages)
            print(f"{size:>9,} claims: {json.dumps(found)}", flush=True)
            rows.append(row("memory", f"{size} claims", found, stages=args.stages, documents=DOCUMENTS))
    print(write_rows("memory", rows).relative_to(ROOT))


def _worker(folder: Path, size: int, stages: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--worker", str(folder), "--claims", str(size), "--stages", stages]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
