"""A run to review, with hostile text in every field, and a browser's way to its pages."""

import html.parser
import json
from dataclasses import dataclass, field

from factcheck.config import Settings
from factcheck.run.ledger import Ledger
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

HOST = "testserver"
ATTACK = (
    """"'><svg/onload=evil()><img src=x onerror=evil()></script></style></title></textarea><b evil="1">"""
    "{{7919*7907}}"
)
"""Text that becomes an element, or an attribute, wherever it is not escaped."""
SCORES = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def evidence(quote, stance, *, doc_id="harbour.txt", title="The harbour", start=0, path="harbour.txt", url=None):
    source = Source(doc_id, title, path, "0" * 64, url=url, extractor="text/1")
    passage = Passage(source, 0, start, start + len(quote), quote, quote)
    return Evidence(Hit(passage, 1.0), NLIScores(*SCORES[stance]), stance)


def verdict(claim, label, *items, score=0.9):
    reason = Reason.EVIDENCE
    if label is Label.NOT_ENOUGH_INFO:
        reason = Reason.ONLY_NEUTRAL if items else Reason.NO_PASSAGE_FOUND
    return Verdict(claim, label, score, reason, EvidenceFrom.CORPUS, items)


def harbour_verdicts():
    """Three of each label in turn; the last claim, its id and all that is quoted for it attack the page."""
    found = []
    for number in range(12):
        claim = Claim(f"h{number:02}", f"The harbour has {number} cranes.")
        quote = f"Crane number {number} was built last year."
        place = {"start": number * 100}
        match number % 4:
            case 0:
                found.append(verdict(claim, Label.SUPPORTED, evidence(quote, Stance.SUPPORTS, **place)))
            case 1:
                against = evidence(quote, Stance.CONTRADICTS, **place)
                found.append(verdict(claim, Label.CONTRADICTED, against, score=0.7))
            case 2:
                other = evidence("No crane is left.", Stance.CONTRADICTS, doc_id="tower.txt", start=number)
                found.append(verdict(claim, Label.CONFLICTING, evidence(quote, Stance.SUPPORTS, **place), other))
            case 3:
                found.append(verdict(claim, Label.NOT_ENOUGH_INFO, evidence(quote, Stance.NEUTRAL, **place)))
    hostile = evidence(
        ATTACK, Stance.SUPPORTS, doc_id=f"d{ATTACK}", title=f"t{ATTACK}", path=f"p{ATTACK}", url=f"javascript:{ATTACK}"
    )
    found.append(verdict(Claim(f"id{ATTACK}", f"text {ATTACK}", place=f"c.csv{ATTACK}"), Label.SUPPORTED, hostile))
    return found


def write_run(folder, verdicts, *, finish=True, claims=None):
    with Ledger(folder, write=True) as ledger:
        ledger.ingest(claims or [item.claim for item in verdicts])
        ledger.begin((), identity={"corpus": "1"}, settings=Settings().record())
        ledger.write(verdicts)
        if finish:
            ledger.finish()
    return folder


@dataclass
class Element:
    tag: str
    attributes: dict
    parts: list = field(default_factory=list)

    @property
    def text(self):
        """All text inside, blanks as a browser shows them."""
        return " ".join("".join(self.parts).split())


@dataclass
class Page(html.parser.HTMLParser):
    """The elements that a browser makes of an answer."""

    markup: str
    elements: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__()
        self.open = [Element("", {})]
        self.feed(self.markup)

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if tag in [element.tag for element in self.open[1:]]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data):
        for element in self.open:
            element.parts.append(data)

    def all(self, tag, **attributes):
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def classed(self, name):
        return [element for element in self.elements if name in (element.attributes.get("class") or "").split()]

    @property
    def text(self):
        return self.open[0].text


class Visitor:
    """Asks for pages as a browser does that was let in under a name."""

    def __init__(self, app, sessions, reviewer):
        from starlette.testclient import TestClient

        self.client = TestClient(app, raise_server_exceptions=False)
        front = self.client.get(f"/?token={sessions.invite(reviewer)}")
        self.key = json.loads(Page(front.text).all("body")[0].attributes["hx-headers"])
        self.writes = {**self.key, "origin": f"http://{HOST}", "hx-request": "true"}

    def get(self, path, **more):
        return self.client.get(path, follow_redirects=False, **more)

    def page(self, path, **more):
        answer = self.get(path, **more)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-500:])
        return Page(answer.text)

    def post(self, path, **more):
        return self.client.post(path, headers=self.writes, follow_redirects=False, **more)
