"""Why a verdict flipped: what is named does give the new label, and nothing less does."""

from dataclasses import replace
from itertools import combinations

from hypothesis import assume, given
from hypothesis import strategies as st

from factcheck.config import Settings
from factcheck.jobs.causes import Cause, Change, Fate, Inputs, Kind, explain
from factcheck.types import (
    Claim,
    Context,
    Evidence,
    EvidenceFrom,
    Hit,
    Judged,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)
from factcheck.verdict.decide import Rule

CLAIM = Claim("c", "The ferry sails.")
SUPPORT, AGAINST, NEUTRAL = NLIScores(0.96, 0.02, 0.02), NLIScores(0.02, 0.02, 0.96), NLIScores(0.02, 0.96, 0.02)
DOCUMENTS = "abcd"
RULE = {**Settings(check_all=True, quantities=False, cues=False, parts=False).identity(), "calibration": None}


def passage(doc_id, premise):
    return Passage(Source(doc_id, "", doc_id, "0" * 64), 0, 0, len(premise), premise, premise)


def judged(premise, scores, *doc_ids):
    first, *copies = (passage(doc_id, premise) for doc_id in doc_ids)
    return Judged(Hit(first, 1.0, tuple(copies)), scores)


def inputs(documents=DOCUMENTS, **identity):
    return Inputs({**RULE, **identity}, dict.fromkeys(documents, "0").get)


def decided(items, rule, claim=CLAIM):
    return rule.decide(claim, items, evidence_from=EvidenceFrom.CORPUS)


def cause_of(before, after, old=None, new=None):
    old, new = old or inputs(), new or inputs()
    return explain(decided(before, old.rule), decided(after, new.rule), old, new)


probabilities = st.sampled_from([0.05, 0.3, 0.5, 0.6, 0.8, 0.95])


@st.composite
def scores(draw):
    """Probabilities on a coarse grid, so that thresholds and ties are met."""
    entailment = draw(probabilities)
    contradiction = draw(probabilities.filter(lambda value: value + entailment <= 1))
    return NLIScores(entailment, round(1 - entailment - contradiction, 6), contradiction)


@st.composite
def runs(draw):
    """A threshold for either side, and some premises with their scores, each printed by one document or more."""
    rule = Rule(draw(st.sampled_from([0.5, 0.6, 0.9])), draw(st.sampled_from([0.5, 0.6, 0.9])))
    printed = st.lists(st.sampled_from(DOCUMENTS), unique=True, min_size=1, max_size=3)
    items = draw(st.dictionaries(st.sampled_from("PQRST"), st.tuples(scores(), printed), max_size=5))
    return rule, items


def label(rule, items):
    """The label of scores and documents by the document that is shown and the premise."""
    judged_items = [
        judged(premise, scores, doc_id, *sorted(doc_ids - {doc_id}))
        for (doc_id, premise), (scores, doc_ids) in items.items()
    ]
    return decided(judged_items, rule).label


def changed(parts, before, after):
    """The label of the old run with these parts of a cause alone put in place."""
    (rule, old), (_, new) = before, after
    items = {(docs[0], premise): set(docs) for premise, (_, docs) in old.items()}
    came = {(docs[0], premise): set(docs) for premise, (_, docs) in new.items()}
    said = {premise: scores for run in (new, old) for premise, (scores, _) in run.items()}
    for part in parts:
        at = (part.doc_id, part.quote) if hasattr(part, "quote") else None
        if at is None:
            rule = replace(rule, **{part.name: part.after})
        elif part.change is Change.RESCORED:
            said[part.quote] = part.after
        elif part.change is Change.REMOVED:
            del items[at]
        elif part.change is Change.ADDED:
            items[at] = came[at]
        elif part.change in {Change.COPIED, Change.UNCOPIED}:
            [where] = [where for where in items if where in came and where[1] == part.quote]
            items[where] = items[where] ^ {part.doc_id}
    return label(rule, {at: (said[at[1]], docs) for at, docs in items.items()})


