"""Runs jobs, each in a process of its own, and lets them die where they are told to.

A line of JSON on standard input asks for a job, for the end of one, or for one to have stopped; each is answered with a
line. What heavy libraries cost to import is paid once, and each job is a fork. `harness.py` is the other end.
"""

import ctypes
import json
import os
import resource
import signal
import sqlite3
import sys
import time
import traceback
import warnings
from pathlib import Path

import lancedb.index
import lancedb.query
import pyarrow.compute
import sentencex

from factcheck.config import Settings
from factcheck.corpus.build import build_index
from factcheck.errors import FactcheckError
from factcheck.formats.export import export
from factcheck.jobs.update import Updater
from factcheck.jobs.verify import run_job
from factcheck.nli.cache import CachedScorer, ScoreCache
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI

IMPORTED_BEFORE_THE_FORKS = (lancedb.index, lancedb.query, pyarrow.compute, sentencex)
EFFECTS = {"count": 1, "kill": 2, "halfway": 3, "full": 4}  # at a change of a file; as in file_faults.c
SIGNALS = {"statement": signal.SIGKILL, "stop": signal.SIGSTOP}  # before an SQL statement
NEW_MOUNTS, NEW_USER = 0x20000, 0x10000000  # from sched.h
READ_ONLY, REMOUNT, BIND, PRIVATE_AND_BELOW = 0x1, 0x20, 0x1000, 0x44000  # from sys/mount.h
SHIM = ctypes.CDLL(os.environ["LD_PRELOAD"]) if os.environ.get("LD_PRELOAD") else None
if SHIM is not None:
    SHIM.arm.argtypes = [ctypes.c_int, ctypes.c_long]
    SHIM.changes.restype = ctypes.c_long


class DeniedError(Exception):
    """This machine does not let us make that fault."""


class Statements:
    """Counts the SQL statements of all connections, and signals the process before the chosen one."""

    def __init__(self, fault):
        [(self.signal, self.chosen)] = [(SIGNALS[name], fault[name]) for name in SIGNALS if name in fault] or [(0, 0)]
        self.seen, self.really = 0, sqlite3.connect
        sqlite3.connect = self.connect

    def connect(self, *args, **options):
        connection = self.really(*args, **options)
        connection.set_trace_callback(self.count)
        return connection

    def count(self, _statement):
        self.seen += 1
        if self.seen == self.chosen:
            os.kill(os.getpid(), self.signal)


def stop_at_second_opening(name):
    """Stop the process when it opens a file of this name again: documents are hashed first, then read."""
    times = [0]

    def look(event, args):
        if event == "open" and str(args[0]).endswith(name):
            times[0] += 1
            if times[0] == 2:
                os.kill(os.getpid(), signal.SIGSTOP)

    sys.addaudithook(look)


def verify(request):
    report = run_job(request["claims"], Path(request["run"]), Settings(**request["settings"]), scorer=scorer(request))
    return {"resumed": report.resumed, "claims": report.claims, "cached": report.scored.pairs_cached}


def scorer(request):
    return CachedScorer(RuleNLI(), ScoreCache(request["scores"])) if "scores" in request else RuleNLI()


def update(request):
    report = Updater(Path(request["run"]), index=request["index"], scorer=scorer(request)).update()
    return {"resumed": report.resumed, "changed": report.changed}


def index(request):
    report = build_index(request["corpus"], request["index"])
    return {"version": report.corpus_version, "problems": [str(problem) for problem in report.problems]}


def read(request):
    """What a reader of the run sees."""
    with Ledger(request["run"]) as ledger:
        export(ledger.verdicts, "jsonl", Path(request["out"]))
        return {"finished": ledger.is_finished(), "progress": list(ledger.progress())}


def several(request):
    """Requests one after the other in this process, which keeps its mounts and its user; gives all answers."""
    return {"answers": [answer(part) for part in request["requests"]]}


