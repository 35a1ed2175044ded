"""Claims from Python values: texts, records, Claims and rows of data frames."""

import datetime as dt
import decimal
import enum
import json
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ClaimsError
from factcheck.formats.export import table
from factcheck.formats.memory import claims_of
from factcheck.types import Claim, Context, EvidenceFrom, Label, Reason, Verdict

MISSING = [None, float("nan"), np.float32("nan"), pd.NaT, pd.NA, np.datetime64("NaT"), decimal.Decimal("NaN")]


class Desk(str, enum.Enum):  # noqa: UP042 - its str() is its name, unlike that of a StrEnum
    """A kind of text that JSON takes for one, and str() does not."""

    SEA = "sea"


def one(**fields):
    """The claim of a record with these fields."""
    [claim] = claims_of([{"claim": "The pier is open.", **fields}])
    return claim


@pytest.mark.parametrize("value", MISSING, ids=repr)
@pytest.mark.parametrize("name", ["date", "id", "contexts", "doc_ids", "label", "evidence"])
def test_a_missing_value_is_no_value(name, value):
    """None, NaN, NaT and NA say that a field is not there; the id is the one that a claim without one gets."""
    assert one(**{name: value}) == Claim(**{**vars_of(one()), "input": {"claim": "The pier is open.", name: None}})


def vars_of(claim):
    return {name: getattr(claim, name) for name in Claim.__slots__}


@pytest.mark.parametrize("value", [*MISSING, "", " "], ids=repr)
def test_a_missing_claim_is_refused(value):
    """A record whose claim is missing is an error that names it, and what must stand there."""
    claims = claims_of(["The pier is open.", {"claim": value}])

    assert next(claims).text == "The pier is open."
    with pytest.raises(ClaimsError, match=r"^claims:2: claim is (empty|only white space); it must be a text"):
        next(claims)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (pd.Timestamp("2021-03-04"), "2021-03-04"),
        (pd.Timestamp("2021-03-04T05:06:07.000000008Z"), "2021-03-04"),
        (dt.date(2021, 3, 4), "2021-03-04"),
        (dt.datetime(2021, 3, 4, 5, 6, tzinfo=dt.UTC), "2021-03-04"),
        (np.datetime64("2021-03-04T00:00", "ns"), "2021-03-04"),
        (np.datetime64("2021-03-04T05:06:07", "ns"), "2021-03-04"),
        (np.datetime64("2021-03"), "2021-03"),
        (np.int64(2021), "2021"),
        (2021.0, "2021"),
    ],
    ids=repr,
)
def test_dates_of_any_kind_are_dates(value, date):
    """Python's, numpy's and pandas' own become ISO 8601, and a year may be a number."""
    assert one(date=value).date == date


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int16(7), 7),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), "0.5"),
        (np.bool_(True), True),
        (np.str_("sea"), "sea"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(["2021-03-04"], "datetime64[ns]"), ["2021-03-04"]),
        (np.array(5), 5),
        (np.timedelta64(3, "h"), "3 hours"),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (("a", ("b", 1.5)), ["a", ["b", 1.5]]),
        ({1: pd.NA, "x": (pd.Timestamp("2021-03-04"),)}, {"1": None, "x": ["2021-03-04"]}),
        (Desk.SEA, "sea"),
        (dt.timedelta(hours=3), "3:00:00"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (bytearray(b"sea"), "sea"),
        (float("inf"), None),
    ],
    ids=repr,
)
def test_further_fields_become_values_of_json(value, plain):
    """What a record holds beside the claim is kept as plain values, so that it can be exported."""
    found = one(extra=value).input["extra"]

    assert (found, type(found)) == (plain, type(plain))
    assert json.loads(json.dumps(found)) == plain


def test_arrays_and_tuples_are_lists():
    """Sources and document names may stand in any sequence."""
    claim = one(contexts=({"id": np.int64(4), "text": "It is open."},), doc_ids=np.array(["a", "b"]), id=np.int64(9))

    assert (claim.contexts, claim.doc_ids, claim.id) == ((Context("4", "", "It is open."),), ("a", "b"), "9")


