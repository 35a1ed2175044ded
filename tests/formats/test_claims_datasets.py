"""The files of the field's data sets, in small ones of our own making and in the originals where they are at hand."""

import json
from collections import Counter
from pathlib import Path

import pytest

from factcheck.errors import ClaimsError
from factcheck.formats import detect_format, read_claims
from factcheck.types import Context, Gold, GoldSentence, Label

ORIGINALS = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture
def read(tmp_path):
    """A function that writes records as one file, checks its format, and reads it."""

    def write_and_read(expected, *records, array=False):
        path = tmp_path / "set.json"
        lines = "".join(json.dumps(record) + "\n" for record in records)
        path.write_text(json.dumps(records) if array else lines, "utf-8")
        assert expected == detect_format(path)
        return list(read_claims(path))

    return write_and_read


def rejected(tmp_path, form, record):
    """The problem of one record in a file of a format."""
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(ClaimsError) as caught:
        list(read_claims(path, format=form))
    return str(caught.value)


def test_fever_evidence_is_a_list_of_sets(read):
    """A set holds the sentences needed together; the same set of two annotators counts once."""
    single, double = [1, 2, "Gas_lamp", 0], [[1, 3, "Gas_lamp", 4], [1, 3, "Coal_-LRB-fuel-RRB-", 1]]
    (claim,) = read(
        "fever",
        {"id": 5, "label": "REFUTES", "claim": "A.", "evidence": [[single], double, [[9, 9, "Gas_lamp", 0]]]},
    )

    assert Gold(
        Label.CONTRADICTED,
        (
            (GoldSentence("Gas_lamp", sentence=0),),
            (GoldSentence("Gas_lamp", sentence=4), GoldSentence("Coal_-LRB-fuel-RRB-", sentence=1)),
        ),
    ) == (claim.gold)
    assert claim.id == "5"


def test_fever_without_evidence_has_no_sets(read):
    """NOT ENOUGH INFO comes with nulls for page and sentence."""
    (claim,) = read(
        "fever", {"id": 5, "label": "NOT ENOUGH INFO", "claim": "A.", "evidence": [[[1, None, None, None]]]}
    )

    assert Gold(Label.NOT_ENOUGH_INFO) == claim.gold


@pytest.mark.parametrize("evidence", [5, [5], [[5]], [[[1, 2, 3, 4]]], [[[1, 2, "P", "4"]]], [{"a": 1}]])
def test_fever_evidence_of_another_shape_is_refused(tmp_path, evidence):
    """What is no FEVER evidence does not pass for an empty list."""
    assert "set.jsonl:1: " in rejected(tmp_path, "fever", {"claim": "A.", "evidence": evidence})


@pytest.mark.parametrize(
    ("evidence", "label"),
    [
        ({}, Label.NOT_ENOUGH_INFO),
        ({"7": [{"sentences": [0], "label": "SUPPORT"}]}, Label.SUPPORTED),
        ({"7": [{"sentences": [0], "label": "CONTRADICT"}]}, Label.CONTRADICTED),
        ({"7": [{"sentences": [0], "label": "REFUTE"}]}, Label.CONTRADICTED),
        (
            {"7": [{"sentences": [0], "label": "SUPPORT"}], "8": [{"sentences": [1], "label": "CONTRADICT"}]},
            Label.CONFLICTING,
        ),
    ],
)
def test_a_scifact_claim_is_labelled_by_its_abstracts(read, evidence, label):
    """The file labels abstracts; abstracts that disagree make the claim conflicting."""
    (claim,) = read("scifact", {"id": 3, "claim": "A.", "evidence": evidence, "cited_doc_ids": [7, 8]})

    assert (label, ("7", "8"), ()) == (claim.gold.label, claim.gold.doc_ids, claim.doc_ids)
    assert len(evidence) == len(claim.gold.evidence_sets)


def test_scifact_rationales_are_sets(read):
    """Sentences of one rationale belong together; document ids are texts."""
    evidence = {"7": [{"sentences": [2, 5], "label": "SUPPORT"}, {"sentences": [9], "label": "SUPPORT"}]}
    (claim,) = read("scifact", {"id": 3, "claim": "A.", "evidence": evidence})

    assert [[(sentence.doc_id, sentence.sentence) for sentence in found] for found in claim.gold.evidence_sets] == [
        [("7", 2), ("7", 5)],
        [("7", 9)],
    ]


