"""Calibrations: files that hold for one way to verify, and say what differs from any other."""

import json
from dataclasses import replace

import pytest

from factcheck.errors import ConfigError
from factcheck.types import EvidenceFrom, Label
from factcheck.verdict.calibration import Budget, Calibration, FittedOn, Quality, fitting, load
from factcheck.verdict.combine import Combination, Side

IDENTITY = {
    "claims": "c0ffee",
    "corpus": "f00d",
    "method": 3,
    "model": "0" * 64,
    "numeric_class": "bert/int8/cpu/table",
    "calibration": None,
    "processor": "x86_64",
    "versions": {"torch": "2"},
    "passages": 10,
    "stages": [],
    "support": 0.5,
    "contradict": 0.5,
    "evidence": "auto",
}
BOUND = {name: IDENTITY[name] for name in ("method", "model", "numeric_class", "passages", "stages")}
BUDGET = Budget(0.05, 0.1, 0.83, 120, 2, 0.4)
NOTHING = Budget(0.01, 0.1, None, 300, 9, 0.0)
CALIBRATION = Calibration(
    Combination(1.4, 0.4, Side(threshold=0.45)),
    BOUND,
    (EvidenceFrom.CORPUS,),
    (FittedOn("ferries", {Label.SUPPORTED: 20, Label.NOT_ENOUGH_INFO: 11}),),
    "ab" * 32,
    Quality(31, 0.5, 0.4, 0.2, 0.3),
    Quality(31, 0.6, 0.5, None, None),
    (NOTHING, BUDGET),
)


def test_it_holds_where_only_what_may_differ_differs():
    """Other claims and documents, another processor, other thresholds on single passages."""
    free = dict.fromkeys(IDENTITY.keys() - BOUND.keys(), "another")

    assert [] == CALIBRATION.fits(IDENTITY)
    assert [] == CALIBRATION.fits(IDENTITY | free)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"passages": 20}, "passages: fitted with 10, here 20"),
        ({"numeric_class": "bert/bf16/cpu/table"}, 'numeric_class: fitted with "bert/int8/cpu/table", here "bert/bf16'),
        ({"stages": [4, 10]}, "stages: fitted with [], here [4, 10]"),
        ({"retriever": "dense"}, 'retriever: fitted with nothing, here "dense"'),
    ],
)
def test_what_differs_is_named(change, words):
    """A setting that did not exist when it was fitted counts, too."""
    [difference] = CALIBRATION.fits(IDENTITY | change)

    assert words in difference
    with pytest.raises(ConfigError) as refused:
        CALIBRATION.require(IDENTITY | change, "calibration.json")
    assert words in str(refused.value)


def test_a_setting_that_is_gone_is_named():
    """A version without it does something else."""
    here = {name: value for name, value in IDENTITY.items() if name != "passages"}

    assert ["passages: fitted with 10, here nothing"] == CALIBRATION.fits(here)


def test_a_file_gives_back_what_was_saved(tmp_path):
    """Everything, and the same bytes whenever it is saved again."""
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    CALIBRATION.save(one)
    again = load(one)
    again.save(two)

    assert CALIBRATION == again
    assert CALIBRATION.digest == again.digest
    assert one.read_bytes() == two.read_bytes()


def test_another_threshold_is_another_digest():
    """So runs with one and the other have different identities."""
    other = replace(CALIBRATION, combination=replace(CALIBRATION.combination, floor=0.3))

    assert CALIBRATION.digest != other.digest


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps(CALIBRATION.record() | {"format": 99}),
        json.dumps(CALIBRATION.record() | {"combination": {}}),
        json.dumps(CALIBRATION.record() | {"evidence_from": ["nowhere"]}),
        json.dumps(CALIBRATION.record() | {"budgets": [{}]}),
        json.dumps(CALIBRATION.record() | {"after": {"claims": "many"}}),
    ],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content):
    """Torn, of another kind, or of another format: with its name and what to do."""
    path = tmp_path / "calibration.json"
    path.write_text(content, "utf-8")

    with pytest.raises(ConfigError, match=r"is no calibration.*factcheck calibrate") as refused:
        load(path)
    assert str(path) == refused.value.where


def test_a_missing_file_is_refused(tmp_path):
    """As is one that cannot be written."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot be written"):
        CALIBRATION.save(tmp_path / "none" / "calibration.json")


def test_of_several_files_the_one_that_fits_is_taken(tmp_path):
    """Else the differences of the nearest one tell why there is none."""
    far = replace(CALIBRATION, bound=BOUND | {"passages": 5, "model": "1" * 64})
    near = replace(CALIBRATION, bound=BOUND | {"passages": 5})
    paths = []
    for name, one in (("a", far), ("b", near), ("c", CALIBRATION)):
        paths.append(tmp_path / f"{name}.json")
        one.save(paths[-1])

    assert (CALIBRATION, []) == fitting(paths, IDENTITY)
    assert (None, ["passages: fitted with 5, here 10"]) == fitting(paths[:2], IDENTITY)
    assert (None, []) == fitting([], IDENTITY)


def test_a_budget_that_was_fitted_tells_which_answers_keep_it():
    """An answer without a confidence keeps none."""
    budget = CALIBRATION.budget(0.05, 0.1)

    assert [True, True, False, False] == [budget.keeps(value) for value in (0.9, 0.83, 0.82, None)]


@pytest.mark.parametrize(
    ("max_error", "words"),
    [(0.07, r"knows other error budgets \(delta\): 0.01 \(0.1\), 0.05 \(0.1\)"), (0.01, "300 surest answers 9 are")],
)
def test_a_budget_that_it_cannot_keep_is_refused(max_error, words):
    """It was never asked for, or no confidence was high enough."""
    with pytest.raises(ConfigError, match=words):
        CALIBRATION.budget(max_error, 0.1)
