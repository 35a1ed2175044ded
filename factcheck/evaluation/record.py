"""What evaluation works on: a claim with its gold answer beside the verdict that was given."""

from dataclasses import dataclass

from factcheck.types import Claim, Gold, Label, Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """A claim that has a gold label, its verdict, and the `cluster` that is resampled as one.

    The cluster is the document or topic that claims share where a data set says so, else the claim's id.

    Raises:
        ValueError: The claim has no gold label.
    """

    claim: Claim
    verdict: Verdict
    cluster: str

    def __post_init__(self) -> None:
        if self.claim.gold is None or self.claim.gold.label is None:
            raise ValueError(f"claim {self.claim.id!r} has no gold label")

    @property
    def gold(self) -> Gold:
        """The gold answer."""
        if self.claim.gold is None:
            raise ValueError(f"claim {self.claim.id!r} has no gold label")
        return self.claim.gold

    @property
    def wanted(self) -> Label:
        """The gold label."""
        if self.gold.label is None:
            raise ValueError(f"claim {self.claim.id!r} has no gold label")
        return self.gold.label

    @property
    def right(self) -> bool:
        """Whether verdict and gold label agree."""
        return self.verdict.label is self.wanted
