"""The main job in a run folder, with the rule double in the model's place."""

import json
import multiprocessing
import os
import resource
import signal

import pytest

from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError, CorpusError, RunError
from factcheck.formats.export import export
from factcheck.jobs.estimate import estimate
from factcheck.jobs.progress import Silent
from factcheck.jobs.sources import cached_index
from factcheck.jobs.verify import run_job
from factcheck.run.ledger import Ledger
from factcheck.testing import RuleNLI
from factcheck.types import Label

NUMBERS = range(40)
NAMES = [
    f"{first}{second}a" for first in "BDFGKLMN" for second in "aeiou"
]  # one word each, so that none is like another


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in NUMBERS:
        (folder / f"{number:02}.txt").write_text(f"The ferry {NAMES[number]} sails twice a day.\n", "utf-8")
    return folder


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "claims.csv"
    rows = "".join(f"{number},The ferry {NAMES[number]} sails.,desk\n" for number in NUMBERS)
    path.write_text("id,claim,from\n" + rows, "utf-8")
    return path


def start(claims, corpus, run, **settings):
    return run_job(claims, run, Settings(corpus=str(corpus), **settings), scorer=RuleNLI())


def exported(run, tmp_path):
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", tmp_path / "out.jsonl")
    return (tmp_path / "out.jsonl").read_bytes()


def test_every_claim_gets_its_verdict_in_order(claims, corpus, tmp_path):
    """Columns of the input come back, and the manifest counts what was done."""
    report = start(claims, corpus, tmp_path / "run")

    records = [json.loads(line) for line in exported(tmp_path / "run", tmp_path).splitlines()]
    assert [str(number) for number in NUMBERS] == [record["id"] for record in records]
    assert {"SUPPORTED"} == {record["verdict"] for record in records}
    assert {"id": "0", "claim": "The ferry Baa sails.", "from": "desk"} == records[0]["input"]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert (40, 40, 40) == (report.claims, manifest["claims"], manifest["documents"])
    assert {"SUPPORTED": 40, "CONTRADICTED": 0, "CONFLICTING": 0, "NOT ENOUGH INFO": 0} == manifest["counts"]


def test_a_finished_run_started_again_scores_nothing(claims, corpus, tmp_path):
    """The verdicts are there already."""
    start(claims, corpus, tmp_path / "run")
    scorer = RuleNLI()

    report = run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=scorer)

    assert (40, 0) == (report.resumed, scorer.counters.pairs_asked)


@pytest.mark.parametrize("window", [1, 7, 128])
def test_the_window_does_not_change_a_byte(claims, corpus, tmp_path, window):
    """It is not part of the identity either: a run may go on with another."""
    start(claims, corpus, tmp_path / "whole")

    start(claims, corpus, tmp_path / "run", window=window)
    start(claims, corpus, tmp_path / "run", window=3)

    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)


@pytest.mark.parametrize("window", [1, 7, 128])
def test_the_window_does_not_change_a_byte_of_a_staged_run(claims, corpus, tmp_path, window):
    """Nor does being stopped and going on; fewer pairs are scored than without stages."""
    staged = {"stages": (1, 3), "passages": 3}
    start(claims, corpus, tmp_path / "whole", **staged)

    report = start(claims, corpus, tmp_path / "run", window=window, **staged)

    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)
    records = [json.loads(line) for line in exported(tmp_path / "run", tmp_path).splitlines()]
    assert {(1, 3)} == {(record["judged"], record["found"]) for record in records}
    assert len(NUMBERS) == report.pairs


def test_stages_are_part_of_the_identity(claims, corpus, tmp_path):
    """A run cannot go on with others."""
    start(claims, corpus, tmp_path / "run", stages=(4, 10))

    with pytest.raises(RunError, match=r"stages was \[4, 10\], is \[2, 10\]"):
        start(claims, corpus, tmp_path / "run", stages=(2, 10))


def _until_killed(claims, corpus, run, batches):
    class Dying(Silent):
        def advance(self, stage, n=1):
            nonlocal batches
            batches -= stage == "scoring"
            if batches < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    run_job(claims, run, Settings(window=4, corpus=str(corpus)), scorer=RuleNLI(), progress=Dying())


def test_a_killed_job_goes_on_where_it_was(claims, corpus, tmp_path):
    """After two kills at different places the rows are those of an undisturbed run, each once."""
    start(claims, corpus, tmp_path / "whole")
    spawn = multiprocessing.get_context("spawn")
    for batches in (3, 4):
        process = spawn.Process(target=_until_killed, args=(claims, corpus, tmp_path / "run", batches))
        process.start()
        process.join()
        assert -signal.SIGKILL == process.exitcode

    report = start(claims, corpus, tmp_path / "run")

    assert 0 < report.resumed < 40
    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)


