"""Purging a run: all that it stored is gone, and nothing else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import FactcheckError, RunError, RunInUseError
from factcheck.jobs.purge import holdings, purge
from factcheck.jobs.sources import cached_index
from factcheck.jobs.verify import run_job
from factcheck.nli.cache import CachedScorer, ScoreCache, forget, pair_keys
from factcheck.run.ledger import LEDGER, LOCK, Ledger
from factcheck.run.reviews import Event, Note, Reviews
from factcheck.testing import RuleNLI
from factcheck.types import NLIScores

NAMES = [f"{first}{second}a" for first in "BDFGKLMN" for second in "aei"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("factcheck.jobs.scorer.load", lambda *_, **__: RuleNLI())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def corpus(here):
    folder = here / "corpus"
    folder.mkdir()
    (folder / "ferries.txt").write_text("".join(f"The ferry {name} sails twice a day.\n" for name in NAMES), "utf-8")
    return folder


def start(here, corpus, run="run", names=NAMES, **settings):
    claims = here / f"{run}.csv"
    claims.write_text("claim\n" + "".join(f"The ferry {name} sails.\n" for name in names), "utf-8")
    run_job(claims, here / run, Settings(corpus=str(corpus), window=5, **settings))


def keys_of(run):
    """Every key under which the run has a score."""
    found = holdings(run)
    with Ledger(run) as ledger:
        pairs = set(ledger.judged())
        return {key for cache in found.caches for key in pair_keys(cache.facts, pairs).values()}


def every_byte(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_of_a_purged_run_is_left_in_any_byte(here, corpus):
    """Neither claims nor quotes in its folder or its index, nor the keys of its scores in the cache."""
    start(here, corpus)
    keys = keys_of("run")
    texts = [f"The ferry {name} sails".encode() for name in NAMES]
    assert all(text in every_byte(here / "run") for text in texts)
    cache = here / "cache"
    assert all(key in every_byte(cache) for key in keys)

    report = purge("run", index=True)

    assert len(keys) == report.scores > len(NAMES)
    assert not (here / "run").exists()
    left = every_byte(cache)
    assert not [key for key in keys if key in left]
    assert not [text for text in texts if text in left]


def test_what_others_put_into_the_folder_stays(here, corpus):
    """A folder with a file of the user's own is left with that file alone."""
    start(here, corpus)
    (here / "run" / "letter.txt").write_text("Mine.\n", "utf-8")

    assert purge("run").folder_left

    assert {Path("letter.txt"): b"Mine.\n"} == files(here / "run")


def test_scores_of_other_runs_and_the_index_stay(here, corpus):
    """A second run over other claims finds everything as it was, and its scores in the cache."""
    start(here, corpus, "one", NAMES[:12])
    start(here, corpus, "two", NAMES[12:])
    keys = keys_of("two") - keys_of("one")

    purge("one")

    index = cached_index(str(corpus), "en")
    assert (index / "index.json").is_file()
    with closing(ScoreCache(here / "cache" / "scores.sqlite")) as cache:
        assert keys == cache.get(list(keys)).keys()


def test_a_run_that_is_worked_on_is_not_purged(here, corpus):
    """Nothing is removed, whether it is asked for or only listed."""
    start(here, corpus)
    before = files(here)

    with Ledger("run", write=True):
        for ask in (holdings, purge):
            with pytest.raises(RunInUseError, match="working on this run"):
                ask("run")

    assert before == files(here)


@pytest.mark.parametrize("stops_at", ["forget", "remove_index", "rejected.jsonl", "manifest.json", LEDGER, LOCK])
def test_a_purge_that_stopped_in_the_middle_is_finished_by_the_next(here, corpus, monkeypatch, stops_at):
    """Wherever that was, the second one leaves as little as an undisturbed one."""
    start(here, corpus, on_error="skip")
    keys = keys_of("run")
    unlink = Path.unlink

    def stop(*_, **__):
        raise KeyboardInterrupt

    def unlink_or_stop(path, **options):
        if path.name == stops_at:
            stop()
        unlink(path, **options)

    with monkeypatch.context() as patch:
        if "." in stops_at:
            patch.setattr("pathlib.Path.unlink", unlink_or_stop)
        else:
            patch.setattr(f"factcheck.jobs.purge.{stops_at}", stop)
        with pytest.raises(KeyboardInterrupt):
            purge("run", index=True)
    purge("run", index=True)

    assert not (here / "run").exists()
    assert not [key for key in keys if key in every_byte(here / "cache")]


def test_killed_between_deleting_scores_and_clearing_the_file(here, corpus, monkeypatch):
    """The rows are gone already, their bytes are not; the next purge clears them."""
    start(here, corpus)
    keys = keys_of("run")

    class Dying(sqlite3.Connection):
        def execute(self, query, *values):
            if query == "VACUUM":
                raise KeyboardInterrupt
            return super().execute(query, *values)

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr("factcheck.nli.cache.sqlite3.connect", lambda *a, **k: connect(*a, factory=Dying, **k))
        with pytest.raises(KeyboardInterrupt):
            purge("run")

    purge("run")

    assert not [key for key in keys if key in every_byte(here / "cache")]


def test_an_index_that_was_named_is_never_removed(here, corpus):
    """It belongs to whoever built it."""
    start(here, corpus, index=str(here / "mine.idx"))

    assert purge("run", index=True).index is None

    assert (here / "mine.idx" / "index.json").is_file()


