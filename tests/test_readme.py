"""The README's promises: its numbers, its code, its commands."""

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from factcheck.cli import app
from factcheck.config import resolve

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_of_verdicts_is_that_of_the_results():
    """`python benchmarks/readme.py` writes it."""
    script = runpy.run_path(str(ROOT / "benchmarks/readme.py"))

    assert script["replace"](README, "verdicts", script["table"]()) == README


@pytest.mark.model
def test_the_demo_prints_what_the_readme_shows():
    """Real output of the real command."""
    script = runpy.run_path(str(ROOT / "benchmarks/readme.py"))

    assert script["demo"]() in README


@pytest.mark.model
def test_the_python_examples_run(monkeypatch, tmp_path):
    """From the repository's root, as they stand; the last one may find the small model at fault."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path))
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})


def test_the_commands_exist_with_their_options():
    """Every command line of the README names commands and options that there are."""
    commands = get_command(app).commands
    lines = [line.split("#")[0] for block in blocks("console") for line in block.splitlines()]
    calls = [shlex.split(line[2:]) for line in lines if line.startswith("$ ") and "factcheck " in line]
    calls = [call for call in calls if call[0].endswith("factcheck")]

    assert len(calls) >= 9
    for _, name, *rest in calls:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known


def test_the_settings_example_is_valid(tmp_path):
    """Every name and value in it is accepted."""
    (example,) = blocks("toml")
    path = tmp_path / "factcheck.toml"
    path.write_text(example, "utf-8")

    origins = resolve({}, path).origins

    assert set(tomllib.loads(example)) == {name for name, origin in origins.items() if origin == str(path)}


def test_local_links_lead_somewhere():
    """Files and headings that the README points to are there."""
    titles = re.findall(r"^#+ (.*)", README, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("http"):
            assert (ROOT / target).exists()
