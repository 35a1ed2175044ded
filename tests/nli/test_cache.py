"""The score cache: what it gives back, what it survives, how large it gets."""

import hashlib
import multiprocessing
import os
import resource
import signal
import sqlite3
import struct
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.errors import ScoreError
from factcheck.nli import cache as module
from factcheck.nli.base import Counters
from factcheck.nli.cache import APPLICATION, VERSION, CachedScorer, ScoreCache
from factcheck.testing import RuleNLI
from factcheck.types import NLIScores

PAIRS = [(f"The mill ground {number} tonnes of rye.", "The mill ground 40 tonnes of rye.") for number in range(60)]


def key(number):
    return hashlib.sha256(str(number).encode()).digest()[:20]


def score(number):
    return NLIScores(number / 1e6, (1_000_000 - number) / 1e6, 0.0)


def bits(scores):
    return [struct.pack("<ddd", item.entailment, item.neutral, item.contradiction) for item in scores]


@pytest.fixture
def notes():
    return []


@pytest.fixture
def open_cache(tmp_path, notes):
    """Opens the cache of this test, and closes it at the end as the end of a process would."""
    opened = []

    def open_it(path=tmp_path / "scores.sqlite", **options):
        opened.append(ScoreCache(path, on_note=notes.append, **options))
        return opened[-1]

    yield open_it
    for item in opened:
        item.close()


@st.composite
def probabilities(draw):
    first = draw(st.floats(0, 1))
    second = draw(st.floats(0, 1 - first))
    return NLIScores(first, second, max(0.0, 1 - first - second))


@settings(max_examples=30)
@given(st.lists(probabilities(), max_size=20))
def test_a_score_comes_back_bit_for_bit(tmp_path_factory, given_scores):
    """After the file was closed and opened again, too."""
    path = tmp_path_factory.mktemp("cache") / "scores.sqlite"
    wanted = {key(number): item for number, item in enumerate(given_scores)}
    for work in (lambda cache: cache.put(wanted), lambda _: None):
        with closing(ScoreCache(path)) as cache:
            work(cache)
            found = cache.get([*wanted, key("absent")])

        assert wanted.keys() == found.keys()
        assert bits(wanted.values()) == bits(found[name] for name in wanted)


@settings(max_examples=25)
@given(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["a", "a b", "not a", "", "\ud800"])))))
def test_whatever_is_asked_in_whatever_order_the_scores_are_those_of_the_model(tmp_path_factory, calls):
    """Hits, misses and repetitions mixed: N pairs give N scores, in order."""
    with closing(ScoreCache(tmp_path_factory.mktemp("cache") / "scores.sqlite")) as cache:
        scorer = CachedScorer(RuleNLI(), cache)
        for pairs in calls:
            assert bits(RuleNLI().score(pairs)) == bits(scorer.score(pairs))


def test_only_what_is_not_there_is_computed_and_each_pair_once(open_cache):
    """The counters tell asked, found and computed pairs apart."""
    first, second = CachedScorer(RuleNLI(), open_cache()), CachedScorer(RuleNLI(), open_cache())

    first.score(PAIRS[:20] * 2)
    second.score(PAIRS[:30] + PAIRS[:30])

    computed = RuleNLI()
    computed.score(PAIRS[20:30])
    tokens = computed.counters.computed_tokens
    assert (40, 20, 0) == (first.counters.pairs_asked, first.counters.pairs_scored, first.counters.pairs_cached)
    assert Counters(60, 10, tokens, tokens, 20) == second.counters


class Other(RuleNLI):
    """A double that tells when it is asked."""

    def __init__(self, **changes):
        super().__init__()
        self.asked = []
        for name, value in changes.items():
            setattr(self, name, value)

    def score(self, pairs):
        self.asked += pairs
        return super().score(pairs)


@pytest.mark.parametrize("change", [{"fingerprint": "0" * 64}, {"numeric_class": "rules/int8"}, {"max_tokens": 400}])
def test_another_model_precision_or_limit_finds_nothing(open_cache, change):
    """Each is part of the key."""
    CachedScorer(RuleNLI(), open_cache()).score(PAIRS)
    other = Other(**change)

    CachedScorer(other, open_cache()).score(PAIRS)

    assert PAIRS == other.asked


def test_other_libraries_or_another_processor_find_nothing(open_cache, monkeypatch):
    """The last bits may differ there, so that what is in the cache would change a verdict."""
    CachedScorer(RuleNLI(), open_cache()).score(PAIRS)
    monkeypatch.setattr(module, "_surroundings", lambda: ("torch 99",))
    other = Other()

    CachedScorer(other, open_cache()).score(PAIRS)

    assert PAIRS == other.asked


