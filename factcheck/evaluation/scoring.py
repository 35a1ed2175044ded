"""The scores of an evaluation, by the names that readers know them by, with their intervals and paired differences."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from factcheck.evaluation.ablation import KS
from factcheck.evaluation.bootstrap import USUAL, Estimate, Resampling, differences, estimate, estimates, holm
from factcheck.evaluation.confidence import grade
from factcheck.evaluation.datasets import LabelledSet, counted
from factcheck.evaluation.fever import tally_fever
from factcheck.evaluation.labels import is_answered, score_labels, tally_labels, tally_support
from factcheck.evaluation.overlap import TrainingClaims
from factcheck.evaluation.record import Case
from factcheck.evaluation.results import ClassScores, Confusion, Difference, Evaluation, Overlap, Score
from factcheck.evaluation.retrieval import tally_retrieval
from factcheck.evaluation.scifact import tally_scifact
from factcheck.evaluation.stages import is_right
from factcheck.evaluation.tally import Array, Tally
from factcheck.jobs.intervals import interval
from factcheck.types import EvidenceFrom, Hit, Label
from factcheck.verdict.documents import Decide

ERROR: Final = 0.05
"""The share of wrong answers at which coverage is told."""

NO_ANSWER: Final = "no answer"
SUPPORTED, NOT_SUPPORTED = "supported", "not supported"

_FEW, _MANY, _WORK = 100, 500, 2_000_000  # resamples of a score that is no sum over claims, and claims in all of them
_LABELS: Final = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "balanced_accuracy": "balanced accuracy",
}
_ANSWERED: Final = {"answered_accuracy": "answered accuracy"}
_SUPPORT: Final = {
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "precision": "supported: precision",
    "recall": "supported: recall",
    "f1": "supported: F1",
}
_FEVER: Final = {
    "fever_score": "FEVER score",
    "label_accuracy": "FEVER label accuracy",
    "evidence_precision": "evidence precision",
    "evidence_recall": "evidence recall",
    "evidence_f1": "evidence F1",
}
_SCIFACT: Final = {
    f"{name}_{part}": f"{shown}: {'F1' if part == 'f1' else part}"
    for name, shown in {
        "abstract_label_only": "abstract, label only",
        "abstract_rationalized": "abstract, label + rationale",
        "sentence_selection": "sentence selection",
        "sentence_label": "sentence selection + label",
    }.items()
    for part in ("f1", "precision", "recall")
}
_RATES: Final = {"accuracy", "fever_score", "label_accuracy"}  # shares of all claims
_COMPARED: Final = {
    *("accuracy", "macro F1", "balanced accuracy", "FEVER score"),
    *(name for name in _SCIFACT.values() if name.endswith("F1")),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A tally, and the scores of it that are told, by the names they are told with."""

    tally: Tally
    names: Mapping[str, str]


def evaluation_of(
    data: LabelledSet, cases: Sequence[Case], *, decide: Decide, hits: Sequence[Sequence[Hit]] = (), k: int = 0
) -> Evaluation:
    """All scores of some cases; who verified them, and how, is left empty.

    Args:
        data: What the cases are of.
        cases: At least one.
        decide: The rule that gave the verdicts.
        hits: What was found for each case, best first; without it retrieval is not scored.
        k: How many of the hits were judged at most.
    """
    clusters = [case.cluster for case in cases]
    return Evaluation(
        dataset=data.name,
        digest=data.digest,
        regime=_regime(cases),
        model="",
        settings={},
        claims=len(cases),
        clusters=len(set(clusters)),
        two_class=data.two_class,
        scores=(*scores_of(named_tallies(data, cases, decide), clusters), *_of_confidence(data, cases)),
        confusion=_confusion(data, cases),
        per_class=_per_class(data, cases),
        passages=k,
        retrieval=retrieval_scores(cases, hits, k) if hits else (),
        notes=(*data.notes, *_notes(data, cases)),
        cases=tuple(cases),
    )


def named_tallies(data: LabelledSet, cases: Sequence[Case], decide: Decide) -> list[Named]:
    """The tallies that the scores of a data set are made of, in the order in which they are told."""
    if data.two_class:
        return [Named(_support(cases), _SUPPORT)]
    apart = any(not is_answered(case.verdict) for case in cases)
    found = [Named(tally_labels(cases), _LABELS | (_ANSWERED if apart else {}))]
    if data.kind == "fever":
        found.append(Named(tally_fever(cases), _FEVER))
    if data.kind == "scifact":
        found.append(Named(tally_scifact(cases, decide), _SCIFACT))
    return found


def label_scores(data: LabelledSet, cases: Sequence[Case]) -> tuple[Score, ...]:
    """Those scores that need the labels only."""
    named = Named(_support(cases), _SUPPORT) if data.two_class else Named(tally_labels(cases), _LABELS)
    return tuple(scores_of([named], [case.cluster for case in cases]))


