"""What factcheck shows: progress on standard error; summaries, verdicts and hits on the console it is given.

Text of claims and documents is untrusted: it is never read as markup, and its control characters are shown, not sent.
Rich is imported when something is shown.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from factcheck.formats.records import place
from factcheck.jobs.progress import Stage
from factcheck.nli.checks import ModelReport, Outcome
from factcheck.types import Evidence, Hit, Label, Stance, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_UNITS: Final[Mapping[Stage, str]] = {
    "reading": "files",
    "indexing": "documents",
    "scoring": "claims",
    "judging": "pairs",
}
_COLOURS: Final = {
    Label.SUPPORTED: "green",
    Label.CONTRADICTED: "red",
    Label.CONFLICTING: "yellow",
    Label.NOT_ENOUGH_INFO: "dim",
    Stance.SUPPORTS: "green",
    Stance.CONTRADICTS: "red",
    Stance.NEUTRAL: "dim",
}
_OUTCOMES: Final[Mapping[Outcome, str]] = {"pass": "green", "fail": "bold red", "warning": "yellow"}
_GUTTER: Final = 18  # columns; `contradicts 0.00` and two spaces
_CHECK_GUTTER: Final = 37  # columns; an outcome, the longest name of a check, and two spaces
_WIDE: Final = 60  # columns of a terminal that leave room for a bar beside words
_QUOTE: Final = 400  # characters of a text in a summary

# Control characters become their pictures; C1 controls, and those that turn the direction of writing, a U+FFFD.
_VISIBLE: Final = (
    {code: 0x2400 + code for code in range(0x20)}
    | {0x7F: 0x2421}
    | dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
)


@dataclass(slots=True)
class _Count:
    """How far a stage is."""

    started: float  # seconds on the clock
    told: float  # when the last line about it was written
    done: int = 0
    before: int = 0  # done before this start; they say nothing about the rate
    ended: float | None = None  # when all were done
    total: int | None = None
    changed: bool = True  # since that line
    task: "TaskID | None" = None


def visible(text: str) -> str:
    """The text with its control characters made visible, safe to send to a terminal."""
    return text.translate(_VISIBLE)


class Progress:
    """Shows how far each stage is, on standard error alone, between entering and leaving it as a context.

    A terminal gets bars with rate and time left. Anything else, and a terminal with NO_COLOR or TERM=dumb, gets a
    plain line at most every `every` seconds and a last one for each stage. `quiet`
    shows notes alone. Any thread may call.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        console: "Console | None" = None,
        clock: Callable[[], float] = time.monotonic,
        every: float = 5.0,
    ) -> None:
        self._console = console or _stderr()
        self._quiet = quiet
        self._clock = clock
        self._every = every
        self._counts: dict[Stage, _Count] = {}
        self._bars: Bars | None = None
        self._open = ExitStack()
        self._lock = Lock()

    def __enter__(self) -> Self:
        console = self._console
        if not self._quiet and console.is_terminal and not console.is_dumb_terminal and not console.no_color:
            self._bars = self._open.enter_context(_bars(console, self._clock))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._bars = None
        with self._lock:
            self._tell(self._counts, last=True)

    def total(self, stage: Stage, n: int | None, *, done: int = 0) -> None:
        """Say how many there are in all, None where nobody knows yet, and how many were done before this start."""
        with self._lock:
            count = self._count(stage)
            count.total, count.changed = n, True
            if done:
                count.done, count.before = done, done
            self._show(stage, count)

    def advance(self, stage: Stage, n: int = 1) -> None:
        """Say that `n` more are done."""
        with self._lock:
            count = self._count(stage)
            count.done, count.changed = count.done + n, True
            if count.done == count.total:
                count.ended = self._clock()
            self._show(stage, count)

    def note(self, text: str) -> None:
        """Show one line of its own, above the bars where there are some."""
        with self._lock:
            self._console.print(visible(text), markup=False, highlight=False, soft_wrap=True)

    def _count(self, stage: Stage) -> _Count:
        if stage not in self._counts:
            self._tell(self._counts, last=True)  # what came before is mostly done; its line should not come later
            now = self._clock()
            self._counts[stage] = _Count(started=now, told=now)
        return self._counts[stage]

    def _show(self, stage: Stage, count: _Count) -> None:
        if self._bars is None:
            self._tell([stage])
            return
        if count.task is None:
            count.task = self._bars.add_task(stage, total=count.total, amount="", rate="")
        _, rate, _ = self._figures(stage, count)
        if self._bars.console.width < _WIDE:
            rate = rate.replace(f" {_UNITS[stage]}", "")
        amount = f"{count.done:,}" if count.total is None else f"{count.done:,}/{count.total:,}"
        self._bars.update(count.task, completed=count.done, total=count.total, amount=amount, rate=rate)

    def _tell(self, stages: Iterable[Stage], *, last: bool = False) -> None:
        if self._quiet or self._bars is not None:
            return
        for stage in stages:
            count, now = self._counts[stage], self._clock()
            if count.task is None and count.changed and (last or now - count.told >= self._every):
                count.told, count.changed = now, False
                line = ", ".join(part for part in self._figures(stage, count) if part)
                self._console.print(f"{stage}: {line}", markup=False, highlight=False, soft_wrap=True)

    def _figures(self, stage: Stage, count: _Count) -> tuple[str, str, str]:
        """Amount, rate, and time left or taken, each ready to be shown, or empty where nothing can be said."""
        elapsed = (count.ended or self._clock()) - count.started
        unit = _UNITS[stage]
        amount = f"{count.done:,} {unit}"
        if count.total is not None:
            amount = f"{count.done:,} of {count.total:,} {unit}"
        if count.done == count.before or elapsed <= 0:
            return amount, "", ""
        speed = (count.done - count.before) / elapsed
        rate = f"{speed:,.{0 if speed >= 10 else 1}f} {unit}/s"
        if count.total is None:
            return amount, rate, ""
        left = count.total - count.done
        return amount, rate, f"{_duration(left / speed)} left" if left > 0 else f"done in {_duration(elapsed)}"


