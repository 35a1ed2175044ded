import csv
import io
import json
import logging
import os
import resource
import sys
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain, repeat
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import texts, verdicts

from factcheck.errors import ConfigError, FactcheckError
from factcheck.formats.export import About, export, table
from factcheck.formats.records import to_json, to_line, verdict_from_record, verdict_record
from factcheck.formats.reviewed import Opinion, Remark, Reviewed
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

FORMATS = ["csv", "jsonl", "parquet", "xlsx"]
lists_of_verdicts = st.lists(verdicts(), max_size=4)
reused_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)


def passage(quote, path, page=None):
    source = Source(path, f"About {path}", path, "ab" * 32, "https://example.org/x", "2024-05-01")
    return Passage(source, 3, 40, 40 + len(quote), quote, quote, page)


def evidence(quote, stance, path="a.pdf", page=2, copies=()):
    scores = {
        Stance.SUPPORTS: NLIScores(0.9, 0.1, 0.0),
        Stance.CONTRADICTS: NLIScores(0.0, 0.1, 0.9),
        Stance.NEUTRAL: NLIScores(0.0, 1.0, 0.0),
    }[stance]
    return Evidence(Hit(passage(quote, path, page), 5.0, copies), scores, stance)


def verdict(given=None, *, label=Label.NOT_ENOUGH_INFO, found=(), **claim):
    named = Claim(**{"id": "c1", "text": "Four cranes work."} | claim, input=given or {})
    return Verdict(named, label, 0.75, Reason.EVIDENCE, EvidenceFrom.CORPUS, found)


def again(*verdicts):
    """A source that gives these verdicts each time it is called."""
    return lambda: iter(verdicts)


@contextmanager
def room_for(size):
    """Files can grow to this many bytes, as if the disk were full then."""
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_xlsx(path):
    from openpyxl import load_workbook

    header, *rows = load_workbook(path)["verdicts"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def written(tmp_path, to, *verdicts):
    """The rows of a table as its own library reads them."""
    out = tmp_path / f"out.{to}"
    export(again(*verdicts), to, out)
    return {"csv": read_csv, "xlsx": read_xlsx}[to](out)


# --- all formats


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("number", [0, 1, 3])
def test_number_of_rows_is_given_back(tmp_path, to, number):
    """The answer is the number of verdicts, also when there are none, and a file is there in any case."""
    out = tmp_path / "out"

    assert export(again(*repeat(verdict(), number)), to, out) == number
    assert out.stat().st_size > 0 or (to, number) == ("jsonl", 0)


@pytest.mark.parametrize("to", FORMATS)
def test_same_verdicts_give_the_same_bytes(tmp_path, monkeypatch, to):
    """Two exports of the same verdicts are equal byte for byte, whenever they are made."""
    made = verdict({"a": 1}, label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),))
    for name in ("first", "second"):
        export(again(made), to, tmp_path / name)
        monkeypatch.setattr("time.time", lambda: 1e9)
        monkeypatch.setattr("time.localtime", lambda *_: time.gmtime(1e9))

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize("to", FORMATS)
def test_source_that_fails_leaves_the_old_file(tmp_path, to):
    """When the verdicts cannot be read to the end, the old file stays and nothing else is left beside it."""
    out = tmp_path / "out"
    out.write_text("old")

    def source():
        yield verdict()
        raise FactcheckError("run", "is torn")

    with pytest.raises(FactcheckError, match="run: is torn"):
        export(source, to, out)
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("to", FORMATS)
def test_full_disk_is_named_and_leaves_the_old_file(tmp_path, to):
    """A file that cannot grow gives an error with its path; the old file stays and nothing else is left beside it."""
    out = tmp_path / "out"
    out.write_text("old")
    noise = [verdict({"noise": os.urandom(3000).hex()}) for _ in range(100)]
    with room_for(50_000), pytest.raises(FactcheckError) as caught:
        export(again(*noise), to, out)

    assert caught.value.where == str(out)
    assert "unchanged" in caught.value.fix
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("to", FORMATS)
def test_file_that_is_replaced_keeps_its_mode(tmp_path, to):
    """Who may read a file does not change when it is written anew."""
    out = tmp_path / "out"
    out.touch()
    out.chmod(0o640)
    export(again(verdict()), to, out)

    assert out.stat().st_mode & 0o777 == 0o640


