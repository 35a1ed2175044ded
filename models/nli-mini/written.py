"""Reads the documents and claims that were written for this model, `written/*.txt`, and makes pairs of them.

A document is a block of lines: `D: title`, its sentences as `1: ...`, and claims about one of them: `E1: ...` which it
entails, `C1: ...` which it contradicts, `N1: ...` which no sentence decides. A single premise is `P: ...`, and then its
claims are `E: ...`, `C: ...` and `N: ...`.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from factcheck.corpus.index import Match
from factcheck.retrieval.passages import build_passage
from factcheck.types import Source

LABELS = {"E": "entailment", "N": "neutral", "C": "contradiction"}
_LINE = re.compile(r"(?P<kind>[DPECN]|(?=\d))(?P<number>\d*): +(?P<text>\S.*)")
JOINED = 0.2  # share of the claims that are shown their sentence joined with another, too
OTHER = 0.35  # share of the claims that are shown another sentence alone
OTHERS = 0.1  # share of the claims that are shown two others, joined


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its label for one sentence."""

    text: str
    label: str
    sentence: int


@dataclass(frozen=True, slots=True)
class Document:
    """Sentences, each with claims that it alone decides; a single premise is a document of one, without a title."""

    title: str
    sentences: tuple[str, ...]
    claims: tuple[Claim, ...]

    def premise(self, at: int) -> str:
        """A sentence as the pipeline shows it: with the one before where it leans on it."""
        before = self.sentences[at - 1] if at else ""
        quote = self.sentences[at]
        match = Match("", at, 0, len(quote), None, quote, before, "", 0.0)
        return build_passage(match, Source("", "", "", ""), context=True, language="en").premise

    def joined(self, *numbers: int) -> str:
        """Two sentences as one premise, in the order of the text."""
        return " ".join(self.sentences[at] for at in sorted(numbers))


def read(path: Path) -> Iterator[Document]:
    """The documents of a file.

    Raises:
        ValueError: A line is none of those above, or a claim is about a sentence that is not there.
    """
    text = path.read_text(encoding="utf-8").rstrip()
    at = 0
    for block in re.split(r"(?:\n[ \t]*)+\n", text):
        lines = block.strip("\n").split("\n")
        yield _document(path, at, lines)
        at = text.index(block, at) + len(block)


def _document(path: Path, at: int, lines: list[str]) -> Document:
    title = ""
    sentences: dict[str, str] = {}
    claims: list[tuple[str, str, str]] = []
    for line in lines:
        found = _LINE.fullmatch(line.strip())
        if not found:
            raise ValueError(
                f"{path}: after character {at}: {line!r}; allowed are D:, P:, 1:, E1:, C1:, N1:, E:, C:, N:"
            )
        kind, number, said = found["kind"], found["number"], found["text"].strip()
        if (kind == "D" and title) or (kind in {"", "P"} and number in sentences):
            raise ValueError(f"{path}: after character {at}: {line!r} comes twice; an empty line ends a document")
        if kind == "D":
            title = said
        elif kind in {"", "P"}:
            sentences[number] = said
        elif kind in LABELS:
            claims.append((kind, number, said))
    order = list(sentences)
    unknown = [said for _, number, said in claims if number not in sentences]
    if unknown:
        raise ValueError(f"{path}: after character {at}: no sentence for {unknown[0]!r}")
    return Document(
        title,
        tuple(sentences.values()),
        tuple(Claim(said, LABELS[kind], order.index(number)) for kind, number, said in claims),
    )


def pairs(document: Document, generator: random.Random) -> Iterator[tuple[str, str, str]]:
    """Premise, claim and label: each claim with its sentence, some with it joined to another, or with others alone.

    A sentence that a claim is not about decides nothing of it.
    """
    for claim in document.claims:
        yield document.premise(claim.sentence), claim.text, claim.label
        others = [at for at in range(len(document.sentences)) if at != claim.sentence]
        if others and generator.random() < JOINED:
            yield document.joined(claim.sentence, generator.choice(others)), claim.text, claim.label
        alone = [at for at in others if document.sentences[claim.sentence] not in document.premise(at)]
        if alone and generator.random() < OTHER:
            yield document.premise(generator.choice(alone)), claim.text, LABELS["N"]
        if len(others) > 1 and generator.random() < OTHERS:
            yield document.joined(*generator.sample(others, 2)), claim.text, LABELS["N"]
