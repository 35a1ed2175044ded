"""The bundled model, in each precision: an export has the same bytes however the job was run."""

import os
import random

import pytest
import torch
from harness import exported

from factcheck.assets import asset
from factcheck.config import Settings
from factcheck.errors import ModelError
from factcheck.jobs.verify import run_job
from factcheck.nli import load

pytestmark = pytest.mark.model
EXAMPLE = asset("claims/glaciers")


@pytest.fixture(params=["fp32", "bf16", "int8"])
def precision(request):
    """Each that this machine has."""
    try:
        load("nli-mini", precision=request.param, device="cpu", labels=None)
    except ModelError as error:
        pytest.skip(str(error))
    return request.param


@pytest.fixture
def threads():
    """Sets how many threads compute; afterwards there are as many as before."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def copied(folder, seed):
    """The example's documents, made in another order, with other times and in other pieces of the disk."""
    rng = random.Random(seed)
    files = sorted(path for path in (EXAMPLE / "documents").rglob("*") if path.is_file())
    rng.shuffle(files)
    for path in files:
        target = folder / path.relative_to(EXAMPLE / "documents")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        os.utime(target, (rng.randrange(10**9), rng.randrange(10**9)))
    return folder


def test_nothing_but_the_inputs_decides_the_bytes(tmp_path, precision, threads, monkeypatch):
    """Window, threads, score cache (off, cold, warm), interruptions, and the order of documents on disk."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    lines = (EXAMPLE / "claims.jsonl").read_text("utf-8").splitlines(keepends=True)
    claims = tmp_path / "claims.jsonl"
    claims.write_text("".join(lines[:8]), "utf-8")
    first, second = (copied(tmp_path / f"documents-{seed}", seed) for seed in (1, 2))

    def job(name, documents, *, starts=1, **settings):
        chosen = Settings(corpus=str(documents), passages=4, precision=precision, **settings)
        for start in range(starts):
            report = run_job(claims, tmp_path / name, chosen, stopping=lambda last=start + 1 == starts: not last)
        assert report.finished
        return exported(tmp_path / name), report.scored

    threads(2)
    expected, _ = job("plain", first, cache=False)
    threads(1)
    stopped, cold = job("stopped", second, window=2, starts=3)
    threads(2)
    warm, kept = job("warm", first, window=5)

    assert expected == stopped == warm
    assert cold.pairs_scored > 0
    assert kept.pairs_scored == 0
    assert kept.pairs_cached >= 32
