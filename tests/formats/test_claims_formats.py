"""The claims readers on well-formed files of every format."""

import datetime as dt
import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factcheck.errors import ClaimsError
from factcheck.formats import check_source, detect_format, read_claims, split_text
from factcheck.types import Context, Gold, GoldSentence, Label


@pytest.fixture
def file(tmp_path):
    """A function that writes a file and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def texts(claims):
    return [claim.text for claim in claims]


def jsonl(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_csv_gives_claims_in_order_with_line_numbers(file):
    """A quoted line end counts as a line, and a record is named by the line it starts on."""
    path = file("c.csv", 'id,claim\na,"The bank\nopened."\nb,It closed.\n')

    claims = list(read_claims(path))

    assert [("a", "The bank\nopened.", f"{path}:2"), ("b", "It closed.", f"{path}:4")] == [
        (claim.id, claim.text, claim.place) for claim in claims
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(file, separator):
    """Comma, semicolon, tab and bar are told apart, whatever else the claims hold."""
    path = file("c.csv", separator.join(["Id", " CLAIM "]) + "\n" + separator.join(["1", '"a, b; c | d"']) + "\n")

    (claim,) = read_claims(path)

    assert (claim.id, claim.text) == ("1", "a, b; c | d")


def test_a_separator_line_of_excel_is_obeyed(file):
    """`sep=;` in front of the header is not the header."""
    (claim,) = read_claims(file("c.csv", "sep=;\r\nid;claim\r\n1;Sales rose, then fell.\r\n"))

    assert claim.text == "Sales rose, then fell."
    assert claim.place.endswith(":3")


def test_further_columns_are_kept_in_order(file):
    """`input` is the whole record as it came, under the names of the file."""
    (claim,) = read_claims(file("c.csv", "Desk,Claim,,Note\nnews,It rained.,x, as said \n"))

    assert list(claim.input.items()) == [
        ("Desk", "news"),
        ("Claim", "It rained."),
        ("column 3", "x"),
        ("Note", " as said "),
    ]


def test_cells_hold_json_arrays_or_separated_ids(file):
    """`contexts` and `doc_ids` of a table are JSON arrays; ids may also be separated by ; or |."""
    rows = 'claim\tcontexts\tdoc_ids\nA.\t"[""One."", {""id"": 7, ""text"": ""Two.""}]"\tx; y|z\nB.\t\t"[""q"", 5]"\n'

    first, second = read_claims(file("c.tsv", rows))

    assert (Context("1", "", "One."), Context("7", "", "Two.")) == first.contexts
    assert first.doc_ids == ("x", "y", "z")
    assert (second.contexts, second.doc_ids) == ((), ("q", "5"))


def test_rows_without_anything_in_them_are_no_records(file):
    """Excel leaves rows of bare separators behind."""
    assert texts(read_claims(file("c.csv", "id,claim\n1,A.\n,\n\n2,B.\n,\n"))) == ["A.", "B."]


def test_txt_gives_a_claim_a_line(file):
    """Blank lines count as lines only; a leading # is text."""
    claims = list(read_claims(file("c.txt", "# one\n\n  two  \r\n\t\nthree")))

    assert texts(claims) == ["# one", "two", "three"]
    assert [claim.place.rpartition(":")[2] for claim in claims] == ["1", "3", "5"]


def test_only_line_feeds_end_lines(file):
    """U+2028, a form feed, a lone carriage return and U+0085 stay inside their line."""
    text = "a\u2028b\x0cc\rd\x85e"

    assert [text, "f"] == texts(read_claims(file("c.txt", text + "\nf\n")))
    assert [text] == texts(read_claims(file("c.jsonl", json.dumps({"claim": text}, ensure_ascii=False))))


