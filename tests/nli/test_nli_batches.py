"""Plans of fixed shapes, and of pairs end to end."""

from itertools import groupby
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.nli.batches import Batch, Plan, plan_end_to_end, plan_shapes, shape_table
from factcheck.nli.gate import gate_pairs

TABLE = shape_table(512, batch_tokens=512, row_step=4)
COUNTS = st.lists(st.integers(0, TABLE.max_tokens), max_size=200)


def test_lengths_step_by_a_quarter_of_the_power_of_two_below():
    """The table for 512 tokens is the documented one, with its rows."""
    assert TABLE.lengths == (
        *(16, 24, 32, 40, 48, 56, 64),
        *(80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512),
    )
    assert TABLE.rows == (32, 20, 16, 12, 8, 8, 8, 4, 4, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize("limit", [9, 16, 17, 30, 510, 8192])
def test_the_last_length_is_the_models_limit(limit):
    """Lengths ascend and end exactly where the model's positions end."""
    table = shape_table(limit, batch_tokens=512, row_step=4)

    assert list(table.lengths) == sorted(set(table.lengths))
    assert table.lengths[-1] == limit
    assert table.max_tokens == limit - 1


@given(st.integers(0, TABLE.max_tokens))
def test_every_row_ends_in_padding(tokens):
    """A pair is padded by at least one token, so that no batch goes without an attention mask."""
    length = TABLE.length_for(tokens)

    assert length > tokens
    assert length - tokens <= max(16 - tokens, 8, length // 4)


@given(COUNTS)
def test_a_plan_holds_every_pair_once_in_a_shape_of_its_own_token_count(counts):
    """Which pairs share the call changes neither a pair's length nor its number of rows."""
    plan = plan_shapes(counts, TABLE)

    assert sorted(i for batch in plan.batches for i in batch.members) == list(range(len(counts)))
    for batch in plan.batches:
        assert batch.rows == TABLE.rows_for(batch.length)
        assert 0 < len(batch.members) <= batch.rows
        assert {TABLE.length_for(counts[i]) for i in batch.members} == {batch.length}


@given(COUNTS)
def test_long_batches_come_first_and_at_most_one_of_a_length_is_partly_filled(counts):
    """Memory peaks at the beginning, and dummy rows are only where there is nothing left to fill with."""
    plan = plan_shapes(counts, TABLE)
    lengths = [batch.length for batch in plan.batches]
    partly = [batch.length for batch in plan.batches if len(batch.members) < batch.rows]

    assert lengths == sorted(lengths, reverse=True)
    assert len(partly) == len(set(partly))


def test_efficiency_is_real_tokens_over_computed_ones():
    """Padding and dummy rows both count as computed."""
    plan = plan_shapes([10, 12, 60], TABLE)

    assert plan.batches == (Batch(64, 8, (2,)), Batch(16, 32, (1, 0)))
    assert plan.real_tokens == 82
    assert plan.computed_tokens == 64 * 8 + 16 * 32
    assert plan.efficiency == pytest.approx(82 / 1024)


def test_an_empty_plan_wastes_nothing():
    """No pairs, no batches, and no division by zero."""
    plan = plan_shapes([], TABLE)

    assert plan == Plan((), 0)
    assert plan.efficiency == 1.0


class TestEndToEnd:
    """Pairs laid end to end."""

    BUDGET, STEP = 1024, 64
    COUNTS = st.lists(st.integers(1, 512), max_size=200)

    def plan(self, counts):
        return plan_end_to_end(counts, batch_tokens=self.BUDGET, step=self.STEP)

    @given(COUNTS)
    def test_every_pair_is_in_one_batch_and_no_batch_above_the_budget(self, counts):
        """A batch is one row, as long as its pairs need, rounded up to a step."""
        plan = self.plan(counts)

        assert sorted(at for batch in plan.batches for at in batch.members) == list(range(len(counts)))
        for batch in plan.batches:
            tokens = sum(counts[at] for at in batch.members)
            assert batch.rows == 1
            assert batch.length % self.STEP == 0
            assert batch.length - self.STEP < tokens <= batch.length <= self.BUDGET
        assert sum(counts) == plan.real_tokens <= plan.computed_tokens

    @given(COUNTS)
    def test_pairs_of_one_length_lie_side_by_side(self, counts):
        """Attention is computed for all of a batch's pairs of a length at once; equal ones stay in their order."""
        for batch in self.plan(counts).batches:
            lengths = [counts[at] for at in batch.members]
            assert sorted(lengths, reverse=True) == lengths
            assert all(run == sorted(run) for run in self.runs(batch.members, counts))

    def runs(self, members, counts):
        return [list(run) for _, run in groupby(members, key=lambda at: counts[at])]

    @given(COUNTS)
    def test_a_batch_that_has_room_for_a_pair_left_takes_it(self, counts):
        """What comes later would not have fitted; so at most one batch is less than half full."""
        batches = self.plan(counts).batches
        for at, batch in enumerate(batches):
            room = self.BUDGET - sum(counts[member] for member in batch.members)
            later = [counts[member] for other in batches[at + 1 :] for member in other.members]
            assert all(tokens > room for tokens in later)

    @settings(max_examples=30)
    @given(st.integers(0, 2**32), st.integers(8, 40), st.integers(15, 120), st.integers(1000, 3000))
    def test_of_a_thousand_pairs_little_is_padding(self, seed, claim, sentence, pairs):
        """Claims and sentences of half to one and a half times a usual length: 0.97 of what is computed is real."""
        random = Random(seed)
        counts = [sum(round(usual * random.uniform(0.5, 1.5)) for usual in (claim, sentence)) for _ in range(pairs)]

        assert self.plan(counts).efficiency >= 0.97

    def test_the_bundled_pairs_leave_hardly_anything_to_padding(self, nli_mini):
        """On what retrieval shows the bundled model."""
        counts = nli_mini._encoder.encode(gate_pairs()).token_counts

        assert self.plan(counts).efficiency >= 0.99

    def test_nothing_is_planned_of_nothing(self):
        """And nothing is wasted on it."""
        assert self.plan([]) == Plan((), 0)
        assert self.plan([]).efficiency == 1.0

    def test_the_longest_pair_may_fill_a_batch(self):
        """The budget itself is within it; short ones fill what is left of others."""
        assert self.plan([1024, 24, 1000, 1]).batches == (
            Batch(1024, 1, (0,)),
            Batch(1024, 1, (2, 1)),
            Batch(64, 1, (3,)),
        )
