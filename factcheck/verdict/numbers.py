"""The numbers of a text with their values: 0.4 billion is 400 million, 1,200 is 1200, the 3rd is the third."""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

_DECIMAL_COMMA = frozenset(["da", "de", "el", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr"])
_MOST_DIGITS = 40  # longer runs are no quantities, and slow to compute with

_DIGITS = r"(?:\d{1,3}(?:[.,'’\u00a0\u2009\u202f ]\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
_TOKEN = re.compile(
    rf"""
    (?P<currency>[$€£¥₹]\s?)? (?P<sign>(?<![\w.,)])[-−])? (?<![\w.,]) (?P<digits>{_DIGITS})
    (?P<ordinal>(?:st|nd|rd|th)(?!\w))? (?P<decade>['’]?s(?!\w))?
    | (?P<word>[^\W\d_]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_DATE = re.compile(r"(?<![\w.,-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_GAP = re.compile(r"[\s\u00a0-]{0,3}")
_PERCENT = re.compile(r"\s{0,2}(?:[%٪]|per\s?cents?\b|percent(?:age)?(?:\s+points?)?\b|pct\b)", re.IGNORECASE)
_SHORT_SCALE = re.compile(r"\s?(?:k|m|mn|bn|tn)(?![\w°/²³])")

_SCALES = {
    "hundred": 100,
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
_ORDINAL = dict(zip(_ORDINALS, range(1, 21), strict=True)) | {"thirtieth": 30}
_FRACTIONS = {"half": Fraction(1, 2), "halves": Fraction(1, 2), "quarter": Fraction(1, 4), "quarters": Fraction(1, 4)}
_FRACTIONS |= {"thirds": Fraction(1, 3), "fifths": Fraction(1, 5), "tenths": Fraction(1, 10)}
_OFTEN_NO_NUMBER = frozenset(["one", "first", "second", "third", "half", "halves", "quarter", "quarters", "zero"])

_UNITS: dict[str, tuple[str, Fraction]] = {
    name: (dimension, Fraction(factor))
    for dimension, factor, names in (
        ("length", "1", "m metre metres meter meters"),
        ("length", "1000", "km kilometre kilometres kilometer kilometers"),
        ("length", "0.01", "cm centimetre centimetres centimeter centimeters"),
        ("length", "0.001", "mm millimetre millimetres millimeter millimeters"),
        ("length", "1609.344", "mile miles mi"),
        ("length", "0.3048", "foot feet ft"),
        ("length", "0.0254", "inch inches"),
        ("area", "10000", "hectare hectares ha"),
        ("area", "4046.8564224", "acre acres"),
        ("area", "1000000", "km² km2"),
        ("area", "1", "m² m2"),
        ("volume", "0.001", "litre litres liter liters"),
        ("volume", "1", "m³ m3"),
        ("mass", "1", "kg kilogram kilograms kilogramme kilogrammes"),
        ("mass", "0.001", "g gram grams gramme grammes"),
        ("mass", "1000", "tonne tonnes"),
        ("mass", "0.45359237", "lb lbs"),
        ("time", "1", "seconds"),
        ("time", "60", "minute minutes min"),
        ("time", "3600", "hour hours"),
        ("time", "86400", "day days"),
        ("time", "604800", "week weeks"),
        ("months", "1", "month months"),
        ("months", "12", "year years"),
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
        ("temperature", "1", "°c celsius"),
        ("fahrenheit", "1", "°f fahrenheit"),
        ("USD", "1", "dollar dollars usd"),
        ("EUR", "1", "euro euros eur"),
        ("GBP", "1", "pound pounds gbp sterling"),
        ("JPY", "1", "yen jpy"),
        ("INR", "1", "rupee rupees inr"),
    )
    for name in names.split()
}
_SHORT_UNIT = re.compile(
    r"\s{0,2}(?:(square|cubic)\s+)?(m(?![\w²³])|g(?!\w)|°\s?[CF](?!\w)|[^\W\d_]{1,12}[²³23]?(?!\w))"
)
_CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands at `start` to `end` of a text.

    `values` has more than one where the writing can be read in two ways ("1.200"). `unit` is what is measured
    ("length", "percent", "USD"), with values in one unit each; empty where none is known. `sure` is False for words
    that often count nothing: "one of the first". `decade` is for "the 1980s".
    """

    start: int
    end: int
    values: frozenset[Fraction]
    unit: str = ""
    sure: bool = True
    decade: bool = False

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
        if match.start() < end:
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
    values = _values(digits, language)
    if match["sign"]:
        values = {-value for value in values}
    if match["ordinal"] or match["decade"]:
        return Number(start, end, frozenset(values), decade=bool(match["decade"]))
    if not match["currency"] and re.match(r"m(?![\w²³])", text[end : end + 2]):  # metres, or millions
        return Number(start, end + 1, frozenset(value * factor for value in values for factor in (1, 10**6)))
    scale, end = _scale(text, end)
    unit = _CURRENCIES.get((match["currency"] or "").strip(), "")
    factor = Fraction(1)
    if not unit:
        unit, factor, end = _unit(text, end)
    return Number(start, end, frozenset(value * scale * factor for value in values), unit)


def _may_follow(text: str, end: int) -> bool:
    """Whether letters right after digits belong to the number: 5km, 3bn, 20°C."""
    return _SHORT_SCALE.match(text, end) is not None or _unit(text, end)[0] != ""


def _values(digits: str, language: str) -> set[Fraction]:
    """What a row of digits can mean; separators of thousands and decimals differ between languages."""
    plain = re.sub(r"['’\u00a0\u2009\u202f ]", "", digits)
    plain = "".join(sign if sign in ".," else str(unicodedata.decimal(sign)) for sign in plain)
    grouped = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:[.,]\d+)?", plain)
    separators = [sign for sign in plain if sign in ".,"]
    if not separators:
        return {Fraction(plain)}
    if len(separators) > 1:
        last = separators[-1]
        is_decimal = separators.count(last) == 1
        whole, _, part = plain.rpartition(last) if is_decimal else (plain, "", "")
        return {Fraction(re.sub(r"[.,]", "", whole) + (f".{part}" if part else ""))}
    as_decimal, as_whole = Fraction(plain.replace(",", ".")), Fraction(re.sub(r"[.,]", "", plain))
    if grouped is None or plain.startswith("0"):
        return {as_decimal}
    if language in _DECIMAL_COMMA:
        return {as_decimal, as_whole}
    return {as_whole} if separators == [","] else {as_decimal}


def _of_word(text: str, match: re.Match[str], language: str) -> Number | None:
    if language != "en":
        return None
    word, start, end = match["word"].lower(), match.start(), match.end()
    if (fixed := _FRACTIONS.get(word) or _ORDINAL.get(word)) is not None:
        return Number(start, end, frozenset({Fraction(fixed)}), sure=word not in _OFTEN_NO_NUMBER)
    if word not in _CARDINAL:
        return None
    value, sure = Fraction(_CARDINAL[word]), word not in _OFTEN_NO_NUMBER
    following = _next_word(text, end)
    if following and word in _TENS:
        digit, digit_end = following
        if digit in _ORDINALS[:9]:
            return Number(start, digit_end, frozenset({value + _ORDINAL[digit]}))
        if digit in _UNITS_OF_COUNTING[1:10]:
            value, end = value + _CARDINAL[digit], digit_end
    elif following and following[0] in _FRACTIONS:
        return Number(start, following[1], frozenset({value * _FRACTIONS[following[0]]}))
    scale, scaled_end = _scale(text, end)
    unit, factor, unit_end = _unit(text, scaled_end)
    sure = sure or scale != 1 or unit != ""
    return Number(start, unit_end, frozenset({value * scale * factor}), unit, sure=sure)


def _scale(text: str, end: int) -> tuple[int, int]:
    """The factor of the words after a number, "million", and where they end; "hundred thousand" is two."""
    scale = 1
    if short := _SHORT_SCALE.match(text, end):
        word = short.group().strip()
        if short.group() != " m":  # metres
            return _SCALES[word], short.end()
    while (following := _next_word(text, end)) and len(following[0]) > 2 and following[0] in _SCALES:
        scale, end = scale * _SCALES[following[0]], following[1]
    return scale, end


def _unit(text: str, end: int) -> tuple[str, Fraction, int]:
    """What is measured, in how many of its unit, and where the words for it end."""
    if percent := _PERCENT.match(text, end):
        return "percent", Fraction(1), percent.end()
    match = _SHORT_UNIT.match(text, end if text[end : end + 1] != "-" else end + 1)
    known = _UNITS.get(match[2].replace(" ", "").lower()) if match else None
    if match is None or known is None:
        return "", Fraction(1), end
    dimension, factor = known
    if match[1]:
        power = 2 if match[1].lower() == "square" else 3
        dimension, factor = ("area" if power == 2 else "volume"), factor**power
    return dimension, factor, match.end()


def _next_word(text: str, end: int) -> tuple[str, int] | None:
    gap = _GAP.match(text, end)
    start = gap.end() if gap else end
    match = _TOKEN.match(text, start)
    if start == end or match is None or not match["word"]:
        return None
    return match["word"].lower(), match.end()
