"""Whether the figures and dates of a claim are those of a passage."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Check, Passage, Source
from factcheck.wording.quantity import Side, check, compare, figures

EXPRESSIONS = Path(__file__).parents[1] / "data/quantities.jsonl"
ENTRIES = [json.loads(line) for line in EXPRESSIONS.read_text("utf-8").splitlines()]
WORDS = """
In 2014 the 31 cones % $5m between 80 and 90 about nearly at least 3rd May 12 March 2019 1914-18 1980s Q3 of half
- one in five
not ± COVID-19 room 7 more than , . ( ) since present '90s 10:30 \u017f ٣٤ first quarter 20th century last year
"""
TEXTS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join))


def passage(quote, before="", title="", date=None):
    premise = f"{before} {quote}" if before else quote
    return Passage(Source("doc", title, "doc.txt", "", None, date), 0, 0, len(quote), quote, premise)


def findings(claim, quote, **around):
    return [(found.kind, found.opposes) for found in check(claim, passage(quote, **around))]


def iso(date):
    ends = []
    for at in (0, 1):
        parts = [str(date.years[at]) if date.years else "-", f"{date.months[at]:02}" if date.months else ""]
        ends.append("-".join(part for part in (*parts, f"{date.day:02}" if date.day else "") if part))
    return ends[0] if ends[0] == ends[1] else "/".join(ends)


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry["kind"] != "date"], ids=lambda entry: entry["text"]
)
def test_figures_have_bounds_and_a_unit(entry):
    """Each expression of the list is read with its value, or its bounds, in one unit each."""
    [*found] = figures(entry["text"]).amounts

    def equal(got, wanted):
        return got is wanted if None in (got, wanted) else math.isclose(got, wanted, rel_tol=1e-4)

    assert any(
        equal(amount.low, entry["low"])
        and equal(amount.high, entry["high"])
        and ("ordinal" if amount.number.ordinal else amount.unit) == entry["unit"]
        for amount in found
    )


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry["kind"] == "date"], ids=lambda entry: entry["text"]
)
def test_dates_have_years_months_and_days(entry):
    """In all usual English writings; what is not said stays open."""
    assert entry["date"] in [iso(date) for date in figures(entry["text"]).dates]


@pytest.mark.parametrize(
    ("claim", "quote", "side"),
    [
        ("about 400 men", "396 men", Side.MATCHED),
        ("about 400 men", "412 men", Side.MATCHED),
        ("about 400 men", "460 men", Side.MISMATCHED),
        ("nearly 50 men", "48.7 men", Side.MATCHED),
        ("nearly 50 men", "52 men", Side.MISMATCHED),
        ("85 %", "80-90 %", Side.MATCHED),
        ("85 %", "between 60 and 70 percent", Side.MISMATCHED),
        ("2.5 million men", "2.4 million men", Side.MISMATCHED),
        ("2.5 million men", "2,480,000 men", Side.MATCHED),
        ("20 men", "21 men", Side.MISMATCHED),
        ("0.4 billion men", "400 million men", Side.MATCHED),
        ("at least 50 men", "50 men", Side.MATCHED),
        ("less than 15 men", "15 men", Side.MISMATCHED),
        ("54 men", "fewer than 84 men", Side.OPEN),
        ("more than half of men", "52 %", Side.MATCHED),
        ("three quarters of men", "74 %", Side.MATCHED),
        ("5 km", "5 kg", None),
        ("$5", "5 euros", None),
        ("80 km/h", "80 km a day", None),
    ],
)
def test_figures_are_compared_by_value_and_unit(claim, quote, side):
    """Bounds as intervals, approximations by the digits written, roundings as what they round."""
    assert compare(figures(claim).amounts[0], figures(quote).amounts[0]) is side


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The mine employs 2.5 million people.", "The mine employs 2.4 million people."),
        ("The bridge cost 40 million euros.", "The bridge cost 45 million euros to build."),
        ("The school in Tarn was built in 1961.", "The school in Tarn was built in 1962."),
        ("The tower is 200 metres high.", "The tower is 0.3 km high."),
        ("The library opened on 12 March 2014.", "The library opened on 12 May 2014."),
        ("Rolf Brask was the fifth mayor of Tarn.", "Rolf Brask was the fourth mayor of Tarn."),
    ],
)
def test_the_same_words_with_another_figure_oppose_the_claim(claim, quote):
    """Subject, measure and period agree, and the passage does not have the claim's figure too."""
    [found] = check(claim, passage(quote))

    assert (found.check, found.kind, found.opposes) == (Check.QUANTITY, "mismatched", True)
    assert found.claim is not None
    assert found.passage is not None
    assert found.detail == f"claim {claim[slice(*found.claim)]}, passage {quote[slice(*found.passage)]}"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The mine sold 300 tonnes in 2020.", "The mine sold 250 tonnes in 2019."),
        ("The mine sold 300 tonnes.", "The mine sold 250 tonnes in 2019."),
        ("The mine sold 300 tonnes.", "Last year the mine sold 250 tonnes."),
        ("The mine sold 300 tonnes.", "Another mine sold 250 tonnes."),
        ("The mine sold 300 tonnes.", "The mine did not sell 250 tonnes."),
        ("The Brask mine sold 300 tonnes.", "The Tarn mine sold 250 tonnes."),
        ("Wages rose by 5 percent in Tarn.", "Rents rose by 9 percent in Tarn."),
        ("The 2015 season of the league had few goals.", "The 2017 season of the league had few goals."),
    ],
)
def test_another_period_or_subject_is_no_contradiction(claim, quote):
    """At most support is taken away."""
    assert not any(found.opposes for found in check(claim, passage(quote)))


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The mine has 50 workers.", "The mine has 50 workers."),
        ("The choir has nine singers.", "Five women and four men sing in the choir."),
        ("The choir has 60 % women.", "Of the choir's 20 singers 12 are women."),
        ("The club was active in 1975.", "The club was active from 1970 to 1980."),
        ("The club was founded before 1990.", "The club was founded in 1985."),
        ("The club was founded in the 1980s.", "The club was founded in 1985."),
        ("The club was founded in the 20th century.", "The club was founded in 1985."),
        ("The club has played in Tarn since 1985.", "The club (1985-present) plays in Tarn."),
        ("The club met last year.", "The club met in 2019."),
        ("The prize is worth $2 million.", "The prize, worth $1.5 million at first, was raised to $2 million."),
        ("It happened 20 years ago.", "It happened in 2004."),
        ("Thousands of people came.", "Over 3,000 people came."),
        ("One of the first trams ran here.", "A tram ran here early on."),
        ("The hall seats 1,200.", "The hall seats about 1,200."),
    ],
)
def test_what_follows_from_a_passage_is_not_found_fault_with(claim, quote):
    """Sums, shares, stretches of time and other writings are no mismatch."""
    assert findings(claim, quote) == []


