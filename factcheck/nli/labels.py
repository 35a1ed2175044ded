"""Reads from a model's configuration which of its outputs means what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factcheck.errors import ModelError
from factcheck.types import NLIScores

ENTAILMENT, NEUTRAL, CONTRADICTION, NOT_ENTAILMENT = "entailment", "neutral", "contradiction", "not_entailment"

_SPELLINGS = {
    ENTAILMENT: "entailment entail entails entailed support supports supported",
    NEUTRAL: "neutral nei notenoughinfo notenoughinformation notenoughevidence",
    CONTRADICTION: "contradiction contradict contradicts contradicted contradictory refute refutes refuted refutation",
    NOT_ENTAILMENT: "notentailment notentail notentailed nonentailment notsupport notsupports notsupported unsupported",
}
_MEANING = {spelling: meaning for meaning, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """The meaning of each output of a model, in the model's own order."""

    meanings: tuple[str, ...]

    @property
    def has_contradiction(self) -> bool:
        """Whether the model tells contradiction from neutral."""
        return CONTRADICTION in self.meanings

    def scores(self, probabilities: Sequence[float]) -> NLIScores:
        """Name a model's probabilities, rounded to six places such that they still sum to 1.

        What a two-class model does not hold entailed counts as neutral: it may be contradicted, but nothing says so.
        """
        value = dict(zip(self.meanings, _rounded(probabilities), strict=True))
        return NLIScores(
            entailment=value[ENTAILMENT],
            neutral=value.get(NEUTRAL, value.get(NOT_ENTAILMENT, 0.0)),
            contradiction=value.get(CONTRADICTION, 0.0),
        )


def label_order(where: object, id2label: Mapping[int, str], labels: Sequence[str] | None = None) -> LabelOrder:
    """Find out what each output means, from `labels` if given, else from the configuration's `id2label`.

    Args:
        where: The model, for messages.
        id2label: The names that the configuration gives to the outputs.
        labels: What the user says the outputs mean, in the model's own order.

    Raises:
        ModelError: The names do not say, or they are not those of an NLI model.
    """
    outputs = len(id2label)
    if outputs not in {2, 3}:
        raise ModelError(
            where,
            f"has {outputs} output{'s' * (outputs != 1)}: {dict(id2label)}",
            "an NLI model has three (entailment, neutral, contradiction) or two (entailment, not_entailment)",
        )
    found = [id2label[index] for index in sorted(id2label)] if labels is None else list(labels)
    meanings = tuple(_MEANING.get(re.sub(r"[^a-z0-9]", "", name.casefold()), "") for name in found)
    three = {ENTAILMENT, NEUTRAL, CONTRADICTION}
    allowed = (three,) if outputs == 3 else ({ENTAILMENT, NOT_ENTAILMENT}, {ENTAILMENT, NEUTRAL})
    if len(found) == outputs and set(meanings) in allowed:
        return LabelOrder(meanings)
    usual = "entailment,neutral,contradiction" if outputs == 3 else "not_entailment,entailment"
    if labels is not None:
        raise ModelError(
            where,
            f"--labels {','.join(found)} do not name its {outputs} outputs: {dict(id2label)}",
            f"give {outputs} names in the model's own order, such as --labels {usual}",
        )
    raise ModelError(
        where,
        f"its configuration does not say which output means what: id2label is {dict(id2label)}",
        f"look it up in the model's documentation and say so in the model's own order, such as --labels {usual}",
    )


def _rounded(probabilities: Sequence[float]) -> list[float]:
    """Round to millionths by largest remainder: no value moves by a whole millionth, and the sum is 1."""
    exact = [probability * _MICRO for probability in probabilities]
    units = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: units[i] - exact[i])
    for index in by_remainder[: _MICRO - sum(units)]:
        units[index] += 1
    return [unit / _MICRO for unit in units]
