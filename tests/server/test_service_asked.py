"""Bodies of any kind: each is an answer of the service, never a fault."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import body

FIELDS = ("claim", "id", "contexts", "doc_ids", "date", "label", "evidence", "input", "response")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.text(max_size=30) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), VALUES, max_size=5)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def post(visitor, content, path="/v1/verify"):
    return visitor.post(path, content=content, headers={"content-type": "application/json"})


@given(items=st.lists(ITEMS, min_size=1, max_size=6))
@FEW
def test_texts_and_objects_are_answered_one_by_one(visitor, items):
    """A record or an error for each, in its place, and what a claim brought comes back."""
    answer = post(visitor, body({"claims": items}))

    assert 200 == answer.status_code
    results = answer.json()["results"]
    assert len(items) == len(results)
    assert answer.json()["errors"] == sum("error" in one for one in results)
    for at, (item, one) in enumerate(zip(items, results, strict=True)):
        if "error" in one:
            assert at == one["index"]
        else:
            assert one["input"] == (item if isinstance(item, dict) else {"claim": item})


@given(content=st.binary(max_size=60) | VALUES.map(body) | VALUES.map(lambda value: body({"claims": value})))
@FEW
def test_any_body_is_answered_in_one_of_two_ways(visitor, content):
    """By verdicts, or by an error that says what to do."""
    for path in ("/v1/verify", "/v1/search"):
        answer = post(visitor, content, path)

        assert answer.status_code in (200, 422)
        if answer.status_code == 422:
            assert {"where", "found", "fix"} == answer.json()["error"].keys()


@given(value=VALUES)
@FEW
def test_a_record_that_is_cut_off_anywhere_is_refused(visitor, value):
    """Half a request is none."""
    whole = json.dumps({"claims": [{"claim": "The harbour opened.", "note": value}]}).encode()

    assert 422 == post(visitor, whole[: len(whole) // 2]).status_code
