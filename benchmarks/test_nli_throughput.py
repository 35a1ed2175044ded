"""Pairs and tokens scored per second by the bundled model, by precision, length of pairs and pairs a call."""

import random
from itertools import accumulate

import pytest
from common import token_counts

from factcheck.errors import ModelError
from factcheck.nli import load

TOKENS = 16_384  # real ones, a round


@pytest.fixture(scope="session")
def mixes(gate):
    """Three mixes of lengths, each of about `TOKENS` tokens: short sentences, sentences as found, whole paragraphs."""
    counts = token_counts(gate)
    short = [pair for pair, count in zip(gate, counts, strict=True) if count <= 32]
    by_claim = {}
    for premise, claim in gate:
        by_claim.setdefault(claim, []).append(premise)
    long = [(" ".join(found[at : at + 5]), claim) for claim, found in by_claim.items() for at in (0, 5)]
    return {name: _cut(pairs) for name, pairs in {"short": short, "news": gate, "long": long}.items()}


def _cut(pairs):
    """As many of them as make a round, in random order; where there are too few, again with a word added."""
    pairs = random.Random(0).sample(pairs, len(pairs))
    pairs += [(premise + " Indeed.", claim) for premise, claim in pairs]
    totals = accumulate(token_counts(pairs))
    return [pair for pair, total in zip(pairs, totals, strict=True) if total <= TOKENS]


def _load(precision):
    try:
        scorer = load(precision=precision)
        scorer.score([("It rains.", "It is wet.")])
    except ModelError as error:
        pytest.skip(str(error))
    return scorer


@pytest.mark.parametrize("mix", ["short", "news", "long"])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_nli_throughput(measure, mixes, precision, mix):
    """All pairs in one call, as a job gives them."""
    _run(measure, _load(precision), mixes[mix], len(mixes[mix]))


@pytest.mark.parametrize("budget", [10, 40, 160])
def test_pairs_a_call(measure, mixes, budget):
    """The same pairs in calls of so many: what a single claim pays, and how soon batches are full."""
    _run(measure, _load("auto"), mixes["news"], budget)


def _run(measure, scorer, pairs, budget):
    before = scorer.counters
    rounds = []

    def work():
        rounds.append(
            [scores for at in range(0, len(pairs), budget) for scores in scorer.score(pairs[at : at + budget])]
        )

    def facts():
        real, computed = (getattr(scorer.counters, name) - getattr(before, name) for name in TOKENS_OF)
        return {"efficiency": round(real / computed, 3), "pairs": len(pairs), "numeric_class": scorer.numeric_class}

    measure(work, facts=facts, pairs=len(pairs), tokens=sum(token_counts(pairs)))

    assert scorer.counters.pairs_scored - before.pairs_scored == len(set(pairs)) * len(rounds)  # none skipped
    assert all(len(scores) == len(pairs) for scores in rounds)


TOKENS_OF = ("real_tokens", "computed_tokens")
