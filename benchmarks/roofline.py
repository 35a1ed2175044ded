"""How near scoring comes to what this machine's matrix units can do: `results/roofline.jsonl`.

    python benchmarks/roofline.py [--pairs 2048] [--rounds 3]

The limit of a precision is the best rate that any matrix product reached here in it, over the model's own shapes and
larger ones and over the kernels that PyTorch has, before and after scoring. The work is what the whole model takes
for the real tokens of the pairs: padding is no work, and layers that are computed for fewer tokens than there are
count in full. So the share is of a model that does everything, on tokens that matter.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from common import RESULTS, alternate, clock, draw, mixed_set, row, spread, token_counts, write_rows

PRECISIONS = ("fp32", "bf16", "int8")
ROUNDS = 20  # of one product; the fastest counts


class Shape(NamedTuple):
    """Of a linear layer: rows, outputs, inputs."""

    rows: int
    outputs: int
    inputs: int

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.outputs * self.inputs


class Bert(NamedTuple):
    """The sizes of a BERT classifier that decide its work."""

    layers: int
    hidden: int
    inner: int
    labels: int

    def operations(self, lengths: list[int]) -> int:
        """Multiplications and additions for pairs of these numbers of real tokens.

        A layer has four products of hidden by hidden, two of hidden by inner, and attention: each token's query with
        each key, and the sum of values. Pooler and classifier see one token a pair. Embeddings are looked up; biases,
        norms, softmax and GELU are left out, as of any matrix product's rate.
        """
        linear = 2 * (4 * self.hidden**2 + 2 * self.hidden * self.inner)
        head = 2 * self.hidden**2 + 2 * self.hidden * self.labels
        return sum(self.layers * (linear * length + 4 * self.hidden * length**2) + head for length in lengths)

    def shapes(self) -> list[Shape]:
        """Of its layers with 512 rows, and larger ones."""
        own = [(3 * self.hidden, self.hidden), (self.hidden, self.hidden)]
        own += [(self.inner, self.hidden), (self.hidden, self.inner)]
        large = [Shape(1024, 1024, 1024), Shape(2048, 2048, 2048), Shape(512, 4096, 4096)]
        return [Shape(512, *sizes) for sizes in own] + large


class Rate(NamedTuple):
    """The best rate of a precision in operations a second, and where it was reached."""

    per_second: float
    kernel: str
    shape: Shape


def bundled_model() -> Bert:
    """The sizes of nli-mini."""
    from transformers import AutoConfig

    from factcheck.assets import asset

    config = AutoConfig.from_pretrained(asset("models/nli-mini"))
    return Bert(config.num_hidden_layers, config.hidden_size, config.intermediate_size, config.num_labels)


def peak(precision: str, shapes: list[Shape]) -> Rate:
    """The best rate of matrix products in this precision."""
    import torch

    kernels = {"fp32": fp32_kernels, "bf16": bf16_kernels, "int8": int8_kernels}[precision]
    with torch.inference_mode():
        return max(
            Rate(shape.operations / fastest(work), kernel, shape) for shape in shapes for kernel, work in kernels(shape)
        )


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some calls; a product is short, and whatever else the machine does only slows it."""
    for _ in range(3):
        work()
    return min(clock(work) for _ in range(ROUNDS))


def fp32_kernels(shape: Shape) -> Iterator[tuple[str, Callable[[], object]]]:
    """Products in fp32."""
    import torch

    x, w = torch.randn(shape.rows, shape.inputs), torch.randn(shape.outputs, shape.inputs)
    yield "F.linear", lambda: torch.nn.functional.linear(x, w)


def bf16_kernels(shape: Shape) -> Iterator[tuple[str, Callable[[], object]]]:
    """Products in bf16: PyTorch's, and oneDNN's with weights packed beforehand."""
    import torch

    x = torch.randn(shape.rows, shape.inputs).bfloat16()
    w, bias = torch.randn(shape.outputs, shape.inputs).bfloat16(), torch.randn(shape.outputs).bfloat16()
    packed = torch.ops.mkldnn._reorder_linear_weight(w, shape.rows)
    yield "F.linear", lambda: torch.nn.functional.linear(x, w)
    yield "mkldnn._linear_pointwise", lambda: torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")


