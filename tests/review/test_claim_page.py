"""The page of one claim: what it shows, everything that is done on it, and what it hides."""

import json
import re
import shutil

import pytest
from harbour import ATTACK, Page, evidence, verdict, write_run

from factcheck.config import Settings
from factcheck.jobs.verify import run_job
from factcheck.review import desk as desks
from factcheck.run.reviews import (
    Add,
    Assign,
    Decide,
    Event,
    Mark,
    Note,
    Status,
    passage_key,
)
from factcheck.testing import RuleNLI
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

LEAKS = [
    "is-supported",
    "is-contradicted",
    "is-conflicting",
    "is-unknown",
    "item-supports",
    "item-contradicts",
    "item-neutral",
    "badge",
    "meter",
    "score",
    "confidence",
    "probabilit",
    "svg",
    "0.900",
    "0.9",
    "accept",
    "supports",
    "contradicts",
    "neutral",
    "accepted",
    "overruled",
    "threshold",
    "history-what",
]


@pytest.fixture(scope="module")
def ferries(tmp_path_factory):
    """A run over a corpus, with its index."""
    folder = tmp_path_factory.mktemp("ferries")
    corpus = folder / "corpus"
    corpus.mkdir()
    anna = "The ferry Anna sails daily. It carries 31 cars. Her crew lives aboard.\n"
    (corpus / "anna.txt").write_text(anna, "utf-8")
    (corpus / "berta.txt").write_text("The ferry Berta sails daily. The ferry Berta carries 14 cars.\n", "utf-8")
    claims = folder / "claims.csv"
    rows = [
        "id,claim",
        "anna,The ferry Anna sails daily.",
        "berta,The ferry Berta carries 31 cars.",
        "none,Zebras graze.",
    ]
    claims.write_text("\n".join(rows) + "\n", "utf-8")
    run_job(claims, folder / "run", Settings(corpus=str(corpus), index=str(folder / "index")), scorer=RuleNLI())
    return folder


@pytest.fixture
def sailing(ferries, tmp_path, review, monkeypatch):
    """The review of a copy of that run, with the rule double in the model's place."""
    monkeypatch.setattr(desks, "open_scorer", lambda _settings: RuleNLI())
    return review(shutil.copytree(ferries / "run", tmp_path / "sailing"))


@pytest.fixture
def harbour(review):
    return review()


def form_of(visitor, path):
    """What the decision form of a page would send, without the label."""
    page = visitor.page(path)
    return {name: page.all("input", name=name)[0].attributes["value"] for name in ("saw", "seen")}


def decide(visitor, path, label, **more):
    query = path.partition("?")[2]
    data = {**form_of(visitor, path), "label": label, **more}
    return visitor.post(f"{path.partition('?')[0]}/decide" + (f"?{query}" if query else ""), data=data)


def acts(visitor, claim_id):
    return [event.act for event in visitor.desk.reviews.events(claim_id)]


def toast(answer):
    return json.loads(answer.headers["hx-trigger"])["toast"]


def passage_of(visitor, claim_id):
    with visitor.desk.ledger() as ledger:
        return ledger.verdict(claim_id).evidence[0].passage


# What it shows


def test_the_page_shows_the_claim_its_verdict_and_why(harbour):
    """Word and symbol, score, and the reason in words."""
    page = harbour.page("/claims/1")

    assert page.all("h1")[0].text == "The harbour has 1 cranes."
    head = page.all("section", id="claim-head")[0].text
    assert "✗ Contradicted" in head
    assert "score 0.70" in head
    assert "At least one passage contradicts the claim and none supports it" in head
    assert "One passage was found and judged." in head


def test_evidence_stands_on_its_side(harbour):
    """For, and against, in a column each."""
    page = harbour.page("/claims/2")
    [pro], [contra] = page.classed("side-for"), page.classed("side-against")

    assert "Crane number 2" in pro.text
    assert "No crane is left." in contra.text
    assert "No crane is left." not in pro.text


def test_neutral_passages_are_folded_unless_there_is_nothing_else(harbour, review, tmp_path):
    """Open where all are neutral."""
    both = [evidence("Cranes are tall.", Stance.NEUTRAL), evidence("One crane.", Stance.SUPPORTS, start=50)]
    folder = write_run(tmp_path / "two", [verdict(Claim("c", "One crane."), Label.SUPPORTED, *both)])

    assert "open" in harbour.page("/claims/3").all("details", id="neutral")[0].attributes
    assert "open" not in review(folder).page("/claims/0").all("details", id="neutral")[0].attributes


