"""Stopping a job by a signal and going on; real signals, to real processes where it matters."""

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.cli.stopping import StoppedAtOnce, Stopping
from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.formats.export import export
from factcheck.jobs.command import verify_command
from factcheck.jobs.verify import run_job
from factcheck.nli.identity import model_fingerprint
from factcheck.run.ledger import LEDGER, Ledger, open_beside
from factcheck.testing import RuleNLI
from factcheck.types import Claim

NAMES = [f"{first}{second}a" for first in "BDFGKLMN" for second in "aei"]
BOTH = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]

# The real command with the rule double, which tells on standard output what it is about to do and waits for a line.
COMMAND = """
import os, select, signal, sys
import factcheck.jobs.scorer as scorer
from factcheck.cli import main
from factcheck.nli.identity import model_fingerprint
from factcheck.testing import RuleNLI

signal.signal(signal.SIGINT, signal.default_int_handler)  # a test in the background would hand down that it is ignored

def wait(what):
    print(what, flush=True)
    while not select.select([0], [], [], 0.05)[0]:
        pass  # a signal that comes just before a read that blocks would be heard after it
    os.read(0, 1)

class Waiting(RuleNLI):
    def __init__(self):
        super().__init__()
        self.fingerprint, self.numeric_class = model_fingerprint("nli-mini"), "torch/fp32/cpu/shapes-1"

    def score(self, pairs):
        wait("scoring")
        return super().score(pairs)

def load(*_, **__):
    wait("loading")
    return Waiting()

scorer.load = load
main()
"""