def scores_of(named: Sequence[Named], clusters: Sequence[str]) -> list[Score]:
    """Scores with their intervals."""
    return [
        _score(shown, _certain(found[key]) if key in _RATES else found[key], len(clusters))
        for one in named
        for found in (estimates(one.tally, clusters),)
        for key, shown in one.names.items()
    ]


def retrieval_scores(cases: Sequence[Case], hits: Sequence[Sequence[Hit]], k: int) -> tuple[Score, ...]:
    """Recall of whole gold sets and of gold documents among the first hits, and MRR, where a corpus was searched."""
    pairs = [
        (case, found)
        for case, found in zip(cases, hits, strict=True)
        if case.verdict.evidence_from is EvidenceFrom.CORPUS
    ]
    ks = sorted({*(each for each in KS if each < k), k})
    tally = tally_retrieval([case.gold for case, _ in pairs], [found for _, found in pairs], ks=ks)
    with_evidence, with_documents = (int(total) for total in tally.rows.sum(axis=0)[:2])
    found = estimates(tally, [case.cluster for case, _ in pairs])
    clusters = len({case.cluster for (case, _), row in zip(pairs, tally.rows, strict=True) if row[0]})
    found |= {key: _certain(one, clusters) for key, one in found.items() if key.startswith("evidence_recall@")}
    rows = [(f"evidence recall@{each}", f"evidence_recall@{each}", with_evidence) for each in ks]
    rows += [(f"document recall@{each}", f"document_recall@{each}", with_documents) for each in ks]
    rows += [("MRR", "mrr", with_evidence)]
    return tuple(_score(shown, found[key], n) for shown, key, n in rows if n)


def false_alarm_rate(cases: Sequence[Case]) -> Score:
    """The share of decisive verdicts."""
    rows = np.array([[1.0, float(case.verdict.label is not Label.NOT_ENOUGH_INFO)] for case in cases])
    tally = Tally(rows, lambda sums: {"rate": sums[..., 1] / sums[..., 0]})
    return _score("false alarms", _certain(estimates(tally, [case.cluster for case in cases])["rate"]), len(cases))


def overlap_of(data: LabelledSet, cases: Sequence[Case], training: TrainingClaims) -> Overlap:
    """How many of the claims the model saw in training, and the scores of these and of the others."""
    if training.same is None:
        return Overlap(None, None, training.note)
    same, alike = training.seen({case.claim.id: case.claim.text for case in cases})
    seen = [case for case in cases if case.claim.id in same | alike]
    unseen = [case for case in cases if case.claim.id not in same | alike]
    return Overlap(
        len(same),
        None if training.alike is None else len(alike),
        training.note,
        label_scores(data, seen) if seen else (),
        label_scores(data, unseen) if unseen else (),
    )


def compare(
    data: LabelledSet, found: Sequence[Evaluation], decide: Sequence[Decide], *, to_first: bool
) -> list[Evaluation]:
    """The evaluations with their paired differences: to the first, or each to all before it.

    Args:
        data: What all of them are of, in the same order of claims.
        found: The evaluations.
        decide: The rule of each.
        to_first: Whether only the first is compared with.
    """
    pairs = [(one, other) for one, other in combinations(range(len(found)), 2) if one == 0 or not to_first]
    tallies = [named_tallies(data, one.cases, rule) for one, rule in zip(found, decide, strict=True)]
    drawn: dict[tuple[int, int], list[Difference]] = {pair: list(_differences(found, tallies, pair)) for pair in pairs}
    adjusted: dict[tuple[int, int], list[Difference]] = {}
    if len(pairs) > 1:
        columns = [holm([one.p for one in column]) for column in zip(*drawn.values(), strict=True)]
        for at, pair in enumerate(pairs):
            adjusted[pair] = [
                replace(one, adjusted=column[at]) for one, column in zip(drawn[pair], columns, strict=True)
            ]
    drawn |= adjusted
    return [
        one.with_differences([item for pair in pairs if pair[1] == at for item in drawn[pair]])
        for at, one in enumerate(found)
    ]


def _differences(
    found: Sequence[Evaluation], tallies: Sequence[Sequence[Named]], pair: tuple[int, int]
) -> Iterator[Difference]:
    before, after = pair
    clusters = [case.cluster for case in found[before].cases]
    for one, other in zip(tallies[before], tallies[after], strict=True):
        drawn = differences(one.tally, other.tally, clusters)
        for key, shown in one.names.items():
            if shown in _COMPARED:
                item = drawn[key]
                names = found[after].name, found[before].name
                yield Difference(shown, *names, item.value, item.low, item.high, item.p, None, len(clusters))


