"""What identifies a scorer, told without loading it."""

import subprocess
import sys

import pytest

from factcheck import nli
from factcheck.errors import ModelError
from factcheck.nli.identity import class_for, model_fingerprint, precision_and_device


@pytest.mark.parametrize("labels", [("entailment", "neutral", "contradiction"), ("not_entailment", "entailment")])
def test_the_fingerprint_is_that_of_the_loaded_scorer(tiny, labels):
    """Whatever its outputs mean."""
    folder = tiny(labels=labels)

    assert nli.load(folder).fingerprint == model_fingerprint(folder)


def test_the_meanings_may_be_given(own_tiny):
    """Where the configuration names no outputs, or only counts them; other meanings are another fingerprint."""
    folder = own_tiny(config={"id2label": {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}})
    labels = ("contradiction", "neutral", "entailment")

    counted = model_fingerprint(folder, labels)
    other = model_fingerprint(folder, labels[::-1])

    assert nli.load(folder, labels=labels).fingerprint == counted != other
    with pytest.raises(ModelError, match="does not say which output means what"):
        model_fingerprint(folder)


@pytest.mark.parametrize("id2label", [["entailment"], {"first": "entailment"}, "entailment"])
def test_a_configuration_with_torn_labels_is_refused(own_tiny, id2label):
    """As loading refuses it."""
    folder = own_tiny(config={"id2label": id2label})

    with pytest.raises(ModelError, match="id2label"):
        model_fingerprint(folder)


def test_the_bundled_model_is_identified_without_torch():
    """Nor anything else that takes seconds to import."""
    code = "import sys; from factcheck.nli.identity import model_fingerprint; print(len(model_fingerprint('nli-mini')))"
    code += "; print([name for name in ('torch', 'transformers', 'tokenizers') if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["64", "[]"] == done.stdout.splitlines()


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (("auto", "auto"), ("bf16", "cuda", "torch/bf16/cuda/shapes-1")),
        (("auto", "cuda:1"), ("bf16", "cuda:1", "torch/bf16/cuda/shapes-1")),
        (("fp32", "auto"), ("fp32", "cuda", "torch/fp32/cuda/shapes-1")),
        (("int8", "cpu"), ("int8", "cpu", "torch/int8/cpu/shapes-1")),
    ],
)
def test_only_auto_gives_way_to_what_was_recorded(asked, wanted):
    """For the one who loads, and for the identity."""
    recorded, (precision, device) = "torch/bf16/cuda/shapes-1", asked

    found = precision_and_device(recorded, precision=precision, device=device)

    assert wanted == (*found, class_for(recorded, precision=precision, device=device))
