"""How a verdict came about: traced from what its run recorded, with the rule double in the model's place."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.formats.records import verdict_record
from factcheck.jobs.bench import METHOD
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import cached_index, index_corpus
from factcheck.jobs.trace import Case, HitsFrom, Tracer, Treatment
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Label

NAMES = ["Baa", "Dea", "Fia", "Goa", "Kua"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FACTCHECK_CACHE", str(folder))
    return folder


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.txt").write_text(f"The ferry {name} sails twice a day.\n", "utf-8")
    (folder / "copy.txt").write_text("A ferry Baa sails twice a day!\n", "utf-8")
    return folder


@pytest.fixture
def verify(tmp_path, corpus):
    """Verifies claims, given as records, in a run of its own; gives the run folder."""

    def start(*records, max_tokens=512, **settings):
        path = tmp_path / "claims.jsonl"
        path.write_text("".join(json.dumps({"id": "c", **record}) + "\n" for record in records), "utf-8")
        if not all("contexts" in record for record in records):
            settings["corpus"] = str(corpus)
        run_job(path, tmp_path / "run", Settings(**settings), scorer=RuleNLI(max_tokens=max_tokens))
        return tmp_path / "run"

    return start


def traced(run, claim_id="c"):
    with Ledger(run) as ledger:
        return Tracer(ledger).trace(ledger.verdict(claim_id))


def given(claim, *texts):
    return {
        "claim": claim,
        "contexts": [{"id": f"t{at}", "title": "Sea", "text": text} for at, text in enumerate(texts)],
    }


def test_a_trace_goes_from_the_words_to_the_rule(verify):
    """Stop words left out, stems, passages by rank with the words they hold, stance against threshold, grounds."""
    trace = traced(verify({"claim": "The ferry Baa is sailing."}, support=0.75))

    assert ("ferry", "Baa", "sailing") == trace.query.words
    assert ("The", "is") == trace.query.left_out
    assert ("ferri", "baa", "sail") == trace.query.terms
    assert HitsFrom.SEARCH is trace.hits_from
    assert list(range(1, 6)) == [hit.rank for hit in trace.hits]
    scores = [hit.hit.score for hit in trace.hits]
    assert sorted(scores, reverse=True) == scores
    first = trace.hits[0]
    assert ("ferri", "baa", "sail") == first.terms
    assert ("ferri", "sail") == trace.hits[1].terms
    assert [("entailment reaches 0.75", True)] == [(part.why, part.ground) for part in first.parts]
    assert "entailment does not reach 0.75, nor contradiction 0.5" == trace.hits[1].parts[0].why
    assert not any(part.ground for hit in trace.hits[1:] for part in hit.parts)
    assert (Case.ONE_SIDE, True, ()) == (trace.case, trace.same_again, trace.notes)


def test_copies_are_shown_with_the_passage_they_were_merged_into(verify):
    """One sentence that two documents print is one hit."""
    first = traced(verify({"claim": "The ferry Baa sails."})).hits[0]

    assert {"Baa.txt", "copy.txt"} == {
        first.hit.passage.source.path,
        *(copy.source.path for copy in first.hit.copies),
    }


def test_what_the_stages_left_unread_is_named(verify):
    """With the rank after which the claim counted as settled, and why."""
    trace = traced(verify({"claim": "The ferry Dea sails."}, stages=(1, 2, 5), passages=5, support=0.9))

    assert [Treatment.WHOLE, *[Treatment.UNJUDGED] * 4] == [hit.treatment for hit in trace.hits]
    [end] = trace.stages
    assert (1, Label.SUPPORTED, True) == (end.rank, end.label, end.settled)
    assert (
        "the strongest entailment, 0.96, reaches 0.91, and the strongest contradiction, 0.02, is within 0.15" == end.why
    )


@pytest.mark.parametrize(
    ("claim", "support", "why"),
    [("The ferry Zoa sails.", 0.5, "stays open"), ("The ferry Dea sails.", 0.96, "0.96, is below 0.964")],
)
def test_why_a_claim_stayed_open_after_a_stage_is_told(verify, claim, support, why):
    """Then everything was read, and the last stage needs no reason."""
    trace = traced(verify({"claim": claim}, stages=(1, 2, 5), passages=5, support=support))

    assert [(1, False), (2, False)] == [(end.rank, end.settled) for end in trace.stages]
    assert all(why in end.why for end in trace.stages)
    assert Treatment.UNJUDGED not in {hit.treatment for hit in trace.hits}


def test_a_stage_after_which_nothing_was_left_settles_nothing(verify):
    """As many passages were found as it judges: the verdict does not hang on it."""
    trace = traced(verify({"claim": "The ferry Dea sails.", "doc_ids": ["Dea.txt"]}, stages=(1, 10)))

    assert (1, ()) == (len(trace.hits), trace.stages)


def test_what_did_not_fit_is_told(verify):
    """A sentence that was read without the one before it, and one that was read in parts."""
    long = f"It sails past the {'old ' * 20}mill."
    trace = traced(
        verify(
            given("It sails at night.", f"Ferry Baa is blue and slow and loud. It sails at night. {long}"),
            max_tokens=16,
        )
    )

    found = {hit.hit.passage.quote: hit for hit in trace.hits}
    assert Treatment.WITHOUT_CONTEXT is found["It sails at night."].treatment
    split = found[long]
    assert Treatment.SPLIT is split.treatment
    assert len(split.parts) > 1
    assert all(part.evidence.passage.quote in long for part in split.parts)


@pytest.mark.parametrize(
    ("texts", "settings", "case", "words"),
    [
        (["Ferry Baa sails."], {}, Case.ONE_SIDE, "supports the claim and none contradicts it"),
        (["Ferry Baa sails not."], {}, Case.ONE_SIDE, "contradicts the claim and none supports it"),
        (["Ferry Baa sails.", "Ferry Baa never sails."], {}, Case.CONFLICT, "different documents"),
        (
            ["Ferry Baa sails. Ferry Baa never sails."],
            {"quantities": False},
            Case.STRONGER_SIDE,
            "where they are equal): 0.96 against 0.96",
        ),
        (["It rains."], {}, Case.NO_STANCE, "most likely neutral; the score is one minus"),
        (["Ferry Baa sails."], {"support": 0.99}, Case.NO_STANCE, "less likely neutral than something else"),
        ([""], {}, Case.NO_PASSAGE, "nothing was judged"),
    ],
)
def test_the_rule_is_told_in_words(verify, texts, settings, case, words):
    """Each case of the rule, and the probabilities give the verdict again."""
    trace = traced(verify(given("Ferry Baa sails.", *texts), **settings))

    assert case is trace.case
    assert words in trace.rule
    assert trace.same_again


def test_a_conflict_stands_on_both_sides(verify):
    """One passage of each stance is a ground, and no other."""
    trace = traced(
        verify(given("Ferry Baa sails.", "Ferry Baa sails.", "Ferry Baa never sails. Ferry Baa is not sailing."))
    )

    grounds = [part.evidence.stance for hit in trace.hits for part in hit.parts if part.ground]
    assert ["contradicts", "supports"] == sorted(grounds)


def test_own_contexts_are_searched_again_without_the_index(verify, cache):
    """The run's index is not asked for them; a context's title is not searched."""
    run = verify(given("Ferry Baa sails the sea.", "Ferry Baa sails."), {"id": "d", "claim": "Ferry Dea sails."})
    (cache / "indexes").rename(cache / "gone")

    trace = traced(run)

    assert (HitsFrom.SEARCH, ()) == (trace.hits_from, trace.notes)
    assert ("ferri", "baa", "sail") == trace.hits[0].terms


def test_named_documents_alone_are_searched(verify):
    """A claim that names documents has hits of them alone."""
    trace = traced(verify({"claim": "The ferry Baa sails.", "doc_ids": ["Dea.txt"]}))

    assert [("Dea.txt", HitsFrom.SEARCH)] == [(hit.hit.passage.source.doc_id, trace.hits_from) for hit in trace.hits]


def test_gold_evidence_has_neither_query_nor_rank(verify):
    """It was named, not found."""
    gold = {"label": "SUPPORTED", "evidence": [{"doc_id": "Dea.txt", "sentence": 0}]}
    trace = traced(verify({"claim": "The ferry Dea sails.", **gold}, evidence="gold", stages=(1, 10)))

    assert (None, (), HitsFrom.SEARCH) == (trace.query, trace.stages, trace.hits_from)
    assert [(None, ())] == [(hit.rank, hit.terms) for hit in trace.hits]


CLAIMS = {
    "plain": ({"claim": "The ferry Baa sails."}, {}),
    "staged": ({"claim": "The ferry Dea sails."}, {"stages": (2, 5), "passages": 5}),
    "named": ({"claim": "The ferry Baa sails.", "doc_ids": ["Dea.txt", "Goa.txt"]}, {}),
    "nothing": ({"claim": "Zxqv."}, {}),
    "split": ({"claim": "The ferry Dea sails."}, {"max_tokens": 12}),
}


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("state", ["changed", "gone"])
def test_the_ledger_alone_tells_of_everything_that_was_judged(verify, corpus, cache, name, state):
    """Where the index has moved on or is not there, a note says so; what was judged is told as before."""
    record, settings = CLAIMS[name]
    (corpus / "long.txt").write_text(f"The ferry {'Lua ' * 20}sails.\n", "utf-8")
    run = verify(record, **settings)
    whole = traced(run)
    if state == "gone":
        (cache / "indexes").rename(cache / "gone")
    else:
        (corpus / "new.txt").write_text("The ferry Baa is new, and the ferry Dea too.\n", "utf-8")
        index_corpus(str(corpus), cached_index(str(corpus), "en"), Settings(), Silent())

    trace = traced(run)

    assert HitsFrom.LEDGER is trace.hits_from
    assert ("another version" if state == "changed" else "cannot be read") in trace.notes[0]
    judged = [hit for hit in whole.hits if hit.parts]
    assert [(hit.rank, hit.hit.score, hit.terms, hit.parts) for hit in judged] == [
        (hit.rank, hit.hit.score, hit.terms, hit.parts) for hit in trace.hits
    ]
    assert (whole.query, whole.stages, whole.rule) == (trace.query, trace.stages, trace.rule)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evidence SET record = replace(record, 'Dea', 'Xea')",
        "UPDATE evidence SET record = json_set(record, '$.retrieval_score', 1.5) WHERE rank = 0",
        "UPDATE evidence SET record = json_set(record, '$.copies', json('[]'))",
        "UPDATE verdicts SET unjudged = 1",
        "DELETE FROM evidence WHERE rank = 3",
    ],
)
def test_a_search_that_gives_other_passages_is_not_passed_off_as_the_runs(verify, change):
    """The index is the run's, yet what was judged is not what a search gives."""
    run = verify({"claim": "The ferry Baa sails."})
    with closing(sqlite3.connect(run / LEDGER)) as db, db:
        db.execute(change)

    trace = traced(run)

    assert HitsFrom.LEDGER is trace.hits_from
    assert "now gives other passages" in trace.notes[0]


