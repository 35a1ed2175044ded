"""Scores that a run holds already: a pair that its verdicts stand on is not scored again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from factcheck.nli import Counters, PairScorer
from factcheck.nli.wrapped import Wrapped
from factcheck.types import Claim, NLIScores, Verdict

_WINDOWS_AHEAD = 2  # of claims that are read before their pairs are asked for: the one being judged, and the next


class KnownScores(Wrapped):
    """A `PairScorer` that asks another one only for pairs that the earlier verdicts on the same claims do not hold.

    Verdicts hold probabilities as they are rounded before anything is decided, so a score from there is as good as a
    computed one. Only those of the claims that were read last are in memory.

    Args:
        inner: Scores what is not known.
        verdict: The earlier verdict on a claim, by its id; None where there is none.
        window: How many claims are judged together.
    """

    def __init__(self, inner: PairScorer, verdict: Callable[[str], Verdict | None], *, window: int) -> None:
        super().__init__(inner)
        self._verdict = verdict
        self._generation = _WINDOWS_AHEAD * window  # claims
        self._young: dict[tuple[str, str], NLIScores] = {}
        self._old: dict[tuple[str, str], NLIScores] = {}
        self._asked = 0
        self.known = 0
        """Pairs that were known, each once a call."""

    def reading(self, claims: Iterable[Claim]) -> Iterator[Claim]:
        """The same claims; what is known of them is at hand when their pairs are asked for."""
        for number, claim in enumerate(claims):
            if number % self._generation == 0:
                self._young, self._old = {}, self._young
            verdict = self._verdict(claim.id)
            if verdict is not None:
                self._young.update(_pairs(verdict))
            yield claim

    @property
    def counters(self) -> Counters:
        """What was asked here, and what the other scorer found and computed since it was loaded."""
        return replace(self.inner.counters, pairs_asked=self._asked)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs, in order; see `PairScorer.score`."""
        found: dict[tuple[str, str], NLIScores | None] = {
            pair: self._young.get(pair) or self._old.get(pair) for pair in pairs
        }
        missing = [pair for pair, scores in found.items() if scores is None]
        computed = dict(zip(missing, self.inner.score(missing) if missing else (), strict=True))
        self._asked += len(pairs)
        self.known += len(found) - len(missing)
        return [found[pair] or computed[pair] for pair in pairs]


def _pairs(verdict: Verdict) -> Iterator[tuple[tuple[str, str], NLIScores]]:
    """The pairs that a verdict stands on: each premise with the claim, and with its parts."""
    for item in verdict.evidence:
        premise = item.passage.premise
        yield (premise, verdict.claim.text), item.scores
        yield from (((premise, part.text), scores) for part, scores in zip(verdict.parts, item.parts, strict=True))
