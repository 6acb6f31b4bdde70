"""What memory one pass of a .tflite file takes.

A process of its own for each file, for the peak is that of a whole process.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tfnst.export import processes
from tfnst.files import FileError

STATUS = Path("/proc/self/status")  # Linux alone has it


def of_one_pass(file: Path, threads: int, side: int) -> float | None:
    """Megabytes that loading a file and one pass take; None where it is not Linux.

    `side` is that of the pictures of a file for any size, in pixels. Raises ValueError where the
    pass fails.
    """
    if not STATUS.exists():
        return None
    with tempfile.TemporaryDirectory() as temporary:
        answer = Path(temporary) / "megabytes"
        ended = processes.run_module("export.memory", file.resolve(), threads, side, answer)
        if ended.returncode:
            raise FileError(file, f"one pass in a process of its own failed ({threads} threads)")
        return round(float(answer.read_text("ascii")), 1)


def peak() -> float:
    """The most memory that this process held, in megabytes.

    Not `getrusage`, which starts from what the process held that started this one.
    """
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1000


def _main(file: str, threads: str, side: str, answer: str) -> None:
    from tfnst.export import lite

    before = peak()
    model = lite.Model(file, int(threads))
    model(**lite.random_inputs(model, int(side)))
    Path(answer).write_text(str(peak() - before), "ascii")


if __name__ == "__main__":
    _main(*sys.argv[1:])
