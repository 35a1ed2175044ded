"""Pairs made by rule, with labels that hold: numbers, dates, units, order, quantifiers, who said it, planned or done.

Two kinds. `edited` changes labelled pairs of the training data (a figure written otherwise stays entailed, another
figure is contradicted, a denial of a false claim is entailed). `invented` fills templates.toml; the templates and the
words of `invented(..., held_out=True)` are for evaluation alone.
"""

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

from figures import MONTHS, counted, dates, other_amount, percents, scaled
from slots import Words, more_slots, slots

E, N, C = "entailment", "neutral", "contradiction"
Pair = tuple[str, str, str]

TEMPLATES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("templates.toml").read_text(encoding="utf-8"))
CLASSES: Sequence[Sequence[str]] = [words.split() for words in TEMPLATES["classes"].values()]
OPPOSITES, SYNONYMS = (
    [pair.split() for pair in " ".join(TEMPLATES[kind]["words"].split()).split(";")]
    for kind in ("opposites", "synonyms")
)
SPEAKERS: Sequence[str] = TEMPLATES["train"]["words"]["speakers"]

# --- edits of labelled pairs -----------------------------------------------------------------------------------------

_YEAR = re.compile(r"\b(1[89]\d\d|20[0-3]\d)\b")
_FIGURE = re.compile(r"(?<![\w.,$#/-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w.,/%-]*\d)(?=\s+[a-z]{3,}s\b)")
_BIG = re.compile(r"\b(\d+(?:\.\d+)?) (million|billion|thousand)\b")
_PERCENT = re.compile(r"\b(\d+(?:\.\d+)?)(%| percent\b| per cent\b)")
_DAY = re.compile(rf"\b(?:({'|'.join(MONTHS)}) (\d{{1,2}}),? (\d{{4}})|(\d{{1,2}}) ({'|'.join(MONTHS)}),? (\d{{4}}))\b")
_NOT_COUNTED = frozenset({
    "years", "days", "months", "weeks", "hours", "minutes", "seconds", "series", "metres", "meters", "miles",
    "inches", "times", "points",
})  # fmt: skip
_AUXILIARY = re.compile(r"\b(is|was|were|are|will|can|has been|have been|had been)\b(?! (not|n't|never|only|no)\b)")
NEGATIVE = re.compile(
    r"\b(not|never|no|nobody|none|nothing|without|only|n't|neither|few|hardly|lack\w*|fail\w*|refus\w*)\b",
    re.IGNORECASE,
)
_BOUNDED = re.compile(r"\b(than|least|most|over|under|up to|below|above|beyond|exceed\w*)\s+\W?\d", re.IGNORECASE)
_SMALL = frozenset(
    {
        "The", "A", "An", "In", "It", "There", "This", "These", "His", "Her", "Its", "On", "At", "He",
        "She", "They", "If", "When", "While", "Although", "Because", "Many", "Some", "Most", "All", "No",
        "Our", "Their", "We", "After", "Before", "By", "For", "From", "During", "Under", "To", "Two",
        "Three", "One", "Those", "That", "As", "However", "People", "Someone", "Only", "Several", "Few",
        "Each", "Every", "Both", "Another", "Other", "With", "Since",
    }
)  # fmt: skip
_SUBORDINATE = re.compile(r"\b(that|who|which|what|how|why|where|when|if|because|whether)\b", re.IGNORECASE)
_SPOKEN = re.compile(r"\b(uh|um|yeah|you know|huh|oh|i|well|okay|hm+)\b|[?!]|^\W", re.IGNORECASE)
SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def respelled(text: str, generator: random.Random) -> str | None:
    """The text with one figure or date written another way."""
    options: list[str] = []
    if match := _BIG.search(text):
        value = float(match[1]) * SCALE[match[2]]
        options += [text.replace(match[0], way, 1) for way in scaled(value) if way != match[0]]
    if match := _PERCENT.search(text):
        options += [text.replace(match[0], way, 1) for way in percents(float(match[1]))[:3] if way != match[0]]
    if match := _DAY.search(text):
        month, day, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if 1 <= int(day) <= 31:
            ways = dates(int(day), MONTHS.index(month) + 1, int(year))
            options += [text.replace(match[0], way, 1) for way in (*ways, f"{month} {year}") if way != match[0]]
            if f"on {match[0]}" in text:
                options += [text.replace(f"on {match[0]}", f"in {month} {year}", 1)] * 2
    if (match := _FIGURE.search(text)) and not _YEAR.fullmatch(match[1]):
        options += [
            text[: match.start()] + way + text[match.end() :] for way in counted(_number(match[1])) if way != match[0]
        ]
    return generator.choice(options) if options else None


