"""One nursery for all tests of faults."""

import pytest
from harness import Nursery, build_shim


@pytest.fixture(scope="session")
def nursery(tmp_path_factory):
    """Where jobs are born."""
    made = Nursery(build_shim(tmp_path_factory.mktemp("shim")))
    yield made
    made.close()


@pytest.fixture
def changes(nursery):
    """The nursery, where faults can be placed at changes of files."""
    if not nursery.counts_changes:
        pytest.skip("counting changes of files needs Linux and a C compiler")
    return nursery