def test_symbolic_link_stays_a_link(tmp_path):
    """The file that a link names is replaced, not the link."""
    link = tmp_path / "link"
    link.symlink_to("file")
    export(again(verdict()), "jsonl", link)

    assert link.is_symlink()
    assert (tmp_path / "file").read_text() == to_line(verdict()) + "\n"


def test_out_that_is_no_regular_file_is_refused(tmp_path):
    """A folder or a device is never replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for out in (tmp_path, pipe):
        with pytest.raises(FactcheckError, match="is not a file; name a file, or - for standard output"):
            export(again(verdict()), "jsonl", out)
    assert pipe.is_fifo()


def test_folder_that_is_not_there_is_named(tmp_path):
    """A path in a folder that does not exist gives an error with that path."""
    with pytest.raises(FactcheckError, match=r"absent/out\.csv: cannot be written: No such file or directory"):
        export(again(verdict()), "csv", tmp_path / "absent" / "out.csv")


@pytest.mark.parametrize(("to", "most"), [("jsonl", 4), ("csv", 4), ("xlsx", 4), ("parquet", 60)])
def test_memory_does_not_grow_with_the_verdicts(tmp_path, to, most):
    """Verdicts of 80 MB go through a few MB; parquet holds one row group of 1,000."""

    def source():
        for number in range(4000):
            yield verdict({"text": f"{number:08}" * 2500})

    export(again(verdict()), to, tmp_path / "warm")  # libraries are imported before memory is counted
    tracemalloc.start()
    try:
        export(source, to, tmp_path / "out")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < most * 2**20


@pytest.mark.parametrize("to", ["xlsx", "parquet"])
@pytest.mark.parametrize("out", [None, Path("-")])
def test_binary_format_needs_a_file(to, out):
    """A workbook or a parquet file does not go to standard output."""
    with pytest.raises(ConfigError, match=f"--to {to}: is a binary format and needs a file; add --out verdicts.{to}"):
        export(again(verdict()), to, out)


def test_unknown_format_is_refused():
    """A format that does not exist is answered with those that do."""
    with pytest.raises(ConfigError, match=r"--to tsv: .*csv, .*jsonl, .*parquet, .*xlsx"):
        export(again(verdict()), "tsv")


@pytest.mark.parametrize("to", ["jsonl", "csv"])
@pytest.mark.parametrize("out", [None, Path("-")])
def test_standard_output_gets_the_bytes_of_the_file(tmp_path, capfdbinary, to, out):
    """Without a path, or with -, the text goes to standard output as UTF-8."""
    made = verdict({"name": "Zoë 漢"})
    export(again(made), to, tmp_path / "file")

    assert export(again(made), to, out) == 1
    assert capfdbinary.readouterr().out == (tmp_path / "file").read_bytes()


def test_closed_pipe_is_left_to_the_caller(monkeypatch):
    """A reader that went away is no fault of the file: BrokenPipeError passes."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as raw:
        stdout = io.TextIOWrapper(raw)
        monkeypatch.setattr("sys.stdout", stdout)
        with pytest.raises(BrokenPipeError):
            export(again(verdict()), "jsonl")
        stdout.detach()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_disk_behind_standard_output_is_reported(monkeypatch):
    """Output that was redirected to a full disk is an error of ours."""
    with Path("/dev/full").open("wb", buffering=0) as raw:
        stdout = io.TextIOWrapper(raw)
        monkeypatch.setattr("sys.stdout", stdout)
        with pytest.raises(FactcheckError, match="standard output: cannot be written to: No space left"):
            export(again(verdict()), "jsonl")
        stdout.detach()


def test_rows_follow_what_was_printed_before(monkeypatch):
    """What the program printed before an export stands before it."""
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw))
    sys.stdout.write("first\n")
    export(again(verdict()), "jsonl")

    assert raw.getvalue().startswith(b"first\n{")


# --- jsonl


