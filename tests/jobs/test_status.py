"""How far a run is, asked while it is worked on, after it was killed, and where nothing can be written."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.jobs.progress import Silent
from factcheck.jobs.status import State, Updating, follow, status
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER, LOCK, Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Claim, EvidenceFrom, Label, Reason, Verdict

NAMES = [f"{first}{second}a" for first in "BDFGKLMN" for second in "aei"]
CLAIMS = [Claim(str(number), f"Claim {number}.") for number in range(10)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def corpus(here):
    folder = here / "corpus"
    folder.mkdir()
    (folder / "ferries.txt").write_text("".join(f"The ferry {name} sails twice a day.\n" for name in NAMES), "utf-8")
    return folder


@pytest.fixture
def claims(here):
    path = here / "claims.csv"
    path.write_text("claim\n" + "".join(f"The ferry {name} sails.\n" for name in NAMES), "utf-8")
    return path


class Asking(Silent):
    """Asks after each window how far the run is, as another process would."""

    def __init__(self, ask):
        self.answers, self._ask = [], ask

    def advance(self, stage, n=1):
        if stage == "scoring":
            self.answers.append(self._ask())


def start(claims, corpus, run, *, progress=None, windows=None, **options):
    """Verifies all, or so many windows."""
    left = iter([False] + [False] * ((windows or 99) - 1) + [True])
    settings = Settings(corpus=str(corpus), window=5, **options)
    return run_job(claims, run, settings, scorer=RuleNLI(), progress=progress, stopping=lambda: next(left))


def verdict(claim):
    return Verdict(claim, Label.NOT_ENOUGH_INFO, 0.9, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS)


@contextmanager
def unwritable(folder):
    """Nothing can be made in the folder meanwhile, by root neither: root becomes nobody."""
    mode = folder.stat().st_mode
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(mode)


@pytest.fixture
def open_folder():
    """A folder that every user may look into; those of pytest are the user's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_run_is_seen_to_advance_while_it_is_written(claims, corpus, here):
    """Each window is there as soon as it is committed, and the writer is not disturbed."""
    asking = Asking(lambda: status("run"))

    start(claims, corpus, "run", progress=asking)

    assert [5, 10, 15, 20, 24] == [found.verdicts for found in asking.answers]
    assert {State.RUNNING} == {found.state for found in asking.answers}
    assert {24} == {found.claims for found in asking.answers}
    last = asking.answers[-1]
    assert (24, None) == (last.counts[Label.SUPPORTED], last.command)
    assert ("rule-nli", "rules/exact/cpu/none", str(corpus)) == (last.model, last.numeric_class, last.corpus)
    assert last.pairs > 24
    assert State.FINISHED is status("run").state


def test_asking_changes_nothing(claims, corpus, here):
    """A finished run stays the files that it is, byte for byte, and no lock is made where there is none."""
    start(claims, corpus, "run")
    (here / "run" / LOCK).unlink()
    before = {path.name: path.read_bytes() for path in (here / "run").iterdir()}

    found = status("run")

    assert before == {path.name: path.read_bytes() for path in (here / "run").iterdir()}
    assert sum(map(len, before.values())) == found.size
    assert (State.FINISHED, 24, None, None) == (found.state, found.verdicts, found.seconds_left, found.command)


def test_a_run_that_was_stopped_says_how_to_go_on(claims, corpus, here):
    """By the command that does, from the folder where it is asked."""
    start(claims, corpus, "run", windows=2, passages=3)

    found = status("run")

    assert (State.STOPPED, 10, 24, 1) == (found.state, found.verdicts, found.claims, found.starts)
    assert "factcheck verify claims.csv --corpus corpus --passages 3 --window 5 --run run" == found.command
    elsewhere = here / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    assert str(claims) in status(here / "run").command


def _killed(claims, corpus, run):
    start(claims, corpus, run, progress=Asking(lambda: os.kill(os.getpid(), signal.SIGKILL)))


def test_a_run_whose_process_was_killed_is_stopped(claims, corpus, here):
    """The lock went with the process; what it had committed is counted."""
    process = multiprocessing.get_context("spawn").Process(target=_killed, args=(claims, corpus, "run"))
    process.start()
    process.join()
    assert -signal.SIGKILL == process.exitcode

    found = status("run")

    assert (State.STOPPED, 5) == (found.state, found.verdicts)
    assert found.command.startswith("factcheck verify claims.csv")


@pytest.mark.parametrize("windows", [None, 2])
def test_a_run_in_a_folder_that_cannot_be_written_is_read(claims, corpus, open_folder, windows):
    """Finished, or stopped in the middle."""
    start(claims, corpus, open_folder / "run", windows=windows)
    (open_folder / "run" / LOCK).touch()

    with unwritable(open_folder / "run"):
        found = status(open_folder / "run")

    assert (24 if windows is None else 10, 24) == (found.verdicts, found.claims)
    assert (State.FINISHED if windows is None else State.STOPPED) is found.state


