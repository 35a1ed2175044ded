"""What a model's outputs mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ModelError
from factcheck.nli.labels import label_order
from factcheck.types import NLIScores


def order(*names, labels=None):
    return label_order("models/x", dict(enumerate(names)), labels)


@pytest.mark.parametrize(
    "names",
    [
        ("entailment", "neutral", "contradiction"),
        ("ENTAILMENT", "NEUTRAL", "CONTRADICTION"),
        ("entail", "Neutral", "contradictory"),
        ("SUPPORTS", "NOT ENOUGH INFO", "REFUTES"),
        ("Supported", "not_enough_info", "Refuted"),
        ("support", "NEI", "refute"),
    ],
)
def test_usual_spellings_are_understood_in_any_order(names):
    """Each name finds its field whatever the case, the separators and the position."""
    expected = NLIScores(0.7, 0.2, 0.1)

    assert order(*names).scores([0.7, 0.2, 0.1]) == expected
    assert order(*reversed(names)).scores([0.1, 0.2, 0.7]) == expected
    assert order(*names).has_contradiction


@pytest.mark.parametrize("negative", ["not_entailment", "non-entailment", "not_support", "Not supported", "neutral"])
def test_two_class_models_never_contradict(negative):
    """What is not entailed may be contradicted or unrelated, so it counts as neutral."""
    found = order(negative, "entailment")

    assert found.scores([0.3, 0.7]) == NLIScores(0.7, 0.3, 0.0)
    assert not found.has_contradiction


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1", "LABEL_2"), ("yes", "maybe", "no"), ("LABEL_0", "LABEL_1")])
def test_names_that_say_nothing_are_refused_with_the_way_out(names):
    """The message shows what was found and the option that says what it means."""
    with pytest.raises(ModelError, match=f"(?s){names[0]}.*own order.*--labels"):
        order(*names)


def test_given_labels_win_over_the_configuration():
    """The user may name the outputs, also against names that are there."""
    found = order("LABEL_0", "LABEL_1", "LABEL_2", labels=["contradiction", "entailment", "neutral"])

    assert found.scores([0.1, 0.7, 0.2]) == NLIScores(0.7, 0.2, 0.1)
    assert order("LABEL_0", "LABEL_1", labels=["not_support", "support"]).scores([0.1, 0.9]) == NLIScores(0.9, 0.1, 0)


@pytest.mark.parametrize(
    "labels",
    [
        ["entailment", "neutral"],
        ["entailment", "neutral", "neutral"],
        ["entailment", "neutral", "contradiction", "other"],
        ["good", "neutral", "contradiction"],
        [],
    ],
)
def test_given_labels_must_name_each_output_once(labels):
    """Too few, too many, repeated and unknown names are refused."""
    with pytest.raises(ModelError, match=r"--labels .*3 outputs"):
        order("LABEL_0", "LABEL_1", "LABEL_2", labels=labels)


@pytest.mark.parametrize("count", [1, 4])
def test_other_numbers_of_outputs_are_refused(count):
    """A regression head or a topic classifier is no NLI model."""
    with pytest.raises(ModelError, match=f"has {count} output"):
        order(*[f"LABEL_{i}" for i in range(count)])


def test_two_classes_without_a_neutral_side_are_refused():
    """Such a model would call every unrelated passage a support or a contradiction."""
    with pytest.raises(ModelError, match="id2label"):
        order("SUPPORTS", "REFUTES")


@given(st.lists(st.floats(1e-9, 1), min_size=3, max_size=3))
def test_rounded_probabilities_sum_to_one_and_move_less_than_a_millionth(weights):
    """Rounding to six places never breaks the sum, and never makes a negative probability."""
    exact = [weight / sum(weights) for weight in weights]

    scores = order("entailment", "neutral", "contradiction").scores(exact)

    got = [scores.entailment, scores.neutral, scores.contradiction]
    assert sum(round(value * 1_000_000) for value in got) == 1_000_000
    assert got == [round(value, 6) for value in got]
    assert all(0 <= value <= 1 for value in got)
    assert got == pytest.approx(exact, abs=1.0000001e-6)
