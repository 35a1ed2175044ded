"""The page of one claim: its verdict, the evidence, and all that reviewers do about it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from factcheck.errors import RunError
from factcheck.jobs.reasons import case_of, in_words
from factcheck.review import pages
from factcheck.review.desk import Desk
from factcheck.review.evidence import Item, items, search_items
from factcheck.review.history import history
from factcheck.review.reviewers import reviewer_name
from factcheck.review.sampling import MOST, belongs
from factcheck.review.search import LONGEST, judge, rule_of, search, sentence
from factcheck.review.view import AView, Position, View
from factcheck.review.words import LABELS, STANCES
from factcheck.run.listing import Row
from factcheck.run.reviews import (
    Act,
    Add,
    Assign,
    Decide,
    Event,
    Mark,
    Note,
    OutdatedError,
    Review,
    Status,
    counted,
    passage_key,
    seen_evidence,
)
from factcheck.types import Evidence, Label, Stance, Verdict

router = APIRouter()
_LONGEST_NOTE = 20_000  # characters
_NEEDED = {
    Label.SUPPORTED: (Stance.SUPPORTS,),
    Label.CONTRADICTED: (Stance.CONTRADICTS,),
    Label.CONFLICTING: (Stance.SUPPORTS, Stance.CONTRADICTS),
    Label.NOT_ENOUGH_INFO: (),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the page of a claim shows or an act on it needs, read at one moment.

    `hidden` says that nothing of the machine's verdict, nor of other reviewers, may be told yet.
    """

    row: Row
    verdict: Verdict
    review: Review
    events: tuple[Event, ...]
    reviewer: str
    view: View
    hidden: bool

    @property
    def claim_id(self) -> str:
        """The claim's id."""
        return self.row.claim_id

    @property
    def mine(self) -> Decide | None:
        """What this reviewer has decided; None while the verdict is hidden."""
        return None if self.hidden else self.review.decisions.get(self.reviewer)

    @property
    def saw(self) -> str:
        """What a decision made now rests on."""
        return seen_evidence(self.verdict)

    @property
    def wrong(self) -> frozenset[str]:
        """Passages that are marked as wrong; only by this reviewer while the verdict is hidden."""
        if not self.hidden:
            return self.review.wrong
        wrong: set[str] = set()
        for event in self._own():
            if isinstance(event.act, Mark):
                (wrong.add if event.act.wrong else wrong.discard)(event.act.passage)
        return frozenset(wrong)

    @property
    def added(self) -> list[tuple[str, Evidence]]:
        """What reviewers added, with their names, each once; only this reviewer's while the verdict is hidden."""
        known = {passage_key(item.passage) for item in self.verdict.evidence}
        found: dict[str, tuple[str, Evidence]] = {}
        for event in self._own() if self.hidden else counted(self.events):
            if isinstance(event.act, Add) and (key := passage_key(event.act.evidence.passage)) not in known:
                found.setdefault(key, (event.reviewer, event.act.evidence))
        return list(found.values())

    @property
    def there(self) -> list[Evidence]:
        """All evidence on the page."""
        return [*self.verdict.evidence, *(evidence for _, evidence in self.added)]

    @property
    def notes(self) -> list[Event]:
        """The notes; only this reviewer's while the verdict is hidden."""
        return [note for note in self.review.notes if not self.hidden or note.reviewer == self.reviewer]

    @property
    def unbacked(self) -> bool:
        """Whether this reviewer overruled the machine with a verdict that no passage shows, and has not said why."""
        mine = self.mine
        if mine is None or mine.label is self.verdict.label or any(n.reviewer == self.reviewer for n in self.notes):
            return False
        stances = {item.stance for item in self.there if passage_key(item.passage) not in self.wrong}
        return not stances.issuperset(_NEEDED[mine.label])

    def _own(self) -> list[Event]:
        return [event for event in counted(self.events) if event.reviewer == self.reviewer]


def read_case(request: Request, position: int, view: View) -> Case:
    """The case of a claim as it is now.

    Raises:
        HTTPException: There is no such claim, no verdict on it yet, or it is not in the sample.
    """
    desk: Desk = request.app.state.desk
    reviewer: str = request.state.session.reviewer
    try:
        with desk.listing() as listing:
            row = listing.row(position)
    except RunError:
        raise HTTPException(404, "There is no such claim, or no verdict on it yet.") from None
    with desk.ledger() as ledger:
        verdict = ledger.verdict(row.claim_id)
    if verdict is None:
        raise HTTPException(404, "There is no verdict on this claim yet.")
    if view.drawn is not None:
        _check_drawn(desk, position, view)
    review = desk.reviews.of(row.claim_id)
    own = review.decisions.get(reviewer)
    in_sample = own is not None and view.drawn is not None and belongs(own, view.drawn.seed)
    hidden = view.drawn is not None and (not in_sample or reviewer in review.stale)
    return Case(row, verdict, review, tuple(desk.reviews.events(row.claim_id)), reviewer, view, hidden)


