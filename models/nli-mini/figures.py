"""Ways to write figures: amounts, counts, shares and days, and other ones in their place."""

import random

MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
FRACTIONS = {25: "a quarter", 50: "half", 75: "three quarters", 20: "a fifth", 10: "a tenth"}
ORDINALS = [
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
]  # fmt: skip
FACTORS = {
    0.25: "fell by three quarters",
    0.5: "halved",
    0.75: "fell by a quarter",
    1.1: "rose by a tenth",
    1.5: "rose by half",
    2: "doubled",
    3: "tripled",
}
UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def scaled(value: float) -> list[str]:
    """Ways to write a round amount: 400000000 is 400 million, 0.4 billion, 400,000,000."""
    found = [f"{value:,.0f}"]
    for size, name in ((1e3, "thousand"), (1e6, "million"), (1e9, "billion")):
        amount = value / size
        if 0.1 <= amount < 10_000 and abs(amount * 100 - round(amount * 100)) < 1e-6:
            found.append(f"{amount:,.2f}".rstrip("0").rstrip(".") + f" {name}")
    if 1000 <= value < 1_000_000:
        found.append(f"{value:.0f}")
    return found


def counted(value: int) -> list[str]:
    """Ways to write a count."""
    if value <= 15:
        return [UNITS[value], str(value)]
    return [f"{value:,}", str(value)] if value >= 1000 else [str(value)]


def percents(value: float) -> list[str]:
    """Ways to write a share."""
    text = f"{value:g}"
    return [f"{text} percent", f"{text}%", f"{text} per cent", *([FRACTIONS[int(value)]] if value in FRACTIONS else [])]


def other_amount(value: float, generator: random.Random) -> float:
    """An amount that cannot be taken for a rounding of this one."""
    factor = generator.choice([0.1, 0.5, 0.6, 0.7, 0.8, 1.2, 1.25, 1.4, 1.5, 2, 3, 10])
    return value * factor


def dates(day: int, month: int, year: int) -> list[str]:
    """Ways to write a day."""
    name = MONTHS[month - 1]
    return [f"{day} {name} {year}", f"{name} {day}, {year}", f"{year}-{month:02}-{day:02}", f"{name[:3]} {day}, {year}"]


def spelled(value: int) -> str:
    """A whole number in words."""
    if value < 20:
        return UNITS[value]
    if value < 100:
        return TENS[value // 10] + (f"-{UNITS[value % 10]}" if value % 10 else "")
    size, name = next(
        pair
        for pair in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
        if value >= pair[0]
    )
    rest = value % size
    link = "" if not rest else " and " if rest < 100 else " "
    return f"{spelled(value // size)} {name}{link}{spelled(rest) if rest else ''}"


def number(generator: random.Random, value: int) -> str:
    """A whole number in digits or, if that is short, in words."""
    ways = [f"{value:,}", str(value) if value < 10_000 else f"{value:,}"]
    if value <= 100 or len(spelled(value)) < 20:
        ways.append(spelled(value))
    return generator.choice(ways)


def counting(generator: random.Random, value: int, plural: str) -> str:
    """A number above one with what is counted."""
    return f"{number(generator, value)} {plural}"


def unlike(generator: random.Random, value: int, *others: int) -> int:
    """Another positive number of about the same size, none of the others."""
    spread = max(3, value // 2)
    return generator.choice(
        [n for n in range(max(2, value - spread), value + spread + 2) if n != value and n not in others]
    )


def percentage(generator: random.Random, value: int) -> str:
    """A percentage in one of its spellings."""
    return generator.choice([f"{value} percent", f"{value}%", f"{value} per cent", f"{spelled(value)} per cent"])
