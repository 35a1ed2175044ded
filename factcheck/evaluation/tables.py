"""Tables of an evaluation for a terminal, and how their numbers are written everywhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from factcheck.display import visible
from factcheck.evaluation.analysis import STAGES, Analysis, analyse
from factcheck.evaluation.results import BASE, Difference, Evaluation, Overlap, Score
from factcheck.types import Label

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_HEADLINES: Final = 2  # scores of an ablation, and of claims seen in training


def terminal(evaluations: Sequence[Evaluation]) -> list["RenderableType"]:
    """For each evaluation its scores, where its errors were lost, and more; then changes and notes."""
    from rich.text import Text  # noqa: PLC0415 - slow to import

    shown: list[RenderableType] = []
    for evaluation in evaluations:
        if evaluation.variant != BASE:
            continue
        analysis = analyse(evaluation)
        shown.append(_scores(evaluation))
        shown += [_stages(analysis)] if analysis.lost else []
        shown += [_alarms(evaluation)] if evaluation.false_alarms else []
        overlap = evaluation.overlap
        shown += [_overlap(evaluation, overlap)] if overlap and (overlap.seen or overlap.unseen) else []
    changed = [evaluation for evaluation in evaluations if evaluation.variant != BASE]
    shown += [_variants(changed)] if changed else []
    compared = [evaluation for evaluation in evaluations if evaluation.differences]
    shown += [_differences(compared)] if compared else []
    notes = dict.fromkeys(note for evaluation in evaluations for note in _notes(evaluation))
    return shown + [Text(visible(f"note: {note}"), style="yellow") for note in notes]


def details(evaluation: Evaluation) -> Iterator["Table"]:
    """What `terminal` leaves out: the verdicts that each gold label got, and scores by k; nothing of an ablation."""
    if evaluation.variant != BASE:
        return
    name, table = f"{evaluation.dataset} · {evaluation.name}", evaluation.confusion
    rows = [(row, *map(str, counts)) for row, counts in zip(table.rows, table.counts, strict=True)]
    yield _table(f"{name} · gold by verdict", ("gold, verdict →", *table.columns), rows)
    if evaluation.by_k:
        columns = ("k", *(score.name for score in evaluation.by_k[0].scores), "evidence recall")
        rows = [(str(row.k), *map(value, row.scores), value(row.recall)) for row in evaluation.by_k]
        yield _table(f"{name} · by passages judged, %", columns, rows)


def value(score: Score | Difference | None) -> str:
    """The value in percent, a difference with its sign; a dash where there is none."""
    if score is None or score.value is None:
        return "–"
    return f"{100 * score.value:+.1f}" if isinstance(score, Difference) else f"{100 * score.value:.1f}"


def interval(score: Score | Difference) -> str:
    """The interval in percent; a dash where there is none."""
    if score.low is None or score.high is None:
        return "–"
    sign = "+" if isinstance(score, Difference) else ""
    return f"{100 * score.low:{sign}.1f} to {100 * score.high:{sign}.1f}"


def _scores(evaluation: Evaluation) -> "Table":
    title = f"{evaluation.dataset} · evidence: {evaluation.regime} · {evaluation.name}"
    caption = f"{evaluation.claims:,} claims"
    if evaluation.clusters != evaluation.claims:
        caption += f" in {evaluation.clusters:,} clusters"
    if evaluation.passages:
        caption += f", at most {evaluation.passages:,} passages each"
    rows = [
        (score.name, value(score), interval(score), f"{score.n:,} {score.unit}")
        for score in (*evaluation.scores, *evaluation.retrieval)
    ]
    return _table(title, ("score", "%", "95 % interval", "n"), rows, caption=caption)


def _stages(analysis: Analysis) -> "Table":
    labels = [label for label in Label if any(counts[label] for counts in analysis.stages.values())]
    rows = [
        (STAGES[stage][0], *(f"{counts[label]:,}" for label in labels), f"{sum(counts.values()):,}")
        for stage, counts in analysis.stages.items()
        if any(counts.values())
    ]
    wrong, n = len(analysis.lost), len(analysis.evaluation.cases)
    title = f"where the {wrong:,} wrong of {n:,} verdicts were lost, by gold label"
    return _table(title, ("stage", *labels, "all"), rows)


def _alarms(evaluation: Evaluation) -> "Table":
    rows = [
        (item.condition, f"{item.k:,}", value(item.rate), interval(item.rate), f"{item.rate.n:,} {item.rate.unit}")
        for item in evaluation.false_alarms
    ]
    title = f"{evaluation.dataset} · {evaluation.name} · decisive verdicts where nothing can be known"
    return _table(title, ("false alarms", "k", "%", "95 % interval", "n"), rows)


def _overlap(evaluation: Evaluation, overlap: Overlap) -> "Table":
    """The first scores of the claims that the model saw in training, and of the others."""
    parts = {"seen in training": overlap.seen, "not seen": overlap.unseen}
    rows = [
        (name if score is scores[0] else "", score.name, value(score), interval(score), f"{score.n:,} {score.unit}")
        for name, scores in parts.items()
        for score in scores[:_HEADLINES]
    ]
    known = "" if overlap.same is None else f"{overlap.same:,} were in training as they are"
    if overlap.alike is not None:
        known += f", {overlap.alike:,} more with other figures or months"
    title = f"{evaluation.dataset} · evidence: {evaluation.regime} · {evaluation.name} · seen in training?"
    return _table(title, ("claims", "score", "%", "95 % interval", "n"), rows, caption=known)


def _variants(evaluations: Sequence[Evaluation]) -> "Table":
    """The first scores of each ablation."""
    rows = [
        (one.name if score is one.scores[0] else "", score.name, value(score), interval(score), f"{score.n:,}")
        for one in evaluations
        for score in one.scores[:_HEADLINES]
    ]
    first = evaluations[0]
    title = f"{first.dataset} · evidence: {first.regime} · one change each"
    return _table(title, ("changed", "score", "%", "95 % interval", "n"), rows)


def _differences(evaluations: Sequence[Evaluation]) -> "Table":
    rows: list[tuple[str, ...]] = []
    named = ""
    for item in (item for evaluation in evaluations for item in evaluation.differences):
        name = f"{item.this} − {item.other}"
        p = item.p if item.adjusted is None else item.adjusted
        points = f"{value(item)}{' *' if item.is_real else ''}"
        rows.append(("" if name == named else name, item.score, points, interval(item), f"{p:.3f}", f"{item.n:,}"))
        named = name
    first = evaluations[0]
    title = f"{first.dataset} · evidence: {first.regime} · differences on the same claims"
    columns = ("one − the other", "score", "points", "95 % interval", "p", "n")
    return _table(title, columns, rows, caption="* told from none at the 5 % level; p by Holm's method where several")


def _notes(evaluation: Evaluation) -> tuple[str, ...]:
    told = evaluation.overlap.note if evaluation.overlap and evaluation.variant == BASE else ""
    return (*evaluation.notes, told) if told else evaluation.notes


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> "Table":
    """A table whose first column is of words and the others of numbers; no text of it is markup."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - slow to import
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(
        title=Text(visible(title), style="bold") if title else None,
        caption=Text(visible(caption)) if caption else None,
        box=SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
    )
    for at, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if at else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table