@pytest.mark.parametrize("name", ["c.jsonl", "c.ndjson", "c.json", "c"])
def test_json_is_read_line_by_line_or_as_an_array(file, name):
    """An array of records is the same as a record a line, however it is laid out."""
    records = [{"id": 1, "claim": "A [b] {c}."}, {"id": 2, "claim": 'D "e\\" ], f.', "n": [[1], {"x": []}]}]

    ours = list(read_claims(file(name, jsonl(*records))))

    for indent in (None, 2):
        assert ours == list(read_claims(file(name, json.dumps(records, indent=indent))))


def test_elements_of_an_array_are_named_by_the_line_they_start_on(file):
    """Blank lines and commas in front of an element do not count as its own."""
    claims = read_claims(file("c.json", '[\n\n{"claim":\n"A."}\n,\n  {"claim": "B."}\n]\n'))

    assert [claim.place.rpartition(":")[2] for claim in claims] == ["3", "6"]


def test_an_array_longer_than_a_chunk_is_cut_right(file):
    """Elements, escapes and multi-byte characters that cross a chunk of the reader come out whole."""
    records = [{"id": n, "claim": "ü" * (n % 977) + '\\"]},' * (n % 7) + "."} for n in range(1500)]

    claims = list(read_claims(file("c.json", json.dumps(records, ensure_ascii=False))))

    assert [record["claim"] for record in records] == texts(claims)


def test_native_fields_are_all_read(file):
    """Every field of our own format arrives in its own type."""
    record = {
        "id": 7,
        "claim": " A. ",
        "date": "2020-10-31T12:30:00Z",
        "contexts": ["One.", {"id": 3, "title": "T", "text": "Two."}],
        "doc_ids": [5, "x"],
        "label": "refutes",
        "evidence": [
            {"doc_id": 1, "quote": "q", "label": "SUPPORT"},
            [{"doc_id": "a", "sentence": 0}, {"doc_id": "b", "start": 3, "end": 9}],
        ],
    }

    (claim,) = read_claims(file("c.jsonl", jsonl(record)))

    assert (claim.id, claim.text, claim.date, claim.doc_ids) == ("7", "A.", "2020-10-31", ("5", "x"))
    assert (Context("1", "", "One."), Context("3", "T", "Two.")) == claim.contexts
    sets = (
        (GoldSentence("1", quote="q", label=Label.SUPPORTED),),
        (GoldSentence("a", sentence=0), GoldSentence("b", start=3, end=9)),
    )
    assert Gold(Label.CONTRADICTED, sets) == claim.gold
    assert record == claim.input


def test_a_label_of_nobody_stays_in_the_input(file):
    """A column called label need not be gold, and one called evidence neither."""
    (claim,) = read_claims(file("c.jsonl", jsonl({"claim": "A.", "label": "urgent", "evidence": "see memo"})))

    assert claim.gold is None
    assert {"label": "urgent", "evidence": "see memo"}.items() <= dict(claim.input).items()


@pytest.mark.parametrize(
    ("value", "date"),
    [("2020", "2020"), (2020, "2020"), ("2020-02", "2020-02"), ("2020-02-29", "2020-02-29"), ("", None)],
)
def test_dates_are_days_months_or_years(file, value, date):
    """A date is as exact as it was given."""
    (claim,) = read_claims(file("c.jsonl", jsonl({"claim": "A.", "date": value})))

    assert date == claim.date


def test_xlsx_rows_are_claims(tmp_path):
    """Numbers are ids, dates ISO 8601, empty rows no records, and lines are rows of the sheet."""
    book = openpyxl.Workbook()
    book.active.append(["ID", "Claim ", "Date", "Share"])
    book.active.append([1, "A.", dt.datetime(2021, 5, 6), 0.25])  # noqa: DTZ001 - Excel knows no time zones
    book.active.append([])
    book.active.append([2, "B."])
    book.save(tmp_path / "c.xlsx")

    first, second = read_claims(tmp_path / "c.xlsx")

    assert (first.id, first.text, first.date, first.input["Share"]) == ("1", "A.", "2021-05-06", 0.25)
    assert ("2", "B.", None, f"{tmp_path}/c.xlsx:4") == (second.id, second.text, second.date, second.place)


