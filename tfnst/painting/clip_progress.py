"""How far a clip is painted, and what became of it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from tfnst.images import ClipDamage

_WINDOW = 50  # frames over which speed is measured: the first ones of a network take long


@dataclass(frozen=True)
class PaintedClip:
    """What became of a clip.

    Attributes:
        output: the file or folder.
        frames: that were painted.
        resumed: those of them that an earlier run had painted.
        damage: where the source broke off, or None.
        notes: a sentence for each thing of the source that the output does not have.
    """

    output: str
    frames: int
    resumed: int
    damage: ClipDamage | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClipProgress:
    """Where the painting of a clip stands.

    Attributes:
        frames: that are painted.
        total: how many there will be, where the source tells.
        rate: frames a second, of late; None before the second.
        seconds_left: at this rate; None where that is not known.
        done: what became of it; None before the end.
    """

    frames: int
    total: int | None
    rate: float | None
    seconds_left: float | None
    done: PaintedClip | None = None

    @classmethod
    def last(cls, done: PaintedClip) -> ClipProgress:
        """The report of what is done."""
        return cls(done.frames, done.frames, None, 0.0, done)


class Speed:
    """Frames a second, of late."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_WINDOW + 1)

    def report(self, frames: int, total: int | None) -> ClipProgress:
        """Where things stand now that one more frame is painted."""
        self._times.append(time.perf_counter())
        rate, left = None, None
        if (elapsed := self._times[-1] - self._times[0]) > 0:
            rate = (len(self._times) - 1) / elapsed
            left = max(0, total - frames) / rate if total else None
        return ClipProgress(frames, total, rate, left)


class ClipInterrupted(KeyboardInterrupt):
    """Ctrl-C while a clip was painted; as text, what was kept and how to go on."""