class Stand(RuleNLI):
    """The rule double, with the identity of the bundled model."""

    def __init__(self):
        super().__init__()
        self.fingerprint, self.numeric_class = model_fingerprint("nli-mini"), "torch/fp32/cpu/shapes-1"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Everything is in one folder, where the command is started, too."""
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


@pytest.fixture
def double(monkeypatch):
    """The rule double wherever a model would be loaded."""
    monkeypatch.setattr("factcheck.jobs.scorer.load", lambda *_, **__: Stand())


@contextmanager
def started(*arguments):
    """The real command as a process of its own, which does not outlive the test."""
    command = [sys.executable, "-c", COMMAND, *arguments]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, env=os.environ | {"COLUMNS": "300"}, **pipes) as process:
        guard = threading.Timer(400, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


VERIFY = ["verify", "claims.csv", "--corpus", "corpus", "--run", "run", "--window", "5", "--no-cache", "--quiet"]


def await_line(stream, text):
    lines = []
    while not lines or text not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], lines


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


def progress(run):
    with Ledger(run) as ledger:
        return ledger.progress()


def exported(run, path):
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", path)
    return path.read_bytes()


@pytest.mark.parametrize(("number", "status"), BOTH)
def test_a_signal_lets_the_window_end_and_the_command_that_is_named_goes_on(
    claims, corpus, here, *, double, number, status
):
    """The second window is decided and kept; what the message says is typed, and the rows are those of a whole run."""
    with started(*VERIFY) as process:
        for what in ("loading", "scoring"):
            await_line(process.stdout, what)
            go_on(process)
        await_line(process.stdout, "scoring")
        process.send_signal(number)
        await_line(process.stderr, "stopping when the claims at hand are decided")
        go_on(process)
        _, said = process.communicate()

    assert status == process.returncode
    assert "stopped: 10 of 24 claims have their verdict" in said
    assert (10, 24) == progress("run")
    assert {"run.sqlite", "manifest.json", "write.lock"} == {path.name for path in (here / "run").iterdir()}
    command = shlex.split(said.partition("go on with: ")[2])
    assert ["factcheck", "verify", "claims.csv"] == command[:3]
    assert 0 == CliRunner().invoke(app, command[1:]).exit_code
    run_job(claims, here / "whole", Settings(corpus=str(corpus)), scorer=Stand())
    assert exported("whole", here / "whole.jsonl") == exported("run", here / "run.jsonl")


def test_a_second_signal_stops_at_once(claims, corpus):
    """Without the window at hand; what was committed before is there."""
    with started(*VERIFY) as process:
        for what in ("loading", "scoring"):
            await_line(process.stdout, what)
            go_on(process)
        await_line(process.stdout, "scoring")
        process.send_signal(signal.SIGINT)
        await_line(process.stderr, "stopping when")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()

    assert 130 == process.returncode
    assert "nothing that was decided is lost" in said
    assert "go on with: factcheck verify claims.csv" in said
    assert (5, 24) == progress("run")


def test_before_scoring_the_first_signal_stops_at_once(claims, corpus, double):
    """While the model is loaded there is nothing to lose, and nothing is in the way of starting again."""
    with started(*VERIFY) as process:
        await_line(process.stdout, "loading")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()

    assert 143 == process.returncode
    assert "stopping when" not in said
    assert 0 == CliRunner().invoke(app, VERIFY).exit_code


def test_a_signal_in_the_last_window_stops_nothing(claims, corpus, here):
    """The run is finished, and is told as finished."""

    class Signalled(RuleNLI):
        def score(self, pairs):
            os.kill(os.getpid(), signal.SIGTERM)
            return super().score(pairs)

    with Stopping(lambda _: None) as stopping:
        report = run_job(claims, here / "run", Settings(corpus="corpus"), scorer=Signalled(), stopping=stopping)

    assert report.finished
    assert 143 == stopping.status


def test_handlers_are_as_they_were_afterwards():
    """Also where the job ended with an error."""
    before, within = [signal.getsignal(number) for number, _ in BOTH], []

    def fail():
        with Stopping(lambda _: None):
            within.extend(signal.getsignal(number) for number, _ in BOTH)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert before == [signal.getsignal(number) for number, _ in BOTH]
    assert before != within


def test_a_signal_that_is_ignored_stays_ignored():
    """A job in the background of a shell does not end with the Ctrl-C for the one in front."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stopping(lambda _: None) as stopping:
            signal.raise_signal(signal.SIGINT)

            assert not stopping()
        assert signal.SIG_IGN is signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_outside_the_main_thread_nothing_listens():
    """A server that runs a job in a thread has its own way to stop it."""
    found = []

    def work():
        with Stopping(lambda _: None) as stopping:
            found.append((stopping(), signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert [(False, signal.getsignal(signal.SIGTERM))] == found


def test_the_third_signal_is_the_systems():
    """A process that takes its time to clear up can still be ended."""
    with Stopping(lambda _: None) as stopping:
        stopping()
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(StoppedAtOnce):
            signal.raise_signal(signal.SIGTERM)

        assert [signal.SIG_DFL, signal.SIG_DFL] == [signal.getsignal(number) for number, _ in BOTH]


def test_the_reader_is_told_even_while_the_lock_of_the_screen_is_held():
    """The signal comes where it will: the line is told by another thread, which can wait."""
    screen, told = threading.Lock(), threading.Event()

    def on_first(_):
        with screen:
            told.set()

    with Stopping(on_first) as stopping:
        stopping()
        with screen:
            signal.raise_signal(signal.SIGTERM)

            assert stopping()
        assert told.wait(30)


PATHS = st.sampled_from(["data", "data/my documents", "elsewhere/x'y", "-odd", "hf:org/name"])


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {"corpus": PATHS},
        optional={
            "index": st.just("an index"),
            "labels": st.just(("entailment", "neutral", "contradiction")),
            "precision": st.sampled_from(["fp32", "bf16"]),
            "device": st.just("cpu"),
            "language": st.just("de"),
            "passages": st.just(10) | st.just(7),
            "evidence": st.just("given"),
            "context": st.booleans(),
            "support": st.floats(0.5, 1),
            "on_error": st.just("skip"),
            "encoding": st.just("latin-1"),
            "window": st.integers(1, 500),
            "cache": st.booleans() | st.just("my scores.sqlite"),
            "cache_mb": st.integers(1, 99),
        },
    ),
    st.sampled_from(["claims.csv", "my claims.csv", "-dash.csv", "-"]),
    st.sampled_from(["", "passages = 3\nlanguage = 'fr'\n", "no = 'setting'\n"]),
)
def test_the_command_gives_the_settings_that_it_was_made_of(tmp_path_factory, values, claims, config):
    """Typed in this folder, whatever its settings file says; names with blanks, quotes and dashes included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("here"))
        for name in ("data/my documents", "elsewhere/x'y", "-odd", "run of today"):
            Path(name).mkdir(parents=True)
        for name in ("my claims.csv", "-dash.csv"):
            Path(name).touch()
        wanted, got = Settings(**values), []
        Path("factcheck.toml").write_text(config, "utf-8")
        command = shlex.split(verify_command(claims, "run of today", wanted))
        if "no =" in config:
            Path("factcheck.toml").unlink()  # a file that cannot be read is of no use to the command either
        patch.setattr("factcheck.cli.verify._verify", lambda *given, **_: got.append(given))

        CliRunner().invoke(app, command[1:], catch_exceptions=False)

        [(source, folder, found)] = got
        record = wanted.record()
        assert record | {"run": found.record()["run"]} == found.record()
        assert Path(claims).absolute() == Path(source).absolute()
        assert "run of today" == folder.name


def verify_new(*flags):
    return CliRunner().invoke(app, ["verify", "claims.csv", "--corpus", "corpus", "--run", "run", "-q", *flags])


def test_a_new_run_begins_beside_the_one_that_is_there(claims, corpus, here, double):
    """In the first free folder, which is named; the first run stays byte for byte."""
    (here / "run-2").mkdir()
    (here / "run-2" / "letter.txt").write_text("Not a run.\n", "utf-8")
    assert "run holds" not in verify_new("--new").stderr
    before = {path.name: path.read_bytes() for path in (here / "run").iterdir()}

    third, fourth = verify_new("--new"), verify_new("--new", "--passages", "3")

    assert "run holds a run: the new one is in run-3" in third.stderr
    assert "the new one is in run-4" in fourth.stderr
    assert before == {path.name: path.read_bytes() for path in (here / "run").iterdir()}
    assert ["letter.txt"] == [path.name for path in (here / "run-2").iterdir()]
    assert (24, 24) == progress("run-3") == progress("run-4")


def test_a_start_that_failed_does_not_count_as_a_run(claims, corpus, here, double):
    """The mended file is started in the same folder."""
    good = claims.read_text("utf-8")
    claims.write_text(good + '""\n', "utf-8")
    assert 1 == verify_new("--new").exit_code
    claims.write_text(good, "utf-8")

    assert 0 == verify_new("--new").exit_code
    assert [True, False] == [(here / name).exists() for name in ("run", "run-2")]


def test_a_new_run_is_not_begun_in_a_folder_of_other_things(claims, corpus, here, double):
    """A name typed wrong makes no folder beside the documents."""
    found = CliRunner().invoke(app, ["verify", "claims.csv", "--corpus", "corpus", "--run", "corpus", "--new"])

    assert isinstance(found.exception, RunError)
    assert not (here / "corpus-2").exists()


def test_new_runs_that_begin_at_once_never_share_a_folder(here):
    """Processes that ask at the same moment, and hold what they got, each have their own."""
    code = """