def test_what_a_reader_left_in_wal_is_read_where_nothing_can_be_written(open_folder):
    """Somebody read the run for long as it ended, so it stayed in that mode, without the files of it."""
    run = open_folder / "run"
    with Ledger(run, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([verdict(claim) for claim in CLAIMS[:4]])
        reader = Ledger(run)
        reader.counts()
    reader.__exit__(None, None, None)
    for name in (f"{LEDGER}-wal", f"{LEDGER}-shm"):
        (run / name).unlink(missing_ok=True)

    with unwritable(run):
        assert 4 == status(run).verdicts


def test_rate_and_time_left_are_of_the_last_start():
    """Four claims in two seconds, five to come; what was there before does not count."""
    with tempfile.TemporaryDirectory() as run, Ledger(run, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([verdict(CLAIMS[0])])
        ledger.put("scoring", {"edition": 1, "since": 100.0, "verdicts": 1})
        ledger.write([verdict(claim) for claim in CLAIMS[1:5]])
        ledger.put("written", 102.0)

        found = status(run)

        assert (2.0, 2.5, 102.0) == (found.rate, found.seconds_left, found.last_verdict)


@pytest.mark.parametrize("written", [99.0, 100.0])
def test_a_clock_that_was_set_back_gives_no_rate(here, written):
    """Rather than a wrong one."""
    with Ledger("run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.put("scoring", {"edition": 1, "since": 100.0, "verdicts": 0})
        ledger.write([verdict(CLAIMS[0])])
        ledger.put("written", written)

        found = status("run")

    assert (None, None) == (found.rate, found.seconds_left)


def test_before_a_claim_is_read_there_is_something_to_say(here):
    """A process has just begun, or was killed in doing so."""
    with Ledger("run", write=True):
        assert (State.RUNNING, 0, 0) == (status("run").state, status("run").verdicts, status("run").claims)

    assert (State.STOPPED, None) == (status("run").state, status("run").command)
    shown = CliRunner().invoke(app, ["status", "run"]).output
    assert "nothing was decided yet: start its `factcheck verify` again" in shown


def test_an_update_is_told_beside_the_verdicts_that_hold(here):
    """Under way, and stopped: the published verdicts are counted, and those that are decided again."""
    with Ledger("run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([verdict(claim) for claim in CLAIMS])
        ledger.finish()
        following = ledger.begin_update({"corpus": "other"}, [])
        following.write([verdict(claim) for claim in CLAIMS[:3]])
        found = status("run")
        assert (State.UPDATING, 10, Updating(3, 10)) == (found.state, found.verdicts, found.update)

    found = status("run")

    assert (State.FINISHED, Updating(3, 10), "factcheck update run") == (found.state, found.update, found.command)


def test_following_ends_with_what_came_of_it(claims, corpus, here):
    """It looks as often as it is asked, and a last time when no process works on the run any more."""
    looks = follow("run", sleep=lambda _: None)
    asking = Asking(lambda: next(looks))

    start(claims, corpus, "run", progress=asking, windows=2)

    assert [(State.RUNNING, 5), (State.RUNNING, 10)] == [(look.state, look.verdicts) for look in asking.answers]
    assert [(State.STOPPED, 10)] == [(look.state, look.verdicts) for look in looks]


def test_a_folder_without_a_run_is_an_error(here):
    """It is not made."""
    with pytest.raises(RunError, match="holds no run"):
        status("nothing")
    assert not (here / "nothing").exists()


def test_the_command_tells_readers_and_programs(claims, corpus, here):
    """Lines with a name each, or one JSON object; the ledger's own words are not obeyed by a terminal."""
    start(claims, corpus, "run", windows=2)
    with Ledger("run", write=True) as ledger:
        ledger.event("start", {"verdicts": 0, "claims": 24, "model": "red\x1b[31m"})

    lines = CliRunner().invoke(app, ["status", "run"]).output
    record = json.loads(CliRunner().invoke(app, ["status", "run", "--json"]).output)

    assert "run: stopped" in lines
    assert "10 of 24 have a verdict" in lines
    assert "red␛[31m" in lines
    assert ("stopped", 10, 24, 10, 2) == (
        *(record[name] for name in ("state", "verdicts", "claims")),
        *(record["counts"]["SUPPORTED"], record["starts"]),
    )
    assert record["started"].endswith("Z")


def test_following_in_a_pipe_writes_lines_and_ctrl_c_leaves_it(here):
    """With status 0: who looks on has not failed."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "from factcheck.cli import main; main()"
    with Ledger("run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        command = [sys.executable, "-c", code, "status", "run", "--follow"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            guard = threading.Timer(60, process.kill)
            guard.start()
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            process.communicate()
            guard.cancel()

    assert "running: 0 of 10 claims\n" == first
    assert 0 == process.returncode
