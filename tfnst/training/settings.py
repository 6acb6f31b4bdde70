"""What decides a training besides its pictures: frozen settings, checked."""

from __future__ import annotations

from dataclasses import dataclass

from tfnst.networks.architecture import CONFIGURATIONS, NetworkSettings
from tfnst.synthesis.settings import STYLE_LAYERS


@dataclass(frozen=True)
class TrainingSettings:
    """How a style network is trained; there is no weight of a loss to be found by trial.

    Attributes:
        steps: how many.
        minutes: if given, in place of `steps`; the schedule is the same.
        learning_rate: of Adam, at its highest.
        precision: "float32", or "bfloat16" for the network's activations.
        network: shape of a new network.
        extractor: feature network of the losses; see `features.FeatureExtractor`.
        everything: train all weights, also those that a network to start from has.
        batch: photos a step; every one gets its own style.
        size: side of the square crops of the photos, without the halo.
        style_size: long side of the artworks; strokes grow with it.
        content_distance: `losses.content_distance` that is free; about that much is reached.
        content_layers, style_layers: as in `Settings`.
        variation: weight of the total variation that a painting has beyond its artwork's.
        photo_share: of the samples, those at less than full strength, which train the photo's row.
        mixture_share: those that mix two styles.
        stability: weight of the answer's change under noise and shifts.
        seed: of crops, styles and noise.
        log_every: steps between two reports.

    Raises:
        ValueError: a value that makes no training.
    """

    steps: int = 18_000
    minutes: float = 0.0
    learning_rate: float = 2e-3
    precision: str = "float32"
    network: NetworkSettings = CONFIGURATIONS["gallery"]
    extractor: str = "vgg19-lite"
    everything: bool = False
    batch: int = 2
    size: int = 192
    style_size: int = 512
    content_distance: float = 0.4
    content_layers: tuple[str, ...] = ("block3_conv3", "block4_conv2")
    style_layers: tuple[str, ...] = STYLE_LAYERS
    variation: float = 3.0
    photo_share: float = 0.05
    mixture_share: float = 0.15
    stability: float = 5.0
    seed: int = 0
    log_every: int = 50

    def __post_init__(self) -> None:
        least_of = {"size": 32, "style_size": 64, "seed": 0}
        for name in ("steps", "batch", "log_every", "size", "style_size", "seed"):
            least = least_of.get(name, 1)
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; use a number from {least}")
        if self.seed >= 2**32:
            raise ValueError(f"seed is {self.seed}; use a number from 0 to {2**32 - 1}")
        if self.size % 4:
            raise ValueError(f"size is {self.size}; use a multiple of 4")
        if not 0 <= self.minutes < float("inf"):
            raise ValueError(f"minutes is {self.minutes}; use a number above 0, and finite")
        if not 0 < self.learning_rate <= 1:
            raise ValueError(f"learning_rate is {self.learning_rate}; use a number up to 1")
        if not 0 <= self.content_distance <= 2:
            raise ValueError(f"content_distance is {self.content_distance}; use a number, 0 to 2")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision is {self.precision!r}; use float32 or bfloat16")


@dataclass(frozen=True)
class DistillationSettings:
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

    steps: int = 4_000
    local_share: float = 0.375
    batch: int = 8
    crop: int = 128
    learning_rate: float = 2e-2
    sobolev: float = 0.5
    seed: int = 0
    log_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "crop", "log_every"):
            least = 48 if name == "crop" else 1
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}; use a number from {least}")