def test_where_the_premise_ends_counts(open_cache):
    """Texts that read the same one after the other are other pairs."""
    other = Other()
    scorer = CachedScorer(other, open_cache())

    scorer.score([("a b", "c"), ("a ", "bc"), ("a bc", ""), ("", "a bc")])

    assert 4 == len(other.asked)
    assert 4 == scorer.counters.pairs_scored


def test_a_numeric_class_that_changes_on_the_way_stores_nothing(open_cache):
    """Nobody can tell which scores are of which."""

    class Lowered(Other):
        def score(self, pairs):
            self.numeric_class = "rules/exact/cpu/fewer-rows"
            return super().score(pairs)

    CachedScorer(Lowered(), open_cache()).score(PAIRS)
    again = Other()
    CachedScorer(again, open_cache()).score(PAIRS)

    assert PAIRS == again.asked


def test_what_the_model_refuses_is_not_stored(open_cache):
    """Outputs that are no numbers are the scorer's error, and the pair is asked again next time."""

    class Broken(RuleNLI):
        def score(self, pairs):
            raise ScoreError(str(pairs[0]), "model gave [nan, nan, nan]")

    with pytest.raises(ScoreError, match="nan"):
        CachedScorer(Broken(), open_cache()).score(PAIRS)
    other = Other()
    CachedScorer(other, open_cache()).score(PAIRS)

    assert PAIRS == other.asked


def test_nothing_but_probabilities_is_stored(open_cache):
    """Three numbers that sum to 1 may be none."""
    cache = open_cache()

    cache.put({key(1): NLIScores(2.0, -1.0, 0.0), key(2): score(2)})

    assert {key(2): score(2)} == cache.get([key(1), key(2)])


def _write_for_ever(path, pipe):
    cache = ScoreCache(path)
    for number in range(10**9):
        cache.put({key(f"{number}/{row}"): score(row) for row in range(500)})
        pipe.send(number)


def test_kill_9_in_the_middle_of_writing_loses_nothing_that_was_written(tmp_path, open_cache, notes):
    """Every call that had returned is there, whole, and the file is used on."""
    spawn = multiprocessing.get_context("spawn")
    for _ in range(3):
        here, there = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_write_for_ever, args=(tmp_path / "scores.sqlite", there))
        process.start()
        there.close()
        written = [here.recv() for _ in range(8)]
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        cache = open_cache()

        found = cache.get([key(f"{number}/{row}") for number in written for row in range(500)])
        cache.close()

        assert {key(f"{number}/{row}"): score(row) for number in written for row in range(500)} == found
    assert [] == notes


def _damaged(path, how):
    content = bytearray(path.read_bytes())
    if how == "header":
        content[:100] = b"x" * 100
    elif how == "cut":
        del content[len(content) // 2 :]
    elif how == "pages":
        content[4096:] = bytes(len(content) - 4096)
    elif how == "text":
        content = bytearray(b"claim\nThe mill ground rye.\n")
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["header", "cut", "pages", "text"])
def test_a_torn_file_is_set_aside_and_begun_anew(tmp_path, open_cache, notes, how):
    """The scores are right all the same, one line says so, and from then on the new file serves."""
    path = tmp_path / "scores.sqlite"
    with closing(ScoreCache(path)) as cache:
        CachedScorer(RuleNLI(), cache).score(PAIRS)
        cache.put({key(number): score(number) for number in range(1000)})
    _damaged(path, how)
    damaged = path.read_bytes()
    scorer = CachedScorer(RuleNLI(), open_cache())

    results = [scorer.score(PAIRS) for _ in range(3)]

    assert [RuleNLI().score(PAIRS)] * 3 == results
    assert (60, 120) == (scorer.counters.pairs_scored, scorer.counters.pairs_cached)
    [note] = notes
    assert "set aside as scores.sqlite.old" in note
    assert damaged[100:] == (tmp_path / "scores.sqlite.old").read_bytes()[100:]  # the header counts openings


@settings(max_examples=40)
@given(st.data())
def test_no_damage_makes_another_score(tmp_path_factory, data):
    """Whatever bytes are overwritten: a score is the one that was stored, or is not there."""
    path = tmp_path_factory.mktemp("cache") / "scores.sqlite"
    wanted = {key(number): score(number) for number in range(300)}
    with closing(ScoreCache(path)) as cache:
        cache.put(wanted)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        junk = data.draw(st.binary(min_size=1, max_size=40))
        content[at : at + len(junk)] = junk[: len(content) - at]
    path.write_bytes(content)

    with closing(ScoreCache(path, on_note=lambda _: None)) as cache:
        found = cache.get(list(wanted))
        cache.put(wanted)
        again = cache.get(list(wanted))

    assert found.items() <= wanted.items()
    assert again.items() <= wanted.items()