def int8_kernels(shape: Shape) -> Iterator[tuple[str, Callable[[], object]]]:
    """Products in int8: to int32, and oneDNN's that scale their result into each output type."""
    import torch

    w = torch.randint(-127, 128, (shape.outputs, shape.inputs), dtype=torch.int8)
    signed = torch.randint(-127, 128, (shape.rows, shape.inputs), dtype=torch.int8)
    across = w.t().contiguous()
    yield "_int_mm", lambda: torch._int_mm(signed, across)
    x = torch.randint(0, 256, (shape.rows, shape.inputs), dtype=torch.uint8)
    packed = torch.ops.onednn.qlinear_prepack(w, [shape.rows, shape.inputs])
    scales, zeros = torch.full((shape.outputs,), 0.01), torch.zeros(shape.outputs, dtype=torch.int32)
    bias = torch.randn(shape.outputs)

    def scaled(out: torch.dtype) -> Callable[[], object]:
        return lambda: torch.ops.onednn.qlinear_pointwise(
            x, 0.01, 128, packed, scales, zeros, bias, 1.0, 0, out, "none", [], ""
        )

    for out in (torch.float32, torch.bfloat16, torch.uint8):
        yield f"onednn.qlinear_pointwise to {out}", scaled(out)


def main() -> None:
    """Measure the limits and the scoring, and write the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=2048, help="of the mixed set, a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", action="append", help=f"one of {', '.join(PRECISIONS)}; all without it")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result file")
    args = parser.parse_args()
    wanted = args.precision or PRECISIONS
    model, mixed = bundled_model(), mixed_set()
    counts = token_counts(mixed.pairs)
    samples = [draw(counts, args.pairs, number) for number in range(args.rounds)]
    work = [model.operations([counts[at] for at in sample]) for sample in samples]
    before = {precision: peak(precision, model.shapes()) for precision in wanted}
    scorers = loaded(wanted)

    def seconds(precision: str, number: int) -> float:
        pairs = [mixed.pairs[at] for at in samples[number]]
        return clock(lambda: scorers[precision].score(pairs))

    runs = {precision: lambda number, precision=precision: seconds(precision, number) for precision in scorers}
    taken = alternate(runs, args.rounds)
    rows = []
    for precision in wanted:
        best = max(before[precision], peak(precision, model.shapes()))
        metrics = {"peak_gop_per_second": round(best.per_second / 1e9, 1)}
        facts: dict[str, object] = {"kernel": best.kernel, "shape": list(best.shape)}
        if precision in scorers:
            rates = [done / spent for done, spent in zip(work, taken[precision], strict=True)]
            share = spread([rate / best.per_second for rate in rates])
            metrics |= {"scoring_gop_per_second": round(spread(rates).median / 1e9, 1), "share": share.median}
            facts |= {
                "share_spread": [share.least, share.greatest],
                "numeric_class": scorers[precision].numeric_class,
                "pairs": args.pairs,
                "set": mixed.name,
                "megaflop_a_token": round(sum(work) / sum(counts[at] for one in samples for at in one) / 1e6, 3),
            }
        rows.append(row("roofline", precision, metrics, **facts))
        print(precision, metrics, facts)
    print(write_rows("roofline", rows, args.out))


def loaded(precisions: list[str]) -> dict[str, object]:
    """Our scorers in those precisions that there are, warm."""
    from factcheck.errors import ModelError
    from factcheck.nli import load

    found = {}
    for precision in precisions:
        try:
            found[precision] = load(precision=precision)
            found[precision].score([("It rains.", "It is wet.")])
        except ModelError as error:
            found.pop(precision, None)
            print(f"{precision}: {error}")
    return found


if __name__ == "__main__":
    main()
