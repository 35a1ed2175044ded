"""Has claims written about real premises: `python models/nli-mini/claim.py select`, then `collect`.

`select` writes sheets of numbered premises of one kind each (`train.toml`, [claimed]), `work/claimed/001.txt`: those of
training pairs, and one or two sentences of the abstracts that SciFact's training claims cite. Who writes puts
`001.claims` beside a sheet: the number of a premise, E, C or N, and a claim on each line, `12|E|...`. `collect` writes
them to `claimed.txt` beside this file, with the first digits of the premise's hash in its place, which is what
`mix.py claimed` reads: the premises themselves are not kept.
"""

import argparse
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

from mix import CLAIMED, CLAIMS, Recipe, real_premises, text_key
from written import LABELS

SHEET = 40  # premises
WORDS = range(7, 76)  # how long a premise is that is chosen
_CLAIM = re.compile(rf"(\d+)\|([{''.join(LABELS)}])\|(\S.*)")
_PREMISE = re.compile(r"(\d+)\. (.*)")


def sheets(recipe: Recipe) -> Path:
    """The folder of the sheets."""
    return recipe.paths["work"] / CLAIMED


def select(recipe: Recipe) -> None:
    """Write the sheets, so many premises of each kind, drawn at random.

    Raises:
        FileExistsError: There are sheets of an earlier selection.
    """
    generator = random.Random(recipe.seed)
    kinds: dict[str, dict[str, list[str] | int]] = recipe.settings[CLAIMED]
    found: defaultdict[str, list[str]] = defaultdict(list)
    for source, premise in real_premises(recipe):
        if len(premise.split()) in WORDS:
            found[source].append(premise)
    folder = sheets(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder}: holds an earlier selection, whose claims go by number; move it away")
    number = 0
    for kind, wanted in kinds.items():
        pool = list(dict.fromkeys(premise for source in wanted["sources"] for premise in found[source]))
        chosen = generator.sample(pool, min(len(pool), wanted["premises"]))
        for start in range(0, len(chosen), SHEET):
            number += 1
            lines = [f"{at}. {premise}\n" for at, premise in enumerate(chosen[start : start + SHEET], 1)]
            (folder / f"{number:03}.txt").write_text("".join([f"# kind: {kind}\n", *lines]), encoding="utf-8")


def collect(recipe: Recipe) -> None:
    """Write `claimed.txt` from the sheets that have claims.

    Raises:
        FileNotFoundError: No sheet has claims.
        ValueError: A line is no claim, or of a premise that the sheet does not have.
    """
    lines: dict[str, None] = {}
    for sheet in sorted(sheets(recipe).glob("*.txt")):
        given = sheet.with_suffix(".claims")
        if not given.exists():
            print(f"{sheet.name}: no claims")
            continue
        premises = dict(_PREMISE.findall(sheet.read_text(encoding="utf-8")))
        for line in filter(str.strip, given.read_text(encoding="utf-8").splitlines()):
            found = _CLAIM.fullmatch(line.strip())
            if not found or found[1] not in premises:
                raise ValueError(f"{given}: {line!r} is no claim about its {len(premises)} premises; write '17|E|...'")
            lines[f"{text_key(premises[found[1]])} {found[2]} {found[3]}"] = None
    if not lines:
        raise FileNotFoundError(f"{sheets(recipe)}: no claims; write 001.claims beside 001.txt, which `select` makes")
    CLAIMS.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")
    print(f"{len(lines)} claims, {Counter(line.split(' ', 2)[1] for line in lines)}")


def main() -> None:
    """Select or collect, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("select", "collect"))
    (select if parser.parse_args().step == "select" else collect)(Recipe())


if __name__ == "__main__":
    main()
