"""The fact checker that one would write in thirty lines from bm25s, pysbd and CrossEncoder.

    python benchmarks/thirty_lines.py claims.jsonl folder-of-text-files model

`end_to_end.py` measures `factcheck verify` against it. It does what the documentation of its three libraries leads
to: sentences are split file by file, BM25 runs in memory, and each claim's ten hits go through one `predict`, which is
how CrossEncoder's own `rank` scores the hits of a query. It keeps no offsets, merges no copies and resumes nothing.
"""

import json
import sys
from pathlib import Path

import bm25s
import pysbd
from sentence_transformers import CrossEncoder


def sentences(folder: str) -> list[str]:
    segmenter = pysbd.Segmenter(language="en", clean=False)
    texts = [path.read_text("utf-8") for path in sorted(Path(folder).glob("*.txt"))]
    return [found.strip() for text in texts for found in segmenter.segment(text) if found.strip()]


def index(corpus: list[str]) -> bm25s.BM25:
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(corpus, stopwords="en", show_progress=False), show_progress=False)
    return retriever


def retrieve(claim: str, corpus: list[str], retriever: bm25s.BM25) -> list[str]:
    words = bm25s.tokenize(claim, stopwords="en", show_progress=False)
    return list(retriever.retrieve(words, corpus=corpus, k=10, show_progress=False)[0][0])


def judge(claim: str, hits: list[str], encoder: CrossEncoder) -> dict[str, object]:
    scores = encoder.predict([(hit, claim) for hit in hits], apply_softmax=True, show_progress_bar=False)
    label_of = encoder.config.id2label
    best = {label_of[at]: float(scores[:, at].max()) for at in range(len(label_of))}
    side = max(("entailment", "contradiction"), key=best.__getitem__)
    return {"claim": claim, "verdict": side if best[side] >= 0.5 else "neutral", "score": best[side]}


def main(claims: str, folder: str, model: str) -> None:
    encoder, corpus = CrossEncoder(model), sentences(folder)
    retriever = index(corpus)
    for line in Path(claims).read_text("utf-8").splitlines():
        claim = json.loads(line)["claim"]
        print(json.dumps(judge(claim, retrieve(claim, corpus, retriever), encoder)))


if __name__ == "__main__":
    main(*sys.argv[1:])
