"""`factcheck serve` under load from another process, beside the batch job on the same claims.

    python benchmarks/serve.py                # everything
    python benchmarks/serve.py saturation     # one part; the others keep what they measured before
    python benchmarks/serve.py load

The SciFact abstracts and 450 of its claims (those of `end_to_end.py`), no score cache, ten hits a claim.

saturation: 256 clients that ask for one claim at a time, by the size of batches, and 16 clients that ask for 25 at a
time; the batch job is `run_job` with its model loaded, in a process of its own, timed from its first claim to its last
verdict. All in turn, in each of two rounds. Every answer is compared with the line of the export, byte for byte.

load: single claims that come at random moments (exponential gaps, seed 0) at half and at 0.8 of the rate that was
reached at saturation; the latency of a request counts from the moment that it was due.
"""

import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from common import BUILD, RESULTS, row, spread, write_rows
from end_to_end import collection

WORK = BUILD / "serve"
CLAIMS = 450
WARM = 16  # claims asked for before, of others
WAYS = ((64, 256, 1), (128, 256, 1), (64, 16, 25))  # size of batches, clients, claims of a request
ROUNDS = 2
SECONDS = 40  # of each load
PARTS = ("saturation", "load")
PREDICTED = {
    "64, 256 clients of 1 claim": 0.95,
    "128, 256 clients of 1 claim": 0.97,
    "64, 16 clients of 25 claims": 0.95,
}  # of the batch job's claims a second; written down before the run
PREDICTED_MS = {0.5: (90, 250, 450), 0.8: (150, 600, 1000)}  # p50, p95, p99, as well


class Server:
    """The command in a process of its own."""

    def __init__(self, index: Path, batch: int) -> None:
        command = [sys.executable, "-m", "factcheck", "serve", "--index", str(index), "--port", "0", "--no-cache"]
        command += ["--batch", str(batch), "--evidence", "corpus"]
        self.log = (WORK / f"serve-{batch}.log").open("w+", encoding="utf-8")
        self.child = subprocess.Popen(command, stderr=self.log)
        while not (found := re.search(r'"ready","url":"http://127.0.0.1:(\d+)"', self._logged())):
            if self.child.poll() is not None:
                raise SystemExit(f"the server ended: {self._logged()}")
            time.sleep(0.1)
        self.port = int(found[1])

    def _logged(self) -> str:
        return Path(self.log.name).read_text("utf-8")

    def client(self) -> http.client.HTTPConnection:
        """A connection to it."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def memory(self) -> float:
        """Its resident memory, in MB."""
        connection = self.client()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.search(r"^process_resident_memory_bytes (\S+)", text, re.MULTILINE)
        return float(found[1]) / 1e6 if found else 0.0

    def end(self) -> None:
        """Stop it."""
        self.child.terminate()
        self.child.wait()
        self.log.close()


def ask(connection: http.client.HTTPConnection, lines: Sequence[str]) -> bytes:
    """The answer to claims, the whole of it."""
    body = b'{"claims":[%b]}' % ",".join(lines).encode()
    connection.request("POST", "/v1/verify", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"status {answer.status}: {content.decode()}")
    return content


def saturate(server: Server, lines: Sequence[str], expected: Sequence[bytes], clients: int, size: int) -> float:
    """Claims a second with so many clients, each asking again as soon as it is answered."""
    requests = [range(at, min(at + size, len(lines))) for at in range(0, len(lines), size)]
    turn, waiting = threading.Lock(), iter(requests)
    wrong: list[int] = []

    def work() -> None:
        connection = server.client()
        while True:
            with turn:
                places = next(waiting, None)
            if places is None:
                break
            content = ask(connection, [lines[at] for at in places])
            if content != b'{"results":[%b],"errors":0}\n' % b",".join(expected[at] for at in places):
                wrong.extend(places)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if wrong:
        raise SystemExit(f"{len(wrong)} answers differ from the export: {sorted(wrong)[:10]}")
    return len(lines) / seconds


def load(server: Server, lines: Sequence[str], rate: float) -> list[float]:
    """Latencies in seconds of single claims that come at this rate."""
    rng = random.Random(0)
    due, moments = 0.0, []
    while due < SECONDS:
        moments.append(due)
        due += rng.expovariate(rate)
    started = time.perf_counter()

    def one(job: tuple[int, float]) -> float:
        number, moment = job
        while (left := started + moment - time.perf_counter()) > 0:
            time.sleep(left)
        connection = server.client()
        ask(connection, [lines[number % len(lines)]])
        connection.close()
        return time.perf_counter() - started - moment

    with ThreadPoolExecutor(128) as pool:
        return list(pool.map(one, enumerate(moments)))


class Job:
    """The batch job, in a process that loads its model once and then works when it is told to."""

    def __init__(self, claims: Path, index: Path) -> None:
        command = [sys.executable, __file__, "--worker", str(claims), str(index)]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._line()

    def _line(self) -> str:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            raise SystemExit("the batch job ended")
        return line

    def run(self, number: int) -> dict[str, float]:
        """Seconds of one run, whole and of its verdicts alone."""
        assert self.child.stdin is not None
        self.child.stdin.write(f"{number}\n")
        self.child.stdin.flush()
        found: dict[str, float] = json.loads(self._line())
        return found

    def end(self) -> None:
        """Stop it."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait()


