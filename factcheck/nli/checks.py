"""Checks whether a model can be trusted here, precision by precision: `factcheck models check`."""

import json
import platform
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

from factcheck import nli
from factcheck.errors import ModelError, ScoreError
from factcheck.machine import cpu_facts, installed_versions
from factcheck.nli.base import PairScorer
from factcheck.nli.folder import model_folder
from factcheck.nli.gate import Gate, best_class, compare, difference, gate_pairs
from factcheck.nli.labels import CONTRADICTION, ENTAILMENT, NEUTRAL, NOT_ENTAILMENT, label_order
from factcheck.nli.probes import CANONICAL, ODD_TEXTS, PLAIN
from factcheck.nli.record import Finding
from factcheck.types import JSON, NLIScores

T = TypeVar("T")
Pair: TypeAlias = tuple[str, str]
Outcome: TypeAlias = Literal["pass", "fail", "warning"]

PRECISIONS: Final = ("fp32", "bf16", "fp16", "int8")
REFERENCE: Final = "fp32"
_CHUNK: Final = 512  # pairs in one call
_SAMPLE: Final = 40  # pairs that are scored again in other company
_SUM: Final = 2e-6  # how far three probabilities, each rounded to six places, may be from summing to 1
_REPEATED: Final = 0.9  # share of claims that a sound model holds entailed by themselves
_SWAPPED: Final = 0.01  # how much swapping the two texts changes a sound model's probabilities at least
_INSTRUCTIONS: Final = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
_PACKAGES: Final = ("torch", "transformers", "tokenizers", "onnxruntime", "openvino")


@dataclass(frozen=True, slots=True)
class Check:
    """One question, and what was found; a warning is a doubt that stops nobody."""

    name: str
    outcome: Outcome
    found: str