def _check_drawn(desk: Desk, position: int, view: View) -> None:
    assert view.drawn is not None
    if view.drawn.size > MOST:
        raise HTTPException(400, f"A sample has at most {MOST:,} claims.")
    sample = desk.sample(view.drawn.seed, view.drawn.size)
    if not any(position in stratum for stratum in sample.strata.values()):
        raise HTTPException(404, "This claim is not in that sample.")


@router.get("/claims/{position}")
def show_claim(request: Request, position: Position, view: AView) -> Response:
    """The page of a claim."""
    return _page(request, read_case(request, position, view))


@router.get("/go/{position}")
def go(
    request: Request,
    position: Position,
    view: AView,
    back: Annotated[bool, Query()] = False,  # noqa: FBT002
) -> Response:
    """To the next claim of the list that the address names, or the one before; to the list where there is none."""
    desk: Desk = request.app.state.desk
    with desk.listing() as listing:
        row = listing.neighbour(view.filter, position, back=back)
    return RedirectResponse(f"/{view.query()}" if row is None else f"/claims/{row.position}{view.query()}", 303)


@router.post("/claims/{position}/decide")
def decide(  # noqa: PLR0913, PLR0917 (the fields of a form)
    request: Request,
    position: Position,
    view: AView,
    label: Annotated[Label, Form()],
    saw: Annotated[str, Form()],
    seen: Annotated[int, Form(ge=0)],
    settles: Annotated[bool, Form()] = False,  # noqa: FBT002
) -> Response:
    """Store a reviewer's verdict; 409 where another reviewer's, or other evidence, has come in between."""
    case = read_case(request, position, view)
    if view.drawn is not None and not case.hidden:  # a second press of the key: the verdict is on the page by now
        return _answer(request, case, toast="Decided already: undo it first, or decide outside the sample.")
    if saw != case.saw:
        return _answer(request, case, status=409, evidence=True, updated=True)
    desk: Desk = request.app.state.desk
    drawn = ""
    if case.hidden and view.drawn is not None:
        drawn = desk.sample(view.drawn.seed, view.drawn.size).drawn(case.verdict.label)
    act = Decide(label, case.verdict.label, saw, drawn, settles=settles and case.review.status is Status.DISPUTED)
    try:
        desk.reviews.add(Event(case.claim_id, case.reviewer, act), seen=None if case.hidden else seen)
    except OutdatedError:
        return _answer(request, read_case(request, position, view), status=409, conflict=True)
    told = f"Decided: {LABELS[label].word}."
    return _answer(request, read_case(request, position, view), toast=told, evidence=case.hidden)


@router.post("/claims/{position}/note")
def note(
    request: Request, position: Position, view: AView, text: Annotated[str, Form(max_length=_LONGEST_NOTE)]
) -> Response:
    """Store a note."""
    if not text.strip():
        raise HTTPException(400, "The note is empty.")
    return _act(request, position, view, Note(text.replace("\r\n", "\n").strip()), "Noted.", noted=True)


