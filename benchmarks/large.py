"""Peak memory and speed of large jobs, on text that `corpus_text.py` makes.

    python benchmarks/large.py                                        # all parts in small, some minutes
    python benchmarks/large.py claims export --claims 1000,10000,100000
    python benchmarks/large.py index search model --sentences 100000,1000000 --judged 500,2000,10000

| part | what is measured |
| --- | --- |
| text | word statistics of the text that is made, beside those of the real ones in ../shared |
| claims | a whole job for each size of `--claims`, the rule double in the model's place, over 100,000 sentences |
| export | the largest run of `claims` in each format |
| index | each size of `--sentences` read, split and indexed |
| search | ten hits each for 2,000 claims, in each of those indexes, and for the claims of SciFact in its own |
| model | a whole job for each size of `--judged`, bundled model, over the largest of those indexes |

Every measurement is in a process of its own, so that the peak is its own: the most that was resident, libraries and
mapped weights included. Jobs also tell their peak when a tenth of the claims was decided: the rest adds next to nothing
where memory is flat. With `--beside`, which says that the machine does other work too, wall-clock figures are left out.
Corpora, indexes and runs lie in a temporary folder, or in `--work`, where the next start finds them. Writes
results/large.jsonl; what is not measured again is kept as it was.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common import RESULTS, ROOT, SHARED, clock, commit, read_rows, row, write_rows
from corpus_statistics import collections, word_statistics
from corpus_text import write_claims, write_corpus

PARTS = ("text", "claims", "export", "index", "search", "model")
FORMATS = ("csv", "jsonl", "parquet", "xlsx")
MODERATE = 100_000  # sentences that the rule double's claims are about
SEARCHES, WARM, TOGETHER = 2_000, 256, 128

WALL = re.compile("seconds|.*_per_second")

Measured = dict[str, float]


class Tenth:
    """A progress that notes the peak of memory when a tenth of the claims is decided."""

    def __init__(self) -> None:
        self.peak_mb = 0
        self._decided, self._all = 0, 0

    def total(self, stage: str, n: int | None, *, done: int = 0) -> None:
        if stage == "scoring":
            self._decided, self._all = done, n or 0

    def advance(self, stage: str, n: int = 1) -> None:
        self._decided += n * (stage == "scoring")
        if not self.peak_mb and 10 * self._decided >= self._all > 0:
            self.peak_mb = peak_mb()

    def note(self, text: str) -> None:
        print(text, file=sys.stderr)


def peak_mb() -> int:
    """The most memory that was ever resident in this process, in MB; of Linux, without that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM")]
        return round(int(line.split()[1]) * 1024 / 1e6)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def megabytes(folder: Path) -> int:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)


def index(corpus: Path) -> Measured:
    """Build the index beside the documents."""
    from factcheck.corpus.build import build_index

    started, before = time.perf_counter(), cpu_seconds()
    report = build_index(corpus / "documents", corpus / "index")
    seconds = time.perf_counter() - started
    return {
        "peak_mb": peak_mb(),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds() - before, 1),
        "sentences_per_second": round(report.sentences / seconds),
        "disk_mb": megabytes(corpus / "index"),
        "documents_mb": megabytes(corpus / "documents"),
        "documents": report.documents,
        "sentences": report.sentences,
    }


def search(corpus: Path, claims: Path) -> Measured:
    """Find the hits of some claims, a window at a time as a job does, the first ones untimed."""
    from factcheck.corpus.index import CorpusIndex
    from factcheck.formats import read_claims
    from factcheck.retrieval.finder import EvidenceFinder

    finder = EvidenceFinder(CorpusIndex(corpus / "index"))
    asked = list(read_claims(claims))
    cold = clock(lambda: finder.find(asked[:WARM]))
    windows = [asked[at : at + TOGETHER] for at in range(WARM, len(asked), TOGETHER)]
    before, hits = cpu_seconds(), []
    seconds = clock(lambda: hits.extend(len(found.hits) for window in windows for found in finder.find(window)))
    return {
        "peak_mb": peak_mb(),
        "queries_per_second": round(len(hits) / seconds, 1),
        "cpu_ms_a_query": round((cpu_seconds() - before) / len(hits) * 1e3, 2),
        "first_queries_per_second": round(WARM / cold, 1),
        "hits_a_query": round(sum(hits) / len(hits), 2),
    }


