"""Comparing one passage of a run with the text that it is said to come from."""

from dataclasses import dataclass

from factcheck.corpus.readers.streams import without_surrogates
from factcheck.jobs.audit.findings import Kind, Standing, excerpt
from factcheck.types import Passage

_DIGITS = 8  # of a hash, as shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is wrong with one passage."""

    kind: Kind
    found: str
    fix: str = ""
    standing: Standing | None = None


def stands(passage: Passage, text: str) -> bool:
    """Whether the quote is what the text has there; halves of surrogate pairs count as their replacement."""
    return without_surrogates(text[passage.start : passage.end]) == passage.quote


def joins(passage: Passage, text: str) -> bool:
    """Whether the premise is the quote and the sentence that was read with it, in the order of the text."""
    if passage.joined is None:
        return False
    spans = sorted([(passage.start, passage.end), passage.joined])
    return passage.body == without_surrogates(" ".join(text[start:end] for start, end in spans))


def opens_before(passage: Passage, text: str) -> bool:
    """Whether the premise is the quote, or what the text has right before it, a space, and the quote.

    Between the two there may be anything but letters and digits. Where the sentence before begins is not looked at.
    A sentence that was read with another one is held against the text at the spans of both.
    """
    if passage.joined is not None:
        return joins(passage, text)
    if passage.body == passage.quote:
        return True
    lead = passage.body.removesuffix(f" {passage.quote}")
    text = without_surrogates(text[: passage.start])
    at = text.rfind(lead)
    if lead in {"", passage.body} or at < 0:
        return False
    return not any(map(str.isalnum, text[at + len(lead) :]))


def changed(passage: Passage, text: str, digest: str, fix: str) -> Outcome:
    """The outcome for a source whose content is another now."""
    was, now = passage.source.sha256[:_DIGITS], digest[:_DIGITS]
    standing, what = Standing.GONE, "is gone from it"
    if stands(passage, text):
        standing, what = Standing.HERE, "still stands where it stood"
    elif passage.quote in without_surrogates(text):
        standing, what = Standing.ELSEWHERE, "stands elsewhere in it now"
    found = f"changed since the run (sha256 was {was}…, is {now}…), what was quoted {what}"
    return Outcome(Kind.SOURCE_CHANGED, found, fix, standing)


def misquoted(passage: Passage, text: str) -> Outcome:
    """The outcome for a quote that is not what its unchanged source says."""
    there = text[passage.start : passage.end]
    span = f"{passage.start} to {passage.end}"
    found = f"quoted as {excerpt(passage.quote)} at {span}, has {excerpt(there)} there"
    if passage.start >= len(text):
        found = f"quoted as {excerpt(passage.quote)} at {span}, ends at {len(text)}"
    return Outcome(Kind.QUOTE, found, "the run's record was altered: do not rely on it")


def overshown(passage: Passage) -> Outcome:
    """The outcome for a premise that is not the quote, with its companion, the sentence before or the title at most."""
    other = "the sentence before it or the title" if passage.joined is None else f"what stands at {passage.joined}"
    found = f"the premise {excerpt(passage.premise)} is not {excerpt(passage.quote)} with {other}"
    return Outcome(Kind.PREMISE, found, "the run's record was altered: do not rely on it")