def test_a_quote_stands_in_its_paragraph(sailing):
    """The quote is marked, the rest of the paragraph is around it."""
    [quoted, *_] = [one for one in sailing.page("/claims/0").all("blockquote") if one.text.startswith("The ferry Anna")]

    assert quoted.text == "The ferry Anna sails daily. It carries 31 cars. Her crew lives aboard."


def test_what_a_check_found_is_marked_and_told_in_words(sailing):
    """The figure that does not fit, in the quote and in the claim beside it."""
    page = sailing.page("/claims/1")
    against = page.classed("side-against")[0].text

    assert "≠ quantity claim 31, passage 14" in against
    assert "claim The ferry Berta carries 31 cars." in against
    assert ["14", "31"] == [one.text for one in page.classed("m-differs") if one.text.isdigit()][:2]


def test_a_search_shows_what_the_checks_of_the_run_find(sailing):
    """In a sentence that is not judged yet, as it will be told once it is evidence."""
    page = sailing.page("/claims/1/search?q=ferry+Berta+carries+cars")

    assert "≠ quantity claim 31, passage 14" in page.classed("hits")[0].text


def test_a_run_without_checks_has_nothing_marked_as_different(ferries, tmp_path, review):
    """Its verdicts do not go by figures, and the page does not say otherwise."""
    settings = Settings(corpus=str(ferries / "corpus"), index=str(ferries / "index"), quantities=False, cues=False)
    run_job(ferries / "claims.csv", tmp_path / "plain", settings, scorer=RuleNLI())
    page = review(tmp_path / "plain").page("/claims/1")

    assert [] == [one.text for one in page.classed("m-differs") if one.text.isdigit()]
    assert [] == page.classed("findings")


def test_the_probabilities_are_numbers_and_a_bar(harbour):
    """The bar is for the eye, the numbers for everybody."""
    page = harbour.page("/claims/0")

    assert page.classed("bar-numbers")[0].text == "✓ supports0.900– neutral0.100✗ contradicts0.000"
    assert sum(int(part.attributes["width"]) for part in page.all("rect")) == 1000


def test_source_copies_and_what_the_model_read_are_shown(review, tmp_path):
    """Title, file, page, date, offsets, the sentence before, and where else it stands."""
    source = Source("d", "The title", "deep/file.pdf", "0" * 64, "https://example.org/x", "2024-05-01", "pdf/1")
    passage = Passage(source, 1, 1200, 1209, "It sails.", "The ferry. It sails.", 7)
    copy = Passage(Source("e", "Another", "e.txt", "0" * 64), 0, 5, 14, "It sails!", "It sails!")
    item = Evidence(Hit(passage, 1.0, (copy,)), NLIScores(0.9, 0.1, 0.0), Stance.SUPPORTS)
    folder = write_run(tmp_path / "r", [verdict(Claim("c", "It sails."), Label.SUPPORTED, item)])
    page = review(folder).page("/claims/0")

    card = page.classed("item")[0].text
    for part in ("The title", "deep/file.pdf", "page 7", "2024-05-01", "characters 1,200–1,209", "in 1 other place"):
        assert part in card
    assert "The ferry. It sails." in card
    assert "It sails!" in card
    assert page.classed("source-title")[0].attributes["href"] == "/documents/view?id=d#p1200"
    assert [link.attributes["rel"] for link in page.all("a", href="https://example.org/x")]


def test_what_was_left_unjudged_is_told(review, tmp_path):
    """How many of how many."""
    item = evidence("One crane.", Stance.SUPPORTS)
    made = Verdict(Claim("c", "One"), Label.SUPPORTED, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (item,), 0.83, 5)
    head = review(write_run(tmp_path / "r", [made])).page("/claims/0").all("section", id="claim-head")[0].text

    assert "1 of 6 passages found were judged" in head
    assert "confidence 0.83" in head


def test_a_claim_without_a_passage_has_a_page(sailing):
    """It says so."""
    assert "No passage was found" in sailing.page("/claims/2").all("section", id="claim-head")[0].text


