"""Runs with a calibration: confidences, what refuses them, and that they can be audited and brought up to date."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import ConfigError
from factcheck.evaluation.datasets import load
from factcheck.evaluation.runner import evaluate
from factcheck.jobs.audit import audit
from factcheck.jobs.bench import prepare
from factcheck.jobs.progress import Silent
from factcheck.jobs.status import status
from factcheck.jobs.update import Updater
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.testing import RuleNLI
from factcheck.types import EvidenceFrom, Label, Reason
from factcheck.verdict.calibration import Budget, Calibration, Quality, bound
from factcheck.verdict.combine import Combination


class Notes(Silent):
    """Keeps what a user is told."""

    def __init__(self):
        self.told = []

    def note(self, text):
        self.told.append(text)


CLAIMS = ["The harbour opened in 2019.", "The harbour did not open in 2019.", "The mayor keeps bees."]
TEXT = "The harbour opened in 2019. It cost 40 million euros."
QUALITY = Quality(100, 0.9, 0.9)


class Desk:
    """A folder with claims, documents and a calibration for runs with the rule double."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "docs").mkdir()
        (folder / "docs" / "harbour.txt").write_text(TEXT, "utf-8")
        (folder / "claims.txt").write_text("\n".join(CLAIMS), "utf-8")
        self.settings = Settings(corpus=str(folder / "docs"), index=str(folder / "idx"))
        self.file = folder / "calibration.json"
        with Ledger(self.run("plain").folder) as ledger:
            identity = ledger.get("identity")
        budgets = (Budget(0.05, 0.1, 0.996, 60, 0, 0.6),)
        origins = (EvidenceFrom.CORPUS,)
        Calibration(Combination(), bound(identity), origins, (), "", QUALITY, QUALITY, budgets).save(self.file)
        self.calibrated = replace(self.settings, calibration=str(self.file))

    def run(self, name, settings=None, progress=None):
        settings = settings or self.settings
        claims, scorer = self.folder / "claims.txt", RuleNLI()
        return run_job(claims, self.folder / name, settings, scorer=scorer, progress=progress)

    def model(self, **fitted):
        """A model's folder that brings this calibration, or one that was fitted with other things."""
        folder = self.folder / "model"
        folder.mkdir()
        record = json.loads(self.file.read_text("utf-8"))
        record["bound"] |= fitted
        (folder / "calibration.json").write_text(json.dumps(record), "utf-8")
        return replace(self.settings, model=str(folder))

    def verdicts(self, name):
        with Ledger(self.folder / name) as ledger:
            return list(ledger.verdicts())


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_run_with_a_calibration_has_confidences(desk):
    """And the labels of the plain rule, which this one is; the identity holds all of it."""
    desk.run("run", desk.calibrated)

    verdicts = desk.verdicts("run")
    assert [verdict.label for verdict in desk.verdicts("plain")] == [verdict.label for verdict in verdicts]
    assert {None} == {verdict.confidence for verdict in desk.verdicts("plain")}
    assert all(verdict.confidence is not None and 0 < verdict.confidence < 1 for verdict in verdicts)
    with Ledger(desk.folder / "run") as ledger:
        assert {"combination", "bound", "budgets"} <= ledger.get("identity")["calibration"].keys()


def test_an_answer_that_is_not_sure_enough_is_withheld(desk):
    """It has its own reason and keeps its evidence; a claim that is open anyway has the reason that it has."""
    desk.run("run", replace(desk.calibrated, max_error=0.05))

    sure, unsure, unknown = desk.verdicts("run")
    assert {Reason.ABOVE_ERROR_BUDGET} == {verdict.reason for verdict in (sure, unsure)}
    assert {Label.NOT_ENOUGH_INFO} == {verdict.label for verdict in (sure, unsure, unknown)}
    assert sure.evidence
    assert Reason.ABOVE_ERROR_BUDGET is not unknown.reason


@pytest.mark.parametrize("change", [{"passages": 3}, {"quantities": False}, {"context": False}])
def test_a_calibration_for_other_settings_is_refused(desk, change):
    """The message names the setting, before anything is scored."""
    with pytest.raises(ConfigError, match=next(iter(change))):
        desk.run("run", replace(desk.calibrated, **change))


def test_an_error_budget_needs_a_calibration(desk):
    """Without one nobody knows how sure an answer is."""
    with pytest.raises(ConfigError, match="needs a calibration"):
        desk.run("run", replace(desk.settings, max_error=0.05))


