"""The corpus index: what a search gives, and what an update reads and writes."""

import asyncio
import json
import multiprocessing
import os
import shutil
import signal
from datetime import timedelta

import lancedb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.corpus.build import build_index
from factcheck.corpus.files import Limits
from factcheck.corpus.index import POINTER, CorpusIndex, Search
from factcheck.errors import ConfigError, CorpusError

TEXTS = {
    "a.txt": "The harbour opened in 2019. It cost 40 million euros.\n\nThe ferry sails twice a day.\n",
    "b.md": "# Ferries\n\nThe ferry to Lund sails once a day. Nobody counted the gulls.\n",
    "sub/c.txt": "Gulls nest on the pier in May.\n",
}


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    for name, text in TEXTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def dump(folder, queries=("ferry sails", "gulls pier May", "harbour", "the")):
    """What can be seen of an index from outside."""
    index = CorpusIndex(folder)
    return index.version, [index.search(query, limit=3) for query in queries]


def test_a_quote_is_the_text_at_its_offsets(corpus, tmp_path):
    """Offsets count in the file itself."""
    build_index(corpus, tmp_path / "idx")

    for match in CorpusIndex(tmp_path / "idx").search("ferry gulls harbour million", limit=50):
        assert (corpus / match.doc_id).read_text("utf-8")[match.start : match.end] == match.quote


def test_the_sentence_before_is_known_inside_a_paragraph_only(corpus, tmp_path):
    """A paragraph's first sentence has none before it."""
    build_index(corpus, tmp_path / "idx")

    sentences = CorpusIndex(tmp_path / "idx").sentences(["a.txt"])
    assert ["", "The harbour opened in 2019.", ""] == [sentence.before for sentence in sentences]


def test_searches_that_are_asked_together_find_what_each_finds_alone(corpus, tmp_path):
    """Whatever their limits and documents, in order; also where an event loop is running already."""
    build_index(corpus, tmp_path / "idx")
    index = CorpusIndex(tmp_path / "idx")
    searches = [
        Search("ferry sails", 1),
        Search("?!…", 3),
        Search("gulls ferry harbour", 9),
        Search("ferry", 5, ("b.md",)),
        Search("zeppelin", 2),
    ]
    alone = [index.search(one.text, limit=one.limit, doc_ids=one.doc_ids) for one in searches]

    async def inside():
        return index.search_all(searches)

    assert alone == index.search_all(searches) == asyncio.run(inside())
    assert [] == index.search_all([])
    assert [1, 0, 6, 3, 0] == [len(found) for found in alone]


def test_an_update_reads_only_what_changed(corpus, tmp_path):
    """One changed, one new and one removed file are told apart; the others are not read."""
    build_index(corpus, tmp_path / "idx")
    (corpus / "a.txt").write_text("The harbour closed in 2024.\n", "utf-8")
    (corpus / "d.txt").write_text("A new lighthouse stands on the cape.\n", "utf-8")
    (corpus / "b.md").unlink()

    report = build_index(corpus, tmp_path / "idx")

    assert (1, 1, 1, 2) == (report.added, report.changed, report.removed, report.files_read)
    assert {"a.txt", "d.txt", "sub/c.txt"} == set(
        CorpusIndex(tmp_path / "idx").sources(["a.txt", "b.md", "d.txt", "sub/c.txt"])
    )


def test_nothing_changed_writes_nothing(corpus, tmp_path):
    """A second build leaves every file of the index as it was."""
    build_index(corpus, tmp_path / "idx")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "idx").rglob("*") if path.name != "write.lock"}

    report = build_index(corpus, tmp_path / "idx")

    assert 0 == report.files_read
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert set(before) == {path for path in (tmp_path / "idx").rglob("*") if path.name != "write.lock"}


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "Gulls nest.", "The ferry sails. It is late.", "Ice."]))
    )
)
def test_an_updated_index_equals_a_new_one(tmp_path_factory, edits):
    """Whatever the history of a folder, version, hits and scores are those of a fresh build."""
    root = tmp_path_factory.mktemp("update")
    folder = root / "corpus"
    folder.mkdir()
    (folder / "keep.txt").write_text("The ferry sails to the pier.\n", "utf-8")
    build_index(folder, root / "idx")
    for name, text in edits:
        path = folder / f"{name}.txt"
        path.write_text(text, "utf-8") if text else path.unlink(missing_ok=True)
        build_index(folder, root / "idx")

    build_index(folder, root / "fresh")

    assert dump(root / "fresh") == dump(root / "idx")


