"""What the rule of a run says of each document alone."""

from collections.abc import Mapping, Sequence

from factcheck.errors import RunError
from factcheck.formats.reviewed import ByDocument
from factcheck.jobs.bench import METHOD
from factcheck.run.ledger import Ledger
from factcheck.types import Claim, Evidence, EvidenceFrom, Verdict
from factcheck.verdict.combine import as_object
from factcheck.verdict.decide import Rule
from factcheck.verdict.documents import by_document, decide_by


def run_by_document(ledger: Ledger) -> ByDocument:
    """What gives the verdict of a run's own rule on each document's evidence alone.

    Raises:
        RunError: The run does not say by which rule it decided, or that rule is not this version's.
    """
    fix = "make the run again in another folder"
    try:
        identity = as_object(ledger.get("identity"))
        rule, method = Rule.of(identity), identity["method"]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RunError(ledger.folder, "does not say by which rule its verdicts were decided", fix) from None
    if method != METHOD:
        what = "made by a version of factcheck that decides otherwise, so nothing can be told of a document alone"
        raise RunError(ledger.folder, what, f"export with that version, or {fix}")
    decide = decide_by(rule)

    def of(claim: Claim, evidence: Sequence[Evidence], origin: EvidenceFrom) -> Mapping[str, Verdict]:
        return by_document(claim, evidence, origin, decide)

    return of
