"""The process that hostile formats are parsed in, and what becomes of it."""

import json
import os
import struct
import sys
from pathlib import Path

import pytest

from factcheck.corpus.files import Limits, SourceFile
from factcheck.corpus.readers.extracted import Extracted
from factcheck.corpus.sandbox import Sandbox, Worker
from factcheck.errors import DocumentError
from factcheck.types import Block

PAGE = "<html><body><p>The quay of Lowmere is closed until the works have ended, the council said.</p></body></html>"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "a.html"
    path.write_text(PAGE, "utf-8")
    return source(path)


def source(path, kind="html"):
    import hashlib

    data = path.read_bytes()
    return SourceFile(path, path.name, kind, len(data), hashlib.sha256(data).hexdigest())


def answers(*messages):
    """A program that answers every request with these messages, then waits for more."""
    frames = b""
    for message in messages:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        frames += struct.pack(">Q", len(data)) + data
    code = f"import sys; sys.stdout.buffer.write({frames!r}); sys.stdout.flush(); sys.stdin.read()"
    return [sys.executable, "-c", code]


def ask(worker, file):
    try:
        return list(worker.ask(file))
    finally:
        worker.kill()


def failure(file, command, **limits):
    with pytest.raises(DocumentError) as caught:
        ask(Worker(Limits(**limits), command), file)
    return caught.value


def test_a_document_comes_back_as_plain_json(page):
    """What the reader in the process extracts is the same on this side."""
    with Sandbox(Limits()) as sandbox:
        [item] = sandbox.parse(page)

    assert "The quay of Lowmere is closed" in Extracted.from_json(item).text


def test_one_process_serves_many_documents(page):
    """Starting Python and importing a parser costs more than most documents."""
    with Sandbox(Limits()) as sandbox:
        list(sandbox.parse(page))
        first = sandbox._idle
        list(sandbox.parse(page))

        assert sandbox._idle is first
    assert not first.alive()


def test_a_document_may_be_parsed_while_another_is_half_read(page):
    """A stream of records left open does not block, and what is left half-read is thrown away."""
    with Sandbox(Limits()) as sandbox:
        begun = sandbox.parse(page)
        one = next(begun)

        assert list(sandbox.parse(page)) == [one]
        begun.close()
        assert list(sandbox.parse(page)) == [one]


def test_a_process_that_was_killed_is_replaced(page):
    """After a crash the next document is read by a new process."""
    with Sandbox(Limits()) as sandbox:
        list(sandbox.parse(page))
        sandbox._idle._process.kill()
        sandbox._idle._process.wait()

        assert len(list(sandbox.parse(page))) == 1


def test_a_process_that_ends_by_itself_is_named_with_its_status(page):
    """The exit status and the last line it wrote help to find the bug."""
    code = "import sys; sys.stdin.buffer.read(8); print('lost it', file=sys.stderr); sys.exit(3)"

    error = failure(page, [sys.executable, "-c", code])

    assert str(error) == "a.html: the parser died: exit status 3 (lost it); report the file as a bug"


def test_a_process_that_crashes_is_named_with_its_signal(page):
    """A crash in native code shows as a signal."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"

    assert "the parser died: signal SIGSEGV" in str(failure(page, [sys.executable, "-c", code]))


def test_a_document_that_takes_too_long_is_ended(page):
    """The process is killed at the limit, whatever it is doing."""
    error = failure(page, answers({"ready": True}), max_seconds=0.2)

    assert str(error) == "a.html: took longer than 0.2 seconds to parse; raise the limit, or split the file"


@pytest.mark.parametrize(
    "messages",
    [
        [b"not json"],
        [b"\xff\xfe"],
        [b"[" * 100_000],
        [b"9" * 10_000],
        [{"ready": True}, {"done": 1}],
        [{"ready": True}, {"failed": "no pair"}],
        [{"ready": False}],
        [["ready"]],
    ],
)
def test_nonsense_from_the_process_is_a_problem_of_the_document(page, messages):
    """A process that a document took over can send anything; it cannot break this one."""
    assert "answered nonsense" in str(failure(page, answers(*messages)))


def test_a_frame_of_any_size_is_refused_before_it_is_read(page):
    """A length of an exabyte allocates nothing."""
    code = "import sys; sys.stdout.buffer.write(b'\\x0f' + bytes(7)); sys.stdout.flush(); sys.stdin.read()"

    assert "over the limit" in str(failure(page, [sys.executable, "-c", code]))


def test_an_endless_answer_stops_at_the_limit(page):
    """Records without end, each on time, are a bomb too."""
    row = json.dumps({"item": {"text": "x" * 100_000}}).encode()
    ready = json.dumps({"ready": True}).encode()
    code = (
        "import struct, sys\nout = sys.stdout.buffer\n"
        f"out.write(struct.pack('>Q', {len(ready)}) + {ready!r})\n"
        f"while True: out.write(struct.pack('>Q', {len(row)}) + {row!r})"
    )
    error = failure(page, [sys.executable, "-c", code], max_file_bytes=1_000, max_record_bytes=1_000)

    assert "unpack to more than" in str(error)


def test_a_missing_library_is_named_with_what_installs_it(page):
    """html, pdf and docx come with an extra."""
    error = failure(page, answers({"missing": "trafilatura"}))

    assert str(error) == ('a.html: reading html needs trafilatura, not installed; pip install "factcheck-nli[docs]"')


def test_a_library_that_is_not_installed_is_told_by_the_process(page, tmp_path, monkeypatch):
    """The process itself finds out, so that only a document that needs the library fails."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "trafilatura.py").write_text("raise ModuleNotFoundError(name='trafilatura')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))

    with Sandbox(Limits()) as sandbox, pytest.raises(DocumentError, match="needs trafilatura, not installed"):
        list(sandbox.parse(page))


