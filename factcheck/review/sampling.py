"""The pages of an honest sample: draw it, work through it, and read what it says of the run."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from factcheck.review import pages
from factcheck.review.desk import Desk
from factcheck.review.sample import Accuracy, Sample, accuracy
from factcheck.review.view import AView, Drawn, View
from factcheck.run.listing import Filter, Row
from factcheck.run.reviews import Decide, Event, counted, seen_evidence
from factcheck.types import Label

router = APIRouter()
_USUAL = 100  # claims
MOST = 5_000
_SEEDS = 1_000_000  # few digits, so that a person can name one to another


@dataclass(frozen=True, slots=True)
class Answer:
    """One drawn claim that was decided with its verdict hidden; `label` is None where reviewers differ on it."""

    row: Row
    label: Label | None


def decided_as(events: Iterable[Event], seen: str, seed: int) -> tuple[bool, Label | None]:
    """Whether a claim was decided for the sample of a seed, and as what; None where reviewers differ.

    Each reviewer's last decision counts that was made with the verdict hidden, on the evidence that there is now; what
    the same reviewer says later, with the verdict in sight, does not. Where they differ, who settles it has the word.

    Args:
        events: Of the claim.
        seen: `seen_evidence` of its verdict.
        seed: Of the sample.
    """
    drawn: dict[str, Label] = {}
    settled: Label | None = None
    for event in sorted(counted(list(events)), key=lambda event: (event.time, event.number)):
        if isinstance(event.act, Decide) and event.act.saw == seen:
            if belongs(event.act, seed):
                drawn[event.reviewer] = event.act.label
            if event.act.settles:
                settled = event.act.label
    labels = set(drawn.values())
    return bool(labels), labels.pop() if len(labels) == 1 else settled


def belongs(decision: Decide, seed: int) -> bool:
    """Whether a decision was made in the sample of that seed."""
    return decision.drawn.startswith(f"sample:{seed}:")


def answers(desk: Desk, positions: Iterable[int], seed: int) -> Iterator[tuple[int, Answer | None]]:
    """For each of these claims its position and its answer; None where it has none yet."""
    with desk.listing() as listing, desk.ledger() as ledger:
        for position in positions:
            row = listing.row(position)
            events = desk.reviews.events(row.claim_id)
            verdict = ledger.verdict(row.claim_id) if events else None
            there, label = (False, None) if verdict is None else decided_as(events, seen_evidence(verdict), seed)
            yield position, Answer(row, label) if there else None


def measured(sample: Sample, given: Sequence[Answer | None]) -> Accuracy | None:
    """What the decided claims say of the run; None before some of every verdict were decided."""
    by_label = dict.fromkeys(sample.strata, (0, 0))
    for answer in given:
        if answer is not None and answer.label is not None:
            right, decided = by_label[answer.row.label]
            by_label[answer.row.label] = (right + (answer.label is answer.row.label), decided + 1)
    return accuracy(sample.sizes, by_label)


@router.get("/sample")
def show_sample(
    request: Request,
    view: AView,
    seed: Annotated[int | None, Query(ge=0, le=2**53 - 1)] = None,
    size: Annotated[int | None, Query(ge=1, le=MOST)] = None,
) -> Response:
    """How a sample stands; without one, how to draw it."""
    desk: Desk = request.app.state.desk
    if size is not None:
        drawn = Drawn(secrets.randbelow(_SEEDS) if seed is None else seed, size)
        return RedirectResponse(f"/sample{View(Filter(), drawn=drawn).query()}", 303)
    if view.drawn is None or not desk.run.finished:
        return pages.render(
            request, "sample_new.html", begun=_begun(desk.reviews.events()), size=_USUAL, most=MOST, suggested=_seed()
        )
    sample = _sample(desk, view.drawn)
    given = [answer for _, answer in answers(desk, sample.positions, sample.seed)]
    found = [answer for answer in given if answer is not None]
    return pages.render(
        request,
        "sample.html",
        view=view,
        sample=sample,
        total=len(given),
        found=found,
        disputed=sum(answer.label is None for answer in found),
        accuracy=measured(sample, given),
        by_label={label: sum(answer.row.label is label for answer in found) for label in sample.strata},
    )


@router.post("/sample")
def draw_sample(request: Request) -> Response:  # noqa: ARG001
    """Nothing is written by drawing: the address says all of it."""
    raise HTTPException(405, "A sample is drawn by its address.", {"Allow": "GET"})


@router.get("/sample/next")
def go_on(request: Request, view: AView, after: int | None = None) -> Response:
    """To the next drawn claim that was not decided, after a position or from the first; at the end to the result."""
    desk: Desk = request.app.state.desk
    if view.drawn is None:
        raise HTTPException(404, "No sample is named.")
    sample = _sample(desk, view.drawn)
    order = sample.positions
    start = order.index(after) + 1 if after in order else 0
    for position, answer in answers(desk, order[start:] + order[:start], sample.seed):
        if answer is None and position != after:
            return RedirectResponse(f"/claims/{position}{view.query()}", 303)
    return RedirectResponse(f"/sample{view.query()}", 303)


def _sample(desk: Desk, drawn: Drawn) -> Sample:
    if drawn.size > MOST:
        raise HTTPException(400, f"A sample has at most {MOST:,} claims.")
    return desk.sample(drawn.seed, drawn.size)


def _seed() -> int:
    return secrets.randbelow(_SEEDS)


def _begun(events: Sequence[Event]) -> dict[str, int]:
    """The seeds of samples that decisions were made in, with how many, the last one first."""
    seeds: dict[str, int] = {}
    for event in counted(events):
        if isinstance(event.act, Decide) and event.act.drawn.startswith("sample:"):
            seed = event.act.drawn.split(":")[1]
            if seed.isdecimal():  # a file that was merged may say anything
                seeds[seed] = seeds.pop(seed, 0) + 1
    return dict(reversed(seeds.items()))
