"""`factcheck update`, and `--watch`: the command as people start it, with the real watcher."""

import json
import queue
import signal
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import ConfigError, CorpusError, FactcheckError
from factcheck.jobs.progress import Silent
from factcheck.jobs.update import Updater
from factcheck.jobs.verify import run_job
from factcheck.jobs.watch import _filter, keep_updated
from factcheck.nli.identity import model_fingerprint
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI

PATIENCE = 60  # seconds for what takes one, on a machine that is busy
NAMES = ["Baa", "Bea", "Bia", "Boa", "Bua", "Daa"]

# The command line, with the rule double where the bundled model would be loaded.
COMMAND = """
import sys
from factcheck.cli import main
from factcheck.jobs import scorer
from factcheck.testing import RuleNLI
from factcheck.nli.identity import model_fingerprint
def load(*_, **__):
    double = RuleNLI()
    double.fingerprint, double.numeric_class = model_fingerprint("nli-mini"), "torch/fp32/cpu/shapes-1"
    return double
scorer.load = load
main()
"""


def stand():
    double = RuleNLI()
    double.fingerprint, double.numeric_class = model_fingerprint("nli-mini"), "torch/fp32/cpu/shapes-1"
    return double


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("factcheck.jobs.scorer.load", lambda *_, **__: stand())


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in NAMES:
        write(folder, name)
    return folder


@pytest.fixture
def run(tmp_path, corpus):
    path = tmp_path / "claims.jsonl"
    lines = [json.dumps({"id": name, "claim": f"The ferry {name} sails."}) + "\n" for name in NAMES]
    path.write_text("".join(lines), "utf-8")
    run_job(path, tmp_path / "run", Settings(corpus=str(corpus), passages=2, window=4), scorer=stand())
    return tmp_path / "run"


def write(corpus, name, text="The ferry {} sails twice a day.\n"):
    """In one step, so that the watcher is told of one change."""
    hidden = corpus / f".{name}"
    hidden.write_text(text.format(name), "utf-8")
    hidden.replace(corpus / f"{name}.txt")


def invoke(*arguments):
    return CliRunner().invoke(app, ["update", *map(str, arguments)], catch_exceptions=False)


