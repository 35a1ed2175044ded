"""The review of a run of the bundled model, as reviewers use it: in a real browser, by mouse and by keyboard."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest
from browsing import GLACIERS, NARROW, WIDE, fits, serving, tab_to
from harbour import ATTACK, harbour_verdicts, write_run

from factcheck.config import Settings
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Add, Decide, Event, Note, Reviews, Status, seen_evidence
from factcheck.types import Label

COMMAND = [sys.executable, "-m", "factcheck"]
CLAIMS = 53  # two pages of the list, with the one below
BROUGHT = {
    "id": "brought",
    "claim": "Only two of the 51 years ended with a positive annual balance.",
    "contexts": ["The school choir of Ketterau sings on Sundays."],
}
"""A claim that the corpus supports, which was not asked: the claim brought a text of its own."""
CONFLICTING, UNKNOWN, CONTRADICTED = "ice-001", "ice-002", "ice-010"


def expect(found):
    from playwright.sync_api import expect

    return expect(found)


@pytest.fixture(scope="module")
def glaciers(tmp_path_factory, browser):
    """A finished run of the bundled model, to be copied; its index stays where it is. None is made for no browser."""
    folder = tmp_path_factory.mktemp("glaciers")
    lines = (GLACIERS / "claims.jsonl").read_text("utf-8").splitlines()[:CLAIMS]
    (folder / "claims.jsonl").write_text("\n".join([*lines, json.dumps(BROUGHT)]) + "\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(folder / "cache"))
        settings = Settings(
            corpus=str(GLACIERS / "documents"),
            index=str(folder / "index"),
            passages=4,
            cache=str(folder / "scores.sqlite"),
        )
        run_job(folder / "claims.jsonl", folder / "run", settings)
        yield folder / "run"


@pytest.fixture
def run(glaciers, tmp_path):
    return shutil.copytree(glaciers, tmp_path / "glaciers")


@pytest.fixture
def opened():
    """Serves the review of a folder until the test ends."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving(folder))


@pytest.fixture
def office(run, opened):
    return opened(run)


@pytest.fixture
def enter(new_page):
    """Lets a reviewer into an office, at some page, with a browser of her own."""

    def go(office, path="/", reviewer="ann", **options):
        page = new_page(origin=office.origin, **{"viewport": WIDE, **options})
        page.goto(office.link(reviewer, path))
        return page

    return go


def decide(office, claim_id, label, reviewer="ann"):
    """A decision that the tests of other things need."""
    verdict = office.verdicts[claim_id]
    office.desk.reviews.add(Event(claim_id, reviewer, Decide(label, verdict.label, seen_evidence(verdict))))


def position(office, claim_id):
    return list(office.verdicts).index(claim_id)


def turned_to(page, text):
    """A claim's page is there, and its keys work."""
    expect(page.locator("#claim-text")).to_have_text(text)
    page.wait_for_load_state()


def turned_from(page, text):
    """Another page is there, and its keys work."""
    expect(page.locator("h1")).not_to_have_text(text)
    page.wait_for_load_state()


def documents_of(verdict):
    return {item.hit.passage.source.doc_id for item in verdict.evidence}


def focused(page):
    return page.evaluate("document.activeElement?.innerText")


def statuses(page):
    """The numbers of the chips above the list."""
    chips = page.get_by_role("navigation", name="Review status").get_by_role("link")
    expect(chips).to_have_count(len(Status) + 1)
    pairs = [re.fullmatch(r"\W*\s*(.+?)\s*(\d+)", " ".join(text.split())) for text in chips.all_inner_texts()]
    return {pair[1]: int(pair[2]) for pair in pairs if pair}


# The way in


