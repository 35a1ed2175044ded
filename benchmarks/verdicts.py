"""Verdicts against gold labels: accuracy, macro F1, confusion table, time and peak memory, as JSON under results/.

    python benchmarks/verdicts.py                      # our collections
    python benchmarks/verdicts.py --shared ../shared   # and the sets that are not part of the repository
    python benchmarks/verdicts.py --set context=false  # with another setting

Every quote is checked against the text at its offsets. One set a process, so that peak memory is the set's own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from factcheck.config import resolve
from factcheck.corpus.index import CorpusIndex
from factcheck.formats import read_claims
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.run.manifest import machine, versions
from factcheck.types import Label

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Job:
    """A claims file with gold labels and the corpus to hold it against."""

    name: str
    claims: Path
    corpus: Path
    evidence: str = "auto"


def jobs(shared: Path | None) -> list[Job]:
    """Our collections, then what is found under `shared`."""
    ours = sorted(ROOT.glob("claims/*/claims.jsonl"))
    found = [Job(path.parent.name, path, path.parent / "documents") for path in ours]
    if shared is not None:
        climate = shared / "data/climate_fever"
        found += [
            Job("news", ROOT / "tests/data/news_claims.jsonl", shared / "corpus"),
            Job(
                "scifact-dev",
                shared / "data/scifact/claims_dev.jsonl",
                shared / "data/scifact/corpus.jsonl.gz",
                "corpus",
            ),
            Job("climate-fever-even", climate / "claims_even.jsonl.gz", climate / "corpus.jsonl.gz", "corpus"),
        ]
    return found


def measure(job: Job, overrides: dict[str, object]) -> dict[str, object]:
    """Run one job in a fresh folder and compare with gold."""
    with tempfile.TemporaryDirectory() as folder:
        index, run = Path(folder) / "index", Path(folder) / "run"
        chosen = {"evidence": job.evidence, "corpus": str(job.corpus), "index": str(index), "cache": False, **overrides}
        settings = resolve(chosen).settings
        started = time.perf_counter()
        report = run_job(job.claims, run, settings)
        seconds = time.perf_counter() - started
        gold = {claim.id: claim.gold.label for claim in read_claims(job.claims) if claim.gold and claim.gold.label}
        table: Counter[tuple[Label, Label]] = Counter()
        quotes = 0
        opened = CorpusIndex(index)
        texts: dict[str, str] = {}
        with Ledger(run) as ledger:
            for verdict in ledger.verdicts():
                if verdict.claim.id in gold:
                    table[gold[verdict.claim.id], verdict.label] += 1
                for item in verdict.evidence:
                    passage = item.passage
                    quotes += 1
                    text = texts.setdefault(passage.source.doc_id, _text(opened, passage.source, job.corpus))
                    if text[passage.start : passage.end] != passage.quote:
                        raise SystemExit(f"{passage.source.doc_id}: quote is not the text at {passage.start}")
    return {
        "set": job.name,
        "claims": report.claims,
        "evidence": job.evidence,
        "settings": settings.identity(),
        "accuracy": round(sum(n for (want, got), n in table.items() if want is got) / table.total(), 4),
        "macro_f1": round(macro_f1(table), 4),
        "confusion": {want: {got: table[want, got] for got in Label} for want in Label},
        "pairs": report.pairs,
        "quotes_verified": quotes,
        "minutes": round(seconds / 60, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "versions": versions(),
        "machine": machine(),
    }


def _text(index: CorpusIndex, source: object, corpus: Path) -> str:
    stored = index.text(source.doc_id)
    if stored is not None:
        return stored
    path = corpus / source.path if corpus.is_dir() else corpus
    return path.read_bytes().decode("utf-8-sig")


def macro_f1(table: Counter[tuple[Label, Label]]) -> float:
    """Mean F1 over the labels that occur in gold or in the verdicts."""
    scores = []
    for label in Label:
        right = table[label, label]
        said = sum(n for (_, got), n in table.items() if got is label)
        wanted = sum(n for (want, _), n in table.items() if want is label)
        if said or wanted:
            scores.append(2 * right / (said + wanted))
    return sum(scores) / len(scores)


def show(result: dict[str, object]) -> None:
    """Print one result for a reader."""
    print(
        f"\n{result['set']}: {result['claims']} claims, accuracy {result['accuracy']}, macro F1 {result['macro_f1']},"
    )
    print(f"{result['pairs']} pairs, {result['minutes']} minutes, {result['peak_memory_mb']} MB; every quote verified")
    print(f"{'gold, verdict →':<18}" + "".join(f"{label:>17}" for label in Label))
    for want, row in result["confusion"].items():
        print(f"{want:<18}" + "".join(f"{count:>17}" for count in row.values()))


def main() -> None:
    """Run the chosen sets, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, help="folder with corpus/ and data/")
    parser.add_argument("--only", help="name of one set")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="a setting")
    parser.add_argument("--out", type=Path, help="JSON Lines file to write")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    chosen = [job for job in jobs(args.shared) if args.only in (None, job.name)]
    if args.worker:
        overrides = {name: json.loads(value) for name, _, value in (item.partition("=") for item in args.set)}
        print(json.dumps(measure(chosen[0], overrides)))
        return
    lines = []
    for job in chosen:
        command = [sys.executable, __file__, "--worker", "--only", job.name, *(f"--set={item}" for item in args.set)]
        if args.shared:
            command += ["--shared", str(args.shared)]
        lines.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        show(json.loads(lines[-1]))
    if args.out:
        args.out.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()
