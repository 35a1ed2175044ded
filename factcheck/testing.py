"""For tests of code that uses factcheck: doubles of models, without weights, and an assertion for RAG answers."""

import hashlib
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from factcheck.errors import ScoreError
from factcheck.nli import Counters
from factcheck.nli.windows import split_windows
from factcheck.types import Label, NLIScores, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from factcheck.checker import ContextLike, FactChecker

_VERSION = "rule-nli/1"  # another rule is another fingerprint
_SPECIAL_TOKENS = 3  # as BERT: before, between and after the texts
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SUFFIX = re.compile(r"(?<=\w{3})(?:ing|ed|es|s)$")
_NEGATIONS = "no not never none nothing nobody neither nor without cannot"
_FUNCTION_WORDS = """
a an and are as at be been being by did do does for from had has have in into is it its of on or than that the their
there these this those to was were which who will with
"""
_HIGH, _LOW = 0.96, 0.02


class RuleNLI:
    """A `PairScorer` made of word rules: no torch, no weights, the same answer everywhere.

    Neutral, unless every content word of the hypothesis is in the premise (case, plurals and common endings aside).
    Then contradiction if one text is negated and the other is not, or if the hypothesis has a number that the premise
    lacks while the premise has one that the hypothesis lacks; neutral if it has a number that the premise only lacks;
    entailment otherwise. The class found has probability 0.96, the other two 0.02 each.

    A token is a run of characters other than white space, and a pair has three special ones.

    Args:
        max_tokens: The most tokens a pair may have; a small number makes `windows` split short texts.
        has_contradiction: False makes it a two-class model, which calls a contradiction neutral.
    """

    def __init__(self, *, max_tokens: int = 512, has_contradiction: bool = True) -> None:
        self.name = "rule-nli"
        self.has_contradiction = has_contradiction
        self.fingerprint = hashlib.sha256(f"{_VERSION}/{has_contradiction}".encode()).hexdigest()
        self.numeric_class = "rules/exact/cpu/none"
        self.max_tokens = max_tokens
        self.max_claim_tokens = (max_tokens - _SPECIAL_TOKENS) // 2
        self._counters = Counters()
        self._lock = threading.Lock()

    @property
    def counters(self) -> Counters:
        """What has been scored so far; nothing is padded."""
        return self._counters

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[NLIScores]:
        """Score (premise, hypothesis) pairs, in order; see `PairScorer.score`."""
        distinct = dict.fromkeys((premise, hypothesis) for premise, hypothesis in pairs)
        tokens = 0
        for pair in distinct:
            count = sum(self.count_tokens(pair)) + _SPECIAL_TOKENS
            if count > self.max_tokens:
                raise ScoreError(f"pair {pair!r}", f"{count} tokens; the model takes {self.max_tokens}")
            tokens += count
        scores = {pair: self._judge(*pair) for pair in distinct}
        with self._lock:
            self._counters += Counters(len(pairs), len(distinct), tokens, tokens)
        return [scores[premise, hypothesis] for premise, hypothesis in pairs]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens: runs of characters other than white space."""
        return [len(text.split()) for text in texts]

    def windows(self, text: str, hypothesis: str) -> list[tuple[int, int]]:
        """Split `text` into spans that fit beside `hypothesis`; see `PairScorer.windows`."""
        (claim,) = self.count_tokens([hypothesis])
        room = self.max_tokens - _SPECIAL_TOKENS - claim
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        if len(starts) <= room:
            return [(0, len(text))]
        if claim > self.max_claim_tokens:
            raise ScoreError(
                f"hypothesis {hypothesis!r}", f"{claim} tokens; at most {self.max_claim_tokens} leave room"
            )
        return split_windows(text, starts, room, lambda part: len(part.split()))

    def _judge(self, premise: str, hypothesis: str) -> NLIScores:
        seen, asked = _Reading.of(premise), _Reading.of(hypothesis)
        missing, other = asked.numbers - seen.numbers, seen.numbers - asked.numbers
        if not (asked.words or asked.numbers) or not asked.words <= seen.words:
            found = "neutral"
        elif seen.negated != asked.negated or (missing and other):
            found = "contradiction" if self.has_contradiction else "neutral"
        else:
            found = "neutral" if missing else "entailment"
        if not self.has_contradiction:
            entailment = _HIGH if found == "entailment" else 1 - _HIGH
            return NLIScores(round(entailment, 6), round(1 - entailment, 6), 0.0)
        return NLIScores(*(_HIGH if found == name else _LOW for name in ("entailment", "neutral", "contradiction")))


class WordEmbedder:
    """An embedder made of word rules: texts that share words, or most letters of words, have near vectors.

    Each run of three letters of a text's words adds to one of the dimensions, which a hash chooses. The same vectors
    everywhere; `embedded` counts the passages that were asked for.

    Args:
        dimension: Of the vectors; another one is another embedder.
    """

    def __init__(self, dimension: int = 256) -> None:
        self.name, self.dimension, self.embedded = f"words-{dimension}", dimension, 0
        self.fingerprint = hashlib.sha256(f"word-embedder/1/{dimension}".encode()).hexdigest()
        self.library = "rules"

    def passages(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """A vector of length 1 for each text that will be searched, in order."""
        self.embedded += len(texts)
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """A vector of length 1 for each text that is searched for, in order."""
        import numpy as np  # noqa: PLC0415

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                for start in range(len(word)):
                    digest = hashlib.sha256(f"^{word}$"[start : start + 3].encode("utf-8", "surrogatepass")).digest()
                    vectors[row, int.from_bytes(digest[:4], "big") % self.dimension] += 1
            vectors[row] /= max(float(np.linalg.norm(vectors[row])), 1e-9)
        return vectors


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the rules see of a text."""

    words: frozenset[str]
    numbers: frozenset[str]
    negated: bool

    @classmethod
    def of(cls, text: str) -> "_Reading":
        negative, function = frozenset(_NEGATIONS.split()), frozenset(_FUNCTION_WORDS.split())
        words = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
        negations = {word for word in words if word in negative or word.endswith("n't")}
        content = {_stem(word) for word in words if word not in negations and word not in function}
        numbers = {number.replace(",", "") for number in _NUMBER.findall(text)}
        return cls(frozenset(content), frozenset(numbers), bool(negations))


