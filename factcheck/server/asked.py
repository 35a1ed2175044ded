"""What a request's body asks for: claims by the rules of a JSON Lines file, or passages."""

import difflib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NoReturn

from factcheck.errors import FactcheckError
from factcheck.formats.claims import ClaimIds, claims_of_record
from factcheck.formats.jsons import type_name
from factcheck.formats.raw import BadRecord, Record
from factcheck.formats.records import short, to_json
from factcheck.formats.schemas import native
from factcheck.server.limits import Limits
from factcheck.server.problems import Problem, error_record
from factcheck.types import JSON, Claim

MAX_DEPTH: Final = 32
"""Levels of lists and objects in one claim."""
_CLAIMS_FIX: Final = 'send {"claims": […]}, each claim a text or an object such as {"id": "1", "claim": "…"}'
_SEARCH_FIX: Final = 'send {"query": "…", "limit": 10}'
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that cannot be verified: its place in the request, the id it brought, and why."""

    index: int
    id: str | None
    where: str
    found: str
    fix: str

    @classmethod
    def of(cls, claim: Claim, index: int, error: FactcheckError) -> "Refused":
        """The refusal of a claim that was read already."""
        return cls(index, claim.id, error.where, error.found, error.fix)

    def to_json(self) -> bytes:
        """Its item of the answer."""
        error = error_record(self.where, self.found, self.fix)
        return to_json({"index": self.index, "id": self.id, "error": error}).encode()


def read_claims(body: bytes, limits: Limits) -> list[Claim | Refused]:
    """The claims of a request in its order, each of them one that can be used or the reason why not.

    Raises:
        Problem: The request as a whole is none.
    """
    fields = _fields(body, ("claims",), _CLAIMS_FIX)
    given = fields.get("claims")
    if not isinstance(given, list):
        raise _malformed("claims", _found(fields, "claims"), _CLAIMS_FIX)
    if not given:
        raise _malformed("claims", "is an empty list", _CLAIMS_FIX)
    if len(given) > limits.claims:
        found = f"holds {len(given):,} claims"
        fix = f"send up to {limits.claims:,} in one request"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "claims", found, fix, reason="too_many_claims")
    for index, item in enumerate(given):
        if not isinstance(item, str | dict):
            raise _malformed(f"claims[{index}]", f"is {type_name(item)}", _CLAIMS_FIX)
    return list(_claims(given, limits))


def _claims(given: list[JSON], limits: Limits) -> Iterator[Claim | Refused]:
    ids = ClaimIds(at="at index")
    for index, item in enumerate(given):
        fields: dict[str, JSON] = item if isinstance(item, dict) else {"claim": item}
        place = f"claims[{index}]"
        try:
            _check(fields, limits)
            [claim] = claims_of_record(Record(index, None, fields, index=index), native, ids, place)
        except BadRecord as error:
            yield Refused(index, _id(fields), place, error.found, error.fix)
        else:
            yield claim


def _check(fields: dict[str, JSON], limits: Limits) -> None:
    """What a reader of files has looked at before it comes to the fields."""
    if not _is_flat(fields):
        raise BadRecord(f"nested deeper than {MAX_DEPTH} levels", "a claim needs three")
    if _SURROGATE.search(json.dumps(fields, ensure_ascii=False)):
        raise BadRecord("half of a surrogate pair (\\ud800 to \\udfff)", "write the whole character")
    text = fields.get("claim")
    if isinstance(text, str) and len(text) > limits.claim_chars:
        raise BadRecord(f"the claim has {len(text):,} characters", f"send up to {limits.claim_chars:,}: split it")


def _is_flat(value: JSON) -> bool:
    """Whether no list or object is nested too deep, found level by level, so that brackets do not fill the stack."""
    level: list[JSON] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for one in level
            for item in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if isinstance(item, list | dict)
        ]
        if not level:
            return True
    return False


def _id(fields: dict[str, JSON]) -> str | None:
    """The id that a claim brought, where it is one."""
    given = fields.get("id")
    return str(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else None


@dataclass(frozen=True, slots=True)
class Query:
    """A search: for what, and how many passages at most."""

    text: str
    limit: int


def read_query(body: bytes, limits: Limits) -> Query:
    """The search that a request asks for.

    Raises:
        Problem: It is none.
    """
    fields = _fields(body, ("query", "limit"), _SEARCH_FIX)
    text, limit = fields.get("query"), fields.get("limit", 10)
    if not isinstance(text, str) or not text:
        raise _malformed("query", "is empty" if text == "" else _found(fields, "query"), _SEARCH_FIX)
    if len(text) > limits.claim_chars:
        fix = f"send up to {limits.claim_chars:,}"
        raise _malformed("query", f"has {len(text):,} characters", fix, reason="query_too_long")
    if _SURROGATE.search(text) or "\0" in text:
        raise _malformed("query", "holds a NUL character or half of a surrogate pair", "write whole characters")
    if isinstance(limit, float) and limit.is_integer():
        limit = int(limit)  # JSON has one kind of number
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= limits.passages:
        raise _malformed("limit", f"is {short(limit)}", f"use a whole number from 1 to {limits.passages}")
    return Query(text, limit)


def _fields(body: bytes, known: tuple[str, ...], fix: str) -> dict[str, JSON]:
    """The object that a body holds.

    Raises:
        Problem: It holds none, or one with other fields.
    """
    value = _parse(body)
    if not isinstance(value, dict):
        raise _malformed("body", f"is {type_name(value)}, not an object", fix)
    for name in value:
        if name not in known:
            close = difflib.get_close_matches(name[:50], known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else fix
            raise _malformed("body", f"has an unknown field {_shown(name)}", hint)
    return value


def _parse(body: bytes) -> JSON:
    try:
        value: JSON = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = f"byte 0x{body[error.start]:02x} at offset {error.start} is not UTF-8"
        raise _malformed("body", found, "send JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        reason = error.msg.removesuffix(" at")
        found = f"not valid JSON: {reason} at line {error.lineno}, column {error.colno}"
        raise _malformed("body", found, "send one JSON object") from None
    except RecursionError:
        raise _malformed("body", "JSON nested too deep", f"a claim may have {MAX_DEPTH} levels") from None
    except ValueError:  # of int(): more digits than it reads
        raise _malformed("body", "a number of more than 4,300 digits", "write long numbers as text") from None
    return value


def _no_constant(name: str) -> NoReturn:
    raise _malformed("body", f"{name} is not JSON", "write null, or leave the field out")


def _finite(text: str) -> JSON:
    number = float(text)
    return number if math.isfinite(number) else None  # as in a file


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def _found(fields: dict[str, JSON], name: str) -> str:
    return f"is {type_name(fields[name])}" if name in fields else "is missing"


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 40 else name[:40] + "...")


def _malformed(where: str, found: str, fix: str, *, reason: str = "malformed") -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, where, found, fix, reason=reason)