def refigured(text: str, premise: str, generator: random.Random) -> str | None:
    """The text with one figure, share, month or year changed to one that the premise does not have."""
    if _BOUNDED.search(text):  # a smaller bound may hold as well
        return None
    options: list[str] = []
    if match := _BIG.search(text):
        value = other_amount(float(match[1]), generator)
        options.append(text.replace(match[0], f"{value:.3g} {match[2]}", 1))
        options.append(text.replace(match[2], generator.choice([unit for unit in SCALE if unit != match[2]]), 1))
    if match := _PERCENT.search(text):
        options.append(text.replace(match[0], f"{round(other_amount(float(match[1]), generator), 1):g}{match[2]}", 1))
    if match := _DAY.search(text):
        month = match[1] or match[5]
        options.append(
            text.replace(month, generator.choice([name for name in MONTHS if name not in premise] or [month]), 1)
        )
    if match := _YEAR.search(text):
        year = str(int(match[1]) + generator.choice([-20, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10]))
        options.append(text.replace(match[1], year, 1))
    if match := _FIGURE.search(text):
        value = round(other_amount(_number(match[1]), generator))
        options.append(text[: match.start()] + generator.choice(counted(max(value, 2))) + text[match.end() :])
    options = [option for option in options if option != text]
    if not options:
        return None
    chosen = generator.choice(options)
    new = set(re.findall(r"\d[\d,.]*", chosen)) - set(re.findall(r"\d[\d,.]*", text))
    return None if any(figure in premise for figure in new) else chosen


def bounded(text: str, generator: random.Random) -> tuple[str, str] | None:
    """The text with a count turned into a bound, and its label where the text is true."""
    match = _FIGURE.search(text)
    if not match or _YEAR.fullmatch(match[1]) or text[match.end() :].split(maxsplit=1)[0] in _NOT_COUNTED:
        return None
    if re.search(
        r"\b(about|than|least|most|nearly|almost|over|up to|around|approximately|some|between|and|or|-)\s*$",
        text[: match.start()],
    ):
        return None
    value = _number(match[1])
    if value < 4:
        return None
    step = max(1, round(value * generator.choice([0.1, 0.2, 0.4])))
    low, high = f"{value - step:,}", f"{value + step:,}"
    wording, label = generator.choice(
        [
            (f"more than {low}", E), (f"at least {low}", E), (f"fewer than {high}", E), (f"at most {high}", E),
            (f"at least {value:,}", E), (f"more than {high}", C), (f"at least {high}", C), (f"fewer than {low}", C),
            (f"at most {low}", C), (f"fewer than {value:,}", C), (f"no fewer than {low}", E), (f"over {high}", C),
        ]
    )  # fmt: skip
    return text[: match.start()] + wording + text[match.end() :], label


def negated(text: str) -> str | None:
    """A plain statement with its auxiliary negated; None for any other sentence, and for one negated already."""
    match = _AUXILIARY.search(text)
    if not match or NEGATIVE.search(text) or text.endswith("?"):
        return None
    before = text[: match.start()].split()
    if not 1 <= len(before) <= 5 or _SUBORDINATE.search(text[: match.start()]):
        return None
    first = match[0].partition(" ")[0]
    return text[: match.start()] + match[0].replace(first, first + " not", 1) + text[match.end() :]


def exchanged(text: str, groups: Sequence[Sequence[str]], generator: random.Random) -> str | None:
    """The text with one word exchanged for another of its group; None where no word, or one twice, is of a group."""
    words = Counter(re.findall(r"(?<!-)\b[^\W\d_]+\b(?!-)", text))
    options = [
        (word, other)
        for group in groups
        for word in group
        if words[word] == 1
        for other in generator.sample(group, len(group))[:2]
        if other != word and other not in words
    ]
    if not options:
        return None
    word, other = generator.choice(options)
    return re.sub(rf"\b{word}\b", other, text)


def opened(sentence: str) -> str:
    """A sentence as a clause after "that": the first letter small where the word is no name."""
    first = sentence.partition(" ")[0]
    return (sentence[0].lower() + sentence[1:] if first in _SMALL else sentence).rstrip(". ")


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[0].upper() + text[1:]


