"""The gate: what it decides, on which claims, and how it says so."""

import json
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from factcheck.cli import app, main
from factcheck.config import Settings
from factcheck.errors import ConfigError, RunError
from factcheck.jobs.gate import Decision, Gate, Limit, Rules, compare, find, limits_of, strongest
from factcheck.jobs.gatereport import run_gate
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

RULE = {**Settings(check_all=True, quantities=False, cues=False, parts=False).identity(), "calibration": None}
S, C, X, N = Label.SUPPORTED, Label.CONTRADICTED, Label.CONFLICTING, Label.NOT_ENOUGH_INFO
SUPPORTS, AGAINST = NLIScores(0.96, 0.02, 0.02), NLIScores(0.02, 0.02, 0.96)
WORST = [Decision.FAILED, Decision.TOO_FEW, Decision.PASSED]
NEEDED = {S: [Stance.SUPPORTS], C: [Stance.CONTRADICTS], X: [Stance.SUPPORTS, Stance.CONTRADICTS], N: []}
HOSTILE = "One.\n::error::two\r\n##[add-mask]three\x1b[31m\ud800 ]]> <b> & \x00 | `code` [link](http://x.example)"


def passage(stance, quote="The ferry sails twice a day."):
    source = Source(f"{stance}.txt", "Timetable", f"{stance}.txt", "0" * 64, date="2024-05-01")
    return Passage(source, 0, 0, len(quote), quote, quote)


def verdict(name, label, *, score=0.9, confidence=None, text=None, place="", quote="The ferry sails twice a day."):
    evidence = tuple(
        Evidence(Hit(passage(stance, quote), 1.0), SUPPORTS if stance is Stance.SUPPORTS else AGAINST, stance)
        for stance in NEEDED[label]
    )
    claim = Claim(str(name), text or f"Claim {name}.", input={"claim": "as it came"}, place=place)
    reason = Reason.EVIDENCE if evidence else Reason.NO_PASSAGE_FOUND
    return Verdict(claim, label, score, reason, EvidenceFrom.CORPUS, evidence, confidence)


def write_run(folder, verdicts, *, finish=True):
    """A run with these verdicts, in their order."""
    with Ledger(folder, write=True) as ledger:
        ledger.ingest([item.claim for item in verdicts])
        ledger.begin([], identity={**RULE, "claims": "c", "model": "m"})
        ledger.write(verdicts)
        if finish:
            ledger.finish()
    return folder


def many(counts, **rest):
    """Verdicts, so many of each label, with ids from 0."""
    labels = [label for label, count in counts.items() for _ in range(count)]
    return [verdict(number, label, **rest) for number, label in enumerate(labels)]


def run_of(tmp_path, labels, name="run"):
    return write_run(tmp_path / name, [verdict(number, label) for number, label in enumerate(labels)])


def rules(*, least=(), most=(), **rest):
    return Rules(limits=limits_of(least, most), **rest)


@pytest.mark.parametrize(
    ("least", "limit", "count", "total", "decision"),
    [
        (True, "supported=0.95", 1000, 1000, Decision.PASSED),
        (True, "supported=0.95", 19, 20, Decision.TOO_FEW),
        (True, "supported=0.95", 80, 100, Decision.FAILED),
        (False, "contradicted=0.01", 0, 368, Decision.PASSED),
        (False, "contradicted=0.01", 0, 367, Decision.TOO_FEW),
        (False, "contradicted=0.01", 1, 10, Decision.TOO_FEW),
        (False, "contradicted=0.01", 30, 1000, Decision.FAILED),
        (False, "contradicted=0", 0, 3, Decision.PASSED),
        (False, "contradicted=0", 1, 3000, Decision.FAILED),
        (True, "supported=1", 3, 3, Decision.PASSED),
        (True, "supported=1", 2999, 3000, Decision.FAILED),
        (True, "supported=0", 0, 1, Decision.PASSED),
        (False, "supported=1", 1, 1, Decision.PASSED),
        (True, "supported=0", 0, 0, Decision.TOO_FEW),
        (False, "contradicted=0", 0, 0, Decision.TOO_FEW),
    ],
)
def test_a_limit_is_decided_where_the_whole_interval_is_on_one_side(least, limit, count, total, decision):
    """All and none mean these very claims; of no claim nothing can be said."""
    assert decision is find(Limit.parse(limit, least=least), count, total, Rules()).decision


