"""What the evaluations of one command share: hits are looked for once, and a pair is scored once a model."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from factcheck.matching import document_key
from factcheck.nli import PairScorer
from factcheck.nli.wrapped import Wrapped
from factcheck.retrieval.finder import Finder, Found
from factcheck.types import Claim, EvidenceFrom, Hit, NLIScores


class Remembered:
    """A finder that asks another one once for each claim, by its id."""

    def __init__(self, inner: Finder) -> None:
        self._inner = inner
        self._found: dict[str, Found] = {}

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """One `Found` a claim, in order."""
        missing = [claim for claim in claims if claim.id not in self._found]
        self._found |= zip((claim.id for claim in missing), self._inner.find(missing) if missing else (), strict=True)
        return [self._found[claim.id] for claim in claims]

    def check(self, claim: Claim) -> None:
        """Raise ClaimsError where the claim asks for sources that are not there."""
        self._inner.check(claim)


class First:
    """A finder that gives the `k` best hits of another one; gold evidence has no ranks and stays whole."""

    def __init__(self, inner: Finder, k: int) -> None:
        self._inner, self._k = inner, k

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """One `Found` a claim, in order."""
        return [
            found if found.evidence_from is EvidenceFrom.GOLD else replace(found, hits=found.hits[: self._k])
            for found in self._inner.find(claims)
        ]

    def check(self, claim: Claim) -> None:
        """Raise ClaimsError where the claim asks for sources that are not there."""
        self._inner.check(claim)


class Without:
    """A finder that leaves out documents, other ones for each claim, and looks deeper to make up for them.

    A sentence that a document prints that is left out goes with all its copies: what is known from it must not come
    back from where it is printed again.

    Args:
        at_depth: A finder that gives so many hits.
        k: How many hits a claim gets at most.
        documents: Keys (`factcheck.matching.document_key`) of the documents that are left out for a claim.
    """

    def __init__(self, at_depth: Callable[[int], Finder], k: int, documents: Callable[[Claim], frozenset[str]]) -> None:
        self._at_depth, self._k, self._documents = at_depth, k, documents
        self._finders: dict[int, Finder] = {}

    def find(self, claims: Sequence[Claim]) -> list[Found]:
        """One `Found` a claim, in order."""
        done: dict[int, Found] = {}
        asked, depth = dict(enumerate(claims)), 2 * self._k
        while asked:
            deeper: dict[int, Claim] = {}
            for (at, claim), found in zip(asked.items(), self._finder(depth).find(list(asked.values())), strict=True):
                left = self._left(claim, found.hits)
                if len(left) < self._k and len(found.hits) >= depth:
                    deeper[at] = claim
                else:
                    done[at] = replace(found, hits=tuple(left[: self._k]))
            asked, depth = deeper, 4 * depth
        return [done[at] for at in range(len(claims))]

    def check(self, claim: Claim) -> None:
        """Raise ClaimsError where the claim asks for sources that are not there."""
        self._finder(2 * self._k).check(claim)

    def _finder(self, depth: int) -> Finder:
        if depth not in self._finders:
            self._finders[depth] = self._at_depth(depth)
        return self._finders[depth]

    def _left(self, claim: Claim, hits: Iterable[Hit]) -> list[Hit]:
        out = self._documents(claim)
        return [
            hit
            for hit in hits
            if out.isdisjoint(document_key(passage.source.doc_id) for passage in (hit.passage, *hit.copies))
        ]


class ScoredOnce(Wrapped):
    """A `PairScorer` that asks another one once for each pair, and keeps all its answers in memory."""

    def __init__(self, inner: PairScorer) -> None:
        super().__init__(inner)
        self._scores: dict[tuple[str, str], NLIScores] = {}

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs, in order; see `PairScorer.score`."""
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self._scores]
        self._scores |= zip(missing, self.inner.score(missing) if missing else (), strict=True)
        return [self._scores[pair] for pair in pairs]
