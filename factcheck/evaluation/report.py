"""What an evaluation found, to be read: one HTML file that works from the disk, and JSON."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from factcheck import __version__
from factcheck.evaluation import plots
from factcheck.evaluation.analysis import STAGES, Analysis, analyse
from factcheck.evaluation.plots import Interval, Point, percent
from factcheck.evaluation.results import BASE, ByK, Difference, Evaluation, Score
from factcheck.evaluation.stages import Lost
from factcheck.evaluation.tables import interval, value
from factcheck.formats.records import evidence_record, to_json
from factcheck.types import JSON, GoldSentence, Label

if TYPE_CHECKING:
    from jinja2 import Environment

SCHEMA_VERSION: Final = 1
"""Of `evaluation.json`: raised when a field changes its meaning or goes away."""

REGIMES: Final[Mapping[str, str]] = {
    "corpus": "the whole corpus was searched",
    "given": "the texts that a claim brings, or the documents named for it, were searched",
    "gold": "the model read the gold evidence, and nothing was searched",
}

_WORDS: Final = {
    Label.SUPPORTED: ("Supported", "✓", "is-supported"),
    Label.CONTRADICTED: ("Contradicted", "✗", "is-contradicted"),
    Label.CONFLICTING: ("Conflicting", "⇄", "is-conflicting"),
    Label.NOT_ENOUGH_INFO: ("Not enough info", "?", "is-unknown"),
}
_POLICY: Final = "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"
_HERE: Final = Path(__file__).parent
_HEADLINES: Final = 3  # scores that stand in the overview
_LINES: Final = 2  # scores that are drawn by k, beside recall: accuracy and macro F1, or what two classes have first
_QUOTE: Final = 600  # characters of a passage on the page


def write(evaluations: Sequence[Evaluation], folder: Path) -> tuple[Path, Path]:
    """Write `evaluation.json` and `evaluation.html`, whose paths are given back; the folder is made.

    The same evaluations give the same bytes. Paths of this machine stay out of both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    analyses = [analyse(evaluation) for evaluation in evaluations]
    files = {folder / "evaluation.json": _json(analyses), folder / "evaluation.html": _html(analyses)}
    for path, text in files.items():
        path.write_bytes(text.encode("utf-8", "replace"))
    as_json, as_html = files
    return as_json, as_html


# JSON


def _json(analyses: Sequence[Analysis]) -> str:
    evaluations: list[JSON] = [_record(analysis) for analysis in analyses]
    return to_json({"schema_version": SCHEMA_VERSION, "factcheck": __version__, "evaluations": evaluations}) + "\n"


def _record(analysis: Analysis) -> dict[str, JSON]:
    """The evaluation's own record, and what is made of its cases; an ablation has no examples."""
    is_base = analysis.evaluation.variant == BASE
    shown = [lost for found in analysis.examples.values() for lost in found if is_base]
    errors: dict[str, JSON] = {
        "wrong": len(analysis.lost),
        "stages": {
            str(stage): {str(label): n for label, n in labels.items()} for stage, labels in analysis.stages.items()
        },
        "examples": [_example(lost) for lost in shown],
    }
    return {
        **{name: _without_paths(value) for name, value in analysis.evaluation.record().items()},
        "errors": errors,
        "reliability": [asdict(one) for one in analysis.bins] or None,
        "risk_coverage": {
            "by": "confidence" if analysis.calibrated else "score",
            "points": [{"coverage": point.at, "risk": point.value} for point in analysis.curve],
        },
    }


def _example(lost: Lost) -> dict[str, JSON]:
    case, verdict = lost.case, lost.case.verdict
    return {
        "stage": lost.stage,
        "id": case.claim.id,
        "claim": case.claim.text,
        "gold": case.wanted,
        "verdict": verdict.label,
        "score": verdict.score,
        "confidence": verdict.confidence,
        "reason": verdict.reason,
        "evidence_from": verdict.evidence_from,
        "gold_sentence": None if lost.gold is None else asdict(lost.gold),
        "found": None if lost.found is None else evidence_record(lost.found),
        "decisive": None if lost.decisive is None else evidence_record(lost.decisive),
    }


def _without_paths(value: JSON) -> JSON:
    """The value with every absolute path, of whatever system, cut to its last name."""
    if isinstance(value, dict):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(item) for item in value]
    if isinstance(value, str):
        for path in (PurePosixPath(value), PureWindowsPath(value)):
            if path.is_absolute():
                return path.name
    return value


# HTML


