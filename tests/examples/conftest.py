"""Running the examples: offline, with the telemetry of other libraries off."""

import importlib
import runpy
import socket

import pytest
from showing import EXAMPLES

from factcheck import FactChecker
from factcheck.testing import RuleNLI


@pytest.fixture(scope="module", autouse=True)
def offline(tmp_path_factory):
    """No example reaches another machine, nor tells anybody that it ran."""
    real = socket.socket.connect

    def connect(self, address):
        inet = self.family in {socket.AF_INET, socket.AF_INET6}
        assert not inet or address[0] in {"127.0.0.1", "::1", "localhost"}, f"connects to {address}"
        return real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HAYSTACK_TELEMETRY_ENABLED", "false")
        patch.setenv("LANGSMITH_TRACING", "false")
        patch.setenv("LANGCHAIN_TRACING_V2", "false")
        patch.setenv("FACTCHECK_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.syspath_prepend(EXAMPLES)
        yield


@pytest.fixture(scope="module")
def load(offline):
    """Gives an example as a module."""
    return importlib.import_module


@pytest.fixture
def main(offline, capsys):
    """Runs an example as a program, and gives what it printed."""

    def run(name):
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.fixture(scope="module")
def rules(offline):
    """A checker that judges by rules of words, always the same."""
    return FactChecker.load(model=RuleNLI(), evidence="given")
