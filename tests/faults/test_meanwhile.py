"""What others do while a job runs, and between two of its starts."""

import gzip
import json
import os
import signal

import pytest
from harness import exported, stage, write_job

import factcheck.corpus.build
from factcheck.corpus.build import build_index
from factcheck.corpus.files import ONE_DOCUMENT, hash_file, kind_of
from factcheck.corpus.index import CorpusIndex


@pytest.fixture(scope="module")
def whole(nursery, tmp_path_factory):
    """A job, its bytes when nothing disturbs it, and the number of an SQL statement while it scores."""
    job = write_job(tmp_path_factory.mktemp("whole"))
    undisturbed = job.elsewhere(job.folder.with_name("whole"))
    done = nursery.do(undisturbed.request())
    return job, exported(undisturbed.run), int(done["statements"] * 0.8)


def test_a_second_process_on_a_run_is_refused_until_the_first_is_gone(nursery, whole):
    """At once while it lives; kill -9 leaves no lock behind."""
    job, expected, scoring = whole
    job = job.again()
    first = nursery.until_stopped(job.request({"stop": scoring}))

    refused = nursery.do(job.request())
    os.kill(first, signal.SIGKILL)
    killed = nursery.wait(first)
    done = nursery.do(job.request())

    assert "another process is working on this run" in refused["message"]
    assert killed["exit"] == -signal.SIGKILL
    assert done["resumed"] > 0
    assert expected == exported(job.run)


def test_two_runs_share_an_index_and_a_score_cache(nursery, whole):
    """The second waits while the first builds the index; then both score at once. Both end as they would alone."""
    job, expected, _ = whole
    shared = job.again().folder
    one, two = (
        job.elsewhere(shared / name, index_at=shared / "index", scores=shared / "scores.sqlite") for name in "ab"
    )

    answers = [nursery.wait(process) for process in [nursery.start(job.request()) for job in (one, two)]]

    assert [answer["claims"] for answer in answers] == [24, 24]
    assert expected == exported(one.run) == exported(two.run)


def test_who_needs_an_index_waits_for_who_writes_it(nursery, whole):
    """The first is held in the midst of its build; the second is done when it has gone on."""
    job, expected, _ = whole
    shared = job.again().folder
    one, two = (job.elsewhere(shared / name, index_at=shared / "index") for name in "ab")
    first = nursery.until_stopped(one.request({"stop at file": "010.txt"}))
    second = nursery.start(two.request())
    assert stage(one) == "indexing"

    os.kill(first, signal.SIGCONT)
    answers = [nursery.wait(process) for process in (second, first)]

    assert [answer["claims"] for answer in answers] == [24, 24]
    assert expected == exported(one.run) == exported(two.run)


def test_an_index_that_is_updated_in_the_middle_of_a_run(nursery, whole):
    """The run keeps the version that it began with; the next start says that the corpus is another."""
    job, expected, scoring = whole
    job = job.again()
    changed = job.corpus / "000.txt"
    text = changed.read_text("utf-8")
    first = nursery.until_stopped(job.request({"stop": scoring}))
    changed.write_text("The ferry Baa does not sail.\n", "utf-8")
    try:
        updated = nursery.do({"do": "index", "corpus": str(job.corpus), "index": str(job.index)})
        os.kill(first, signal.SIGCONT)
        done = nursery.wait(first)
        refused = nursery.do(job.request())
    finally:
        changed.write_text(text, "utf-8")

    assert updated["problems"] == []
    assert done["claims"] == 24
    assert expected == exported(job.run)
    assert "corpus was" in refused["message"]
    assert "factcheck update" in refused["message"]


@pytest.mark.parametrize("change", ["another", "one less", "one more", "in another order"])
def test_claims_that_changed_between_two_starts_are_refused(nursery, whole, tmp_path, change):
    """The message says that it is the claims; with the old ones again the job goes on to the same bytes."""
    job, expected, scoring = whole
    job = job.again()
    lines = job.claims.read_text("utf-8").splitlines(keepends=True)
    other = {
        "another": [*lines[:-1], json.dumps({"id": "c23", "claim": "Another."}) + "\n"],
        "one less": lines[:-1],
        "one more": [*lines, '{"claim": "More."}\n'],
        "in another order": lines[::-1],
    }
    changed = tmp_path / "claims.jsonl"
    changed.write_text("".join(other[change]), "utf-8")
    nursery.do(job.request({"statement": scoring}))

    refused = nursery.do(job.request() | {"claims": str(changed)})
    done = nursery.do(job.request())

    assert refused["error"] == "RunError"
    assert f"{job.run}: the claims are not those of this run" in refused["message"]
    assert 0 < done["resumed"] < 24
    assert expected == exported(job.run)


