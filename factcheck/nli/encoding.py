"""Turns texts into model inputs with a `tokenizers` tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factcheck.errors import ScoreError
from factcheck.nli.windows import split_windows

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

_SHOWN = 60  # characters of a text that a message quotes


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """The token ids of one pair with special tokens, unpadded, and for each the text it belongs to (0 or 1)."""

    ids: list[int]
    type_ids: list[int]


class EncodedPairs:
    """Pairs whose texts are tokenised; a pair is put together only when it is asked for."""

    def __init__(self, encoder: "PairEncoder", pairs: Sequence[tuple[str, str]], texts: "dict[str, Encoding]") -> None:
        self._encoder, self._pairs, self._texts = encoder, pairs, texts
        lengths = {text: len(encoding.ids) for text, encoding in texts.items()}
        self.token_counts = [lengths[a] + lengths[b] + encoder.specials for a, b in pairs]

    def __getitem__(self, index: int) -> EncodedPair:
        premise, hypothesis = self._pairs[index]
        return self._encoder.join(self._texts[premise], self._texts[hypothesis])


class PairEncoder:
    """Encodes (premise, hypothesis) pairs as the model's own tokenizer does, and never cuts one.

    Text that spells a special token, such as `[SEP]`, is encoded as the characters it is: a document cannot end the
    premise and begin a hypothesis of its own.
    """

    def __init__(self, tokenizer: "Tokenizer", max_tokens: int) -> None:
        self._tokenizer: Tokenizer = type(tokenizer).from_str(tokenizer.to_str())  # a copy: its settings change here
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        self.specials = self._tokenizer.num_special_tokens_to_add(is_pair=True)
        self.max_tokens = max_tokens
        self.max_claim_tokens = (max_tokens - self.specials) // 2

    def join(self, premise: "Encoding", hypothesis: "Encoding") -> EncodedPair:
        """Put two texts together as the tokenizer's post-processor does."""
        if not self.specials:  # without a template, nothing tells the two texts apart but their type ids
            type_ids = [0] * len(premise.ids) + [1] * len(hypothesis.ids)
            return EncodedPair(premise.ids + hypothesis.ids, type_ids)
        pair = self._tokenizer.post_process(premise, hypothesis)
        return EncodedPair(pair.ids, pair.type_ids)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> EncodedPairs:
        """Tokenise each distinct text of the pairs once.

        Raises:
            ScoreError: A pair has more than `max_tokens` tokens, or a text is not Unicode.
        """
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        encoded = EncodedPairs(self, pairs, dict(zip(texts, self._encode(texts), strict=True)))
        for pair, count in zip(pairs, encoded.token_counts, strict=True):
            if count > self.max_tokens:
                raise ScoreError(
                    pair_place(pair),
                    f"{count} tokens, special ones included; the model takes {self.max_tokens}",
                    "split the premise with windows()",
                )
        return encoded

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens, without special ones."""
        return [len(encoding.ids) for encoding in self._encode(texts)]

    def windows(self, text: str, hypothesis: str) -> list[tuple[int, int]]:
        """Split `text` into spans that each fit beside `hypothesis`; see `PairScorer.windows`."""
        encoding, claim = self._encode([text, hypothesis])
        room = self.max_tokens - self.specials - len(claim.ids)
        if len(encoding.ids) <= room:
            return [(0, len(text))]
        if len(claim.ids) > self.max_claim_tokens:
            raise ScoreError(
                pair_place((text, hypothesis)),
                f"a hypothesis of {len(claim.ids)} tokens leaves too little room to split the premise",
                f"hypotheses of up to {self.max_claim_tokens} tokens do: shorten it or split it",
            )
        starts = [start for start, _ in encoding.offsets]
        return split_windows(text, starts, room, lambda part: self.count_tokens([part])[0])

    def _encode(self, texts: Sequence[str]) -> "list[Encoding]":
        try:
            encodings: list[Encoding] = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        except TypeError:  # what the tokenizer says of a lone surrogate, without saying where it is
            for text in texts:
                _check_unicode(text)
            raise
        return encodings


def pair_place(pair: tuple[str, str]) -> str:
    """Name a pair in a message by how its texts begin."""
    premise, hypothesis = (text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…" for text in pair)
    return f"pair of premise {premise!r} and hypothesis {hypothesis!r}"


def _check_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        place = f"text {text[:_SHOWN]!a}"
        raise ScoreError(place, f"lone surrogate at character {error.start}", "give valid Unicode") from error