@pytest.mark.parametrize("path", ["/claims/99", "/claims/-1", "/claims/x", "/claims/99999999999999999999"])
def test_a_claim_that_is_not_there_is_not_found(harbour, path):
    """404, not a fault."""
    assert harbour.get(path).status_code == 404


def test_next_and_previous_keep_the_filter(harbour):
    """The links name what the list was filtered by."""
    page = harbour.page("/claims/0?label=SUPPORTED&text=cranes")

    assert page.all("a", rel="next")[0].attributes["href"] == "/go/0?label=SUPPORTED&text=cranes"
    assert page.all("a", rel="prev")[0].attributes["href"] == "/go/0?label=SUPPORTED&text=cranes&back=1"


def test_going_on_follows_the_list(harbour):
    """In its order and with its filter; at the end it leads back to the list."""
    query = "?label=SUPPORTED&order=claim"

    steps = [harbour.get(f"/go/{at}{query}").headers["location"] for at in (0, 4, 8, 12)]
    assert steps == [*(f"/claims/{at}{query}" for at in (4, 8, 12)), f"/{query}"]
    assert harbour.get(f"/go/4{query}&back=1").headers["location"] == f"/claims/0{query}"
    assert harbour.get(f"/go/0{query}&back=1").headers["location"] == f"/{query}"


# What is done


@pytest.mark.parametrize("label", list(Label))
def test_a_decision_is_stored_with_what_it_saw(harbour, seen, label):
    """Each of the four labels, beside the machine's verdict."""
    answer = decide(harbour, "/claims/0", label.value)

    assert answer.status_code == 200
    assert acts(harbour, "h00") == [Decide(label, Label.SUPPORTED, seen["h00"])]
    assert "Decided" in toast(answer)
    assert Page(answer.text).all("section", id="panel")


def test_the_answer_brings_panel_head_and_history(harbour):
    """Everything that a decision changes, and the evidence is left alone."""
    page = Page(decide(harbour, "/claims/0", "SUPPORTED").text)

    assert {one.attributes["id"] for one in page.all("section", hx_swap_oob="true")} == {"claim-head", "history"}
    assert "Accepted" in page.all("section", id="claim-head")[0].text
    assert "ann decided ✓ Supported" in page.all("section", id="history")[0].text


def test_another_reviewers_decision_in_between_is_a_conflict(harbour):
    """409, nothing stored, theirs is shown; having seen it one may decide again."""
    form = form_of(harbour, "/claims/0")
    decide(harbour.another("bob"), "/claims/0", "CONTRADICTED")

    answer = harbour.post("/claims/0/decide", data={**form, "label": "SUPPORTED"})

    assert answer.status_code == 409
    assert len(acts(harbour, "h00")) == 1
    page = Page(answer.text)
    assert page.all("div", role="alert")[0].text.startswith("Somebody decided meanwhile")
    assert "bob ✗ Contradicted" in page.classed("decisions")[0].text
    again = {name: page.all("input", name=name)[0].attributes["value"] for name in ("saw", "seen")}
    assert harbour.post("/claims/0/decide", data={**again, "label": "SUPPORTED"}).status_code == 200
    assert harbour.desk.reviews.of("h00").status is Status.DISPUTED


def test_a_dispute_can_be_settled(harbour):
    """By a decision that says so; without a dispute there is nothing to settle."""
    decide(harbour, "/claims/0", "SUPPORTED", settles="true")
    decide(harbour.another("bob"), "/claims/0", "CONTRADICTED")
    page = harbour.page("/claims/0")
    assert page.all("input", name="settles")

    decide(harbour, "/claims/0", "CONFLICTING", settles="true")

    assert [act.settles for act in acts(harbour, "h00")] == [False, False, True]
    assert harbour.desk.reviews.of("h00").label is Label.CONFLICTING


