"""What decides a training besides its pictures: frozen settings, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from tfnst.arguments import FieldError
from tfnst.networks.settings import CONFIGURATIONS, AnyStyleSettings, NetworkSettings
from tfnst.synthesis.settings import STYLE_LAYERS, Precision
from tfnst.validation import Checked, Layers

Count = Annotated[int, Field(ge=1, le=10**9)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e6)]


@dataclass(frozen=True)
class TrainingSettings(Checked):
    """How a style network is trained; its weights of losses do for every style.

    Attributes:
        steps: how many.
        minutes: if given, in place of `steps`; the schedule is the same.
        learning_rate: of Adam, at its highest; None for 0.002, or 0.02 where nothing but new rows
            is trained.
        precision: "float32", or "bfloat16" for the network's activations.
        network: shape of a new network.
        extractor: feature network of the losses; see `features.FeatureExtractor`.
        everything: train all weights, also those that a network to start from has.
        batch: photos a step; every one gets its own style.
        size: side of the square crops of the photos, without the halo.
        style_sizes: long sides of the artworks; strokes grow with them. Of two, a network with
            `strokes` learns either, and one without what is common to both.
        content_distance: `losses.content_distance` that is free; about that much is reached.
        content_layers, style_layers: as in `Settings`.
        bands: weight of `losses.band_loss`, how far fine detail is from `targets.BAND_SHARES`
            of the artwork's.
        coherence: weight of `losses.coherence_loss`, how far strokes are from going one way as the
            artwork's do.
        photo_detail: weight of what `losses.band_correlations` with the photo is more than
            `targets.PHOTO_DETAIL` allows a stroke: no broad brush paints eyelashes.
        smoothness: weight of `losses.edge_aware_smoothness`, of blots and haloes.
        lattice: weight of `losses.lattice_energy`, of a weave.
        outliers: weight of `losses.outlier_energy`, of spots, summed over the network's blocks.
        photo_share: of the samples, those at less than full strength, which train the photo's row.
        mixture_share: those that mix two styles; as many are between two sizes of strokes.
        stability: weight of the answer's change under noise and shifts.
        seed: of crops, styles and noise.
        log_every: steps between two reports.

    Raises:
        ValueError: a value that makes no training.
    """

    steps: Count = 18_000
    minutes: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    learning_rate: Rate | None = None
    precision: Precision = "float32"
    network: NetworkSettings = CONFIGURATIONS["strokes"]
    extractor: str = "vgg19-lite"
    everything: bool = False
    batch: Annotated[int, Field(ge=1, le=4096)] = 2
    size: Annotated[int, Field(multiple_of=4, ge=64, le=4096)] = 192
    style_sizes: Annotated[
        tuple[Annotated[int, Field(ge=64, le=16384)], ...],
        Field(min_length=1, max_length=2, description="one or two whole numbers from 64, rising"),
    ] = (448, 896)
    content_distance: Annotated[float, Field(ge=0, le=2)] = 0.4
    content_layers: Layers = ("block4_conv2",)
    style_layers: Layers = STYLE_LAYERS
    bands: Weight = 0.15
    coherence: Weight = 0.7
    photo_detail: Weight = 0.7
    smoothness: Weight = 0.3
    lattice: Weight = 60.0
    outliers: Weight = 0.2
    photo_share: Share = 0.05
    mixture_share: Share = 0.15
    stability: Weight = 0.0
    seed: Seed = 0
    log_every: Count = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = self.style_sizes
        if list(sizes) != sorted(set(sizes)):
            raise self.refusal("style_sizes")
        if len(sizes) < self.network.strokes:
            remedy = "two, for a network with two sizes of strokes"
            raise FieldError("style_sizes", sizes, remedy)


@dataclass(frozen=True)
class AnyStyleTrainingSettings(TrainingSettings):
    """How a network for any artwork is trained; what it shares with `TrainingSettings` means alike.

    Attributes:
        network: shape of a new network.
        content_distance: as there; a little more is left free.
        views: of each artwork that are learnt from: parts of it, at several sizes and in other
            colours.
        others: photos that are painted after, beside textures, so that it learns more than art.
        other_share: of the samples, those after photos and textures.
    """

    network: AnyStyleSettings = field(  # type: ignore[assignment]
        default_factory=AnyStyleSettings
    )
    content_distance: Annotated[float, Field(ge=0, le=2)] = 0.42
    views: Count = 24
    others: Annotated[int, Field(ge=0, le=10**6)] = 400
    other_share: Share = 0.25

    def __post_init__(self) -> None:
        Checked.__post_init__(self)


@dataclass(frozen=True)
class DistillationSettings(Checked):
    """How VGG-19-lite is trained.

    Attributes:
        steps: how many.
        local_share: of the steps, the first, which teach each layer by itself where the widths
            allow it.
        batch: crops a step.
        crop: side of the square crops, in pixels.
        learning_rate: relative to a layer's weights (LAMB); it falls to zero along a cosine twice,
            from a tenth of it the second time.
        sobolev: weight of image gradients against activations.
        seed: of crops, disturbances and questions.
        log_every: steps between two reports.

    Raises:
        ValueError: a number that makes no training.
    """

    steps: Count = 4_000
    local_share: Share = 0.375
    batch: Annotated[int, Field(ge=1, le=4096)] = 8
    crop: Annotated[int, Field(ge=48, le=4096)] = 128
    learning_rate: Rate = 2e-2
    sobolev: Weight = 0.5
    seed: Seed = 0
    log_every: Count = 100
