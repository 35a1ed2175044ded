"""The pages that are written for people, and the blocks of code in them."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_MARK = re.compile(r"<!-- *not run: *(\S.*?) *-->")


@dataclass(frozen=True)
class Block:
    """A block of code: what it is in, where it stands, and why it is not run, where it says so."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str

    @property
    def place(self):
        return f"{name(self.page)}:{self.line}"


def name(page):
    """A page as the repository calls it."""
    return page.relative_to(ROOT).as_posix()


def blocks(page):
    """All blocks of a page, in order; one that is indented is console where it begins with a command, else text."""
    found, before = [], None
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type in ("fence", "code_block"):
            mark = (
                _MARK.fullmatch(before.content.strip()) if before is not None and before.type == "html_block" else None
            )
            language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
            if token.type == "code_block":
                language = "console" if token.content.startswith(("factcheck ", "$ ")) else "text"
            found.append(Block(page, token.map[0] + 1, language, token.content, mark[1] if mark else ""))
        before = token
    return found


def commands(text):
    """The command lines of a console block; lines that go on are put together, and what commands print is left out.

    Where no line begins with a prompt, every line is a command.
    """
    lines = re.sub(r"(\\|(?<=&&))\n[ >]*", " ", text).splitlines()
    if any(line.startswith("$ ") for line in lines):
        return [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def links(page):
    """The targets of all links and pictures of a page, with the lines where they stand."""
    found = []
    for token in MarkdownIt().enable("table").parse(page.read_text("utf-8")):
        for child in _within(token):
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if target and child.type in ("link_open", "image"):
                found.append((token.map[0] + 1 if token.map else 0, str(target)))
    return found


@cache
def headings(page):
    """The names by which links reach the headings of a page, as code hosts make them."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    names = {}
    for title in titles:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        names[slug] = names.get(slug, -1) + 1
    return {slug if not number else f"{slug}-{number}" for slug, most in names.items() for number in range(most + 1)}


def _within(token):
    for child in token.children or ():
        yield child
        yield from _within(child)
