"""What the claims readers refuse, and how they say so."""

import gzip
import json
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factcheck.errors import ClaimsError
from factcheck.formats import Rejected, detect_format, read_claims
from factcheck.formats.raw import MAX_RECORD


@pytest.fixture
def file(tmp_path):
    """A function that writes a file and returns its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def message(source, **options):
    """The message of the error that reading all of a source ends in."""
    with pytest.raises(ClaimsError) as caught:
        list(read_claims(source, **options))
    return str(caught.value)


def outcome(source, **options):
    """The texts of the claims, and what was rejected."""
    rejected = []
    return [claim.text for claim in read_claims(source, on_error=rejected.append, **options)], rejected


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("c.csv", "", "is empty"),
        ("c.json", b"\xef\xbb\xbf", "holds no claims"),
        ("c.csv", "\n\n", "is empty"),
        ("c.csv", "id,claim\n", "holds no claims"),
        ("c.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("c.jsonl", "\n \n", "holds no claims"),
        ("c.json", "[ ]", "holds no claims"),
        ("c.txt", " \n", "holds no claims"),
    ],
)
def test_a_file_without_claims_is_refused(file, name, content, found):
    """Nothing to check is an error, not a success."""
    path = file(name, content)

    assert f"{path}: {found}" in message(path)
    assert f"{path}: {found}" in message(path, on_error=lambda _: None)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("id,Claims,note", "columns found: id, Claims, note; did you mean 'Claims'? rename it to 'claim'"),
        ("id,text", "columns found: id, text; did you mean 'text'? rename it to 'claim'"),
        ("id,clam", "columns found: id, clam; did you mean 'clam'? rename it to 'claim'"),
        ("id,zzz", "columns found: id, zzz; name one of them 'claim'"),
    ],
)
def test_a_table_without_a_claim_column_names_those_it_has(file, header, hint):
    """The closest column is proposed."""
    path = file("c.csv", f"{header}\n1,2\n")

    assert f"{path}:1: no column 'claim'; {hint}" == message(path, on_error=lambda _: None)


def test_a_record_without_a_claim_names_the_fields_it_has(file):
    """One record without a claim costs itself only."""
    path = file("c.jsonl", '{"id": 1, "statement": "A."}\n{"claim": "B."}\n')

    claims, (rejected,) = outcome(path)

    assert claims == ["B."]
    assert (
        rejected.problem
    ) == "no field 'claim'; fields found: id, statement; did you mean 'statement'? rename it to 'claim'"


def test_the_first_bad_record_raises_where_nobody_takes_it(file):
    """Without `on_error` reading stops at the first bad record, after the good ones before it."""
    path = file("c.jsonl", '{"claim": "A."}\n{"claim": 5}\n{"claim": "B."}\n')
    claims = read_claims(path)

    assert next(claims).text == "A."
    with pytest.raises(ClaimsError) as caught:
        next(claims)
    assert f"{path}:2: claim is a number; it must be a text that says something" in str(caught.value)


def test_a_rejected_record_says_where_it_was_and_what_it_held(file):
    """What is handed over can be written down as one line of JSON."""
    path = file("c.csv", "id,claim\n1,A.\n2\n3,B.\n")

    claims, rejected = outcome(path)

    assert claims == ["A.", "B."]
    problem = "the row has 1 fields, the header 2; put a field that holds a ',' or a line end in double quotes"
    assert [Rejected(f"{path}:3", 3, problem, "2")] == rejected
    assert {"place": f"{path}:3", "line": 3, "problem": problem, "raw": "2"} == json.loads(rejected[0].to_json())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"claim": "A', "not valid JSON: Unterminated string starting at column 11"),
        ('{"claim": "A"} {"claim": "B"}', "not valid JSON: Extra data at column 16"),
        ('"A."', "the record is a text, not an object"),
        ("[1]", "the record is a list, not an object"),
        ("null", "the record is null, not an object"),
        ('{"claim": null}', "claim is null"),
        ('{"claim": 5}', "claim is a number"),
        ('{"claim": true}', "claim is a boolean"),
        ('{"claim": ["A."]}', "claim is a list"),
        ('{"claim": ""}', "claim is empty"),
        ('{"claim": " \\t\\u00a0"}', "claim is only white space"),
        ('{"claim": "A\\u0000"}', "claim holds a NUL character"),
        ('{"claim": "A", "note": "\\ud800"}', "half of a surrogate pair"),
        ('{"claim": "A", "id": []}', "id is a list; an id must be a text or a number"),
        ('{"claim": "A", "id": true}', "id is a boolean"),
        ('{"claim": "A", "date": "31/10/2020"}', "date is '31/10/2020'; write ISO 8601"),
        ('{"claim": "A", "date": "2021-02-29"}', "date is '2021-02-29'"),
        ('{"claim": "A", "date": "2021-02x"}', "date is '2021-02x'"),
        ('{"claim": "A", "contexts": "B"}', "contexts is a text; contexts must be a JSON array"),
        ('{"claim": "A", "contexts": {"text": "B"}}', "contexts is an object"),
        ('{"claim": "A", "contexts": ["B", 5]}', "contexts[1] is a number"),
        ('{"claim": "A", "contexts": [{"id": 1}]}', "contexts[0] has no text"),
        ('{"claim": "A", "contexts": [{"text": null}]}', "contexts[0].text is null"),
        ('{"claim": "A", "contexts": [{"text": "B", "title": 5}]}', "contexts[0].title is a number"),
        ('{"claim": "A", "contexts": [{"text": "B", "id": {}}]}', "contexts[0].id is an object"),
        ('{"claim": "A", "doc_ids": true}', "doc_ids is a boolean"),
        ('{"claim": "A", "doc_ids": [null, {}]}', "doc_ids[1] is an object"),
        ('{"claim": "A", "evidence": [{"doc_id": 1}, 5]}', "an evidence item is a number"),
        ('{"claim": "A", "evidence": [{"doc_id": 1}, {"quote": "q"}]}', "an evidence item has no doc_id"),
        ('{"claim": "A", "evidence": [{"doc_id": 1, "sentence": "2"}]}', "sentence of an evidence item is a text"),
        ('{"claim": "A", "evidence": [{"doc_id": 1, "sentence": -1}]}', "sentence of an evidence item is -1"),
        ('{"claim": "A", "evidence": [{"doc_id": 1, "start": 1}]}', "an evidence item has one of start and end"),
        ('{"claim": "A", "n": ' + "[" * 100_000 + "]" * 100_000 + "}", "JSON nested too deep"),
        ('{"claim": "A", "n": ' + "9" * 5000 + "}", "not readable as JSON: Exceeds the limit"),
    ],
)
def test_a_bad_json_record_says_what_is_wrong(file, line, problem):
    """Each fault is named, and the lines around it are read."""
    path = file("c.jsonl", f'{{"claim": "before"}}\n{line}\n{{"claim": "after"}}\n')

    claims, (rejected,) = outcome(path)

    assert claims == ["before", "after"]
    assert rejected.problem.startswith(problem)
    assert f"{path}:2" == rejected.place
    assert line.startswith(rejected.raw[:2000])


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ('{"claim": "A" "B"}', "not valid JSON: Expecting ',' delimiter"),
        ("{claim: 1}", "not valid JSON"),
        ("", "nothing between two commas"),
        ("7", "the record is a number, not an object"),
        ('{"claim": "\\u0041\n"}', "not valid JSON: Invalid control character"),
    ],
)
def test_a_bad_element_of_an_array_costs_itself_only(file, element, problem):
    """A broken element does not take the array with it."""
    path = file("c.json", f'[{{"claim": "before"}},\n{element},\n{{"claim": "after"}}]')

    claims, (rejected,) = outcome(path)

    assert claims == ["before", "after"]
    assert rejected.problem.startswith(problem)
    assert rejected.line in (2, 3) if not element else rejected.line == 2


def test_a_torn_array_gives_what_stands_before_the_tear(file):
    """The tear is an error of the file, whoever takes the records."""
    path = file("c.json", '[{"claim": "A."},\n{"claim": "B."},\n{"cla')
    rejected = []
    claims = read_claims(path, on_error=rejected.append)

    assert [next(claims).text, next(claims).text] == ["A.", "B."]
    with pytest.raises(ClaimsError, match="the array of records is not closed by line 3; the file is torn"):
        next(claims)
    assert [record.line for record in rejected] == [3]


def test_text_behind_an_array_is_not_lost_in_silence(file):
    """Two arrays one after the other are refused."""
    path = file("c.json", '[{"claim": "A."}]\n[{"claim": "B."}]\n')

    assert f"{path}: text follows the closing ] on line 1" in message(path, on_error=lambda _: None)


@pytest.mark.parametrize(
    ("name", "before", "bad", "after"),
    [
        ("c.txt", "A.\n", "x" * (MAX_RECORD + 1) + "\n", "B.\n"),
        ("c.jsonl", '{"claim": "A."}\n', '{"claim": "' + "x" * MAX_RECORD + '"}\n', '{"claim": "B."}\n'),
        ("c.json", '[{"claim": "A."},\n', '{"claim": "' + "x" * MAX_RECORD + '"},', '\n{"claim": "B."}]'),
        ("c.csv", "id,claim\n1,A.\n", '2,"' + "x" * MAX_RECORD + '"\n', "3,B.\n"),
        ("c.csv", "id,claim\n1,A.\n", '2,"' + "x" * MAX_RECORD + "\n", '3,"B."\n'),
    ],
)
def test_a_record_over_the_limit_is_passed_over(file, name, before, bad, after):
    """It is reported with its size and its beginning; what stands behind it is read."""
    claims, (rejected,) = outcome(file(name, before + bad + after))

    assert claims == ["A.", "B."]
    assert "bytes; at most 1,048,576 are read" in rejected.problem
    assert len(rejected.raw) < 2100
    assert rejected.raw.endswith(f"[cut: {len(bad.rstrip(',')):,} bytes in all]")


def test_a_record_of_exactly_the_limit_is_read(file):
    """The limit is what may be read."""
    assert [len(claim.text) for claim in read_claims(file("c.txt", "x" * MAX_RECORD + "\n"))] == [MAX_RECORD]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('2,"not closed', "a quoted field opens here, and text follows the next quote, 2 lines below"),
        ('2,"closed" early', "text follows a closing double quote"),
        ("2,a\rb", "a lone carriage return outside quotes"),
        ("2,a,b", "the row has 3 fields, the header 2"),
    ],
)
def test_a_broken_row_does_not_swallow_those_behind_it(file, row, problem):
    """Reading goes on at the line after the one that is wrong."""
    path = file("c.csv", f'id,claim\n1,A.\n{row}\n3,B.\n4,"C, he said."\n')

    claims, (rejected,) = outcome(path)

    assert claims == ["A.", "B.", "C, he said."]
    assert (rejected.line, rejected.problem.startswith(problem)) == (3, True)
    assert row == rejected.raw


def test_an_open_quote_is_found_without_reading_the_file_to_its_end(file):
    """A quote that never closes costs its line, however much follows."""
    rows = "".join(f"{n},Claim {n}.\n" for n in range(60_000))
    path = file("c.csv", f'id,claim\nx,"open\n{rows}')

    claims, (rejected,) = outcome(path)

    assert len(claims) == 60_000
    assert (rejected.line, "a quoted field opens here and is never closed" in rejected.problem) == (2, True)


def test_a_column_that_comes_twice_is_refused(file):
    """Which of two claim columns is meant cannot be guessed; other columns are kept apart."""
    assert "c.csv:1: column 'Claim' comes twice" in message(file("c.csv", "claim,Claim\na,b\n"))
    (claim,) = read_claims(file("d.csv", "x,claim,x\n1,A.,2\n"))
    assert claim.input == {"x": "1", "claim": "A.", "x'": "2"}


def test_cells_of_a_table_are_checked(file):
    """Empty claims and cells that are no JSON name what they are."""
    path = file("c.csv", 'claim,contexts\n"",\n"  ",\nA.,B\nA.,"[1"\nA.,[1]\nok,\n')

    claims, rejected = outcome(path)

    assert claims == ["ok"]
    assert [record.problem.split("; ")[0] for record in rejected] == [
        "claim is empty",
        "claim is empty",
        "contexts is a text",
        "contexts: not valid JSON: Expecting ',' delimiter at column 3",
        "contexts[0] is a number",
    ]


def test_an_id_that_comes_twice_names_both_lines(file):
    """The second claim is refused, the first stays; numbers and texts are the same id."""
    path = file("c.jsonl", '{"id": 1, "claim": "A."}\n{"id": "2", "claim": "B."}\n{"id": "1", "claim": "C."}\n')

    claims, (rejected,) = outcome(path)

    assert claims == ["A.", "B."]
    assert (f"{path}:3", "id '1' stands on line 1 already; give every claim its own id, or none") == (
        rejected.place,
        rejected.problem,
    )


@pytest.mark.parametrize("name", ["c.csv", "c.jsonl", "c.txt", "c.json"])
def test_bytes_that_are_not_utf8_are_named(file, name):
    """Byte, offset, line and the way out are in the message; other lines are read."""
    good = {"c.csv": "id,claim\n1,A.\n2,%s\n", "c.txt": "claim A\nA.\n%s\n"}.get(
        name, '{"claim": "A."}\n\n{"claim": "%s"}\n'
    )
    content = (good % "Zürich").encode("cp1252")
    content = b"[" + content.replace(b"\n\n", b",\n") + b"]" if name == "c.json" else content
    path = file(name, content)

    claims, (rejected,) = outcome(path)

    assert claims[-1] == "A."
    assert f"byte 0xfc at offset {content.index(0xFC):,} " in rejected.problem
    assert "is not utf-8; save it as UTF-8, or name its encoding, for example --encoding cp1252" in rejected.problem
    assert content.count(b"\n", 0, content.index(0xFC)) + 1 == rejected.line


def test_a_header_that_is_not_utf8_is_an_error_of_the_file(file):
    """Without column names no row can be read."""
    path = file("c.csv", "Büro,claim\nx,A.\n".encode("cp1252"))

    assert f"{path}:1: byte 0xfc at offset 1 (byte 2 of the record) is not utf-8" in message(path)


def test_bytes_that_a_named_encoding_lacks_are_refused(file):
    """With another encoding, too, a bad byte costs its line only."""
    claims, (rejected,) = outcome(file("c.txt", b"A.\n\x81\nB.\n"), encoding="cp1252")

    assert claims == ["A.", "B."]
    assert (rejected.line, rejected.problem.startswith("byte 0x81 (byte 1 of the record) is not cp1252")) == (2, True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding(file, encoding):
    """UTF-16 and UTF-32 are recognised and named."""
    path = file("c.csv", "claim\nA.\n".encode(encoding))

    expected = f"{path}: is {encoding.upper()}, by its byte order mark; save it as UTF-8, or pass --encoding {encoding}"
    assert expected == message(path)


def test_a_torn_utf16_file_is_refused(file):
    """Half a character at the end is an error of the file."""
    assert "is not utf-16" in message(file("c.txt", "A.\n".encode("utf-16")[:-1]), encoding="utf-16")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.txt", b"A.\nb\0c\nB.\n"),
        ("c.csv", b"claim\nA.\nb\0c\nB.\n"),
        ("c.jsonl", b'{"claim":"A."}\n{"a\0": 1}\n{"claim":"B."}\n'),
    ],
)
def test_nul_bytes_are_refused(file, name, content):
    """A NUL byte costs its line, and says that the encoding may be wrong."""
    claims, (rejected,) = outcome(file(name, content))

    assert claims == ["A.", "B."]
    assert "NUL byte" in rejected.problem
    assert "--encoding" in rejected.problem


@pytest.mark.parametrize("name", ["c.txt", "c.csv"])
def test_lines_of_old_macs_are_refused_in_tables(file, name):
    """A file of lone carriage returns would be one row; as text it is one claim with white space inside."""
    content = "claim,id\rA.,1\rB.,2\r"
    if name == "c.csv":
        assert "lines end in lone carriage returns" in message(file(name, content))
    else:
        assert [content.strip()] == [claim.text for claim in read_claims(file(name, content))]


def test_a_torn_gzip_file_gives_its_whole_lines_first(file):
    """Good lines before the tear are claims; the tear is an error of the file, not of a record."""
    lines = "".join(f"Claim {n * n * 7919}.\n" for n in range(20_000))
    path = file("c.txt.gz", gzip.compress(lines.encode())[:-3000])
    rejected, claims = [], []

    with pytest.raises(ClaimsError, match=r"the gzip data is torn: .*; copy or compress it again"):
        claims.extend(claim.text for claim in read_claims(path, on_error=rejected.append))

    assert lines.split("\n")[: len(claims)] == claims
    assert len(claims) > 15_000
    assert rejected == []


@pytest.mark.parametrize("cut", [1, 5, 11, 20])
def test_a_gzip_file_that_stops_at_once_is_refused(file, cut):
    """A tear in the head of the file is told the same way."""
    path = file("c.csv.gz", gzip.compress(b"claim\nA.\n")[:-cut])

    if cut < 20:
        assert f"{path}: the gzip data is torn" in message(path)
    else:
        assert str(path) in message(path)


def test_unknown_formats_are_listed():
    """The closest name is proposed, and all are listed."""
    with pytest.raises(ClaimsError) as caught:
        read_claims("c.csv", format="jsnl")

    assert (
        "--format: unknown: 'jsnl'; did you mean jsonl? allowed are auto, csv, tsv, xlsx, jsonl, txt, parquet, fever"
        in (str(caught.value))
    )


def test_unknown_encodings_are_refused():
    """An encoding that Python lacks, or that encodes no text, is named."""
    for encoding in ("utf8x", "base64"):
        with pytest.raises(ClaimsError, match=f"encoding: unknown: '{encoding}'"):
            read_claims("c.csv", encoding=encoding)


def test_a_missing_file_names_the_closest(file, tmp_path):
    """A slip in a name is found."""
    path = file("claims.csv", "claim\nA.\n")

    assert f"{tmp_path}/claim.csv: no such file; did you mean {path}?" == message(tmp_path / "claim.csv")
    assert "no such file; check the path" in message(tmp_path / "none" / "c.csv")


def test_a_folder_is_refused_with_what_it_holds(file, tmp_path):
    """A folder is no claims file."""
    file("c.csv", "claim\nA.\n")

    assert f"{tmp_path}: is a folder; name one claims file; it holds c.csv" == message(tmp_path)


def test_text_streams_are_refused():
    """A stream must give bytes."""
    import io

    assert message(io.StringIO("claim\nA.\n")) == "input: was opened as text; open it in binary mode"


@pytest.mark.parametrize("name", ["c.xlsx", "c.parquet"])
@pytest.mark.parametrize("content", [b"claim\nA.\n", b"PK\x03\x04 nothing", b"PAR1 nothing"])
def test_a_binary_format_that_is_none_is_refused(file, name, content):
    """Neither by name nor by its first bytes is a file trusted."""
    path = file(name, content)

    assert str(path) in message(path)
    assert str(path) in message(path, format=name.removeprefix("c."))


def test_a_binary_file_is_no_text_format(tmp_path):
    """A workbook read as CSV says what it is."""
    openpyxl.Workbook().save(tmp_path / "c.xlsx")

    assert "is a binary file, xlsx by its first bytes; pass --format xlsx" in message(tmp_path / "c.xlsx", format="csv")


@pytest.mark.parametrize(
    ("content", "found"), [(b"%PDF-1.7", "is a PDF"), (b"\xd0\xcf\x11\xe0", "an old Excel"), (b"BZh91", "bzip2")]
)
def test_files_of_other_kinds_are_named(file, content, found):
    """A document or an archive is told from a broken claims file."""
    assert found in message(file("c", content))
    with pytest.raises(ClaimsError, match=found):
        detect_format(file("c", content))


def test_a_workbook_without_claims_is_refused(tmp_path):
    """Empty sheets, missing columns and missing rows differ."""
    book = openpyxl.Workbook()
    book.save(tmp_path / "empty.xlsx")
    book.active.append(["id", "claims"])
    book.save(tmp_path / "column.xlsx")
    book.active["B1"] = "claim"
    book.save(tmp_path / "rows.xlsx")

    assert "is empty" in message(tmp_path / "empty.xlsx")
    assert "column.xlsx:1: no column 'claim'; columns found: id, claims" in message(tmp_path / "column.xlsx")
    assert "holds no claims" in message(tmp_path / "rows.xlsx")


def test_bad_rows_of_a_workbook_are_rejected(tmp_path):
    """A number is no claim, and a cell beyond the header has no name."""
    book = openpyxl.Workbook()
    for row in (["claim"], [5], ["A.", "x"], ["B."]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")

    claims, rejected = outcome(tmp_path / "c.xlsx")

    assert claims == ["B."]
    assert [(record.line, record.problem.split("; ")[0]) for record in rejected] == [
        (2, "claim is a number"),
        (3, "the row has 2 cells, the header 1"),
    ]
    assert rejected[0].raw == '{"claim": 5}'


def test_a_torn_workbook_is_refused(tmp_path):
    """Whatever a broken part provokes becomes one error of the file."""
    book = openpyxl.Workbook()
    book.active.append(["claim"])
    book.save(tmp_path / "c.xlsx")
    with zipfile.ZipFile(tmp_path / "c.xlsx") as whole, zipfile.ZipFile(tmp_path / "torn.xlsx", "w") as torn:
        for member in whole.namelist():
            torn.writestr(member, whole.read(member)[:300])

    assert "torn.xlsx: cannot be read as .xlsx" in message(tmp_path / "torn.xlsx")


def test_a_workbook_that_unpacks_beyond_all_measure_is_refused(tmp_path):
    """A small file may not fill the memory."""
    with zipfile.ZipFile(tmp_path / "c.xlsx", "w") as archive:
        archive.writestr("a", "x")
    packed = (tmp_path / "c.xlsx").read_bytes()
    size = packed.index(b"PK\x01\x02") + 24  # what the archive's directory says that the member unpacks to
    (tmp_path / "c.xlsx").write_bytes(packed[:size] + b"\xff\xff\xff\x7f" + packed[size + 4 :])

    assert "unpacks to 2,147,483,647 bytes; at most 1,073,741,824" in message(tmp_path / "c.xlsx")


def test_parquet_without_a_claim_column_is_refused(tmp_path):
    """The columns that are there are named."""
    pq.write_table(pa.table({"text": ["A."]}), tmp_path / "c.parquet")

    assert "no column 'claim'; columns found: text; did you mean 'text'?" in message(tmp_path / "c.parquet")


def test_bad_rows_of_parquet_are_rejected(tmp_path):
    """Null is no claim; the row is shown as JSON."""
    pq.write_table(pa.table({"claim": ["A.", None, "B."], "n": [1, 2, 3]}), tmp_path / "c.parquet")

    claims, (rejected,) = outcome(tmp_path / "c.parquet")

    assert claims == ["A.", "B."]
    assert (f"{tmp_path}/c.parquet:2", '{"claim": null, "n": 2}') == (rejected.place, rejected.raw)


def test_text_in_parquet_that_is_not_utf8_costs_its_row(tmp_path):
    """A writer that put other bytes into a text column does not cost the rows around them."""
    column = pa.array([b"A.", b"\xff", b"B."], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"claim": column}), tmp_path / "c.parquet")

    claims, (rejected,) = outcome(tmp_path / "c.parquet")

    assert claims == ["A.", "B."]
    assert (rejected.line, "a cell cannot be read: 'utf-8' codec" in rejected.problem) == (2, True)


def test_an_answer_without_a_sentence_is_rejected(file):
    """A record is a claim or is reported: an answer of dots is the latter."""
    path = file(
        "log.jsonl", '{"response": "...", "retrieved_context": []}\n{"response": "Yes.", "retrieved_context": 5}\n'
    )

    claims, rejected = outcome(path)

    assert claims == []
    assert [record.problem.split("; ")[0] for record in rejected] == [
        "the text holds no sentence",
        "retrieved_context is a number",
    ]
