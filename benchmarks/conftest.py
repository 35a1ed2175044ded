"""What the pytest-benchmark suites share: `make bench` runs them and keeps their figures in `results/bench.jsonl`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from common import row, write_rows

from factcheck.nli.gate import gate_pairs

ROWS = pytest.StashKey[list[dict[str, Any]]]()


def pytest_addoption(parser):
    parser.addoption("--record", action="store_true", help="write results/bench.jsonl")


def pytest_configure(config):
    config.stash[ROWS] = []


def pytest_sessionfinish(session, exitstatus):
    if session.config.getoption("--record") and exitstatus == pytest.ExitCode.OK:
        write_rows("bench", session.config.stash[ROWS])


@pytest.fixture
def measure(benchmark, request):
    """Times `work` and records what it did per second: `measure(work, pairs=512)` gives pairs_per_second.

    `prepare` runs before each round, untimed; `facts()` is asked once, at the end, for what explains the figure.
    """

    def run(
        work: Callable[[], object],
        *,
        rounds: int = 3,
        warm: int = 1,
        prepare: Callable[[], object] | None = None,
        facts: Callable[[], dict[str, Any]] = dict,
        **amounts: float,
    ) -> None:
        setup = (lambda: prepare() and None) if prepare else None
        benchmark.pedantic(work, setup=setup, rounds=rounds, warmup_rounds=0 if prepare else warm)
        seconds = benchmark.stats["median"]
        metrics = {f"{name}_per_second": float(f"{amount / seconds:.4g}") for name, amount in amounts.items()}
        metrics = metrics or {"seconds": float(f"{seconds:.4g}")}
        benchmark.extra_info.update(metrics | facts())
        name = request.node.path.stem.removeprefix("test_")
        request.config.stash[ROWS].append(row(name, request.node.name, metrics, **facts()))
        print(metrics)

    return run


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty `FACTCHECK_CACHE`."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def gate() -> list[tuple[str, str]]:
    """The pairs that retrieval makes of our collections."""
    return list(gate_pairs())
