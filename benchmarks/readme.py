"""Write the README's generated parts: the demo's output, the table of verdicts and the one of speed.

    python benchmarks/readme.py            # all, from a run of the demo and the files in benchmarks/results/
    python benchmarks/readme.py --table    # the tables alone

Only the parts for which the README has markers are written. `tests/test_readme.py` fails where the README and the
results differ.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks/results"
CONTENDERS = {
    "pipeline": "`transformers.pipeline`, as documented: one pair at a time",
    "cross-encoder": "`CrossEncoder.predict`, its defaults",
    "cross-encoder-sorted": "the same, given pairs by length",
    "cross-encoder-onnx-int8": "its ONNX backend, int8",
    "cross-encoder-openvino-int8": "its OpenVINO backend, int8",
    "ours-auto": "**factcheck, as it comes**",
    "ours-fp32": "factcheck, fp32",
    "ours-bf16": "factcheck, bf16",
    "ours-int8": "factcheck, int8",
}
RUNS = {
    "ours-cold": "`factcheck verify`: no index, no cache",
    "ours-warm": "a new run, everything scored before",
    "ours-again": "the finished run started again",
}


def table(results: Path = RESULTS / "verdicts.jsonl") -> str:
    """The table of verdict quality, one row a set."""
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    lines = ["| set | claims | accuracy | commonest label | macro F1 | pairs | minutes | peak memory |"]
    lines.append("| --- |" + " ---: |" * 7)
    lines += [
        f"| {row['set']} | {row['claims']} | {row['accuracy']:.2f} | {commonest(row):.2f} | {row['macro_f1']:.2f} "
        f"| {row['pairs']:,} "
        f"| {row['minutes']:.1f} | {row['peak_memory_mb']} MB |"
        for row in rows
    ]
    return "\n".join(lines)


def performance(results: Path = RESULTS) -> str:
    """The tables of speed: ratios, since seconds are the machine's."""
    shares = {
        row["facts"]["numeric_class"]: row["metrics"]["share"]
        for row in cases(results / "roofline.jsonl")
        if "share" in row["metrics"]
    }
    lines = ["| scoring the same pairs | speed | least to greatest | changed classes | share of the limit |"]
    lines.append("| --- |" + " ---: |" * 4)
    for row in cases(results / "compare.jsonl"):
        if row["metrics"]:
            facts, name = row["facts"], row["case"].split()[0]
            least, greatest = facts["ratio_spread"]
            changed = facts["difference"]["flips"] / facts["difference"]["pairs"]
            share = shares.get(facts.get("numeric_class"))
            lines.append(
                f"| {CONTENDERS[name]}{_release(facts)} | {row['metrics']['ratio']:.2f} × "
                f"| {least:.2f} to {greatest:.2f} | {changed:.2%} | {'' if share is None else f'{share:.0%}'} |"
            )
    lines += ["", "| verifying the same claims | speed |", "| --- | ---: |"]
    for row in cases(results / "end_to_end.jsonl"):
        part, _, precision = row["case"].partition(", ")
        if "ratio" in row["metrics"]:
            named = "" if precision == "auto" else f" ({precision})"
            lines.append(f"| {RUNS[part]}{named} | {row['metrics']['ratio']:.1f} × |")
        elif part == "thirty lines":
            lines.append("| thirty lines of bm25s, pysbd and `CrossEncoder` | 1.0 × |")
    return "\n".join(lines)


def _release(facts: dict[str, Any]) -> str:
    """The release of the library that a contender is of; its factcheck is the one at hand."""
    packages = facts["packages"]
    name = next((name for name in ("sentence-transformers", "transformers") if name in packages), None)
    return f" ({packages[name]})" if name else ""


def cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a result file."""
    return [line for line in map(json.loads, path.read_text("utf-8").splitlines()) if "case" in line]


def commonest(row: dict[str, Any]) -> float:
    """The accuracy that always answering the set's commonest gold label would have."""
    gold = [sum(verdicts.values()) for verdicts in row["confusion"].values()]
    return max(gold) / sum(gold)


def demo() -> str:
    """What the demo prints: the counts, the first three contradictions and, if there is one, the first conflict."""
    claims = ROOT / "claims/glaciers"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "factcheck", "verify", str(claims / "claims.csv"), "--quiet"]
        command += ["--corpus", str(claims / "documents"), "--run", f"{folder}/run"]
        env = os.environ | {"COLUMNS": "110", "FACTCHECK_CACHE": folder}
        shown = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    blocks = shown.split("\n\n")
    kept = [*blocks[:5], "…"]
    for at, block in enumerate(blocks):
        if block.startswith("Where the documents disagree"):
            kept += [*blocks[at : at + 2], "…"]
    return "```text\n" + "\n\n".join(kept).rstrip() + "\n```"


def replace(text: str, name: str, part: str) -> str:
    """The text with what stands between the markers of that name replaced."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, _, rest = text.partition(start)
    return f"{head}{start}\n{part}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    """Rewrite the README in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="the tables alone")
    args = parser.parse_args()
    path = ROOT / "README.md"
    text = path.read_text("utf-8")
    parts = {"verdicts": table, "performance": performance} | ({} if args.table else {"demo": demo})
    for name, made in parts.items():
        if f"<!-- {name} -->" in text:
            text = replace(text, name, made())
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