def test_an_update_in_between_is_a_conflict(harbour):
    """A decision on evidence that is not there any more is not stored."""
    form = {**form_of(harbour, "/claims/0"), "saw": "0" * 16}
    answer = harbour.post("/claims/0/decide", data={**form, "label": "SUPPORTED"})

    assert answer.status_code == 409
    assert acts(harbour, "h00") == []
    assert "updated meanwhile" in Page(answer.text).text
    assert Page(answer.text).all("section", id="evidence")


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("decide", {"label": "MAYBE", "saw": "x", "seen": "0"}),
        ("decide", {"label": "SUPPORTED", "saw": "x"}),
        ("decide", {"label": "SUPPORTED", "saw": "x", "seen": "-1"}),
        ("note", {"text": " \n "}),
        ("note", {"text": "x" * 20_001}),
        ("assign", {"to": "x" * 100}),
        ("assign", {"to": "a\x07b"}),
        ("mark", {"passage": "0" * 16, "wrong": "true"}),
        ("mark", {"passage": "x"}),
        ("add", {"doc_id": "x", "start": "0", "end": "1"}),
    ],
)
def test_what_cannot_be_done_stores_nothing(harbour, act, data):
    """A refusal that says why, as a fragment for the page's messages."""
    answer = harbour.post(f"/claims/0/{act}", data=data)

    assert 400 <= answer.status_code < 500
    assert "alert" in answer.text
    assert acts(harbour, "h00") == []


def test_a_stale_decision_says_what_changed(harbour):
    """Decided on other evidence, with what the machine said then."""
    old = Decide(Label.SUPPORTED, Label.CONTRADICTED, "0" * 16)
    harbour.desk.reviews.add(Event("h00", "bob", old))
    page = harbour.page("/claims/0")

    assert "Needs re-review" in page.all("section", id="claim-head")[0].text
    told = "Decided on other evidence: then the machine said contradicted, now supported"
    assert told in page.classed("stale")[0].text


def test_a_note_is_stored_and_shown(harbour):
    """With who wrote it; the draft in the page may go."""
    answer = harbour.post("/claims/0/note", data={"text": "Line one\r\nline two"})

    assert acts(harbour, "h00") == [Note("Line one\nline two")]
    assert json.loads(answer.headers["hx-trigger"])["noted"] is True
    assert "annLine one line two" in Page(answer.text).classed("notes")[0].text


def test_a_claim_is_assigned_and_given_back(harbour):
    """A name, or nobody."""
    harbour.post("/claims/0/assign", data={"to": "  bob "})
    assert "assigned to bob" in harbour.page("/claims/0").all("section", id="claim-head")[0].text

    harbour.post("/claims/0/assign", data={"to": ""})
    assert acts(harbour, "h00") == [Assign("bob"), Assign("")]


def test_evidence_is_marked_as_wrong_and_back(harbour):
    """By its key; the card says who did it."""
    key = passage_key(passage_of(harbour, "h00"))
    page = Page(harbour.post("/claims/0/mark", data={"passage": key, "wrong": "true"}).text)
    assert "marked as wrong evidence by ann" in page.all("section", id="evidence")[0].text

    page = Page(harbour.post("/claims/0/mark", data={"passage": key, "wrong": "false"}).text)
    assert "marked as wrong" not in page.all("section", id="evidence")[0].text
    assert acts(harbour, "h00") == [Mark(key, wrong=True), Mark(key, wrong=False)]


def test_undo_takes_back_ones_own_last_act(harbour):
    """And nothing of others."""
    decide(harbour.another("bob"), "/claims/0", "SUPPORTED")
    harbour.post("/claims/0/note", data={"text": "hm"})

    assert toast(harbour.post("/claims/0/undo")) == "Taken back: your note."
    assert toast(harbour.post("/claims/0/undo")) == "Nothing of yours to take back."
    assert harbour.desk.reviews.of("h00").status is Status.ACCEPTED
    assert "taken back" in harbour.page("/claims/0").classed("undone")[0].text


def test_an_overruled_verdict_without_backing_asks_for_a_note(harbour):
    """It is stored all the same; a note, or evidence of that stance, is answer enough."""
    page = Page(decide(harbour, "/claims/0", "CONTRADICTED").text)
    assert page.all("p", id="unbacked")

    page = Page(harbour.post("/claims/0/note", data={"text": "I asked the harbour master."}).text)
    assert not page.all("p", id="unbacked")
    assert harbour.desk.reviews.of("h00").status is Status.OVERRULED


@pytest.mark.parametrize("label", ["NOT ENOUGH INFO", "SUPPORTED"])
def test_a_verdict_that_needs_no_passage_asks_for_nothing(harbour, label):
    """Accepted, or overruled to not enough info."""
    assert not Page(decide(harbour, "/claims/0", label).text).all("p", id="unbacked")


