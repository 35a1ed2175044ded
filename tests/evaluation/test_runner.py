"""Labelled claims through the pipeline: what is scored, what is compared, and what is shared."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from ferry_set import CLAIMS, PLAIN, open_rules, write_claims, write_corpus

from factcheck.assets import asset
from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError, RunError
from factcheck.evaluation.datasets import load
from factcheck.evaluation.overlap import add
from factcheck.evaluation.results import BASE
from factcheck.evaluation.runner import evaluate, evaluate_run
from factcheck.evaluation.sharing import First, Remembered, ScoredOnce
from factcheck.formats.records import to_json
from factcheck.jobs.progress import Silent
from factcheck.jobs.verify import run_job
from factcheck.retrieval.finder import EvidenceFinder
from factcheck.testing import RuleNLI
from factcheck.types import Claim, Context, Label


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("ferries")


@pytest.fixture(autouse=True, scope="module")
def cache(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTCHECK_CACHE", str(place / "cache"))
        yield


@pytest.fixture(scope="module")
def settings(place):
    """The corpus is indexed once for all tests."""
    return Settings(corpus=str(write_corpus(place / "corpus")), passages=5, **PLAIN)


@pytest.fixture(scope="module")
def data(place, settings):
    return load(write_claims(place / "claims.jsonl"), settings)


@pytest.fixture(scope="module")
def plain(data, settings):
    """The evaluation without anything special."""
    [found] = evaluate(data, settings, open_model=open_rules)
    return found


def value(evaluation, name):
    return round(evaluation.score(name).value, 6)


def test_verdicts_are_scored_against_gold(plain):
    """The double gets four of the five right: a paraphrase is beyond it."""
    assert (5, "corpus", BASE, False) == (plain.claims, plain.regime, plain.variant, plain.two_class)
    assert 0.8 == value(plain, "accuracy")
    assert [case.right for case in plain.cases] == [True, True, True, False, True]
    assert ((1, 0, 0, 1), (0, 2, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1)) == plain.confusion.counts


def test_retrieval_is_scored_where_a_corpus_is_searched(plain):
    """All gold sentences share a word with their claim here."""
    recall = {score.name: score for score in plain.retrieval}
    assert (1.0, 4) == (recall["evidence recall@5"].value, recall["evidence recall@5"].n)
    assert {"evidence recall@1", "document recall@1", "MRR"} <= recall.keys()


def test_the_scores_by_k_are_those_of_a_run_with_that_many_passages(plain, data, settings):
    """They follow from the first hits and their scores, with no other search and no other pair."""
    for row in plain.by_k:
        [alone] = evaluate(data, replace(settings, passages=row.k), open_model=open_rules)
        assert alone.score("accuracy").value == row.of("accuracy").value
    assert [1, 2, 3, 5] == [row.k for row in plain.by_k]


def test_gold_evidence_is_a_regime_of_its_own(data, settings):
    """A claim without any is not judged, which is said."""
    [found] = evaluate(data, replace(settings, evidence="gold"), open_model=open_rules)

    assert ("gold", (), ()) == (found.regime, found.retrieval, found.by_k)
    assert any("1 claim without gold evidence" in note for note in found.notes)


def test_the_rest_of_a_two_class_set_is_scored_against_supported_alone(tmp_path):
    """A contradicted claim that is not supported is right."""
    records = [
        {"claim": "The ferry sails daily.", "doc": "The ferry sails daily.", "label": 1},
        {"claim": "The ferry sails daily.", "doc": "The ferry does not sail daily.", "label": 0},
        {"claim": "The quay is new.", "doc": "Bread rises.", "label": 0},
    ]
    found = load(write_claims(tmp_path / "claims.jsonl", records), Settings())

    [scored] = evaluate(found, Settings(**PLAIN), open_model=open_rules)

    assert ("given", True, 1.0) == (scored.regime, scored.two_class, value(scored, "balanced accuracy"))
    assert ("supported", "not supported") == scored.confusion.rows
    assert Label.CONTRADICTED is scored.cases[1].verdict.label
    assert (0, 1, 0, 1) == scored.confusion.counts[1]


def test_two_models_are_compared_on_the_same_claims(data, settings):
    """The second brings its paired difference to the first; a single one needs no correction."""
    first, second = evaluate(data, settings, models=["seeing", "blind"], open_model=open_rules)

    assert () == first.differences
    [accuracy] = [item for item in second.differences if item.score == "accuracy"]
    assert ("blind", "seeing", 5) == (accuracy.this, accuracy.other, accuracy.n)
    assert -0.4 == round(accuracy.value, 6)
    assert accuracy.low <= accuracy.value <= accuracy.high
    assert accuracy.adjusted is None


def test_beyond_two_models_every_pair_is_compared_and_corrected(data, settings):
    """Holm's method never makes a difference more certain."""
    found = evaluate(data, settings, models=["seeing", "blind", "third"], open_model=open_rules)

    assert [0, 1, 2] == [sum(item.score == "accuracy" for item in one.differences) for one in found]
    assert all(item.adjusted >= item.p for one in found for item in one.differences)


