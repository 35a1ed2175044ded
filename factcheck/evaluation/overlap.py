"""Which claims a model saw in training, by the digests that its folder carries.

`training-claims.bin` holds the first six bytes of the SHA-256 of every training claim, in lower case and without
punctuation, sorted and without separators; `training-claims-masked.bin` the same of the claims with a mark in place of
each figure and each month.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from factcheck.errors import ModelError

PLAIN: Final = "training-claims.bin"
MASKED: Final = "training-claims-masked.bin"
_WIDTH: Final = 6
_MONTHS: Final = frozenset(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)


def plain(claim: str) -> str:
    """The claim's words in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", claim.casefold()))


def masked(claim: str) -> str:
    """What two claims share that differ in figures and months at most."""
    words = ["#" if word[0].isdigit() else "month" if word in _MONTHS else word for word in plain(claim).split()]
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class TrainingClaims:
    """The digests of the claims that a model was trained on; None where its folder has no file of them."""

    same: frozenset[bytes] | None
    alike: frozenset[bytes] | None

    @classmethod
    def of(cls, folder: Path | None) -> "TrainingClaims":
        """Those of a model's folder; of nothing where it has none, as a model that was made in memory.

        Raises:
            ModelError: A file is torn.
        """
        return cls(None, None) if folder is None else cls(_read(folder / PLAIN), _read(folder / MASKED))

    @property
    def note(self) -> str:
        """What the digests do not tell; empty where there are both."""
        if self.same is None:
            return f"the model brings no {PLAIN}: whether it saw these claims in training is not known"
        if self.alike is None:
            return f"the model brings no {MASKED}: claims with other figures or months are not looked for"
        return ""

    def seen(self, claims: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
        """Ids of those claims that were in training as they are, and of those that were there with other figures.

        Args:
            claims: Texts by id.
        """
        same = frozenset(at for at, text in claims.items() if _digest(plain(text)) in (self.same or ()))
        rest = ((at, text) for at, text in claims.items() if at not in same)
        return same, frozenset(at for at, text in rest if _digest(masked(text)) in (self.alike or ()))


def add(folder: Path, claims: Iterable[str]) -> None:
    """Add claims that a model was trained on to both files.

    Raises:
        ModelError: A file is torn.
    """
    texts, before = list(claims), TrainingClaims.of(folder)
    for name, form, known in ((PLAIN, plain, before.same), (MASKED, masked, before.alike)):
        digests = {_digest(form(text)) for text in texts} | (known or frozenset())
        (folder / name).write_bytes(b"".join(sorted(digests)))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:_WIDTH]


def _read(path: Path) -> frozenset[bytes] | None:
    if not path.is_file():
        return None
    content = path.read_bytes()
    if len(content) % _WIDTH:
        raise ModelError(path, f"{len(content):,} bytes are no whole number of digests", "fetch the model again")
    return frozenset(content[start : start + _WIDTH] for start in range(0, len(content), _WIDTH))
