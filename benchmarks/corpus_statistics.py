"""Word statistics of sentences and of the claims about them: what BM25's work depends on."""

import gzip
import json
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from common import ROOT, SHARED
from corpus_text import articles, claims

TOGETHER = 500  # texts that are cut together
MADE, ASKED = 46_000, 500  # sentences as SciFact has, claims


def word_statistics(sentences: Sequence[str], asked: Sequence[str]) -> dict[str, float]:
    """Of the sentences as they are indexed, title included, and of the claims as they are searched.

    `searched_df` is the mean share of the sentences that hold a word of a query, `matched` that of those which hold any
    of its words.
    """
    from factcheck.corpus.analyzer import Analyzer

    analyzer = Analyzer("en")
    counts: Counter[str] = Counter()
    holders: dict[str, set[int]] = {}
    for start in range(0, len(sentences), TOGETHER):
        for at, words in enumerate(analyzer.words_of(sentences[start : start + TOGETHER]), start):
            counts.update(words)
            for word in words:
                holders.setdefault(word, set()).add(at)
    queries = [sorted({*words}) for words in analyzer.words_of(analyzer.queries(asked)) if words]
    shares = [[len(holders.get(word, ())) / len(sentences) for word in query] for query in queries]
    matched = [len(set().union(*(holders.get(word, ()) for word in query))) for query in queries]
    by_count = sorted(counts.values(), reverse=True)
    return {
        "sentences": len(sentences),
        "words_a_sentence": round(statistics.mean(len(re.findall(r"\w+", text)) for text in sentences), 1),
        "vocabulary": len(counts),
        "once": round(by_count.count(1) / len(counts), 2),
        "share_of_the_first_10": round(sum(by_count[:10]) / counts.total(), 3),
        "share_of_the_first_100": round(sum(by_count[:100]) / counts.total(), 3),
        "share_of_the_first_1000": round(sum(by_count[:1000]) / counts.total(), 3),
        "words_searched": round(statistics.mean(map(len, queries)), 1),
        "searched_df": round(statistics.mean(map(statistics.mean, shares)), 4),
        "matched": round(statistics.mean(matched) / len(sentences), 3),
    }


def collections() -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, sentences with their titles, and claims: of the text that is made, and of real ones where they are."""
    made = [f"{article.title} {sentence}" for article in articles(MADE) for sentence in article.sentences]
    yield "made", made, [claim["claim"] for claim in claims(ASKED, MADE)]
    if not (SHARED / "data").is_dir():
        return
    scifact, climate = SHARED / "data/scifact", SHARED / "data/climate_fever"
    records = _lines(scifact / "corpus.jsonl.gz")
    sentences = [f"{record['title']} {sentence}" for record in records for sentence in record["abstract"]]
    files = [scifact / "claims_train.jsonl", scifact / "claims_dev.jsonl"]
    yield "SciFact", sentences, [record["claim"] for path in files for record in _lines(path)]
    sentences = [f"{record['title']} {record['text']}" for record in _lines(climate / "corpus.jsonl.gz")]
    yield "CLIMATE-FEVER", sentences, [record["claim"] for record in _lines(climate / "claims_even.jsonl.gz")]
    asean = _lines(ROOT / "claims/asean-security/claims.jsonl")
    yield "news", list(_news()), [record["claim"] for record in asean]


def _news() -> Iterator[str]:
    from factcheck.segment import sentence_spans

    for path in sorted((SHARED / "corpus").glob("*.txt")):
        text = path.read_text("utf-8")
        yield from (text[start:end] for start, end in sentence_spans(text))


def _lines(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in text.splitlines()]