def test_the_rows_of_a_data_frame_can_be_verified_and_exported():
    """Columns with gaps, dates and arrays give the claims that a file of them gives, and rows that are plain."""
    frame = pd.DataFrame(
        {
            "id": [1, None],
            "claim": ["The pier is open.", "The pier is shut."],
            "date": [pd.Timestamp("2021-03-04"), pd.NaT],
            "doc_ids": [np.array(["a"]), None],
            "share": [np.nan, 0.5],
        }
    )

    first, second = claims_of(frame.to_dict("records"))

    assert (first.id, first.date, first.doc_ids) == ("1", "2021-03-04", ("a",))
    assert (second.id, second.date, second.doc_ids) == (one(claim="The pier is shut.").id, None, ())
    verdicts = [Verdict(first, Label.NOT_ENOUGH_INFO, 0.0, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS)]
    [row] = table(verdicts)
    assert (row["date"], row["doc_ids"], row["share"]) == ("2021-03-04", ["a"], None)


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (7, "the record is a number"),
        (None, "the record is null"),
        (float("nan"), "the record is a number"),
        (["The pier is open."], "the record is a list"),
        (b"The pier is open.", "the record is a bytes"),
        (pd.Series({"claim": "The pier is open."}), "the record is a Series"),
        (object(), "the record is an object"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_item_that_is_no_claim_is_refused(record, found):
    """What is neither text, mapping nor Claim is named, and what is allowed."""
    with pytest.raises(ClaimsError) as error:
        list(claims_of(["The pier is open.", record]))

    assert str(error.value) == f'claims:2: {found}; a claim is a text, a mapping such as {{"claim": "…"}}, or a Claim'


@pytest.mark.parametrize("name", ["claim", "id", "date", "contexts", "doc_ids", "label", "extra"])
@pytest.mark.parametrize("value", [{"a"}, object(), 1j, pd.Interval(1, 2)], ids=lambda value: type(value).__name__)
def test_a_value_that_json_has_no_type_for_is_refused(name, value):
    """The field and the type are named, wherever in the field the value stands."""
    for given_value in (value, [{"deep": value}]):
        with pytest.raises(ClaimsError, match=rf"^claims:1: {name} holds an? {type(value).__name__}; a field holds"):
            one(**{name: given_value})


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"claim": 5}, "claim is a number"),
        ({"id": ["a"]}, "id is a list"),
        ({"id": True}, "id is a boolean"),
        ({"date": dt.time(5)}, "date is '05:00:00'"),
        ({"contexts": 5}, "contexts is a number"),
        ({"contexts": (pd.NA,)}, r"contexts\[0\] is null"),
        ({"doc_ids": {"a": 1}}, "doc_ids is an object"),
        ({"extra": 10**5000}, "extra holds a number of more than 4,000 digits"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused(fields, found):
    """A value that JSON knows, in a field that it does not fit, is an error of that record."""
    with pytest.raises(ClaimsError, match=rf"^claims:1: {found}; "):
        one(**fields)


def test_a_record_that_holds_itself_is_refused():
    """Nesting without end is an error of the record."""
    record = {"claim": "The pier is open."}
    record["self"] = record

    with pytest.raises(ClaimsError, match=r"^claims:1: the record is nested too deep; "):
        list(claims_of([record]))


def test_names_of_fields_need_not_be_texts():
    """Without a claim the names found are listed, numbers too."""
    with pytest.raises(ClaimsError, match=r"^claims:1: no field 'claim'; fields found: 0, 1; "):
        list(claims_of([{0: "a", 1: "b"}]))


@pytest.mark.parametrize("claims", ["The pier is open.", {"claim": "The pier is open."}, Claim("a", "b")], ids=repr)
def test_one_claim_in_place_of_many_is_refused(claims):
    """A text is not read as a list of its letters, nor a record as one of its field names."""
    with pytest.raises(ClaimsError, match=r"^claims: one claim where many are expected; put it in a list"):
        list(claims_of(claims))


A = Claim("a", "The pier is open.")


@pytest.mark.parametrize(
    "records",
    [[A, A], [A, {"id": "a", "claim": "The pier is shut."}], [{"id": "a", "claim": "The pier is shut."}, A]],
    ids=["claim-claim", "claim-record", "record-claim"],
)
def test_an_id_comes_once(records):
    """Claims and records share their ids: the second with the same one is refused, the first is not."""
    claims = claims_of(records)

    assert next(claims).id == "a"
    with pytest.raises(ClaimsError, match=r"^claims:2: id 'a' stands at number 1 already; give every claim its own"):
        next(claims)


def test_an_id_that_is_made_differs_from_that_of_a_claim_before_it():
    """A text that was read before, and comes as a Claim with the id made for it then, is numbered."""
    [made] = claims_of(["The pier is open."])

    assert [claim.id for claim in claims_of([made, "The pier is open."])] == [made.id, f"{made.id}-2"]


def test_a_claim_is_kept_as_it_is_but_for_its_input():
    """A Claim passes unchanged; its input becomes plain, since it is exported."""
    claim = Claim("a", " The pier.", "2021", (Context("1", "", "x"),), ("d",), None, 1, 9, {"x": (np.int8(1), pd.NaT)})

    [found] = claims_of([claim])

    assert vars_of(found) == {**vars_of(claim), "input": {"x": [1, None]}}


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (Claim(7, "The pier is open."), "id of the Claim is a number"),
        (Claim("", "The pier is open."), "id of the Claim is empty"),
        (Claim("a", float("nan")), "text of the Claim is a number"),
        (Claim("a", " "), "text of the Claim is empty"),
        (Claim("a", "b", input={"x": {1}}), "x holds a set"),
    ],
)
def test_a_claim_without_id_or_text_is_refused(claim, found):
    """Nothing else checks a Claim that was made by hand."""
    with pytest.raises(ClaimsError, match=rf"^claims:1: {found}; "):
        list(claims_of([claim]))


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(MISSING),
        st.text(),
        st.integers(),
        st.floats(),
        st.dates(),
        st.datetimes(),
        st.binary(),
        st.decimals(),
        st.integers(-100, 100).map(np.int8),
        st.sets(st.integers()),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["claim", "id", "date", "contexts", "doc_ids", "label", "evidence", "x"])


@given(VALUES | st.dictionaries(NAMES, VALUES))
def test_any_value_gives_a_plain_claim_or_an_error_that_names_it(record):
    """No other exception leaves, and what comes out survives JSON."""
    refused = None
    try:
        [claim] = claims_of([record])
    except ClaimsError as error:
        refused = error

    if refused:
        assert refused.where == "claims:1"
        assert refused.fix
    else:
        assert claim.input == json.loads(json.dumps(claim.input, allow_nan=False))