def relayed(premise: str, claim: str, label: str, generator: random.Random) -> Pair:
    """The pair in somebody's words."""
    speaker, other = generator.sample(SPEAKERS, 2)
    verb = generator.choice(["said", "says", "reported", "stated", "told reporters"])
    said = f"{capital(speaker)} {verb} that {opened(premise)}."
    according = f"According to {speaker}, {opened(premise)}."
    by = generator.choice([f"According to {{}}, {opened(claim)}.", f"{{}} said that {opened(claim)}."])
    kind = generator.choice(["right", "right", "wrong", "denied", "denied claim", "alleged"])
    if kind == "right" or label == N:
        return generator.choice([said, according]), capital(by.format(speaker)), label
    if kind == "wrong":
        return generator.choice([said, according]), capital(by.format(other)), N
    if kind == "denied":
        return f"{capital(speaker)} denied that {opened(claim)}.", capital(f"{speaker} said that {opened(claim)}."), C
    if kind == "denied claim":
        return f"{capital(speaker)} {generator.choice(['denied', 'disputed'])} that {opened(claim)}.", claim, N
    verb = generator.choice(["claimed without proof", "suspects", "fears", "would like to believe"])
    return f"{capital(speaker)} {verb} that {opened(claim)}.", claim, N


def figure_edits(premise: str, claim: str, generator: random.Random) -> Iterator[Pair]:
    """Edits of the figures in an entailed claim."""
    if way := respelled(claim, generator):
        yield premise, way, E
    if way := refigured(claim, premise, generator):
        yield premise, way, C
    if bound := bounded(claim, generator):
        yield premise, *bound


def wording_edits(
    premise: str, claim: str, label: str, fillers: Sequence[str], generator: random.Random
) -> Iterator[Pair]:
    """A claim negated, a pair relayed by somebody, a premise beside a sentence about something else."""
    if len(claim.split()) <= 12 and generator.random() < 0.25 and (way := negated(claim)):
        yield premise, way, {E: C, C: E, N: N}[label]
    single = len(premise.split()) <= 30 and not re.search(r"[.!?]\s+[A-Z]", premise)
    spoken = _SPOKEN.search(premise) or _SPOKEN.search(claim)
    if single and not spoken and len(claim.split()) <= 18 and generator.random() < 0.1:
        yield relayed(premise, claim, label, generator)
    if generator.random() < 0.06:
        filler = generator.choice(fillers)
        if len(filler.split()) + len(premise.split()) < 80:
            yield generator.choice([f"{filler} {premise}", f"{premise} {filler}"]), claim, label


def edited(rows: Sequence[Pair], fillers: Sequence[str], seed: int) -> Iterator[Pair]:
    """Edits of labelled pairs: a few of each at most, none of most.

    Args:
        rows: Pairs with one of the three labels.
        fillers: Sentences that may stand beside a premise.
        seed: Decides what is drawn.
    """
    generator = random.Random(seed)
    for premise, claim, label in rows:
        if label == E:
            yield from figure_edits(premise, claim, generator)
        if label == N and generator.random() < 0.3 and (way := respelled(claim, generator)):
            yield premise, way, N
        yield from wording_edits(premise, claim, label, fillers, generator)


# --- templates -------------------------------------------------------------------------------------------------------


def invented(count: int, seed: int, *, held_out: bool = False) -> Iterator[tuple[Pair, str]]:
    """Template pairs with the name of their family; none twice."""
    generator = random.Random(f"{seed}/{held_out}")
    families = dict(TEMPLATES["held_out" if held_out else "train"])
    words = Words(**families.pop("words"))
    seen: set[Pair] = set()
    while len(seen) < count:
        family = generator.choice(list(families))
        templates = families[family]
        label = generator.choice([kind for kind in (E, N, C) if templates[kind]])
        names = generator.choice(templates[label]).split(" > ")
        filled = slots(generator, words)
        texts = [generator.choice(templates["say"][name]) for name in names]
        if not {slot for text in texts for _, slot, _, _ in Formatter().parse(text) if slot} <= filled.keys():
            filled |= more_slots(generator, words, filled["place"], filled["place2"])
        premise, claim = (capital(text.format_map(filled)) for text in texts)
        if (premise, claim, label) not in seen and premise != claim:
            seen.add((premise, claim, label))
            yield (premise, claim, label), family
