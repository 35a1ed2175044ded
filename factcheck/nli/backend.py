"""What computes a model looks like to the scorer: batches of encoded pairs in, raw outputs out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from factcheck.nli.batches import Batch, Plan
from factcheck.nli.encoding import EncodedPair

if TYPE_CHECKING:
    import torch


class Backend(Protocol):
    """Computes one model in one precision on one device."""

    @property
    def numeric_class(self) -> str:
        """Backend, precision, device kind and way of batching; see `PairScorer.numeric_class`."""

    @property
    def max_tokens(self) -> int:
        """The most tokens a pair may have, special tokens included."""

    @property
    def parallel(self) -> bool:
        """Whether several batches are computed at once, each by one thread; else they are queued on a device."""

    @property
    def halvings(self) -> int:
        """How often batches became smaller by half, since the device ran out of memory."""

    def plan(self, token_counts: Sequence[int]) -> Plan:
        """Cut pairs of these token counts into batches whose shapes cannot change a pair's outputs."""

    def compute(self, pairs: Sequence[EncodedPair], batch: Batch) -> "torch.Tensor":
        """The raw outputs of a batch's members, (members, labels) in float64, still on the device.

        Args:
            pairs: The encoded pairs of `batch.members`, in that order.
            batch: The batch, of this backend's own plan.
        """
