"""Fitting the rule: what it learns from labelled claims, and what it must not."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.errors import ConfigError
from factcheck.evaluation.fit import (
    FEW,
    FEWEST,
    Sample,
    cross_validated,
    fit,
    fold_of,
    logistic,
    quality,
    unfitted,
)
from factcheck.evaluation.labels import macro_f1
from factcheck.types import Hit, Judged, Label, NLIScores, Passage, Source
from factcheck.verdict.combine import SIGNS, Combination, Side


def judged(scores, doc_id, score):
    text = f"Line {doc_id} {score} {scores}."
    passage = Passage(Source(doc_id, "", doc_id, "0" * 64), 0, 0, len(text), text, text)
    return Judged(Hit(passage, score), NLIScores(*scores))


def drawn(count, *, seed=1, lean=0.0, noise=1.0, cluster=1):
    """Labelled claims with four passages each: a model that tells the label with some noise, and leans to neutral."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        wanted = draw.choice([Label.SUPPORTED, Label.CONTRADICTED, Label.NOT_ENOUGH_INFO])
        passages = []
        for at in range(4):
            odds = [draw.gauss(0, noise) - lean, 2.0, draw.gauss(0, noise) - lean]
            if at == 0 and wanted is Label.SUPPORTED:
                odds[0] += 3
            if at == 0 and wanted is Label.CONTRADICTED:
                odds[2] += 3
            total = sum(map(math.exp, odds))
            one, other = (round(math.exp(value) / total, 6) for value in (odds[0], odds[2]))
            passages.append(judged((one, round(1 - one - other, 6), other), f"d{number}-{at}", 9.0 - at))
        found.append(Sample(f"Claim {number}.", tuple(passages), wanted, f"c{number // cluster}"))
    return found


def test_fewer_than_thirty_claims_are_refused():
    """With the numbers that it takes."""
    with pytest.raises(ConfigError, match=f"{FEWEST - 1} labelled claims.*it takes {FEWEST}.*{FEW}"):
        fit(drawn(FEWEST - 1))


def test_thresholds_move_to_where_the_model_leans():
    """A model that leans to neutral is right much more often on claims that were left out."""
    found = drawn(300, lean=1.5)

    before, after = quality(unfitted(found)), quality(cross_validated(found))

    assert after.macro_f1 > before.macro_f1 + 0.1
    assert after.accuracy > before.accuracy + 0.1


def test_confidences_are_right_as_often_as_they_say():
    """On claims that were left out, within what 600 claims can tell."""
    after = quality(cross_validated(drawn(600, lean=1.0)))

    assert after.ece < 0.05
    assert after.brier < quality(unfitted(drawn(600, lean=1.0))).brier


def test_labels_without_a_pattern_leave_the_rule_as_it_is():
    """Gold labels drawn by lot: nothing gains a standard error, so that the labels stay those of the plain rule."""
    draw = random.Random(5)
    found = [replace(one, wanted=draw.choice(list(Label)[:2])) for one in drawn(250)]

    rule = fit(found)

    assert (Combination().support, Combination().contradict, 1.0) == (rule.support, rule.contradict, rule.temperature)


def test_labels_that_are_kept_leave_confidences_to_be_fitted():
    """Where thresholds would pay, they stay all the same, and confidences are nearer to how often they are right."""
    found = drawn(600, lean=1.0)

    kept = fit(found, keep_labels=True)

    assert (Side(), Side(), 1.0) == (kept.support, kept.contradict, kept.temperature)
    assert fit(found).support != Side()
    after = cross_validated(found, keep_labels=True)
    assert [one.weighing.label for one in unfitted(found)] == [one.weighing.label for one in after]
    assert quality(after).brier < quality(unfitted(found)).brier


def test_few_claims_move_thresholds_and_no_weights():
    """Below 200 the models of both sides are the largest probability, whatever the temperature."""
    rule = fit(drawn(FEW - 20, lean=1.5))

    assert Side().weights == rule.support.weights == rule.contradict.weights
    assert 0.0 == rule.support.bias == rule.contradict.bias
    assert len(set(rule.confidences.offsets)) == 1
    assert rule.support.threshold < 0.5


def test_a_label_that_gold_hardly_has_gets_no_model():
    """Three contradicted claims among 250 teach nothing about contradiction."""
    found = drawn(400, lean=1.5)
    rare = [one for one in found if one.wanted is not Label.CONTRADICTED][:247]
    rare += [one for one in found if one.wanted is Label.CONTRADICTED][:3]

    assert Side().weights == fit(rare).contradict.weights


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_weights_keep_their_signs_whatever_the_labels(seed):
    """Even where the labels at hand say the opposite: contradiction is the label of what is entailed."""
    turned = {Label.SUPPORTED: Label.CONTRADICTED, Label.CONTRADICTED: Label.SUPPORTED}
    found = [replace(one, wanted=turned.get(one.wanted, one.wanted)) for one in drawn(210, seed=seed)]

    rule = fit(found)

    for side in (rule.support, rule.contradict):
        assert all(weight * sign >= 0 for weight, sign in zip(side.weights, SIGNS, strict=True))


