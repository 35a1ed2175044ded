"""The numbers of a text with their values: 0.4 billion is 400 million, 1,200 is 1200, the 3rd is the third."""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

_DECIMAL_COMMA = frozenset(["da", "de", "el", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr"])
_MOST_DIGITS = 40  # longer runs are no quantities, and slow to compute with
_LARGEST = 10**18  # "million million million"; more such words in a row are no quantity either

_CODES = "USD|EUR|GBP|JPY|INR|NOK|SEK|DKK|CHF|CNY|RMB|AUD|CAD|NZD|KRW|RUB|BRL|ZAR"
_DIGITS = r"(?:\d{1,3}(?:[.,'’\u00a0\u2009\u202f ]\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
_TOKEN = re.compile(
    rf"""
    (?: (?<!\w)(?P<currency>(?:US|AU?|CA?|NZ|HK|S)?\$|[€£¥₹]|(?:{_CODES})(?=[\s\d])|(?:Rs|kr)\.?(?=\s?\d)) \s?
      | (?P<sign>(?<![\w.,)])[-−])? (?<![\w.,])
    ) (?P<digits>{_DIGITS}) (?P<ordinal>(?:st|nd|rd|th)(?!\w))? (?P<decade>['’]?s(?!\w))?
    | (?P<word>[^\W\d_]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DATE = re.compile(r"(?<![\w.,-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_GAP = re.compile(r"[\s\u00a0-]{0,3}")
_AND = re.compile(r"[\s\u00a0-]{1,3}and\s", re.IGNORECASE)
_PERCENT = re.compile(
    r"(?:\s{0,2}|-)(?:[%٪]|per\s?cents?\b|percent(?:age)?(?:\s+points?)?\b|percentage\b|pct\b)", re.IGNORECASE
)
_SHORT_SCALE = re.compile(r"\s?(?:k|m|mn|bn|tn)(?![\w°/²³])", re.IGNORECASE)
_RATE = re.compile(r"(?:/|\s?(?:per|an?|every|each)\s+)([a-z]{1,9})(?!\w)")
_RATES = {
    name: names.split()[0]
    for names in (
        "second s sec",
        "minute min",
        "hour h hr",
        "day",
        "night",
        "week",
        "month",
        "quarter",
        "year annum yr",
    )
    for name in names.split()
}

_SCALES = {
    "hundred": 100,
    "hundreds": 100,
    "thousand": 1_000,
    "million": 10**6,
    "millions": 10**6,
    "mn": 10**6,
    "billion": 10**9,
    "billions": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "trillions": 10**12,
    "tn": 10**12,
    "m": 10**6,
    "k": 10**3,
    "dozen": 12,
    "lakh": 10**5,
    "crore": 10**7,
}
_UNITS_OF_COUNTING = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_CARDINAL = (
    {"dozen": 12}
    | dict(zip(_UNITS_OF_COUNTING, range(20), strict=True))
    | dict(zip(_TENS, range(20, 100, 10), strict=True))
)
_ORDINAL = dict(zip(_ORDINALS, range(1, 21), strict=True)) | {"thirtieth": 30, "hundredth": 100}
_FRACTIONS = {"half": Fraction(1, 2), "halves": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4)}
_PLURAL_FRACTIONS = {f"{name}s": Fraction(1, value) for name, value in _ORDINAL.items() if 3 <= value <= 10}
_ONE_OF = {name: Fraction(1, value) for name, value in _ORDINAL.items() if 3 <= value <= 10} | {
    "quarter": Fraction(1, 4),
    "half": Fraction(1, 2),
}
_PARTS = _FRACTIONS | _PLURAL_FRACTIONS
_GREAT = frozenset(["hundred", "thousand", "million", "billion", "trillion", "dozen"])
_OFTEN_NO_NUMBER = frozenset(["one", "first", "second", "third", "half", "halves", "quarter", "quarters", "zero"])

_BEGINS = frozenset([*_CARDINAL, *_ORDINAL, *_FRACTIONS, "a", "an"])

_UNITS: dict[str, tuple[str, Fraction]] = {
    name: (dimension, Fraction(factor))
    for dimension, factor, names in (
        ("length", "1", "m metre metres meter meters"),
        ("length", "1000", "km kilometre kilometres kilometer kilometers"),
        ("length", "0.01", "cm centimetre centimetres centimeter centimeters"),
        ("length", "0.001", "mm millimetre millimetres millimeter millimeters"),
        ("length", "0.000001", "micrometre micrometres micrometer micrometers µm μm"),
        ("length", "0.000000001", "nm nanometre nanometres nanometer nanometers"),
        ("length", "1609.344", "mile miles mi"),
        ("length", "1852", "nmi"),
        ("length", "0.9144", "yard yards yd"),
        ("length", "0.3048", "foot feet ft"),
        ("length", "0.0254", "inch inches"),
        ("area", "10000", "hectare hectares ha"),
        ("area", "4046.8564224", "acre acres"),
        ("area", "1000000", "km² km2"),
        ("area", "1", "m² m2"),
        ("volume", "0.001", "litre litres liter liters"),
        ("volume", "0.000001", "ml millilitre millilitres milliliter milliliters"),
        ("volume", "1", "m³ m3"),
        ("barrels", "1", "barrel barrels"),
        ("gallons", "1", "gallon gallons"),
        ("mass", "1", "kg kilogram kilograms kilogramme kilogrammes kilo kilos"),
        ("mass", "0.001", "g gram grams gramme grammes"),
        ("mass", "0.000001", "mg milligram milligrams"),
        ("mass", "0.000000001", "µg μg mcg microgram micrograms"),
        ("mass", "1000", "tonne tonnes"),
        ("tons", "1", "ton tons"),
        ("mass", "0.45359237", "lb lbs"),
        ("mass", "0.028349523125", "ounce ounces oz"),
        ("time", "0.001", "ms millisecond milliseconds"),
        ("time", "1", "seconds secs"),
        ("time", "60", "minute minutes min mins"),
        ("time", "3600", "hour hours hr hrs"),
        ("time", "86400", "day days"),
        ("time", "604800", "week weeks"),
        ("months", "1", "month months"),
        ("months", "12", "year years yr yrs"),
        ("months", "120", "decade decades"),
        ("months", "1200", "century centuries"),
        ("power", "1", "w watt watts"),
        ("power", "1000", "kw kilowatt kilowatts"),
        ("power", "1000000", "mw megawatt megawatts"),
        ("power", "1000000000", "gw gigawatt gigawatts"),
        ("energy", "1", "kwh"),
        ("energy", "1000", "mwh"),
        ("energy", "1000000", "gwh"),
        ("energy", "1000000000", "twh"),
        ("data", "1", "mb megabyte megabytes"),
        ("data", "1000", "gb gigabyte gigabytes"),
        ("data", "1000000", "tb terabyte terabytes"),
        ("speed", "1", "mph"),
        ("frequency", "1", "hz hertz"),
        ("frequency", "1000", "khz"),
        ("frequency", "1000000", "mhz megahertz"),
        ("frequency", "1000000000", "ghz gigahertz"),
        ("temperature", "1", "°c celsius"),
        ("fahrenheit", "1", "°f fahrenheit"),
        ("USD", "1", "dollar dollars usd"),
        ("EUR", "1", "euro euros eur"),
        ("GBP", "1", "pound pounds gbp sterling"),
        ("JPY", "1", "yen jpy"),
        ("INR", "1", "rupee rupees inr"),
        ("CNY", "1", "yuan renminbi cny rmb"),
        ("NOK", "1", "nok"),
        ("SEK", "1", "sek"),
        ("DKK", "1", "dkk"),
        ("CHF", "1", "franc francs chf"),
        ("crowns", "1", "crown crowns krone kroner krona kronor"),
        ("AUD", "1", "aud"),
        ("CAD", "1", "cad"),
        ("NZD", "1", "nzd"),
        ("KRW", "1", "won krw"),
        ("RUB", "1", "rouble roubles ruble rubles rub"),
        ("BRL", "1", "brl"),
        ("ZAR", "1", "rand zar"),
    )
    for name in names.split()
}
_SHORT_UNIT = re.compile(
    r"\s{0,2}(?:(square|cubic|nautical|basis|degrees?)\s+)?"
    r"(m(?![\w²³])|g(?!\w)|°\s?[CF](?!\w)|[^\W\d_]{1,12}[²³23]?(?!\w))"
)
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "us$": "USD", "a$": "AUD", "au$": "AUD"}
_CURRENCIES |= {"c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "rs": "INR", "kr": "crowns"}
_CURRENCIES |= {code.lower(): "CNY" if code == "RMB" else code for code in _CODES.split("|")}
MONEY = frozenset([*_CURRENCIES.values(), "crowns"])
_ABBREVIATED = frozenset(["won", "rand", "min", "mi", "ha", "w", "rub", "cad"])  # words or names elsewhere


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands at `start` to `end` of a text.

    `values` has more than one where the writing can be read in two ways ("1.200"). `unit` is what is measured
    ("length", "percent", "USD"), with values in one unit each; empty where none is known. `sure` is False for words
    that often count nothing: "one of the first". `decade` is for "the 1980s". `step` is what the last digit written
    stands for, in the same unit: a tenth of a million in "2.5 million". `rate` is what a unit is counted in: "hour"
    in "80 km/h" and in "80 kilometres an hour", and outside the span.
    """

    start: int
    end: int
    values: frozenset[Fraction]
    unit: str = ""
    sure: bool = True
    decade: bool = False
    ordinal: bool = False
    fraction: bool = False  # a part of a whole, in words: "two thirds"
    step: Fraction = Fraction(1)
    rate: str = ""

    def equals(self, other: "Number") -> bool:
        """Whether both can mean the same: a value in common, and units that do not differ."""
        units_fit = not self.unit or not other.unit or self.unit == other.unit
        return units_fit and not self.values.isdisjoint(other.values)

    @property
    def kind(self) -> str:
        """What to call it beside another number: percentage, year, or number."""
        if self.unit == "percent":
            return "percentage"
        is_year = not self.unit and any(value.denominator == 1 and 1500 <= value <= 2100 for value in self.values)
        return "year" if is_year and (self.decade or self.end - self.start == 4) else "number"


def numbers(text: str, *, language: str = "en") -> list[Number]:
    """The numbers of a text, in order; they do not overlap. Number words are known in English alone."""
    found: list[Number] = []
    dates = {match.start(): match for match in _DATE.finditer(text)}
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() < end or (match["word"] and match["word"].lower() not in _BEGINS):
            continue
        if date := dates.get(match.start()):  # a month is a name elsewhere
            found += [Number(*date.span(at), frozenset({Fraction(int(date[at]))})) for at in (1, 3)]
            end = date.end()
            continue
        number = _of_digits(text, match, language) if match["digits"] else _of_word(text, match, language)
        if number is not None:
            found.append(number)
            end = number.end
    return found


def _of_digits(text: str, match: re.Match[str], language: str) -> Number | None:
    digits, start, end = match["digits"], match.start(), match.end()
    if sum(map(str.isdigit, digits)) > _MOST_DIGITS or (text[end : end + 1].isalpha() and not _may_follow(text, end)):
        return None
    values, step = _values(digits, language)
    if match["sign"]:
        values = {-value for value in values}
    if match["ordinal"] or match["decade"]:
        return Number(
            start, end, frozenset(values), decade=bool(match["decade"]), ordinal=bool(match["ordinal"]), step=step
        )
    if not match["currency"] and re.match(r"m(?![\w²³])", text[end : end + 2]):  # metres, or millions
        both = frozenset(value * factor for value in values for factor in (1, 10**6))
        return Number(start, end + 1, both, step=step)
    scale, end = _scale(text, end)
    unit = _CURRENCIES.get((match["currency"] or "").strip().strip(".").lower(), "")
    factor = Fraction(1)
    if not unit:
        unit, factor, end = _unit(text, end)
    scaled = frozenset(value * scale * factor for value in values)
    return Number(start, end, scaled, unit, step=step * scale * factor, rate=_rate(text, end, unit))


def _may_follow(text: str, end: int) -> bool:
    """Whether letters right after digits belong to the number: 5km, 3bn, 20°C."""
    return _SHORT_SCALE.match(text, end) is not None or _unit(text, end)[0] != ""


def _values(digits: str, language: str) -> tuple[set[Fraction], Fraction]:
    """What a row of digits can mean, and its last digit; separators of thousands and decimals differ by language."""
    plain = re.sub(r"['’\u00a0\u2009\u202f ]", "", digits)
    plain = "".join(sign if sign in ".," else str(unicodedata.decimal(sign)) for sign in plain)
    grouped = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:[.,]\d+)?", plain)
    separators = [sign for sign in plain if sign in ".,"]
    if not separators:
        return {Fraction(plain)}, Fraction(1)
    if len(separators) > 1:
        last = separators[-1]
        is_decimal = separators.count(last) == 1
        whole, _, part = plain.rpartition(last) if is_decimal else (plain, "", "")
        return {Fraction(re.sub(r"[.,]", "", whole) + (f".{part}" if part else ""))}, Fraction(1, 10 ** len(part))
    as_decimal, as_whole = Fraction(plain.replace(",", ".")), Fraction(re.sub(r"[.,]", "", plain))
    last_digit = Fraction(1, 10 ** len(plain.rpartition(separators[0])[2]))
    if grouped is None or plain.startswith("0"):
        return {as_decimal}, last_digit
    if language in _DECIMAL_COMMA:
        return {as_decimal, as_whole}, Fraction(1)
    return ({as_whole}, Fraction(1)) if separators == [","] else ({as_decimal}, last_digit)


def _of_word(  # noqa: C901, PLR0911 (one case a kind of word)
    text: str, match: re.Match[str], language: str
) -> Number | None:
    if language != "en":
        return None
    word, start, end = match["word"].lower(), match.start(), match.end()
    if word in {"a", "an"}:
        return _of_article(text, start, end)
    if (part := _FRACTIONS.get(word)) is not None:
        return _half_of(text, start, end, word, part)
    if (place := _ORDINAL.get(word)) is not None:
        return Number(start, end, frozenset({Fraction(place)}), sure=word not in _OFTEN_NO_NUMBER, ordinal=True)
    if word not in _CARDINAL:
        return None
    value, sure, ordinal = Fraction(_CARDINAL[word]), word not in _OFTEN_NO_NUMBER, False
    following = _next_word(text, end)
    if following and word in _TENS:
        digit, digit_end = following
        if digit in _ORDINALS[:9]:
            value, end, ordinal = value + _ORDINAL[digit], digit_end, True
        elif digit in _UNITS_OF_COUNTING[1:10]:
            value, end = value + _CARDINAL[digit], digit_end
    elif following and following[0] in (_ONE_OF if word == "one" else _PARTS):
        part = (_ONE_OF if word == "one" else _PARTS)[following[0]]
        if value * part < 1:
            return Number(start, following[1], frozenset({value * part}), fraction=True)
    if ordinal:
        return Number(start, end, frozenset({value}), ordinal=True)
    return _scaled(text, start, end, value, sure=sure)


def _of_article(text: str, start: int, end: int) -> Number | None:
    """A hundred, a million, a dozen, a third of."""
    following = _next_word(text, end)
    if following is None:
        return None
    word, word_end = following
    if word in _GREAT:
        return _scaled(text, start, end, Fraction(1), sure=word != "dozen")
    if word in _ONE_OF and re.match(r"\s+of\b", text[word_end : word_end + 6]):
        return Number(start, word_end, frozenset({_ONE_OF[word]}), fraction=True)
    return None


def _half_of(text: str, start: int, end: int, word: str, part: Fraction) -> Number:
    """A half or quarter: of something, of a million, or of nothing that can be counted."""
    if word == "half" and (scaled := re.match(r"\s+an?\s+(?=(?:million|billion|trillion|dozen)\b)", text[end:])):
        return _scaled(text, start, end + scaled.end() - 1, part, sure=True)
    is_part = re.match(r"\s+(?:of|the|its|their|all|his|her)\b", text[end:]) is not None and word != "quarters"
    return Number(start, end, frozenset({part}), sure=False, fraction=is_part)


def _scaled(text: str, start: int, end: int, value: Fraction, *, sure: bool) -> Number:
    """A number word with all that multiplies it, adds to it and measures it: two hundred and fifty thousand miles."""
    total, current, step = Fraction(0), value, Fraction(1)
    scale, scaled_end = _scale(text, end)
    while scale != 1:
        end, sure, step = scaled_end, True, Fraction(scale)
        total, current = (total + current * scale, Fraction(0)) if scale % 1000 == 0 else (total, current * scale)
        more = _less_than(text, end, scale)
        if more is None:
            break
        current, end, step = current + more[0], more[1], Fraction(1)
        scale, scaled_end = _scale(text, end)
    unit, factor, unit_end = _unit(text, end)
    found = (total + current) * factor
    return Number(
        start,
        unit_end,
        frozenset({found}),
        unit,
        sure=sure or unit != "",
        step=step * factor,
        rate=_rate(text, unit_end, unit),
    )


def _less_than(text: str, end: int, scale: int) -> tuple[Fraction, int] | None:
    """The number word that is added to a scale: fifty in "two hundred and fifty"."""
    joined = _AND.match(text, end)
    start = joined.end() - 1 if joined else end
    following = _next_word(text, start)
    if following is None or following[0] not in _CARDINAL or following[0] == "dozen":
        return None
    value, end = Fraction(_CARDINAL[following[0]]), following[1]
    digit = _next_word(text, end)
    if following[0] in _TENS and digit and digit[0] in _UNITS_OF_COUNTING[1:10]:
        value, end = value + _CARDINAL[digit[0]], digit[1]
    is_close = not joined or scale in {100, 1000}
    return (value, end) if value < scale and is_close else None


def _scale(text: str, end: int) -> tuple[int, int]:
    """The factor of the words after a number, "million", and where they end; "hundred thousand" is two."""
    scale = 1
    if short := _SHORT_SCALE.match(text, end):
        word = short.group().strip()
        if short.group() != " m" and (word.islower() or not short.group()[0].isspace()):  # metres; a name
            return _SCALES[word.lower()], short.end()
    while scale < _LARGEST and (following := _next_word(text, end)) is not None:
        if len(following[0]) <= 2 or following[0] not in _SCALES:
            break
        scale, end = scale * _SCALES[following[0]], following[1]
    return scale, end


def _unit(text: str, end: int) -> tuple[str, Fraction, int]:
    """What is measured, in how many of its unit, and where the words for it end."""
    if percent := _PERCENT.match(text, end):
        return "percent", Fraction(1), percent.end()
    match = _SHORT_UNIT.match(text, end if text[end : end + 1] != "-" else end + 1)
    if match is None:
        return "", Fraction(1), end
    before, name = (match[1] or "").lower(), match[2].replace(" ", "")
    if before == "basis" and name.lower() == "points":
        return "percent", Fraction(1, 100), match.end()
    known = _UNITS.get(name.lower())
    if known is None or (name.lower() in _ABBREVIATED and _is_a_word(text, match)):
        return "", Fraction(1), end
    dimension, factor = known
    if before in {"square", "cubic"}:
        power = 2 if before == "square" else 3
        dimension, factor = ("area" if power == 2 else "volume"), factor**power
    elif before == "nautical":
        factor = Fraction(1852)
    return dimension, factor, match.end()


def _is_a_word(text: str, match: re.Match[str]) -> bool:
    """Whether what looks like a short unit goes on as a sentence does: "in 2014 won the cup"."""
    return re.match(r"\s+(?:the|a|an|his|her|its|their|by|in|at)\b", text[match.end() : match.end() + 8]) is not None


def _rate(text: str, end: int, unit: str) -> str:
    match = _RATE.match(text, end) if unit else None
    return _RATES.get(match[1], "") if match else ""


def _next_word(text: str, end: int) -> tuple[str, int] | None:
    gap = _GAP.match(text, end)
    start = gap.end() if gap else end
    match = _TOKEN.match(text, start)
    if start == end or match is None or not match["word"]:
        return None
    return match["word"].lower(), match.end()
