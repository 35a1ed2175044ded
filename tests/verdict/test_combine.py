"""The fitted rule: from the probabilities of passages to those of the claim."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.types import Hit, Judged, Label, NLIScores, Passage, Source, Stance
from factcheck.verdict.combine import FEATURES, SIGNS, Combination, Confidence, Side, Weighing

CLAIM = "The ferry to Holm sails twice a day."
SUPPORT, CONTRADICTION, NEUTRAL = (0.9, 0.08, 0.02), (0.03, 0.07, 0.9), (0.1, 0.8, 0.1)
FITTED = Combination(
    temperature=1.3,
    floor=0.4,
    support=Side(-0.4, (0.9, 0.2, 0.1, -0.3, 0.2, -0.4, 0.3), 0.45),
    contradict=Side(-0.8, (0.8, 0.1, 0.0, -0.2, 0.1, -0.3, 0.5), 0.4),
    confidences=Confidence(0.8, (0.2, -0.1, -0.5, 0.1)),
)


def judged(scores, doc_id="a", *, text=None, score=1.0, copies=()):
    def passage(name, quote):
        return Passage(Source(name, "", name, "0" * 64), 0, 0, len(quote), quote, quote)

    quote = f"About {doc_id} {scores}." if text is None else text
    return Judged(
        Hit(passage(doc_id, quote), score, tuple(passage(name, quote) for name in copies)), NLIScores(*scores)
    )


@st.composite
def probabilities(draw):
    one, other = sorted((draw(st.integers(0, 1000)), draw(st.integers(0, 1000))))
    return one / 1000, round((other - one) / 1000, 3), (1000 - other) / 1000


passages = st.lists(
    st.builds(
        judged,
        probabilities(),
        st.sampled_from("abc"),
        text=st.sampled_from(["Ferries sail twice a day.", "Holm has a harbour.", "The day was long.", "No ferry."]),
        score=st.sampled_from([0.0, 1.0, 2.5, 7.0]),
    ),
    max_size=8,
)
sides = st.builds(
    lambda bias, sizes, threshold: Side(
        bias, tuple(size * sign for size, sign in zip(sizes, SIGNS, strict=True)), threshold
    ),
    st.floats(-3, 3),
    st.lists(st.floats(0, 2), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.floats(0.05, 0.95),
)
rules = st.builds(
    Combination,
    st.sampled_from([0.5, 1.0, 2.0]),
    st.sampled_from([0.25, 0.4, 0.5]),
    sides,
    sides,
    st.builds(Confidence, st.floats(0.1, 2), st.tuples(*[st.floats(-2, 2)] * 4)),
)


@pytest.mark.parametrize(
    ("found", "label"),
    [
        ([], Label.NOT_ENOUGH_INFO),
        ([NEUTRAL, (0.45, 0.5, 0.05)], Label.NOT_ENOUGH_INFO),
        ([NEUTRAL, SUPPORT], Label.SUPPORTED),
        ([CONTRADICTION, NEUTRAL], Label.CONTRADICTED),
        ([SUPPORT, CONTRADICTION], Label.CONFLICTING),
    ],
)
def test_unfitted_it_is_the_largest_probability_of_each_side_at_one_half(found, label):
    """Every passage is of a document of its own."""
    weighing = Combination().weigh(CLAIM, [judged(one, str(at)) for at, one in enumerate(found)])

    assert label is weighing.label
    assert max((one[0] for one in found), default=0.0) == pytest.approx(weighing.support)
    assert max((one[2] for one in found), default=0.0) == pytest.approx(weighing.contradict)


def test_a_conflict_needs_two_documents():
    """Within one document the more probable side decides; its passage is the one that is named."""
    both = [judged(SUPPORT, "a"), judged((0.0, 0.05, 0.95), "a"), judged((0.1, 0.3, 0.6), "b")]

    within, across = Combination().weigh(CLAIM, both[:2]), Combination().weigh(CLAIM, both)

    assert (Label.CONTRADICTED, None, 1) == (within.label, within.supports, within.contradicts)
    assert (Label.CONFLICTING, 0, 2) == (across.label, across.supports, across.contradicts)


def test_a_side_without_a_passage_above_the_floor_is_not_answered():
    """Many weak passages may reach the threshold together, and none of them could be shown."""
    eager = replace(Combination(), support=Side(3.0), floor=0.4)
    weak = [judged((0.3, 0.6, 0.1), name) for name in "abc"]

    weighing = eager.weigh(CLAIM, weak)

    assert weighing.support > eager.support.threshold
    assert (Label.NOT_ENOUGH_INFO, None) == (weighing.label, weighing.supports)
    assert Label.SUPPORTED is eager.weigh(CLAIM, [*weak, judged((0.5, 0.4, 0.1), "d")]).label


def test_a_temperature_above_one_brings_probabilities_together():
    """The order of the three stays, and so does their sum."""
    hot = Combination(temperature=2.0).weigh(CLAIM, [judged((0.64, 0.32, 0.04))])

    assert 0.8 / (0.8 + 0.32**0.5 + 0.2) == pytest.approx(hot.support, abs=1e-6)


def test_a_passage_found_late_counts_less():
    """The same probability, among passages that say nothing, at rank 1 and at rank 8."""
    others = [judged(NEUTRAL, "b", text=f"Line {at}.", score=9.0 - at) for at in range(7)]

    early = FITTED.weigh(CLAIM, [judged(SUPPORT, text="Yes.", score=10.0), *others])
    late = FITTED.weigh(CLAIM, [judged(SUPPORT, text="Yes.", score=0.5), *others])

    assert late.support < early.support


def test_a_passage_that_has_the_words_of_the_claim_counts_more():
    """Of two passages with the same probability, one speaks of what the claim speaks of."""
    about, aside = (
        FITTED.weigh(CLAIM, [judged(SUPPORT, text=text)]) for text in ("The Holm ferry sails twice daily.", "It does.")
    )

    assert aside.support < about.support


@settings(max_examples=40)
@given(rules, passages, st.randoms(use_true_random=False))
def test_the_order_of_passages_does_not_matter(rule, found, random):
    """Label and probabilities are the same for any order; the passages named are as strong."""
    mixed = list(found)
    random.shuffle(mixed)

    one, other = rule.weigh(CLAIM, found), rule.weigh(CLAIM, mixed)

    assert (one.label, one.support, one.contradict) == (other.label, other.support, other.contradict)
    for at, there in ((one.supports, other.supports), (one.contradicts, other.contradicts)):
        assert (at is None) is (there is None)
        assert at is None or found[at].scores == mixed[there].scores


@settings(max_examples=40)
@given(rules, passages, st.data())
def test_a_passage_that_comes_again_changes_nothing(rule, found, data):
    """Printed once more, in the same document or as a copy, a sentence is the same piece of evidence."""
    again = [data.draw(st.sampled_from(found))] if found else []

    assert rule.weigh(CLAIM, found) == rule.weigh(CLAIM, [*found, *again])


@settings(max_examples=40)
@given(rules, passages)
def test_more_passages_that_say_nothing_support_nothing(rule, found):
    """However many more are judged, passages found last that are surely neutral make no side more probable."""
    strong = [judged((0.4, 0.3, 0.3), text=f"Base {at}.", score=20.0) for at in range(3)]
    more = [judged((0.0, 1.0, 0.0), "z", text=f"Aside {at}.", score=0.0) for at in range(20)]

    few, many = rule.weigh(CLAIM, [*strong, *found]), rule.weigh(CLAIM, [*strong, *found, *more])

    assert many.support <= few.support
    assert many.contradict <= few.contradict


@settings(max_examples=40)
@given(rules, passages, probabilities())
def test_stronger_support_never_lowers_support_nor_raises_contradiction(rule, found, scores):
    """Of a passage found alone at the top, entailment is raised at the cost of neutral."""
    one, none, other = scores
    weaker = judged(scores, text="Top line.", score=50.0)
    stronger = judged((round(one + none, 6), 0.0, other), text="Top line.", score=50.0)
    plain = replace(rule, temperature=1.0)

    before, after = plain.weigh(CLAIM, [weaker, *found]), plain.weigh(CLAIM, [stronger, *found])

    if one >= max((item.scores.entailment for item in found), default=0.0):  # else its place in the order changes too
        assert before.support <= after.support
    assert after.contradict <= before.contradict


@settings(max_examples=40)
@given(rules, passages)
def test_a_decisive_label_names_a_passage_of_its_stance(rule, found):
    """What a verdict is shown to stand on reaches the floor on that side; a conflict stands on two documents."""
    weighing = rule.weigh(CLAIM, found)
    named = {
        Label.SUPPORTED: (True, False),
        Label.CONTRADICTED: (False, True),
        Label.CONFLICTING: (True, True),
        Label.NOT_ENOUGH_INFO: (False, False),
    }

    assert named[weighing.label] == (weighing.supports is not None, weighing.contradicts is not None)
    if weighing.supports is not None:
        assert Stance.SUPPORTS is rule.stance(found[weighing.supports].scores)
    if weighing.contradicts is not None:
        assert Stance.CONTRADICTS is rule.stance(found[weighing.contradicts].scores)
    if weighing.label is Label.CONFLICTING:
        one, other = (found[at].hit.passage.source.doc_id for at in (weighing.supports, weighing.contradicts))
        assert one != other


def test_a_copy_elsewhere_is_no_other_document():
    """The contradicting document prints the supporting sentence too: it does not conflict with the first one alone."""
    both = [judged(SUPPORT, "a", copies=("b",)), judged((0.0, 0.05, 0.95), "b")]

    assert Label.CONFLICTING is Combination().weigh(CLAIM, both).label  # document a says only the one
    assert Label.CONTRADICTED is Combination().weigh(CLAIM, [judged(SUPPORT, "b"), both[1]]).label


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_probabilities_of_the_labels_sum_to_one(support, contradict):
    """Both sides are taken for independent."""
    weighing = Weighing(Label.SUPPORTED, support, contradict)

    assert pytest.approx(1.0) == sum(map(weighing.probability, Label))


@given(
    st.builds(Confidence, st.floats(0.05, 5), st.tuples(*[st.floats(-5, 5)] * 4)),
    st.sampled_from(Label),
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
)
def test_confidence_rises_with_the_probability_of_the_label(confidence, label, pair):
    """It stays a probability that is never certain."""
    low, high = (confidence.of(label, value) for value in pair)

    assert 0 < low <= high < 1


@given(rules)
def test_a_rule_that_was_written_is_read_as_the_same(rule):
    """Through JSON text, with its digest."""
    again = Combination.of(json.loads(json.dumps(rule.record())))

    assert rule == again
    assert rule.digest == again.digest


def test_another_rule_has_another_digest():
    """One weight differs by a thousandth."""
    weights = (0.901, *FITTED.support.weights[1:])

    assert FITTED.digest != replace(FITTED, support=replace(FITTED.support, weights=weights)).digest


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"floor": 0.0},
        {"support": {**Side().record(), "threshold": 0}},
        {"support": {**Side().record(), "weights": {"first": 1.0}}},
        {"support": {**Side().record(), "weights": dict.fromkeys(FEATURES, -1.0)}},
        {"support": {**Side().record(), "bias": "high"}},
        {"confidence": {"slope": 0, "offsets": {label.value: 0.0 for label in Label}}},
        {"confidence": {"slope": 1.0, "offsets": {}}},
        {"contradict": None},
    ],
)
def test_what_is_no_rule_is_refused(wrong):
    """Weights that are missing or have the wrong sign, numbers that are none or out of range."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Combination.of(FITTED.record() | wrong)
