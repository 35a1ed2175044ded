import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from strategies import verdicts

from factcheck.errors import FactcheckError, ScoreError
from factcheck.formats.records import place, to_json, to_line, verdict_from_record, verdict_record
from factcheck.types import (
    Check,
    Claim,
    Evidence,
    EvidenceFrom,
    Finding,
    Hit,
    Label,
    NLIScores,
    Part,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

HERE = Passage(Source("d1", "Harbour report", "harbour.pdf", "ab" * 32, "https://example.org/h", "2024-05", "pdf/1"),
               7, 40, 58, "Three cranes work.", "Harbour report. Three cranes work.", 2)  # fmt: skip
COPY = Passage(Source("d2", "", "notes.txt", "cd" * 32), 0, 0, 18, "Three cranes work.", "Three cranes work.")
FINDING = Finding(Check.QUANTITY, "mismatched", "claim four, passage three", (0, 4), (0, 5), opposes=True)
SCORES = NLIScores(0.0625, 0.0375, 0.9)
PART_SCORES = NLIScores(0.0, 0.25, 0.75)
VERDICT = Verdict(
    claim=Claim("c1", "Four cranes work.", start=5, end=22, input={"z": [1, None], "a": "é"}),
    label=Label.CONTRADICTED,
    score=0.9,
    reason=Reason.EVIDENCE,
    evidence_from=EvidenceFrom.CORPUS,
    evidence=(Evidence(Hit(HERE, 12.5, (COPY,)), SCORES, Stance.CONTRADICTS, (FINDING,), (PART_SCORES,)),),
    detail="about “Four cranes”",
    parts=(Part(0, 4, "Four cranes.", Label.CONTRADICTED, (0,)),),
    confidence=0.75,
    unjudged=2,
)
LINE = (
    '{"schema_version":1,"id":"c1","claim":"Four cranes work.","claim_start":5,"claim_end":22,'
    '"verdict":"CONTRADICTED","score":0.9,"confidence":0.75,"reason":"evidence",'
    '"detail":"about “Four cranes”","evidence_from":"corpus","judged":1,"found":3,'
    '"parts":[{"start":0,"end":4,"text":"Four cranes.","verdict":"CONTRADICTED","evidence":[0]}],'
    '"evidence":[{"doc_id":"d1","title":"Harbour report","path":"harbour.pdf","url":"https://example.org/h",'
    f'"date":"2024-05","page":2,"sha256":"{"ab" * 32}","extractor":"pdf/1","sentence":7,"start":40,"end":58,'
    '"quote":"Three cranes work.","premise":"Harbour report. Three cranes work.","joined":null,"titled":false,'
    '"stance":"contradicts","entailment":0.0625,"neutral":0.0375,'
    '"contradiction":0.9,"retrieval_score":12.5,"findings":[{"check":"quantity","kind":"mismatched",'
    '"detail":"claim four, passage three","claim":[0,4],"passage":[0,5],"opposes":true}],'
    '"part_scores":[{"entailment":0.0,"neutral":0.25,"contradiction":0.75}],"copies":[{"doc_id":"d2","title":"","path":"notes.txt","url":null,'
    f'"date":null,"page":null,"sha256":"{"cd" * 32}","extractor":"","sentence":0,"start":0,"end":18,'
    '"quote":"Three cranes work."}]}],"input":{"z":[1,null],"a":"é"}}'
)


def unknown(text="It rained.", score=0.5, **claim):
    return Verdict(
        Claim("c2", text, **claim), Label.NOT_ENOUGH_INFO, score, Reason.NO_PASSAGE_FOUND, EvidenceFrom.GIVEN
    )


def test_line_holds_the_schema_in_its_order():
    """A line is compact JSON with the documented keys in the documented order, input keys in their own."""
    assert to_line(VERDICT) == LINE


def test_record_gives_the_verdict_back():
    """Nothing a record holds is lost on the way back."""
    assert verdict_from_record(json.loads(LINE)) == VERDICT


def test_a_record_from_before_there_were_stages_can_be_read():
    """It has no key `found`: all that was found was judged."""
    record = json.loads(LINE)
    del record["found"]

    assert verdict_from_record(record) == replace(VERDICT, unjudged=0)


def test_a_record_that_found_less_than_it_judged_is_refused():
    """No verdict can have read more passages than there were."""
    with pytest.raises(FactcheckError, match="-1 passages unjudged"):
        verdict_from_record(json.loads(LINE) | {"found": 0})


@given(verdict=verdicts())
def test_reading_a_record_undoes_writing_it(verdict):
    """A verdict read from its line has the same record: no key is lost, and rounding twice changes nothing."""
    record = verdict_record(verdict)

    assert verdict_record(verdict_from_record(json.loads(to_line(verdict)))) == record


@given(verdict=verdicts())
def test_reading_a_record_gives_equal_objects(verdict):
    """Once floats are rounded, writing and reading gives an equal verdict."""
    rounded = verdict_from_record(verdict_record(verdict))

    assert verdict_from_record(verdict_record(rounded)) == rounded
    assert rounded.claim == verdict.claim
    assert [item.passage for item in rounded.evidence] == [item.passage for item in verdict.evidence]


@given(verdict=verdicts())
def test_a_line_is_one_line_for_every_reader(verdict):
    """A line has no line end of any kind in it, not even those that only Unicode knows."""
    assert len(to_line(verdict).splitlines()) == 1


def test_line_ends_of_unicode_survive_as_escapes():
    """U+0085, U+2028 and U+2029 are escaped and come back."""
    text = "a\x85b\u2028c\u2029d"
    line = to_line(unknown(text))

    assert "a\\u0085b\\u2028c\\u2029d" in line
    assert json.loads(line)["claim"] == text


def test_claim_that_was_not_split_has_no_span_keys():
    """The span keys are there only for a claim that was split from a longer text."""
    assert "claim_start" not in verdict_record(unknown())
    assert list(verdict_record(unknown(start=0, end=10)))[2:5] == ["claim", "claim_start", "claim_end"]


def test_floats_are_rounded_to_six_places_without_minus_zero():
    """Floats have six places at most, and a tiny negative one is a plain zero."""
    assert verdict_record(unknown(score=0.12345678))["score"] == 0.123457
    assert math.copysign(1, verdict_record(unknown(score=-1e-9))["score"]) == 1


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_score_that_is_no_number_is_refused(score):
    """A score that is not finite never reaches a file."""
    with pytest.raises(ScoreError, match="finite"):
        verdict_record(unknown(score=score))


def test_lone_surrogates_are_replaced_one_for_one():
    """A text that UTF-8 cannot hold is written with U+FFFD in the same places, so that its length stays."""
    line = to_line(unknown("a\ud800\udc00b", input={"\udfff": "\ud83d"}))

    assert line.encode()
    assert json.loads(line)["claim"] == "a\ufffd\ufffdb"
    assert json.loads(line)["input"] == {"\ufffd": "\ufffd"}


def test_numbers_of_the_input_that_json_lacks_become_null():
    """NaN and infinities of the input, however deep, become null; all else in it stays."""
    value = {"a": math.nan, "b": [1.5, {"c": -math.inf}], "d": "NaN", "e": True}

    assert json.loads(to_json(value)) == {"a": None, "b": [1.5, {"c": None}], "d": "NaN", "e": True}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "'c1': schema_version is 2; this version of factcheck reads 1"),
        ({"verdict": "MAYBE"}, "'c1': 'MAYBE' is not a valid Label"),
        ({"evidence": []}, "CONTRADICTED needs evidence that contradicts"),
        ({"evidence": [{}]}, "has no key 'quote'|has no key 'copies'"),
        ({"evidence": 3}, "'c1': 'int' object is not iterable"),
        ({"score": None}, "'c1': float"),
    ],
)
def test_damaged_record_is_refused_by_name(change, message):
    """A record that is no verdict is refused with the id of its claim and what is wrong."""
    with pytest.raises(FactcheckError, match=message):
        verdict_from_record(json.loads(LINE) | change)


def test_record_without_a_key_is_refused():
    """A missing key is named."""
    record = json.loads(LINE)
    del record["reason"]

    with pytest.raises(FactcheckError, match="has no key 'reason'"):
        verdict_from_record(record)


def test_unknown_keys_are_passed_over():
    """A record with keys of a later time is read all the same."""
    assert verdict_from_record(json.loads(LINE) | {"reviewed": True}) == VERDICT


def test_place_names_title_path_page_and_date():
    """A place reads from the title to the page, and leaves out what is not there."""
    assert place(HERE) == "Harbour report (harbour.pdf, page 2, 2024-05)"
    assert place(COPY) == "notes.txt"
    assert place(Passage(Source("given-1", "", "", ""), 0, 0, 1, "x", "x")) == "context given-1"