def test_rejected_claims_are_kept_by_a_kill_after_the_good_ones_are_stored(nursery, tmp_path):
    """Wherever it hits, the bad lines are in rejected.jsonl in the end."""
    job = write_job(tmp_path, claims=2, corpus=False, on_error="skip")
    with job.claims.open("a", encoding="utf-8") as file:
        file.write('{"claim": 7}\n{"claim": "' + "word " * 300 + '"}\n')
    statements = nursery.do(job.request())["statements"]
    reached = set()
    for statement in range(statements // 4, statements * 3 // 4, max(statements // 15, 1)):
        job = job.again()
        nursery.do(job.request({"statement": statement}))
        reached.add(stage(job))
        nursery.do(job.request())
        rejected = [json.loads(line) for line in (job.run / "rejected.jsonl").read_text("utf-8").splitlines()]
        assert [3, 4] == [item["line"] for item in rejected]

    assert {"reading claims", "beginning"} < reached


def test_a_run_without_any_good_claim_can_be_begun_with_others(nursery, tmp_path):
    """In the same folder: nothing of it is kept but the rejected lines, which the next start replaces."""
    job = write_job(tmp_path, claims=2, corpus=False, on_error="skip")
    good = job.claims.read_text("utf-8")
    job.claims.write_text('{"claim": 7}\n', "utf-8")
    refused = nursery.do(job.request())
    job.claims.write_text(good, "utf-8")

    done = nursery.do(job.request())

    assert "none of its 1 records" in refused["message"]
    assert done["claims"] == 2


def html(text):
    return f"<html><head><title>Quay</title></head><body><p>{text}</p></body></html>".encode()


TEXTS = {
    "a.txt": str.encode,
    "a.txt.gz": lambda text: gzip.compress(text.encode()),
    "a.html": html,
    "a.jsonl": lambda text: json.dumps({"id": "a.jsonl", "text": text}).encode() + b"\n",
    "a.csv": lambda text: f"id,text\na.csv,{text}\n".encode(),
}
OLD, NEW = "The quay at Lowmere is closed on Mondays.", "The quay at Lowmere is open on Sundays, and has a crane."


@pytest.mark.parametrize("change", ["saved", "grown", "cut off", "emptied", "removed"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_document_that_changes_between_hashing_and_reading(tmp_path, monkeypatch, name, change):
    """Its text and its hash belong together, or it is reported; the next build equals a fresh one."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "other.txt").write_text("The other quay is open.\n", "utf-8")
    path = corpus / name
    path.write_bytes(TEXTS[name](OLD))
    really = factcheck.corpus.build.scan

    def scan(*args, **options):
        yield from really(*args, **options)
        new = {"saved": TEXTS[name](NEW), "grown": path.read_bytes() * 2, "cut off": path.read_bytes()[:-9]}
        path.write_bytes(new.get(change, b""))
        if change == "removed":
            path.unlink()

    monkeypatch.setattr("factcheck.corpus.build.scan", scan)
    report = build_index(corpus, tmp_path / "index")
    monkeypatch.setattr("factcheck.corpus.build.scan", really)

    index = CorpusIndex(tmp_path / "index")
    sources = index.sources([name])
    assert sources or any(problem.name.startswith(name) for problem in report.problems)
    if sources and kind_of(name) in ONE_DOCUMENT:
        assert sources[name].sha256 == hash_file(path)
    if sources and name == "a.txt":
        text = path.read_text("utf-8")
        assert all(match.quote == text[match.start : match.end] for match in index.sentences([name]))
    again, fresh = (build_index(corpus, tmp_path / folder) for folder in ("index", "fresh"))
    assert again.corpus_version == fresh.corpus_version
    assert again.problems == fresh.problems


def test_a_document_that_never_stops_changing_is_reported_and_tried_again(tmp_path, monkeypatch):
    """A log that is written all the time is left out, and said so; when it rests it is read."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "other.txt").write_text("The other quay is open.\n", "utf-8")
    path = corpus / "a.txt"
    path.write_text(OLD, "utf-8")
    really = factcheck.corpus.readers.text.extract

    def extract(file, limits):
        with path.open("a", encoding="utf-8") as log:
            log.write(" And on.")
        return really(file, limits)

    monkeypatch.setitem(factcheck.corpus.readers._IN_FILE, "txt", extract)
    report = build_index(corpus, tmp_path / "index")
    monkeypatch.undo()

    assert ["a.txt"] == [problem.name for problem in report.problems if "changes while it is read" in problem.found]
    again = build_index(corpus, tmp_path / "index")
    assert again.problems == ()
    assert CorpusIndex(tmp_path / "index").sources(["a.txt"])["a.txt"].sha256 == hash_file(path)
