"""Whether a passage says something under a restriction that the claim leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.types import Check, Passage, Source
from factcheck.wording.qualified import check


def passage(quote):
    return Passage(Source("d", "", "d", "0" * 64), 0, 0, len(quote), quote, quote)


def kinds(claim, quote):
    return {finding.kind for finding in check(claim, passage(quote))}


LEFT_OUT = [
    ("Ferry rides are free.", "Ferry rides are free only on Sundays.", "only"),
    ("Oxygen fell in the lake.", "Oxygen fell in the northern part of the lake only.", "only"),
    ("The museum is open daily.", "The museum is open daily except in January.", "except"),
    ("Books can be renewed twice.", "Books can be renewed twice unless somebody waits for them.", "condition"),
    ("The bank lends bicycles.", "The bank lends bicycles, provided that a deposit is paid.", "condition"),
    ("Dogs enter the park.", "Dogs enter the park if they wear a muzzle.", "condition"),
    ("The drug cut the risk of stroke.", "The drug cut the risk of stroke in patients under 65.", "group"),
    ("Entry to the tower is free.", "Entry to the tower is free for members.", "group"),
    ("The drug shrank tumours.", "In mice, the drug shrank tumours.", "animal or in vitro"),
    ("The pool was open at night.", "The pool was open at night during the first quarter of 2025.", "period"),
]


@pytest.mark.parametrize(("claim", "quote", "kind"), LEFT_OUT)
def test_each_restriction_that_the_claim_leaves_out_is_found(claim, quote, kind):
    """The finding names its sort and points at the words."""
    findings = check(claim, passage(quote))

    assert kind in {finding.kind for finding in findings}
    assert all(finding.check is Check.QUALIFIED and not finding.opposes for finding in findings)


@pytest.mark.parametrize(("claim", "quote", "kind"), LEFT_OUT)
def test_a_claim_with_the_restriction_leaves_nothing_out(claim, quote, kind):
    """The passage's own words as a claim are not restricted further."""
    assert set() == kinds(quote, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Members enter the tower free of charge.", "Entry to the tower is free for members."),
        ("Dogs with a muzzle may enter the park.", "Dogs may enter the park if they wear a muzzle."),
        ("The tower has 90 steps.", "The tower has 90 steps and is open only in summer."),
        ("The mayor was not told.", "Not only in May the mayor was not told."),
        ("The tower is the only one in the town.", "The tower is the only one in the town."),
        ("In rats the drug shrank tumours.", "In mice, the drug shrank tumours."),
        ("Some books can be renewed.", "Books can be renewed unless somebody waits for them."),
    ],
)
def test_a_restriction_of_something_else_or_known_to_the_claim_is_not_found(claim, quote):
    """Precision comes first."""
    assert set() == kinds(claim, quote)


def test_a_condition_of_something_still_to_come_is_left_to_the_other_check():
    """With a modal the main clause is supposed, not restricted."""
    assert set() == kinds("The harbour is sold.", "If the price rises, the harbour will be sold.")


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gives_findings_within_the_quote(claim, quote):
    """No input raises, and every span lies in the quote."""
    for finding in check(claim, passage(quote)):
        start, end = finding.passage
        assert 0 <= start < end <= len(quote)
