"""What scores pairs looks like from outside: the protocol that every backend and the test double keep to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from factcheck.types import NLIScores


@dataclass(frozen=True, slots=True)
class Counters:
    """What a scorer has done since it was loaded."""

    pairs_asked: int = 0
    pairs_scored: int = 0  # distinct within their call
    real_tokens: int = 0
    computed_tokens: int = 0  # with padding and dummy rows
    pairs_cached: int = 0  # distinct within their call, scored before and found in a cache
    halvings: int = 0  # of the size of batches, when a device ran out of memory: from then on bits may differ

    @property
    def efficiency(self) -> float:
        """Real tokens / computed tokens; 1.0 before anything was computed."""
        return self.real_tokens / self.computed_tokens if self.computed_tokens else 1.0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(
            self.pairs_asked + other.pairs_asked,
            self.pairs_scored + other.pairs_scored,
            self.real_tokens + other.real_tokens,
            self.computed_tokens + other.computed_tokens,
            self.pairs_cached + other.pairs_cached,
            self.halvings + other.halvings,
        )

    def __sub__(self, earlier: "Counters") -> "Counters":
        return Counters(
            self.pairs_asked - earlier.pairs_asked,
            self.pairs_scored - earlier.pairs_scored,
            self.real_tokens - earlier.real_tokens,
            self.computed_tokens - earlier.computed_tokens,
            self.pairs_cached - earlier.pairs_cached,
            self.halvings - earlier.halvings,
        )


class PairScorer(Protocol):
    """Judges (premise, hypothesis) pairs."""

    @property
    def name(self) -> str:
        """What the model is called, for people; `fingerprint` is what identifies it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex of everything in the model that can change a score; the folder's name and place cannot."""

    @property
    def numeric_class(self) -> str:
        """Backend, precision, device kind and shape table, such as `torch/fp32/cpu/shapes-1`.

        Two scorers of one fingerprint and one numeric class give the same bits on the same kind of processor with the
        same versions of the libraries.
        """

    @property
    def max_tokens(self) -> int:
        """The most tokens a pair may have, special tokens included."""

    @property
    def max_claim_tokens(self) -> int:
        """The most tokens, without special ones, of a hypothesis that leaves at least as much room for a premise."""

    @property
    def has_contradiction(self) -> bool:
        """False for two-class models: they tell support from everything else, and contradiction is always 0."""

    @property
    def counters(self) -> Counters:
        """What has been scored so far."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs: N pairs give N scores, in the same order.

        A pair's scores depend on nothing but the pair; identical pairs of a call are computed once. Probabilities are
        rounded to six places and sum to 1. An empty text is a text like any other.

        Raises:
            ScoreError: A pair has more than `max_tokens` tokens, a text is not Unicode, or the model gave something
                that is not a number. Nothing is ever truncated.
            ModelError: The device has too little memory for a single pair, or the model's weights, which may be read
                as late as this, cannot be used.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, without special ones."""

    def windows(self, text: str, hypothesis: str) -> list[tuple[int, int]]:
        """Split `text` into spans each of which fits into one pair with `hypothesis`.

        Spans are half-open, trimmed, in text order, overlap by about a quarter, are cut at white space where there is
        some, and together hold every character of `text` that is not white space. A text that fits gives one span,
        `(0, len(text))`.

        Raises:
            ScoreError: The text does not fit and the hypothesis has more than `max_claim_tokens` tokens.
        """
