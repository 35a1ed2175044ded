"""What the README of the examples says."""

import re

from showing import EXAMPLES

README = (EXAMPLES / "README.md").read_text("utf-8")


def test_every_example_is_listed():
    """Once, by its file or folder."""
    there = {
        path.name for path in EXAMPLES.iterdir() if path.name not in {"README.md", "requirements.txt", "__pycache__"}
    }
    listed = re.findall(r"^\| \[([\w.-]+)\]\(([\w./-]+)\)", README, re.MULTILINE)

    assert sorted(there) == sorted(target.rstrip("/") for _, target in listed)


def test_versions_are_pinned():
    """Those that the examples were run with."""
    lines = (EXAMPLES / "requirements.txt").read_text("utf-8").splitlines()

    assert all(re.fullmatch(r"[\w-]+==[\d.]+", line) for line in lines if not line.startswith("#"))
    assert sorted(lines[1:]) == lines[1:]