def test_a_row_that_is_not_what_was_written_is_computed_and_written_again(tmp_path, open_cache, notes):
    """Its checksum tells; the rest of the file serves."""
    CachedScorer(RuleNLI(), open_cache()).score(PAIRS)
    with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as db, db:
        [(name, row)] = db.execute("SELECT key, row FROM young ORDER BY key LIMIT 1").fetchall()
        db.execute("UPDATE young SET row = ? WHERE key = ?", (bytes(255 - byte for byte in row), name))

    first, second = CachedScorer(RuleNLI(), open_cache()), CachedScorer(RuleNLI(), open_cache())

    assert RuleNLI().score(PAIRS) == first.score(PAIRS) == second.score(PAIRS)
    assert (1, 0) == (first.counters.pairs_scored, second.counters.pairs_scored)
    assert [] == notes


def test_a_file_of_another_version_is_set_aside(tmp_path, open_cache, notes):
    """It replaces the one set aside before: what we made can be made again, and must not pile up."""
    for number in (7, 8):
        cache = open_cache()
        cache.put({key(1): score(1)})
        cache.close()
        with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as db:
            db.execute(f"PRAGMA user_version = {number}")

    cache = open_cache()

    assert {} == cache.get([key(1)])
    assert [f"of version {number}, not {VERSION}" in note for number, note in zip((7, 8), notes, strict=True)]
    assert {"scores.sqlite.old"} == {path.name for path in tmp_path.glob("*.old*")}


def test_a_file_of_another_version_that_is_in_use_is_left_alone(tmp_path, open_cache, notes):
    """Taking its name away under another process would tear it; this job goes on without a cache."""
    cache = open_cache()
    cache.put({key(1): score(1)})
    cache.close()
    with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as db:
        db.execute("PRAGMA user_version = 7")
        db.execute("SELECT * FROM young").fetchall()

        assert {} == open_cache().get([key(1)])

    [note] = notes
    assert "goes on without it" in note
    assert not list(tmp_path.glob("*.old*"))


@pytest.mark.parametrize("kind", ["text", "database"])
def test_what_somebody_else_wrote_is_kept_however_often(tmp_path, open_cache, notes, kind):
    """A wrong path costs no data: each file set aside gets a name of its own."""
    path = tmp_path / "scores.sqlite"
    for number in range(2):
        path.unlink(missing_ok=True)
        if kind == "text":
            path.write_text(f"claim\nThe mill ground {number}.\n", "utf-8")
        else:
            with closing(sqlite3.connect(path)) as db, db:
                db.execute(f"CREATE TABLE mills (tonnes INTEGER DEFAULT {number})")
        cache = open_cache()
        cache.put({key(1): score(1)})
        assert {key(1): score(1)} == cache.get([key(1)])
        cache.close()

    assert 2 == len(notes)
    names = ["scores.sqlite.old", "scores.sqlite.old-2"]
    assert [True, True] == [str(number).encode() in (tmp_path / name).read_bytes() for number, name in enumerate(names)]


