"""Compare two result files and name what got worse.

    python benchmarks/diff_results.py OLD.jsonl NEW.jsonl [--beyond 1.1]

Every metric of every case: a metric named for seconds, bytes or memory is better when small, any other when large.
Exit status 1 where one got worse by more than the factor, or a case or metric of the old file is missing in the new.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from common import read_rows

SMALL_IS_GOOD = ("seconds", "_mb", "_bytes")


class Change(NamedTuple):
    """One metric of a case in both files; `new` is None where it is no longer there."""

    case: str
    metric: str
    old: float
    new: float | None

    @property
    def worse(self) -> float:
        """How many times worse than before: above 1 is worse, below 1 better."""
        if self.new is None:
            return float("inf")
        before, after = (self.new, self.old) if self.metric.endswith(SMALL_IS_GOOD) else (self.old, self.new)
        return before / after if after else float("inf") if before else 1.0

    def __str__(self) -> str:
        if self.new is None:
            return f"{self.case}: {self.metric} was {self.old:g}, is missing"
        word = f"{self.worse:.2f} times worse" if self.worse >= 1 else f"{1 / self.worse:.2f} times better"
        return f"{self.case}: {self.metric} was {self.old:g}, is {self.new:g}, {word}"


def changes(old: Path, new: Path) -> list[Change]:
    """All metrics of the old file with their value in the new one, in the old one's order."""
    now = {
        (line["benchmark"], line["case"], metric): value
        for line in read_rows(new)
        for metric, value in line["metrics"].items()
    }
    return [
        Change(
            f"{line['benchmark']}: {line['case']}", metric, value, now.get((line["benchmark"], line["case"], metric))
        )
        for line in read_rows(old)
        for metric, value in line["metrics"].items()
    ]


def main() -> None:
    """Print regressions, then the rest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--beyond", type=float, default=1.1, help="the factor from which on worse is a regression")
    args = parser.parse_args()
    found = changes(args.old, args.new)
    regressions = [change for change in found if change.worse > args.beyond]
    for change in regressions:
        print(f"REGRESSION {change}")
    for change in found:
        if change not in regressions:
            print(change)
    sys.exit(1 if regressions else 0)


if __name__ == "__main__":
    main()
