"""The tools for assistants, asked by the SDK's own client in this process; a model of word rules judges."""

import json
import logging
import threading
from contextlib import contextmanager

import pytest

pytest.importorskip("mcp_types", reason="needs the extra mcp")

from anyio.from_thread import start_blocking_portal
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from factcheck import FactChecker
from factcheck.config import Settings
from factcheck.errors import CorpusError
from factcheck.formats.records import verdict_record
from factcheck.jobs.bench import prepare
from factcheck.mcp.arguments import MAX_CLAIM, MAX_CLAIMS, MAX_CONTEXTS
from factcheck.mcp.engine import TOGETHER, Engine
from factcheck.mcp.schemas import SEARCH_OUTPUT, VERIFY_OUTPUT
from factcheck.mcp.server import make_server, tools
from factcheck.testing import RuleNLI

LIMIT = 60  # seconds that a test waits for what comes at once
DOCUMENTS = {
    "ferry.txt": "The ferry sails twice a day.\n\nThe pier is not closed.\n",
    "harbour.txt": "The pier is closed.\n\nThe harbour has 12 berths.\n",
}
CLAIMS = [
    "The ferry sails.",
    "The harbour has 14 berths.",
    "The pier is closed.",
    "Zeppelins land in Lisbon.",
    "The ferry sails and the harbour has 12 berths.",
    {
        "claim": "The mole is long.",
        "id": "mole",
        "contexts": ["The mole is long.", {"title": "Pilot", "text": "Wind."}],
    },
    {"claim": "The pier is closed.", "doc_ids": ["harbour.txt"], "date": "2024-05"},
]


