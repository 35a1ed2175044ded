"""Chooses hard neutral pairs for the student's second stage: `python models/nli-mini/mine.py STUDENT`.

What a search shows of a claim rarely decides it, and models take it for decisive all the same. Of the unlabelled pairs
that are of this kind (`mix.py unlabelled`), those go in as neutral that the student of the first stage takes for
decisive, or nearly, and a part of the others. What it holds to be entailed stays out, since it is right too often, and
so does what shares words with a labelled premise of the same claim. The outcome is `mined.jsonl.gz` among the mixes,
which `mix.py student-2` reads.
"""

import argparse
from collections import defaultdict
from pathlib import Path

from mix import MINED, Recipe, Row, chance, content_words, json_lines, write

from factcheck import nli

KINDS = ("searched", "abstract", "neighbours")
ENTAILED = 0.5  # more probable than this: left out
HARD = 0.7  # less probable to be neutral than this: taken
OTHERS = 0.35  # share of the rest that is taken
NEAR = 0.3  # share of the words of the shorter premise, from which on two premises speak of the same


class Labelled:
    """The labelled premises of each claim."""

    def __init__(self, recipe: Recipe) -> None:
        self._premises: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        for row in recipe.rows():
            self._premises[row.hypothesis].append(content_words(row.premise))

    def near(self, premise: str, claim: str) -> bool:
        """Whether a premise speaks of what a labelled premise of the claim speaks of."""
        words = content_words(premise)
        return any(len(words & other) > NEAR * min(len(words), len(other)) for other in self._premises[claim])


def main() -> None:
    """Mine with the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("student", type=Path, help="the folder of a model")
    given = parser.parse_args()
    recipe = Recipe()
    labelled = Labelled(recipe)
    pairs = [
        one
        for one in json_lines(recipe.mix("unlabelled"))
        if one["source"] in KINDS
        and not (one["source"] != "abstract" and labelled.near(one["premise"], one["hypothesis"]))
    ]
    scores = nli.load(given.student, precision="bf16").score([(one["premise"], one["hypothesis"]) for one in pairs])
    found: list[Row] = []
    for one, score in zip(pairs, scores, strict=True):
        premise, claim, source = one["premise"], one["hypothesis"], one["source"]
        if score.entailment <= ENTAILED and (score.neutral < HARD or chance(f"mined {premise} {claim}") < OTHERS):
            found.append(Row(premise, claim, "neutral", f"{MINED}.{source}"))
    write(recipe.mix(MINED), found)
    for kind in KINDS:
        chosen = [score for one, score in zip(pairs, scores, strict=True) if one["source"] == kind]
        hard = sum(score.neutral < HARD and score.entailment <= ENTAILED for score in chosen)
        taken = sum(row.source == f"{MINED}.{kind}" for row in found)
        print(f"{kind}: {len(chosen)} pairs, {hard} hard ones, {taken} taken")


if __name__ == "__main__":
    main()
