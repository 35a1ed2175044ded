"""Foreign spellings of labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ConfigError
from factcheck.formats import foreign, parse_label
from factcheck.types import Label

SPELLINGS = {
    Label.SUPPORTED: ("SUPPORTED", "SUPPORTS", "SUPPORT", "Supports", "entailment", "True", "yes", "S", "1", 1),
    Label.CONTRADICTED: ("CONTRADICTED", "REFUTES", "REFUTE", "CONTRADICT", "Refuted", "contradiction", "False", "no"),
    Label.CONFLICTING: (
        "CONFLICTING",
        "DISPUTED",
        "Conflicting Evidence/Cherrypicking",
        "Conflicting",
        "controversial",
    ),
    Label.NOT_ENOUGH_INFO: (
        *("NOT ENOUGH INFO", "NOT_ENOUGH_INFO", "not-enough-info", "NEI", "Not Enough Evidence", "Neutral"),
        *("partially_supported", "Abstain", "IRRELEVANT", "idk", "Unproven"),
    ),
}


@pytest.mark.parametrize(("value", "label"), [(value, label) for label, many in SPELLINGS.items() for value in many])
def test_foreign_spellings_are_understood(value, label):
    """FEVER, SciFact, CLIMATE-FEVER, AVeriTeC, HealthVer, QuanTemp, WiCE, NLI models and judges, in their own words."""
    assert label == parse_label(value)


@pytest.mark.parametrize(
    "value",
    ["0", 0, False, "not supported", "not_supported", "Not Supported", "NS", "unsupported", "not_entailment", "-"],
)
def test_the_negative_of_two_classes_is_no_contradiction(value):
    """Not supported does not tell contradicted from unknown."""
    assert parse_label(value) is None


@pytest.mark.parametrize("value", [None, "", "  ", "Half true", 2, 1.5, [], ["SUPPORTS"], {}, "urgent"])
def test_other_values_are_no_label(value):
    """A column called label may hold anything."""
    assert parse_label(value) is None


@given(
    spelling=st.sampled_from([value for many in SPELLINGS.values() for value in many if isinstance(value, str)]),
    data=st.data(),
)
def test_case_and_separators_do_not_count(spelling, data):
    """Spaces, underscores and hyphens are the same, and so are capitals."""
    changed = "".join(
        data.draw(st.sampled_from(" _-")) if char in " _-" else data.draw(st.sampled_from([char.upper(), char.lower()]))
        for char in spelling
    )

    assert parse_label(spelling) == parse_label(f" {changed}\n")


@pytest.mark.parametrize("scheme", ["fever", "scifact", "climate-fever", "averitec", "healthver", "nli"])
@pytest.mark.parametrize("label", Label)
def test_what_is_written_is_understood_again(scheme, label):
    """A label comes back as itself; a scheme without a word for conflict says that it does not know."""
    back = parse_label(foreign(label, scheme))

    assert back == label or (label is Label.CONFLICTING and back is Label.NOT_ENOUGH_INFO)


def test_fever_and_scifact_are_spelled_as_their_scorers_want():
    """A scorer compares texts."""
    assert [
        foreign(label, "fever")
        for label in (Label.SUPPORTED, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO, Label.CONFLICTING)
    ] == ["SUPPORTS", "REFUTES", "NOT ENOUGH INFO", "NOT ENOUGH INFO"]
    assert [foreign(label, "scifact") for label in (Label.SUPPORTED, Label.CONTRADICTED)] == ["SUPPORT", "CONTRADICT"]


def test_an_unknown_scheme_is_refused():
    """The known ones are listed."""
    with pytest.raises(ConfigError, match="unknown: 'feverous'; known are fever, scifact"):
        foreign(Label.SUPPORTED, "feverous")
