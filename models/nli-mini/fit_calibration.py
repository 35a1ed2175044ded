"""Fits the calibrations that come with a model: `python models/nli-mini/fit_calibration.py [MODEL] [--precision P …]`.

One file a precision, `calibration-PRECISION.json` in the model's folder, for verifying as the settings are by default.
Scores are across sets, each left out whole in turn. Only confidences are fitted: labels that were fitted too were worth
no more on the sets that nothing was fitted on, and less in macro F1.
Claims that the model's `training-claims.bin` has are left out; nothing is fitted without that file, unless --unchecked
says so. The sets are

* CLIMATE-FEVER, even half, against the pool of all its evidence sentences;
* Fool-me-twice dev against the sentences of its pages, those of every third page left out: their claims are NOT ENOUGH
  INFO then;
* what training left of SciFact's training claims, against all abstracts;
* half of the collections that were written for this (`written/collections`), as one corpus, without every third
  document: the claims of those are NOT ENOUGH INFO then.

Then the rule is tried on sets that it was not fitted on: SciFact dev, the other half of the collections, the claims of
this repository, the news claims.
Runs are kept in the recipe's work folder, so that what was verified is not verified again.
"""

import argparse
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import written
from mix import HERE, Recipe, chance, json_lines

from factcheck.config import Settings
from factcheck.display import Progress
from factcheck.evaluation.calibrate import calibrate, read_run
from factcheck.evaluation.fit import outcome, quality, samples, unfitted
from factcheck.evaluation.overlap import PLAIN
from factcheck.jobs.bench import METHOD
from factcheck.jobs.verify import run_job
from factcheck.types import Label
from factcheck.verdict.combine import Combination

VERDICTS = {
    "entailment": Label.SUPPORTED,
    "contradiction": Label.CONTRADICTED,
    "neutral": Label.NOT_ENOUGH_INFO,
}


@dataclass(frozen=True, slots=True)
class Set:
    """Labelled claims, and the documents that they are held against."""

    name: str
    claims: Path
    corpus: Path


def fitted_on(recipe: Recipe, work: Path) -> list[Set]:
    """The sets that are fitted on."""
    climate, scifact = recipe.paths["data"] / "climate_fever", recipe.paths["data"] / "scifact"
    return [
        Set("climate-fever-even", climate / "claims_even.jsonl.gz", climate / "corpus.jsonl.gz"),
        fool_me_twice(recipe.paths["data"] / "fool_me_twice" / "dev.jsonl", work),
        Set("scifact-train", scifact / "claims_train.jsonl", scifact / "corpus.jsonl.gz"),
        collections(work, fitted=True),
    ]


def tried_on(recipe: Recipe, work: Path) -> Iterator[Set]:
    """Sets that nothing is fitted on."""
    scifact, news = recipe.paths["data"] / "scifact", recipe.paths["news_claims"]
    yield Set("scifact-dev", scifact / "claims_dev.jsonl", scifact / "corpus.jsonl.gz")
    yield collections(work, fitted=False)
    for path in sorted(recipe.paths["claims"].glob("*/claims.jsonl")):
        if (path.parent / "documents").is_dir():
            yield Set(path.parent.name, path, path.parent / "documents")
    yield Set("news", news, recipe.paths["data"].parent / "corpus")


def fool_me_twice(path: Path, work: Path) -> Set:
    """Fool-me-twice as claims against a corpus of pages; a third of the pages, with their answers, is not there."""
    claims: list[str] = []
    pages: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for record in json_lines(path):
        page = record["wikipedia_page"]
        if chance(f"page {page}") < 1 / 3:
            record["label"] = Label.NOT_ENOUGH_INFO
        else:
            pages[page] |= dict.fromkeys(
                item["text"] for item in record["gold_evidence"] + record["retrieved_evidence"]
            )
        claims.append(json.dumps(record))
    documents = [json.dumps({"id": page, "title": page, "text": "\n\n".join(found)}) for page, found in pages.items()]
    return kept("fool-me-twice", claims, documents, work)


