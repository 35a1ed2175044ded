"""Which settings can be changed one at a time, and to what."""

from dataclasses import fields

import pytest

from factcheck.config import Settings
from factcheck.errors import ConfigError
from factcheck.evaluation.ablation import available, changes, chosen

KNOWN = {field.name for field in fields(Settings)}


def texts(names, settings=None, **options):
    settings = settings or Settings()
    return [change.text for change in changes(names, settings, precision="fp32", **options)]


def test_each_change_is_made_to_the_base_alone():
    """Nothing else differs from it."""
    base = Settings(passages=4)

    for change in changes(("k", "context"), base, precision="fp32"):
        differing = [
            field.name
            for field in fields(Settings)
            if getattr(change.settings, field.name) != getattr(base, field.name)
        ]
        assert 1 == len(differing)


def test_the_numbers_of_passages_leave_out_the_base():
    """It is evaluated anyway."""
    assert ["k=1", "k=2", "k=3", "k=5", "k=20"] == texts(("k",))


def test_another_number_of_passages_is_judged_in_one_stage():
    """Stages are of the base's number."""
    base = Settings(passages=10, stages=(4, 10))

    assert {()} == {change.settings.stages for change in changes(("k",), base, precision="fp32")}


def test_a_switch_is_turned():
    """Whichever way it stands."""
    assert ["context=false"] == texts(("context",))
    assert ["context=true"] == texts(("context",), Settings(context=False))


def test_the_fitted_rule_is_turned_off_where_it_may_be_on():
    """It comes with a calibration."""
    assert ["calibration=none"] == texts(("aggregation",))
    with pytest.raises(ConfigError, match="the fitted rule is off already"):
        chosen("aggregation", Settings(calibration="none"))


def test_the_precision_that_auto_stands_for_is_left_out():
    """It would be compared with itself."""
    assert ["precision=bf16", "precision=fp16", "precision=int8"] == texts(("precision",))


def test_other_models_lose_the_label_names_of_the_base():
    """They are of its outputs."""
    base = Settings(model="a", labels=("entailment", "neutral", "contradiction"))

    [change] = changes(("model",), base, precision="fp32", models=["b"])

    assert ("model=b", "b", ()) == (change.text, change.settings.model, change.settings.labels)


@pytest.mark.parametrize(
    ("name", "setting"), [("retriever", "retriever"), ("aggregation", "calibration"), ("quantity", "quantities")]
)
def test_what_has_no_setting_cannot_be_changed(name, setting):
    """An ablation is there where its setting is."""
    reason = available(Settings(embedder="minilm"))[name]

    assert (setting in KNOWN) == (reason == "")
    if setting not in KNOWN:
        with pytest.raises(ConfigError, match=f"'{name}' cannot be changed: there is no setting '{setting}'"):
            chosen(name, Settings())


def test_without_an_embedder_the_retriever_stays():
    """There is nothing to search by meaning with."""
    with pytest.raises(ConfigError, match="'retriever' cannot be changed: there is no embedder: name one"):
        chosen("retriever", Settings())
    assert "retriever" not in chosen("all", Settings())


def test_an_unknown_ablation_is_refused_with_what_is_allowed():
    """And with the nearest."""
    with pytest.raises(ConfigError, match=r"unknown: 'contxt'; did you mean context\? allowed are .*k, context"):
        chosen("contxt", Settings())


def test_gold_evidence_has_no_ranks_to_change():
    """All of it is judged."""
    with pytest.raises(ConfigError, match="gold evidence has no ranks"):
        chosen("k", Settings(evidence="gold"))


def test_without_another_model_there_is_none_to_change_for():
    """The bundled one is compared with others that are named."""
    reasons = available(Settings(model="nli-mini"), models=["nli-mini"])

    assert "--model" in reasons["model"]
    assert not available(Settings(model="nli-mini"), models=["other"])["model"]


def test_all_is_what_can_be_changed():
    """Without what cannot."""
    reasons = available(Settings(evidence="gold"))

    assert [name for name, reason in reasons.items() if not reason] == list(chosen("all", Settings(evidence="gold")))
    assert "k" not in chosen("all", Settings(evidence="gold"))