def test_the_printed_link_opens_the_review_once(run, new_page):
    """A second browser is refused, and what was decided is stored when the command ends."""
    command = [*COMMAND, "review", str(run), "--no-browser", "--reviewer", "Ann"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        link = re.search(r"http://\S+", process.stdout.readline())[0]
        origin = link.partition("/?")[0]
        page = new_page(origin=origin)
        page.goto(link)
        expect(page.get_by_role("heading", name="Verdicts")).to_be_visible()
        address = page.url
        second = new_page(origin=origin, expect=["status of 403"])
        refused = second.goto(link)
        page.goto(f"{origin}/claims/0")
        page.keyboard.press("1")
        expect(page.get_by_role("status").filter(has_text="Decided")).to_have_text("Decided: Supported.")
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(30)
    finally:
        process.kill()
        process.communicate()

    assert f"{origin}/" == address
    assert 403 == refused.status
    assert "each link opens it once" in second.locator("body").inner_text()
    with Reviews(run) as reviews:
        assert {"Ann": Label.SUPPORTED} == {
            name: decision.label for name, decision in reviews.of(CONFLICTING).decisions.items()
        }


# The list


def test_filters_are_in_the_address(office, enter):
    """A tile, a word and an order narrow the list; another browser that opens the address sees the same."""
    page = enter(office)
    contradicted = sum(item.label is Label.CONTRADICTED for item in office.verdicts.values())

    page.locator(".tile-link", has_text="Contradicted").click()
    expect(page.locator("#found")).to_have_text(re.compile(f" of {contradicted}$"))
    page.get_by_role("searchbox", name="Search in claims").fill("brennhorn")
    page.get_by_label("Order").select_option("claim")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("text=brennhorn"))
    page.wait_for_load_state()
    rows = page.locator(".row-claim").all_inner_texts()
    other = enter(office, page.url.removeprefix(office.origin), reviewer="bob")

    assert f"{office.origin}/?label=CONTRADICTED&text=brennhorn&order=claim" == page.url
    assert rows == [
        item.claim.text
        for item in office.verdicts.values()
        if item.label is Label.CONTRADICTED and "brennhorn" in item.claim.text.lower()
    ]
    assert rows == other.locator(".row-claim").all_inner_texts()
    page.go_back()
    expect(page.locator("#found")).to_have_text(re.compile(f" of {contradicted}$"))


def test_the_list_has_pages(office, enter):
    """By link, by number and by key; every claim is on one of them."""
    page = enter(office, "/?order=claim")
    first = page.locator(".row-claim").all_inner_texts()
    page.get_by_role("link", name="Next →").click()
    expect(page.locator("#found")).to_have_text("51–54 of 54")
    page.wait_for_load_state()
    last = page.locator(".row-claim").all_inner_texts()
    page.keyboard.press("[")
    expect(page.locator("#found")).to_have_text("1–50 of 54")
    page.get_by_role("spinbutton", name="Page").fill("2")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("51–54 of 54")

    assert [*first, *last] == [item.claim.text for item in office.verdicts.values()]


def test_new_verdicts_are_told_while_the_run_goes_on(glaciers, tmp_path, opened, enter):
    """The list keeps still until it is asked to show them."""
    with Ledger(glaciers) as finished:
        verdicts, settings = list(finished.verdicts()), finished.get("settings")
    with Ledger(tmp_path / "going", write=True) as ledger:
        ledger.ingest([item.claim for item in verdicts])
        ledger.begin((), identity={"corpus": "1"}, settings=settings)
        ledger.write(verdicts[:10])
        office = opened(tmp_path / "going")
        page = enter(office, "/sample")
        expect(page.get_by_text("The run still goes on")).to_be_visible()
        page.clock.install()
        page.goto(office.origin)
        expect(page.locator("#news")).to_have_text("The run goes on: 10 of 54 claims have a verdict.")
        ledger.write(verdicts[10:13])
        page.clock.fast_forward(5_000)
        expect(page.locator("#news")).to_contain_text("3 new verdicts since this list was shown.")
        assert 10 == page.locator(".row-claim").count()
        page.get_by_role("link", name="Show them").click()
        expect(page.locator("#found")).to_have_text("1–13 of 13")
        ledger.write(verdicts[13:])
        ledger.finish()
        page.clock.fast_forward(5_000)
        expect(page.locator("#news")).to_contain_text("41 new verdicts")
        assert "goes on" not in page.locator("#news").inner_text()


# The claim page, by keyboard alone


