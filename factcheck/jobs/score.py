"""Scores the pairs of a file, in order and in bounded memory."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Self

from factcheck.errors import ClaimsError, ConfigError, FactcheckError, ScoreError
from factcheck.formats import Rejected, check_source
from factcheck.formats.pairs import OUTPUTS, PairRecord, Row, check_output, read_pairs, write_rows
from factcheck.jobs.progress import Progress, Silent
from factcheck.nli import Counters, PairScorer
from factcheck.nli.gate import best_class
from factcheck.types import JSON, NLIScores

_WINDOW = 4_096  # pairs that are scored in one call
_WINDOW_CHARACTERS = 16_000_000  # of their texts; records are up to 1 MiB long


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What scoring a file did."""

    pairs: int
    rejected: int
    seconds: float  # reading and writing included, loading the model not
    counters: Counters
    rejects: Path | None  # where rejected records are

    def __str__(self) -> str:
        rate = self.pairs / self.seconds if self.seconds > 0 else 0.0
        done = self.counters
        parts = [
            f"{self.pairs:,} pairs in {self.seconds:.1f} s, {rate:,.1f} pairs/s",
            f"{done.pairs_scored:,} computed, {done.pairs_cached:,} from the cache",
            f"padding efficiency {done.efficiency:.2f}",
        ]
        if self.rejected:
            parts.append(f"{self.rejected:,} rejected" + (f", see {self.rejects}" if self.rejects else ""))
        return "; ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreJob:
    """Which pairs are to be scored, and where the scores go."""

    source: str | Path
    """JSON Lines, JSON or CSV; `-` is standard input."""
    out: Path | None = None
    """The file to write; None or `-` is standard output."""
    to: str | None = None
    """`jsonl` or `csv`; None goes by the name of `out`."""
    fields: tuple[str, str] | None = None
    """The names of premise and hypothesis where they are not the usual ones."""
    encoding: str = "utf-8"
    """Encoding of the source."""
    on_error: str = "stop"
    """What a record that cannot be used does: `stop` the job, or `skip`: it goes to `OUT.rejected.jsonl`, or is told to
    the progress where scores go to standard output."""

    @property
    def target(self) -> Path | None:
        """The file to write, None for standard output."""
        return None if self.out is None or str(self.out) == "-" else self.out

    @property
    def format(self) -> str:
        """The format to write.

        Raises:
            ConfigError: Nothing says it.
        """
        if self.to is not None or self.target is None:
            return self.to or "jsonl"
        if (suffix := self.target.suffix.lower().removeprefix(".")) in OUTPUTS:
            return suffix
        raise ConfigError(
            f"--out {self.out}", "its name does not say the format", "end it in .jsonl or .csv, or add --to"
        )

    def check(self) -> None:
        """Refuse early what can be refused before a model is loaded.

        Raises:
            FactcheckError: There is no such file, or nothing says the format to write.
        """
        check_source(self.source)
        check_output(self.format)


def score_file(job: ScoreJob, scorer: PairScorer, *, progress: Progress | None = None) -> ScoreReport:
    """Score every pair of a file and write its records with `entailment`, `neutral`, `contradiction` and `label`.

    Where a record stops the job, the scores of all records before it are written first.

    Raises:
        FactcheckError: A file or a record cannot be used, or a file cannot be written.
    """
    job.check()
    progress = progress or Silent()
    before, started, target, to = scorer.counters, time.monotonic(), job.target, job.format
    with ExitStack() as stack:
        rejects = stack.enter_context(_Rejects(target, progress)) if job.on_error == "skip" else None
        reject = None if rejects is None else rejects.add
        pairs = read_pairs(job.source, fields=job.fields, encoding=job.encoding, on_error=reject)
        rows = _Rows(pairs, scorer, rejects, progress)
        progress.total("judging", None)
        first = list(islice(rows, 1))
        if not first:
            raise rows.stopped_by or _none_left(job.source, rejects)
        written = write_rows(chain(first, rows), to, target)
        if (error := rows.stopped_by) is not None:
            kept = f"the scores of all {written:,} before it are written"
            raise ClaimsError(error.where, error.found, f"{error.fix}; {kept}" if error.fix else kept)
    rejected, path = (rejects.count, rejects.path) if rejects is not None else (0, None)
    return ScoreReport(written, rejected, time.monotonic() - started, scorer.counters - before, path)