def mount(request):
    """Mount a small disk, make it larger, or put a folder over itself read-only; of a private process."""
    folder, size = os.fsencode(request["mount"]), f"size={request.get('size')}".encode()
    match request["what"]:
        case "disk":
            call("mount", b"tmpfs", folder, b"tmpfs", 0, size)
        case "larger":
            call("mount", b"tmpfs", folder, b"tmpfs", REMOUNT, size)
        case "read-only":
            call("mount", folder, folder, None, BIND, None)
            call("mount", folder, folder, None, BIND | REMOUNT | READ_ONLY, None)
    return {}


def privately(request):
    """The answer of a process that sees mounts of its own; threads that were there before would not see them."""
    try:
        be_alone()
    except DeniedError as error:
        return {"answers": [{"denied": str(error)}]}
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, json.dumps(answer(request)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return json.loads(said)


def be_alone():
    """Have mounts of one's own; where only root may have them, be root in a world of one's own."""
    user, group = os.getuid(), os.getgid()
    try:
        call("unshare", NEW_MOUNTS)
    except DeniedError:
        call("unshare", NEW_MOUNTS | NEW_USER)
        for name, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            Path(f"/proc/self/{name}").write_text(line, "ascii")
    call("mount", b"none", b"/", None, PRIVATE_AND_BELOW, None)


def call(name, *arguments):
    """Call the C library."""
    library = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(library, name)(*values) != 0:
        raise DeniedError(f"{name}: {os.strerror(ctypes.get_errno())}")


def become(request):
    """Go on as a user that owns nothing here."""
    if os.getuid() != 0:
        raise DeniedError("only root can become somebody else")
    os.setgroups([])
    os.setgid(request["user"])
    os.setuid(request["user"])
    return {}


DEEDS = {deed.__name__: deed for deed in (verify, update, index, read, several, mount, become)}


def answer(request):
    """What a deed gives, or how it failed; a traceback is what no user should see."""
    fault = request.get("fault") or {}
    os.environ["FACTCHECK_CACHE"] = request.get("cache", os.devnull)
    if "clock" in request:
        time.time = jumping(time.time, request["clock"])
    if "bytes" in fault:
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault["bytes"], resource.RLIM_INFINITY))
    if "stop at file" in fault:
        stop_at_second_opening(fault["stop at file"])
    statements = Statements(fault)
    if SHIM is not None:
        [(effect, at)] = [(name, fault[name]) for name in EFFECTS if name in fault] or [("count", 0)]
        SHIM.arm(EFFECTS[effect], at)
    try:
        result = DEEDS[request["do"]](request)
    except FactcheckError as error:
        result = {"error": type(error).__name__, "message": str(error)}
    except DeniedError as error:
        result = {"denied": str(error)}
    except BaseException:  # noqa: BLE001 (the other end decides)
        result = {"traceback": traceback.format_exc()}
    changes = SHIM.changes() if SHIM is not None else 0
    if SHIM is not None:
        SHIM.arm(0, 0)
    sqlite3.connect = statements.really
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return {**result, "changes": changes, "statements": statements.seen}


def jumping(really, jumps):
    """A clock that is wrong by so many seconds, another of them at each call."""
    calls = [0]

    def now():
        calls[0] += 1
        return really() + jumps[calls[0] % len(jumps)]

    return now


def serve(line, pipes):
    """Do what a line asks for; gives the answer."""
    request = json.loads(line)
    if "stopped" in request:
        _, status = os.waitpid(request["stopped"], os.WUNTRACED)
        return {"stopped": os.WIFSTOPPED(status)}
    if "wait" in request:
        with os.fdopen(pipes.pop(request["wait"])) as file:
            said = file.read()
        _, status = os.waitpid(request["wait"], 0)
        return {**(json.loads(said) if said else {}), "exit": os.waitstatus_to_exitcode(status)}
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reader)
        os.dup2(2, 1)  # what a job prints is no answer
        os.write(writer, json.dumps(privately(request) if request.get("private") else answer(request)).encode())
        os._exit(0)
    os.close(writer)
    pipes[child] = reader
    return {"process": child}


def main():
    """Serve until the other end closes."""
    for category in (RuntimeWarning, DeprecationWarning):
        warnings.filterwarnings("ignore", ".*fork", category)  # nothing is under way then
    pipes = {}
    for line in sys.stdin:
        sys.stdout.write(json.dumps(serve(line, pipes)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
