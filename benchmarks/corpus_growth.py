"""What a large corpus costs: its index built, searched and kept up to date, at growing sizes, on text that is made.

    python benchmarks/corpus_growth.py                                     # 10,000 and 100,000 sentences
    python benchmarks/corpus_growth.py build search --sentences 1000000 --work /tmp/growth
    python benchmarks/corpus_growth.py curve                               # from the rows that are there

| part | what is measured |
| --- | --- |
| build | a new index: time, MB of documents a second, disk, peak of memory |
| search | opening and the first query with nothing in memory, then ten hits each for 2,000 claims |
| add, change, delete | one document in a hundred, in a copy of that index, beside the time of its build |
| updates | four changes of one document in a hundred, and two when what they replaced is a day old: disk of each |
| words | what a query costs by how many words it has and how common they are |
| curve | cost as a power of size from the two largest sizes, and what follows for 25 million sentences |

Every measurement is in a process of its own. Writes results/corpus_growth.jsonl; what is not measured again stays.
"""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from common import RESULTS, ROOT, clock, commit, read_rows, row, write_rows
from corpus_text import write_claims, write_corpus
from large import SEARCHES, TOGETHER, WARM, Measured, cpu_seconds, measured, numbers, peak_mb

PARTS = ("build", "search", "add", "change", "delete", "updates", "words", "curve")
ONE_IN = 100  # documents
UPDATES, CLEARING = 4, 2
FEVER = 25_000_000
CURVES = (("build", "seconds"), ("build", "disk_mb"), ("build", "peak_mb"), ("search", "peak_mb"))
CURVES += (("search", "ms_a_query"), ("search", "first_query_ms"), ("add", "seconds"), ("delete", "seconds"))


def disk_mb(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def vary(documents: Path, to: Path, way: str, turn: int = 0) -> None:
    """Write the documents with one in a hundred added, changed or left out; another one with each turn."""
    to.mkdir(parents=True)
    more, number = [], 0
    for path in sorted(documents.glob("*.jsonl")):
        with path.open("rb") as stream, (to / path.name).open("wb") as out:
            for line in stream:
                number += 1
                if number % ONE_IN != turn:
                    out.write(line)
                    continue
                record = json.loads(line)
                if way == "change":
                    record["text"] += f" A correction was printed on day {turn}."
                    out.write(json.dumps(record).encode() + b"\n")
                elif way == "add":
                    out.write(line)
                    more.append(json.dumps(record | {"id": f"{record['id']}-again"}).encode() + b"\n")
    if more:
        (to / "more.jsonl").write_bytes(b"".join(more))


def build(documents: Path, index: Path) -> Measured:
    """Bring an index up to date, or build it."""
    from factcheck.corpus.build import build_index

    started, before = time.perf_counter(), cpu_seconds()
    report = build_index(documents, index)
    seconds = time.perf_counter() - started
    megabytes = disk_mb(documents)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds() - before, 2),
        "peak_mb": peak_mb(),
        "mb_per_second": round(megabytes / seconds, 2),
        "sentences": report.sentences,
        "documents": report.documents,
        "files_read": report.files_read,
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "documents_mb": megabytes,
        "disk_mb": disk_mb(index),
        "disk_bytes_a_sentence": round(disk_mb(index) * 1e6 / report.sentences, 1),
    }


