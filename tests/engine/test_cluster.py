"""Clusters that cannot be had, and those that are lost: an error in bounded time, with nothing lost."""

import os
import subprocess
import sys

import pytest

from factcheck.config import Settings
from factcheck.engine import engine_of
from factcheck.errors import ConfigError
from factcheck.run.ledger import Ledger

# A job on a cluster of its own, whose processes of a name are killed when the first verdicts are committed.
LOSING = """
import os, signal, subprocess, sys, warnings
from pathlib import Path
from factcheck.config import Settings
from factcheck.engine import engine_of
from factcheck.errors import FactcheckError
from factcheck.jobs.progress import Silent
from factcheck.jobs.verify import run_job

warnings.filterwarnings("ignore", "lancedb fork support")  # of the `ps` below
place, claims, run = map(Path, sys.argv[1:])
settings = Settings(
    model=str(place / "model"), corpus=str(place / "corpus"), cache=False, window=3, on_error="skip", engine="ray",
    ray_cpus=1, ray_workers=1,
)

class Losing(Silent):
    def advance(self, stage, n=1):
        if stage == "scoring":
            command = ["ps", "--ppid", str(os.getpid()), "-o", "pid=,comm="]
            for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
                if "raylet" in line:
                    os.kill(int(line.split()[0]), signal.SIGKILL)

try:
    run_job(claims, run, settings, progress=Losing(), engine=engine_of(settings))
except FactcheckError as error:
    print(error, flush=True)
    os._exit(1)  # Ray's own way out of a cluster that is gone takes a minute
"""


def test_a_cluster_that_is_lost_in_mid_job_costs_nothing(place, tmp_path):
    """The error says so, and the run can go on; workers import nothing from the folder where it was started."""
    claims = tmp_path / "claims.txt"  # enough of them that the last is decided long after
    claims.write_text("".join(f"Ferry {number} sails twice a day.\n" for number in range(3000)), "utf-8")
    (tmp_path / "tokenizers.py").write_text("raise ImportError('this is the data of a user')\n", "utf-8")
    command = [sys.executable, "-P", "-c", LOSING, str(place), str(claims), str(tmp_path / "run")]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)

    assert 1 == ended.returncode, ended.stderr
    assert "nothing that was decided is lost: start the same command again" in ended.stdout
    with Ledger(tmp_path / "run") as ledger:
        done, total = ledger.progress()
    assert 0 < done < total


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:1", "127.0.0.1:1 cannot be used: Connection refused"), ("ray://127.0.0.1:10001", "remote client")],
)
def test_an_address_where_no_cluster_is_is_refused(job, tmp_path, address, said):
    """Before a minute is over; the claims are read and kept."""
    with pytest.raises(ConfigError, match=said):
        job("run", ray_address=address)

    with Ledger(tmp_path / "run") as ledger:
        assert (0, 60) == ledger.progress()


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    """Before anything is read."""
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(ConfigError, match=r'pip install "factcheck-nli\[ray\]"'):
        engine_of(Settings(engine="ray"))


def test_the_local_engine_needs_no_ray(monkeypatch):
    """Nor does it import it."""
    monkeypatch.setitem(sys.modules, "ray", None)

    assert engine_of(Settings()) is None


def test_usage_is_told_to_nobody(tmp_path):
    """Ray has it switched off when it is imported; whoever wants it on says so in the environment."""
    code = "import os; from factcheck.engine.cluster import import_ray; import_ray(); print(dict(os.environ))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert "'RAY_USAGE_STATS_ENABLED': '0'" in found.stdout