class Watching:
    """A command that is going on; its lines are waited for."""

    def __init__(self, *arguments):
        command = [sys.executable, "-c", COMMAND, "update", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, part):
        """The lines up to the first that holds `part`."""
        seen = []
        while not seen or part not in seen[-1]:
            line = self.lines.get(timeout=PATIENCE)
            assert line is not None, f"ended without {part!r}: {''.join(seen)}"
            seen.append(line)
        return "".join(seen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()


def test_flips_are_shown_with_their_cause_and_kept(run, corpus):
    """On the screen, and as events of the run."""
    write(corpus, "Baa", "The ferry Baa does not sail.\n")

    done = invoke(run)

    assert 0 == done.exit_code
    assert "SUPPORTED → CONTRADICTED" in done.stdout
    assert "because           Baa.txt" in done.stdout
    assert "1 of 6 verdicts flipped" in done.stdout
    with Ledger(run) as ledger:
        [(_, flip)] = ledger.events("flip")
    assert ("Baa", "SUPPORTED", "CONTRADICTED") == (flip["id"], flip["before"], flip["after"])


def test_programs_read_a_record_a_line(run, corpus):
    """The flips of this update alone, then the counts."""
    write(corpus, "Baa", "The ferry Baa does not sail.\n")
    invoke(run)
    write(corpus, "Bea", "The ferry Bea does not sail.\n")

    flip, report = map(json.loads, invoke(run, "--json", "--quiet").stdout.splitlines())
    [again] = map(json.loads, invoke(run, "--json", "--quiet").stdout.splitlines())

    assert ("flip", "Bea") == (flip["record"], flip["id"])
    assert ("report", True, 1) == (report["record"], report["changed"], report["flipped"])
    assert {"added": 0, "changed": 1, "removed": 0} == report["changes"]
    assert (False, 0) == (again["changed"], again["pairs"]["asked"])


def test_what_cannot_be_updated_is_told_in_a_line(tmp_path):
    """With exit status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "factcheck", "update", tmp_path / "run"], capture_output=True, text=True, check=False
    )

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: ")
    assert "holds no run" in done.stderr


def test_a_run_is_watched_until_ctrl_c(run, corpus):
    """Documents that come, files that are none, documents that all go and come back; then it ends with 0."""
    with Watching(run, "--watch") as watching:
        assert "nothing changed" in watching.wait_for("watching the documents")
        write(corpus, "Baa", "The ferry Baa does not sail.\n")
        assert "SUPPORTED → CONTRADICTED" in watching.wait_for("watching the documents")
        (corpus / "picture.png").write_bytes(b"x")
        assert "nothing changed" in watching.wait_for("watching the documents")
        corpus.rename(corpus.with_name("away"))
        watching.wait_for("error: ")
        corpus.with_name("away").rename(corpus)
        assert "nothing changed" in watching.wait_for("watching the documents")
        write(corpus, "Baa")
        assert "CONTRADICTED → SUPPORTED" in watching.wait_for("watching the documents")
        watching.process.send_signal(signal.SIGINT)
        assert 0 == watching.process.wait(PATIENCE)


def test_ctrl_c_in_an_update_keeps_what_was_decided(run, tmp_path, corpus):
    """The exit status is that of Ctrl-C, and the command that goes on is told, with the new place of the corpus."""
    moved = corpus.rename(tmp_path / "moved")
    write(moved, "Daa", "The ferry Daa does not sail.\n")
    interrupting = COMMAND.replace(
        "    return double",
        """
    score = double.score
    def scored(pairs):
        os.kill(os.getpid(), signal.SIGINT)
        return score(pairs)
    double.score = scored
    return double""",
    ).replace("import sys", "import os, signal, sys")
    arguments = ["update", str(run), "--corpus", str(moved)]

    done = subprocess.run([sys.executable, "-c", interrupting, *arguments], capture_output=True, text=True, check=False)
    told = done.stderr.partition("go on with: ")[2].split()
    again = invoke(*told[2:], "--json", "--quiet")

    assert (130, "") == (done.returncode, done.stdout)
    assert ["factcheck", *arguments] == told
    report = json.loads(again.stdout.splitlines()[-1])
    assert (True, 4, 1) == (report["finished"], report["resumed"], report["flipped"])


def test_sigterm_ends_an_idle_watch_like_ctrl_c(run):
    """Nothing is half done, so the exit status is 0."""
    with Watching(run, "--watch") as watching:
        watching.wait_for("watching the documents")
        watching.process.send_signal(signal.SIGTERM)
        assert 0 == watching.process.wait(PATIENCE)
        assert "stopped" not in "".join(iter(watching.lines.get, None))


class Writing(Silent):
    """Changes a document in the middle of an update, once."""

    def __init__(self, corpus):
        self.corpus = corpus

    def advance(self, stage, n=1):
        if stage == "scoring" and self.corpus is not None:
            write(self.corpus, "Bea", "The ferry Bea does not sail.\n")
            self.corpus = None


def watched(updater, progress, *, reports, on_report=lambda _: None):
    """What a watch tells until it has told so much."""
    told = []

    def tell(what):
        told.append(what)
        on_report(what)

    keep_updated(
        updater,
        lambda: updater.update(progress),
        on_report=tell,
        on_failure=tell,
        stopping=lambda: len(told) >= reports,
    )
    return told


def test_a_change_while_an_update_runs_leads_to_another_one(run, corpus):
    """It is not lost, though nobody was waiting for it."""
    write(corpus, "Baa", "The ferry Baa does not sail.\n")

    first, second = watched(Updater(run, scorer=stand()), Writing(corpus), reports=2)

    assert (["Baa"], ["Bea"]) == ([flip.claim_id for flip in first.flips], [flip.claim_id for flip in second.flips])


def test_a_folder_that_another_one_takes_the_place_of_is_watched_on(run, corpus, tmp_path):
    """As deployments do it."""

    def swap(report):
        if not report.changed and not (tmp_path / "old").exists():
            corpus.rename(tmp_path / "old")
            corpus.mkdir()
            write(corpus, "Baa", "The ferry Baa does not sail.\n")

    _, second = watched(Updater(run, scorer=stand()), Silent(), reports=2, on_report=swap)

    assert (1, 5) == (second.changes.changed, second.changes.removed)


def test_a_single_file_that_is_replaced_is_watched_on(tmp_path):
    """As editors do it; what else happens beside it is no news."""
    documents, claims = tmp_path / "documents.jsonl", tmp_path / "claims.txt"
    documents.write_text('{"id": "a", "text": "The ferry Baa sails."}\n', "utf-8")
    claims.write_text("The ferry Baa sails.\n", "utf-8")
    run_job(claims, tmp_path / "run", Settings(corpus=str(documents)), scorer=stand())

    def replace(_):
        (tmp_path / "beside.txt").write_text("Rye.\n", "utf-8")
        (tmp_path / "next").write_text('{"id": "a", "text": "The ferry Baa does not sail."}\n', "utf-8")
        (tmp_path / "next").replace(documents)

    first, second = watched(Updater(tmp_path / "run", scorer=stand()), Silent(), reports=2, on_report=replace)

    assert (False, 1) == (first.changed, second.flipped)


def test_a_failing_update_is_told_once_and_tried_with_the_next_change(run, corpus):
    """Where the reason is the same, the reader is not told again."""
    texts = {path: path.read_text("utf-8") for path in corpus.iterdir()}
    steps = iter([lambda: [path.unlink() for path in texts], lambda: write(corpus, "Baa")])

    told = watched(Updater(run, scorer=stand()), Silent(), reports=3, on_report=lambda _: next(steps, lambda: None)())

    assert [False, CorpusError, True] == [type(one) if isinstance(one, FactcheckError) else one.changed for one in told]


def test_the_first_update_of_a_watch_must_not_fail(run, corpus):
    """Whoever starts it is there to read why."""
    for path in corpus.iterdir():
        path.unlink()

    with pytest.raises(CorpusError, match="no readable document"):
        watched(Updater(run, scorer=stand()), Silent(), reports=1)


def test_a_hub_data_set_cannot_be_watched(run):
    """There is no folder to look at."""
    with pytest.raises(ConfigError, match="hf:name is no folder"):
        watched(Updater(run, corpus="hf:name"), Silent(), reports=1)


def test_an_index_that_is_taken_as_it_is_cannot_be_watched(run, corpus, tmp_path):
    """The run does not say where its documents are."""
    [index] = (tmp_path / "cache" / "indexes").iterdir()
    run_job(tmp_path / "claims.jsonl", tmp_path / "other", Settings(index=str(index)), scorer=stand())

    with pytest.raises(ConfigError, match="name the folder of its documents with --corpus"):
        watched(Updater(tmp_path / "other"), Silent(), reports=1)


def test_without_the_watcher_the_way_to_it_is_told(run, monkeypatch):
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)

    with pytest.raises(ConfigError, match=r"factcheck-nli\[watch\]"):
        watched(Updater(run), Silent(), reports=1)


@pytest.mark.parametrize(
    ("name", "news"),
    [
        ("a.txt", True),
        ("new/picture.png", True),  # only a look at it tells that it is no document
        (".a.txt.swp", False),
        (".git/index", False),
        ("runs/today/run.sqlite-wal", False),
        ("runs/todays.txt", True),
        ("index/index.json", False),
    ],
)
def test_hidden_files_and_what_an_update_writes_are_no_news(tmp_path, name, news):
    """Where run and index are among the documents, one update would lead to the next for ever."""
    is_news = _filter(tmp_path, (tmp_path / "runs/today", tmp_path / "index"))

    assert news == is_news(None, str(tmp_path / name))
