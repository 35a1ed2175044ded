"""Claims to verdicts, a window at a time, in claim order and in bounded memory."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, islice
from typing import TypeVar

from factcheck.errors import ClaimsError
from factcheck.nli import PairScorer
from factcheck.retrieval.finder import Finder, Found
from factcheck.types import Claim, EvidenceFrom, Hit, Judged, NLIScores, Verdict
from factcheck.verdict.decide import Rule

T = TypeVar("T")


def verify(  # noqa: PLR0913 (all named)
    claims: Iterable[Claim],
    *,
    finder: Finder,
    scorer: PairScorer,
    rule: Rule,
    stages: Sequence[int] = (),
    window: int = 128,
    join: bool = False,
) -> Generator[Verdict, None, None]:
    """One verdict a claim, in order.

    Claims are read `window` at a time: the pairs of all of them are scored together while the passages of the next
    window are being found. A verdict does not depend on the window or on the other claims.

    A claim that `rule` refuses is not judged. One of several parts is judged whole and for each part.

    With `stages` 4 and 10, the passages of rank 1 to 4 are judged for every claim of the window, then, together, the
    rest of those claims whose verdict `rule` does not hold for settled. That follows from the claim's own scores alone.
    Gold evidence has no ranks and is judged whole. With `join` the two best sentences of one document are judged
    together too, after all others.
    """
    for cases in _prepared(_chunks(claims, window), finder, scorer, rule, join=join):
        _judge([case for case in cases if case.texts], scorer, rule, stages)
        for case in cases:
            yield rule.decide(
                case.claim, case.judged, evidence_from=case.evidence_from, unjudged=len(case.hits) - len(case.judged)
            )


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


@dataclass(slots=True)
class _Case:
    """A claim on its way to a verdict."""

    claim: Claim
    evidence_from: EvidenceFrom
    hits: list[Hit]  # as the model can read them, best first
    ends: list[int]  # how many of the hits are parts of the passages up to each rank
    texts: list[str]  # hypotheses: the claim, then its parts; none where it is refused
    judged: list[Judged] = field(default_factory=list)

    def up_to(self, rank: int | None) -> list[Hit]:
        """The hits up to a rank that are not judged; of all ranks for None."""
        last = None if rank is None or rank > len(self.ends) else self.ends[rank - 1]
        return self.hits[len(self.judged) : last]


def _judge(cases: Sequence[_Case], scorer: PairScorer, rule: Rule, stages: Sequence[int]) -> None:
    """Score what the stages ask for, one call a stage."""
    for rank in (*stages[:-1], None):  # the last stage takes all that is left
        chosen = [case.up_to(None if case.evidence_from is EvidenceFrom.GOLD else rank) for case in cases]
        pairs = [
            (hit.passage.premise, text)
            for case, hits in zip(cases, chosen, strict=True)
            for hit in hits
            for text in case.texts
        ]
        scores = map(as_shown, scorer.score(pairs))
        for case, hits in zip(cases, chosen, strict=True):
            for hit in hits:
                whole, *parts = islice(scores, len(case.texts))
                case.judged.append(Judged(hit, whole, tuple(parts)))
        cases = [case for case in cases if len(case.judged) < len(case.hits) and not _is_settled(case, rule)]
        if not cases:
            break


def as_shown(scores: NLIScores) -> NLIScores:
    """Probabilities as every record prints them, so that a verdict follows from the numbers beside it."""
    return NLIScores(round(scores.entailment, 6), round(scores.neutral, 6), round(scores.contradiction, 6))


def _is_settled(case: _Case, rule: Rule) -> bool:
    return rule.settles(rule.decide(case.claim, case.judged, evidence_from=case.evidence_from))


def _case(claim: Claim, found: Found, scorer: PairScorer, rule: Rule, *, join: bool) -> _Case:
    """The hits as the model can read them: context is left out, then the sentence split, where it is too long."""
    texts = rule.texts(claim)
    longest = max(texts, key=lambda text: scorer.count_tokens([text])) if len(texts) > 1 else claim.text
    pieces = [fitted(hit, longest, scorer) for hit in found.hits]
    ends = list(accumulate(map(len, pieces)))
    both = found.pair(claim) if join else None
    if both is not None and (whole := _whole(both, longest, scorer)):
        pieces.append([whole])
    return _Case(claim, found.evidence_from, list(chain.from_iterable(pieces)), ends, texts)


def fitted(hit: Hit, claim: str, scorer: PairScorer) -> list[Hit]:
    """A hit as the model can read it beside a claim: without title, then without context too and in parts."""
    if whole := _whole(hit, claim, scorer):
        return [whole]
    passage = hit.passage
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
                titled=False,
            ),
        )
        for start, end in spans
    ]


def _whole(hit: Hit, claim: str, scorer: PairScorer) -> Hit | None:
    """A hit with its title, or without it, if the model can read it so beside a claim."""
    passage = hit.passage
    if _fits(passage.premise, claim, scorer):
        return hit
    if passage.titled and _fits(passage.body, claim, scorer):
        return replace(hit, passage=replace(passage, premise=passage.body, titled=False))
    return None


def _fits(premise: str, claim: str, scorer: PairScorer) -> bool:
    return _surely_fits(premise, claim, scorer) or len(scorer.windows(premise, claim)) == 1


def _surely_fits(premise: str, claim: str, scorer: PairScorer) -> bool:
    """Whether a pair fits without counting: no tokeniser makes more tokens than there are ASCII characters."""
    specials = 8
    return premise.isascii() and claim.isascii() and len(premise) + len(claim) + specials <= scorer.max_tokens


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _prepared(
    chunks: Iterator[list[Claim]], finder: Finder, scorer: PairScorer, rule: Rule, *, join: bool
) -> Iterator[list[_Case]]:
    """Windows of claims with their hits, the next one being searched for while the caller works on the one it has.

    Claims are read in the caller's thread, where their file or database belongs.
    """

    def prepare(chunk: list[Claim]) -> list[_Case]:
        found = finder.find(chunk)
        return [_case(claim, one, scorer, rule, join=join) for claim, one in zip(chunk, found, strict=True)]

    with ThreadPoolExecutor(max_workers=1) as thread:
        coming: deque[Future[list[_Case]]] = deque()
        for chunk in chunks:
            coming.append(thread.submit(prepare, chunk))
            if len(coming) > 1:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
