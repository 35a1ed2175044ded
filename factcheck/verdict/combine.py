"""The fitted rule: from the probabilities of a claim's passages to the probability that the claim is supported.

A few features of the sorted probabilities and of the search go through two small logistic models, one a side, whose
signs are fixed: stronger support can only help support, what opposes it can only hurt it, and a passage that was found
late counts less. `factcheck.evaluation.fit` fits it; without fitting it is the largest probability of each side.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple, Self

from factcheck.segment import content_words
from factcheck.types import JSON, Judged, Label, NLIScores, Stance

FEATURES: Final = ("first", "second", "third", "opposing", "retrieved", "rank", "covered")
"""What is known of one side of a claim, in the order of a model's weights.

`first`, `second` and `third` are the log-odds of its three largest probabilities, from different sentences; `opposing`
those of the other side's largest. The others are of the strongest passage: its retrieval score as a share of the best
one's, the logarithm of its rank, and the share of the claim's content words that it has.
"""
SIGNS: Final = (1, 1, 1, -1, 1, -1, 1)
"""Which way each feature may push; what is fitted with the other sign is noise of the labels at hand."""

_PLAIN: Final = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_COUNTED: Final = 3
_FARTHEST: Final = 7.0  # log-odds beyond this are one: 0.999
_SCALE: Final = 4.0  # brings shares to about the range of log-odds
_SURE: Final = 0.995  # no confidence is nearer to 0 or 1


@dataclass(frozen=True, slots=True)
class Side:
    """A logistic model of one side, and the probability at which the claim is said to be on it."""

    bias: float = 0.0
    weights: tuple[float, ...] = _PLAIN
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if len(self.weights) != len(FEATURES) or not all(map(math.isfinite, (self.bias, *self.weights))):
            raise ValueError(f"weights {self.weights} are not {len(FEATURES)} numbers")
        if any(weight * sign < 0 for weight, sign in zip(self.weights, SIGNS, strict=True)):
            raise ValueError(f"weights {self.weights} have other signs than {SIGNS}")
        if not 0 < self.threshold <= 1:
            raise ValueError(f"{self.threshold} is not a threshold")

    def probability(self, features: Sequence[float]) -> float:
        """The probability of this side."""
        return sigmoid(self.bias + sum(map(float.__mul__, self.weights, features)))

    def record(self) -> dict[str, JSON]:
        """The model as JSON, each weight by its name."""
        weights: dict[str, JSON] = dict(zip(FEATURES, self.weights, strict=True))
        return {"bias": self.bias, "weights": weights, "threshold": self.threshold}

    @classmethod
    def of(cls, record: Mapping[str, JSON]) -> Self:
        """The model that `record` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        weights = record["weights"]
        if not isinstance(weights, dict) or weights.keys() != set(FEATURES):
            raise ValueError(f"weights are not those of {', '.join(FEATURES)}")
        values = tuple(as_number(weights[name]) for name in FEATURES)
        return cls(as_number(record["bias"]), values, as_number(record["threshold"]))


@dataclass(frozen=True, slots=True)
class Confidence:
    """From how probable the rule has a label to how probable the label is right: log-odds, moved and scaled."""

    slope: float = 1.0
    offsets: tuple[float, ...] = (0.0,) * len(Label)  # in the order of Label

    def __post_init__(self) -> None:
        if not self.slope > 0 or not math.isfinite(self.slope):
            raise ValueError(f"slope {self.slope}: more probable labels must not get less confidence")
        if len(self.offsets) != len(Label) or not all(map(math.isfinite, self.offsets)):
            raise ValueError(f"offsets {self.offsets} are not {len(Label)} numbers")

    def of(self, label: Label, probability: float) -> float:
        """The probability that the label is right."""
        odds = self.slope * log_odds(probability) + self.offsets[_PLACES[label]]
        return round(min(max(sigmoid(odds), 1 - _SURE), _SURE), 6)


_PLACES: Final = {label: at for at, label in enumerate(Label)}


@dataclass(frozen=True, slots=True)
class Weighing:
    """What the passages of a claim come to.

    `support` and `contradict` are probabilities of the claim, each for itself. `supports` and `contradicts` are the
    places, among the passages given, of those that carry a side that has reached its threshold: None where it has not,
    or where no passage is strong enough to be shown for it. Both are there for CONFLICTING, from different documents,
    and else at most one.
    """

    label: Label
    support: float
    contradict: float
    supports: int | None = None
    contradicts: int | None = None

    @property
    def score(self) -> float:
        """How strong the label is, uncalibrated: of a conflict the weaker side, of no answer what both sides lack."""
        if self.label is Label.CONFLICTING:
            return min(self.support, self.contradict)
        if self.label is Label.NOT_ENOUGH_INFO:
            return 1 - max(self.support, self.contradict)
        return self.support if self.label is Label.SUPPORTED else self.contradict

    def probability(self, label: Label) -> float:
        """How probable a label is as the rule has it, both sides taken for independent; the four sum to 1."""
        support = self.support if label in {Label.SUPPORTED, Label.CONFLICTING} else 1 - self.support
        contradict = self.contradict if label in {Label.CONTRADICTED, Label.CONFLICTING} else 1 - self.contradict
        return support * contradict