def test_other_inputs_in_the_same_run_folder_are_refused(claims, corpus, tmp_path):
    """The message says what differs; the run stays as it was."""
    start(claims, corpus, tmp_path / "run")
    before = exported(tmp_path / "run", tmp_path)

    with pytest.raises(RunError, match="passages was 10, is 3"):
        start(claims, corpus, tmp_path / "run", passages=3)
    (corpus / "00.txt").write_text("Changed.\n", "utf-8")
    with pytest.raises(RunError, match="corpus was"):
        start(claims, corpus, tmp_path / "run")
    claims.write_text("claim\nAnother claim.\n", "utf-8")
    with pytest.raises(RunError, match="claims are not those"):
        start(claims, corpus, tmp_path / "run")

    assert before == exported(tmp_path / "run", tmp_path)


def test_bad_claims_stop_the_job_before_anything_is_scored(corpus, tmp_path):
    """The default; the message names file and line, and the mended file can be started in the same folder."""
    path = tmp_path / "claims.jsonl"
    path.write_text('{"claim": "Ferry 1 sails."}\n{"claim": 7}\n', "utf-8")
    with pytest.raises(ClaimsError, match=r"claims\.jsonl:2"):
        start(path, corpus, tmp_path / "run")
    path.write_text('{"claim": "Ferry 1 sails."}\n{"claim": "Ferry 2 sails."}\n', "utf-8")

    assert 2 == start(path, corpus, tmp_path / "run").claims


def test_bad_claims_can_be_passed_over(corpus, tmp_path):
    """Each goes to rejected.jsonl with its line and reason; all good ones get a verdict."""
    path = tmp_path / "claims.jsonl"
    lines = ['{"claim": "Ferry 1 sails."}', '{"claim": ', '{"claim": null}', '{"claim": "x", "doc_ids": ["no.txt"]}']
    lines += [json.dumps({"claim": "word " * 300}), '{"claim": "Ferry 2 sails."}']
    path.write_text("\n".join(lines) + "\n", "utf-8")

    report = start(path, corpus, tmp_path / "run", on_error="skip")

    rejected = [json.loads(line) for line in (tmp_path / "run" / "rejected.jsonl").read_text("utf-8").splitlines()]
    assert (2, 4) == (report.claims, report.rejected)
    assert {2, 3, 4, 5} == {item["line"] for item in rejected}
    assert all(item["problem"] and item["raw"] for item in rejected)


@pytest.mark.parametrize("name", ["claims.csv", "nothing.csv"])
def test_a_claims_file_with_nothing_in_it_is_an_error(corpus, tmp_path, name):
    """Empty or missing, with the way out."""
    (tmp_path / "claims.csv").write_bytes(b"")

    with pytest.raises(ClaimsError, match=name):
        start(tmp_path / name, corpus, tmp_path / "run")


def test_unreadable_documents_are_reported_and_the_job_goes_on(claims, corpus, tmp_path):
    """Noted as they are met, counted in the report, listed in the manifest."""
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (corpus / "latin.txt").write_bytes(b"caf\xe9")
    (corpus / "outside.txt").symlink_to("/etc/hostname")
    notes = []

    class Noting(Silent):
        def note(self, text):
            notes.append(text)

    report = run_job(claims, tmp_path / "run", Settings(corpus=str(corpus)), scorer=RuleNLI(), progress=Noting())

    assert 3 == len(report.problems) == len(notes)
    assert 40 == sum(report.counts.values())
    listed = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))["unreadable"]
    assert {"broken.pdf", "latin.txt", "outside.txt"} == {text.split(":")[0] for text in listed}


def test_an_index_is_used_as_it_is(claims, corpus, tmp_path):
    """Documents that came later are not seen until the index is brought up to date."""
    start(claims, corpus, tmp_path / "one")
    index = str(cached_index(str(corpus), "en"))
    (corpus / "99.txt").write_text("The ferry Bea does not sail.\n", "utf-8")

    old = run_job(claims, tmp_path / "old", Settings(index=index), scorer=RuleNLI())
    new = run_job(claims, tmp_path / "new", Settings(corpus=str(corpus), index=index), scorer=RuleNLI())

    assert (0, 1) == (old.counts[Label.CONFLICTING], new.counts[Label.CONFLICTING])


def test_an_index_of_another_language_is_refused(claims, corpus, tmp_path):
    """Rather than searched with the wrong stemmer."""
    start(claims, corpus, tmp_path / "one")

    with pytest.raises(ConfigError, match="language"):
        run_job(
            claims,
            tmp_path / "run",
            Settings(language="de", index=str(cached_index(str(corpus), "en"))),
            scorer=RuleNLI(),
        )


