"""The report of a run in one HTML file, driven in a real browser."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from factcheck.errors import FactcheckError
from factcheck.formats.export import About, export
from factcheck.review import report
from factcheck.review.report import write_report
from factcheck.run.ledger import Ledger
from factcheck.run.reviewed import read_reviews
from factcheck.run.reviews import Decide, Event, Note, Reviews, Status, seen_evidence
from factcheck.types import (
    Check,
    Claim,
    Evidence,
    EvidenceFrom,
    Finding,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

S, C, X, N = Label
HOSTILE = "</script><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}\u202egnp.exe\u2028'\"&lt;"
SCORES = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}


def evidence(quote, stance=Stance.SUPPORTS, doc_id="harbour", before="", url=None):
    source = Source(doc_id, f"About {doc_id}", f"{doc_id}.txt", "0" * 64, url, "2024-05-01")
    passage = Passage(source, 0, 7, 7 + len(quote), quote, before + quote, 3)
    return Evidence(Hit(passage, 1.0), NLIScores(*SCORES[stance]), stance)


def verdict(number, label=S, *found, text=None):
    claim = Claim(f"c{number}", text or f"Claim number {number} about cranes.", input={}, place=f"claims.csv:{number}")
    reason = Reason.EVIDENCE if label is not N else Reason.ONLY_NEUTRAL
    return Verdict(claim, label, 0.9, reason, EvidenceFrom.CORPUS, found)


def hostile():
    """A verdict with the same hostile text in every field that has one."""
    source = Source(HOSTILE, HOSTILE, HOSTILE, "0" * 64, "javascript:alert(3)", HOSTILE, HOSTILE)
    passage = Passage(source, 0, 0, len(HOSTILE), HOSTILE, HOSTILE + HOSTILE, 1)
    found = Evidence(Hit(passage, 1.0, (passage,)), NLIScores(0.9, 0.1, 0.0), Stance.SUPPORTS)
    claim = Claim(HOSTILE, HOSTILE, date=HOSTILE, input={HOSTILE: HOSTILE}, place=HOSTILE)
    return Verdict(claim, S, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (found,))


VERDICTS = [
    verdict(0, S, evidence("Three cranes work.", before="The harbour. "), evidence("Cranes are old.", Stance.NEUTRAL)),
    verdict(1, C, evidence("No crane works.", Stance.CONTRADICTS, "<b>news</b>", url="https://example.org/n")),
    verdict(2, X, evidence("Yes."), evidence("No.", Stance.CONTRADICTS, "news")),
    verdict(3, N, evidence("Perhaps.", Stance.NEUTRAL)),
    *(verdict(number, S, evidence("Three cranes work.")) for number in range(4, 40)),
]


def make_run(folder, verdicts):
    with Ledger(folder, write=True) as ledger:
        ledger.ingest([verdict.claim for verdict in verdicts])
        ledger.begin((), identity={})
        ledger.write(verdicts)
        ledger.finish()
    return folder


def written(run, out, name="Harbour"):
    with Ledger(run) as ledger:
        about = About(name=name, key=ledger.get("claims"), review=read_reviews(ledger))
        export(ledger.verdicts, "html", out, about=about, more={"html": write_report})
    return out


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run", VERDICTS)


@pytest.fixture
def page(run, tmp_path, new_page):
    page = new_page(viewport={"width": 1200, "height": 900}, accept_downloads=True)
    page.goto(written(run, tmp_path / "report.html").as_uri())
    return page


def texts(page, selector):
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def save(page, path):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions").click()
    download.value.save_as(path)
    return [Event.of(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def be(page, name):
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Use this name").click()


# --- the file


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    """Nothing in it says when it was made."""
    assert written(run, tmp_path / "a").read_bytes() == written(run, tmp_path / "b").read_bytes()


def test_only_its_own_script_and_style_may_run(run, tmp_path):
    """The policy names both by hash, allows no request, and the file refers to nothing else."""
    html = written(run, tmp_path / "report.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1].replace("&#39;", "'")

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert 1 == html.count("<script>")
    assert not re.search(r"<(link|img|script|iframe)[^>]+(src|href)=\"(?!data:,)", html)


def test_no_text_of_the_run_becomes_markup(tmp_path):
    """Neither in the blocks of data nor in the list that is there without a script."""
    run = make_run(tmp_path / "run", [hostile()])
    with Reviews(run) as reviews:
        reviews.add(Event(HOSTILE, HOSTILE, Note(HOSTILE)))
    html = written(run, tmp_path / "report.html", name=HOSTILE).read_text("utf-8")

    assert "<img" not in html
    assert "alert(2)</script>" not in html


def test_more_claims_than_a_browser_opens_well_are_refused(run, tmp_path, monkeypatch):
    """The message says what to do instead, and no file is left."""
    monkeypatch.setattr(report, "MOST", 20)
    out = tmp_path / "report.html"

    with pytest.raises(FactcheckError, match=r"more than 20 claims.*factcheck review RUN"):
        written(run, out)
    assert not out.exists()


def test_memory_does_not_hold_the_evidence(tmp_path):
    """A block is written before the next one is made."""
    first = []

    class Stream:
        def write(self, data):
            if b'class="block"' in data or b"Claim number" in data:
                first.append(len(made))

    made = []

    def source():
        for number in range(500):
            made.append(number)
            yield verdict(number, S, evidence("Three cranes work."))

    assert 500 == write_report(source, Stream(), About())
    assert first[0] < 300


# --- in the browser


def test_all_claims_are_there_with_what_needs_a_human_first(page):
    """Counts by verdict, and the first page of the list."""
    assert ["✓ Supported\n37", "✗ Contradicted\n1", "⇄ Conflicting\n1", "? Not enough info\n1"] == [
        re.sub(r"\s*\n\s*", "\n", text) for text in texts(page, "#tiles button")
    ]
    assert ["Claim number 2 about cranes.", "Claim number 1 about cranes."] == texts(page, ".claim-text")[:2]
    assert "40 claims" == page.locator("#found").inner_text()
    assert 25 == page.locator(".claim").count()


def test_filters_narrow_the_list(page):
    """By verdict, by words of the claim, and by both."""
    page.get_by_role("button", name="Contradicted").first.click()
    assert ["Claim number 1 about cranes."] == texts(page, ".claim-text")

    page.get_by_label("Claim contains").fill("NUMBER 3")
    assert "0 of 40 claims" == page.locator("#found").inner_text()

    page.get_by_role("button", name="Contradicted").first.click()
    assert 11 == page.locator(".claim").count()


def test_what_a_check_found_is_marked_and_told(tmp_path, new_page):
    """The figure that does not fit, by its place in code points, and the finding in words as they are."""
    found = Finding(Check.QUANTITY, "mismatched", "claim 31, passage <b>14</b>", (0, 2), (10, 12), opposes=True)
    item = replace(evidence("\U0001f9ca Ferries 14 sail.", Stance.CONTRADICTS), findings=(found,))
    run = make_run(tmp_path / "run", [verdict(0, C, item), verdict(1, S, evidence("Three cranes work."))])
    page = new_page(viewport={"width": 1200, "height": 900})
    page.goto(written(run, tmp_path / "report.html").as_uri())
    page.get_by_text("Claim number 0 about cranes.").click()
    page.get_by_text("Claim number 1 about cranes.").click()

    assert ["14"] == texts(page, ".differs")
    assert ["\U0001f9ca Ferries 14 sail.", "Three cranes work."] == [
        text.replace("≠\u202f", "") for text in texts(page, "mark")
    ]
    assert ["≠ quantity: claim 31, passage <b>14</b>"] == texts(page, ".findings li")


def test_evidence_stands_for_and_against_with_the_quote_marked(page):
    """The quote is marked within what the model read, and where it stands is told."""
    page.get_by_text("Claim number 2 about cranes.").click()
    assert ["For", "Against"] == [text.split()[-1] for text in texts(page, ".side h3")]

    page.get_by_text("Claim number 0 about cranes.").click()
    here = page.locator("#claim-0")
    assert "The harbour. Three cranes work." == here.locator("blockquote").inner_text()
    assert "Three cranes work." == here.locator("mark").inner_text()
    assert "About harbour · harbour.txt · page 3 · characters 7–25 · 2024-05-01" == here.locator(".where").inner_text()
    assert "supports 90 %, neutral 10 %, contradicts 0 %" in here.inner_text()


def test_only_web_addresses_are_links(page):
    """A document's own address is one where it is of the web."""
    page.get_by_text("Claim number 1 about cranes.").click()
    page.locator(".where").first.wait_for()

    assert ["https://example.org/n"] == [link.get_attribute("href") for link in page.locator(".where a").all()]


