"""A device that runs out of memory: batches become smaller, and nothing else changes. Simulated on a CPU."""

import logging
import random
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch

from factcheck import nli
from factcheck.errors import ModelError
from factcheck.nli.cache import CachedScorer, ScoreCache

WORDS = ["ferry", "mill", "salt", "bridge", "council", "rye"]


class Small:
    """A network on a device that holds so many tokens at once."""

    def __init__(self, network, tokens):
        self._network, self._tokens, self.device = network, tokens, torch.device("cpu")
        self.refused, self.rows = 0, []

    def __call__(self, input_ids, **inputs):
        if input_ids.numel() > self._tokens:
            self.refused += 1
            raise torch.cuda.OutOfMemoryError("tried to allocate 2.00 GiB")
        self.rows.append(len(input_ids))
        return SimpleNamespace(logits=self._network(input_ids=input_ids, **inputs).logits)


@pytest.fixture
def scorer_with(tiny):
    """Make a scorer whose device holds so many tokens at once."""

    def make(tokens):
        scorer = nli.load(tiny(kind="bpe", family="roberta", limit=128), device="cpu", precision="fp32")
        scorer._backend._network = Small(scorer._backend._network, tokens)
        return scorer

    return make


@pytest.fixture
def mixed():
    """Pairs of all lengths, in no order."""
    rng = random.Random(2)
    return [(" ".join(rng.choices(WORDS, k=rng.randrange(15))), f"{rng.choice(WORDS)} {at}") for at in range(120)]


@pytest.mark.parametrize("tokens", [511, 200, 128])
def test_all_pairs_are_scored_in_order_with_smaller_batches(scorer_with, mixed, tokens):
    """Down to one row, if need be; scores are the same to the fifth place."""
    expected = scorer_with(10_000).score(mixed)
    small = scorer_with(tokens)

    found = small.score(mixed)

    for one, other in zip(found, expected, strict=True):
        assert one.entailment == pytest.approx(other.entailment, abs=1e-5)
        assert one.contradiction == pytest.approx(other.contradiction, abs=1e-5)
    assert small._backend._network.refused
    assert small.counters.halvings >= 1


def test_batches_stay_small_for_the_rest_of_the_job(scorer_with, mixed):
    """What was refused once is not tried again, and it is said once."""
    small = scorer_with(200)
    small.score(mixed)
    refused, halvings = small._backend._network.refused, small.counters.halvings

    small.score([(premise, f"{hypothesis} again") for premise, hypothesis in mixed])

    assert small._backend._network.refused == refused
    assert small.counters.halvings == halvings
    assert max(small._backend._network.rows) <= 200 // 16


def test_it_is_said_once(scorer_with, mixed, caplog):
    """With the device and what did not fit."""
    with caplog.at_level(logging.WARNING, "factcheck"):
        small = scorer_with(128)
        small.score(mixed)

    (said,) = caplog.messages
    assert "device cpu ran out of memory with " in said
    assert "batches are smaller" in said
    assert small.counters.halvings > 1


def test_nothing_is_said_or_counted_where_memory_lasts(scorer_with, mixed, caplog):
    """As on any CPU."""
    scorer = scorer_with(10_000)
    scorer.score(mixed)

    assert scorer.counters.halvings == 0
    assert caplog.messages == []


def test_a_runs_facts_show_it(scorer_with, mixed, tmp_path):
    """Through the cache too; a manifest holds what was counted since the run began."""
    small = scorer_with(200)
    cached = CachedScorer(small, ScoreCache(tmp_path / "scores.sqlite"))
    before = cached.counters

    cached.score(mixed)

    assert asdict(cached.counters - before)["halvings"] == small.counters.halvings > 0
    assert (cached.counters - cached.counters).halvings == 0


def test_a_device_too_small_for_one_pair_is_named(scorer_with):
    """With the pair's padded length, and what to do."""
    with pytest.raises(ModelError, match=r"device cpu: too little memory for one pair of 48 tokens.*--device cpu"):
        scorer_with(47).score([("ferry " * 10, "mill")])
