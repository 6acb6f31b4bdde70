"""How long .tflite files take and how much memory, measured in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfnst.export import memory
from tfnst.export.lite import Model, random_inputs

MOST_THREADS = 64  # threads: LiteRT fails without a word when the system gives no more


@dataclass(frozen=True)
class Latency:
    """One file's passes, in milliseconds.

    Attributes:
        step: the file's number, from 1.
        steps: how many files there are.
        file: its path.
        low, median, high: the fifth, fiftieth and ninety-fifth of a hundred.
        rate: passes in the time of one of the first file's, the median of all rounds.
        megabytes: of memory that loading it and one pass took; None where it is not Linux.
        kilobytes: of the file.
    """

    step: int
    steps: int
    file: str
    low: float
    median: float
    high: float
    rate: float
    megabytes: float | None
    kilobytes: float


def measure(
    files: Sequence[Path], threads: int = 2, rounds: int = 30, side: int = 256
) -> Iterator[Latency]:
    """Time the files in turns, so that a busy machine is as busy for each.

    Args:
        files: .tflite files.
        threads: how many each may use, `MOST_THREADS` at most.
        rounds: passes of each.
        side: of the pictures of a file for any size, in pixels.

    Yields:
        What each file took, when all rounds are done.

    Raises:
        ValueError: files that LiteRT cannot run, or too many threads.
    """
    if threads > MOST_THREADS:
        raise ValueError(f"threads is {threads}; use {MOST_THREADS} at most")
    models = [Model(file, threads) for file in files]
    examples = [random_inputs(model, side) for model in models]
    times: list[list[float]] = [[] for _ in models]
    for number in range(rounds + 2):
        for model, example, taken in zip(models, examples, times, strict=True):
            elapsed = milliseconds(model, example)
            if number >= 2:  # the first passes make room
                taken.append(elapsed)
    for step, (file, taken) in enumerate(zip(files, times, strict=True), 1):
        low, median, high = np.percentile(taken, [5, 50, 95])
        rate = statistics.median(a / b for a, b in zip(times[0], taken, strict=True))
        yield Latency(
            step,
            len(files),
            str(file),
            round(float(low), 2),
            round(float(median), 2),
            round(float(high), 2),
            round(rate, 2),
            memory.of_one_pass(file, threads, side),
            round(file.stat().st_size / 1000, 1),
        )


def milliseconds(model: Model, example: Mapping[str, np.ndarray]) -> float:
    """What one pass takes, by the wall's clock."""
    began = time.perf_counter()
    model(**example)
    return 1000 * (time.perf_counter() - began)
