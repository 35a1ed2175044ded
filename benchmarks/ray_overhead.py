"""What the Ray engine costs beside the local one: the same job, the same cores, the same bytes.

    python benchmarks/ray_overhead.py prepare          # corpus, claims and index, once
    python benchmarks/ray_overhead.py local ray        # a start of each; in any order, as often as wanted
    python benchmarks/ray_overhead.py stages           # what each stage costs here, for docs/scaling.md
    python benchmarks/ray_overhead.py write            # results/ray.jsonl, from all that is kept

Each start is the command `factcheck verify --no-cache` in a process of its own, with its imports, its model and, for
Ray, its cluster: seconds are those of a user. Text is that of `corpus_text.py`. What is measured is kept in
`build/benchmarks/ray/`, so that pieces can be measured when the machine is quiet.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from common import BUILD, RESULTS, clock, row, write_rows
from corpus_text import write_claims, write_corpus

FOLDER = BUILD / "ray"
SENTENCES, CLAIMS, SAMPLE = 20_000, 4_000, 512


def prepare(claims: int) -> None:
    """Make what the jobs run on, with its index."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_corpus(FOLDER / "documents", SENTENCES)
    write_claims(FOLDER / "claims.jsonl", claims, SENTENCES)
    subprocess.run([*_factcheck("index"), str(FOLDER / "documents"), "--index", str(FOLDER / "index")], check=True)


