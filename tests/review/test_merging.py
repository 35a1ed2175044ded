"""Files of decisions, line by line."""

import json

import pytest
from harbour import harbour_verdicts
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.review.merging import merge
from factcheck.run.reviews import Decide, Event, Note, Reviews, Undo, seen_evidence
from factcheck.types import Label

GOOD = Event("h00", "ann", Note("Look again."), 5.0, "one").record()


def line(**changes):
    return json.dumps(GOOD | changes).encode()


@pytest.fixture
def reviews(run):
    with Reviews(run) as opened:
        yield opened


BAD = {
    "no json": b"{",
    "a torn character": b'{"id": "\xff"}',
    "a list": b"[]",
    "nesting": b"[" * 100_000,
    "half a character": line(reviewer="\ud800"),
    "half a character inside": line(detail={"text": "\ud800"}),
    "no id": line(id=""),
    "an endless id": line(id="x" * 500),
    "no reviewer": line(reviewer=" "),
    "no time": line(time=None),
    "a time that is none": b'{"id":"a","claim_id":"h00","reviewer":"a","time":NaN,"kind":"note","detail":{"text":"x"}}',
    "a time before all": line(time=-1),
    "another run's claim": line(claim_id="elsewhere"),
    "an unknown kind": line(kind="delete"),
    "a detail that is none": line(detail=7),
    "a text that is none": line(detail={"text": 7}),
    "a label that is none": line(kind="decide", detail={"label": "MAYBE", "machine": "SUPPORTED", "saw": ""}),
    "a line without end": b'"' + b"x" * 1_000_001 + b'"',
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_line_is_told_and_loses_no_good_one(reviews, bad):
    """The lines before and after it are stored."""
    merged = merge(reviews, [line(), bad, b"  \n", line(id="two")])

    assert (2, 0) == (merged.new, merged.known)
    assert [2] == [item.line for item in merged.refused]
    assert merged.refused[0].why
    assert ["one", "two"] == [event.id for event in reviews.events()]


def test_a_file_merged_twice_is_stored_once(reviews):
    """Also where one file holds a line twice."""
    assert 1 == merge(reviews, [line(), line()]).new
    assert (0, 1) == ((again := merge(reviews, [line()])).new, again.known)


def test_a_byte_order_mark_is_no_part_of_the_first_line(reviews):
    """Some editors write one."""
    assert 1 == merge(reviews, [b"\xef\xbb\xbf" + line()]).new


def test_nobody_takes_back_what_another_did(reviews):
    """Neither in the file nor in the run; one's own acts can be."""
    item = harbour_verdicts()[0]
    stored = reviews.add(Event("h00", "ben", Decide(Label.CONTRADICTED, item.label, seen_evidence(item))))
    undo = {"kind": "undo", "id": "u"}

    merged = merge(
        reviews,
        [
            line(),
            line(**undo, reviewer="eve", detail={"event": "one"}),
            line(**undo, reviewer="eve", detail={"event": stored.id}),
            line(**undo, detail={"event": "one"}),
        ],
    )

    assert [2, 3] == [item.line for item in merged.refused]
    assert reviews.of("h00").label is Label.CONTRADICTED
    assert isinstance(reviews.events()[-1].act, Undo)


@settings(max_examples=25)  # each writes a run
@given(st.lists(st.binary(max_size=60) | st.sampled_from([line(id=str(at)) for at in range(5)]), max_size=8))
def test_whatever_a_file_holds_every_line_is_counted_once(lines):
    """New, known or refused, but for the empty ones; and a second time nothing is new."""
    import tempfile
    from pathlib import Path

    from harbour import write_run

    with tempfile.TemporaryDirectory() as folder, Reviews(write_run(Path(folder), harbour_verdicts()[:1])) as reviews:
        first, second = merge(reviews, lines), merge(reviews, lines)

    distinct = len({one for one in lines if one.startswith(b'{"id"')})
    assert first.new == distinct
    assert (0, distinct) == (second.new, second.known)
    assert len(first.refused) == sum(bool(one.strip()) and not one.startswith(b'{"id"') for one in lines)