def test_a_document_id_moves_to_the_file_that_comes_first(tmp_path):
    """An id in two files belongs to the first file by name, whichever was indexed first; the other is reported."""
    folder = tmp_path / "corpus"
    folder.mkdir()

    def write(name, text):
        (folder / name).write_text(json.dumps({"id": "x", "text": text}) + "\n", "utf-8")

    write("b.jsonl", "From the second file.")
    build_index(folder, tmp_path / "idx")
    write("a.jsonl", "From the first file.")
    both = build_index(folder, tmp_path / "idx")
    again = build_index(folder, tmp_path / "idx")
    (folder / "a.jsonl").unlink()
    build_index(folder, tmp_path / "one")
    alone = build_index(folder, tmp_path / "idx")

    assert ["b.jsonl"] == [problem.name for problem in both.problems] == [problem.name for problem in again.problems]
    assert both.corpus_version == again.corpus_version
    assert () == alone.problems
    assert dump(tmp_path / "one") == dump(tmp_path / "idx")


def test_ties_at_the_cut_are_read_past(tmp_path):
    """Equal sentences all come back, in document order, however few are asked for."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02}.txt").write_text("The ferry sails.\n", "utf-8")
    build_index(folder, tmp_path / "idx")

    matches = CorpusIndex(tmp_path / "idx").search("ferry", limit=5)

    # The title is part of what is searched; all titles here are numbers of one word.
    assert [f"{number:02}.txt" for number in range(30)] == [match.doc_id for match in matches]


def test_stop_words_are_searched_only_where_there_is_nothing_else(corpus, tmp_path):
    """A query of stop words finds sentences that hold them; beside another word they count for nothing."""
    build_index(corpus, tmp_path / "idx")
    index = CorpusIndex(tmp_path / "idx")

    assert index.search("it the", limit=5)
    assert index.search("the gulls", limit=5) == index.search("gulls", limit=5)


def test_a_search_can_be_limited_to_documents(corpus, tmp_path):
    """Only the named documents are searched, and a quote in a name does no harm."""
    build_index(corpus, tmp_path / "idx")
    index = CorpusIndex(tmp_path / "idx")

    assert {"b.md"} == {match.doc_id for match in index.search("ferry", limit=5, doc_ids=["b.md", "no'such"])}


def test_nothing_to_search_for_finds_nothing(corpus, tmp_path):
    """Punctuation alone, or a word that no sentence has, gives no hit and no error."""
    build_index(corpus, tmp_path / "idx")

    assert [] == CorpusIndex(tmp_path / "idx").search("?!…", limit=5)
    assert [] == CorpusIndex(tmp_path / "idx").search("zeppelin", limit=5)


def test_problems_are_told_again_while_they_last(corpus, tmp_path):
    """A file that cannot be read is a problem of every build until it is mended."""
    (corpus / "bad.txt").write_bytes(b"caf\xe9 \xff")
    first = build_index(corpus, tmp_path / "idx")
    second = build_index(corpus, tmp_path / "idx")

    assert ["bad.txt"] == [problem.name for problem in first.problems]
    assert first.problems == second.problems == tuple(CorpusIndex(tmp_path / "idx").problems())


@pytest.mark.parametrize("content", [{}, {"x.exe": b"MZ"}, {"empty.txt": b""}])
def test_a_corpus_with_nothing_readable_is_an_error(tmp_path, content):
    """An empty folder and one of unreadable files are refused, naming the first problem."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, data in content.items():
        (folder / name).write_bytes(data)

    with pytest.raises(CorpusError, match="no readable document"):
        build_index(folder, tmp_path / "idx")


def test_an_index_that_was_never_finished_is_refused(tmp_path):
    """Opening says that there is none, and how to build it."""
    with pytest.raises(CorpusError, match="factcheck index"):
        CorpusIndex(tmp_path / "idx")


def test_a_torn_pointer_is_refused_by_readers_and_mended_by_a_build(corpus, tmp_path):
    """The error says what to do, and doing the build again is enough."""
    build_index(corpus, tmp_path / "idx")
    (tmp_path / "idx" / POINTER).write_text('{"format": 1, "lang', "utf-8")

    with pytest.raises(CorpusError, match="build"):
        CorpusIndex(tmp_path / "idx")
    build_index(corpus, tmp_path / "idx")
    assert CorpusIndex(tmp_path / "idx").search("ferry", limit=1)


