"""Claims to verdicts, a window at a time, in claim order and in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from factcheck.errors import ClaimsError
from factcheck.nli import PairScorer
from factcheck.retrieval.finder import Finder, Found
from factcheck.types import Claim, Hit, Verdict
from factcheck.verdict.decide import Rule

T = TypeVar("T")


def verify(
    claims: Iterable[Claim], *, finder: Finder, scorer: PairScorer, rule: Rule, window: int = 128
) -> Iterator[Verdict]:
    """One verdict a claim, in order.

    Claims are read `window` at a time: the pairs of all of them are scored together while the passages of the next
    window are being found. A verdict does not depend on the window or on the other claims.
    """
    for chunk, found in _found_ahead(_chunks(claims, window), finder):
        judged = [_fit(claim, one, scorer) for claim, one in zip(chunk, found, strict=True)]
        pairs = [(hit.passage.premise, claim.text) for claim, hits in zip(chunk, judged, strict=True) for hit in hits]
        scores = iter(scorer.score(pairs))
        for claim, one, hits in zip(chunk, found, judged, strict=True):
            evidence = list(zip(hits, islice(scores, len(hits)), strict=True))
            yield rule.decide(claim, evidence, evidence_from=one.evidence_from)


def check_length(claims: Sequence[Claim], scorer: PairScorer) -> list[ClaimsError | None]:
    """For each claim, the error it deserves if it is longer than the model takes: a claim is never cut."""
    counts = scorer.count_tokens([claim.text for claim in claims])
    return [
        ClaimsError(
            claim.where,
            f"the claim has {count} tokens",
            f"model {scorer.name} takes claims of up to {scorer.max_claim_tokens}: split it",
        )
        if count > scorer.max_claim_tokens
        else None
        for claim, count in zip(claims, counts, strict=True)
    ]


def _fit(claim: Claim, found: Found, scorer: PairScorer) -> list[Hit]:
    """The hits as the model can read them: context is left out, then the sentence split, where it is too long."""
    return [part for hit in found.hits for part in _fitted(hit, claim.text, scorer)]


def _fitted(hit: Hit, claim: str, scorer: PairScorer) -> list[Hit]:
    passage = hit.passage
    if _surely_fits(passage.premise, claim, scorer) or len(scorer.windows(passage.premise, claim)) == 1:
        return [hit]
    spans = scorer.windows(passage.quote, claim)
    return [
        replace(
            hit,
            passage=replace(
                passage,
                start=passage.start + start,
                end=passage.start + end,
                quote=passage.quote[start:end],
                premise=passage.quote[start:end],
            ),
        )
        for start, end in spans
    ]


def _surely_fits(premise: str, claim: str, scorer: PairScorer) -> bool:
    """Whether a pair fits without counting: no tokeniser makes more tokens than there are ASCII characters."""
    specials = 8
    return premise.isascii() and claim.isascii() and len(premise) + len(claim) + specials <= scorer.max_tokens


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _found_ahead(chunks: Iterator[list[Claim]], finder: Finder) -> Iterator[tuple[list[Claim], list[Found]]]:
    """Windows with what was found for them, the next one being searched for while the caller works on the one it has.

    Claims are read in the caller's thread, where their file or database belongs.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming: list[tuple[list[Claim], Future[list[Found]]]] = []
        for chunk in chunks:
            coming.append((chunk, thread.submit(finder.find, chunk)))
            if len(coming) > 1:
                ready, found = coming.pop(0)
                yield ready, found.result()
        for ready, found in coming:
            yield ready, found.result()
