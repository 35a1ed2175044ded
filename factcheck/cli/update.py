"""Bringing a run up to date with its documents."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factcheck.cli.app import app
from factcheck.cli.flags import FLAGS
from factcheck.cli.options import Quiet, Run
from factcheck.errors import FactcheckError

if TYPE_CHECKING:
    from factcheck.jobs.update import Updater, UpdateReport

_CTRL_C = 130  # exit status


@app.command()
def update(  # noqa: PLR0913 (one parameter an option)
    run: Run,
    *,
    corpus: str | None = FLAGS["corpus"].option,
    index: str | None = FLAGS["index"].option,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C: update again whenever documents change.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Flips shown.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="A record a line: each flip, then the counts.")] = False,
    quiet: Quiet = False,
) -> None:
    """Bring a run up to date after documents were added, changed or removed: which verdicts flipped, and why.

    The verdicts are those that a new run would come to; only pairs that the run does not hold are scored. --corpus and
    --index say where documents and index are now, if they have moved.

    Example: factcheck update runs/today
    """
    from factcheck.cli.stopping import StoppedAtOnce, Stopping  # noqa: PLC0415
    from factcheck.jobs.update import Updater  # noqa: PLC0415
    from factcheck.jobs.watch import keep_updated  # noqa: PLC0415

    updater = Updater(run, corpus=corpus, index=index)
    desk = _Desk(updater, run, limit=limit, as_json=as_json, quiet=quiet, watching=watch)
    with Stopping(lambda _: None):  # while no update is going on SIGTERM, too, is an exception where it comes
        try:
            if watch:
                keep_updated(updater, desk.update, on_report=desk.tell, on_failure=desk.fail, stopping=desk.stopping)
            else:
                desk.tell(desk.update())
        except KeyboardInterrupt as stopped:  # the watcher makes one of its own of any
            desk.status = stopped.status if isinstance(stopped, StoppedAtOnce) else _CTRL_C
    if desk.status and not (watch and desk.idle):
        places = [
            word for option, place in (("--corpus", corpus), ("--index", index)) if place for word in (option, place)
        ]
        command = shlex.join(["factcheck", "update", str(run), *places])
        typer.echo(f"stopped; nothing that was decided is lost\ngo on with: {command}", err=True)
        raise typer.Exit(desk.status)


@dataclass
class _Desk:
    """Updates a run and tells of it; `status` is what a signal asks for, `idle` whether nothing is left half done."""

    updater: "Updater"
    run: Path
    limit: int
    as_json: bool
    quiet: bool
    watching: bool
    idle: bool = False
    status: int = 0

    def update(self) -> "UpdateReport":
        from factcheck import display  # noqa: PLC0415
        from factcheck.cli.stopping import Stopping  # noqa: PLC0415

        self.idle = False
        with display.Progress(quiet=self.quiet) as progress, Stopping(progress.note) as stopping:
            report = self.updater.update(progress, stopping=stopping)
        self.idle, self.status = report.finished, stopping.status
        return report

    def stopping(self) -> bool:
        return self.status != 0

    def tell(self, report: "UpdateReport") -> None:
        from factcheck import display  # noqa: PLC0415

        if self.as_json:
            self._tell_machines(report)
        elif report.finished:
            display.print_flips(report.flips, self.limit, total=report.flipped)
            typer.echo("\n" * bool(self.limit and report.flips) + str(report))
        if self.watching and report.finished and not self.quiet:
            typer.echo("watching the documents; Ctrl-C ends it", err=True)

    def _tell_machines(self, report: "UpdateReport") -> None:
        from factcheck.formats.records import to_json  # noqa: PLC0415
        from factcheck.run.ledger import Ledger  # noqa: PLC0415

        with Ledger(self.run) as ledger:
            for flip in ledger.latest("flip", report.flipped):
                assert isinstance(flip, dict)
                typer.echo(to_json({"record": "flip", **flip}))
        typer.echo(to_json({"record": "report", **report.record()}))

    def fail(self, error: FactcheckError) -> None:
        from factcheck import display  # noqa: PLC0415

        self.idle = True
        typer.echo(f"error: {display.visible(str(error))}", err=True)
