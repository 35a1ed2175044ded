"""Laws of the claims readers, whatever a file holds."""

import contextlib
import csv
import gzip
import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factcheck.errors import ClaimsError
from factcheck.formats import FORMATS, read_claims, split_text

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
CLAIM = TEXT.filter(str.strip)
BAD_LINES = ["{", "5", '{"claim": 5}', '{"claim": ""}', '{"id": 1}', '{"claim": "A", "contexts": 1}', "\xff", "\0"]


class Named(io.BytesIO):
    """A stream with the name of a file."""

    def __init__(self, name, content):
        super().__init__(content)
        self.name = name


def written(rows, separator, quoting):
    """Rows as Python's csv module writes them, in UTF-8."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=quoting).writerows(rows)
    return out.getvalue().encode("utf-8")


@given(
    claims=st.lists(st.tuples(CLAIM, TEXT), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_csv_writes_is_read_back(claims, separator, quoting):
    """Any claim text survives a table, quotes, separators and line ends included, and so do further columns."""
    rows = [("claim", "note"), *claims]

    found = list(read_claims(Named("c.csv", written(rows, separator, quoting))))

    assert [claim.strip() for claim, _ in claims] == [claim.text for claim in found]
    assert [{"claim": claim, "note": note} for claim, note in claims] == [dict(claim.input) for claim in found]


@given(texts=st.lists(CLAIM, min_size=1, max_size=6))
def test_json_lines_and_arrays_are_read_back(texts):
    """Any claim text survives JSON, escaped or not, in lines or in an array, packed or not."""
    records = [{"claim": text} for text in texts]
    for ascii_only in (True, False):
        lines = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\r\n" for record in records).encode()
        array = json.dumps(records, ensure_ascii=ascii_only, indent=1).encode()
        for content in (lines, array, gzip.compress(lines)):
            assert [text.strip() for text in texts] == [claim.text for claim in read_claims(Named("c.jsonl", content))]


@given(
    lines=st.lists(st.one_of(st.sampled_from(["", " ", *BAD_LINES]), st.integers(0, 99)), max_size=12),
    array=st.booleans(),
)
def test_every_record_is_a_claim_or_is_rejected(lines, array):
    """Claims and rejected records together are the records of the file, each at its own line."""
    texts = [json.dumps({"claim": f"Claim {line}."}) if isinstance(line, int) else line for line in lines]
    records = {number: text for number, text in enumerate(texts, start=1) if text.strip()}
    if array:  # empty elements are errors there
        texts = [text for text in texts if text.strip() and text != "{"]
        records = dict(enumerate(texts, start=1))
    content = ("[" + ",\n".join(texts) + "]" if array else "\n".join(texts)).encode("latin-1")
    rejected = []
    reader = read_claims(Named("c.json", content), format="jsonl", on_error=rejected.append)

    if not records:
        with pytest.raises(ClaimsError, match=r"is empty|holds no claims"):
            next(reader)
    claims = list(reader)

    good = {number for number, text in records.items() if "Claim" in text}
    assert good == {int(claim.place.rpartition(":")[2]) for claim in claims}
    assert records.keys() - good == {record.line for record in rejected}
    assert len(records) == len(claims) + len(rejected)


GOOD_ROWS = ['N,"A\nB ""x"" N"', "N,C N"]
BAD_ROWS = ["N", "N,,", 'N,"open', 'N,"x"y', "N,", "N,\xff"]


@given(rows=st.lists(st.sampled_from(GOOD_ROWS + BAD_ROWS), min_size=1, max_size=10))
def test_good_rows_survive_bad_ones(rows):
    """No broken row costs a good one, and each is reported at the line it starts on."""
    content, line, good, bad = "id,claim\n", 2, [], []
    for number, row in enumerate(rows):
        (good if row in GOOD_ROWS else bad).append(line)
        content += row.replace("N", str(number)) + "\n"
        line += row.count("\n") + 1
    rejected = []

    claims = list(read_claims(Named("c.csv", content.encode("latin-1")), on_error=rejected.append))

    assert good == [int(claim.place.rpartition(":")[2]) for claim in claims]
    assert bad == [record.line for record in rejected]


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in ("xlsx", "parquet")])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(st.sampled_from('{}[]",:\\\n\r\t aclim1;\0\ufeff\xff\u2028'), max_size=80).map(str.encode),
        st.text(st.sampled_from("id,claim\n\"x'"), max_size=60).map(lambda text: b"id,claim\n" + text.encode()),
    )
)
@settings(max_examples=60)
@example(content=b'claim,id\n"')
@example(content=b'[{"claim":"\\')
@example(content=b'{"results":[{"claim":1},')
def test_no_content_breaks_a_reader(form, content):
    """Hostile bytes give claims, rejected records or a ClaimsError, and nothing else."""
    claims, rejected = [], []

    with contextlib.suppress(ClaimsError):
        claims.extend(read_claims(Named("c", content), format=form, on_error=rejected.append))

    assert all(claim.id and claim.text == claim.text.strip() != "" for claim in claims)
    assert all(record.line > 0 and record.problem for record in rejected)


@pytest.mark.parametrize("form", ["fever", "scifact", "climate-fever", "averitec", "vitaminc", "fm2", "rag", "jsonl"])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            [
                "id",
                "claim",
                "date",
                "contexts",
                "doc_ids",
                "label",
                "evidence",
                "evidences",
                "cited_doc_ids",
                "claim_label",
                "questions",
                "text",
                "response",
                "retrieved_context",
                "gold_evidence",
                "wikipedia_page",
                "claim_date",
                "query_id",
            ]
        ),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-2, 2)
            | st.floats(allow_nan=False)
            | st.sampled_from(["", "x", "[", "[1]"]),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["doc_id", "sentence", "sentences", "label", "text", "quote", "start", "answers", "7"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_no_record_breaks_a_schema(form, fields):
    """Whatever JSON a field holds, the record gives claims or is rejected once."""
    rejected = []

    claims = list(read_claims(Named("c", json.dumps(fields).encode()), format=form, on_error=rejected.append))

    assert (len(rejected) == 1) != bool(claims)


@given(ids=st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=60))
def test_ids_are_never_given_twice(ids):
    """Explicit ids win, made ones are numbered, and a repeated one is rejected with the line of the first."""
    records = [{"claim": "Same."} if ident is None else {"id": ident, "claim": "Same."} for ident in ids]
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    rejected = []

    found = [claim.id for claim in read_claims(Named("c.jsonl", content), on_error=rejected.append)]

    assert len(set(found)) == len(found)
    explicit = [ident for ident in ids if ident is not None]
    assert len(explicit) - len(set(explicit)) == len(rejected)
    assert [
        f"stands on line {ids.index(ids[record.line - 1]) + 1} already" in record.problem for record in rejected
    ] == ([True] * len(rejected))


def test_thousands_of_ids_are_told_apart():
    """The table of ids grows without losing one."""
    content = "".join(json.dumps({"id": n % 4999, "claim": "A."}) + "\n" for n in range(5001)).encode()
    rejected = []

    found = list(read_claims(Named("c.jsonl", content), on_error=rejected.append))

    assert len(found) == 4999
    assert [(record.line, record.problem.split(" already")[0]) for record in rejected] == [
        (5000, "id '0' stands on line 1"),
        (5001, "id '1' stands on line 2"),
    ]


@given(text=st.text(st.sampled_from(" \n\t.!?\"'()aB1-*#é😀\u2028\ud800"), max_size=120))
def test_claims_of_a_text_are_parts_of_it(text):
    """Spans are verbatim, in order, apart from each other, and leave out nothing that has a letter or digit."""
    claims = split_text(text, id="x")

    assert [text[claim.start : claim.end] for claim in claims] == [claim.text for claim in claims]
    ends = [0, *(claim.end for claim in claims)]
    assert all(end <= claim.start < claim.end for end, claim in zip(ends, claims, strict=False))
    assert [f"x#{number}" for number in range(1, len(claims) + 1)] == [claim.id for claim in claims]
