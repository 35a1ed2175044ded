"""Write the pairs of the quality gate, `claims/gate-pairs.json`: what retrieval shows the model of our collections.

    python benchmarks/gate_pairs.py

Every claim of every collection, with the premises that a job with default settings finds for it, best first. To be run
again where a collection, the sentence boundaries or the retrieval changed; `tests/nli/test_gate.py` fails until it is.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from factcheck.config import Settings
from factcheck.formats import read_claims
from factcheck.jobs.sources import open_finder

ROOT = Path(__file__).parent.parent
OUT = ROOT / "claims/gate-pairs.json"


def retrieved(work: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each claim with its premises, by collection and claim; indexes are built in the folder `work`."""
    for path in sorted(ROOT.glob("claims/*/claims.jsonl")):
        settings = Settings(corpus=str(path.parent / "documents"), index=str(work / path.parent.name))
        claims = list(read_claims(path))
        for claim, found in zip(claims, open_finder(settings).finder.find(claims), strict=True):
            yield claim.text, tuple(hit.passage.premise for hit in found.hits)


def document() -> str:
    """The text of the file: all premises, one a line, then each claim with the indices of its premises."""
    with tempfile.TemporaryDirectory() as work:
        found = list(retrieved(Path(work)))
    premises = {text: None for _, texts in found for text in texts}
    index = {text: at for at, text in enumerate(premises)}
    claims = [[claim, [index[text] for text in texts]] for claim, texts in found]
    parts = {"premises": list(premises), "claims": claims}
    return "{" + ",".join(f'"{name}":[\n{_lines(values)}\n]' for name, values in parts.items()) + "}\n"


def _lines(values: list) -> str:
    return ",\n".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)


if __name__ == "__main__":
    OUT.write_text(document(), "utf-8")