def _html(analyses: Sequence[Analysis]) -> str:
    style = (_HERE.parent / "review" / "static" / "app.css").read_text("utf-8")
    style += (_HERE / "templates" / "evaluation.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    regimes = " ".join(analysis.evaluation.regime for analysis in analyses)
    page = _environment().get_template("evaluation.html.j2")
    return page.render(
        policy=_POLICY.format(digest),
        style=_raw(style),
        version=__version__,
        analyses=analyses,
        groups=_groups(analyses),
        words=_WORDS,
        regimes={name: meaning for name, meaning in REGIMES.items() if name in regimes},
        stages=STAGES,
        labels=list(Label),
        base=BASE,
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Evaluations of the same claims with evidence from the same place, and the scores that all of them have."""

    dataset: str
    regime: str
    members: tuple[tuple[str, Analysis], ...]  # with the name of its section
    scores: tuple[str, ...]

    def rows(self, score: str) -> list[Interval]:
        """The score of each member that has it."""
        found = [(member.evaluation.name, member.evaluation.score(score)) for _, member in self.members]
        return [one for name, value in found if value is not None for one in _intervals(name, value)]

    @property
    def differences(self) -> dict[str, list[Difference]]:
        """By score, what members have said of the others."""
        found: dict[str, list[Difference]] = {}
        for _, member in self.members:
            for item in member.evaluation.differences:
                found.setdefault(item.score, []).append(item)
        return found


def _groups(analyses: Sequence[Analysis]) -> list[_Group]:
    by_claims: dict[tuple[str, str, str], list[tuple[str, Analysis]]] = {}
    for number, analysis in enumerate(analyses, 1):
        one = analysis.evaluation
        by_claims.setdefault((one.dataset, one.digest, one.regime), []).append((f"e{number}", analysis))
    groups = []
    for (dataset, _, regime), members in by_claims.items():
        names = [score.name for score in members[0][1].evaluation.scores]
        common = [name for name in names if all(member.evaluation.score(name) for _, member in members)]
        groups.append(_Group(dataset, regime, tuple(members), tuple(common[:_HEADLINES])))
    return groups


def _intervals(name: str, score: Score | Difference) -> list[Interval]:
    """The score as a row to draw, or nothing where it has no interval."""
    if score.value is None or score.low is None or score.high is None:
        return []
    return [Interval(name, score.value, score.low, score.high, score.n)]


def _k_lines(steps: Sequence[ByK], names: Sequence[str]) -> dict[str, list[Point]]:
    """The scores of these names by k, and the recall of the search beside them."""
    lines: dict[str, list[Point]] = {}
    for step in steps:
        found = [(name, step.of(name)) for name in names] + [("recall of the search", step.recall)]
        for name, score in found:
            if score is not None and score.value is not None:
                lines.setdefault(name, []).append(Point(step.k, score.value, score.low, score.high))
    return lines


def _alarm_lines(evaluation: Evaluation) -> dict[str, list[Point]]:
    lines: dict[str, list[Point]] = {}
    for item in evaluation.false_alarms:
        if item.rate.value is not None:
            point = Point(item.k, item.rate.value, item.rate.low, item.rate.high)
            lines.setdefault(f"false alarms, {item.condition}", []).append(point)
    return lines


@dataclass(frozen=True, slots=True)
class _Charts:
    """What the template draws, as markup; an empty text where there is nothing to draw."""

    @staticmethod
    def confusion(analysis: Analysis) -> Any:  # noqa: ANN401 (as `_raw`)
        table, right = analysis.evaluation.confusion, None
        if analysis.evaluation.two_class:
            right = [
                (row, column)
                for row in table.rows
                for column in table.columns
                if (row.upper() == Label.SUPPORTED) == (column == Label.SUPPORTED)
            ]
        return _raw(plots.confusion(table.rows, table.columns, table.counts, right=right))

    @staticmethod
    def reliability(analysis: Analysis) -> Any:  # noqa: ANN401
        return _raw(plots.reliability(analysis.bins)) if analysis.bins else ""

    @staticmethod
    def risk(analysis: Analysis) -> Any:  # noqa: ANN401
        return _raw(plots.risk_coverage(analysis.curve)) if analysis.curve else ""

    @staticmethod
    def by_k(analysis: Analysis) -> Any:  # noqa: ANN401
        names = [score.name for score in analysis.evaluation.scores[:_LINES]]
        lines = _k_lines(analysis.evaluation.by_k, names)
        return _raw(plots.by_k(lines)) if lines else ""

    @staticmethod
    def alarms(analysis: Analysis) -> Any:  # noqa: ANN401
        lines = _alarm_lines(analysis.evaluation)
        return _raw(plots.by_k(lines)) if lines else ""

    @staticmethod
    def compared(group: _Group, score: str) -> Any:  # noqa: ANN401
        rows = group.rows(score)
        return _raw(plots.intervals(rows)) if rows else ""

    @staticmethod
    def differences(items: Sequence[Difference]) -> Any:  # noqa: ANN401
        rows = [row for item in items for row in _intervals(f"{item.this} − {item.other}", item)]
        return _raw(plots.intervals(rows, differences=True)) if rows else ""


def _gold_words(gold: GoldSentence) -> str:
    """Where a gold sentence stands, as far as the data set says."""
    place = gold.doc_id
    if gold.sentence is not None:
        place += f", sentence {gold.sentence}"
    if gold.start is not None and gold.end is not None:
        place += f", characters {gold.start}-{gold.end}"
    return place


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTE else f"{text[:_QUOTE].rstrip()} …"


def _raw(text: str) -> Any:  # noqa: ANN401 (markupsafe is there where jinja2 is)
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(text)  # noqa: S704 - our own style sheets, and drawings that an XML writer escaped


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - the other reports start without

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "percent": percent,
        "value": value,
        "interval": interval,
        "gold": _gold_words,
        "cut": _cut,
        "number": "{:,}".format,
        "short": _without_paths,
        "json": to_json,
        "amount": plots.amount,
    }
    environment.filters.update(filters)
    environment.globals["charts"] = _Charts
    return environment
