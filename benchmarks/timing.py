"""Ratios of times inside one run: the candidates take turns, so that noise hits them alike."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping


def seconds(call: Callable[[], object], repeats: int = 1) -> float:
    """Mean wall time of a call."""
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - began) / repeats


def take_turns(
    calls: Mapping[str, Callable[[], object]], rounds: int = 7, repeats: int = 3
) -> dict[str, list[float]]:
    """Wall times of each call in each round, after one round to warm up."""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds(call, repeats))
    return times


def ratio(times: Mapping[str, list[float]], over: str, under: str) -> float:
    """The median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(times[over], times[under], strict=True))


def peak_memory() -> float:
    """The most memory this process has held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
