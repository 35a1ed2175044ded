"""Pairs scored per second by the bundled model, on pairs that retrieval really makes: `make bench`."""

import json
from pathlib import Path

import pytest

from factcheck.config import Settings
from factcheck.formats import read_claims
from factcheck.jobs.verify import open_finder
from factcheck.nli import load

ROOT = Path(__file__).parent.parent
PAIRS = 512


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Claims of our collections with the passages found for them; the first of each collection in turn."""
    found = []
    for claims in sorted(ROOT.glob("claims/*/claims.jsonl")):
        index = tmp_path_factory.mktemp("index") / claims.parent.name
        settings = Settings(corpus=str(claims.parent / "documents"), index=str(index), evidence="corpus")
        chosen = list(read_claims(claims))
        hits = open_finder(settings).finder.find(chosen)
        found += [
            (hit.passage.premise, claim.text) for claim, one in zip(chosen, hits, strict=True) for hit in one.hits
        ]
    return found[:: max(1, len(found) // PAIRS)][:PAIRS]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_nli_throughput(benchmark, pairs, precision):
    """Pairs per second, with the share of computed tokens that are real."""
    scorer = load(precision=precision)
    before = scorer.counters

    scores = benchmark.pedantic(scorer.score, args=(pairs,), rounds=5, warmup_rounds=1)

    assert len(scores) == len(pairs)  # a benchmark that skips work is not fast
    after = scorer.counters
    real, computed = (after.real_tokens - before.real_tokens), (after.computed_tokens - before.computed_tokens)
    benchmark.extra_info.update(
        pairs_per_second=round(len(pairs) / benchmark.stats["median"], 1),
        token_efficiency=round(real / computed, 3),
        numeric_class=scorer.numeric_class,
    )
    print(json.dumps(benchmark.extra_info))