def test_a_search_shows_sentences_of_the_corpus(sailing):
    """In their paragraph, compared with the claim, those that were judged with what they say."""
    page = sailing.page("/claims/2/search?q=crew+aboard")

    assert "It carries 31 cars. Her crew lives aboard." in page.classed("item")[0].text
    assert page.all("button", id="add-1")
    known = sailing.page("/claims/0/search?q=Anna")
    assert "Among the evidence already: supports." in known.text


@pytest.mark.parametrize(
    ("q", "told"), [("", "Type some words"), ("%20", "Type some words"), ("xyzzy", "Nothing in the corpus")]
)
def test_a_search_without_a_hit_says_so(sailing, q, told):
    """In words."""
    assert told in sailing.page(f"/claims/0/search?q={q}").text


def test_without_a_corpus_the_page_says_why_nothing_can_be_searched(harbour):
    """The run's claims brought their own sources."""
    assert "brought their own sources" in harbour.page("/claims/0").all("section", id="search")[0].text
    assert "brought their own sources" in harbour.page("/claims/0/search?q=x").text


def add_first(visitor, q, path="/claims/2"):
    page = visitor.page(f"{path}/search?q={q}")
    data = {name: page.all("input", name=name)[0].attributes["value"] for name in ("doc_id", "start", "end")}
    return visitor.post(f"{path}/add", data=data)


def test_an_added_sentence_is_scored_as_a_run_would(sailing):
    """The passage, its premise, its probabilities and its stance are those of the pipeline."""
    answer = add_first(sailing, "31+cars")

    [act] = acts(sailing, "none")
    assert isinstance(act, Add)
    passage, claim = act.evidence.passage, "Zebras graze."
    assert passage.premise == "The ferry Anna sails daily. It carries 31 cars."
    assert [act.evidence.scores] == RuleNLI().score([(passage.premise, claim)])
    assert act.evidence.stance is Stance.NEUTRAL
    page = Page(answer.text)
    assert "added by ann" in page.all("section", id="evidence")[0].text
    assert page.all("div", id=f"hit-{passage_key(passage)}")
    assert toast(answer) == "Added: the model says neutral."


def test_a_sentence_is_added_once(sailing):
    """What is among the evidence already is left as it is."""
    add_first(sailing, "crew+aboard")
    page = sailing.page("/claims/2")
    number = len(page.classed("item"))
    passage = acts(sailing, "none")[0].evidence.passage
    data = {"doc_id": passage.source.doc_id, "start": passage.start, "end": passage.end}

    assert "already" in toast(sailing.another("bob").post("/claims/2/add", data=data))
    assert (len(acts(sailing, "none")), len(sailing.page("/claims/2").classed("item"))) == (1, number)


def test_added_evidence_backs_an_overruled_verdict(sailing):
    """The machine finds nothing, a reviewer adds what contradicts."""
    assert Page(decide(sailing, "/claims/0", "CONTRADICTED").text).all("p", id="unbacked")
    passage = passage_of(sailing, "anna")
    added = Evidence(
        Hit(Passage(passage.source, 5, 900, 904, "Not.", "Not."), 0.0), NLIScores(0.0, 0.0, 1.0), Stance.CONTRADICTS
    )
    sailing.desk.reviews.add(Event("anna", "bob", Add(added)))
    assert not sailing.page("/claims/0").all("p", id="unbacked")

    sailing.desk.reviews.add(Event("anna", "bob", Mark(passage_key(added.passage), wrong=True)))
    assert sailing.page("/claims/0").all("p", id="unbacked")


def test_a_sentence_that_the_corpus_does_not_have_is_refused(sailing):
    """Whatever the form says."""
    for data in ({"doc_id": "anna.txt", "start": 1, "end": 5}, {"doc_id": "../x' OR 1=1", "start": 0, "end": 5}):
        assert sailing.post("/claims/0/add", data=data).status_code == 400
    assert acts(sailing, "anna") == []


def test_every_act_needs_the_key_of_the_session(harbour):
    """The guard stands before all of them."""
    for act in ("decide", "note", "assign", "mark", "undo", "add"):
        assert harbour.client.post(f"/claims/0/{act}", data={"label": "SUPPORTED"}).status_code == 403


# The honest sample