@pytest.mark.parametrize(
    ("least", "limit", "count", "decision"),
    [
        (True, "supported=0.07", 7, Decision.PASSED),  # 0.07 * 100 is more than 7 in floats
        (True, "supported=0.07", 6, Decision.FAILED),
        (False, "contradicted=0.29", 29, Decision.PASSED),
        (False, "contradicted=0.29", 30, Decision.FAILED),
    ],
)
def test_claims_that_are_all_that_counts_are_compared_as_they_are(least, limit, count, decision):
    """No interval: a rate on the limit keeps it, to the claim."""
    found = find(Limit.parse(limit, least=least), count, 100, Rules(as_they_are=True))

    assert (decision, None) == (found.decision, found.interval)


@pytest.mark.parametrize(
    ("worse", "better", "decision"),
    [
        (0, 0, Decision.PASSED),
        (3, 3, Decision.PASSED),
        (4, 0, Decision.TOO_FEW),  # 1/16
        (5, 0, Decision.FAILED),  # 1/32
        (8, 2, Decision.TOO_FEW),  # 56/1024
        (9, 1, Decision.FAILED),  # 11/1024
    ],
)
def test_newly_failing_claims_are_weighed_against_newly_passing_ones(worse, better, decision):
    """One-sided, on what changed alone; in fractions that can be counted by hand."""
    criterion = Limit.parse("supported=0.5", least=True).criterion

    assert decision is compare(criterion, 100, worse, better, Rules()).decision


def test_as_they_are_one_more_that_became_worse_fails():
    """As many the other way do not."""
    criterion = Limit.parse("supported=0.5", least=True).criterion

    assert Decision.FAILED is compare(criterion, 9, 2, 1, Rules(as_they_are=True)).decision
    assert Decision.PASSED is compare(criterion, 9, 1, 1, Rules(as_they_are=True)).decision


totals = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(totals, st.booleans(), st.floats(0, 1), st.booleans(), st.sampled_from([0.8, 0.95]))
def test_more_failing_claims_never_make_a_decision_better(case, least, rate, as_they_are, level):
    """Whether a claim turns, or one more comes."""
    count, total = case
    limit = Limit(Limit.parse("supported=0", least=least).criterion, rate)
    how = Rules(as_they_are=as_they_are, level=level)

    before = find(limit, count, total, how).decision
    one_worse = count - 1 if least else count + 1
    if 0 <= one_worse <= total:
        assert WORST.index(find(limit, one_worse, total, how).decision) <= WORST.index(before)
    added = find(limit, count if least else count + 1, total + 1, how).decision
    assert WORST.index(added) <= WORST.index(before)


@given(st.integers(0, 80), st.integers(0, 80), st.booleans())
def test_more_newly_failing_claims_never_make_a_comparison_better(worse, better, as_they_are):
    """And more newly passing ones never make it worse."""
    criterion, how = Limit.parse("nei=0.5", least=False).criterion, Rules(as_they_are=as_they_are)
    decision = WORST.index(compare(criterion, 200, worse, better, how).decision)

    assert WORST.index(compare(criterion, 200, worse + 1, better, how).decision) <= decision
    assert WORST.index(compare(criterion, 200, worse, better + 1, how).decision) >= decision


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from(list(Label)), st.sampled_from([0.2, 0.6, 0.9])), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_claims_changes_nothing(pairs, random):
    """Neither the decision nor which claims are named first."""
    verdicts = [verdict(number, label, score=score) for number, (label, score) in enumerate(pairs)]
    shuffled = random.sample(verdicts, len(verdicts))
    how = rules(least=["supported=0.8"], most=["contradicted=0.1"], min_score=0.5)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        before = write_run(Path(folder) / "before", [replace(item, score=0.9) for item in shuffled])
        for name, order in (("one", verdicts), ("two", shuffled)):
            report = run_gate(write_run(Path(folder) / name, order), how, baseline=before)
            found.append((report.decided, report.counts, [_key(item) for item in report.listed]))

    assert found[0][:2] == found[1][:2]
    assert sorted(found[0][2]) == sorted(found[1][2])
    assert [key[1:] for key in found[0][2]] == [key[1:] for key in found[1][2]]


