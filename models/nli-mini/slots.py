"""What templates are filled with (rules.py): every slot, drawn anew for each pair.

The functions here draw what belongs together, such as two counts with their sum, a wrong sum and bounds on either side
of it. slots.toml has the words.
"""

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from figures import (
    FACTORS,
    MONTHS,
    ORDINALS,
    UNITS,
    counted,
    counting,
    dates,
    number,
    percentage,
    percents,
    scaled,
    spelled,
    unlike,
)

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SEASONS = ["winter", "spring", "summer", "autumn"]
CURRENCIES = ["dollars", "euros", "pounds", "francs", "crowns", "pesos", "rupees"]
DRAWN: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("slots.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Words:
    """What templates are filled with; see templates.toml."""

    people: Sequence[str]
    places: Sequence[str]
    bodies: Sequence[str]
    speakers: Sequence[str]
    deeds: Sequence[Sequence[str]]
    things: Sequence[Sequence[str]]
    amounts: Sequence[str]
    measures: Sequence[Sequence[Any]]
    ranks: Sequence[Sequence[str]]
    roles: Sequence[Sequence[str]]


def plain_slots(generator: random.Random, words: Words) -> dict[str, str]:
    """Names and deeds; those with a 2 differ from those without."""
    one, two, three = generator.sample(words.people, 3)
    (place, place2), (body, body2) = generator.sample(words.places, 2), generator.sample(words.bodies, 2)
    speaker, speaker2 = generator.sample(words.speakers, 2)
    (base, past, what), (_, past2, what2) = generator.sample(words.deeds, 2)
    kind, kinds = generator.choice(words.ranks)
    role, role_back = generator.choice(words.roles)
    rank = generator.randint(2, 7)
    return {
        "one": one, "two": two, "three": three, "place": place, "place2": place2, "body": body, "body2": body2,
        "speaker": speaker, "speaker2": speaker2,
        "base": base, "past": past, "what": what, "past2": past2, "what2": what2,
        "kind": kind, "kinds": kinds, "role": role, "role_back": role_back, "rank": UNITS[rank + 1],
        "ordinal": ORDINALS[rank], "next_ordinal": ORDINALS[rank + 1],
    }  # fmt: skip


def time_slots(generator: random.Random) -> dict[str, str]:
    """A day, what lies around it, and another one."""
    day, month, year = generator.randint(2, 28), generator.randint(1, 12), generator.randint(1950, 2022)
    other = generator.choice([number for number in range(1, 13) if number != month])
    gap = generator.randint(2, 8)
    ways = dates(day, month, year)
    return {
        "year": str(year), "wrong_year": str(year + generator.choice([-9, -3, -2, -1, 1, 2, 4, 10])),
        "month": MONTHS[month - 1], "wrong_month": MONTHS[other - 1],
        "date": generator.choice(ways), "date2": generator.choice(ways),
        "wrong_date": generator.choice(dates(day, other, year) + dates(day % 28 + 1, month, year)),
        "before": str(year - gap), "after": str(year + gap),
        "later": str(year + gap), "much_later": str(year + gap + 3),
        "gap": f"{generator.choice(counted(gap))} years",
        "wrong_gap": f"{generator.choice(counted(gap + generator.choice([3, 5, 10])))} years",
        "half": "first" if month <= 6 else "second", "wrong_half": "second" if month <= 6 else "first",
        "quarter": ORDINALS[(month + 2) // 3], "wrong_quarter": ORDINALS[(month + 5) % 12 // 3 + 1],
    }  # fmt: skip


def share_slots(generator: random.Random, words: Words) -> dict[str, str]:
    """Parts of a whole, as counts and percentages; never one half."""
    plural, does = generator.choice(words.things)
    whole = generator.choice([20, 24, 30, 40, 50, 60, 80, 120, 200, 1500])
    part = generator.choice([n for n in range(2, whole - 2) if 2 * n != whole])
    percent = generator.choice([3, 8, 12, 15, 25, 31, 38, 42, 57, 64, 71, 75, 83, 92])
    more, fewer = "More than half", "Fewer than half"
    return {
        "plural": plural, "does": does,
        "whole": generator.choice(counted(whole)), "part": generator.choice(counted(part)),
        "part_half": more if 2 * part > whole else fewer, "part_wrong_half": fewer if 2 * part > whole else more,
        "percent": generator.choice(percents(percent)), "percent2": generator.choice(percents(percent)),
        "wrong_percent": generator.choice(percents(percent + generator.choice([-2, 4, 6, 7]))),
        "percent_half": more if percent > 50 else fewer, "percent_wrong_half": fewer if percent > 50 else more,
        "percent_majority": "majority" if percent > 50 else "minority",
        "percent_minority": "minority" if percent > 50 else "majority",
    }  # fmt: skip


def change_slots(generator: random.Random, words: Words, time: Mapping[str, str]) -> dict[str, str]:
    """Two amounts, at `year` and at `later`."""
    first = generator.choice([2, 3, 4, 5, 6, 8, 12, 15, 24, 36, 48]) * generator.choice([1e3, 1e4, 1e5, 1e6, 1e8])
    factor = generator.choice(list(FACTORS))
    second, up = first * factor, factor > 1
    wrong = second * generator.choice(
        [ratio for ratio in (0.1, 0.4, 0.7, 0.8, 1.25, 1.6, 2.5, 10) if ratio * factor != 1]
    )
    forms = {"went": ("rose", "fell"), "up_or_down": ("up", "down"), "grew": ("grew", "shrank")}
    found = {name: pair[not up] for name, pair in forms.items()}
    found |= {f"{name}_wrong": pair[up] for name, pair in forms.items()}
    return found | {
        "amount": generator.choice(words.amounts),
        "first": generator.choice(scaled(first)), "first2": generator.choice(scaled(first)),
        "second": generator.choice(scaled(second)), "second2": generator.choice(scaled(second)),
        "wrong_second": generator.choice(scaled(wrong)),
        "less": generator.choice(scaled(second * 0.8)), "more": generator.choice(scaled(second * 1.25)),
        "by_factor": FACTORS[factor], "by_wrong_factor": FACTORS[generator.choice([f for f in FACTORS if f != factor])],
        "higher": time["later"] if up else time["year"], "lower": time["year"] if up else time["later"],
    }  # fmt: skip


def measure_slots(generator: random.Random, words: Words, place: str, elsewhere: str) -> dict[str, str]:
    """A measure in two units, and others of the same thing."""
    frame, unit, size, unit2, size2, most = generator.choice(words.measures)
    value = generator.randint(3, most)

    def said(amount: str, where: str = place) -> str:
        return str(frame).replace("{place}", where).replace("{}", amount)

    def either(amount: float) -> str:
        name, factor = generator.choice([(unit, size), (unit2, size2)])
        return f"{amount * factor:,.10g} {name}"

    return {
        "measure": said(either(value)),
        "measure2": said(either(value)),
        "wrong_measure": said(either(value * generator.choice([0.1, 0.5, 2, 3, 10]))),
        "measure_more": said(f"more than {value - 1:,} {unit}"),
        "measure_less": said(f"less than {value - 1:,} {unit}"),
        "measure_elsewhere": said(either(value), elsewhere),
    }


def aside_slots(generator: random.Random) -> dict[str, str]:
    """Harmless words around a statement: a whole sentence, one to go before, and an opening with its comma or colon."""
    before = generator.choice(DRAWN["asides"]).removesuffix(".") + generator.choice([";", ", and"])
    return {"aside": generator.choice(DRAWN["asides"]), "remark": before, "lead": generator.choice(DRAWN["leads"])}


def event_slots(generator: random.Random) -> dict[str, str]:
    """Three different events with years in rising order (ev1 is the earliest)."""
    found: dict[str, str] = {}
    year = generator.randint(1850, 1990)
    gaps = generator.randint(2, 12), generator.randint(2, 12)
    for index, (subject, past, noun) in enumerate(generator.sample(DRAWN["events"], 3), 1):
        found |= {f"ev{index}": f"{subject} {past}", f"ev{index}_noun": noun}
        found |= {f"ev{index}_subject": subject, f"ev{index}_past": past}
    wrong = generator.choice([n for n in range(2, 20) if n != gaps[0]])
    found |= {"ev1_year": str(year), "ev2_year": str(year + gaps[0]), "ev3_year": str(year + sum(gaps))}
    found |= {"ev_gap": counting(generator, gaps[0], "years"), "ev_gap2": counting(generator, gaps[0], "years")}
    found |= {"ev_wrong_gap": counting(generator, wrong, "years"), "ev2_wrong_year": str(year + wrong)}
    return found


def calendar_slots(generator: random.Random) -> dict[str, str]:
    """A day, true and false phrases for when it was, a coarse phrase and a finer one that it leaves open."""
    year, month, day = generator.randint(1951, 2023), generator.randint(1, 12), generator.randint(1, 28)
    name, season = MONTHS[month - 1], SEASONS[month % 12 // 3]
    quarter, half = ORDINALS[(month + 2) // 3], ORDINALS[(month + 5) // 6]
    far = MONTHS[(month + generator.randint(3, 9) - 1) % 12]
    opposite = SEASONS[(month % 12 // 3 + 2) % 4]
    true = [
        f"in {name} {year}", f"in the {half} half of {year}", f"in the {quarter} quarter of {year}", f"in {year}",
        f"during the {half} half of {year}",
    ]  # fmt: skip
    false = [
        f"in {far} {year}", f"in the {'second' if half == 'first' else 'first'} half of {year}",
        f"in the {generator.choice([q for q in ORDINALS[1:5] if q != quarter])} quarter of {year}",
        f"in {year + generator.choice([-3, -2, -1, 1, 2])}",
    ]  # fmt: skip
    if month != 12:
        true += [
            f"in the {season} of {year}" if month > 2 else f"in the early months of {year}",
            f"before the end of {year}",
        ]
        false.append(f"in the {opposite} of {year}" if month > 2 else f"in the summer of {year}")
    if day <= 9:
        true += [f"in early {name} {year}", f"in the first half of {name} {year}"]
        false += [f"in late {name} {year}", f"in the second half of {name} {year}"]
    if day >= 22:
        true += [f"in late {name} {year}", f"in the second half of {name} {year}", f"towards the end of {name} {year}"]
        false += [f"in early {name} {year}", f"in the first days of {name} {year}"]
    if month <= 2:
        true += [f"early in {year}", f"at the start of {year}"]
        false += [f"late in {year}", f"in the last quarter of {year}"]
    if month >= 11:
        true += [f"late in {year}", f"towards the end of {year}"]
        false += [f"early in {year}", f"at the beginning of {year}"]
    layers = [
        [f"in {year}"], [f"in the {half} half of {year}"], [f"in the {quarter} quarter of {year}"],
        [f"in {name} {year}", f"in {name} of {year}"],
        [f"in {'early ' if day <= 10 else 'mid-' if day < 20 else 'late '}{name} {year}"],
        [f"on {way}" for way in dates(day, month, year)],
    ]  # fmt: skip
    upper, lower = sorted(generator.sample(range(len(layers)), 2))
    weekday = date(year, month, day).weekday()
    other = (weekday + generator.randint(1, 6)) % 7
    weekend = weekday >= 5
    week_true = [f"on a {WEEKDAYS[weekday]}", "at the weekend" if weekend else "on a weekday"]
    week_false = [f"on a {WEEKDAYS[other]}", "on a weekday" if weekend else "at the weekend"]
    return {
        "cal_exact": f"on {generator.choice(dates(day, month, year))}",
        "cal_day": f"on {WEEKDAYS[weekday]} {day} {name} {year}",
        "cal_weekday": WEEKDAYS[weekday], "cal_other_weekday": WEEKDAYS[other], "cal_true": generator.choice(true),
        "cal_false": generator.choice(false), "cal_week_true": generator.choice(week_true),
        "cal_week_false": generator.choice(week_false), "cal_coarse": generator.choice(layers[upper]),
        "cal_fine": generator.choice(layers[lower]),
    }  # fmt: skip


def clock_slots(generator: random.Random) -> dict[str, str]:
    """A time of day in two spellings, the part of the day, bounds and wrong ones."""
    part, hours = generator.choice(
        [("morning", range(7, 12)), ("afternoon", range(13, 17)), ("evening", range(19, 22))]
    )
    hour, minute = generator.choice(list(hours)), generator.choice([5, 10, 15, 20, 25, 30, 40, 45, 50])

    def ways(h: int, m: int) -> list[str]:
        half = "am" if h < 12 else "pm"
        extra = (
            [f"half past {UNITS[(h - 1) % 12 + 1]}"]
            if m == 30
            else [f"a quarter past {UNITS[(h - 1) % 12 + 1]}"]
            if m == 15
            else []
        )
        where = "in the morning" if h < 12 else "in the afternoon" if h < 18 else "in the evening"
        return [
            f"{h:02}:{m:02}",
            f"{h:02}.{m:02}",
            f"{(h - 1) % 12 + 1}:{m:02} {half}",
            *(f"{e} {where}" for e in extra),
        ]

    wrong_hour = generator.choice([h for h in range(7, 22) if h != hour])
    first, again = generator.sample(ways(hour, minute), 2)
    before, after = generator.choice(ways(hour + 1, 0)), generator.choice(ways(hour - 1, 0))
    minutes = generator.choice([20, 35, 40, 45, 70, 90, 100, 120, 150])
    total = hour * 60 + minute + minutes
    other = generator.choice([n for n in (15, 25, 30, 50, 60, 80, 110, 140) if n != minutes])
    return {
        "clk": first, "clk_again": again, "clk_wrong": generator.choice(ways(wrong_hour, minute)), "clk_part": part,
        "clk_wrong_part": generator.choice([p for p in ("morning", "afternoon", "evening") if p != part]),
        "clk_before": before, "clk_after": after,
        "clk_end": generator.choice(ways(total // 60 % 24, total % 60)[:2]), "clk_start": f"{hour:02}:{minute:02}",
        "clk_minutes": generator.choice([f"{minutes} minutes", f"{spelled(minutes)} minutes"]),
        "clk_wrong_minutes": generator.choice([f"{other} minutes", f"{spelled(other)} minutes"]),
    }  # fmt: skip


def span_slots(generator: random.Random) -> dict[str, str]:
    """A post held from one year to another, years inside and outside."""
    start, length = generator.randint(1900, 1998), generator.randint(4, 20)
    end = start + length
    past, done, doing, rest = generator.choice(DRAWN["posts"])
    out = generator.choice([start - generator.randint(2, 9), end + generator.randint(2, 9)])
    wrong = generator.choice([n for n in range(2, 26) if abs(n - length) > 2])
    return {
        "post_past": f"{past} {rest}", "post_done": f"{done} {rest}",
        "post_ing": f"{doing} {rest}", "span_from": str(start), "span_to": str(end),
        "span_in": str(generator.randint(start + 1, end - 1)), "span_out": str(out),
        "span_early": str(start - generator.randint(2, 9)), "span_late": str(end + generator.randint(2, 9)),
        "span_years": counting(generator, length, "years"), "span_years2": counting(generator, length, "years"),
        "span_fewer": counting(generator, length - 2, "years"), "span_more": counting(generator, length + 3, "years"),
        "span_wrong": counting(generator, wrong, "years"),
    }  # fmt: skip


def deadline_slots(generator: random.Random) -> dict[str, str]:
    """A deadline with a day, month or year, what is surely before it, what lies after, and what is left open."""
    year, month = generator.randint(1960, 2020), generator.randint(3, 10)
    name, day = MONTHS[month - 1], generator.randint(8, 20)
    limit, later, open_ = generator.choice([
        (f"the end of {year}", f"{year + generator.randint(1, 4)}", f"{year}"),
        (f"the end of {name} {year}", f"{MONTHS[month + generator.choice([0, 1])]} {year}", f"{name} {year}"),
        (f"{day} {name} {year}", f"{MONTHS[month + generator.choice([0, 1])]} {year}", f"{MONTHS[month - 2]} {year}"),
        (f"the summer of {year}", f"{year + generator.randint(1, 4)}", f"{year - 1}"),
    ])  # fmt: skip
    days = generator.randint(5, 60)
    return {
        "dl": limit, "dl_later": later, "dl_open": open_, "dl_next": str(year + 1),
        "dl_far": str(year + generator.randint(2, 6)), "dl_days": counting(generator, days, "days"),
        "dl_more": counting(generator, days + generator.randint(3, 30), "days"),
        "dl_fewer": counting(generator, days - generator.randint(1, 3), "days"),
    }  # fmt: skip


def decade_slots(generator: random.Random) -> dict[str, str]:
    """A year with its decade and century, and other ones."""
    year = generator.randint(1701, 1999)
    while year % 100 < 10:
        year = generator.randint(1701, 1999)
    decade, century = year // 10 * 10, year // 100 + 1
    names = {17: "seventeenth", 18: "eighteenth", 19: "nineteenth", 20: "twentieth"}
    others = [c for c in (17, 18, 19, 20) if c != century]
    shift = generator.choice([n for n in (-30, -20, -10, 10, 20, 30) if (decade + n) % 100])
    numeric = {17: "17th", 18: "18th", 19: "19th", 20: "20th"}
    style = generator.choice([names, numeric])
    half = "first" if year % 100 <= 45 else "second" if year % 100 >= 55 else None
    true = [f"the {decade}s", f"the {style[century]} century"] + (
        [f"the {half} half of the {style[century]} century"] if half else []
    )
    false = [f"the {decade + shift}s", f"the {style[generator.choice(others)]} century"]
    if half:
        false.append(f"the {'second' if half == 'first' else 'first'} half of the {style[century]} century")
    return {
        "dec_year": str(year), "dec_true": generator.choice(true), "dec_false": generator.choice(false),
        "dec": f"the {decade}s", "dec_century": f"the {style[century]} century",
        "dec_wrong_century": f"the {style[generator.choice(others)]} century", "dec_other": f"the {decade + shift}s",
        "dec_other_year": str(decade + shift + generator.randint(0, 9)),
        "dec_in": str(decade + generator.randint(0, 9)),
    }  # fmt: skip


def age_slots(generator: random.Random) -> dict[str, str]:
    """A life with exact days, the age at death, ages too low and too high, and the age in a year within it."""
    born, age = generator.randint(1840, 1940), generator.randint(31, 97)
    month, day, later = generator.randint(1, 10), generator.randint(1, 28), generator.randint(1, 28)
    wrong = generator.choice([age + n for n in (-20, -12, -9, -5, -3, 3, 4, 8, 11)])
    young = generator.randint(19, age - 5)
    return {
        "age_born": f"{day} {MONTHS[month - 1]} {born}", "age_died": f"{later} {MONTHS[month]} {born + age}",
        "age_born_year": str(born), "age_died_year": str(born + age), "age": str(age),
        "age2": generator.choice([str(age), spelled(age)]), "age_wrong": generator.choice([str(wrong), spelled(wrong)]),
        "age_under": str(age - generator.randint(2, 9)), "age_over": str(age + generator.randint(2, 9)),
        "age_wrong_year": str(born + wrong), "age_in": str(young), "age_in_year": str(born + young + 1),
        "age_after_year": str(born + age + generator.randint(2, 15)),
        "age_before_year": str(born - generator.randint(2, 15)),
    }  # fmt: skip


def sum_slots(generator: random.Random) -> dict[str, str]:
    """Two counts that add up."""
    first, second, both, did = generator.choice(DRAWN["groups"])
    a, b = generator.sample(range(3, 60), 2)
    wrong = unlike(generator, a + b)
    return {
        "sum_a": counting(generator, a, first), "sum_b": counting(generator, b, second), "sum_did": did,
        "sum_first": first, "sum_second": second, "sum_all": counting(generator, a + b, both),
        "sum_wrong": counting(generator, wrong, both), "sum_both": both, "sum_a_swap": counting(generator, b, first),
        "sum_b_swap": counting(generator, a, second), "sum_more": first if a > b else second,
        "sum_fewer": second if a > b else first, "sum_low": counting(generator, a + b - generator.randint(1, 3), both),
        "sum_high": counting(generator, a + b + generator.randint(1, 5), both),
        "sum_some": counting(generator, generator.randint(2, a + b - 1), both),
        "sum_gap": number(generator, abs(a - b)), "sum_wrong_gap": number(generator, unlike(generator, abs(a - b))),
        "sum_number": number(generator, a + b),
    }  # fmt: skip


def rest_slots(generator: random.Random) -> dict[str, str]:
    """A whole, the part that was dealt with, and what remained; none is half."""
    plural, done, left = generator.choice(DRAWN["rests"])
    whole = generator.choice([12, 20, 25, 30, 36, 40, 45, 50, 64, 70, 80, 90, 100, 120, 150, 200, 300, 500])
    used = generator.choice([n for n in range(2, whole - 1) if 2 * n != whole])
    remain = whole - used
    return {
        "rs_plural": plural, "rs_done": done, "rs_left": left, "rs_whole": number(generator, whole),
        "rs_used": number(generator, used), "rs_remain": number(generator, remain), "rs_used2": number(generator, used),
        "rs_remain2": number(generator, remain), "rs_wrong": number(generator, unlike(generator, remain)),
        "rs_wrong_whole": number(generator, unlike(generator, whole)), "rs_major": done if used > remain else left,
        "rs_minor": left if used > remain else done,
    }  # fmt: skip


def list_slots(generator: random.Random, people: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """Names in a row with their count; `absent` is not among them."""
    kind, deeds = generator.choice(
        [(people, DRAWN["people_did"]), (people, DRAWN["people_did"]), (places, DRAWN["places_did"])]
    )
    did, did_one, plural = generator.choice(deeds)
    count = generator.randint(3, 7)
    names = generator.sample(kind, count + 1)
    absent, names = names[0], names[1:]
    fewer = generator.randint(2, count - 1)
    return {
        "ls_names": f"{', '.join(names[:-1])} and {names[-1]}", "ls_did": did, "ls_did_one": did_one,
        "ls_count": counting(generator, count, plural), "ls_member": generator.choice(names), "ls_absent": absent,
        "ls_plural": plural, "ls_number": number(generator, count),
        "ls_wrong": number(generator, generator.choice([n for n in range(2, 10) if n != count])),
        "ls_only": f"only {spelled(fewer)}", "ls_less": spelled(count - 1), "ls_more": spelled(count + 1),
    }  # fmt: skip


def percent_slots(generator: random.Random) -> dict[str, str]:
    """A rise or fall of an amount by a percentage, and of a rate by percentage points."""
    up, percent = generator.random() < 0.6, generator.choice([5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80])
    first = generator.choice([200, 400, 600, 800, 1000, 1200, 2000, 4000, 6000, 8000, 20000, 60000, 400000])
    second = first * (100 + (percent if up else -percent)) // 100
    wrong = generator.choice([p for p in (5, 8, 10, 12, 20, 25, 30, 35, 40, 45, 60, 75, 90) if p != percent])
    low, points = generator.choice([20, 24, 30, 32, 36, 40, 44, 48]), generator.choice([3, 4, 5, 6, 8, 9, 12])
    early, late = (low, low + points) if up else (low + points, low)
    wrong_points = generator.choice([n for n in (2, 5, 7, 10, 11, 14, 15, 18) if n != points])
    return {
        "pc": percentage(generator, percent), "pc2": percentage(generator, percent),
        "pc_wrong": percentage(generator, wrong), "pc_went": "rose" if up else "fell",
        "pc_went_wrong": "fell" if up else "rose", "pc_first": f"{first:,}", "pc_second": f"{second:,}",
        "pc_wrong_second": f"{first * (100 + (wrong if up else -wrong)) // 100:,}", "pc_rise": "rise" if up else "fall",
        "pc_gone": "risen" if up else "fallen",
        "pc_rate": generator.choice(DRAWN["rates"]),
        "pc_early": percentage(generator, early), "pc_late": percentage(generator, late),
        "pc_points": f"{number(generator, points)} percentage points",
        "pc_wrong_points": f"{number(generator, wrong_points)} percentage points",
        "pc_late2": percentage(generator, late),
        "pc_wrong_late": percentage(generator, late + generator.choice([-7, -3, 3, 7, 11])),
    }  # fmt: skip


def total_slots(generator: random.Random) -> dict[str, str]:
    """A steady pace with its total and average, and a budget with what was spent."""
    subject, did, plural = generator.choice(DRAWN["paces"])
    unit = generator.choice(["day", "week", "month"])
    times, each = generator.randint(3, 12), generator.choice([4, 6, 8, 12, 15, 20, 25, 30, 40, 60, 120])
    wrong = generator.choice([n for n in (5, 7, 9, 10, 14, 18, 24, 35, 50, 75, 90, 150) if n != each])
    planned, spread = generator.choice([4, 6, 8, 10, 12, 15, 20, 30, 50]), generator.choice([1, 2, 3])
    over = generator.random() < 0.6
    cost, money = planned + (spread if over else -spread), f"million {generator.choice(CURRENCIES)}"
    return {
        "tt_subject": subject, "tt_did": did, "tt_plural": plural, "tt_unit": unit,
        "tt_times": f"{number(generator, times)} {unit}s", "tt_each": number(generator, each),
        "tt_total": number(generator, each * times), "tt_wrong": number(generator, wrong),
        "tt_wrong_total": number(generator, wrong * times), "tt_one": number(generator, each),
        "tt_all": number(generator, each * times), "bg": generator.choice(DRAWN["projects"]),
        "bg_planned": f"{number(generator, planned)} {money}", "bg_cost": f"{number(generator, cost)} {money}",
        "bg_gap": f"{number(generator, spread)} {money}", "bg_more": "more" if over else "less",
        "bg_less": "less" if over else "more", "bg_over": "over" if over else "under",
        "bg_under": "under" if over else "over",
        "bg_wrong_gap": f"{number(generator, spread + generator.choice([1, 2, 4]))} {money}",
        "bg_cost2": f"{number(generator, cost)} {money}",
        "bg_wrong_cost": f"{number(generator, cost + generator.choice([4, 5, 7]))} {money}",
    }  # fmt: skip


def bound_slots(generator: random.Random) -> dict[str, str]:
    """A count, bounds and approximations with those that follow, that are left open and that cannot be."""
    plural, did = generator.choice(DRAWN["counts"])
    step = generator.choice([10, 100, 100, 1000])
    base = step * generator.randint(3, 9)  # the round figure all turns on
    tenth = step // 10

    def above(value: int) -> str:
        return f"{generator.choice(['more than', 'over', 'in excess of'])} {number(generator, value)}"

    def below(value: int) -> str:
        return f"{generator.choice(['fewer than', 'under', 'not even', 'less than'])} {number(generator, value)}"

    def least(value: int) -> str:
        return f"{generator.choice(['at least', 'no fewer than', 'not less than'])} {number(generator, value)}"

    def most(value: int) -> str:
        return f"{generator.choice(['at most', 'no more than', 'not more than'])} {number(generator, value)}"

    def between(low: int, high: int) -> str:
        return f"between {number(generator, low)} and {number(generator, high)}"

    exact = base + generator.randint(1, step - 1)
    true = [
        above(base), least(base), below(base + step), most(base + step), between(base, base + step), above(base - step),
        below(base + 2 * step), least(exact), most(exact),
    ]  # fmt: skip
    false = [
        below(base), most(base), above(base + step), least(base + step), between(base + step, base + 2 * step),
        between(base - step, base - tenth), below(base - step), above(exact), below(exact),
    ]  # fmt: skip
    kind = generator.randrange(5)
    low, high = base, base + step
    if kind < 2:
        bound = above(low) if kind == 0 else least(low)
        inside, outside = low + generator.randint(1, step), low - generator.randint(1, step)
        weaker, stronger = (
            [above(low - step), least(low - tenth), above(low - tenth)],
            [above(low + step), least(low + step // 2)],
        )
        disjoint = [below(low - tenth), below(low), most(low - step)]
    elif kind < 4:
        bound = below(low) if kind == 2 else most(low)
        inside, outside = low - generator.randint(1, step - 1), low + generator.randint(1, step)
        weaker, stronger = (
            [below(low + step), most(low + tenth), below(low + tenth)],
            [below(low - step // 2), most(low - step // 2)],
        )
        disjoint = [above(low + tenth), above(low), least(low + step)]
    else:
        bound = between(low, high)
        inside, outside = (
            generator.randint(low + 1, high - 1),
            generator.choice([low - step // 2, high + step // 2, high + step]),
        )
        weaker, stronger = (
            [least(low), above(low - step), below(high + step), most(high)],
            [above(low + step // 2), below(high - step // 2)],
        )
        disjoint = [above(high), below(low), most(low - tenth), least(high + tenth)]
    under = generator.random() < 0.5
    off = generator.randint(1, max(1, step // 8)) if step > 10 else 1
    near = base - off if under else base + off
    about = [
        f"about {number(generator, base)}", f"roughly {number(generator, base)}", f"around {number(generator, base)}",
        f"approximately {number(generator, base)}",
    ]  # fmt: skip
    nearly = [
        f"nearly {number(generator, base)}",
        f"almost {number(generator, base)}",
        f"just under {number(generator, base)}",
    ]
    over = [
        f"just over {number(generator, base)}",
        f"slightly more than {number(generator, base)}",
        f"a little over {number(generator, base)}",
    ]
    side, wrong_side = (nearly, over) if under else (over, nearly)
    far = base + generator.choice([-2 * step, 3 * step, 4 * step])
    return {
        "bd_plural": plural, "bd_did": did, "bd_exact": f"{exact:,}", "bd_true": generator.choice(true),
        "bd_false": generator.choice(false), "bd": bound, "bd_in": f"{inside:,}", "bd_out": f"{outside:,}",
        "bd_weaker": generator.choice(weaker), "bd_stronger": generator.choice(stronger),
        "bd_disjoint": generator.choice(disjoint), "ab_exact": f"{near:,}", "ab": generator.choice(about + side),
        "ab_about": generator.choice(about), "ab_side": generator.choice(side),
        "ab_wrong": generator.choice([f"about {number(generator, far)}", *wrong_side]),
        "ab_wrong_side": generator.choice(wrong_side),
        "ab_far": generator.choice([f"about {number(generator, far)}", f"around {number(generator, far)}"]),
        "ab_beyond": below(base) if under else above(base), "ab_not_beyond": above(base) if under else below(base),
        "ab_loose": generator.choice([above(base - step), below(base + step)]),
        "ab_open": generator.choice([above(base), below(base)]),
    }  # fmt: skip


def several_slots(generator: random.Random) -> dict[str, str]:
    """A subject with figures of three things (a, b, c) and one that is not mentioned."""
    subject, verb, parts = generator.choice(DRAWN["several"])
    chosen = generator.sample(parts, 4)
    values: list[int] = []
    for _, least, most in chosen:
        values.append(
            generator.choice(
                [n for n in (generator.randint(least, most) for _ in range(9)) if n not in values] or [most + 1]
            )
        )
    (a, b, c, d), (x, y, z, w) = [name for name, _, _ in chosen], values
    return {
        "sv": subject, "sv_verb": verb, "sv_a": counting(generator, x, a), "sv_b": counting(generator, y, b),
        "sv_c": counting(generator, z, c), "sv_a2": counting(generator, x, a), "sv_b2": counting(generator, y, b),
        "sv_d": counting(generator, w, d), "sv_a_swap": counting(generator, generator.choice([y, z]), a),
        "sv_b_swap": counting(generator, generator.choice([x, z]), b),
        "sv_a_wrong": counting(generator, unlike(generator, x, y, z), a), "sv_more": a if x > y else b,
        "sv_fewer": b if x > y else a, "sv_name_a": a, "sv_name_b": b, "sv_name_c": c, "sv_name_d": d,
        "sv_number_a": number(generator, x), "sv_number_b": number(generator, y), "sv_number_c": number(generator, z),
    }  # fmt: skip


def compare_slots(generator: random.Random, bodies: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """Three entities a, b, c that did the same, each with its figure; a did it twice or three times as often as b."""
    a, b, c = generator.sample(generator.choice([bodies, places]), 3)
    past, base, plural = generator.choice(DRAWN["done_by"])
    low, factor = generator.randint(4, 60), generator.choice([2, 3, 4])
    times = {2: "twice", 3: "three times", 4: "four times"}
    other = generator.choice([n for n in times if n != factor])
    high = low * factor
    third = generator.choice([n for n in range(2, high + low) if n not in (low, high)])
    figures = {a: high, b: low, c: third}
    order = sorted(figures, key=lambda name: figures[name])
    return {
        "cp_a": a, "cp_b": b, "cp_c": c, "cp_past": past, "cp_base": base, "cp_plural": plural,
        "cp_high": number(generator, high), "cp_low": number(generator, low), "cp_third": number(generator, third),
        "cp_high2": number(generator, high), "cp_low2": number(generator, low), "cp_times": times[factor],
        "cp_wrong_times": times[other], "cp_gap": number(generator, high - low),
        "cp_wrong_gap": number(generator, unlike(generator, high - low)), "cp_sum": number(generator, high + low),
        "cp_wrong_sum": number(generator, unlike(generator, high + low, high, low)), "cp_top": order[2],
        "cp_middle": order[1], "cp_bottom": order[0], "cp_not_top": generator.choice(order[:2]),
        "cp_not_bottom": generator.choice(order[1:]),
    }  # fmt: skip


def score_slots(generator: random.Random) -> dict[str, str]:
    """A match with its winner, and a draw."""
    winner, loser = generator.sample(DRAWN["teams"], 2)
    lost = generator.randint(0, 3)
    won = lost + generator.randint(1, 4)
    margin, total = won - lost, won + lost
    drawn = generator.randint(1, 4)
    wrong = generator.choice([(won + 1, lost), (won, lost + 1) if margin > 1 else (won + 2, lost), (won + 1, lost + 1)])

    def goals(count: int) -> str:
        return (
            generator.choice(["one goal", "a goal"])
            if count == 1
            else "no goals"
            if not count
            else counting(generator, count, "goals")
        )

    return {
        "sc_w": winner, "sc_l": loser, "sc": f"{won}-{lost}", "sc_back": f"{lost}-{won}",
        "sc_wrong": f"{wrong[0]}-{wrong[1]}", "sc_w_goals": goals(won), "sc_l_goals": goals(lost),
        "sc_margin": goals(margin).replace("a goal", "one goal"), "sc_total": goals(total),
        "sc_wrong_total": goals(total + generator.choice([1, 2, 3])),
        "sc_wrong_margin": goals(margin + generator.choice([1, 2])), "sc_draw": f"{drawn}-{drawn}",
        "sc_wrong_goals": goals(won + generator.choice([1, 2])),
    }  # fmt: skip


def vote_slots(generator: random.Random) -> dict[str, str]:
    """Votes for and against, what they led to, and two candidates' votes (the first has more)."""
    ayes, noes = generator.sample(range(9, 200), 2)
    absent = generator.choice([n for n in range(2, 20) if n not in (ayes, noes)])
    passed = ayes > noes
    yes, no = (
        ["was adopted", "was passed", "was carried", "was approved"],
        ["was rejected", "was voted down", "was defeated"],
    )
    many = generator.randint(3000, 90000)
    few = many - generator.randint(200, many // 2)
    return {
        "vt": generator.choice(DRAWN["motions"]), "vt_for": number(generator, ayes),
        "vt_against": number(generator, noes), "vt_abstained": number(generator, absent),
        "vt_result": generator.choice(yes if passed else no),
        "vt_wrong_result": generator.choice(no if passed else yes), "vt_more": "for" if passed else "against",
        "vt_fewer": "against" if passed else "for", "vt_wrong": number(generator, unlike(generator, ayes, noes)),
        "vt_all": number(generator, ayes + noes + absent), "vt_for2": number(generator, ayes),
        "vt_against2": number(generator, noes), "vt_gap": number(generator, abs(ayes - noes)), "vt_many": f"{many:,}",
        "vt_few": f"{few:,}", "vt_lead": f"{many - few:,}",
    }  # fmt: skip


def race_slots(generator: random.Random, people: Sequence[str]) -> dict[str, str]:
    """Finishers in order (rc1 before rc2 before rc3), ranks in a field."""
    first, second, third = generator.sample(people, 3)
    field = generator.randint(12, 80)
    rank = generator.randint(3, 8)
    other = generator.choice([n for n in range(2, 10) if n not in (rank, rank - 1)])
    return {
        "rc1": first, "rc2": second, "rc3": third, "rc_field": number(generator, field), "rc_rank": ORDINALS[rank],
        "rc_better": ORDINALS[rank - 1], "rc_other": ORDINALS[other], "rc_ahead": spelled(rank - 1),
        "rc_top": spelled(rank + generator.randint(0, 3)), "rc_not_top": spelled(rank - 1),
        "rc_sport": generator.choice(DRAWN["contests"]),
    }  # fmt: skip


def price_slots(generator: random.Random) -> dict[str, str]:
    """A price before and after, a price by the piece, and prices for adults and children."""
    money, item = generator.choice(CURRENCIES), generator.choice(DRAWN["goods"])
    low, cut = (
        generator.choice([20, 35, 60, 80, 120, 150, 240, 400, 900]),
        generator.choice([5, 10, 15, 25, 30, 45, 90]),
    )
    dear = low + cut
    one, many = generator.choice(DRAWN["sold_by_piece"])
    pieces, each = generator.randint(3, 12), generator.randint(2, 25)
    adult = generator.randint(8, 30)
    child = adult - generator.randint(2, 6)
    wrong = unlike(generator, each)
    return {
        "mo_item": item, "mo_old": f"{number(generator, dear)} {money}", "mo_new": f"{number(generator, low)} {money}",
        "mo_cut": f"{number(generator, cut)} {money}",
        "mo_wrong_cut": f"{number(generator, unlike(generator, cut))} {money}",
        "mo_wrong": f"{number(generator, unlike(generator, low, dear))} {money}", "mo_one": one,
        "mo_many": f"{number(generator, pieces)} {many}", "mo_each": f"{number(generator, each)} {money}",
        "mo_total": f"{number(generator, each * pieces)} {money}",
        "mo_wrong_each": f"{number(generator, wrong)} {money}",
        "mo_wrong_total": f"{number(generator, wrong * pieces)} {money}", "mo_plural": many,
        "mo_adult": f"{number(generator, adult)} {money}", "mo_child": f"{number(generator, child)} {money}",
        "mo_family": f"{number(generator, adult * 2 + child)} {money}", "mo_new2": f"{number(generator, low)} {money}",
        "mo_old2": f"{number(generator, dear)} {money}",
    }  # fmt: skip


def ratio_slots(generator: random.Random) -> dict[str, str]:
    """A share as a count of a count, as a fraction and as a percentage."""
    top, bottom, ways = generator.choice(DRAWN["ratios"])
    others = [(t, b, w) for t, b, w in DRAWN["ratios"] if abs(t / b - top / bottom) > 0.08]
    wrong_top, wrong_bottom, wrong_ways = generator.choice(others)
    times = generator.choice([2, 3, 4, 5, 10, 20, 30, 60, 100])
    exact = bottom != 3
    wrong_words = [
        *wrong_ways,
        *([percentage(generator, 100 * wrong_top // wrong_bottom)] if wrong_bottom != 3 else []),
    ]
    percent = (
        percentage(generator, 100 * top // bottom)
        if exact
        else f"about {percentage(generator, round(100 * top / bottom))}"
    )
    share = top / bottom
    more = "exactly half" if share == 0.5 else "more than half" if share > 0.5 else "less than half"
    less = (
        generator.choice(["more than half", "less than half"])
        if share == 0.5
        else "less than half"
        if share > 0.5
        else "more than half"
    )
    return {
        "rt_part": number(generator, top * times), "rt_whole": number(generator, bottom * times),
        "rt": generator.choice(ways), "rt2": generator.choice(ways), "rt_percent": percent,
        "rt_wrong": generator.choice(wrong_words), "rt_half": more, "rt_wrong_half": less,
        "rt_rest": number(generator, (bottom - top) * times),
        "rt_wrong_part": number(generator, unlike(generator, top * times)),
    }  # fmt: skip


def fact_slots(generator: random.Random, place: str, elsewhere: str) -> dict[str, str]:
    """A thing with three facts as on a card and in sentences, a wrong one and one that is not on the card."""
    subject, traits = generator.choice(DRAWN["facts"])
    chosen = generator.sample(traits, 4)
    values = [generator.randint(least, most) for _, _, least, most in chosen]
    wrong = generator.choice([n for n in range(chosen[0][2], chosen[0][3] + 9) if abs(n - values[0]) > 1])

    def plain(trait: tuple[str, str, int, int], value: int, form: int) -> str:
        year = trait[2] > 1000 and trait[3] < 2030
        return str(trait[form]).format(str(value) if year else f"{value:,}")

    cards = [plain(trait, value, 0) for trait, value in zip(chosen[:3], values[:3], strict=True)]
    shuffled = generator.sample(cards, 3)
    a, b, c, d = (plain(trait, value, 1) for trait, value in zip(chosen, values, strict=True))
    return {
        "ft": subject.format(place), "ft_elsewhere": subject.format(elsewhere),
        "ft_card": generator.choice(["; ", ", ", " | ", ". "]).join(shuffled), "ft_a": a, "ft_b": b, "ft_c": c,
        "ft_d": d, "ft_wrong": plain(chosen[0], wrong, 1),
    }  # fmt: skip


def degree_slots(generator: random.Random) -> dict[str, str]:
    """Day and night temperatures, distances along a road, and two populations."""
    night = generator.choice([n for n in range(-18, 16) if abs(n) > 1])
    day = night + generator.randint(4, 14)
    frost = ["below freezing", "below zero"] if night < 0 else ["above freezing", "above zero"]
    thaw = ["above freezing", "above zero"] if night < 0 else ["below freezing", "below zero"]
    near, on = generator.sample(range(4, 90), 2)
    big, small = generator.randint(20_000, 90_000), generator.randint(800, 19_000)

    def warm(value: int) -> str:
        if value < 0:
            return generator.choice(
                [
                    f"minus {spelled(-value)} degrees",
                    f"minus {-value} degrees",
                    f"{-value} degrees below zero",
                    f"-{-value} °C",
                ]
            )
        return generator.choice(
            [f"{value} degrees", f"{value} °C", f"{spelled(value)} degrees"] if value else ["zero degrees", "0 °C"]
        )

    return {
        "dg_day": warm(day), "dg_night": warm(night), "dg_gap": f"{number(generator, day - night)} degrees",
        "dg_night2": warm(night), "dg_day2": warm(day),
        "dg_wrong_gap": f"{number(generator, unlike(generator, day - night))} degrees",
        "dg_wrong": warm(night + generator.choice([-9, -6, -3, 3, 5])), "dg_frost": generator.choice(frost),
        "dg_thaw": generator.choice(thaw), "di_near": f"{near} kilometres", "di_on": f"{on} kilometres",
        "di_all": f"{near + on} kilometres", "di_wrong": f"{unlike(generator, near + on, near, on)} kilometres",
        "di_wrong_near": f"{unlike(generator, near, on)} kilometres", "po_big": f"{big:,}", "po_small": f"{small:,}",
        "po_wrong": f"{generator.choice([big * 2, big // 2, small + 700]):,}",
        "po_round": f"{big // 10_000 * 10_000:,}", "po_above": f"{(big // 10_000 + 1) * 10_000:,}",
    }  # fmt: skip


def wording_slots(generator: random.Random) -> dict[str, str]:
    """A count and a length of time, each in two spellings, and others."""
    same, other = generator.sample(DRAWN["same_count"], 2)
    times, wrong_times = generator.sample(DRAWN["same_time"], 2)
    if generator.random() < 0.6:
        value = generator.randint(13, 99)
        same, other = [str(value), spelled(value)], [str(n := unlike(generator, value)), spelled(n)]
    first, again = generator.sample(same, 2)
    long, long_again = generator.sample(times, 2)
    plural, did = generator.choice(DRAWN["counts"])
    return {
        "nw": first, "nw_again": again, "nw_wrong": generator.choice(other), "nw_plural": plural, "nw_did": did,
        "la": generator.choice(DRAWN["lasting"]), "la_time": long, "la_again": long_again,
        "la_wrong": generator.choice(wrong_times),
    }  # fmt: skip


def slots(generator: random.Random, words: Words) -> dict[str, str]:
    """What the plain families name, drawn anew."""
    plain, time = plain_slots(generator, words), time_slots(generator)
    measures = measure_slots(generator, words, plain["place"], plain["place2"])
    return plain | time | share_slots(generator, words) | change_slots(generator, words, time) | measures


def more_slots(generator: random.Random, words: Words, place: str, elsewhere: str) -> dict[str, str]:
    """What the other families name besides, drawn anew."""
    return (
        aside_slots(generator) | event_slots(generator) | calendar_slots(generator) | clock_slots(generator)
        | span_slots(generator) | deadline_slots(generator) | decade_slots(generator) | age_slots(generator)
        | sum_slots(generator) | rest_slots(generator) | list_slots(generator, words.people, words.places)
        | percent_slots(generator) | total_slots(generator) | bound_slots(generator) | several_slots(generator)
        | compare_slots(generator, words.bodies, words.places) | score_slots(generator) | vote_slots(generator)
        | race_slots(generator, words.people) | price_slots(generator) | ratio_slots(generator)
        | fact_slots(generator, place, elsewhere) | degree_slots(generator) | wording_slots(generator)
    )  # fmt: skip
