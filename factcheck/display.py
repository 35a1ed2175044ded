"""What factcheck shows: progress on standard error; summaries, verdicts and hits on the console it is given.

Text of claims and documents is untrusted: it is never read as markup, and its control characters are shown, not sent.
Rich is imported when something is shown.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from factcheck.formats.records import place
from factcheck.jobs.diff import Comparison, Flip
from factcheck.jobs.progress import Stage
from factcheck.jobs.reasons import said
from factcheck.nli.checks import ModelReport, Outcome
from factcheck.types import Evidence, EvidenceFrom, Hit, Label, NLIScores, Passage, Reason, Stance, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from factcheck.jobs.trace import Trace, TracedHit  # slow to import

_UNITS: Final[Mapping[Stage, str]] = {
    "reading": "files",
    "indexing": "documents",
    "embedding": "sentences",
    "scoring": "claims",
    "judging": "pairs",
    "probing": "verdicts",
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
_TREATMENTS: Final = {
    "without_context": "read without title and sentence before it, with which it did not fit beside the claim",
    "split": "did not fit beside the claim, and was read in parts",
    "unjudged": "not read: the claim was settled before",
}
_GUTTER: Final = 18  # columns; `contradicts 0.00` and two spaces
_CHECK_GUTTER: Final = 37  # columns; an outcome, the longest name of a check, and two spaces
_COUNT_GUTTER: Final = 40  # columns; the longest name of a count
_WIDE: Final = 60  # columns of a terminal that leave room for a bar beside words
_QUOTE: Final = 400  # characters of a text in a summary
_PASSAGES: Final = 4  # of one flip

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
        return amount, rate, f"{duration(left / speed)} left" if left > 0 else f"done in {duration(elapsed)}"


def print_summary(
    counts: Mapping[Label, int],
    strongest: Sequence[Verdict],
    console: "Console | None" = None,
    *,
    open_reasons: Mapping[Reason, int] | None = None,
) -> None:
    """Print how many claims got which verdict, then the contradictions and the conflicts of `strongest`, in its order.

    `open_reasons` says why claims have NOT ENOUGH INFO.

    Long texts are shortened, with a mark.
    """
    page = _Page(console)
    total = sum(counts.values())
    for label in Label:
        number = counts.get(label, 0)
        page.line(f"{label:<15}{number:>11,}{_percent(number, total):>7}", _COLOURS[label])
    for reason, number in (open_reasons or {}).items():
        page.line(f"  {reason.replace('_', ' '):<23}{number:>7,}", "dim")
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


def print_verdict(verdict: Verdict, console: "Console | None" = None, *, named: bool = False) -> None:
    """Print one verdict with all its evidence, what it stands on first; with the claim's id and place if `named`."""
    page = _Page(console)
    _print_head(page, verdict, named=named)
    for evidence in verdict.evidence:
        page.line()
        _print_evidence(page, evidence, exactly=True)


def print_trace(trace: "Trace", console: "Console | None" = None) -> None:
    """Print how a verdict came about, from the words that were searched to the rule that decided."""
    page, query = _Page(console), trace.query
    _print_head(page, trace.verdict, named=True)
    page.line()
    for note in trace.notes:
        page.field("note", note, "yellow")
    page.field("looked in", _looked_in(trace))
    if query is not None:
        page.field("searched", " ".join(query.words))
        page.field("as", " ".join(query.terms) or "nothing: no word is left that can be searched")
        if query.left_out:
            page.field("stop words", " ".join(query.left_out), "dim")
    if not trace.hits:
        page.field("found", "nothing")
    for hit in trace.hits:
        page.line()
        _print_traced(page, hit)
    page.line()
    for end in trace.stages:
        state = "settled" if end.settled else "open"
        page.field(f"after rank {end.rank:,}", f"{state} as {end.label}: {end.why}")
    if trace.verdict.unjudged:
        unread = trace.verdict.unjudged
        page.field("left unread", "1 passage" if unread == 1 else f"{unread:,} passages")
    page.field("rule", trace.rule)
    again = "the recorded probabilities give the same verdict again"
    if not trace.same_again:
        again = "the recorded probabilities do NOT give this verdict: it was decided by another rule or changed since"
    page.field("check", again, "" if trace.same_again else "bold red")
    page.field("model", f"{trace.settings.model} ({trace.identity.get('numeric_class')})", "dim")


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


