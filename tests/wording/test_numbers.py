"""The numbers of a text and their values."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.wording.numbers import numbers

SIGNS = """
not all 31 % 1,200 1200 0.4 billion $5m 3rd second a hundred and fifty NOK 2014-03-12 −4 °C km/h each half of three
quarters one-half 10-12 ( ) isn't \uff11\uff12 ٣٤ , . 5 999999999999999999999999999999999999999999 square m² per hour
Rs kr. \u017f \u212a
"""
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(SIGNS.split()), max_size=30).map(" ".join))


def values(text, language="en"):
    return [sorted(map(float, number.values)) for number in numbers(text, language=language)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two hundred and fifty thousand", "250,000"),
        ("one thousand two hundred and five", "1205"),
        ("three million five hundred thousand", "3.5 million"),
        ("a hundred and one", "101"),
        ("half a million", "500,000"),
        ("NOK 12.48 billion", "NOK 12,480 million"),
        ("US$750,000", "$0.75 million"),
        ("25 basis points", "0.25 percent"),
        ("30 nautical miles", "55.56 km"),
        ("half of the men", "50 percent"),
    ],
)
def test_the_same_number_in_other_words(one, other):
    """Number words, scale words, currencies and units come to one value."""
    [first], [second] = numbers(one), numbers(other)

    assert [value * (100 if first.fraction else 1) for value in first.values] == list(second.values)
    assert first.fraction or first.unit == second.unit


@pytest.mark.parametrize(("text", "step"), [("2.5 million", 100_000), ("400", 1), ("0.068", 0.001), ("3 km", 1000)])
def test_the_last_digit_written_says_how_exact_a_number_is(text, step):
    """A tenth of a million in "2.5 million"."""
    [number] = numbers(text)

    assert float(number.step) == pytest.approx(step)


@pytest.mark.parametrize(("text", "rate"), [("80 km/h", "hour"), ("80 kilometres an hour", "hour"), ("80 km", "")])
def test_what_a_unit_is_counted_in_is_told(text, rate):
    """But it is no part of the span."""
    [number] = numbers(text)

    assert number.rate == rate
    assert text[: number.end] in {"80 km", "80 kilometres"}


def test_short_units_that_are_words_are_no_units_within_a_sentence():
    """To win is no currency."""
    assert numbers("In 2014 won the cup")[0].unit == ""
    assert numbers("It costs 5,000 won.")[0].unit == "KRW"


@given(TEXTS)
def test_numbers_stand_in_order_and_do_not_overlap(text):
    """Whatever the text."""
    found = numbers(text)

    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(number.start < number.end <= len(text) and number.values and number.step > 0 for number in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.4 billion people", "400 million people"),
        ("1 200 men", "1,200 men"),
        ("31 per cent", "31%"),
        ("the twenty-first dam", "dam number 21"),
        ("3.5 km", "3,500 metres"),
        ("two dozen eggs", "24 eggs"),
        ("$3bn", "3 billion dollars"),
        ("−4 °C", "-4 °C"),
        ("five hundred thousand", "500,000"),
        ("2 square kilometres", "200 hectares"),
        ("٣٤ boats", "34 boats"),
        ("two years", "24 months"),
    ],
)
def test_equal_values_are_equal_in_any_notation(one, other):
    """And in another unit of the same measure."""
    assert numbers(one)[0].equals(numbers(other)[0])


def test_digits_within_names_are_no_numbers():
    """CO2 counts nothing."""
    assert values("CO2 from an A320 and H2O") == []


def test_a_year_before_a_number_is_not_joined_with_it():
    """A blank groups thousands only where there are at most three digits before it."""
    assert values("In 2014 300 men") == [[2014], [300]]


def test_a_point_can_group_thousands_where_the_language_does_so():
    """Both readings count, since nobody can tell."""
    assert values("1.200", language="de") == [[1.2, 1200]]
    assert values("1.200", language="en") == [[1.2]]


@given(st.integers(0, 10**12))
def test_grouped_digits_are_the_plain_number(value):
    """With commas or without."""
    assert values(f"{value:,} x") == values(f"{value} x") == [[value]]
