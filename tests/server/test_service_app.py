"""What the service answers: records, refusals, figures, and what it writes into its log."""

import json
import threading

import pytest
from serving import CLAIMS, body

from factcheck.config import Settings
from factcheck.formats.records import passage_record
from factcheck.jobs.sources import open_finder
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Claim

JSON = {"content-type": "application/json"}
TOKEN = "a-token-of-some-length"


def post(visitor, value, path="/v1/verify", **headers):
    content = value if isinstance(value, bytes) else body(value)
    return visitor.post(path, content=content, headers=JSON | headers)


def error_of(answer):
    """The error of an answer, once its shape is known to be the one of all errors."""
    assert "application/json" == answer.headers["content-type"]
    [(name, error)] = answer.json().items()
    assert "error" == name
    assert ["where", "found", "fix"] == list(error)
    assert all(error.values())
    return error


def exported(tmp_path, lines, harbour, **settings):
    """The lines that a batch job over a claims file with these settings exports."""
    from factcheck.formats.export import export

    (tmp_path / "claims.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    asked = {"index": str(harbour / "idx"), "cache": False, "on_error": "skip"} | settings
    run_job(tmp_path / "claims.jsonl", tmp_path / "run", Settings(**asked), scorer=RuleNLI())
    with Ledger(tmp_path / "run") as ledger:
        export(ledger.verdicts, "jsonl", tmp_path / "out.jsonl")
    return (tmp_path / "out.jsonl").read_bytes().splitlines()


def test_an_answer_holds_the_bytes_of_the_export(client, harbour, tmp_path):
    """Record for record, whatever claims bring: ids, further fields, contexts, documents, one claim twice."""
    lines = [
        {"claim": CLAIMS[0]},
        {"claim": CLAIMS[0], "desk": "sea", "note": [1, 2.5, None, "\u2028 é"]},
        {"id": "x", "claim": CLAIMS[1], "date": "2024-05"},
        {"id": 7, "claim": "It is blue.", "contexts": ["The sky. It is blue.", {"id": "s", "text": "It is not blue."}]},
        {"claim": CLAIMS[2], "doc_ids": ["b.txt"]},
        {"claim": "Is it open?"},
    ]
    expected = exported(tmp_path, lines, harbour)

    got = post(client(), {"claims": lines}).content

    assert b'{"results":[' + b",".join(expected) + b'],"errors":0}\n' == got


def test_a_text_is_a_claim_as_well(visitor):
    """The same as an object with that claim alone."""
    texts, objects = (post(visitor, {"claims": given}) for given in (CLAIMS, [{"claim": text} for text in CLAIMS]))

    assert texts.content == objects.content
    assert 5 == len(texts.json()["results"])


def test_settings_are_those_of_a_batch_job(client, harbour, tmp_path):
    """Here few passages, in stages."""
    settings = {"passages": 3, "stages": (1, 3), "join": False}

    expected = exported(tmp_path, [{"claim": text} for text in CLAIMS], harbour, **settings)

    assert b",".join(expected) in post(client(**settings), {"claims": CLAIMS}).content


BAD = {
    "empty": ({"claim": " "}, "claim is only white space"),
    "no claim": ({"text": "x"}, "claim"),
    "no text": ({"claim": 5}, "claim is a number"),
    "date": ({"claim": "x", "date": "yesterday"}, "date is 'yesterday'"),
    "contexts": ({"claim": "x", "contexts": 1}, "contexts is a number"),
    "both": ({"claim": "x", "contexts": ["y"], "doc_ids": ["a.txt"]}, "both `contexts` and `doc_ids`"),
    "document": ({"claim": "x", "doc_ids": ["none.txt"]}, "document 'none.txt' is not in the corpus"),
    "id": ({"claim": "x", "id": []}, "id is a list"),
    "twice": ({"claim": "x", "id": "first"}, "id 'first' stands at index 0 already"),
    "surrogate": ({"claim": "x \ud800"}, "half of a surrogate pair"),
    "surrogate elsewhere": ({"claim": "x", "note": {"\ud800": 1}}, "half of a surrogate pair"),
    "nul": ({"claim": "x\0"}, "claim holds a NUL character"),
    "long": ({"claim": "x" * 10_001}, "the claim has 10,001 characters"),
    "too long for the model": ({"claim": "x " * 300}, "the claim has 300 tokens"),
    "deep": ({"claim": "x", "note": json.loads("[" * 33 + "]" * 33)}, "nested deeper than 32 levels"),
}


@pytest.mark.parametrize(("item", "found"), BAD.values(), ids=BAD)
def test_a_bad_claim_costs_no_other_its_verdict(visitor, item, found):
    """It gets its reason in its place, and the answer counts it."""
    good = [{"id": "first", "claim": CLAIMS[0]}, {"id": "last", "claim": CLAIMS[1]}]
    alone = post(visitor, {"claims": good}).json()["results"]

    answer = post(visitor, {"claims": [good[0], item, good[1]]})

    first, refused, last = answer.json()["results"]
    assert 200 == answer.status_code
    assert alone == [first, last]
    assert 1 == refused["index"]
    assert "claims[1]" == refused["error"]["where"]
    assert found in refused["error"]["found"]
    assert 1 == answer.json()["errors"]


MALFORMED = {
    "nothing": (b"", "body"),
    "no JSON": (b'{"claims": [', "body"),
    "two": (b'{"claims": ["x"]} {}', "body"),
    "list": (b'["x"]', "body"),
    "NaN": (b'{"claims": [NaN]}', "body"),
    "infinity": (b'{"claims": ["x", -Infinity]}', "body"),
    "latin": (b'{"claims": ["\xe9"]}', "body"),
    "utf-16": ('{"claims": ["x"]}'.encode("utf-16"), "body"),
    "mark": (b'\xef\xbb\xbf{"claims": ["x"]}', "body"),
    "huge number": (b'{"claims": [{"claim": "x", "n": ' + b"9" * 5000 + b"}]}", "body"),
    "deep": (b"[" * 100_000, "body"),
    "deep claim": (b'{"claims": [' + b'{"a":' * 100_000, "body"),
    "field": (b'{"claim": ["x"]}', "body"),
    "surrogate field": (b'{"\\ud800": ["x"]}', "body"),
    "missing": (b"{}", "claims"),
    "text": (b'{"claims": "x"}', "claims"),
    "empty": (b'{"claims": []}', "claims"),
    "number": (b'{"claims": ["x", 5]}', "claims[1]"),
    "null": (b'{"claims": [null]}', "claims[0]"),
}


@pytest.mark.parametrize(("content", "where"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_refused_as_a_whole(visitor, content, where):
    """By 422, saying where."""
    answer = post(visitor, content)

    assert 422 == answer.status_code
    assert where == error_of(answer)["where"]
    assert "malformed" == visitor.lines[-1]["reason"]


def test_an_unknown_field_is_told_with_the_one_that_was_meant(visitor):
    """A field that is passed over is a request that does something else."""
    assert "did you mean 'claims'?" == error_of(post(visitor, {"claim": ["x"]}))["fix"]


def test_too_many_claims_are_refused(client):
    """By 413, however many."""
    visitor = client(limits={"claims": 3})

    assert 200 == post(visitor, {"claims": ["x"] * 3}).status_code
    answer = post(visitor, {"claims": ["x"] * 100_000})
    assert 413 == answer.status_code
    assert "holds 100,000 claims" == error_of(answer)["found"]


@pytest.mark.parametrize("told", [True, False])
def test_a_body_that_is_too_large_is_refused(client, told):
    """By 413, whether its length was told or came out on the way."""
    visitor = client(limits={"body": 100})
    content = b" " * 300

    answer = visitor.post("/v1/verify", content=content if told else iter([content[:150], content[150:]]), headers=JSON)

    assert 413 == answer.status_code
    assert "of 300 bytes" == error_of(answer)["found"]


def test_bodies_together_are_bounded(client):
    """Many large ones at a time get 429."""
    visitor = client(limits={"body": 100, "bodies": 100})

    assert 200 == post(visitor, {"claims": ["x"]}).status_code
    visitor.app._held = 90
    answer = post(visitor, {"claims": ["x"]})

    assert 429 == answer.status_code
    assert "2" == answer.headers["retry-after"]


@pytest.mark.parametrize("headers", [{"content-type": "text/plain"}, {"content-encoding": "gzip"}])
def test_what_is_not_json_by_its_headers_is_refused(visitor, headers):
    """By 415: a page in a browser could send text here without being asked."""
    answer = post(visitor, {"claims": ["x"]}, **headers)

    assert 415 == answer.status_code
    assert error_of(answer)


def test_no_other_page_is_allowed_to_ask(visitor):
    """A browser that asks first is told so."""
    answer = visitor.options("/v1/verify", headers={"origin": "http://evil.example"})

    assert 405 == answer.status_code
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_paths_and_methods_that_are_none_are_refused(visitor):
    """In the shape of all errors."""
    missing, method = visitor.get("/v1/none"), visitor.get("/v1/verify")

    assert (404, 405) == (missing.status_code, method.status_code)
    assert "POST" == method.headers["allow"]
    assert error_of(missing)
    assert error_of(method)
    assert 200 == visitor.head("/healthz").status_code


def test_a_service_that_is_not_ready_says_so(client):
    """By 503 and when to come again; it is alive all the same."""
    visitor = client(ready=False)

    for answer in (visitor.get("/healthz"), post(visitor, {"claims": ["x"]}), post(visitor, {}, "/v1/search")):
        assert 503 == answer.status_code
        assert "is starting" == error_of(answer)["found"]
        assert "1" == answer.headers["retry-after"]
    assert 200 == visitor.get("/livez").status_code
    assert 200 == visitor.get("/metrics").status_code


def test_a_service_that_stops_lets_nothing_in(client):
    """By 503."""
    visitor = client()
    assert {"status": "ready"} == visitor.get("/healthz").json()

    visitor.service.stop()

    assert "is stopping" == error_of(post(visitor, {"claims": ["x"]}))["found"]
    assert 503 == visitor.get("/healthz").status_code


class Held(RuleNLI):
    """A scorer that waits until it is let go."""

    def __init__(self):
        super().__init__()
        self.began, self.free = threading.Event(), threading.Event()

    def score(self, pairs):
        self.began.set()
        assert self.free.wait(30)
        return super().score(pairs)


def test_a_full_queue_refuses(client):
    """By 429, none of the request's claims being taken; what was accepted is answered."""
    scorer = Held()
    visitor = client(scorer=scorer, limits={"claims": 3, "queue": 3})
    answers = []
    first = threading.Thread(target=lambda: answers.append(post(visitor, {"claims": CLAIMS[:2]})))
    first.start()
    assert scorer.began.wait(30)

    refused = post(visitor, {"claims": CLAIMS[:2]})
    scorer.free.set()
    first.join()

    assert 429 == refused.status_code
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "has 2 claims in its queue, and 3 fit" == error_of(refused)["found"]
    assert [200] == [answer.status_code for answer in answers]
    assert 200 == post(visitor, {"claims": CLAIMS[:3]}).status_code


def test_a_request_ends_in_its_time(client):
    """By 503, and its claims leave the queue."""
    scorer = Held()
    visitor = client(scorer=scorer, limits={"seconds": 0.2})

    answer = post(visitor, {"claims": CLAIMS[:2]})

    assert 503 == answer.status_code
    assert "did not get done within 0.2 seconds" == error_of(answer)["found"]
    assert 0 == visitor.service.held
    scorer.free.set()


def test_what_is_left_at_the_end_is_told_so(client):
    """By 503: whoever waits is answered."""
    scorer = Held()
    visitor = client(scorer=scorer)
    answers = []
    first = threading.Thread(target=lambda: answers.append(post(visitor, {"claims": CLAIMS[:2]})))
    first.start()
    assert scorer.began.wait(30)

    visitor.service.abandon()
    first.join()
    scorer.free.set()

    assert 503 == answers[0].status_code
    assert "ended before this was verified" == error_of(answers[0])["found"]


class Broken(RuleNLI):
    """A scorer that a word breaks."""

    def score(self, pairs):
        if any("zeppelin" in hypothesis.casefold() for _, hypothesis in pairs):
            raise ZeroDivisionError("of The Secret Claim")
        return super().score(pairs)


def test_a_fault_costs_its_own_request_only(client, caplog):
    """By 500, which says nothing of what is inside; who shares its batch is answered."""
    visitor = client(scorer=Broken())

    bad = post(visitor, {"claims": [{"claim": "Zeppelins land.", "contexts": ["Zeppelins land."]}]})
    good = post(visitor, {"claims": CLAIMS[:4]})

    assert 500 == bad.status_code
    assert "met a fault of factcheck" == error_of(bad)["found"]
    assert 200 == good.status_code
    assert "a claim could not be verified" in caplog.text


def test_search_gives_what_the_command_gives(visitor, harbour):
    """The same passages in the same order, however many are asked for."""
    for limit in (1, 3, 10):
        settings = Settings(index=str(harbour / "idx"), passages=limit, evidence="corpus")
        [found] = open_finder(settings).finder.find([Claim("search", "ferry harbour")])

        hits = post(visitor, {"query": "ferry harbour", "limit": limit}, "/v1/search").json()["hits"]

        assert [passage_record(hit.passage) | {"premise": hit.passage.premise} for hit in found.hits] == [
            {name: value for name, value in hit.items() if name not in {"retrieval_score", "copies"}} for hit in hits
        ]
        assert [round(hit.score, 6) for hit in found.hits] == [hit["retrieval_score"] for hit in hits]
        assert [len(hit.copies) for hit in found.hits] == [len(hit["copies"]) for hit in hits]


def test_a_search_finds_ten_passages_unless_told_otherwise(visitor):
    """Nothing is an answer, too."""
    assert [] == post(visitor, {"query": "zeppelin"}, "/v1/search").json()["hits"]
    assert [] == post(visitor, {"query": " "}, "/v1/search").json()["hits"]
    assert 1 <= len(post(visitor, {"query": "the harbour"}, "/v1/search").json()["hits"]) <= 10


@pytest.mark.parametrize(
    "asked",
    [
        {"query": ""},
        {"query": 5},
        {"limit": 1},
        {"query": "x", "limit": 0},
        {"query": "x", "limit": 51},
        {"query": "x", "limit": True},
        {"query": "x", "limit": "3"},
        {"query": "x", "limit": 10**30},
        {"query": "x", "limit": None},
        {"query": "\ud800"},
        {"query": "x", "k": 3},
        {"query": "x" * 10_001},
    ],
)
def test_a_search_that_is_none_is_refused(visitor, asked):
    """By 422."""
    answer = post(visitor, asked, "/v1/search")

    assert 422 == answer.status_code
    assert error_of(answer)


def test_without_a_corpus_there_is_nothing_to_search(client):
    """Claims bring their own texts then."""
    visitor = client(index="", evidence="given")

    answer = post(visitor, {"claims": [{"claim": "It is blue.", "contexts": ["It is blue."]}, CLAIMS[0]]})

    assert ["SUPPORTED", None] == [item.get("verdict") for item in answer.json()["results"]]
    assert 404 == post(visitor, {"query": "x"}, "/v1/search").status_code


def test_a_token_is_asked_for(client):
    """Of everything but what tells whether it is up; any of several is good."""
    visitor = client(tokens=[TOKEN, "another-token-of-that-kind"], hosts=[])

    without, wrong = post(visitor, {"claims": ["x"]}), post(visitor, {"claims": ["x"]}, authorization="Bearer no")
    right = [
        post(visitor, {"claims": ["x"]}, authorization=f"{scheme} {token}")
        for scheme, token in [("Bearer", TOKEN), ("bearer", "another-token-of-that-kind")]
    ]

    assert [401, 401, 200, 200] == [answer.status_code for answer in (without, wrong, *right)]
    assert "Bearer" == without.headers["www-authenticate"]
    assert "is missing" == error_of(without)["found"]
    assert 401 == post(visitor, {"claims": ["x"]}, authorization=f"Basic {TOKEN}").status_code
    assert 401 == visitor.get("/metrics").status_code
    assert 401 == visitor.get("/v1/none").status_code
    assert 200 == visitor.get("/healthz").status_code
    assert "token" == visitor.lines[0]["reason"]


def test_without_a_token_the_host_must_be_ours(client):
    """A name that was made to lead to this machine is none of ours."""
    visitor = client(hosts=["127.0.0.1:8080", "Desk.example"])

    for host, status in [("127.0.0.1:8080", 200), ("desk.EXAMPLE", 200), ("evil.example:8080", 421), ("", 421)]:
        assert status == post(visitor, {"claims": ["x"]}, host=host).status_code
        assert status == visitor.get("/healthz", headers={"host": host}).status_code
    assert error_of(visitor.get("/healthz", headers={"host": "evil.example"}))


def test_the_log_tells_what_was_done_without_what_claims_say(client):
    """One line a request: when, what, how it ended, how long it took, how much it was."""
    visitor = client()

    post(visitor, {"claims": [*CLAIMS, {"claim": "secret", "date": "secret"}]})
    post(visitor, {"query": "harbour"}, "/v1/search")

    first, second = visitor.lines
    assert {"event": "request", "method": "POST", "path": "/v1/verify", "status": 200} == dict(list(first.items())[:4])
    assert (6, 1) == (first["claims"], first["errors"])
    assert first["pairs"] > 0
    assert 0 <= first["ms"] < 60_000
    assert "/v1/search" == second["path"]
    text = json.dumps(visitor.lines)
    assert not [word for word in ("harbour", "ferry", "secret", "Zeppelin") if word in text]


def test_claims_are_logged_where_that_is_asked_for(client):
    """Those that were read."""
    visitor = client(texts=True)

    post(visitor, {"claims": CLAIMS[:2]})

    assert CLAIMS[:2] == visitor.lines[0]["texts"]


def figures(visitor):
    """The metrics by name and labels."""
    lines = visitor.get("/metrics").text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_metrics_count_what_was_done(client):
    """Requests, claims by verdict, pairs, batches, refusals, and what answers."""
    visitor = client(limits={"claims": 10})
    assert 1 == figures(visitor)["factcheck_ready"]

    post(visitor, {"claims": [*CLAIMS, " "]})
    post(visitor, {"claims": ["x"] * 11})
    visitor.get("/no/such/path")

    found = figures(visitor)
    assert 1 == found['factcheck_requests_total{path="/v1/verify",status="200"}']
    assert 1 == found['factcheck_requests_total{path="/v1/verify",status="413"}']
    assert 1 == found['factcheck_requests_total{path="other",status="404"}']
    assert 1 == found['factcheck_claims_total{verdict="error"}']
    assert 2 == found['factcheck_claims_total{verdict="SUPPORTED"}']
    assert 1 == found['factcheck_rejected_total{reason="too_many_claims"}']
    assert visitor.lines[1]["pairs"] == found['factcheck_pairs_total{source="computed"}'] > 0
    assert 5 == found["factcheck_queue_seconds_count"]
    assert 5 == found["factcheck_batch_claims_sum"]
    assert 0 == found["factcheck_queue_claims"]
    assert 2 == found['factcheck_request_seconds_count{path="/v1/verify"}']
    assert [name for name in found if name.startswith("factcheck_build_info{") and 'model="rule-nli"' in name]


def test_metrics_tell_scores_of_the_cache_from_computed_ones(client, tmp_path, harbour):
    """The second time nothing is computed."""
    from factcheck.nli.cache import CachedScorer, ScoreCache

    cache = ScoreCache(tmp_path / "scores.sqlite")
    visitor = client(scorer=CachedScorer(RuleNLI(), cache))

    first, second = (post(visitor, {"claims": CLAIMS}).content for _ in range(2))
    cache.close()

    found = figures(visitor)
    assert first == second
    assert found['factcheck_pairs_total{source="computed"}'] == found['factcheck_pairs_total{source="cache"}'] > 0


def test_the_index_may_be_built_anew_meanwhile(client, tmp_path):
    """The service keeps to the version that it opened, more than one build later."""
    from factcheck.corpus.build import build_index

    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.txt").write_text("The ferry sails twice a day.\n", "utf-8")
    build_index(documents, tmp_path / "idx")
    visitor = client(index=str(tmp_path / "idx"))
    before = post(visitor, {"claims": CLAIMS[:2]}).content
    for text in ("The ferry does not sail twice a day.", "There is no ferry.", "The pier is closed."):
        (documents / "a.txt").write_text(text + "\n", "utf-8")
        build_index(documents, tmp_path / "idx")

    fresh = client(index=str(tmp_path / "idx"))

    assert before == post(visitor, {"claims": CLAIMS[:2]}).content
    assert before != post(fresh, {"claims": CLAIMS[:2]}).content
