"""What a result was computed on: the processor, and the releases of what computed it."""

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_VECTORS = ("avx", "amx", "fma", "f16c", "sse4", "asimd", "sve", "bf16", "i8mm", "fphp")


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of these packages; absent ones are left out."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def instruction_set() -> str:
    """Kind and maker of the processor, with the vector instructions that it has: what the bits of a sum depend on."""
    facts = cpu_facts()
    if facts is None:
        return f"{platform.machine()} {platform.processor()}".strip()
    flags = facts.get("flags") or facts.get("Features") or ""
    vectors = sorted(flag for flag in flags.split() if flag.startswith(_VECTORS))
    return " ".join([platform.machine(), facts.get("vendor_id", ""), *vectors])


def cpu_facts() -> dict[str, str] | None:
    """What Linux says of the first processor, by its names (`model name`, `flags`, …); None elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return None
    facts = (line.partition(":")[::2] for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, value in facts}
