"""A run to review and its pages; and a real browser for what is looked at, with a watch on what its pages do."""

import os
import shutil

import pytest
from harbour import HOST, Visitor, harbour_verdicts, write_run

from factcheck.run.ledger import Ledger
from factcheck.run.reviews import seen_evidence

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOCAL = ("file:", "data:", "blob:", "about:")


def _lacks(what, fix):
    """Skip, or fail where FACTCHECK_REQUIRE_BROWSER says that these tests must run."""
    message = f"{what}; {fix}"
    if os.environ.get("FACTCHECK_REQUIRE_BROWSER", "") not in ("", "0"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="module")  # while it is open an event loop runs in this thread, which other modules may not want
def browser():
    """Headless Chromium: the one that FACTCHECK_CHROMIUM names, or that is on the path."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _lacks("playwright is not installed", "pip install 'factcheck-nli[test]'")
    path = os.environ.get("FACTCHECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _lacks("there is no Chromium", "apt-get install chromium, or name it in FACTCHECK_CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def new_page(browser):
    """Gives a page of its own context; fails if one complains, or asks for anything but itself.

    `origin` is where requests may go, such as `http://127.0.0.1:8000`; without one there is no network at all.
    `expect` are parts of complaints that the test brings about on purpose.
    """
    contexts, problems, allowed, expected = [], [], list(LOCAL), []

    def make(*, origin=None, expect=(), **options):
        context = browser.new_context(offline=origin is None, **options)
        contexts.append(context)
        expected.extend(expect)
        if origin:
            allowed.extend([f"{origin}/", origin])
        context.on("request", lambda request: look(f"request {request.url}", ok=request.url.startswith(tuple(allowed))))
        context.on("console", lambda told: look(f"{told.type}: {told.text}", ok=told.type not in ("error", "warning")))
        context.on("weberror", lambda error: look(f"uncaught: {error.error}", ok=False))
        context.on("dialog", lambda dialog: (look(f"dialog: {dialog.message}", ok=False), dialog.dismiss()))
        return context.new_page()

    def look(what, *, ok):
        if not ok and not any(part in what for part in expected):
            problems.append(what)

    yield make
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The harbour's run, to be copied."""
    return write_run(tmp_path_factory.mktemp("harbour") / "run", harbour_verdicts())


@pytest.fixture
def run(written, tmp_path):
    """The folder of the harbour's run."""
    return shutil.copytree(written, tmp_path / "run")


@pytest.fixture
def seen(run):
    """What a decision on a claim saw, by the claim's id."""
    with Ledger(run) as ledger:
        return {item.claim.id: seen_evidence(item) for item in ledger.verdicts()}


@pytest.fixture
def review(run):
    """Opens the review of a folder, the harbour's by default, to a visitor of some name."""
    from factcheck.review.app import make_app
    from factcheck.review.desk import Desk
    from factcheck.review.guard import Sessions

    opened = []

    def start(folder=run, reviewer="ann", **more):
        desk, sessions = Desk(folder), Sessions()
        opened.append(desk)
        app = make_app(desk, sessions=sessions, hosts=[HOST], **more)
        visitor = Visitor(app, sessions, reviewer)
        visitor.desk, visitor.another = desk, lambda name: Visitor(app, sessions, name)
        return visitor

    yield start
    for desk in opened:
        desk.close()


@pytest.fixture
def accessible():
    """Fails where axe finds anything on a page by WCAG 2.2 AA; its context must be made with `bypass_csp=True`."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        _lacks("axe-playwright-python is not installed", "pip install 'factcheck-nli[test]'")
    axe = Axe()

    def check(page):
        # What is scrolled halfway under the bar that stays on top counts as covered.
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        found = axe.run(page, options={"runOnly": [*RULES]}).response["violations"]
        assert [] == [(item["id"], item["help"], [node["html"] for node in item["nodes"]]) for item in found]

    return check
