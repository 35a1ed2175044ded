"""Every block of code on every page: what it promises happens."""

import csv
import json
import os
import shutil
import tomllib
from io import StringIO
from pathlib import Path

import pytest
import yaml
from desk import MARK, RefusedError, Shell, furnish, make_embedder, parse, restore, serves
from pages import PAGES, Block, blocks, commands, name

from factcheck import read_claims
from factcheck.config import resolve

SHOWN = frozenset({"text", "html", "diff"})  # what is looked at; nothing is promised of it that could be run


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder whose place is the same for all pages, so that indexes and scores of one page serve the next."""
    return tmp_path_factory.mktemp("docs")


@pytest.fixture(scope="session")
def embedder(home):
    """A model that finds passages by vectors, of nothing."""
    return make_embedder(home)


@pytest.fixture
def shell(home, embedder, monkeypatch):
    """A shell in a folder like a user's own, as new."""
    folder = home / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    furnish(folder, embedder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FACTCHECK_CACHE", str(home / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for variable in [item for item in os.environ if item.startswith("GITHUB_")]:
        monkeypatch.delenv(variable)
    return Shell()


def run(block, shell, namespace):
    """Do what a block says."""
    match block.language:
        case "python":
            exec(compile(block.text, block.place, "exec"), namespace)
        case "console" | "bash" | "sh":
            for line in commands(block.text):
                shell.run(line)
        case "json":
            read_json(block.text)
        case "toml":
            read_toml(block.text)
        case "yaml":
            yaml.safe_load(block.text)
        case "csv":
            read_csv(block.text)
        case language if language not in SHOWN:
            raise RefusedError(f"nobody runs or reads {language!r}: say what it is, or mark it with {MARK}")


def read_json(text):
    """One value, or one a line."""
    try:
        json.loads(text)
    except ValueError:
        for line in text.splitlines():
            json.loads(line)


def read_toml(text):
    """Settings, where it is not of another program: ours have no tables in them."""
    table = tomllib.loads(text)
    if not any(isinstance(value, dict) for value in table.values()):
        path = Path("block.toml")
        path.write_text(text, "utf-8")
        origins = resolve({}, path).origins
        assert set(table) == {setting for setting, origin in origins.items() if origin == str(path)}


def read_csv(text):
    """Rows of equal length; with a column of claims, every claim can be read."""
    rows = list(csv.reader(StringIO(text), strict=True))
    assert 1 == len({len(row) for row in rows})
    if "claim" in rows[0]:
        path = Path("block.csv")
        path.write_text(text, "utf-8")
        assert len(rows) - 1 == len(list(read_claims(str(path))))


@pytest.mark.model
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_a_page_runs(page, shell):
    """In their order, in one folder; but for those that are marked, each with its reason."""
    namespace = {"__name__": "page"}
    for block in blocks(page):
        if not block.not_run:
            restore(Path.cwd())  # what one block has changed of the user's own files, the next one need not stand
            try:
                run(block, shell, namespace)
            except Exception as error:
                raise AssertionError(f"{block.place}: {error}") from error


@pytest.mark.parametrize(
    ("language", "text", "message"),
    [
        ("console", "$ curl http://example.org\n", "curl is not run here"),
        ("console", "factcheck verify claims.csv --corpse reports/\n", "exit status 2"),
        ("console", "$ factcheck review runs/today --watch\n", "--watch"),
        ("console", "$ factcheck serf --index idx\n", "exit status 2"),
        ("", "factcheck config\n", "nobody runs or reads ''"),
        ("toml", "pasages = 20\n", "did you mean 'passages'"),
        ("json", "{\n", "Expecting property name"),
        ("csv", "id,claim\nc1,One, two.\n", "1 == 2"),
        ("python", "checker.check()\n", "name 'checker' is not defined"),
    ],
)
def test_a_block_that_cannot_hold_fails(language, text, message, shell):
    """Each kind for its own reason; so the pages' blocks are not just passed over."""
    with pytest.raises((RefusedError, AssertionError, ValueError, NameError), match=message):
        run(Block(PAGES[0], 1, language, text, ""), shell, {})


def test_a_command_may_go_on_over_lines_and_show_what_it_prints():
    """Lines without a prompt are output where others have one."""
    text = "$ factcheck verify a.csv \\\n    --corpus b\nSUPPORTED 3\n$ factcheck config &&\n> factcheck config\n"

    assert ["factcheck verify a.csv  --corpus b", "factcheck config && factcheck config"] == commands(text)
    assert ["factcheck config", "factcheck status runs/a"] == commands("factcheck config\nfactcheck status runs/a\n")


def test_servers_are_read_and_not_started():
    """Their options, to the last one."""
    assert serves(["review", "runs/today"])
    assert serves(["update", "runs/today", "--watch"])
    assert not serves(["review", "runs/today", "--merge", "decisions.jsonl"])
    parse(["review", "runs/today", "--port", "8000"])
    with pytest.raises(RefusedError, match="99999"):
        parse(["review", "runs/today", "--port", "99999"])
