"""Labelled claims: which files are read, what becomes of their labels, and what is resampled together."""

import gzip
import json
from pathlib import Path

import pytest

from factcheck.config import Settings
from factcheck.errors import ClaimsError
from factcheck.evaluation.datasets import gold_documents, is_data, load
from factcheck.types import Label

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture
def read(tmp_path):
    """A function that writes records as a JSON Lines file and loads it."""

    def write_and_load(*records, name="set.jsonl", first=None, **settings):
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        return load(path, Settings(**settings), first=first)

    return write_and_load


def test_claims_without_a_label_are_left_out_and_counted(read):
    """The scores are over those with a label alone."""
    data = read({"id": "a", "claim": "One.", "label": "SUPPORTED"}, {"id": "b", "claim": "Two."})

    assert ["a"] == [claim.id for claim in data.claims]
    assert (1, False) == (data.unlabelled, data.two_class)
    assert ("1 claim without a gold label left out",) == data.notes


def test_a_file_without_any_label_is_refused(read):
    """There is nothing to score."""
    with pytest.raises(ClaimsError, match="none of its 2 claims has a gold label"):
        read({"claim": "One."}, {"claim": "Two."})


def test_the_name_is_that_of_file_and_folder_and_the_digest_that_of_the_bytes(read, tmp_path):
    """Many files are called dev; another byte is another data set."""
    data = read({"claim": "One.", "label": "true"}, name="dev.jsonl")
    other = read({"claim": "One.", "label": "false"}, name="dev.jsonl")

    assert f"{tmp_path.name}/dev" == data.name
    assert 64 == len(data.digest) != other.digest


def test_the_first_labelled_claims_can_be_taken_alone(read):
    """Claims without a label do not count."""
    data = read({"claim": "Zero."}, {"claim": "One.", "label": "true"}, {"claim": "Two.", "label": "true"}, first=1)

    assert ["One."] == [claim.text for claim in data.claims]
    assert "the first 1 claim with a label alone" in data.notes


@pytest.mark.parametrize("negative", [0, "0", False, "not supported", "Not_Supported", "unsupported", "NS"])
def test_what_is_not_supported_is_never_contradicted(read, negative):
    """A two-class set does not tell contradicted from open: its negatives are no CONTRADICTED."""
    data = read({"claim": "One.", "doc": "One.", "label": 1}, {"claim": "Two.", "doc": "One.", "label": negative})

    assert data.two_class
    assert [Label.SUPPORTED, Label.NOT_ENOUGH_INFO] == [claim.gold.label for claim in data.claims]


def test_a_refuted_claim_is_contradicted_and_the_set_not_two_class(read):
    """FM2 has two labels as well, and knows what is refuted."""
    data = read({"claim": "One.", "label": "SUPPORTS"}, {"claim": "Two.", "label": "REFUTES"})

    assert not data.two_class
    assert Label.CONTRADICTED is data.claims[1].gold.label


def test_the_document_of_an_aggrefact_record_is_its_context_and_its_cluster(read):
    """Claims about one document are right and wrong together."""
    data = read(
        {"dataset": "X", "doc": "The quay is new.", "claim": "The quay is new.", "label": 1},
        {"dataset": "X", "doc": "The quay is new.", "claim": "The quay is old.", "label": 0},
        {"dataset": "X", "doc": "The mole is old.", "claim": "The mole is new.", "label": 0},
    )

    assert "aggrefact" == data.kind
    assert ["The quay is new.", "The quay is new.", "The mole is old."] == [
        claim.contexts[0].text for claim in data.claims
    ]
    one, same, other = (data.clusters[claim.id] for claim in data.claims)
    assert one == same != other


def wice(label, supporting, ident="dev1"):
    return {
        "label": label,
        "supporting_sentences": supporting,
        "claim": "The quay was built in 1931 of granite.",
        "evidence": ["The quay was built in 1931.", "It is made of granite.", "The mole is older."],
        "meta": {"id": ident, "claim_title": "Quay", "claim_section": "History", "claim_context": "Before it."},
    }


