"""The service as a process: slow clients, clients that leave, signals, and starts that fail."""

import asyncio
import json
import signal
import socket
import sys

import pytest
import uvicorn
from serving import CLAIMS, Process, answer, is_over, request

from factcheck.server.connection import connection_class
from factcheck.server.limits import Limits

SIX = [f"The harbour opened in {year}." for year in range(2016, 2022)]


def test_what_was_accepted_is_answered_before_it_ends(process):
    """After SIGTERM, with requests in flight: each gets its verdicts, what comes then is refused, the status is 143."""
    one = process("hold", limits={"batch": 2})
    waiting = [one.connect() for _ in SIX]
    for connection, text in zip(waiting, SIX, strict=True):
        connection.sendall(request({"claims": [text]}))
    one.wait_for("scoring")
    half = one.connect()  # its headers are there, its body is not
    whole = request({"claims": [SIX[0]]})
    half.sendall(whole[:-10])
    idle = one.connect()
    one.wait_for_figure("factcheck_requests_in_flight ", len(SIX) + 2)  # the one that asks is one of them

    one.child.send_signal(signal.SIGTERM)
    one.wait_for("stopping")
    late = one.connect()
    late.sendall(request({"claims": [SIX[0]]}))
    refused, headers, told = answer(late)
    half.sendall(whole[-10:])
    one.go(100)

    answers = [answer(connection) for connection in (*waiting, half)]
    assert 503 == refused
    assert "retry-after" in headers
    assert "is stopping" == json.loads(told)["error"]["found"]
    assert [200] * 7 == [code for code, _, _ in answers]
    assert [*SIX, SIX[0]] == [json.loads(content)["results"][0]["claim"] for _, _, content in answers]
    assert 128 + signal.SIGTERM == one.child.wait(30)
    assert is_over(idle)
    for connection in (*waiting, half, late, idle):
        connection.close()


def test_the_end_comes_in_bounded_time(process):
    """Who still waits then is told by 503; a scorer that does not come back is left behind."""
    one = process("hold", limits={"grace": 0.3})
    with one.connect() as connection:
        connection.sendall(request({"claims": [SIX[0]]}))
        one.wait_for("scoring")

        one.child.send_signal(signal.SIGINT)
        code, _, content = answer(connection)

        assert 503 == code
        assert "ended before this was verified" == json.loads(content)["error"]["found"]
    assert 128 + signal.SIGINT == one.child.wait(30)


def test_a_second_signal_ends_at_once(process):
    """Whatever is under way."""
    one = process("hold")
    with one.connect() as connection:
        connection.sendall(request({"claims": [SIX[0]]}))
        one.wait_for("scoring")

        one.child.send_signal(signal.SIGTERM)
        one.wait_for("stopping")
        one.child.send_signal(signal.SIGTERM)

        assert 128 + signal.SIGTERM == one.child.wait(30)


@pytest.fixture(scope="module")
def quick(harbour):
    """A process that waits only briefly for clients."""
    one = Process(harbour / "idx", limits={"upload_seconds": 0.4, "connections": 20})
    yield one.wait_until_ready()
    one.end()


def test_slow_headers_end_the_connection(quick):
    """By 408, though a byte comes now and then; before the first byte, too."""
    for sent in (b"", b"POST /v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\n"):
        with quick.connect() as connection:
            connection.sendall(sent)
            code, headers, content = answer(connection)

            assert 408 == code
            assert "close" == headers["connection"]
            assert "headers" == json.loads(content)["error"]["where"]
            assert is_over(connection)


def test_a_slow_body_ends_the_connection(quick):
    """By 408; it never comes to the queue."""
    with quick.connect() as connection:
        connection.sendall(request({"claims": CLAIMS})[:-5])
        code, headers, content = answer(connection)

        assert 408 == code
        assert "close" == headers["connection"]
        assert "body" == json.loads(content)["error"]["where"]
        assert is_over(connection)
    assert "slow_body" == quick.wait_for("request", status=408)["reason"]


