"""What an assistant reads of the tools before it calls one: descriptions, and JSON Schemas of arguments and answers."""

from typing import Any, Final

from factcheck.mcp import arguments
from factcheck.types import Label, Reason, Stance

_NULLABLE_TEXT: Final = {"type": ["string", "null"]}
_TEXT: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_NUMBER: Final = {"type": "number"}


def instructions(*, has_corpus: bool) -> str:
    """What the server says of itself."""
    searching = " `search_corpus` looks passages up in the same documents." if has_corpus else ""
    source = "a fixed set of documents" if has_corpus else "texts that are given with them"
    return (
        f"Checks whether {source} support or contradict claims. Split a text into single statements, give them to "
        f"`verify_claims` together, and show the quoted evidence with each verdict.{searching} Everything runs on this "
        "machine and changes nothing."
    )


def verify_description(*, has_corpus: bool) -> str:
    """What `verify_claims` is for, and how to use it well."""
    source = (
        "the documents of this server (or by the texts that are given as its `contexts`)"
        if has_corpus
        else "the texts that are given as its `contexts`"
    )
    return (
        f"Tells for each claim whether it is supported or contradicted by {source}. A natural-language-inference model "
        "judges the claim against the sentences that match it best. The verdict is SUPPORTED, CONTRADICTED, "
        "CONFLICTING (sources disagree) or NOT ENOUGH INFO (`reason` says why; it does not mean false). With it come a "
        "score, a calibrated confidence where there is one, and the sentences it stands on: verbatim quotes with "
        "document, path or URL and character offsets.\n\n"
        "Write each claim as one full statement that can be understood alone: names instead of pronouns, with figures "
        f"and dates. Give all claims in one call, at most {arguments.MAX_CLAIMS}. Verdicts can be wrong: read the "
        "quote before relying on one, and show it."
    )


SEARCH_DESCRIPTION: Final = (
    "Finds the sentences of this server's documents that match a query best, by the retrieval that `verify_claims` "
    "uses, without judging them. Returns verbatim quotes with document, path or URL and character offsets, best first. "
    "Use it to see what the documents say about something; to have a statement checked use `verify_claims`."
)


def verify_input(*, has_corpus: bool) -> dict[str, Any]:
    """The JSON Schema of the arguments of `verify_claims`."""
    context = {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "properties": {"text": {"type": "string", "minLength": 1}, "title": _TEXT, "id": _TEXT},
                "required": ["text"],
            },
        ]
    }
    instead = "instead of the server's documents" if has_corpus else "; required, since this server has no documents"
    fields: dict[str, Any] = {
        "claim": {"type": "string", "minLength": 1, "maxLength": arguments.MAX_CLAIM, "description": "The statement."},
        "contexts": {
            "type": "array",
            "items": context,
            "description": f"Texts that this claim alone is judged by, {instead}.".replace(", ;", ";"),
        },
        "id": {"type": "string", "description": "A name of your own for the claim; it comes back with the verdict."},
        "date": {"type": "string", "description": "When the claim is said to hold: 2024-05-31, 2024-05 or 2024."},
    }
    if has_corpus:
        fields["doc_ids"] = {
            "type": "array",
            "items": _TEXT,
            "description": "Documents of the server that this claim alone is judged by, by the `doc_id` of a search.",
        }
    plain = {"type": "string", "minLength": 1, "maxLength": arguments.MAX_CLAIM}
    required = ["claim"] if has_corpus else ["claim", "contexts"]
    full = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    claims = {
        "type": "array",
        "minItems": 1,
        "maxItems": arguments.MAX_CLAIMS,
        "items": {"anyOf": [plain, full]} if has_corpus else full,
        "description": "The claims, each a text or an object." if has_corpus else "The claims.",
    }
    evidence = {
        "type": "integer",
        "minimum": 0,
        "maximum": arguments.MAX_EVIDENCE,
        "default": arguments.EVIDENCE,
        "description": "How many passages are shown for each claim at most; the verdict rests on all that were judged.",
    }
    return {
        "type": "object",
        "properties": {"claims": claims, "evidence": evidence},
        "required": ["claims"],
        "additionalProperties": False,
    }