def work(claims: Path, index: Path) -> None:
    """Be the batch job."""
    import shutil

    import factcheck.jobs.verify as job
    from factcheck import nli
    from factcheck.config import Settings
    from factcheck.formats.export import export
    from factcheck.run.ledger import Ledger

    settings = Settings(index=str(index), cache=False, evidence="corpus")
    scorer = nli.load(settings.model)
    scorer.score([("The service starts.", "The service starts.")])
    decide, took = job.decide, [0.0]

    def timed(*arguments: Any) -> bool:
        started = time.perf_counter()
        finished = decide(*arguments)
        took[0] = time.perf_counter() - started
        return finished

    job.decide = timed
    print("ready", flush=True)
    for line in sys.stdin:
        folder = WORK / f"run-{line.strip()}"
        shutil.rmtree(folder, ignore_errors=True)
        started = time.perf_counter()
        job.run_job(claims, folder, settings, scorer=scorer)
        whole = time.perf_counter() - started
        with Ledger(folder) as ledger:
            export(ledger.verdicts, "jsonl", WORK / "expected.jsonl")
        print(json.dumps({"whole": whole, "verdicts": took[0]}), flush=True)


@contextmanager
def ending(process: Any) -> Iterator[Any]:
    """A process that ends with the block."""
    try:
        yield process
    finally:
        process.end()


def prepared() -> tuple[str, Path, list[str], list[str], Path]:
    """Name of the set, its claims as a file and as lines, others to warm up with, and the index."""
    from factcheck.config import Settings
    from factcheck.jobs.progress import Silent
    from factcheck.jobs.sources import index_corpus

    name, claims, texts = collection()
    WORK.mkdir(parents=True, exist_ok=True)
    every = claims.read_text("utf-8").splitlines()
    lines, others = every[:CLAIMS], list(islice(reversed(every), WARM))
    chosen = WORK / "claims.jsonl"
    chosen.write_text("\n".join(lines) + "\n", "utf-8")
    index_corpus(str(texts), WORK / "idx", Settings(), Silent())
    return name, chosen, lines, others, WORK / "idx"