def test_a_verdict_that_its_numbers_do_not_give_is_found_out(verify):
    """Somebody changed the score."""
    run = verify({"claim": "The ferry Baa sails."})
    with closing(sqlite3.connect(run / LEDGER)) as db, db:
        db.execute("UPDATE verdicts SET score = 0.5")

    assert not traced(run).same_again


def test_another_method_is_noted(verify, monkeypatch):
    """The words of the rule are those of this version."""
    run = verify({"claim": "The ferry Baa sails."})
    monkeypatch.setattr("factcheck.jobs.trace.METHOD", 99)

    assert f"method {METHOD}" in traced(run).notes[0]


def test_a_run_that_never_began_has_nothing_to_trace(tmp_path):
    """Its claims may be there; how they would be decided is not."""
    with Ledger(tmp_path / "run", write=True) as ledger, pytest.raises(RunError, match="has not begun"):
        Tracer(ledger)


def test_the_record_names_what_the_verdict_lists(verify):
    """It is JSON as it stands; every judged passage is one of the verdict's evidence, each once."""
    trace = traced(verify({"claim": "The ferry Baa sails."}))

    record = json.loads(json.dumps(trace.record()))

    assert verdict_record(trace.verdict) == record["verdict"]
    places = [part["evidence"] for hit in record["hits"] for part in hit["judged"]]
    assert list(range(5)) == sorted(places)
    for hit in record["hits"]:
        for part in hit["judged"]:
            assert record["verdict"]["evidence"][part["evidence"]]["quote"] == hit["passage"]["quote"]
    assert ["one_side", True, "search"] == [record[name] for name in ("case", "same_again", "hits_from")]


def test_tracing_only_reads_and_loads_no_model(verify, cache):
    """Run and index stay byte for byte; torch is not imported."""
    run = verify({"claim": "The ferry Baa sails."})
    files = [path for folder in (run, cache) for path in sorted(folder.rglob("*")) if path.is_file()]
    before = [path.read_bytes() for path in files]
    code = """
import sys
from factcheck.jobs.trace import Tracer
from factcheck.run.ledger import Ledger
with Ledger(sys.argv[1]) as ledger:
    trace = Tracer(ledger).trace(ledger.verdict("c"))
print(trace.hits_from, "torch" in sys.modules)
"""

    done = subprocess.run([sys.executable, "-c", code, run], capture_output=True, text=True, check=True)

    assert "search False\n" == done.stdout
    assert files == [path for folder in (run, cache) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert before == [path.read_bytes() for path in files]
