"""What paints in one pass: networks and their exported files, by name or by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np


class Painter(Protocol):
    """What paints in one pass: a `StyleNetwork`, or a file of it by `lite.Stylizer`."""

    @property
    def styles(self) -> tuple[str, ...]:
        """The names of its styles."""

    @property
    def side(self) -> int | None:
        """The long side of what it paints, in pixels; None for any."""

    @property
    def strokes(self) -> int:
        """The sizes of strokes that its styles have: 2 where `stroke` chooses between them."""

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """The weights of its rows; ValueError for what is no mixture."""

    def stylize(
        self,
        image: np.ndarray,
        styles: str | Mapping[str, float],
        strength: float = 1.0,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """An (H, W, 3) picture in that mixture."""


def open_painter(model: str | Path) -> Painter:
    """A network by its name, or in a .keras or .npz file, or an exported .tflite file.

    Only the last does without TensorFlow.

    Args:
        model: a name, such as "gallery", or a file's path.

    Returns:
        A `StyleNetwork`, or a `Stylizer`.

    Raises:
        ValueError: what is none of these.
    """
    if Path(model).suffix == ".tflite":
        from tfnst.export.lite import Stylizer

        return Stylizer(model)
    from tfnst.networks import style_network

    painter: Painter = style_network.load_network(model)
    return painter
