"""Files of pairs in, scores out."""

import csv
import gzip
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_objects

from factcheck.errors import ClaimsError, ConfigError, FactcheckError
from factcheck.formats.pairs import read_pairs, write_rows

ADDED = {"entailment": 0.7, "neutral": 0.2, "contradiction": 0.1, "label": "entailment"}
words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(str.strip)


def texts(source, **settings):
    return [(pair.premise, pair.hypothesis) for pair in read_pairs(source, **settings)]


def given_bytes(data, name="input"):
    stream = io.BytesIO(data)
    stream.name = name
    return stream


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"premise": "Rain fell.", "hypothesis": "It rained."}\n'),
        ("a.json", '[{"premise": "Rain fell.", "hypothesis": "It rained."}]'),
        ("a.jsonl", '{"evidence": "Rain fell.", "claim": "It rained.", "label": "SUPPORTS"}\n'),
        ("a.jsonl", '{"doc": "Rain fell.", "claim": "It rained.", "label": 1}\n'),
        ("a.csv", "premise,hypothesis\nRain fell.,It rained.\n"),
        ("a.csv", "id;Hypothesis; PREMISE\n1;It rained.;Rain fell.\n"),
        ("a.tsv", "premise\thypothesis\nRain fell.\tIt rained.\n"),
        ("a.csv", "id,evidence,claim,label,topic_ip,question\n1,Rain fell.,It rained.,Supports,1,why\n"),
        ("a", "premise|hypothesis\nRain fell.|It rained.\n"),
        ("a", '\ufeff{"premise": "Rain fell.", "hypothesis": "It rained."}'),
    ],
)
def test_the_usual_names_and_formats_are_read(tmp_path, name, content):
    """Of a file, gzipped or not, and of a stream without a name."""
    path = tmp_path / name
    path.write_text(content, "utf-8")
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))

    assert [("Rain fell.", "It rained.")] == texts(path) == texts(packed)


def test_premise_and_hypothesis_go_before_other_names():
    """A record may hold more than one kind."""
    record = {"claim": "c", "evidence": "e", "hypothesis": "h", "premise": "p"}

    assert [("p", "h")] == texts(given_bytes(json.dumps(record).encode()))
    assert [("e", "c")] == texts(given_bytes(json.dumps(record).encode()), fields=("evidence", "claim"))


def test_other_names_can_be_given():
    """And are then the only ones."""
    good = b'{"sentence1": "a b", "sentence2": "c"}\n'

    assert [("a b", "c")] == texts(given_bytes(good), fields=("sentence1", "sentence2"))
    with pytest.raises(ClaimsError, match=r"input:1: no fields 'premise'.*found: sentence1, sentence2; .*--fields"):
        texts(given_bytes(good))
    with pytest.raises(ClaimsError, match=r"input:1: no columns 'x' and 'y'"):
        texts(given_bytes(b"premise,hypothesis\na,b\n"), fields=("x", "y"))


@given(st.lists(st.tuples(words, words), min_size=1))
def test_texts_come_as_they_are_written(pairs):
    """White space at their ends included, in JSON Lines and in CSV."""
    lines = [json.dumps({"premise": premise, "hypothesis": hypothesis}) for premise, hypothesis in pairs]
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("premise", "hypothesis"), *pairs])

    assert pairs == texts(given_bytes("\n".join(lines).encode()))
    assert pairs == texts(given_bytes(table.getvalue().encode(), "a.csv"))


BAD = [
    (b'{"premise": "a", "hypothesis": ""}', "hypothesis is empty"),
    (b'{"premise": " ", "hypothesis": "b"}', "premise is empty"),
    (b'{"premise": null, "hypothesis": "b"}', "premise is null"),
    (b'{"premise": "a", "hypothesis": ["b"]}', "hypothesis is a list"),
    (b'{"premise": "a"}', "no fields 'premise' and 'hypothesis'"),
    (b'{"premise": "a\\u0000", "hypothesis": "b"}', "NUL"),
    (b'{"premise": "a\\ud800", "hypothesis": "b"}', "surrogate"),
    (b'{"premise": "a", ', "not valid JSON"),
    (b'["a", "b"]', "not an object"),
    (b'{"premise": "\xff", "hypothesis": "b"}', "is not utf-8"),
]