def test_a_claim_is_found_decided_and_left_by_keyboard(office, enter):
    """j and k select, Enter opens, 1 to 4 and a decide, u takes back, j goes on: no click."""
    page = enter(office, "/?order=claim")
    panel = page.locator("#panel")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert office.verdicts[CONFLICTING].claim.text == focused(page)
    page.keyboard.press("Enter")
    turned_to(page, office.verdicts[CONFLICTING].claim.text)

    for number, label in enumerate(Label, 1):
        page.keyboard.press(str(number))
        expect(page.locator(f"#decide-{number}")).to_have_attribute("aria-pressed", "true")
        assert label is office.of(CONFLICTING).decisions["ann"].label
    page.keyboard.press("u")
    expect(page.locator("#toast")).to_have_text("Taken back: your decision.")
    expect(page.locator("#decide-3")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("4")
    expect(panel.get_by_role("list", name="Decisions")).to_contain_text("Not enough info")
    page.keyboard.press("a")
    expect(page.locator("#claim-head .status")).to_contain_text("Accepted")
    page.keyboard.press("j")
    turned_to(page, office.verdicts[UNKNOWN].claim.text)
    page.keyboard.press("k")
    turned_to(page, office.verdicts[CONFLICTING].claim.text)

    assert Status.ACCEPTED is office.of(CONFLICTING).status
    assert Status.UNREVIEWED is office.of(UNKNOWN).status


def test_a_decision_is_stored_although_the_next_key_leaves_the_page(office, enter):
    """One key right after the other, faster than any answer."""
    page = enter(office, "/claims/0?order=claim")
    for _ in range(3):
        before = page.locator("#claim-text").inner_text()
        page.keyboard.press("2")
        page.keyboard.press("j")
        turned_from(page, before)

    first = list(office.verdicts)[:3]
    assert [Label.CONTRADICTED] * 3 == [office.of(claim_id).decisions["ann"].label for claim_id in first]


def test_a_decision_counts_although_the_page_still_loads(office, enter):
    """A key that comes before the script that sends it waits for that, and for nothing else."""
    page = enter(office, "/documents")
    held = []
    page.route("**/htmx.min.js", lambda route: held.append(route))  # noqa: PLW0108 (playwright gives it an attribute)
    page.goto(f"{office.origin}/claims/0", wait_until="commit")
    for _ in range(200):  # until the keys of the page work
        page.keyboard.press("n")
        if page.evaluate("document.activeElement?.id") == "note":
            break
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("form.decide")).to_have_class(re.compile("htmx-request"))
    assert {} == office.of(CONFLICTING).decisions
    held.pop().continue_()
    expect(page.locator("#toast")).to_have_text("Decided: Contradicted.")

    assert Label.CONTRADICTED is office.of(CONFLICTING).decisions["ann"].label


def test_a_note_is_kept_while_it_is_written(office, enter):
    """n begins it, keys in it are text, another page and back lose nothing, Ctrl-Enter stores it."""
    page = enter(office, "/claims/0?order=claim")
    page.keyboard.press("n")
    page.keyboard.type("1 of 2 sources? j")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    turned_to(page, office.verdicts[UNKNOWN].claim.text)
    expect(page.locator("#note")).to_have_value("")
    page.keyboard.press("k")
    expect(page.locator("#note")).to_have_value("1 of 2 sources? j")
    page.keyboard.press("n")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("list", name="Notes")).to_contain_text("1 of 2 sources? j")
    expect(page.locator("#note")).to_have_value("")
    page.reload()
    expect(page.locator("#note")).to_have_value("")

    assert {} == office.of(CONFLICTING).decisions
    assert ["1 of 2 sources? j"] == [note.act.text for note in office.of(CONFLICTING).notes]


def test_the_help_tells_the_keys_of_the_page(office, enter):
    """? opens it, keys do nothing behind it, Escape closes it."""
    page = enter(office, "/claims/0")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("accept the machine's verdict")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()

    assert {} == office.of(CONFLICTING).decisions


