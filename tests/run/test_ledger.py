"""The ledger of a run."""

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import json_objects, names, texts

from factcheck.errors import RunError
from factcheck.run.codec import claim_from_json, claim_to_json
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.types import Claim, Context, EvidenceFrom, Gold, GoldSentence, Label, Reason, Verdict

CLAIMS = [
    Claim(str(number), f"Claim {number}.", input={"claim": f"Claim {number}.", "n": number}) for number in range(5)
]


def verdict(claim, score=0.9):
    return Verdict(claim, Label.NOT_ENOUGH_INFO, score, Reason.NO_PASSAGE_FOUND, EvidenceFrom.CORPUS)


def test_what_was_written_is_read_back_in_claim_order(tmp_path):
    """Verdicts come back as they were, whatever the order of writing."""
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([verdict(CLAIMS[3])])
        ledger.write([verdict(CLAIMS[0]), verdict(CLAIMS[1])])

    with Ledger(tmp_path) as ledger:
        assert [verdict(CLAIMS[at]) for at in (0, 1, 3)] == list(ledger.verdicts())
        assert [CLAIMS[2], CLAIMS[4]] == list(ledger.pending())
        assert (3, 5) == ledger.progress()


def test_how_many_passages_were_left_unjudged_is_kept(tmp_path):
    """The verdict says after a restart, too, what the stages spared."""
    early = replace(verdict(CLAIMS[0]), unjudged=6)
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([early])

    with Ledger(tmp_path) as ledger:
        assert [early] == list(ledger.verdicts())


@pytest.mark.parametrize("write", [True, False])
def test_a_ledger_of_another_format_is_refused_and_left_alone(tmp_path, write):
    """Rather than read as something it is not; the lock is free again."""
    with sqlite3.connect(tmp_path / LEDGER) as db:
        db.execute("CREATE TABLE verdicts (position INTEGER PRIMARY KEY)")
    before = (tmp_path / LEDGER).read_bytes()

    for _ in range(2):
        with pytest.raises(RunError, match="format 0"):
            Ledger(tmp_path, write=write)

    assert before == (tmp_path / LEDGER).read_bytes()


def test_reading_claims_again_only_compares_them(tmp_path):
    """The digest of equal claims is equal, of others another; the stored claims stay."""
    with Ledger(tmp_path, write=True) as ledger:
        first = ledger.ingest(CLAIMS)

        assert first == ledger.ingest(CLAIMS)
        assert first != ledger.ingest(CLAIMS[:4])
        assert (0, 5) == ledger.progress()


def test_claims_that_break_off_leave_nothing_behind(tmp_path):
    """An error in the middle of reading leaves a run that can be started again."""

    def broken():
        yield from CLAIMS[:3]
        raise RuntimeError

    with Ledger(tmp_path, write=True) as ledger:
        with pytest.raises(RuntimeError):
            ledger.ingest(broken())
        ledger.ingest(CLAIMS)

        assert (0, 5) == ledger.progress()


def test_a_batch_is_written_whole_or_not_at_all(tmp_path):
    """The second verdict of a batch cannot be written, so the first is not there either."""
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest(CLAIMS)
        with pytest.raises(RunError):
            ledger.write([verdict(CLAIMS[0]), verdict(CLAIMS[1]), verdict(CLAIMS[1])])

        assert (0, 5) == ledger.progress()
        ledger.write([verdict(CLAIMS[0])])
        assert (1, 5) == ledger.progress()


def test_a_finished_run_is_one_file_that_opens_read_only(tmp_path):
    """The write-ahead log is gone, and the file can be read where nothing can be written."""
    with Ledger(tmp_path, write=True) as ledger:
        ledger.ingest(CLAIMS)
        ledger.write([verdict(claim) for claim in CLAIMS])
        ledger.finish()

    assert {LEDGER, "write.lock"} >= {path.name for path in tmp_path.iterdir()}
    with sqlite3.connect(f"file:{tmp_path / LEDGER}?mode=ro&immutable=1", uri=True) as db:
        assert (5,) == db.execute("SELECT count(*) FROM verdicts").fetchone()


def test_two_writers_are_refused(tmp_path):
    """The second is told so, and the lock goes with the first."""
    with Ledger(tmp_path, write=True), pytest.raises(RunError, match="another process"):
        Ledger(tmp_path, write=True)
    with Ledger(tmp_path, write=True):
        pass


@pytest.mark.parametrize("content", [None, b"this is not a database at all, whatever its name may say"])
def test_a_folder_without_a_usable_run_is_refused(tmp_path, content):
    """Missing and foreign files are named."""
    if content is not None:
        (tmp_path / LEDGER).write_bytes(content)

    with pytest.raises(RunError, match=str(tmp_path)), Ledger(tmp_path) as ledger:
        ledger.progress()


contexts = st.builds(Context, id=names, title=texts, text=texts)
labels = st.none() | st.sampled_from(Label)
gold_sentences = st.builds(
    GoldSentence, doc_id=names, sentence=st.none() | st.integers(0, 9), quote=st.none() | texts, label=labels
)
claims = st.builds(
    Claim,
    id=names,
    text=names,
    date=st.none() | st.just("2024-05"),
    contexts=st.lists(contexts, max_size=2).map(tuple),
    doc_ids=st.lists(names, max_size=2).map(tuple),
    gold=st.none()
    | st.builds(
        Gold,
        label=labels,
        evidence_sets=st.lists(st.lists(gold_sentences, max_size=2).map(tuple), max_size=2).map(tuple),
        doc_ids=st.lists(names, max_size=2).map(tuple),
    ),
    start=st.none() | st.integers(0, 9),
    input=json_objects,
    place=names,
)


@settings(deadline=None)
@given(claims)
def test_a_claim_survives_being_stored(claim):
    """Every field comes back, the order of the input's fields too."""
    stored = claim_from_json(claim_to_json(claim))

    assert (claim, claim.place) == (stored, stored.place)
    assert list(claim.input) == list(stored.input)
