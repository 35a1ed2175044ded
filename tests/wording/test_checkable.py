"""Whether a text is a claim at all."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.wording.checkable import not_checkable

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "../shared/data"


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_our_own_claims_are_all_checkable():
    """No claim of the collections is hidden."""
    claims = [one["claim"] for path in ROOT.glob("claims/*/claims.jsonl") for one in lines(path)]

    assert [] == [(claim, kind) for claim in claims if (kind := not_checkable(claim))]


def test_claims_of_others_are_hardly_ever_hidden():
    """At most one in a hundred claims of SciFact and Fool-me-twice."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data")
    claims = [one["claim"] for name in ("train", "dev") for one in lines(SHARED / f"scifact/claims_{name}.jsonl")]
    claims += [one["text"] for one in lines(SHARED / "fool_me_twice/dev.jsonl")]

    assert sum(not_checkable(claim) is not None for claim in claims) <= len(claims) / 100


def test_what_is_no_claim_is_mostly_named_as_what_it_is():
    """At least four in five of each kind."""
    texts = lines(ROOT / "tests/data/uncheckable.jsonl")
    wanted = Counter(one["kind"] for one in texts)
    right = Counter(one["kind"] for one in texts if not_checkable(one["text"]) == one["kind"])

    assert len(texts) >= 120
    assert all(right[kind] >= 0.8 * wanted[kind] for kind in wanted)


@pytest.mark.parametrize(
    "claim",
    [
        "She's the One is a film of 1996.",
        "Who Framed the Lamp is a novel.",
        "Ida Holm starred in What Is Up There?",
        "Call Me Later reached the charts in Norland.",
        "Don't Open That Door is a play.",
        "It is known that char spawn in November.",
        "It takes two hours to reach Tarn by bus.",
        "His second novel made Egil Strand famous.",
        "I Believe in Tomorrow is a song.",
        "The critic called the film boring.",
        "Linden appealed.",
        "We use all of our brain.",
        "Will Smith acted in the film.",
        "May was the warmest month.",
    ],
)
def test_claims_that_look_like_something_else_are_checkable(claim):
    """Titles, expletive pronouns and pronouns that are resolved later."""
    assert not_checkable(claim) is None


@pytest.mark.parametrize("text", ["", " ", "?", "?!", "...?", "¿?", "_?", "“…”?", "…"])
def test_nothing_said_is_a_fragment(text):
    """There is nothing to check."""
    assert "fragment" == not_checkable(text)


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text):
    """No input raises; the answer is one of the kinds."""
    assert not_checkable(text) in {None, "question", "opinion", "instruction", "fragment", "pronoun"}