@reused_folder
@given(made=lists_of_verdicts)
def test_jsonl_holds_every_record(tmp_path, made):
    """Each line of the file is the record of a verdict, in order."""
    export(again(*made), "jsonl", tmp_path / "out")
    lines = (tmp_path / "out").read_text("utf-8").splitlines()

    assert [verdict_record(one) for one in made] == [json.loads(line) for line in lines]


def test_pandas_reads_jsonl(tmp_path):
    """Pandas reads the lines with their nested evidence."""
    import pandas as pd

    made = verdict(label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),))
    export(again(made, verdict()), "jsonl", tmp_path / "out")
    frame = pd.read_json(tmp_path / "out", lines=True)

    assert list(frame["verdict"]) == ["SUPPORTED", "NOT ENOUGH INFO"]
    assert frame["evidence"][0][0]["quote"] == "Yes."


# --- parquet


@reused_folder
@given(made=lists_of_verdicts)
def test_parquet_holds_every_record(tmp_path, made):
    """Each row is the record of a verdict, with the input as JSON and the claim's span always there."""
    import pyarrow.parquet as pq

    export(again(*made), "parquet", tmp_path / "out")
    rows = pq.read_table(tmp_path / "out").to_pylist()
    expected = [{"claim_start": None, "claim_end": None, **verdict_record(one)} for one in made]

    assert expected == [row | {"input": json.loads(row["input"])} for row in rows]
    assert [verdict_from_record(one) for one in expected] == [
        verdict_from_record(row | {"input": json.loads(row["input"])}) for row in rows
    ]


def test_parquet_schema_does_not_depend_on_the_verdicts(tmp_path):
    """Files of no verdicts, of empty ones and of full ones can be put together."""
    import pyarrow.parquet as pq

    full = verdict(label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),), start=1, end=2)
    schemas = []
    for number, made in enumerate([(), (verdict(),), (full,)]):
        export(again(*made), "parquet", tmp_path / str(number))
        schemas.append(pq.read_schema(tmp_path / str(number)))

    assert schemas[0].equals(schemas[1], check_metadata=True)
    assert schemas[0].equals(schemas[2], check_metadata=True)
    assert schemas[0].metadata[b"factcheck.schema_version"] == b"1"


def test_parquet_holds_more_than_one_row_group(tmp_path):
    """Verdicts beyond a row group follow in the next, in order."""
    import pyarrow.parquet as pq

    made = [verdict(id=f"c{number}") for number in range(2500)]
    assert export(again(*made), "parquet", tmp_path / "out") == 2500
    assert pq.read_table(tmp_path / "out")["id"].to_pylist() == [one.claim.id for one in made]
    assert pq.ParquetFile(tmp_path / "out").num_row_groups == 3


def test_parquet_takes_lone_surrogates(tmp_path):
    """A text that UTF-8 cannot hold does not stop the export."""
    import pyarrow.parquet as pq

    export(again(verdict({"\ud800": "\udfff"}, text="a\ud800b")), "parquet", tmp_path / "out")
    row = pq.read_table(tmp_path / "out").to_pylist()[0]

    assert row["claim"] == "a\ufffdb"
    assert row["input"] == '{"\ufffd":"\ufffd"}'


def test_pandas_and_datasets_read_parquet(tmp_path):
    """The libraries of the field read the file with its nested evidence."""
    import pandas as pd
    from datasets import Dataset

    made = verdict({"n": 1}, label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),))
    out = tmp_path / "out.parquet"
    export(again(made, verdict()), "parquet", out)
    frame = pd.read_parquet(out)
    dataset = Dataset.from_parquet(str(out), cache_dir=str(tmp_path / "cache"))

    assert list(frame["verdict"]) == ["SUPPORTED", "NOT ENOUGH INFO"]
    assert frame["evidence"][0][0]["quote"] == "Yes."
    assert dataset[0]["evidence"][0]["quote"] == "Yes."
    assert dataset[1]["evidence"] == []
    assert dataset[0]["input"] == '{"n":1}'