@pytest.fixture
def drawn(harbour):
    """A claim of a sample, with one decision, mark and sentence of somebody else on it."""
    other = Event("h01", "bob", Decide(Label.CONTRADICTED, Label.CONTRADICTED, "0" * 16))
    harbour.desk.reviews.add(other)
    harbour.desk.reviews.add(Event("h01", "bob", Note("bob says it is plainly wrong")))
    harbour.desk.reviews.add(Event("h01", "bob", Add(evidence("bob's sentence", Stance.CONTRADICTS, start=7))))
    harbour.desk.reviews.add(Event("h01", "bob", Mark(passage_key(passage_of(harbour, "h01")), wrong=True)))
    return harbour


def without_form(markup):
    """A page without the decision form, whose buttons name all four labels alike, and without style and navigation."""
    markup = re.sub(r'<form class="decide".*?</form>', "", markup, flags=re.DOTALL)
    markup = re.sub(r'<dialog id="help".*?</dialog>', "", markup, flags=re.DOTALL)
    return markup[markup.index("<main") :] if "<main" in markup else markup


@pytest.mark.parametrize("position", range(4))
def test_nothing_tells_the_verdict_before_the_decision(drawn, position):
    """No word, class, number or order of it, nor what others said."""
    markup = without_form(drawn.get(f"/claims/{position}?drawn=1:13").text)

    assert f"The harbour has {position} cranes." in markup
    assert [leak for leak in LEAKS if leak in markup.lower()] == []
    assert [label for label in Label if re.search(rf"\b{label.value}\b", markup, re.IGNORECASE)] == []
    assert "bob" not in markup


def test_what_a_check_found_is_hidden_until_the_decision(sailing):
    """It is what the machine goes by; figures and words in common are there for anybody."""
    markup = without_form(sailing.get("/claims/1?drawn=1:3").text)
    hits = sailing.get("/claims/1/search?q=ferry+Berta+carries&drawn=1:3").text

    assert "m-shared" in markup
    for text in (markup, hits):
        assert "The ferry Berta" in text
        assert "quantity" not in text
        assert 'class="m-differs">14' not in text


def test_the_decision_form_is_the_same_for_every_verdict(drawn):
    """But for what a decision rests on, which is a hash."""
    forms = set()
    for position in range(4):
        markup = drawn.get(f"/claims/{position}?drawn=1:13").text
        [form] = re.findall(r'<form class="decide".*?</form>', markup, re.DOTALL)
        forms.add(re.sub(r'value="[0-9a-f]{16}"|/claims/\d+/', "", form))

    assert len(forms) == 1


def test_hidden_evidence_comes_in_document_order(review, tmp_path):
    """Not by what it says."""
    stances = {900: Stance.SUPPORTS, 100: Stance.NEUTRAL, 600: Stance.SUPPORTS}
    items = [evidence(f"Crane {start}.", stance, start=start) for start, stance in stances.items()]
    folder = write_run(tmp_path / "r", [verdict(Claim("c", "A crane."), Label.SUPPORTED, *items)])
    quotes = [one.text for one in review(folder).page("/claims/0?drawn=1:1").classed("passage")]

    assert quotes == ["Crane 100.", "Crane 600.", "Crane 900."]


def test_a_hidden_decision_stores_how_the_claim_was_drawn_and_shows_the_verdict(drawn):
    """Others' decisions are no conflict, since nobody could see them."""
    answer = decide(drawn, "/claims/1?drawn=1:13", "SUPPORTED")

    assert answer.status_code == 200
    act = acts(drawn, "h01")[-1]
    assert (act.label, act.drawn) == (Label.SUPPORTED, drawn.desk.sample(1, 13).drawn(Label.CONTRADICTED))
    page = Page(answer.text)
    assert "✗ Contradicted" in page.all("section", id="claim-head")[0].text
    assert page.all("section", id="evidence")
    assert page.all("a", href="/sample/next?drawn=1%3A13&after=1")


def test_a_second_press_does_not_replace_a_hidden_decision(drawn):
    """By then the verdict was shown."""
    form = form_of(drawn, "/claims/1?drawn=1:13")
    for label in ("SUPPORTED", "CONTRADICTED"):
        answer = drawn.post("/claims/1/decide?drawn=1:13", data={**form, "label": label})

    assert [act.label for act in acts(drawn, "h01") if isinstance(act, Decide)][1:] == [Label.SUPPORTED]
    assert "already" in toast(answer)


