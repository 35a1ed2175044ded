"""Reads the documents and claims that were written for this model, `written/*.txt`, and makes pairs of them.

A document is a block of lines: `D: title`, its sentences as `1: ...`, and claims about one of them: `E1: ...` which it
entails, `C1: ...` which it contradicts, `N1: ...` which no sentence decides. A single premise is `P: ...`, and then its
claims are `E: ...`, `C: ...` and `N: ...`.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import rules

from factcheck.corpus.index import Match
from factcheck.retrieval.passages import build_passage, titled
from factcheck.segment import content_words
from factcheck.types import Passage, Source

LABELS = {"E": "entailment", "N": "neutral", "C": "contradiction"}
_LINE = re.compile(r"(?P<kind>[DPECN]|(?=\d))(?P<number>\d*): +(?P<text>\S.*)")
HEADED = 0.6  # share of the pairs whose premise may open with the title of its document, as the pipeline does it
TOLD = 0.5  # a title with more of a claim's words than this may decide it: it opens no pair
JOINED = 0.2  # share of the claims that are shown their sentence joined with another, too
OTHER = 0.35  # share of the claims that are shown another sentence alone
OTHERS = 0.1  # share of the claims that are shown two others, joined
REPEATED = 0.5  # share of the sentences that are claims about themselves, and of those that are about another one
LENGTHS = (110, 400)  # words of a long premise, at least
LONGEST = 430  # words of a long premise
FIRST = 0.6  # share of the long premises that open with the document that their claim is about
SUMMED = {"entailment": 35, "contradiction": 55, "neutral": 10}  # of 100 claims about a long premise
_END = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_BRACKET = re.compile(r" \([^)]*\)")
_BETWEEN_COMMAS = re.compile(r"([^,]*), (?!and |but |or |\d)[^,]{5,60},( .*)")
_AT_THE_END = re.compile(
    r"(.{30,})(?<! and)(?<! but)(?<! or)(?<! of)(?<! as)(?<! than),?"
    r" (?:on|in|by|at|with|after|since|because|while|when) (?!least|most)[^,]*\."
)


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

    def told_by_title(self, claim: str) -> bool:
        """Whether the title has so many words of the claim that it may decide it."""
        claimed = content_words(claim)
        return len(claimed & content_words(self.title)) > TOLD * len(claimed)

    def headed(self, premise: str, claim: str) -> str:
        """The premise with the title first where that has words of the claim that it lacks."""
        return titled(Passage(Source("", self.title, "", ""), 0, 0, 0, premise, premise), claim).premise


def read(path: Path) -> Iterator[Document]:
    """The documents of a file.

    Raises:
        ValueError: A line is none of those above or comes twice, or a claim is about a sentence that is not there.
    """
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    for blank, block in groupby(lines, key=lambda line: not line[1].strip()):
        if not blank:
            yield _document(path, block)


def _document(path: Path, lines: Iterable[tuple[int, str]]) -> Document:
    title = ""
    sentences: dict[str, str] = {}
    claims: list[Claim] = []
    for at, line in lines:
        found = _LINE.fullmatch(line.strip())
        if not found:
            raise ValueError(f"{path}:{at}: {line!r}; allowed are D:, P:, 1:, E1:, C1:, N1:, E:, C: and N:")
        kind, number, said = found["kind"], found["number"], found["text"]
        if kind in LABELS:
            if number not in sentences:
                raise ValueError(f"{path}:{at}: no sentence for {said!r}; it comes before its claims")
            claims.append(Claim(said, LABELS[kind], list(sentences).index(number)))
        elif title if kind == "D" else number in sentences:
            raise ValueError(f"{path}:{at}: {line!r} comes twice; an empty line ends a document")
        elif kind == "D":
            title = said
        else:
            sentences[number] = said
    return Document(title, tuple(sentences.values()), tuple(claims))


def pairs(document: Document, generator: random.Random) -> Iterator[tuple[str, str, str]]:
    """Premise, claim and label: each claim with its sentence, some with it joined to another, or with others alone.

    A sentence that a claim is not about decides nothing of it. Most are headed, but none whose title may decide the
    claim.
    """
    return _some_headed(document, _pairs(document, generator), generator)


def _some_headed(
    document: Document, found: Iterable[tuple[str, str, str]], generator: random.Random
) -> Iterator[tuple[str, str, str]]:
    for premise, claim, label in found:
        headed = generator.random() < HEADED and not document.told_by_title(claim)
        yield document.headed(premise, claim) if headed else premise, claim, label


def _pairs(document: Document, generator: random.Random) -> Iterator[tuple[str, str, str]]:
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


def without_a_phrase(sentence: str) -> str | None:
    """A sentence without what stands in brackets or between its first commas, or without a phrase at its end.

    Not of one that denies or restricts, which can be false without the phrase.
    """
    if rules.NEGATIVE.search(sentence):
        return None
    plain = _BRACKET.sub("", sentence)
    if found := _BETWEEN_COMMAS.fullmatch(plain):
        return found[1] + found[2]
    found = _AT_THE_END.fullmatch(plain)
    return f"{found[1]}." if found else plain if plain != sentence else None


def repeated(document: Document, generator: random.Random) -> Iterator[tuple[str, str, str]]:
    """Premise, claim and label: sentences as claims, held against themselves and against others.

    Entailed as they are, with a phrase left out and with a figure or a word in another form; contradicted with another
    figure or word, or denied; left open by other sentences. So words in common are no sign of one of these.
    """
    return _some_headed(document, _repeated(document, generator), generator)


def _repeated(document: Document, generator: random.Random) -> Iterator[tuple[str, str, str]]:
    for at, text in enumerate(document.sentences):
        others = [other for other in range(len(document.sentences)) if other != at]
        premise = document.premise(at)
        sentence = generator.choice(_END.split(text))  # a single premise may have several
        if others and generator.random() < JOINED:
            premise = document.joined(at, generator.choice(others))
        for claim, label in _changed(sentence, premise, generator):
            yield premise, claim, label
        alone = [other for other in others if text not in document.premise(other)]
        if alone and generator.random() < REPEATED:
            yield document.premise(generator.choice(alone)), sentence, LABELS["N"]
        if len(others) > 1 and generator.random() < OTHERS:
            yield document.joined(*generator.sample(others, 2)), sentence, LABELS["N"]


def _changed(sentence: str, premise: str, generator: random.Random) -> Iterator[tuple[str, str]]:
    """A sentence as claims that the premise it stands in decides, with their labels."""

    def half() -> bool:
        return generator.random() < REPEATED

    entailed = [
        sentence if half() else None,
        without_a_phrase(sentence),
        rules.respelled(sentence, generator) if half() else None,
        rules.exchanged(sentence, rules.SYNONYMS, generator) if half() else None,
    ]
    contradicted = [
        rules.exchanged(sentence, rules.CLASSES, generator) if half() else None,
        rules.exchanged(sentence, rules.OPPOSITES, generator) if half() else None,
        rules.refigured(sentence, premise, generator),
        rules.negated(sentence),
    ]
    yield from ((claim, LABELS["E"]) for claim in entailed if claim)
    yield from ((claim, LABELS["C"]) for claim in contradicted if claim)


def gathered(document: Document, others: Sequence[Document], generator: random.Random) -> tuple[str, str, str] | None:
    """Premise, claim and label: whole documents after one another, and one or two claims about one of them as one.

    As a summary stands to an article. Of two claims the second is entailed, and the first is what the label says.

    Returns:
        None where the documents drawn are too long together, or this one has no claim of the kind drawn.
    """
    words, texts = generator.randint(*LENGTHS), [" ".join(document.sentences)]
    while sum(len(text.split()) for text in texts) < words:
        texts.append(" ".join(generator.choice(others).sentences))
    if sum(len(text.split()) for text in texts) > LONGEST:
        return None
    found: dict[str, list[str]] = {label: [] for label in LABELS.values()}
    for claim in document.claims:
        found[claim.label].append(claim.text)
    for _, text, label in _repeated(document, generator):
        if label != LABELS["N"]:  # open beside one sentence may be told by another
            found[label].append(text)
    (label,) = generator.choices(list(SUMMED), list(SUMMED.values()))
    if not found[label] or not found[LABELS["E"]]:
        return None
    said = [generator.choice(found[label])]
    if generator.random() < 1 / 3 and (second := generator.choice(found[LABELS["E"]])) not in said:
        said.insert(generator.randrange(2), second)
    if generator.random() >= FIRST:
        texts.insert(generator.randrange(len(texts)), texts.pop(0))
    return " ".join(texts), " ".join(said), label
