"""`factcheck export`: what it writes of a run, with its reviews and without."""

import json
import re

import pytest
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.errors import ConfigError, RunError
from factcheck.formats.export import export
from factcheck.jobs.bench import METHOD
from factcheck.run.ledger import Ledger
from factcheck.run.reviews import Decide, Event, Reviews, seen_evidence
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

FORMATS = ["claimreview", "csv", "fever", "gold", "html", "jsonl", "markdown", "parquet", "scifact", "xlsx"]
S, C, X, N = Label


def verdict(number, label, stance):
    passage = Passage(Source(str(number), "Harbour", "h.txt", "0" * 64), 2, 0, 4, "Yes.", "Yes.")
    scores = {Stance.SUPPORTS: (0.9, 0.1, 0.0), Stance.CONTRADICTS: (0.0, 0.1, 0.9), Stance.NEUTRAL: (0.1, 0.9, 0.0)}
    found = Evidence(Hit(passage, 1.0), NLIScores(*scores[stance]), stance)
    claim = Claim(str(number), f"Claim {number}.", input={"id": number, "claim": f"Claim {number}."})
    return Verdict(claim, label, 0.9, Reason.EVIDENCE, EvidenceFrom.CORPUS, (found,))


VERDICTS = [
    verdict(1, S, Stance.SUPPORTS),
    verdict(2, C, Stance.CONTRADICTS),
    verdict(3, N, Stance.NEUTRAL),
]


IDENTITY = {
    "method": METHOD,
    "support": 0.5,
    "contradict": 0.5,
    "calibration": None,
    "max_error": 0.0,
    "delta": 0.1,
    "quantities": False,
    "cues": False,
    "parts": False,
    "check_all": True,
    "language": "en",
    "languages": [],
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Ledger("run", write=True) as ledger:
        ledger.ingest([verdict.claim for verdict in VERDICTS])
        ledger.begin((), identity=IDENTITY)
        ledger.write(VERDICTS)
        ledger.finish()
    return tmp_path / "run"


@pytest.fixture
def reviewed(run):
    with Reviews(run) as reviews:
        reviews.add(Event("1", "ann", Decide(C, S, seen_evidence(VERDICTS[0]), "sample:1:1/1:SUPPORTED")))
        reviews.add(Event("2", "ann", Decide(C, C, seen_evidence(VERDICTS[1]))))
    return run


def command(*words):
    done = CliRunner().invoke(app, ["export", *map(str, words)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert 0 == done.exit_code
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_run_that_nobody_reviewed_is_written_as_the_verdicts_alone(run, tmp_path, to):
    """Byte for byte, also where the review page was opened."""
    with Reviews(run):
        pass
    command("run", "--to", to, "--out", "of-the-run")
    export(lambda: iter(VERDICTS), to, tmp_path / "of-the-verdicts")

    assert (tmp_path / "of-the-verdicts").read_bytes() == (tmp_path / "of-the-run").read_bytes()


@pytest.mark.parametrize("to", FORMATS)
def test_the_run_is_only_read(reviewed, to):
    """Its file is what it was, and no other is made beside it."""
    before = {path: path.read_bytes() for path in reviewed.iterdir()}
    command("run", "--to", to, "--out", "out", "--publisher", "News", "--publisher-url", "https://example.org/")

    assert before == {path: path.read_bytes() for path in reviewed.iterdir()}


def test_predictions_are_the_reviewers_if_asked_for(reviewed):
    """The machine's otherwise."""
    machine = [line["predicted_label"] for line in lines(command("run", "--to", "fever"))]
    people = [line["predicted_label"] for line in lines(command("run", "--to", "fever", "--reviewed"))]

    assert ["SUPPORTS", "REFUTES", "NOT ENOUGH INFO"] == machine
    assert ["REFUTES", "REFUTES", "NOT ENOUGH INFO"] == people


@pytest.mark.parametrize(("support", "predicted"), [(0.5, {"1": "SUPPORT"}), (0.95, {})])
def test_a_documents_label_follows_from_the_rule_of_the_run(run, support, predicted):
    """The thresholds are those that the run was made with."""
    with Ledger(run, write=True) as ledger:
        ledger.put("identity", IDENTITY | {"support": support})
    first, second, third = lines(command("run", "--to", "scifact"))

    assert predicted == {doc_id: one["label"] for doc_id, one in first["evidence"].items()}
    assert {"2": {"sentences": [2], "label": "CONTRADICT"}} == second["evidence"]
    assert {} == third["evidence"]


@pytest.mark.parametrize(
    ("identity", "message"),
    [({}, "does not say by which rule"), (IDENTITY | {"method": METHOD - 1}, "decides otherwise.*make the run again")],
)
def test_a_run_whose_rule_is_not_known_here_says_nothing_of_documents(run, identity, message):
    """Other formats tell the verdicts as they are."""
    with Ledger(run, write=True) as ledger:
        ledger.put("identity", identity)

    with pytest.raises(RunError, match=message):
        command("run", "--to", "scifact")
    assert 3 == len(lines(command("run", "--to", "fever")))


def test_only_reviewed_claims_are_gold(reviewed):
    """Each with the reviewers' label and how it was drawn."""
    assert [("1", "CONTRADICTED", "sample:1:1/1:SUPPORTED"), ("2", "CONTRADICTED", "")] == [
        (line["id"], line["label"], line["drawn"]) for line in lines(command("run", "--to", "gold"))
    ]


def test_the_publisher_comes_from_the_settings(reviewed, tmp_path):
    """Of the folder's file or of flags; without them nothing is written."""
    with pytest.raises(ConfigError, match="publisher: is not set"):
        command("run", "--to", "claimreview")
    (tmp_path / "factcheck.toml").write_text('publisher = "News"\npublisher_url = "https://example.org/x"\n', "utf-8")

    [one, _] = json.loads(command("run", "--to", "claimreview", "--publisher", "Other news"))
    assert ("Other news", "https://example.org/x#1") == (one["author"]["name"], one["url"])


def test_verdicts_can_be_picked(run):
    """By the machine's label, in any spelling; an unknown one is named."""
    assert ["2", "3"] == [line["id"] for line in lines(command("run", "--verdict", "refutes,NOT ENOUGH INFO"))]
    with pytest.raises(ConfigError, match="'perhaps' is no verdict; use SUPPORTED, CONTRADICTED"):
        command("run", "--verdict", "SUPPORTED,perhaps")


def test_the_report_is_written_and_named_as_the_run(run, tmp_path):
    """A file that opens in a browser."""
    command("run", "--to", "html", "--out", "report.html")

    assert re.search(r"<title>run · factcheck</title>", (tmp_path / "report.html").read_text("utf-8"))


def test_help_names_every_format():
    """The list in the help is the list there is."""
    shown = " ".join(command("--help").replace("│", " ").split())

    assert [to for to in FORMATS if not re.search(rf"\b{to}\b", shown)] == []
