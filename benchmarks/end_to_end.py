"""`factcheck verify` against the thirty-line pipeline, claims and text files in, verdicts out.

    python benchmarks/end_to_end.py                     # everything
    python benchmarks/end_to_end.py thirty-sentences    # one part; the others keep what they measured before
    python benchmarks/end_to_end.py --precision bf16    # ours in another precision than the default

The SciFact abstracts as text files and 1,000 of its train and dev claims (seed 0), ten hits a claim; where ../shared
is absent, the text files of our collections and their claims. `thirty_lines.py` runs its fixed parts in full
(libraries and model loaded, the corpus split into sentences, indexed) and 150 of the claims, and its time for them is
scaled to all. Ours runs whole, through the command line, each time in a new process: cold (no index, no cache), warm
(a new run folder; index and cache are those of the cold run), and the finished cold run started again. Its stages
overlap, so they add up to more than the time that passes.
"""

import argparse
import gzip
import json
import os
import pickle
import random
import resource
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from common import BUILD, RESULTS, ROOT, SHARED, clock, fp32_model, row, spread, write_rows

WORK = BUILD / "end_to_end"
CLAIMS = 1000
JUDGED = 150  # claims by the thirty lines
PARTS = ("thirty-sentences", "thirty-claims", "ours-cold", "ours-warm", "ours-again")


def collection() -> tuple[str, Path, Path]:
    """What is verified: its name, a file of claims and a folder of text files, both written afresh where missing."""
    scifact = SHARED / "data/scifact"
    name = "SciFact abstracts as text" if scifact.is_dir() else "text files of our collections (../shared is absent)"
    folder = WORK / ("scifact" if scifact.is_dir() else "ours")
    claims, texts = folder / "claims.jsonl", folder / "texts"
    if not claims.exists():
        shutil.rmtree(folder, ignore_errors=True)
        texts.mkdir(parents=True)
        if scifact.is_dir():
            documents = map(json.loads, gzip.decompress((scifact / "corpus.jsonl.gz").read_bytes()).splitlines())
            written = {str(one["doc_id"]): f"{one['title']}\n\n{' '.join(one['abstract'])}\n" for one in documents}
            files = [scifact / "claims_train.jsonl", scifact / "claims_dev.jsonl"]
        else:
            found = sorted(ROOT.glob("claims/*/documents/*.txt"))
            written = {f"{path.parts[-3]}-{path.stem}": path.read_text("utf-8") for path in found}
            files = sorted(ROOT.glob("claims/*/claims.jsonl"))
        for doc_id, text in written.items():
            (texts / f"{doc_id}.txt").write_text(text, "utf-8")
        asked = [json.loads(line)["claim"] for path in files for line in path.read_text("utf-8").splitlines()]
        chosen = random.Random(0).sample(asked, min(CLAIMS, len(asked)))
        lines = [json.dumps({"id": str(at), "claim": claim}) + "\n" for at, claim in enumerate(chosen)]
        claims.write_text("".join(lines), "utf-8")
    return name, claims, texts


def thirty_sentences(claims: Path, texts: Path) -> dict[str, Any]:
    """The corpus split and indexed by the thirty lines; the sentences are kept for the part that judges."""
    import thirty_lines

    started = time.perf_counter()
    corpus = thirty_lines.sentences(str(texts))
    split = time.perf_counter() - started
    (claims.parent / "sentences.pickle").write_bytes(pickle.dumps(corpus))
    return {"split": split, "index": clock(lambda: thirty_lines.index(corpus)), "sentences": len(corpus)}


def thirty_claims(claims: Path, texts: Path) -> dict[str, Any]:
    """Loading, and some of the claims judged by the thirty lines."""
    model = str(fp32_model())
    started = time.perf_counter()
    import thirty_lines

    encoder = thirty_lines.CrossEncoder(model)
    loading = time.perf_counter() - started
    kept = claims.parent / "sentences.pickle"
    corpus = pickle.loads(kept.read_bytes()) if kept.exists() else thirty_lines.sentences(str(texts))
    retriever = thirty_lines.index(corpus)
    asked = [json.loads(line)["claim"] for line in claims.read_text("utf-8").splitlines()]
    retrieval, scoring = [], []
    for claim in asked[:JUDGED]:
        started = time.perf_counter()
        hits = thirty_lines.retrieve(claim, corpus, retriever)
        found = time.perf_counter()
        thirty_lines.judge(claim, hits, encoder)
        retrieval.append(found - started)
        scoring.append(time.perf_counter() - found)
    thirds = [sum(scoring[at::3]) / len(scoring[at::3]) for at in range(3)]  # every third claim: how steady it was
    return {
        "load": loading,
        "retrieval": sum(retrieval) / len(retrieval) * len(asked),
        "scoring": sum(scoring) / len(scoring) * len(asked),
        "scoring_spread": [bound * len(asked) for bound in spread(thirds)[1:]],
        "judged": len(scoring),
        "claims": len(asked),
        "dtype": str(encoder.model.dtype),
    }


