"""Runs with a calibration: confidences, what refuses them, and that they can be audited and brought up to date."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from factcheck.config import Settings
from factcheck.errors import ConfigError
from factcheck.jobs.audit import audit
from factcheck.jobs.update import Updater
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.testing import RuleNLI
from factcheck.types import EvidenceFrom, Label, Reason
from factcheck.verdict.calibration import Budget, Calibration, Quality, bound
from factcheck.verdict.combine import Combination

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

    def run(self, name, settings=None):
        settings = settings or self.settings
        return run_job(self.folder / "claims.txt", self.folder / name, settings, scorer=RuleNLI())

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