# --- columns of csv and xlsx


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_input_columns_stand_first_then_the_findings(tmp_path, to):
    """A table starts with the union of the input's columns, in the order they first came."""
    rows = written(tmp_path, to, verdict({"id": "c1", "claim": "Four cranes work.", "who": "Ann"}),
                   verdict({"id": "c1", "claim": "Four cranes work.", "when": "2024"}))  # fmt: skip

    assert list(rows[0]) == [
        *("id", "claim", "who", "when", "verdict", "score", "confidence", "reason", "detail"),
        *("evidence_from", "judged"),
        *("found", "stance", "quote", "source", "path", "page", "start", "end", "date", "url", "copies"),
        *("counter_quote", "counter_source", "counter_path", "counter_page"),
    ]
    assert [(row["who"] or None, row["when"] or None) for row in rows] == [("Ann", None), (None, "2024")]


def test_row_names_the_best_passage_and_its_copies(tmp_path):
    """The first evidence fills the columns of the quote; its copies are named in one cell."""
    copies = (passage("No.", "b.txt"), passage("No.", "c.pdf", 4))
    found = (evidence("No.", Stance.CONTRADICTS, copies=copies), evidence("Maybe.", Stance.SUPPORTS))
    row = written(tmp_path, "csv", verdict(label=Label.CONTRADICTED, found=found))[0]

    assert row == {
        "id": "c1",
        "claim": "Four cranes work.",
        "verdict": "CONTRADICTED",
        "score": "0.75",
        "confidence": "",
        "reason": "evidence",
        "detail": "",
        "evidence_from": "corpus",
        "judged": "2",
        "found": "2",
        "stance": "contradicts",
        "quote": "No.",
        "source": "About a.pdf",
        "path": "a.pdf",
        "page": "2",
        "start": "40",
        "end": "43",
        "date": "2024-05-01",
        "url": "https://example.org/x",
        "copies": "About b.txt (b.txt, 2024-05-01); About c.pdf (c.pdf, page 4, 2024-05-01)",
        "counter_quote": "",
        "counter_source": "",
        "counter_path": "",
        "counter_page": "",
    }


def test_conflict_shows_the_strongest_of_the_other_side(tmp_path):
    """The counter columns hold the first evidence that says the opposite of the first."""
    found = (
        evidence("No.", Stance.CONTRADICTS),
        evidence("Hm.", Stance.NEUTRAL),
        evidence("Yes.", Stance.SUPPORTS, "b.pdf", 9),
        evidence("Yes, yes.", Stance.SUPPORTS, "c.pdf"),
    )
    row = written(tmp_path, "csv", verdict(label=Label.CONFLICTING, found=found))[0]

    assert row["quote"] == "No."
    assert [row[f"counter_{name}"] for name in ("quote", "source", "path", "page")] == [
        "Yes.",
        "About b.pdf",
        "b.pdf",
        "9",
    ]


def test_taken_name_gets_a_prefix(tmp_path):
    """A column of the input keeps its name, whatever its case; ours gives way, twice if it must."""
    row = written(tmp_path, "csv", verdict({"Verdict": "mine", "score": "1", "factcheck_score": "2"}))[0]

    assert (row["Verdict"], row["factcheck_verdict"]) == ("mine", "NOT ENOUGH INFO")
    assert (row["score"], row["factcheck_score"], row["factcheck_factcheck_score"]) == ("1", "2", "0.75")
    assert "factcheck_reason" not in row


@pytest.mark.parametrize(
    ("given", "columns"),
    [
        ({"id": "c1", "claim": " Four  cranes work. "}, ["id", "claim"]),
        ({"id": "c2", "claim": "Four cranes work."}, ["id", "claim", "factcheck_id"]),
        ({"statement": "Four cranes work."}, ["statement", "id", "claim"]),
        ({"id": "c1", "claim": "A response. Four cranes work."}, ["id", "claim", "factcheck_claim"]),
    ],
)
def test_id_and_claim_are_added_where_the_input_lacks_them(tmp_path, given, columns):
    """Every table names each claim by id and text, without saying the same twice."""
    row = written(tmp_path, "csv", verdict(given))[0]

    assert list(row)[: list(row).index("verdict")] == columns


def test_one_row_that_differs_brings_the_column_for_all(tmp_path):
    """An id column that fits all claims but one does not stand in for their ids."""
    rows = written(tmp_path, "csv", verdict({"id": "c1"}), verdict({}, id="made-up"))

    assert [row["factcheck_id"] for row in rows] == ["c1", "made-up"]


