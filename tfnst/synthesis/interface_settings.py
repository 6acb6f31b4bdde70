"""What decides how a screen is restyled besides screen and artwork."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from tfnst.synthesis.settings import Precision, Settings
from tfnst.validation import Checked

LARGEST = 1600  # pixels a side by default, for time grows with their square
CONTENT_LAYERS = ("block2_conv2", "block3_conv3", "block4_conv2")


@dataclass(frozen=True)
class InterfaceSettings(Checked):
    """How a screen is restyled.

    Attributes:
        size: the long side of the result, in pixels.
        strength: 0 is the screen, 1 hardly shows it.
        style_scale: the long side of the artwork over that of the result; larger strokes above 1.
        steps: optimiser steps at each level of the pyramid, from coarse to fine.
        keep_text: find letters and icons, and hold their shape and contrast.
        precision: "float32", or "bfloat16" for the activations.
        seed: of whatever is drawn.

    Raises:
        ValueError: a value outside its range or choices.
    """

    size: Annotated[int, Field(ge=32, le=16384)] = LARGEST
    strength: Annotated[float, Field(ge=0, le=1)] = 0.5
    style_scale: Annotated[float, Field(ge=0.05, le=8)] = 1.0
    steps: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(min_length=1, description="a tuple of one or more whole numbers from 1"),
    ] = (30, 20, 12)
    keep_text: bool = False
    precision: Precision = "float32"
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0

    @property
    def painting(self) -> Settings:
        """The same for the canvas."""
        return Settings(
            size=self.size,
            strength=self.strength,
            style_scale=self.style_scale,
            steps=self.steps,
            smallest=max(32, self.size // 4),
            content_layers=CONTENT_LAYERS,
            precision=self.precision,
            seed=self.seed,
        )


def own_size(screen: np.ndarray) -> int:
    """The long side of a screen, `LARGEST` at most."""
    return max(32, min(LARGEST, max(screen.shape[:2])))
