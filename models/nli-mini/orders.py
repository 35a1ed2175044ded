"""Pairs whose label hangs on the order of two dates or figures: before, between, more than, rose, the larger of two.

A premise leaves a quantity open within a range (a year is the days from its first to its last), and so does a claim.
The claim is entailed where the premise's range lies within its own, contradicted where they have nothing in common, and
neutral else: "in 1950" leaves open whether it was before June 1950. Both labels of a wording are as frequent, so that
no word tells the label. Six layers learned the order of years from some 130,000 pairs of few forms, late and at once,
and not at all where everything else was learned beside them; hence `plainly_dated`, for a stage of its own.
"""

import random
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from figures import FACTORS, MONTHS, counted, percents, scaled
from slots import Words

E, N, C = "entailment", "neutral", "contradiction"
Pair = tuple[str, str, str]
Range = tuple[float, float]
Drawn = tuple[str, str, str] | None

_TELLING = re.compile(
    r"\b(?:before|prior|earlier|after|over|fact|by|later|latest|earliest|between|from|to|the(?= \d+s)|century|not|still"
    r"|gone|left|led|head|became|began|stopped|stepped|more|less|fewer|under|below|above|excess|upwards|least|most|minimum|maximum|up"
    r"|exactly|higher|lower|larger|smaller|behind|fewest|rose|grew|went|increased|climbed|fell|shrank|down|decreased"
    r"|declined|amounted|reached|exceeded|doubled|times|difference)\b"
)
_FIRST, _LAST = 1830, 2024
_FOREVER = float("inf")
_IN_A_YEAR = re.compile(r"\b[Ii]n (1[6-9]\d\d|20[0-2]\d)(?=[.,;]|$| (?:and|by|at|for|with|as)\b)")


def relation(said: Range, claimed: Range) -> str:
    """The label of a claim that something lies in one range where the premise leaves it open within another."""
    if claimed[0] <= said[0] and said[1] <= claimed[1]:
        return E
    return C if said[1] < claimed[0] or claimed[1] < said[0] else N


# --- when something happened -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """A day, month or year: as it is written after "in" or "on", and its first and last day, as ordinals."""

    text: str
    preposition: str
    first: int
    last: int

    @property
    def on(self) -> str:
        """With its preposition."""
        return f"{self.preposition} {self.text}"

    @property
    def year(self) -> int:
        """The year it is in."""
        return date.fromordinal(self.first).year


def period(day: date, kind: str, generator: random.Random) -> Period:
    """The year, month or day that a day is in."""
    if kind == "year":
        return Period(str(day.year), "in", date(day.year, 1, 1).toordinal(), date(day.year, 12, 31).toordinal())
    name = MONTHS[day.month - 1]
    if kind == "month":
        last = day.replace(day=monthrange(day.year, day.month)[1])
        return Period(f"{name} {day.year}", "in", day.replace(day=1).toordinal(), last.toordinal())
    text = generator.choice([f"{day.day} {name} {day.year}", f"{name} {day.day}, {day.year}"])
    return Period(text, "on", day.toordinal(), day.toordinal())


def a_day(generator: random.Random) -> date:
    """Any day of two centuries, of the last decades more often."""
    first = generator.choice([_FIRST, 1900, 1950, 1980])
    return date(generator.randint(first, _LAST - 2), generator.randint(1, 12), generator.randint(1, 28))


