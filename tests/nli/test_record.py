"""What is remembered of the checks, and what `auto` may take from it."""

import json
import shutil
import subprocess
import sys
import threading

import pytest

from factcheck import assets
from factcheck.assets import asset
from factcheck.errors import ModelError
from factcheck.nli.folder import fingerprint
from factcheck.nli.gate import Gate
from factcheck.nli.record import CHECKS, Finding, passed, remember

MODEL, OTHER = "a" * 64, "b" * 64
BF16, INT8 = "torch/bf16/cpu/shapes-1", "torch/int8/cpu/shapes-1"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


def test_nothing_is_passed_before_it_was_checked():
    """No record is no."""
    assert not passed(MODEL, BF16)


def test_what_passed_is_known_and_what_failed_is_not():
    """Of this model and this numeric class alone."""
    remember("m", MODEL, [Finding(BF16, True, {}), Finding(INT8, False, {})])

    assert passed(MODEL, BF16)
    assert not passed(MODEL, INT8)
    assert not passed(OTHER, BF16)


def test_a_later_finding_replaces_an_earlier_one_and_leaves_the_others():
    """A new version of a library may break what passed."""
    remember("m", MODEL, [Finding(BF16, True, {}), Finding(INT8, True, {})])
    remember("m", MODEL, [Finding(INT8, False, {})])

    assert passed(MODEL, BF16)
    assert not passed(MODEL, INT8)


def test_the_record_of_a_bundled_model_counts_until_this_machine_says_otherwise(tmp_path, monkeypatch):
    """What was measured here goes before what came with the model."""
    folder = tmp_path / "models" / "small"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    monkeypatch.setattr(assets, "_ROOTS", (tmp_path,))
    remember("small", MODEL, [Finding(BF16, True, {})], folder / CHECKS)

    assert passed(MODEL, BF16)
    remember("small", MODEL, [Finding(BF16, False, {})])
    assert not passed(MODEL, BF16)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "\udcff",
        json.dumps({"version": 0, "fingerprint": MODEL, "classes": {BF16: {"passed": True}}}),
        json.dumps({"version": 1, "fingerprint": OTHER, "classes": {BF16: {"passed": True}}}),
        json.dumps({"version": 1, "fingerprint": MODEL, "classes": [BF16]}),
        json.dumps({"version": 1, "fingerprint": MODEL, "classes": {BF16: "yes"}}),
        json.dumps({"version": 1, "fingerprint": MODEL, "classes": {BF16: {"passed": "yes"}}}),
    ],
)
def test_a_file_that_is_torn_or_of_another_kind_says_nothing_and_is_written_anew(content):
    """Neither an error nor a yes."""
    path = remember("m", MODEL, [])
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    assert not passed(MODEL, BF16)
    remember("m", MODEL, [Finding(BF16, True, {})])
    assert passed(MODEL, BF16)


def test_findings_of_several_writers_are_all_kept():
    """Each adds to what the others wrote."""
    names = [f"torch/int8/cpu/shapes-{number}" for number in range(12)]
    writers = [threading.Thread(target=remember, args=("m", MODEL, [Finding(name, True, {})])) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert all(passed(MODEL, name) for name in names)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """With the way out."""
    (tmp_path / "file").write_text("")

    with pytest.raises(ModelError, match=r"file.*cannot be written.*--record"):
        remember("m", MODEL, [], tmp_path / "file" / "checks.json")


def test_the_record_is_no_part_of_a_models_fingerprint(tmp_path):
    """Or checking a model would make it another one."""
    folder = shutil.copytree(asset("models/nli-mini"), tmp_path / "model")
    (folder / CHECKS).unlink(missing_ok=True)
    before = fingerprint(folder, ("entailment",))
    (folder / CHECKS).write_text("{}")

    assert before == fingerprint(folder, ("entailment",))


def test_the_bundled_record_is_of_the_bundled_model_and_says_what_the_gate_found():
    """`factcheck models check nli-mini --record models/nli-mini/checks.json` writes it."""
    content = json.loads(asset(f"models/nli-mini/{CHECKS}").read_text("utf-8"))
    lossy = {name: found["gate"] for name, found in content["classes"].items() if found["gate"]}

    labels = ("entailment", "neutral", "contradiction")
    assert fingerprint(asset("models/nli-mini"), labels) == content["fingerprint"]
    assert lossy
    for name, gate in lossy.items():
        assert Gate(**gate).passed
        assert passed(content["fingerprint"], name)


def test_asking_loads_nothing_heavy():
    """`auto` is resolved before a model is loaded."""
    code = "import sys; from factcheck.nli.record import passed; passed('x', 'y'); print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == done.stdout.strip()