@given(runs(), runs(), st.booleans())
def test_a_cause_alone_gives_the_new_label_and_nothing_can_be_left_out_of_it(before, after, same_scores):
    """Thresholds, scores, passages and copies at random, decided here without the code that looked for the cause."""
    if same_scores:
        after = (after[0], {name: (before[1].get(name, item)[0], item[1]) for name, item in after[1].items()})
    old, new = (inputs(support=rule.support, contradict=rule.contradict) for rule, _ in (before, after))
    items = [[judged(name, said, *docs) for name, (said, docs) in run.items()] for _, run in (before, after)]
    verdicts = decided(items[0], before[0]), decided(items[1], after[0])
    assume(verdicts[0].label is not verdicts[1].label)

    cause = explain(*verdicts, old, new)

    passages = () if cause.kind is Kind.SETTING else cause.passages
    parts = [*cause.thresholds, *passages]
    assert parts
    assert verdicts[1].label is changed(parts, before, after)
    copied = {Change.COPIED, Change.UNCOPIED}
    whole = [part for part in parts if getattr(part, "change", None) not in copied]  # some copies may go together
    for part in whole:
        assert verdicts[1].label is not changed([other for other in parts if other is not part], before, after)
    if len(parts) == len(whole) < 4:
        for size in range(len(parts)):
            assert all(verdicts[1].label is not changed(some, before, after) for some in combinations(parts, size))
    assert cause == Cause.of(cause.record())


def test_a_threshold_is_named_before_all_else():
    """With the passage that it makes read otherwise; what else differs is not."""
    cause = cause_of(
        [judged("P", SUPPORT, "a")], [judged("P", SUPPORT, "a")], inputs(passages=10), inputs(support=0.99, passages=9)
    )

    assert (Kind.SETTING, "support was 0.5, is 0.99") == (cause.kind, str(cause))
    assert [(Change.REREAD, "P")] == [(item.change, item.quote) for item in cause.passages]


def test_scores_are_named_with_what_differs_in_the_model():
    """The pair with its two scores; a setting of retrieval has nothing to do with it."""
    old, new = inputs(model="one", passages=10), inputs(model="two", passages=9)

    cause = cause_of([judged("P", SUPPORT, "a")], [judged("P", NEUTRAL, "a")], old, new)

    assert Kind.SCORES is cause.kind
    assert [("P", SUPPORT, NEUTRAL)] == [(item.quote, item.before, item.after) for item in cause.passages]
    assert 'a pair has other scores (model was "one", is "two")' == str(cause)


def test_scores_that_differ_for_no_recorded_reason_are_said_to():
    """Nothing is made up."""
    cause = cause_of([judged("P", SUPPORT, "a")], [judged("P", NEUTRAL, "a")])

    assert (Kind.SCORES, (), "a pair has other scores") == (cause.kind, cause.differences, str(cause))


def test_a_document_is_named_with_what_happened_to_it():
    """Added, removed and changed are told apart by what the runs record of their documents."""
    new = Inputs(inputs().identity, {"b": "0", "a": "1"}.get)

    added = cause_of([], [judged("P", SUPPORT, "b")], inputs("a"), new)
    removed = cause_of([judged("P", SUPPORT, "b")], [], new, inputs("a"))
    edited = cause_of([judged("P", SUPPORT, "a")], [judged("Q", AGAINST, "a")], inputs("a"), new)

    assert (Kind.DOCUMENTS, {"b": Fate.ADDED}, "b was added") == (added.kind, added.documents, str(added))
    assert ({"b": Fate.REMOVED}, "b was removed") == (removed.documents, str(removed))
    assert ({"a": Fate.CHANGED}, "a has changed") == (edited.documents, str(edited))
    assert [(Change.REMOVED, "P"), (Change.ADDED, "Q")] == [(item.change, item.quote) for item in edited.passages]


def test_of_two_passages_that_would_do_the_one_of_a_changed_document_is_named():
    """The other came in its wake, or would have made no difference."""
    new = [judged("P", SUPPORT, "a"), judged("Q", SUPPORT, "b")]

    assert {"b": Fate.ADDED} == cause_of([], new, inputs("a"), inputs("ab")).documents


