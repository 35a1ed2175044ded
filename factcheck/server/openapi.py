"""The service described as OpenAPI 3.1. What it says of requests is what makes one malformed as a whole (422).

The fields of a claim have no types in it: a claim with a bad field is answered in its place, and costs no other its
verdict.
"""

import json
from typing import Any, Final

from factcheck import __version__
from factcheck.server.limits import Limits
from factcheck.types import EvidenceFrom, Label, Reason, Stance

_Schema = dict[str, Any]

_TEXT: Final[_Schema] = {"type": "string"}
_WHOLE: Final[_Schema] = {"type": "integer"}
_NUMBER: Final[_Schema] = {"type": "number"}
_SPAN: Final[_Schema] = {"type": "array", "items": _WHOLE, "minItems": 2, "maxItems": 2}
_SHARE: Final[_Schema] = {"type": "number", "minimum": 0, "maximum": 1}
_CLAIM: Final = "The turbine hall opened in 2019."
_PASSAGE: Final[_Schema] = {
    "doc_id": _TEXT,
    "title": _TEXT,
    "path": _TEXT,
    "url": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"]},
    "page": {"type": ["integer", "null"]},
    "sha256": _TEXT,
    "extractor": _TEXT,
    "sentence": _WHOLE,
    "start": _WHOLE,
    "end": _WHOLE,
    "quote": _TEXT,
}
_PASSAGE_EXAMPLE: Final[dict[str, Any]] = {
    "doc_id": "report.txt",
    "title": "report",
    "path": "report.txt",
    "url": None,
    "date": None,
    "page": None,
    "sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "extractor": "txt/1",
    "sentence": 0,
    "start": 0,
    "end": 32,
    "quote": "The turbine hall opened in 2019.",
}


def document(limits: Limits, *, token: bool = False) -> bytes:
    """The description as JSON.

    Args:
        limits: Those that are told.
        token: Whether a token is asked for.
    """
    paths = {
        "/v1/verify": {"post": _verify(limits)},
        "/v1/search": {"post": _search(limits)},
        "/healthz": {"get": _get("healthz", "Whether model and corpus are loaded", {"status": "ready"}, 503)},
        "/livez": {"get": _get("livez", "Whether the process answers", {"status": "alive"})},
        "/metrics": {"get": _metrics()},
    }
    if token:
        for name in ("/v1/verify", "/v1/search", "/metrics"):
            for operation in paths[name].values():
                operation["security"] = [{"token": []}]
                operation["responses"]["401"] = _error("The token is missing or wrong.")
    else:
        for path in paths.values():
            for operation in path.values():
                operation["responses"]["421"] = _error("The Host header is no name of this service.")
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "factcheck",
            "version": __version__,
            "description": "Do your own documents support or contradict a claim? Every verdict shows its sentence.",
        },
        "paths": paths,
        "components": {"schemas": _schemas()},
    }
    if token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return json.dumps(described, indent=1).encode() + b"\n"


def _verify(limits: Limits) -> dict[str, Any]:
    item: _Schema = {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "description": "A claim as in a line of a JSON Lines claims file; further fields come back in `input`.",
                "properties": {
                    "claim": {"description": f"The claim, a text of up to {limits.claim_chars} characters."},
                    "id": {"description": "A text or a number; made from the claim without one."},
                    "contexts": {"description": "Texts to judge it by, or objects with id, title and text."},
                    "doc_ids": {"description": "Documents of the corpus to judge it by."},
                    "date": {"description": "ISO 8601: a day, a month or a year."},
                },
            },
        ]
    }
    claims: _Schema = {"type": "array", "items": item, "minItems": 1, "maxItems": limits.claims}
    examples = {
        "texts": {"summary": "Claims alone", "value": {"claims": [_CLAIM]}},
        "records": {
            "summary": "Claims with ids, one with the text that it is judged by",
            "value": {
                "claims": [
                    {"id": "1", "claim": _CLAIM},
                    {"id": "2", "claim": "The hall is new.", "contexts": ["The hall opened last week."]},
                ]
            },
        },
    }
    results: _Schema = {"anyOf": [_ref("Record"), _ref("Refused")]}
    answer: _Schema = {
        "type": "object",
        "required": ["results", "errors"],
        "additionalProperties": False,
        "properties": {
            "results": {"type": "array", "items": results, "description": "One for each claim, in order."},
            "errors": {"type": "integer", "minimum": 0, "description": "How many of them are no verdicts."},
        },
    }
    return {
        "operationId": "verify",
        "summary": "Verdicts on one claim or many",
        "requestBody": _body(("claims", claims), examples=examples),
        "responses": {
            "200": _answer("A record for each claim, as `factcheck export --to jsonl` writes it.", answer),
            **_refusals("408", "413", "415", "422", "429", "500", "503"),
        },
    }


def _search(limits: Limits) -> dict[str, Any]:
    query: _Schema = {
        "type": "string",
        "minLength": 1,
        "maxLength": limits.claim_chars,
        "pattern": "^[^\\u0000]*$",
        "description": "What to look for.",
    }
    limit: _Schema = {"type": "integer", "minimum": 1, "maximum": limits.passages, "default": 10}
    examples = {"search": {"summary": "Three passages", "value": {"query": "turbine hall", "limit": 3}}}
    answer: _Schema = {
        "type": "object",
        "required": ["hits"],
        "additionalProperties": False,
        "properties": {"hits": {"type": "array", "items": _ref("Hit"), "maxItems": limits.passages}},
    }
    return {
        "operationId": "search",
        "summary": "The passages that a claim would be judged by, best first",
        "requestBody": _body(("query", query), ("limit", limit), examples=examples),
        "responses": {
            "200": _answer("The passages.", answer),
            **_refusals("404", "408", "413", "415", "422", "429", "500", "503"),
        },
    }


