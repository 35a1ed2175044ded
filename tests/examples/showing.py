"""What the tests of the examples share."""

from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def needs(*libraries):
    """A mark that skips a module where what it shows is not installed."""
    missing = [name for name in libraries if find_spec(name) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"{', '.join(missing)} not installed: see examples/requirements.txt"
    )
