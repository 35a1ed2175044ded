"""Claims verified per second, end to end: index, retrieval, scoring, run folder."""

from itertools import count

import pytest
from common import ROOT

from factcheck.config import Settings
from factcheck.jobs.verify import run_job

COLLECTION = ROOT / "claims/glaciers"


@pytest.fixture
def job(tmp_path, cache):
    """Runs the job in a new folder each time and returns its report."""
    assert not cache.exists()
    settings = Settings(corpus=str(COLLECTION / "documents"), evidence="corpus")
    folders = (tmp_path / f"run-{number}" for number in count())
    return lambda: run_job(COLLECTION / "claims.jsonl", next(folders), settings)


def test_cold(measure, job, cache):
    """No index and no scores of earlier runs."""
    import shutil

    reports = []
    claims = job().claims  # imports, and the model's file in memory

    measure(
        lambda: reports.append(job()),
        prepare=lambda: shutil.rmtree(cache, ignore_errors=True),
        claims=claims,
    )

    assert all(report.claims == claims and report.resumed == 0 for report in reports)


def test_warm(measure, job):
    """A new run with the index and the scores of an earlier one."""
    reports = [job()]

    measure(lambda: reports.append(job()), claims=reports[0].claims)

    assert {report.pairs for report in reports} == {reports[0].pairs}