def test_span_columns_are_there_for_claims_that_were_split(tmp_path):
    """Claims that were split from a text bring the columns that say where they stood."""
    rows = written(tmp_path, "csv", verdict(), verdict(start=5, end=22))

    assert [(row["claim_start"], row["claim_end"]) for row in rows] == [("", ""), ("5", "22")]


def test_table_of_nothing_has_a_header(tmp_path):
    """A table without verdicts has the columns of ours."""
    export(again(), "csv", tmp_path / "out")

    assert (tmp_path / "out").read_text().startswith("id,claim,verdict,score,")


def test_source_that_changes_between_readings_is_refused(tmp_path):
    """A column that comes up only on the second reading is not dropped."""
    readings = iter([[verdict({"a": 1})], [verdict({"b": 1})]])
    with pytest.raises(FactcheckError, match="changed while they were read"):
        export(lambda: iter(next(readings)), "csv", tmp_path / "out")


def test_rows_by_name_hold_values_as_they_are():
    """Rows for a program have the columns of a csv file, their values untouched, and take an iterator."""
    first, second = table(iter([verdict({"a": "=1", "score": [1]}), verdict({"b": None})]))

    assert list(first) == list(second)
    assert list(first)[:3] == ["a", "score", "b"]
    assert (first["a"], first["score"], first["factcheck_score"]) == ("=1", [1], 0.75)
    assert (second["a"], second["claim"]) == (None, "Four cranes work.")
    assert list(table([])) == []


# --- cells


DANGEROUS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1+1", "\u00a0=1", "\ufeff=1", "\uff1d1+1",
             "-5%", "-", "-inf", "- 5", "--5", "+49 30 12345", "-1,234.5", "-5\n", "-5 "]  # fmt: skip
HARMLESS = [
    "-5",
    "+3.2",
    "-.5",
    "-1e-6",
    "-2.",
    "5",
    "a=b",
    "1-2",
    "user@example.org",
    "'=1",
    "",
    " x",
    "\u22125",
    "(=1)",
]


@pytest.mark.parametrize("to", ["csv", "xlsx"])
@pytest.mark.parametrize("text", DANGEROUS)
def test_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path, to, text):
    """Input, header, claim and quote are all disarmed."""
    found = (evidence(text, Stance.SUPPORTS),)
    row = written(tmp_path, to, verdict({text: text}, text=text, label=Label.SUPPORTED, found=found))[0]
    shown = "'" + (text.replace("\r", "\n") if to == "xlsx" else text)

    assert (row[shown], row["claim"], row["quote"]) == (shown, shown, shown)


@pytest.mark.parametrize("to", ["csv", "xlsx"])
@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_cell_is_left_alone(tmp_path, to, text):
    """Plain numbers with a sign, and signs inside a text, are written as they came."""
    row = written(tmp_path, to, verdict({"cell": text}))[0]

    assert (row["cell"] or "") == text


def test_no_cell_of_a_workbook_is_a_formula(tmp_path):
    """Texts are cells of the type text, also those that openpyxl would take for a formula or an error."""
    from openpyxl import load_workbook

    given = {"a": "=1+1", "b": "#N/A", "c": "-5", "d": "2024-05-01", "e": "TRUE", "=f": ""}
    export(again(verdict(given)), "xlsx", tmp_path / "out.xlsx")
    header, row = load_workbook(tmp_path / "out.xlsx")["verdicts"].iter_rows()

    assert {cell.data_type for cell in (*header, *row[:5])} == {"s"}
    assert [cell.value for cell in row[:5]] == ["'=1+1", "#N/A", "-5", "2024-05-01", "TRUE"]


def test_csv_writes_values_that_are_no_text(tmp_path):
    """Numbers are plain, truth is JSON's, nothing is empty, lists and objects are JSON."""
    given = {"i": -5, "f": -3.25, "t": True, "n": None, "nan": float("nan"), "l": [1, "é"], "o": {"a": None}}
    row = written(tmp_path, "csv", verdict(given | {"big": 10**20}))[0]

    assert [row[name] for name in (*given, "big")] == [
        *("-5", "-3.25", "true", "", "", '[1,"é"]', '{"a":null}', "100000000000000000000")
    ]


