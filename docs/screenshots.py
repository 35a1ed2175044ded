# noqa: INP001 (a script, no part of a package)
"""Draws the pictures of the README anew: a review of `claims/glaciers` by the bundled model, in headless Chromium.

    pip install -e '.[review,test]' && python docs/screenshots.py

Chromium is the one on the path, or the one that FACTCHECK_CHROMIUM names.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Assign, Decide, Event, Note, Reviews, seen_evidence
from factcheck.types import Label

HERE = Path(__file__).parent
GLACIERS = HERE.parent / "claims" / "glaciers"
SHOWN = "ice-051"  # documents disagree on it, and both sides have a quote
COMMAND = [sys.executable, "-m", "factcheck"]


def main() -> None:
    """Write review-list.png and review-claim.png beside this file."""
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "glaciers"
        documents, claims = str(GLACIERS / "documents"), str(GLACIERS / "claims.jsonl")
        verify = [*COMMAND, "verify", claims, "--corpus", documents, "--run", str(run), "--quiet"]
        environment = os.environ | {"FACTCHECK_CACHE": str(Path(name) / "cache"), "PYTHONUNBUFFERED": "1"}
        subprocess.run(verify, check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
        position = review(run)
        server = subprocess.Popen(  # noqa: S603 (our own command)
            [*COMMAND, "review", str(run), "--no-browser", "--reviewer", "Ann"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            draw(first_link(server), position)
        finally:
            server.terminate()
            server.communicate()


def review(run: Path) -> int:
    """Decide some claims, as two reviewers would have done by noon; gives the position of the claim that is shown."""
    with Ledger(run) as ledger:
        verdicts = {verdict.claim.id: verdict for verdict in ledger.verdicts()}
    decided = [
        ("ice-001", "Ann", Label.SUPPORTED),
        ("ice-073", "Ann", Label.SUPPORTED),
        ("ice-010", "Ben", Label.CONTRADICTED),
        ("ice-062", "Ann", Label.CONTRADICTED),
        ("ice-062", "Ben", Label.CONTRADICTED),
        ("ice-064", "Ben", Label.CONTRADICTED),
        ("ice-064", "Ann", Label.NOT_ENOUGH_INFO),
        (SHOWN, "Ben", Label.CONFLICTING),
    ]
    with Reviews(run) as reviews:
        for claim_id, reviewer, label in decided:
            verdict = verdicts[claim_id]
            reviews.add(Event(claim_id, reviewer, Decide(label, verdict.label, seen_evidence(verdict))))
        reviews.add(Event(SHOWN, "Ben", Note("Two models, two answers: both belong into the text.")))
        reviews.add(Event(SHOWN, "Ben", Assign("Ann")))
    return list(verdicts).index(SHOWN)


def first_link(server: "subprocess.Popen[str]") -> str:
    """The link that a server prints."""
    assert server.stdout is not None
    for line in server.stdout:
        if link := re.search(r"http://\S+", line):
            return link[0]
    raise SystemExit("the server has not started")


def draw(link: str, position: int) -> None:
    """Open both pages and keep what is seen of them."""
    origin = link.partition("/?")[0]
    path = os.environ.get("FACTCHECK_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 960}, color_scheme="light")
        page.goto(link)
        page.locator(".bars").first.wait_for()
        keep(page, "review-list.png")
        page.goto(f"{origin}/claims/{position}")
        keep(page, "review-claim.png")
        browser.close()


def keep(page: Page, name: str) -> None:
    """Store what is seen in 256 colours, which are enough for text and a third of the size."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(256, dither=Image.Dither.NONE).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