class _Rejects:
    """Takes records that cannot be used: to a file beside the scores, or as notes where these are no file."""

    def __init__(self, out: Path | None, progress: Progress) -> None:
        self.path = None if out is None else out.with_name(f"{out.name}.rejected.jsonl")
        self.count = 0
        self._progress = progress
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        if self.path is not None:
            try:
                self._file = self.path.open("w", encoding="utf-8")
            except OSError as error:
                raise FactcheckError(self.path, f"cannot be written: {error.strerror or error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self.path is not None:
            self._file.close()
            if not self.count:
                self.path.unlink()

    def add(self, rejected: Rejected) -> None:
        self.count += 1
        if self._file is not None:
            self._file.write(rejected.to_json() + "\n")
        else:
            self._progress.note(f"skipped {rejected.place}: {rejected.problem}")


class _Rows(Iterator[Row]):
    """Records with their scores, a window of them scored in one call; ends early where a record stops the job."""

    def __init__(
        self, pairs: Iterator[PairRecord], scorer: PairScorer, rejects: _Rejects | None, progress: Progress
    ) -> None:
        self.stopped_by: ClaimsError | None = None
        self._pairs, self._scorer, self._rejects, self._progress = pairs, scorer, rejects, progress
        self._ready: deque[Row] = deque()

    def __next__(self) -> Row:
        while not self._ready and self.stopped_by is None and (window := self._window()):
            self._ready.extend(self._scored(window))
        if not self._ready:
            raise StopIteration
        self._progress.advance("judging")
        return self._ready.popleft()

    def _window(self) -> list[PairRecord]:
        window: list[PairRecord] = []
        characters = 0
        try:
            for pair in self._pairs:
                window.append(pair)
                characters += len(pair.premise) + len(pair.hypothesis)
                if len(window) == _WINDOW or characters >= _WINDOW_CHARACTERS:
                    break
        except ClaimsError as error:
            self.stopped_by = error
        return window

    def _scored(self, window: Sequence[PairRecord]) -> list[Row]:
        try:
            scores = self._scorer.score([(pair.premise, pair.hypothesis) for pair in window])
        except ScoreError:
            fitting = list(self._fitting(window))
            if len(fitting) == len(window):
                raise
            window = fitting
            scores = self._scorer.score([(pair.premise, pair.hypothesis) for pair in window])
        return [(pair.fields, _result(one)) for pair, one in zip(window, scores, strict=True)]

    def _fitting(self, window: Sequence[PairRecord]) -> Iterator[PairRecord]:
        """The pairs that the model can read whole, up to the first that stops the job."""
        for pair in window:
            if _fits(pair, self._scorer):
                yield pair
                continue
            found = f"premise and hypothesis have more than the {self._scorer.max_tokens} tokens that the model reads"
            fix = "shorten or split them; factcheck verify splits what it finds itself"
            if self._rejects is None:
                self.stopped_by = ClaimsError(pair.place, found, fix)
                return
            self._rejects.add(pair.rejected(f"{found}; {fix}"))


def _fits(pair: PairRecord, scorer: PairScorer) -> bool:
    try:
        return scorer.windows(pair.premise, pair.hypothesis) == [(0, len(pair.premise))]
    except ScoreError:
        return False


def _result(scores: NLIScores) -> dict[str, JSON]:
    return {**asdict(scores), "label": best_class(scores)}


def _none_left(source: str | Path, rejects: _Rejects | None) -> ClaimsError:
    count = rejects.count if rejects else 0
    return ClaimsError(source, f"none of its {count:,} records is a pair that can be used", "see what was said of each")
