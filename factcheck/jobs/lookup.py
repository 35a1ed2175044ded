"""Verdicts of a run by the names that people have for claims: the id, or the place in the claims file."""

import difflib
import heapq
from collections.abc import Iterator, Sequence
from itertools import islice

from factcheck.errors import RunError
from factcheck.run.ledger import Ledger
from factcheck.types import Verdict

_LOOKED_AT = 200_000  # ids, for those that are like a wrong one
_COMPARED = 300  # of them, character by character
_LONGEST = 200  # characters of an id that is compared
_SHOWN = 60  # characters of an id in a message


def look_up(ledger: Ledger, names: Sequence[str]) -> Iterator[Verdict | RunError]:
    """For each name its verdict, or why there is none, in the order of the names.

    A name is the id of a claim, or else a place such as `claims.csv:17`, at which several claims may stand: the
    sentences of one text.
    """
    for name in names:
        claim_ids = ledger.named(name)
        if not claim_ids:
            yield _unknown(ledger, name)
        for claim_id in claim_ids:
            yield ledger.verdict(claim_id) or _undecided(ledger, claim_id)


def _undecided(ledger: Ledger, claim_id: str) -> RunError:
    done, total = ledger.progress()
    found = f"claim {_shown(claim_id)} has no verdict yet ({done:,} of {total:,} claims have one)"
    return RunError(ledger.folder, found, "go on with the run by the command that began it")


def _unknown(ledger: Ledger, name: str) -> RunError:
    near = _near(name, ledger.ids())
    hint = f"did you mean {' or '.join(map(_shown, near))}? " if near else ""
    listing = f"`factcheck export {ledger.folder} --to csv` lists the ids"
    return RunError(ledger.folder, f"no claim is called {_shown(name)}", hint + listing)


def _near(name: str, ids: Iterator[str]) -> list[str]:
    """Up to three ids that look like the name, best first.

    Comparing is slow, so only those are compared that share the longest beginning and end with it.
    """
    if len(name) > _LONGEST:
        return []
    wanted = name.casefold()
    known = (known for known in islice(ids, _LOOKED_AT) if len(known) <= _LONGEST)
    alike = heapq.nlargest(_COMPARED, known, key=lambda known: _shared(wanted, known.casefold()))
    spellings: dict[str, list[str]] = {}
    for one in alike:
        spellings.setdefault(one.casefold(), []).append(one)
    close = difflib.get_close_matches(wanted, spellings, n=3, cutoff=0.6)
    return [one for spelling in close for one in spellings[spelling]][:3]


def _shared(one: str, other: str) -> tuple[int, int]:
    """How many characters two texts have in common at their ends, then how near they are in length."""
    ends = _begin_alike(one, other) + _begin_alike(one[::-1], other[::-1])
    return ends, -abs(len(one) - len(other))


def _begin_alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (ours, theirs) in pairs if ours != theirs), min(len(one), len(other)))


def _shown(claim_id: str) -> str:
    return repr(claim_id if len(claim_id) <= _SHOWN else claim_id[: _SHOWN - 1] + "…")