def test_hits_are_looked_for_once_for_all_models(data, settings, monkeypatch):
    """Each claim is searched for once."""
    asked = []
    search = EvidenceFinder.find

    def counted(finder, claims):
        asked.extend(claim.id for claim in claims)
        return search(finder, claims)

    monkeypatch.setattr(EvidenceFinder, "find", counted)
    evaluate(data, settings, models=["seeing", "blind"], open_model=open_rules)

    assert sorted(claim["id"] for claim in CLAIMS) == sorted(asked)


def test_an_ablation_is_compared_with_the_base_alone(data, settings):
    """One evaluation for each change, named by it."""
    base, *others = evaluate(data, settings, ablate=("k", "context"), open_model=open_rules)

    assert (BASE, ()) == (base.variant, base.differences)
    assert ["k=1", "k=2", "k=3", "k=10", "k=20", "context=false"] == [one.variant for one in others]
    assert {base.name} == {item.other for one in others for item in one.differences}
    assert all(item.adjusted is not None for one in others for item in one.differences)


def test_without_a_fitted_rule_there_is_none_to_turn_off(data, settings):
    """The double has no calibration: the change would be none."""
    with pytest.raises(ConfigError, match="no fitted rule is in force"):
        evaluate(data, replace(settings, calibration="auto"), ablate=("aggregation",), open_model=open_rules)


def test_a_change_that_cannot_be_made_here_is_left_out_with_a_note(data, settings):
    """The others are made."""
    notes = []
    progress = Silent()
    progress.note = notes.append

    chosen = replace(settings, calibration="auto")
    found = evaluate(data, chosen, ablate=("context", "aggregation"), progress=progress, open_model=open_rules)

    assert [BASE, "context=false"] == [one.variant for one in found]
    assert any("calibration=none is left out" in note for note in notes)


def test_the_files_of_the_claims_are_no_documents(tmp_path):
    """Else the answers would be in the corpus."""
    settings = Settings(corpus=str(write_corpus(tmp_path / "corpus")))
    path = write_claims(Path(settings.corpus) / "claims.jsonl")

    [found] = evaluate(load(path, settings), settings, exclude=[path], open_model=open_rules)

    read = {item.passage.source.path for case in found.cases for item in case.verdict.evidence}
    assert "claims.jsonl" not in read


def test_a_claim_that_cannot_be_verified_stops_the_evaluation_or_is_counted(tmp_path, settings):
    """As on_error says."""
    records = [*CLAIMS, {"id": "long", "claim": "ferry " * 600, "label": "SUPPORTED"}]
    data = load(write_claims(tmp_path / "claims.jsonl", records), settings)

    with pytest.raises(ClaimsError, match="600 tokens"):
        evaluate(data, settings, open_model=open_rules)
    [found] = evaluate(data, replace(settings, on_error="skip"), open_model=open_rules)
    assert 5 == found.claims
    assert any("1 record that cannot be used" in note for note in found.notes)


