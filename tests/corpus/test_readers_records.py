"""Files of records: JSON Lines, JSON, CSV, TSV, Parquet and Hugging Face data sets."""

import datetime as dt
import gzip
import hashlib
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import blocks, read_all, read_one, said

from factcheck.corpus.files import Limits, SourceFile, scan
from factcheck.corpus.readers import read, records
from factcheck.corpus.sentences import split

DATA = Path(__file__).parents[3] / "shared" / "data"


def lines(path, *items):
    path.write_text("".join(f"{item if isinstance(item, str) else json.dumps(item)}\n" for item in items), "utf-8")
    return path


def document_of(record):
    return records.to_document(record, SourceFile(Path("/a.jsonl"), "a.jsonl", "jsonl", 1, "0" * 64), 7)


def test_a_record_becomes_a_document(tmp_path):
    """The known fields have their place; all others are metadata."""
    record = {
        "id": "d1",
        "title": " Dues ",
        "text": "Dues rise.\n\nShips pay.",
        "date": "2021-02-03",
        "url": "https://port.example",
        "pages": [1, 2],
    }

    document = read_one(lines(tmp_path / "a.jsonl", record))

    assert (document.id, document.title, document.path, document.url) == ("d1", "Dues", "a.jsonl", record["url"])
    assert (document.date, document.date_origin) == ("2021-02-03", "column")
    assert (document.extractor, document.in_file, document.metadata) == ("jsonl/1", False, {"pages": [1, 2]})
    assert blocks(document) == ["Dues rise.", "Ships pay."]


def test_the_hash_of_a_record_is_that_of_its_canonical_json(tmp_path):
    """The order of its fields and the spacing do not matter; a changed letter does."""
    one, two = (
        lines(tmp_path / "a.jsonl", '{"text": "Öl", "id": "1"}'),
        lines(tmp_path / "b.jsonl", '{"id":"1","text":"Öl"}'),
    )

    canonical = b'{"id":"1","text":"\\u00d6l"}'
    assert read_one(one).sha256 == read_one(two).sha256 == hashlib.sha256(canonical).hexdigest()
    assert document_of({"text": "Ol", "id": "1"}).sha256 != read_one(one).sha256


@pytest.mark.parametrize(
    ("record", "identity"),
    [
        ({"id": "x"}, "x"),
        ({"_id": "x"}, "x"),
        ({"doc_id": 4983}, "4983"),
        ({"id": 3.0}, "3"),
        ({"id": 0}, "0"),
        ({"id": None, "doc_id": 5}, "5"),
        ({"id": ""}, "a.jsonl#7"),
        ({}, "a.jsonl#7"),
    ],
)
def test_ids_come_from_the_record_or_its_line(record, identity):
    """Numbers become text, and a record without an id is named by file and line."""
    assert document_of({**record, "text": "Dues rise."}).id == identity


BAD_LINES = [
    ('{"text": "torn', "not JSON: Invalid control character at column 15"),
    ('["text"]', "a list where a record was expected; give objects with a text field"),
    ("{}", "no field `text` (fields: none); a record needs `text`, a string, or `sentences`, a list of strings"),
    ('{"text": null, "body": 1}', "`text` is null; a record needs"),
    ('{"body": 1}', "no field `text` (fields: body); a record needs"),
    ('{"text": 5}', "`text` is a number; a record needs"),
    ('{"text": [1]}', "`text` is a list; a record needs"),
    ('{"text": " \\n"}', "the text is empty"),
    ('{"text": "x", "id": [1]}', "`id` is a list; an id is a string or a number"),
    ('{"text": "x", "id": true}', "`id` is true or false; an id is a string or a number"),
    ('{"text": "x", "n": ' + "9" * 5000 + "}", "not usable JSON: Exceeds the limit"),
    ("[" * 100_000, "not usable JSON: "),
    ('{"id": "good", "text": "Again."}', "a second record with the id 'good'; give each its own id"),
    ('{"text": "' + "x" * 3000 + '"}', "a line of more than 2,000 bytes; split the record"),
]


@pytest.mark.parametrize(("bad", "problem"), BAD_LINES)
def test_a_bad_record_is_a_problem_with_its_line_and_the_others_are_read(tmp_path, bad, problem):
    """Bad input never loses good input."""
    most = 2_000 if "2,000" in problem else 1_000_000
    path = lines(tmp_path / "a.jsonl", {"id": "good", "text": "One."}, "", bad, {"id": "last", "text": "Two."})

    documents, problems = read_all(path, max_record_bytes=most)

    assert [document.id for document in documents] == ["good", "last"]
    assert len(problems) == 1
    assert str(*problems).startswith(f"a.jsonl:3: {problem}")


