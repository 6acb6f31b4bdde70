"""How far a training is, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DistillationProgress:
    """Mean relative errors since the last report.

    Attributes:
        step: how many steps are done.
        steps: how many there are to be.
        activation_error: of the layers' activations, 0 where they agree.
        gradient_error: of image gradients, where they were asked for.
        seconds: since this run began.
    """

    step: int
    steps: int
    activation_error: float
    gradient_error: float | None
    seconds: float


@dataclass(frozen=True)
class TrainingProgress:
    """Means since the last report.

    Attributes:
        step: how many steps are done.
        steps: how many there are to be; of a training by time, an estimate.
        fraction: the share of the work that is done.
        style: style loss.
        content: content distance.
        bands: band loss: how far fine detail is from the artworks'.
        coherence: how far strokes are from going one way as the artworks' do.
        photo_detail: of the photos' fine detail, what their strokes are too broad for.
        smoothness: blots and haloes, see `losses.edge_aware_smoothness`.
        lattice: a weave, see `losses.lattice_energy`.
        outliers: spots, see `losses.outlier_energy`.
        stability: mean square change of the answer under noise and shifts.
        learning_rate: of the last steps.
        seconds: of training, those before a pause as well.
    """

    step: int
    steps: int
    fraction: float
    style: float
    content: float
    bands: float
    coherence: float
    photo_detail: float
    smoothness: float
    lattice: float
    outliers: float
    stability: float
    learning_rate: float
    seconds: float
