"""The public test double."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ScoreError
from factcheck.nli import PairScorer
from factcheck.testing import RuleNLI

PREMISE = "The harbour bridges of Varen opened on 3 May 1932, at a cost of 1,500 crowns."


def found(premise, hypothesis, scorer=None):
    """The class with the highest probability."""
    (scores,) = (scorer or RuleNLI()).score([(premise, hypothesis)])
    return max(("entailment", "neutral", "contradiction"), key=lambda name: getattr(scores, name))


@pytest.mark.parametrize(
    ("hypothesis", "expected"),
    [
        ("The bridge opened in 1932.", "entailment"),
        ("VAREN has a harbour", "entailment"),
        ("The bridge's opening cost 1500 crowns.", "entailment"),
        ("The bridge did not open in 1932.", "contradiction"),
        ("The bridge didn't open.", "contradiction"),
        ("The bridge opened in 1931.", "contradiction"),
        ("The bridge cost 15 crowns.", "contradiction"),
        ("The tunnel opened in 1932.", "neutral"),
        ("The tunnel did not open in 1931.", "neutral"),
        ("", "neutral"),
    ],
)
def test_rules(hypothesis, expected):
    """Words, negations and numbers decide as documented."""
    assert found(PREMISE, hypothesis) == expected


def test_a_number_the_premise_only_lacks_is_neutral():
    """Nothing contradicts a number where the premise has none of its own."""
    assert found("The bridge opened.", "The bridge opened in 1932.") == "neutral"
    assert found("No bridge opened in 1932.", "No bridge opened in 1932.") == "entailment"


def test_two_classes():
    """The two-class double calls a contradiction neutral, and is another model."""
    two = RuleNLI(has_contradiction=False)

    assert found(PREMISE, "The bridge did not open.", two) == "neutral"
    assert two.score([(PREMISE, "The bridge did not open.")])[0].contradiction == 0.0
    assert two.fingerprint != RuleNLI().fingerprint


def test_a_pair_that_does_not_fit_is_refused_and_windows_fit():
    """A small limit makes a pipeline split its passages."""
    narrow: PairScorer = RuleNLI(max_tokens=12)
    claim = "Varen harbour"

    with pytest.raises(ScoreError, match="takes 12"):
        narrow.score([(PREMISE, claim)])
    spans = narrow.windows(PREMISE, claim)
    assert len(spans) > 1
    assert len(narrow.score([(PREMISE[start:end], claim) for start, end in spans])) == len(spans)
    with pytest.raises(ScoreError, match="5 tokens; at most 4"):
        narrow.windows(PREMISE, "a claim of five words")


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=6))
def test_one_score_a_pair_in_order(pairs):
    """N pairs give N scores in order, the same each time, and counters that add up."""
    scorer = RuleNLI()

    scores = scorer.score(pairs)

    assert scores == [RuleNLI().score([pair])[0] for pair in pairs]
    assert scorer.counters.pairs_asked == len(pairs)
    assert scorer.counters.pairs_scored == len(set(pairs))
