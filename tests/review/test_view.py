"""The state of a page in its address."""

from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ConfigError
from factcheck.review.view import Drawn, View
from factcheck.run.listing import Filter, Order
from factcheck.run.reviews import Status
from factcheck.types import Label, Reason

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
shares = st.none() | st.integers(0, 1000).map(lambda share: share / 1000)
views = st.builds(
    View,
    st.builds(
        Filter,
        label=st.none() | st.sampled_from(Label),
        reason=st.none() | st.sampled_from(Reason),
        status=st.none() | st.sampled_from(Status),
        assigned=texts,
        document=texts,
        text=texts,
        least=shares,
        most=shares,
        order=st.sampled_from(Order),
    ),
    st.integers(1, 10**6),
    st.none() | st.builds(Drawn, st.integers(0, 2**53 - 1), st.integers(1, 10**6)),
)


def read(query):
    return View.of(dict(parse_qsl(query.removeprefix("?"))))


@given(views)
def test_an_address_gives_back_the_view_it_was_made_of(view):
    """Whatever is in it."""
    assert view == read(view.query())


@given(views, st.integers(1, 9))
def test_a_value_can_be_put_otherwise_and_the_others_stay(view, page):
    """None takes it out."""
    changed = read(view.query(page=page, label=None))

    assert page == changed.page
    assert changed.filter.label is None
    assert (view.filter.text, view.drawn, view.filter.order) == (
        changed.filter.text,
        changed.drawn,
        changed.filter.order,
    )


def test_the_usual_view_has_no_query():
    """The shortest address is the front page."""
    assert "" == View(Filter()).query()
    assert not View(Filter(order=Order.CLAIM), 3).is_filtered
    assert View(Filter(least=0.0)).is_filtered


@given(
    st.dictionaries(st.sampled_from(["label", "least", "page", "drawn", "order", "status", "x"]), st.text(max_size=8))
)
def test_any_address_is_a_view_or_refused(values):
    """Never a crash; what it is read as, another address says as well."""
    with suppress(ConfigError):
        assert View.of(values) == read(View.of(values).query())


@pytest.mark.parametrize("number", ["nan", "inf", "-0.1", "1.1", "x", ""])
def test_a_share_is_a_number_from_0_to_1(number):
    """Nothing else that Python reads as a number; an empty one counts as left out."""
    if not number:
        assert View.of({"least": number}).filter.least is None
        return
    with pytest.raises(ConfigError):
        View.of({"least": number})
