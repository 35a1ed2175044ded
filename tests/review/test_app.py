"""Every page of the review, asked for as a browser does."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from harbour import ATTACK, HOST, Page, harbour_verdicts, verdict, write_run

from factcheck.run.ledger import LEDGER, Ledger
from factcheck.run.listing import Filter, Listing, Order
from factcheck.run.reviews import Add, Assign, Decide, Event, Note
from factcheck.types import Claim, Label, Reason

HOSTILE = 12  # position of the claim that attacks
S, C = Label.SUPPORTED, Label.CONTRADICTED
PAGES = [
    "/",
    "/plot",
    "/news?done=0&edition=1",
    "/documents",
    f"/documents/view?{urlencode({'id': f'd{ATTACK}'})}",
    "/agreement",
    "/sample",
    "/sample?drawn=3:100",
    "/team",
    f"/claims/{HOSTILE}",
    f"/?{urlencode({'text': ATTACK, 'assigned': ATTACK, 'document': ATTACK})}",
    f"/?{urlencode({'text': 'text', 'least': '0.5'})}",
]


def rows(page):
    return [element.text for element in page.classed("row-claim")]


def decide(label, machine, seen, claim_id, reviewer="ann", **more):
    return Event(claim_id, reviewer, Decide(label, machine, seen[claim_id], **more))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_that_was_given_becomes_an_element_or_an_attribute(review, seen, path):
    """Claim, id, title, path, address, quote, reviewer, note, assignee, filter: all of it stays text."""
    browser = review(reviewer=f"ann{ATTACK}"[:80])
    name, hostile = f"ben{ATTACK}", harbour_verdicts()[HOSTILE]
    claim_id = hostile.claim.id
    for act in (Note(ATTACK), Assign(ATTACK), Add(hostile.evidence[0])):
        browser.desk.reviews.add(Event(claim_id, name, act))
    browser.desk.reviews.add(decide(S, S, seen, claim_id, name, drawn=f"sample:3:1/1:{ATTACK}"))
    browser.desk.reviews.add(decide(C, S, seen, claim_id, f"cem{ATTACK}", drawn=f"sample:{ATTACK}"))

    page = browser.page(path)

    for element in page.elements:
        assert element.tag not in {"img", "b", "iframe", "object"}
        assert not {name for name in element.attributes if name.startswith("on") or name in {"evil", "style"}}
        assert not (element.attributes.get("href") or "").lower().startswith(("javascript", "data:text"))
    for script in page.all("script"):
        assert script.attributes["src"].startswith("/static/")
        assert not script.text.strip()
    assert not page.all("style")
    assert "62615533" not in {element.text for element in page.elements}  # a template in a text is text


def test_the_hostile_text_is_shown_as_it_is(review):
    """Escaping loses nothing."""
    page = review().page("/?text=text")

    assert [f"text {ATTACK}"] == rows(page)


def test_the_list_begins_with_what_needs_a_human(review):
    """Conflicts, then contradicted, then supported claims, then the rest."""
    browser = review()
    page = browser.page("/")

    with browser.desk.listing() as listing:
        assert [row.text for row in listing.page(Filter())] == rows(page)
    badges = [element.attributes["class"].split()[1] for element in page.classed("badge")]
    assert ["is-conflicting", "is-contradicted", "is-supported", "is-unknown"] == list(dict.fromkeys(badges))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"label": "SUPPORTED"}, Filter(label=S)),
        ({"label": "NOT ENOUGH INFO"}, Filter(label=Label.NOT_ENOUGH_INFO)),
        ({"reason": "only_neutral"}, Filter(reason=Reason.ONLY_NEUTRAL)),
        ({"document": "tower.txt"}, Filter(document="tower.txt")),
        ({"text": "HAS 1"}, Filter(text="has 1")),
        ({"text": "%"}, Filter(text="%")),
        ({"least": "0.8"}, Filter(least=0.8)),
        ({"most": "0.8"}, Filter(most=0.8)),
        ({"order": "claim"}, Filter(order=Order.CLAIM)),
        ({"order": "surest", "label": "SUPPORTED"}, Filter(order=Order.SUREST, label=S)),
        ({"order": "least sure", "text": ""}, Filter(order=Order.LEAST_SURE)),
    ],
)
def test_an_address_holds_the_whole_state_of_the_list(review, query, wanted):
    """What it names is listed, in the order it names, and every claim's link keeps it."""
    browser = review()
    page = browser.page("/", params=query)

    with browser.desk.listing() as listing:
        assert [row.text for row in listing.page(wanted)] == rows(page)
    given = {name: [value] for name, value in query.items() if value}
    for link in page.classed("row-claim"):
        assert given == parse_qs(urlsplit(link.attributes["href"]).query)