def test_xlsx_writes_values_that_are_no_text(tmp_path):
    """Numbers and truth are cells of that type; an integer that a sheet would round is a text."""
    given = {"i": -5, "f": -3.25, "t": True, "n": None, "nan": float("inf"), "l": [1], "big": 2**53 + 1}
    row = written(tmp_path, "xlsx", verdict(given))[0]

    assert [row[name] for name in given] == [-5, -3.25, True, None, None, "[1]", str(2**53 + 1)]
    assert row["t"] is True
    assert row["score"] == 0.75


@reused_folder
@given(given=st.lists(st.dictionaries(texts.map("k{}".format), texts.map("t{}".format), max_size=3), max_size=3))
def test_csv_gives_the_texts_of_the_input_back(tmp_path, given):
    """Quotes, commas and line ends of any kind survive in cells and headers; only NUL has no place in a CSV."""
    rows = written(tmp_path, "csv", *map(verdict, given))
    clean = [{key.replace("\0", "\ufffd"): text.replace("\0", "\ufffd") for key, text in row.items()} for row in given]

    assert [{key: row[key] for key in expected} for row, expected in zip(rows, clean, strict=True)] == clean


@reused_folder
@given(text=texts.map("t{}".format))
def test_xlsx_gives_the_texts_of_the_input_back(tmp_path, text):
    """What XML has no place for becomes U+FFFD and line ends become one newline; all else survives."""
    row = written(tmp_path, "xlsx", verdict({"cell": text}))[0]
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    illegal = {*map(chr, range(32)), "\ufffe", "\uffff"} - {"\t", "\n"}

    assert row["cell"] == "".join("\ufffd" if char in illegal else char for char in kept)


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_lone_surrogates_do_not_stop_a_table(tmp_path, to):
    """A text that UTF-8 cannot hold is written with U+FFFD in its place."""
    row = written(tmp_path, to, verdict({"a\udfff": "x\ud800", "list": ["\ud800"]}))[0]

    assert (row["a\ufffd"], row["list"]) == ("x\ufffd", '["\ufffd"]')


def test_csv_is_plain_utf8(tmp_path):
    """A CSV has no byte order mark, and its rows end as RFC 4180 says."""
    export(again(verdict({"name": "Zoë"})), "csv", tmp_path / "out")
    data = (tmp_path / "out").read_bytes()

    assert data.startswith(b"name,")
    assert data.count(b"\r\n") == data.count(b"\n") == 2
    assert "Zoë".encode() in data


def test_pandas_reads_csv(tmp_path):
    """Pandas reads the columns with their types."""
    import pandas as pd

    made = verdict({"who": "Ann, Bob", "n": "-5"}, label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),))
    export(again(made), "csv", tmp_path / "out")
    row = pd.read_csv(tmp_path / "out").iloc[0]

    assert (row["who"], row["n"], row["score"], row["page"], row["quote"]) == ("Ann, Bob", -5, 0.75, 2, "Yes.")


@pytest.mark.parametrize(
    ("text", "whole"),
    [("x" * 32_767, True), ("x" * 32_768, False), ("😀" * 16_383, True), ("x" + "😀" * 16_384, False)],
)
def test_text_beyond_a_cell_is_cut_with_a_mark_and_reported(tmp_path, caplog, text, whole):
    """A text of more UTF-16 units than a cell holds ends in a mark with its length, and the cuts are counted."""
    with caplog.at_level(logging.WARNING):
        cell = written(tmp_path, "xlsx", verdict({"long": text}))[0]["long"]

    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    if whole:
        assert cell == text
        assert not caplog.records
    else:
        mark = f" [cut: {len(text):,} characters]"
        assert cell.endswith(mark)
        assert text.startswith(cell.removesuffix(mark))
        assert "1 cells were cut" in caplog.text


def test_sheet_that_is_too_wide_is_refused(tmp_path):
    """More columns than a sheet has are an error, not a broken workbook."""
    with pytest.raises(FactcheckError, match="more than a sheet holds; use csv"):
        export(again(verdict({str(number): "" for number in range(16_384)})), "xlsx", tmp_path / "out")


