"""Seconds until the command line answers."""

import subprocess
import sys

import pytest
from common import ROOT

COLLECTION = ROOT / "claims/glaciers"


@pytest.fixture
def factcheck(cache):
    """Runs a command in a new process and returns what it printed."""

    def run(*arguments):
        command = [sys.executable, "-m", "factcheck", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cache.parent).stdout

    return run


def test_help(measure, factcheck):
    """`factcheck --help`."""
    measure(lambda: factcheck("--help"))

    assert "verify" in factcheck("--help")


def test_first_verdict(measure, factcheck):
    """`factcheck ask` over a corpus that is indexed, on a claim that was never scored."""
    claims = iter(f"The council voted {number} times to build the reservoir." for number in range(2, 100))
    asked = []

    def ask():
        asked.append(factcheck("ask", next(claims), "--corpus", COLLECTION / "documents"))

    measure(ask)

    assert all("reservoir" in answer for answer in asked)


def test_finished_run_again(measure, factcheck, tmp_path):
    """`factcheck verify` on a run that is finished."""
    command = ["verify", COLLECTION / "claims.jsonl", "--corpus", COLLECTION / "documents", "--run", tmp_path / "run"]
    factcheck(*command)

    measure(lambda: factcheck(*command))
