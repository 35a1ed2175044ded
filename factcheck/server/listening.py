"""Where the service listens, and what it is called there."""

import ipaddress
import socket
from collections.abc import Iterable

from factcheck.errors import ConfigError

LOOPBACK = "127.0.0.1"
_BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and listens; port 0 takes a free one.

    Raises:
        ConfigError: It cannot listen there.
    """
    try:
        [family, kind, protocol, _, address] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError, OverflowError) as error:
        where = f"{in_url(host)}:{port}"
        raise ConfigError("--host and --port", f"cannot listen at {where}: {error}", "name others") from None
    return listener


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine alone."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def host_headers(host: str, port: int, more: Iterable[str] = ()) -> list[str]:
    """What the Host header of a request may be to a service on loopback.

    Args:
        host: What was asked for.
        port: Where it listens.
        more: Further names, with their port or without.
    """
    names = dict.fromkeys([in_url(host), "localhost", LOOPBACK])
    return [header for name in names for header in (name, f"{name}:{port}")] + list(more)


def in_url(name: str) -> str:
    """A host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{name}]" if ":" in name else name
