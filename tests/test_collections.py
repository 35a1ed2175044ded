"""The labelled example collections under `claims/` keep what their data cards promise."""

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from factcheck.types import Label

CLAIMS = Path(__file__).resolve().parents[1] / "claims"
FOLDERS = sorted(path.parent for path in CLAIMS.glob("*/claims.jsonl"))
DECISIVE = {Label.SUPPORTED, Label.CONTRADICTED, Label.CONFLICTING}

each_collection = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@dataclass(frozen=True, slots=True)
class Item:
    """One quoted sentence of gold evidence."""

    claim_id: str
    doc_id: str
    quote: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """The text that quotes are looked up in; `verbatim` says that it is the author's own, not extracted from a page."""

    text: str
    verbatim: bool


class _Text(HTMLParser):
    """Gathers what a page shows, tags stripped, entities resolved, scripts and styles left out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in {"script", "style"}

    def handle_endtag(self, tag):
        self.hidden -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def fold(text):
    return " ".join(text.split())


@cache
def extracted(path):
    """The visible text of a page, a PDF or a Word file, white space folded; None for files that are text already."""
    match path.suffix.lower():
        case ".html" | ".htm":
            parser = _Text()
            parser.feed(path.read_text("utf-8"))
            parser.close()
            return fold("".join(parser.parts))
        case ".pdf":
            import pypdf

            return fold("\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
        case ".docx":
            import docx

            document = docx.Document(str(path))
            cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
            return fold("\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]))
        case _:
            return None


def records_of(path):
    """The records of a file that holds many documents."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines)) if path.suffix == ".csv" else [json.loads(line) for line in lines]


@cache
def documents_of(folder):
    """Document id to its source: a file is named by its path, a record of a .csv or .jsonl file by its id."""
    root = folder / "documents"
    documents = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        if path.suffix in {".csv", ".jsonl"}:
            found = {record["id"]: Source(record["text"], verbatim=True) for record in records_of(path)}
        else:
            text = extracted(path)
            name = path.relative_to(root).as_posix()
            found = {name: Source(path.read_text("utf-8") if text is None else text, verbatim=text is None)}
        assert documents.keys().isdisjoint(found), path
        documents |= found
    return documents


@cache
def claims_of(folder):
    return tuple(json.loads(line) for line in (folder / "claims.jsonl").read_text("utf-8").splitlines())


def items_of(claim):
    """The evidence of a claim, whether it is a flat list or a list of sets."""
    for entry in claim["evidence"]:
        for item in entry if isinstance(entry, list) else [entry]:
            yield Item(claim["id"], item["doc_id"], item["quote"], item.get("label"))


def counts_in_card(folder):
    card = (folder / "README.md").read_text("utf-8")
    labels = "|".join(label.value for label in Label)
    return Counter(
        {
            label: int(number)
            for label, number in re.findall(rf"^\|\s*`?({labels})`?\s*\|\s*(\d+)\s*\|", card, flags=re.MULTILINE)
        },
    )


def test_collections_are_found():
    """The repository carries example collections, so that the tests below are not empty."""
    assert FOLDERS


@each_collection
def test_collection_is_large_enough(folder):
    """A collection has at least eight documents and sixty claims."""
    assert len(documents_of(folder)) >= 8
    assert len(claims_of(folder)) >= 60


@each_collection
def test_claims_carry_every_field(folder):
    """Each record has an id, a claim, a label, evidence and at least one tag, and no field beside them."""
    for claim in claims_of(folder):
        assert set(claim) == {"id", "claim", "label", "evidence", "tags"}, claim["id"]
        assert claim["claim"] == fold(claim["claim"]) != "", claim["id"]
        assert claim["tags"], claim["id"]
        assert all(tag == tag.strip() != "" for tag in claim["tags"]), claim["id"]
        assert len(set(claim["tags"])) == len(claim["tags"]), claim["id"]


@each_collection
@pytest.mark.parametrize("field", ["id", "claim"])
def test_claims_are_unique(folder, field):
    """No id and no claim text occurs twice in a collection."""
    assert [value for value, n in Counter(claim[field] for claim in claims_of(folder)).items() if n > 1] == []


@each_collection
def test_every_label_occurs_and_no_other(folder):
    """The labels of a collection are the four of `Label`, spelt as it spells them."""
    assert {claim["label"] for claim in claims_of(folder)} == {label.value for label in Label}


@each_collection
def test_decisive_labels_have_evidence_and_the_other_has_none(folder):
    """A claim has evidence exactly when its label says that the documents decide it; no evidence set is empty."""
    for claim in claims_of(folder):
        assert bool(claim["evidence"]) == (claim["label"] in DECISIVE), claim["id"]
        assert all(claim["evidence"]), claim["id"]


@each_collection
def test_quotes_stand_in_their_documents(folder):
    """Each quote is found verbatim in the document it names, and only once unless the text was extracted."""
    documents = documents_of(folder)
    for item in (item for claim in claims_of(folder) for item in items_of(claim)):
        assert item.doc_id in documents, item
        source = documents[item.doc_id]
        found = source.text.count(item.quote)
        assert item.quote == item.quote.strip() != "", item
        assert found == 1 or (found > 1 and not source.verbatim), (found, item)


@each_collection
def test_conflicting_claims_have_both_sides_from_different_documents(folder):
    """Under CONFLICTING every quote says which side it takes, and some document speaks for each side alone."""
    for claim in (claim for claim in claims_of(folder) if claim["label"] == Label.CONFLICTING):
        sides = {Label.SUPPORTED.value: set(), Label.CONTRADICTED.value: set()}
        for item in items_of(claim):
            assert item.label in sides, item
            sides[item.label].add(item.doc_id)
        assert all(sides.values()), claim["id"]
        assert sides[Label.SUPPORTED].isdisjoint(sides[Label.CONTRADICTED]), claim["id"]


@each_collection
def test_evidence_of_one_sided_claims_takes_that_side(folder):
    """Where a quote under SUPPORTED or CONTRADICTED carries a label of its own, it is that of the claim."""
    one_sided = {Label.SUPPORTED.value, Label.CONTRADICTED.value}
    for claim in (claim for claim in claims_of(folder) if claim["label"] in one_sided):
        assert {item.label for item in items_of(claim)} <= {None, claim["label"]}, claim["id"]


@each_collection
def test_data_card_counts_labels(folder):
    """The table in the data card gives the number of claims of each label."""
    assert counts_in_card(folder) == Counter(claim["label"] for claim in claims_of(folder))


@pytest.mark.parametrize(
    "path",
    sorted(CLAIMS.glob("*/claims.csv")),
    ids=lambda path: path.parent.name,
)
def test_demo_claims_are_claims_of_the_collection(path):
    """A demo file repeats claims of its collection under their ids, one of each label at least, without the labels."""
    gold = {claim["id"]: claim for claim in claims_of(path.parent)}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    assert rows
    assert "label" not in rows[0]
    assert [row["claim"] for row in rows] == [gold[row["id"]]["claim"] for row in rows]
    assert {gold[row["id"]]["label"] for row in rows} == {label.value for label in Label}
