"""What docs/assistants.md says to put into the settings of assistants' programs."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from factcheck.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "assistants.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def commands():
    """Each command line of the page as words."""
    for text in blocks("json"):
        for servers in json.loads(text).values():
            yield from ([server["command"], *server["args"]] for server in servers.values())
    for text in blocks("toml"):
        yield from ([one["command"], *one["args"]] for one in tomllib.loads(text)["mcp_servers"].values())
    for text in blocks("console"):
        yield from (line.split(" -- ")[1].split() for line in text.splitlines())


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_command_of_each_program_is_one_that_there_is(words):
    """With a full path, and options of `factcheck mcp`."""
    program, name, *options = words
    known = {option for parameter in get_command(app).commands["mcp"].params for option in parameter.opts}

    assert program.startswith("/")
    assert "mcp" == name
    assert {word for word in options if word.startswith("-")} <= known


def test_every_way_to_write_it_is_there():
    """JSON twice, TOML, and two command lines."""
    assert 5 == len(list(commands()))


def test_the_limits_are_those_of_the_code():
    """Numbers of the page, by the names that they have in the code."""
    pytest.importorskip("mcp_types", reason="needs the extra mcp")
    from factcheck.mcp import answers, arguments, engine

    for text in (
        f"1 to {arguments.MAX_CLAIMS} claims of at most {arguments.MAX_CLAIM:,} characters",
        f"0 to {arguments.MAX_EVIDENCE}; {arguments.EVIDENCE} without it",
        f"All contexts of a call may have {arguments.MAX_CONTEXTS:,} characters",
        f"of more than {answers.MAX_QUOTE:,} characters is cut",
        f"`limit`, 1 to {arguments.MAX_HITS}, is how many `passages` are wanted ({arguments.HITS}",
    ):
        assert text in PAGE.replace("\n", " ")
    assert 8 == engine.TOGETHER
    assert "eight claims at a time" in PAGE
