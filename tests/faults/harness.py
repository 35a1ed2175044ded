"""Jobs in processes of their own that die, or find the disk full, at chosen places; and what must hold afterwards."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Self

from factcheck.corpus.index import POINTER
from factcheck.formats.export import export
from factcheck.run.ledger import LEDGER, Ledger
from factcheck.run.manifest import MANIFEST

HERE = Path(__file__).parent
STAGES = ("opening", "indexing", "reading claims", "beginning", "scoring", "finishing", "folding", "finished")
UPDATE_STAGES = ("updating", "updated")
NAMES = [f"{first}{middle}{last}a" for first in "BDFGKLMN" for middle in "aeiou" for last in ("", "ru", "li")]

Fault = dict[str, int]
"""Where a start of a job goes wrong; see `nursery.py`."""


def build_shim(folder: Path) -> Path | None:
    """The library that counts changes of files, built into a folder; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "file_faults.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(HERE / "file_faults.c"), "-ldl"]
    return library if subprocess.run(command, check=False, capture_output=True).returncode == 0 else None


class Nursery:
    """The process in which jobs are born; `counts_changes` says whether faults can be placed at changes of files."""

    def __init__(self, library: Path | None) -> None:
        self.counts_changes = library is not None
        env = {**os.environ, "LD_PRELOAD": str(library or "")}
        command = [sys.executable, str(HERE / "nursery.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def close(self) -> None:
        """End it; it must have been well until now."""
        self._process.communicate()
        assert self._process.returncode == 0

    def start(self, request: dict[str, Any]) -> int:
        """Begin a job; gives its process id."""
        return int(self._ask(request)["process"])

    def wait(self, process: int) -> dict[str, Any]:
        """How a job ended."""
        return self._ask({"wait": process})

    def do(self, request: dict[str, Any]) -> dict[str, Any]:
        """Begin a job and wait for its end."""
        return self.wait(self.start(request))

    def until_stopped(self, request: dict[str, Any]) -> int:
        """Begin a job that stops itself, and wait until it has; gives its process id."""
        process = self.start(request)
        assert self._ask({"stopped": process}) == {"stopped": True}
        return process

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        reply: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reply


@dataclass(frozen=True)
class Job:
    """A claims file, a corpus, and the folder where its index, run and score cache go."""

    folder: Path
    claims: Path
    corpus: Path | None
    settings: dict[str, Any] = field(default_factory=dict)
    index_at: Path | None = None
    scores: Path | None = None

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def index(self) -> Path:
        return self.index_at or self.folder / "index"

    def request(self, fault: Fault | None = None) -> dict[str, Any]:
        """What the nursery is asked."""
        settings = dict(self.settings)
        if self.corpus is not None:
            settings |= {"corpus": str(self.corpus), "index": str(self.index)}
        request = {
            "do": "verify",
            "claims": str(self.claims),
            "run": str(self.run),
            "settings": settings,
            "cache": str(self.folder / "cache"),
            "fault": fault,
        }
        return request | ({"scores": str(self.scores)} if self.scores else {})

    def update(self, fault: Fault | None = None) -> dict[str, Any]:
        """What the nursery is asked to bring the run up to date."""
        asked = {"do": "update", "run": str(self.run), "index": str(self.index), "cache": str(self.folder / "cache")}
        return asked | {"fault": fault}

    def elsewhere(self, folder: Path, **changes: Any) -> "Job":
        """The same job with another run, index and score cache."""
        folder.mkdir(parents=True, exist_ok=True)
        return replace(self, folder=folder, **changes)

    def again(self) -> "Job":
        """The same job with nothing done."""
        shutil.rmtree(self.folder)
        return self.elsewhere(self.folder)


def write_job(folder: Path, *, claims: int = 24, corpus: bool = True, **settings: Any) -> Job:
    """A job of made-up ferries: some claims are supported, some contradicted, some not told of.

    Without a corpus every claim brings its own context, and no index is built.
    """
    documents, path = folder / "documents", folder / "claims.jsonl"
    documents.mkdir(parents=True)
    texts = [
        f"The ferry {name} sails {number} times a day.\nThe crew of {name} does not smoke. They sing.\n"
        for number, name in enumerate(NAMES[:claims])
    ]
    for number, text in enumerate(texts):
        (documents / f"{number:03}.txt").write_text(text, "utf-8")
    records = []
    for number in range(claims):
        said = (f"The ferry {NAMES[number]} sails", f"The crew of {NAMES[number]} does smoke", "Nobody heard of Zzyx")
        record: dict[str, Any] = {"id": f"c{number}", "claim": f"{said[number % 3]}.", "desk": f"desk {number}"}
        if not corpus:
            record["contexts"] = [{"id": f"{number:03}", "title": "", "text": texts[number]}]
        records.append(json.dumps(record) + "\n")
    path.write_text("".join(records), "utf-8")
    (folder / "job").mkdir()
    return Job(folder / "job", path, documents if corpus else None, {"window": 4, "passages": 5, **settings})


def write_changed_job(nursery: Nursery, folder: Path) -> tuple[Job, bytes, bytes]:
    """A finished job whose documents have changed, its bytes before, and those of a new run."""
    job = write_job(folder, claims=12)
    nursery.do(job.request())
    before = exported(job.run)
    assert job.corpus is not None
    (job.corpus / "000.txt").write_text("The ferry Baa does not sail.\n", "utf-8")
    (job.corpus / "new.txt").write_text("The crew of Barua smokes.\n", "utf-8")
    (job.corpus / "006.txt").unlink()
    fresh = job.elsewhere(folder / "fresh")
    nursery.do(fresh.request())
    return job, before, exported(fresh.run)


def exported(run: Path) -> bytes:
    """The export of a run as JSON Lines."""
    out = run.with_name(f"{run.name}.jsonl")
    with Ledger(run) as ledger:
        export(ledger.verdicts, "jsonl", out)
    return out.read_bytes()


def stage(job: Job) -> str:
    """How far a job had come, as what it left on the disk tells."""
    try:
        with closing(_open(job.run)) as db:
            notes = dict(db.execute("SELECT key, value FROM meta"))
            [claims] = db.execute("SELECT count(*) FROM claims").fetchone()
            [verdicts] = db.execute("SELECT count(*) FROM verdicts").fetchone()
            [journal] = db.execute("PRAGMA journal_mode").fetchone()
    except sqlite3.OperationalError:
        return "opening"
    if "finished" in notes:
        return "folding" if journal == "wal" else "finished"
    if not claims:
        return "indexing" if job.corpus and not (job.index / POINTER).exists() else "reading claims"
    if "identity" not in notes:
        return "beginning"
    return "finishing" if verdicts == claims else "scoring"


def rows(run: Path) -> dict[tuple[Any, ...], Any]:
    """All verdicts and pieces of evidence of a run by their keys; none where there is no ledger yet.

    Asserts what holds of every run at every moment: the file is whole, each verdict is on a claim, each claim has one
    at most, and evidence belongs to a verdict, with ranks from 0 on.
    """
    try:
        with closing(_open(run)) as db:
            verdicts, evidence, claims = _tables(db)
    except sqlite3.OperationalError:  # no file yet, or a dead process left something that a writer is to roll back
        with tempfile.TemporaryDirectory() as folder, closing(_mended(run, Path(folder))) as db:
            verdicts, evidence, claims = _tables(db)
    found = {row[:2]: row[2:] for row in verdicts}
    assert len(found) == len(verdicts)
    assert {position for _, position in found} <= claims
    ranks: dict[tuple[int, int], list[int]] = {}
    for row in evidence:
        ranks.setdefault(row[:2], []).append(row[2])
    assert set(ranks) <= set(found)
    assert all(numbers == list(range(len(numbers))) for numbers in ranks.values())
    return {**found, **{row[:3]: row[3:] for row in evidence}}


def _tables(db: sqlite3.Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], set[int]]:
    """Verdicts, evidence and positions of claims; nothing where there are no tables yet."""
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return [], [], set()
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    verdicts = db.execute("SELECT * FROM verdicts").fetchall()
    evidence = db.execute("SELECT * FROM evidence ORDER BY edition, position, rank").fetchall()
    return verdicts, evidence, {position for (position,) in db.execute("SELECT position FROM claims")}


def _mended(run: Path, folder: Path) -> sqlite3.Connection:
    """A copy of the ledger that may be written, so that SQLite mends it as the next start will."""
    for path in run.glob(f"{LEDGER}*"):
        shutil.copy(path, folder)
    return sqlite3.connect(folder / LEDGER)


def _open(run: Path) -> sqlite3.Connection:
    """Read-only: who can write would mend on closing what a dead process left."""
    return sqlite3.connect(f"{(run / LEDGER).as_uri()}?mode=ro", uri=True)


@dataclass
class Tally:
    """What a series of faults did."""

    kills: int = 0
    lost: int = 0
    twice: int = 0
    differing: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    messages: list[str] = field(default_factory=list)  # of the starts that ended in an error

    def __iadd__(self, other: "Tally") -> Self:
        self.kills += other.kills
        self.lost += other.lost
        self.twice += other.twice
        self.differing += other.differing
        self.stages += other.stages
        self.messages += other.messages
        return self

    @property
    def harm(self) -> tuple[int, int, int]:
        """Rows lost, rows twice, exports that differ: all 0, or something is wrong."""
        return self.lost, self.twice, self.differing

    def __str__(self) -> str:
        places = ", ".join(f"{name} {self.stages[name]}" for name in (*STAGES, *UPDATE_STAGES) if self.stages[name])
        numbers = f"{self.kills} kills survived, {self.lost} rows lost, {self.twice} rows twice"
        return f"{numbers}, {self.differing} exports that differ\nkilled while: {places}"


def survive(nursery: Nursery, job: Job, faults: Iterable[Fault], whole: bytes) -> Tally:
    """Start a job again and again, with one fault each time, then without; then count what is wrong.

    What a start says is its result, or an error of ours that names a place in the job's folder; never a traceback.
    """
    tally = Tally()
    before: dict[tuple[Any, ...], Any] = {}
    for fault in chain(faults, repeat(None)):
        done = nursery.do(job.request(fault))
        after = rows(job.run)
        tally.lost += sum(after.get(key) != row for key, row in before.items())
        before = after
        if done["exit"] == -signal.SIGKILL:
            tally.kills += 1
            tally.stages[stage(job)] += 1
        elif fault is not None and "error" in done:
            assert str(job.folder) in done["message"]
            tally.messages.append(done["message"])
        else:
            assert "resumed" in done, done
            if fault is None:
                break
    made = exported(job.run)
    tally.differing += made != whole
    ids, expected = ([json.loads(line)["id"] for line in text.splitlines()] for text in (made, whole))
    tally.lost += len(set(expected) - set(ids))
    tally.twice += len(ids) - len(set(ids))
    assert stage(job) == "finished"
    assert json.loads((job.run / MANIFEST).read_text("utf-8"))["claims"] == len(expected)
    return tally


def survive_updates(nursery: Nursery, changed: tuple[Job, bytes, bytes], faults: Iterable[Fault]) -> Tally:
    """Bring copies of a job up to date, each with one fault, then again without; then count what is wrong.

    Readers see the old edition or the new one, each whole; the stages are which of them they saw after a kill.
    """
    job, before, after = changed
    tally = Tally()
    for fault in faults:
        copy = job.elsewhere(job.folder.with_name("copy"))
        shutil.copytree(job.folder, copy.folder, dirs_exist_ok=True)
        done = nursery.do(copy.update(fault))
        rows(copy.run)
        seen = exported(copy.run)
        tally.differing += seen not in {before, after}
        if done["exit"] == -signal.SIGKILL:
            tally.kills += 1
            tally.stages["updated" if seen == after else "updating"] += 1
        assert "changed" in nursery.do(copy.update())
        tally.differing += exported(copy.run) != after
        shutil.rmtree(copy.folder)
    return tally
