"""`factcheck review` as a process of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from factcheck.config import Settings
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Event, Note, Reviews
from factcheck.types import Claim, EvidenceFrom, Label, Reason, Verdict

COMMAND = [sys.executable, "-m", "factcheck", "review"]


@pytest.fixture
def run(tmp_path):
    claims = [Claim(f"c{number}", f"The harbour has {number} cranes.") for number in range(3)]
    with Ledger(tmp_path / "run", write=True) as ledger:
        ledger.ingest(claims)
        ledger.begin((), identity={}, settings=Settings().record())
        ledger.write(
            [
                Verdict(claim, Label.NOT_ENOUGH_INFO, 0.5, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS)
                for claim in claims
            ]
        )
        ledger.finish()
    return tmp_path / "run"


def ended(*arguments):
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def started():
    """Starts a review that says its link; gives the process and the link."""
    running = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        running.append(process)
        said = ""
        for line in process.stdout:
            said += line
            if link := re.search(r"http://\S+", line):
                return process, link[0], said
        raise AssertionError(said)

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_link_opens_the_page_once_and_an_interrupt_ends_it(run, started):
    """With exit status 0, and nothing on the screen but words."""
    process, link, said = started(run, "--no-browser", "--reviewer", "Ann")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    with opener.open(link) as page:
        shown = page.read().decode()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link)
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()

    assert "The harbour has 2 cranes." in shown
    assert "Ann" in shown
    assert process.wait(30) == 0
    assert "the review has ended" in rest
    assert "Traceback" not in said + rest
    assert link.startswith("http://127.0.0.1:")
    assert "warning" not in said


def test_a_sample_is_opened_where_it_was_asked_for(run, started):
    """The link leads to the sample of that seed."""
    _, link, _ = started(run, "--no-browser", "--sample", "2", "--seed", "5")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    with opener.open(link) as page:
        assert page.url.endswith("/sample?drawn=5%3A2")
        assert "A sample of 2 claims" in page.read().decode()


def test_listening_for_other_machines_is_said_with_what_it_means(run, started):
    """The link names this machine."""
    _, link, said = started(run, "--no-browser", "--host", "0.0.0.0")

    assert "without encryption" in said
    assert "0.0.0.0" not in link


def test_decisions_are_merged_without_a_server(run, tmp_path):
    """Bad lines are told by file and line, with exit status 1; the good ones are stored."""
    good = Event("c1", "ben", Note("Look again."), 5.0, "one").record()
    file = tmp_path / "decisions.jsonl"
    file.write_text(json.dumps(good) + "\n{\n", "utf-8")

    first = ended(run, "--merge", file)
    file.write_text(json.dumps(good) + "\n", "utf-8")
    second = ended(run, "--merge", file)

    assert (1, "1 new, 0 known already, 1 refused\n") == (first.returncode, first.stdout)
    assert first.stderr.startswith(f"{file}:2: ")
    assert (0, "0 new, 1 known already, 0 refused\n") == (second.returncode, second.stdout)
    with Reviews(run) as reviews:
        assert ["Look again."] == [event.act.text for event in reviews.events()]


def test_decisions_of_another_run_are_carried_before_it_starts(run, tmp_path, started):
    """And what came of it is printed."""
    (tmp_path / "old").mkdir()
    shutil.copy(run / "run.sqlite", tmp_path / "old" / "run.sqlite")
    with Reviews(tmp_path / "old") as reviews:
        reviews.add(Event("c1", "ben", Note("Look again.")))

    _, _, said = started(run, "--no-browser", "--decisions-from", tmp_path / "old")

    assert said.startswith("acts carried over: 1 new, 0 known already; claims: 1, of which 0 to review again; 0 are")


def test_what_is_not_there_is_told(run, tmp_path):
    """No run, no file, no such port."""
    assert "holds no run" in ended(tmp_path / "nothing").stderr
    assert "cannot be read" in ended(run, "--merge", tmp_path / "nothing.jsonl").stderr
    assert ended(run, "--port", "99999").returncode == 2


def test_without_the_extra_the_command_says_how_to_get_it(run, tmp_path):
    """Merging needs no server, and works."""
    without = tmp_path / "sitecustomize.py"
    without.write_text(
        "import sys, importlib.abc\n"
        "class Gone(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in {'fastapi', 'starlette', 'uvicorn', 'python_multipart'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n",
        "utf-8",
    )
    here = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), here])}
    (tmp_path / "empty.jsonl").touch()

    refused, merged = (
        subprocess.run([*COMMAND, run, *more], capture_output=True, text=True, check=False, env=environment, timeout=60)
        for more in ([], ["--merge", tmp_path / "empty.jsonl"])
    )

    assert (1, True) == (refused.returncode, 'pip install "factcheck-nli[review]"' in refused.stderr)
    assert (0, "0 new, 0 known already, 0 refused\n") == (merged.returncode, merged.stdout)