def test_a_sentence_of_the_corpus_backs_another_verdict(office, enter):
    """Searched, added and judged by keyboard; before, the page asks what the decision rests on."""
    page = enter(office, f"/claims/{position(office, 'brought')}")
    page.keyboard.press("1")
    expect(page.locator("#unbacked")).to_contain_text("No passage here says what you decided.")
    page.keyboard.press("/")
    page.keyboard.type("years with a positive annual balance")
    page.keyboard.press("Enter")
    expect(page.locator("#hits mark").first).to_contain_text("ended with a positive annual balance")
    tab_to(page, "add-1")
    page.keyboard.press("Enter")
    expect(page.locator(".side-for .item")).to_contain_text("added by ann", timeout=30_000)
    expect(page.locator("#unbacked")).to_have_count(0)
    expect(page.locator("#hits")).to_contain_text("Among the evidence now.")
    expect(page.locator("#claim-head .badge").first).to_contain_text("Not enough info")

    review = office.of("brought")
    assert Label.SUPPORTED is review.label
    [added] = review.added
    assert "brennhorn-stakes.txt" == added.hit.passage.source.doc_id
    assert Label.NOT_ENOUGH_INFO is office.verdicts["brought"].label


def test_evidence_is_marked_as_wrong_and_right_again(office, enter):
    """The quote stays, with who marked it."""
    page = enter(office, f"/claims/{position(office, CONTRADICTED)}")
    item = page.locator(".side-against .item").first
    item.get_by_role("button", name="Wrong as evidence").click()
    expect(item).to_contain_text("marked as wrong evidence by ann")
    assert 1 == len(office.of(CONTRADICTED).wrong)
    item.get_by_role("button", name="It is right after all").click()
    expect(item).not_to_contain_text("marked as wrong")

    assert not office.of(CONTRADICTED).wrong


def test_what_is_assigned_is_a_list_of_its_own(office, enter):
    """The one who has it filters by a click, others by the name."""
    page = enter(office, f"/claims/{position(office, CONTRADICTED)}")
    page.get_by_label("Assigned to").fill("bob")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#claim-head")).to_contain_text("assigned to bob")
    bob = enter(office, reviewer="bob")
    bob.get_by_role("link", name="Assigned to me").click()
    expect(bob.locator(".row-claim")).to_have_text([office.verdicts[CONTRADICTED].claim.text])
    page.goto(f"{office.origin}/?assigned=bob")

    assert "for bob" in page.locator(".row").inner_text()


# Several reviewers


def test_a_later_decision_does_not_overwrite_an_earlier_one_unseen(office, enter):
    """The second is shown the first; deciding again makes a dispute, which is queued until somebody settles it."""
    text = office.verdicts[CONTRADICTED].claim.text
    path = f"/claims/{position(office, CONTRADICTED)}"
    ann = enter(office, path)
    bob = enter(office, path, reviewer="bob", expect=["status of 409"])
    ann.keyboard.press("a")
    expect(ann.locator("#claim-head .status")).to_contain_text("Accepted")
    bob.keyboard.press("1")
    expect(bob.get_by_role("alert").filter(has_text="Somebody decided meanwhile")).to_be_visible()
    expect(bob.get_by_role("list", name="Decisions")).to_have_text(re.compile(r"^\s*ann\s+✗ Contradicted\s*$"))
    assert ["ann"] == list(office.of(CONTRADICTED).decisions)

    bob.keyboard.press("1")
    expect(bob.locator("#claim-head .status")).to_contain_text("Disputed")
    ann.goto(f"{office.origin}/?status=disputed")
    expect(ann.locator(".row-claim")).to_have_text([text])
    ann.get_by_role("link", name="Agreement").click()
    voices = re.compile("machine.*ann.*Contradicted.*bob.*Supported", re.DOTALL)
    expect(ann.locator(".row .voices")).to_have_text(voices)
    assert ["1", "0", "0.00"] == [cell.strip() for cell in ann.locator("tbody td").all_inner_texts()]
    ann.get_by_role("link", name=text).click()
    ann.get_by_label("This settles the dispute").check()
    ann.get_by_role("button", name="Contradicted", exact=True).click()
    expect(ann.locator("#claim-head .status")).to_contain_text("Accepted")

    review = office.of(CONTRADICTED)
    assert (Status.ACCEPTED, Label.CONTRADICTED) == (review.status, review.label)
    assert Label.SUPPORTED is review.decisions["bob"].label
    ann.goto(f"{office.origin}/?status=disputed")
    expect(ann.locator("#found")).to_have_text("No verdict fits")