def job(corpus: Path, claims: Path, run: Path, *, double: bool) -> Measured:
    """Verify the claims over an index that is there."""
    from factcheck.config import Settings
    from factcheck.jobs.verify import run_job
    from factcheck.testing import RuleNLI

    tenth, before = Tenth(), cpu_seconds()
    settings = Settings(index=str(corpus / "index"))
    report = run_job(claims, run, settings, scorer=RuleNLI() if double else None, progress=tenth)
    return {
        "peak_mb": peak_mb(),
        "peak_at_a_tenth_mb": tenth.peak_mb,
        "seconds": round(report.seconds, 1),
        "cpu_seconds_per_1000_claims": round((cpu_seconds() - before) / report.claims * 1e3, 2),
        "claims": report.claims,
        "pairs": report.pairs,
        "pairs_per_second": round(report.pairs / report.seconds, 1),
        "run_mb": megabytes(run),
        **{label.name.lower(): count for label, count in report.counts.items()},
    }


def export(run: Path, to: str) -> Measured:
    """Write the verdicts of a run to a file."""
    from factcheck.formats.export import export as write
    from factcheck.run.ledger import Ledger

    out = run.parent / f"verdicts.{to}"
    started = time.perf_counter()
    with Ledger(run) as ledger:
        rows = write(ledger.verdicts, to, out)
    seconds = time.perf_counter() - started
    found = {"peak_mb": peak_mb(), "seconds": round(seconds, 1), "cpu_seconds": round(cpu_seconds(), 1)}
    found |= {"file_mb": round(out.stat().st_size / 1e6), "verdicts": rows}
    out.unlink()
    return found


