"""Foreign spellings of the four verdict labels: read here, written here, known nowhere else."""

import re
from collections.abc import Mapping

from factcheck.errors import ConfigError
from factcheck.types import JSON, Label

_SEPARATORS = re.compile(r"[\s_\-/]+")

# FEVER, VitaminC, FEVEROUS, SciFact, CLIMATE-FEVER, AVeriTeC, HealthVer, COVID-Fact, QuanTemp, WiCE, NLI models,
# RefChecker, LLM-AggreFact, deepeval, SAFE, FactReasoner, Loki, ClaimReview. A negative of a two-class set ("0",
# "not supported", "unsupported", "NS", "not_entailment") is missing on purpose: it does not tell contradicted from
# not enough information.
_SPELLINGS: Mapping[Label, str] = {
    Label.SUPPORTED: "supported supports support entailment entailed entails true yes s 1",
    Label.CONTRADICTED: "contradicted contradicts contradict contradiction refuted refutes refute false no",
    Label.CONFLICTING: (
        "conflicting disputed controversial conflicting-evidence cherrypicking conflicting-evidence-cherrypicking"
    ),
    Label.NOT_ENOUGH_INFO: (
        "not-enough-info not-enough-information not-enough-evidence nei neutral partially-supported irrelevant idk "
        "abstain unproven not-verifiable"
    ),
}
_KNOWN: Mapping[str, Label] = {spelling: label for label, many in _SPELLINGS.items() for spelling in many.split()}

_SCHEMES: Mapping[str, tuple[str, str, str, str]] = {  # in the order of Label
    "fever": ("SUPPORTS", "REFUTES", "NOT ENOUGH INFO", "NOT ENOUGH INFO"),
    "scifact": ("SUPPORT", "CONTRADICT", "NOT_ENOUGH_INFO", "NOT_ENOUGH_INFO"),
    "climate-fever": ("SUPPORTS", "REFUTES", "DISPUTED", "NOT_ENOUGH_INFO"),
    "averitec": ("Supported", "Refuted", "Conflicting Evidence/Cherrypicking", "Not Enough Evidence"),
    "healthver": ("Supports", "Refutes", "Neutral", "Neutral"),
    "nli": ("entailment", "contradiction", "neutral", "neutral"),
}


def parse_label(value: JSON) -> Label | None:
    """The label that a value of a data set stands for, or None where it stands for none of ours.

    Case, spaces, underscores and hyphens do not count. The negative of a two-class set, `false` of JSON among them, is
    None; the word "False" is a verdict (QuanTemp, ClaimReview).
    """
    if isinstance(value, int) and value == 1:
        return Label.SUPPORTED
    return _KNOWN.get(_SEPARATORS.sub("-", value.strip().lower())) if isinstance(value, str) else None


def foreign(label: Label, scheme: str) -> str:
    """How a data set spells a label; a scheme without a word for CONFLICTING says that it does not know.

    Raises:
        ConfigError: The scheme is unknown.
    """
    if scheme not in _SCHEMES:
        raise ConfigError("label scheme", f"unknown: {scheme!r}", f"known are {', '.join(_SCHEMES)}")
    return dict(zip(Label, _SCHEMES[scheme], strict=True))[label]