def _key(item):
    return item.verdict.claim.id, item.offence.label, item.verdict.score, item.offence.newly


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("supported=0.5", S),
        ("SUPPORTS=0.5", S),
        ("entailment=0.5", S),
        ("Refuted=0.5", C),
        ("conflicting=0.5", X),
        ("nei=0.5", N),
        ("not_enough_info=0.5", N),
        ("NOT ENOUGH INFO=.5", N),
    ],
)
def test_labels_are_understood_in_any_common_spelling(text, label):
    """As in data files."""
    limit = Limit.parse(text, least=True)

    assert (label, 0.5) == (limit.criterion.label, limit.rate)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("supported", "supported=0.95"),
        ("0.95", "supported=0.95"),
        ("unsupported=0.1", "supported, contradicted, conflicting, nei"),
        ("=0.1", "supported, contradicted, conflicting, nei"),
        ("supported=95", "0.95 for 95 %"),
        ("supported=-0.1", "from 0 to 1"),
        ("supported=nan", "from 0 to 1"),
        ("supported=", "from 0 to 1"),
        ("supported=0.9x", "0.9x"),
    ],
)
def test_a_limit_that_says_nothing_is_refused_with_what_is_allowed(text, message):
    """And with the option as it was written."""
    with pytest.raises(ConfigError, match=message) as error:
        Limit.parse(text, least=True)

    assert error.value.where.startswith("--min ")


@pytest.mark.parametrize(
    "setting", [{"level": 0.5}, {"level": 1}, {"level": 95}, {"min_score": 2}, {"min_confidence": -1}]
)
def test_numbers_out_of_range_are_refused(setting):
    """A level of 95 is not 95 %."""
    with pytest.raises(ConfigError):
        Rules(**setting)


def test_there_must_be_something_to_decide(tmp_path):
    """No limit and no earlier run is a mistake, not a pass."""
    with pytest.raises(ConfigError, match="--min supported"):
        run_gate(run_of(tmp_path, [S]), Rules())


def test_one_failure_fails_and_one_open_limit_leaves_it_open(tmp_path):
    """Short of a failure."""
    run = write_run(tmp_path / "run", many({S: 90, C: 10}))

    assert Decision.PASSED is run_gate(run, rules(least=["supported=0.8"])).decision
    assert Decision.TOO_FEW is run_gate(run, rules(least=["supported=0.8", "supported=0.9"])).decision
    assert Decision.FAILED is run_gate(run, rules(least=["supported=0.9"], most=["contradicted=0.01"])).decision


def test_a_weak_verdict_counts_as_not_enough_info(tmp_path):
    """By its score, and by its confidence where it has one; the verdict that is shown stays what it is."""
    weak = [verdict(0, S, score=0.9, confidence=0.5), verdict(1, C, score=0.5, confidence=0.9)]
    run = write_run(tmp_path / "run", weak)

    by_score = run_gate(run, rules(least=["nei=0"], min_score=0.6, most=["nei=0"]))
    by_confidence = run_gate(run, rules(most=["nei=0"], min_confidence=0.6))

    assert ["1"] == [item.verdict.claim.id for item in by_score.listed]
    assert ["0"] == [item.verdict.claim.id for item in by_confidence.listed]
    assert (
        "SUPPORTED 0.90, confidence 0.50; not sure enough, so counted as NOT ENOUGH INFO"
        == by_confidence.listed[0].said
    )


