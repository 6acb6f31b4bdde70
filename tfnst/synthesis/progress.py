"""Where a picture that is being made stands: what the reports of every kind of synthesis share."""

from __future__ import annotations

from dataclasses import dataclass


class DivergenceError(RuntimeError):
    """The optimisation has left the finite numbers; the last finite picture is kept."""


@dataclass(frozen=True)
class LevelProgress:
    """Where a picture stands that is made level by level.

    Attributes:
        level: from 0, the coarsest.
        levels: how many there are.
        height: of the picture at this level, in pixels.
        width: likewise.
        step: how many steps are done, over all levels.
        steps: how many there are to be.
        fraction: the share of the work that is done, which grows with the picture.
    """

    level: int
    levels: int
    height: int
    width: int
    step: int
    steps: int
    fraction: float