def test_a_folder_without_documents_is_an_error(claims, tmp_path):
    """There is nothing to verify against."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(CorpusError, match="no readable document"):
        start(claims, tmp_path / "empty", tmp_path / "run")


def test_a_full_disk_loses_nothing(claims, corpus, tmp_path):
    """The job stops with an error that names the run; with room again it goes on to the same rows."""
    claims.write_text("\n".join(line + ", " + "x" * 500 for line in claims.read_text("utf-8").splitlines()), "utf-8")
    start(claims, corpus, tmp_path / "whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(RunError, match="nothing is lost"):
            start(claims, corpus, tmp_path / "run", window=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)

    start(claims, corpus, tmp_path / "run")

    assert exported(tmp_path / "whole", tmp_path) == exported(tmp_path / "run", tmp_path)


def test_a_dry_run_counts_and_writes_no_verdict(claims, corpus, tmp_path):
    """What it says of claims, documents and pairs is what the job then does."""
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")

    forecast = estimate(claims, Settings(corpus=str(corpus)), scorer=RuleNLI())
    report = start(claims, corpus, tmp_path / "run")

    assert (40, 0, 40, 1) == (forecast.claims, forecast.rejected, forecast.documents, len(forecast.unreadable))
    assert report.pairs == pytest.approx(forecast.pairs, rel=0.1)
    assert "minutes" in str(forecast)


def test_a_finished_run_started_again_is_left_byte_for_byte(claims, corpus, tmp_path):
    """Ledger and manifest stay as the real work left them, in a folder that nobody else may write."""
    start(claims, corpus, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}

    start(claims, corpus, tmp_path / "run")

    assert before == {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}


def test_the_same_claims_are_the_same_whatever_their_file_is_called(claims, corpus, tmp_path):
    """A copied or moved claims file goes on with the run."""
    start(claims, corpus, tmp_path / "run")
    moved = claims.rename(tmp_path / "moved.csv")

    assert 40 == start(moved, corpus, tmp_path / "run").resumed


def test_claims_are_no_evidence_for_themselves(corpus, tmp_path):
    """A claims file that lies among the documents is not read as one."""
    path = corpus / "claims.txt"
    path.write_text("The moon is made of cheese.\n", "utf-8")

    report = start(path, corpus, tmp_path / "run")

    assert 1 == report.counts[Label.NOT_ENOUGH_INFO]
    assert 40 == report.documents


@pytest.mark.parametrize("name", ["corpus", "file"])
def test_a_folder_with_other_things_in_it_cannot_become_a_run(claims, corpus, tmp_path, name):
    """Nor can a file; the documents stay what they were."""
    (tmp_path / "file").write_text("x", "utf-8")
    before = sorted(corpus.iterdir())

    with pytest.raises(RunError, match="name a"):
        start(claims, corpus, tmp_path / name)

    assert before == sorted(corpus.iterdir())


def test_a_run_with_no_usable_claim_is_an_error(corpus, tmp_path):
    """Passing over everything is not success; the reasons are in rejected.jsonl."""
    path = tmp_path / "claims.jsonl"
    path.write_text('{"claim": 7}\n{"claim": null}\n', "utf-8")

    with pytest.raises(ClaimsError, match=r"none of its 2 records .*rejected\.jsonl"):
        start(path, corpus, tmp_path / "run", on_error="skip")
    assert 2 == len((tmp_path / "run" / "rejected.jsonl").read_text("utf-8").splitlines())


def test_missing_gold_documents_are_bad_claims(corpus, tmp_path):
    """Named by line before anything is scored, and passed over where that is asked for."""
    good = {"claim": "The ferry Baa sails.", "label": "SUPPORTED", "evidence": [{"doc_id": "00.txt", "sentence": 0}]}
    bad = good | {"claim": "The ferry Bea sails.", "evidence": [{"doc_id": "zz", "sentence": 3}]}
    path = tmp_path / "claims.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n", "utf-8")

    with pytest.raises(ClaimsError, match=r"claims\.jsonl:2: gold document 'zz'"):
        start(path, corpus, tmp_path / "stop", evidence="gold")
    report = start(path, corpus, tmp_path / "skip", evidence="gold", on_error="skip")

    assert (1, 1) == (report.counts[Label.SUPPORTED], report.rejected)


def test_an_upgrade_in_the_middle_of_a_run_is_refused(claims, corpus, tmp_path, monkeypatch):
    """Verdicts of two versions would be mixed."""
    start(claims, corpus, tmp_path / "run")
    monkeypatch.setattr("factcheck.jobs.bench.scoring_versions", lambda: {"torch": "99"})

    with pytest.raises(RunError, match="versions was"):
        start(claims, corpus, tmp_path / "run")
