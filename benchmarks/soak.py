"""Kills, at every place and at random ones: what is survived, what is lost, what is there twice.

    python benchmarks/soak.py                                    # `make soak`: some 1,000 kills, a quarter of an hour
    python benchmarks/soak.py --only random --kills 500 --seed 7
    python benchmarks/soak.py --only changes --part 2/5          # of the places, every fifth from the second on

Each kill is a kill -9 of a real process, after which the job is started again until it ends by itself; its verdicts are
compared with what was there before the kill, and its export with that of a job that nothing disturbed. `random`,
`statements` and `changes` use the rule double in the model's place, `model` the command line with the bundled model.
Writes results/soak.jsonl, where the cases that were not run keep their lines.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from common import RESULTS, ROOT, read_rows, row, write_rows

sys.path.insert(0, str(ROOT / "tests/faults"))
from harness import (
    Fault,
    Job,
    Nursery,
    Tally,
    build_shim,
    exported,
    rows,
    stage,
    survive,
    survive_updates,
    write_changed_job,
    write_job,
)

MODEL_CLAIMS, MODEL_KILLS = 12, 20
EXAMPLE = ROOT / "claims/glaciers"


@dataclass(frozen=True)
class Soak:
    """What all parts are given."""

    folder: Path
    nursery: Nursery
    kills: int
    rng: random.Random
    part: int
    parts: int

    def places(self, count: int) -> Iterator[int]:
        """Every place from 1 to `count`, or the chosen part of them."""
        yield from range(self.part, count + 1, self.parts)

    def undisturbed(self, job: Job) -> tuple[bytes, dict[str, Any], float]:
        """The bytes of a job that nothing disturbs, how many places it has, and how long it takes."""
        alone = job.elsewhere(job.folder.with_name("alone"))
        started = time.perf_counter()
        done = self.nursery.do(alone.request())
        return exported(alone.run), done, time.perf_counter() - started


def at_every(soak: Soak, job: Job, effect: str, of: str) -> Tally:
    """One start for each place, killed there, then started again."""
    whole, done, _ = soak.undisturbed(job)
    tally = Tally()
    for place in soak.places(done[of]):
        fault: Fault = {effect: place}
        tally += survive(soak.nursery, job.again(), [fault], whole)
    return tally


def statements(soak: Soak) -> Iterator[tuple[str, Tally]]:
    """Before every SQL statement: of a job, and of an update."""
    job = write_job(soak.folder / "small", claims=12, corpus=False)
    yield "before each SQL statement", at_every(soak, job, "statement", "statements")
    yield "before each SQL statement of an update", of_an_update(soak, "statement", "statements")


def of_an_update(soak: Soak, effect: str, of: str) -> Tally:
    """One update for each place, killed there, then started again."""
    changed = write_changed_job(soak.nursery, soak.folder / f"update-{effect}")
    alone = changed[0].elsewhere(changed[0].folder.with_name("alone"))
    copytree(changed[0].folder, alone.folder, dirs_exist_ok=True)
    count = soak.nursery.do(alone.update())[of]
    faults: list[Fault] = [{effect: place} for place in soak.places(count)]
    return survive_updates(soak.nursery, changed, faults)


def changes(soak: Soak) -> Iterator[tuple[str, Tally]]:
    """At every change of a file, the index's included: before it, and when half of it is written."""
    if not soak.nursery.counts_changes:
        print("no C compiler: changes of files cannot be counted")
        return
    for effect, name in (("kill", "before each change of a file"), ("halfway", "within each change of a file")):
        job = write_job(soak.folder / effect, claims=12)
        yield name, at_every(soak, job, effect, "changes")
        yield f"{name} of an update", of_an_update(soak, effect, "changes")


def at_random(soak: Soak) -> Iterator[tuple[str, Tally]]:
    """At random moments, again and again in the same job until it ends; so often that there are as many kills."""
    job = write_job(soak.folder / "random", claims=120, window=3)
    whole, _, seconds = soak.undisturbed(job)
    tally = Tally()
    while tally.kills < soak.kills:
        tally += until_it_ends(soak, job.again(), whole, lambda: soak.rng.uniform(0, seconds / 3))
    yield "at random", tally


