"""The bundled model's scores, and that nothing but the pair itself can change one."""

import itertools
import os
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck import nli
from factcheck.errors import ScoreError
from factcheck.nli.batches import Batch
from factcheck.nli.encoding import EncodedPair
from factcheck.nli.precisions import lossy_precisions

pytestmark = pytest.mark.model

PRECISIONS = ["fp32", "bf16", "int8"]
# Numbers out of the model's usual range: rare scripts, repetition, marks without letters.
OUTLIERS = [
    ("9" * 150, "0" * 99),
    ("!?" * 200, "…" * 100),
    ("क्षेत्र 北海道 Ωμέγα " * 12, "ﷺ"),
    ("the " * 480, "a"),
    ("salt " * 250, "salt " * 250),
]


@pytest.fixture(scope="module", params=PRECISIONS)
def scorer(request, nli_mini_in):
    """The bundled model in each precision that runs on a CPU."""
    return nli_mini_in(request.param)


@pytest.fixture(scope="module")
def together(scorer, real_pairs):
    """The raw outputs of all real pairs, scored in one call."""
    return scorer._logits(real_pairs)


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


def random_pair(length, rng):
    """Tokens of whole words, the first of two texts of any length that leaves one for the other."""
    first = rng.randrange(length)
    ids = [rng.randrange(2000, 9000) for _ in range(length)]
    return EncodedPair(ids, [0] * first + [1] * (length - first))