def collections(work: Path, *, fitted: bool) -> Set:
    """One half of the written collections as a corpus; a third of the documents, with their answers, is not there."""
    claims: list[str] = []
    documents: list[str] = []
    for path in sorted((HERE / "written" / "collections").glob("*.txt")):
        if (chance(f"half {path.stem}") < 1 / 2) != fitted:
            continue
        for number, document in enumerate(written.read(path), 1):
            key = f"{path.stem}-{number}"
            there = chance(f"collection {key}") >= 1 / 3
            if there:
                text = " ".join(document.sentences)
                documents.append(json.dumps({"id": key, "title": document.title, "text": text}))
            for claim in document.claims:
                label = VERDICTS[claim.label] if there else Label.NOT_ENOUGH_INFO
                quote = {"doc_id": key, "quote": document.sentences[claim.sentence]}
                evidence = [] if label == Label.NOT_ENOUGH_INFO else [quote]
                record = {"id": f"{key}-{len(claims)}", "claim": claim.text, "label": label, "evidence": evidence}
                claims.append(json.dumps(record))
    return kept("collections" if fitted else "other-collections", claims, documents, work)


def kept(name: str, claims: Sequence[str], documents: Sequence[str], work: Path) -> Set:
    """A set of JSON lines in the work folder; its files stay as they are where nothing changed."""
    found = Set(name, work / f"{name}.jsonl.gz", work / f"{name}-documents.jsonl.gz")
    work.mkdir(parents=True, exist_ok=True)
    for file, lines in ((found.claims, claims), (found.corpus, documents)):
        content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        if not file.exists() or file.read_bytes() != content:  # an index goes by when a file was changed
            file.write_bytes(content)
    return found


def verified(chosen: Set, settings: Settings, folder: Path) -> Path:
    """The run folder of a set; verified where it is not there yet."""
    index = folder.parent / "indexes" / chosen.name
    given = replace(settings, corpus=str(chosen.corpus), index=str(index), evidence="corpus")
    with Progress() as progress:
        run_job(chosen.claims, folder / chosen.name, given, progress=progress)
    return folder / chosen.name


def tell(runs: Sequence[Path], rule: Combination) -> None:
    """Print what a rule is worth on each run."""
    print(f"{'not fitted on':<20}{'claims':>7}{'accuracy':>18}{'macro F1':>18}{'ECE':>18}")
    for run in runs:
        found = samples(read_run(run).cases)
        before, after = quality(unfitted(found)), quality([outcome(rule, one) for one in found])
        pairs = ((getattr(before, name), getattr(after, name)) for name in ("accuracy", "macro_f1", "ece"))
        print(f"{run.name:<20}{len(found):>7}" + "".join(f"{f'{one:.3f} → {other:.3f}':>18}" for one, other in pairs))


def main() -> None:
    """Fit as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=HERE, help="a model folder; this one")
    parser.add_argument("--precision", nargs="*", default=["int8"], choices=["int8", "bf16", "fp32"])
    parser.add_argument("--out", type=Path, help="the folder of the files; the model's")
    parser.add_argument("--unchecked", action="store_true", help="fit though nobody knows what training saw")
    parser.add_argument("--work", type=Path, help="where runs are kept; `calibration` in the recipe's work folder")
    given = parser.parse_args()
    if not given.unchecked and not (given.model / PLAIN).exists():
        parser.error(f"{given.model} has no {PLAIN}; check_overlap.py --add makes it")
    recipe = Recipe()
    work = given.work or recipe.paths["work"] / "calibration"
    weights = hashlib.sha256((given.model / "model.safetensors").read_bytes()).hexdigest()
    for precision in given.precision:
        settings = Settings(model=str(given.model), precision=precision, calibration="none")
        made_with = json.dumps([weights, METHOD, settings.identity()], sort_keys=True)
        folder = work / f"runs-{precision}-{hashlib.sha256(made_with.encode()).hexdigest()[:12]}"
        runs = [verified(one, settings, folder) for one in fitted_on(recipe, work)]
        found = calibrate(runs, settings, across=True, keep_labels=True)
        path = (given.out or given.model) / f"calibration-{precision}.json"
        found.calibration.save(path)
        print(*found.notes, *found.lines(), "", sep="\n")
        tell([verified(one, settings, folder) for one in tried_on(recipe, work)], found.calibration.combination)
        print(f"\nwrote {path}")


if __name__ == "__main__":
    main()