def near(day: date, generator: random.Random) -> date:
    """Another day, some weeks or many years away."""
    days = generator.choice([40, 100, 200, 400, 700, 1200, 2000, 3500, 6000, 12000])
    return date.fromordinal(day.toordinal() + generator.choice([-1, 1]) * generator.randint(days // 2, days))


_WHEN: Sequence[str] = [
    "{did} {on}.", "{On}, {did}.", "{did}, as {one} recalls, {on}.", "{one} writes that {did} {on}.",
    "The chronicle has it that {did} {on}.", "{did} ({at}).", "{at} was when {did}.", "In {place}, {did} {on}.",
    "{did} {on}, to the delight of {one}.", "{did} {on}. {aside}", "{aside} {On}, {did}.", "{aside} {Did} {on}.",
]  # fmt: skip


def dated(generator: random.Random, words: Words) -> Drawn:
    """When a body did something, and whether that was before, after, by, between, in other times."""
    event = a_day(generator)
    said = period(event, generator.choice(["year", "year", "month", "day"]), generator)
    body, other = generator.sample(words.bodies, 2)
    (_, past, what), (_, past2, what2) = generator.sample(words.deeds, 2)
    did, one = f"{body} {past} {what}", generator.choice(words.people)
    elsewhen = period(near(event, generator), "year", generator)
    asides = [f"{other} {past2} {what2} in {elsewhen.text}.", f"In {elsewhen.text}, {one} was born."]
    aside = capital(generator.choice(asides))
    form, place = generator.choice(_WHEN), generator.choice(words.places)
    when = {"on": said.on, "On": capital(said.on), "at": said.text}
    premise = form.format(did=did, Did=capital(did), one=one, place=place, aside=aside, **when)
    if generator.random() < 0.08:  # what the premise does not say
        did = generator.choice([f"{body} {past2} {what2}", f"{other} {past} {what}"])
        if did in premise:
            return None
        return capital(premise), capital(_bound(generator, did, event)[0]), N
    claim, claimed = _bound(generator, did, event)
    return capital(premise), capital(claim), relation((said.first, said.last), claimed)


_PLAINLY = [
    *("{did} in {year}.", "In {year}, {did}.", "{body}, based in {place}, {past} {what} in {year}."),
    *("{year} was the year in which {did}.", "{one} says that {did} in {year}.", "{did} ({year})."),
    *("{one} joined in {other}; {did} in {year}.", "{did} on {day}.", "On {day}, {did}."),
    *("{body}, advised by {one}, {past} {what} on {day}.", "{day} was the day when {did}."),
]
_GAPS = [1, 1, 2, 3, 4, 5, 7, 10, 15, 25, 40]  # in years


def plainly_dated(generator: random.Random, words: Words) -> Drawn:
    """In which year a body did something, and a claim about that year alone, which is never left open."""
    year, (_, past, what) = generator.randint(1850, 2022), generator.choice(words.deeds)
    body, one, place = (generator.choice(drawn) for drawn in (words.bodies, words.people, words.places))
    did, other = f"{body} {past} {what}", year + generator.choice([-1, 1]) * generator.choice([1, 3, 10, 20, 30])
    day = period(date(year, generator.randint(1, 12), generator.randint(1, 28)), "day", generator).text
    names = {"body": body, "past": past, "what": what, "did": did, "one": one, "place": place}
    premise = generator.choice(_PLAINLY).format(**names, year=year, other=other, day=day)

    gap, gap2 = generator.choices(_GAPS, k=2)
    at = year + generator.choice([-gap, gap])
    within, above, below = (year - gap, year + gap2), (year + gap, year + gap + gap2), (year - gap - gap2, year - gap)
    low, high = generator.choice([within, above, below])
    decade = year // 10 * 10 + generator.choice([0, 0, 0, 0, 0, -30, -20, -10, 10, 20])
    ways, at, first, last = generator.choice([
        (_BEFORE, at, -_FOREVER, at - 1), (_AFTER, at, at + 1, _FOREVER),
        (_BY, at, -_FOREVER, at), (_NOT_BEFORE, at, at, _FOREVER),
        (_IN, at, at, at), (_IN, year, year, year), (_DECADE, decade, decade, decade + 9), (_BETWEEN, low, low, high),
    ])  # fmt: skip
    claim = generator.choice(ways).format(
        did=did, at=at, on=f"in {at}", On=f"In {at}", first=first, last=last, name=f"{at}s"
    )
    return capital(premise), capital(claim), relation((year, year), (first, last))


_BEFORE = [
    "{did} before {at}.", "Before {at}, {did}.", "{did} earlier than {at}.", "{did} prior to {at}.",
    "It was before {at} that {did}.", "When {at} came, it was already a fact that {did}.",
]  # fmt: skip
_AFTER = [
    "{did} after {at}.", "After {at}, {did}.", "It was after {at} that {did}.", "{did} some time after {at}.",
    "{did} only after {at}.", "{did} when {at} was already over.",
]  # fmt: skip
_BY = ["{did} by {at}.", "{did} no later than {at}.", "{did} {on} at the latest.", "By {at}, {did}."]
_NOT_BEFORE = [
    "{did} no earlier than {at}.", "{did} {on} at the earliest.", "{did} {on} or later.",
    "It was not before {at} that {did}.",
]  # fmt: skip
_BETWEEN = [
    "{did} between {first} and {last}.", "Between {first} and {last}, {did}.",
    "{did} at some time from {first} to {last}.",
]  # fmt: skip
_IN = ["{did} {on}.", "{On}, {did}.", "{did}, and that {on}."]
_DECADE = ["{did} in the {name}.", "In the {name}, {did}."]
_CLAIMED_TIMES = [
    *("before", "before", "after", "after", "by", "not before", "between", "in", "decade", "century")
]  # fmt: skip


def _bound(generator: random.Random, did: str, event: date) -> tuple[str, Range]:
    """A claim about when something was done, and the days that it allows."""
    one = period(near(event, generator), generator.choice(["year", "year", "year", "month", "day"]), generator)
    kind = generator.choice(_CLAIMED_TIMES)
    open_ended: dict[str, tuple[Sequence[str], Range]] = {
        "before": (_BEFORE, (-_FOREVER, one.first - 1)),
        "after": (_AFTER, (one.last + 1, _FOREVER)),
        "by": (_BY, (-_FOREVER, one.last)),
        "not before": (_NOT_BEFORE, (one.first, _FOREVER)),
    }
    if kind in open_ended:
        ways, found = open_ended[kind]
        return generator.choice(ways).format(did=did, at=one.text, on=one.on), found
    if kind == "between":
        low, high = sorted([near(event, generator), near(event, generator)])
        first, last = (period(day, generator.choice(["year", "year", "month"]), generator) for day in (low, high))
        claim = generator.choice(_BETWEEN).format(did=did, first=first.text, last=last.text)
        return claim, (first.first, last.last)
    day = generator.choice([event, near(event, generator)])
    if kind == "in":
        at = period(day, generator.choice(["year", "month", "month"]), generator)
        return generator.choice(_IN).format(did=did, on=at.on, On=capital(at.on)), (at.first, at.last)
    size = 10 if kind == "decade" else 100
    start = day.year // size * size
    name = f"{start}s" if size == 10 else f"{start // 100 + 1}th century".replace("21th", "21st")
    claim = generator.choice(_DECADE).format(did=did, name=name)
    return claim, (date(start, 1, 1).toordinal(), date(start + size - 1, 12, 31).toordinal())


def lasted(generator: random.Random, words: Words) -> Drawn:
    """From when to when somebody led a body: began, ended, how long, and whether in a year between or outside."""
    start, years = a_day(generator).year, generator.randint(3, 25)
    end = start + years
    one, two = generator.sample(words.people, 2)
    body = generator.choice(words.bodies)
    premise = generator.choice([
        f"{one} led {body} from {start} to {end}.", f"From {start} until {end}, {one} was head of {body}.",
        f"{one} became head of {body} in {start} and stepped down in {end}.",
        f"{one} ({start}–{end}) led {body} before {two}.",
        f"{one} took over {body} in {start}; {two} followed in {end}.",
        f"Between {start} and {end} {body} was led by {one}.",
    ])  # fmt: skip
    before, during, after = (generator.randint(*span) for span in ((1, 12), (start + 1, end - 1), (1, 12)))
    at = generator.choice([start - before, during, end + after])
    wrong = generator.choice([years + generator.choice([2, 3, 5, 9]), max(1, years - generator.choice([2, 4, 6]))])
    within = start < at < end
    fits = generator.random() < 0.5
    first, last = (start, end) if fits else (end, start) if generator.random() < 0.6 else (start - 4, end + 3)
    claim, holds = generator.choice([
        (f"{one} led {body} in {at}.", within), (f"In {at}, {one} was head of {body}.", within),
        (f"In {at}, {one} was not head of {body}.", not within), (f"{one} was still head of {body} in {at}.", within),
        (f"{one} became head of {body} in {first}.", fits), (f"{one} stopped leading {body} in {last}.", fits),
        (f"{one} stepped down as head of {body} in {last}.", fits), (f"{one} began to lead {body} in {first}.", fits),
        (f"{one} led {body} for {years if fits else wrong} years.", fits),
        (f"{one} began to lead {body} before {at}.", start < at), (f"{one} was gone from {body} by {at}.", end <= at),
        (f"{one} had left {body} before {at}.", end < at), (f"{one} became head of {body} after {at}.", start > at),
    ])  # fmt: skip
    return capital(premise), capital(claim), E if holds else C


# --- how much something is -------------------------------------------------------------------------------------------


def _value(generator: random.Random) -> int:
    """A whole number of any size, with one to three digits that tell."""
    digits = generator.choice([generator.randint(3, 99), generator.randint(3, 99), generator.randint(101, 999)])
    return digits * generator.choice([1, 1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000])


def _written(value: float, generator: random.Random) -> str:
    return generator.choice(counted(round(value)) if value < 1000 else scaled(round(value)))


def _other(value: int, generator: random.Random) -> int:
    """A number that differs by 3 % to 300 %, as round as the first."""
    place = 10 ** max(0, len(str(value)) - 2)
    ratio = generator.choice([0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.3, 1.5, 2, 3])
    moved = round(value * ratio / place) * place
    return max(1, moved if moved != value else value + place)


def _frames(generator: random.Random, words: Words) -> str:
    """A sentence about a quantity, `{}`."""
    place, year = generator.choice(words.places), generator.randint(1950, 2023)
    kind = generator.choice(["things", "amount", "measure", "share"])
    if kind == "things":
        plural, does = generator.choice(words.things)
        return generator.choice([f"{{}} {plural} in {place} {does}", f"in {place}, {{}} {plural} {does}"])
    if kind == "amount":
        one, other = generator.choice(words.amounts), generator.choice(words.amounts)
        return generator.choice([f"{one} came to {{}} in {year}", f"in {year}, {other} was {{}}"])
    if kind == "share":
        plural, does = generator.choice(words.things)
        return f"{{}} of the {plural} in {place} {does}"
    frame, unit, *_ = generator.choice(words.measures)
    return str(frame).replace("{place}", place).replace("{}", f"{{}} {unit}")


_BOUNDS: Sequence[tuple[Sequence[str], Callable[[float, float], Range]]] = [
    (["more than {}", "over {}", "above {}", "in excess of {}", "upwards of {}"], lambda v, s: (v + s, _FOREVER)),
    (["at least {}", "no fewer than {}", "no less than {}", "a minimum of {}"], lambda v, _: (v, _FOREVER)),
    (["fewer than {}", "less than {}", "under {}", "below {}"], lambda v, s: (-_FOREVER, v - s)),
    (["at most {}", "no more than {}", "up to {}", "a maximum of {}"], lambda v, _: (-_FOREVER, v)),
]  # fmt: skip


def numbered(generator: random.Random, words: Words) -> Drawn:
    """A count, amount, share or measure, exact or bounded, and whether it is more, less, between, or just that."""
    frame = _frames(generator, words)
    share = frame.startswith("{} of the")
    value = generator.randint(4, 96) if share else _value(generator)
    step = 0.5 if share else 0.001 * value if value > 10_000 else 1

    def said(amount: float) -> str:
        return generator.choice(percents(amount)[:3]) if share else _written(amount, generator)

    def drawn() -> int:
        return min(99, _other(value, generator)) if share else _other(value, generator)

    exact = generator.random() < 0.75
    if exact:
        text, has = said(value), (float(value), float(value))
    else:
        ways, reach = generator.choice(_BOUNDS)
        text, has = generator.choice(ways).format(said(value)), reach(value, step)
    kind = generator.choice(["bound", "bound", "bound", "between", "equal"])
    if kind == "bound":
        ways, reach = generator.choice(_BOUNDS)
        other = drawn()
        told, claimed = generator.choice(ways).format(said(other)), reach(other, step)
    elif kind == "between":
        low, high = sorted([drawn(), drawn()])
        if low == high:
            return None
        way = generator.choice(["between {} and {}", "from {} to {}"])
        told, claimed = way.format(said(low), said(high)), (low, high)
    else:
        other = generator.choice([value, drawn()])
        told, claimed = generator.choice(["{}", "exactly {}"]).format(said(other)), (other, other)
    premise, claim = capital(frame.format(text) + "."), capital(frame.format(told) + ".")
    return None if premise == claim else (premise, claim, relation(has, claimed))


_UP = ["rose", "grew", "went up", "increased", "climbed"]
_DOWN = ["fell", "shrank", "went down", "decreased", "declined"]


def changed(generator: random.Random, words: Words) -> Drawn:
    """An amount in two years, and which was higher, by how much, and what each year had."""
    amount, year = generator.choice(words.amounts), generator.randint(1930, 2012)
    later = year + generator.randint(1, 12)
    first = _value(generator) * generator.choice([10, 1000])
    factor = generator.choice([*FACTORS, 0.6, 0.9, 1.2, 1.3, 2.5])
    second = round(first * factor)
    up = second > first
    if second == first:
        return None
    one, two = _written(first, generator), _written(second, generator)
    premise = generator.choice([
        f"In {year}, {amount} was {one}; in {later} it was {two}.",
        f"{amount} was {one} in {year} and {two} in {later}.",
        f"{amount} went from {one} in {year} to {two} in {later}.",
        f"{later}: {two}; {year}: {one}. That is {amount}.",
        f"{amount} stood at {two} in {later}, after {one} in {year}.",
        f"The {year} figure for {amount} was {one}, that for {later} {two}.",
        f"{amount} {generator.choice(_UP if up else _DOWN)} to {two} in {later} from {one} in {year}.",
        f"At {two}, {amount} in {later} compares with {one} in {year}.",
    ])  # fmt: skip
    fits = generator.random() < 0.5
    went = generator.choice(_UP if up == fits else _DOWN)
    high, low = (later, year) if up == fits else (year, later)
    at, right = generator.choice([(year, first), (later, second)])
    swapped = second if right == first else first
    stated = right if fits else generator.choice([swapped, swapped, _other(right, generator)])
    bound = _other(right, generator)
    over = right > bound
    gap = abs(second - first)
    shown = gap if fits else _other(gap, generator)
    times = generator.choice([2, 2, 3, 1.5])
    moved = _written(shown, generator)
    if times == 2:
        multiplied = f"{amount} more than doubled between {year} and {later}."
    else:
        multiplied = f"{amount} was at least {times:g} times as high in {later} as in {year}."
    known, known_too, *limits = (_written(n, generator) for n in (stated, stated, bound, bound, bound, bound))
    late, after = _written(right, generator), later + generator.randint(1, 5)
    early, before = _written(second, generator), year - generator.randint(1, 5)
    either = generator.choice(_UP + _DOWN)
    other = generator.choice([name for name in words.amounts if name != amount])
    either_too = generator.choice(_UP + _DOWN)
    claim, label = generator.choice([
        (f"{amount} {went} between {year} and {later}.", fits), (f"From {year} to {later}, {amount} {went}.", fits),
        (f"Between {year} and {later}, {amount} {went} by {moved}.", fits and up == (went in _UP)),
        (f"{amount} was higher in {high} than in {low}.", fits), (f"{amount} was lower in {low} than in {high}.", fits),
        (f"{high} saw a larger {amount.removeprefix('the ')} than {low}.", fits),
        (f"For {at}, {amount} is given as {known}.", fits), (f"In {at}, {amount} amounted to {known_too}.", fits),
        (f"{amount} was above {limits[0]} in {at}.", over), (f"{amount} was below {limits[1]} in {at}.", not over),
        (f"In {at}, {amount} exceeded {limits[2]}.", over), (f"In {at}, {amount} was less than {limits[3]}.", not over),
        (multiplied, factor > times if times == 2 else factor >= times),
        (f"For {after}, {amount} is given as {late}.", None), (f"In {before}, {amount} amounted to {early}.", None),
        (f"{amount} {either} in the year that followed {later}.", None),
        (f"{other} {either_too} between {year} and {later}.", None),
    ])  # fmt: skip
    return capital(premise), capital(claim), {True: E, False: C, None: N}[label]


def compared(generator: random.Random, words: Words) -> Drawn:
    """The figures of two or three places, and which has more."""
    places = generator.sample(words.places, 3)
    plural = generator.choice(words.things)[0]
    values = [value := _value(generator), _other(value, generator)]
    values.append(_other(generator.choice(values), generator))
    if len(set(values)) < 3:
        return None
    texts = [_written(value, generator) for value in values]
    three = generator.random() < 0.5
    named = list(zip(places, texts, strict=True))[: 3 if three else 2]
    premise = generator.choice([
        "; ".join(f"{place} has {text} {plural}" for place, text in named) + ".",
        f"Number of {plural}: " + ", ".join(f"{place} {text}" for place, text in named) + ".",
        " and ".join(f"there are {text} {plural} in {place}" for place, text in named) + ".",
        f"With {named[0][1]} {plural}, {named[0][0]} "
        + ", ".join(f"compares with {place} ({text})" for place, text in named[1:])
        + ".",
    ])  # fmt: skip
    at, other = generator.sample(range(len(named)), 2)
    more = values[at] > values[other]
    most = values[at] == max(values[: len(named)])
    least = values[at] == min(values[: len(named)])
    gap = abs(values[at] - values[other])
    told = gap if generator.random() < 0.5 else _other(gap, generator)
    together, gap_told = " and ".join(place for place, _ in named), _written(told, generator)
    one, two = places[at], places[other]
    claim, holds = generator.choice([
        (f"{one} has more {plural} than {two}.", more), (f"{one} has fewer {plural} than {two}.", not more),
        (f"There are more {plural} in {one} than in {two}.", more),
        (f"The number of {plural} is smaller in {one} than in {two}.", not more),
        (f"{two} is behind {one} in the number of {plural}.", more),
        (f"Of {together}, {one} has the most {plural}.", most),
        (f"Of {together}, {one} has the fewest {plural}.", least),
        (f"{one} has {texts[at]} {plural}.", True), (f"{one} has {texts[other]} {plural}.", False),
        (f"The difference between {one} and {two} is {gap_told} {plural}.", told == gap),
    ])  # fmt: skip
    return capital(premise), capital(claim), E if holds else C


def bounded_year(premise: str, claim: str, generator: random.Random) -> Drawn:
    """An entailed claim "in 1987", where the premise has that year too, as one with before, after, by or between."""
    match = _IN_A_YEAR.search(claim)
    if not match or match[1] not in premise or len(re.findall(r"\b\d{4}\b", claim)) > 1:
        return None
    year = int(match[1])
    one, two = (year + generator.choice([-1, 1]) * generator.choice([1, 2, 3, 4, 6, 9, 15, 30]) for _ in range(2))
    low, high, decade = min(one, two), max(one, two), one // 10 * 10
    text, allowed = generator.choice([
        (f"before {one}", (-_FOREVER, one - 1)), (f"after {one}", (one + 1, _FOREVER)),
        (f"by {one}", (-_FOREVER, one)), (f"no earlier than {one}", (one, _FOREVER)),
        (f"prior to {one}", (-_FOREVER, one - 1)), (f"no later than {one}", (-_FOREVER, one)),
        (f"between {low} and {high}", (low, high)), (f"in the {decade}s", (decade, decade + 9)),
    ])  # fmt: skip
    if low == high:
        return None
    if match[0][0] == "I":
        text = capital(text)
    return premise, claim[: match.start()] + text + claim[match.end() :], relation((year, year), allowed)


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[0].upper() + text[1:]


KINDS: Sequence[Callable[[random.Random, Words], Drawn]] = [
    *(dated, dated, dated, lasted, numbered, numbered, changed, changed, compared)
]  # fmt: skip


def ordered(
    count: int, seed: int, words: Words, kinds: Sequence[Callable[[random.Random, Words], Drawn]] = KINDS
) -> Iterator[Pair]:
    """So many pairs by rule, none twice, with as many entailed as contradicted ones of each wording."""
    generator = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    ahead: Counter[tuple[str, ...]] = Counter()
    while len(seen) < count:
        kind = generator.choice(kinds)
        pair = kind(generator, words)
        if pair is None or pair[:2] in seen:
            continue
        wording = (kind.__name__, *_TELLING.findall(pair[1].casefold()))
        lead = {E: 1, C: -1, N: 0}[pair[2]]
        if lead * ahead[wording] > 0:
            continue
        ahead[wording] += lead
        seen.add(pair[:2])
        yield pair
