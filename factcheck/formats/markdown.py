"""Verdicts as a report in Markdown, to be pasted where people read.

Texts of claims, documents and reviewers are untrusted: each is shown as the characters that it is, so that none of it
becomes a link, an image, a heading or HTML.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Final

from factcheck.formats.github import markdown_text
from factcheck.formats.records import place
from factcheck.formats.reviewed import About, Reviewed, standing
from factcheck.formats.rows import Source
from factcheck.types import Evidence, Label, Reason, Stance, Verdict

_QUOTES: Final = 3  # shown for each side of a claim
_LONGEST: Final = 10_000  # characters of a text that are shown
_REASONS: Final = {
    Reason.EVIDENCE: "",
    Reason.NO_PASSAGE_FOUND: "nothing in the documents shares a word with it",
    Reason.ONLY_NEUTRAL: "every sentence found is neutral",
    Reason.BELOW_THRESHOLD: "a sentence leans one way, not far enough",
    Reason.QUANTITY_MISMATCH: "a figure, negation or quantifier does not fit",
    Reason.RELAYED: "it is only reported, asked, supposed or planned",
    Reason.QUALIFIED: "it is said under a restriction only",
    Reason.PARTLY_SUPPORTED: "a part of it is supported, the rest is open",
    Reason.CHANGED_OVER_TIME: "it changed over time",
    Reason.ABOVE_ERROR_BUDGET: "an answer would be wrong more often than was allowed",
    Reason.NOT_CHECKABLE: "it is no claim that can be checked",
    Reason.LANGUAGE_NOT_SUPPORTED: "it is in a language that the model does not read",
}
_NAMES: Final = re.compile(r"(?<=[@#])(?=\w)")  # where a name or a number follows that GitHub would make a link
_TURNS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # change the direction of what follows
_HARMLESS: Final = re.compile(r"&#(33|37|46|58|63);(?=\s|$)|(?<=\d)&#(46);(?=\d)")  # ! % . : ? that end a word, 12.5
_JOINER: Final = "\u2060"  # shows nothing


def write_markdown(source: Source, stream: IO[bytes], about: About) -> int:
    """Write a table of how many claims have which verdict, then each claim with its verdict and quotes."""
    machine: Counter[Label] = Counter()
    reviewers: Counter[Label] = Counter()
    statuses: Counter[str] = Counter()
    for verdict in source():
        machine[verdict.label] += 1
        if about.review:
            review = about.review(verdict)
            statuses[review.status] += 1
            reviewers.update([review.label] if review.label else [])
    for line in _head(about, machine, reviewers, statuses):
        stream.write(line.encode() + b"\n")
    rows = 0
    for rows, verdict in enumerate(source(), 1):
        for line in _claim(rows, verdict, about.review(verdict) if about.review else None):
            stream.write(line.encode() + b"\n")
    return rows


def shown(text: str) -> str:
    """A text as Markdown that shows it and does nothing else, to stand within a line.

    An `@` or `#` with a name behind it is followed by a word joiner (U+2060), which shows nothing, so that GitHub finds
    nobody to notify; a character that turns the direction of writing becomes U+FFFD.
    """
    escaped = markdown_text(_NAMES.sub(_JOINER, _TURNS.sub("\ufffd", text)), most=_LONGEST)
    return _HARMLESS.sub(lambda found: chr(int(found[1] or found[2])), escaped)


def _head(about: About, machine: Counter[Label], reviewers: Counter[Label], statuses: Counter[str]) -> Iterator[str]:
    yield f"# Fact check{f': {shown(about.name)}' if about.name else ''}"
    yield ""
    columns = ["verdict", "claims", *(["by reviewers"] if about.review else [])]
    yield f"| {' | '.join(columns)} |"
    yield "|".join(["", " --- ", *(" ---: " for _ in columns[1:]), ""])
    for label in Label:
        counts = [machine[label], *([reviewers[label]] if about.review else [])]
        yield f"| {label.value} | {' | '.join(f'{count:,}' for count in counts)} |"
    yield ""
    if about.review:
        told = ", ".join(f"{count:,} {status}" for status, count in sorted(statuses.items()))
        yield f"Reviewed by people: {told}. All other verdicts are a machine's."
    else:
        yield "All verdicts are a machine's; nobody has reviewed them."


def _claim(number: int, verdict: Verdict, review: Reviewed | None) -> Iterator[str]:
    label, evidence = standing(verdict, review)
    yield ""
    yield f"## {number}. {shown(verdict.claim.text)}"
    yield ""
    yield f"**{label.value}** · {_why(verdict, review)}"
    added = review.added if review else ()
    for item in [*_first(evidence, Stance.SUPPORTS), *_first(evidence, Stance.CONTRADICTS)]:
        where = f"{shown(place(item.passage))}{', found by a reviewer' if item in added else ''}"
        yield ""
        yield f"> “{shown(item.passage.quote)}”"
        yield ">"
        yield f"> {item.stance.value} · {where}"
    for note in review.notes if review else ():
        yield ""
        yield f"Note by {shown(note.reviewer)}: {shown(note.text)}"


def _why(verdict: Verdict, review: Reviewed | None) -> str:
    """Whose verdict it is, and what else there is to say about it."""
    sure = f"score {verdict.score:.2f}" if verdict.confidence is None else f"confidence {verdict.confidence:.2f}"
    reason = _REASONS[verdict.reason]
    if verdict.detail:
        reason = f"{reason}: {shown(verdict.detail)}" if reason else shown(verdict.detail)
    machine = f"machine's verdict, {sure}{f'; {reason}' if reason else ''}"
    if review is None or not review.opinions:
        return machine
    names = ", ".join(
        f"{shown(opinion.reviewer)}{'' if review.label else f' ({opinion.label.value})'}" for opinion in review.opinions
    )
    if review.label is None:
        return f"{machine}; {review.status}: {names}"
    if review.label is verdict.label:
        return f"{review.status} by {names}; {sure}"
    return f"{review.status} by {names}; the machine said {verdict.label.value}, {sure}"


def _first(evidence: Iterable[Evidence], stance: Stance) -> Iterator[Evidence]:
    return islice((item for item in evidence if item.stance is stance), _QUOTES)
