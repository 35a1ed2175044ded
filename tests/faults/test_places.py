"""Places that cannot be written, and clocks that cannot be trusted."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from harness import exported, write_job

from factcheck.config import Settings
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER
from factcheck.testing import RuleNLI

NOBODY = 65_534


@pytest.fixture(scope="module")
def open_folder():
    """A folder that everybody may go through; pytest's own are closed to others."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def finished(nursery, open_folder):
    """A finished job whose folder everybody may read."""
    job = write_job(open_folder / "finished", claims=6)
    nursery.do(job.request())
    for path in open_folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return job


@pytest.fixture
def theirs(open_folder, tmp_path):
    """A folder that everybody may write to."""
    folder = open_folder / tmp_path.name
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def read(job, tmp_path):
    return {"do": "read", "run": str(job.run), "out": str(tmp_path / "out.jsonl")}


def in_one_process(nursery, *requests, **options):
    """All answers but the first; skips where the first, which makes the place, was denied."""
    made, *answers = nursery.do({"do": "several", "requests": requests, **options})["answers"]
    if "denied" in made:
        pytest.skip(made["denied"])
    return answers


def test_a_finished_run_is_read_from_a_read_only_disk(nursery, finished, tmp_path):
    """And `verify` says what it cannot do."""
    seal = {"do": "mount", "what": "read-only", "mount": str(finished.folder)}

    found, refused = in_one_process(nursery, seal, read(finished, tmp_path), finished.request(), private=True)

    assert found["finished"]
    assert (tmp_path / "out.jsonl").read_bytes() == exported(finished.run)
    assert refused["error"] == "RunError"
    assert f"{finished.run}: cannot be written: Read-only file system" in refused["message"]


def in_the_middle(nursery, job):
    """The number of an SQL statement while the job scores."""
    return int(nursery.do(job.elsewhere(job.folder.with_name("whole")).request())["statements"] * 0.7)


@pytest.mark.parametrize("killed", [False, True])
def test_a_run_that_was_stopped_is_read_from_a_read_only_disk(nursery, tmp_path, killed):
    """Its verdicts so far, with or without the log of a dead process beside it."""
    job = write_job(tmp_path, claims=6, corpus=False, window=1)
    if killed:
        nursery.do(job.request({"statement": in_the_middle(nursery, job)}))
    else:
        run_job(job.claims, job.run, Settings(**job.settings), scorer=RuleNLI(), stopping=lambda: True)
    assert (job.run / f"{LEDGER}-wal").exists() == killed
    seal = {"do": "mount", "what": "read-only", "mount": str(job.folder)}

    [found] = in_one_process(nursery, seal, read(job, tmp_path), private=True)

    assert not found["finished"]
    assert 0 < found["progress"][0] < 6
    assert len((tmp_path / "out.jsonl").read_bytes().splitlines()) == found["progress"][0]


def test_a_run_of_somebody_else_is_read_and_not_written(nursery, finished, theirs):
    """A user who may only read gets the verdicts, and a message for `verify`."""
    become = {"do": "become", "user": NOBODY}

    found, refused = in_one_process(nursery, become, read(finished, theirs), finished.request())

    assert found["finished"]
    assert (theirs / "out.jsonl").read_bytes() == exported(finished.run)
    assert refused["error"] == "RunError"
    assert f"{finished.run}: cannot be written: Permission denied" in refused["message"]


def test_an_index_of_somebody_else_is_used_as_it_is(nursery, finished, theirs):
    """Named alone it is only read; to bring it up to date is refused."""
    become = {"do": "become", "user": NOBODY}
    mine = finished.elsewhere(theirs, index_at=finished.index)
    settings = {**finished.settings, "index": str(finished.index)}

    done, refused = in_one_process(
        nursery, become, mine.request() | {"settings": settings}, mine.request() | {"run": str(theirs / "other")}
    )

    assert done["claims"] == 6
    assert exported(mine.run) == exported(finished.run)
    assert refused["error"] == "CorpusError"
    assert f"{finished.index}: no index can be written there: Permission denied" in refused["message"]


@pytest.mark.parametrize(
    "jumps", [[-86_400 * 365], [-5, 3600, -7200, 0], [10**9, -(10**9)]], ids=["last year", "jumping", "decades"]
)
def test_a_wrong_clock_changes_nothing_but_times(nursery, tmp_path, jumps):
    """Through a kill and a restart; the times noted are what the clock said."""
    job = write_job(tmp_path, claims=6, window=1)
    whole = job.elsewhere(tmp_path / "whole")

    killed = nursery.do(job.request({"statement": in_the_middle(nursery, job)}) | {"clock": jumps})
    done = nursery.do(job.request() | {"clock": [-jump for jump in jumps]})

    assert killed["exit"] < 0
    assert 0 < done["resumed"] < 6
    assert exported(whole.run) == exported(job.run)
    manifests = [json.loads((one.run / "manifest.json").read_text("utf-8")) for one in (whole, job)]
    assert manifests[0]["identity"] == manifests[1]["identity"]
    assert manifests[0]["counts"] == manifests[1]["counts"]
    with closing(sqlite3.connect(job.run / LEDGER)) as db:
        assert db.execute("SELECT count(*) FROM events WHERE kind = 'start'").fetchone() == (2,)