class Bench:
    """Makes what a part needs, and measures it in a process of its own."""

    def __init__(self, work: Path, args: argparse.Namespace) -> None:
        self._work = work
        self._beside = args.beside
        self._claims, self._sentences, self._judged = (
            numbers(args.claims),
            numbers(args.sentences),
            numbers(args.judged),
        )

    def corpus(self, sentences: int) -> Path:
        """The folder of a corpus of so many sentences."""
        folder = self._work / f"corpus-{sentences}"
        if not (folder / "documents").exists():
            digest = write_corpus(folder / "new", sentences)
            print(f"{sentences:,} sentences, SHA-256 {digest}", flush=True)
            (folder / "new").rename(folder / "documents")
        return folder

    def indexed(self, sentences: int) -> Path:
        """The same, with its index."""
        folder = self.corpus(sentences)
        if not (folder / "index" / "index.json").exists():
            measured("index", folder)
        return folder

    def claims_of(self, count: int, sentences: int) -> Path:
        path = self._work / f"claims-{count}-of-{sentences}.jsonl"
        if not path.exists():
            digest = write_claims(path.with_suffix(".new"), count, sentences)
            print(f"{count:,} claims, SHA-256 {digest}", flush=True)
            path.with_suffix(".new").rename(path)
        return path

    def run(self, part: str) -> Iterator[dict[str, Any]]:
        """The result rows of a part."""
        parts: dict[str, Callable[[], Iterator[tuple[str, Measured]]]] = {
            "text": _text,
            "claims": self._double,
            "export": self._export,
            "index": self._index,
            "search": self._search,
            "model": self._model,
        }
        for case, all_found in parts[part]():
            found = {name: figure for name, figure in all_found.items() if not (self._beside and WALL.fullmatch(name))}
            print(f"{case}: {json.dumps(found)}", flush=True)
            yield row("large", case, found, commit=commit())

    def _double(self) -> Iterator[tuple[str, Measured]]:
        corpus = self.indexed(MODERATE)
        for count in self._claims:
            run = self._work / f"double-{count}"
            shutil.rmtree(run, ignore_errors=True)
            found = measured("double", corpus, self.claims_of(count, MODERATE), run)
            yield f"claims, rule double: {count:,} over {MODERATE:,} sentences", found

    def _export(self) -> Iterator[tuple[str, Measured]]:
        run = self._work / f"double-{max(self._claims)}"
        if not (run / "run.sqlite").exists():
            measured("double", self.indexed(MODERATE), self.claims_of(max(self._claims), MODERATE), run)
        for to in FORMATS:
            yield f"export, {to}: {max(self._claims):,} verdicts", measured("export", run, to)

    def _index(self) -> Iterator[tuple[str, Measured]]:
        for sentences in self._sentences:
            corpus = self.corpus(sentences)
            shutil.rmtree(corpus / "index", ignore_errors=True)
            yield f"index: {sentences:,} sentences", measured("index", corpus)

    def _search(self) -> Iterator[tuple[str, Measured]]:
        for sentences in self._sentences:
            found = measured("search", self.indexed(sentences), self.claims_of(SEARCHES, sentences))
            yield f"search: {sentences:,} sentences", found
        scifact = SHARED / "data/scifact"
        if scifact.is_dir():
            corpus = self._work / "scifact"
            (corpus / "documents").mkdir(parents=True, exist_ok=True)
            shutil.copy(scifact / "corpus.jsonl.gz", corpus / "documents")
            measured("index", corpus)
            yield "search: SciFact, for comparison", measured("search", corpus, scifact / "claims_train.jsonl")

    def _model(self) -> Iterator[tuple[str, Measured]]:
        sentences = max(self._sentences)
        corpus = self.indexed(sentences)
        for count in self._judged:
            run = self._work / f"model-{count}"
            shutil.rmtree(run, ignore_errors=True)
            with TemporaryDirectory(dir=self._work) as cache:  # nothing was scored before
                found = measured("model", corpus, self.claims_of(count, sentences), run, cache=cache)
            yield f"claims, bundled model: {count:,} over {sentences:,} sentences", found


def _text() -> Iterator[tuple[str, Measured]]:
    for name, sentences, claims in collections():
        yield f"text: {name}", word_statistics(sentences, claims)


def measured(*command: str | Path, cache: str = "", script: str = __file__) -> Measured:
    """What a benchmark, this one if no other is named, prints when it is started as a worker."""
    environment = os.environ | ({"FACTCHECK_CACHE": cache} if cache else {})
    worker = [sys.executable, script, "--worker", *map(str, command)]
    done = subprocess.run(worker, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: Measured = json.loads(done.stdout)
    return found


def work(kind: str, *paths: str) -> Measured:
    """Do one measurement in this process."""
    if kind == "export":
        return export(Path(paths[0]), paths[1])
    if kind == "index":
        return index(Path(paths[0]))
    if kind == "search":
        return search(*map(Path, paths))
    return job(*map(Path, paths), double=kind == "double")


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    """Measure the parts asked for and put them into `results/large.jsonl`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without it")
    parser.add_argument("--claims", default="1000,5000", help="sizes for the rule double, with commas")
    parser.add_argument("--sentences", default="100000", help="sizes of the index, with commas")
    parser.add_argument("--judged", default="500", help="numbers of claims for the model, with commas")
    parser.add_argument("--beside", action="store_true", help="the machine does other work meanwhile")
    parser.add_argument("--work", type=Path, help="folder that is kept, for corpora, indexes and runs")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with TemporaryDirectory() as name:
        bench = Bench(args.work or Path(name), args)
        path = args.out / "large.jsonl"
        rows = {line["case"]: line for line in (read_rows(path) if path.exists() else [])}
        for part in args.parts or PARTS:
            for line in bench.run(part):
                rows[line["case"]] = line
                write_rows("large", list(rows.values()), args.out)
    print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(work(*sys.argv[2:])))
    else:
        main()