def batch_of(pairs):
    """Pairs end to end in the shortest batch."""
    tokens = sum(len(pair.ids) for pair in pairs)
    return Batch(-(-tokens // 64) * 64, 1, tuple(range(len(pairs))))


def test_a_pair_alone_has_the_bits_it_has_among_others(scorer, real_pairs, together):
    """Each real pair in a call of its own."""
    alone = torch.cat([scorer._logits([pair]) for pair in real_pairs])

    assert torch.equal(alone, together)


def test_company_changes_no_bit(scorer, real_pairs, together, threads):
    """In any order and beside outliers, in one thread and in two, each raw output is the one it was."""
    order = random.Random(threads).sample(range(len(real_pairs)), 25)
    mixed = [pair for at, index in enumerate(order) for pair in (real_pairs[index], OUTLIERS[at % len(OUTLIERS)])]

    assert torch.equal(scorer._logits(mixed)[::2], together[order])


def test_a_partly_filled_batch_changes_no_bit(scorer, real_pairs, together):
    """Groups of every size, of short and of long pairs."""
    order = sorted(range(len(real_pairs)), key=lambda index: sum(map(len, real_pairs[index])))
    for size, start in zip((1, 2, 3, 5, 8, 15, 16, 17, 18), itertools.cycle([0, 60, 150]), strict=False):
        group = order[start : start + size]

        assert torch.equal(scorer._logits([real_pairs[index] for index in group]), together[group])


def test_of_no_length_can_neighbours_of_the_same_length_change_a_bit(scorer):
    """From 1 token to the most, among others as a batch holds them, and in any place."""
    rng = random.Random(5)
    lengths = [
        1,
        2,
        3,
        5,
        8,
        13,
        16,
        17,
        *range(21, 512, 53 if scorer.numeric_class.startswith("bert/fp32") else 29),
        512,
    ]
    for length in lengths:
        pair, count = random_pair(length, rng), max(1, 640 // length)
        others = [random_pair(length, rng) for _ in range(count - 1)]
        at = rng.randrange(count)
        group = [*others[:at], pair, *others[at:]]

        alone = scorer._backend.compute([pair], batch_of([pair]))
        among = scorer._backend.compute(group, batch_of(group))

        assert torch.equal(among[at], alone[0]), length


@pytest.mark.parametrize(
    ("family", "precision"), [("roberta", "fp32"), ("roberta", "bf16"), ("deberta", "fp32"), ("deberta", "bf16")]
)
def test_fixed_shapes_keep_the_bits_of_any_other_model(tiny, needs, family, precision, threads):
    """Alone, in a full and in a partly filled batch, in every row, and shuffled among pairs of all lengths."""
    needs(precision, bert=False)
    kind = "bpe" if family == "roberta" else "unigram"
    scorer = nli.load(tiny(kind=kind, family=family, limit=128), device="cpu", precision=precision)
    rng = random.Random(1)
    words = ["ferry", "mill", "salt", "bridge", "council", "rye"]
    pairs = list({(" ".join(rng.choices(words, k=rng.randrange(12))), rng.choice(words)) for _ in range(30)})
    alone = torch.cat([scorer._logits([pair]) for pair in pairs])
    order = rng.sample(range(len(pairs)), len(pairs))

    assert torch.equal(scorer._logits(pairs), alone)
    assert torch.equal(scorer._logits([pairs[index] for index in order]), alone[order])
    same = [(f"ferry {word}", "mill") for word in words] * 2
    rows = scorer._backend.plan(scorer._encoder.encode(same).token_counts).batches[0].rows
    for count in (1, 3, rows, rows + 3):
        some = list(itertools.islice(itertools.cycle(same), count))
        assert torch.equal(scorer._logits(some), torch.cat([scorer._logits([pair]) for pair in some]))


def test_calls_from_several_threads_change_no_bit(scorer, real_pairs, together):
    """One scorer may serve several threads at once, and its counters add up."""
    before = scorer.counters
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(scorer._logits, [real_pairs[:5]] * 3))

    assert all(torch.equal(result, together[:5]) for result in results)
    assert scorer.counters.pairs_scored - before.pairs_scored == 15


def test_scoring_leaves_the_number_of_threads_as_it_was(nli_mini, pairs, threads):
    """Neither this thread nor one started afterwards is slowed down."""
    nli_mini.score(pairs[:2])
    seen = []
    other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    other.start()
    other.join()

    assert [torch.get_num_threads(), *seen] == [threads, threads]


def test_omp_num_threads_is_honoured_and_changes_no_bit(tiny):
    """As many batches are in flight as it says; the outputs of each precision are the same."""
    precisions = ["fp32", *lossy_precisions(torch.device("cpu"), bert=True)]
    code = """
import sys, torch
from factcheck import nli
print(torch.get_num_threads())
for precision in sys.argv[2:]:
    scorer = nli.load(sys.argv[1], precision=precision, device="cpu")
    pairs = [("Mills ground rye. " * (at % 9), "ferry " * (at % 5)) for at in range(150)]
    print(precision, hash(tuple(scorer._logits(pairs).flatten().tolist())))
"""
    found = []
    for threads in ("1", "2"):
        command = [sys.executable, "-c", code, tiny(limit=256), *precisions]
        environment = os.environ | {"OMP_NUM_THREADS": threads}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(done.stdout.splitlines())

    assert ["1", "2"] == [lines[0] for lines in found]
    assert len(precisions) + 1 == len(found[0])
    assert found[0][1:] == found[1][1:]


@pytest.mark.parametrize(("precision", "most"), [("bf16", 0.05), ("int8", 0.1)])
def test_lossy_precisions_stay_near_fp32(nli_mini_in, pairs, precision, most):
    """They are the same model: probabilities move by a few hundredths at most."""
    lossy = nli_mini_in(precision)
    for exact, moved in zip(nli_mini_in("fp32").score(pairs[:8]), lossy.score(pairs[:8]), strict=True):
        assert moved.entailment == pytest.approx(exact.entailment, abs=most)
        assert moved.contradiction == pytest.approx(exact.contradiction, abs=most)


def test_the_model_tells_support_from_contradiction_and_neither(nli_mini):
    """Labels are not turned round, and the premise comes first."""
    premise = "The council rejected the plan for a new bridge."
    claims = ["The council rejected a plan for a bridge.", "The council approved the plan.", "The mayor likes fish."]

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
    """Repeated pairs are computed once, and what fills up a batch is counted."""
    before = nli_mini.counters
    nli_mini.score([pairs[0]] * 5)
    after = nli_mini.counters
    tokens = sum(nli_mini.count_tokens(pairs[0])) + 3

    assert after.pairs_asked - before.pairs_asked == 5
    assert after.pairs_scored - before.pairs_scored == 1
    assert after.real_tokens - before.real_tokens == tokens
    assert after.computed_tokens - before.computed_tokens == 64
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
    with pytest.raises(ScoreError, match="takes 512"):
        nli_mini.score([(long, claim)])

    scores = nli_mini.score([(long[start:end], claim) for start, end in nli_mini.windows(long, claim)])

    assert len(scores) > 1
    assert scores[0].entailment > max(score.entailment for score in scores[1:])
