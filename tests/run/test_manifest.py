"""`manifest.json`: what a run is of, and on what it ran."""

import json
from itertools import count

import pytest

from factcheck.config import Settings
from factcheck.jobs.verify import run_job
from factcheck.machine import instruction_set
from factcheck.run.manifest import MANIFEST, machine, utc, write_manifest
from factcheck.testing import RuleNLI

NAMES = [f"{first}{second}a" for first in "BDFG" for second in "aei"]


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts the run, for so many windows; gives the manifest as it is after that."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "ferries.txt").write_text("".join(f"The ferry {name} sails daily.\n" for name in NAMES), "utf-8")
    claims = tmp_path / "claims.csv"
    claims.write_text("claim\n" + "".join(f"The ferry {name} sails.\n" for name in NAMES), "utf-8")

    def start(windows=None, at=None):
        if at is not None:
            ticks = count(at)
            monkeypatch.setattr("time.time", lambda: float(next(ticks)))
        asked = count()
        settings = Settings(corpus=str(tmp_path / "ferries.txt"), window=3)
        stopping = (lambda: False) if windows is None else (lambda: next(asked) >= windows)
        run_job(claims, tmp_path / "run", settings, scorer=RuleNLI(), stopping=stopping)
        return json.loads((tmp_path / "run" / MANIFEST).read_text("utf-8"))

    return start


def test_times_and_starts_are_of_all_starts_and_counters_of_the_last(start):
    """Begun once, stopped, gone on with: the first beginning stays, the end moves."""
    first = start(windows=2, at=1_000_000)
    second = start(at=2_000_000)

    assert (False, 1, utc(1_000_000)) == (first["finished"], first["starts"], first["started"])
    assert (True, 2, utc(1_000_000)) == (second["finished"], second["starts"], second["started"])
    assert first["ended"] < utc(1_001_000) < second["ended"] < utc(2_001_000)
    assert (6, 6, 12) == (sum(first["counts"].values()), second["resumed"], sum(second["counts"].values()))
    assert second["scored"]["pairs_asked"] < second["pairs"]
    assert 0 < second["seconds"] < 1_000


def test_a_manifest_without_an_end_is_of_a_start_that_was_killed(start, tmp_path):
    """What it would have counted is not there; what is known at the beginning is."""

    class DyingError(Exception):
        pass

    class Dying(RuleNLI):
        def score(self, pairs):
            raise DyingError

    start(windows=1)
    with pytest.raises(DyingError):
        run_job(
            tmp_path / "claims.csv",
            tmp_path / "run",
            Settings(corpus=str(tmp_path / "ferries.txt"), window=3),
            scorer=Dying(),
        )

    found = json.loads((tmp_path / "run" / MANIFEST).read_text("utf-8"))
    assert (2, None, False) == (found["starts"], found["ended"], found["finished"])
    assert "counts" not in found


def test_it_says_in_what_numbers_and_on_what_machine(start):
    """The precision and the kind of device of the numeric class, the processor, the threads; no host name."""
    found = start()

    assert ("exact", "cpu") == (found["precision"], found["device"])
    assert machine() == found["machine"]
    assert instruction_set() == found["machine"]["instructions"]
    assert {"system", "processor", "instructions", "cores"} == found["machine"].keys()
    assert found["threads"] is None or found["threads"] >= 1
    assert {"python", "torch", "lancedb"} <= found["versions"].keys()
    assert found["identity"]["numeric_class"] == "rules/exact/cpu/none"


def test_it_is_there_whole_or_as_it_was(tmp_path):
    """A value that JSON does not have stops it before anything is written."""
    write_manifest(tmp_path, identity={"numeric_class": "a/b/c/d"}, facts={"claims": 1})
    before = (tmp_path / MANIFEST).read_bytes()

    with pytest.raises(TypeError):
        write_manifest(tmp_path, identity={}, facts={"claims": {1, 2}})

    assert before == (tmp_path / MANIFEST).read_bytes()
