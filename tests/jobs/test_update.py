"""Bringing a run up to date: it becomes what a full new run would be, and little is scored for it."""

import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from factcheck.config import Settings
from factcheck.errors import CorpusError, RunError
from factcheck.formats.export import export
from factcheck.jobs.known import KnownScores
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import index_corpus
from factcheck.jobs.update import Updater
from factcheck.jobs.verify import run_job
from factcheck.nli.cache import CachedScorer, ScoreCache
from factcheck.nli.identity import model_fingerprint
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Label

NAMES = [f"{first}{second}a" for first in "BDFG" for second in "aei"]
PASSAGES = 3


class Counting(RuleNLI):
    """The rule double, keeping every pair that it scores."""

    def __init__(self):
        super().__init__()
        self.pairs = []

    def score(self, pairs):
        self.pairs += pairs
        return super().score(pairs)


class At(Silent):
    """Does something after so many windows."""

    def __init__(self, windows, do):
        self.windows, self.do = windows, do

    def advance(self, stage, n=1):
        self.windows -= stage == "scoring"
        if not self.windows:
            self.do()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in NAMES:
        write(folder, name)
    return folder


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "claims.jsonl"
    lines = [json.dumps({"id": name, "claim": f"The ferry {name} sails."}) + "\n" for name in NAMES]
    path.write_text("".join(lines), "utf-8")
    return path


def write(corpus, name, text="The ferry {} sails twice a day.\n"):
    (corpus / f"{name}.txt").write_text(text.format(name), "utf-8")


def start(claims, corpus, run, scorer=None, **settings):
    chosen = Settings(**{"corpus": str(corpus), "passages": PASSAGES, "window": 4, **settings})
    return run_job(claims, run, chosen, scorer=scorer or RuleNLI())


def update(run, progress=None, stopping=lambda: False, **options):
    return Updater(run, **{"scorer": RuleNLI(), **options}).update(progress, stopping=stopping)


def exported(run):
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", run.parent / "out.jsonl")
    return (run.parent / "out.jsonl").read_bytes()


def pairs_of(run):
    with Ledger(run) as ledger:
        return {
            (item.passage.premise, verdict.claim.text) for verdict in ledger.verdicts() for item in verdict.evidence
        }


def files(run):
    return {path.name: path.read_bytes() for path in run.iterdir()}


def manifest(run):
    return json.loads((run / "manifest.json").read_text("utf-8"))


