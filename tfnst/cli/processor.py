"""What the processor can do quickly, and a remark where it cannot."""

from __future__ import annotations

from pathlib import Path

from tfnst.cli import terminal

_CPU_INFO = Path("/proc/cpuinfo")  # of Linux


def remark_on_precision(precision: str, device: str) -> None:
    """Say so before slow work begins: a processor without bfloat16 takes about five times as long.

    Says nothing where the work is a GPU's, or where it is not known what the processor can do.
    """
    if precision != "bfloat16":
        return
    import tensorflow as tf

    if device.lower() != "cpu" and tf.config.list_physical_devices("GPU"):
        return
    if _computes_bfloat16() is False:
        terminal.remark(
            "this processor computes bfloat16 by detours; --precision float32 is much faster"
        )


def _computes_bfloat16() -> bool | None:
    """Whether the processor has instructions for it: AVX-512's, AMX's or ARM's; None if unknown."""
    try:
        lines = _CPU_INFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    flags = [
        line.split(":")[-1].split() for line in lines if line.startswith(("flags", "Features"))
    ]
    wanted = {"avx512_bf16", "amx_bf16", "bf16"}
    return bool(wanted.intersection(flags[0])) if flags else None