@pytest.mark.parametrize("place", ["folder", "file"])
def test_a_cache_that_cannot_be_made_is_done_without(tmp_path, open_cache, notes, place):
    """A folder in its place, or a file in the place of its folder; said once."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    scorer = CachedScorer(RuleNLI(), open_cache(tmp_path / (place if place == "folder" else "file/scores.sqlite")))

    assert [RuleNLI().score(PAIRS)] * 2 == [scorer.score(PAIRS), scorer.score(PAIRS)]
    [note] = notes
    assert "goes on without it" in note


def test_a_cache_that_another_process_holds_is_done_without(tmp_path, open_cache, notes, monkeypatch):
    """After a wait; said once."""
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    scorer = CachedScorer(RuleNLI(), open_cache())
    scorer.score(PAIRS[:1])
    with closing(sqlite3.connect(tmp_path / "scores.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")

        assert RuleNLI().score(PAIRS) == scorer.score(PAIRS)
        assert RuleNLI().score(PAIRS) == scorer.score(PAIRS)

    [note] = notes
    assert "locked" in note


def test_a_full_disk_is_done_without(tmp_path, open_cache, notes):
    """The scores of the job come as before; what was stored stays."""
    scorer = CachedScorer(RuleNLI(), open_cache())
    scorer.score(PAIRS[:10])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    many = [(f"{number} mills", "mills") for number in range(3000)]
    try:
        assert RuleNLI().score(many) == scorer.score(many)
        assert RuleNLI().score(many) == scorer.score(many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)

    assert 1 == len(notes)
    after = CachedScorer(RuleNLI(), open_cache())
    after.score(PAIRS[:10])
    assert 10 == after.counters.pairs_cached


def _score_some(path, start, queue):
    notes = []
    scorer = CachedScorer(RuleNLI(), ScoreCache(path, on_note=notes.append))
    pairs = [(f"The mill ground {number} tonnes.", "The mill ground 7 tonnes.") for number in range(start, start + 400)]
    right = all(scorer.score(pairs[at : at + 20]) == RuleNLI().score(pairs[at : at + 20]) for at in range(0, 400, 20))
    queue.put((right, notes))


def test_several_processes_share_one_file(tmp_path, open_cache):
    """All begin at once, with no file there; every score is right and is there afterwards."""
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue()
    starts = (0, 200, 200)
    processes = [spawn.Process(target=_score_some, args=(tmp_path / "scores.sqlite", at, queue)) for at in starts]
    for process in processes:
        process.start()
    told = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    other = Other()

    scorer = CachedScorer(other, open_cache())
    scorer.score([(f"The mill ground {number} tonnes.", "The mill ground 7 tonnes.") for number in range(600)])

    assert [(True, [])] * 3 == told
    assert [] == other.asked


def _in_child(cache, queue):
    cache.put({key(2): score(2)})
    queue.put(cache.get([key(1), key(2)]))


def test_a_forked_process_opens_the_file_for_itself(open_cache, notes):
    """And leaves the one of its parent alone."""
    cache = open_cache()
    cache.put({key(1): score(1)})
    fork = multiprocessing.get_context("fork")
    queue = fork.SimpleQueue()
    process = fork.Process(target=_in_child, args=(cache, queue))
    process.start()
    found = queue.get()
    process.join()

    assert {key(1): score(1), key(2): score(2)} == found == cache.get([key(1), key(2)])
    assert [] == notes


def _put_many(cache, numbers):
    for start in range(numbers.start, numbers.stop, 1000):
        cache.put({key(number): score(number) for number in range(start, start + 1000)})


def _size(tmp_path):
    return sum(path.stat().st_size for path in tmp_path.glob("scores.sqlite*")) / 1e6


def test_the_size_is_bounded_and_the_newest_stay(tmp_path, open_cache):
    """However much is written; a few MB of write-ahead log aside."""
    cache = open_cache(max_mb=1)

    _put_many(cache, range(60_000))

    assert 5_000 == len(cache.get([key(number) for number in range(55_000, 60_000)]))
    assert 0 == len(cache.get([key(number) for number in range(20_000)]))
    cache.close()
    assert _size(tmp_path) < 1.25


def test_what_is_used_stays_and_what_is_not_goes(open_cache):
    """A score that is asked for again and again outlives many newer ones."""
    cache = open_cache(max_mb=1)
    cache.put({key("used"): score(1), key("unused"): score(2)})
    for start in range(0, 40_000, 2000):
        _put_many(cache, range(start, start + 2000))
        assert {key("used"): score(1)} == cache.get([key("used")])

    assert {} == cache.get([key("unused")])


def test_reading_writes_nothing(tmp_path, open_cache):
    """Except once in a generation; a cache that is not full has only one."""
    cache = open_cache()
    _put_many(cache, range(3000))
    before = {path.name: path.read_bytes() for path in tmp_path.glob("scores.sqlite*") if path.suffix != ".sqlite-shm"}

    assert 3000 == len(cache.get([key(number) for number in range(3000)]))

    assert before == {name: (tmp_path / name).read_bytes() for name in before}


def test_a_lower_bound_makes_the_file_smaller(tmp_path, open_cache):
    """When it is opened the next time."""
    cache = open_cache(max_mb=6)
    _put_many(cache, range(70_000))
    cache.close()
    assert _size(tmp_path) > 3

    cache = open_cache(max_mb=1)
    cache.put({key("new"): score(1)})
    assert {key("new"): score(1)} == cache.get([key("new")])
    cache.close()

    assert _size(tmp_path) < 1.25


def test_the_file_says_whose_it_is(tmp_path, open_cache):
    """For `file` and for those who find it."""
    open_cache().put({key(1): score(1)})
    with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as db:
        assert (APPLICATION,) == db.execute("PRAGMA application_id").fetchone()
