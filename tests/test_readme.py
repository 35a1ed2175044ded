"""The README's promises: its numbers, and what its demo prints; tests/docs runs its code and commands."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_table_of_verdicts_is_that_of_the_results():
    """`python benchmarks/readme.py` writes it."""
    script = runpy.run_path(str(ROOT / "benchmarks/readme.py"))

    assert script["replace"](README, "verdicts", script["table"]()) == README


@pytest.mark.model
def test_the_demo_prints_what_the_readme_shows():
    """Real output of the real command."""
    script = runpy.run_path(str(ROOT / "benchmarks/readme.py"))

    assert script["demo"]() in README
