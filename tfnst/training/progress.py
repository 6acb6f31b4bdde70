"""How far a training is, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DistillationProgress:
    """Mean relative errors since the last report; of image gradients where they were asked for."""

    step: int
    steps: int
    activation_error: float
    gradient_error: float | None
    seconds: float


@dataclass(frozen=True)
class TrainingProgress:
    """Means since the last report: style loss, content distance, instability of the answer.

    `fraction` of the work is done; of a training by time, `steps` is an estimate.
    """

    step: int
    steps: int
    fraction: float
    style: float
    content: float
    stability: float
    learning_rate: float
    seconds: float
