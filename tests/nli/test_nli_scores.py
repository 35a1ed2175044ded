"""The bundled model's scores, and that nothing but the pair itself can change one."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from factcheck import nli
from factcheck.assets import asset
from factcheck.errors import ScoreError

pytestmark = pytest.mark.model

# Numbers out of the model's usual range: rare scripts, repetition, marks without letters.
OUTLIERS = [("9" * 150, "0" * 99), ("!?" * 200, "…" * 100), ("क्षेत्र 北海道 Ωμέγα " * 12, "ﷺ"), ("the " * 240, "a")]


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def scorer(request, nli_mini, nli_mini_bf16):
    """The bundled model in each precision that runs on a CPU."""
    return {"fp32": nli_mini, "bf16": nli_mini_bf16}[request.param]


@pytest.fixture(scope="module")
def alone(scorer, pairs):
    """The raw outputs of each pair, scored in a call of its own."""
    return torch.cat([scorer._logits([pair]) for pair in pairs])


@pytest.fixture(scope="module")
def tiny_scorer(tiny):
    """A model that scores at once, for what does not depend on the weights."""
    return nli.load(tiny(limit=256), device="cpu")


@pytest.fixture(params=[1, 2], ids=["1 thread", "2 threads"])
def threads(request):
    """The number of threads that PyTorch may use."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_company_changes_no_bit(scorer, pairs, alone, threads):
    """In full batches, in any order and beside outliers, each raw output equals the one computed alone."""
    order = random.Random(threads).sample(range(len(pairs)), len(pairs))
    mixed = [pair for i, j in enumerate(order) for pair in (pairs[j], OUTLIERS[i % len(OUTLIERS)])]

    assert torch.equal(scorer._logits(pairs), alone)
    assert torch.equal(scorer._logits(mixed)[::2], alone[order])


def test_a_partly_filled_batch_changes_no_bit(scorer, threads):
    """Of pairs of one length, those in the last, short batch get the same bits as those in a full one."""
    same_length = [(f"The mill ground {n} tonnes of rye.", "The mill ground rye.") for n in range(11, 60)]
    rows = scorer._parts.shapes.rows_for(scorer._parts.shapes.length_for(20))
    together = scorer._logits(same_length[: rows + 3])

    assert len({sum(scorer.count_tokens(pair)) for pair in same_length}) == 1
    assert torch.equal(scorer._logits(same_length[rows : rows + 3]), together[rows:])
    assert torch.equal(scorer._logits(same_length[:3]), together[:3])


def test_the_row_of_a_batch_changes_no_bit(scorer):
    """A pair's raw outputs are the same in every row of a batch, for several shapes."""
    for words in (20, 70):
        target = ("salt " * words, "The salt was taxed.")
        others = [
            ("rock " * words, f"The {word} was taxed.") for word in ("boat", "town", "wall", "fish", "mill", "corn")
        ]
        expected = scorer._logits([target])
        for row in range(len(others) + 1):
            batch = [*others[:row], target, *others[row:]]
            assert torch.equal(scorer._logits(batch)[row], expected[0])


def test_calls_from_several_threads_change_no_bit(scorer, pairs, alone):
    """One scorer may serve several threads at once, and its counters add up."""
    before = scorer.counters
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(scorer._logits, [pairs[:5]] * 3))

    assert all(torch.equal(result, alone[:5]) for result in results)
    assert scorer.counters.pairs_scored - before.pairs_scored == 15


def test_scoring_leaves_the_number_of_threads_as_it_was(nli_mini, pairs, threads):
    """Neither this thread nor one started afterwards is slowed down."""
    nli_mini.score(pairs[:2])
    seen = []
    other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    other.start()
    other.join()

    assert [torch.get_num_threads(), *seen] == [threads, threads]


def test_scores_are_those_of_transformers_one_pair_at_a_time(nli_mini, pairs):
    """Fixed shapes move a probability by less than 1e-5 from plain fp32 scoring."""
    folder = asset("models/nli-mini")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    some = [*pairs[::4], OUTLIERS[2], ("", "Rye was ground."), ("Rye was ground.", ""), ("", "")]
    with torch.inference_mode():
        expected = [network(**tokenizer([a], [b], return_tensors="pt")).logits.softmax(-1)[0].tolist() for a, b in some]

    scores = nli_mini.score(some)

    for score, row in zip(scores, expected, strict=True):
        assert [score.entailment, score.neutral, score.contradiction] == pytest.approx(row, abs=1e-5)


def test_bf16_stays_near_fp32(nli_mini, nli_mini_bf16, pairs):
    """The lossy precision is the same model: probabilities move by a few hundredths at most."""
    for exact, lossy in zip(nli_mini.score(pairs[:8]), nli_mini_bf16.score(pairs[:8]), strict=True):
        assert lossy.entailment == pytest.approx(exact.entailment, abs=0.05)
        assert lossy.contradiction == pytest.approx(exact.contradiction, abs=0.05)


def test_the_model_tells_support_from_contradiction_and_neither(nli_mini):
    """Labels are not turned round, and the premise comes first."""
    premise = "The council rejected the plan for a new bridge."
    claims = ["The council turned down a plan for a bridge.", "The council approved the plan.", "The mayor likes fish."]

    support, contradiction, neither = nli_mini.score([(premise, claim) for claim in claims])

    assert support.entailment > 0.5
    assert contradiction.contradiction > 0.5
    assert neither.neutral > 0.5


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_order_and_repetition_are_kept(tiny_scorer, pairs, data):
    """N pairs give N scores in the same order, however often a pair comes."""
    known = dict(zip(pairs[:6], tiny_scorer.score(pairs[:6]), strict=True))
    drawn = data.draw(st.lists(st.sampled_from(pairs[:6]), max_size=12))

    assert tiny_scorer.score(drawn) == [known[pair] for pair in drawn]


def test_counters_tell_what_was_asked_and_what_it_cost(nli_mini, pairs):
    """Repeated pairs are computed once, and padding and dummy rows are counted."""
    before = nli_mini.counters
    nli_mini.score([pairs[0]] * 5)
    after = nli_mini.counters
    tokens = sum(nli_mini.count_tokens(pairs[0])) + 3

    assert after.pairs_asked - before.pairs_asked == 5
    assert after.pairs_scored - before.pairs_scored == 1
    assert after.real_tokens - before.real_tokens == tokens
    assert after.computed_tokens - before.computed_tokens == 24 * 20
    assert 0 < after.efficiency < 1
    assert nli.Counters().efficiency == 1.0


def test_no_pairs_give_no_scores(nli_mini):
    """Nothing in, nothing out."""
    assert nli_mini.score([]) == []
    assert nli_mini.count_tokens([]) == []


def test_probabilities_have_six_places_and_sum_to_one(nli_mini, pairs):
    """Exports stay the same where only the last bits differ."""
    for score in nli_mini.score(pairs[:4]):
        values = [score.entailment, score.neutral, score.contradiction]
        assert values == [round(value, 6) for value in values]
        assert sum(values) == pytest.approx(1, abs=1e-9)


def test_a_premise_too_long_for_the_model_scores_in_windows(nli_mini):
    """What `score` refuses, `windows` makes fit."""
    long = "The harbour opened in 1904. " + "Storms broke its outer wall twice, and a tax on salt paid for it. " * 40
    claim = "The harbour opened in 1904."
    with pytest.raises(ScoreError, match="takes 511"):
        nli_mini.score([(long, claim)])

    scores = nli_mini.score([(long[start:end], claim) for start, end in nli_mini.windows(long, claim)])

    assert len(scores) > 1
    assert scores[0].entailment > max(score.entailment for score in scores[1:])