def test_a_line_that_is_not_utf8_is_a_problem_of_that_line(tmp_path):
    """The byte is named with its place in the line."""
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"text": "One."}\n{"text": "caf\xe9"}\n{"text": "Two."}')

    documents, problems = read_all(tmp_path)

    assert [document.text for document in documents] == ["One.", "Two."]
    assert said(problems) == ["a.jsonl:2: byte 0xe9 at offset 13 of the line is not UTF-8; save it as UTF-8"]


def test_a_line_separator_inside_a_string_does_not_end_the_line(tmp_path):
    """JSON allows U+2028 in strings; only a line feed ends a record."""
    path = lines(tmp_path / "a.jsonl", '{"text": "One\u2028two\x85three."}')

    assert read_one(path).text == "One\u2028two\x85three."


def test_half_a_surrogate_pair_is_replaced(tmp_path):
    """JSON escapes can spell what no file can store; the rest of the record is kept."""
    document = read_one(lines(tmp_path / "a.jsonl", '{"id": "\\ud800", "text": "a\\udfffb.", "k": ["\\ud800"]}'))

    assert (document.id, document.text, document.metadata) == ("\ufffd", "a\ufffdb.", {"k": ["\ufffd"]})
    document.text.encode()


def test_scifact_abstracts_keep_their_sentence_numbers():
    """The text is the sentences with a space between each two; an empty one leaves a gap in the numbers."""
    document = document_of({"doc_id": 1, "title": "T", "abstract": ["One. Uno.", "", "Three."], "structured": False})

    assert (document.text, document.metadata) == ("One. Uno.  Three.", {"structured": False})
    found = [
        (sentence.index, document.text[sentence.start : sentence.end]) for sentence in split(document, language="en")
    ]
    assert found == [(0, "One. Uno."), (2, "Three.")]


def test_fever_pages_keep_their_line_numbers():
    """Empty lines are gaps; the id stays as FEVER spells it and the title is what people write."""
    page = {
        "id": "Kai_-LRB-ship-COLON-_one-RRB-",
        "text": "Kai was a ship . It sank .",
        "lines": "0\tKai was a ship .\tship\tShip\n1\t\n2\tIt sank .\n3\t",
    }

    document = document_of(page)

    assert (document.id, document.title) == (page["id"], "Kai (ship: one)")
    found = [
        (sentence.index, document.text[sentence.start : sentence.end]) for sentence in split(document, language="en")
    ]
    assert found == [(0, "Kai was a ship ."), (2, "It sank .")]
    assert document.metadata == {}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\t")), min_size=1))
def test_given_sentences_come_back_under_their_own_numbers(sentences):
    """Whatever marks a sentence holds, it is not cut again, and empty ones are gaps."""
    wanted = [(index, sentence.strip()) for index, sentence in enumerate(sentences) if sentence.strip()]
    forms = [{"sentences": sentences}, {"sentences": sentences, "text": "\n".join(["A title:", *sentences])}]
    forms += [{"abstract": sentences}]
    forms += [{"id": "A", "lines": "\n".join(f"{index}\t{text}\ta link" for index, text in enumerate(sentences))}]
    for record in forms if wanted else []:
        document = document_of(record)

        found = split(document, language="en")

        assert [(each.index, document.text[each.start : each.end]) for each in found] == wanted


def test_sentences_that_are_not_in_the_text_win_over_it():
    """Numbers that gold evidence refers to matter more than a text that has other spacing."""
    document = document_of({"text": "One.  Two.", "sentences": ["One .", "Two ."]})

    assert document.text == "One . Two ."


JSON_FORMS = [
    ('[{"text": "One."}, {"text": "Two."}]', ["One.", "Two."], []),
    (' [\n{"text": "One."}\n,{"text": "Two."}\n]\n', ["One.", "Two."], []),
    ('\ufeff{"text": "One."}\n{"text": "Two."}\n', ["One.", "Two."], []),
    ('{"text": "One."}', ["One."], []),
    ("[]", [], []),
    (
        '[{"text": "One."}, {"text": "Tw',
        ["One."],
        ["a.json:2: not JSON: Unterminated string starting; the rest of the file was not read"],
    ),
    ('[{"text": "One."},', ["One."], ["a.json:2: not JSON: Expecting value"]),
    ('[{"text": "One."}', ["One."], ["a.json: the array has no end"]),
    ('[{"text": "One."} {"text": "Two."}]', ["One."], ["a.json:2: '{' where , or ] should be"]),
    ('[12, {"text": "One."}]', ["One."], ["a.json:1: a number where a record was expected"]),
    ('[{"text": "One."}, oops, {"text": "Two."}]', ["One."], ["a.json:2: not JSON: Expecting value"]),
    ("[" * 100_000, [], ["a.json:1: not usable JSON: "]),
]