def forget(folder: Path) -> None:
    """Have the system drop what it holds of files in memory."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def search(index: Path, claims: Path) -> Measured:
    """The first query, nothing of the index being in memory, and then many."""
    from factcheck.corpus.index import CorpusIndex
    from factcheck.formats import read_claims
    from factcheck.retrieval.finder import EvidenceFinder

    asked = list(read_claims(claims))
    EvidenceFinder(CorpusIndex(index)).find(asked[:1])  # libraries are loaded
    forget(index)
    first = clock(lambda: EvidenceFinder(CorpusIndex(index)).find(asked[:1]))
    finder = EvidenceFinder(CorpusIndex(index))
    cold = clock(lambda: finder.find(asked[:WARM]))
    windows = [asked[at : at + TOGETHER] for at in range(WARM, len(asked), TOGETHER)]
    before, count = cpu_seconds(), len(asked) - WARM
    seconds = clock(lambda: [finder.find(window) for window in windows])
    return {
        "first_query_ms": round(first * 1e3, 1),
        "first_queries_per_second": round(WARM / cold, 1),
        "queries_per_second": round(count / seconds, 1),
        "ms_a_query": round(seconds / count * 1e3, 3),
        "cpu_ms_a_query": round((cpu_seconds() - before) / count * 1e3, 2),
        "peak_mb": peak_mb(),
    }


def updates(documents: Path, index: Path, work: Path) -> Measured:
    """Change the corpus some times, then twice more as if what was replaced were a day old."""
    from factcheck.corpus import build as module
    from factcheck.corpus.build import build_index

    found: Measured = {"fresh_mb": disk_mb(index)}
    seconds = []
    for turn in range(1, UPDATES + CLEARING + 1):
        if turn == UPDATES + 1:
            module._KEPT = module._SLACK = timedelta(seconds=1)
            found["updated_mb"], found["seconds_an_update"] = disk_mb(index), round(statistics.mean(seconds), 2)
        shutil.rmtree(work / "varied", ignore_errors=True)
        vary(documents, work / "varied", "change", turn)
        started = time.perf_counter()
        build_index(work / "varied", index)
        seconds.append(time.perf_counter() - started)
    return found | {"cleared_mb": disk_mb(index), "seconds_with_clearing": round(seconds[-1], 2), "peak_mb": peak_mb()}


def words(index: Path) -> Measured:
    """Milliseconds of a search alone, by the number of words and by the share of sentences that hold them."""
    from factcheck.corpus.index import CorpusIndex, Search

    opened = CorpusIndex(index)
    total = opened.pointer.sentences
    rows = opened._tables["sentences"].search().select(["body"]).limit(min(total, 100_000)).to_list()
    cut = opened.analyzer.words_of(opened.analyzer.queries([item["body"] for item in rows]))
    holders: dict[str, int] = {}
    for found in cut:
        for word in set(found):
            holders[word] = holders.get(word, 0) + 1
    bands = {"5_to_20_percent": (0.05, 0.2), "1_to_2_percent": (0.01, 0.02), "0.1_percent": (0.0008, 0.0012)}
    result: Measured = {}
    rng = random.Random(0)
    for band, (least, most) in bands.items():
        known = sorted(word for word, count in holders.items() if least <= count / len(rows) <= most)
        for size in (1, 3, 10):
            queries = [" ".join(rng.sample(known, min(size, len(known)))) for _ in range(60)]
            opened.search_all([Search(text, 10) for text in queries])
            seconds = clock(lambda queries=queries: [opened.search(text, limit=10) for text in queries])
            result[f"{size}_words_of_{band}_ms"] = round(seconds / len(queries) * 1e3, 2)
    return result


class Growth:
    """Makes what a part needs, and measures it in a process of its own."""

    def __init__(self, work: Path) -> None:
        self._work = work

    def measure(self, part: str, sentences: int) -> Measured:
        """The figures of one part at one size."""
        folder = self._work / f"corpus-{sentences}"
        documents, index, copy = folder / "documents", folder / "index", folder / "copy"
        if not documents.exists():
            write_corpus(folder / "new", sentences)
            (folder / "new").rename(documents)
        if part == "build" or not (index / "index.json").exists():
            shutil.rmtree(index, ignore_errors=True)
            found = here("build", documents, index)
            if part == "build":
                return found
        if part == "words":
            return here(part, index)
        if part == "search":
            claims = self._work / f"claims-{SEARCHES}-of-{sentences}.jsonl"
            if not claims.exists():
                write_claims(claims, SEARCHES, sentences)
            return here(part, index, claims)
        for path in (copy, folder / "varied"):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(index, copy)
        if part == "updates":
            found = here(part, documents, copy, folder)
        else:
            vary(documents, folder / "varied", part)
            found = here("build", folder / "varied", copy)
        for path in (copy, folder / "varied"):
            shutil.rmtree(path)
        return found


def here(*command: str | Path) -> Measured:
    return measured(*command, script=__file__)


def curve(rows: dict[str, dict[str, dict[str, float]]]) -> Iterator[tuple[str, Measured]]:
    """For each cost its exponent between neighbouring sizes, and what the last two of them give for FEVER.

    `power` goes on with the exponent, which is too little where a fixed part still counts; `line` goes on straight.
    """
    for part, name in CURVES:
        at = {
            int(case.split()[1].replace(",", "")): line["metrics"][name]
            for case, line in rows.items()
            if case.startswith(f"{part}: ") and name in line["metrics"]
        }
        found: Measured = {}
        for (small, low), (large, high) in pairwise(sorted(at.items())):
            found[f"exponent_{small}_to_{large}"] = power = round(math.log(high / low) / math.log(large / small), 2)
            found["at_25_million_by_power"] = round(high * (FEVER / large) ** power, 1)
            found["at_25_million_by_line"] = round(high + (high - low) / (large - small) * (FEVER - large), 1)
        if found:
            yield f"curve: {part}, {name}", found


def main() -> None:
    """Measure the parts asked for and put them into `results/corpus_growth.jsonl`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without it")
    parser.add_argument("--sentences", default="10000,100000", help="sizes, with commas")
    parser.add_argument("--work", type=Path, help="folder that is kept, for corpora and indexes")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    path = args.out / "corpus_growth.jsonl"
    rows = {line["case"]: line for line in (read_rows(path) if path.exists() else [])}

    def keep(case: str, found: Measured) -> None:
        print(f"{case}: {json.dumps(found)}", flush=True)
        rows[case] = row("corpus_growth", case, found, commit=commit())
        write_rows("corpus_growth", list(rows.values()), args.out)

    with TemporaryDirectory() as name:
        growth = Growth(args.work or Path(name))
        for sentences in numbers(args.sentences):
            for part in args.parts or PARTS:
                if part != "curve":
                    keep(f"{part}: {sentences:,} sentences", growth.measure(part, sentences))
    if "curve" in (args.parts or PARTS):
        for case, found in curve(dict(rows)):
            keep(case, found)
    print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker = {"build": build, "search": search, "updates": updates, "words": words}[sys.argv[2]]
        print(json.dumps(worker(*map(Path, sys.argv[3:]))))
    else:
        main()
