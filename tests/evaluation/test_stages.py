"""Where a wrong verdict was lost: one stage for each, the first one that let go of the answer."""

from dataclasses import replace

import pytest
from evaluation_cases import STANCES, C, N, S, X, case, evidence, leaning
from hypothesis import given
from hypothesis import strategies as st

from factcheck.evaluation.stages import Stage, count, examples, find_lost, is_right
from factcheck.types import Check, EvidenceFrom, Finding, Gold, GoldSentence, Label, Reason, Stance

SUPPORTS, CONTRADICTS, NEUTRAL = Stance
GOLD_SETS = ((GoldSentence("harbour", 0),),)
FINDING = Finding(Check.QUANTITY, "value", "3 against 4")


def judged(sentence, scores, stance=None, *, doc_id="harbour", **more):
    """A passage with the stance that its probabilities give at one half, unless another one is named."""
    scores = leaning(scores) if isinstance(scores, Stance) else scores
    by_threshold = SUPPORTS if scores[0] >= 0.5 else CONTRADICTS if scores[2] >= 0.5 else NEUTRAL
    return evidence(doc_id, sentence, by_threshold if stance is None else stance, scores=scores, **more)


def gold_case(wanted, label, *found, sets=GOLD_SETS, doc_ids=(), **more):
    return case(Gold(wanted, () if wanted is N else sets, doc_ids), label, found, **more)


def lost(case):
    [found] = find_lost([case])
    return found


def stage(case):
    return lost(case).stage


# Hand-worked cases


def test_a_gold_sentence_that_nobody_found_is_not_retrieved():
    """Another sentence of the document is not the gold one."""
    found = lost(gold_case(S, N, judged(1, NEUTRAL)))

    assert Stage.NOT_RETRIEVED is found.stage
    assert GoldSentence("harbour", 0) == found.gold
    assert found.found is None
    assert 1 == found.decisive.passage.sentence


def test_a_gold_passage_of_another_class_is_misjudged():
    """Whatever else decided."""
    assert Stage.MISJUDGED is stage(gold_case(S, N, judged(0, NEUTRAL)))
    assert Stage.MISJUDGED is stage(gold_case(S, C, judged(1, CONTRADICTS), judged(0, NEUTRAL)))
    assert Stage.MISJUDGED is stage(gold_case(C, S, judged(0, SUPPORTS)))


def test_the_right_class_below_the_threshold_is_lost_there():
    """Whatever the rule that was not content with it; also with a finding, where that takes away support alone."""
    weak = (0.2, 0.35, 0.45)

    assert Stage.THRESHOLD is stage(gold_case(C, N, judged(0, weak)))
    assert Stage.THRESHOLD is stage(gold_case(C, N, judged(0, weak, findings=[FINDING])))
    assert Stage.THRESHOLD is stage(gold_case(S, N, judged(0, SUPPORTS, NEUTRAL)))


def test_the_stance_of_a_part_that_decided_is_no_misjudged_passage():
    """The passage supports the whole claim and contradicts a part, which the verdict stands on."""
    assert Stage.AGGREGATION is stage(gold_case(S, C, judged(0, SUPPORTS, CONTRADICTS)))


def test_of_an_open_verdict_the_passage_with_a_stance_is_shown():
    """One that a finding made neutral leans further."""
    taken = judged(0, (0.99, 0.01, 0.0), NEUTRAL, findings=[FINDING])
    stands = judged(1, SUPPORTS)

    assert stands is lost(gold_case(C, N, taken, stands)).decisive


def test_a_finding_that_took_the_stance_away_is_the_check():
    """Or turned it round."""
    assert Stage.CHECK is stage(gold_case(S, N, judged(0, SUPPORTS, NEUTRAL, findings=[FINDING])))
    assert Stage.CHECK is stage(gold_case(S, C, judged(0, SUPPORTS, CONTRADICTS, findings=[FINDING])))


def test_a_gold_passage_with_the_right_stance_was_outvoted():
    """By a passage of the other side, or by a rule over parts."""
    found = lost(gold_case(S, C, judged(1, CONTRADICTS), judged(0, SUPPORTS)))

    assert Stage.AGGREGATION is found.stage
    assert (0, 1) == (found.found.passage.sentence, found.decisive.passage.sentence)
    assert Stage.AGGREGATION is stage(gold_case(S, N, judged(0, SUPPORTS), reason=Reason.PARTLY_SUPPORTED))


