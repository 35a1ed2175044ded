"""A worker's account of itself against the driver's."""

import pytest

from factcheck.engine.agreement import agree, from_node
from factcheck.errors import CorpusError, RunError

DRIVER = {
    "factcheck": "1.0",
    "model": "a" * 64,
    "corpus": "c" * 64,
    "numeric_class": "bert/bf16/cpu/shapes-1",
    "processor": "x86_64 GenuineIntel avx avx2 avx512_bf16",
    "versions": {"torch": "2.13", "lancedb": "0.30"},
    "passages": 10,
}


def test_equal_workers_are_welcome():
    """And nothing is noted of them."""
    assert "" == agree(DRIVER, dict(DRIVER), node="n", allow_mixed=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"factcheck": "0.9"}, 'factcheck is "0.9", here "1.0"; install the same version of factcheck'),
        ({"versions": {"torch": "2.12", "lancedb": "0.30"}}, 'versions.torch is "2.12", here "2.13"; install the same'),
        ({"model": "b" * 64}, "model is .*, here .*; put the same model on every node"),
        ({"corpus": "d" * 64}, "corpus is .*, here .*; let every node open the same index"),
        ({"passages": 9}, "passages is 9, here 10; start every node with the same installation"),
    ],
)
@pytest.mark.parametrize("allow_mixed", [False, True])
def test_another_version_model_or_corpus_is_refused(change, said, allow_mixed):
    """Naming the node and both values, whether mixtures are allowed or not."""
    with pytest.raises(RunError, match=rf"^node n: .*{said}"):
        agree(DRIVER, DRIVER | change, node="n", allow_mixed=allow_mixed)


BITS = [
    ({"numeric_class": "bert/fp32/cpu/shapes-1"}, 'numeric_class is "bert/fp32/cpu/shapes-1", here'),
    ({"processor": "x86_64 GenuineIntel avx avx2"}, 'here "avx512_bf16"'),
]


@pytest.mark.parametrize(("change", "said"), BITS)
def test_other_bits_are_refused(change, said):
    """Saying how to allow them; of two processors, what one has and the other lacks."""
    with pytest.raises(RunError, match=rf"{said}.*--allow-mixed"):
        agree(DRIVER, DRIVER | change, node="n", allow_mixed=False)


@pytest.mark.parametrize(("change", "_"), BITS)
def test_other_bits_can_be_allowed(change, _):
    """Then they are told, to be recorded."""
    [(name, value)] = change.items()

    assert f"{name} {value}" == agree(DRIVER, DRIVER | change, node="n", allow_mixed=True)


def test_an_error_of_a_worker_says_where_it_was():
    """And stays of its kind."""
    error = from_node(CorpusError("/data/index", "is not there", "build one"), "192.0.2.2 (0a1b2c3d)")

    assert isinstance(error, CorpusError)
    assert "node 192.0.2.2 (0a1b2c3d): /data/index: is not there; build one" == str(error)