def test_the_scifact_test_split_has_no_gold(tmp_path):
    """A claim without the field evidence is not one without evidence."""
    path = tmp_path / "test.jsonl"
    path.write_text('{"id": 1, "claim": "A."}\n', "utf-8")

    (claim,) = read_claims(path, format="scifact")

    assert claim.gold is None


@pytest.mark.parametrize(
    "evidence", [[], {"7": 5}, {"7": [5]}, {"7": [{"sentences": ["x"]}]}, {"7": [{"sentences": 5}]}]
)
def test_scifact_evidence_of_another_shape_is_refused(tmp_path, evidence):
    """A list where an object is due, and sentences that are no numbers, are errors of the record."""
    assert "set.jsonl:1: " in rejected(tmp_path, "scifact", {"claim": "A.", "evidence": evidence})


def test_climate_fever_labels_every_sentence(read):
    """A disputed claim is conflicting, and each evidence sentence keeps its own label."""
    evidences = [
        {
            "evidence_id": "Tide:3",
            "evidence_label": label,
            "article": "Tide",
            "evidence": f"S {label}.",
            "votes": [None],
        }
        for label in ("SUPPORTS", "REFUTES", "NOT_ENOUGH_INFO")
    ]
    (claim,) = read(
        "climate-fever", {"claim_id": "9", "claim": "A.", "claim_label": "DISPUTED", "evidences": evidences}
    )

    assert (claim.id, claim.gold.label) == ("9", Label.CONFLICTING)
    assert [(sentence.doc_id, sentence.quote, sentence.label) for (sentence,) in claim.gold.evidence_sets] == [
        ("Tide:3", "S SUPPORTS.", Label.SUPPORTED),
        ("Tide:3", "S REFUTES.", Label.CONTRADICTED),
        ("Tide:3", "S NOT_ENOUGH_INFO.", Label.NOT_ENOUGH_INFO),
    ]


def test_averitec_dates_are_turned_round(read):
    """The day comes first there; ids count records; answers with a source are evidence, unanswerable ones are not."""
    answers = [
        {"answer": "In May.", "answer_type": "Extractive", "source_url": "http://a"},
        {"answer": "Yes", "answer_type": "Boolean", "boolean_explanation": "It did.", "source_url": "http://b"},
        {"answer": "No answer could be found.", "answer_type": "Unanswerable", "source_url": ""},
    ]
    record = {"claim": "A.", "label": "Conflicting Evidence/Cherrypicking", "claim_date": "31-10-2020", "speaker": None}
    first, second = read(
        "averitec",
        record | {"questions": [{"question": "When?", "answers": answers}]},
        record | {"label": "Not Enough Evidence", "claim_date": "9-1-2020", "questions": []},
        array=True,
    )

    assert (first.id, first.date, first.gold.label) == ("0", "2020-10-31", Label.CONFLICTING)
    assert ((GoldSentence("http://a", quote="In May."), GoldSentence("http://b", quote="It did.")),) == (
        first.gold.evidence_sets
    )
    assert first.input["questions"][0]["question"] == "When?"
    assert ("1", "2020-01-09", Gold(Label.NOT_ENOUGH_INFO)) == (second.id, second.date, second.gold)


@pytest.mark.parametrize("date", ["31-31-2020", "soon", None, "", 5])
def test_an_averitec_date_that_is_none_stays_in_the_input(read, date):
    """A careless date of an annotator does not cost the claim."""
    (claim,) = read("averitec", {"claim": "A.", "claim_date": date, "speaker": "B"})

    assert (None, date) == (claim.date, claim.input["claim_date"])


def test_healthver_brings_its_evidence(tmp_path):
    """The evidence text is what the claim is checked against, and its gold evidence where it decides."""
    path = tmp_path / "h.csv"
    path.write_text(
        "id,evidence,claim,label,topic_ip,question\n"
        '4,"Tea has, it says, caffeine.",Tea wakes.,Supports,1,?\n5,Tea is hot.,Tea heals.,Neutral,1,?\n',
        "utf-8",
    )

    first, second = read_claims(path)

    text = "Tea has, it says, caffeine."
    assert (Context("1", "", text),) == first.contexts
    assert Gold(Label.SUPPORTED, ((GoldSentence("1", quote=text, label=Label.SUPPORTED),),)) == first.gold
    assert ("5", Gold(Label.NOT_ENOUGH_INFO)) == (second.id, second.gold)