def test_the_gold_passage_that_came_furthest_counts():
    """One that was misjudged does not hide another one that a check took away."""
    sets = ((GoldSentence("harbour", 0),), (GoldSentence("harbour", 1),))
    taken = judged(1, SUPPORTS, NEUTRAL, findings=[FINDING])
    found = lost(gold_case(S, N, judged(0, NEUTRAL), taken, sets=sets))

    assert (Stage.CHECK, taken) == (found.stage, found.found)


def test_a_decisive_verdict_on_nothing_is_invented():
    """Gold says that there is not enough information."""
    assert Stage.INVENTED is stage(gold_case(N, S, judged(0, SUPPORTS)))


def test_an_answer_that_was_withheld_is_told_apart():
    """Whatever gold says; NOT ENOUGH INFO without an answer is not the gold answer."""
    for gold in Label:
        assert Stage.WITHHELD is stage(gold_case(gold, N, reason=Reason.NOT_CHECKABLE))
    assert Stage.WITHHELD is stage(gold_case(S, N, judged(0, SUPPORTS), reason=Reason.ABOVE_ERROR_BUDGET))


def test_without_gold_evidence_nobody_knows():
    """No sets and no documents; nor where gold evidence was given and is not among the passages."""
    assert Stage.UNKNOWN is stage(gold_case(S, N, judged(0, NEUTRAL), sets=()))
    assert Stage.UNKNOWN is stage(gold_case(S, N, judged(1, NEUTRAL), origin=EvidenceFrom.GOLD))


def test_documents_alone_are_evidence_of_any_sentence():
    """Where a data set names no sentence."""
    case = gold_case(S, N, judged(7, NEUTRAL), sets=(), doc_ids=("harbour",))

    assert Stage.MISJUDGED is stage(case)
    assert Stage.NOT_RETRIEVED is stage(gold_case(S, N, judged(7, NEUTRAL), sets=(), doc_ids=("news",)))


def test_a_copy_of_a_gold_sentence_is_found():
    """The passage stands for all places that print it."""
    item = judged(5, NEUTRAL, doc_id="news", copies=[("harbour", 0)])

    assert Stage.MISJUDGED is stage(gold_case(S, N, item))


def test_a_conflict_is_lost_where_its_first_side_is():
    """Support was found and judged rightly; the other side never came up, or was misjudged."""
    sets = ((GoldSentence("harbour", 0, label=S),), (GoldSentence("news", 0, label=C),))
    support = judged(0, SUPPORTS)

    assert Stage.NOT_RETRIEVED is stage(gold_case(X, S, support, sets=sets))
    assert Stage.MISJUDGED is stage(gold_case(X, S, support, judged(0, NEUTRAL, doc_id="news"), sets=sets))
    both = (support, judged(0, CONTRADICTS, doc_id="news"))
    assert Stage.AGGREGATION is stage(gold_case(X, S, *both, sets=sets))


def test_sentences_of_the_other_side_are_no_evidence():
    """CLIMATE-FEVER labels each sentence of a claim."""
    sets = ((GoldSentence("harbour", 0, label=S),), (GoldSentence("harbour", 1, label=N),))

    assert Stage.NOT_RETRIEVED is stage(gold_case(S, N, judged(1, NEUTRAL), sets=sets))


def test_two_classes_tell_supported_from_the_rest():
    """A contradiction is no support, which is all that gold says."""
    contradicted, supported = gold_case(N, C, judged(0, CONTRADICTS)), gold_case(N, S, judged(0, SUPPORTS))

    assert [Stage.INVENTED] == [item.stage for item in find_lost([contradicted, supported], two_class=True)]


# Laws


@st.composite
def cases(draw):
    """A claim of any gold label with up to four passages of two documents, and any verdict these allow."""
    evidence = [draw(items()) for _ in range(draw(st.integers(0, 4)))]
    stances = {item.stance for item in evidence}
    label = draw(st.sampled_from([label for label in Label if stances.issuperset(STANCES[label])]))
    sentence = st.builds(
        GoldSentence, st.sampled_from(["harbour", "news"]), st.integers(0, 2), label=st.sampled_from([None, S, C, N])
    )
    sets = draw(st.lists(st.lists(sentence, min_size=1, max_size=2).map(tuple), max_size=3).map(tuple))
    reasons = [Reason.ONLY_NEUTRAL, Reason.NOT_CHECKABLE] if label is N else [Reason.EVIDENCE]
    return gold_case(
        draw(st.sampled_from(Label)),
        label,
        *evidence,
        sets=sets,
        origin=draw(st.sampled_from(EvidenceFrom)),
        reason=draw(st.sampled_from(reasons)),
        ident=draw(st.text(max_size=3)),
    )


