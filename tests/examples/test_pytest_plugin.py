"""The pytest fixture and marker, in a run of pytest of its own."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from showing import EXAMPLES

WRONG = """
def test_a_wrong_answer(grounded):
    grounded("The ferry to Orrin never sails.", ["The ferry to Orrin sails twice a day."])
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory, offline):
    """What pytest prints of the example, with one more test, of an answer that is wrong."""
    folder = tmp_path_factory.mktemp("plugin") / "tests"
    shutil.copytree(EXAMPLES / "pytest_plugin", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "test_wrong.py").write_text(WRONG, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-rA", str(folder)]
    done = subprocess.run(command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert 1 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.mark.model
def test_the_tests_of_the_example_pass(output):
    """All of its own, the one with the marker too."""
    passed = re.findall(r"^PASSED (?:tests/)?(\S+)", output, re.MULTILINE)

    assert 3 == len(passed)
    assert any("polite" in name for name in passed)


@pytest.mark.model
def test_a_wrong_answer_fails_its_test_with_the_sentence_and_the_nearest_passage(output):
    """And the line that asked, not those of factcheck."""
    failed = re.findall(r"^FAILED (?:tests/)?(\S+)", output, re.MULTILINE)

    assert ["test_wrong.py::test_a_wrong_answer"] == failed
    assert "CONTRADICTED" in output
    assert "The ferry to Orrin never sails." in output
    assert "nearest: The ferry to Orrin sails twice a day." in output
    assert ">       assert" not in output
