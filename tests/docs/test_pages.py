"""The pages on a code host: links that lead somewhere, reference pages that say what the code says."""

import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from pages import PAGES, ROOT, headings, links, name

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files_and_headings_that_there_are(page):
    """From where the page stands in the repository; a heading goes by the name that code hosts give it."""
    for line, target in links(page):
        path, _, heading = target.partition("#")
        if "://" in target:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name(page)}:{line}: {target}"
        assert there.is_relative_to(ROOT), f"{name(page)}:{line}: {target} is outside of the repository"
        if heading:
            assert heading in headings(there), f"{name(page)}:{line}: {target}"


def test_commands_and_settings_are_those_of_the_code():
    """`python docs/reference.py` writes both pages anew."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_a_stale_page_is_told_and_written_anew(tmp_path):
    """Checking writes nothing."""
    script = runpy.run_path(str(shutil.copy(ROOT / "docs" / "reference.py", tmp_path)))
    (tmp_path / "settings.md").write_text("stale", "utf-8")

    assert 1 == script["main"](["--check"])
    assert "stale" == (tmp_path / "settings.md").read_text("utf-8")
    assert 0 == script["main"]([])
    assert 0 == script["main"](["--check"])
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == (tmp_path / "settings.md").read_text("utf-8")


@pytest.mark.parametrize("picture", PICTURES, ids=name)
def test_a_picture_brings_all_that_it_needs(picture):
    """A title and a description in words, colours for dark pages, and nothing from elsewhere."""
    text = picture.read_text("utf-8")
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"

    assert root.findtext(f"{space}title")
    assert root.findtext(f"{space}desc")
    assert "prefers-color-scheme: dark" in text
    assert not [key for item in root.iter() for key in item.attrib if key.rpartition("}")[2] == "href"]
    assert "url(" not in text
    assert "@import" not in text
