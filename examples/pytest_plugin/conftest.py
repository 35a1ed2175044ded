"""A fixture and a marker for tests of a RAG system: an answer must be grounded in what was retrieved for it."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from factcheck import FactChecker, Verdict
from factcheck.testing import assert_grounded


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "grounded(min_supported): least share of an answer's sentences that must be supported; 1 without it"
    )


@pytest.fixture(scope="session")
def checker() -> FactChecker:
    """The model, loaded once for all tests; name a stronger one here."""
    return FactChecker.load(evidence="given")


@pytest.fixture
def grounded(request: pytest.FixtureRequest, checker: FactChecker) -> Callable[[str, Sequence[str]], list[Verdict]]:
    """A function of answer and passages that fails the test unless the passages support the answer."""
    marker = request.node.get_closest_marker("grounded")
    return partial(assert_grounded, checker=checker, **(marker.kwargs if marker else {}))
