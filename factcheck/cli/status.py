"""How far a run is."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.options import Run

if TYPE_CHECKING:
    from rich.console import Console

    from factcheck.jobs.status import RunStatus

_GUTTER = 14  # columns; the longest name and two spaces
_EVERY = 5.0  # seconds between two plain lines


@app.command()
def status(
    run: Run,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The status as one JSON object a line.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Look again until no process works on it.")] = False,
) -> None:
    """Tell how far a run is, from another terminal while it is worked on, or after. Reads only.

    Example: factcheck status runs/today --follow
    """
    from factcheck.jobs.status import follow as look_again  # noqa: PLC0415
    from factcheck.jobs.status import status as look  # noqa: PLC0415

    if not follow:
        found = look(run)
        typer.echo(json.dumps(found.record(), ensure_ascii=False) if as_json else _text(found))
        return
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    try:
        if as_json:
            for found in look_again(run):
                typer.echo(json.dumps(found.record(), ensure_ascii=False))
        elif console.is_terminal and not console.is_dumb_terminal:
            _show_live(look_again(run), console)
        else:
            _tell(look_again(run, every=_EVERY))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _show_live(found: "Iterator[RunStatus]", console: "Console") -> None:
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for item in found:
            live.update(Text(_text(item)), refresh=True)


def _tell(found: "Iterator[RunStatus]") -> None:
    """A line where something has changed, and all of it at the end."""
    line, last = "", None
    for last in found:
        before, line = line, _line(last)
        if line != before and last.is_worked_on:
            typer.echo(line)
    if last is not None:
        typer.echo(_text(last))


def _line(found: "RunStatus") -> str:
    """The state and how far it is, on one line."""
    done, total = _done(found)
    parts = [f"{found.state}: {done:,} of {total:,} claims", *_pace(found)]
    return ", ".join(parts)


def _text(found: "RunStatus") -> str:
    from factcheck.display import visible  # noqa: PLC0415

    done, total = _done(found)
    verdicts = "being read" if not total else f"{done:,} of {total:,} have a verdict"
    counts = ", ".join(f"{count:,} {label}" for label, count in found.counts.items() if count)
    fields = {
        "claims": verdicts if found.update is None else f"{done:,} of {total:,} decided again by an update",
        "verdicts": counts or "none yet",
        "pairs": f"{found.pairs:,}",
        "rate": "; ".join(_pace(found)),
        "started": _when(found.started) + (f"; {found.starts:,} starts" if found.starts > 1 else ""),
        "last verdict": _when(found.last_verdict),
        "model": ", ".join(filter(None, (found.model, found.numeric_class))),
        "corpus": found.corpus and f"{found.corpus} (version {(found.corpus_version or '')[:16]})",
        "size": f"{found.size / 1e6:,.1f} MB",
    }
    lines = [f"{found.folder}: {found.state}"]
    lines += [f"{name:<{_GUTTER}}{text}" for name, text in fields.items() if text]
    lines += [f"{'note':<{_GUTTER}}{note}" for note in found.notes]
    if found.command is not None:
        what = "the update was stopped; go on with: " if found.update is not None else "go on with: "
        lines.append(what + found.command)
    elif found.state == "stopped":
        lines.append("nothing was decided yet: start its `factcheck verify` again")
    return "\n".join(map(visible, lines))


def _done(found: "RunStatus") -> tuple[int, int]:
    return (found.verdicts, found.claims) if found.update is None else (found.update.verdicts, found.update.claims)


def _pace(found: "RunStatus") -> list[str]:
    from factcheck.display import duration  # noqa: PLC0415

    rate, left = found.rate, found.seconds_left
    parts = [] if rate is None else [f"{rate:,.{0 if rate >= 10 else 1}f} claims/s"]
    return parts + ([] if left is None else [f"about {duration(left)} left"])


def _when(moment: float | None) -> str:
    """A time for a reader, with how long ago it was, unless the clock was set back since."""
    from factcheck.display import duration  # noqa: PLC0415

    if moment is None:
        return ""
    ago = time.time() - moment
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
    return f"{shown}, {duration(ago)} ago" if ago >= 0 else shown
