"""What it gives to judge sentences together: verdict accuracy by what is read beside ten single sentences.

    python benchmarks/together.py --shared ../shared --out benchmarks/results/together.jsonl

For each set and each kind of premise: the share of right verdicts by plain thresholds of one half (claims that are
CONFLICTING left out), and how many pairs a claim more are judged. One row a set, with every kind, since only what is
measured in one run compares.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from factcheck import nli
from factcheck.corpus.build import build_index
from factcheck.corpus.index import CorpusIndex, Match
from factcheck.formats import read_claims
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.types import EvidenceFrom, Hit, Label, NLIScores

ROOT = Path(__file__).parent.parent
Sentences = Callable[[str], Sequence[Match]]


def premises(hits: Sequence[Hit], sentences: Sentences) -> Iterator[tuple[str, str]]:
    """Every further premise of a claim, with the kinds that it belongs to."""
    by_document: dict[str, list[Hit]] = {}
    for hit in hits:
        by_document.setdefault(hit.passage.source.doc_id, []).append(hit)
    for place, found in enumerate(by_document.values()):
        for count in (2, 3):
            if len(found) >= count:
                chosen = sorted(found[:count], key=lambda hit: hit.passage.start)
                text = " ".join(hit.passage.quote for hit in chosen)
                yield f"best {count} of each document", text
                if place == 0:
                    yield f"best {count} of the best document", text
                    if chosen[-1].passage.sentence - chosen[0].passage.sentence < count:
                        yield f"best {count} of the best document, neighbours", text
    for hit in hits[:5]:
        around = list(sentences(hit.passage.source.doc_id))
        at = next(at for at, one in enumerate(around) if one.start == hit.passage.start)
        yield "sentence before", " ".join(one.quote for one in around[max(at - 1, 0) : at + 1])
        yield "window of three", " ".join(one.quote for one in around[max(at - 1, 0) : at + 2])
    for hit in hits:
        yield "with title", f"{hit.passage.source.title.rstrip('.')}. {hit.passage.premise}"


def label(scores: Sequence[NLIScores]) -> Label:
    """The verdict by thresholds of one half."""
    support, contradiction = (
        max((getattr(one, side) for one in scores), default=0.0) for side in ("entailment", "contradiction")
    )
    if max(support, contradiction) < 0.5:
        return Label.NOT_ENOUGH_INFO
    return Label.SUPPORTED if support >= contradiction else Label.CONTRADICTED


def measure(name: str, claims_file: Path, corpus: Path, scorer: nli.PairScorer) -> dict[str, object]:
    """One set."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(corpus, Path(folder) / "index")
        index = CorpusIndex(Path(folder) / "index")
        claims = [
            one for one in read_claims(claims_file) if one.gold and one.gold.label not in {None, Label.CONFLICTING}
        ]
        found = EvidenceFinder(index, passages=10, evidence=EvidenceFrom.CORPUS).find(claims)
        known: dict[str, list[Match]] = {}

        def sentences(doc_id: str) -> list[Match]:
            if doc_id not in known:
                known[doc_id] = sorted(index.sentences([doc_id]), key=lambda one: one.start)
            return known[doc_id]

        read = [
            [("single", hit.passage.premise) for hit in one.hits] + [*premises(one.hits, sentences)] for one in found
        ]
    pairs = [(text, claim.text) for claim, texts in zip(claims, read, strict=True) for _, text in texts]
    scores = dict(zip(pairs, scorer.score(pairs), strict=True))
    kinds = ["single", *dict.fromkeys(kind for texts in read for kind, _ in texts if kind != "single")]
    right = dict.fromkeys(kinds, 0)
    more = dict.fromkeys(kinds, 0)
    for claim, texts in zip(claims, read, strict=True):
        for kind in kinds:
            chosen = [scores[text, claim.text] for one, text in texts if one in {"single", kind}]
            right[kind] += claim.gold is not None and label(chosen) is claim.gold.label
            more[kind] += sum(one == kind for one, _ in texts) if kind != "single" else 0
    total = len(claims)
    return {
        "set": name,
        "claims": total,
        "model": scorer.fingerprint[:12],
        "accuracy": {kind: round(right[kind] / total, 3) for kind in kinds},
        "pairs_more": {kind: round(more[kind] / total, 1) for kind in kinds},
    }


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nli-mini")
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    scorer = nli.load(given.model, precision=given.precision)
    sets = [(path.parent.name, path, path.parent / "documents") for path in sorted(ROOT.glob("claims/*/claims.jsonl"))]
    if given.shared:
        scifact = given.shared / "data/scifact"
        sets.append(("scifact-dev", scifact / "claims_dev.jsonl", scifact / "corpus.jsonl.gz"))
        sets.append(("news", ROOT / "tests/data/news_claims.jsonl", given.shared / "corpus"))
    rows = [
        json.dumps(measure(name, claims, corpus, scorer))
        for name, claims, corpus in sets
        if corpus.is_dir() or corpus.exists()
    ]
    print("\n".join(rows))
    if given.out:
        given.out.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
