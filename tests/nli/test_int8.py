"""int8: where the ranges of activations come from, and what they determine."""

import shutil

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck import nli
from factcheck.errors import ModelError
from factcheck.nli.bertload import bert_shape, read_bert
from factcheck.nli.encoding import EncodedPair
from factcheck.nli.folder import fingerprint
from factcheck.nli.gate import calibration_pairs
from factcheck.nli.ranges import RANGES, copy_ranges, digest, find_ranges, keep_ranges, measure_ranges

PAIRS = [("The ferry leaves at nine.", "The ferry leaves."), ("", "Prices rose."), ("Prices fell by 3.5 percent.", "")]
LABELS = ("entailment", "neutral", "contradiction")


@pytest.fixture(autouse=True)
def _int8(needs, cache):
    needs("int8")


@pytest.fixture
def measured(monkeypatch):
    """How often ranges were measured: on six pairs, which is quicker."""
    calls = []

    def few():
        calls.append(1)
        return calibration_pairs()[:6]

    monkeypatch.setattr("factcheck.nli.loading.calibration_pairs", few)
    return calls


def load(folder):
    return nli.load(folder, precision="int8", device="cpu")


def ranges_of(folder, *lengths):
    """Ranges over pairs of these lengths, the ids of which are 4, 5, 6, …"""
    shape = bert_shape(folder)
    pairs = [EncodedPair(list(range(4, 4 + length)), [0] * length) for length in lengths]
    return measure_ranges(read_bert(folder, shape), pairs)


def test_they_are_measured_once_and_kept_in_the_users_cache(tiny, measured, cache):
    """Under the fingerprint of the model; the second time nothing is measured, and the bits are the same."""
    folder = tiny(limit=256)
    first = load(folder)
    second = load(folder)

    assert len(measured) == 1
    assert [path.stem for path in (cache / "int8").iterdir()] == [first.fingerprint]
    assert first.numeric_class == second.numeric_class
    assert torch.equal(first._logits(PAIRS), second._logits(PAIRS))


def test_those_beside_the_model_go_first_and_are_no_part_of_its_fingerprint(tiny, measured, cache, tmp_path):
    """But of the numeric class."""
    folder = shutil.copytree(tiny(limit=256), tmp_path / "model")
    here = load(folder)
    beside = ranges_of(folder, 3, 40)
    (kept,) = (cache / "int8").iterdir()
    before = kept.read_bytes()
    keep_ranges(beside, here.fingerprint)
    copy_ranges(here.fingerprint, folder)
    kept.write_bytes(before)

    there = load(folder)

    assert len(measured) == 1
    assert here.fingerprint == there.fingerprint == fingerprint(folder, LABELS)
    assert here.numeric_class != there.numeric_class
    assert there.numeric_class.endswith(f"-{digest(beside)}")
    assert not torch.equal(here._logits(PAIRS), there._logits(PAIRS))


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_torn_file_is_measured_again_and_replaced(tiny, measured, cache, keep):
    """Wherever it broke off."""
    first = load(tiny(limit=256))
    (path,) = (cache / "int8").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])

    again = load(tiny(limit=256))

    assert len(measured) == 2
    assert first.numeric_class == again.numeric_class
    assert path.read_bytes() == whole


def test_those_of_other_weights_are_not_taken(tiny, measured, tmp_path):
    """A file that was copied along with a model that was trained further."""
    folder = shutil.copytree(tiny(limit=256), tmp_path / "model")
    keep_ranges(ranges_of(folder, 3, 40), "0" * 64)
    copy_ranges("0" * 64, folder)
    assert (folder / RANGES).is_file()

    load(folder)

    assert len(measured) == 1


def test_a_cache_that_cannot_be_written_stops_nobody(tiny, measured, tmp_path, monkeypatch):
    """They are measured each time then."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "file"))

    assert load(tiny(limit=256)).numeric_class == load(tiny(limit=256)).numeric_class
    assert len(measured) == 2


def test_long_pairs_are_split_for_a_model_of_short_inputs(tiny):
    """Real calibration pairs, none of which is cut or left out."""
    scorer = load(tiny(limit=48))

    assert scorer.max_tokens == 48
    assert len(scorer.score(PAIRS)) == len(PAIRS)


def test_a_model_too_small_for_any_pair_is_refused(tiny):
    """Nothing could be measured; the other precisions stay."""
    with pytest.raises(ModelError, match="no bundled pair fits into 12 tokens; use fp32 or bf16"):
        load(tiny(limit=12))


def test_a_model_of_one_layer_has_nothing_to_measure(tiny, measured):
    """Its only layer is the last, in fp32: once is enough here too."""
    first, second = load(tiny(layers=1, limit=256)), load(tiny(layers=1, limit=256))

    assert len(measured) == 1
    assert torch.equal(first._logits(PAIRS), second._logits(PAIRS))


@pytest.mark.parametrize(("kind", "family"), [("bpe", "roberta"), ("unigram", "deberta"), ("unigram", "bert")])
def test_other_models_are_refused_with_what_to_use(tiny, kind, family):
    """Before their weights are read."""
    with pytest.raises(ModelError, match=r"'int8': .*BERT.*use fp32 or bf16"):
        load(tiny(kind=kind, family=family))


@settings(max_examples=20)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.lists(st.integers(1, 60), min_size=1, max_size=4))
def test_ranges_over_more_pairs_hold_those_over_fewer(tiny, some, others):
    """They are the least and the greatest value that was seen of each channel."""
    folder = tiny(limit=128)
    both, one, other = ranges_of(folder, *some, *others), ranges_of(folder, *some), ranges_of(folder, *others)

    for whole, first, second in zip(both, one, other, strict=True):
        for site in ("entry", "context", "middle", "wide"):
            low, high = getattr(whole, site)
            assert torch.equal(low, torch.minimum(getattr(first, site)[0], getattr(second, site)[0]))
            assert torch.equal(high, torch.maximum(getattr(first, site)[1], getattr(second, site)[1]))
            assert (low <= high).all()


def test_what_is_kept_is_found_again(tiny, tmp_path):
    """Bit for bit; any other range has another digest."""
    ranges = ranges_of(tiny(), 3, 9)
    keep_ranges(ranges, "f" * 64)

    found = find_ranges(tmp_path, "f" * 64)
    assert found is not None
    assert digest(found) == digest(ranges)
    assert find_ranges(tmp_path, "e" * 64) is None
    found[0].wide[1, 5] += 1e-3
    assert digest(found) != digest(ranges)
