"""Which precision `auto` takes, and which cannot be had."""

import re

import pytest
import torch

from factcheck import nli
from factcheck.errors import ModelError
from factcheck.nli.bert import bert_class
from factcheck.nli.folder import fingerprint
from factcheck.nli.precisions import check_precision, lossy_precisions
from factcheck.nli.record import Finding, remember

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
OTHER = {"kind": "bpe", "family": "roberta"}


@pytest.fixture(autouse=True)
def _empty_cache(cache):
    """No record but the test's own."""


def found(scorer):
    return scorer.numeric_class.split("/")[1]


def record(folder, classes):
    identity = fingerprint(folder, ("entailment", "neutral", "contradiction"))
    remember("tiny", identity, [Finding(name, passed, {}) for name, passed in classes.items()])


@pytest.mark.parametrize("settings", [{}, OTHER])
def test_auto_is_fp32_where_nothing_was_checked(tiny, settings):
    """A lossy precision has to pass first."""
    assert found(nli.load(tiny(**settings), device="cpu")) == "fp32"


@pytest.mark.parametrize(("passed", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_what_passed(tiny, needs, passed, expected):
    """For BERT and for any other model, each under its own numeric class; what failed is left alone."""
    for settings, name in (({}, bert_class("bf16")), (OTHER, "torch/bf16/cpu/shapes-1")):
        needs("bf16", bert=not settings)
        record(tiny(**settings), {name: passed})

        assert found(nli.load(tiny(**settings), device="cpu")) == expected


def test_auto_is_the_fastest_that_passed(tiny, needs):
    """int8 before bf16."""
    needs("int8")
    needs("bf16")
    folder = tiny(limit=256)
    int8 = nli.load(folder, precision="int8", device="cpu").numeric_class
    record(folder, {int8: True, bert_class("bf16"): True})
    assert found(nli.load(folder, device="cpu")) == "int8"

    record(folder, {int8: False})
    assert found(nli.load(folder, device="cpu")) == "bf16"


def test_auto_measures_nothing(tiny, needs, cache):
    """Int8 that passed with ranges that are gone is another numeric class: the next one is taken."""
    needs("int8")
    needs("bf16")
    folder = tiny(limit=256)
    int8 = nli.load(folder, precision="int8", device="cpu")
    record(folder, {int8.numeric_class: True, bert_class("bf16"): True})
    (cache / "int8" / f"{int8.fingerprint}.safetensors").unlink()

    assert found(nli.load(folder, device="cpu")) == "bf16"
    assert not list((cache / "int8").iterdir())


def test_what_another_model_passed_counts_for_nothing(tiny):
    """Nor what another way of computing it did."""
    record(tiny(limit=256), {bert_class("bf16"): True})
    record(tiny(), {"torch/bf16/cpu/shapes-1": True, "bert/bf16/cpu/end-to-end-0": True})

    assert found(nli.load(tiny(), device="cpu")) == "fp32"


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_what_the_processor_lacks_is_neither_taken_nor_given(tiny, monkeypatch, precision):
    """On a machine of an earlier make, though it passed on another one."""
    record(tiny(), {bert_class("bf16"): True})
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_vnni": False}, raising=False)

    assert found(nli.load(tiny(), device="cpu")) == "fp32"
    assert lossy_precisions(CPU, bert=True) == []
    with pytest.raises(ModelError, match=r"this processor lacks avx512_\w+.*slower than fp32; use fp32"):
        nli.load(tiny(), device="cpu", precision=precision)


def test_avx_vnni_is_enough_for_int8(monkeypatch):
    """As client processors have it, without AVX-512."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx_vnni": True}, raising=False)

    assert lossy_precisions(CPU, bert=True) == ["int8"]
    assert lossy_precisions(CPU, bert=False) == []


@pytest.mark.parametrize(
    ("precision", "place", "bert", "said"),
    [
        ("int4", CPU, True, "unknown; allowed are auto, fp32, bf16, fp16, int8"),
        ("fp16", CPU, True, "not on a CPU"),
        ("int8", CPU, False, "for BERT models only; use fp32 or bf16"),
        ("int8", CUDA, True, "for CPUs only; use bf16 or fp16"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can(precision, place, bert, said):
    """By precision, device and model."""
    with pytest.raises(ModelError, match=re.escape(said)):
        check_precision(precision, place, bert=bert)


@pytest.mark.parametrize(("able", "expected"), [(True, ["bf16", "fp16"]), (False, ["fp16"])])
def test_a_gpu_without_bf16_has_fp16(monkeypatch, able, expected):
    """Which its makers emulate otherwise, slowly."""
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda place: "old card")

    assert lossy_precisions(CUDA, bert=True) == expected
    if not able:
        with pytest.raises(ModelError, match="old card cannot; use fp32 or fp16"):
            check_precision("bf16", CUDA, bert=False)