def measure_saturation() -> dict[str, Any]:
    """Claims a second of the batch job and of each way to ask, by round."""
    name, claims, lines, others, index = prepared()
    found: dict[str, list[float]] = {}
    with ExitStack() as stack:
        job = stack.enter_context(ending(Job(claims, index)))
        servers = {
            batch: stack.enter_context(ending(Server(index, batch))) for batch in sorted({way[0] for way in WAYS})
        }
        job.run(0)  # warm, and what is expected
        expected = (WORK / "expected.jsonl").read_bytes().splitlines()
        for server in servers.values():
            connection = server.client()
            ask(connection, others)
            connection.close()
        before = servers[64].memory()
        for number in range(ROUNDS):
            order = [None, *WAYS]
            for way in order if number % 2 == 0 else reversed(order):
                if way is None:
                    took = job.run(number + 1)
                    found.setdefault("batch job", []).append(len(lines) / took["verdicts"])
                    found.setdefault("batch job, whole", []).append(len(lines) / took["whole"])
                    continue
                batch, clients, size = way
                case = f"{batch}, {clients} clients of {size} claim{'s' * (size > 1)}"
                found.setdefault(case, []).append(saturate(servers[batch], lines, expected, clients, size))
                print(case, found[case], flush=True)
        memory = {"before": round(before), "after": round(servers[64].memory())}
    return {"set": name, "claims": len(lines), "rates": found, "memory_mb": memory}


def measure_load(rate: float) -> dict[str, Any]:
    """Latencies in milliseconds at shares of a rate."""
    _, _, lines, others, index = prepared()
    found = {}
    with ending(Server(index, 64)) as server:
        connection = server.client()
        ask(connection, others)
        connection.close()
        for share in PREDICTED_MS:
            latencies = [1000 * one for one in load(server, lines, share * rate)]
            cuts = statistics.quantiles(latencies, n=100, method="inclusive")
            found[str(share)] = {
                "requests": len(latencies),
                "rate": share * rate,
                "p50": cuts[49],
                "p95": cuts[94],
                "p99": cuts[98],
                "greatest": max(latencies),
            }
            print(share, found[str(share)], flush=True)
    return found


def rows(kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Result rows of what was measured."""
    saturation = kept.get("saturation")
    if saturation is None:
        return
    rates = saturation["rates"]
    facts = {"set": saturation["set"], "claims": saturation["claims"], "rounds": ROUNDS}
    whole = spread(rates["batch job, whole"]).median
    base = spread(rates["batch job"])
    metrics = {"claims_per_second": base.median, "whole_claims_per_second": whole}
    yield row("serve", "batch job", metrics, spread=base[1:], **facts)
    for case, predicted in PREDICTED.items():
        one = spread(rates[case])
        metrics = {"claims_per_second": one.median, "ratio": round(one.median / base.median, 3)}
        more = {"memory_mb": saturation["memory_mb"]} if case.startswith("64, 256") else {}
        yield row("serve", f"batches of {case}", metrics, spread=one[1:], predicted_ratio=predicted, **facts, **more)
    for share, one in kept.get("load", {}).items():
        metrics = {f"{name}_ms": round(one[name], 1) for name in ("p50", "p95", "p99")}
        more = {"requests": one["requests"], "rate": round(one["rate"], 2), "greatest_ms": round(one["greatest"], 1)}
        yield row("serve", f"load {share}", metrics, predicted_ms=PREDICTED_MS[float(share)], **more)


def main() -> None:
    """Measure the parts asked for, keep them, and write `results/serve.jsonl` from all that are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without it")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    WORK.mkdir(parents=True, exist_ok=True)
    file = WORK / "measured.json"
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for part in args.parts or PARTS:
        if part == "saturation":
            kept[part] = measure_saturation()
        else:
            kept[part] = measure_load(statistics.median(kept["saturation"]["rates"]["64, 256 clients of 1 claim"]))
        file.write_text(json.dumps(kept, indent=1), "utf-8")
    print(write_rows("serve", list(rows(kept)), args.out))


if __name__ == "__main__":
    os.environ.setdefault("FACTCHECK_CACHE", str(WORK / "cache"))
    if sys.argv[1:2] == ["--worker"]:
        work(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
