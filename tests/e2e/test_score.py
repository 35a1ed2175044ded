"""`factcheck score` as a user runs it: real processes and the bundled model."""

import csv
import json
import os
import subprocess
import sys

import pytest

from factcheck import nli

pytestmark = pytest.mark.model
PAIRS = [
    {"id": "a", "premise": "Two boats reached the harbour at noon.", "hypothesis": "Boats reached the harbour."},
    {"id": "b", "premise": "Two boats reached the harbour at noon.", "hypothesis": "No boat reached the harbour."},
    {"id": "c", "premise": "The harbour was built of stone.", "hypothesis": "A baker sold bread.", "label": "neutral"},
]


def factcheck(folder, *args, check=True, **options):
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    env = {name: os.environ[name] for name in names if name in os.environ}
    env |= {"FACTCHECK_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "factcheck", *map(str, args)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, **options)
    if check:
        assert 0 == done.returncode, done.stderr
    return done


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    return tmp_path


def test_pairs_are_scored_as_the_library_scores_them(folder, monkeypatch):
    """From standard input to standard output; speed and padding are told on standard error."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(folder / "cache"))
    expected = nli.load(device="cpu").score([(pair["premise"], pair["hypothesis"]) for pair in PAIRS])

    done = factcheck(folder, "score", "-", "--device", "cpu", input=(folder / "pairs.jsonl").read_text())

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["a", "b", "c"] == [record["id"] for record in found]
    assert [(one.entailment, one.neutral, one.contradiction) for one in expected] == [
        (record["entailment"], record["neutral"], record["contradiction"]) for record in found
    ]
    assert ["entailment", "contradiction"] == [record["label"] for record in found[:2]]
    assert "neutral" == found[2]["label"]  # what the file said; ours stands beside it
    assert "factcheck_label" in found[2]
    assert "pairs/s" in done.stderr.splitlines()[-1]
    assert "padding efficiency" in done.stderr.splitlines()[-1]


def test_a_table_can_be_made_and_scored_again(folder):
    """CSV out, CSV in; the second time nothing is computed."""
    factcheck(folder, "score", "pairs.jsonl", "--out", "scores.csv", "-q")
    done = factcheck(folder, "score", "scores.csv", "--out", "again.csv", "-q")

    first, again = (
        list(csv.DictReader((folder / name).read_text("utf-8").splitlines())) for name in ("scores.csv", "again.csv")
    )
    assert ["a", "b", "c"] == [row["id"] for row in first] == [row["id"] for row in again]
    assert "0 computed, 3 from the cache" in done.stderr
    assert [row["entailment"] for row in first] == [row["factcheck_entailment"] for row in again]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("none.jsonl",), "none.jsonl: no such file; did you mean"),
        (("pairs.jsonl", "--out", "scores.txt"), "--to"),
        (("pairs.jsonl", "--fields", "premise"), "two names"),
        (("pairs.jsonl", "--fields", "a,b"), "pairs.jsonl:1: no fields 'a' and 'b'"),
        (("pairs.jsonl", "--model", "no-model"), "no-model"),
        (("pairs.jsonl", "--on-error", "ignore"), "skip"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(folder, args, message):
    """No traceback; the line names the place and the way out."""
    if args[0] == "none.jsonl":
        (folder / "nine.jsonl").write_text("")

    done = factcheck(folder, "score", *args, check=False)

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    assert message in done.stderr.strip().splitlines()[-1]


def test_a_model_that_is_not_there_cannot_be_checked(folder):
    """One line and exit status 1."""
    done = factcheck(folder, "models", "check", "no-model", check=False)

    assert 1 == done.returncode
    assert done.stderr.startswith("error: no-model: ")
