"""Tests of tfnst.painting.frame_painters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tfnst.painting.frame_painters import RememberingPainter, state_of


class Sum:
    """A painter that remembers the sum of what it saw."""

    def __init__(self) -> None:
        self.total = np.zeros((2, 2, 3))

    def __call__(self, frame: np.ndarray, seconds: float) -> np.ndarray:
        self.total += frame
        return frame

    def state(self) -> Mapping[str, np.ndarray]:
        return {"total": self.total}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.total = state["total"]


def test_states_are_copies() -> None:
    painter = Sum()
    painter(np.ones((2, 2, 3)), 0.0)
    state = state_of(painter)
    painter(np.ones((2, 2, 3)), 1.0)
    assert state is not None and state["total"].max() == 1 and painter.total.max() == 2


def test_a_function_remembers_nothing() -> None:
    assert isinstance(Sum(), RememberingPainter)
    assert state_of(lambda frame, seconds: frame) is None
