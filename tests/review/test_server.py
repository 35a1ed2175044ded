"""Where the review listens, and what it is called there."""

import socket

import pytest

from factcheck.errors import ConfigError
from factcheck.listening import is_loopback
from factcheck.review import reviewers
from factcheck.review.server import host_names, serve


def test_a_loopback_address_is_also_called_localhost():
    """A forwarded port is asked for by that name."""
    assert ["127.0.0.1", "localhost"] == host_names("127.0.0.1", "127.0.0.1")
    assert ["localhost"] == host_names("localhost", "127.0.0.1")


def test_ipv6_addresses_stand_in_brackets():
    """As in the Host header."""
    assert ["[::1]", "localhost"] == host_names("::1", "::1")
    assert ["[fd00::7]"] == host_names("fd00::7", "fd00::7")


def test_a_name_goes_with_the_address_that_it_was_bound_to():
    """Browsers may say either."""
    assert ["desk.example", "10.1.2.3"] == host_names("desk.example", "10.1.2.3")


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_everywhere_is_this_machines_own_names(address):
    """No browser says the address of everywhere, and no other name is let through."""
    names = host_names(address, address)

    assert names[0] == socket.gethostname()
    assert {"localhost", "127.0.0.1"} <= set(names)
    assert not {"0.0.0.0", "[::]", "::", "*"} & set(names)


def test_loopback_is_told_from_the_rest():
    """Scope ids of IPv6 are passed over."""
    assert [True, True, True, False, False, False] == [
        is_loopback(one) for one in ("127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "fe80::1%eth0", "10.0.0.1")
    ]


def test_a_port_in_use_is_told():
    """With what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="cannot listen at"):
        serve(None, reviewer="ann", port=taken.getsockname()[1], say=print)


def test_a_host_that_is_none_is_told():
    """Not with a traceback."""
    with pytest.raises(ConfigError, match="cannot listen at"):
        serve(None, reviewer="ann", host="no such host", say=print)


def test_a_user_without_a_name_is_called_reviewer(monkeypatch):
    """As in a container."""

    def unknown():
        raise KeyError("uid not found")

    monkeypatch.setattr(reviewers.getpass, "getuser", unknown)

    assert "reviewer" == reviewers.usual_reviewer()


def test_names_are_composed_and_blanks_in_them_single():
    """The same name is the same reviewer."""
    assert reviewers.reviewer_name("  Zoe\u0308  K ") == "Zoë K"
