"""Who may ask the review, from where, and with what."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from factcheck.review.guard import KEY_HEADER, Guard, Sessions

HOST = "127.0.0.1:8000"
ORIGIN = {"origin": f"http://{HOST}"}


async def echo(request: Request):
    body = await request.body()
    return PlainTextResponse(f"{request.state.session.reviewer} {len(body)} {request.url.query}")


async def fail(request: Request):
    raise ZeroDivisionError


class Door:
    """A guarded application, and browsers in front of it."""

    def __init__(self, **more):
        self.sessions = Sessions()
        routes = [Route("/fail", fail), Route("/{rest:path}", echo, methods=["GET", "POST", "DELETE"])]
        self.app = Guard(Starlette(routes=routes), sessions=self.sessions, hosts=[HOST, "[::1]:8000"], **more)

    def browser(self):
        return TestClient(self.app, base_url=f"http://{HOST}", raise_server_exceptions=False, follow_redirects=False)

    def let_in(self, reviewer="ann"):
        client = self.browser()
        client.get(f"/?token={self.sessions.invite(reviewer)}")
        [session] = [one for one in self.sessions._open.values() if one.reviewer == reviewer]
        return client, {**ORIGIN, KEY_HEADER: session.key}


@pytest.fixture
def door():
    return Door()


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:8001", "localhost:8000", "127.0.0.1:8000.evil.example", ""]
)
def test_a_host_of_another_name_gets_nothing(door, host):
    """A page elsewhere whose name resolves to this machine names itself, session or not."""
    client, _ = door.let_in()

    answer = client.get("/", headers={"host": host})

    assert (421, False) == (answer.status_code, "ann" in answer.text)


@pytest.mark.parametrize("host", ["[::1]:8000", HOST.upper()])
def test_every_name_that_it_was_bound_to_is_taken(door, host):
    """IPv6 addresses stand in brackets; case does not matter."""
    answer = door.browser().get("/", headers={"host": host})

    assert answer.status_code == 403  # known, and without a session


def test_without_a_link_there_is_no_page(door):
    """Neither reading nor writing."""
    client = door.browser()

    assert [403, 403] == [client.get("/").status_code, client.post("/", headers=ORIGIN).status_code]


def test_a_link_opens_once_and_leaves_no_token_in_the_address(door):
    """The second browser with the same link stays out; the first one stays in."""
    token = door.sessions.invite("ann")
    first, second = door.browser(), door.browser()

    entered = first.get(f"/claims/3?token={token}&label=SUPPORTED")

    assert (303, "/claims/3?label=SUPPORTED") == (entered.status_code, entered.headers["location"])
    assert second.get(f"/?token={token}").status_code == 403
    assert first.get("/").text.startswith("ann ")
    assert first.get(f"/?token={token}").headers["location"] == "/"  # a reload of the link


def test_a_wrong_token_opens_nothing(door):
    """Not even one that differs in its last character, or is no ASCII."""
    token = door.sessions.invite("ann")
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert {403} == {door.browser().get("/", params={"token": one}).status_code for one in (wrong, "", "ä", token * 2)}


def test_the_session_is_in_a_cookie_that_no_script_and_no_other_site_can_use(door):
    """Its name holds the port, since browsers send cookies to all ports of a host."""
    cookie = door.browser().get(f"/?token={door.sessions.invite('ann')}").headers["set-cookie"].lower()

    assert cookie.startswith("factcheck-8000=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/x", "/\\evil.example"])
def test_the_way_in_never_leads_to_another_host(door, path):
    """A redirect to `//host` would leave this one."""
    client = door.browser()
    token = door.sessions.invite("ann")

    answer = client.get(f"http://{HOST}{path}?token={token}")

    location = answer.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_a_made_up_cookie_is_no_session(door):
    """Nor is one that cannot be parsed."""
    client = door.browser()
    cookies = ["factcheck-8000=x", 'factcheck-8000="', "factcheck-8000=ä;;;=;", "=\x01"]

    answers = [client.get("/", headers={"cookie": cookie.encode("latin-1")}).status_code for cookie in cookies]
    assert {403} == set(answers)


def test_a_write_with_origin_and_key_passes(door):
    """As the page itself sends it."""
    client, headers = door.let_in()

    assert client.post("/x", headers=headers, content=b"12345").text.startswith("ann 5")


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": f"http://{HOST}.evil.example"},
        {"origin": None},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {KEY_HEADER: "wrong"},
        {KEY_HEADER: "ä"},
        {KEY_HEADER: None},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_write_from_anywhere_else_is_refused(door, change, method):
    """Another site, another port, a frame without an origin, a page without the key."""
    client, headers = door.let_in()
    sent = {name: value.encode() for name, value in (headers | change).items() if value is not None}

    assert client.request(method, "/", headers=sent).status_code == 403


def test_a_key_is_good_for_its_own_session_alone(door):
    """What one reviewer's page holds does not let it write as another."""
    ann, _ = door.let_in("ann")
    _, of_ben = door.let_in("ben")

    assert ann.post("/", headers=of_ben).status_code == 403


def test_a_body_over_the_bound_is_refused_with_and_without_a_length():
    """The second one is cut off while it comes."""
    client, headers = Door(max_body=1000).let_in()

    def parts():
        for _ in range(11):
            yield b"x" * 100

    assert client.post("/", headers=headers, content=b"x" * 1000).text.startswith("ann 1000")
    assert client.post("/", headers=headers, content=b"x" * 1001).status_code == 413
    assert client.post("/", headers=headers, content=parts()).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 40])
def test_a_length_that_is_none_is_refused(door, length):
    """Nothing of the body is read."""
    client, headers = door.let_in()

    assert client.post("/", headers={**headers, "content-length": length}, content=b"x").status_code == 413


def test_every_answer_forbids_what_the_page_does_not_need(door):
    """Refusals, failures, redirects and pages alike."""
    client, headers = door.let_in()
    answers = [
        client.get("/"),
        client.get("/fail"),
        client.post("/", headers={}),
        client.post("/", headers=headers),
        client.get("/", headers={"host": "evil.example"}),
        door.browser().get("/"),
        door.browser().get(f"/?token={door.sessions.invite('ben')}"),
    ]

    assert {200, 303, 403, 421, 500} == {answer.status_code for answer in answers}
    for answer in answers:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_web_socket_is_not_answered(door):
    """No page opens one."""
    said = []

    async def ask():
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            said.append(message)

        await door.app({"type": "websocket", "headers": [], "path": "/"}, receive, send)

    asyncio.run(ask())

    assert said == []