def test_decisions_are_saved_and_merged(page, run, tmp_path):
    """What the file holds is what the run then knows: by whom, on what evidence, of what the machine had said."""
    page.get_by_text("Claim number 2 about cranes.").click()
    page.locator("#claim-2").get_by_role("button", name="Contradicted").click()
    be(page, "Ann <i>")
    page.locator("#claim-2").get_by_label("Your note").fill("<b>See</b> page 3.")
    page.get_by_role("button", name="Add note").click()
    page.get_by_text("Claim number 0 about cranes.").click()
    page.locator("#claim-0").get_by_role("button", name="Accept").click()
    events = save(page, tmp_path / "decisions.jsonl")

    assert [
        Decide(C, X, seen_evidence(VERDICTS[2])),
        Note("<b>See</b> page 3."),
        Decide(S, S, seen_evidence(VERDICTS[0])),
    ] == [event.act for event in events]
    with Reviews(run) as reviews:
        assert (3, 0) == reviews.merge(events)
        assert (0, 3) == reviews.merge(events)
        assert (Status.OVERRULED, C) == (reviews.of("c2").status, reviews.of("c2").label)
        assert Status.ACCEPTED is reviews.of("c0").status
    assert {"Ann <i>"} == {event.reviewer for event in events}


def test_all_of_it_goes_by_keyboard(page, tmp_path):
    """Move, open, decide, note, take back, search, help."""
    for key in ("j", "j", "Enter", "2"):
        page.keyboard.press(key)
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    assert "Accepted" in page.locator("#claim-1 .claim-mine").inner_text()
    page.keyboard.press("4")
    assert "Overruled: not enough info" in page.locator("#claim-1 .claim-mine").inner_text()
    page.keyboard.press("n")
    page.keyboard.type("1 a u j")  # keys are letters in a field
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("u")
    assert "Accepted" in page.locator("#claim-1 .claim-mine").inner_text()
    page.keyboard.press("k")
    page.keyboard.press("a")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("number 39")
    assert ["Claim number 39 about cranes."] == texts(page, ".claim-text")
    kinds = [type(event.act).__name__ for event in save(page, tmp_path / "decisions.jsonl")]
    assert ["Decide", "Decide", "Note", "Undo", "Undo", "Decide"] == kinds