@pytest.mark.parametrize(("text", "texts", "expected"), JSON_FORMS)
def test_json_arrays_and_records_one_after_the_other(tmp_path, text, texts, expected):
    """A bad element ends the reading, since nothing tells where the next one begins; what came before counts."""
    (tmp_path / "a.json").write_text(text, "utf-8")

    documents, problems = read_all(tmp_path)

    assert [document.text for document in documents] == texts
    assert [str(problem)[: len(wanted)] for problem, wanted in zip(problems, expected, strict=True)] == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1),
    pad=st.integers(0, 70_000),
)
def test_records_read_the_same_wherever_the_chunks_end(tmp_path, texts, pad):
    """An element may straddle the pieces in which the file is read, letters of several bytes too."""
    wanted = [text for text in texts if text.strip()]
    made = [{"text": text} for text in texts]
    (tmp_path / "a.json").write_text(" " * pad + json.dumps(made, ensure_ascii=False), "utf-8")

    assert [document.text for document in read_all(tmp_path)[0]] == wanted


def test_an_array_is_read_in_the_memory_of_one_record(tmp_path):
    """Nine megabytes are read in less than two."""
    with gzip.open(tmp_path / "a.json.gz", "wt", compresslevel=1, encoding="utf-8") as file:
        file.write("[" + ",".join(json.dumps({"text": f"Ship {n} pays its dues. " * 100}) for n in range(4_000)) + "]")
    tracemalloc.start()

    count = 0
    for file in scan(tmp_path, limits=Limits(), on_problem=print):
        for _ in read(file, limits=Limits(), on_problem=print):
            count += 1

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4_000
    assert peak < 2_000_000


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.json.gz"])
def test_a_gzip_bomb_of_records_stops_at_the_limit(tmp_path, name):
    """Zeros by the gigabyte are neither held in memory nor unpacked to the end."""
    with gzip.open(tmp_path / name, "wb", compresslevel=9) as file:
        for _ in range(24):
            file.write(bytes(1 << 22))
    tracemalloc.start()

    documents, problems = read_all(tmp_path, max_file_bytes=1_000_000, max_record_bytes=1_000_000)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert documents == []
    assert len(problems) in (1, 2)
    assert peak < 4_000_000


