"""Scoring a file of pairs: order, bad records, windows."""

import json

import pytest

from factcheck.errors import ClaimsError, ConfigError, FactcheckError, ScoreError
from factcheck.jobs import score
from factcheck.jobs.score import ScoreJob, score_file
from factcheck.testing import RuleNLI

GOOD = [
    {"id": 1, "premise": "Rain fell on 3 hills.", "hypothesis": "Rain fell.", "label": "gold"},
    {"id": 2, "premise": "Rain fell.", "hypothesis": "Snow fell."},
    {"id": 3, "premise": "Rain did not fall.", "hypothesis": "Rain falls."},
]
LONG = {"id": 9, "premise": "word " * 600, "hypothesis": "Rain fell."}


class Noting(RuleNLI):
    """Keeps how many pairs each call had."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.calls = []

    def score(self, pairs):
        self.calls.append(len(pairs))
        return super().score(pairs)


class Notes:
    def __init__(self):
        self.notes, self.done = [], 0

    def total(self, stage, n, *, done=0):
        pass

    def advance(self, stage, n=1):
        self.done += n

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def write(tmp_path):
    def write(records, name="pairs.jsonl"):
        path = tmp_path / name
        path.write_text("".join(item if isinstance(item, str) else json.dumps(item) + "\n" for item in records))
        return path

    return write


def scored(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_records_come_back_in_order_with_their_scores(write, tmp_path):
    """Every field of the input, then ours."""
    out = tmp_path / "scores.jsonl"
    expected = RuleNLI().score([(record["premise"], record["hypothesis"]) for record in GOOD])

    report = score_file(ScoreJob(source=write(GOOD), out=out), RuleNLI())

    for record, one, got in zip(GOOD, expected, scored(out), strict=True):
        assert record.items() <= got.items()
        assert (one.entailment, one.neutral, one.contradiction) == (
            got["entailment"],
            got["neutral"],
            got["contradiction"],
        )
    assert ["entailment", "neutral", "contradiction"] == [
        got.get("factcheck_label", got["label"]) for got in scored(out)
    ]
    assert (3, 0, 3) == (report.pairs, report.rejected, report.counters.pairs_scored)
    assert "3 pairs in " in str(report)
    assert "padding efficiency 1.00" in str(report)


def test_many_pairs_are_scored_a_window_at_a_time(write, tmp_path, monkeypatch):
    """By number and by length, so that memory is bounded; order is kept across windows."""
    monkeypatch.setattr(score, "_WINDOW", 4)
    monkeypatch.setattr(score, "_WINDOW_CHARACTERS", 100)
    records = [{"id": at, "premise": "Rain fell.", "hypothesis": "Rain fell."} for at in range(10)]
    records[5]["premise"] = "Rain " * 30
    scorer = Noting()

    score_file(ScoreJob(source=write(records), out=tmp_path / "out.jsonl"), scorer)

    assert [4, 2, 4] == scorer.calls
    assert list(range(10)) == [got["id"] for got in scored(tmp_path / "out.jsonl")]


def test_skipped_records_go_to_a_file_beside_the_scores(write, tmp_path):
    """With place and reason: those that cannot be read, and those that the model cannot."""
    out = tmp_path / "scores.jsonl"
    path = write([GOOD[0], "torn\n", LONG, GOOD[1], {"premise": "", "hypothesis": "x"}])

    report = score_file(ScoreJob(source=path, out=out, on_error="skip"), RuleNLI())

    assert [1, 2] == [got["id"] for got in scored(out)]
    rejected = scored(tmp_path / "scores.jsonl.rejected.jsonl")
    assert [2, 5, 3] == [one["line"] for one in rejected]  # the length of a pair is seen after its window was read
    for found, one in zip(("not valid JSON", "premise is empty", "more than the 512 tokens"), rejected, strict=True):
        assert found in one["problem"]
    assert {f"{path}:{line}" for line in (2, 3, 5)} == {one["place"] for one in rejected}
    assert 3 == report.rejected
    assert str(report).endswith("scores.jsonl.rejected.jsonl")


def test_no_file_of_rejected_records_is_left_where_there_are_none(write, tmp_path):
    """An old one would mislead."""
    (tmp_path / "scores.jsonl.rejected.jsonl").write_text("old")

    score_file(ScoreJob(source=write(GOOD), out=tmp_path / "scores.jsonl", on_error="skip"), RuleNLI())

    assert not (tmp_path / "scores.jsonl.rejected.jsonl").exists()


def test_skipped_records_are_told_where_scores_go_to_standard_output(write, capsysbinary):
    """There is no place beside it."""
    notes = Notes()

    score_file(ScoreJob(source=write([GOOD[0], "torn\n"]), on_error="skip"), RuleNLI(), progress=notes)

    assert 1 == json.loads(capsysbinary.readouterr().out)["id"]
    (note,) = notes.notes
    assert "pairs.jsonl:2: not valid JSON" in note
    assert 1 == notes.done


@pytest.mark.parametrize("bad", ["torn\n", LONG, {"premise": "x"}])
def test_a_record_that_stops_the_job_does_not_cost_the_scores_before_it(write, tmp_path, bad):
    """They are written, and the message says so."""
    out = tmp_path / "scores.jsonl"

    with pytest.raises(ClaimsError, match=r"pairs\.jsonl:3: .*the scores of all 2 before it are written"):
        score_file(ScoreJob(source=write([GOOD[0], GOOD[1], bad, GOOD[2]]), out=out), RuleNLI())
    assert [1, 2] == [got["id"] for got in scored(out)]


def test_a_first_record_that_stops_the_job_leaves_everything_as_it_was(write, tmp_path):
    """No empty file takes the place of an earlier one."""
    out = tmp_path / "scores.jsonl"
    out.write_text("before")

    with pytest.raises(ClaimsError, match=r"pairs\.jsonl:1: not valid JSON"):
        score_file(ScoreJob(source=write(["torn\n"]), out=out), RuleNLI())
    assert "before" == out.read_text()


def test_a_file_with_no_usable_record_is_an_error(write, tmp_path):
    """All of them were skipped."""
    with pytest.raises(ClaimsError, match="none of its 2 records"):
        score_file(ScoreJob(source=write(["torn\n", LONG]), out=tmp_path / "s.jsonl", on_error="skip"), RuleNLI())


def test_a_model_that_fails_is_not_taken_for_a_bad_record(write, tmp_path):
    """Its error comes through, and nothing is skipped."""

    class Broken(RuleNLI):
        def score(self, pairs):
            raise ScoreError("pair", "model gave nan")

    with pytest.raises(ScoreError, match="nan"):
        score_file(ScoreJob(source=write(GOOD), out=tmp_path / "s.jsonl", on_error="skip"), Broken())


@pytest.mark.parametrize(
    ("settings", "error", "found"),
    [
        ({"out": "scores.txt"}, ConfigError, "--to"),
        ({"out": "scores.jsonl", "to": "xlsx"}, ConfigError, "jsonl, csv"),
        ({"source": "none.jsonl"}, ClaimsError, "no such file"),
        ({"out": "no-folder/scores.jsonl"}, FactcheckError, "cannot be written"),
        ({"out": "no-folder/scores.jsonl", "on_error": "skip"}, FactcheckError, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused(write, tmp_path, settings, error, found):
    """With the way out."""
    paths = {name: tmp_path / settings[name] for name in ("out", "source") if name in settings}

    with pytest.raises(error, match=found):
        score_file(ScoreJob(**({"source": write(GOOD)} | settings | paths)), RuleNLI())