def test_wice_sentences_are_the_context_and_its_supporting_ones_the_gold(read):
    """Every list of supporting sentences is a set that suffices; the page is the cluster."""
    data = read(wice("supported", [[0, 1]]), wice("not_supported", [], "dev2"))

    supported, other = data.claims
    assert ("wice", True) == (data.kind, data.two_class)
    assert "The quay was built in 1931.\nIt is made of granite.\nThe mole is older." == supported.contexts[0].text
    [sentences] = supported.gold.evidence_sets
    assert ["The quay was built in 1931.", "It is made of granite."] == [item.quote for item in sentences]
    assert (Label.NOT_ENOUGH_INFO, ()) == (other.gold.label, other.gold.evidence_sets)
    assert {"Quay"} == set(data.clusters.values())


def test_what_wice_calls_partly_supported_is_not_supported_and_has_no_gold_evidence(read):
    """Its supporting sentences are of a part."""
    data = read(wice("partially_supported", [[0]]))

    assert (Label.NOT_ENOUGH_INFO, ()) == (data.claims[0].gold.label, data.claims[0].gold.evidence_sets)
    assert data.two_class


def test_evidence_that_is_a_text_becomes_the_claims_own_context(read):
    """VitaminC without its revision fields is read so, with the case as cluster."""
    data = read(
        {"claim": "One.", "evidence": "One it is.", "label": "SUPPORTS", "page": "One", "case_id": "c1"},
        {"claim": "Two.", "evidence": "One it is.", "label": "REFUTES", "page": "One", "case_id": "c2"},
    )

    assert "vitaminc" == data.kind
    assert ["One it is."] * 2 == [claim.contexts[0].text for claim in data.claims]
    assert {"One"} == set(data.clusters.values())


def test_scifact_claims_that_share_a_document_are_one_cluster(read):
    """Directly, or through a third claim."""
    data = read(
        {"id": 1, "claim": "A.", "evidence": {}, "cited_doc_ids": [7]},
        {"id": 2, "claim": "B.", "evidence": {}, "cited_doc_ids": [8]},
        {"id": 3, "claim": "C.", "evidence": {}, "cited_doc_ids": [7, 8]},
        {"id": 4, "claim": "D.", "evidence": {}, "cited_doc_ids": [9]},
    )

    one, two, three, four = (data.clusters[ident] for ident in "1234")
    assert one == two == three != four


def test_gold_documents_are_those_of_the_evidence_and_those_cited(read):
    """What a claim may be decided by, whatever the label of a sentence."""
    data = read(
        {"id": 1, "claim": "A.", "evidence": {"7": [{"sentences": [0], "label": "SUPPORT"}]}, "cited_doc_ids": [7, 8]}
    )

    assert {"7", "8"} == gold_documents(data.claims[0])


def test_an_own_claim_is_its_own_cluster_and_keeps_its_evidence(read):
    """The claims of a collection are independent as far as a file tells."""
    data = read(
        {"id": "x", "claim": "A.", "label": "SUPPORTED", "evidence": [{"doc_id": "d.txt", "quote": "A."}]},
        {"id": "y", "claim": "B.", "label": "SUPPORTED", "evidence": [{"doc_id": "d.txt", "quote": "B."}]},
    )

    assert ("own", {"x": "x", "y": "y"}) == (data.kind, dict(data.clusters))
    assert {"d.txt"} == gold_documents(data.claims[0])


def test_healthver_is_read_from_its_csv_with_the_topic_as_cluster(tmp_path):
    """The columns tell the set."""
    path = tmp_path / "dev.csv"
    path.write_text("id,evidence,claim,label,topic_ip,question\n1,Tea is hot.,Tea is hot.,Supports,9,Is it?\n", "utf-8")

    data = load(path, Settings())

    assert ("healthver", {"1": "9"}) == (data.kind, dict(data.clusters))


def test_a_record_that_cannot_be_used_is_skipped_and_counted_where_that_is_asked_for(read):
    """Else it stops the evaluation, named by its line."""
    good, bad = {"claim": "One.", "label": "true"}, {"claim": "", "label": "true"}

    assert (1, 1) == ((data := read(good, bad, on_error="skip")).rejected, len(data.claims))
    with pytest.raises(ClaimsError, match=r"set\.jsonl:2"):
        read(good, bad)


