"""What a run says of how its verdicts came about, as far as an audit goes by it."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

from factcheck.jobs.bench import METHOD
from factcheck.types import Claim, EvidenceFrom, Source
from factcheck.verdict.decide import Rule
from factcheck.verdict.periods import by


@dataclass(frozen=True, slots=True)
class Terms:
    """The part of a run's identity that its verdicts can be derived again with."""

    rule: Rule
    staged: bool
    evidence_from: EvidenceFrom | None
    language: str
    same_method: bool  # whether this version decides as the one that made the run
    same_splitter: bool  # whether sentences are cut as they were for the run
    as_of: str = ""  # documents of the corpus that are dated later were left out

    @classmethod
    def of(cls, identity: Any) -> Self:  # noqa: ANN401 (whatever the ledger holds)
        """The terms that an identity states.

        Raises:
            KeyError, TypeError, ValueError: It is no identity of a run.
        """
        evidence = identity["evidence"]
        return cls(
            rule=Rule.of(identity),
            staged=bool(identity["stages"]),
            evidence_from=None if evidence == "auto" else EvidenceFrom(evidence),
            language=str(identity["language"]),
            same_method=identity["method"] == METHOD,
            same_splitter=identity["versions"].get("sentencex") == version("sentencex"),
            as_of=str(identity.get("as_of") or ""),
        )

    def is_later(self, source: Source) -> bool:
        """Whether a document of the corpus is dated later than the run was to look."""
        return not by(self.as_of, source.date)

    def source_of(self, claim: Claim) -> EvidenceFrom:
        """Where the evidence of a claim was looked for."""
        if self.evidence_from is not None:
            return self.evidence_from
        return EvidenceFrom.GIVEN if claim.contexts or claim.doc_ids else EvidenceFrom.CORPUS
