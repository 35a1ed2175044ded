"""The documentation as a site: built strictly, whole without a network, searched in a real browser."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from pages import PAGES, ROOT, name

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make site` builds it."""
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install 'factcheck-nli[site]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return folder


class Fetched(HTMLParser):
    """What a browser asks for when it opens a page."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if address := values.get(FETCHED.get(tag, "")):
            self.addresses.append(address)
        self.addresses += [item.split()[0] for item in (values.get("srcset") or "").split(",") if item]


def test_every_page_is_in_the_site(site):
    """With the pages outside of docs/ to which they link, the model's card and the README among them."""
    for page in PAGES:
        place = name(page).removeprefix("docs/") if name(page).startswith("docs/") else f"repository/{name(page)}"
        place = place.replace("README.md", "index.html").replace(".md", ".html")
        assert (site / place).is_file()
    assert "all-MiniLM-L6-v2" in (site / "repository/models/nli-mini/index.html").read_text("utf-8")
    assert not list(site.rglob("*.pyc"))
    assert not (site / "hooks.py").exists()


def test_links_that_leave_the_docs_lead_to_what_was_taken_along(site):
    """To pages as pages, to other files as they are; of a folder without a README only the words are left."""
    readme, workflow = ((site / place).read_text("utf-8") for place in ("repository/index.html", "runs.html"))

    assert 'href="examples/index.html"' in readme
    assert 'src="../review-claim.png"' in readme
    assert 'href="../runs.html"' in readme
    assert "(under claims/)" in readme
    assert 'href="repository/examples/github-actions.yml"' in workflow
    assert (site / "repository/examples/github-actions.yml").is_file()


def test_nothing_is_fetched_from_elsewhere(site):
    """No script, style, font or picture: pages name files of the site, and so do its styles."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES)
    for page in pages:
        reader = Fetched()
        reader.feed(page.read_text("utf-8"))
        assert reader.addresses
        for address in reader.addresses:
            assert not re.match(r"[a-z]+:|//", address) or address.startswith("data:"), f"{page.name}: {address}"
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8").replace("http://www.w3.org/", "")  # the names of XML languages
        assert not re.search(r"@import|url\(\s*['\"]?(?:[a-z]+:)?//", text), style.name


def _lacks(what, fix):
    """Skip, or fail where FACTCHECK_REQUIRE_BROWSER says that these tests must run."""
    message = f"{what}; {fix}"
    if os.environ.get("FACTCHECK_REQUIRE_BROWSER", "") not in ("", "0"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium: the one that FACTCHECK_CHROMIUM names, or that is on the path."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _lacks("playwright is not installed", "pip install 'factcheck-nli[test]'")
    path = os.environ.get("FACTCHECK_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        _lacks("there is no Chromium", "apt-get install chromium, or name it in FACTCHECK_CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_and_the_search_finds_from_the_disk(site, browser, width):
    """Without a network, without a complaint; nothing has to be scrolled sideways for but tables and code."""
    complaints = []
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    context.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "request", lambda it: complaints.append(it.url) if not it.url.startswith(("file:", "data:", "about:")) else None
    )
    page = context.new_page()
    for place in sorted(set(site.rglob("*.html")) - {site / "404.html"}):  # that one is for servers alone
        page.goto(place.as_uri())
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], place.name
        pictures = page.evaluate("[...document.images].filter(it => it.complete && !it.naturalWidth).map(it => it.src)")
        assert [] == pictures, place.name
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("fragility")
    page.locator(".md-search-result__item a", has_text="Verdict").first.click()
    page.wait_for_url("**/verdicts.html*")
    context.close()

    assert [] == complaints