@st.composite
def items(draw):
    low, high = sorted(draw(st.tuples(st.integers(0, 20), st.integers(0, 20))))
    findings = draw(st.sampled_from([(), (FINDING,)]))
    stance = draw(st.sampled_from([None, NEUTRAL, CONTRADICTS])) if findings else None
    scores = (low / 20, (high - low) / 20, 1 - high / 20)
    return judged(
        draw(st.integers(0, 2)), scores, stance, findings=findings, doc_id=draw(st.sampled_from(["harbour", "news"]))
    )


@given(found=st.lists(cases(), max_size=8), two_class=st.booleans())
def test_each_wrong_claim_has_one_stage_and_right_ones_none(found, two_class):
    """In order; and the table counts each of them once."""
    items = find_lost(found, two_class=two_class)

    assert [case for case in found if not is_right(case, two_class=two_class)] == [item.case for item in items]
    table = count(items)
    assert set(Stage) == set(table)
    assert len(items) == sum(sum(labels.values()) for labels in table.values())
    assert all(set(Label) == set(labels) for labels in table.values())


@given(case=cases(), data=st.data())
def test_the_order_of_passages_does_not_matter(case, data):
    """To the stage; the examples shown may be others that came as far."""
    order = data.draw(st.permutations(case.verdict.evidence))
    shuffled = replace(case, verdict=replace(case.verdict, evidence=tuple(order)))
    both = [find_lost([one]) for one in (case, shuffled)]

    assert [item.stage for item in both[0]] == [item.stage for item in both[1]]


@given(case=cases())
def test_a_stage_is_what_its_name_says(case):
    """Seen from the passage that came furthest."""
    for item in find_lost([case]):
        match item.stage:
            case Stage.INVENTED:
                assert item.case.wanted is N
                assert item.decisive.stance is not NEUTRAL
            case Stage.NOT_RETRIEVED:
                assert item.gold is not None
                assert item.case.verdict.evidence_from is not EvidenceFrom.GOLD
            case Stage.CHECK:
                assert item.found.findings
                assert item.found.stance not in STANCES[item.case.wanted] or item.case.wanted is X
            case Stage.AGGREGATION:
                assert item.found.stance in STANCES[item.case.wanted]
            case Stage.THRESHOLD:
                assert item.found.stance is NEUTRAL
            case Stage.MISJUDGED:
                assert item.found is not None
            case Stage.WITHHELD:
                assert item.case.verdict.reason is Reason.NOT_CHECKABLE
            case Stage.UNKNOWN:
                assert item.case.wanted is not N


# Examples


def test_examples_are_drawn_alike_whatever_the_order():
    """By id and text, the gold labels in turn."""
    found = [gold_case(S if at % 5 else C, N, judged(0, NEUTRAL), ident=f"c{at}") for at in range(30)]
    one, other = (examples(find_lost(some), each=4) for some in (found, list(reversed(found))))

    assert one == other
    assert [Stage.MISJUDGED] == list(one)
    wanted = [item.case.wanted for item in one[Stage.MISJUDGED]]
    assert 4 == len(wanted)
    assert (2, 2) == (wanted.count(S), wanted.count(C))
    assert wanted[0] is not wanted[1]


def test_no_wrong_claims_give_no_examples():
    """An empty table has all stages all the same."""
    assert {} == examples([])
    assert 0 == sum(sum(labels.values()) for labels in count([]).values())


def test_of_a_conflict_the_side_is_shown_that_gold_has_not():
    """Whichever comes first."""
    against = judged(1, CONTRADICTS, doc_id="news")

    assert against is lost(gold_case(S, X, judged(0, SUPPORTS), against)).decisive


@pytest.mark.parametrize("label", [S, C])
def test_right_claims_are_not_lost(label):
    """Nothing to tell of them."""
    side = {S: SUPPORTS, C: CONTRADICTS}[label]

    assert [] == find_lost([gold_case(label, label, judged(3, side))])
