"""`factcheck evaluate`: what it prints and writes, and what it refuses."""

import json

import pytest
from ferry_set import CLAIMS, PLAIN, open_rules, write_claims, write_corpus
from typer.testing import CliRunner

from factcheck.cli import app
from factcheck.config import Settings
from factcheck.errors import ClaimsError, ConfigError, RunError
from factcheck.jobs.verify import run_job
from factcheck.testing import RuleNLI


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ferries")
    write_corpus(folder / "corpus")
    write_claims(folder / "claims.jsonl")
    return folder


@pytest.fixture(autouse=True)
def rules(place, monkeypatch):
    """The double in the place of every model, and a folder of its own."""
    monkeypatch.setenv("FACTCHECK_CACHE", str(place / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("factcheck.jobs.scorer.load", lambda model, **_: open_rules(Settings(model=model)))
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in PLAIN.items())
    (place / "factcheck.toml").write_text("".join(lines), "utf-8")
    monkeypatch.chdir(place)


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *arguments, "--no-cache", "--quiet"])


def printed(*arguments):
    result = run(*arguments)
    assert 0 == result.exit_code, result.output
    return result.output


def test_scores_stand_with_their_regime_and_interval(place):
    """The data set, where evidence came from, and the table of gold by verdict."""
    output = printed("claims.jsonl", "--corpus", "corpus", "--passages", "5")

    assert f"{place.name}/claims" in output
    assert "evidence: corpus" in output
    assert any("accuracy" in line and "80.0" in line and " to " in line for line in output.splitlines())
    assert "gold by verdict" in output


def test_json_is_one_object_with_every_evaluation():
    """And nothing else on standard output."""
    output = printed("claims.jsonl", "--corpus", "corpus", "--json", "--model", "a", "--model", "blind")

    names = [one["name"] for one in json.loads(output)["evaluations"]]
    assert ["a", "blind"] == names


def test_out_gets_the_report(tmp_path):
    """As JSON, and as a page that can be opened."""
    output = printed("claims.jsonl", "--corpus", "corpus", "--out", str(tmp_path / "report"))

    assert {"evaluation.json", "evaluation.html"} == {path.name for path in (tmp_path / "report").iterdir()}
    assert "wrote" in output


def test_null_counts_false_alarms_by_k():
    """On the corpus without the gold documents."""
    output = printed("claims.jsonl", "--corpus", "corpus", "--null", "--json")

    [found] = json.loads(output)["evaluations"]
    assert [1, 2, 3, 5, 10, 20] == [item["k"] for item in found["false_alarms"]]


def test_ablations_are_made_in_one_command():
    """Each names its change."""
    output = printed("claims.jsonl", "--corpus", "corpus", "--ablate", "context,quantity", "--json")

    found = json.loads(output)["evaluations"]
    assert ["base", "context=false", "quantities=true"] == [one["variant"] for one in found]


def test_a_run_folder_is_scored(tmp_path):
    """Its verdicts are there already."""
    run_job("claims.jsonl", tmp_path / "run", Settings(corpus="corpus", **PLAIN), scorer=RuleNLI())

    assert "80.0" in printed(str(tmp_path / "run"))


@pytest.mark.parametrize("command", [["evaluate", "claims.jsonl"], ["calibrate", "claims.jsonl"]])
def test_the_retriever_can_be_chosen(command):
    """As for `factcheck verify`; one by meaning needs a model."""
    result = CliRunner().invoke(app, [*command, "--corpus", "corpus", "--retriever", "hybrid", "--embedder", ""])

    assert isinstance(result.exception, ConfigError)
    assert "embedder" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "error", "found"),
    [
        (("absent.jsonl", "--corpus", "corpus"), ClaimsError, "absent.jsonl"),
        (("claims.jsonl",), ClaimsError, "there is no corpus"),
        (("claims.jsonl", "--corpus", "corpus", "--unrelated", "corpus"), ConfigError, "is for --null"),
        (("claims.jsonl", "--corpus", "corpus", "--null", "--ablate", "k"), ConfigError, "does not go with --ablate"),
        (("claims.jsonl", "--corpus", "corpus", "--ablate", "colour"), ConfigError, "allowed are"),
        (("claims.jsonl", "--null"), ConfigError, "there is no corpus"),
        (("corpus",), RunError, "holds no run"),
        (("corpus", "--null"), ConfigError, "is a run"),
        (
            ("claims.jsonl", "--corpus", "corpus", "--ablate", "k", "--model", "a", "--model", "b"),
            ConfigError,
            "`model` is not changed",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_refused(arguments, error, found):
    """With the place and what to do."""
    result = run(*arguments)

    assert isinstance(result.exception, error)
    assert found in str(result.exception)


def test_bad_usage_has_status_two():
    """As everywhere."""
    assert 2 == run("claims.jsonl", "--first", "0").exit_code


def test_claims_may_come_from_standard_input(place):
    """Their digest is that of what came."""
    text = (place / "claims.jsonl").read_bytes()

    result = CliRunner().invoke(app, ["evaluate", "-", "--corpus", "corpus", "--json", "--quiet"], input=text)

    [found] = json.loads(result.stdout)["evaluations"]
    assert ("standard input", len(CLAIMS)) == (found["dataset"], found["claims"])