def test_an_invited_reviewer_comes_in_under_her_name(office, enter, new_page):
    """By the link that the page makes."""
    page = enter(office, "/team")
    page.get_by_role("textbox", name="Name").nth(1).fill("Zoë")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link for Zoë").input_value()
    other = new_page(origin=office.origin)
    other.goto(link)

    assert "You review as Zoë" == " ".join(other.locator("#who").text_content().split())


def test_decisions_travel_in_a_file(office, glaciers, tmp_path, opened, enter):
    """Downloaded from one run and merged into a copy of it, twice without harm."""
    decide(office, CONFLICTING, next(label for label in Label if label is not office.verdicts[CONFLICTING].label))
    decide(office, CONTRADICTED, office.verdicts[CONTRADICTED].label)
    office.desk.reviews.add(Event(CONFLICTING, "ann", Note("Both are about one map.")))
    page = enter(office, "/team")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download decisions").click()
    download.value.save_as(tmp_path / "decisions.jsonl")
    with (tmp_path / "decisions.jsonl").open("a", encoding="utf-8") as file:
        file.write("torn\n")
    copy = opened(shutil.copytree(glaciers, tmp_path / "copy"))
    other = enter(copy, "/team", reviewer="bob")
    for told in ("3 new, 0 known already, 1 refused", "0 new, 3 known already, 1 refused"):
        other.get_by_label("Bring in decisions").set_input_files(tmp_path / "decisions.jsonl")
        other.get_by_role("button", name="Merge").click()
        expect(other.locator("#merged")).to_contain_text(told)
    other.goto(copy.origin)

    found = statuses(other)
    assert (1, 1, CLAIMS - 1) == (found["Accepted"], found["Overruled"], found["Not reviewed"])
    assert ["Both are about one map."] == [note.act.text for note in copy.of(CONFLICTING).notes]


# Sample, documents, update


def test_a_sample_is_decided_blind_and_tells_the_accuracy(office, enter):
    """Nothing of the machine's verdict is on the page before the decision, all of it after; some of each are drawn."""
    page = enter(office, "/sample")
    page.get_by_label("How many claims").fill("1")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Draw").click()
    page.get_by_role("link", name="Begin").click()
    machine = {item.claim.text: item.label for item in office.verdicts.values()}
    labels = set(machine.values())
    turned_from(page, f"A sample of {len(labels)} claims")
    drawn = []
    for _ in labels:
        expect(page.get_by_text("stays hidden until you have decided")).to_be_visible()
        assert 0 == page.locator("#accept, .badge, .bar, .stance, .sides, .history").count()
        text = page.locator("#claim-text").inner_text()
        drawn.append(machine[text])
        wrong = machine[text] is Label.NOT_ENOUGH_INFO
        page.keyboard.press(str(1 if wrong else 1 + list(Label).index(machine[text])))
        expect(page.locator("#claim-head .status")).to_contain_text("Overruled" if wrong else "Accepted")
        page.keyboard.press("j")
        turned_from(page, text)

    expect(page.get_by_text(f"{len(labels)} of {len(labels)} decided")).to_be_visible()
    assert labels == set(drawn)
    share = sum(label is not Label.NOT_ENOUGH_INFO for label in machine.values()) / len(machine)
    expect(page.locator(".figure-number")).to_have_text(f"{share:.1%}".replace("%", " %"))
    expect(page.get_by_text(f"the machine was right on {len(labels) - 1}")).to_be_visible()
    assert {"sample:7"} == {event.act.drawn.rpartition(":")[0][:8] for event in office.desk.reviews.events()}


