"""Edits of a claim say something that no evidence for the claim supports."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.wording.edits import EditKind, edits
from factcheck.wording.numbers import numbers

CLAIMS = [
    json.loads(line)["claim"]
    for line in (Path(__file__).parents[1] / "data" / "parts.jsonl").read_text("utf-8").splitlines()
]
_WORDS = re.findall(
    r"\S+", "The town of Oslo is was not has had rose fell by to 4 40 1990 12% million people more than in ."
)
claims = st.one_of(
    st.sampled_from(CLAIMS), st.lists(st.sampled_from(_WORDS), max_size=16).map(" ".join), st.text(max_size=60)
)
passages = st.lists(st.sampled_from(CLAIMS), max_size=3)


def texts(claim, kind, *evidence):
    return [edit.text for edit in edits(claim, evidence) if edit.kind is kind]


@pytest.mark.parametrize(
    ("claim", "edited"),
    [
        ("The tower is 55 metres tall.", "The tower is 165 metres tall."),
        ("The hall has 1,200 seats.", "The hall has 3,600 seats."),
        ("The dam cost 4.5 million euros.", "The dam cost 13.5 million euros."),
        ("Ilse Brandt was born in 1950.", "Ilse Brandt was born in 1939."),
        ("The school has three teachers.", "The school has nine teachers."),
        ("Prices rose by 12 % in spring.", "Prices rose by 36 % in spring."),
        ("About 80 percent of the roads are paved.", "About 40 percent of the roads are paved."),
        ("The treaty was signed on 4 May.", "The treaty was signed on 15 May."),
        ("The poem has 1500 lines.", "The poem has 4500 lines."),
    ],
)
def test_a_figure_is_given_another_value_in_the_same_form(claim, edited):
    """Thousands keep their commas, decimals their places, words stay words; years move by some years."""
    assert edited in texts(claim, EditKind.NUMBER)


@pytest.mark.parametrize(
    "claim",
    [
        "The tower is more than 55 metres tall.",
        "At least 300 people were there.",
        "The ferry sank before 1950.",
        "The bay is between 2 and 3 kilometres wide.",
        "The plant grows from 2 to 3 metres a year.",
        "The bridge was built in 1958-61.",
        "COVID-19 was seen in Osk.",
        "Apollo 11 was a success.",
        "Lena Roth acted in season 7.",
        "The house did not cost 4 million euros.",
        "The house cost 4 or 5 million euros.",
    ],
)
def test_a_figure_stays_where_another_could_be_true_as_well(claim):
    """Bounds, ranges, names and what is denied have no figure that surely becomes wrong."""
    assert texts(claim, EditKind.NUMBER) == []


def test_a_figure_of_the_evidence_is_not_taken():
    """With the other value in a passage, the edited claim might be supported."""
    claim = "The tower is 55 metres tall."

    assert texts(claim, EditKind.NUMBER, "The mast beside it is 165 metres tall.") == []


@pytest.mark.parametrize(
    ("claim", "edited"),
    [
        ("The bridge is closed.", "The bridge is not closed."),
        ("Bees can see blue.", "Bees cannot see blue."),
        ("The council has sold the mill.", "The council has not sold the mill."),
        ("The town has 3 schools.", "The town does not have 3 schools."),
        ("Roth wrote the song.", "Roth did not write the song."),
        ("The drug reduces pain.", "The drug does not reduce pain."),
        ("The bridge opened in 1931.", "The bridge did not open in 1931."),
        ("The council established a park.", "The council did not establish a park."),
        ("The survey estimated the damage.", "The survey did not estimate the damage."),
        ("The bridge did not open in 1931.", "The bridge opened in 1931."),
        ("The drug does not reduce pain.", "The drug reduces pain."),
        ("The divers could not reach the wreck.", "The divers could reach the wreck."),
        ("The bridge is not closed.", "The bridge is closed."),
        ("Bees cannot see red.", "Bees can see red."),
        ("The ship was never found.", "The ship was found."),
        ("The pumps weren't used.", "The pumps were used."),
    ],
)
def test_the_verb_is_denied_or_no_longer_denied(claim, edited):
    """A negation goes in after the auxiliary, with 'did' where there is none, and one that is there comes out."""
    assert texts(claim, EditKind.NEGATION) == [edited]


@pytest.mark.parametrize(
    "claim",
    [
        "All ships were lost.",
        "Some birds are blind.",
        "The roof fell because the snow was wet.",
        "The bridge is also closed.",
        "The drug may cause pain.",
        "Is the bridge closed?",
        "If the dam breaks, the valley is lost.",
        "The mill was not only old but also small.",
        "The film directed by Roth was a success.",
        "The mayor said the bridge was closed.",
        "No ship was found.",
    ],
)
def test_a_sentence_is_not_denied_where_not_says_something_else(claim):
    """'All were not lost' is no denial of 'all were lost', nor 'may not' of 'may'."""
    assert texts(claim, EditKind.NEGATION) == []


@pytest.mark.parametrize(
    ("claim", "edited"),
    [
        ("Exports increased in 1990.", "Exports decreased in 1990."),
        ("Exports rose by 4 % in 1990.", "Exports fell by 4 % in 1990."),
        ("The plan led to an increase in rents.", "The plan led to a decrease in rents."),
        ("More than 300 people died.", "Less than 300 people died."),
        ("The Aske is longer than the Tarn.", "The Aske is shorter than the Tarn."),
        ("Osk has fewer ships of its own than Tarn.", "Osk has more ships of its own than Tarn."),
        ("Osk is the largest town of the bay.", "Osk is the smallest town of the bay."),
        ("The mill closed before the war.", "The mill closed after the war."),
        ("All of the ships were lost.", "None of the ships were lost."),
    ],
)
def test_a_word_of_direction_is_turned(claim, edited):
    """Its opposite has the same form; the article before it follows."""
    assert edited in texts(claim, EditKind.DIRECTION)


@pytest.mark.parametrize(
    "claim",
    [
        "Lena Roth fell in love in Riga.",
        "The town is named after the river.",
        "The price was neither higher nor lower.",
        "Exports did not increase in 1990.",
        "The road goes up north.",
        "More or less 300 people died.",
    ],
)
def test_a_word_that_has_another_sense_is_not_turned(claim):
    """Idioms, names and denied changes have no opposite."""
    assert texts(claim, EditKind.DIRECTION) == []


@pytest.mark.parametrize(
    ("claim", "passage", "edited"),
    [
        ("The mill was sold in March 1990.", "It was bought in June.", "The mill was sold in June 1990."),
        ("The ship was built in Norway.", "Later it sailed to Chile.", "The ship was built in Chile."),
        ("Lena Roth was born in Riga.", "Her sister was born in Lund.", "Lena Roth was born in Lund."),
        ("The hall was designed by Ann Lie.", "The mill was built by Bo Dahl.", "The hall was designed by Bo Dahl."),
        ("A German firm built it.", "The rails came from a French one.", "A French firm built it."),
    ],
)
def test_a_name_is_changed_for_one_of_its_kind_in_the_evidence(claim, passage, edited):
    """Months, countries, nationalities, and places and people that stand where only such can stand."""
    assert texts(claim, EditKind.ENTITY, passage) == [edited]
    assert texts(claim, EditKind.ENTITY) == []


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("Lena Roth was born in Riga.", "Lena Roth was born in Riga, and lived in Lund."),
        ("The hall was designed by Ann Lie.", "It was designed by Ann Lie and owned by Bo Dahl."),
        ("The ship was built in Norway.", "It was built in Bergen."),
        ("An Italian firm built it.", "The rails came from a French one."),
    ],
)
def test_a_name_stays_where_the_other_may_be_right_too(claim, passage):
    """Names that the evidence has close together, or of another kind, or that the article does not fit."""
    assert texts(claim, EditKind.ENTITY, passage) == []


@given(claims, passages)
def test_an_edit_changes_its_span_and_nothing_else(claim, evidence):
    """Before and after the span the claim is as it was."""
    for edit in edits(claim, evidence):
        assert 0 <= edit.start <= edit.end <= len(claim)
        assert edit.text.startswith(claim[: edit.start])
        assert edit.text.endswith(claim[edit.end :])
        assert edit.detail


@given(claims, passages)
def test_edits_are_distinct_and_always_the_same(claim, evidence):
    """No edit is the claim, none comes twice, and nothing is drawn by chance."""
    found = edits(claim, evidence)

    assert len({edit.text for edit in found} | {claim}) == len(found) + 1
    assert found == edits(claim, evidence)


@given(claims, passages)
def test_a_new_figure_is_in_neither_claim_nor_evidence(claim, evidence):
    """Otherwise the edited claim could be true."""
    known = [number for text in (claim, *evidence) for number in numbers(text)]
    for edit in edits(claim, evidence):
        if edit.kind is EditKind.NUMBER:
            new = [number for number in numbers(edit.text) if number.start <= edit.start < number.end]
            assert new
            assert not any(one.equals(other) for one in new for other in known)


@given(st.sampled_from(CLAIMS))
def test_a_negation_put_in_after_is_or_was_comes_out_again(claim):
    """The edit of the edit is the claim."""
    for edit in edits(claim):
        if edit.kind is EditKind.NEGATION and edit.detail.endswith((" is not", " was not")):
            assert claim in texts(edit.text, EditKind.NEGATION)


@given(claims)
def test_what_is_denied_is_only_undenied(claim):
    """Another figure, name or direction may be denied with equal right."""
    for edit in edits(f"{claim} is not here"):
        assert edit.kind is EditKind.NEGATION