def test_a_passage_that_moved_though_its_document_is_the_same_names_the_settings_of_retrieval():
    """Where none differs the corpus does: other documents changed the statistics of words."""
    shown = [judged("P", SUPPORT, "a")]

    fewer = cause_of(shown, [], inputs(passages=10, corpus="x"), inputs(passages=3, corpus="y"))
    crowded = cause_of(shown, [], inputs(passages=10, corpus="x"), inputs(passages=10, corpus="y"))

    assert Kind.RETRIEVAL is fewer.kind is crowded.kind
    assert ["passages"] == [item.name for item in fewer.differences]
    assert ["corpus"] == [item.name for item in crowded.differences]
    assert "other passages of the same documents were judged (passages was 10, is 3)" == str(fewer)


def test_a_text_that_the_claim_brought_is_a_document_too():
    """Even one with the name of a document of the corpus."""
    old, new = (replace(CLAIM, contexts=(Context("a", "", text),)) for text in ("P", "Q"))
    rule = inputs().rule

    before = decided([judged("P", SUPPORT, "a")], rule, old)

    cause = explain(before, decided([judged("Q", AGAINST, "a")], rule, new), inputs(), inputs())

    assert {"a": Fate.CHANGED} == cause.documents


def test_other_documents_that_a_claim_asks_for_are_named():
    """The corpus is the same, and so are all settings."""
    old, new = (replace(CLAIM, doc_ids=(doc_id,)) for doc_id in "ab")
    rule = inputs().rule

    before = decided([judged("P", SUPPORT, "a")], rule, old)

    cause = explain(before, decided([judged("Q", AGAINST, "b")], rule, new), inputs(), inputs())

    assert (Kind.RETRIEVAL, ["claim.doc_ids"]) == (cause.kind, [item.name for item in cause.differences])


def test_a_copy_that_makes_two_documents_one_source_is_named():
    """No passage came or went, but the conflict is now within one document."""
    old = [judged("P", SUPPORT, "a"), judged("Q", AGAINST, "b")]
    new = [judged("P", SUPPORT, "a", "b"), judged("Q", AGAINST, "b", "a")]

    cause = cause_of(old, new, inputs("ab"), inputs("ab"))

    assert [Change.COPIED, Change.COPIED] == [item.change for item in cause.passages]
    assert "other passages of the same documents were judged" == str(cause)


def test_changes_that_only_do_it_together_are_said_to():
    """A higher threshold and another document."""
    weak = NLIScores(0.6, 0.2, 0.2)
    old, new = inputs("a", support=0.5), inputs("ab", support=0.9)

    cause = cause_of([judged("P", weak, "a")], [judged("P", weak, "a"), judged("Q", AGAINST, "b")], old, new)

    assert Kind.SEVERAL is cause.kind
    assert "several together: support was 0.5, is 0.9; b was added" == str(cause)


def test_a_verdict_that_its_evidence_does_not_give_is_not_explained():
    """Rather than explained wrongly: what differs between the runs is all that is said."""
    strange = Verdict(
        CLAIM,
        Label.CONTRADICTED,
        0.9,
        Reason.EVIDENCE,
        EvidenceFrom.CORPUS,
        (Evidence(judged("P", SUPPORT, "a").hit, SUPPORT, Stance.CONTRADICTS),),
    )

    cause = explain(decided([], inputs().rule), strange, inputs(method=1), inputs(method=2))

    assert (Kind.UNKNOWN, ()) == (cause.kind, cause.passages)
    assert "the new verdict does not follow from its own evidence (method was 1, is 2)" == str(cause)


def test_hundreds_of_changes_at_once_are_explained_in_time():
    """Where all sets are too many to try, one that nothing can be left out of is found: here all supports, and one."""
    old = [judged(f"P{number}", SUPPORT, f"a{number}") for number in range(60)]
    new = [judged(f"Q{number}", AGAINST, f"b{number}") for number in range(60)]

    cause = cause_of(old, new, inputs(""), inputs(""))

    changes = [item.change for item in cause.passages]
    assert (60, 1) == (changes.count(Change.REMOVED), changes.count(Change.ADDED))