def test_claims_are_filtered_by_review_status_and_by_who_is_to_review_them(review, seen):
    """Counts of statuses follow the other filters."""
    browser = review()
    browser.desk.reviews.add(decide(S, S, seen, "h00"))
    browser.desk.reviews.add(decide(C, S, seen, "h04"))
    browser.desk.reviews.add(Event("h01", "ann", Assign("ben")))

    assert ["The harbour has 0 cranes."] == rows(browser.page("/?status=accepted"))
    assert ["The harbour has 4 cranes."] == rows(browser.page("/?status=overruled"))
    assert ["The harbour has 1 cranes."] == rows(browser.page("/?assigned=ben"))
    assert "3 of 13 claims reviewed" not in browser.page("/").text
    assert "2 of 13 claims reviewed" in browser.page("/").text
    chips = {element.attributes["href"]: element for element in browser.page("/?label=SUPPORTED").classed("chip")}
    assert {"/?label=SUPPORTED&status=accepted", "/?label=SUPPORTED&status=overruled"} <= chips.keys()


def test_the_tiles_count_and_link_each_verdict(review):
    """A chosen one links back to all."""
    page = review().page("/?label=CONFLICTING")

    links = [element.attributes["href"] for element in page.classed("tile-link")]
    assert ["/?label=SUPPORTED", "/?label=CONTRADICTED", "/", "/?label=NOT+ENOUGH+INFO"] == links
    assert ["4", "3", "3", "3"] == [element.text for element in page.classed("tile-count")]


def test_the_plot_is_told_in_words_and_as_a_table(review):
    """Whoever cannot see it gets the same."""
    page = review().page("/plot")

    pictures = page.all("svg", role="img")
    titles = {element.attributes["id"]: element.text for element in page.all("title") + page.all("desc")}
    told = [[titles[name] for name in picture.attributes["aria-labelledby"].split()] for picture in pictures]
    assert ["Supported by score", "Supported by score: 4 from 0.9 to 1"] == told[0]
    cells = [element.attributes["href"] for element in page.all("a") if "least=" in element.attributes["href"]]
    assert "/?label=SUPPORTED&least=0.9&most=1" in cells
    assert len(page.all("rect")) == len(cells)


