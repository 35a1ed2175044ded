"""Reading the claims of a job into its ledger: good ones in, bad ones told or passed over, other ones refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TextIO

from factcheck.config import Settings
from factcheck.errors import ClaimsError, RunError
from factcheck.formats import Rejected, check_source, read_claims
from factcheck.formats.records import to_json
from factcheck.jobs.bench import Workbench
from factcheck.run.ledger import NOTHING_LOST, Ledger, claim_line
from factcheck.types import Claim

REJECTED = "rejected.jsonl"
_CHECKED_TOGETHER = 256
_LOOKED_AT = 1000  # claims


def look_at(claims: str | Path, settings: Settings) -> None:
    """Refuse what can be told from the first claims before the corpus is read and the model loaded."""
    check_source(claims)
    if claims != "-" and Path(claims).is_file():  # a pipe can be read once only
        first = _read(claims, settings, None if settings.on_error == "stop" else lambda _: None)
        for _ in islice(first, _LOOKED_AT):
            pass


def ingest(source: str | Path, ledger: Ledger, bench: Workbench) -> int:
    """Read and check all claims, store those of a new run, refuse a resumed run whose claims changed."""
    skip = bench.settings.on_error == "skip"
    count = refused = 0
    read = sha256()
    with _rejected_file(ledger.folder / REJECTED, wanted=skip) as file:

        def reject(rejected: Rejected) -> None:
            nonlocal count
            count += 1
            assert file is not None
            file.write(rejected.to_json() + "\n")

        def good() -> Iterator[Claim]:
            nonlocal refused
            stream = _read(source, bench.settings, reject if skip else None)
            while chunk := list(islice(stream, _CHECKED_TOGETHER)):
                for claim, error in zip(chunk, bench.check(chunk), strict=True):
                    read.update(claim_line(claim))
                    if error is None:
                        yield claim
                    elif skip:
                        refused += 1
                        reject(_rejected(claim, error))
                    else:
                        raise error

        stored = ledger.get("claims") if ledger.progress()[1] else None
        digest = ledger.ingest(good())
        if stored is not None and stored != digest:
            raise _other_claims(ledger)
    if ledger.progress()[1] == 0:
        found = f"none of its {count} records is a claim that can be used"
        raise ClaimsError(source, found, f"see {ledger.folder / REJECTED}")
    ledger.put("read", {"digest": read.hexdigest(), "refused": refused})
    return count


@contextmanager
def _rejected_file(path: Path, *, wanted: bool) -> Iterator[TextIO | None]:
    """A file that takes the place of `path` when all is read, or nothing where it is not wanted."""
    if not wanted:
        yield None
        return
    beside = path.with_suffix(".new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
        beside.replace(path)
    except OSError as error:
        raise RunError(path, f"cannot be written: {error.strerror or error}", NOTHING_LOST) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def compare_claims(source: str | Path, ledger: Ledger, settings: Settings) -> int:
    """Read all claims and refuse others than those the run was begun with; gives how many records are rejected.

    Which of them the model or the corpus refuse was found out then, and these are the same.
    """
    recorded = ledger.get("read")
    assert isinstance(recorded, dict)
    count = 0

    def reject(_: Rejected) -> None:
        nonlocal count
        count += 1

    digest = sha256()
    for claim in _read(source, settings, reject if settings.on_error == "skip" else None):
        digest.update(claim_line(claim))
    if recorded["digest"] != digest.hexdigest():
        raise _other_claims(ledger)
    refused = recorded["refused"]
    assert isinstance(refused, int)
    return count + refused


def _other_claims(ledger: Ledger) -> RunError:
    return RunError(ledger.folder, "the claims are not those of this run", "name another --run folder")


def _read(source: str | Path, settings: Settings, on_error: Callable[[Rejected], None] | None) -> Iterator[Claim]:
    return read_claims(
        source, format=settings.format, encoding=settings.encoding, language=settings.language, on_error=on_error
    )


def _rejected(claim: Claim, error: ClaimsError) -> Rejected:
    line = int(claim.place.rpartition(":")[2])
    return Rejected(claim.place, line, f"{error.found}; {error.fix}", to_json(dict(claim.input)))
