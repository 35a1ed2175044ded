"""Who may ask: whoever brings the token, or without one whoever is on this machine and names it.

A page in a browser on this machine can send requests here too. It cannot read answers, as there is no CORS; what it
sends must be JSON by its content type, which a browser asks about first and is refused. A page whose own name was made
to lead to 127.0.0.1 could read answers, but names itself in the Host header.
"""

import hmac
import os
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from factcheck.errors import ConfigError
from factcheck.listening import LOOPBACK, in_url
from factcheck.server.problems import Problem

VARIABLE: Final = "FACTCHECK_TOKEN"
_LEAST: Final = 16  # characters
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1
_HOW: Final = 'make one by `python -c "import secrets; print(secrets.token_urlsafe(32))"`'


class Guard:
    """Lets requests in, or refuses them.

    Args:
        tokens: Any of them lets in; none of them means that no token is asked for.
        hosts: What the Host header may be where no token is asked for, with and without its port.
    """

    def __init__(self, *, tokens: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
        self._tokens = [token.encode() for token in tokens]
        self._hosts = frozenset(host.lower() for host in hosts)

    @property
    def asks(self) -> bool:
        """Whether a token is asked for."""
        return bool(self._tokens)

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse whoever may not ask.

        Raises:
            Problem: The token is missing or wrong, or the host is not one of ours.
        """
        if self._tokens:
            self._check_token(headers.get(b"authorization", b""))
            return
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if host not in self._hosts:
            fix = "call it by the address that it listens at, or start it with --allow-host"
            found = "is not a name of this service"
            raise Problem(HTTPStatus.MISDIRECTED_REQUEST, "Host header", found, fix, reason="host")

    def _check_token(self, given: bytes) -> None:
        scheme, _, token = given.partition(b" ")
        # All are compared, so that the time says nothing of which one is near.
        known = [hmac.compare_digest(token.strip(), one) for one in self._tokens]
        if scheme.lower() == b"bearer" and any(known):
            return
        found = "is missing" if not given else "is not that of this service"
        fix = "send `Authorization: Bearer TOKEN`"
        headers = {"www-authenticate": "Bearer"}
        raise Problem(HTTPStatus.UNAUTHORIZED, "Authorization header", found, fix, reason="token", headers=headers)


def read_tokens(file: Path | None, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The tokens of a file, one a line, or else the one of the environment; none where neither is given.

    Raises:
        ConfigError: The file cannot be read, or a token is none.
    """
    if file is None:
        given = environment.get(VARIABLE)
        return [] if given is None else [_checked(given.strip(), VARIABLE)]
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise ConfigError(f"--token-file {file}", f"cannot be read: {reason}", "name a file of tokens") from None
    tokens = [_checked(line.strip(), f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not tokens:
        raise ConfigError(f"--token-file {file}", "holds no token", _HOW)
    return tokens


def _checked(token: str, where: str) -> str:
    if len(token) < _LEAST:
        raise ConfigError(where, f"a token of {len(token)} characters", f"use {_LEAST} or more: {_HOW}")
    if not _TOKEN.fullmatch(token):
        found = "a token with characters that a header cannot carry"
        raise ConfigError(where, found, f"use letters, digits and -._~+/ alone: {_HOW}")
    return token


def host_headers(host: str, port: int, more: Iterable[str] = ()) -> list[str]:
    """What the Host header of a request may be to a service on loopback.

    Args:
        host: What was asked for.
        port: Where it listens.
        more: Further names, with their port or without.
    """
    names = dict.fromkeys([in_url(host), "localhost", LOOPBACK])
    return [header for name in names for header in (name, f"{name}:{port}")] + list(more)
