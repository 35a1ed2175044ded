"""The documents that a run quotes, and one of them with every quote in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from factcheck.review import pages
from factcheck.review.desk import Desk
from factcheck.review.surroundings import document_text
from factcheck.review.view import AView, View
from factcheck.review.windows import windows
from factcheck.run.listing import Filter, Listing, Row
from factcheck.types import Source, Stance

router = APIRouter()
_PAGE = 100  # documents
_QUOTES = 300  # shown of one document, those with a stance first
_CLAIMS = 8  # named of one quote
_ORDER = (Stance.CONTRADICTS, Stance.SUPPORTS, Stance.NEUTRAL)


@dataclass(frozen=True, slots=True)
class Use:
    """One claim that a quote was judged for."""

    row: Row
    stance: Stance


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of a document, with the claims that it was judged for; `more` were not named."""

    start: int
    end: int
    text: str
    page: int | None
    stances: dict[Stance, int]
    uses: tuple[Use, ...]
    more: int

    @property
    def stance(self) -> Stance:
        """The stance that it is shown with: any before none."""
        return next(stance for stance in _ORDER if self.stances.get(stance))


@router.get("/documents")
def show_documents(request: Request, view: AView) -> Response:
    """The documents among the passages that were judged."""
    desk: Desk = request.app.state.desk
    with desk.listing() as listing:
        found = listing.documents()
        if view.filter.text:
            found = [item for item in found if view.filter.text.casefold() in item.doc_id.casefold()]
        last = max(1, -(-len(found) // _PAGE))
        if view.page > last:
            raise HTTPException(404, "The list of documents is not that long.")
        shown = found[(view.page - 1) * _PAGE : view.page * _PAGE]
        titles = {item.doc_id: (listing.source(item.doc_id) or {}).get("title") or "" for item in shown}
    return pages.render(
        request,
        "documents.html",
        view=view,
        links={item.doc_id: _link(item.doc_id) for item in shown},
        documents=shown,
        titles=titles,
        total=len(found),
        last=last,
    )


@router.get("/documents/view")
def show_document(request: Request, id: str) -> Response:  # noqa: A002 (the name in the address)
    """One document with every quote from it in its place, where its text can be had, else the quotes alone."""
    desk: Desk = request.app.state.desk
    with desk.listing() as listing:
        rows = listing.quotes(id)
        if not rows:
            raise HTTPException(404, "This run quotes no such document.")
        quotes, left_out = _quotes(listing, rows)
    record = rows[0][2]
    text, why = document_text(desk, _source(record))
    if text is not None and any(text[quote.start : quote.end] != quote.text for quote in quotes):
        text, why = None, "the document has changed since it was quoted"
    pieces = [] if text is None else windows(text, [(quote.start, quote.end) for quote in quotes])
    return pages.render(
        request,
        "document.html",
        record=record,
        listed=View(Filter(document=id)).query(),
        quotes=quotes,
        left_out=left_out,
        judged=len(rows),
        pieces=pieces,
        why=why,
    )


def _link(doc_id: str) -> str:
    return f"/documents/view?{urlencode({'id': doc_id})}"


def _quotes(listing: Listing, rows: Sequence[tuple[int, str, dict[str, Any]]]) -> tuple[list[Quote], int]:
    """The quotes in text order, each once, and how many were left out."""
    by_span: dict[tuple[int, int, str], list[tuple[int, Stance, int | None]]] = {}
    for position, _, record in rows:
        span = (record["start"], record["end"], record["quote"])
        by_span.setdefault(span, []).append((position, Stance(record["stance"]), record["page"]))
    leaning = sorted(by_span, key=lambda span: all(use[1] is Stance.NEUTRAL for use in by_span[span]))
    known: dict[int, Row] = {}
    found = []
    for start, end, text in sorted(leaning[:_QUOTES]):
        uses = sorted(by_span[start, end, text], key=lambda use: (_ORDER.index(use[1]), use[0]))
        for position, _, _ in uses[:_CLAIMS]:
            if position not in known:
                known[position] = listing.row(position)
        named = tuple(Use(known[position], stance) for position, stance, _ in uses[:_CLAIMS])
        stances = {stance: sum(use[1] is stance for use in uses) for stance in _ORDER}
        found.append(Quote(start, end, text, uses[0][2], stances, named, len(uses) - len(named)))
    return found, len(by_span) - len(found)


def _source(record: dict[str, Any]) -> Source:
    names = ("doc_id", "title", "path", "sha256", "url", "date", "extractor")
    return Source(**{name: record[name] for name in names})