def test_a_confidence_that_no_verdict_has_cannot_be_asked_for(tmp_path):
    """The message says what can; so for the earlier run."""
    with_it = write_run(tmp_path / "with", [verdict(0, S, confidence=0.9)])
    without = write_run(tmp_path / "without", [verdict(0, S)])
    asked = rules(least=["supported=0.5"], min_confidence=0.5)

    for run, baseline in ((without, None), (with_it, without)):
        with pytest.raises(RunError, match="--min-score") as error:
            run_gate(run, asked, baseline=baseline)
        assert str(without) == error.value.where


def test_claims_of_two_runs_are_compared_by_id_and_text(tmp_path):
    """What is in one run only, or was reworded, is counted and compared with nothing."""
    before = write_run(tmp_path / "before", [verdict(n, S) for n in range(8)])
    now = [verdict(n, C) for n in range(5)]
    now += [verdict(5, C, text="Another text."), verdict(9, C), verdict(10, C)]
    run = write_run(tmp_path / "run", now)

    decided = run_gate(run, Rules(), baseline=before).decided

    [comparison] = decided.comparisons
    assert (5, 5, 0, Decision.FAILED) == (
        comparison.compared,
        comparison.worse,
        comparison.better,
        comparison.decision,
    )
    assert (2, 2, 1) == (decided.unmatched.here, decided.unmatched.there, decided.unmatched.reworded)


def test_runs_without_a_common_claim_decide_nothing(tmp_path):
    """Rather than pass because nothing became worse."""
    before = write_run(tmp_path / "before", [verdict("a", S)])
    run = write_run(tmp_path / "run", [verdict("b", S)])

    assert Decision.TOO_FEW is run_gate(run, Rules(), baseline=before).decision


@pytest.mark.parametrize(
    ("how", "worse", "better"),
    [
        (rules(), 2, 1),  # not SUPPORTED any more: two; SUPPORTED now: one
        (rules(most=["contradicted=1"]), 1, 1),
        (rules(most=["nei=1"]), 1, 1),
    ],
)
def test_what_newly_fails_follows_from_the_limits(tmp_path, how, worse, better):
    """Without one: what is no longer supported."""
    before = run_of(tmp_path, [S, S, C, N, S], "before")
    run = run_of(tmp_path, [C, N, S, N, S])
    if how.limits and how.limits[0].criterion.label is N:
        run = run_of(tmp_path, [C, N, S, C, S], "other")

    [comparison] = run_gate(run, how, baseline=before).decided.comparisons

    assert (worse, better) == (comparison.worse, comparison.better)


def test_newly_failing_claims_are_named_with_both_verdicts_and_the_cause(tmp_path):
    """The cause is the one `factcheck diff` gives; a claim that failed before is not among them."""
    before = run_of(tmp_path, [S, N, S], "before")
    run = run_of(tmp_path, [C, N, S])

    report = run_gate(run, rules(as_they_are=True), baseline=before)

    [item] = report.listed
    fields = dict(item.fields())
    assert ("CONTRADICTED 0.90", "SUPPORTED 0.90") == (fields["verdict"], fields["was"])
    assert "newly not SUPPORTED" == fields["counts against"]
    assert fields["cause"]


def test_a_claim_whose_score_alone_fell_is_newly_failing_too(tmp_path):
    """Its label is the same, so nothing flipped and no flip's cause is given."""
    before = write_run(tmp_path / "before", [verdict(0, S, score=0.9)])
    run = write_run(tmp_path / "run", [verdict(0, S, score=0.6)])

    [item] = run_gate(run, rules(min_score=0.7, as_they_are=True), baseline=before).listed

    assert item.cause is None
    assert "not sure enough" in item.said