@dataclass(frozen=True, slots=True)
class Combination:
    """How the probabilities of passages make a verdict; as it stands by default, the largest of each side at one half.

    `temperature` softens (above 1) or sharpens all NLI probabilities first. A passage whose own probability is below
    `floor` is never shown as the evidence of a side, whatever all passages come to together.

    Raises:
        ValueError: A value does not fit.
    """

    temperature: float = 1.0
    floor: float = 0.5
    support: Side = field(default_factory=Side)
    contradict: Side = field(default_factory=Side)
    confidences: Confidence = field(default_factory=Confidence)

    def __post_init__(self) -> None:
        if not 0.05 <= self.temperature <= 20:
            raise ValueError(f"{self.temperature} is not a temperature")
        if not 0 < self.floor <= 1:
            raise ValueError(f"{self.floor} is not a floor")

    def weigh(self, claim: str, judged: Sequence[Judged]) -> Weighing:
        """The label of a claim with its probabilities, whatever the order of the passages; none gives NOT ENOUGH INFO.

        A sentence that comes twice counts once.

        Args:
            claim: The text that was judged.
            judged: Its passages, the probabilities of each weighed by what its words say (`checks.weighed`).
        """
        return self._weigh(claim, self.items(judged))

    def confidence(self, weighing: Weighing, label: Label | None = None) -> float:
        """The probability that the weighing's label is right, or another one that was given in its place."""
        given = weighing.label if label is None else label
        return self.confidences.of(given, weighing.probability(given))

    def stance(self, scores: NLIScores) -> Stance:
        """What one passage says: the likelier side where it reaches the floor, support where both are as likely."""
        return self._stance(*_tempered(scores, 1 / self.temperature))

    def features(self, claim: str, judged: Sequence[Judged]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The `FEATURES` of support, and of contradiction."""
        return _both(claim, self.items(judged))

    def items(self, judged: Sequence[Judged]) -> "list[Item]":
        """The passages as they are weighed, best found first."""
        power, last, rank = 1 / self.temperature, math.inf, 0
        top = max((one.hit.score for one in judged), default=0.0)
        seen: set[str] = set()
        items = []
        for at in sorted(range(len(judged)), key=lambda at: _place(judged[at])):
            one = judged[at]
            score = one.hit.score
            if score < last:  # what scores the same has the same rank
                last, rank = score, len(seen)
            sentence = one.hit.passage.quote.casefold()
            seen.add(sentence)
            items.append(Item(one, at, rank, score / top if top > 0 else 1.0, *_tempered(one.scores, power), sentence))
        return items

    def reach(self, items: "Sequence[Item]") -> tuple[int | None, int | None, tuple[int, int] | None]:
        """The place of the strongest passage that may be shown for each side, and those of the strongest pair.

        A pair is one of each side, from documents that differ. None where there is none; items are best found first.
        """
        strong = sorted(items, key=lambda item: -item.strength)
        ours = [item for item in strong if self._stance(item.support, item.contradict) is Stance.SUPPORTS]
        theirs = [item for item in strong if self._stance(item.support, item.contradict) is Stance.CONTRADICTS]
        pair = max(
            ((one, other) for one in ours for other in theirs if one.documents ^ other.documents),
            key=lambda pair: min(pair[0].strength, pair[1].strength),
            default=None,
        )
        return (
            ours[0].at if ours else None,
            theirs[0].at if theirs else None,
            (pair[0].at, pair[1].at) if pair else None,
        )

    def _weigh(self, claim: str, items: "Sequence[Item]") -> Weighing:
        if not items:
            return Weighing(Label.NOT_ENOUGH_INFO, 0.0, 0.0)
        ours, theirs = _both(claim, items)
        support = round(self.support.probability(ours), 6)
        contradict = round(self.contradict.probability(theirs), 6)
        for_support, for_contradict = support >= self.support.threshold, contradict >= self.contradict.threshold
        if not for_support and not for_contradict:
            return Weighing(Label.NOT_ENOUGH_INFO, support, contradict)
        one, other, pair = self.reach(items)
        label = label_of(
            for_support=for_support and one is not None,
            for_contradict=for_contradict and other is not None,
            apart=pair is not None,
            stronger=support >= contradict,
        )
        if label is Label.CONFLICTING and pair is not None:
            one, other = pair
        return Weighing(
            label,
            support,
            contradict,
            one if label in {Label.SUPPORTED, Label.CONFLICTING} else None,
            other if label in {Label.CONTRADICTED, Label.CONFLICTING} else None,
        )

    def _stance(self, support: float, contradict: float) -> Stance:
        if max(support, contradict) < self.floor:
            return Stance.NEUTRAL
        return Stance.SUPPORTS if support >= contradict else Stance.CONTRADICTS

    def record(self) -> dict[str, JSON]:
        """The rule as JSON."""
        return {
            "temperature": self.temperature,
            "floor": self.floor,
            "support": self.support.record(),
            "contradict": self.contradict.record(),
            "confidence": {
                "slope": self.confidences.slope,
                "offsets": dict(zip(map(str, Label), self.confidences.offsets, strict=True)),
            },
        }

    @classmethod
    def of(cls, record: Mapping[str, JSON]) -> Self:
        """The rule that `record` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is none.
        """
        support, contradict, confidence = (as_object(record[name]) for name in ("support", "contradict", "confidence"))
        offsets = as_object(confidence["offsets"])
        return cls(
            as_number(record["temperature"]),
            as_number(record["floor"]),
            Side.of(support),
            Side.of(contradict),
            Confidence(as_number(confidence["slope"]), tuple(as_number(offsets[label.value]) for label in Label)),
        )

    @property
    def digest(self) -> str:
        """What identifies the rule: SHA-256 of its record."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def label_of(*, for_support: bool, for_contradict: bool, apart: bool, stronger: bool) -> Label:
    """The label of a claim.

    Args:
        for_support: Whether support has reached its threshold, and there is a passage to show for it.
        for_contradict: The same of contradiction.
        apart: Whether two of these passages come from different documents.
        stronger: Whether support is at least as probable as contradiction, which decides within one document.
    """
    if for_support and for_contradict and apart:
        return Label.CONFLICTING
    if for_support and (stronger or not for_contradict):
        return Label.SUPPORTED
    return Label.CONTRADICTED if for_contradict else Label.NOT_ENOUGH_INFO


class Item(NamedTuple):  # made ten times a claim, in a third of the time that a frozen dataclass takes
    """A passage as it is weighed, with its place among those given."""

    judged: Judged
    at: int
    rank: int  # how many different sentences were found better
    share: float  # of the best retrieval score
    support: float  # tempered, as is the next
    contradict: float
    sentence: str  # without capitals: near-copies are one hit already

    @property
    def strength(self) -> float:
        """The larger of its two sides."""
        return max(self.support, self.contradict)

    @property
    def documents(self) -> frozenset[str]:
        """Ids of the documents that print this sentence; copies of one source are one."""
        hit = self.judged.hit
        return frozenset([hit.passage.source.doc_id, *(copy.source.doc_id for copy in hit.copies)])


def sigmoid(odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else 1 - 1 / (1 + math.exp(odds))


def log_odds(probability: float) -> float:
    """The log-odds of a probability, held within 7 of 0."""
    if probability >= 1:
        return _FARTHEST
    if probability <= 0:
        return -_FARTHEST
    return min(max(math.log(probability / (1 - probability)), -_FARTHEST), _FARTHEST)


def _tempered(scores: NLIScores, power: float) -> tuple[float, float]:
    """Entailment and contradiction, once all three probabilities are raised to a power and sum to 1 again."""
    one, other = scores.entailment, scores.contradiction
    if power == 1.0:
        return one, other
    one, none, other = one**power, scores.neutral**power, other**power
    total = one + none + other
    return one / total, other / total


def _both(claim: str, items: Sequence[Item]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The features of both sides."""
    ours = _strongest(sorted(items, key=_SUPPORT, reverse=True))  # which keeps the order of items that are as strong
    theirs = _strongest(sorted(items, key=_CONTRADICT, reverse=True))
    words = content_words(claim)
    one = [log_odds(item.support) for item in ours]
    other = [log_odds(item.contradict) for item in theirs]
    return _features(words, ours, one, other), _features(words, theirs, other, one)


def _strongest(items: Sequence[Item]) -> list[Item]:
    """The first three items of different sentences."""
    found: dict[str, Item] = {}
    for item in items:
        if found.setdefault(item.sentence, item) is item and len(found) == _COUNTED:
            break
    return list(found.values())


def _features(
    words: frozenset[str], strongest: Sequence[Item], odds: Sequence[float], opposed: Sequence[float]
) -> tuple[float, ...]:
    if not strongest:
        return (-_FARTHEST,) * 4 + (0.0,) * 3
    first, second, third = [*odds, -_FARTHEST, -_FARTHEST][:_COUNTED]
    item = strongest[0]
    there = content_words(item.judged.hit.passage.premise)
    covered = len(words & there) / len(words) if words else 1.0
    return (
        first,
        second,
        third,
        opposed[0],
        _SCALE * item.share,
        math.log1p(item.rank),
        _SCALE * covered,
    )


def _place(one: Judged) -> tuple[float, str, int, int, str]:
    """Sort key: best found first, then by place."""
    passage = one.hit.passage
    return -one.hit.score, passage.source.doc_id, passage.start, passage.end, passage.premise


_SUPPORT: Final = attrgetter("support")
_CONTRADICT: Final = attrgetter("contradict")


def as_number(value: JSON) -> float:
    """The number that a JSON value is.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.80} is not a number")
    return float(value)


def as_object(value: JSON) -> dict[str, JSON]:
    """The object that a JSON value is.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not an object")
    return value