@pytest.mark.parametrize(("line", "found"), BAD)
def test_a_bad_record_is_named_by_file_and_line_and_costs_itself_only(line, found):
    """It raises, or is handed over and reading goes on."""
    good = b'{"premise": "a", "hypothesis": "b"}\n'
    data = good + line + b"\n" + good
    rejected = []

    with pytest.raises(ClaimsError, match=r"^pairs\.jsonl:2: ") as raised:
        texts(given_bytes(data, "pairs.jsonl"))
    assert found in str(raised.value)
    assert [("a", "b")] * 2 == texts(given_bytes(data, "pairs.jsonl"), on_error=rejected.append)
    (one,) = rejected
    assert ("pairs.jsonl:2", 2) == (one.place, one.line)
    assert found in one.problem


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"[]", "holds no pairs"),
        (b"premise,hypothesis\n", "holds no pairs"),
        (b"premise,hypothesis,premise\na,b,c\n", "'premise' comes twice"),
        (b"a,b\nc,d\n", "no columns 'premise' and 'hypothesis'.*found: a, b"),
        (b'[{"premise": "a", "hypothesis": "b"}', "not closed"),
        (b"PAR1....", "parquet"),
        (b"PK\x03\x04...", "xlsx"),
    ],
)
def test_a_file_that_holds_no_pairs_is_refused(data, found):
    """Whatever is done about bad records."""
    with pytest.raises(ClaimsError, match=found):
        texts(given_bytes(data), on_error=lambda _: None)


def test_a_bad_row_of_a_table_is_named():
    """An empty cell, and a row that is too short."""
    rejected = []
    data = b"id,premise,hypothesis\n1,a,\n2,a\n3,a,b\n"

    assert [("a", "b")] == texts(given_bytes(data, "t.csv"), on_error=rejected.append)
    assert ["t.csv:2", "t.csv:3"] == [one.place for one in rejected]


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Pairs are read as they are asked for."""
    path = tmp_path / "many.jsonl"
    with path.open("w") as file:
        for number in range(20_000):
            file.write(json.dumps({"premise": f"{number} " + "p" * 300, "hypothesis": "h"}) + "\n")
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_pairs(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert 20_000 == count
    assert peak < 2_000_000 < path.stat().st_size


@given(st.lists(json_objects, max_size=5))
def test_every_field_comes_back_in_its_order_with_the_scores_behind(tmp_path_factory, records):
    """As JSON Lines; a name that is taken gets a prefix."""
    out = tmp_path_factory.mktemp("rows") / "scores.jsonl"

    assert len(records) == write_rows(((record, ADDED) for record in records), "jsonl", out)
    written = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    for record, got in zip(records, written, strict=True):
        assert list(record.items()) == list(got.items())[: len(record)]
        assert list(ADDED.values()) == list(got.values())[len(record) :]


def test_a_table_has_the_columns_of_all_records_and_ours_last(tmp_path):
    """Ours get one name for the whole table; nothing in it is run by a spreadsheet."""
    out = tmp_path / "scores.csv"
    rows = [({"id": 1, "text": "=1+1"}, ADDED), ({"Label": "gold", "id": [2]}, ADDED)]

    assert 2 == write_rows(iter(rows), "csv", out)

    header, first, second = csv.reader(out.read_text("utf-8").splitlines())
    assert ["id", "text", "Label", "entailment", "neutral", "contradiction", "factcheck_label"] == header
    assert ["1", "'=1+1", "", "0.7", "0.2", "0.1", "entailment"] == first
    assert ["[2]", "", "gold"] == second[:3]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    """What fails in the middle leaves what was there."""
    out = tmp_path / "scores.jsonl"
    out.write_text("before")

    def rows():
        yield {"id": 1}, ADDED
        raise FactcheckError("pairs", "torn")

    with pytest.raises(FactcheckError, match="torn"):
        write_rows(rows(), "jsonl", out)
    assert "before" == out.read_text()
    assert [out] == list(tmp_path.iterdir())


def test_a_format_that_scores_are_not_written_in_is_refused(tmp_path):
    """Before anything is read."""
    with pytest.raises(ConfigError, match="jsonl, csv"):
        write_rows(iter(()), "xlsx", tmp_path / "scores.xlsx")