def test_a_missing_table_is_an_error_of_its_own(corpus, tmp_path):
    """A half-copied index is named as torn."""
    build_index(corpus, tmp_path / "idx")
    shutil.rmtree(tmp_path / "idx" / "sentences.lance")

    with pytest.raises(CorpusError, match="torn"):
        CorpusIndex(tmp_path / "idx")


def test_an_unknown_language_is_refused(corpus, tmp_path):
    """The message lists what there is."""
    with pytest.raises(ConfigError, match="use one of"):
        build_index(corpus, tmp_path / "idx", language="xx")


def _build_until_killed(corpus, folder, started):
    def die(done, total):
        if done == 2:
            started.set()
            os.kill(os.getpid(), signal.SIGKILL)

    build_index(corpus, folder, on_read=die)


def test_a_killed_build_leaves_the_last_version_and_can_be_done_again(corpus, tmp_path):
    """After kill -9 in the middle of an update readers see what was published; the next build equals a fresh one."""
    build_index(corpus, tmp_path / "idx")
    published = dump(tmp_path / "idx")
    (corpus / "a.txt").write_text("The harbour closed in 2024.\n", "utf-8")
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_build_until_killed, args=(corpus, tmp_path / "idx", started))
    process.start()
    process.join()

    assert started.is_set()
    assert -signal.SIGKILL == process.exitcode
    assert published == dump(tmp_path / "idx")
    build_index(corpus, tmp_path / "idx")
    build_index(corpus, tmp_path / "fresh")
    assert dump(tmp_path / "fresh") == dump(tmp_path / "idx")


def test_a_second_writer_is_refused(corpus, tmp_path):
    """One writer at a time; the lock goes with its holder."""

    def second(_done, _total):
        with pytest.raises(CorpusError, match="another process"):
            build_index(corpus, tmp_path / "idx")

    build_index(corpus, tmp_path / "idx", on_read=second)
    build_index(corpus, tmp_path / "idx")


def test_a_reader_keeps_its_version_while_a_build_goes_on(corpus, tmp_path):
    """What was opened stays as it was."""
    build_index(corpus, tmp_path / "idx")
    index = CorpusIndex(tmp_path / "idx")
    before = index.search("harbour", limit=3)
    (corpus / "a.txt").unlink()
    build_index(corpus, tmp_path / "idx")

    assert before == index.search("harbour", limit=3)
    assert [] == CorpusIndex(tmp_path / "idx").search("harbour", limit=3)


def test_another_language_builds_anew_without_hiding_the_old_index(corpus, tmp_path):
    """A build with other settings reads everything again."""
    build_index(corpus, tmp_path / "idx")

    report = build_index(corpus, tmp_path / "idx", language="de")

    assert 3 == report.files_read == report.documents
    assert "de" == CorpusIndex(tmp_path / "idx").pointer.language


def published_versions(folder):
    """How many versions of the sentences are kept for somebody."""
    return len(lancedb.connect(folder).open_table("sentences").tags.list())


def versions_there(folder):
    """The numbers of all versions of the sentences that are on disk."""
    return {item["version"] for item in lancedb.connect(folder).open_table("sentences").list_versions()}


def test_old_versions_are_cleared_without_harm(corpus, tmp_path, monkeypatch):
    """Updates go on working, and read what changed alone, when what they replace is older than what is kept."""
    monkeypatch.setattr("factcheck.corpus.build._KEPT", timedelta(0))
    build_index(corpus, tmp_path / "idx")

    for number in range(4):
        (corpus / "a.txt").write_text(f"The harbour closed {number} times.\n", "utf-8")
        assert 1 == build_index(corpus, tmp_path / "idx").files_read

    build_index(corpus, tmp_path / "fresh")
    assert dump(tmp_path / "fresh") == dump(tmp_path / "idx")
    assert 2 == published_versions(tmp_path / "idx")