def test_keys_go_on_to_the_next_page(page):
    """From the last claim of one to the first of the next, and back."""
    for _ in range(26):
        page.keyboard.press("j")
    assert "Page 2 of 2" == page.locator("#page").inner_text()
    page.keyboard.press("k")
    assert "Page 1 of 2" == page.locator("#page").inner_text()


def test_decisions_are_there_when_it_is_opened_again(page, tmp_path):
    """Also in a newer file of the same claims; on other evidence a decision needs another look."""
    page.keyboard.press("j")
    page.keyboard.press("1")
    be(page, "Ann")
    page.locator("#unsaved", has_text="1 change not saved to a file.").wait_for()

    page.reload()
    assert "Overruled" in page.locator("#claim-2 .claim-mine").inner_text()

    other = verdict(2, X, evidence("Yes!"), evidence("No.", Stance.CONTRADICTS, "news"))
    changed = [*VERDICTS[:2], other, *VERDICTS[3:]]
    page.goto(written(make_run(tmp_path / "later", changed), tmp_path / "later.html").as_uri())
    assert "Needs re-review" in page.locator("#claim-2 .claim-mine").inner_text()
    page.get_by_label("Review", exact=True).select_option("needs re-review")
    assert 1 == page.locator(".claim").count()


def test_it_works_where_the_browser_keeps_nothing(run, tmp_path, new_page):
    """Decisions last as long as the page, which says so."""
    page = new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no'); }})")
    page.goto(written(run, tmp_path / "report.html").as_uri())
    assert page.get_by_text("keeps nothing").is_visible()
    page.keyboard.press("j")
    page.keyboard.press("3")
    be(page, "Ann")

    assert [X] == [event.act.label for event in save(page, tmp_path / "decisions.jsonl")]