@dataclass(frozen=True, slots=True)
class PrecisionReport:
    """What was found in one precision; `unavailable` says why there was nothing to find it with."""

    precision: str
    numeric_class: str | None = None
    unavailable: str | None = None
    checks: tuple[Check, ...] = ()
    gate: Gate | None = None  # None too for the reference itself

    @property
    def passed(self) -> bool:
        """Whether no check failed; also True where nothing could be checked."""
        return all(check.outcome != "fail" for check in self.checks)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the checks ran."""

    processor: str
    instructions: tuple[str, ...]  # those that decide how products of matrices are computed
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What was found of a model on this machine."""

    model: str
    fingerprint: str
    max_tokens: int
    machine: Machine
    precisions: tuple[PrecisionReport, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed in any precision."""
        return all(report.passed for report in self.precisions)

    def record(self) -> dict[str, JSON]:
        """The report as JSON has it."""
        precisions: list[JSON] = [{**_json(report), "passed": report.passed} for report in self.precisions]
        return {**_json(self), "precisions": precisions, "passed": self.passed}

    def findings(self) -> list[Finding]:
        """What is worth remembering, for `factcheck.nli.record.remember`: the numeric classes that were checked."""
        return [
            Finding(
                report.numeric_class,
                report.passed,
                {
                    "failed": [check.name for check in report.checks if check.outcome == "fail"],
                    "gate": None if report.gate is None else _json(report.gate),
                    "measured_on": _json(self.machine),
                },
            )
            for report in self.precisions
            if report.numeric_class is not None
        ]


def _json(value: PrecisionReport | Machine | ModelReport | Gate) -> dict[str, JSON]:
    found: dict[str, JSON] = json.loads(json.dumps(asdict(value)))  # tuples become lists
    return found


def check(
    model: str | Path = "nli-mini",
    *,
    precisions: Sequence[str] | None = None,
    device: str = "auto",
    labels: Sequence[str] | None = None,
    on_scored: Callable[[int, int], None] | None = None,
) -> ModelReport:
    """Check a model: label order, longest input, batches, odd input, and the quality gate of each lossy precision.

    The gate compares with the same model in fp32 on the same device.

    Args:
        model: As `factcheck.nli.load` takes it.
        precisions: Those to check, all of which must be available; None checks all that are.
        device: As `load` takes it.
        labels: As `load` takes them.
        on_scored: Told how many of the gate's pairs are scored, and of how many in all.

    Raises:
        ModelError: The model cannot be loaded, or not in a precision that was named.
    """
    wanted = PRECISIONS if precisions is None else tuple(dict.fromkeys(precisions))
    if precisions is not None:
        for precision in wanted:  # what is not available is refused now, not minutes later
            nli.load(model, precision=precision, device=device, labels=labels)
    load = partial(_loaded, model, device=device, labels=labels)
    first = load(REFERENCE)
    pairs = _fitted(gate_pairs(), first)
    count = _Count(len(pairs) * len({REFERENCE, *wanted}), on_scored)
    reference = _gate_scores(first, pairs, count)
    report = ModelReport(first.name, first.fingerprint, first.max_tokens, _machine(first, device), ())
    reference_class = first.numeric_class
    found = []
    if REFERENCE in wanted:
        found.append(_report(REFERENCE, _Subject(model, labels, first, pairs, reference), None))
    del first  # two models need not fit into memory
    for precision in wanted:
        if precision == REFERENCE:
            continue
        try:
            scorer = load(precision)
        except ModelError as error:
            if precisions is not None:
                raise
            count.less(len(pairs))
            found.append(PrecisionReport(precision, unavailable=f"{error.found}; {error.fix}".removesuffix("; ")))
            continue
        subject = _Subject(model, labels, scorer, pairs, _gate_scores(scorer, pairs, count))
        lossy = scorer.numeric_class != reference_class
        found.append(_report(precision, subject, reference if lossy else None))
        del scorer, subject
    return replace(report, precisions=tuple(found))


@dataclass(frozen=True, slots=True)
class _Subject:
    """A model in one precision, and its scores of the gate's pairs, or why it gave none."""

    model: str | Path
    labels: Sequence[str] | None
    scorer: PairScorer
    pairs: Sequence[Pair]
    scores: list[NLIScores] | ScoreError


class _Count:
    """Tells how many of the gate's pairs are scored."""

    def __init__(self, total: int, tell: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def add(self, pairs: int) -> None:
        self._done += pairs
        if self._tell is not None:
            self._tell(self._done, self._total)

    def less(self, pairs: int) -> None:
        self._total -= pairs
        self.add(0)


def _loaded(model: str | Path, precision: str, *, device: str, labels: Sequence[str] | None) -> PairScorer:
    scorer = nli.load(model, precision=precision, device=device, labels=labels)
    with suppress(ScoreError):  # that is a finding, not a model that cannot be loaded
        scorer.score([PLAIN])  # weights may be read as late as this
    return scorer


def _gate_scores(scorer: PairScorer, pairs: Sequence[Pair], count: _Count) -> list[NLIScores] | ScoreError:
    scores: list[NLIScores] = []
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        try:
            scores += scorer.score(chunk)
        except ScoreError as error:
            count.less(len(pairs) - start)
            return error
        count.add(len(chunk))
    return scores


def _report(precision: str, subject: _Subject, reference: list[NLIScores] | ScoreError | None) -> PrecisionReport:
    checks = [_guarded(name, question, subject) for name, question in _QUESTIONS.items()]
    gate = None
    if reference is not None and not isinstance(subject.scores, ScoreError):
        if isinstance(reference, ScoreError):
            checks.append(Check("quality gate", "fail", f"{REFERENCE} gives nothing to compare with: {reference}"))
        else:
            gate = compare(reference, subject.scores)
            checks.append(Check("quality gate", "pass" if gate.passed else "fail", str(gate)))
    return PrecisionReport(precision, subject.scorer.numeric_class, None, tuple(checks), gate)


def _guarded(name: str, question: Callable[[_Subject], tuple[Outcome, str]], subject: _Subject) -> Check:
    if not subject.pairs and name in _ASKS_PAIRS:
        return Check(name, "fail", f"none of the gate's claims fits into {subject.scorer.max_tokens} tokens")
    try:
        return Check(name, *question(subject))
    except ScoreError as error:
        return Check(name, "fail", str(error))


def _label_order(subject: _Subject) -> tuple[Outcome, str]:
    """Whether most canonical pairs of each class get that class; if not, whether other names would fit the outputs."""
    scorer = subject.scorer
    called = (ENTAILMENT, NEUTRAL, CONTRADICTION) if scorer.has_contradiction else (ENTAILMENT, NEUTRAL)
    counts: dict[str, Counter[str]] = {name: Counter() for name in called}
    for expected, pairs in CANONICAL.items():
        counts[expected if expected in called else NEUTRAL].update(map(best_class, scorer.score(pairs)))
    total = sum(counter.total() for counter in counts.values())

    def right(means: Mapping[str, str]) -> int:
        return sum(counts[means[name]][name] for name in called)

    def most(means: Mapping[str, str]) -> bool:
        return all(2 * counts[means[name]][name] > counts[means[name]].total() for name in called)

    readings = [dict(zip(called, order, strict=True)) for order in permutations(called)]  # as it is comes first
    found = f"{right(readings[0])} of {total} plain English pairs get the class they should"
    best = max(readings, key=right)
    if best == readings[0] and most(best):
        return "pass", found
    if best != readings[0] and most(best):
        order = ",".join(_renamed(subject, best))
        return (
            "fail",
            f"{found}; {right(best)} would if its outputs meant, in their order: load it with --labels {order}",
        )
    return "fail", f"{found}: it is no NLI model, or not of English, or its labels cannot be told apart"


def _renamed(subject: _Subject, means: Mapping[str, str]) -> list[str]:
    """What the outputs should be called, in the model's own order."""
    names = subject.labels
    if names is None:
        config = json.loads((model_folder(subject.model)[1] / "config.json").read_text("utf-8"))
        names = [str(name) for _, name in sorted(config["id2label"].items(), key=lambda item: int(item[0]))]
    meanings = label_order(subject.model, dict(enumerate(names)), names).meanings
    if subject.scorer.has_contradiction:
        return [means[meaning] for meaning in meanings]
    return [NOT_ENTAILMENT if meaning == ENTAILMENT else ENTAILMENT for meaning in meanings]


def _longest_input(subject: _Subject) -> tuple[Outcome, str]:
    """Whether a pair of exactly the most tokens is scored whole, and one of a token more refused."""
    scorer = subject.scorer
    limit = scorer.max_tokens
    specials = _real_tokens(scorer, PLAIN) - sum(scorer.count_tokens(PLAIN))
    longest, longer = (_pair_of(scorer, tokens - specials) for tokens in (limit, limit + 1))
    if longest is None or longer is None:
        return "warning", f"no pair of exactly {limit} tokens could be made to try"
    read = _real_tokens(scorer, longest)
    if read != limit:
        return "fail", f"a pair of {limit} tokens was read as {read}"
    try:
        scorer.score([longer])
    except ScoreError:
        return "pass", f"{limit} tokens are read whole, {limit + 1} are refused"
    return "fail", f"a pair of {limit + 1} tokens is not refused, though {limit} are the most"


def _any_batch(subject: _Subject) -> tuple[Outcome, str]:
    """Whether pairs get the same scores alone, in full and other batches, in other orders, and beside odd texts."""
    scorer = subject.scorer
    if isinstance(subject.scores, ScoreError):
        return "fail", "there are no scores to compare"
    expected = dict(zip(subject.pairs, subject.scores, strict=True))
    longest_first = sorted(subject.pairs, key=lambda pair: -len(pair[0]) - len(pair[1]))
    pairs = _sample(longest_first)
    shuffled = random.Random(0).sample(pairs, len(pairs))  # noqa: S311 - any other order will do
    company: dict[str, list[list[Pair]]] = {
        "alone": [[pair] for pair in pairs],
        "among themselves": [pairs],
        "shuffled": [shuffled],
        "beside odd texts": [[*_odd_pairs(scorer), *pairs]],
        "in growing groups": [shuffled[size * (size - 1) // 2 :][:size] for size in range(1, 10)],
    }
    for name, calls in company.items():
        got = {pair: one for call in calls for pair, one in zip(call, scorer.score(call), strict=True)}
        moved = [difference(expected[pair], got[pair]) for pair in pairs if expected[pair] != got[pair]]
        if moved:
            found = (
                f"{len(moved)} of {len(pairs)} pairs score otherwise {name} than among all, by up to {max(moved):.6f}"
            )
            return "fail", f"{found}: verdicts would depend on the batch"
    return "pass", f"{len(pairs)} pairs score as among all {', '.join(company)}, to the sixth place"


def _finite(subject: _Subject) -> tuple[Outcome, str]:
    """Whether the gate's pairs and odd texts get probabilities."""
    if isinstance(subject.scores, ScoreError):
        return "fail", str(subject.scores)
    odd = _odd_pairs(subject.scorer)
    scored = [*zip(subject.pairs, subject.scores, strict=True), *zip(odd, subject.scorer.score(odd), strict=True)]
    for pair, scores in scored:
        values = (scores.entailment, scores.neutral, scores.contradiction)
        if not (all(0 <= value <= 1 for value in values) and abs(sum(values) - 1) <= _SUM):
            return "fail", f"premise {pair[0][:40]!r}, hypothesis {pair[1][:40]!r}: {scores}"
    return "pass", f"probabilities for {len(subject.pairs):,} retrieved pairs and {len(odd)} odd ones"


def _repeated_claim(subject: _Subject) -> tuple[Outcome, str]:
    """Whether claims are entailed by their own words."""
    claims = _sample(list(dict.fromkeys(claim for _, claim in subject.pairs)))
    pairs = _fitted([(claim, claim) for claim in claims], subject.scorer)
    entailed = sum(best_class(scores) == ENTAILMENT for scores in subject.scorer.score(pairs))
    outcome: Outcome = "pass" if entailed >= _REPEATED * len(pairs) else "warning"
    return outcome, f"{entailed} of {len(pairs)} claims are entailed by their own words"


def _order_of_texts(subject: _Subject) -> tuple[Outcome, str]:
    """Whether it matters which text is the premise."""
    pairs = _sample(subject.pairs)
    swapped = subject.scorer.score([(hypothesis, premise) for premise, hypothesis in pairs])
    mean = sum(map(difference, subject.scorer.score(pairs), swapped)) / len(pairs)
    outcome: Outcome = "pass" if mean >= _SWAPPED else "warning"
    return outcome, f"swapping premise and hypothesis moves a probability by {mean:.3f} in the mean"


_QUESTIONS: Final[Mapping[str, Callable[[_Subject], tuple[Outcome, str]]]] = {
    "label order": _label_order,
    "longest input": _longest_input,
    "same scores in any batch": _any_batch,
    "finite outputs": _finite,
    "repeated claim": _repeated_claim,
    "premise and hypothesis": _order_of_texts,
}

_ASKS_PAIRS: Final = frozenset(
    {"same scores in any batch", "finite outputs", "repeated claim", "premise and hypothesis"}
)


def _sample(items: Sequence[T]) -> list[T]:
    """At most `_SAMPLE` of them, evenly spaced, the first included."""
    return list(items[:: max(1, -(-len(items) // _SAMPLE))])


def _fitted(pairs: Iterable[Pair], scorer: PairScorer) -> list[Pair]:
    """The pairs as the pipeline shows them to the model: too long premises are split, too long claims left out."""
    fitted: dict[Pair, None] = {}
    for premise, hypothesis in pairs:
        try:
            spans = scorer.windows(premise, hypothesis)
        except ScoreError:
            continue
        fitted |= {(premise[start:end], hypothesis): None for start, end in spans}
    return list(fitted)


def _odd_pairs(scorer: PairScorer) -> list[Pair]:
    """Odd texts as premise, as hypothesis, and as both."""
    premise, hypothesis = PLAIN
    return _fitted([pair for text in ODD_TEXTS for pair in ((text, hypothesis), (premise, text), (text, text))], scorer)


def _real_tokens(scorer: PairScorer, pair: Pair) -> int:
    """How many tokens the model reads of a pair, special ones included."""
    before = scorer.counters.real_tokens
    scorer.score([pair])
    return scorer.counters.real_tokens - before


def _pair_of(scorer: PairScorer, tokens: int) -> Pair | None:
    """A pair whose texts have exactly so many tokens, without special ones, if such can be made."""
    ends = [" ".join(["a"] * words) for words in range(1, 9)]
    by_count = dict(zip(scorer.count_tokens(ends), ends, strict=True))
    for words in range(tokens, 0, -1):
        premise = " ".join(["a"] * words)
        rest = tokens - scorer.count_tokens([premise])[0]
        if rest in by_count:
            return premise, by_count[rest]
        if rest > max(by_count):
            return None
    return None


def _machine(scorer: PairScorer, device: str) -> Machine:
    processor, flags = _processor()
    if "cuda" in scorer.numeric_class.split("/"):
        import torch  # noqa: PLC0415 - heavy, and loaded by now

        processor = torch.cuda.get_device_name(None if device in {"auto", "cuda"} else device)
    instructions = tuple(name for name in _INSTRUCTIONS if name in flags)
    return Machine(processor, instructions, installed_versions(_PACKAGES))


def _processor() -> tuple[str, frozenset[str]]:
    """The processor's name and its instruction sets, as Linux gives them; elsewhere its kind alone."""
    facts = cpu_facts()
    if facts is None:
        return platform.processor() or platform.machine(), frozenset()
    return facts.get("model name", platform.machine()), frozenset(facts.get("flags", "").split())
