"""Files of a run that are torn: the verdicts of whole transactions survive, or the run is refused; never wrong ones."""

import random
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from harness import exported, rows, write_job

from factcheck.errors import RunError
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.types import (
    Claim,
    Evidence,
    EvidenceFrom,
    Hit,
    Label,
    NLIScores,
    Passage,
    Reason,
    Source,
    Stance,
    Verdict,
)

CLAIMS = [Claim(f"c{number}", f"Ferry {number} sails.") for number in range(120)]
WAL = f"{LEDGER}-wal"


def verdict(claim):
    """With much evidence, from documents in no order, so that a transaction touches pages all over the file."""
    rng = random.Random(claim.id)
    evidence = []
    for number in range(8):
        source = Source(f"d{rng.randrange(500)}", "", "p", "0" * 64)
        passage = Passage(source, number, 0, 5, "q" * rng.randrange(50, 500), "q")
        evidence.append(Evidence(Hit(passage, 1.0), NLIScores(0.96, 0.02, 0.02), Stance.SUPPORTS))
    score = round(rng.random(), 6)
    return Verdict(claim, Label.SUPPORTED, score, Reason.EVIDENCE, EvidenceFrom.CORPUS, tuple(evidence))


VERDICTS = [verdict(claim) for claim in CLAIMS]


def damage(path, rng):
    """Cut a file off, turn one bit, or put zeros in the place of a page."""
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    match rng.randrange(3):
        case 0:
            del data[at:]
        case 1:
            data[at] ^= 1 << rng.randrange(8)
        case _:
            data[at : at + 4096] = bytes(len(data[at : at + 4096]))
    path.write_bytes(data)


@pytest.fixture(scope="module")
def killed(nursery, tmp_path_factory):
    """A job that died while it was scoring, and its bytes when nothing disturbs it."""
    job = write_job(tmp_path_factory.mktemp("killed"), claims=20, corpus=False, window=2)
    undisturbed = job.elsewhere(job.folder.with_name("whole"))
    done = nursery.do(undisturbed.request())
    nursery.do(job.request({"statement": int(done["statements"] * 0.8)}))
    assert (job.run / WAL).stat().st_size > 50_000
    return job, exported(undisturbed.run)


@pytest.mark.parametrize("seed", range(8))
def test_a_torn_log_takes_back_whole_transactions(nursery, killed, tmp_path, seed):
    """What is there afterwards was there before, and the job goes on to the same bytes."""
    job, expected = killed
    rng = random.Random(seed)
    torn = job.elsewhere(tmp_path)
    shutil.copytree(job.run, torn.run)
    before = rows(torn.run)
    damage(torn.run / WAL, rng)
    if seed % 2:
        (torn.run / f"{LEDGER}-shm").unlink()

    after = rows(torn.run)
    done = nursery.do(torn.request())

    assert all(before[key] == row for key, row in after.items())
    assert "resumed" in done
    assert expected == exported(torn.run)


@pytest.mark.parametrize("ends", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_a_log_that_is_gone_takes_its_verdicts_with_it(nursery, killed, tmp_path, ends):
    """All of a small run's; the job begins again, to the same bytes."""
    job, expected = killed
    torn = job.elsewhere(tmp_path)
    shutil.copytree(job.run, torn.run)
    for end in ends:
        (torn.run / (LEDGER + end)).unlink()

    nursery.do(torn.request())

    assert expected == exported(torn.run)


def left_behind(folder, verdicts, *pragmas, page_size=4096):
    """A run as a dead process leaves it: its files, copied while they are open."""
    (folder / "open").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "open" / LEDGER)) as db:
        db.execute(f"PRAGMA page_size = {page_size}")
        db.execute("PRAGMA application_id = 1")  # makes the first page
    with Ledger(folder / "open", write=True) as ledger:
        for pragma in pragmas:
            ledger._db.execute(f"PRAGMA {pragma}")
        ledger.ingest(CLAIMS)
        for start in range(0, verdicts, 3):
            ledger.write(VERDICTS[start : start + 3])
        shutil.copytree(folder / "open", folder / "left")
    return folder / "left"


def go_on(run):
    """The verdicts that a resumed run holds in the end; why it is refused, where it is."""
    try:
        with Ledger(run, write=True) as ledger:
            assert list(ledger.verdicts()) == VERDICTS[: ledger.progress()[0]]
            ledger.write([VERDICTS[int(claim.id[1:])] for claim in ledger.pending()])
            ledger.finish()
            return list(ledger.verdicts())
    except RunError as error:
        return str(error)


def test_a_torn_log_beside_a_file_that_holds_what_it_held(tmp_path):
    """Old pages beside new ones, as SQLite's checkpoints can leave them, are refused; they never become verdicts."""
    outcomes = []
    for verdicts in range(60, 120, 3):
        run = left_behind(tmp_path / str(verdicts), verdicts, "wal_autocheckpoint = 200", page_size=512)
        cut(0.6, run / WAL)
        outcomes.append(go_on(run))

    refused = [outcome for outcome in outcomes if outcome != VERDICTS]
    assert 0 < len(refused) < len(outcomes)
    assert all("the ledger is torn" in outcome for outcome in refused)


def test_a_long_log_is_emptied_into_the_file_at_once(tmp_path, monkeypatch):
    """So that what is torn later is not in the file already, and no reader meets a mixture."""
    monkeypatch.setattr("factcheck.run.ledger._LOG_BYTES", 100_000)

    run = left_behind(tmp_path, 99)

    assert (run / WAL).stat().st_size < 200_000
    assert (run / LEDGER).stat().st_size > 200_000
    with Ledger(run) as ledger:
        assert list(ledger.verdicts()) == VERDICTS[:99]


