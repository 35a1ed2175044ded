"""The parts of the benchmarks that compute without measuring: operation counts, samples, comparisons, tables."""

import json
import runpy
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]


def script(name):
    """The names of a benchmark script, which imports its neighbours by name."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return runpy.run_path(str(ROOT / f"benchmarks/{name}.py"))
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def common():
    return script("common")


def results(folder, name, *rows):
    lines = [{"environment": {}}, *rows]
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def case(name, facts=None, **metrics):
    return {"benchmark": "made up", "case": name, "metrics": metrics, "facts": facts or {}}


def test_operations_are_those_counted_by_hand():
    """One layer of two hidden and three inner units, three labels, pairs of four tokens and of one."""
    model = script("roofline")["Bert"](layers=1, hidden=2, inner=3, labels=3)
    a_token = 2 * (4 * 2 * 2 + 2 * 2 * 3)  # query, key, value and output; up and down
    attention = {4: 2 * (4 * 4 * 2) * 2, 1: 2 * (1 * 1 * 2) * 2}  # scores, and the sum of values
    head = 2 * 2 * 2 + 2 * 2 * 3

    assert model.operations([4]) == 4 * a_token + attention[4] + head == 372
    assert model.operations([4, 1]) == 5 * a_token + attention[4] + attention[1] + 2 * head


def test_operations_grow_with_the_layers():
    """Six layers are six times one, the head apart."""
    bert = script("roofline")["Bert"]
    head = bert(0, 384, 1536, 3).operations([64])

    assert bert(6, 384, 1536, 3).operations([64]) - head == 6 * (bert(1, 384, 1536, 3).operations([64]) - head)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=80), st.integers(1, 80), st.integers(0, 5))
def test_a_sample_has_one_of_each_part_by_length(counts, size, seed):
    """No pair twice, the same sample for the same seed."""
    chosen = DRAW(counts, size, seed)
    order = sorted(range(len(counts)), key=counts.__getitem__)
    cuts = [part * len(counts) // size for part in range(size + 1)]

    assert all(len({*order[start:end]} & {*chosen}) == (start < end) for start, end in pairwise(cuts))
    assert len(chosen) == len({*chosen}) == min(size, len(counts))
    assert chosen == DRAW(counts, size, seed)


DRAW = script("common")["draw"]


def test_every_other_round_goes_backwards(common):
    """All in turn, so that what slows the machine for a while slows none alone."""
    seen = []
    runs = {name: lambda number, name=name: seen.append((name, number)) or number for name in "abc"}

    assert common["alternate"](runs, 2) == {"a": [0, 1], "b": [0, 1], "c": [0, 1]}
    assert [name for name, _ in seen] == ["a", "b", "c", "c", "b", "a"]


def test_a_result_file_opens_with_its_environment(common, tmp_path):
    """Commit, processor and versions first; cases are read back without them."""
    row = common["row"]("speed", "ours", {"ratio": 2.0}, pairs=3)
    path = common["write_rows"]("made", [row], tmp_path)

    first, *_ = map(json.loads, path.read_text("utf-8").splitlines())
    assert {"commit", "cpu", "cpu_flags", "threads", "versions"} <= first["environment"].keys()
    assert common["read_rows"](path) == [row]


def test_regressions_are_named(tmp_path, monkeypatch, capsys):
    """Fewer per second and more seconds are worse; a case that is gone is too; what got better is not."""
    old = results(tmp_path, "old", case("a", pairs_per_second=100), case("b", seconds=2), case("c", ratio=1))
    new = results(tmp_path, "new", case("a", pairs_per_second=80), case("b", seconds=1.5))
    monkeypatch.setattr("sys.argv", ["diff_results.py", str(old), str(new)])
    main = script("diff_results")["main"]

    with pytest.raises(SystemExit) as end:
        main()

    said = capsys.readouterr().out.splitlines()
    assert end.value.code == 1
    assert said == [
        "REGRESSION made up: a: pairs_per_second was 100, is 80, 1.25 times worse",
        "REGRESSION made up: c: ratio was 1, is missing",
        "made up: b: seconds was 2, is 1.5, 1.33 times better",
    ]


@pytest.mark.parametrize(("seconds", "beyond", "status"), [(2.1, "1.1", 0), (2.1, "1.04", 1), (2.0, "1", 0)])
def test_a_change_within_the_factor_is_no_regression(tmp_path, monkeypatch, seconds, beyond, status):
    """The factor is the caller's."""
    old, new = results(tmp_path, "old", case("a", seconds=2)), results(tmp_path, "new", case("a", seconds=seconds))
    monkeypatch.setattr("sys.argv", ["diff_results.py", str(old), str(new), "--beyond", beyond])

    with pytest.raises(SystemExit) as end:
        script("diff_results")["main"]()

    assert end.value.code == status


