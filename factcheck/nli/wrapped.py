"""A scorer around another one."""

from collections.abc import Sequence

from factcheck.nli.base import Counters, PairScorer
from factcheck.types import NLIScores


class Wrapped:
    """A `PairScorer` that is and does what the inner one is and does; a subclass says where it differs."""

    def __init__(self, inner: PairScorer) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.inner.name

    @property
    def fingerprint(self) -> str:
        """What identifies the model."""
        return self.inner.fingerprint

    @property
    def numeric_class(self) -> str:
        """Backend, precision, device kind and shape table."""
        return self.inner.numeric_class

    @property
    def max_tokens(self) -> int:
        """The most tokens a pair may have."""
        return self.inner.max_tokens

    @property
    def max_claim_tokens(self) -> int:
        """The most tokens of a hypothesis that leaves at least as much room for a premise."""
        return self.inner.max_claim_tokens

    @property
    def has_contradiction(self) -> bool:
        """Whether the model tells contradiction from neutral."""
        return self.inner.has_contradiction

    @property
    def counters(self) -> Counters:
        """What the inner scorer found and computed since it was loaded."""
        return self.inner.counters

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs, in order; see `PairScorer.score`."""
        return self.inner.score(pairs)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, without special ones."""
        return self.inner.count_tokens(texts)

    def windows(self, text: str, hypothesis: str) -> list[tuple[int, int]]:
        """Split `text` into spans that fit beside `hypothesis`; see `PairScorer.windows`."""
        return self.inner.windows(text, hypothesis)
