"""Probing a run: which verdicts do not notice that their claim was changed."""

import json

import pytest

from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.jobs.fragile import FRAGILE, fragile_edits, probe_folder, probe_run
from factcheck.jobs.purge import purge
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import JSON
from factcheck.verdict.decide import Rule

CLAIMS = ["The ferry carried 400 passengers in May.", "The pier was repaired in March.", "Nobody has seen the whale."]
TEXT = "The ferry carried 400 passengers in May. The pier was repaired in March."


class Blind(RuleNLI):
    """A model that does not read figures."""

    def score(self, pairs):
        """As the rules say of the texts without digits."""
        return super().score([tuple("".join(c for c in text if not c.isdigit()) for text in pair) for pair in pairs])


def run_in(folder, scorer):
    (folder / "docs").mkdir()
    (folder / "docs" / "log.txt").write_text(TEXT, "utf-8")
    (folder / "claims.txt").write_text("\n".join(CLAIMS), "utf-8")
    settings = Settings(corpus=str(folder / "docs"), index=str(folder / "idx"), quantities=False)
    run_job(folder / "claims.txt", folder / "run", settings, scorer=scorer)
    return folder / "run"


def probed(folder, scorer):
    with Ledger(folder) as ledger:
        identity: dict[str, JSON] = ledger.get("identity")
        report = probe_run(ledger, scorer, Rule.of(identity))
        return report, {claim.id: fragile_edits(ledger, claim.id) for claim in ledger.claims()}


def test_a_model_that_does_not_read_figures_is_found_out(tmp_path):
    """The supported claim stays supported with another figure; the one without figures does not."""
    report, edits = probed(run_in(tmp_path, Blind()), Blind())

    assert (2, 1) == (report.probed, report.fragile)
    assert [True, False, False] == [bool(found) for found in edits.values()]
    lines = [json.loads(line) for line in report.file.read_text("utf-8").splitlines()]
    assert ["number"] == sorted({one["kind"] for line in lines for one in line["stayed"]})


def test_a_model_that_reads_is_not_fragile(tmp_path):
    """Every edit changes its verdict."""
    report, edits = probed(run_in(tmp_path, RuleNLI()), RuleNLI())

    assert report.tried > 0 == report.fragile
    assert not any(edits.values())


def test_what_was_probed_goes_with_the_run(tmp_path):
    """It is one of the run's own files; a broken one tells nothing."""
    folder = run_in(tmp_path, Blind())
    probed(folder, Blind())
    (folder / FRAGILE).write_text("no json", "utf-8")
    with Ledger(folder) as ledger:
        assert [] == fragile_edits(ledger, "1")

    assert not purge(folder).folder_left
    assert not folder.exists()


def test_a_folder_without_a_finished_run_is_refused(tmp_path):
    """Nothing is loaded and nothing is written."""
    (tmp_path / "run").mkdir()

    with pytest.raises(RunError):
        probe_folder(tmp_path / "run")

    assert [] == list((tmp_path / "run").glob("fragile*"))
