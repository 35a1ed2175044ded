"""BM25 over a handful of texts in memory: the contexts that one claim brings."""

import math
from collections import Counter
from collections.abc import Sequence

K1, B = 1.2, 0.75


def bm25(query: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """A score for each text; both sides are words already analysed.

    Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", sec. 3.4, doi:10.1561/1500000019, with
    idf = ln(1 + (N - n + 0.5) / (n + 0.5)), which is never negative.
    """
    counts = [Counter(text) for text in texts]
    mean_length = sum(map(len, texts)) / len(texts) if texts else 0.0
    total = [0.0] * len(texts)
    for word in dict.fromkeys(query):
        holders = [(at, count[word]) for at, count in enumerate(counts) if word in count]
        idf = math.log(1 + (len(texts) - len(holders) + 0.5) / (len(holders) + 0.5))
        for at, frequency in holders:
            length = len(texts[at]) / mean_length
            total[at] += idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length))
    return total