def test_slow_headers_of_a_later_request_end_the_connection(quick):
    """The clock runs for each request anew."""
    with quick.connect() as connection:
        connection.sendall(request({"claims": CLAIMS[:1]}))
        assert 200 == answer(connection)[0]
        connection.sendall(b"POST /v1/ver")

        assert 408 == answer(connection)[0]
        assert is_over(connection)


@pytest.mark.parametrize("further", [b"", b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_a_client_that_takes_nothing_is_cut_off(quick, further):
    """Its answer does not stay in memory for ever, though it sends another request meanwhile."""
    name = 'factcheck_rejected_total{reason="slow_reader"}'
    before = quick.figure(name)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", quick.port))
        many = [{"claim": "The ferry sails.", "note": "x" * 9000} for _ in range(800 + len(further))]
        connection.sendall(request({"claims": many}))
        quick.wait_for("request", claims=len(many))
        connection.sendall(further)

        quick.wait_for_figure(name, before + 1)

        assert is_over(connection)


class Wire(asyncio.Transport):
    """A transport that holds as many bytes as it is told."""

    held, aborted = 0, False

    def get_write_buffer_size(self):
        return self.held

    def abort(self):
        self.aborted = True


class Clock:
    """A loop of which the test says when a time is over."""

    def call_later(self, _, callback):
        self.over = callback
        return asyncio.TimerHandle(0, callback, (), self)

    def get_debug(self):
        return False

    def _timer_handle_cancelled(self, _):
        self.over = None


def test_a_client_that_takes_a_long_answer_slowly_gets_it():
    """As long as it takes some of it in each time; then it is cut off as others are."""
    refused, clock, wire = [], Clock(), Wire()
    config = uvicorn.Config(lambda: None, log_config=None)
    made = connection_class(Limits(), refused.append)(config, uvicorn.server.ServerState(), {}, _loop=clock)
    made.connection_made(wire)
    wire.held = 10_000_000
    made.pause_writing()
    for left in (6_000_000, 2_000_000, 1_000_000):
        wire.held = left
        clock.over()

        assert not wire.aborted

    clock.over()

    assert wire.aborted
    assert ["slow_reader"] == refused


def test_what_is_no_http_is_refused_in_the_shape_of_all_errors(quick):
    """By 400."""
    for sent in (b"\x16\x03\x01\x00\xa5 hello\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000):
        with quick.connect() as connection:
            connection.sendall(sent)
            code, _, content = answer(connection)

            assert 400 == code
            assert "request" == json.loads(content)["error"]["where"]


def test_too_many_connections_are_refused(quick):
    """By 503; those that are there stay."""
    kept = [quick.connect() for _ in range(20)]
    with quick.connect() as connection:
        code, headers, _ = answer(connection)

        assert 503 == code
        assert "retry-after" in headers
    for connection in kept:
        connection.close()


def test_a_client_that_leaves_is_dropped_from_the_queue(process):
    """Before its claims are scored; others are answered."""
    one = process("hold", limits={"batch": 1})
    busy = [one.connect() for _ in range(2)]
    for number, connection in enumerate(busy):
        connection.sendall(request({"claims": [SIX[number]]}))
        one.wait_for_figure("factcheck_queue_seconds_count", number + 1)
    leaving = one.connect()
    leaving.sendall(request({"claims": SIX[2:]}))
    one.wait_for_figure("factcheck_queue_claims ", 6)

    leaving.close()

    assert 499 == one.wait_for("request", reason="client_gone")["status"]
    assert 2 == one.figure("factcheck_queue_claims ")
    one.go(100)
    assert [200, 200] == [answer(connection)[0] for connection in busy]
    for connection in busy:
        connection.close()


def test_a_missing_index_is_one_line_and_status_1(tmp_path):
    """As of every command."""
    arguments = ["--index", str(tmp_path / "none"), "--port", "0"]
    one = Process("", command=[sys.executable, "-m", "factcheck", "serve", *arguments])
    status = one.child.wait(60)
    one.end()

    [line] = [line["text"] for line in one.lines if line["event"] == "text"]
    assert 1 == status
    assert line.startswith("error: ")
    assert "none: is not there; build one" in line