def test_a_saved_data_set_is_read_with_the_names_of_its_classes(tmp_path):
    """A class label is stored as a number."""
    from datasets import ClassLabel, Dataset, Features, Value

    features = Features({"claim": Value("string"), "label": ClassLabel(names=["SUPPORTS", "REFUTES"])})
    data = Dataset.from_dict({"claim": ["One.", "Two."], "label": [0, 1]}, features=features)
    data.save_to_disk(tmp_path / "saved")

    found = load(tmp_path / "saved", Settings())

    assert [Label.SUPPORTED, Label.CONTRADICTED] == [claim.gold.label for claim in found.claims]
    assert is_data(str(tmp_path / "saved"))
    assert not is_data(str(tmp_path))


def test_a_data_set_of_several_splits_has_to_be_told_which(tmp_path):
    """Train and dev are not one set."""
    from datasets import Dataset, DatasetDict

    one = Dataset.from_dict({"claim": ["One."], "label": ["SUPPORTS"]})
    DatasetDict({"train": one, "dev": one}).save_to_disk(tmp_path / "saved")

    with pytest.raises(ClaimsError, match="has several splits: dev, train"):
        load(tmp_path / "saved", Settings())


def saved(tmp_path, **columns):
    from datasets import Dataset

    Dataset.from_dict(columns).save_to_disk(tmp_path / "saved")
    return load(tmp_path / "saved", Settings())


def test_fever_with_a_row_for_each_sentence_is_put_together_again(tmp_path):
    """Rows of one evidence id are needed together; an empty page is no evidence."""
    data = saved(
        tmp_path,
        id=[1, 1, 1, 2],
        label=["SUPPORTS", "SUPPORTS", "SUPPORTS", "NOT ENOUGH INFO"],
        claim=["A.", "A.", "A.", "B."],
        evidence_annotation_id=[5, 5, 6, 7],
        evidence_id=[8, 8, 9, -1],
        evidence_wiki_url=["Quay", "Mole", "Quay", ""],
        evidence_sentence_id=[0, 3, 1, -1],
    )

    supported, other = data.claims
    assert ("fever", "1", "2") == (data.kind, supported.id, other.id)
    assert [[("Quay", 0), ("Mole", 3)], [("Quay", 1)]] == [
        [(item.doc_id, item.sentence) for item in found] for found in supported.gold.evidence_sets
    ]
    assert (Label.NOT_ENOUGH_INFO, ()) == (other.gold.label, other.gold.evidence_sets)


def test_scifact_with_a_row_for_each_rationale_is_put_together_again(tmp_path):
    """A row without a document says that there is none."""
    data = saved(
        tmp_path,
        id=[1, 1, 2],
        claim=["A.", "A.", "B."],
        evidence_doc_id=["7", "7", ""],
        evidence_label=["SUPPORT", "SUPPORT", ""],
        evidence_sentences=[[0, 1], [4], []],
        cited_doc_ids=[[7], [7], [9]],
    )

    supported, other = data.claims
    assert "scifact" == data.kind
    assert [[0, 1], [4]] == [[item.sentence for item in found] for found in supported.gold.evidence_sets]
    assert (Label.NOT_ENOUGH_INFO, ("9",)) == (other.gold.label, other.gold.doc_ids)


@pytest.mark.parametrize(
    ("name", "kind", "claims"),
    [
        ("fool_me_twice/dev.jsonl", "fm2", 1169),
        ("climate_fever/claims_even.jsonl.gz", "climate-fever", 768),
        ("scifact/claims_dev.jsonl", "scifact", 300),
    ],
)
def test_the_originals_are_read_whole(name, kind, claims):
    """Where they are at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here")

    data = load(path, Settings())

    assert (kind, claims, 0) == (data.kind, len(data.claims), data.unlabelled)
    assert not data.two_class


def test_a_gzipped_file_is_a_file(tmp_path):
    """As for verify."""
    path = tmp_path / "dev.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"claim": "One.", "label": "SUPPORTS"}\n'))

    assert 1 == len(load(path, Settings()).claims)
