"""Seconds until pages of the review answer, with 100,000 verdicts, on a server that is warm."""

import json
import random
import re
from html import unescape

import pytest

from factcheck.config import Settings
from factcheck.review.app import make_app
from factcheck.review.desk import Desk
from factcheck.review.guard import KEY_HEADER, Sessions
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Decide, Event, Reviews, seen_evidence
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

VERDICTS, REVIEWED, EVIDENCE, DOCUMENTS = 100_000, 10_000, 3, 5_000
BATCH = 1_000
HOST = "testserver"
STANCES = {
    Label.SUPPORTED: [Stance.SUPPORTS],
    Label.CONTRADICTED: [Stance.CONTRADICTS],
    Label.CONFLICTING: [Stance.SUPPORTS, Stance.CONTRADICTS],
    Label.NOT_ENOUGH_INFO: [],
}
PLACES = ("harbour", "library", "ferry", "school", "bridge", "market", "clinic", "museum")


def made(number, chance):
    """A verdict on a claim of our own, with evidence from documents of our own."""
    label = chance.choices(list(Label), [30, 25, 5, 40])[0]
    claim = Claim(
        f"claim-{number:06}", f"The {chance.choice(PLACES)} of district {number} opened {number % 90} years ago."
    )
    stances = STANCES[label] + [Stance.NEUTRAL] * (EVIDENCE - len(STANCES[label]))
    items = tuple(evidence(number, stance, chance) for stance in stances)
    reason = Reason.ONLY_NEUTRAL if label is Label.NOT_ENOUGH_INFO else Reason.EVIDENCE
    return Verdict(claim, label, round(chance.uniform(0.5, 1), 6), reason, EvidenceFrom.CORPUS, items)


def evidence(number, stance, chance):
    strong = round(chance.uniform(0.5, 0.9), 3)
    weak = round((1 - strong) / 2, 4)
    scores = {
        Stance.SUPPORTS: (strong, weak, weak),
        Stance.CONTRADICTS: (weak, weak, strong),
        Stance.NEUTRAL: (weak, strong, weak),
    }[stance]
    document, start = chance.randrange(DOCUMENTS), chance.randrange(50_000)
    quote = f"District {number} keeps a record of what it opened, closed and moved in {1900 + number % 120}."
    source = Source(f"reports/{document:05}.txt", f"Report {document}", f"reports/{document:05}.txt", "0" * 64)
    passage = Passage(source, 0, start, start + len(quote), quote, quote)
    return Evidence(Hit(passage, 9.0), NLIScores(*scores), stance)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A finished run of that many verdicts, some of them reviewed."""
    folder, chance = tmp_path_factory.mktemp("review") / "run", random.Random(0)
    reviewed = []
    with Ledger(folder, write=True) as ledger:
        verdicts = [made(number, chance) for number in range(VERDICTS)]
        ledger.ingest(item.claim for item in verdicts)
        ledger.begin((), identity={"corpus": "1"}, settings=Settings().record())
        for start in range(0, VERDICTS, BATCH):
            ledger.write(verdicts[start : start + BATCH])
        for number, item in enumerate(chance.sample(verdicts, REVIEWED)):
            decide = Decide(chance.choice(list(Label)), item.label, seen_evidence(item))
            reviewed.append(Event(item.claim.id, "ann", decide, 1.0, str(number)))
        ledger.finish()
    with Reviews(folder) as reviews:
        reviews.merge(reviewed)
    return folder


@pytest.fixture(scope="session")
def visitor(folder):
    """Somebody who was let in."""
    from starlette.testclient import TestClient

    sessions = Sessions()
    client = TestClient(make_app(Desk(folder), sessions=sessions, hosts=[HOST]))
    front = client.get(f"/?token={sessions.invite('ann')}")
    client.headers |= json.loads(unescape(re.search("hx-headers='([^']*)'", front.text)[1]))
    assert KEY_HEADER in client.headers
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/plot",
        "/?page=2000&order=surest",
        "/?label=CONTRADICTED&status=overruled",
        "/?text=museum&least=0.9",
        "/?document=reports%2F00042.txt",
        "/documents",
        "/documents/view?id=reports%2F00042.txt",
        "/sample?drawn=7:100",
        "/agreement",
        "/team",
    ],
)
def test_page(measure, visitor, path):
    """One page, or one part of it."""
    answers = []

    measure(lambda: answers.append(visitor.get(path)), rounds=7)

    assert {200} == {answer.status_code for answer in answers}


def test_the_first_page_answers_within_300_ms(benchmark, visitor):
    """What a reviewer waits for."""
    benchmark.pedantic(lambda: visitor.get("/"), rounds=9, warmup_rounds=2)

    assert benchmark.stats["median"] < 0.3