def print_summary(counts: Mapping[Label, int], strongest: Sequence[Verdict], console: "Console | None" = None) -> None:
    """Print how many claims got which verdict, then the contradictions and the conflicts of `strongest`, in its order.

    Long texts are shortened, with a mark.
    """
    page = _Page(console)
    total = sum(counts.values())
    for label in Label:
        number = counts.get(label, 0)
        page.line(f"{label:<15}{number:>11,}{_percent(number, total):>7}", _COLOURS[label])
    page.line(f"{'claims':<15}{total:>11,}")
    headings = {
        Label.CONTRADICTED: "Strongest contradictions",
        Label.CONFLICTING: "Where the documents disagree",
    }
    for label, heading in headings.items():
        chosen = [verdict for verdict in strongest if verdict.label is label]
        if chosen:
            page.line()
            page.line(heading, "bold")
        for verdict in chosen:
            page.line()
            page.field("claim", verdict.claim.text, limit=_QUOTE)
            for evidence in _sides(verdict):
                _print_evidence(page, evidence, limit=_QUOTE)


def print_verdict(verdict: Verdict, console: "Console | None" = None) -> None:
    """Print one verdict with all its evidence, what it stands on first."""
    page = _Page(console)
    confidence = "" if verdict.confidence is None else f", confidence {verdict.confidence:.2f}"
    page.line(verdict.label, f"bold {_COLOURS[verdict.label]}")
    page.field("claim", verdict.claim.text)
    page.field("score", f"{verdict.score:.2f}{confidence}")
    passages = "1 passage" if verdict.found == 1 else f"{verdict.found:,} passages"
    if verdict.unjudged:
        passages = f"{verdict.judged:,} of {passages}"
    page.field("reason", f"{verdict.reason.replace('_', ' ')}; {passages} read ({verdict.evidence_from})")
    for evidence in verdict.evidence:
        page.line()
        _print_evidence(page, evidence)


def print_hits(hits: Sequence[Hit], console: "Console | None" = None) -> None:
    """Print what a search found, best first as it comes, each with its retrieval score."""
    page = _Page(console)
    if not hits:
        page.line("nothing found")
    for number, hit in enumerate(hits, 1):
        if number > 1:
            page.line()
        page.field(f"{number}. score {hit.score:.2f}", f'"{hit.passage.quote}"')
        page.field("", place(hit.passage), "dim")
        _print_copies(page, hit)