def _get(name: str, summary: str, example: dict[str, str], *refusals: int) -> dict[str, Any]:
    schema: _Schema = {
        "type": "object",
        "required": list(example),
        "properties": {key: {"const": value} for key, value in example.items()},
    }
    responses = {"200": _answer(summary + ".", schema), **_refusals(*map(str, refusals))}
    return {"operationId": name, "summary": summary, "responses": responses}


def _metrics() -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    responses = {"200": {"description": "Prometheus's text format.", "content": content}}
    return {"operationId": "metrics", "summary": "Figures for Prometheus", "responses": responses}


_REFUSALS: Final = {
    "404": "There is no corpus to search.",
    "408": "The body was too slow.",
    "413": "The body, or the number of claims, is too great.",
    "415": "The body is not JSON by its headers.",
    "422": "The request is malformed.",
    "429": "There is no room now; Retry-After says when to come again.",
    "500": "A fault of the service.",
    "503": "It is starting or stopping, or the time was not enough.",
}


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: _error(_REFUSALS[status]) for status in statuses}


def _error(description: str) -> dict[str, Any]:
    return _answer(description, _ref("Error"))


def _answer(description: str, schema: _Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body(*fields: tuple[str, _Schema], examples: dict[str, Any]) -> dict[str, Any]:
    """A request's body; its first field must be there."""
    schema = {
        "type": "object",
        "required": [fields[0][0]],
        "additionalProperties": False,
        "properties": dict(fields),
    }
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: _Schema, *, example: Any = None) -> _Schema:  # noqa: ANN401 - any JSON
    """An object that has all of these properties."""
    schema: _Schema = {"type": "object", "required": list(properties), "properties": properties}
    return schema if example is None else schema | {"examples": [example]}


def _list(schema: _Schema) -> _Schema:
    return {"type": "array", "items": schema}


def _schemas() -> dict[str, _Schema]:
    error = {"where": _TEXT, "found": _TEXT, "fix": _TEXT}
    told = {"where": "claims[0]", "found": "claim is empty", "fix": "it must be a text that says something"}
    scores = dict.fromkeys(("entailment", "neutral", "contradiction"), _SHARE)
    evidence = {
        **_PASSAGE,
        "premise": _TEXT,
        "joined": {"anyOf": [_SPAN, {"type": "null"}]},
        "titled": {"type": "boolean"},
        "stance": {"enum": [stance.value for stance in Stance]},
        **scores,
        "retrieval_score": _NUMBER,
        "findings": _list(_ref("Finding")),
        "part_scores": _list(_object(dict(scores))),
        "copies": _list(_ref("Passage")),
    }
    spans = {"anyOf": [_SPAN, {"type": "null"}]}
    finding = {"check": _TEXT, "kind": _TEXT, "detail": _TEXT, "claim": spans, "passage": spans}
    part = {"start": _WHOLE, "end": _WHOLE, "text": _TEXT, "verdict": _labels(), "evidence": _list(_WHOLE)}
    record = {
        "schema_version": {"const": 1},
        "id": _TEXT,
        "claim": _TEXT,
        "verdict": _labels(),
        "score": _SHARE,
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "reason": {"enum": [reason.value for reason in Reason]},
        "detail": _TEXT,
        "evidence_from": {"enum": [origin.value for origin in EvidenceFrom]},
        "judged": {"type": "integer", "minimum": 0},
        "found": {"type": "integer", "minimum": 0},
        "parts": _list(_object(part)),
        "evidence": _list(_ref("Evidence")),
        "input": {"type": "object"},
    }
    hit = {**_PASSAGE, "premise": _TEXT, "retrieval_score": _NUMBER, "copies": _list(_ref("Passage"))}
    found = _PASSAGE_EXAMPLE | {"premise": _PASSAGE_EXAMPLE["quote"], "retrieval_score": 4.2, "copies": []}
    refused = {"index": _WHOLE, "id": {"type": ["string", "null"]}, "error": _object(error)}
    return {
        "Error": _object({"error": _object(error)}, example={"error": told}),
        "Refused": _object(refused, example={"index": 0, "id": None, "error": told}),
        "Passage": _object(dict(_PASSAGE), example=_PASSAGE_EXAMPLE),
        "Hit": _object(hit, example=found),
        "Finding": _object(finding | {"opposes": {"type": "boolean"}}),
        "Evidence": _object(evidence),
        "Record": _object(record, example=_record_example(found)),
    }


def _labels() -> _Schema:
    return {"enum": [label.value for label in Label]}


def _record_example(found: dict[str, Any]) -> dict[str, Any]:
    judged = {
        "joined": None,
        "titled": False,
        "stance": "supports",
        "entailment": 0.97,
        "neutral": 0.02,
        "contradiction": 0.01,
    }
    return {
        "schema_version": 1,
        "id": "1",
        "claim": _CLAIM,
        "verdict": "SUPPORTED",
        "score": 0.97,
        "confidence": None,
        "reason": "evidence",
        "detail": "",
        "evidence_from": "corpus",
        "judged": 1,
        "found": 1,
        "parts": [],
        "evidence": [{**found, **judged, "findings": [], "part_scores": []}],
        "input": {"id": "1", "claim": _CLAIM},
    }
