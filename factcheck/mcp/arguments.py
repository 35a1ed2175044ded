"""What an assistant may ask: arguments of the tools, checked against limits before anything is computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from factcheck.errors import ClaimsError, ConfigError
from factcheck.formats.memory import claims_of
from factcheck.types import Claim

MAX_CLAIMS: Final = 50  # a call, so that its answer has room in an assistant's context
MAX_CLAIM: Final = 2_000  # characters
MAX_CONTEXTS: Final = 500_000  # characters of all contexts of a call
MAX_EVIDENCE: Final = 10
EVIDENCE: Final = 3
MAX_HITS: Final = 50
HITS: Final = 10
FIELDS: Final = ("claim", "id", "date", "contexts", "doc_ids")


@dataclass(frozen=True, slots=True)
class Verify:
    """Claims to verify, and how many passages of each are shown."""

    claims: tuple[Claim, ...]
    evidence: int


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and how many passages are wanted."""

    query: str
    limit: int


def verify_arguments(given: Mapping[str, Any], *, has_corpus: bool) -> Verify:
    """The arguments of `verify_claims`.

    Raises:
        ClaimsError: A claim cannot be used, there is none, or there are too many.
        ConfigError: Another argument does not fit.
    """
    _known("verify_claims", given, ("claims", "evidence"))
    evidence = _number(given, "evidence", EVIDENCE, 0, MAX_EVIDENCE)
    records = given.get("claims")
    if isinstance(records, str | Mapping):
        raise ClaimsError("claims", "one claim where many are expected", "put it in a list")
    if not isinstance(records, list) or not records:
        raise ClaimsError("claims", "there are none", f"give a list of 1 to {MAX_CLAIMS} claims")
    if len(records) > MAX_CLAIMS:
        fix = f"give at most {MAX_CLAIMS} a call, the rest in further calls"
        raise ClaimsError("claims", f"{len(records):,} claims", fix)
    for number, record in enumerate(records, 1):
        if isinstance(record, Mapping):
            _known(f"claims:{number}", record, FIELDS)
    claims = tuple(claims_of(records))
    for claim in claims:
        _check(claim, has_corpus=has_corpus)
    brought = sum(len(context.text) for claim in claims for context in claim.contexts)
    if brought > MAX_CONTEXTS:
        fix = f"give at most {MAX_CONTEXTS:,} a call"
        raise ClaimsError("claims", f"{brought:,} characters of contexts", fix)
    return Verify(claims, evidence)


def search_arguments(given: Mapping[str, Any]) -> Search:
    """The arguments of `search_corpus`.

    Raises:
        ConfigError: One is missing, unknown or does not fit.
    """
    _known("search_corpus", given, ("query", "limit"))
    query = given.get("query")
    if not isinstance(query, str) or not query.strip():
        raise ConfigError("query", "there is none", "give the words to look for as a text")
    if len(query) > MAX_CLAIM:
        raise ConfigError("query", f"{len(query):,} characters", f"give at most {MAX_CLAIM:,}")
    return Search(query, _number(given, "limit", HITS, 1, MAX_HITS))


def _check(claim: Claim, *, has_corpus: bool) -> None:
    if len(claim.text) > MAX_CLAIM:
        fix = f"a claim has at most {MAX_CLAIM:,}: split it into single statements"
        raise ClaimsError(claim.where, f"{len(claim.text):,} characters", fix)
    if not has_corpus and not claim.contexts:
        fix = "give the claim `contexts`, the texts that it is to be judged by"
        raise ClaimsError(claim.where, "no contexts, and this server was started without documents", fix)


def _known(where: str, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            raise ConfigError(where, f"{name!r} is not known", f"it takes {', '.join(names)}")


def _number(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():  # JSON has one kind of number
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(name, f"{value!r} does not fit", f"give a whole number from {least} to {most}")
    return value
