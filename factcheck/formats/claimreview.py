"""Reviewed verdicts as ClaimReview, the structured data of schema.org that fact checks are found by.

Only what a person has decided is written: a ClaimReview says that its publisher stands for the rating.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import IO, Final
from urllib.parse import quote, urlsplit

from factcheck.errors import ConfigError
from factcheck.formats.records import place, to_json
from factcheck.formats.reviewed import About, Reviewed, standing
from factcheck.formats.rows import Source
from factcheck.types import JSON, Claim, Evidence, Label, Verdict

RATINGS: Final[Mapping[Label, tuple[int | None, str]]] = {
    Label.SUPPORTED: (5, "True"),
    Label.CONTRADICTED: (1, "False"),
    Label.CONFLICTING: (3, "Mixture"),
    Label.NOT_ENOUGH_INFO: (None, "Not enough information"),
}
"""The rating of each verdict: a number from 1 to 5, and what it is called."""

_AUTHORS: Final = ("speaker", "claimant", "claim_author")  # input fields that name who made the claim
_APPEARANCES: Final = ("appearance", "appearances", "claim_url", "original_claim_url")  # … and where it was made
_PAGE: Final = "review_url"
_MARKUP: Final = re.compile("[<>&]")


def write_claimreview(source: Source, stream: IO[bytes], about: About) -> int:
    """Write a JSON array with a ClaimReview for each claim on which the reviewers agree; gives back how many.

    It has no `<`, `>` or `&`, so that it stands safely in a `<script type="application/ld+json">`.

    Raises:
        ConfigError: The settings do not say who publishes, or where.
    """
    publisher = _publisher(about)
    rows = 0
    stream.write(b"[")
    for verdict in source():
        review = about.review(verdict) if about.review else None
        if review is None or review.label is None:
            continue
        text = to_json(_claim_review(verdict, review, review.label, publisher))
        text = _MARKUP.sub(
            lambda sign: f"\\u{ord(sign[0]):04x}", text
        )  # only texts have them, where an escape is the same
        stream.write((",\n" if rows else "\n").encode() + text.encode())
        rows += 1
    stream.write(b"\n]\n")
    return rows


def _publisher(about: About) -> dict[str, str]:
    """The organisation that stands for the ratings."""
    for name, value, example in (
        ("publisher", about.publisher, "Example News"),
        ("publisher_url", about.publisher_url, "https://example.org/fact-checks"),
    ):
        if not value.strip():
            fix = f'write {name} = "{example}" in factcheck.toml, or pass --{name.replace("_", "-")}'
            raise ConfigError(name, "is not set, and a ClaimReview must name it", fix)
    if not is_web(about.publisher_url):
        raise ConfigError("publisher_url", f"{about.publisher_url!r} is no web address", "use https://…")
    return {"@type": "Organization", "name": about.publisher.strip(), "url": about.publisher_url.strip()}


def _claim_review(verdict: Verdict, review: Reviewed, label: Label, publisher: Mapping[str, str]) -> dict[str, JSON]:
    claim = verdict.claim
    _, evidence = standing(verdict, review)
    decided = max(opinion.time for opinion in review.standing)
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": _page(claim, publisher["url"]),
        "datePublished": dt.datetime.fromtimestamp(decided, dt.UTC).date().isoformat(),
        "claimReviewed": claim.text,
        "author": dict(publisher),
        "itemReviewed": _item(claim),
        "reviewRating": _rating(label, evidence),
    }


def _page(claim: Claim, page: str) -> str:
    """Where the review is published: the address that the input names, or else an anchor of its own on the page."""
    given = claim.input.get(_PAGE)
    if isinstance(given, str) and is_web(given):
        return given.strip()
    return f"{page.partition('#')[0]}#{quote(claim.id.encode('utf-8', 'replace'), safe='')}"


def _item(claim: Claim) -> dict[str, JSON]:
    """What is known of the claim itself: only what the input says."""
    item: dict[str, JSON] = {"@type": "Claim"}
    named = (value.strip() for value in map(claim.input.get, _AUTHORS) if isinstance(value, str))
    if author := next(filter(None, named), ""):
        item["author"] = {"@type": "Person", "name": author}
    if claim.date:
        item["datePublished"] = claim.date
    works: list[JSON] = [{"@type": "CreativeWork", "url": address} for address in _addresses(claim)]
    if works:
        item["appearance"] = works
    return item


def _addresses(claim: Claim) -> list[str]:
    """The web addresses among the fields that say where a claim was made."""
    found: list[str] = []
    for value in map(claim.input.get, _APPEARANCES):
        items = value if isinstance(value, list) else [value]
        found += [item.strip() for item in items if isinstance(item, str) and is_web(item)]
    return list(dict.fromkeys(found))


def _rating(label: Label, evidence: list[Evidence]) -> dict[str, JSON]:
    number, name = RATINGS[label]
    rating: dict[str, JSON] = {"@type": "Rating"}
    if number is not None:
        rating |= {"ratingValue": number, "bestRating": 5, "worstRating": 1}
    rating["alternateName"] = name
    grounds = {item.stance: item for item in reversed(evidence)}  # the strongest of each side
    quotes = [f"{place(item.passage)}: “{item.passage.quote}”" for item in evidence if grounds[item.stance] is item]
    if quotes:
        rating["ratingExplanation"] = " ".join(quotes)
    return rating


def is_web(address: str) -> bool:
    """Whether a text is the address of a web page."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", address.strip())