def test_fifty_is_not_in_fifteen_hundred():
    """Values are compared, not digits."""
    assert findings("The mine has 50 tonnes of ore.", "The mine has 1500 tonnes of ore.") == [("mismatched", True)]


def test_a_passage_without_such_a_figure_only_takes_support_away():
    """The figure is the point of the claim, and the passage has none of that kind."""
    [found] = check("The bridge cost 40 million euros.", passage("The bridge was costly."))

    assert (found.kind, found.opposes, found.passage) == ("absent", False, None)
    assert found.detail == "claim 40 million euros, not in the passage"


@pytest.mark.parametrize("around", [{"title": "Tarn in 1985"}, {"date": "1985-05-01"}, {"before": "It was 1985."}])
def test_title_date_and_context_tell_the_year(around):
    """A year that stands beside the sentence is not absent."""
    assert findings("The mine closed in 1985.", "The mine closed.", **around) == []
    assert findings("The mine closed in 1985.", "The mine closed.") == [("absent", False)]


def test_figures_of_the_sentence_before_have_no_span_and_do_not_oppose():
    """Spans are of the quote alone."""
    [found] = check("The mine sold 300 tonnes.", passage("It did well.", before="The mine sold 250 tonnes."))

    assert (found.kind, found.opposes, found.passage) == ("mismatched", False, None)


def test_spans_count_in_the_quote_where_the_premise_opens_with_context():
    """Not in the premise."""
    quote = "The mine sold 250 tonnes."
    [found] = check("The mine sold 300 tonnes.", passage(quote, before="The year was good."))

    assert quote[slice(*found.passage)] == "250 tonnes"


def test_names_that_differ_in_their_number_take_support_away():
    """Room 7 is not room 10."""
    assert findings("The picture hangs in room 10.", "The picture hangs in room 7.") == [("mismatched", False)]


@given(TEXTS)
def test_a_text_agrees_with_itself(text):
    """Nothing is found in a passage that is the claim."""
    assert check(text, passage(text)) == ()


@given(TEXTS, TEXTS, TEXTS)
def test_spans_are_of_claim_and_quote(claim, quote, before):
    """Whatever the texts."""
    for found in check(claim, passage(quote, before=before)):
        assert found.claim is not None
        assert 0 <= found.claim[0] < found.claim[1] <= len(claim)
        assert found.passage is None or 0 <= found.passage[0] < found.passage[1] <= len(quote)
        assert found.passage is not None or not found.opposes


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_a_least_is_met_by_all_that_is_no_less(bound, value):
    """And by nothing else."""
    side = compare(figures(f"at least {bound} kg").amounts[0], figures(f"{value} kg").amounts[0])

    assert (side is Side.MISMATCHED) == (value < bound) or abs(value - bound) * 1000 <= bound
