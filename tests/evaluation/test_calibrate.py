"""Calibrating: labelled claims, or runs of them, to a file that holds for runs like theirs."""

import hashlib
import json

import pytest
from ferry_set import write_claims
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError, RunError
from factcheck.evaluation.calibrate import calibrate
from factcheck.evaluation.overlap import PLAIN, plain
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import EvidenceFrom, Label
from factcheck.verdict.calibration import load

TOWNS = ("Holm", "Brattvik", "Sund", "Ness", "Torvang", "Mellby", "Lund", "Aker", "Vik", "Strand")
YEARS = range(2011, 2017)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A document a town, with a sentence a year; indexed once."""
    folder = tmp_path_factory.mktemp("documents")
    for town in TOWNS:
        lines = [f"The harbour of {town} counted {cars(town, year)} cars in {year}." for year in YEARS]
        (folder / f"{town}.txt").write_text("\n\n".join(lines), "utf-8")
    return folder


def cars(town, year):
    return 100 * len(town) + 7 * (year - 2000)


def labelled(number):
    """A claim that the documents support, contradict, or say nothing of, in turn."""
    town, year = TOWNS[number % len(TOWNS)], YEARS[number // len(TOWNS) % len(YEARS)]
    count = cars(town, year)
    return (
        {"claim": f"The harbour of {town} counted {count} cars in {year}.", "label": "SUPPORTED"},
        {"claim": f"The harbour of {town} counted {count + 1} cars in {year}.", "label": "CONTRADICTED"},
        {"claim": f"Sailors sang in {town} before {year}.", "label": "NOT ENOUGH INFO"},
    )[number % 3]


@pytest.fixture
def claims(tmp_path):
    """Sixty labelled claims."""
    return write_claims(tmp_path / "claims.jsonl", map(labelled, range(60)))


def settings(corpus, **given):
    return Settings(corpus=str(corpus), cache=False, **given)


def test_a_calibration_holds_for_a_run_with_the_same_settings(corpus, claims, tmp_path):
    """It says what it was fitted on; with another number of passages it holds no more."""
    fitted = calibrate([claims], settings(corpus), scorer=RuleNLI()).calibration

    run_job(claims, tmp_path / "run", settings(corpus), scorer=RuleNLI())
    with Ledger(tmp_path / "run") as ledger:
        identity = ledger.get("identity")
    assert [] == fitted.fits(identity)
    assert ["passages: fitted with 10, here 3"] == fitted.fits(identity | {"passages": 3})
    assert (EvidenceFrom.CORPUS,) == fitted.evidence_from
    assert [{Label.SUPPORTED: 20, Label.CONTRADICTED: 20, Label.NOT_ENOUGH_INFO: 20}] == [
        dict(one.labels) for one in fitted.fitted_on
    ]


def test_the_scores_of_a_finished_run_are_taken_as_they_are(corpus, claims, tmp_path):
    """They give the calibration that the claims give, but for the name."""
    run_job(claims, tmp_path / "claims", settings(corpus), scorer=RuleNLI())

    from_run = calibrate([tmp_path / "claims"], Settings()).calibration  # neither corpus nor model

    from_file = calibrate([claims], settings(corpus), scorer=RuleNLI()).calibration
    assert (from_file.combination, from_file.bound) == (from_run.combination, from_run.bound)
    assert (from_file.claims, from_file.after) == (from_run.claims, from_run.after)


def test_a_run_that_is_not_finished_is_refused(corpus, claims, tmp_path):
    """The claims that it lacks may be those that are hard."""
    run_job(claims, tmp_path / "run", settings(corpus, window=20), scorer=RuleNLI(), stopping=lambda: True)

    with pytest.raises(RunError, match="not finished"):
        calibrate([tmp_path / "run"], Settings())


def test_runs_that_were_verified_differently_are_refused(corpus, claims, tmp_path):
    """A calibration holds for one way to verify; what differs is named."""
    run_job(claims, tmp_path / "ten", settings(corpus), scorer=RuleNLI())
    run_job(claims, tmp_path / "three", settings(corpus, passages=3), scorer=RuleNLI())

    with pytest.raises(ConfigError, match="passages: 10, 3"):
        calibrate([tmp_path / "ten", tmp_path / "three"], Settings())


def test_reviewed_claims_count_only_if_they_were_drawn_at_random(corpus, tmp_path):
    """What reviewers picked is not like the rest: it is left out, and said to be."""
    reviewed = {"machine": {}, "reviewers": [], "status": "agreed"}
    records = [labelled(number) | reviewed | {"drawn": "sample:7:50" if number < 50 else ""} for number in range(60)]
    path = write_claims(tmp_path / "gold.jsonl", records)

    found = calibrate([path], settings(corpus), scorer=RuleNLI())

    assert 50 == found.calibration.after.claims
    assert any("10 reviewed claims that were not drawn at random" in note for note in found.notes)
    none = write_claims(tmp_path / "none.jsonl", [record | {"drawn": ""} for record in records])
    with pytest.raises(ClaimsError, match="60 reviewed claims that were not drawn at random are left out"):
        calibrate([none], settings(corpus), scorer=RuleNLI())


def test_a_claim_counts_once(corpus, claims, tmp_path):
    """In two files, or with other capitals: else a rule would be tested on what it was fitted to."""
    again = [labelled(number) | {"claim": labelled(number)["claim"].upper()} for number in range(60)]

    found = calibrate([claims, write_claims(tmp_path / "again.jsonl", again)], settings(corpus), scorer=RuleNLI())

    assert 60 == found.calibration.after.claims
    assert any("60 claims whose text came before are left out" in note for note in found.notes)


def test_claims_that_the_model_was_trained_on_are_left_out(corpus, claims, tmp_path):
    """Its folder tells which: of those it is surer than of others."""
    seen = [labelled(number)["claim"] for number in range(6)]
    digests = sorted(hashlib.sha256(plain(claim).encode()).digest()[:6] for claim in seen)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / PLAIN).write_bytes(b"".join(digests))

    found = calibrate([claims], settings(corpus, model=str(tmp_path / "model")), scorer=RuleNLI())

    assert 54 == found.calibration.after.claims
    assert any("6 claims that the model was trained on are left out" in note for note in found.notes)


def test_claims_of_two_labels_are_refused(corpus, tmp_path):
    """Supported or not does not tell contradicted from not enough information."""
    path = write_claims(tmp_path / "two.jsonl", [labelled(at) | {"label": at % 2} for at in range(60)])

    with pytest.raises(ClaimsError, match="all labels"):
        calibrate([path], settings(corpus), scorer=RuleNLI())


def test_too_few_claims_are_refused(corpus, tmp_path):
    """Before they teach anything, and before they can bound an error."""
    path = write_claims(tmp_path / "few.jsonl", map(labelled, range(20)))
    with pytest.raises(ConfigError, match=r"20 labelled claims.*it takes 30"):
        calibrate([path], settings(corpus), scorer=RuleNLI())

    path = write_claims(tmp_path / "more.jsonl", map(labelled, range(60)))
    with pytest.raises(ConfigError, match="labelled claims got an answer, and it takes 230"):
        calibrate([path], settings(corpus), scorer=RuleNLI(), max_error=0.01)


def test_a_source_left_out_whole_is_predicted_by_the_others(corpus, claims, tmp_path):
    """Each source is one cluster, and one fold."""
    silent = [f"In {year} sailors sang in {town}." for town in TOWNS for year in YEARS]
    other = write_claims(tmp_path / "other.jsonl", [{"claim": one, "label": "NOT ENOUGH INFO"} for one in silent])

    found = calibrate([claims, other], settings(corpus), scorer=RuleNLI(), across=True)

    assert (2, 2) == (found.clusters, found.folds)


def test_the_command_writes_the_file_and_says_what_it_is_worth(corpus, claims, tmp_path):
    """Scores before and after, thresholds, and the error budget that was asked for, in the file as well."""
    run_job(claims, tmp_path / "run", settings(corpus), scorer=RuleNLI())
    out = tmp_path / "calibration.json"

    shown = CliRunner().invoke(app, ["calibrate", str(tmp_path / "run"), "--out", str(out), "--max-error", "0.25"])

    assert 0 == shown.exit_code, shown.output
    for words in ("accuracy", "macro F1", "ECE", "thresholds", "25 % error", "coverage at 5 %", f"wrote {out}"):
        assert words in shown.output
    assert 0.25 in [budget.max_error for budget in load(out).budgets]


def test_a_fit_is_the_same_on_any_day(corpus, claims):
    """No time, no path, no order of a set: the same bytes."""
    one, other = (calibrate([claims], settings(corpus), scorer=RuleNLI()).calibration for _ in range(2))

    assert json.dumps(one.record()) == json.dumps(other.record())