def ours(part: str, claims: Path, texts: Path, precision: str) -> dict[str, Any]:
    """One start of `factcheck verify` in a process of its own, and what its stages took."""
    folder = claims.parent / f"ours-{precision}"
    if part == "ours-cold":
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    run = folder / ("warm" if part == "ours-warm" else "cold")
    if part == "ours-warm":
        shutil.rmtree(run, ignore_errors=True)
    command = ["verify", str(claims), "--corpus", str(texts), "--run", str(run), "--quiet", "--precision", precision]
    told = folder / "stages.json"
    env = os.environ | {"FACTCHECK_CACHE": str(folder / "cache")}
    worker = [sys.executable, __file__, "--worker", str(told), *command]
    wall = clock(lambda: subprocess.run(worker, env=env, check=True, stdout=subprocess.DEVNULL))
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    return {
        "wall": wall,
        **json.loads(told.read_text("utf-8")),
        "claims": manifest["claims"],
        "counters": manifest["scored"],  # of the start that finished the run
        "numeric_class": manifest["identity"]["numeric_class"],
    }


def work(told: Path, arguments: list[str]) -> None:
    """Be the command `factcheck`, with a clock at each stage."""
    began = time.perf_counter()
    stages: dict[str, float] = {}

    def timed(owner: Any, name: str, stage: str) -> None:
        function = getattr(owner, name)

        def call(*positional: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*positional, **named)
            finally:
                stages[stage] = stages.get(stage, 0.0) + time.perf_counter() - started

        setattr(owner, name, call)

    from factcheck import nli

    load = nli.load

    def loaded(*positional: Any, **named: Any) -> Any:
        scorer = load(*positional, **named)
        timed(type(scorer), "score", "model")
        return scorer

    nli.load = loaded
    timed(nli, "load", "load")
    if "factcheck.jobs" in sys.modules:
        raise SystemExit("factcheck.jobs was imported before its clock was set")
    import factcheck.jobs.sources as job
    from factcheck.nli.cache import CachedScorer
    from factcheck.retrieval.finder import EvidenceFinder
    from factcheck.run.ledger import Ledger

    timed(CachedScorer, "score", "scoring")  # the model's time included
    timed(job, "build_index", "index")
    timed(EvidenceFinder, "find", "retrieval")
    timed(Ledger, "ingest", "claims")
    timed(Ledger, "write", "writing")
    timed(Ledger, "finish", "writing")
    sys.argv = ["factcheck", *arguments]
    try:
        runpy.run_module("factcheck", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    seconds = time.perf_counter() - began
    told.write_text(json.dumps({"stages": stages, "process": seconds, "peak_memory_mb": round(peak)}), "utf-8")


def rows(name: str, found: dict[str, dict[str, Any]], precision: str) -> Iterable[dict[str, Any]]:
    """Result rows of the parts that have been measured."""
    fixed, judged = found.get("thirty-sentences"), found.get("thirty-claims")
    total = None
    if fixed and judged:
        stages = {stage: judged[stage] for stage in ("load", "retrieval", "scoring")}
        stages |= {stage: fixed[stage] for stage in ("split", "index")}
        total = sum(stages.values())
        facts = {"set": name, "sentences": fixed["sentences"], "judged": judged["judged"], "claims": judged["claims"]}
        facts |= {"scoring_spread": judged["scoring_spread"], "dtype": judged["dtype"]}
        metrics = {"seconds": round(total, 2), "claims_per_second": round(judged["claims"] / total, 2)}
        yield row("end-to-end", "thirty lines", metrics, stages=rounded(stages), **facts)
    for part in PARTS[2:]:
        key = f"{part}-{precision}"
        if key in found:
            one = found[key]
            metrics = {"seconds": round(one["wall"], 2), "claims_per_second": round(one["claims"] / one["wall"], 2)}
            metrics |= {"ratio": round(total / one["wall"], 2)} if total else {}
            facts = {"set": name, "stages": rounded(one["stages"]), "numeric_class": one["numeric_class"]}
            facts |= {"peak_memory_mb": one["peak_memory_mb"], "claims": one["claims"]}
            facts |= {"scored": one["counters"]} if part != "ours-again" else {}
            yield row("end-to-end", f"{part}, {precision}", metrics, **facts)


def rounded(stages: dict[str, float]) -> dict[str, float]:
    """Seconds to the hundredth."""
    return {stage: round(seconds, 2) for stage, seconds in stages.items()}


def main() -> None:
    """Measure the parts asked for, keep them, and write `results/end_to_end.jsonl` from all that are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without it")
    parser.add_argument("--precision", action="append", help="of ours; auto without it")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    name, claims, texts = collection()
    kept = claims.parent / "measured.json"
    found = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    precisions = args.precision or ["auto"]
    jobs: dict[str, Callable[[], dict[str, Any]]] = {}
    for part in args.parts or PARTS:
        if part.startswith("thirty"):
            measure = {"thirty-sentences": thirty_sentences, "thirty-claims": thirty_claims}[part]
            jobs[part] = lambda measure=measure: measure(claims, texts)
        else:
            jobs |= {
                f"{part}-{precision}": lambda part=part, precision=precision: ours(part, claims, texts, precision)
                for precision in precisions
            }
    for part, measure in jobs.items():
        found[part] = measure()
        kept.write_text(json.dumps(found, indent=1), "utf-8")
        print(part, found[part], flush=True)
    known = sorted({key.rpartition("-")[2] for key in found if key.startswith("ours")})
    lines = {line["case"]: line for precision in known for line in rows(name, found, precision)}
    print(write_rows("end_to_end", list(lines.values()), args.out))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(Path(sys.argv[2]), sys.argv[3:])
    else:
        main()