def _stem(word: str) -> str:
    return _SUFFIX.sub("", word.removesuffix("'s")).rstrip("e")


def assert_grounded(
    answer: str,
    contexts: "Sequence[ContextLike]",
    *,
    min_supported: float = 1.0,
    checker: "FactChecker | None" = None,
) -> list[Verdict]:
    """Fail unless enough sentences of an answer are supported by the contexts and none is contradicted.

    Gives the verdicts, one a sentence. For pytest: the message lists every sentence that is not supported, with what
    was said of it and the nearest passage.

    Args:
        answer: The text to check; split into sentences.
        contexts: What the answer was made from: texts, or `{id, title, text}`.
        min_supported: Least share of sentences that must be supported, from 0 to 1.
        checker: Loaded with the settings you want; the bundled model is loaded once without one.

    Raises:
        AssertionError: Too few sentences are supported, one is contradicted, or the answer holds no sentence.
    """
    __tracebackhide__ = True  # pytest shows the caller's line
    checker = checker or _default_checker()
    verdicts = checker.check_text(answer, contexts=contexts)
    supported = sum(verdict.label is Label.SUPPORTED for verdict in verdicts)
    against = any(verdict.label in {Label.CONTRADICTED, Label.CONFLICTING} for verdict in verdicts)
    if not verdicts or against or supported < min_supported * len(verdicts):
        wanted = f"at least {min_supported:.0%} must be, and none contradicted"
        lines = [f"{supported} of {len(verdicts)} sentences are supported; {wanted}"]
        lines += [_complaint(verdict) for verdict in verdicts if verdict.label is not Label.SUPPORTED]
        raise AssertionError("\n".join(lines))
    return verdicts


def _complaint(verdict: Verdict) -> str:
    nearest = f"\n    nearest: {verdict.evidence[0].passage.quote}" if verdict.evidence else ""
    return f"  {verdict.label} ({verdict.score:.2f}): {verdict.claim.text}{nearest}"


@lru_cache(maxsize=1)
def _default_checker() -> "FactChecker":
    from factcheck.checker import FactChecker  # noqa: PLC0415

    return FactChecker.load(evidence="given")
