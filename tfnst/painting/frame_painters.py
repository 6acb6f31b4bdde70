"""What paints the frames of a clip: a function, or an object that remembers the frames before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np

State = Mapping[str, np.ndarray]


class FramePainter(Protocol):
    """Paints the frames of a clip in their order."""

    def __call__(self, frame: np.ndarray, seconds: float, /) -> np.ndarray:
        """Paint a frame.

        Args:
            frame: (H, W, 3) uint8, sRGB, upright; the painter's own.
            seconds: when it is shown.

        Returns:
            (H', W', 3) uint8, or floats in [0, 1], of one size for all frames.
        """


@runtime_checkable
class RememberingPainter(FramePainter, Protocol):
    """One whose frames depend on those before, as on the last result: it can be put back.

    After `restore`, painting must go on as if it had never stopped after the frame at which `state`
    was asked for.
    """

    def state(self) -> State:
        """All that it remembers, arrays by name; they are copied at once."""

    def restore(self, state: State, /) -> None:
        """Remember that again, before the first frame of a run that goes on from an earlier one."""


def state_of(painter: FramePainter) -> State | None:
    """A copy of what a painter remembers; None of one that does not."""
    if not isinstance(painter, RememberingPainter):
        return None
    return {name: np.array(array) for name, array in painter.state().items()}
