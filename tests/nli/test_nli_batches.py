"""Plans of fixed shapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.nli.batches import Batch, Plan, plan_shapes, shape_table

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
