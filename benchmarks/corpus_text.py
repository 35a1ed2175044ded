"""Text of ours with the word statistics of news, of any size: for measuring where there is no corpus to hand.

    python benchmarks/corpus_text.py FOLDER --sentences 1000000 --claims 10000

Writes `FOLDER/documents/*.jsonl` and `FOLDER/claims.jsonl` and prints a digest of each; equal arguments give equal
bytes. A million sentences of news are some 45,000 articles: an archive of that size comes as an export of records, not
as that many files, hence JSON Lines with id, title, date and text, ten thousand articles a file.

What is made to be as in real text, since search and model are slow or fast by it:

* words: ranks follow the law of Zipf and Mandelbrot with the second, steeper regime of rare words (Ferrer i Cancho and
  Solé 2001, doi:10.1076/jqul.8.3.165.4101), without end, so that the vocabulary grows by Heaps' law. The commonest
  21,000 are the whole words of the bundled model's vocabulary in its own order, so that words have the lengths of
  English and pairs as many tokens as English; rarer ones are made of syllables;
* topics: a third of what is beyond the common words belongs to the field of the whole corpus, two fifths to the topic
  of the document, and some of it comes again in the same document (Church and Gale 1995,
  doi:10.1017/S1351324900000139);
* stories: documents that follow each other share people, places and organisations, as news of a month do;
* lengths of sentences, paragraphs, documents and titles; numbers with units, money, shares and dates.

`python benchmarks/large.py text` compares the outcome with real collections. The words stand in no grammatical order:
neither BM25 nor the time that a model takes depends on it. Verdicts on this text mean nothing.
"""

import argparse
import datetime as dt
import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import numpy as np

A_FILE = 10_000  # documents of one file
TOGETHER = 256  # documents made at a time

OFFSET, BREAK, RARE = 1.0, 4_000, 1.9  # Mandelbrot's q; rank from which the exponent is not 1 but this
TABLE = 60_000  # ranks that are looked up; beyond, the law is inverted
COMMON = 120  # ranks that belong to no topic
NEIGHBOURS = 32  # equally common words, of which a topic has one
TOPICS, TOPICAL, AGAIN = 400, 0.4, 0.2
FIELD = 0.35  # share of the field that the whole corpus is of
STORY, STORIES = 12, 40  # documents of a story, stories at a time
NAMED, COUNTED = 0.6, 0.45  # share of sentences that name somebody, that hold a number

SYLLABLES = [first + vowel for first in [*"bdfgklmnprstvz", "th"] for vowel in "aeio"]
OPENERS = (
    *("the", "in", "a", "he", "but", "it", "they", "this", "for", "at", "on", "after", "she", "when", "these", "while"),
    *("as", "some", "however", "last"),
)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    "December",
)
UNITS = (
    *("km", "tonnes", "percent", "metres", "litres", "hectares", "megawatts", "years", "months", "barrels", "miles"),
    *("people", "workers", "homes"),
)
KINDS = ["Group", "Bank", "Institute", "University", "Council", "Agency", "Holdings", "Ministry", "Union", "Foundation"]
BORN = dt.date(2012, 1, 1)


@dataclass(frozen=True, slots=True)
class Article:
    """A document: its sentences by paragraph, and the names in it."""

    id: str
    title: str
    date: str
    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        return "\n\n".join(" ".join(sentences) for sentences in self.paragraphs)

    @property
    def sentences(self) -> Iterator[str]:
        return (sentence for sentences in self.paragraphs for sentence in sentences)

    @property
    def size(self) -> int:
        return sum(map(len, self.paragraphs))

    def up_to(self, sentences: int) -> "Article":
        """The article without what comes after so many sentences."""
        if self.size <= sentences:
            return self
        kept = accumulate(self.paragraphs, lambda left, paragraph: left - len(paragraph), initial=sentences)
        cut = (paragraph[: max(0, left)] for paragraph, left in zip(self.paragraphs, kept, strict=False))
        return replace(self, paragraphs=tuple(filter(None, cut)))

    def record(self) -> dict[str, str]:
        """The line of a JSON Lines file."""
        return {"id": self.id, "title": self.title, "date": self.date, "text": self.text}


