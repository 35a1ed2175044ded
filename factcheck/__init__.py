"""factcheck: do your own documents support or contradict a claim?

    from factcheck import FactChecker

    checker = FactChecker.load(corpus="reports/")
    for verdict in checker.verify(["Revenue grew by 12 percent in 2024."]):
        print(verdict.label, verdict.evidence[0].passage.quote)

Importing this package loads no model library and no database; they come with the first thing that needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from factcheck.checker import FactChecker, Verdicts, to_pandas
    from factcheck.config import Settings
    from factcheck.errors import (
        ClaimsError,
        ConfigError,
        CorpusError,
        DocumentError,
        FactcheckError,
        ModelError,
        RunError,
        ScoreError,
    )
    from factcheck.formats import read_claims
    from factcheck.types import (
        Claim,
        Context,
        Evidence,
        EvidenceFrom,
        Hit,
        Label,
        NLIScores,
        Passage,
        Reason,
        Source,
        Stance,
        Verdict,
    )

_HOMES = {
    "checker": ("FactChecker", "Verdicts", "to_pandas"),
    "config": ("Settings",),
    "errors": (
        *("ClaimsError", "ConfigError", "CorpusError", "DocumentError"),
        *("FactcheckError", "ModelError", "RunError", "ScoreError"),
    ),
    "formats": ("read_claims",),
    "types": (
        *("Claim", "Context", "Evidence", "EvidenceFrom", "Hit", "Label"),
        *("NLIScores", "Passage", "Reason", "Source", "Stance", "Verdict"),
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Claim",
    "ClaimsError",
    "ConfigError",
    "Context",
    "CorpusError",
    "DocumentError",
    "Evidence",
    "EvidenceFrom",
    "FactChecker",
    "FactcheckError",
    "Hit",
    "Label",
    "ModelError",
    "NLIScores",
    "Passage",
    "Reason",
    "RunError",
    "ScoreError",
    "Settings",
    "Source",
    "Stance",
    "Verdict",
    "Verdicts",
    "read_claims",
    "to_pandas",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (any of the public names)
    """Import a public name when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'factcheck' has no attribute {name!r}")
    return getattr(import_module(f"factcheck.{_HOME_OF[name]}"), name)
