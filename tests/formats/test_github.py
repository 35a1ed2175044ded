"""What GitHub Actions reads: commands that hold any text and are one, and Markdown that is only text."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import FactcheckError
from factcheck.formats.github import annotation, append_summary, markdown_table, markdown_text, position, stop

texts = st.text(max_size=40) | st.sampled_from(
    ["a\r\nb", "::error::x", "##[add-mask]x", "50%,%0A:%25", "\x1b\u2028\x85\ud800"]
)


def read(command):
    """Kind, properties and text, as the runner takes a command apart."""
    head, text = command.removeprefix("::").split("::", 1)
    kind, _, properties = head.partition(" ")
    pairs = (item.split("=", 1) for item in properties.split(","))
    return kind, {name: unescaped(value) for name, value in pairs}, unescaped(text)


def unescaped(text):
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def shown(text):
    """What is left of a text in a command: lines, and no other control character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", "\ufffd", lines)


@given(texts, texts.filter(bool), texts.filter(bool), st.integers(1, 10**6))
def test_a_command_is_one_line_and_gives_its_texts_back(message, title, file, line):
    """Whatever they hold, no second command comes of it."""
    command = annotation("error", message, title=title, file=file, line=line)

    assert 1 == len(command.splitlines())
    assert ("error", {"file": shown(file), "line": str(line), "title": shown(title)}, shown(message)) == read(command)
    command.encode()


def test_the_escapes_are_those_of_the_runner():
    """`%` first, so that what looks escaped is not unescaped."""
    command = annotation("warning", "50 %0A\r\nnext: a, b", title="a: b, 5 %", file="c,d.csv", line=3)

    assert "::warning file=c%2Cd.csv,line=3,title=a%3A b%2C 5 %25::50 %250A%0Anext: a, b" == command


def test_without_a_file_a_command_has_a_title_alone():
    """An empty property would be dropped by the runner."""
    assert "::notice title=t::m" == annotation("notice", "m", title="t")


def test_the_sign_to_listen_again_is_another_each_time():
    """So that no text can hold it."""
    [first, again], [other, _] = stop(), stop()

    assert first.removeprefix("::stop-commands::") == again.strip(":")
    assert first != other
    assert len(again) > 30


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with a claims file in a folder, where the step works."""
    (tmp_path / "ws" / "data").mkdir(parents=True)
    (tmp_path / "ws" / "data" / "claims.csv").write_text("claim\n", "utf-8")
    (tmp_path / "outside.csv").write_text("claim\n", "utf-8")
    monkeypatch.chdir(tmp_path / "ws" / "data")
    return {"GITHUB_WORKSPACE": str(tmp_path / "ws")}


def test_a_place_is_named_from_the_workspace_on(workspace, tmp_path):
    """Relative to the step's folder, or absolute."""
    assert ("data/claims.csv", 17) == position("claims.csv:17", workspace)
    assert ("data/claims.csv", 2) == position(f"{tmp_path}/ws/data/claims.csv:2", workspace)
    assert ("claims.csv", 2) == position("claims.csv:2", {})


@pytest.mark.parametrize(
    "place",
    [
        "",
        "claims.csv",
        "standard input:3",
        "gone.csv:1",
        "../../outside.csv:1",
        "..:1",
        "claims.csv:x",
        "claims.csv:²",
        "\x00:1",
    ],
)
def test_a_place_that_is_no_file_of_the_workspace_is_none(workspace, place):
    """An annotation then stands without a file."""
    assert position(place, workspace) is None


@given(texts)
def test_markdown_is_only_text(text):
    """No sign that could mean something is left bare; what is shown is the text, on one line."""
    found = markdown_text(text)

    assert not set(found) & set("|<>&`*_[]\\!#:/.\n\r") - set("&#")
    assert re.fullmatch(r"(?:[^&#]|&#\d+;)*", found)
    assert html.unescape(found) == shown(" ".join(text.split()))


def test_a_table_has_a_row_each_and_long_cells_are_cut():
    """A summary has room for a megabyte only."""
    table = markdown_table(("a", "b"), [("x | y", "z" * 1000), ("<b>", "\n\n# h")])

    lines = table.splitlines()
    assert ["| a | b |", "| --- | --- |"] == lines[:2]
    assert "| x &#124; y | " + "z" * 500 + " … |" == lines[2]
    assert "| &#60;b&#62; | &#35; h |" == lines[3]


def test_a_summary_that_cannot_be_written_is_an_error_that_says_how_to_do_without(tmp_path):
    """The variable is named, since nobody gave the path."""
    with pytest.raises(FactcheckError, match=r"GITHUB_STEP_SUMMARY.*--no-github"):
        append_summary(str(tmp_path / "none" / "summary.md"), "text")