def test_a_document_shows_every_quote_in_its_text(office, enter):
    """From the list of documents to a quote, and on to a claim that it was used for."""
    page = enter(office, "/documents")
    page.get_by_role("link", name="Fifty-one years of stake measurements").click()
    article = page.get_by_role("article", name="Text of the document")
    expect(article).to_contain_text("The equilibrium line rose by about 140 metres")
    page.wait_for_load_state()
    quotes = {
        item.hit.passage.quote
        for verdict in office.verdicts.values()
        for item in verdict.evidence
        if item.hit.passage.source.doc_id == "brennhorn-stakes.txt"
    }
    assert {" ".join(quote.split()) for quote in quotes} == {
        " ".join(text.split()) for text in page.locator(".quote-card blockquote").all_inner_texts()
    }
    page.get_by_role("link", name="Claims that it was judged for").click()
    used = [item for item in office.verdicts.values() if "brennhorn-stakes.txt" in documents_of(item)]
    expect(page.locator("#found")).to_have_text(f"1–{len(used)} of {len(used)}")
    page.go_back()
    link = page.locator(".uses").get_by_role("link", name=office.verdicts[CONTRADICTED].claim.text)
    link.first.click()
    turned_to(page, office.verdicts[CONTRADICTED].claim.text)
    expect(page.locator(".side-against mark").first).to_contain_text("has been measured every year")


def test_an_update_queues_the_decisions_whose_evidence_changed(glaciers, tmp_path, opened, enter):
    """After `factcheck update` one decision needs re-review, and says why; the other holds."""
    corpus = tmp_path / "documents"
    corpus.mkdir()
    for name in ("brennhorn-stakes.txt", "bulletins.jsonl"):
        shutil.copy(GLACIERS / "documents" / name, corpus)
    claims = [json.loads(line) for line in (GLACIERS / "claims.jsonl").read_text("utf-8").splitlines()]
    kept = [{"id": one["id"], "claim": one["claim"]} for one in claims if one["id"] in {CONTRADICTED, "ice-062"}]
    (tmp_path / "claims.jsonl").write_text("".join(json.dumps(one) + "\n" for one in kept), "utf-8")
    settings = Settings(
        corpus=str(corpus), index=str(tmp_path / "index"), passages=2, cache=str(glaciers.parent / "scores.sqlite")
    )
    run_job(tmp_path / "claims.jsonl", tmp_path / "run", settings)
    office = opened(tmp_path / "run")
    page = enter(office, "/claims/0?order=claim")
    for _ in range(2):
        page.keyboard.press("a")
        expect(page.locator("#claim-head .status")).to_contain_text("Accepted")
        shown = page.locator("h1").inner_text()
        page.keyboard.press("j")
        turned_from(page, shown)
    expect(page.get_by_role("heading", name="Verdicts")).to_be_visible()
    page.clock.install()
    page.reload()

    stakes = corpus / "brennhorn-stakes.txt"
    text = stakes.read_text("utf-8")
    stakes.write_text(text.replace("since the autumn of 1968", "since the spring of 1961"), "utf-8")
    done = subprocess.run(
        [*COMMAND, "update", str(tmp_path / "run")], capture_output=True, text=True, timeout=120, check=False
    )
    assert 0 == done.returncode, done.stderr
    page.clock.fast_forward(30_000)
    expect(page.locator("#news")).to_contain_text("An update has replaced the verdicts of this run.")
    page.get_by_role("link", name="Show them").click()
    expect(page.locator("#news .notice")).to_have_count(0)
    found = statuses(page)
    assert (1, 1) == (found["Accepted"], found["Needs re-review"])
    page.get_by_role("link", name="Needs re-review").click()
    page.get_by_role("link", name=kept[0]["claim"]).click()
    turned_to(page, kept[0]["claim"])
    expect(page.locator(".stale")).to_contain_text("Decided on other evidence")
    expect(page.locator(".side-against")).to_contain_text("since the spring of 1961")
    page.keyboard.press("a")
    expect(page.locator("#claim-head .status")).to_contain_text("Accepted")


# Everybody


PAGES = {
    "list": "/",
    "filtered list": "/?label=SUPPORTED&status=unreviewed&least=0.1",
    "claim": "/claims/0",
    "disputed claim": "/claims/9",
    "claim of a sample": "/claims/{drawn}?drawn=7:1",
    "documents": "/documents",
    "document": "/documents/view?id=brennhorn-stakes.txt",
    "new sample": "/sample",
    "sample": "/sample?seed=7&size=1",
    "agreement": "/agreement",
    "decisions": "/team",
    "nothing": "/nothing",
}


