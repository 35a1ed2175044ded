"""Has a large language model judge unlabelled pairs: `python models/nli-mini/judge.py select STUDENT`, then `collect`.

`select` chooses pairs of `mix.py unlabelled`, so many of each kind (`train.toml`, [judged]): first those that the
student takes for decisive, or is not sure of, then those whose premise has most words of the claim. They are written as
sheets of numbered pairs, `work/judged/0001.txt`. Who judges writes `0001.labels` beside a sheet: a number and a label
on each line, E, N or C, or X where careful readers would disagree. `collect` writes the labels to `judged.txt` beside
this file, a pair on each line by the first digits of its hash, which is what `mix.py judged` reads: the texts
themselves are not kept.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import sheets
from mix import JUDGMENTS, UNLABELLED, Recipe, chance, content_words, json_lines, judgments, pair_key
from written import LABELS

from factcheck import nli

UNCLEAR = "X"
SHEET = 120  # pairs
NOT_SURE = 0.8  # less probable to be neutral than this: taken first
REST = 0.2  # share of a kind that is kept for the others
_LABEL = re.compile(rf"(\d+)\W*([{''.join(LABELS)}{UNCLEAR}])")


def folder(recipe: Recipe) -> Path:
    """Where the sheets are."""
    return recipe.paths["work"] / "judged"


def select(recipe: Recipe, student: Path, precision: str) -> None:
    """Write the sheets, pairs of all kinds mixed."""
    quota: dict[str, int] = recipe.settings["judged"]
    rows = [row for row in json_lines(recipe.mix(UNLABELLED)) if row["source"] in quota]
    scores = nli.load(student, precision=precision).score([(row["premise"], row["hypothesis"]) for row in rows])
    hard: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    others: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        (hard if score.neutral < NOT_SURE else others)[row["source"]].append((row["premise"], row["hypothesis"]))
    chosen: list[tuple[str, str]] = []
    for kind, count in quota.items():
        first = hard[kind][: round(count * (1 - REST))]
        others[kind].sort(key=_uncovered)
        rest = others[kind][: count - len(first)]
        chosen += first + rest
        print(f"{kind}: {len(first)} of {len(hard[kind])} hard ones, {len(rest)} of {len(others[kind])} others")
    write_sheets(recipe, sorted(dict.fromkeys(chosen), key=lambda pair: chance(pair_key(*pair))))


def write_sheets(recipe: Recipe, chosen: Sequence[tuple[str, str]]) -> None:
    """Write numbered pairs, so many a sheet.

    Raises:
        FileExistsError: There are sheets of an earlier selection.
    """
    empty = sheets.fresh(folder(recipe))
    for number, start in enumerate(range(0, len(chosen), SHEET), 1):
        lines = [f"{at}\nP: {p}\nH: {h}\n" for at, (p, h) in enumerate(chosen[start : start + SHEET], 1)]
        (empty / f"{number:04}.txt").write_text("\n".join(lines), encoding="utf-8")


def _uncovered(pair: tuple[str, str]) -> float:
    """The share of the claim's words that the premise lacks."""
    premise, claim = map(content_words, pair)
    return len(claim - premise) / max(1, len(claim))


def _pairs(sheet: str) -> dict[str, str]:
    """The keys of the pairs of a sheet, by number."""
    found = re.findall(r"^(\d+)\nP: (.*)\nH: (.*)$", sheet, re.MULTILINE)
    return {number: pair_key(premise, hypothesis) for number, premise, hypothesis in found}


def collect(recipe: Recipe) -> None:
    """Add the labels of the sheets that have some to `judged.txt`, in the place of earlier ones of these pairs.

    Raises:
        FileNotFoundError: No sheet has labels.
        ValueError: A line is no label, or of a pair that the sheet does not have, or that was judged otherwise before.
    """
    labels: dict[str, str] = {}
    for sheet, given, lines in sheets.answered(folder(recipe), ".labels"):
        pairs = _pairs(sheet)
        for line in lines:
            found = _LABEL.fullmatch(line)
            if not found or found[1] not in pairs:
                raise ValueError(f"{given}: {line!r} is no label of its {len(pairs)} pairs; write e.g. '17 E'")
            if labels.setdefault(pairs[found[1]], found[2]) != found[2]:
                raise ValueError(f"{given}: {line!r}: judged {labels[pairs[found[1]]]} before; keep one of the two")
    if not labels:
        raise FileNotFoundError(f"{folder(recipe)}: no labels; write 0001.labels beside 0001.txt, which `select` makes")
    known = judgments() if JUDGMENTS.exists() else {}
    clear = {pair: label for pair, label in (known | labels).items() if label != UNCLEAR}
    JUDGMENTS.write_text("".join(f"{pair} {label}\n" for pair, label in sorted(clear.items())), encoding="ascii")
    print(f"{len(labels)} pairs judged, {Counter(labels.values())}")


def main() -> None:
    """Select or collect, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    chosen = steps.add_parser("select")
    chosen.add_argument("student", type=Path, help="the folder of a model")
    chosen.add_argument("--precision", default="bf16")
    steps.add_parser("collect")
    given = parser.parse_args()
    if given.step == "select":
        select(Recipe(), given.student, given.precision)
    else:
        collect(Recipe())


if __name__ == "__main__":
    main()