def test_the_most_important_claims_come_first(tmp_path):
    """Failed before open, newly failing before old, spoken against before silent, strong before weak."""
    labels = [("a", N, 0.9), ("b", C, 0.6), ("c", X, 0.9), ("d", C, 0.9), ("e", S, 0.9)]
    run = write_run(tmp_path / "run", [verdict(name, label, score=score) for name, label, score in labels])
    before = write_run(tmp_path / "before", [verdict(name, S if name == "a" else label) for name, label, _ in labels])

    alone = run_gate(run, rules(least=["supported=1"]), most=3)
    compared = run_gate(run, rules(least=["supported=1"]), baseline=before)

    assert ["d", "b", "c"] == [item.verdict.claim.id for item in alone.listed]
    assert 4 == alone.offending
    assert "a" == compared.listed[0].verdict.claim.id


def test_claims_within_a_limit_that_holds_are_not_listed(tmp_path):
    """Of a passed gate there is nothing to look at, short of the JUnit file."""
    report = run_gate(write_run(tmp_path / "run", many({S: 90, C: 10})), rules(least=["supported=0.5"]))

    assert () == report.listed
    assert {Decision.PASSED: 10} == report.counts


def test_too_few_claims_are_told_how_many_more_would_do(tmp_path):
    """Two digits of it; on the limit itself no number would."""
    lines = list(run_gate(run_of(tmp_path, [N, N, S]), rules(most=["contradicted=0.01", "nei=0.6666"])).lines())

    assert "about 370 claims would decide, 370 more" in lines[0]
    assert lines[0].startswith(
        "too few claims to decide: at most 1 % CONTRADICTED: 0 of 3 claims, 0.00 % (95 % interval"
    )
    on_it = find(Limit.parse("supported=0.95", least=True), 19, 20, Rules())
    assert on_it.enough is None


def test_an_unfinished_run_is_refused_without_partial(tmp_path):
    """On either side of a comparison; with it, the report says what is missing."""
    verdicts = many({S: 3})
    whole = write_run(tmp_path / "whole", verdicts)
    torn = tmp_path / "torn"
    with Ledger(torn, write=True) as ledger:
        ledger.ingest([item.claim for item in verdicts])
        ledger.begin([], identity=RULE)
        ledger.write(verdicts[:2])

    for run, baseline in ((torn, None), (whole, torn)):
        with pytest.raises(RunError, match="--partial"):
            run_gate(run, rules(least=["supported=1"]), baseline=baseline)
    report = run_gate(torn, rules(least=["supported=1"]), partial=True)

    assert (Decision.PASSED, 2) == (report.decision, report.decided.total)
    assert "2 of 3" in report.notes[0]


def test_what_is_looked_at_is_the_edition_published_last(tmp_path):
    """Also where an update came between opening the run and looking."""
    run, how = run_of(tmp_path, [S, S]), rules(least=["supported=1"])
    with Ledger(run) as ledger:
        with Ledger(run, write=True) as writing:
            following = writing.begin_update(RULE, [])
            following.write([verdict(0, S), verdict(1, C)])
            following.publish()
        with ledger.moment():
            gate = Gate(how, ledger)
            decided = gate.decide()
            offences = [item.claim_id for item in gate.offences(decided)]

    assert (Decision.FAILED, ["1"]) == (decided.decision, offences)