def _certain(found: Estimate, clusters: int | None = None) -> Estimate:
    """The estimate of a share of claims, with the exact interval of a proportion of the clusters where it is 0 or 1.

    All resamples of claims that are alike are alike, and would say that nothing else can be.
    """
    clusters = found.clusters if clusters is None else clusters
    if found.value not in {0.0, 1.0} or clusters < 2:
        return found
    exact = interval(round(found.value) * clusters, clusters, USUAL.level)
    return replace(found, low=exact.low, high=exact.high)


def _score(name: str, found: Estimate, n: int) -> Score:
    return Score(name, found.value, found.low, found.high, n)


def _support(cases: Sequence[Case]) -> Tally:
    return tally_support(
        [case.wanted is Label.SUPPORTED for case in cases], [case.verdict.label is Label.SUPPORTED for case in cases]
    )


def _regime(cases: Sequence[Case]) -> str:
    """Where evidence came from: `corpus`, or `given (90), corpus (10)` where each claim decided."""
    counts = Counter(str(case.verdict.evidence_from) for case in cases)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common())


def _of_confidence(data: LabelledSet, cases: Sequence[Case]) -> Iterator[Score]:
    """What confidences are worth; where there are none, what the order of the uncalibrated scores is worth."""
    clusters = [case.cluster for case in cases]
    right = [is_right(case, two_class=data.two_class) and is_answered(case.verdict) for case in cases]
    sure = [case.verdict.confidence if is_answered(case.verdict) else None for case in cases]
    calibrated = any(value is not None for value in sure)
    ranked = sure if calibrated else [case.verdict.score if is_answered(case.verdict) else None for case in cases]
    grades, few = grade(ranked, right), Resampling(resamples=min(_MANY, max(_FEW, _WORK // len(cases))))

    def told(name: str, metric: Callable[[Array], float], n: int) -> Score:
        return _score(name, estimate(metric, clusters, few), n)

    def coverage(weights: Array) -> float:
        found = grades.risk_coverage(weights).at_error(ERROR)
        return 0.0 if found is None else found.coverage

    if calibrated:
        n = len(grades.places)
        yield Score("ECE", grades.ece(), None, None, n)
        yield told("ECE beyond chance", grades.excess, n)
        yield told("Brier score", grades.brier, n)
    suffix = "" if calibrated else ", by score"
    yield told(f"coverage at {ERROR:.0%} error{suffix}", coverage, len(cases))
    yield told(f"risk-coverage area{suffix}", lambda weights: grades.risk_coverage(weights).area, len(cases))


def _confusion(data: LabelledSet, cases: Sequence[Case]) -> Confusion:
    names = [*map(str, Label), NO_ANSWER]
    rows = [SUPPORTED, NOT_SUPPORTED] if data.two_class else [str(label) for label in Label]
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        wanted = str(case.wanted)
        if data.two_class:
            wanted = SUPPORTED if case.wanted is Label.SUPPORTED else NOT_SUPPORTED
        counts[wanted, str(case.verdict.label) if is_answered(case.verdict) else NO_ANSWER] += 1
    columns = [name for name in names if name != NO_ANSWER or any(got == NO_ANSWER for _, got in counts)]
    return Confusion(tuple(rows), tuple(columns), tuple(tuple(counts[row, name] for name in columns) for row in rows))


def _per_class(data: LabelledSet, cases: Sequence[Case]) -> tuple[ClassScores, ...]:
    if not data.two_class:
        return tuple(
            ClassScores(str(one.label), one.precision, one.recall, one.f1, one.support)
            for one in score_labels(cases).by_label
        )
    wanted = [case.wanted is Label.SUPPORTED for case in cases]
    given = [case.verdict.label is Label.SUPPORTED for case in cases]
    sides = {SUPPORTED: (wanted, given), NOT_SUPPORTED: ([not one for one in wanted], [not one for one in given])}
    return tuple(
        ClassScores(name, values["precision"], values["recall"], values["f1"], sum(gold))
        for name, (gold, ours) in sides.items()
        for values in (tally_support(gold, ours).values(),)
    )


def _notes(data: LabelledSet, cases: Sequence[Case]) -> Iterator[str]:
    """What was not judged, and so is right or wrong by no merit of the model."""
    bare = sum(case.verdict.evidence_from is EvidenceFrom.GOLD and not case.verdict.found for case in cases)
    if bare:
        yield f"{counted(bare, 'claim')} without gold evidence: NOT ENOUGH INFO without being judged"
    apart = Counter(case.verdict.reason for case in cases if not is_answered(case.verdict))
    if apart and not data.two_class:
        reasons = ", ".join(f"{reason} ({count:,})" for reason, count in apart.most_common())
        yield f"{counted(apart.total(), 'claim')} without an answer, wrong in every score: {reasons}"
