"""The checks of a model: what each of them finds, on real models and on doubles with one fault each."""

import json
import math
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from factcheck import nli
from factcheck.cli import app
from factcheck.errors import ModelError, ScoreError
from factcheck.nli.checks import check
from factcheck.nli.gate import MIN_PAIRS, gate_pairs
from factcheck.nli.record import passed
from factcheck.testing import RuleNLI
from factcheck.types import NLIScores

RIGHT = {
    "label order": "pass",
    "longest input": "pass",
    "same scores in any batch": "pass",
    "finite outputs": "pass",
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTCHECK_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def few_pairs(monkeypatch):
    """The first six pairs of the gate alone: too few to pass it, enough for the other checks."""
    monkeypatch.setattr("factcheck.nli.checks.gate_pairs", lambda: gate_pairs()[:6])


def outcomes(report, precision="fp32"):
    (found,) = (item for item in report.precisions if item.precision == precision)
    return {item.name: item.outcome for item in found.checks}


def said(report, name, precision="fp32"):
    (found,) = (item for item in report.precisions if item.precision == precision)
    return next(item.found for item in found.checks if item.name == name)


@pytest.mark.model
def test_the_bundled_model_passes_and_a_line_says_so_of_each_check(few_pairs, tmp_path):
    """Exit 0 where nothing failed; the record goes where it was asked to."""
    path = tmp_path / "checks.json"
    command = ["models", "check", "--precision", "fp32", "--device", "cpu", "--record", str(path), "-q"]

    done = CliRunner().invoke(app, command)

    assert 0 == done.exit_code, done.output
    for name in RIGHT:
        assert f"pass     {name}" in done.stdout
    assert "512 tokens are read whole, 513 are refused" in done.stdout
    assert next(iter(json.loads(path.read_text("utf-8"))["classes"])).startswith("bert/fp32/cpu")


@pytest.mark.model
def test_labels_in_the_wrong_order_are_found_and_the_right_one_named(few_pairs):
    """In the model's own order, as `--labels` takes it; the gate fails too: it needs 2,000 pairs and has six."""
    wrong = ("neutral", "contradiction", "entailment")

    report = check(precisions=["bf16"], device="cpu", labels=wrong)

    expected = RIGHT | {"label order": "fail", "quality gate": "fail"}
    assert outcomes(report, "bf16").items() >= expected.items()
    assert "--labels entailment,neutral,contradiction" in said(report, "label order", "bf16")
    assert not report.passed


def test_a_model_that_knows_nothing_is_no_nli_model(tiny, few_pairs):
    """Random weights: whatever its labels are called, most pairs are wrong."""
    report = check(tiny(), precisions=["fp32"], device="cpu")

    assert "fail" == outcomes(report)["label order"]
    assert "no NLI model" in said(report, "label order")


@pytest.mark.parametrize(("kind", "family"), [("wordpiece", "bert"), ("bpe", "roberta"), ("unigram", "bert")])
def test_the_longest_input_is_found_whatever_the_tokenizer(tiny, few_pairs, kind, family):
    """Fixed shapes take one token less than the model, pairs end to end as many."""
    report = check(tiny(kind=kind, family=family, limit=256), precisions=["fp32"], device="cpu")

    limit = report.max_tokens
    assert f"{limit} tokens are read whole, {limit + 1} are refused" == said(report, "longest input")


def test_long_premises_are_split_for_a_model_of_short_inputs(tiny, monkeypatch):
    """No pair of the gate is cut, and there are more of them."""
    asked = gate_pairs()[:200]
    monkeypatch.setattr("factcheck.nli.checks.gate_pairs", lambda: asked)

    told = []
    check(tiny(limit=160), precisions=["fp32"], device="cpu", on_scored=lambda *count: told.append(count))

    done, total = told[-1]
    assert done == total > len(asked)


def test_a_model_too_small_for_any_claim_is_told_so(tiny, few_pairs):
    """Nothing passes for want of questions."""
    report = check(tiny(limit=24), precisions=["fp32"], device="cpu")

    assert {"fail"} == {outcomes(report)[name] for name in ("same scores in any batch", "finite outputs")}
    assert "fits into 24 tokens" in said(report, "finite outputs")


def test_a_two_class_model_can_be_checked(tiny, few_pairs):
    """Neutral and contradiction are one class to it."""
    report = check(tiny(labels=("entailment", "not_entailment")), precisions=["fp32"], device="cpu")

    assert {"same scores in any batch": "pass", "finite outputs": "pass"}.items() <= outcomes(report).items()


def test_what_this_machine_cannot_run_is_said_and_no_failure(tiny, few_pairs):
    """Without being asked for; a precision that is asked for has to be there."""
    report = check(tiny(), device="cpu")

    unavailable = {item.precision: item for item in report.precisions if item.unavailable is not None}
    assert "fp16" in unavailable
    assert unavailable["fp16"].passed
    assert unavailable["fp16"].numeric_class is None
    with pytest.raises(ModelError, match="fp16"):
        check(tiny(), precisions=["fp16"], device="cpu")


class Faulty(RuleNLI):
    """A sound double in fp32; in bf16 it has one fault."""

    def __init__(self, precision, fault):
        super().__init__(max_tokens=600)
        self.numeric_class = f"rules/{precision}/cpu/none"
        self.lossy, self.fault = precision != "fp32", fault

    def score(self, pairs):
        if self.lossy and self.fault == "truncates":
            pairs = [(" ".join(premise.split()[:100]), hypothesis) for premise, hypothesis in pairs]
        scores = super().score(pairs)
        return [self.moved(pair, one, pairs) for pair, one in zip(pairs, scores, strict=True)] if self.lossy else scores

    def moved(self, pair, scores, batch):
        number = sum(map(ord, pair[0])) % 1000
        amount = {
            "batch": 1e-6 * len(batch),
            "rounds": 0.019,
            "rounds too much": 0.021,
            "flips": 0.94 if number < 20 else 0.0,
            "flips few": 0.94 if number < 3 else 0.0,
        }.get(self.fault, 0.0)
        if self.fault == "overflows" and "😀" in pair[0]:
            raise ScoreError("pair", f"model gave {math.nan}")
        if self.fault == "overflows everywhere":
            raise ScoreError("pair", f"model gave {math.inf}")
        if self.fault == "beyond one":
            return replace(scores, entailment=scores.entailment + 0.5, contradiction=scores.contradiction - 0.5)
        if self.fault == "bag of words":
            return NLIScores(0.2, 0.5, 0.3)
        names = sorted(("entailment", "neutral", "contradiction"), key=lambda name: -getattr(scores, name))
        return replace(
            scores, **{names[0]: getattr(scores, names[0]) - amount, names[1]: getattr(scores, names[1]) + amount}
        )


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("none", {}),
        ("batch", {"same scores in any batch": "fail"}),
        ("truncates", {"longest input": "fail"}),
        ("overflows", {"finite outputs": "fail"}),
        ("overflows everywhere", {"finite outputs": "fail", "same scores in any batch": "fail"}),
        ("beyond one", {"finite outputs": "fail", "quality gate": "fail"}),
        ("rounds", {"quality gate": "pass"}),
        ("rounds too much", {"quality gate": "fail"}),
        ("flips", {"quality gate": "fail"}),
        ("flips few", {"quality gate": "pass"}),
        (
            "bag of words",
            {"premise and hypothesis": "warning", "repeated claim": "warning", "quality gate": "fail"},
        ),
    ],
)
def test_each_fault_is_found_by_its_check(monkeypatch, fault, failed):
    """On all of the gate's pairs; fp32, which has none of the faults, passes these checks."""
    monkeypatch.setattr(nli, "load", lambda model, *, precision, device, labels: Faulty(precision, fault))

    report = check(precisions=["fp32", "bf16"])

    sound = {name: "pass" for name in RIGHT if name != "label order"}  # the double knows too few words for that
    assert outcomes(report).items() >= sound.items()
    found = outcomes(report, "bf16")
    assert failed.items() <= found.items()
    if "overflows" not in fault:
        assert {name for name, outcome in found.items() if outcome == "fail"} - {"label order"} == {
            name for name, outcome in failed.items() if outcome == "fail"
        }
    if fault == "none":
        assert report.precisions[1].gate.pairs >= MIN_PAIRS
        assert (0, 0.0, 0.0) == (
            report.precisions[1].gate.flips,
            report.precisions[1].gate.mean_difference,
            report.precisions[1].gate.max_difference,
        )


def test_the_report_is_json_and_what_failed_is_remembered_as_that(monkeypatch):
    """With the figures of the gate, and where they were measured."""
    monkeypatch.setattr(nli, "load", lambda model, *, precision, device, labels: Faulty(precision, "flips"))

    done = CliRunner().invoke(app, ["models", "check", "nli-mini", "--precision", "bf16", "--json"])

    assert 1 == done.exit_code
    record = json.loads(done.stdout)
    (found,) = record["precisions"]
    assert (False, False) == (record["passed"], found["passed"])
    assert found["gate"]["flips"] > found["gate"]["pairs"] * 0.005
    assert record["machine"]["versions"]["torch"]
    assert not passed(record["fingerprint"], "rules/bf16/cpu/none")
