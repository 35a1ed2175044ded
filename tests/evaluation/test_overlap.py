"""Which claims a model saw in training, by the digests in its folder."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ModelError
from factcheck.evaluation.overlap import MASKED, PLAIN, TrainingClaims, add

TRAINED = ["The quay cost 40 million in May 2019.", "Ferries are loud."]


@pytest.fixture
def folder(tmp_path):
    add(tmp_path, TRAINED)
    return tmp_path


def test_a_claim_is_known_whatever_its_case_and_punctuation(folder):
    """Digests are of the words."""
    same, alike = TrainingClaims.of(folder).seen({"a": "ferries, are LOUD", "b": "Ferries are quiet."})

    assert ({"a"}, set()) == (same, alike)


def test_a_claim_with_other_figures_or_months_is_told_apart_from_the_same(folder):
    """It is alike, not the same."""
    same, alike = TrainingClaims.of(folder).seen(
        {"a": "The quay cost 40 million in May 2019.", "b": "The quay cost 77 million in June 2011."}
    )

    assert ({"a"}, {"b"}) == (same, alike)


def test_claims_are_added_to_those_that_are_there(folder):
    """What weights were trained on stays known when they are trained further."""
    add(folder, ["The quay is closed."])

    same, _ = TrainingClaims.of(folder).seen({"old": TRAINED[1], "new": "the quay is closed", "other": "No quay."})

    assert {"old", "new"} == same


def test_the_plain_digests_are_the_first_six_bytes_sorted(folder):
    """As the recipe of the bundled model writes them."""
    texts = ["the quay cost 40 million in may 2019", "ferries are loud"]
    expected = sorted(hashlib.sha256(text.encode()).digest()[:6] for text in texts)

    assert b"".join(expected) == (folder / PLAIN).read_bytes()


def test_a_model_without_digests_is_said_to_be_one(tmp_path):
    """Nobody can tell what it saw."""
    training = TrainingClaims.of(tmp_path)

    assert training.same is None
    assert "brings no training-claims.bin" in training.note
    assert "not known" in TrainingClaims.of(None).note


def test_without_masked_digests_only_the_same_claims_are_known(folder):
    """And that is said."""
    (folder / MASKED).unlink()

    training = TrainingClaims.of(folder)

    assert (frozenset({"a"}), frozenset()) == training.seen({"a": TRAINED[0], "b": "The quay cost 9 in June 1999."})
    assert "not looked for" in training.note


def test_a_torn_file_is_refused(folder):
    """Half a digest is none."""
    (folder / PLAIN).write_bytes(b"1234567")

    with pytest.raises(ModelError, match="no whole number of digests"):
        TrainingClaims.of(folder)


@given(claims=st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_every_training_claim_is_found_again(tmp_path_factory, claims):
    """Whatever it is made of."""
    folder = tmp_path_factory.mktemp("model")
    add(folder, claims)

    same, _ = TrainingClaims.of(folder).seen(dict(zip(map(str, range(len(claims))), claims, strict=True)))

    assert len(claims) == len(same)
