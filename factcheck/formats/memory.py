"""Claims that are in memory already, by the same rules as those of a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Final, NoReturn

from factcheck.errors import ClaimsError
from factcheck.formats.claims import ClaimIds, claims_of_record
from factcheck.formats.fields import checked_text
from factcheck.formats.jsons import type_name
from factcheck.formats.raw import BadRecord, Record
from factcheck.formats.schemas import native
from factcheck.formats.values import json_value
from factcheck.types import JSON, Claim

_RECORD_FIX: Final = 'a claim is a text, a mapping such as {"claim": "…"}, or a Claim'
_VALUE_FIX: Final = "a field holds text, numbers, booleans, dates, None, or lists and mappings of them"


def claims_of(records: Iterable[Claim | str | Mapping[str, object]], *, name: str = "claims") -> Iterator[Claim]:
    """Claims from texts, from records with the fields of a JSON Lines file, or as they are; ids are made as for files.

    Values of numpy and pandas become those of JSON, in `Claim.input` too: a missing one None, a date ISO 8601, an
    array a list.

    Args:
        records: May be endless; read as the claims are asked for.
        name: What stands before the number in messages.

    Raises:
        ClaimsError: Met while iterating: a record cannot be used, or an id comes twice.
    """
    if isinstance(records, str | bytes | Mapping | Claim):
        raise ClaimsError(name, "one claim where many are expected", "put it in a list")
    ids = ClaimIds(at="at number")
    for number, record in zip(count(1), records, strict=False):
        place = f"{name}:{number}"
        try:
            if isinstance(record, Claim):
                claims = [_as_it_is(record, ids, number)]
            else:
                claims = claims_of_record(Record(number, None, _fields(record)), native, ids, place)
        except BadRecord as error:
            raise ClaimsError(place, error.found, error.fix) from error
        yield from claims


def _as_it_is(claim: Claim, ids: ClaimIds, number: int) -> Claim:
    for name, value in (("id", claim.id), ("text", claim.text)):
        if not isinstance(value, str):
            raise BadRecord(f"{name} of the Claim is {type_name(value)}", "it must be a text")
        if not checked_text(value, name).strip():
            raise BadRecord(f"{name} of the Claim is empty", "it must be a text that says something")
    ids.take(claim.id, number)
    return replace(claim, input=_fields(claim.input)) if claim.input else claim


def _fields(record: object) -> dict[str, JSON]:
    """The fields of a record as a JSON Lines file would have them."""
    if isinstance(record, str):
        record = {"claim": record}
    if not isinstance(record, Mapping):
        raise BadRecord(f"the record is {type_name(record)}", _RECORD_FIX)
    try:
        return {str(key): _value(value, str(key)) for key, value in record.items()}
    except RecursionError as error:
        raise BadRecord("the record is nested too deep", "a record needs three levels") from error


def _value(value: object, name: str) -> JSON:
    def refuse(other: object) -> NoReturn:
        if isinstance(other, int):
            raise BadRecord(f"{name} holds a number of more than 4,000 digits", "write long numbers as text")
        raise BadRecord(f"{name} holds {type_name(other)}", _VALUE_FIX)

    return json_value(value, refuse)
