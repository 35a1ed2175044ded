"""Proves that no mix has a pair or a claim of an evaluation set, nor one of the calibration split.

    python models/nli-mini/check_overlap.py                   every mix in `work/mix`; exit code 1 where one overlaps
    python models/nli-mini/check_overlap.py --write-hashes    and keeps the digests of all training claims
    python models/nli-mini/check_overlap.py --claims FILE     which of a file's claims the digests have; needs no data

Claims are compared as normalised text, and once more with figures and months masked, so that an evaluation claim with
another figure counts as the same. `training-claims.bin` holds the first six bytes of the SHA-256 of every normalised
training claim, sorted: enough to look a claim up, not to read one.
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mix import HERE, Recipe, claim_key, json_lines, normalised

HASHES = HERE / "training-claims.bin"
WIDTH = 6


def digest(claim: str) -> bytes:
    """Six bytes that stand for a claim, whatever its case and punctuation."""
    return hashlib.sha256(normalised(claim).encode()).digest()[:WIDTH]


def overlaps(recipe: Recipe, path: Path) -> Counter[str]:
    """How many of a mix's rows share what with what must not be seen."""
    evaluation = set(map(normalised, recipe.evaluation_claims()))
    pairs = {
        frozenset((normalised(record["premise"]), normalised(record["hypothesis"])))
        for file in recipe.paths["data"].glob("eval/*.jsonl.gz")
        for record in json_lines(file)
    }
    aside = {claim_key(record["hypothesis"]) for record in json_lines(recipe.mix("calibration"))}
    found: Counter[str] = Counter()
    for record in json_lines(path):
        premise, claim = normalised(record["premise"]), normalised(record["hypothesis"])
        key = claim_key(record["hypothesis"])
        found["pairs"] += 1
        found["of an evaluation set, in either order"] += frozenset((premise, claim)) in pairs
        found["with an evaluation claim"] += claim in evaluation
        found["with an evaluation claim but for figures and months"] += key in recipe.held_out
        found["with a calibration claim"] += key in aside
    return found


def write_hashes(paths: Iterable[Path]) -> int:
    """Write the digests of all claims in the files; how many."""
    digests = sorted({digest(record["hypothesis"]) for path in paths for record in json_lines(path)})
    HASHES.write_bytes(b"".join(digests))
    return len(digests)


def known(path: Path) -> list[str]:
    """The claims of a JSON Lines file ("claim" or "hypothesis") that the digests have."""
    content = HASHES.read_bytes()
    digests = {content[start : start + WIDTH] for start in range(0, len(content), WIDTH)}
    claims = (record.get("claim") or record["hypothesis"] for record in json_lines(path))
    return [claim for claim in claims if digest(claim) in digests]


def main() -> int:
    """Report, and say by the exit code whether anything overlaps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-hashes", action="store_true")
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
    if given.write_hashes:
        print(f"{HASHES.name}: {write_hashes(paths)} claims")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