@pytest.fixture
def busy(office):
    """An office in which something of everything has happened."""
    decide(office, CONFLICTING, Label.SUPPORTED)
    for reviewer, label in (("ann", Label.CONTRADICTED), ("bob", Label.SUPPORTED)):
        decide(office, CONTRADICTED, label, reviewer)
    office.desk.reviews.add(Event(CONTRADICTED, "bob", Note("The series is older than that.")))
    office.desk.reviews.add(Event(CONTRADICTED, "bob", Add(office.verdicts[CONFLICTING].evidence[0])))
    return office


def test_every_page_is_accessible(busy, enter, accessible):
    """No finding of axe by WCAG 2.2 AA, light on a wide screen and dark at 360 px, where nothing is cut off."""
    page = enter(busy, bypass_csp=True, expect=["status of 404"])  # axe is a script, too
    [drawn] = busy.desk.sample(7, 1).strata[Label.CONTRADICTED]
    for name, path in PAGES.items():
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        page.goto(busy.origin + path.format(drawn=drawn))
        if path.startswith("/?") or path == "/":
            expect(page.locator(".bars").first).to_be_visible()
        accessible(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(NARROW)
        accessible(page)
        assert fits(page), name


def test_what_opens_on_a_page_is_accessible(busy, enter, accessible):
    """Help, search results, the alert of a conflict, merged files and the other colours that the switch gives."""
    page = enter(busy, "/claims/1", bypass_csp=True, expect=["status of 409"])
    decide(busy, UNKNOWN, Label.SUPPORTED, "bob")
    page.keyboard.press("1")
    expect(page.get_by_role("alert").filter(has_text="Somebody decided")).to_be_visible()
    page.get_by_role("searchbox").fill("positive annual balance")
    page.keyboard.press("Enter")
    expect(page.locator("#hits mark").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Dark or light").click()
    accessible(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    accessible(page)


def test_the_colours_that_were_chosen_stay(office, enter):
    """On the next page, too, whatever the system says."""
    page = enter(office, color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark or light").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()

    assert light != dark
    assert dark == page.evaluate("getComputedStyle(document.body).backgroundColor")


# Trust


def test_what_others_wrote_is_text_on_every_page(tmp_path, opened, enter):
    """Claims, ids, documents, notes, names: no element comes of them, no script runs, no request is made."""
    office = opened(write_run(tmp_path / "hostile", harbour_verdicts()))
    claim_id = list(office.verdicts)[-1]
    for reviewer in (ATTACK[:70], "bob"):
        label = Label.SUPPORTED if reviewer == "bob" else Label.CONTRADICTED
        decide(office, claim_id, label, reviewer)
        office.desk.reviews.add(Event(claim_id, reviewer, Note(ATTACK)))
    page = enter(office, reviewer=ATTACK[:70], expect=["status of 404"])
    page.add_init_script("window.evil = () => { document.documentElement.dataset.evil = 'ran'; }")
    hostile = f"/claims/{len(office.verdicts) - 1}"
    others = ("/documents", "/agreement", "/team", f"/nothing{ATTACK[:9]}", "/?text=%3Cimg%20src=x%3E")
    for path in ("/", hostile, *others):
        page.goto(office.origin + path)
        look_for_evil(page)
    page.goto(f"{office.origin}/documents")
    page.get_by_role("link", name="t\"'>").click()
    expect(page.locator(".quote-card blockquote")).to_contain_text("onerror=evil()")
    look_for_evil(page)
    page.goto(office.origin + hostile)
    page.get_by_label("Assigned to").fill(ATTACK[:70])
    page.get_by_role("button", name="Assign").click()
    expect(page.locator("#claim-head")).to_contain_text("assigned to \"'>")
    look_for_evil(page)


def look_for_evil(page):
    assert page.evaluate("document.documentElement.dataset.evil") is None
    assert 0 == page.locator("[onload], [onerror], [evil], img, a[href^='javascript']").count()
    assert str(7919 * 7907) not in page.content()  # a template's product in the attack
