"""`factcheck mcp` as a program of assistants starts it: a process, spoken to over its standard input and output."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytest.importorskip("mcp_types", reason="needs the extra mcp")

from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.errors import ConfigError

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "claims" / "glaciers" / "documents"
CLAIM = "The longest ice core records come from Antarctica."
LIMIT = 100  # seconds that a test waits for a process


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A working folder, and an environment with a cache of its own."""
    folder = tmp_path_factory.mktemp("mcp")
    names = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
    env = {name: os.environ[name] for name in names if name in os.environ}
    return folder, env | {"FACTCHECK_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}


def factcheck(work, *args, **options):
    folder, env = work
    command = [sys.executable, "-m", "factcheck", *map(str, args)]
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=LIMIT, **options
    )


def line(method, ident=None, **params):
    """A message of the protocol."""
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(message if ident is None else message | {"id": ident}) + "\n"


HELLO = line(
    "initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"}
) + line("notifications/initialized")


@pytest.mark.model
def test_the_verdict_is_that_of_ask(work):
    """Of the same documents with the same settings, to the last digit, by the SDK's client over real pipes."""
    folder, env = work
    arguments = ["-m", "factcheck", "mcp", "--corpus", str(DOCUMENTS), "--quiet"]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=env, cwd=folder)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(parameters)) as client:
        names = [tool.name for tool in portal.call(client.list_tools).tools]
        answer = portal.call(client.call_tool, "verify_claims", {"claims": [CLAIM], "evidence": 10}).structured_content
    asked = factcheck(work, "ask", CLAIM, "--corpus", DOCUMENTS, "--json")

    assert ["verify_claims", "search_corpus"] == names
    [verdict], record = answer["verdicts"], json.loads(asked.stdout)
    assert "SUPPORTED" == verdict["verdict"]
    assert record["judged"] == len(verdict["evidence"]) + verdict["evidence_left_out"]
    for key in verdict.keys() - {"evidence", "evidence_left_out"}:
        assert record[key] == verdict[key], key
    for item, other in zip(verdict["evidence"], record["evidence"], strict=False):
        for key in item.keys() - {"copies", "findings"}:
            assert other[key] == item[key], key


def test_the_process_ends_when_its_input_does(work):
    """With status 0, though it is loading the model; standard output held the protocol and nothing else."""
    folder, env = work
    command = [sys.executable, "-m", "factcheck", "mcp", "--corpus", str(DOCUMENTS)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=folder, env=env, text=True, **pipes) as process:
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        process.stdin.write(HELLO + line("tools/list", 2) + "no JSON at all\n" + line("ping", 3))
        process.stdin.flush()
        answers = {}
        while len(answers) < 3:
            message = json.loads(process.stdout.readline())
            answers |= {message["id"]: message} if message.get("id") is not None else {}
        rest, log = process.communicate()
        watchdog.cancel()

    assert 0 == process.returncode, log
    assert "" == rest
    assert "factcheck" == answers[1]["result"]["serverInfo"]["name"]
    assert answers[2]["result"]["tools"]
    assert {} == answers[3]["result"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--corpus", "error: absent: does not exist; give a"),
        ("--index", "error: absent: holds no finished index; build"),
    ],
)
def test_missing_documents_end_the_process_at_once(work, option, message):
    """With status 1 and a line on standard error, before the protocol begins."""
    done = factcheck(work, "mcp", option, "absent", input=HELLO)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(message)
    assert 1 == len(done.stderr.splitlines())


def test_without_its_extra_the_command_says_what_to_install(monkeypatch, tmp_path):
    """Version 1 of the SDK, which has no `mcp_types`, counts as missing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "mcp_types", None)

    error = CliRunner().invoke(app, ["mcp"]).exception

    assert isinstance(error, ConfigError)
    assert "factcheck-nli[mcp]" in str(error)
