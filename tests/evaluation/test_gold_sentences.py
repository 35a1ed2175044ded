"""What of gold evidence bears out a label, and whether hits hold it."""

from evaluation_cases import C, N, S, X, gold, hit

from factcheck.evaluation.gold import evidence_documents, evidence_sets, hit_covers, sides
from factcheck.types import GoldSentence


def test_a_hit_covers_what_its_copies_do():
    """The sentence is printed in both documents."""
    assert hit_covers(hit("a", 1, copies=[("b", 4)]), GoldSentence("b", 4))
    assert not hit_covers(hit("a", 1, copies=[("b", 4)]), GoldSentence("b", 1))


def test_sets_bear_out_the_label_of_the_claim():
    """Sentences with a label of their own that says otherwise are no evidence for it."""
    sets = [[("a", 1, S)], [("b", 2, C)], [("c", 3, N)], [("d", 4)]]

    found = {label: [one[0].doc_id for one in evidence_sets(gold(label, *sets))] for label in (S, C, X, N)}

    assert {S: ["a", "d"], C: ["b", "d"], X: ["a", "b", "d"], N: []} == found


def test_a_conflict_has_sides():
    """Each side needs evidence; other labels have one side, and NOT ENOUGH INFO has none."""
    both = [[("a", 1, S)], [("b", 2, C)], [("c", 3, C)]]

    assert [1, 2] == [len(side) for side in sides(gold(X, *both))]
    assert [2] == [len(side) for side in sides(gold(C, *both))]
    assert () == sides(gold(N, *both))


def test_documents_are_those_of_the_evidence():
    """Or those that a decisive claim names, where it has no evidence."""
    assert ("a", "b") == evidence_documents(gold(S, [("a", 1), ("b", 2)], [("a", 4)], doc_ids=("z",)))
    assert ("z",) == evidence_documents(gold(S, doc_ids=("z",)))
    assert () == evidence_documents(gold(N, doc_ids=("z",)))