def test_undo_hides_the_verdict_again(drawn):
    """As if nothing had been decided."""
    decide(drawn, "/claims/1?drawn=1:13", "SUPPORTED")
    answer = drawn.post("/claims/1/undo?drawn=1:13")

    assert [leak for leak in LEAKS if leak in without_form(answer.text).lower()] == []


def test_acts_before_the_decision_tell_nothing(drawn):
    """Notes, marks and undo answer with hidden fragments."""
    key = passage_key(passage_of(drawn, "h01"))
    for act, data in (("note", {"text": "mine"}), ("mark", {"passage": key, "wrong": "true"}), ("undo", {})):
        markup = without_form(drawn.post(f"/claims/1/{act}?drawn=1:13", data=data).text)
        assert [leak for leak in LEAKS if leak in markup.lower()] == []
        assert "bob" not in markup


def test_a_claim_outside_the_sample_is_not_hidden_but_refused(review, tmp_path):
    """The address names a sample that does not have it."""
    item = evidence("A crane.", Stance.SUPPORTS)
    made = [verdict(Claim(str(n), f"Crane {n}."), Label.SUPPORTED, item) for n in range(20)]
    visitor = review(write_run(tmp_path / "r", made))
    inside = set(visitor.desk.sample(1, 5).positions)

    assert {n for n in range(20) if visitor.get(f"/claims/{n}?drawn=1:5").status_code == 200} == inside


# Hostile and long texts


def test_hostile_text_is_shown_and_does_nothing(harbour):
    """Claim, id, quote, title, path, address, note, name."""
    harbour.post("/claims/12/note", data={"text": ATTACK})
    harbour.post("/claims/12/assign", data={"to": ATTACK[:70]})
    for drawn in ("", "?drawn=1:13"):
        page = harbour.page(f"/claims/12{drawn}")
        assert page.all("h1")[0].text == f"text {ATTACK}"
        assert not page.all("img")
        assert not [one for one in page.elements if "onload" in one.attributes or "evil" in one.attributes]
        assert not [one for one in page.elements if one.attributes.get("href", "").startswith("javascript")]
        assert not [one for one in page.elements if "style" in one.attributes or one.tag == "style"]
        assert "62615533" not in page.text
        assert ATTACK in page.classed("notes")[0].text


def test_a_hostile_search_is_shown_as_text(sailing):
    """Its words come back escaped."""
    page = sailing.page("/claims/0/search", params={"q": ATTACK + "'; --"})

    assert not page.all("img")
    assert sailing.get("/claims/0/search", params={"q": "x" * 1001}).status_code == 400


def test_a_long_claim_with_many_long_quotes_has_a_page(review, tmp_path):
    """10,000 characters, 100 passages of 5,000, in letters of all kinds."""
    signs = "a\u0301\U0001f9ca עברית 31 not \u202e\u200d Ж "
    quote = (signs * 500)[:5000]
    items = [evidence(quote[n:] + quote[:n], Stance.NEUTRAL, start=n * 6000) for n in range(100)]
    claim = Claim("c", (signs * 1000)[:10_000])
    page = review(write_run(tmp_path / "r", [verdict(claim, Label.NOT_ENOUGH_INFO, *items)])).page("/claims/0")

    assert page.all("h1")[0].text == " ".join(claim.text.split())
    shown = [one.text for one in page.all("mark") if len(one.text) > 100]
    assert shown == [" ".join(item.passage.quote.split()) for item in items]
    assert page.all("h1")[0].attributes["dir"] == "auto"


def test_a_merged_event_of_an_impossible_time_is_shown(harbour):
    """A file of decisions may say anything."""
    harbour.desk.reviews.merge([Event("h00", "eve", Note("x"), 1e300, "e1")])

    assert "at an unknown time" in harbour.page("/claims/0").all("section", id="history")[0].text


def test_contexts_of_the_claim_surround_the_quote(review, tmp_path):
    """Where the claim brought its own text."""
    text = "The well is deep. Nobody knows how deep."
    claims = tmp_path / "claims.jsonl"
    claims.write_text(json.dumps({"id": "w", "claim": "The well is deep.", "contexts": [text]}) + "\n", "utf-8")
    run_job(claims, tmp_path / "r", Settings(), scorer=RuleNLI())
    [quoted, *_] = review(tmp_path / "r").page("/claims/0").classed("passage")

    assert quoted.text == text
