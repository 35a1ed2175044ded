"""Jobs on a real cluster of several nodes: the same bytes as here, whatever happens to its workers."""

import json
import os
import shutil
import signal

import pytest

from factcheck.cli.stopping import Stopping
from factcheck.errors import CorpusError, RunError
from factcheck.jobs.sources import cached_index
from factcheck.run.ledger import Ledger

ALL = 60


def test_a_killed_worker_changes_no_byte(cluster, job, exported, here, tmp_path):
    """What it had is judged by others; bad claims are passed over as they are by the local engine."""

    def kill(engine):
        os.kill(engine.workers[0][1], signal.SIGKILL)
        return True

    report = job("there", act=kill)

    assert (True, ALL, 2) == (report.finished, report.claims, report.rejected)
    assert here == exported("there")
    assert report.pairs == report.scored.pairs_asked == report.scored.pairs_scored
    manifest = json.loads((tmp_path / "there" / "manifest.json").read_text("utf-8"))
    assert "ray" == manifest["engine"]["name"]
    assert "mixed" not in manifest


def test_a_lost_node_changes_no_byte(cluster, job, exported, here):
    """The rest of the cluster goes on, though it has no room for another worker."""
    cluster.add_node(num_cpus=1, object_store_memory=100 * 1024**2)  # in the place of the one that goes
    lost = []

    def lose(engine):
        name, _ = engine.workers[0]
        lost.extend(node for node in cluster.worker_nodes if node.node_id[:8] in name)
        cluster.remove_node(*lost, allow_graceful=False)
        return True

    report = job("there", act=lose)

    assert report.finished
    assert here == exported("there")
    assert 1 == len(lost)
    assert lost[0] not in cluster.worker_nodes


def test_a_run_goes_on_with_either_engine(cluster, job, exported, here):
    """Stopped by Ctrl-C here, then there, each time with what is decided committed; and ended here."""

    def interrupt(_):
        os.kill(os.getpid(), signal.SIGINT)
        return True

    done = []
    for local in (True, False):
        with Stopping(lambda _: None) as stopping:
            stopped = job("run", local=local, act=interrupt, stopping=stopping)
        done.append(sum(stopped.counts.values()))
        assert not stopped.finished

    assert [3, 6] == done
    assert 6 == job("run", local=True).resumed
    assert here == exported("run")


def test_a_worker_on_another_processor_is_refused(cluster, job, tmp_path, monkeypatch):
    """Before it judges anything; the error names the node and both sides, and the same folder goes on afterwards."""
    monkeypatch.setattr("factcheck.jobs.bench.instruction_set", lambda: "x86_64 Other avx")
    with pytest.raises(RunError, match=r"node .*\(\w{8}\): .*processor is .*, here .*Other.*--allow-mixed"):
        job("run", ray_workers=1)

    with Ledger(tmp_path / "run") as ledger:
        assert (0, ALL) == ledger.progress()
    assert ALL == sum(job("run", local=True).counts.values())


def test_a_mixture_that_is_allowed_is_recorded(cluster, job, tmp_path, monkeypatch):
    """In the ledger, in the manifest and in the report, which says what it costs; it stays when the run is resumed."""
    monkeypatch.setattr("factcheck.jobs.bench.instruction_set", lambda: "x86_64 Other avx")

    report = job("run", ray_workers=1, allow_mixed=True)

    assert report.finished
    assert any("as --allow-mixed let them" in note for note in report.notes)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert ["processor"] == [other.split()[0] for other in manifest["mixed"]]
    assert report.notes == job("run", local=True).notes


def test_an_index_that_a_worker_lacks_is_named_with_the_node(cluster, job, place, tmp_path, monkeypatch):
    """As where a path is not shared by all nodes."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))

    def lose():  # asked as scoring begins
        shutil.rmtree(cached_index(str(place / "corpus"), "en"))
        return False

    with pytest.raises(CorpusError, match=r"node .*indexes.*is not there"):
        job("run", ray_workers=1, stopping=lose)


def test_workers_that_no_node_has_room_for_are_an_error(cluster, job):
    """Rather than a job that waits for ever."""
    with pytest.raises(RunError, match="no node has 64 CPUs for a worker; ask for less with --ray-cpus"):
        job("run", ray_cpus=64)