def test_a_long_list_comes_in_pages(review, tmp_path):
    """Fifty at a time; a page that is not there says so."""
    verdicts = [verdict(Claim(str(at), f"Claim {at}."), Label.NOT_ENOUGH_INFO) for at in range(120)]
    browser = review(write_run(tmp_path / "long", verdicts))

    found = [rows(browser.page("/", params={"order": "claim", "page": page})) for page in (1, 2, 3)]

    assert [item.claim.text for item in verdicts] == [text for page in found for text in page]
    assert [50, 50, 20] == list(map(len, found))
    assert browser.get("/?page=4").status_code == 404
    assert [link.attributes["href"] for link in browser.page("/?page=2").all("a", rel="next")] == ["/?page=3"]
    assert [link.attributes["href"] for link in browser.page("/?page=2").all("a", rel="prev")] == ["/"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/static/nothing.css", 404),
        ("/static/..%2Fapp.py", 404),
        ("/static/%2Fetc%2Fpasswd", 404),
        ("/documents/view?id=../../etc/passwd", 404),
        ("/documents/view", 400),
        ("/claims/99", 404),
        ("/claims/-1", 404),
        (f"/claims/{2**70}", 404),
        ("/claims/x", 404),
        ("/?label=MAYBE", 400),
        ("/?least=2", 400),
        ("/?least=nan", 400),
        ("/?page=0", 400),
        (f"/?page={2**70}", 400),
        ("/?page=1e3", 400),
        ("/?text=" + "x" * 3000, 400),
        ("/?drawn=1", 400),
        ("/sample?drawn=1:99999", 400),
        ("/sample/next", 404),
        ("/news", 400),
        ("/openapi.json", 404),
        ("/docs", 404),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_told_on_a_page(review, path, status):
    """With the way back, and without a trace of the program."""
    answer = review().get(path)

    assert answer.status_code == status
    page = Page(answer.text)
    assert [element.attributes["role"] for element in page.classed("alert")] == ["alert"]
    assert "Traceback" not in answer.text


def test_a_part_that_does_not_fit_is_told_as_a_part(review):
    """The page that asked for it shows the message and keeps what it has."""
    browser = review()

    answer = browser.get("/plot?label=MAYBE", headers={"hx-request": "true"})

    assert answer.status_code == 400
    assert Page(answer.text).elements[0].attributes["class"] == "alert"
    assert "<html" not in answer.text


def test_a_fault_of_the_program_is_a_page_too(review, monkeypatch):
    """It tells nothing of the inside, and still forbids all that the page does not need."""
    browser = review()
    monkeypatch.setattr(Listing, "documents", lambda _: 1 / 0)

    answer = browser.get("/documents")

    assert (500, True) == (answer.status_code, "fault of factcheck" in answer.text)
    assert "ZeroDivision" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_torn_run_is_told(review, run):
    """Nothing is shown that is not there."""
    browser = review()
    (run / LEDGER).write_bytes(b"torn" * 5000)

    answer = browser.get("/")

    assert (503, True) == (answer.status_code, "the ledger" in answer.text)


def test_static_files_are_what_the_pages_name(review):
    """Every style sheet and script of every page is there, with its type."""
    browser = review()
    named = set()
    for path in ("/", f"/claims/{HOSTILE}", "/team"):
        page = browser.page(path)
        named |= {element.attributes["href"] for element in page.all("link", rel="stylesheet")}
        named |= {element.attributes["src"] for element in page.all("script")}

    assert {"/static/app.css", "/static/app.js", "/static/htmx.min.js"} <= named
    for name in named:
        answer = browser.get(name)
        kind = {"css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
        assert (200, kind) == (answer.status_code, answer.headers["content-type"].partition(";")[0])


def test_no_page_asks_another_server_for_anything(review):
    """Addresses of documents are links to follow, no more."""
    browser = review()

    for path in PAGES:
        page = browser.page(path)
        for element in page.elements:
            if element.tag in {"script", "img", "link", "form", "source"}:
                for name in ("src", "href", "action"):
                    assert re.match(r"^(/(?!/)|data:,$)", element.attributes.get(name) or "/")


def test_new_verdicts_are_told_and_not_pushed_in(review, tmp_path):
    """The list stays as it is until its reader asks."""
    verdicts = harbour_verdicts()
    claims = [item.claim for item in verdicts]
    folder = write_run(tmp_path / "going", verdicts[:5], finish=False, claims=claims)
    browser = review(folder)

    asked = browser.page("/").all("div", id="news")[0].attributes["hx-get"]
    assert browser.get(asked).status_code == 204
    with Ledger(folder, write=True) as ledger:
        ledger.write(verdicts[5:8])
    news = browser.page(asked)

    assert "3 new verdicts since this list was shown" in news.text
    assert "8 of 13 claims have a verdict" in news.text
    again = news.all("div", id="news")[0].attributes["hx-get"]
    assert browser.get(again).status_code == 204
    with Ledger(folder, write=True) as ledger:
        ledger.write(verdicts[8:])
        ledger.finish()
    assert "8 new verdicts" in browser.page(again).text


def test_an_update_is_followed(review, run, seen):
    """Its verdicts are shown, and decisions on other evidence are queued again."""
    browser = review()
    browser.desk.reviews.add(decide(S, S, seen, "h00"))
    asked = browser.page("/").all("div", id="news")[0].attributes["hx-get"]
    with Ledger(run, write=True) as ledger:
        following = ledger.begin_update({"corpus": "2"}, ())
        following.write([verdict(item.claim, Label.NOT_ENOUGH_INFO) for item in harbour_verdicts()])
        following.publish()

    assert "An update has replaced the verdicts" in browser.page(asked).text
    assert ["The harbour has 0 cranes."] == rows(browser.page("/?status=needs+re-review"))
    assert [] == rows(browser.page("/?label=SUPPORTED"))


def test_a_reviewer_can_take_another_name(review):
    """The session goes on under it; a name that cannot be seen is refused."""
    browser = review()

    answer = browser.post("/reviewer", data={"name": "  Bea   Ng "})

    assert answer.status_code == 200
    assert "Bea Ng" in json.loads(answer.headers["hx-trigger"])["toast"]
    assert "Bea Ng" in browser.page("/").text
    for name in ("", "  ", "a\u200bb", "x" * 81, "a\x00b"):
        assert browser.post("/reviewer", data={"name": name}).status_code == 400
    assert "Bea Ng" in browser.page("/").text


def test_an_invitation_lets_one_more_reviewer_in_once(review):
    """Under the name that it was made for."""
    browser = review()

    page = Page(browser.post("/invite", data={"name": "Cem"}).text)
    link = urlsplit(page.all("input", id="link")[0].attributes["value"])
    guest = browser.another("nobody").client
    guest.cookies.clear()

    assert link.netloc == HOST
    assert guest.get(f"{link.path}?{link.query}").status_code == 200
    assert "Cem" in Page(guest.get("/").text).text
    guest.cookies.clear()
    assert guest.get(f"{link.path}?{link.query}").status_code == 403


def test_decisions_that_were_downloaded_can_be_merged_elsewhere(review, seen, tmp_path):
    """Every act arrives; what is known already is not stored twice."""
    browser = review()
    browser.desk.reviews.add(decide(C, S, seen, "h00"))
    browser.desk.reviews.add(Event("h01", "ben", Note("A note with\u2028a line end.")))
    answer = browser.get("/decisions.jsonl")
    other = review(write_run(tmp_path / "other", harbour_verdicts()))

    first, second = (other.post("/merge", files={"decisions": answer.content}) for _ in range(2))

    assert 'filename="decisions.jsonl"' in answer.headers["content-disposition"]
    assert "2 new, 0 known already, 0 refused" in Page(first.text).text
    assert "0 new, 2 known already, 0 refused" in Page(second.text).text
    assert [event.record() for event in browser.desk.reviews.events()] == [
        event.record() for event in other.desk.reviews.events()
    ]


def test_bad_lines_of_an_upload_are_told_and_lose_no_good_one(review, seen):
    """Each with its number."""
    browser = review()
    good = {**decide(C, S, seen, "h00").record(), "id": "one", "time": 5.0}
    lines = [b"<b evil=1>", json.dumps(good).encode(), b"", json.dumps({**good, "claim_id": ATTACK}).encode()]

    page = Page(browser.post("/merge", files={"decisions": b"\n".join(lines)}).text)

    assert "1 new, 0 known already, 2 refused" in page.text
    assert ["1", "4"] == [element.text for element in page.all("td", class_="number")]
    assert not page.all("b")
    assert browser.desk.reviews.of("h00").label is C


@pytest.mark.parametrize("path", ["/reviewer", "/invite", "/merge", "/sample"])
def test_nothing_is_written_without_the_key(review, path):
    """As a page elsewhere would try."""
    browser = review()

    answer = browser.client.post(path, data={"name": "x"}, headers={"origin": "http://evil.example"})

    assert answer.status_code == 403
    assert browser.page("/").text.count("ann") >= 1


def test_agreement_and_the_queue_of_disagreements(review, seen):
    """Kappa of each two, and every claim on which they differ."""
    browser = review()
    for number in range(4):
        claim_id = f"h{number * 4 if number < 3 else 1:02}"
        machine = S if number < 3 else C
        browser.desk.reviews.add(decide(machine, machine, seen, claim_id, "ann"))
        browser.desk.reviews.add(decide(machine if number else C, machine, seen, claim_id, "ben"))

    page = browser.page("/agreement")

    cells = [element.text for element in page.all("td", class_="number")]
    assert ["4", "3", "0.50"] == cells
    assert ["The harbour has 0 cranes."] == rows(page)


def test_a_settled_dispute_is_no_disagreement_and_no_independent_view(review, seen):
    """Who settles has seen what the others said."""
    browser = review()
    browser.desk.reviews.add(decide(S, S, seen, "h00", "ann"))
    browser.desk.reviews.add(decide(C, S, seen, "h00", "ben"))
    browser.desk.reviews.add(decide(C, S, seen, "h00", "cem", settles=True))

    page = browser.page("/agreement")

    assert [] == rows(page)
    assert "cem" not in page.text
    assert "ann and ben" in page.text


def test_documents_are_listed_with_their_counts(review):
    """Those with most stances first."""
    browser = review()
    page = browser.page("/documents")
    links = [element for element in page.all("a") if element.attributes["href"].startswith("/documents/view")]

    assert ["The harbour", "The harbour", f"t{ATTACK}"] == [" ".join(link.text.split()) for link in links]
    assert ["9", "12", "3", "3", "1", "1"] == [element.text for element in page.all("td", class_="number")]
    for link in links:
        assert browser.get(link.attributes["href"]).status_code == 200
    assert len(browser.page("/documents?text=TOWER").all("td")) == 3


def test_a_document_shows_every_quote_with_its_claims(review):
    """Without its text, each with the place where it stood."""
    page = review().page("/documents/view?id=tower.txt")

    assert ["No crane is left."] * 3 == [element.text for element in page.all("blockquote")]
    claims = [element.attributes["href"] for element in page.all("a") if element.attributes["href"][:8] == "/claims/"]
    assert [f"/claims/{number}?document=tower.txt" for number in (2, 6, 10)] == claims
    assert "cannot be shown" in page.text


def test_a_sample_is_drawn_by_its_address(review):
    """Without a seed one is made up, and the address says it from then on."""
    browser = review()

    drawn = browser.get("/sample?size=4&seed=9").headers["location"]
    made_up = browser.get("/sample?size=4").headers["location"]

    assert drawn == "/sample?drawn=9%3A4"
    assert re.fullmatch(r"/sample\?drawn=\d+%3A4", made_up)


def test_a_sample_is_worked_through_without_its_verdicts(review, seen):
    """The list of what is drawn names only claims that were decided; then the run's accuracy is told."""
    browser = review()
    sample = browser.desk.sample(9, 13)
    verdicts = harbour_verdicts()
    address = "/sample?drawn=9:13"
    for at, position in enumerate(sample.positions):
        where = browser.get("/sample/next?drawn=9:13").headers["location"]
        assert where == f"/claims/{position}?drawn=9%3A13"
        page = browser.page(address)
        assert len(rows(page)) == at
        item = verdicts[position]
        label = item.label if at else Label.CONFLICTING if item.label is S else S
        browser.desk.reviews.add(decide(label, item.label, seen, item.claim.id, drawn=sample.drawn(item.label)))
    page = browser.page(address)

    assert browser.get("/sample/next?drawn=9:13").headers["location"] == "/sample?drawn=9%3A13"
    assert "13 of 13" in page.text
    assert "92.3 %" in page.text
    assert "the machine was right on 12" in page.text


def test_the_next_claim_of_a_sample_may_be_passed_over(review):
    """It comes again at the end."""
    browser = review()
    order = browser.desk.sample(9, 5).positions

    ways = [browser.get(f"/sample/next?drawn=9:5&after={order[at]}").headers["location"] for at in (0, -1)]

    assert [f"/claims/{order[at]}?drawn=9%3A5" for at in (1, 0)] == ways


def test_what_was_decided_in_sight_of_the_verdict_is_no_answer(review, seen):
    """Nor is what was drawn for another sample, or decided on other evidence; a later open decision changes nothing."""
    browser = review()
    sample, verdicts = browser.desk.sample(9, 13), harbour_verdicts()
    first, second, third, fourth = (verdicts[position] for position in sample.positions[:4])
    for item, more in (
        (first, {}),
        (second, {"drawn": "sample:99:1/4:SUPPORTED"}),
        (fourth, {"drawn": sample.drawn(fourth.label)}),
        (fourth, {}),
    ):
        browser.desk.reviews.add(decide(item.label, item.label, seen, item.claim.id, **more))
    stale = Decide(third.label, third.label, "other", sample.drawn(third.label))
    browser.desk.reviews.add(Event(third.claim.id, "ann", stale))

    assert [fourth.claim.text] == rows(browser.page("/sample?drawn=9:13"))


def test_reviewers_who_differ_on_a_drawn_claim_are_told(review, seen):
    """It counts when somebody has settled it."""
    browser = review()
    sample, verdicts = browser.desk.sample(9, 13), harbour_verdicts()
    item = verdicts[sample.positions[0]]
    for reviewer, label in (("ann", S), ("ben", C)):
        drawn = sample.drawn(item.label)
        browser.desk.reviews.add(decide(label, item.label, seen, item.claim.id, reviewer, drawn=drawn))

    assert "Reviewers differ on 1 of them" in browser.page("/sample?drawn=9:13").text
    browser.desk.reviews.add(decide(S, item.label, seen, item.claim.id, "cem", settles=True))
    assert "Reviewers differ" not in browser.page("/sample?drawn=9:13").text


def test_no_sample_is_drawn_of_a_run_that_goes_on(review, tmp_path):
    """What it has decided so far is not a random part of it."""
    verdicts = harbour_verdicts()
    claims = [item.claim for item in verdicts]
    browser = review(write_run(tmp_path / "going", verdicts[:5], finish=False, claims=claims))

    assert "The run still goes on" in browser.page("/sample?drawn=9:5").text
    assert browser.get("/sample/next?drawn=9:5").status_code == 503