def test_what_reviewers_said_is_shown(run, tmp_path, new_page):
    """Their verdicts and notes, and which evidence of theirs there is."""
    with Reviews(run) as reviews:
        reviews.add(Event("c0", "bob", Decide(N, S, seen_evidence(VERDICTS[0]))))
        reviews.add(Event("c0", "bob", Note("Old news.")))
    page = new_page()
    page.goto(written(run, tmp_path / "report.html").as_uri())
    page.get_by_label("Review", exact=True).select_option("overruled")
    page.locator(".claim summary").click()

    assert ["bob said NOT ENOUGH INFO", "bob noted: Old news."] == texts(page, ".notes li")


def test_hostile_text_is_shown_as_it_is(tmp_path, new_page):
    """In every field, with the page's own policy off, too: nothing of it is run or asked for."""
    run = make_run(tmp_path / "run", [hostile()])
    with Reviews(run) as reviews:
        reviews.add(Event(HOSTILE, HOSTILE, Note(HOSTILE)))
        reviews.add(Event(HOSTILE, HOSTILE, Decide(C, S, seen_evidence(hostile()))))
    out = written(run, tmp_path / "report.html", name=HOSTILE)
    for bypass_csp in (False, True):
        page = new_page(bypass_csp=bypass_csp)
        page.goto(out.as_uri())
        page.locator(".claim summary").click()
        page.keyboard.press("2")
        be(page, HOSTILE[:80])

        assert HOSTILE == page.locator(".claim-text").text_content()
        assert HOSTILE == page.locator("mark").text_content()
        assert 0 == page.locator("img, .body a, main script").count()
        assert HOSTILE in page.locator(".notes").text_content()


def test_it_is_a_list_without_a_script(run, tmp_path, new_page):
    """Claims, verdicts and quotes; a browser that runs no script shows them."""
    page = new_page(java_script_enabled=False)
    page.goto(written(run, tmp_path / "report.html").as_uri())

    assert 40 == page.locator(".plain li").count()
    assert "No crane works." in page.locator(".plain").inner_text()


@pytest.mark.parametrize("look", ["360 light", "360 dark", "1400 light", "1400 dark"])
def test_everybody_can_use_it(run, tmp_path, new_page, accessible, look):
    """No finding of axe by WCAG 2.2 AA, opened and closed, and nothing to scroll sideways for."""
    width, scheme = look.split()
    view = {"width": int(width), "height": 800}
    page = new_page(bypass_csp=True, color_scheme=scheme, viewport=view)  # axe is a script, too
    page.goto(written(run, tmp_path / "report.html").as_uri())
    page.get_by_text("Claim number 2 about cranes.").click()
    page.keyboard.press("1")
    be(page, "Ann")

    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_overlaps_on_a_small_screen(run, tmp_path, new_page):
    """The verdict, the longest status and the claim each have their own place."""
    with Reviews(run) as reviews:
        reviews.add(Event("c1", "bob", Decide(N, C, seen_evidence(VERDICTS[1]))))
    page = new_page(viewport={"width": 360, "height": 800})
    page.goto(written(run, tmp_path / "report.html").as_uri())
    boxes = [page.locator(f"#claim-1 summary {part}").bounding_box() for part in (".badge", ".status", ".claim-text")]

    for one, other in pairwise(boxes):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        assert beside or one["y"] + one["height"] <= other["y"]


def test_paper_has_all_claims_of_the_page_open(page):
    """What is printed shows the evidence, which paper cannot unfold."""
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert 25 == page.locator(".claim details[open] .body").count()
    assert not page.locator(".decide").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert 0 == page.locator(".claim details[open]").count()


def test_a_reader_needs_no_write_permission(run, tmp_path):
    """The report of a run in a folder that nobody may write to, with its reviews."""
    with Reviews(run) as reviews:
        reviews.add(Event("c0", "bob", Note("Old news.")))
    before = {path: path.read_bytes() for path in Path(run).iterdir()}
    run.chmod(0o500)
    try:
        html = written(run, tmp_path / "report.html").read_text("utf-8")
    finally:
        run.chmod(0o700)

    assert "Old news." in html
    assert before == {path: path.read_bytes() for path in Path(run).iterdir()}