def test_a_reader_does_not_keep_the_log_from_being_written(tmp_path, monkeypatch):
    """Nor does the writer wait for it: the log is emptied when nobody reads."""
    monkeypatch.setattr("factcheck.run.ledger._LOG_BYTES", 20_000)
    with Ledger(tmp_path / "run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write(VERDICTS[:3])
        with Ledger(tmp_path / "run") as reader, reader.moment():
            before = list(reader.verdicts())
            for start in range(3, 60, 3):
                ledger.write(VERDICTS[start : start + 3])

            assert before == list(reader.verdicts()) == VERDICTS[:3]
        ledger.write(VERDICTS[60:63])

        assert (tmp_path / "run" / WAL).stat().st_size == 0
        assert list(ledger.verdicts()) == VERDICTS[:63]


@pytest.mark.parametrize("write", [False, True])
def test_what_a_dead_process_began_in_a_finished_run_is_taken_back(tmp_path, write):
    """By a reader too: the file holds half of a change, and the journal beside it the other half."""
    with Ledger(tmp_path / "run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write(VERDICTS)
        ledger.finish()
    whole = (tmp_path / "run" / LEDGER).read_bytes()
    with closing(sqlite3.connect(tmp_path / "run" / LEDGER)) as db:
        db.execute("PRAGMA cache_size = 1")  # pages go to the file before the end
        db.execute("UPDATE evidence SET record = upper(record)")
        shutil.copytree(tmp_path / "run", tmp_path / "left")
    assert whole != (tmp_path / "left" / LEDGER).read_bytes()

    assert read_all(tmp_path / "left", write=write) == VERDICTS


def cut(size, path):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * size)])


def blank(place, path):
    data = bytearray(path.read_bytes())
    page = int(len(data) * place) // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    "tear", [*(partial(cut, size) for size in (0.001, 0.3, 0.9)), *(partial(blank, place) for place in (0, 0.2, 0.5))]
)
def test_a_torn_file_is_refused(tmp_path, tear, finished):
    """By whoever reads the verdicts, and by whoever goes on; nobody is given other verdicts."""
    with Ledger(tmp_path / "run", write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write(VERDICTS if finished else VERDICTS[:60])
        if finished:
            ledger.finish()
    tear(tmp_path / "run" / LEDGER)

    for write in (False, True):
        with pytest.raises(RunError, match=r"run\.sqlite: the ledger is torn"):
            read_all(tmp_path / "run", write=write)


def test_no_torn_page_gives_other_verdicts(tmp_path):
    """Every third page blanked in turn: the verdicts are refused, or right where it holds nothing that readers need."""
    path = finished_ledger(tmp_path / "run")
    whole = path.read_bytes()
    read, refused = [], []
    for start in range(0, len(whole), 3 * 4096):
        path.write_bytes(whole[:start] + bytes(4096) + whole[start + 4096 :])
        try:
            read.append(read_all(tmp_path / "run", write=False))
        except RunError as error:
            refused.append(str(error))
        path.write_bytes(whole)

    assert all(verdicts == VERDICTS for verdicts in read)
    assert all("the ledger is torn" in error for error in refused)
    assert len(refused) > len(read)


def test_a_verdict_that_makes_no_sense_is_refused(tmp_path):
    """Where bits turned that SQLite does not look at."""
    path = finished_ledger(tmp_path / "run")
    path.write_bytes(path.read_bytes().replace(b'"doc_id"', b'"doc_i`"'))

    with pytest.raises(RunError, match=r"the ledger is torn: the verdict on claim 1 makes no sense"):
        read_all(tmp_path / "run", write=False)


def finished_ledger(run):
    """The file of a run whose claims all have their verdicts."""
    with Ledger(run, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write(VERDICTS)
        ledger.finish()
    return run / LEDGER


def read_all(run, *, write):
    with Ledger(run, write=write) as ledger:
        return list(ledger.verdicts())


@pytest.fixture(scope="module")
def indexed(nursery, tmp_path_factory):
    """A job with an index, and its bytes."""
    job = write_job(tmp_path_factory.mktemp("indexed"), claims=6)
    nursery.do(job.request())
    return job, exported(job.run)


@pytest.mark.parametrize(
    "pattern",
    [
        "index.json",
        "sentences.lance/data/*.lance",
        "sentences.lance/_indices/*/page_data.lance",
        "sentences.lance/_indices/*/part_0_docs.lance",
        "documents.lance/data/*.lance",
        "documents.lance/_versions/*.manifest",
        "files.lance/data/*.lance",
    ],
)
@pytest.mark.parametrize("tear", [partial(cut, 0.5), Path.unlink], ids=["cut", "gone"])
def test_a_torn_index_is_made_again_or_refused(nursery, indexed, tmp_path, pattern, tear):
    """With the documents at hand and without them; the verdicts are the right ones, or there are none."""
    job, expected = indexed
    for name in ("with-documents", "alone"):
        torn = job.elsewhere(tmp_path / name)
        shutil.copytree(job.index, torn.index)
        for path in torn.index.glob(pattern):
            tear(path)
        request = torn.request()
        if name == "alone":
            del request["settings"]["corpus"]

        done = nursery.do(request)

        if "error" in done:
            assert done["error"] == "CorpusError"
            assert str(torn.index) in done["message"]
            assert "build" in done["message"]
        else:
            assert expected == exported(torn.run)