SEARCH_INPUT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "query": {
            "type": "string",
            "minLength": 1,
            "maxLength": arguments.MAX_CLAIM,
            "description": "Words or a sentence to look for; there are no operators.",
        },
        "limit": {
            "type": "integer",
            "minimum": 1,
            "maximum": arguments.MAX_HITS,
            "default": arguments.HITS,
            "description": "How many passages are wanted at most.",
        },
    },
    "required": ["query"],
    "additionalProperties": False,
}

_PLACE: Final = {
    "doc_id": _TEXT,
    "title": _TEXT,
    "path": {"type": "string", "description": "Relative to the folder of documents; empty for a context."},
    "url": _NULLABLE_TEXT,
    "date": _NULLABLE_TEXT,
    "page": {"type": ["integer", "null"]},
    "start": {"type": "integer", "description": "Where the quote stands in the document's text, in code points."},
    "end": _INTEGER,
    "quote": {"type": "string", "description": "Verbatim: the document's text from start to end."},
    "left_out": {"type": "integer", "description": "Characters of a very long passage that are not quoted."},
    "copies": {"type": "integer", "description": "In how many other places the documents say the same."},
}
_QUOTED: Final = ["doc_id", "title", "path", "url", "date", "page", "start", "end", "quote", "copies"]


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


_EVIDENCE: Final = _object(
    {
        "stance": {"enum": [stance.value for stance in Stance]},
        "entailment": _NUMBER,
        "neutral": _NUMBER,
        "contradiction": _NUMBER,
        **_PLACE,
        "premise": {"type": "string", "description": "What the model read, where that is more than the quote."},
        "joined": {
            "type": "array",
            "items": _INTEGER,
            "description": "Start and end of another sentence of the document that was read together with the quote.",
        },
        "findings": {
            "type": "array",
            "items": _object({"check": _TEXT, "kind": _TEXT, "detail": _TEXT}),
            "description": "What the words of the passage say against the probabilities.",
        },
    },
    ["stance", "entailment", "neutral", "contradiction", *_QUOTED, "findings"],
)
_PART: Final = _object(
    {
        "text": _TEXT,
        "verdict": {"enum": [label.value for label in Label]},
        "evidence": {"type": "array", "items": _INTEGER, "description": "Places in `evidence`, from 0."},
    }
)
_VERDICT: Final = _object(
    {
        "id": _TEXT,
        "claim": _TEXT,
        "verdict": {"enum": [label.value for label in Label]},
        "score": {"type": "number", "description": "How strongly the evidence says so, 0 to 1; not a probability."},
        "confidence": {"type": ["number", "null"], "description": "Probability that the verdict is right, if known."},
        "reason": {"enum": [reason.value for reason in Reason]},
        "detail": {"type": "string", "description": "The reason in words, where one word is not enough."},
        "evidence_from": _TEXT,
        "judged": {"type": "integer", "description": "How many passages the model read."},
        "found": _INTEGER,
        "parts": {"type": "array", "items": _PART, "description": "The parts of a claim that says several things."},
        "evidence": {"type": "array", "items": _EVIDENCE, "description": "What the verdict stands on comes first."},
        "evidence_left_out": {"type": "integer", "description": "Passages that were judged and are not shown."},
    }
)
VERIFY_OUTPUT: Final[dict[str, Any]] = _object(
    {
        "verdicts": {"type": "array", "items": _VERDICT, "description": "One a claim, in order."},
        "counts": _object({label.value: _INTEGER for label in Label}),
        "evidence_limit": {"type": "integer", "description": "How many passages are shown for each claim at most."},
    }
)
SEARCH_OUTPUT: Final[dict[str, Any]] = _object(
    {
        "query": _TEXT,
        "passages": {
            "type": "array",
            "items": _object({**_PLACE, "retrieval_score": _NUMBER}, [*_QUOTED, "retrieval_score"]),
        },
    }
)
