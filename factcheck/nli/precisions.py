"""The precisions that a model can be computed in, and what each of them needs."""

import torch

from factcheck.errors import ModelError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
PRECISIONS = (*DTYPES, "int8")
LOSSY_FASTEST_FIRST = {"cpu": ("int8", "bf16"), "cuda": ("bf16", "fp16")}

_INT8_INSTRUCTIONS = ("avx512_vnni", "avx_vnni")


def check_precision(precision: str, place: torch.device, *, bert: bool) -> None:
    """Refuse a precision that cannot be had; `bert` says whether `factcheck.nli.bert` computes the model.

    Raises:
        ModelError: There is no such precision, or not for this device or this model.
    """
    if precision not in PRECISIONS:
        raise ModelError(f"precision {precision!r}", "unknown", f"allowed are auto, {', '.join(PRECISIONS)}")
    if refusal := _refusal(precision, place, bert=bert):
        raise ModelError(f"precision {precision!r}", *refusal)


def lossy_precisions(place: torch.device, *, bert: bool) -> list[str]:
    """The lossy precisions that this device computes, fastest first."""
    return [name for name in LOSSY_FASTEST_FIRST[place.type] if _refusal(name, place, bert=bert) is None]


def _refusal(precision: str, place: torch.device, *, bert: bool) -> tuple[str, str] | None:
    """Why a precision cannot be had, and what to do; None where it can."""
    return _refusal_cpu(precision, bert=bert) if place.type == "cpu" else _refusal_cuda(precision, place)


def _refusal_cpu(precision: str, *, bert: bool) -> tuple[str, str] | None:
    if precision == "fp16":
        return "not on a CPU: its small range overflows, and few processors compute in it", "use fp32, bf16 or int8"
    if precision == "int8" and not bert:
        return "for BERT models only", "use fp32 or bf16"
    # Where torch cannot say what the processor has, it is a release that nothing lossy was tried with.
    has: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    wanted = {"bf16": ("avx512_bf16",), "int8": _INT8_INSTRUCTIONS}.get(precision, ())
    if wanted and not any(has.get(name) for name in wanted):
        return f"this processor lacks {' or '.join(wanted)}, so that it would be slower than fp32", "use fp32"
    return None


def _refusal_cuda(precision: str, place: torch.device) -> tuple[str, str] | None:
    if precision == "int8":
        return "for CPUs only", "use bf16 or fp16"
    if precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return f"{torch.cuda.get_device_name(place)} cannot", "use fp32 or fp16"
    return None