def start(engine: str) -> dict[str, Any]:
    """One job from its command to its end, and the digest-worthy bytes of its export beside it."""
    run, out = FOLDER / f"run-{engine}", FOLDER / f"{engine}.jsonl"
    shutil.rmtree(run, ignore_errors=True)
    job = [str(FOLDER / "claims.jsonl"), "--index", str(FOLDER / "index"), "--run", str(run)]
    command = [*_factcheck("verify"), *job, "--no-cache", "--quiet", "--engine", engine]
    wall = clock(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    subprocess.run(
        [*_factcheck("export"), str(run), "--to", "jsonl", "--out", str(out)], check=True, stdout=subprocess.DEVNULL
    )
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    return {
        "engine": engine,
        "wall": wall,
        "seconds": manifest["seconds"],
        "claims": manifest["claims"],
        "pairs": manifest["scored"]["pairs_scored"],
        "tokens": manifest["scored"]["real_tokens"],
        "numeric_class": manifest["identity"]["numeric_class"],
        "same_bytes": _same_bytes(),
        "workers": manifest.get("engine", {}).get("workers"),
    }


def stages() -> dict[str, Any]:
    """Milliseconds that a claim, a pair or a verdict takes in each stage of the pipeline, alone and on all cores."""
    import pickle

    from factcheck.config import Settings
    from factcheck.formats import read_claims
    from factcheck.jobs.bench import prepare as opened
    from factcheck.run.codec import claim_from_json, claim_to_json
    from factcheck.run.ledger import Ledger

    shutil.rmtree(FOLDER / "run-stages", ignore_errors=True)
    bench = opened(Settings(index=str(FOLDER / "index"), cache=False))
    chosen = list(islice(read_claims(FOLDER / "claims.jsonl"), 2 * SAMPLE))
    warm, claims = chosen[:SAMPLE], chosen[SAMPLE:]
    list(bench.verify(iter(warm[:128])))
    found: dict[str, float] = {}
    hits: list[Any] = []
    found["retrieval_ms_a_claim"] = clock(lambda: hits.extend(bench.sources.finder.find(claims))) / len(claims) * 1e3
    pairs = [(hit.passage.premise, claim.text) for claim, one in zip(claims, hits, strict=True) for hit in one.hits]
    encoder = bench.scorer._encoder  # type: ignore[attr-defined]
    found["tokenise_ms_a_pair"] = clock(lambda: encoder.encode(pairs)) / len(pairs) * 1e3
    before = bench.scorer.counters
    found["score_ms_a_pair"] = clock(lambda: bench.scorer.score(pairs)) / len(pairs) * 1e3
    scored = bench.scorer.counters - before
    verdicts: list[Any] = []
    found["whole_ms_a_claim"] = clock(lambda: verdicts.extend(bench.verify(iter(claims)))) / len(claims) * 1e3
    known = [(verdict.claim, [_judged(item) for item in verdict.evidence], verdict) for verdict in verdicts]
    found["decide_ms_a_claim"] = _each(
        known, lambda one: bench.rule.decide(one[0], one[1], evidence_from=one[2].evidence_from)
    )
    lines = [claim_to_json(claim) for claim in claims]
    found["claims_out_ms_a_claim"] = _each(lines, claim_from_json) + _each(claims, claim_to_json)
    answers = [pickle.dumps(verdicts[at : at + 128], protocol=5) for at in range(0, len(verdicts), 128)]
    found["verdicts_back_ms_a_claim"] = _each(answers, pickle.loads) * len(answers) / len(verdicts)
    with Ledger(FOLDER / "run-stages", write=True) as ledger:
        ledger.ingest(claims)
        windows = [verdicts[at : at + 128] for at in range(0, len(verdicts), 128)]
        found["ledger_ms_a_claim"] = _each(windows, ledger.write) * len(windows) / len(verdicts)
    return {
        "engine": "stages",
        **{name: round(value, 4) for name, value in found.items()},
        "pairs_a_claim": len(pairs) / len(claims),
        "tokens_a_pair": scored.real_tokens / len(pairs),
        "padding_efficiency": scored.efficiency,
        "answer_bytes_a_claim": sum(map(len, answers)) / len(verdicts),
        "ledger_bytes_a_claim": (FOLDER / "run-stages" / "run.sqlite").stat().st_size / len(verdicts),
        "numeric_class": bench.scorer.numeric_class,
    }


def _judged(evidence: Any) -> Any:
    from factcheck.types import Judged

    return Judged(evidence.hit, evidence.scores, evidence.parts)


def _each(items: Any, work: Callable[[Any], object]) -> float:
    started = time.perf_counter()
    for item in items:
        work(item)
    return (time.perf_counter() - started) / len(items) * 1e3


def _factcheck(name: str) -> list[str]:
    return [sys.executable, "-m", "factcheck", name]


def _same_bytes() -> bool | None:
    local, ray = FOLDER / "local.jsonl", FOLDER / "ray.jsonl"
    return local.read_bytes() == ray.read_bytes() if local.exists() and ray.exists() else None


def rows(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row an engine and number of claims, the overhead beside Ray's, and one of the stages."""
    found = []
    walls: dict[tuple[int, str], list[float]] = {}
    for one in kept:
        if one["engine"] != "stages":
            walls.setdefault((one["claims"], one["engine"]), []).append(one["wall"])
    for (claims, name), seconds in sorted(walls.items()):
        last = [one for one in kept if one["engine"] == name and one["claims"] == claims][-1]
        metrics = {"seconds": round(statistics.median(seconds), 2)}
        metrics["claims_per_second"] = round(claims / metrics["seconds"], 2)
        if name == "ray" and (beside := walls.get((claims, "local"))):
            metrics["overhead"] = round(metrics["seconds"] / statistics.median(beside) - 1, 4)
        facts = {key: value for key, value in last.items() if key not in {"engine", "wall", "same_bytes"}}
        rounds = [round(one, 2) for one in seconds]
        found.append(row("ray-overhead", f"{name}: {claims:,} claims", metrics, rounds=rounds, **facts))
    for one in [one for one in kept if one["engine"] == "stages"][-1:]:
        metrics = {key: value for key, value in one.items() if "_ms_" in key}
        facts = {key: value for key, value in one.items() if key not in metrics and key != "engine"}
        found.append(row("ray-overhead", "stages", metrics, **facts))
    return found


def main() -> None:
    """Measure the parts asked for, keep them, and write the result file when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=["prepare", "local", "ray", "stages", "write"])
    parser.add_argument("--claims", type=int, default=CLAIMS, help="of `prepare`")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    os.environ["FACTCHECK_CACHE"] = str(FOLDER / "cache")
    measured = FOLDER / "measured.jsonl"
    for part in args.parts:
        if part == "prepare":
            prepare(args.claims)
        elif part == "write":
            print(
                write_rows(
                    "ray", rows([json.loads(line) for line in measured.read_text("utf-8").splitlines()]), args.out
                )
            )
        else:
            one = stages() if part == "stages" else start(part)
            with measured.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
            print(one, flush=True)


if __name__ == "__main__":
    main()
