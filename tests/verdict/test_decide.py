"""The rule that turns judged passages into a verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.errors import ConfigError
from factcheck.types import Claim, EvidenceFrom, Hit, Judged, Label, NLIScores, Passage, Reason, Source, Stance, Verdict
from factcheck.verdict.decide import Rule

RULE = Rule(support=0.5, contradict=0.5)
CLAIM = Claim(id="c", text="The ship sailed.")
SUPPORT, CONTRADICTION, NEUTRAL = (0.9, 0.08, 0.02), (0.03, 0.07, 0.9), (0.1, 0.8, 0.1)


def judged(scores, doc_id="a", start=0, copies=()):
    def passage(name):
        return Passage(Source(name, "", name, "0" * 64), 0, start, start + 1, "x", "x")

    hit = Hit(passage(doc_id), 1.0, tuple(passage(name) for name in copies))
    return Judged(hit, NLIScores(*scores))


def decide(*passages):
    return RULE.decide(CLAIM, passages, evidence_from=EvidenceFrom.CORPUS)


def test_support_alone_is_supported():
    """One passage above the threshold suffices; the score is its probability."""
    verdict = decide(judged(NEUTRAL), judged(SUPPORT, "b"))

    assert (Label.SUPPORTED, 0.9, Reason.EVIDENCE) == (verdict.label, verdict.score, verdict.reason)
    assert verdict.evidence[0].stance is Stance.SUPPORTS


def test_contradiction_alone_is_contradicted():
    """The mirror of support."""
    verdict = decide(judged(CONTRADICTION), judged(NEUTRAL, "b"))

    assert (Label.CONTRADICTED, 0.9) == (verdict.label, verdict.score)


def test_two_documents_that_disagree_are_conflicting():
    """Both sides are shown first, and the score is that of the weaker side."""
    verdict = decide(judged(NEUTRAL, "c"), judged(SUPPORT, "a"), judged((0.2, 0.2, 0.6), "b"))

    assert (Label.CONFLICTING, 0.6) == (verdict.label, verdict.score)
    assert [Stance.SUPPORTS, Stance.CONTRADICTS] == [item.stance for item in verdict.evidence[:2]]


def test_a_conflict_stands_on_two_documents_even_if_a_stronger_passage_repeats_one():
    """The strongest contradiction is of the supporting document itself, so the one of another document counts."""
    verdict = decide(judged(SUPPORT, "a"), judged((0.0, 0.01, 0.99), "a", start=5), judged((0.1, 0.3, 0.6), "b"))

    assert (Label.CONFLICTING, 0.6) == (verdict.label, verdict.score)
    assert ["a", "b"] == [item.passage.source.doc_id for item in verdict.evidence[:2]]


def test_one_document_does_not_conflict_with_itself():
    """Within one document the stronger passage decides."""
    verdict = decide(judged((0.95, 0.03, 0.02), "a", start=0), judged(CONTRADICTION, "a", start=5))

    assert verdict.label is Label.SUPPORTED


def test_a_copy_in_another_document_makes_a_second_source():
    """A sentence that another document prints too speaks for that document as well."""
    verdict = decide(judged(SUPPORT, "a", copies=("b",)), judged(CONTRADICTION, "a", start=5))

    assert verdict.label is Label.CONFLICTING


@pytest.mark.parametrize(
    ("passages", "reason"),
    [
        ([], Reason.NO_PASSAGE_FOUND),
        ([judged(NEUTRAL)], Reason.ONLY_NEUTRAL),
        ([judged(NEUTRAL), judged((0.45, 0.3, 0.25), "b")], Reason.BELOW_THRESHOLD),
    ],
)
def test_not_enough_info_says_why(passages, reason):
    """Each way to know nothing has its reason."""
    verdict = decide(*passages)

    assert (Label.NOT_ENOUGH_INFO, reason) == (verdict.label, verdict.reason)


def test_a_decisive_verdict_without_evidence_cannot_be_built():
    """The type refuses what nobody could check."""
    with pytest.raises(ValueError, match="needs evidence"):
        Verdict(CLAIM, Label.SUPPORTED, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS)


@pytest.mark.parametrize("value", [0.49, 1.01, float("nan")])
def test_a_threshold_below_one_half_is_refused(value):
    """Below one half a passage could take both stances."""
    with pytest.raises(ConfigError, match="contradict"):
        Rule(support=0.5, contradict=value)


@st.composite
def passages(draw):
    cuts = sorted(draw(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
    scores = (cuts[0] / 1000, (cuts[1] - cuts[0]) / 1000, (1000 - cuts[1]) / 1000)
    return judged(scores, draw(st.sampled_from("abc")), draw(st.integers(0, 3)))


@given(st.lists(passages(), max_size=6), st.randoms())
def test_the_order_of_evidence_does_not_matter(items, random):
    """Shuffled passages give the same label, score and reason."""
    shuffled = items[:]
    random.shuffle(shuffled)
    one, other = decide(*items), decide(*shuffled)

    assert (one.label, one.score, one.reason) == (other.label, other.score, other.reason)
    assert [item.scores for item in one.evidence] == [item.scores for item in other.evidence]


@given(st.lists(passages(), max_size=6), st.lists(passages(), max_size=4))
def test_a_conflict_stays_whatever_is_judged_beside_it(items, more):
    """That is why it settles a claim."""
    verdict = decide(*items)

    if verdict.label is Label.CONFLICTING:
        assert RULE.settles(verdict)
        assert Label.CONFLICTING is decide(*items, *more).label


@given(st.lists(passages(), max_size=6))
def test_not_enough_info_is_never_settled(items):
    """The next passage may be the one."""
    verdict = decide(*items)

    assert verdict.label is not Label.NOT_ENOUGH_INFO or not RULE.settles(verdict)


@pytest.mark.parametrize(
    ("passages", "settled"),
    [
        ([(0.55, 0.3, 0.15)], True),
        ([(0.54, 0.46, 0.0)], False),
        ([(0.9, 0.05, 0.05), (0.0, 0.85, 0.15)], True),
        ([(0.9, 0.05, 0.05), (0.0, 0.84, 0.16)], False),
        ([(0.15, 0.3, 0.55)], True),
        ([(0.0, 0.46, 0.54)], False),
        ([(0.05, 0.05, 0.9), (0.16, 0.84, 0.0)], False),
    ],
)
def test_a_clear_verdict_that_nothing_comes_near_is_settled(passages, settled):
    """A tenth of the way above its threshold, and the other side at most at three tenths of its own."""
    verdict = decide(*(judged(scores, doc_id) for scores, doc_id in zip(passages, "abc", strict=False)))

    assert settled is RULE.settles(verdict)


def test_margins_follow_the_thresholds():
    """A rule that asks for more to say something asks for more to settle it."""
    strict = Rule(support=0.9, contradict=0.8)

    def settles(*scores):
        return strict.settles(strict.decide(CLAIM, [judged(scores)], evidence_from=EvidenceFrom.CORPUS))

    assert [True, False, False] == [settles(0.92, 0.08, 0.0), settles(0.905, 0.095, 0.0), settles(0.05, 0.14, 0.81)]
    assert settles(0.05, 0.12, 0.83)


@given(st.lists(passages(), max_size=6))
def test_all_that_was_judged_is_kept(items):
    """No passage is dropped from the verdict, and its first one carries the label."""
    verdict = decide(*items)

    assert len(items) == verdict.judged
    if verdict.label in {Label.SUPPORTED, Label.CONTRADICTED}:
        strongest = verdict.evidence[0].scores
        assert verdict.score == max(strongest.entailment, strongest.contradiction)