def test_the_sheet_with_a_claim_column_is_read(tmp_path):
    """A cover sheet in front is passed over."""
    book = openpyxl.Workbook()
    book.active.append(["About this file"])
    book.create_sheet("data").append(["claim"])
    book["data"].append(["A."])
    book.save(tmp_path / "c.xlsx")

    assert texts(read_claims(tmp_path / "c.xlsx")) == ["A."]


def test_parquet_rows_are_claims(tmp_path):
    """Nested columns arrive as JSON; NaN and dates become null and ISO 8601."""
    table = pa.table(
        {
            "id": [1, 2],
            "Claim": ["A.", "B."],
            "contexts": [["One."], []],
            "date": [dt.date(2020, 1, 2), None],
            "score": [float("nan"), 0.5],
            "meta": [{"k": [1]}, None],
        }
    )
    pq.write_table(table, tmp_path / "c.parquet")

    first, second = read_claims(tmp_path / "c.parquet")

    assert ("1", "A.", (Context("1", "", "One."),), "2020-01-02") == (first.id, first.text, first.contexts, first.date)
    assert (first.input["score"], first.input["meta"]) == (None, {"k": [1]})
    assert ("2", (), 0.5, f"{tmp_path}/c.parquet:2") == (
        second.id,
        second.contexts,
        second.input["score"],
        second.place,
    )


@pytest.mark.parametrize("name", ["c.csv.gz", "c.csv", "c"])
def test_gzip_is_known_by_its_first_bytes(file, name):
    """A packed file reads like its content, whatever it is called."""
    assert texts(read_claims(file(name, gzip.compress(b"id,claim\n1,A.\n")))) == ["A."]


def test_standard_input_and_streams_are_read(monkeypatch):
    """`-` is standard input; a binary stream is left open."""
    stream = io.BytesIO(b'{"claim": "A."}\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"claim\nB.\n")))

    (from_stream,), (from_input,) = list(read_claims(stream)), list(read_claims("-"))

    assert (from_stream.text, from_stream.place) == ("A.", "input:1")
    assert (from_input.text, from_input.place) == ("B.", "standard input:2")
    assert not stream.closed


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd here")
def test_the_early_check_takes_nothing_from_a_pipe():
    """A pipe, as the shell makes it for `<(command)`, still gives all of its claims after the check."""
    reading, writing = os.pipe()
    with open(reading, "rb"):  # noqa: PTH123 - a descriptor has no path
        with open(writing, "wb") as pipe:  # noqa: PTH123
            pipe.write(b"claim\nA.\nB.\n")

        check_source(f"/dev/fd/{reading}")

        assert texts(read_claims(f"/dev/fd/{reading}")) == ["A.", "B."]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_the_early_check_does_not_open_a_named_pipe(tmp_path):
    """To open it would wait for a writer, and end a writer that is there."""
    os.mkfifo(tmp_path / "c.csv")
    found = []

    def check():
        check_source(tmp_path / "c.csv")
        found.append("checked")

    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    thread.join(timeout=20)

    assert found == ["checked"]


@pytest.mark.parametrize(("name", "found"), [("none.csv", "no such file"), (".", "is a folder"), ("a\0b", "cannot be")])
def test_the_early_check_refuses_what_is_no_file(tmp_path, name, found):
    """What cannot be read is refused before anything else is done."""
    with pytest.raises(ClaimsError, match=found):
        check_source(tmp_path / name)


def test_responses_are_cut_into_sentences_of_their_language(file):
    """A German ordinal ends no sentence where the language is German."""
    path = file("c.jsonl", jsonl({"id": "r", "response": "Die Bank zog am 3. Mai um. Sie schloss bald."}))

    claims = list(read_claims(path, language="de"))

    assert [(claim.id, claim.text) for claim in claims] == [
        ("r#1", "Die Bank zog am 3. Mai um."),
        ("r#2", "Sie schloss bald."),
    ]
    assert texts(read_claims(path)) != texts(claims)


def test_parquet_comes_over_a_stream_that_cannot_seek(tmp_path):
    """Standard input may carry a format that needs random access."""
    pq.write_table(pa.table({"claim": ["A."]}), tmp_path / "c.parquet")

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError("pipe")

    assert texts(read_claims(Pipe((tmp_path / "c.parquet").read_bytes()))) == ["A."]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b"\xef\xbb\xbf"), ("cp1252", b""), ("utf-16", b""), ("utf-16-le", b"\xff\xfe"), ("shift_jis", b"")],
)
@pytest.mark.parametrize("name", ["c.csv", "c.json"])
def test_other_encodings_are_read_when_named(file, encoding, mark, name):
    """The encoding is an argument; a byte order mark is no part of the header."""
    text = "ソ表" if encoding == "shift_jis" else "Zürich wächst"  # ソ ends in the byte of a backslash
    content = f"claim\n{text}\n" if name == "c.csv" else json.dumps([{"claim": text}], ensure_ascii=False)
    path = file(name, mark + content.encode(encoding))

    assert [text] == texts(read_claims(path, encoding=encoding))
    assert name.removeprefix("c.").replace("json", "jsonl") == detect_format(path, encoding=encoding)


