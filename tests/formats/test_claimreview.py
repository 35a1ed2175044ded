"""Reviewed verdicts as ClaimReview."""

import json
import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from hypothesis import given
from strategies import verdicts

from factcheck.errors import ConfigError
from factcheck.formats.claimreview import RATINGS, write_claimreview
from factcheck.formats.export import About
from factcheck.formats.reviewed import Opinion, Remark, Reviewed
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

PUBLISHER = {"publisher": "Example News", "publisher_url": "https://example.org/checks"}
DAY = 1_780_000_000.0  # 2026-05-28


def evidence(quote="Three cranes work.", stance=Stance.SUPPORTS):
    passage = Passage(Source("h", "Harbour news", "h.pdf", "0" * 64), 0, 0, len(quote), quote, quote, 3)
    scores = NLIScores(0.9, 0.1, 0.0) if stance is Stance.SUPPORTS else NLIScores(0.0, 0.1, 0.9)
    return Evidence(Hit(passage, 1.0), scores, stance)


def verdict(text="Three cranes work.", **more):
    claim = Claim("c 1/é", text, **more)
    return Verdict(claim, Label.SUPPORTED, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (evidence(),))


def reviewed(label, status="accepted", **more):
    opinions = (Opinion("ann", label, DAY), Opinion("bob", label, DAY + 86_400))
    return Reviewed(status, label, opinions, (Remark("ann", "Only for us.", DAY),), **more)


def written(*pairs, **about):
    reviews = {id(verdict): review for verdict, review in pairs}
    stream = BytesIO()
    about = PUBLISHER | {"review": lambda verdict: reviews[id(verdict)]} | about
    rows = write_claimreview(lambda: (verdict for verdict, _ in pairs), stream, About(**about))
    text = stream.getvalue().decode()
    assert rows == len(json.loads(text))
    return text


def check(item):
    """The properties that a ClaimReview must have, by schema.org and the guide for publishers, and of which types."""
    assert ("https://schema.org", "ClaimReview") == (item["@context"], item["@type"])
    assert item["claimReviewed"]
    assert re.fullmatch(r"https?://[^\s<>]+", item["url"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", item["datePublished"])
    assert "Organization" == item["author"]["@type"]
    assert item["author"]["name"]
    assert item["author"]["url"]
    assert "Claim" == item["itemReviewed"]["@type"]
    rating = item["reviewRating"]
    assert "Rating" == rating["@type"]
    assert rating["alternateName"]
    if "ratingValue" in rating:
        assert rating["worstRating"] <= rating["ratingValue"] <= rating["bestRating"]


@pytest.mark.parametrize(
    ("label", "number", "name"),
    [
        (Label.SUPPORTED, 5, "True"),
        (Label.CONTRADICTED, 1, "False"),
        (Label.CONFLICTING, 3, "Mixture"),
        (Label.NOT_ENOUGH_INFO, None, "Not enough information"),
    ],
)
def test_a_decided_claim_has_all_that_is_required(label, number, name):
    """The rating is the reviewers', from 1 to 5; where nothing is known it has no number."""
    [item] = json.loads(written((verdict(), reviewed(label))))

    check(item)
    assert (number, name) == (item["reviewRating"].get("ratingValue"), item["reviewRating"]["alternateName"])
    assert "Three cranes work." == item["claimReviewed"]
    assert "2026-05-29" == item["datePublished"]  # of the last decision
    assert {"@type": "Organization", "name": "Example News", "url": "https://example.org/checks"} == item["author"]
    assert "https://example.org/checks#c%201%2F%C3%A9" == item["url"]


@pytest.mark.parametrize("status", ["unreviewed", "disputed", "needs re-review"])
def test_only_what_people_agree_on_is_published(status):
    """A machine's verdict is nobody's review."""
    review = Reviewed(status, None, (Opinion("ann", Label.SUPPORTED, DAY, stands=False),))

    assert "[\n]\n" == written((verdict(), review))
    assert "[\n]\n" == written((verdict(), Reviewed()), review=None)


def test_the_explanation_quotes_the_evidence_for_the_rating():
    """What reviewers found, not what they marked as wrong, and none of their notes."""
    review = reviewed(
        Label.CONTRADICTED,
        "overruled",
        added=(evidence("No crane <works>.", Stance.CONTRADICTS),),
        wrong=frozenset({0}),
    )
    [item] = json.loads(written((verdict(), review)))

    assert "Harbour news (h.pdf, page 3): “No crane <works>.”" == item["reviewRating"]["ratingExplanation"]
    assert "Only for us" not in json.dumps(item)


def test_of_the_claim_only_what_the_input_says():
    """Who said it, when and where; an address that is none of the web is left out."""
    given = {
        "speaker": "A. Speaker",
        "claim_url": "https://example.net/a",
        "appearance": ["javascript:alert(1)", "https://example.net/b", 7],
        "review_url": "https://example.org/checks/cranes",
    }
    bare, full = json.loads(
        written(
            (verdict(), reviewed(Label.SUPPORTED)),
            (verdict(date="2026-04", input=given), reviewed(Label.SUPPORTED)),
        )
    )

    assert {"@type": "Claim"} == bare["itemReviewed"]
    assert {
        "@type": "Claim",
        "author": {"@type": "Person", "name": "A. Speaker"},
        "datePublished": "2026-04",
        "appearance": [
            {"@type": "CreativeWork", "url": "https://example.net/b"},
            {"@type": "CreativeWork", "url": "https://example.net/a"},
        ],
    } == full["itemReviewed"]
    assert "https://example.org/checks/cranes" == full["url"]


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"publisher": " "}, 'publisher: is not set.*publisher = "Example News" in factcheck.toml'),
        ({"publisher_url": ""}, "publisher_url: is not set.*--publisher-url"),
        ({"publisher_url": "example.org"}, "no web address"),
        ({"publisher_url": "javascript:alert(1)"}, "no web address"),
        ({"publisher_url": "https://[x"}, "no web address"),
    ],
)
def test_who_publishes_must_be_said(about, message):
    """With the words that set it."""
    with pytest.raises(ConfigError, match=message):
        written((verdict(), reviewed(Label.SUPPORTED)), **about)


def test_it_stands_safely_within_a_page():
    """A claim cannot end the script element that it is put into."""
    hostile = "</script><img src=x onerror=alert(1)><!-- & ]]> \u2028"
    text = written((verdict(hostile, input={"speaker": hostile}), reviewed(Label.SUPPORTED)))
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.feed(f'<script type="application/ld+json">{text}</script><p>')

    assert ["script", "p"] == tags
    assert hostile == json.loads(text)[0]["claimReviewed"]


@given(verdicts())
def test_any_verdict_can_be_published(made):
    """With everything that is required."""
    [item] = json.loads(written((made, reviewed(made.label))))

    check(item)
    assert RATINGS[made.label][1] == item["reviewRating"]["alternateName"]
