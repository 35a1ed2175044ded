"""Proves that no mix has a pair or a claim of an evaluation set, nor one of the calibration split.

    python models/nli-mini/check_overlap.py                   every mix in `work/mix`; exit code 1 where one overlaps
    python models/nli-mini/check_overlap.py --add STAGE ...   and keeps the digests of the claims of these stages' mixes
    python models/nli-mini/check_overlap.py --claims FILE     which of a file's claims the digests have; needs no data

Claims are compared by their words, and once more with figures and months masked, so that an evaluation claim with
another figure counts as the same. `training-claims.bin` and `training-claims-masked.bin` hold six bytes of the SHA-256
of every training claim in either form (`factcheck.evaluation.overlap`): enough to look a claim up, not to read one.
Digests stay once they are there, since a mix is built anew with other claims while weights have seen the earlier ones.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mix import HERE, Recipe, json_lines

from factcheck.evaluation.overlap import MASKED, PLAIN, TrainingClaims, add, masked, plain


def overlaps(recipe: Recipe, path: Path) -> Counter[str]:
    """How many of a mix's rows share what with what must not be seen."""
    evaluation = set(map(plain, recipe.evaluation_claims()))
    pairs = {
        frozenset((plain(record["premise"]), plain(record["hypothesis"])))
        for file in recipe.paths["data"].glob("eval/*.jsonl.gz")
        for record in json_lines(file)
    }
    found: Counter[str] = Counter()
    for record in json_lines(path):
        premise, claim = plain(record["premise"]), plain(record["hypothesis"])
        key = masked(record["hypothesis"])
        found["pairs"] += 1
        found["of an evaluation set, in either order"] += frozenset((premise, claim)) in pairs
        found["with an evaluation claim"] += claim in evaluation
        found["with an evaluation claim but for figures and months"] += key in recipe.held_out
        found["with a calibration claim"] += key in recipe.set_aside
    return found


def add_hashes(paths: Iterable[Path], folder: Path = HERE) -> None:
    """Keep the digests of all claims in the files, in both forms."""
    add(folder, {record["hypothesis"] for path in paths for record in json_lines(path)})


def known(path: Path, folder: Path = HERE) -> list[str]:
    """The claims of a JSON Lines file ("claim" or "hypothesis") that the digests have, in either form.

    Raises:
        FileNotFoundError: The folder has no digests.
    """
    training = TrainingClaims.of(folder)
    if training.same is None:
        raise FileNotFoundError(f"{folder / PLAIN}: --add makes it")
    claims = {str(at): record.get("claim") or record["hypothesis"] for at, record in enumerate(json_lines(path))}
    same, alike = training.seen(claims)
    return [claim for at, claim in claims.items() if at in same | alike]


def main() -> int:
    """Report, and say by the exit code whether anything overlaps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--add", nargs="+", default=[], metavar="STAGE", help="of train.toml, such as student-2")
    parser.add_argument("--claims", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.claims:
        found = known(given.claims)
        print(*found, f"{len(found)} claims were in training", sep="\n")
        return bool(found)
    recipe = Recipe()
    paths = [path for path in sorted(recipe.mix("x").parent.glob("*.jsonl.gz")) if path != recipe.mix("calibration")]
    bad = 0
    for path in paths:
        counts = overlaps(recipe, path)
        total = counts.pop("pairs")
        print(f"{path.name}: {total} pairs; " + ", ".join(f"{count} {what}" for what, count in counts.items()))
        bad += sum(counts.values())
    if given.add:
        files = {name.partition(":")[0] for stage in given.add for name in recipe.settings[stage]["train"]}
        add_hashes(recipe.paths["work"] / "mix" / name for name in sorted(files))
        print(f"wrote {PLAIN} and {MASKED}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
