"""The service against its own description, with requests that schemathesis makes of it."""

import json
import warnings

import pytest
from hypothesis import settings

from factcheck.config import Settings
from factcheck.jobs.bench import prepare
from factcheck.server.app import App
from factcheck.server.guard import Guard
from factcheck.server.limits import Limits
from factcheck.server.openapi import document
from factcheck.server.service import Service
from factcheck.testing import RuleNLI

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # libraries that schemathesis imports say it of each other
    import schemathesis
    from schemathesis.config import SchemathesisConfig

TOKEN = "a-token-of-some-length"


CONFIG = {
    "auth": {"openapi": {"token": {"bearer": TOKEN}}},
    "checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 405, 413, 415, 422]}},
}
SERVICE = Service(Limits())
DESCRIBED = schemathesis.openapi.from_dict(
    json.loads(document(Limits(), token=True)), config=SchemathesisConfig.from_dict(CONFIG)
)
DESCRIBED.app = App(SERVICE, guard=Guard(tokens=[TOKEN]), log=lambda *_: None)
DESCRIBED.location = "/openapi.json"


@pytest.fixture(scope="module")
def opened(harbour):
    """The service that is described, with its model and corpus."""
    SERVICE.open(prepare(Settings(index=str(harbour / "idx"), cache=False), scorer=RuleNLI()))
    yield
    SERVICE.close()


@DESCRIBED.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True)
def test_every_answer_is_what_the_description_says(opened, case):
    """To requests that it allows and to those that it does not: all checks of schemathesis."""
    case.call_and_validate()


def test_the_description_has_examples_that_are_answered(visitor):
    """Each request that it shows is a good one."""
    described = visitor.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            if "requestBody" not in operation:
                continue
            examples = operation["requestBody"]["content"]["application/json"]["examples"]
            for example in examples.values():
                answer = visitor.post(path, json=example["value"])

                assert 200 == answer.status_code
                assert not answer.json().get("errors")


def test_the_description_tells_the_limits_and_the_token():
    """Those of this service."""
    described = json.loads(document(Limits(claims=7), token=True))

    claims = described["paths"]["/v1/verify"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert 7 == claims["properties"]["claims"]["maxItems"]
    assert [{"token": []}] == described["paths"]["/v1/verify"]["post"]["security"]
    assert "security" not in described["paths"]["/healthz"]["get"]
    assert "securitySchemes" not in json.loads(document(Limits()))["components"]
