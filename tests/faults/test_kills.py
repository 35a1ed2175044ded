"""kill -9, wherever it hits: nothing is lost, nothing is there twice, and the export is the same to the byte."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import Tally, exported, rows, stage, survive, survive_updates, write_changed_job, write_job

EXAMPLE = Path(__file__).parents[2] / "claims" / "glaciers"


@pytest.fixture(scope="module")
def small(nursery, tmp_path_factory):
    """A job without an index, its bytes when nothing disturbs it, and how many SQL statements it takes."""
    job = write_job(tmp_path_factory.mktemp("small"), claims=6, corpus=False, window=2)
    undisturbed = job.elsewhere(job.folder.with_name("whole"))
    done = nursery.do(undisturbed.request())
    return job, exported(undisturbed.run), done


@pytest.fixture(scope="module")
def whole(nursery, tmp_path_factory):
    """A job with an index, its bytes when nothing disturbs it, and how many changes of files it takes."""
    job = write_job(tmp_path_factory.mktemp("whole"))
    undisturbed = job.elsewhere(job.folder.with_name("whole"))
    done = nursery.do(undisturbed.request())
    return job, exported(undisturbed.run), done


def test_twelve_kills_at_any_change_of_a_file(changes, whole):
    """One in every twelfth of a job's life, before a change or in its midst; some are killed again while going on."""
    job, expected, done = whole
    rng = random.Random(4)
    tally = Tally()
    for part in range(12):
        faults = [{rng.choice(["kill", "halfway"]): int(done["changes"] * (part + rng.random()) / 12) + 1}]
        faults += [{"kill": rng.randrange(1, done["changes"])} for _ in range(part % 3 == 0)]
        tally += survive(changes, job.again(), faults, expected)

    assert tally.harm == (0, 0, 0)
    assert tally.kills >= 12
    assert {"indexing", "scoring"} <= set(tally.stages)
    assert len(tally.stages) >= 4


def test_eight_kills_before_an_sql_statement(nursery, small):
    """Spread over all of them; `make soak` takes every one."""
    job, expected, done = small
    tally = Tally()
    for part in range(8):
        fault = {"statement": int(done["statements"] * (part + 0.7) / 8) + 1}
        tally += survive(nursery, job.again(), [fault], expected)

    assert tally.harm == (0, 0, 0)
    assert tally.kills == 8


def test_five_kills_of_an_update(nursery, tmp_path):
    """Until it is done readers have the old edition, whole; in the end the bytes are those of a new run."""
    changed = write_changed_job(nursery, tmp_path)
    alone = changed[0].elsewhere(tmp_path / "alone")
    shutil.copytree(changed[0].folder, alone.folder, dirs_exist_ok=True)
    statements = nursery.do(alone.update())["statements"]

    places = [*(int(statements * (part + 0.8) / 5) for part in range(4)), statements - 1]

    tally = survive_updates(nursery, changed, [{"statement": place} for place in places])

    assert tally.harm == (0, 0, 0)
    assert tally.kills == 5
    assert set(tally.stages) == {"updating", "updated"}


@pytest.mark.model
def test_three_kills_of_the_real_command(tmp_path):
    """The command line with the bundled model: killed while it indexes, while it scores, and again while it scores."""
    corpus, claims = EXAMPLE / "documents", tmp_path / "claims.csv"
    claims.write_text("".join((EXAMPLE / "claims.csv").read_text("utf-8").splitlines(keepends=True)[:7]), "utf-8")
    (tmp_path / "settings.toml").write_text("window = 1\npassages = 4\n", "utf-8")
    job = write_job(tmp_path / "killed", claims=1).elsewhere(tmp_path / "job", claims=claims, corpus=corpus)
    command = [sys.executable, "-m", "factcheck", "verify", claims, "--corpus", corpus, "--no-cache", "--quiet"]
    command += ["--config", tmp_path / "settings.toml"]
    env = {**os.environ, "FACTCHECK_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    undisturbed = subprocess.Popen(
        list(map(str, [*command, "--index", tmp_path / "index", "--run", tmp_path / "run"])),
        env=env,
        stdout=subprocess.DEVNULL,
    )
    stages = []
    for wanted in ("indexing", "scoring", "scoring"):
        before = len(rows(job.run)) if wanted == "scoring" else -1
        process = subprocess.Popen(
            list(map(str, [*command, "--index", job.index, "--run", job.run])), env=env, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and not (stage(job) == wanted and len(rows(job.run)) > before):
            time.sleep(0.01)  # until it is there; what is tested does not depend on how long it takes
        process.send_signal(signal.SIGKILL)
        assert -signal.SIGKILL == process.wait()
        stages.append(stage(job))
    command += ["--index", job.index, "--run", job.run]
    subprocess.run(list(map(str, command)), env=env, check=True, stdout=subprocess.DEVNULL)

    assert undisturbed.wait() == 0
    assert {"indexing", "scoring"} <= set(stages)
    assert exported(tmp_path / "run") == exported(job.run)
    assert len(exported(job.run).splitlines()) == 6
