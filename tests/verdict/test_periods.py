"""Which times passages speak of, and which of two holds at a date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Passage, Source
from factcheck.verdict.periods import by, dates, differ, holding

days = st.dates().map(str)
iso = days | days.map(lambda day: day[:7]) | days.map(lambda day: day[:4])


def passage(text="It rained.", doc_id="a", date=None, title=""):
    return Passage(Source(doc_id, title, doc_id, "0" * 64, date=date), 0, 0, len(text), text, text)


@given(iso, iso, st.booleans())
def test_order_does_not_matter(first, second, named):
    """Two passages differ in time, or do not, whichever comes first; so do those that hold at a date."""
    one = passage("In 1990 it rained." if named else "It rained.", "a", first)
    other = passage("In 1991 it was dry." if named else "It was dry.", "b", second)

    assert differ(one, other) == differ(other, one)
    assert holding("2000-01-01", [one, other]) == [1 - at for at in reversed(holding("2000-01-01", [other, one]))]
    assert dates(one, other) == dates(other, one)


@given(iso, iso)
def test_a_document_is_there_by_its_own_date_and_after(first, second):
    """Of two dates, one document at least is there by the other's date."""
    assert by(first, first)
    assert by(first, second) or by(second, first)


@pytest.mark.parametrize(
    ("when", "document", "expected"),
    [
        ("2023-06", "2023-06-30", True),
        ("2023-06", "2023-07-01", False),
        ("2023-06-10", "2023-06", True),
        ("2023", "2024", False),
        ("2023", None, True),
        ("2023", "yesterday", True),
        ("2023-02-30", "2024", True),
    ],
)
def test_documents_that_are_dated_later_are_not_there(when, document, expected):
    """A month or year is there when it has begun; what is no date leaves nothing out."""
    assert expected is by(when, document)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"date": "2024-01-01"}, {"date": "2024-01-31"}, False),
        ({"date": "2024-01-01"}, {"date": "2024-02-02"}, True),
        ({"date": "2024"}, {"date": "2024-11-05"}, False),
        ({"date": "2024"}, {"date": "2026"}, True),
        ({"date": None}, {"date": "2026"}, False),
        ({"title": "Price list 2021"}, {"title": "Price list 2022"}, True),
        ({"title": "Price list"}, {"title": "Price list (draft)"}, True),
        ({"title": "Price list"}, {"title": "Opening hours"}, False),
        ({"title": ""}, {"title": ""}, False),
        ({"title": "Energy news", "date": "2020-01-01"}, {"title": "Energy news", "date": "2020-01-02"}, False),
        ({"title": "-" * 100_000}, {"title": "-" * 100_000 + "2"}, False),
        ({"text": "In 2019 it rained."}, {"text": "In 2019 it was dry.", "date": "2030"}, False),
    ],
)
def test_what_tells_periods_apart(one, other, expected):
    """Years that both name, dates more than a month apart, titles that are the same but for a version."""
    assert expected is differ(passage(**one), passage(doc_id="b", **other))


@pytest.mark.parametrize(
    ("when", "documents", "expected"),
    [
        ("2020", ["2015", "2019-06-01", "2020-01-05"], [2]),
        ("2020", ["2015", "2020-01-01", "2020-01-20", None], [1, 2]),
        ("2010", ["2015", "2019"], [0]),
        ("2020", ["2019-01-01", "2019-01-09"], []),
        ("2020", [None, "2019"], []),
        ("some day", ["2015", "2019"], []),
    ],
)
def test_the_latest_documents_by_a_date_hold(when, documents, expected):
    """Where none was there yet the earliest does; where they do not differ in time, or have no date, nobody chooses."""
    passages = [passage(doc_id=str(at), date=date) for at, date in enumerate(documents)]

    assert expected == holding(when, passages)
