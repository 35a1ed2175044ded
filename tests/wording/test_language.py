"""Which language a text is in, where that is certain."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.wording.language import foreign, language_of

ROOT = Path(__file__).parents[2]
OTHERS = [json.loads(line) for line in (ROOT / "tests/data/languages.jsonl").read_text("utf-8").splitlines()]


def test_sentences_in_other_languages_are_mostly_named_and_never_wrongly():
    """At least five in six; the rest gives no answer."""
    named = [(one["language"], found) for one in OTHERS if (found := language_of(one["text"]))]

    assert len(OTHERS) >= 100
    assert [] == [pair for pair in named if pair[0] != pair[1]]
    assert len(named) >= 5 / 6 * len(OTHERS)


@pytest.mark.parametrize("path", sorted(ROOT.glob("claims/*/claims.jsonl")), ids=lambda path: path.parent.name)
def test_english_claims_are_not_foreign(path):
    """Not one of our own."""
    claims = [json.loads(line)["claim"] for line in path.read_text("utf-8").splitlines()]

    assert [] == [claim for claim in claims if foreign(claim, ["en"])]


@pytest.mark.parametrize(
    "text",
    [
        "Georges de la Tourette described tics.",
        "Le Monde and Die Zeit reported on El Niño in Rio de Janeiro.",
        "Anneliese van der Pol acts.",
        "1,25-dihydroxyvitamin D3 binds VDR/RXR",
        "IL-6 and TNF-β rose in vitro.",
        "Москва is the Russian name of Moscow.",
        "La La Land",
        "Der Spiegel",
        "",
        "2019",
    ],
)
def test_names_formulas_and_short_texts_give_no_answer(text):
    """Doubt is no decision."""
    assert foreign(text, ["en"]) is None


def test_a_language_that_the_model_reads_is_not_foreign():
    """Only what is outside the given languages counts."""
    german = "Die Brücke ist seit Montag für Lastwagen gesperrt."

    assert ("de", None) == (foreign(german, ["en"]), foreign(german, ["en", "de"]))
    assert "en" == foreign("The bridge has been closed to lorries since Monday.", ["de"])


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text):
    """No input raises, and what is foreign is what was named."""
    assert foreign(text, ["en"]) in {None, language_of(text)}