EDITS = {
    "add": lambda corpus: write(corpus, "new", "The ferry Baa sails no more.\n"),
    "change": lambda corpus: write(corpus, "Baa", "The ferry Baa does not sail.\n"),
    "remove": lambda corpus: (corpus / "Baa.txt").unlink(),
    "rename": lambda corpus: (corpus / "Baa.txt").rename(corpus / "Zoa.txt"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_updated_run_is_a_new_run_to_the_byte(claims, corpus, tmp_path, edit):
    """Of the pairs, only those are scored that the run does not hold."""
    start(claims, corpus, tmp_path / "run")
    held = pairs_of(tmp_path / "run")
    EDITS[edit](corpus)
    scorer = Counting()

    report = update(tmp_path / "run", scorer=scorer)
    start(claims, corpus, tmp_path / "new")

    assert exported(tmp_path / "new") == exported(tmp_path / "run")
    assert pairs_of(tmp_path / "run") - held == set(scorer.pairs)
    assert report.pairs.scored == len(scorer.pairs) < report.pairs.known
    assert report.pairs.asked == report.pairs.known + report.pairs.scored
    assert (report.changed, report.finished) == (True, True)


def test_the_report_counts_documents_and_flips(claims, corpus, tmp_path):
    """A document that has another name is one that went and one that came."""
    start(claims, corpus, tmp_path / "run")
    for edit in ("add", "rename"):
        EDITS[edit](corpus)
    write(corpus, "Bea", "The ferry Bea does not sail.\n")

    report = update(tmp_path / "run")

    changes = report.changes
    assert (13, 2, 1, 1) == (report.documents, changes.added, changes.changed, changes.removed)
    flips = {flip.claim_id: (flip.before, flip.after) for flip in report.flips}
    assert {"Baa": (Label.SUPPORTED, Label.CONFLICTING), "Bea": (Label.SUPPORTED, Label.CONTRADICTED)} == flips
    assert 2 == report.flipped
    assert "13 documents: 2 added, 1 changed, 1 removed" in str(report)
    assert "2 of 12 verdicts flipped" in str(report)


_TEXTS = st.sampled_from(
    [
        "The ferry {} sails twice a day.",
        "The ferry {} does not sail.",
        "Ferry {0} sails. The ferry {0} is late.",
        "Rye.",
    ]
)
_EDITS = st.dictionaries(st.sampled_from([*NAMES, "x", "y"]), st.none() | _TEXTS, min_size=1, max_size=5)
_FOLDERS = count()


@examples(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scripts=st.lists(_EDITS, min_size=1, max_size=2), stages=st.sampled_from([(), (1, PASSAGES)]))
def test_any_edits_come_to_what_a_new_run_comes_to(claims, tmp_path, scripts, stages):
    """One update after another, with stages and without; no pair that the run holds is scored again."""
    base = tmp_path / str(next(_FOLDERS))
    corpus = base / "corpus"
    corpus.mkdir(parents=True)
    write(corpus, "kept")
    for name in NAMES:
        write(corpus, name)
    settings = {"stages": stages, "index": str(base / "index")}
    start(claims, corpus, base / "run", **settings)

    for number, script in enumerate(scripts):
        held = pairs_of(base / "run")
        for name, text in script.items():
            if text is None:
                (corpus / f"{name}.txt").unlink(missing_ok=True)
            else:
                write(corpus, name, text)
        scorer = Counting()
        update(base / "run", scorer=scorer)
        start(claims, corpus, base / f"new-{number}", **settings)

        assert exported(base / f"new-{number}") == exported(base / "run")
        assert not held & set(scorer.pairs)


@pytest.mark.parametrize("window", [1, 100])
def test_the_window_does_not_change_a_byte_nor_what_is_scored(claims, corpus, tmp_path, window):
    """Whatever is planned together, what the run holds is at hand."""
    start(claims, corpus, tmp_path / "one")
    start(claims, corpus, tmp_path / "run", window=window)
    EDITS["change"](corpus)

    one, other = update(tmp_path / "one"), update(tmp_path / "run")

    assert exported(tmp_path / "one") == exported(tmp_path / "run")
    assert one.pairs == other.pairs


def test_scores_of_the_cache_are_told_from_those_of_the_run(claims, corpus, tmp_path):
    """What neither holds is scored."""
    store = ScoreCache(tmp_path / "scores.sqlite")
    scorer = CachedScorer(RuleNLI(), store)
    start(claims, corpus, tmp_path / "run", scorer=scorer)
    EDITS["change"](corpus)
    start(claims, corpus, tmp_path / "new", scorer=scorer)
    EDITS["add"](corpus)

    report = update(tmp_path / "run", scorer=scorer)
    store.close()

    pairs = report.pairs
    assert pairs.asked == pairs.known + pairs.cached + pairs.scored
    assert min(pairs.known, pairs.cached, pairs.scored) > 0


def test_an_update_of_the_corpus_that_the_run_has_leaves_it_byte_for_byte(claims, corpus, tmp_path):
    """And says that nothing changed; a new file that is no document is no change."""
    start(claims, corpus, tmp_path / "run")
    before = files(tmp_path / "run")
    (corpus / "picture.png").write_bytes(b"x")

    report = update(tmp_path / "run")

    assert not report.changed
    assert "nothing changed: 12 documents" in str(report)
    assert before == files(tmp_path / "run")


def test_nothing_changed_is_told_without_the_model(claims, corpus, tmp_path):
    """Neither torch nor transformers is loaded, by the real command."""
    scorer = RuleNLI()
    scorer.fingerprint, scorer.numeric_class = model_fingerprint("nli-mini"), "torch/fp32/cpu/shapes-1"
    start(claims, corpus, tmp_path / "run", scorer=scorer)
    code = "import sys; from factcheck.cli import app; "
    code += f"app(['update', {str(tmp_path / 'run')!r}, '--quiet'], standalone_mode=False); "
    code += "print([name for name in ('torch', 'transformers', 'tokenizers') if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "nothing changed" in done.stdout
    assert "[]" == done.stdout.splitlines()[-1]


def test_until_all_is_decided_everybody_reads_the_old_verdicts(claims, corpus, tmp_path):
    """And from then on the new ones."""
    run, seen = tmp_path / "run", []
    start(claims, corpus, run)
    before = exported(run)
    EDITS["change"](corpus)

    update(run, At(2, lambda: seen.append(exported(run))))

    assert [before] == seen
    assert before != exported(run)


def test_a_second_update_at_once_is_refused(claims, corpus, tmp_path):
    """And the first goes on."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    EDITS["change"](corpus)

    def second():
        with pytest.raises(RunError, match="another process"):
            update(run)

    assert update(run, At(1, second)).finished


def test_a_stopped_update_goes_on_where_it_was(claims, corpus, tmp_path):
    """Pairs of claims that it had decided are not asked for again."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    before = exported(run)
    EDITS["change"](corpus)
    asked = count()

    stopped = update(run, stopping=lambda: next(asked) == 1)  # first it is asked as scoring begins
    half = exported(run)
    report = update(run)
    start(claims, corpus, tmp_path / "new")

    assert (False, 0) == (stopped.finished, stopped.flipped)
    assert before == half
    assert (4, True, 1) == (report.resumed, report.finished, report.flipped)
    assert report.pairs.asked == 8 * PASSAGES
    assert exported(tmp_path / "new") == exported(run)


def half_done(run):
    """Stop an update after its second window."""
    asked = count()
    assert not update(run, stopping=lambda: next(asked) == 2).finished


def _killed(run, windows):
    update(run, At(windows, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def _killed_before_the_manifest(run):
    from factcheck.jobs import mend

    mend.write_manifest = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    update(run)


def killed(target, *arguments):
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    process.join()
    assert -signal.SIGKILL == process.exitcode


def test_a_killed_update_goes_on_to_the_same_bytes(claims, corpus, tmp_path):
    """After two kills; until it is whole the run is what it was."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    before = exported(run)
    EDITS["change"](corpus)
    for _ in range(2):
        killed(_killed, run, 1)
        assert before == exported(run)

    report = update(run)
    start(claims, corpus, tmp_path / "new")

    assert 8 == report.resumed
    assert exported(tmp_path / "new") == exported(run)


def test_a_manifest_that_a_kill_kept_from_being_written_is_written_at_the_next_start(claims, corpus, tmp_path):
    """Of whatever command; the run is one file again."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    old = manifest(run)["identity"]
    EDITS["change"](corpus)
    killed(_killed_before_the_manifest, run)
    assert old == manifest(run)["identity"]

    shutil.copytree(run, tmp_path / "copy")
    update(run)
    start(claims, corpus, tmp_path / "copy")

    for folder in (run, tmp_path / "copy"):
        with Ledger(folder) as ledger:
            assert ledger.get("identity") == manifest(folder)["identity"] != old
        assert {"changed": 1, "added": 0}.items() <= manifest(folder)["update"].items()
        assert {"run.sqlite", "manifest.json", "write.lock"} >= set(files(folder))


def test_a_corpus_that_changes_again_begins_a_half_done_update_anew(claims, corpus, tmp_path):
    """Nothing of the corpus in between is left."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    EDITS["change"](corpus)
    half_done(run)
    EDITS["remove"](corpus)

    report = update(run)
    start(claims, corpus, tmp_path / "new")

    assert 0 == report.resumed
    assert exported(tmp_path / "new") == exported(run)
    with closing(sqlite3.connect(run / "run.sqlite")) as db:
        assert [(12,)] == db.execute("SELECT count(*) FROM verdicts GROUP BY edition").fetchall()


def test_a_corpus_that_changes_back_drops_a_half_done_update(claims, corpus, tmp_path):
    """The run is as it was, in one file."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    before = exported(run)
    EDITS["change"](corpus)
    half_done(run)
    write(corpus, "Baa")

    report = update(run)

    assert not report.changed
    assert before == exported(run)
    assert {"run.sqlite", "manifest.json", "write.lock"} >= set(files(run))
    with closing(sqlite3.connect(run / "run.sqlite")) as db:
        assert [(12,)] == db.execute("SELECT count(*) FROM verdicts GROUP BY edition").fetchall()


def test_verify_points_to_an_update_before_and_has_nothing_to_do_after_it(claims, corpus, tmp_path):
    """The same command that began the run, while the update is half done, too."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    EDITS["change"](corpus)
    half_done(run)
    with pytest.raises(RunError, match=r"corpus was .* bring it up to date with `factcheck update"):
        start(claims, corpus, run)
    update(run)
    before = files(run)

    report = start(claims, corpus, run)

    assert (12, True, 0) == (report.resumed, report.finished, report.scored.pairs_asked)
    assert before == files(run)


def test_a_run_that_is_not_finished_is_updated_whole(claims, corpus, tmp_path):
    """With the scores that it has; where the corpus is its own, `verify` is to finish it."""
    run, asked = tmp_path / "run", count()
    settings = Settings(corpus=str(corpus), passages=PASSAGES, window=4)
    run_job(claims, run, settings, scorer=RuleNLI(), stopping=lambda: next(asked) == 1)
    with pytest.raises(RunError, match="8 of its 12 claims have no verdict yet; start its `factcheck verify` again"):
        update(run)
    EDITS["change"](corpus)

    report = update(run)
    start(claims, corpus, tmp_path / "new")

    assert (True, 1) == (report.finished, report.flipped)
    assert 0 < report.pairs.known <= 4 * PASSAGES
    assert exported(tmp_path / "new") == exported(run)


def test_a_claims_file_among_the_documents_stays_no_document(corpus, tmp_path):
    """As it was for the run."""
    path = corpus / "claims.txt"
    path.write_text("The ferry Baa sails.\nThe ferry Zoa sails.\n", "utf-8")
    start(path, corpus, tmp_path / "run")
    EDITS["add"](corpus)

    report = update(tmp_path / "run")

    assert (13, 1) == (report.documents, report.changes.added)


def test_a_corpus_that_has_moved_is_named_once(claims, corpus, tmp_path):
    """The next update looks for it in the new place, from whatever folder."""
    run = tmp_path / "run"
    start(claims, corpus, run)
    moved = corpus.rename(tmp_path / "moved")
    with pytest.raises(CorpusError, match="does not exist"):
        update(run)
    EDITS["change"](moved)
    first = update(run, corpus=str(moved))
    EDITS["add"](moved)

    second = update(run)

    assert (1, 1) == (first.changes.changed, second.changes.added)


def test_an_index_without_a_corpus_is_taken_as_it_is(claims, corpus, tmp_path):
    """The report says so, since documents that changed are not seen; `factcheck index` shows them."""
    index = tmp_path / "index"
    index_corpus(str(corpus), index, Settings(), Silent())
    start(claims, "", tmp_path / "run", index=str(index))
    EDITS["change"](corpus)

    before = update(tmp_path / "run")
    index_corpus(str(corpus), index, Settings(), Silent())
    after = update(tmp_path / "run")

    assert "name its documents with --corpus" in str(before)
    assert (False, True, 1) == (before.changed, after.changed, after.flipped)


def test_a_run_of_claims_that_bring_their_sources_has_nothing_to_update(tmp_path):
    """It says so."""
    path = tmp_path / "claims.jsonl"
    path.write_text('{"claim": "The ferry Baa sails.", "contexts": ["The ferry Baa sails."]}\n', "utf-8")
    run_job(path, tmp_path / "run", Settings(), scorer=RuleNLI())

    with pytest.raises(RunError, match="nothing to update"):
        update(tmp_path / "run")


def test_a_folder_without_a_run_is_refused_and_not_made(tmp_path):
    """A name that is mistyped makes no folder."""
    with pytest.raises(RunError, match="holds no run"):
        update(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_upgrade_is_refused(claims, corpus, tmp_path, monkeypatch):
    """Verdicts of two versions would be mixed; the message says which, and the run stays as it was."""
    start(claims, corpus, tmp_path / "run")
    EDITS["change"](corpus)
    before = files(tmp_path / "run")
    monkeypatch.setattr("factcheck.jobs.bench.scoring_versions", lambda: {"torch": "99"})

    with pytest.raises(RunError, match=r"versions was .* make a new run"):
        update(tmp_path / "run")
    assert before == files(tmp_path / "run")


def test_a_corpus_without_documents_is_refused(claims, corpus, tmp_path):
    """The verdicts stay."""
    start(claims, corpus, tmp_path / "run")
    before = files(tmp_path / "run")
    for path in corpus.iterdir():
        path.unlink()

    with pytest.raises(CorpusError, match="no readable document"):
        update(tmp_path / "run")
    assert before == files(tmp_path / "run")


@pytest.mark.parametrize(
    ("fields", "evidence", "missing"),
    [
        ({"doc_ids": ["Baa.txt"]}, "auto", "document 'Baa.txt' is not in the corpus"),
        ({"label": "SUPPORTED", "evidence": [{"doc_id": "Baa.txt", "sentence": 0}]}, "gold", "gold document 'Baa.txt'"),
    ],
)
def test_claims_that_name_documents_which_are_gone_are_refused(corpus, tmp_path, fields, evidence, missing):
    """By their lines, as a new run would refuse them; the verdicts stay, and go on once the document is back."""
    path = tmp_path / "claims.jsonl"
    path.write_text((json.dumps({"claim": "The ferry Baa sails.", **fields}) + "\n"), "utf-8")
    start(path, corpus, tmp_path / "run", evidence=evidence)
    before = files(tmp_path / "run")
    EDITS["remove"](corpus)

    with pytest.raises(RunError, match=rf"1 of its 1 claims name .*claims\.jsonl:1: {missing}.*put it back, or make"):
        update(tmp_path / "run")
    assert before == files(tmp_path / "run")
    write(corpus, "Baa", "The ferry Baa does not sail.\n")
    assert 1 == update(tmp_path / "run").flipped


def test_claims_that_were_rejected_are_not_tried_again(corpus, tmp_path):
    """The reader is told, since the document that one of them named may have come."""
    path, notes = tmp_path / "claims.jsonl", []
    path.write_text('{"claim": "The ferry Baa sails."}\n{"claim": "Rye.", "doc_ids": ["new.txt"]}\n', "utf-8")
    start(path, corpus, tmp_path / "run", on_error="skip")
    EDITS["add"](corpus)

    class Noting(Silent):
        def note(self, text):
            notes.append(text)

    update(tmp_path / "run", Noting())

    assert ["1 of the claims were rejected when the run began; they are not tried again"] == notes


def test_what_is_known_of_claims_long_past_is_let_go(claims, corpus, tmp_path):
    """Memory holds some windows of claims, however many there are; those that were read last are known."""
    start(claims, corpus, tmp_path / "run")
    with Ledger(tmp_path / "run") as ledger:
        last = list(ledger.verdicts())[-1]
        scorer = Counting()
        known = KnownScores(scorer, ledger.verdict, window=1)
        for _ in known.reading(ledger.claims()):
            assert len(known._young) + len(known._old) <= 4 * PASSAGES

        pair = (last.evidence[0].passage.premise, last.claim.text)
        assert [last.evidence[0].scores, last.evidence[0].scores] == known.score([pair, pair])
        known.score([(pair[0], "The ferry Baa sails.")])

    assert ([(pair[0], "The ferry Baa sails.")], 1) == (scorer.pairs, known.known)
    assert (3, 1) == (known.counters.pairs_asked, known.counters.pairs_scored)
