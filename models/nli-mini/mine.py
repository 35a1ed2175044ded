"""Chooses hard neutral pairs for a later stage: `python models/nli-mini/mine.py STUDENT [--documents]`.

What a search shows of a claim rarely decides it, and models take it for decisive all the same. Of the unlabelled pairs
that are of this kind (`mix.py unlabelled`), those go in as neutral that the student takes for decisive, or nearly, and
a part of the others. What it holds to be entailed stays out, since it is right too often, and so does what shares words
with a labelled premise of the same claim. The outcome is `mined.jsonl.gz` among the mixes, which `mix.py student-2`
reads.

With `--documents` the pairs are two sentences of one document (`mix.py documents`). Few of them share words, so that
what the student holds to be entailed is neutral too. Beside them stand, to tell the two apart, some whose premise ends
with the second sentence itself, affirmed or denied. The outcome is `mined-documents.jsonl.gz`.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import rules
from mix import DOCUMENTS, MINED, UNLABELLED, Recipe, Row, chance, content_words, json_lines, write

from factcheck import nli

KINDS = ("searched", "abstract", "neighbours")
ENTAILED = 0.5  # more probable than this: left out
HARD = 0.7  # less probable to be neutral than this: taken
OTHERS = 0.35  # share of the rest that is taken
NEAR = 0.3  # share of the words of the shorter premise, from which on two premises speak of the same
FIRST = 14_000  # pairs of documents that are looked at
REPEATED = 0.2  # share of the pairs of documents that are taken once more, with the second sentence in the premise


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


def repeated(recipe: Recipe, rows: Sequence[Row]) -> Iterator[Row]:
    """Some of the pairs with a premise that repeats the hypothesis, which is then entailed, or denied by its words."""
    most = recipe.settings["mix"]["max_words"]
    for row in rows:
        drawn = chance(f"repeated {row.premise} {row.hypothesis}")
        denied = rules.negated(row.hypothesis) if drawn < REPEATED / 2 else None
        premise = f"{row.premise} {row.hypothesis}"
        if drawn < REPEATED and len(premise.split()) + len(row.hypothesis.split()) <= most:
            label = "contradiction" if denied else "entailment"
            yield Row(premise, denied or row.hypothesis, label, f"{MINED}.repeated")


def main() -> None:
    """Mine with the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("student", type=Path, help="the folder of a model")
    parser.add_argument("--documents", action="store_true", help="of pairs of sentences of one document")
    parser.add_argument("--precision", default="bf16")
    given = parser.parse_args()
    recipe = Recipe()
    pairs: list[Mapping[str, str]]
    if given.documents:
        pairs = list(islice(json_lines(recipe.mix(DOCUMENTS)), FIRST))
    else:
        labelled = Labelled(recipe)
        pairs = [
            one
            for one in json_lines(recipe.mix(UNLABELLED))
            if one["source"] in KINDS
            and not (one["source"] != "abstract" and labelled.near(one["premise"], one["hypothesis"]))
        ]
    scorer = nli.load(given.student, precision=given.precision)
    scores = scorer.score([(one["premise"], one["hypothesis"]) for one in pairs])
    most = 1.0 if given.documents else ENTAILED
    found: list[Row] = []
    for one, score in zip(pairs, scores, strict=True):
        premise, claim, source = one["premise"], one["hypothesis"], one["source"]
        if score.entailment <= most and (score.neutral < HARD or chance(f"mined {premise} {claim}") < OTHERS):
            found.append(Row(premise, claim, "neutral", f"{MINED}.{source}"))
    for kind in dict.fromkeys(one["source"] for one in pairs):
        chosen = [score for one, score in zip(pairs, scores, strict=True) if one["source"] == kind]
        hard = sum(score.neutral < HARD and score.entailment <= most for score in chosen)
        taken = sum(row.source == f"{MINED}.{kind}" for row in found)
        print(f"{kind}: {len(chosen)} pairs, {hard} hard ones, {taken} taken")
    if given.documents:
        found += repeated(recipe, found)
        random.Random(recipe.seed).shuffle(found)
    write(recipe.mix(f"{MINED}-{DOCUMENTS}" if given.documents else MINED), found)


if __name__ == "__main__":
    main()
