"""What was done about a claim, and by whom, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from factcheck.run.reviews import Add, Assign, Decide, Event, Mark, Note, Undo, passage_key
from factcheck.types import Label, Stance, Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: what was done, by whom and when, and whether it was taken back."""

    reviewer: str
    when: str  # in words, in this machine's time zone
    stamp: str  # the same in ISO 8601; empty where the time is none
    what: str
    detail: str = ""
    label: Label | None = None
    undone: bool = False


def history(events: Sequence[Event], verdict: Verdict) -> list[Entry]:
    """What was done about a claim, the last first; an undo shows at what it took back."""
    undone = {event.act.event for event in events if isinstance(event.act, Undo)}
    quotes = {passage_key(item.passage): item.passage.quote for item in verdict.evidence}
    quotes |= {
        passage_key(event.act.evidence.passage): event.act.evidence.passage.quote
        for event in events
        if isinstance(event.act, Add)
    }
    shown = [event for event in events if not isinstance(event.act, Undo)]
    shown.sort(key=lambda event: (event.time, event.number), reverse=True)
    return [_entry(event, quotes, undone=event.id in undone) for event in shown]


def when(time: float) -> tuple[str, str]:
    """A time in words and in ISO 8601; empty where a merged file gave none that can be."""
    try:
        moment = datetime.fromtimestamp(time, UTC)
        local = moment.astimezone()
    except (OverflowError, OSError, ValueError):
        return "at an unknown time", ""
    return f"{local:%d %b %Y, %H:%M}", moment.isoformat(timespec="seconds")


def _entry(event: Event, quotes: Mapping[str, str], *, undone: bool) -> Entry:
    label, detail = None, ""
    match event.act:
        case Decide() as decision:
            label = decision.label
            what = "settled the dispute as" if decision.settles else "decided"
            if decision.drawn:
                detail = "with the verdict hidden, for a random sample"
        case Note(text):
            what, detail = "noted", text
        case Assign(to):
            what = f"assigned it to {to}" if to else "assigned it to nobody"
        case Mark(passage, wrong=wrong):
            what = "marked as wrong evidence" if wrong else "no longer marks as wrong"
            detail = quotes.get(passage, "a passage that is not among the evidence any more")
        case Add(evidence):
            says = {Stance.SUPPORTS: "supports the claim", Stance.CONTRADICTS: "contradicts it"}
            what = f"added a sentence; the model says it {says.get(evidence.stance, 'is neutral')}"
            detail = evidence.passage.quote
        case _:
            what = "did something"
    words, stamp = when(event.time)
    return Entry(event.reviewer, words, stamp, what, detail, label, undone)