def test_claims_are_read_as_they_are_asked_for():
    """The first claim is there before the end of an endless file."""

    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def read(self, size=-1):
            return b'{"claim": "A."}\n' * 1000

    claims = read_claims(Endless())

    assert [next(claims).text for _ in range(3)] == ["A."] * 3


def test_missing_ids_are_made_from_the_content(file):
    """The same text with the same sources has the same id in every file; a second time it is numbered."""
    a, again, other, third = read_claims(file("c.jsonl", jsonl(*({"claim": text} for text in "AABA"))))
    (elsewhere,) = read_claims(file("d.txt", "A\n"))
    (sourced,) = read_claims(file("e.jsonl", jsonl({"claim": "A", "contexts": ["s"]})))

    assert a.id == elsewhere.id == "c-d283ecd3b47f"
    assert (f"{a.id}-2", f"{a.id}-3") == (again.id, third.id)
    assert len({a.id, other.id, sourced.id}) == 3


def test_a_made_id_gives_way_to_one_that_stands_there(file):
    """An id made from content is never one that the file gives to another claim before."""
    made = "c-d283ecd3b47f"
    records = [{"id": made, "claim": "B"}, {"id": f"{made}-2", "claim": "C"}, {"claim": "A"}, {"claim": "A"}]

    assert [made, f"{made}-2", f"{made}-3", f"{made}-4"] == [
        claim.id for claim in read_claims(file("c.jsonl", jsonl(*records)))
    ]


def test_answers_are_split_into_claims(file):
    """Every sentence of a logged answer is a claim, with its place there and the retrieved texts as contexts."""
    response = "## Rivers\n\nThe Nile is long.  It flows north."
    record = {
        "query_id": 4,
        "query": "?",
        "response": response,
        "retrieved_context": ["One.", {"doc_id": 9, "text": "Two."}],
    }
    path = file("log.jsonl", jsonl(record))

    claims = list(read_claims(path))

    assert detect_format(path) == "rag"
    assert [(claim.id, claim.text) for claim in claims] == [
        ("4#1", "Rivers"),
        ("4#2", "The Nile is long."),
        ("4#3", "It flows north."),
    ]
    assert all(response[claim.start : claim.end] == claim.text for claim in claims)
    assert {(Context("1", "", "One."), Context("9", "", "Two."))} == {claim.contexts for claim in claims}
    assert all(record == claim.input for claim in claims)