def test_vitaminc_is_read_like_healthver(read):
    """Its page becomes the title of the context."""
    record = {"unique_id": "u1", "claim": "A.", "evidence": "E.", "label": "REFUTES", "page": "P", "revision_type": "x"}
    (claim,) = read("vitaminc", record)

    assert ("u1", (Context("1", "P", "E."),), Label.CONTRADICTED) == (claim.id, claim.contexts, claim.gold.label)


def test_fool_me_twice_gold_sentences_suffice_together(read):
    """The claim is called text there; the retrieved sentences are its contexts."""
    record = {
        "id": "x",
        "text": "A.",
        "label": "SUPPORTS",
        "wikipedia_page": "Tea",
        "gold_evidence": [{"section_header": "S", "text": "One."}, {"section_header": "S", "text": "Two."}],
        "retrieved_evidence": [{"section_header": "S | T", "text": "Three."}],
    }
    (claim,) = read("fm2", record)

    assert claim.text == "A."
    assert (
        Gold(Label.SUPPORTED, ((GoldSentence("Tea", quote="One."), GoldSentence("Tea", quote="Two.")),)) == claim.gold
    )
    assert (Context("Tea:1", "Tea: S | T", "Three."),) == claim.contexts


def test_answers_of_other_logs_are_read_when_asked(tmp_path):
    """ragas says retrieved_contexts, RefChecker reference and FActScore output."""
    path = tmp_path / "log.jsonl"
    records = [
        {"id": 1, "user_input": "?", "response": "Yes.", "retrieved_contexts": ["One."]},
        {"id": 2, "response": "No.", "reference": "Two.", "claims": [["a", "b", "c"]]},
        {"id": 3, "output": "Maybe.", "topic": "x"},
        {"id": 4, "answer": "Maybe.", "contexts": ["Three."]},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")

    claims = list(read_claims(path, format="rag"))

    assert [claim.id for claim in claims] == ["1#1", "2#1", "3#1", "4#1"]
    assert [claim.contexts[0].text if claim.contexts else None for claim in claims] == ["One.", "Two.", None, "Three."]


@pytest.mark.parametrize(
    ("name", "form", "count", "first", "last", "labels"),
    [
        (
            "scifact/claims_train.jsonl",
            "scifact",
            809,
            ("0", "0-dimensional biomaterials lack inductive properties."),
            "1407",
            {Label.SUPPORTED: 332, Label.CONTRADICTED: 173, Label.NOT_ENOUGH_INFO: 304},
        ),
        (
            "scifact/claims_dev.jsonl",
            "scifact",
            300,
            ("1", "0-dimensional biomaterials show inductive properties."),
            "1395",
            {Label.SUPPORTED: 124, Label.CONTRADICTED: 64, Label.NOT_ENOUGH_INFO: 112},
        ),
        (
            "climate_fever/claims_even.jsonl.gz",
            "climate-fever",
            768,
            ("0", "Global warming is driving polar bears toward extinction"),
            "3134",
            {Label.SUPPORTED: 320, Label.CONTRADICTED: 136, Label.NOT_ENOUGH_INFO: 239, Label.CONFLICTING: 73},
        ),
        (
            "fool_me_twice/dev.jsonl",
            "fm2",
            1169,
            ("01EICaMMy6uOPHdoEGAf", "Filming for the movie Gandhi in India was delayed due to political unrest."),
            "zz3KQLKtBMH5p0ZulHRx",
            {Label.SUPPORTED: 596, Label.CONTRADICTED: 573},
        ),
    ],
)
def test_the_originals_are_read_whole(name, form, count, *, first, last, labels):
    """Every record of an original file gives one claim, with the labels its authors count."""
    path = ORIGINALS / name
    if not path.exists():
        pytest.skip(f"the original {name} is not at hand")

    claims = list(read_claims(path))

    assert form == detect_format(path)
    assert (count, first, last) == (len(claims), (claims[0].id, claims[0].text), claims[-1].id)
    assert labels == Counter(claim.gold.label for claim in claims)
    assert claims[-1].place.endswith(f":{count}")


def test_decisive_claims_of_the_originals_have_evidence():
    """Each label but NOT ENOUGH INFO stands on at least one gold sentence that says so."""
    path = ORIGINALS / "scifact" / "claims_dev.jsonl"
    if not path.exists():
        pytest.skip("the originals are not at hand")

    for claim in read_claims(path):
        stances = {item.label for found in claim.gold.evidence_sets for item in found}
        assert (claim.gold.label == Label.NOT_ENOUGH_INFO) == (not stances)
        assert claim.gold.label in (stances or {Label.NOT_ENOUGH_INFO})
