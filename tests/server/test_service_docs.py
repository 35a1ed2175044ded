"""What docs/service.md shows: its requests are answered, its numbers and names are those of the code."""

import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from factcheck.server.limits import Limits

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")


def requests():
    """The requests that the page makes of a service on loopback, with curl."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [line for line in lines if line.startswith("curl ") and "127.0.0.1" in line]


@pytest.mark.parametrize("line", requests())
def test_a_request_of_the_page_is_answered(visitor, line):
    """As curl would send it."""
    words = shlex.split(line)[1:]
    headers, content, url = {}, None, ""
    while words:
        match words.pop(0):
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                content = words.pop(0).encode()
            case given:
                url = given

    answer = visitor.request("GET" if content is None else "POST", urlsplit(url).path, content=content, headers=headers)

    assert 200 == answer.status_code


def test_the_page_makes_requests():
    """So that the test before asks something."""
    assert {"/healthz", "/v1/verify", "/v1/search"} <= {
        urlsplit(part).path for part in re.findall(r"http://127\S+", PAGE)
    }


def test_the_page_tells_the_limits_in_force():
    """Each number of its table."""
    limits = Limits()
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| .*\|$", PAGE, re.MULTILINE))

    assert f"{limits.claims:,}" == rows["claims of one request"]
    assert f"{limits.claim_chars:,}" == rows["characters of one claim"]
    assert f"{limits.body // 1_000_000} MB" == rows["body of one request"]
    assert f"{limits.bodies // 1_000_000} MB" == rows["all bodies at a time"]
    assert f"{limits.queue:,}" == rows["claims accepted and not answered"]
    assert f"{limits.seconds:g}" == rows["seconds from the body to the answer"]
    assert f"{limits.connections:,}; {limits.searches}" == rows["connections; searches under way"]
    assert f"{limits.grace:g}" == rows["seconds to answer what was accepted, once stopped"]
    assert f"{limits.batch}" == rows["claims verified together"]
    assert f"from 1 to {limits.passages} " in PAGE


def test_the_page_names_every_reason():
    """Of refusals, as the code writes them."""
    folder = Path(__file__).parents[2] / "factcheck" / "server"
    code = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    reasons = set(re.findall(r'reason(?:: str )?=[ ]?"(\w+)"', code)) | set(re.findall(r'refused\("(\w+)"\)', code))
    [row] = [line for line in PAGE.splitlines() if line.startswith("| `factcheck_rejected_total")]

    assert reasons | {"starting"} == set(re.findall(r"`(\w+)`", row.partition("refusals:")[2]))


def test_the_page_names_the_figures_that_there_are(visitor):
    """And no other."""
    text = visitor.get("/metrics").text
    there = set(re.findall(r"^# TYPE (factcheck_\w+)", text, re.MULTILINE))
    told = set(re.findall(r"`(factcheck_\w+)", PAGE.partition("## Figures")[2].partition("## Stopping")[0]))

    assert told == {name for name in there if not name.endswith("_created")}


def test_the_refusals_that_the_page_shows_have_the_shape_of_all(visitor):
    """Those of its examples."""
    [shown] = [json.loads(text) for text in re.findall(r'^\{"error".*\}$', PAGE, re.MULTILINE)]
    answer = visitor.post("/v1/verify", json={"claims": ["x"] * 100_000})

    assert shown == answer.json()