def test_a_replaced_version_stays_readable_until_its_time_is_up(corpus, tmp_path, monkeypatch):
    """Updates that go on beside a reader change nothing for it; one that comes to it too late is told."""
    idx = tmp_path / "idx"
    build_index(corpus, idx)
    reader, idle = CorpusIndex(idx), CorpusIndex(idx)
    before = reader.search("gulls harbour", limit=5)
    late = reader.pointer.to_json()
    for number in range(3):
        (corpus / "a.txt").write_text(f"The harbour closed {number} times.\n", "utf-8")
        build_index(corpus, idx)

    assert before == reader.search("gulls harbour", limit=5)
    assert 4 == published_versions(idx)

    monkeypatch.setattr("factcheck.corpus.build._KEPT", timedelta(0))
    monkeypatch.setattr("factcheck.corpus.build._SLACK", timedelta(seconds=0.5))
    for number in range(50):
        (corpus / "a.txt").write_text(f"The harbour is open on day {number}.\n", "utf-8")
        build_index(corpus, idx)
        if reader.pointer.tables["sentences"] not in versions_there(idx):
            break

    assert f"The harbour is open on day {number}." == CorpusIndex(idx).search("harbour open", limit=1)[0].quote
    with pytest.raises(CorpusError, match="has been replaced since, and is cleared; start again"):
        idle.search("storm boats", limit=5)
    (idx / POINTER).write_text(late, "utf-8")
    with pytest.raises(CorpusError, match="torn"):
        CorpusIndex(idx)


def test_versions_do_not_pile_up_where_updates_come_often(corpus, tmp_path, monkeypatch):
    """Beyond some, they are kept for the shorter time, and cleared a few together."""
    for name, value in {"_KEPT_BEYOND": timedelta(0), "_VERSIONS": 2, "_CLEARED_TOGETHER": 2}.items():
        monkeypatch.setattr(f"factcheck.corpus.build.{name}", value)
    kept = []
    for number in range(8):
        (corpus / "a.txt").write_text(f"The harbour closed {number} times.\n", "utf-8")
        build_index(corpus, tmp_path / "idx")
        kept.append(published_versions(tmp_path / "idx"))

    assert [1, 2, 3, 4, 5, 4, 5, 4] == kept


def test_a_document_that_met_a_limit_is_read_when_the_limit_is_raised(corpus, tmp_path):
    """A problem is not for ever: the same bytes may go better next time."""
    rows = [json.dumps({"id": str(size), "text": "word " * size}) for size in (3, 300)]
    (corpus / "r.jsonl").write_text("\n".join(rows) + "\n", "utf-8")

    first = build_index(corpus, tmp_path / "idx", limits=Limits(max_record_bytes=500))
    second = build_index(corpus, tmp_path / "idx")

    assert (1, 0) == (len(first.problems), len(second.problems))
    assert first.documents + 1 == second.documents


def test_a_file_that_stays_unreadable_changes_nothing(corpus, tmp_path):
    """It is tried again, and the index is left as it is."""
    (corpus / "bad.txt").write_bytes(b"caf\xe9 \xff")
    build_index(corpus, tmp_path / "idx")
    before = (tmp_path / "idx" / POINTER).stat().st_mtime_ns

    build_index(corpus, tmp_path / "idx")

    assert before == (tmp_path / "idx" / POINTER).stat().st_mtime_ns


def test_files_can_be_left_out(corpus, tmp_path):
    """They are no documents and no problems."""
    report = build_index(corpus, tmp_path / "idx", exclude=[corpus / "a.txt"])

    assert (2, ()) == (report.documents, report.problems)


@pytest.mark.parametrize("pointer", ['{"format": 2}', "[]", ""])
def test_a_pointer_without_what_it_must_say_is_torn(corpus, tmp_path, pointer):
    """Readers say so, a build makes it again."""
    build_index(corpus, tmp_path / "idx")
    (tmp_path / "idx" / POINTER).write_text(pointer, "utf-8")

    with pytest.raises(CorpusError):
        CorpusIndex(tmp_path / "idx")
    assert 3 == build_index(corpus, tmp_path / "idx").files_read


def test_a_build_mends_a_missing_table(corpus, tmp_path):
    """A half-copied index is built again."""
    build_index(corpus, tmp_path / "idx")
    shutil.rmtree(tmp_path / "idx" / "sentences.lance")

    build_index(corpus, tmp_path / "idx")

    build_index(corpus, tmp_path / "fresh")
    assert dump(tmp_path / "fresh") == dump(tmp_path / "idx")


def test_an_index_cannot_be_built_where_a_file_stands(corpus, tmp_path):
    """The error names the place and another way."""
    (tmp_path / "file").write_text("x", "utf-8")

    with pytest.raises(CorpusError, match="--index"):
        build_index(corpus, tmp_path / "file")