def test_memory_holds_the_listed_claims_alone():
    """However many there are."""
    import tracemalloc

    from factcheck.jobs.gate import Offence

    def offences():
        for number in range(30_000):
            yield Offence(number, f"claim-{number}", C, (), (), None, Decision.FAILED, number % 100 / 100)

    tracemalloc.start()
    try:
        chosen, counts = strongest(offences(), 5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [99, 199, 299, 399, 499] == [item.position for item in chosen]
    assert {Decision.FAILED: 30_000} == counts
    assert peak < 100_000


# The files


def junit_of(tmp_path, *args, **rest):
    run_gate(*args, junit=tmp_path / "out.xml", **rest)
    return ET.parse(tmp_path / "out.xml").getroot()


def test_junit_names_every_limit_and_every_offending_claim(tmp_path):
    """Failures of a failed limit, an error for one that is open; claims by id, grouped by their file."""
    verdicts = [verdict(n, C if n < 3 else S, place=f"claims.csv:{n + 2}") for n in range(10)]
    run = write_run(tmp_path / "run", verdicts)

    [suite] = junit_of(tmp_path, run, rules(least=["supported=0.999"], most=["contradicted=0.4", "nei=0.9"]))

    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert ["failure"] == [child.tag for child in cases["at least 99.9 % SUPPORTED"]]
    assert ["error"] == [child.tag for child in cases["at most 40 % CONTRADICTED"]]
    assert [] == list(cases["at most 90 % NOT ENOUGH INFO"])
    assert {"0", "1", "2"} == {name for name, case in cases.items() if case.get("classname") == "claims.csv"}
    message = cases["1"][0].get("message")
    for part in (
        "CONTRADICTED 0.90",
        "Claim 1.",
        "The ferry sails twice a day.",
        "Timetable (contradicts.txt, 2024-05-01)",
    ):
        assert part in message
        assert part in cases["1"][0].text
    assert "claims.csv:3" in cases["1"][0].text
    assert ("6", "4", "1", "0") == tuple(suite.get(name) for name in ("tests", "failures", "errors", "skipped"))


def test_claims_within_a_limit_are_no_failures_in_junit(tmp_path):
    """Else a test page would be red over a gate that passed."""
    run = write_run(tmp_path / "run", many({S: 90, C: 10}))

    [suite] = junit_of(tmp_path, run, rules(least=["supported=0.5"]))

    assert ("11", "0", "0", "10") == tuple(suite.get(name) for name in ("tests", "failures", "errors", "skipped"))
    assert 10 == len(list(suite.iter("skipped")))


def test_junit_says_of_what_the_run_is(tmp_path):
    """Its identity and how it was looked at, and when it was finished; the same run gives the same bytes."""
    run = run_of(tmp_path, [S, C])
    before = run_of(tmp_path, [S, S], "before")
    how = rules(least=["supported=0.5"], min_score=0.2)

    [suite] = junit_of(tmp_path, run, how, baseline=before)
    first = (tmp_path / "out.xml").read_bytes()
    junit_of(tmp_path, run, how, baseline=before)

    facts = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert (str(run), str(before), "m", "0.2") == (
        facts["run"],
        facts["baseline"],
        facts["identity.model"],
        facts["min score"],
    )
    assert first == (tmp_path / "out.xml").read_bytes()
    names = [case.get("name") for case in suite.iter("testcase")]
    assert ["at least 50 % SUPPORTED", "newly not SUPPORTED", "1"] == names


def test_a_junit_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    """And is an error that names it."""
    from factcheck.errors import FactcheckError

    with pytest.raises(FactcheckError, match="no-such"):
        run_gate(run_of(tmp_path, [S]), rules(least=["supported=1"]), junit=tmp_path / "no-such" / "out.xml")


# The command


@pytest.fixture
def outside(monkeypatch, tmp_path):
    """Not on GitHub, whatever runs these tests; the run folders are relative."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def command(*args):
    return CliRunner().invoke(app, ["gate", *map(str, args)])


@pytest.mark.parametrize(
    "case",
    [
        (("run", "--min", "supported=0.5"), 0, "gate: passed"),
        (("run", "--min", "supported=0.96"), 3, "gate: failed"),
        (("run", "--min", "supported=0.9"), 4, "gate: too few claims to decide"),
        (("run", "--min", "supported=0.96", "--max", "nei=0.0001"), 3, "gate: failed"),
        (("run", "--min", "supported=0.9", "--these-claims"), 0, "gate: passed"),
        (("run", "--min", "supported=9"), 1, "--min supported=9"),
        (("run",), 1, "there is nothing to decide"),
        (("none", "--min", "supported=0.9"), 1, "none: holds no run"),
        (("run", "--min-confidence", "0.5", "--min", "supported=0.9"), 1, "--min-score"),
        (("run", "--min"), 2, "--min"),
        (("run", "--show", "-1"), 2, "--show"),
    ],
)
def test_the_exit_status_tells_what_came_of_it(tmp_path, outside, monkeypatch, capsys, case):
    """0 passed, 3 failed, 4 too few, 1 broken, 2 bad usage."""
    args, status, said = case
    write_run(tmp_path / "run", many({S: 90, C: 10}))
    monkeypatch.setattr(sys, "argv", ["factcheck", "gate", *args])

    with pytest.raises(SystemExit) as ended:
        main()

    shown = capsys.readouterr()
    if status == 1:  # what the interpreter makes of a text
        assert said in ended.value.code
    else:
        assert status == ended.value.code
        assert said in shown.out + shown.err


def test_the_screen_shows_claim_place_quote_and_where_it_stands(tmp_path, outside):
    """A few of them, and how many more there are; on one line each, whatever they hold."""
    verdicts = [
        verdict(n, C, score=0.5 + n / 100, place=f"claims.csv:{n + 2}", text=f"{HOSTILE} {n}") for n in range(12)
    ]
    write_run(tmp_path / "run", [replace(item, claim=replace(item.claim, text=item.claim.text)) for item in verdicts])

    lines = command("run", "--min", "supported=0.9", "--show", 2).stdout.splitlines()

    assert [
        "failed: at least 90 % SUPPORTED: 0 of 12 claims, 0.00 % (95 % interval 0.00 to 26.46 %)",
        "gate: failed",
    ] == (lines[:2])
    assert "11 (claims.csv:13)" == lines[4].strip()
    assert 'contradicts 0.96  "The ferry sails twice a day."' in lines
    assert "and 10 more claims; --junit FILE has all of them" == lines[-1]
    assert not any("\x1b" in line or line.startswith("::") for line in lines)


def test_json_is_one_object_with_all_that_was_found(tmp_path, outside):
    """Rates, interval and the claims; GitHub finds no command in it."""
    write_run(tmp_path / "before", [verdict(0, S, text=HOSTILE), verdict(1, S)])
    write_run(tmp_path / "run", [verdict(0, C, text=HOSTILE), verdict(1, S)])

    done = command("run", "--min", "supported=0.5", "--baseline", "before", "--these-claims", "--json")

    found = json.loads(done.stdout)
    assert (3, "failed", 0.5) == (done.exit_code, found["decision"], found["limits"][0]["rate"])
    assert (1, 0) == tuple(found["comparisons"][0][name] for name in ("newly_failing", "newly_passing"))
    assert HOSTILE.replace("\ud800", "\ufffd") == found["listed"][0]["claim"]
    assert "SUPPORTED" == found["listed"][0]["before"]
    assert "##[" not in done.stdout


def test_github_hears_of_failed_claims_and_obeys_nothing_else(tmp_path, outside, monkeypatch):
    """What its runner would carry out of the whole output is our annotations, and no more than it shows."""
    (tmp_path / "claims.csv").write_text("claim\n" * 30, "utf-8")
    verdicts = [verdict(n, C, place=f"claims.csv:{n + 2}", text=f"{HOSTILE} {n}", quote=HOSTILE) for n in range(12)]
    write_run(tmp_path / "run", verdicts)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n", "utf-8")

    done = command("run", "--min", "supported=0.9", "--max", "nei=0.0001", "--show", 20)

    commands = carried_out(done.stdout)
    errors = [command for command in commands if command[0] == "error"]
    assert ["error", "warning"] == sorted({command[0] for command in commands})
    assert 10 == len(errors)
    assert "failed" in errors[0][1]["title"]
    assert {"file": "claims.csv", "line": "2", "title": "CONTRADICTED: 0"} == errors[1][1]
    assert "##[add-mask]three" in errors[1][2]
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert summary.startswith("before\n### factcheck gate: failed")
    rows = [line for line in summary.splitlines() if line.startswith("| ")]
    assert {4, 2} == {row.count("|") - 1 for row in rows}
    assert "<b>" not in summary
    assert "http:" not in summary


def test_github_can_be_spoken_to_or_not(tmp_path, outside, monkeypatch):
    """By default where its variable is set; with --json beside it, annotations go to standard error."""
    write_run(tmp_path / "run", many({S: 50, C: 50}))
    limit = ("run", "--min", "supported=0.95")

    assert [] == carried_out(command(*limit).output)
    assert carried_out(command(*limit, "--github").output)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert [] == carried_out(command(*limit, "--no-github").output)
    done = command(*limit, "--json")
    assert json.loads(done.stdout)
    assert carried_out(done.stderr)


def carried_out(output):
    """What GitHub's runner makes of a step's output, as actions/runner reads it: (command, properties, text)."""
    known, token, found = {"error", "warning", "notice", "debug", "add-mask", "stop-commands"}, None, []
    for line in output.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        parsed = _parsed(line.lstrip(), "::", "::", known) or _parsed(
            line[max(line.find("##["), 0) :], "##[", "]", known
        )
        if parsed is None:
            continue
        name, properties, text = parsed
        if token is not None:
            if name == token:
                known.discard(token)
                token = None
        elif name == "stop-commands":
            token = text
            known.add(token)
        else:
            found.append((name, properties, text))
    assert token is None
    return found


def _parsed(line, opening, closing, known):
    end = line.find(closing, len(opening))
    if not line.startswith(opening) or end < 0:
        return None
    name, _, rest = line[len(opening) : end].partition(" ")
    if name not in known:
        return None
    properties = dict(item.split("=", 1) for item in rest.split(",") if "=" in item)
    return name, {key: _unescaped(value) for key, value in properties.items()}, _unescaped(line[end + len(closing) :])


def _unescaped(text):
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def test_a_run_of_the_job_passes_and_fails_with_its_documents(tmp_path, outside, monkeypatch):
    """Verified for real, with the rule double; after two documents changed, the newly failing claims say why."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    names = [f"{first}{second}na" for first in "BDFGKLM" for second in "ae"]
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in names:
        (corpus / f"{name}.txt").write_text(f"The ferry {name} sails twice a day.\n", "utf-8")
    (tmp_path / "claims.csv").write_text(
        "id,claim\n" + "".join(f"{name},The ferry {name} sails.\n" for name in names), "utf-8"
    )
    run_job("claims.csv", tmp_path / "old", Settings(corpus=str(corpus)), scorer=RuleNLI())
    for name in names[:6]:
        (corpus / f"{name}.txt").write_text(f"The ferry {name} does not sail.\n", "utf-8")
    run_job("claims.csv", tmp_path / "new", Settings(corpus=str(corpus)), scorer=RuleNLI())

    passed = command("old", "--min", "supported=1")
    failed = command("new", "--baseline", "old", "--junit", "out.xml")

    assert (0, 3) == (passed.exit_code, failed.exit_code)
    assert (
        "failed: 6 newly not SUPPORTED, 0 no longer, of 14 claims in both runs; by chance alone p = 0.016"
        in failed.stdout
    )
    assert "was               SUPPORTED 0.96" in failed.stdout
    assert f"{names[0]}.txt" in next(line for line in failed.stdout.splitlines() if line.startswith("cause"))
    [suite] = ET.parse(tmp_path / "out.xml").getroot()
    assert {"newly not SUPPORTED", *names[:6]} == {case.get("name") for case in suite.iter("testcase")}