def test_the_same_claims_give_the_same_rule():
    """To the last digit of its file."""
    assert fit(drawn(220, lean=1.0)).digest == fit(drawn(220, lean=1.0)).digest


def test_a_feature_that_is_left_out_has_no_weight():
    """As for measuring what each is worth; the largest probability is always there."""
    found = drawn(300, lean=1.5)

    rule = fit(found, features=("first",))

    assert (0.0,) * 6 == rule.support.weights[1:] == rule.contradict.weights[1:]


def test_an_outcome_is_of_a_rule_that_never_saw_the_cluster():
    """Where all claims of a cluster have a wrong label, no rule that left it out can have learnt that."""
    found = drawn(250, cluster=50)
    turned = {Label.SUPPORTED: Label.CONTRADICTED, Label.CONTRADICTED: Label.SUPPORTED}
    poisoned = [
        replace(one, wanted=turned.get(one.wanted, one.wanted)) if one.cluster == "c0" else one for one in found
    ]

    clean, other = cross_validated(found), cross_validated(poisoned)

    at = [number for number, one in enumerate(found) if one.cluster == "c0"]
    assert [clean[number].weighing for number in at] == [other[number].weighing for number in at]
    assert [clean[number].confidence for number in at] == [other[number].confidence for number in at]


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=12, max_size=60), st.integers(2, 5))
def test_folds_keep_clusters_whole(names, folds):
    """Every fold has claims, and no cluster is in two; too few clusters are refused."""
    if len(set(names)) < folds:
        with pytest.raises(ConfigError, match="--folds"):
            fold_of(names, folds)
        return

    fold = fold_of(names, folds)

    assert set(range(folds)) == set(fold)
    assert len(set(zip(names, fold, strict=True))) == len(set(names))
    largest = max(Counter(names).values())
    sizes = Counter(fold).values()
    assert max(sizes) - min(sizes) <= largest


def test_macro_f1_is_over_the_labels_that_gold_has():
    """By hand: supported 2/3, contradicted 0; a label that is only given lowers the others."""
    wanted = [Label.SUPPORTED, Label.SUPPORTED, Label.CONTRADICTED]
    given_ = [Label.SUPPORTED, Label.NOT_ENOUGH_INFO, Label.NOT_ENOUGH_INFO]

    assert (2 / 3 + 0) / 2 == pytest.approx(macro_f1(wanted, given_))


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.1, 50))
def test_a_logistic_model_is_at_the_minimum_within_its_bounds(seed, strength):
    """No small step that the bounds allow makes the loss smaller (Karush, Kuhn and Tucker)."""
    draw = np.random.default_rng(seed)
    features, wanted = draw.normal(size=(60, 3)), (draw.random(60) < 0.4).astype(float)
    towards, bounds = (0.0, 1.0, 0.0, -0.5), ((-9.0, 9.0), (0.0, 9.0), (0.0, 0.0), (-9.0, 0.0))

    found = np.array(logistic(features, wanted, towards=towards, strengths=(strength,) * 4, bounds=bounds))

    odds = np.hstack([np.ones((60, 1)), features]) @ found
    slope = np.hstack([np.ones((60, 1)), features]).T @ (1 / (1 + np.exp(-odds)) - wanted)
    slope += strength * (found - np.array(towards))
    for weight, gradient, (low, high) in zip(found, slope, bounds, strict=True):
        assert low <= weight <= high
        assert weight == low or gradient < 1e-3
        assert weight == high or gradient > -1e-3


def with_silence(found, *, seed=3):
    """The same claims; without its gold document each has the other passages, one of which misleads now and then."""
    draw = random.Random(seed)
    misleading = judged((0.45, 0.5, 0.05), "m", 5.0)
    return [replace(one, silent=(*one.judged[1:], *([misleading] if draw.random() < 0.3 else []))) for one in found]


def alarms(rule, found):
    """How often a rule answers what nothing in the corpus answers."""
    answered = [rule.weigh(one.text, one.silent).label is not Label.NOT_ENOUGH_INFO for one in found]
    return sum(answered) / len(answered)


def test_lower_thresholds_are_not_paid_for_with_false_alarms():
    """What they would gain on the claims is not taken where claims without their documents are answered for it."""
    found = with_silence(drawn(400, lean=1.5))

    free, bound = fit(drawn(400, lean=1.5)), fit(found)

    assert alarms(free, found) > 0.2
    assert alarms(bound, found) <= max(0.05, alarms(Combination(), found)) + 0.02


def test_a_share_of_false_alarms_that_is_asked_for_is_kept():
    """Thresholds rise until it is, be it at the cost of answers; where none would do that is said."""
    found = with_silence(drawn(400))
    wild = [replace(one, silent=(judged((0.999, 0.0005, 0.0005), "m", 5.0),)) for one in found]

    assert alarms(Combination(), found) > 0.02
    assert alarms(fit(found, alarms=0.01), found) <= 0.02
    with pytest.raises(ConfigError, match="--max-false-alarms"):
        fit(wild, alarms=0.01)