def print_model_report(report: ModelReport, console: "Console | None" = None) -> None:
    """Print what was found of a model, precision by precision."""
    page, machine = _Page(console), report.machine
    page.field("model", f"{report.model}, at most {report.max_tokens:,} tokens a pair")
    page.field("fingerprint", report.fingerprint)
    page.field("processor", f"{machine.processor} ({', '.join(machine.instructions) or 'instruction sets not known'})")
    page.field("versions", ", ".join(f"{name} {version}" for name, version in machine.versions.items()))
    for found in report.precisions:
        page.line()
        if found.unavailable is not None:
            page.field(found.precision, f"not available here: {found.unavailable}", "dim")
            continue
        page.field(found.precision, f"{'passed' if found.passed else 'FAILED'} ({found.numeric_class})", "bold")
        for check in found.checks:
            name = f"  {check.outcome:<9}{check.name}"
            page.field(name, check.found, _OUTCOMES[check.outcome], gutter=_CHECK_GUTTER)


class _Page:
    """A console that untrusted text cannot write to; lines are wrapped for a terminal and left whole for a pipe."""

    def __init__(self, console: "Console | None") -> None:
        if console is None:
            from rich.console import Console  # noqa: PLC0415 - slow to import

            console = Console()
        self._console = console

    def line(self, text: str = "", style: str = "") -> None:
        self._console.print(text, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True)

    def field(self, name: str, text: str, style: str = "", *, limit: int | None = None, gutter: int = _GUTTER) -> None:
        """A line that begins with a name; further lines of the text stand below its first."""
        from rich.text import Text  # noqa: PLC0415 - slow to import

        shown = self._visible(text, limit)
        lines = [Text(shown)]
        if self._console.is_terminal:
            width = max(self._console.width - gutter, 12)
            lines = list(Text(shown).wrap(self._console, width, overflow="fold"))
        for line in lines or [Text()]:
            line.rstrip()
            line.stylize(style)
            self._console.print(Text(f"{name:<{gutter}}") + line, soft_wrap=True)
            name = ""

    def _visible(self, text: str, limit: int | None) -> str:
        """The text on one line, with nothing in it that a terminal would obey or its encoding has not."""
        text = " ".join(text.split()).translate(_VISIBLE)
        if limit is not None and len(text) > limit:
            text = f"{text[:limit].rstrip()} [and {len(text) - limit:,} more characters]"
        encoding = self._console.encoding
        return text.encode(encoding, "replace").decode(encoding)


def _print_evidence(page: _Page, evidence: Evidence, *, limit: int | None = None) -> None:
    scores = evidence.scores
    score = {
        Stance.SUPPORTS: scores.entailment,
        Stance.CONTRADICTS: scores.contradiction,
        Stance.NEUTRAL: scores.neutral,
    }[evidence.stance]
    page.field(f"{evidence.stance} {score:.2f}", f'"{evidence.passage.quote}"', _COLOURS[evidence.stance], limit=limit)
    page.field("", place(evidence.passage))
    if evidence.passage.source.url:
        page.field("", evidence.passage.source.url)
    _print_copies(page, evidence.hit)


def _print_copies(page: _Page, hit: Hit) -> None:
    if hit.copies:
        page.field("also in", "; ".join(place(copy) for copy in hit.copies), "dim")


def _sides(verdict: Verdict) -> list[Evidence]:
    """The first evidence of a verdict, and of a conflict the first of each side."""
    firsts: dict[Stance, Evidence] = {}
    for evidence in verdict.evidence:
        firsts.setdefault(evidence.stance, evidence)
    wanted = [Stance.CONTRADICTS] if verdict.label is Label.CONTRADICTED else [Stance.SUPPORTS, Stance.CONTRADICTS]
    return [firsts[stance] for stance in wanted]


def _percent(number: int, total: int) -> str:
    """A share as whole percents; what is there never shows as 0 %, what is not all never as 100 %."""
    if not total:
        return ""
    share = 100 * number / total
    if 0 < share < 1:
        return "<1 %"
    return ">99 %" if 99 < share < 100 else f"{share:.0f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _stderr() -> "Console":
    from rich.console import Console  # noqa: PLC0415 - slow to import

    return Console(stderr=True)


def _bars(console: "Console", clock: Callable[[], float]) -> "Bars":
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - slow to import
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    return Bars(
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        TextColumn("{task.fields[amount]}", table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[rate]}", table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
        console=console,
        expand=True,
        get_time=clock,
        redirect_stdout=False,  # rich would send what the program prints to this console: standard error
    )
