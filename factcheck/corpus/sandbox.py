"""A process of its own for parsers of hostile formats, and the program that runs in it.

A damaged or hostile file can make a parser run for ever, fill the memory, or crash in native code. So html, pdf, docx
and parquet are parsed by `python -m factcheck.corpus.sandbox`, which answers in JSON over a pipe (a pickle could run
code here). The parent kills it when a document is over its time. The process itself is held to

* an address space and, as a backstop for an orphan, CPU time (`resource`; Linux and most of Unix; macOS does not
  enforce the address space, and where there is no `resource` only the parent's clock is left),
* no network, no programs started and no files written, as far as Python code goes (an audit hook), and no files over
  a megabyte and no core dumps at all (`resource`).
"""

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Self

from factcheck.corpus.files import Limits, SourceFile
from factcheck.errors import DocumentError
from factcheck.types import JSON

READERS = {kind: f"factcheck.corpus.readers.{kind}" for kind in ("html", "pdf", "docx", "parquet")}

_HEADER = struct.Struct(">Q")
_START_SECONDS = 120  # to start Python and import a library, on a slow disk
_SMALLEST_FRAME_LIMIT = 1 << 24
_STDERR_BYTES = 1 << 20
_TAIL = 300


class Worker:
    """One sandbox process, for one conversation at a time.

    Args:
        limits: What a document may cost.
        command: The program to run instead of this module's own.
    """

    def __init__(self, limits: Limits, command: Sequence[str] | None = None) -> None:
        self._limits = limits
        self._frame_limit = max(2 * limits.max_file_bytes, 2 * limits.max_record_bytes, _SMALLEST_FRAME_LIMIT)
        own = [sys.executable, "-P", "-m", "factcheck.corpus.sandbox", str(limits.max_memory_bytes)]
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command or own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the parent, which then ends this one
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, file: SourceFile) -> Iterator[JSON]:
        """Give what the reader of the file's kind makes of it, item by item, as plain JSON.

        An iterator that is not read to its end leaves the process in the midst of an answer: `kill` it then.

        Raises:
            DocumentError: The file cannot be read, is over a limit, or the process died on it.
        """
        self._send({"file": {**asdict(file), "path": str(file.path)}, "limits": asdict(self._limits)})
        self._expect(file, _START_SECONDS)  # not on the document's time: the first one would pay for the imports
        given = 0
        most = max(self._frame_limit, self._limits.max_expansion * file.size)
        while True:
            answer, size = self._receive(file, self._limits.max_seconds)
            given += size
            if given > most:
                raise DocumentError(file.name, f"{file.size:,} bytes unpack to more than {most:,}")
            match answer:
                case {"item": item}:
                    yield item
                case {"failed": [str(found), str(fix)]}:
                    raise DocumentError(file.name, found, fix)
                case {"done": True}:
                    return
                case _:
                    raise self._nonsense(file)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _expect(self, file: SourceFile, seconds: float) -> None:
        answer, _ = self._receive(file, seconds)
        match answer:
            case {"ready": True}:
                return
            case {"missing": str(library)}:
                fix = 'pip install "factcheck-nli[docs]"'
                raise DocumentError(file.name, f"reading {file.kind} needs {library[:_TAIL]}, not installed", fix)
            case {"failed": [str(found), str(fix)]}:
                raise DocumentError(file.name, found, fix)
            case _:
                raise self._nonsense(file)

    def _send(self, message: JSON) -> None:
        data = json.dumps(message).encode("ascii")
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a process that is gone is noticed when its answer is read
            self._process.stdin.write(_HEADER.pack(len(data)) + data)
            self._process.stdin.flush()

    def _receive(self, file: SourceFile, seconds: float) -> tuple[JSON, int]:
        deadline = time.monotonic() + seconds
        size = _HEADER.unpack(self._read(_HEADER.size, deadline, file))[0]
        if size > self._frame_limit:
            raise DocumentError(file.name, f"gives {size:,} bytes of text at once, over the limit")
        data = self._read(size, deadline, file)
        try:
            # RecursionError is how deep nesting shows; a number may be too long to be made an int.
            return json.loads(data), size
        except (ValueError, RecursionError) as error:
            raise self._nonsense(file) from error

    def _read(self, size: int, deadline: float, file: SourceFile) -> bytes:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                found = f"took longer than {self._limits.max_seconds:g} seconds to parse"
                raise DocumentError(file.name, found, "raise the limit, or split the file")
            piece = os.read(pipe, min(size - len(data), 1 << 20))
            if not piece:
                raise DocumentError(file.name, f"the parser died: {self._how_it_died()}", "report the file as a bug")
            data += piece
        return bytes(data)

    def _how_it_died(self) -> str:
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        if status < 0:
            with contextlib.suppress(ValueError):
                return f"signal {signal.Signals(-status).name}"
        self._stderr.seek(0)
        said = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        return f"exit status {status}" + (f" ({said[-1][-_TAIL:]})" if said else "")

    def _nonsense(self, file: SourceFile) -> DocumentError:
        return DocumentError(file.name, "the parser's process answered nonsense", "report the file as a bug")


