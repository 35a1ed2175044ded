"""Write the README's generated parts: the demo's output and the table of verdicts.

    python benchmarks/readme.py            # both, from a run of the demo and benchmarks/results/verdicts.jsonl
    python benchmarks/readme.py --table    # the table alone

`tests/test_readme.py` fails where the README and the results differ.
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
RESULTS = ROOT / "benchmarks/results/verdicts.jsonl"


def table(results: Path = RESULTS) -> str:
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


def commonest(row: dict[str, Any]) -> float:
    """The accuracy that always answering the set's commonest gold label would have."""
    gold = [sum(verdicts.values()) for verdicts in row["confusion"].values()]
    return max(gold) / sum(gold)


def demo() -> str:
    """What the demo prints: the counts, and the first contradiction and conflict."""
    claims = ROOT / "claims/glaciers"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "factcheck", "verify", str(claims / "claims.csv"), "--quiet"]
        command += ["--corpus", str(claims / "documents"), "--run", f"{folder}/run"]
        env = os.environ | {"COLUMNS": "110", "FACTCHECK_CACHE": folder}
        shown = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
    blocks = shown.split("\n\n")
    conflict = next(at for at, block in enumerate(blocks) if block.startswith("Where the documents disagree"))
    kept = [*blocks[:3], "…", *blocks[conflict : conflict + 2], "…"]
    return "```text\n" + "\n\n".join(kept).rstrip() + "\n```"


def replace(text: str, name: str, part: str) -> str:
    """The text with what stands between the markers of that name replaced."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, _, rest = text.partition(start)
    return f"{head}{start}\n{part}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    """Rewrite the README in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", action="store_true", help="leave the demo as it is")
    args = parser.parse_args()
    path = ROOT / "README.md"
    text = replace(path.read_text("utf-8"), "verdicts", table())
    if not args.table:
        text = replace(text, "demo", demo())
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