@pytest.mark.parametrize("name", ["corpus", "empty", "missing", "mine.idx"])
def test_a_folder_without_a_run_is_left_alone(here, corpus, name):
    """Documents, an index with a lock of the same name, an empty folder, none: nothing is removed or made."""
    start(here, corpus, index=str(here / "mine.idx"))
    (here / "empty").mkdir()
    before = files(here)

    with pytest.raises(RunError, match="holds no run"):
        purge(name, index=True)

    assert before == files(here)
    assert not (here / "missing").exists()


def test_a_run_of_another_version_is_left_to_that_version(here, corpus):
    """Only it knows what the run stored."""
    start(here, corpus)
    with closing(sqlite3.connect(here / "run" / LEDGER)) as db:
        db.execute("PRAGMA user_version = 1")
    before = files(here)

    with pytest.raises(RunError, match="format 1"):
        purge("run")

    assert before == files(here)


def test_of_a_torn_run_what_can_be_found_is_removed(here, corpus):
    """Its scores are known to nobody any more, which is said."""
    start(here, corpus)
    (here / "run" / LEDGER).write_bytes(b"no database at all, whatever its name may say" * 100)

    found = CliRunner().invoke(app, ["purge", "run", "--yes"])

    assert 0 == found.exit_code
    assert "scores of the run may be left in a score cache: the ledger is torn" in found.stderr
    assert not (here / "run").exists()


def test_the_pages_of_a_ledger_may_be_torn_where_its_quotes_are(here, corpus):
    """The scores that can still be told go, then everything."""
    start(here, corpus)
    path = here / "run" / LEDGER
    content = bytearray(path.read_bytes())
    at = content.find(b'"premise"')
    content[at : at + 2000] = b"\xff" * 2000
    path.write_bytes(content)

    report = purge("run")

    assert report.torn
    assert not (here / "run").exists()


def test_the_command_lists_all_and_asks(here, corpus):
    """Saying no changes nothing; reviews are named, since they cannot be computed again."""
    start(here, corpus)
    with Reviews("run") as reviews, Ledger("run") as ledger:
        first = next(ledger.ids())
        reviews.add(Event(first, "ada", Note("Seen in the timetable.")))
    (here / "run" / "letter.txt").write_text("Mine.\n", "utf-8")
    before = files(here)

    refused = CliRunner().invoke(app, ["purge", "run", "--index"], input="n\n")

    assert 1 == refused.exit_code
    assert before == files(here)
    for line in ("24 claims", "1 decisions and notes of reviewers", "scores.sqlite", "build it again", "letter.txt"):
        assert line in refused.output
    assert 0 == CliRunner().invoke(app, ["purge", "run", "--index"], input="y\n").exit_code
    assert {Path("letter.txt")} == files(here / "run").keys()


PAIRS = [(f"The mill ground {number} tonnes of rye.", "The mill ground 40 tonnes.") for number in range(3000)]


def test_a_forgotten_score_is_in_no_byte_of_a_file_that_grew_for_long(here):
    """Pages that were split, generations that were dropped: what stayed of a row in free space is cleared too."""
    path = here / "scores.sqlite"
    with closing(ScoreCache(path, max_mb=1)) as cache:
        scorer = CachedScorer(RuleNLI(), cache)
        cache.get([])
        cache._open._db.execute("PRAGMA secure_delete = OFF")  # the default of SQLite, though not of every build
        for start_at in range(0, len(PAIRS), 100):
            scorer.score(PAIRS[start_at : start_at + 100])
        cache.put({key: NLIScores(0.2, 0.3, 0.5) for key in pair_keys("other", PAIRS * 5).values()})
        keys = list(pair_keys(scorer.facts, PAIRS).values())[::7]
    there = [key for key in keys if key in path.read_bytes()]
    assert len(there) > 100

    forget(path, iter(keys))

    assert not [key for key in keys if key in every_byte(here)]
    with closing(ScoreCache(path, max_mb=1)) as cache:
        kept = [key for key in pair_keys(scorer.facts, PAIRS).values() if key not in set(keys)]
        assert len(cache.get(kept)) > 1000


def test_a_cache_that_is_open_elsewhere_is_cleared(here):
    """Another job goes on with it, and finds what is left."""
    path = here / "scores.sqlite"
    with closing(ScoreCache(path)) as other:
        scorer = CachedScorer(RuleNLI(), other)
        scorer.score(PAIRS[:100])
        keys = list(pair_keys(scorer.facts, PAIRS[:100]).values())

        assert 50 == forget(path, iter(keys[:50]))

        assert set(keys[50:]) == other.get(keys).keys()
        assert not [key for key in keys[:50] if key in every_byte(here)]
        scorer.score(PAIRS[:100])
        assert set(keys) == other.get(keys).keys()


@pytest.mark.parametrize("content", [None, b"The mill ground rye.\n", b""])
def test_what_is_no_cache_is_neither_made_nor_touched(here, content):
    """The name came from a ledger, which anybody may have written."""
    path = here / "scores.sqlite"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(FactcheckError, match="no score cache"):
        forget(path, iter([b"k" * 20]))

    assert ({} if content is None else {Path("scores.sqlite"): content}) == files(here)
