"""Claims that are in memory already, by the same rules as those of a file."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from factcheck.errors import ClaimsError
from factcheck.formats.claims import ClaimIds, claims_of_record
from factcheck.formats.raw import BadRecord, Record
from factcheck.formats.schemas import native
from factcheck.types import JSON, Claim


def claims_of(records: Iterable[Claim | str | Mapping[str, JSON]], *, name: str = "claims") -> Iterator[Claim]:
    """Claims from texts, from records with the fields of a JSON Lines file, or as they are; ids are made as for files.

    Args:
        records: May be endless; read as the claims are asked for.
        name: What stands before the number in messages.

    Raises:
        ClaimsError: Met while iterating: a record cannot be used, or an id comes twice.
    """
    ids = ClaimIds()
    for number, record in zip(count(1), records, strict=False):
        if isinstance(record, Claim):
            yield record
            continue
        fields = {"claim": record} if isinstance(record, str) else record
        place = f"{name}:{number}"
        try:
            yield from claims_of_record(Record(number, None, fields), native, ids, place)
        except BadRecord as error:
            raise ClaimsError(place, error.found, error.fix) from error
