"""Exchanges words of a sentence for their neighbours among a model's word embeddings, for a teacher to judge.

TinyBERT's augmentation (arXiv:1909.10351, section 4) without its masked language model: what stands near a word is a
synonym or another member of its class, so that a claim stays true, becomes false, or open.
"""

import random
import re
from collections.abc import Container
from itertools import islice
from pathlib import Path

import numpy as np
from safetensors import safe_open
from tokenizers import Tokenizer

NEAREST = 12
LEAST = 0.3  # cosine below which a word is no neighbour
_WORD = re.compile(r"[A-Za-z]{3,}|\d{2,4}")
_CHANGED = (1, 1, 1, 2, 2, 3)  # how many words


class Neighbours:
    """The whole words of a vocabulary and those nearest to each."""

    def __init__(self, folder: Path) -> None:
        vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
        self._words = sorted(word for word in vocabulary if _WORD.fullmatch(word))
        with safe_open(folder / "model.safetensors", framework="np") as file:
            name = next(key for key in file.keys() if key.endswith("word_embeddings.weight"))  # noqa: SIM118
            table = file.get_tensor(name).astype(np.float32)
        chosen = table[[vocabulary[word] for word in self._words]]
        self._table = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
        self._at = {word: at for at, word in enumerate(self._words)}
        self._near: dict[str, list[str]] = {}

    def of(self, word: str) -> list[str]:
        """The neighbours of a word in small letters, nearest first; none of a word that is not in the vocabulary."""
        if word not in self._at:
            return []
        if word not in self._near:
            likeness = self._table @ self._table[self._at[word]]
            best = (
                self._words[at] for at in np.argsort(-likeness, kind="stable")[: 4 * NEAREST] if likeness[at] >= LEAST
            )
            self._near[word] = list(islice((other for other in best if not _is_form_of(other, word)), NEAREST))
        return self._near[word]


def _is_form_of(one: str, other: str) -> bool:
    """Whether two words differ in their endings alone, as "walk" and "walked"; figures never do."""
    stem = min(len(one), len(other)) - 2
    return not one.isdigit() and one[:3] == other[:3] and one[:stem] == other[:stem]


def substituted(text: str, neighbours: Neighbours, kept: Container[str], generator: random.Random) -> str | None:
    """The text with one to three words exchanged, none of those in `kept`; None where no word has a neighbour."""
    open_to = [
        found for found in _WORD.finditer(text) if found[0].lower() not in kept and neighbours.of(found[0].lower())
    ]
    if not open_to:
        return None
    count = min(len(open_to), generator.choice(_CHANGED))
    for found in sorted(generator.sample(open_to, count), key=re.Match.start, reverse=True):
        word = generator.choice(neighbours.of(found[0].lower()))
        shown = word.capitalize() if found[0][0].isupper() else word
        text = text[: found.start()] + shown + text[found.end() :]
    return text
