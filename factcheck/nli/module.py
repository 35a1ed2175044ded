"""Computes any Hugging Face sequence classifier, as its own module, in fixed shapes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import torch

from factcheck.errors import ModelError
from factcheck.nli.batches import SHAPES_VERSION, Batch, Plan, ShapeTable, plan_shapes
from factcheck.nli.encoding import EncodedPair

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_log = logging.getLogger("factcheck")


@dataclass(frozen=True, slots=True)
class Padding:
    """How the inputs of a network are padded."""

    id: int
    left: bool
    type_ids: bool  # whether the network is told which text each token belongs to


def module_class(precision: str, device: str) -> str:
    """The numeric class of a backend on this kind of device."""
    return f"torch/{precision}/{device}/shapes-{SHAPES_VERSION}"


class ModuleBackend:
    """A `Backend` on transformers' own module: for all architectures, and slower than one that is made for its own.

    Where its device runs out of memory, batches have half as many rows from then on. The bits of a score may follow
    the number of rows, and the numeric class does not name it: so `halvings` is counted, and a run's manifest shows it.
    This was tested with a network that refuses rows on a CPU, not on a GPU.
    """

    def __init__(self, network: "PreTrainedModel", shapes: ShapeTable, padding: Padding, *, precision: str) -> None:
        self._network, self._shapes, self._padding = network, shapes, padding
        self._device = torch.device(network.device)
        self.numeric_class = module_class(precision, self._device.type)
        self.max_tokens = shapes.max_tokens
        self.parallel = self._device.type == "cpu"
        self.halvings = 0
        self._lock = Lock()

    def plan(self, token_counts: Sequence[int]) -> Plan:
        """Batches of the network's table of shapes."""
        return plan_shapes(token_counts, self._shapes)

    @torch.inference_mode()
    def compute(self, pairs: Sequence[EncodedPair], batch: Batch) -> torch.Tensor:
        """The raw outputs of a batch's members; see `Backend.compute`.

        Raises:
            ModelError: The device has too little memory for one pair.
        """
        while True:
            rows = min(batch.rows, self._shapes.rows_for(batch.length))
            parts = [pairs[start : start + rows] for start in range(0, len(pairs), rows)]
            try:
                return torch.cat([self._outputs(part, batch.length, rows) for part in parts])
            except torch.cuda.OutOfMemoryError as error:
                refused = str(error)
            self._halve(rows, batch.length, refused)  # out of the handler, which holds on to the memory that was had

    def _outputs(self, pairs: Sequence[EncodedPair], length: int, rows: int) -> torch.Tensor:
        filled = [*pairs, *[pairs[-1]] * (rows - len(pairs))]
        inputs = {
            "input_ids": self._grid([pair.ids for pair in filled], length, self._padding.id),
            "attention_mask": self._grid([[1] * len(pair.ids) for pair in filled], length, 0),
        }
        if self._padding.type_ids:
            inputs["token_type_ids"] = self._grid([pair.type_ids for pair in filled], length, 0)
        logits: torch.Tensor = self._network(**inputs).logits
        return logits[: len(pairs)].double()

    def _halve(self, rows: int, length: int, refused: str) -> None:
        """Halve the rows of all lengths, unless another thread has done so since `rows` of this length were tried."""
        if rows == 1:
            found = f"too little memory for one pair of {length} tokens: {refused}"
            raise ModelError(f"device {self._device}", found, "use --device cpu, or a smaller model")
        with self._lock:
            if self._shapes.rows_for(length) < rows:
                return
            self._shapes = replace(self._shapes, rows=tuple(max(1, each // 2) for each in self._shapes.rows))
            self.halvings += 1
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # what is kept for batches of the old size may not fit one of the new
        if self.halvings == 1:
            _log.warning(
                "device %s ran out of memory with %d pairs of %d tokens: from now on batches are smaller, and scores "
                "may differ in their last bits from those of larger ones",
                *(self._device, rows, length),
            )

    def _grid(self, rows: Sequence[list[int]], length: int, fill: int) -> torch.Tensor:
        padded = [(row, [fill] * (length - len(row))) for row in rows]
        values = [pad + row if self._padding.left else row + pad for row, pad in padded]
        grid = torch.tensor(values, dtype=torch.int64)
        if self.parallel:
            return grid
        return grid.pin_memory().to(self._device, non_blocking=True)  # the copy runs beside the batch before