def until_it_ends(soak: Soak, job: Job, whole: bytes, after: Callable[[], float]) -> Tally:
    """Kill each start after some seconds, unless it has ended; one that ends is started once more."""
    tally = Tally()
    before: dict[tuple[Any, ...], Any] = {}
    killed = True
    while killed:
        process = soak.nursery.start(job.request())
        time.sleep(after())
        os.kill(process, signal.SIGKILL)
        killed = soak.nursery.wait(process)["exit"] == -signal.SIGKILL and stage(job) != "finished"
        found = rows(job.run)
        tally.lost += sum(found.get(key) != value for key, value in before.items())
        before = found
        tally.kills += killed
        tally.stages[stage(job)] += killed
    tally += survive(soak.nursery, job, [], whole)
    return tally


def model(soak: Soak) -> Iterator[tuple[str, Tally]]:
    """The real command with the bundled model, at random moments."""
    claims, settings = soak.folder / "claims.jsonl", soak.folder / "settings.toml"
    lines = (EXAMPLE / "claims.jsonl").read_text("utf-8").splitlines(keepends=True)
    claims.write_text("".join(lines[:MODEL_CLAIMS]), "utf-8")
    settings.write_text("window = 1\npassages = 5\n", "utf-8")
    env = {**os.environ, "FACTCHECK_CACHE": str(soak.folder / "cache"), "HF_HUB_OFFLINE": "1"}
    base = Job(soak.folder / "model", claims, EXAMPLE / "documents")

    def start(job: Job) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "factcheck", "verify", claims, "--corpus", job.corpus, "--index", job.index]
        command += ["--run", job.run, "--config", settings, "--no-cache", "--quiet"]
        return subprocess.Popen(list(map(str, command)), env=env, stdout=subprocess.DEVNULL)

    alone = base.elsewhere(soak.folder / "model-alone")
    started = time.perf_counter()
    assert start(alone).wait() == 0
    seconds, whole = time.perf_counter() - started, exported(alone.run)
    tally, before = Tally(), {}
    job = base.elsewhere(base.folder)
    while tally.kills < min(soak.kills, MODEL_KILLS):
        process = start(job)
        time.sleep(soak.rng.uniform(0.2, 1) * seconds)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            tally.kills += 1
            tally.stages[stage(job)] += 1
        found = rows(job.run)
        tally.lost += sum(found.get(key) != value for key, value in before.items())
        before = found
        if process.returncode == 0 or tally.kills == min(soak.kills, MODEL_KILLS):
            assert start(job).wait() == 0
            made = exported(job.run)
            tally.differing += made != whole
            tally.twice += len(made.splitlines()) - len(set(made.splitlines()))
            job, before = job.again(), {}
    yield "at random, the bundled model", tally


PARTS = {"statements": statements, "changes": changes, "random": at_random, "model": model}


def main() -> None:
    """Run the parts, print what they found, and fail if anything was lost, was there twice, or differed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=int(os.environ.get("SOAK_KILLS", "200")), help="random ones")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--part", default="1/1", help="of the places, such as 2/5")
    parser.add_argument("--add", action="store_true", help="to the lines that are there, in place of writing them anew")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for soak.jsonl")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    total, found = Tally(), {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        nursery = Nursery(build_shim(folder))
        for chosen in [args.only] if args.only else PARTS:
            soak = Soak(folder, nursery, args.kills, random.Random(args.seed), part, parts)
            for case, tally in PARTS[chosen](soak):
                print(f"{case}: {tally}\n", flush=True)
                found[case] = tally
                total += tally
        nursery.close()
    write(found, args.out, seed=args.seed, add=args.add)
    print(f"in all: {total}")
    if any(total.harm):
        sys.exit("something was lost, was there twice, or differed")


def write(found: dict[str, Tally], folder: Path, *, seed: int, add: bool) -> None:
    """Put the lines of these cases into soak.jsonl, in place of theirs from before or added to them."""
    path = folder / "soak.jsonl"
    lines = {line["case"]: line for line in read_rows(path)} if path.exists() else {}
    for case, tally in found.items():
        before = lines.get(case) if add else None
        whole = tally_of(before) if before else Tally()
        whole += tally
        seeds = {*(before["facts"]["seeds"] if before else ()), seed}
        metrics = {"kills": whole.kills, "rows_lost": whole.lost, "rows_twice": whole.twice}
        facts = {"stages": dict(whole.stages), "seeds": sorted(seeds)}
        lines[case] = row("soak", case, metrics | {"exports_that_differ": whole.differing}, **facts)
    print(write_rows("soak", list(lines.values()), folder))


def tally_of(line: dict[str, Any]) -> Tally:
    """What a line says."""
    metrics = line["metrics"]
    tally = Tally(metrics["kills"], metrics["rows_lost"], metrics["rows_twice"], metrics["exports_that_differ"])
    tally.stages.update(line["facts"]["stages"])
    return tally


if __name__ == "__main__":
    main()