def test_memory_is_limited_and_the_next_document_reads(page, tmp_path):
    """A few kilobytes of Parquet that unpack to gigabytes get a problem, not the machine's memory."""
    pytest.importorskip("resource")
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    bomb = tmp_path / "bomb.parquet"
    parquet.write_table(pa.table({"text": pa.array(["x" * 8_000_000]).take(pa.array([0] * 60))}), bomb)
    assert bomb.stat().st_size < 1_000_000

    with Sandbox(Limits(max_memory_bytes=400_000_000)) as sandbox:
        with pytest.raises(DocumentError, match="needs more than 400,000,000 bytes of memory"):
            list(sandbox.parse(source(bomb, "parquet")))

        assert len(list(sandbox.parse(page))) == 1


@pytest.mark.parametrize(
    "attack",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import os; os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.fork()",
        "open({target!r}, 'w')",
        "import os; os.open({target!r}, os.O_CREAT | os.O_WRONLY)",
        "import os; os.remove({victim!r})",
        "import os; os.rename({victim!r}, {target!r})",
    ],
)
def test_a_parser_reaches_no_network_no_program_and_no_file_to_write(page, tmp_path, monkeypatch, attack):
    """A parser in which a document runs Python code is stopped at the fence."""
    target, victim = tmp_path / "written", tmp_path / "victim"
    victim.write_text("still here", "utf-8")
    path = tmp_path / "path"
    path.mkdir()
    body = attack.format(target=str(target), victim=str(victim))
    (path / "trafilatura.py").write_text(f"def bare_extraction(*_, **__):\n    {body}\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(path))

    with Sandbox(Limits()) as sandbox, pytest.raises(DocumentError, match="not allowed while a document is parsed"):
        list(sandbox.parse(page))

    assert not target.exists()
    assert victim.read_text("utf-8") == "still here"


def test_what_a_parser_prints_does_not_break_the_answer(page, tmp_path, monkeypatch):
    """Libraries write to standard output and read from standard input as they like."""
    path = tmp_path / "path"
    path.mkdir()
    code = "import sys\ndef bare_extraction(*_, **__):\n    print('hello', flush=True)\n    sys.stdin.read()\n"
    (path / "trafilatura.py").write_text(code, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(path))

    with Sandbox(Limits()) as sandbox:
        [item] = sandbox.parse(page)

    assert "The quay of Lowmere" in Extracted.from_json(item).text


def test_modules_lying_in_the_working_directory_are_not_imported(page, tmp_path, monkeypatch):
    """A corpus folder may hold a `trafilatura.py`; being in it must not run it."""
    (tmp_path / "trafilatura.py").write_text("open('written', 'w')", "utf-8")
    monkeypatch.chdir(tmp_path)

    with Sandbox(Limits()) as sandbox:
        assert len(list(sandbox.parse(page))) == 1

    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"text": 5},
        {"blocks": [[0, 99, None]]},
        {"blocks": [[2, 1, None]]},
        {"blocks": [[0, 2, None], [1, 3, None]]},
        {"blocks": [[-1, 2, None]]},
        {"blocks": [[0, 2]]},
        {"blocks": [["0", 2, None]]},
        {"title": None},
        {"date": 5},
        {"metadata": []},
        {"problems": ["found"]},
        {"problems": [[1, 2]]},
    ],
)
def test_an_extracted_document_is_checked_on_this_side(change):
    """The process that wrote it is not trusted with spans, types or order."""
    good = Extracted("Dues rise.", (Block(0, 4, 1), Block(5, 10)), "T", "2021", None, {"a": 1}, (("x", ""),))

    assert Extracted.from_json(good.to_json()) == good
    with pytest.raises(ValueError):
        Extracted.from_json({**good.to_json(), **change})


def test_the_process_ends_with_the_pipe(page):
    """A parent that is killed leaves no process behind."""
    worker = Worker(Limits())
    list(worker.ask(page))
    worker._process.stdin.close()

    assert worker._process.wait(timeout=30) == 0
    worker.kill()


def test_the_process_does_not_inherit_other_files(page):
    """Only the pipes and the error file are open in it."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc to look into")
    read, write = os.pipe()
    os.set_inheritable(read, True)
    worker = Worker(Limits())
    try:
        list(worker.ask(page))
        theirs = {entry.readlink() for entry in Path(f"/proc/{worker.pid}/fd").iterdir()}
        assert Path(f"/proc/self/fd/{read}").readlink() not in theirs
    finally:
        worker.kill()
        os.close(read)
        os.close(write)