def articles(sentences: int, seed: int = 0) -> Iterator[Article]:
    """Articles of so many sentences in all, in memory a few hundred at a time; fewer are the first of more."""
    rng = np.random.Generator(np.random.PCG64(seed))
    number = 0
    while sentences > 0:
        sizes = np.maximum(3, _waiting_time(rng, 3, TOGETHER) * 7.3).astype(int)
        for article in _batch(rng, sizes, number, seed):
            if sentences > 0:
                yield article.up_to(sentences)
                sentences -= article.size
        number += len(sizes)


def _waiting_time(rng: np.random.Generator, events: int, size: int) -> np.ndarray[Any, Any]:
    """Gamma variates of a whole shape, from uniform ones alone, whose stream is the same in every version of numpy."""
    return -np.log(1 - rng.random((events, size))).sum(0)


def _batch(rng: np.random.Generator, sizes: np.ndarray[Any, Any], number: int, seed: int) -> Iterator[Article]:
    lengths = np.clip(_waiting_time(rng, 4, int(sizes.sum())) * 5.9, 4, 90).astype(int)
    titles = 6 + (rng.random(len(sizes)) * 6).astype(int)
    first = np.concatenate([[0], np.cumsum(sizes)])
    by_document = np.add.reduceat(lengths, first[:-1]) + titles
    topics = _mixed(np.arange(number, number + len(sizes)) + 7919 * seed) % TOPICS
    words = _words(_ranks(rng, by_document, topics))
    chances = rng.random((6, len(lengths))).T.tolist()
    sizes_of = lengths.tolist()
    at = 0
    for place, (start, end) in enumerate(zip(first[:-1].tolist(), first[1:].tolist(), strict=True)):
        cast = _Cast.of(seed, number + place)
        title_end = at + int(titles[place])
        title = " ".join(word.capitalize() for word in (cast.names[0].split()[-1], *words[at:title_end]))
        at = title_end
        paragraphs: list[list[str]] = [[]]
        for sentence in range(start, end):
            chance = chances[sentence]
            paragraphs[-1].append(_sentence(words[at : at + sizes_of[sentence]], chance, cast))
            at += sizes_of[sentence]
            if chance[5] < 0.45 and sentence + 1 < end:  # a paragraph of news has two sentences
                paragraphs.append([])
        date = BORN + dt.timedelta((number + place) // 12)
        yield Article(f"{seed}-{number + place:07}", title, date.isoformat(), tuple(map(tuple, paragraphs)))


def _ranks(rng: np.random.Generator, sizes: np.ndarray[Any, Any], topics: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Ranks of the words of some documents, one after the other: common words, words of the topic, words come again."""
    total = int(sizes.sum())
    ranks = _zipf(rng.random(total))
    where = np.repeat(np.arange(len(sizes)), sizes)
    block, chance = ranks // NEIGHBOURS, rng.random(total)
    topic = np.where(chance < FIELD, TOPICS, topics[where])  # the field is one topic more, which all share
    ours = block * NEIGHBOURS + _mixed(block * (TOPICS + 1) + topic) % NEIGHBOURS
    ranks = np.where((ranks >= COMMON) & (chance < FIELD + TOPICAL), ours, ranks)
    begin = np.repeat(np.cumsum(sizes) - sizes, sizes)
    here = np.arange(total)
    earlier = begin + (rng.random(total) * (here - begin)).astype(int)
    again = (rng.random(total) < AGAIN) & (ranks >= COMMON) & (ranks[earlier] >= COMMON)
    return np.where(again, ranks[earlier], ranks)


def _zipf(uniform: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Ranks from 0; beyond the table the continuous law, whose integral can be inverted."""
    table, mass = _table()
    ranks = np.searchsorted(table, uniform)
    beyond = ranks >= TABLE
    left = (1 - uniform[beyond]) / mass  # of the mass beyond the table
    far = np.minimum(TABLE * np.maximum(left, 1e-12) ** (-1 / (RARE - 1)), 1e9)
    ranks[beyond] = far.astype(ranks.dtype)
    return ranks


@cache
def _table() -> tuple[np.ndarray[Any, Any], float]:
    """The law summed up to each rank of the table, and the mass beyond."""
    rank = np.arange(1, TABLE + 1)
    weights = np.where(rank <= BREAK, 1 / (rank + OFFSET), (rank / BREAK) ** -RARE / (BREAK + OFFSET))
    beyond = TABLE / (RARE - 1) * weights[-1]
    total = weights.sum() + beyond
    return np.cumsum(weights) / total, float(beyond / total)


def _mixed(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Numbers without order, the same for the same (the finaliser of MurmurHash3)."""
    mixed = numbers.astype(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(factor)
    return (mixed ^ (mixed >> np.uint64(33))).astype(np.int64) & 0x7FFFFFFF


def _words(ranks: np.ndarray[Any, Any]) -> list[str]:
    known = _vocabulary()
    words: list[str] = known.take(np.minimum(ranks, len(known) - 1)).tolist()
    for at in np.flatnonzero(ranks >= len(known)).tolist():
        words[at] = _made(int(ranks[at]))
    return words


@cache
def _vocabulary() -> np.ndarray[Any, Any]:
    """The whole words of the bundled model, in its order, which is that of how common they are."""
    from factcheck.assets import asset

    record = json.loads((asset("models/nli-mini") / "tokenizer.json").read_text("utf-8"))
    vocabulary: dict[str, int] = record["model"]["vocab"]
    words = [word for word in sorted(vocabulary, key=vocabulary.__getitem__) if re.fullmatch(r"[a-z]{2,}", word)]
    return np.array(words, dtype=object)


@lru_cache(maxsize=100_000)
def _made(number: int) -> str:
    """A word of at least three syllables, another one for another number."""
    syllables = []
    while number:
        number, digit = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[digit])
    return "".join(syllables) + "n"


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who and what a story is about."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, seed: int, document: int) -> "_Cast":
        story = document // (STORY * STORIES) * STORIES + document % STORIES
        return cls(_names(f"{seed}/{story}"))


@lru_cache(maxsize=4 * STORIES)
def _names(story: str) -> tuple[str, ...]:
    """Three people by full and last name, two places, two organisations; some are in the news of every year."""
    rng = random.Random(story)

    def name(most: int) -> str:
        return _made(int(most ** (0.5 + rng.random() / 2))).capitalize()

    people = [(name(10_000), name(40_000_000)) for _ in range(3)]
    places = [name(4_000_000).removesuffix("n") + rng.choice(["ford", "burg", "ville", "stad"]) for _ in range(2)]
    bodies = [f"{name(8_000_000)} {rng.choice(KINDS)}" for _ in range(2)]
    return (*(" ".join(person) for person in people), *(last for _, last in people), *places, *bodies)


def _sentence(words: list[str], chance: list[float], cast: _Cast) -> str:
    """Words with an opening, a name, a number and a comma put between them, by the chances."""
    named, counted, where, which, opened, _ = chance
    if opened < 0.6:
        words[0] = OPENERS[int(opened / 0.6 * len(OPENERS))]
    if len(words) > 9:
        words[int(where * (len(words) - 2)) + 1] += ","
    if named < NAMED:
        words[int(which * len(words))] = cast.names[int(named / NAMED * len(cast.names))]
    if counted < COUNTED:
        words[int((1 - where) * len(words))] = _quantity(counted / COUNTED, which)
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def _quantity(kind: float, size: float) -> str:
    """A number as news have them: most are small, many have a unit, some are dates."""
    number = int(10 ** (4 * size)) + 1
    if kind < 0.3:
        return f"{number:,} {UNITS[int(kind / 0.3 * len(UNITS))]}"
    if kind < 0.45:
        return f"{size * 40:.1f} percent"
    if kind < 0.6:
        return f"${size * 90:.1f} {'million' if kind < 0.53 else 'billion'}"
    if kind < 0.8:
        return f"{int(kind * 997) % 28 + 1} {MONTHS[int(size * 12)]} {2000 + int(kind * 991) % 23}"
    return str(1990 + int(size * 33)) if kind < 0.9 else str(number)


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*")
AUXILIARY = re.compile(r" (is|was|are|were|has|have|had|will|can|could|would|may) ")


def claims(count: int, sentences: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """Claims about the articles of the same arguments, in the order of what they are about, each with how it was made.

    Three of four are sentences of the corpus, one in so many: shortened, with another number, denied, or with another
    name; the fourth is of other text. No claim has more than 24 words of it. More claims than sentences begin anew.
    """
    chosen = _one_in(max(1, sentences // count), sentences, seed)
    others = (sentence for article in articles(count, seed + 1) for sentence in article.sentences)
    rng = random.Random(seed)
    for number, (sentence, other) in enumerate(islice(zip(chosen, others, strict=False), count)):
        made, text = _reworded(rng, sentence, other)
        yield {"id": f"{number:06}", "claim": text, "made": made}


def _one_in(step: int, sentences: int, seed: int) -> Iterator[str]:
    while True:
        every = (sentence for article in articles(sentences, seed) for sentence in article.sentences)
        yield from islice(every, None, None, step)


def _reworded(rng: random.Random, sentence: str, other: str) -> tuple[str, str]:
    """How the claim is made, one of the ways that the sentence allows, and the claim."""
    text, new_name = _shortened(sentence), NAME.search(other)
    ways = ["shortened", "denied", "other"]  # what few sentences allow is chosen more often where they do
    ways += ["number", "number"] if NUMBER.search(text) else []
    ways += ["name", "name"] if new_name and NAME.search(text) else []
    way = rng.choice(ways)
    if way == "other":
        return way, _shortened(other)
    if way == "number":
        return way, NUMBER.sub(lambda found: str(_other_number(rng, found[0])), text, count=1)
    if way == "name":
        return way, NAME.sub(new_name[0] if new_name else "", text, count=1)
    if way == "denied":
        denied = AUXILIARY.sub(r" \1 not ", text, count=1)
        return way, denied if denied != text else f"It is not true that {text[0].lower()}{text[1:]}"
    return way, text


def _shortened(sentence: str) -> str:
    words = sentence.rstrip(".").split()
    return " ".join(words[: min(24, max(8, len(words) * 4 // 5))]).rstrip(",") + "."


def _other_number(rng: random.Random, number: str) -> float:
    value = float(number.replace(",", ""))
    return round(value * rng.choice([0.5, 2, 3]) + 1, 1) if "." in number else int(value) + rng.randrange(1, 9)


def write_corpus(folder: Path, sentences: int, seed: int = 0) -> str:
    """Write the articles as JSON Lines, ten thousand a file; gives the SHA-256 of all of them."""
    folder.mkdir(parents=True)
    digest = hashlib.sha256()
    stream = articles(sentences, seed)
    number = 0
    while part := list(islice(stream, TOGETHER)):
        with (folder / f"articles-{number // A_FILE:03}.jsonl").open("ab") as file:
            for article in part:
                line = json.dumps(article.record()).encode() + b"\n"
                digest.update(line)
                file.write(line)
        number += len(part)
    return digest.hexdigest()


def write_claims(path: Path, count: int, sentences: int, seed: int = 0) -> str:
    """Write claims about the articles of the same arguments as JSON Lines; gives their SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for claim in claims(count, sentences, seed):
            line = json.dumps(claim).encode() + b"\n"
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def main() -> None:
    """Write what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--claims", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print("documents", write_corpus(args.folder / "documents", args.sentences, args.seed))
    print("claims", write_claims(args.folder / "claims.jsonl", args.claims, args.sentences, args.seed))


if __name__ == "__main__":
    main()
