"""Where a server of ours listens: an address that only this machine reaches unless more is asked for."""

import ipaddress
import socket

from factcheck.errors import ConfigError

LOOPBACK = "127.0.0.1"
_BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and listens already; port 0 takes a free one.

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
        where = in_url(host) + (f":{port}" if port else "")
        raise ConfigError("--host and --port", f"cannot listen at {where}: {error}", "name others") from None
    return listener


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine alone."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def in_url(name: str) -> str:
    """A host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{name}]" if ":" in name else name
