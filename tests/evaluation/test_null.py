"""False alarms: what is said of claims where nothing can be known."""

import pytest
from ferry_set import CLAIMS, DOCUMENTS, PLAIN, open_rules, write_claims, write_corpus

from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError
from factcheck.evaluation.datasets import load
from factcheck.evaluation.null import GOLD_REMOVED, UNRELATED, false_alarms
from factcheck.types import Label


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def alarms(tmp_path):
    """A function that counts false alarms on claims and documents."""

    def count(claims=None, documents=None, **options):
        settings = Settings(corpus=str(write_corpus(tmp_path / "corpus", documents)), passages=3, **PLAIN)
        data = load(write_claims(tmp_path / "claims.jsonl", claims), settings)
        return false_alarms(data, settings, open_model=open_rules, **options)

    return count


def rates(evaluation):
    return {item.k: item.rate.value for item in evaluation.false_alarms}


def test_nothing_is_known_once_the_gold_documents_are_gone(alarms):
    """With the corpus whole the double answers three of these claims."""
    [found] = alarms()

    assert {0.0} == set(rates(found).values())
    assert {1, 2, 3, 5, 10, 20} == set(rates(found))
    assert {GOLD_REMOVED} == {item.condition for item in found.false_alarms}
    gone = {"sails": "alma.txt", "winter": "bolt.txt", "year": "alma.txt", "fast": "cape.txt"}
    for case in found.cases:
        read = {item.passage.source.doc_id for item in case.verdict.evidence}
        assert gone.get(case.claim.id) not in read


def test_no_alarm_in_a_few_claims_is_no_proof_of_none(alarms):
    """The interval is exact, and ends where none in five claims has a probability of 2.5 %; so does that of a score."""
    [found] = alarms()

    highest = {round(item.rate.high, 6) for item in found.false_alarms}
    assert {round(1 - 0.025 ** (1 / 5), 6)} == highest
    accuracy = found.score("accuracy")
    assert (round(0.025 ** (1 / 5), 6), 1.0) == (round(accuracy.low, 6), accuracy.high)


def test_another_document_that_says_it_too_is_an_alarm_and_agrees(alarms):
    """The index knows one gold document; what others say is counted, and that it agrees."""
    more = DOCUMENTS | {"diary.txt": "Alma is a ferry that sails twice a day in summer.\n"}

    [found] = alarms(documents=more)

    at_most = found.false_alarms[-1]
    assert (1, 1, 1 / 5) == (at_most.supported, at_most.agreeing, at_most.rate.value)


def test_a_copy_of_a_gold_sentence_is_gone_with_it(alarms):
    """Printed again it is the same evidence."""
    [found] = alarms(documents=DOCUMENTS | {"copy.txt": "The ferry Alma sails twice a day!\n"})

    assert 0.0 == rates(found)[20]


def test_the_search_goes_deeper_for_what_was_removed(alarms):
    """A claim gets as many passages as there are outside its gold documents."""
    words = ["red", "blue", "green", "black", "brown", "grey", "pink", "gold"]
    gold = "\n\n".join(f"The ferry Alma is {one} and {two}." for one in words for two in words if one != two)
    documents = {"gold.txt": gold, "other.txt": "The ferry was here.\n\nA ferry was there.\n\nNo ferry came.\n"}
    claim = CLAIMS[0] | {"evidence": [{"doc_id": "gold.txt", "quote": "The ferry Alma is red and blue."}]}

    [found] = alarms([claim], documents)

    [case] = found.cases
    assert {"other.txt"} == {item.passage.source.doc_id for item in case.verdict.evidence}
    assert 3 == len({item.passage.quote for item in case.verdict.evidence})


def test_an_unrelated_corpus_is_searched_for_the_same_claims(alarms, tmp_path):
    """One evaluation a condition."""
    other = write_corpus(tmp_path / "other", {"bread.txt": "Bread rises twice a day.\n\nNo ferry opened in 2018.\n"})

    removed, unrelated = alarms(unrelated=str(other))

    assert [GOLD_REMOVED, UNRELATED] == [one.false_alarms[0].condition for one in (removed, unrelated)]
    assert {"bread.txt"} == {item.passage.source.doc_id for case in unrelated.cases for item in case.verdict.evidence}


def test_gold_says_not_enough_info_there(alarms):
    """So that every decisive verdict counts as wrong."""
    [found] = alarms()

    assert {Label.NOT_ENOUGH_INFO} == {case.wanted for case in found.cases}
    assert 1.0 == found.score("accuracy").value
    assert found.dataset.endswith(GOLD_REMOVED)


def test_a_decisive_claim_without_gold_documents_is_left_out(alarms):
    """What decides it cannot be removed; a claim that nothing decides stays."""
    bare = {"id": "bare", "claim": "The ferry Alma sails twice a day.", "label": "SUPPORTED"}

    [found] = alarms([bare, *CLAIMS])

    assert [claim["id"] for claim in CLAIMS] == [case.claim.id for case in found.cases]


def test_a_corpus_without_the_gold_documents_is_refused(alarms):
    """It would be the wrong corpus."""
    with pytest.raises(ClaimsError, match=r"has none of the 3 gold documents, such as 'alma\.txt'"):
        alarms(documents={"bread.txt": "Bread rises.\n"})


@pytest.mark.parametrize("evidence", ["gold", "given"])
def test_only_a_corpus_can_lack_documents(tmp_path, evidence):
    """Other evidence is what the claim names."""
    settings = Settings(corpus=str(write_corpus(tmp_path / "corpus")), evidence=evidence)
    data = load(write_claims(tmp_path / "claims.jsonl"), settings)

    with pytest.raises(ConfigError, match="has no documents to remove"):
        false_alarms(data, settings, open_model=open_rules)


def test_a_two_class_set_has_nothing_to_remove(alarms):
    """Its claims bring their documents."""
    with pytest.raises(ClaimsError, match="nothing can be removed"):
        alarms([{"claim": "The ferry sails.", "doc": "The ferry sails.", "label": 1}])