@router.post("/claims/{position}/assign")
def assign(
    request: Request, position: Position, view: AView, to: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Say who is to review the claim; nobody where the name is empty."""
    name = reviewer_name(to) if to.strip() else ""
    return _act(request, position, view, Assign(name), f"Assigned to {name}." if name else "Assigned to nobody.")


@router.post("/claims/{position}/mark")
def mark(
    request: Request,
    position: Position,
    view: AView,
    passage: Annotated[str, Form(max_length=64)],
    wrong: Annotated[bool, Form()],
) -> Response:
    """Mark a passage as wrong evidence, or take that back."""
    case = read_case(request, position, view)
    if passage not in {passage_key(item.passage) for item in case.there}:
        raise HTTPException(404, "This passage is not among the evidence any more: load the page again.")
    told = "Marked as wrong evidence." if wrong else "No longer marked as wrong."
    return _act(request, position, view, Mark(passage, wrong=wrong), told, evidence=True)


@router.post("/claims/{position}/undo")
def undo(request: Request, position: Position, view: AView) -> Response:
    """Take back the reviewer's last act on the claim."""
    case = read_case(request, position, view)
    desk: Desk = request.app.state.desk
    undone = desk.reviews.undo(case.claim_id, case.reviewer)
    told = "Nothing of yours to take back." if undone is None else f"Taken back: {_NAMES[type(undone.act)]}."
    return _answer(request, read_case(request, position, view), toast=told, evidence=True)


@router.get("/claims/{position}/search")
def find(
    request: Request, position: Position, view: AView, q: Annotated[str, Query(max_length=LONGEST)] = ""
) -> Response:
    """What the corpus has to some words: a fragment."""
    case = read_case(request, position, view)
    desk: Desk = request.app.state.desk
    sources = desk.sources()
    words = " ".join(q.split())
    found: list[Item] = []
    if words and sources is not None and sources.index is not None:
        hits = search(sources.index, words, desk.settings)
        found = search_items(desk, case.verdict.claim, hits, hidden=case.hidden)
    known = {} if case.hidden else {passage_key(item.passage): item.stance for item in case.there}
    return pages.render(
        request, "claim_hits.html", case=case, query=view.query(), q=words, hits=found, known=known, why=desk.no_sources
    )


@router.post("/claims/{position}/add")
def add(  # noqa: PLR0913, PLR0917 (the fields of a form)
    request: Request,
    position: Position,
    view: AView,
    doc_id: Annotated[str, Form(max_length=10_000)],
    start: Annotated[int, Form(ge=0)],
    end: Annotated[int, Form(ge=1)],
) -> Response:
    """Score a sentence of the corpus against the claim, and store it as the reviewer's evidence."""
    case = read_case(request, position, view)
    desk: Desk = request.app.state.desk
    sources = desk.sources()
    if sources is None or sources.index is None:
        raise HTTPException(409, f"The sentence cannot be read: {desk.no_sources}.")
    passage = sentence(sources.index, doc_id, (start, end), case.verdict.claim.text, desk.settings)
    if passage_key(passage) in {passage_key(item.passage) for item in case.there}:
        return _answer(
            request, case, toast="It is among the evidence already.", evidence=True, added=passage_key(passage)
        )
    scorer = desk.scorer()
    with desk.scoring:
        judged = judge(case.verdict.claim, passage, scorer, rule_of(desk.identity))
    for evidence in judged:
        desk.reviews.add(Event(case.claim_id, case.reviewer, Add(evidence)))
    stances = dict.fromkeys(STANCES[evidence.stance].word for evidence in judged)
    told = "Added." if case.hidden else f"Added: the model says {' and '.join(stances)}."
    return _answer(request, read_case(request, position, view), toast=told, evidence=True, added=passage_key(passage))


_NAMES: dict[type[Act], str] = {
    Decide: "your decision",
    Note: "your note",
    Assign: "your assignment",
    Mark: "your mark",
    Add: "the sentence that you added",
}


def _act(request: Request, position: int, view: View, act: Act, toast: str, **told: bool) -> Response:
    case = read_case(request, position, view)
    desk: Desk = request.app.state.desk
    desk.reviews.add(Event(case.claim_id, case.reviewer, act))
    return _answer(request, read_case(request, position, view), toast=toast, **told)


def _page(request: Request, case: Case) -> Response:
    return pages.render(request, "claim.html", **_context(request, case, evidence=True))


def _answer(request: Request, case: Case, *, status: int = 200, toast: str = "", **told: bool | str) -> Response:
    """What has changed of the page.

    Args:
        request: What is answered.
        case: The claim as it is now.
        status: The HTTP status.
        toast: A short message.
        **told: `evidence` where it may have changed, `noted` where a note was stored, `conflict` and `updated` for
            what was refused, `added` with the key of a sentence.
    """
    context = _context(request, case, evidence=bool(told.get("evidence")))
    context |= {"conflict": told.get("conflict"), "updated": told.get("updated"), "added": told.get("added")}
    triggers = {"noted": True} if told.get("noted") else None
    return pages.render(request, "claim_answer.html", status=status, toast=toast, triggers=triggers, **context)


def _context(request: Request, case: Case, *, evidence: bool) -> dict[str, Any]:
    desk: Desk = request.app.state.desk
    verdict = case.verdict
    return {
        "case": case,
        "view": case.view,
        "query": case.view.query(),
        "items": _items(request, case) if evidence else None,
        "reason": "" if case.hidden else in_words(case_of(verdict), verdict),
        "history": [] if case.hidden else history(case.events, verdict),
        "team": _team(desk, case),
        "searchable": desk.no_sources == "" and desk.sources() is not None,
        "conflict": False,
        "updated": False,
    }


def _items(request: Request, case: Case) -> list[Item]:
    desk: Desk = request.app.state.desk
    return items(desk, case.verdict, case.added, wrong=case.wrong, marked_by=_marked_by(case), hidden=case.hidden)


def _marked_by(case: Case) -> dict[str, str]:
    """Who marked a passage last."""
    return {
        event.act.passage: event.reviewer
        for event in counted(case.events)
        if isinstance(event.act, Mark) and event.act.wrong
    }


def _team(desk: Desk, case: Case) -> list[str]:
    """Names to assign a claim to."""
    with desk.listing() as listing:
        names = listing.assignees()
    return sorted({case.reviewer, *names, *(() if case.hidden else case.review.decisions)})
