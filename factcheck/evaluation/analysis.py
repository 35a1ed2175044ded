"""What the report shows of an evaluation's cases: where wrong ones were lost, and what confidence was worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from factcheck.evaluation.confidence import calibration, confidences, risk_coverage
from factcheck.evaluation.labels import is_answered
from factcheck.evaluation.plots import Bin, Point, thinned
from factcheck.evaluation.results import Evaluation
from factcheck.evaluation.stages import Lost, Stage, count, examples, find_lost, is_right
from factcheck.types import Label

STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    Stage.WITHHELD: ("withheld", "no answer on purpose: no checkable claim, another language, or too likely wrong"),
    Stage.NOT_RETRIEVED: ("not retrieved", "no gold passage was among those read"),
    Stage.MISJUDGED: ("misjudged", "the model takes the gold passage for something else"),
    Stage.THRESHOLD: ("threshold", "the model is right about the gold passage, but not sure enough"),
    Stage.CHECK: ("check", "a figure, a negation or a cue in the gold passage changed its stance"),
    Stage.AGGREGATION: ("aggregation", "the gold passage was judged rightly; other passages, or parts, decided"),
    Stage.INVENTED: ("invented", "gold finds nothing that decides, yet a passage was called decisive"),
    Stage.UNKNOWN: ("unknown", "the data set names no evidence for its answer that could be looked for"),
}
"""The stages as a reader sees them: a name, and what it means."""

_CURVE: Final = 200  # points of a risk-coverage curve


@dataclass(frozen=True, slots=True)
class Analysis:
    """An evaluation with what is made of its cases.

    `bins` are empty where no verdict has a confidence; `calibrated` says whether the curve goes by confidence, over the
    claims that have one, or else by the uncalibrated score.
    """

    evaluation: Evaluation
    lost: tuple[Lost, ...]
    stages: Mapping[Stage, Mapping[Label, int]]
    examples: Mapping[Stage, tuple[Lost, ...]]
    bins: tuple[Bin, ...]
    curve: tuple[Point, ...]
    calibrated: bool


def analyse(evaluation: Evaluation) -> Analysis:
    """The analysis of one evaluation; without cases it is empty."""
    cases, two_class = evaluation.cases, evaluation.two_class
    lost = find_lost(cases, two_class=two_class)
    right = [is_right(case, two_class=two_class) for case in cases]
    given, _ = confidences(cases)
    calibrated = any(value is not None for value in given)
    sure = given if calibrated else [case.verdict.score if is_answered(case.verdict) else None for case in cases]
    bins = calibration(given, right, simulations=0).bins
    curve = risk_coverage(sure, right).points
    return Analysis(
        evaluation,
        tuple(lost),
        count(lost),
        examples(lost),
        tuple(Bin(one.confidence, one.accuracy, one.claims) for one in bins),
        tuple(thinned([Point(point.coverage, point.risk) for point in curve], _CURVE)),
        calibrated=calibrated,
    )
