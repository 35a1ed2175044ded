"""Starting again: what is there is not computed again, and what a run was begun with is what it goes on with."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import RunError
from factcheck.formats.export import export
from factcheck.jobs.estimate import estimate
from factcheck.jobs.progress import Silent
from factcheck.jobs.verify import run_job
from factcheck.nli.cache import CachedScorer, ScoreCache
from factcheck.nli.identity import model_fingerprint
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI

NAMES = [f"{first}{second}a" for first in "BDFGKLMN" for second in "aei"]


class Stand(RuleNLI):
    """The rule double, with the identity of the bundled model."""

    def __init__(self, numeric_class="torch/fp32/cpu/shapes-1"):
        super().__init__()
        self.fingerprint = model_fingerprint("nli-mini")
        self.numeric_class = numeric_class


class Stopping(Silent):
    """Stops the job after its second window."""

    windows = 2

    def advance(self, stage, n=1):
        self.windows -= stage == "scoring"
        if not self.windows:
            raise KeyboardInterrupt


class Noting(Silent):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FACTCHECK_CACHE", str(folder))
    return folder


@pytest.fixture
def model(monkeypatch):
    """The rule double wherever a model would be loaded; gives what was asked for."""
    asked = []

    def load(name, *, precision, device, labels):
        asked.append((precision, device))
        return Stand(f"torch/{precision.replace('auto', 'fp32')}/{device.replace('auto', 'cpu')}/shapes-1")

    monkeypatch.setattr("factcheck.jobs.scorer.load", load)
    return asked


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.txt").write_text(f"The ferry {name} sails twice a day.\n", "utf-8")
    return folder


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "claims.jsonl"
    path.write_text("".join(json.dumps({"claim": f"The ferry {name} sails."}) + "\n" for name in NAMES), "utf-8")
    return path


def stop(claims, corpus, run, scorer, **settings):
    with pytest.raises(KeyboardInterrupt):
        run_job(claims, run, Settings(corpus=str(corpus), window=5, **settings), scorer=scorer, progress=Stopping())


def exported(run, tmp_path):
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", tmp_path / "out.jsonl")
    return (tmp_path / "out.jsonl").read_bytes()


def manifest(run):
    return json.loads((run / "manifest.json").read_text("utf-8"))


def test_a_finished_run_is_known_without_its_model(claims, corpus, tmp_path):
    """Neither torch nor transformers is loaded, by the real command."""
    run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=Stand())
    command = ["verify", str(claims), "--corpus", str(corpus), "--run", str(tmp_path / "run"), "--quiet"]
    code = f"import sys; from factcheck.cli import app; app({command}, standalone_mode=False); "
    code += "print([name for name in ('torch', 'transformers', 'tokenizers') if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "24 verdicts there already" in done.stdout
    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("recorded", ["torch/bf16/cpu/shapes-1", "torch/fp16/cuda/shapes-1"])
def test_auto_means_what_the_run_was_begun_with(claims, corpus, tmp_path, recorded):
    """A finished run is the same run on a machine that would choose otherwise."""
    run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=Stand(recorded))

    assert 24 == run_job(claims, tmp_path / "run", Settings(corpus=str(corpus))).resumed


@pytest.mark.parametrize("asked", [{"precision": "fp32"}, {"device": "cuda:1"}])
def test_what_is_asked_for_in_words_must_be_what_the_run_has(claims, corpus, tmp_path, asked):
    """Another precision or device is another run, and is refused without loading a model."""
    run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=Stand("torch/bf16/cpu/shapes-1"))

    with pytest.raises(RunError, match="numeric_class was"):
        run_job(claims, tmp_path / "run", Settings(corpus=str(corpus), **asked))


def test_a_stopped_run_goes_on_in_the_precision_it_was_begun_in(claims, corpus, tmp_path, model):
    """Whatever `auto` would be now; the verdicts are those of an undisturbed run."""
    run_job(claims, tmp_path / "whole", Settings(corpus=str(corpus)), scorer=Stand("torch/bf16/cpu/shapes-1"))
    stop(claims, corpus, tmp_path / "run", Stand("torch/bf16/cpu/shapes-1"))

    report = run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)))

    assert [("bf16", "cpu")] == model
    assert 0 < report.resumed < 24
    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)
    assert "torch/bf16/cpu/shapes-1" == manifest(tmp_path / "run")["identity"]["numeric_class"]


def test_a_stopped_run_of_other_batch_shapes_is_refused(claims, corpus, tmp_path, model):
    """What recording cannot bring back: the code computes otherwise now."""
    stop(claims, corpus, tmp_path / "run", Stand("torch/fp32/cpu/shapes-0"))

    with pytest.raises(RunError, match="numeric_class was"):
        run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)))


def test_a_run_begun_on_what_this_machine_lacks_is_refused(claims, corpus, tmp_path):
    """The message says what it was begun in, and what is missing."""
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    stop(claims, corpus, tmp_path / "run", Stand("torch/bf16/cuda/shapes-1"))

    with pytest.raises(RunError, match="begun in bf16 on cuda, which cannot be had here"):
        run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)))


def test_another_model_is_refused_before_it_is_loaded(claims, corpus, tmp_path, model):
    """By its fingerprint."""
    stop(claims, corpus, tmp_path / "run", RuleNLI())

    with pytest.raises(RunError, match="model was"):
        run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)))
    assert [] == model


def test_a_run_that_was_stopped_before_it_knew_its_identity_goes_on(claims, corpus, tmp_path, model):
    """As one that was just begun."""
    stop(claims, corpus, tmp_path / "run", Stand())
    with closing(sqlite3.connect(tmp_path / "run" / "run.sqlite")) as db, db:
        db.execute("DELETE FROM meta WHERE key IN ('identity', 'read')")

    assert 24 == sum(run_job(claims, tmp_path / "run", Settings(corpus=str(corpus))).counts.values())


def test_rejected_claims_are_counted_the_same_again(claims, corpus, tmp_path):
    """Those that the reader and those that the model refused; a mended one makes the claims others."""
    good = claims.read_text("utf-8")
    claims.write_text(good + json.dumps({"claim": "word " * 300}) + '\n{"claim": 7}\n', "utf-8")
    settings = Settings(corpus=str(corpus), on_error="skip")
    run_job(claims, tmp_path / "run", settings, scorer=Stand())
    before = (tmp_path / "run" / "rejected.jsonl").read_bytes()

    again = run_job(claims, tmp_path / "run", settings)
    claims.write_text(good + json.dumps({"claim": "word " * 20}) + '\n{"claim": 7}\n', "utf-8")

    assert (24, 2) == (again.claims, again.rejected)
    with pytest.raises(RunError, match="claims are not those"):
        run_job(claims, tmp_path / "run", settings)
    assert before == (tmp_path / "run" / "rejected.jsonl").read_bytes()


def test_a_new_run_over_a_warm_cache_scores_nothing(claims, corpus, cache, tmp_path, model):
    """And comes to the same bytes; report and manifest say where the scores are from."""
    first = run_job(claims, tmp_path / "one", Settings(corpus=str(corpus)))
    second = run_job(claims, tmp_path / "two", Settings(corpus=str(corpus)))

    pairs = first.scored.pairs_asked
    assert (pairs, 0, 0, pairs) == (
        first.scored.pairs_scored,
        first.scored.pairs_cached,
        second.scored.pairs_scored,
        second.scored.pairs_cached,
    )
    assert exported(tmp_path / "one", tmp_path) == exported(tmp_path / "two", tmp_path)
    assert pairs == manifest(tmp_path / "two")["scored"]["pairs_cached"]
    assert f"{pairs} pairs, {pairs / 24:.1f} a claim; 0 scored before, {pairs} now; padding efficiency 1.00" in str(
        first
    )
    assert f"{pairs} scored before, 0 now" in str(second)
    assert "a claim" not in str(run_job(claims, tmp_path / "two", Settings(corpus=str(corpus))))
    assert (cache / "scores.sqlite").is_file()


def test_without_a_cache_all_is_computed(claims, corpus, cache, tmp_path, model):
    """And no file is made."""
    for run in ("one", "two"):
        report = run_job(claims, tmp_path / run, Settings(corpus=str(corpus), cache=False))

    assert (report.scored.pairs_asked, 0) == (report.scored.pairs_scored, report.scored.pairs_cached)
    assert not list(cache.glob("scores*"))


def test_the_cache_may_be_a_named_file(claims, corpus, cache, tmp_path, model):
    """In a folder that is made."""
    run_job(claims, tmp_path / "run", Settings(corpus=str(corpus), cache=str(tmp_path / "new" / "mine.sqlite")))

    assert (tmp_path / "new" / "mine.sqlite").is_file()
    assert not list(cache.glob("scores*"))


@pytest.mark.parametrize(
    ("flags", "made"),
    [([], "cache/scores.sqlite"), (["--cache", "mine.sqlite"], "mine.sqlite"), (["--no-cache"], None)],
)
def test_the_command_line_names_the_cache(claims, corpus, tmp_path, *, monkeypatch, model, flags, made):
    """Or does without."""
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["verify", str(claims), "--corpus", str(corpus), "--run", "run", "-q", *flags])

    assert 0 == done.exit_code
    assert "a claim; 0 scored before" in done.output
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.sqlite")}
    assert {"run/run.sqlite"} | ({made} if made else set()) == files


def test_the_reader_is_told_of_a_torn_cache_and_the_job_goes_on(claims, corpus, cache, tmp_path, model):
    """In one line."""
    cache.mkdir()
    (cache / "scores.sqlite").write_text("The mill ground rye.\n", "utf-8")
    progress = Noting()

    run_job(claims, tmp_path / "run", Settings(corpus=str(corpus), calibration="none"), progress=progress)

    [note] = progress.notes
    assert "set aside" in note
    assert "The mill ground rye.\n" == (cache / "scores.sqlite.old").read_text("utf-8")


def test_a_scorer_that_is_handed_in_is_used_as_it_is(claims, corpus, cache, tmp_path):
    """Whoever hands it in decides on its cache."""
    own = ScoreCache(tmp_path / "own.sqlite")
    for run in ("one", "two"):
        scorer = CachedScorer(RuleNLI(), own)
        report = run_job(claims, tmp_path / run, Settings(corpus=str(corpus)), scorer=scorer)
    own.close()

    assert 0 == report.scored.pairs_scored
    assert not list(cache.glob("scores*"))


def test_a_report_counts_what_its_own_start_scored(claims, corpus, tmp_path):
    """Not what the scorer did before, nor what an earlier start did."""
    stop(claims, corpus, tmp_path / "run", Stand())
    scorer = Stand()
    scorer.score([("Used before.", "Used.")])

    report = run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=scorer)

    assert scorer.counters.pairs_asked - 1 == report.scored.pairs_asked
    assert report.scored.pairs_asked < report.pairs


def test_an_estimate_neither_reads_nor_fills_the_cache(claims, corpus, cache, model):
    """A sample that was scored before would say that the rest takes no time."""
    estimate(claims, Settings(corpus=str(corpus)))

    assert not list(cache.glob("scores*"))


@pytest.mark.model
def test_the_real_model_goes_on_in_bf16_under_auto(claims, corpus, tmp_path):
    """Begun in bf16 by name, gone on with by `auto`, over a cache that must not change a byte."""
    named = Settings(corpus=str(corpus), passages=2, precision="bf16", cache=False)
    run_job(claims, tmp_path / "whole", named)
    stop(claims, corpus, tmp_path / "run", None, passages=2, precision="bf16")

    report = run_job(claims, tmp_path / "run", Settings(corpus=str(corpus), passages=2))
    again = run_job(claims, tmp_path / "again", Settings(corpus=str(corpus), passages=2, precision="bf16"))

    assert 0 < report.resumed < 24
    assert 0 == again.scored.pairs_scored
    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)
    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "again", tmp_path)