import sys
from pathlib import Path
from factcheck.run.ledger import open_beside

print("ready", flush=True)
sys.stdin.readline()
with open_beside(Path("run")) as ledger:
    print(ledger.folder, flush=True)
    sys.stdin.readline()
"""
    pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    processes = [subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) for _ in range(4)]
    try:
        for process in processes:
            await_line(process.stdout, "ready")
        for process in processes:
            go_on(process)
        folders = [process.stdout.readline().strip() for process in processes]
    finally:
        for process in processes:
            process.communicate("\n", timeout=60)

    assert ["run", "run-2", "run-3", "run-4"] == sorted(folders)


def test_a_ledger_that_cannot_be_read_is_a_run_that_is_there(here):
    """Torn, or of another version: it is left alone."""
    (here / "run").mkdir()
    (here / "run" / LEDGER).write_bytes(b"no database at all, whatever its name may say")

    with open_beside(here / "run") as ledger:
        assert "run-2" == ledger.folder.name


def test_a_run_that_was_begun_between_looking_and_locking_is_left_alone(here, monkeypatch):
    """What counts is seen under the lock, which is let go again."""
    with Ledger(here / "run", write=True) as ledger:
        ledger.ingest([Claim("1", "The ferry sails.")])
    monkeypatch.setattr("factcheck.run.ledger._may_hold_a_run", lambda _: False)

    with open_beside(here / "run") as ledger:
        assert "run-2" == ledger.folder.name
        with Ledger(here / "run", write=True) as first:
            assert (0, 1) == first.progress()
