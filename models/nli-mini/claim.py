"""Has claims written about real premises: `python models/nli-mini/claim.py select`, then `collect`.

`select` writes sheets of numbered premises of one kind each (`train.toml`, [claimed]), `work/claimed/001.txt`: those of
training pairs, and one or two sentences of the abstracts that SciFact's training claims cite. Who writes puts
`001.claims` beside a sheet: the number of a premise, E, C or N, and a claim on each line, `12|E|...`. `collect` adds
them to `claimed.txt` beside this file, in the place of earlier ones about these premises, with the first digits of the
premise's hash, which is what `mix.py claimed` reads: the premises themselves are not kept. The next `select` leaves out
premises that have claims.
"""

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sheets
from mix import CLAIMED, CLAIMS, Recipe, real_premises, text_key
from written import LABELS

SHEET = 40  # premises
WORDS = range(7, 76)  # how long a premise is that is chosen
_CLAIM = re.compile(rf"(\d+)\|([{''.join(LABELS)}])\|(\S.*)")
_PREMISE = re.compile(r"(\d+)\. (.*)")


@dataclass(frozen=True, slots=True)
class Kind:
    """How many premises of one kind of text are chosen, and of which sources."""

    sources: Sequence[str]
    premises: int


def folder(recipe: Recipe) -> Path:
    """Where the sheets are."""
    return recipe.paths["work"] / CLAIMED


def collected() -> dict[str, str]:
    """The lines of `claimed.txt`, if there is one, each with the key of its premise."""
    lines = CLAIMS.read_text(encoding="utf-8").splitlines() if CLAIMS.exists() else []
    return {line: line.split(" ", 1)[0] for line in lines}


def select(recipe: Recipe) -> None:
    """Write the sheets, so many premises of each kind that have no claims yet, drawn at random.

    Raises:
        FileExistsError: There are sheets of an earlier selection.
    """
    empty = sheets.fresh(folder(recipe))
    generator = random.Random(recipe.seed)
    known = set(collected().values())
    found: defaultdict[str, list[str]] = defaultdict(list)
    for source, premise in real_premises(recipe):
        if len(premise.split()) in WORDS and text_key(premise) not in known:
            found[source].append(premise)
    number = 0
    for name, wanted in recipe.settings[CLAIMED].items():
        kind = Kind(**wanted)
        pool = list(dict.fromkeys(premise for source in kind.sources for premise in found[source]))
        chosen = generator.sample(pool, min(len(pool), kind.premises))
        for start in range(0, len(chosen), SHEET):
            number += 1
            lines = [f"{at}. {premise}\n" for at, premise in enumerate(chosen[start : start + SHEET], 1)]
            (empty / f"{number:03}.txt").write_text("".join([f"# kind: {name}\n", *lines]), encoding="utf-8")


def collect(recipe: Recipe) -> None:
    """Add the claims of the sheets that have some to `claimed.txt`.

    Raises:
        FileNotFoundError: No sheet has claims.
        ValueError: A line is no claim, or of a premise that the sheet does not have.
    """
    added: dict[str, str] = {}
    for sheet, given, lines in sheets.answered(folder(recipe), ".claims"):
        premises = dict(_PREMISE.findall(sheet))
        for line in lines:
            found = _CLAIM.fullmatch(line)
            if not found or found[1] not in premises:
                raise ValueError(f"{given}: {line!r} is no claim about its {len(premises)} premises; write '17|E|...'")
            key = text_key(premises[found[1]])
            added[f"{key} {found[2]} {found[3]}"] = key
    if not added:
        raise FileNotFoundError(f"{folder(recipe)}: no claims; write 001.claims beside 001.txt, which `select` makes")
    answered = set(added.values())
    claims = sorted({*added, *(line for line, key in collected().items() if key not in answered)})
    CLAIMS.write_text("".join(f"{line}\n" for line in claims), encoding="utf-8")
    print(f"{len(claims)} claims in all, {Counter(line.split(' ', 2)[1] for line in claims)}")


def main() -> None:
    """Select or collect, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("select", "collect"))
    (select if parser.parse_args().step == "select" else collect)(Recipe())


if __name__ == "__main__":
    main()