def print_comparison(comparison: Comparison, console: "Console | None" = None) -> None:
    """Print what two runs have in common and what not: inputs, machine, counts; the flips are for `print_flips`."""
    page = _Page(console)
    page.field("before", str(comparison.before))
    page.field("after", str(comparison.after))
    for name, items in (("inputs differ", comparison.identity), ("also differ", comparison.facts)):
        for number, item in enumerate(items):
            page.field("" if number else name, str(item), "dim" if items is comparison.facts else "")
    page.line()
    counts = {
        "claims compared": comparison.compared,
        "identical": comparison.identical,
        "same label, but other scores": comparison.rescored,
        "same label, but other passages": comparison.other_passages,
        "same label, but other details": comparison.other_details,
        "flipped": comparison.flipped,
        "without a verdict in one of the runs": comparison.undecided,
    }
    for name, count in counts.items():
        if count or name in {"claims compared", "identical", "flipped"}:
            page.line(f"{name:<{_COUNT_GUTTER}}{count:>11,}", "bold" if name == "flipped" and count else "")
    for (before, after), count in sorted(comparison.labels.items()):
        if before is not after:
            page.line(f"{f'  {before} → {after}':<{_COUNT_GUTTER}}{count:>11,}", _COLOURS[after])
    unmatched = {
        "only before": comparison.only_before,
        "only after": comparison.only_after,
        "other text": comparison.reworded,
    }
    for name, claims in unmatched.items():
        if claims.count:
            more = claims.count - len(claims.ids)
            page.field(name, f"{claims.count:,}: {', '.join(claims.ids)}" + (f" and {more:,} more" if more else ""))
    page.line()
    if (change := comparison.largest) is not None:
        scores = _scores_in_words(change.before, change.after)
        page.field("largest change", f"{change.by:g} in a probability, of claim {change.claim_id}: {scores}")
        page.field("", f'"{change.premise}"', limit=_QUOTE)
    page.field("conclusion", comparison.conclusion)


def print_flips(
    flips: Iterable[Flip], limit: int, *, total: int | None = None, console: "Console | None" = None
) -> None:
    """Print the first `limit` flips, each with its cause, and how many more there are.

    `total` says how many there are in all; without it the rest is counted, which takes as long as reading it.
    """
    page, stream = _Page(console), iter(flips)
    for flip in islice(stream, limit):
        page.line()
        page.line(f"{flip.before} → {flip.after}", f"bold {_COLOURS[flip.after]}")
        page.field("claim", f"{flip.text} ({flip.claim_id})", limit=_QUOTE)
        page.field("because", str(flip.cause))
        for passage in flip.cause.passages[:_PASSAGES]:
            page.field(f"  {passage.change}", f'"{passage.quote}"', limit=_QUOTE)
            page.field("", f"{passage.place}: {_scores_in_words(passage.before, passage.after)}")
        if len(flip.cause.passages) > _PASSAGES:
            page.field("", f"and {len(flip.cause.passages) - _PASSAGES} more passages")
    more = sum(1 for _ in stream) if total is None else total - limit
    if more > 0:
        page.line()
        page.line(f"and {more:,} more")


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


def _print_head(page: _Page, verdict: Verdict, *, named: bool) -> None:
    confidence = "" if verdict.confidence is None else f", confidence {verdict.confidence:.2f}"
    page.line(verdict.label, f"bold {_COLOURS[verdict.label]}")
    if named:
        page.field("id", verdict.claim.id + (f" ({verdict.claim.place})" if verdict.claim.place else ""))
    page.field("claim", verdict.claim.text)
    page.field("score", f"{verdict.score:.2f}{confidence}")
    passages = "1 passage" if verdict.found == 1 else f"{verdict.found:,} passages"
    if verdict.unjudged:
        passages = f"{verdict.judged:,} of {passages}"
    why = verdict.reason.replace("_", " ") + (f": {verdict.detail}" if verdict.detail else "")
    page.field("reason", f"{why}; {passages} read ({verdict.evidence_from})")
    for part in verdict.parts:
        page.field("part", f"“{part.text}”: {part.label}", _COLOURS[part.label])


