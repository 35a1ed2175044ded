"""The service of the tests: its corpus, its client, and a process that serves it with a scorer that can be held up.

Run as a program it serves: `serving.py INDEX LIMITS-AS-JSON [hold]`. With `hold` each score call first waits for a line
of standard input.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

TEXTS = {
    "a.txt": "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n",
    "b.txt": "The ferry does not sail twice a day.\n\nThe harbour opened in 2019.\n",
    "c.txt": "The lighthouse is white. The keeper lives in the village.\n",
}
CLAIMS = [
    "The harbour opened in 2019.",
    "The ferry sails twice a day.",
    "The harbour opened in 2018.",
    "The lighthouse is white.",
    "Zeppelins land on the pier.",
]


def test_client(app):
    """A client that calls an application without a network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of starlette's own client about the one it stands on
        from starlette.testclient import TestClient

    return TestClient(app)


test_client.__test__ = False


def body(value):
    """A value as the body of a request."""
    return json.dumps(value).encode()


def request(value, *, path="/v1/verify", host="127.0.0.1", headers=()):
    """The bytes of a whole request."""
    sent = value if isinstance(value, bytes) else body(value)
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(sent)}", *headers, "", ""]).encode() + sent


class Process:
    """A process that serves; `lines` is its log as far as it was written."""

    def __init__(self, index, *arguments, limits=None, command=None, env=None):
        command = command or [sys.executable, __file__, str(index), json.dumps(limits or {}), *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.child = subprocess.Popen(command, text=True, env=os.environ | (env or {}), **pipes)
        self.lines = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.stderr:
            with self._news:
                self.lines.append(json.loads(line) if line.startswith("{") else {"event": "text", "text": line})
                self._news.notify_all()
        with self._news:
            self.lines.append({"event": "end"})
            self._news.notify_all()

    def wait_for(self, event, **facts):
        """The first line of the log of this event with these facts."""

        def found():
            return next((line for line in self.lines if line["event"] == event and facts.items() <= line.items()), None)

        with self._news:
            done = self._news.wait_for(lambda: found() or self.lines[-1:] == [{"event": "end"}], timeout=60)
            assert done, self.lines
            assert found(), self.lines
            return found()

    def wait_until_ready(self):
        """Itself, once it is ready."""
        self.port = int(self.wait_for("ready")["url"].rpartition(":")[2])
        return self

    def connect(self):
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def figure(self, name):
        """One of its metrics, by name and labels."""
        with self.connect() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            _, _, text = answer(connection)
        return next((float(line.split()[-1]) for line in text.decode().splitlines() if line.startswith(name)), 0.0)

    def wait_for_figure(self, name, least):
        """Return when one of its metrics is no less."""
        while self.figure(name) < least:
            pass

    def go(self, times=1):
        """Let score calls pass that were held."""
        self.child.stdin.write("go\n" * times)
        self.child.stdin.flush()

    def end(self):
        """End it, if it runs."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self._reader.join()
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def answer(connection):
    """Status, headers and body of the next answer on a connection; None where it ends without one."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(1 << 16)
        if not part:
            return None
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(rest) < int(headers["content-length"]):
        rest += connection.recv(1 << 16)
    return int(status.split()[1]), headers, rest


def is_over(connection):
    """Whether the other side ends the connection, once it has sent what it had to."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        return True
    return True


def main(index, limits, *how):
    """Serve with the double."""
    from factcheck.config import Settings
    from factcheck.jobs.bench import prepare
    from factcheck.listening import listen
    from factcheck.server.limits import Limits
    from factcheck.server.logs import json_log
    from factcheck.server.serve import Options, serve
    from factcheck.testing import RuleNLI

    class Held(RuleNLI):
        started = False

        def score(self, pairs):
            if "hold" in how and self.started:
                log("scoring", {"pairs": len(pairs)})
                with turn:  # two threads may score, and a text stream is for one reader
                    sys.stdin.readline()
            self.started = True
            return super().score(pairs)

    log, turn = json_log(), threading.Lock()
    settings = Settings(index=index, cache=False)
    sys.exit(
        serve(
            listen("127.0.0.1", 0),
            lambda: prepare(settings, scorer=Held()),
            limits=Limits(**json.loads(limits)),
            options=Options(),
            log=log,
        )
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main(*sys.argv[1:])
