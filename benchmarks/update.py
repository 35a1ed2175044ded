"""What `factcheck update` spares after 1 % of the documents changed: pairs scored again, and time against a new run.

    python benchmarks/update.py                   # the rule double on all claims, the bundled model on 300
    python benchmarks/update.py --model rules     # one of the two
    python benchmarks/update.py --share 0.05      # another share of the documents

The SciFact abstracts as text files and 1,000 of its claims, ten hits a claim; where ../shared is absent, the text files
of our collections, too few for the share to say much. One after another 1 % of the documents are changed (a sentence
goes, another comes), added, removed, and all three mixed. After each the run is updated, a new run is made, and their
exports must be equal byte for byte. Neither uses a score cache, the model is loaded once, and the index is brought up
to date before, since both need it. Writes results/update.jsonl.
"""

import argparse
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common import RESULTS, clock, row, write_rows
from end_to_end import collection

from factcheck.config import Settings
from factcheck.formats.export import export
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import index_corpus
from factcheck.jobs.update import Updater, UpdateReport
from factcheck.jobs.verify import run_job
from factcheck.nli import PairScorer, load
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI

CLAIMS = {"rules": 1000, "nli-mini": 300}


class Edits:
    """Changes to a folder of text files, a share of them at a time."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder = folder
        self.rng = random.Random(0)
        self.texts = [path.read_text("utf-8") for path in sorted(folder.iterdir())]
        self.count = max(1, round(share * len(self.texts)))
        self.made = 0

    def change(self, count: int) -> None:
        """In each, a sentence of another document takes the place of one."""
        for path in self._some(count):
            sentences = path.read_text("utf-8").split(". ")
            sentences[self.rng.randrange(len(sentences))] = self._sentence()
            path.write_text(". ".join(sentences), "utf-8")

    def add(self, count: int) -> None:
        """Each has sentences of several documents."""
        for _ in range(count):
            self.made += 1
            text = ". ".join(self._sentence() for _ in range(8))
            (self.folder / f"new-{self.made:05}.txt").write_text(f"New study {self.made}\n\n{text}.\n", "utf-8")

    def remove(self, count: int) -> None:
        """Drawn like the others."""
        for path in self._some(count):
            path.unlink()

    def mixed(self, count: int) -> None:
        """A third each."""
        for at, edit in enumerate((self.change, self.add, self.remove)):
            edit(max(1, (count + at) // 3))

    def _some(self, count: int) -> list[Path]:
        return self.rng.sample(sorted(self.folder.iterdir()), count)

    def _sentence(self) -> str:
        return self.rng.choice(self.rng.choice(self.texts).split("\n\n")[-1].rstrip(".\n").split(". "))


def measure(model: str, scorer: PairScorer, work: Path, claims: Path, share: float) -> list[dict[str, Any]]:
    """A row for each kind of edit."""
    settings = Settings(corpus=str(work / "texts"), index=str(work / "index"), cache=False)
    index_corpus(settings.corpus, work / "index", settings, Silent())
    first = clock(lambda: run_job(claims, work / "run", settings, scorer=scorer))
    print(f"{model}: the first run takes {first:.1f} s", flush=True)
    edits, rows = Edits(work / "texts", share), []
    updater = Updater(work / "run", scorer=scorer)
    kinds: dict[str, Callable[[int], None]] = {
        "change": edits.change,
        "add": edits.add,
        "remove": edits.remove,
        "mixed": edits.mixed,
    }
    for kind, edit in kinds.items():
        edit(edits.count)
        indexed = clock(lambda: index_corpus(settings.corpus, work / "index", settings, Silent()))
        reports: list[UpdateReport] = []
        seconds = clock(lambda reports=reports: reports.append(updater.update()))
        again = clock(lambda kind=kind: run_job(claims, work / kind, settings, scorer=scorer))
        if exported(work / "run") != exported(work / kind):
            raise SystemExit(f"{kind}: the updated run is not the new run")
        [report] = reports
        pairs = report.pairs
        metrics = {
            "share_spared": round(1 - pairs.scored / pairs.asked, 4),
            "seconds": round(seconds, 2),
            "times_faster": round(again / seconds, 2),
        }
        facts = {"claims": report.claims, "documents": report.documents, "edited": edits.count, "flips": report.flipped}
        facts |= {"pairs": pairs.asked, "known": pairs.known, "scored": pairs.scored}
        rows.append(
            row("update", f"{kind}, {model}", metrics, new_run=round(again, 2), index=round(indexed, 2), **facts)
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def exported(run: Path) -> bytes:
    """The verdicts of a run as JSON Lines."""
    out = run.with_suffix(".jsonl")
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", out)
    return out.read_bytes()


def main() -> None:
    """Measure with each model, and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", choices=list(CLAIMS), help="one of them; both without it")
    parser.add_argument("--share", type=float, default=0.01, help="of the documents that are edited at a time")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    name, claims, texts = collection()
    print(name, flush=True)
    rows = []
    for model in args.model or CLAIMS:
        with TemporaryDirectory() as folder:
            work = Path(folder)
            shutil.copytree(texts, work / "texts")
            lines = claims.read_text("utf-8").splitlines(keepends=True)[: CLAIMS[model]]
            (work / "claims.jsonl").write_text("".join(lines), "utf-8")
            scorer: PairScorer = RuleNLI() if model == "rules" else load(model)
            scorer.score([("Warm.", "Up.")])
            rows += measure(model, scorer, work, work / "claims.jsonl", args.share)
    print(write_rows("update", rows, args.out))


if __name__ == "__main__":
    main()