class Sandbox:
    """A sandbox process that lives from the first document that needs one to the end of the block.

    Not for several threads at a time. An answer may be left half-read while another document is parsed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._idle is not None:
            self._idle.kill()
            self._idle = None

    def parse(self, file: SourceFile) -> Iterator[JSON]:
        """Give what the reader of the file's kind makes of it, item by item, as plain JSON.

        Raises:
            DocumentError: The file cannot be read, is over a limit, or the process died on it.
        """
        worker, self._idle = self._idle, None
        if worker is None or not worker.alive():
            if worker is not None:
                worker.kill()
            worker = Worker(self._limits)
        finished = False
        try:
            yield from worker.ask(file)
            finished = True
        finally:
            if finished and self._idle is None:
                self._idle = worker
            else:  # in the midst of an answer, or one too many
                worker.kill()


def _environment() -> dict[str, str]:
    """What the process inherits: this package's place, and one thread for the numeric libraries."""
    package = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, inherited])),
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space by the gigabyte
    }


def _main(memory: int) -> None:
    """Answer requests until the parent closes the pipe."""
    # Private copies of the pipes, so that a library that prints or reads cannot break into the conversation.
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    _limit(memory)
    fence = _Fence()
    sys.addaudithook(fence)
    while request := _next(requests):
        limits = Limits(**request["limits"])
        file = SourceFile(**{**request["file"], "path": Path(request["file"]["path"])})
        try:
            _answer(file, limits, answers, fence)
        except MemoryError:
            # What the parser holds is not freed for certain: say so with what is left, and make room for a new process.
            _put(answers, {"failed": [f"needs more than {limits.max_memory_bytes:,} bytes of memory to parse", ""]})
            os._exit(0)


def _answer(file: SourceFile, limits: Limits, answers: IO[bytes], fence: "_Fence") -> None:
    reader = import_module(READERS[file.kind])
    try:
        reader.load()
    except ImportError as error:
        _put(answers, {"missing": error.name or " ".join(str(error).split())})
        return
    _put(answers, {"ready": True})
    _limit_cpu(limits.max_seconds)
    fence.up = True
    try:
        for item in reader.extract(file, limits):
            _put(answers, {"item": item.to_json() if hasattr(item, "to_json") else item})
        _put(answers, {"done": True})
    except DocumentError as error:
        _put(answers, {"failed": [error.found, error.fix]})
    except Exception as error:  # noqa: BLE001 (whatever a parser raises on a broken file ends this document, no other)
        _raise_if_memory(error)
        found = f"the {file.kind} parser gave up: {type(error).__name__}: {error}"
        _put(answers, {"failed": [found[: 2 * _TAIL], ""]})
    finally:
        fence.up = False


def _raise_if_memory(error: Exception) -> None:
    if isinstance(error, MemoryError) or "memory" in str(error).lower():
        raise MemoryError from error


class _Fence:
    """Refuses what no parser needs, while a document is parsed: the network, other programs, writing files."""

    _REFUSED = (
        *("socket.", "urllib.", "ftplib.", "smtplib.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn"),
        *("os.spawn", "os.system", "os.kill", "os.link", "os.remove", "os.rename", "os.rmdir", "os.symlink", "shutil."),
    )
    _WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def __init__(self) -> None:
        self.up = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.up and (event.startswith(self._REFUSED) or (event == "open" and self._writes(args))):
            raise PermissionError(f"{event} is not allowed while a document is parsed")

    def _writes(self, args: tuple[Any, ...]) -> bool:
        mode, flags = args[1], args[2]
        if isinstance(mode, str):
            return any(letter in mode for letter in "wax+")
        return bool(isinstance(flags, int) and flags & self._WRITES)


def _limit(memory: int) -> None:
    sys.dont_write_bytecode = True
    try:
        import resource  # noqa: PLC0415 (not on every system)
    except ImportError:
        return
    for name, most in (("RLIMIT_AS", memory), ("RLIMIT_FSIZE", _STDERR_BYTES), ("RLIMIT_CORE", 0)):
        # A system that lacks a limit, or already has a lower one, keeps what it has.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _limit_cpu(seconds: float) -> None:
    """Let the process use some more CPU time than the document may take, then die even if the parent is gone."""
    try:
        import resource  # noqa: PLC0415 (not on every system)
    except ImportError:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = int(usage.ru_utime + usage.ru_stime + 2 * seconds) + 5
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _next(requests: IO[bytes]) -> dict[str, Any]:
    header = requests.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return {}
    request: dict[str, Any] = json.loads(requests.read(_HEADER.unpack(header)[0]))
    return request


def _put(answers: IO[bytes], message: JSON) -> None:
    data = json.dumps(message, ensure_ascii=True).encode("ascii")
    answers.write(_HEADER.pack(len(data)) + data)
    answers.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        _main(int(sys.argv[1]))