class Gate(RuleNLI):
    """Judges by the rules, once it is let; keeps the claims it has judged."""

    def __init__(self):
        super().__init__()
        self.entered, self.open, self.judged = threading.Event(), threading.Event(), set()

    def score(self, pairs):
        self.entered.set()
        assert self.open.wait(LIMIT)
        self.judged |= {hypothesis for _, hypothesis in pairs}
        return super().score(pairs)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def settings(corpus, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Settings(corpus=str(corpus))


class Caller:
    """The SDK's client for a test that is not asynchronous."""

    def __init__(self, portal, client):
        self.portal, self.client = portal, client

    def call(self, tool, **arguments):
        return self.portal.call(self.client.call_tool, tool, arguments)

    def verify(self, *claims, **arguments):
        result = self.call("verify_claims", claims=list(claims), **arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content["verdicts"]

    def error(self, tool, **arguments):
        result = self.call(tool, **arguments)
        [content] = result.content
        assert result.is_error
        assert result.structured_content is None
        assert "\n" not in content.text
        return content.text


@contextmanager
def connected(load, *, has_corpus=True, mode="legacy"):
    engine = Engine(load)
    with start_blocking_portal() as portal:
        server = make_server(engine, has_corpus=has_corpus)
        with portal.wrap_async_context_manager(Client(server, mode=mode)) as client:
            yield Caller(portal, client)
    assert engine.close(LIMIT)


@pytest.fixture(scope="module", params=["legacy", "auto"])
def caller(request, settings):
    """Connected by the handshake that clients have used since 2024, and by the newer protocol without one."""
    with connected(lambda: prepare(settings, scorer=RuleNLI()), mode=request.param) as caller:
        yield caller


@pytest.fixture(scope="module")
def alone():
    """A server without documents."""
    with connected(lambda: prepare(Settings(), scorer=RuleNLI()), has_corpus=False) as caller:
        yield caller


def test_both_tools_are_offered_as_reading_only(caller):
    """With descriptions and schemas of what goes in and comes out."""
    offered = caller.portal.call(caller.client.list_tools).tools

    assert ["verify_claims", "search_corpus"] == [tool.name for tool in offered]
    for tool in offered:
        assert tool.annotations.read_only_hint
        assert tool.annotations.open_world_hint is False
        assert tool.description
        assert tool.title
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
            assert "object" == schema["type"]
        assert all("description" in schema for schema in tool.input_schema["properties"].values())


def test_a_server_without_documents_offers_no_search_and_asks_for_contexts(alone):
    """What cannot work is not offered; a claim is judged by what it brings."""
    [tool] = alone.portal.call(alone.client.list_tools).tools
    [verdict] = alone.verify({"claim": "The mole is long.", "contexts": ["The mole is long."]})

    assert "verify_claims" == tool.name
    assert ["claim", "contexts"] == tool.input_schema["properties"]["claims"]["items"]["required"]
    assert ("SUPPORTED", "given") == (verdict["verdict"], verdict["evidence_from"])
    assert "claims:1: no contexts" in alone.error("verify_claims", claims=["The mole is long."])
    with pytest.raises(MCPError, match="there is no tool 'search_corpus'"):
        alone.call("search_corpus", query="mole")


def test_verdicts_say_what_the_record_of_the_export_says(caller, settings):
    """Under the same names, in the order of the claims, whatever kind of claim it is."""
    checker = FactChecker(prepare(settings, scorer=RuleNLI()))
    records = [verdict_record(verdict) for verdict in checker.verify(CLAIMS)]

    verdicts = caller.verify(*CLAIMS, evidence=10)

    assert {"SUPPORTED", "CONTRADICTED", "CONFLICTING", "NOT ENOUGH INFO"} == {one["verdict"] for one in verdicts}
    for verdict, record in zip(verdicts, records, strict=True):
        assert len(record["evidence"]) == len(verdict["evidence"])
        for key in verdict.keys() - {"evidence", "evidence_left_out", "parts"}:
            assert record[key] == verdict[key], key
        for part, other in zip(verdict["parts"], record["parts"], strict=True):
            assert part == {key: other[key] for key in part}
        for item, other in zip(verdict["evidence"], record["evidence"], strict=True):
            assert len(other["copies"]) == item["copies"]
            for key in item.keys() - {"copies", "findings"}:
                assert other[key] == item[key], key
            assert [finding["detail"] for finding in other["findings"]] == [one["detail"] for one in item["findings"]]


def test_answers_are_of_their_schema_and_as_text_too(caller):
    """For clients that read no structured content."""
    for tool, schema, arguments in (
        ("verify_claims", VERIFY_OUTPUT, {"claims": CLAIMS}),
        ("search_corpus", SEARCH_OUTPUT, {"query": "pier"}),
    ):
        result = caller.call(tool, **arguments)

        Draft202012Validator(schema).validate(result.structured_content)
        assert result.structured_content == json.loads(result.content[0].text)


def test_quotes_are_verbatim_in_their_files(caller, corpus):
    """At their offsets; the path is relative to the folder of documents."""
    found = [item for verdict in caller.verify(*CLAIMS[:5]) for item in verdict["evidence"]]

    assert found
    for item in found:
        text = (corpus / item["path"]).read_text("utf-8")
        assert item["quote"] == text[item["start"] : item["end"]]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_passages_are_shown_than_asked_for(caller, most):
    """What is left out is counted, and the verdict stays."""
    [full], [verdict] = caller.verify(CLAIMS[2], evidence=10), caller.verify(CLAIMS[2], evidence=most)

    assert 2 == len(full["evidence"])
    assert full["evidence"][:most] == verdict["evidence"]
    assert len(full["evidence"]) - most == verdict["evidence_left_out"]
    assert (full["verdict"], full["score"]) == (verdict["verdict"], verdict["score"])


def test_a_very_long_passage_is_cut_where_the_answer_says_so(alone):
    """The quote stays verbatim, with the offsets of what is quoted."""
    text = "The mole is long " + "and-so-forth" * 500 + "."

    [verdict] = alone.verify({"claim": "The mole is long.", "contexts": [text]})

    [item] = verdict["evidence"]
    assert item["quote"] == text[item["start"] : item["end"]]
    assert len(text) == len(item["quote"]) + item["left_out"]


def test_a_search_gives_the_best_passages(caller):
    """As many as asked for, without verdicts."""
    result = caller.call("search_corpus", query="ferry pier", limit=2).structured_content

    assert "ferry pier" == result["query"]
    assert 2 == len(result["passages"])
    scores = [passage["retrieval_score"] for passage in result["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert "ferry.txt" in {passage["path"] for passage in result["passages"]}
    assert [] == caller.call("search_corpus", query="zeppelin").structured_content["passages"]


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("verify_claims", {}, "claims: there are none; give a list of 1 to 50 claims"),
        ("verify_claims", {"claims": []}, "claims: there are none"),
        (
            "verify_claims",
            {"claims": "The ferry sails."},
            "claims: one claim where many are expected; put it in a list",
        ),
        ("verify_claims", {"claims": ["The ferry sails."] * 1000}, "claims: 1,000 claims; give at most 50 a call"),
        ("verify_claims", {"claims": ["Fine.", 7]}, "claims:2: the record is a number"),
        ("verify_claims", {"claims": ["Fine.", {"id": "x"}]}, "claims:2: no field 'claim'"),
        (
            "verify_claims",
            {"claims": [{"claim": "Fine.", "contxts": []}]},
            "claims:1: 'contxts' is not known; it takes",
        ),
        ("verify_claims", {"claims": ["x" * (MAX_CLAIM + 1)]}, "claims:1: 2,001 characters; a claim has at most 2,000"),
        (
            "verify_claims",
            {"claims": ["Fine."], "evidence": 11},
            "evidence: 11 does not fit; give a whole number from 0",
        ),
        ("verify_claims", {"claims": ["Fine."], "evidence": "all"}, "evidence: 'all' does not fit"),
        ("verify_claims", {"claims": ["Fine."], "verbose": True}, "verify_claims: 'verbose' is not known; it takes"),
        ("search_corpus", {}, "query: there is none; give the words"),
        ("search_corpus", {"query": 7}, "query: there is none"),
        ("search_corpus", {"query": "x" * (MAX_CLAIM + 1)}, "query: 2,001 characters"),
        ("search_corpus", {"query": "pier", "limit": 0}, "limit: 0 does not fit; give a whole number from 1 to 50"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_schema_and_server(caller, tool, arguments, message):
    """In one line that says where, what, and what to do."""
    schema = {one.name: one.input_schema for one in tools(has_corpus=True)}[tool]

    assert not Draft202012Validator(schema).is_valid(arguments)
    assert caller.error(tool, **arguments).startswith(message)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ([{"claim": "Fine.", "doc_ids": ["no.txt"]}], "claims:1: document 'no.txt' is not in the corpus"),
        (["The ferry sails.", "ferry " * 300], "claims:2: the claim has 300 tokens"),
        ([{"claim": "Fine.", "contexts": ["x" * MAX_CONTEXTS, "y"]}], "claims: 500,001 characters of contexts"),
        ([{"id": "a", "claim": "Fine."}] * 2, "claims:2: id 'a' stands at number 1 already"),
        (["Fine.", " "], "claims:2: claim is only white space"),
    ],
)
def test_claims_that_cannot_be_verified_are_named(caller, claims, message):
    """By their number, before any of the call is judged."""
    assert caller.error("verify_claims", claims=claims).startswith(message)


def test_as_many_claims_as_are_allowed_are_verified_with_progress(caller):
    """Told as they are decided, in order, to a client that asks for it."""
    told = []

    async def tell(done, total, _):
        told.append((done, total))

    arguments = {"claims": [f"The harbour has {number} berths." for number in range(MAX_CLAIMS)]}
    result = caller.portal.call(lambda: caller.client.call_tool("verify_claims", arguments, progress_callback=tell))

    verdicts = result.structured_content["verdicts"]
    assert arguments["claims"] == [verdict["claim"] for verdict in verdicts]
    assert ["SUPPORTED"] == [one["verdict"] for one in verdicts if one["claim"].endswith(" 12 berths.")]
    assert [(min(done, MAX_CLAIMS), MAX_CLAIMS) for done in range(TOGETHER, MAX_CLAIMS + TOGETHER, TOGETHER)] == told


def test_an_unknown_tool_is_an_error_of_the_protocol(caller):
    """As the specification has it; the tools that there are are named."""
    with pytest.raises(MCPError, match="there is no tool 'verify'; this server has verify_claims") as error:
        caller.call("verify", claims=["Fine."])

    assert INVALID_PARAMS == error.value.code


def test_the_protocol_goes_on_while_claims_are_judged_and_a_call_can_be_cancelled(settings):
    """A ping is answered meanwhile; of a cancelled call nothing more is judged than what is at hand."""
    gate = Gate()
    claims = [f"The harbour has {number} berths." for number in range(MAX_CLAIMS)]
    with connected(lambda: prepare(settings, scorer=gate)) as caller:
        call = caller.portal.start_task_soon(caller.client.call_tool, "verify_claims", {"claims": claims})
        assert gate.entered.wait(LIMIT)
        caller.portal.call(caller.client.session.send_ping)
        assert not call.done()
        call.cancel()
        caller.portal.call(caller.client.session.send_ping)  # what was sent before has been read
        gate.open.set()
        [verdict] = caller.verify("The ferry sails.")

    assert "SUPPORTED" == verdict["verdict"]
    assert {*claims[:TOGETHER], "The ferry sails."} == gate.judged


def test_a_search_is_answered_between_the_claims_of_a_long_call(settings):
    """It waits for the claims at hand, not for all of them."""
    gate = Gate()
    claims = [f"The harbour has {number} berths." for number in range(MAX_CLAIMS)]
    seen = []
    with connected(lambda: prepare(settings, scorer=gate)) as caller:
        long = caller.portal.start_task_soon(caller.client.call_tool, "verify_claims", {"claims": claims})
        assert gate.entered.wait(LIMIT)
        search = caller.portal.start_task_soon(caller.client.call_tool, "search_corpus", {"query": "pier"})
        search.add_done_callback(lambda _: seen.append(len(gate.judged)))
        caller.portal.call(caller.client.session.send_ping)
        gate.open.set()
        assert not search.result(LIMIT).is_error
        assert not long.result(LIMIT).is_error

    assert len(claims) == len(gate.judged)
    assert seen[0] < len(claims)


def test_a_server_that_cannot_load_says_why_and_tries_again(settings):
    """With each call; whoever mends the folder need not start anything again."""
    faults = [CorpusError("reports", "holds nothing\nreadable", "add documents")]

    def load():
        if faults:
            raise faults.pop()
        return prepare(settings, scorer=RuleNLI())

    with connected(load) as caller:
        assert "reports: holds nothing readable; add documents" == caller.error("search_corpus", query="pier")
        assert "SUPPORTED" == caller.verify("The ferry sails.")[0]["verdict"]


def test_a_fault_of_ours_is_told_without_its_details(caplog):
    """These go to the log, which is standard error; the conversation goes on."""

    def load():
        raise ZeroDivisionError("secret text")

    with connected(load) as caller, caplog.at_level(logging.ERROR):
        message = caller.error("verify_claims", claims=["The ferry sails."])

    assert message.startswith("internal error")
    assert "secret" not in message
    assert "secret text" in caplog.text