def test_claims_of_the_training_data_are_scored_apart(data, settings, tmp_path):
    """By the digests in the model's folder."""
    folder = tmp_path / "model"
    folder.mkdir()
    add(folder, ["the ferry alma sails twice a day", "The harbour opened in 1999!"])

    [found] = evaluate(data, replace(settings, model=str(folder)), open_model=lambda _: RuleNLI())

    overlap = found.overlap
    assert (1, 1) == (overlap.same, overlap.alike)
    accuracy = [next(score for score in part if score.name == "accuracy") for part in (overlap.seen, overlap.unseen)]
    assert [(1.0, 2), (round(2 / 3, 6), 3)] == [(round(score.value, 6), score.n) for score in accuracy]


def test_a_model_without_digests_is_told_plainly(data, settings, tmp_path):
    """Its overlap is not known, and no number stands for that."""
    [found] = evaluate(data, settings, models=[str(tmp_path)], open_model=open_rules)

    assert (None, None, ()) == (found.overlap.same, found.overlap.alike, found.overlap.seen)
    assert "not known" in found.overlap.note


def test_a_finished_run_is_scored_as_it_is(tmp_path):
    """The same scores as evaluating the file, and nothing is judged."""
    settings = Settings(corpus=str(write_corpus(tmp_path / "corpus")), passages=5, **PLAIN)
    path = write_claims(tmp_path / "claims.jsonl")
    run_job(path, tmp_path / "run", settings, scorer=RuleNLI())
    shutil.rmtree(settings.corpus)

    found = evaluate_run(tmp_path / "run")

    assert (5, "corpus", 0.8) == (found.claims, found.regime, value(found, "accuracy"))
    assert ("rule-nli", 5) == (found.model, found.passages)
    assert f"{tmp_path.name}/claims" == found.dataset


def test_a_run_that_is_not_finished_is_refused(settings, tmp_path):
    """Claims without a verdict are not right by chance."""
    claims = [CLAIMS[at % 5] | {"id": str(at)} for at in range(10)]
    path = write_claims(tmp_path / "many.jsonl", claims)
    run_job(path, tmp_path / "run", replace(settings, window=2), scorer=RuleNLI(), stopping=lambda: True)

    with pytest.raises(RunError, match="not finished"):
        evaluate_run(tmp_path / "run")


def test_a_run_without_gold_is_refused(settings, tmp_path):
    """There is nothing to compare with."""
    path = write_claims(tmp_path / "plain.jsonl", [{"claim": "The ferry sails."}])
    run_job(path, tmp_path / "run", settings, scorer=RuleNLI())

    with pytest.raises(ClaimsError, match="none of its 1 claims has a gold label"):
        evaluate_run(tmp_path / "run")


def test_the_record_is_json_and_leaves_the_cases_out(plain):
    """What a program reads."""
    record = json.loads(to_json(plain.record()))

    assert (5, "corpus") == (record["claims"], record["regime"])
    assert "cases" not in record
    assert 5 == record["settings"]["passages"]


def test_shared_parts_give_what_those_behind_them_give():
    """A pair is asked for once, a claim searched for once, and the first hits are the first."""
    text = "The ferry sails. The ferry rests. The ferry waits."
    claim = Claim("1", "The ferry sails.", contexts=(Context("c", "", text),))
    finder = Remembered(EvidenceFinder(None, passages=3))
    scorer = ScoredOnce(RuleNLI())

    [whole], [first] = finder.find([claim]), First(finder, 2).find([claim])
    pairs = [(hit.passage.premise, claim.text) for hit in whole.hits]

    assert whole.hits[:2] == first.hits
    assert RuleNLI().score(pairs) == scorer.score(pairs) == scorer.score(pairs)
    assert 3 == scorer.counters.pairs_asked


@pytest.mark.model
def test_the_bundled_model_decides_some_of_our_claims_rightly(tmp_path):
    """Both ways; how many is for `factcheck evaluate` to say, not for a test."""
    folder = asset("claims/glaciers")
    settings = Settings(corpus=str(folder / "documents"), index=str(tmp_path / "index"), cache=False)

    [found] = evaluate(load(folder / "claims.jsonl", settings, first=40), settings)

    right = {case.wanted for case in found.cases if case.right}
    assert {Label.SUPPORTED, Label.CONTRADICTED} <= right
    assert found.score("accuracy").value == found.by_k[-1].of("accuracy").value
    assert found.score("accuracy").low < found.score("accuracy").value < found.score("accuracy").high
