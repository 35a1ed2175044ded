"""Starts that do not come to serving."""

import builtins
import socket

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.errors import ConfigError, FactcheckError
from factcheck.listening import is_loopback
from factcheck.server.guard import host_headers, read_tokens
from factcheck.server.limits import Limits


def refusal(*arguments, env=None):
    """The error that the command ends with."""
    result = CliRunner().invoke(app, ["serve", "--port", "0", *map(str, arguments)], env=env)
    assert isinstance(result.exception, FactcheckError), result.exception
    return str(result.exception)


def test_an_index_that_is_half_or_torn_is_refused(tmp_path):
    """By what it is and what to do, while the address is free again."""
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "index.json").write_text('{"format": 3, "lang', "utf-8")
    (tmp_path / "half").mkdir()

    assert "half: holds no finished index; build one" in refusal("--index", tmp_path / "half")
    assert "index.json: cannot be read" in refusal("--index", torn)


def test_a_port_in_use_is_refused(harbour):
    """Before anything is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"cannot listen at 127.0.0.1:{port}" in refusal("--index", harbour / "idx", "--port", port)


def test_a_service_needs_a_corpus():
    """Unless claims bring their own texts."""
    assert "there is no corpus; name one with --index or --corpus" in refusal()


def test_other_machines_need_a_token(harbour):
    """Without one it does not begin to listen."""
    found = refusal("--index", harbour / "idx", "--host", "0.0.0.0")

    assert "--host 0.0.0.0: is reached from other machines, and there is no token; give one with --token-file" in found


def test_a_missing_extra_is_told(monkeypatch, harbour):
    """With the command that installs it."""
    known = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] in {"uvicorn", "prometheus_client"}:
            raise ModuleNotFoundError(name)
        return known(name, *rest, **more)

    monkeypatch.setattr("importlib.import_module", without)

    found = refusal("--index", harbour / "idx")

    assert 'needs uvicorn and prometheus-client; install them with `pip install "factcheck-nli[serve]"`' in found


def test_tokens_come_from_a_file_or_the_environment(tmp_path):
    """The file counts where both are there; empty lines are none."""
    file = tmp_path / "tokens"
    file.write_text("first-token-of-the-file\n\n  second-token-of-the-file \n", "utf-8")
    environment = {"FACTCHECK_TOKEN": "token-of-the-environment"}

    assert ["first-token-of-the-file", "second-token-of-the-file"] == read_tokens(file, environment)
    assert ["token-of-the-environment"] == read_tokens(None, environment)
    assert [] == read_tokens(None, {})


@pytest.mark.parametrize("text", ["", "\n", "short", "a token with blanks in it", "ümlaut-in-a-token-of-it"])
def test_a_token_that_is_none_is_refused_without_being_shown(tmp_path, text):
    """It may be most of a good one."""
    (tmp_path / "tokens").write_text(text, "utf-8")

    for file, environment in ((tmp_path / "tokens", {}), (None, {"FACTCHECK_TOKEN": text.strip()})):
        with pytest.raises(ConfigError) as caught:
            read_tokens(file, environment)
        assert not text.strip() or text.strip() not in str(caught.value)


def test_a_token_file_must_be_there(tmp_path):
    """A service that is open by mistake is worse than none."""
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_tokens(tmp_path / "none")


def test_limits_must_fit_each_other():
    """A queue must hold the largest request."""
    with pytest.raises(ConfigError, match="of 10 claims has no room for a request of 1,000"):
        Limits(queue=10)
    with pytest.raises(ConfigError, match="limit seconds: is 0; it must be above 0"):
        Limits(seconds=0)
    with pytest.raises(ConfigError, match="all bodies may take 10 bytes"):
        Limits(bodies=10)


def test_loopback_goes_by_its_address_and_as_localhost():
    """With the port or without, and IPv6 in brackets."""
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("10.0.0.1")
    assert {"[::1]", "[::1]:80", "localhost", "localhost:80", "desk"} <= set(host_headers("::1", 80, ["desk"]))