CSV = """\
id,text,title,date,note
1,"Dues rise.
Ships ""pay"".",Dues,2021,
2,The quay is closed.,,03/04/2021,x
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t")])
def test_tables_read_with_quoted_line_ends(tmp_path, name, delimiter, newline):
    """Spreadsheet programs of other countries write semicolons; a cell may hold line ends and quotes."""
    (tmp_path / name).write_bytes(("\ufeff" + CSV).replace(",", delimiter).replace("\n", newline).encode())

    (one, two), problems = read_all(tmp_path)

    assert problems == []
    assert (one.id, one.title, one.date, one.metadata) == ("1", "Dues", "2021", {})
    assert one.text == f'Dues rise.{newline}Ships "pay".'
    assert (two.id, two.title, two.date, two.metadata) == ("2", "", None, {"date": "03/04/2021", "note": "x"})


def test_rows_without_an_id_are_named_by_the_line_they_begin_on(tmp_path):
    """Blank lines and quoted line ends count as lines."""
    lines(tmp_path / "a.csv", "text", '"One', 'goes on."', "", "Two.")

    assert [document.id for document in read_all(tmp_path)[0]] == ["a.csv#2", "a.csv#5"]


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path):
    """Reading goes on at the next line instead of swallowing the rest of the file."""
    lines(tmp_path / "a.csv", "id,text", "1,One.", '2,"Two.', "3,Three.", "4,Four.")

    documents, problems = read_all(tmp_path)

    assert [document.id for document in documents] == ["1", "3", "4"]
    assert said(problems) == ['a.csv:3: a quote that is never closed; write a quote inside a cell as ""']


def test_other_bad_rows_are_problems_of_their_line(tmp_path):
    """Too many cells, too long, not UTF-8, no text."""
    rows = [
        b"id,text",
        b"1,One.",
        b"2,a,b",
        b"3," + b"x" * 200,
        b"4,caf\xe9",
        b"5,",
        b'6,"' + b"y\n" * 80 + b'"',
        b"7,Last.",
    ]
    (tmp_path / "a.csv").write_bytes(b"\n".join(rows))

    documents, problems = read_all(tmp_path, max_record_bytes=100)

    assert [document.id for document in documents][:1] == ["1"]
    assert documents[-1].id == "7"
    assert [problem.found for problem in problems][:4] == [
        "3 cells under 2 headings",
        "a line of more than 100 bytes",
        "byte 0xe9 at offset 5 of the line is not UTF-8",
        "no field `text` (fields: id)",
    ]
    assert problems[4].name == "a.csv:7"
    assert "a row of more than 100 characters" in problems[4].found


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("id,body", "a.csv:1: no column `text` in the header 'id, body'; the first line names the columns"),
        ("text,text", "a.csv:1: two columns are called 'text'; name each column once"),
    ],
)
def test_a_table_without_a_text_column_is_a_problem(tmp_path, header, problem):
    """It is told once, not for every row."""
    lines(tmp_path / "a.csv", header, "1,One.", "2,Two.")

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert len(problems) == 1
    assert str(*problems).startswith(problem)


def test_parquet_rows_are_documents(tmp_path):
    """Dates become ISO text, columns of bytes are left out, a row without text is a problem with its number."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = {
        "id": [1, 2, 3],
        "text": ["Dues rise.", None, "Ships pay."],
        "date": [dt.date(2021, 2, 3)] * 3,
        "image": [b"\x89PNG"] * 3,
        "share": [0.5, 1.5, 2.5],
        "tags": [["a"], [], None],
    }
    parquet.write_table(pa.table(table), tmp_path / "a.parquet")

    (one, three), problems = read_all(tmp_path)

    assert (one.id, one.text, one.date, one.date_origin) == ("1", "Dues rise.", "2021-02-03", "column")
    assert one.metadata == {"share": 0.5, "tags": ["a"]}
    assert three.id == "3"
    assert [problem.name for problem in problems] == ["a.parquet:2"]


def test_a_damaged_parquet_file_is_a_problem(tmp_path):
    """Neither bytes of another kind nor a torn file raise."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(100))

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert str(*problems).startswith("a.parquet: not a readable Parquet file: ")


def test_a_saved_data_set_gives_a_document_a_row(tmp_path):
    """All splits are read, in the order of their names."""
    datasets = pytest.importorskip("datasets")
    splits = {
        "train": datasets.Dataset.from_dict({"text": ["Dues rise.", ""], "id": ["a", "b"]}),
        "test": datasets.Dataset.from_dict({"text": ["Ships pay."], "id": ["c"]}),
    }
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "set")

    documents, problems = read_all(tmp_path)

    assert [(document.id, document.path, document.extractor) for document in documents] == [
        ("c", "set", "hf/1"),
        ("a", "set", "hf/1"),
    ]
    assert said(problems) == ["set:3: the text is empty"]


def test_a_data_set_by_name_is_found_through_datasets(tmp_path, monkeypatch):
    """`hf:NAME` gives every split, `hf:NAME:SPLIT` one; a local folder is a name too, so no network is needed."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "set"
    folder.mkdir()
    lines(folder / "train.jsonl", {"text": "Dues rise.", "id": "a"})
    lines(folder / "test.jsonl", {"text": "Ships pay.", "id": "b"})

    every, problems = read_all(f"hf:{folder}")
    one, _ = read_all(f"hf:{folder}:train")

    assert problems == []
    assert [(document.id, document.path) for document in every] == [
        ("b", f"hf:{folder}:test"),
        ("a", f"hf:{folder}:train"),
    ]
    assert [document.id for document in one] == ["a"]


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("scifact", 5183, ("4983", 14, "4bbf3f3f4275"), ("198309074", 11, "d808e6ed3145")),
        (
            "climate_fever",
            5240,
            ("Extinction risk from global warming:170", 1, "c9fe67e082c1"),
            ("Volcano:114", 1, "5574273b8d2f"),
        ),
    ],
)
def test_corpora_of_the_field_read_whole(name, count, first, last):
    """Every record is a document, in file order, with the blocks that the data set gives."""
    path = DATA / name / "corpus.jsonl.gz"
    if not path.is_file():
        pytest.skip("the shared data sets are not there")

    documents, problems = read_all(path)

    assert (len(documents), problems) == (count, [])
    for document, (identity, length, digest) in ((documents[0], first), (documents[-1], last)):
        assert (document.id, len(document.blocks)) == (identity, length)
        assert document.sha256.startswith(digest)