def _print_evidence(page: _Page, evidence: Evidence, *, limit: int | None = None, exactly: bool = False) -> None:
    stance = evidence.stance
    page.field(f"{stance} {said(evidence):.2f}", f'"{evidence.passage.quote}"', _COLOURS[stance], limit=limit)
    for finding in evidence.findings:
        page.field("but", finding.detail, "dim", limit=limit)
    _print_place(page, evidence.hit, exactly=exactly)
    if exactly:
        _print_premise(page, evidence.passage)


def _print_place(page: _Page, hit: Hit, *, exactly: bool) -> None:
    """Where a passage and its copies stand; exactly so, with the characters: `path:start-end`."""
    shown = _exact_place if exactly else place
    page.field("", shown(hit.passage))
    if hit.passage.source.url:
        page.field("", hit.passage.source.url)
    _print_copies(page, hit, shown)


def _print_premise(page: _Page, passage: Passage) -> None:
    """What the model read where it was more than the quote."""
    if passage.premise != passage.quote:
        page.field("model read", f'"{passage.premise}"', "dim")


def _print_copies(page: _Page, hit: Hit, shown: Callable[[Passage], str] = place) -> None:
    if hit.copies:
        page.field("also in", "; ".join(map(shown, hit.copies)), "dim")


def _exact_place(passage: Passage) -> str:
    source = passage.source
    path = f"{source.path or f'context {source.doc_id}'}:{passage.start}-{passage.end}"
    title = "" if source.title == source.path else source.title
    return place(replace(passage, source=replace(source, path=path, title=title)))


def _looked_in(trace: "Trace") -> str:
    claim, most = trace.verdict.claim, f"the {trace.settings.passages:,} best by BM25"
    match trace.verdict.evidence_from:
        case EvidenceFrom.GOLD:
            return "the gold evidence of the data set, all of it"
        case EvidenceFrom.GIVEN if claim.contexts:
            return f"the {len(claim.contexts):,} contexts that the claim brought; {most}"
        case EvidenceFrom.GIVEN:
            named = claim.doc_ids or (claim.gold.doc_ids if claim.gold is not None else ())
            return f"the documents named for the claim ({', '.join(named)}); {most}"
        case EvidenceFrom.CORPUS:
            return f"the whole corpus, version {str(trace.identity.get('corpus'))[:12]}; {most}"


def _print_traced(page: _Page, traced: "TracedHit") -> None:
    hit = traced.hit
    rank = "gold" if traced.rank is None else f"{traced.rank:,}. BM25 {hit.score:.2f}"
    page.field(rank, f'"{hit.passage.quote}"', "" if traced.parts else "dim")
    _print_place(page, hit, exactly=True)
    if traced.terms:
        page.field("words in it", " ".join(traced.terms), "dim")
    if said := _TREATMENTS.get(traced.treatment):
        page.field("", said, "dim")
    for part in traced.parts:
        passage, scores, colour = part.evidence.passage, part.evidence.scores, _COLOURS[part.evidence.stance]
        if len(traced.parts) > 1:
            page.field("part", f'{passage.start}-{passage.end} "{passage.quote}"')
        _print_premise(page, passage)
        probabilities = f"entailment {scores.entailment:.6f}, neutral {scores.neutral:.6f}, contradiction"
        page.field(part.evidence.stance, f"{probabilities} {scores.contradiction:.6f}", colour)
        page.field("", part.why)
        if part.ground:
            page.field("", "the verdict stands on this", f"bold {colour}")


def _scores_in_words(before: NLIScores | None, after: NLIScores | None) -> str:
    """What the model says for and against; what it said before, too, where that was something else."""
    parts = []
    for name in ("entailment", "contradiction"):
        values = list(dict.fromkeys(getattr(scores, name) for scores in (before, after) if scores is not None))
        digits = 2 if len({f"{value:.2f}" for value in values}) == len(values) else 6
        parts.append(f"{name} " + " → ".join(f"{value:.{digits}f}" for value in values))
    return ", ".join(parts)


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


def duration(seconds: float) -> str:
    """A time as a reader would say it: `8 s`, `3 min 05 s`, `2 h 10 min`."""
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