@pytest.mark.parametrize(
    ("limit", "value", "found"),
    [
        ("factcheck.formats.workbook._SHEET_ROWS", 3, "a sheet holds 2 of the verdicts at most"),
        ("zipfile.ZIP64_LIMIT", 20_000, "the verdicts are more than the 2 GiB a sheet can be"),
    ],
)
def test_sheet_that_is_too_long_is_refused(tmp_path, monkeypatch, limit, value, found):
    """More verdicts than a sheet can hold are an error, not a broken workbook."""
    monkeypatch.setattr(limit, value)

    assert export(again(*repeat(verdict(), 2)), "xlsx", tmp_path / "fits") == 2
    with pytest.raises(FactcheckError, match=f"{found}; use csv"):
        export(again(*repeat(verdict(), 100)), "xlsx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("number", "room"), [(100, 50_000), (100, 500), (1, 500)])
def test_workbook_that_cannot_grow_leaves_no_temporary_file(tmp_path, monkeypatch, number, room):
    """The file in which a workbook grows goes away when the disk is full, at the first flush or the last."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    noise = [verdict({"noise": os.urandom(3000).hex()}) for _ in range(number)]
    with (
        room_for(room),
        pytest.raises(FactcheckError, match="out: cannot be written: File too large; nothing was left"),
    ):
        export(again(*noise), "xlsx", tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [0, 100])
def test_workbook_of_a_source_that_fails_leaves_no_temporary_file(tmp_path, monkeypatch, number):
    """The file in which a workbook grows goes away when the verdicts cannot be read to the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    readings = iter([repeat(verdict(), number), chain(repeat(verdict(), number), [verdict({"late": 1})])])
    with pytest.raises(FactcheckError, match="changed while they were read"):
        export(lambda: next(readings), "xlsx", tmp_path / "out")

    assert list(tmp_path.iterdir()) == []


def test_workbook_leaves_nothing_but_itself(tmp_path, monkeypatch):
    """The file in which a workbook grows goes away when the workbook is whole."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    export(again(verdict()), "xlsx", tmp_path / "out")

    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_workbook_without_a_temporary_folder_is_an_error_of_ours(tmp_path, monkeypatch):
    """A workbook that has no place to grow is reported with its path and the reason."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(FactcheckError, match="out: cannot be written: No such file"):
        export(again(verdict()), "xlsx", tmp_path / "out")


def test_workbook_does_not_say_when_it_was_made(tmp_path):
    """Neither the properties of a workbook nor the entries of its archive hold the time of writing."""
    from openpyxl import load_workbook

    export(again(verdict()), "xlsx", tmp_path / "out.xlsx")
    properties = load_workbook(tmp_path / "out.xlsx").properties
    with ZipFile(tmp_path / "out.xlsx") as archive:
        times = {entry.date_time for entry in archive.infolist()}

    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert properties.created == properties.modified == datetime(1980, 1, 1)  # noqa: DTZ001 - as openpyxl reads it


def test_workbook_is_set_up_for_reading(tmp_path):
    """The header is bold, stays in sight and filters all rows; columns beyond Z have their letters."""
    from openpyxl import load_workbook

    export(again(verdict({f"k{number}": number for number in range(30)})), "xlsx", tmp_path / "out.xlsx")
    sheet = load_workbook(tmp_path / "out.xlsx")["verdicts"]

    assert sheet["A1"].font.b
    assert not sheet["A2"].font.b
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions == "A1:BB2"
    assert sheet["AD2"].value == 29


@reused_folder
@given(made=lists_of_verdicts)
def test_tables_take_any_verdict(tmp_path, made):
    """Both tables have a row a verdict, whatever it holds."""
    out = tmp_path / "out"
    for to in ("csv", "xlsx"):
        assert export(again(*made), to, out) == len(made)


def test_nested_input_is_json_in_a_cell(tmp_path):
    """A nested value can be read back from its cell."""
    nested = {"deep": [1, {"a": "=x"}]}
    row = written(tmp_path, "xlsx", verdict({"nested": nested}))[0]

    assert row["nested"] == to_json(nested)


def test_verdicts_are_left_as_they_were(tmp_path):
    """Export changes no verdict."""
    made = verdict({"n": float("inf")})
    before = replace(made)
    for to in FORMATS:
        export(again(made), to, tmp_path / to)

    assert made == before


# --- reviews

NOTED = Reviewed(
    "overruled",
    Label.CONTRADICTED,
    (
        Opinion("ann", Label.CONTRADICTED, 1.5, "sample:1:9/9:SUPPORTED"),
        Opinion("=bob", Label.SUPPORTED, 2.5, stands=False),
    ),
    (Remark("ann", "=SUM(A1)", 1.5), Remark("bob", "See page 3.", 2.5)),
    "cem",
    frozenset({0}),
    (evidence("No.", Stance.CONTRADICTS),),
)


def reviewed_as(*reviews):
    """What knows of these reviews, of the claims c1, c2 and so on."""
    return About(review=lambda verdict: reviews[int(verdict.claim.id[1:]) - 1])


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_rows_tell_what_reviewers_said(tmp_path, to):
    """Behind all other columns, the machine's verdict left as it is; nothing of it is a formula."""
    out = tmp_path / f"out.{to}"
    source = again(verdict(id="c1"), verdict({"reviewers": "two"}, id="c2"))
    export(source, to, out, about=reviewed_as(NOTED, Reviewed()))
    first, second = {"csv": read_csv, "xlsx": read_xlsx}[to](out)

    assert ["review_status", "review_verdict", "factcheck_reviewers", "review_notes"] == list(first)[-4:]
    assert [
        "overruled",
        "CONTRADICTED",
        "ann (CONTRADICTED); =bob (SUPPORTED)",
        "ann: =SUM(A1)\nbob: See page 3.",
    ] == list(first.values())[-4:]
    assert ["unreviewed", None, None, None] == [value or None for value in list(second.values())[-4:]]
    assert "NOT ENOUGH INFO" == first["verdict"]


def test_a_reviewers_name_is_no_formula(tmp_path):
    """In a cell of its own it gets an apostrophe as any other text."""
    export(
        again(verdict(id="c1")), "csv", tmp_path / "out", about=reviewed_as(replace(NOTED, opinions=NOTED.opinions[1:]))
    )

    assert "'=bob (SUPPORTED)" == read_csv(tmp_path / "out")[0]["reviewers"]


def test_records_tell_all_of_a_review(tmp_path):
    """Lines and rows of parquet the same, behind what they hold without one, which is read as before."""
    import pandas as pd

    made = verdict(id="c1", label=Label.SUPPORTED, found=(evidence("Yes.", Stance.SUPPORTS),))
    export(again(made), "jsonl", tmp_path / "lines", about=reviewed_as(NOTED))
    export(again(made), "parquet", tmp_path / "rows", about=reviewed_as(NOTED))
    record = json.loads((tmp_path / "lines").read_text("utf-8"))
    [row] = pd.read_parquet(tmp_path / "rows", dtype_backend="pyarrow")["review"]

    assert verdict_record(made) == {name: value for name, value in record.items() if name != "review"}
    assert made == verdict_from_record(record)
    assert ("overruled", "CONTRADICTED", "cem", [0]) == tuple(
        record["review"][name] for name in ("status", "verdict", "assigned", "wrong")
    )
    assert {
        "reviewer": "ann",
        "verdict": "CONTRADICTED",
        "time": 1.5,
        "drawn": "sample:1:9/9:SUPPORTED",
        "stands": True,
    } == record["review"]["reviewers"][0]
    assert ["No."] == [item["quote"] for item in record["review"]["added"]]
    assert record["review"] == row


@pytest.mark.parametrize("to", FORMATS)
def test_a_run_that_nobody_reviewed_has_no_trace_of_it(tmp_path, to):
    """Its files are those of a version that knows no reviews."""
    export(again(verdict()), to, tmp_path / "out")

    assert b"review" not in (tmp_path / "out").read_bytes()
    if to in ("csv", "xlsx"):
        assert not [name for name in written(tmp_path, to, verdict())[0] if "review" in name]