def test_the_table_of_speed_gives_ratios(tmp_path):
    """Contenders that could not run are left out; shares stand beside the precision they were measured in."""
    same = {"pairs": 200, "flips": 0, "mean": 0.0, "max": 0.0}
    base = {"packages": {"sentence-transformers": "6.2.0"}, "ratio_spread": [1, 1], "difference": same}
    ours = {"packages": {"torch": "2"}, "numeric_class": "torch/int8", "ratio_spread": [6.9, 8.2]}
    results(
        tmp_path,
        "compare",
        case("set"),
        case("cross-encoder", base, ratio=1.0),
        case("cross-encoder-onnx-int8", {"unavailable": "not installed"}),
        case("ours-int8", ours | {"difference": same | {"flips": 1}}, ratio=7.5),
    )
    results(tmp_path, "roofline", case("fp32"), case("int8", {"numeric_class": "torch/int8"}, share=0.423))
    results(
        tmp_path,
        "end_to_end",
        case("thirty lines", seconds=60),
        case("ours-cold, auto", ratio=6.54, seconds=9.2),
        case("ours-warm, int8", ratio=21.3, seconds=2.8),
    )

    assert script("readme")["performance"](tmp_path).splitlines() == [
        "| scoring the same pairs | speed | least to greatest | changed classes | share of the limit |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| `CrossEncoder.predict`, its defaults (6.2.0) | 1.00 × | 1.00 to 1.00 | 0.00% |  |",
        "| factcheck, int8 | 7.50 × | 6.90 to 8.20 | 0.50% | 42% |",
        "",
        "| verifying the same claims | speed |",
        "| --- | ---: |",
        "| thirty lines of bm25s, pysbd and `CrossEncoder` | 1.0 × |",
        "| `factcheck verify`: no index, no cache | 6.5 × |",
        "| a new run, everything scored before (int8) | 21.3 × |",
    ]


def test_a_contender_answers_in_our_order(tmp_path):
    """Sorting by length is undone, and classes are put into our order, whatever the model's is."""
    contenders = script("contenders")

    class Encoder:
        def predict(self, pairs, **_):
            import numpy as np

            return np.array([[0.0, float(len(premise)), 0.0] for premise, _ in pairs])

    one = object.__new__(contenders["Sorted"])
    one._encoder, one._order = Encoder(), [1, 2, 0]
    found = one.probabilities(one.run([("a", "x"), ("abc", "x"), ("", "x")]))

    assert [max(range(3), key=row.__getitem__) for row in found[:2]] == [0, 0]
    assert found[1][0] > found[0][0] > found[2][0]
    assert found[2] == pytest.approx([1 / 3] * 3)


def test_a_contender_that_cannot_run_says_why(tmp_path):
    """In one line, with what was missing, and the process ends well."""
    import subprocess

    command = [sys.executable, ROOT / "benchmarks/contenders.py", "ours-fp1000", tmp_path, tmp_path]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True)

    assert "fp1000" in json.loads(done.stdout)["unavailable"]