def test_a_run_goes_on_without_the_file(desk):
    """The ledger holds the calibration: documents may change when the file is gone."""
    desk.run("run", desk.calibrated)
    desk.file.unlink()
    (desk.folder / "docs" / "bees.txt").write_text("The mayor keeps bees.", "utf-8")

    Updater(desk.folder / "run", scorer=RuleNLI()).update()

    last = desk.verdicts("run")[-1]
    assert Label.SUPPORTED is last.label
    assert last.confidence is not None


def test_a_forged_confidence_is_found(desk):
    """It follows from the evidence like everything else."""
    desk.run("run", desk.calibrated)
    assert audit(desk.folder / "run").holds
    with closing(sqlite3.connect(desk.folder / "run" / LEDGER)) as db, db:
        db.execute("UPDATE verdicts SET confidence = 0.9999 WHERE position = 1")

    assert not audit(desk.folder / "run").holds


# --- auto: the model's own where it fits


def test_a_models_own_calibration_is_taken_where_it_fits(desk):
    """Without a word."""
    notes = Notes()
    report = desk.run("run", desk.model(), notes)

    assert all(verdict.confidence is not None for verdict in desk.verdicts("run"))
    assert ([], ()) == (notes.told, report.notes)


def test_thresholds_that_were_chosen_decide_though_the_model_has_a_calibration(desk):
    """It would decide by its own; the note names the threshold."""
    notes = Notes()
    desk.run("run", replace(desk.model(), support=0.97), notes)

    [note] = notes.told
    assert "support: fitted with 0.5, here 0.97" in note
    assert {None} == {verdict.confidence for verdict in desk.verdicts("run")}


def test_a_models_own_calibration_that_does_not_fit_is_told_at_the_start(desk):
    """Which setting differs and what to do, on one line; the run's report, manifest and status keep it."""
    notes = Notes()
    report = desk.run("run", replace(desk.model(), passages=3), notes)

    [note] = notes.told
    assert "passages: fitted with 10, here 3" in note
    assert "factcheck calibrate" in note
    assert "\n" not in note
    assert {None} == {verdict.confidence for verdict in desk.verdicts("run")}
    assert (note,) == report.notes == status(desk.folder / "run").notes
    assert f"note: {note}" in str(report)
    assert [note] == json.loads((desk.folder / "run" / "manifest.json").read_text("utf-8"))["notes"]
    assert note.split("; ")[0] in CliRunner().invoke(app, ["status", str(desk.folder / "run")]).stdout


def test_a_finished_run_still_tells_it(desk):
    """Starting it again scores nothing, and its report is that of the verdicts."""
    settings = replace(desk.model(), passages=3)
    first = desk.run("run", settings)
    notes = Notes()

    assert (first.notes, []) == (desk.run("run", settings, notes).notes, notes.told)


@pytest.mark.parametrize("change", [{"calibration": "none"}, {"passages": 10}])
def test_nothing_is_told_where_there_is_nothing_to_know(desk, change):
    """No calibration was asked for, or it fits."""
    notes = Notes()
    report = desk.run("run", replace(desk.model(), **change), notes)

    assert ([], ()) == (notes.told, report.notes)


def test_nothing_is_told_of_a_model_that_brings_no_calibration(desk):
    """Or only that of another model: its verdicts have no confidence, as is documented."""
    notes = Notes()
    desk.run("none", replace(desk.settings, passages=3), notes)
    desk.run("other", replace(desk.model(model="another"), passages=3), notes)

    assert [] == notes.told


def test_one_claim_and_evaluations_tell_it_too(desk):
    """`ask` prepares as `verify` does; the scores of an evaluation carry the note."""
    settings = replace(desk.model(), passages=3)
    notes = Notes()
    prepare(settings, scorer=RuleNLI(), progress=notes)
    labelled = desk.folder / "labelled.jsonl"
    rows = [{"id": str(at), "claim": text, "label": "SUPPORTED"} for at, text in enumerate(CLAIMS)]
    labelled.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    data = load(str(labelled), settings)
    [scored] = evaluate(data, settings, progress=notes, open_model=lambda _: RuleNLI())

    assert 2 == len(notes.told)
    assert notes.told[0] == notes.told[1]
    assert notes.told[0] in scored.notes


def test_ask_tells_it_on_standard_error(desk, monkeypatch):
    """The answer on standard output is the record alone."""
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr("factcheck.jobs.bench.open_scorer", lambda *_, **__: RuleNLI())
    settings = desk.model()
    done = CliRunner().invoke(
        app,
        ["ask", CLAIMS[0], "--corpus", settings.corpus, "--model", settings.model, "--passages", "3", "--json"],
    )

    assert 0 == done.exit_code, done.output
    assert "passages: fitted with 10, here 3" in done.stderr
    assert CLAIMS[0] == json.loads(done.stdout)["claim"]
