"""Serving the review: an address that only this machine reaches unless more is asked for, and a link that opens it."""

import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import uvicorn

from factcheck.listening import LOOPBACK, in_url, is_loopback, listen
from factcheck.review.app import make_app
from factcheck.review.desk import Desk
from factcheck.review.guard import Sessions

_GRACE = 2  # seconds that answers under way have at the end
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (compared with)


def serve(  # noqa: PLR0913 (all but the desk have names)
    desk: Desk,
    *,
    reviewer: str,
    host: str = LOOPBACK,
    port: int = 0,
    path: str = "/",
    browser: bool = True,
    say: Callable[[str], None],
) -> None:
    """Serve the review of a run until it is interrupted.

    Args:
        desk: What the pages are made from.
        reviewer: Who the first link lets in.
        host: Address or name to listen at.
        port: Where to listen; 0 takes a free one.
        path: The page that the link opens.
        browser: Whether to open the link in a browser, where there is one to be seen.
        say: Told the link, and warnings, a line each.

    Raises:
        ConfigError: It cannot listen there.
    """
    with listen(host, port) as listener:
        address, bound = listener.getsockname()[:2]
        sessions = Sessions()
        named = host_names(host, address)
        hosts = [f"{name}:{bound}" for name in named] + (list(named) if bound == 80 else [])
        if not is_loopback(address):
            say(
                f"warning: this listens at {host}, for other machines too, without encryption: whoever can read the "
                "network's traffic can read links, claims and decisions; use it in a network that you trust, or "
                "forward a port through ssh instead"
            )
        mark = "&" if "?" in path else "?"
        url = f"http://{named[0]}:{bound}{path}{mark}token={quote(sessions.invite(reviewer))}"
        say(f"review of {desk.name}, for {reviewer}: {url}")
        say("the link opens once; Ctrl-C ends the review")
        app = make_app(desk, sessions=sessions, hosts=hosts)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE
        )
        if browser and _has_display():
            webbrowser.open(url)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    say("the review has ended; every decision is stored in the run")


def host_names(host: str, address: str) -> list[str]:
    """What a browser may call the server that was bound to a host, best first, IPv6 addresses in brackets.

    Args:
        host: What was asked for.
        address: What the socket is bound to.
    """
    names: list[str] = []
    if address in _EVERYWHERE:
        names = [socket.gethostname(), *_own_addresses(), "localhost", LOOPBACK]
    elif is_loopback(address):
        names = [host, "localhost"]
    else:
        names = [host, address]
    return list(dict.fromkeys(in_url(name) for name in names))


def _own_addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:  # the machine's name is in no table
        return []
    return [str(entry[4][0]).partition("%")[0] for entry in found]


def _has_display() -> bool:
    if sys.platform in {"darwin", "win32"} or "BROWSER" in os.environ:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
