"""Which files a scan gives, in which order, and what it says of the others."""

import gzip
import hashlib
import inspect
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import said, scan_all

from factcheck.corpus.files import KINDS, Problem, SourceFile, extractor_of, kind_of
from factcheck.errors import CorpusError


def write(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("The quay is closed.", "utf-8")


def names_of(files):
    return [file.name for file in files]


def test_a_folder_gives_its_files_in_code_point_order_of_their_names(tmp_path):
    """The order is that of the whole relative names, whatever the file system lists first."""
    wanted = ["B.txt", "a-b.txt", "a.txt", "a/c.txt", "a/d/e.txt", "a0.txt", "b.txt", "\u00e9.txt"]
    write(tmp_path, reversed(wanted))

    files, problems = scan_all(tmp_path)

    assert names_of(files) == wanted == sorted(wanted)
    assert problems == []


def test_a_file_carries_what_identifies_it(tmp_path):
    """Path, relative name, kind, size and the SHA-256 of the bytes."""
    (tmp_path / "sub").mkdir()
    data = "Die Schleuse öffnet um acht.".encode()
    (tmp_path / "sub" / "a.TXT").write_bytes(data)

    [file], _ = scan_all(tmp_path)

    expected = hashlib.sha256(data).hexdigest()
    assert file == SourceFile(tmp_path / "sub" / "a.TXT", "sub/a.TXT", "txt", len(data), expected)


def test_the_root_may_be_one_file(tmp_path):
    """A file as root is named by its own name."""
    write(tmp_path, ["a.md", "b.md"])

    files, _ = scan_all(tmp_path / "b.md")

    assert names_of(files) == ["b.md"]


def test_a_relative_root_gives_absolute_paths(tmp_path, monkeypatch):
    """A file can still be opened after the working directory has changed."""
    write(tmp_path, ["docs/a.txt"])
    monkeypatch.chdir(tmp_path)

    [file], _ = scan_all("docs")

    assert file.path == tmp_path / "docs" / "a.txt"


def test_nothing_at_the_root_is_an_error(tmp_path):
    """A misspelt folder is not an empty corpus."""
    with pytest.raises(CorpusError, match="does not exist; give a file or a folder"):
        scan_all(tmp_path / "nowhere")


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    """Editors and version control leave files that are no documents."""
    write(tmp_path, [".hidden.txt", ".git/a.txt", "a.txt"])

    files, problems = scan_all(tmp_path)

    assert (names_of(files), problems) == (["a.txt"], [])


def test_indexes_and_runs_are_passed_over(tmp_path):
    """An index or a run kept inside the corpus folder is not read as documents."""
    write(tmp_path, ["a.txt", "run/manifest.json", "run/x.txt", "index/x.txt", "fresh/write.lock"])
    (tmp_path / "run" / "run.sqlite").write_bytes(b"SQLite format 3")
    (tmp_path / "index" / "index.json").write_text('{"corpus_version": "0"}', "utf-8")

    files, problems = scan_all(tmp_path)

    assert (names_of(files), problems) == (["a.txt"], [])


def test_a_site_with_an_index_json_of_its_own_is_read(tmp_path):
    """Only an index of ours is passed over: other programs write an index.json too."""
    write(tmp_path, ["site/a.txt"])
    (tmp_path / "site" / "index.json").write_text('[{"text": "The lock opens at eight."}]', "utf-8")

    files, _ = scan_all(tmp_path)

    assert names_of(files) == ["site/a.txt", "site/index.json"]


def test_an_index_as_root_is_a_problem(tmp_path):
    """A user who names the index instead of the documents is told so."""
    (tmp_path / "index.json").write_text('{"corpus_version": "0"}', "utf-8")

    files, problems = scan_all(tmp_path)

    assert files == []
    assert "an index or a run, not documents" in str(*problems)


def test_unknown_kinds_are_problems_one_a_file(tmp_path):
    """Nothing is dropped without a trace."""
    write(tmp_path, ["a.xyz", "b.xyz", "c", "d.pdf.gz", "e.tar.gz"])

    files, problems = scan_all(tmp_path)

    assert files == []
    assert [(problem.name, problem.found) for problem in problems] == [
        ("a.xyz", "unsupported kind .xyz"),
        ("b.xyz", "unsupported kind .xyz"),
        ("c", "unsupported kind (no extension)"),
        ("d.pdf.gz", "unsupported kind .pdf.gz"),
        ("e.tar.gz", "unsupported kind .tar.gz"),
    ]


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("suffix", KINDS)
def test_each_extension_has_its_kind_whatever_its_case(suffix, gzipped):
    """`.TXT` is `.txt`; text kinds may be gzipped, kinds that are packed already may not."""
    kind = KINDS[suffix]
    name = f"a.b{suffix.upper()}{'.gz' if gzipped else ''}"

    assert kind_of(name) == (None if gzipped and kind in ("pdf", "docx", "parquet") else kind)


def test_an_empty_file_is_a_problem(tmp_path):
    """A file without a byte is most often a failed download."""
    (tmp_path / "a.txt").touch()

    assert said(scan_all(tmp_path)[1]) == ["a.txt: the file is empty"]


def test_a_file_over_the_limit_is_a_problem_and_others_are_given(tmp_path):
    """The limit counts for files of one document; a file of records may be any size."""
    for name in ("a.txt", "b.jsonl", "c.txt"):
        (tmp_path / name).write_bytes(b"x" * (10 if name == "c.txt" else 11))

    files, problems = scan_all(tmp_path, max_file_bytes=10)

    assert names_of(files) == ["b.jsonl", "c.txt"]
    assert said(problems) == ["a.txt: 11 bytes; at most 10 are read; split the file or raise the limit"]


def test_a_link_out_of_the_folder_is_a_problem_and_not_followed(tmp_path):
    """Neither a linked file nor a linked folder outside the corpus is read."""
    write(tmp_path, ["secret/a.txt", "docs/b.txt"])
    (tmp_path / "docs" / "file.txt").symlink_to(tmp_path / "secret" / "a.txt")
    (tmp_path / "docs" / "folder").symlink_to("../secret")

    files, problems = scan_all(tmp_path / "docs")

    assert names_of(files) == ["b.txt"]
    assert [problem.name for problem in problems] == ["file.txt", "folder"]
    assert all("leads out of the corpus folder" in problem.found for problem in problems)


def test_links_in_a_circle_end(tmp_path):
    """A link to a folder above it, to itself or to nothing does not stop the scan."""
    write(tmp_path, ["sub/a.txt"])
    (tmp_path / "sub" / "up").symlink_to("..")
    (tmp_path / "sub" / "self.txt").symlink_to("self.txt")
    (tmp_path / "sub" / "dangling.txt").symlink_to("gone.txt")

    files, problems = scan_all(tmp_path)

    assert names_of(files) == ["sub/a.txt"]
    assert sorted(problem.name for problem in problems) == ["sub/dangling.txt", "sub/self.txt"]


def test_no_file_is_read_twice_through_a_link(tmp_path):
    """A second name of a file that is read anyway adds nothing; one of a hidden file is its only name."""
    write(tmp_path, ["2024/a.txt", ".store/b.txt", ".store/c/d.txt"])
    (tmp_path / "latest").symlink_to("2024")
    (tmp_path / "again.txt").symlink_to("2024/a.txt")
    (tmp_path / "b.txt").symlink_to(".store/b.txt")
    (tmp_path / "c").symlink_to(".store/c")

    files, problems = scan_all(tmp_path)

    assert (names_of(files), problems) == (["2024/a.txt", "b.txt", "c/d.txt"], [])


def test_a_pipe_is_a_problem_and_does_not_block(tmp_path):
    """Opening a pipe that nobody writes to would wait for ever."""
    os.mkfifo(tmp_path / "a.txt")

    assert said(scan_all(tmp_path)[1]) == ["a.txt: not a regular file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_problem(tmp_path):
    """A file without read permission costs that file only."""
    write(tmp_path, ["a.txt", "b.txt"])
    (tmp_path / "a.txt").chmod(stat.S_IWUSR)

    files, problems = scan_all(tmp_path)

    assert names_of(files) == ["b.txt"]
    assert said(problems) == ["a.txt: Permission denied"]


def test_a_name_that_is_not_utf8_is_a_problem(tmp_path):
    """Such a name cannot be stored or shown, so the file is named in escapes."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_bytes(b"x")

    assert said(scan_all(tmp_path)[1]) == ["caf\\xe9.txt: the file name is not UTF-8; rename it"]


def test_folders_may_nest_deeper_than_the_call_stack(tmp_path):
    """Folders in one another are walked, not recursed into: a hundred fit where the stack has sixty frames left."""
    name = "d/" * 100 + "a.txt"
    write(tmp_path, [name])
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        files, problems = scan_all(tmp_path)
    finally:
        sys.setrecursionlimit(limit)

    assert (names_of(files), problems) == ([name], [])


def test_a_saved_data_set_is_one_file(tmp_path):
    """A folder that `save_to_disk` wrote is one source, hashed over its Arrow files."""
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"text": ["The lock opens at eight."]})
    data.save_to_disk(tmp_path / "set")
    write(tmp_path, ["set-notes.txt"])

    (found, notes), problems = scan_all(tmp_path)

    assert (found.name, found.kind, notes.name, problems) == ("set", "hf", "set-notes.txt", [])
    again = scan_all(tmp_path / "set")[0]
    assert [(file.name, file.sha256) for file in again] == [("set", found.sha256)]
    datasets.Dataset.from_dict({"text": ["It closes at nine."]}).save_to_disk(tmp_path / "set")
    assert scan_all(tmp_path)[0][0].sha256 != found.sha256


def test_a_hub_data_set_that_is_not_there_is_a_problem(monkeypatch):
    """What `datasets` says is passed on, without a download where the hub is switched off."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)

    files, problems = scan_all("hf:./no-such-set")

    assert files == []
    assert str(problems[0]).startswith("hf:./no-such-set: datasets cannot load it: ")


def test_the_hash_is_of_the_stored_bytes_of_a_gzipped_file(tmp_path):
    """`sha256sum` on the file gives the same digits."""
    data = gzip.compress(b"The quay is closed.")
    (tmp_path / "a.txt.gz").write_bytes(data)

    [file], _ = scan_all(tmp_path)

    assert (file.kind, file.sha256) == ("txt", hashlib.sha256(data).hexdigest())


def test_extractors_name_reader_and_library_version():
    """A new version of a library that changes the text makes another extractor."""
    pypdf = pytest.importorskip("pypdf")

    assert extractor_of("txt") == "txt/1"
    assert extractor_of("pdf") == f"pdf/1+pypdf-{pypdf.__version__}"


@given(name=st.text(), found=st.text(min_size=1), fix=st.text())
def test_a_problem_reads_as_place_finding_and_way_out(name, found, fix):
    """The way out is left off where there is none."""
    assert str(Problem(name, found, fix)) == (f"{name}: {found}; {fix}" if fix else f"{name}: {found}")
