"""The bundled model behind the command itself: the same bytes as a batch job, whoever shares a batch."""

import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import Process, answer, request

from factcheck.config import Settings
from factcheck.formats.export import export
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import index_corpus
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger

pytestmark = pytest.mark.model

GLACIERS = Path(__file__).parents[2] / "claims" / "glaciers"
TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Claims, an index, and the lines of a batch job over both."""
    folder = tmp_path_factory.mktemp("glaciers")
    settings = Settings(index=str(folder / "idx"), cache=False)
    index_corpus(str(GLACIERS / "documents"), folder / "idx", settings, Silent())
    lines = (GLACIERS / "claims.jsonl").read_text("utf-8").splitlines()[:16]
    (folder / "claims.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    run_job(folder / "claims.jsonl", folder / "run", settings)
    with Ledger(folder / "run") as ledger:
        export(ledger.verdicts, "jsonl", folder / "out.jsonl")
    return folder / "idx", [json.loads(line) for line in lines], (folder / "out.jsonl").read_bytes().splitlines()


@pytest.fixture(scope="module")
def served(exported):
    """The command, over the same index."""
    command = [sys.executable, "-m", "factcheck", "serve", "--index", str(exported[0]), "--port", "0", "--no-cache"]
    one = Process("", command=[*command, "--batch", "5"], env={"FACTCHECK_TOKEN": TOKEN})
    yield one.wait_until_ready()
    one.end()


def ask(served, claims):
    with served.connect() as connection:
        connection.sendall(request({"claims": claims}, headers=[f"Authorization: Bearer {TOKEN}"]))
        code, _, content = answer(connection)
    assert 200 == code
    return content


def test_verdicts_are_those_of_a_batch_job_bit_for_bit(served, exported):
    """Asked for together, and one by one from many clients at a time."""
    _, claims, lines = exported

    together = ask(served, claims)
    with ThreadPoolExecutor(8) as pool:
        single = list(pool.map(lambda claim: ask(served, [claim]), claims))

    assert b'{"results":[' + b",".join(lines) + b'],"errors":0}\n' == together
    assert [b'{"results":[' + line + b'],"errors":0}\n' for line in lines] == single


def test_it_tells_what_it_is_and_ends_as_commands_do(served):
    """The model and corpus in the log, the token in no line of it, and 143 after SIGTERM."""
    ready = served.wait_for("ready")
    assert "nli-mini" == ready["model"]
    assert ready["documents"] > 0

    served.child.send_signal(signal.SIGTERM)

    assert 128 + signal.SIGTERM == served.child.wait(60)
    assert TOKEN not in json.dumps(served.lines)
