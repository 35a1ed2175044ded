"""Whether a worker computes what the driver would: its own account of what it is, against the driver's."""

from collections.abc import Mapping

from factcheck.errors import FactcheckError, RunError
from factcheck.formats.records import short
from factcheck.types import JSON

ON_THE_BITS = ("numeric_class", "processor")
"""What changes the last bits of a score and nothing else: this may be allowed to differ."""
_FIXES = {
    "factcheck": "install the same version of factcheck on every node",
    "versions": "install the same versions on every node",
    "model": "put the same model on every node",
    "corpus": "let every node open the same index",
}
_OTHERWISE = "start every node with the same installation and the same files"
_ALLOW = "use nodes of one kind, name a --precision that all of them have, or give up equal bytes with --allow-mixed"


def differences(driver: Mapping[str, JSON], worker: Mapping[str, JSON]) -> dict[str, tuple[JSON, JSON]]:
    """By name, both values of what is not the same; what holds several is looked into."""
    found: dict[str, tuple[JSON, JSON]] = {}
    for name in {**driver, **worker}:
        ours, theirs = driver.get(name), worker.get(name)
        if ours == theirs:
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            found |= {f"{name}.{inner}": values for inner, values in differences(ours, theirs).items()}
        else:
            found[name] = (ours, theirs)
    return found


def agree(driver: Mapping[str, JSON], worker: Mapping[str, JSON], *, node: str, allow_mixed: bool) -> str:
    """What of a worker's differs in the last bits, in words where that is allowed; empty where nothing differs.

    Raises:
        RunError: The worker would compute something else than the driver.
    """
    found = differences(driver, worker)
    if not found:
        return ""
    wrong = {name: values for name, values in found.items() if name.partition(".")[0] not in ON_THE_BITS}
    if not wrong and allow_mixed:
        return ", ".join(f"{name} {theirs}" for name, (_, theirs) in found.items())
    first = next(iter(wrong or found)).partition(".")[0]
    fix = _FIXES.get(first, _OTHERWISE) if wrong else _ALLOW
    raise RunError(f"node {node}", f"its worker is not like the driver: {_told(wrong or found)}", fix)


def _told(found: Mapping[str, tuple[JSON, JSON]]) -> str:
    return ", ".join(
        f"{name} is {_value(theirs, ours)}, here {_value(ours, theirs)}" for name, (ours, theirs) in found.items()
    )


def _value(value: JSON, other: JSON) -> str:
    """A value in few words; of two long lists of words, those that the other lacks."""
    if isinstance(value, str) and isinstance(other, str) and (own := set(value.split()) - set(other.split())):
        return short(" ".join(word for word in value.split() if word in own) if " " in value else value)
    return short(value)


def from_node(error: FactcheckError, node: str) -> FactcheckError:
    """An error of a worker, which says on which node it was."""
    return type(error)(f"node {node}: {error.where}", error.found, error.fix)