@pytest.mark.parametrize("key", ["results", "input_data"])
@pytest.mark.parametrize("indent", [None, 1])
def test_records_inside_an_object_are_found(file, key, indent):
    """RAGChecker puts its records into an object, with other keys before and after."""
    records = [{"query_id": str(n), "response": "Yes.", "retrieved_context": []} for n in range(3)]
    path = file("log.json", json.dumps({"version": [1], key: records, "metrics": {"f1": [0.5]}}, indent=indent))

    assert [claim.id for claim in read_claims(path)] == ["0#1", "1#1", "2#1"]


def test_a_record_may_have_a_field_called_like_a_wrapper(file):
    """A list of objects in a claim's own record does not hide the claim."""
    assert texts(read_claims(file("c.jsonl", jsonl({"claim": "A.", "results": [{"x": 1}]})))) == ["A."]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("c.csv", "id,claim\n", "csv"),
        ("c.tsv", "claim\n", "tsv"),
        ("c.txt", "One claim.\n", "txt"),
        ("c.txt", "[1] is a number.\n", "txt"),
        ("c.txt", "id\tclaim\n1\tA\n", "tsv"),
        ("c.txt", '{"claim": "A"}\n', "jsonl"),
        ("c", "claim\nA\n", "csv"),
        ("c", "Sales rose, it said.\n", "txt"),
        ("c.json", '[{"claim": "A"}]', "jsonl"),
        ("c.dat", b"PAR1....", "parquet"),
        ("c.csv", b"PK\x03\x04....", "xlsx"),
        ("c.csv", "id,evidence,claim,label,topic_ip,question\n", "healthver"),
        ("c.jsonl", jsonl({"claim": "A", "label": "NOT ENOUGH INFO", "evidence": [[[1, None, None, None]]]}), "fever"),
        ("c.jsonl", jsonl({"id": 1, "claim": "A", "evidence": {}, "cited_doc_ids": []}), "scifact"),
        ("c.jsonl", jsonl({"claim": "A", "evidence": {"7": [{"sentences": [1]}]}}), "scifact"),
        ("c.jsonl", jsonl({"claim": "A", "evidence": {"source": "memo"}}), "jsonl"),
        ("c.jsonl", jsonl({"claim": "A", "evidence": "E", "label": "SUPPORTS"}), "jsonl"),
        ("c.jsonl", jsonl({"claim": "A", "evidence": "E", "label": "SUPPORTS", "revision_type": "real"}), "vitaminc"),
    ],
)
def test_auto_goes_by_content_and_name(file, name, content, found):
    """What a file holds decides, and its name where that leaves a choice."""
    assert found == detect_format(file(name, content))


def test_detection_leaves_a_stream_where_it_was():
    """A stream can be read after its format was asked for."""
    stream = io.BytesIO(b"xx" + b"claim\nA.\n")
    stream.seek(2)

    assert detect_format(stream) == "csv"
    assert texts(read_claims(stream)) == ["A."]


def test_format_names_have_short_forms(file):
    """`json` and `ndjson` are jsonl; spelling is not case-sensitive."""
    path = file("c.txt", '{"claim": "A."}')

    assert ["A."] == texts(read_claims(path, format="JSON")) == texts(read_claims(path, format="ndjson"))
    assert texts(read_claims(path, format="txt")) == ['{"claim": "A."}']


def test_split_text_numbers_sentences_and_keeps_their_place():
    """A claim of a text is a verbatim part of it."""
    text = "Sales rose.\n\n* Costs fell by $4.5 million.\n* Dr. Smith left."

    claims = split_text(text, id="pr")

    assert [claim.id for claim in claims] == ["pr#1", "pr#2", "pr#3"]
    assert [text[claim.start : claim.end] for claim in claims] == [
        "Sales rose.",
        "Costs fell by $4.5 million.",
        "Dr. Smith left.",
    ]
    assert split_text(" \n... ", id="x") == ()


def test_wrong_names_are_told_before_the_first_claim_is_asked_for():
    """Names of formats and encodings are checked when the reader is made."""
    with pytest.raises(ClaimsError):
        read_claims("c.csv", format="cvs")
    with pytest.raises(ClaimsError):
        read_claims("c.csv", encoding="utf8x")
