"""`factcheck diff` as a user runs it: real processes, the bundled model, real documents that change."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "claims" / "glaciers"
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def factcheck(tmp_path_factory):
    """Runs the command in a folder of its own, where the claims and two states of their documents are."""
    folder = tmp_path_factory.mktemp("diff")
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    env |= {"FACTCHECK_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}

    def run(*args, status=0):
        command = [sys.executable, "-m", "factcheck", *map(str, args)]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert status == done.returncode, done.stderr
        return done

    shutil.copy(EXAMPLE / "claims.csv", folder)
    shutil.copytree(EXAMPLE / "documents", folder / "documents")
    verify = ("verify", "claims.csv", "--corpus", "documents", "--quiet", "--calibration", "none", "--run")
    run(*verify, "runs/old")
    (folder / "documents" / "brennhorn-stakes.txt").unlink()
    (folder / "documents" / "rivers.md").write_text(
        "# Rivers\n\nThe annual discharge of the Dovra has declined since the 1980s.\n", "utf-8"
    )
    run(*verify, "runs/new")
    run(*verify, "runs/strict", "--support", 0.97)
    return run


def test_the_documents_that_flipped_verdicts_are_named(factcheck):
    """With the sentences; in the records, too, which say the same the other way round."""
    shown = factcheck("diff", "runs/old", "runs/new").stdout
    lines = factcheck("diff", "runs/new", "runs/old", "--json", "--exit-code", status=1).stdout.splitlines()

    for words in ("rivers.md was added", "brennhorn-stakes.txt was removed", "2 of 12 verdicts flipped", "corpus was"):
        assert words in shown
    *flips, report = map(json.loads, lines)
    assert {"ice-057": "rivers.md", "ice-011": "brennhorn-stakes.txt"} == {
        flip["id"]: flip["cause"]["passages"][0]["doc_id"] for flip in flips
    }
    assert {"documents"} == {flip["cause"]["kind"] for flip in flips}
    assert (12, 2, ["corpus"]) == (
        report["claims"]["compared"],
        report["claims"]["flipped"],
        [item["name"] for item in report["identity"]],
    )


def test_a_threshold_is_named_and_changes_no_score(factcheck):
    """The scores of both runs are the same to the last digit."""
    lines = factcheck("diff", "runs/new", "runs/strict", "--json").stdout.splitlines()

    *flips, report = map(json.loads, lines)
    assert flips
    assert {"setting"} == {flip["cause"]["kind"] for flip in flips}
    assert ["support"] == [item["name"] for item in report["identity"]]
    assert report["largest_score_change"] is None


def test_a_run_is_identical_to_itself(factcheck):
    """Said in words."""
    assert "identical, byte for byte" in factcheck("diff", "runs/old", "runs/old", "--exit-code").stdout


def test_a_folder_without_a_run_is_one_line_and_exit_1(factcheck):
    """The line names the folder."""
    done = factcheck("diff", "runs/old", "runs/none", status=1)

    assert done.stderr.startswith("error: runs/none: holds no run")
