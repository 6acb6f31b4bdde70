"""What decides a painting besides its pictures: frozen settings, checked, and their presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from tfnst.arguments import FieldError
from tfnst.validation import Checked, Layers, each_once

STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")
# All that "neighbours" makes columns of: without the fifth block, as the paper's program.
NEIGHBOUR_LAYERS = (
    *("block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"),
    *("block3_conv1", "block3_conv2", "block3_conv3", "block3_conv4"),
    *("block4_conv1", "block4_conv2", "block4_conv3"),
)
# Where histograms are compared, as in Risser et al.: of colour and marks, and of large forms.
HISTOGRAM_LAYERS = ("block1_conv1", "block4_conv1")

Precision = Literal["float32", "bfloat16"]  # of activations
Scales = Annotated[
    tuple[Annotated[int, Field(ge=1, le=4)], ...],
    AfterValidator(each_once),
    Field(description="a tuple of one or more whole numbers from 1 to 4, each once"),
]


@dataclass(frozen=True)
class Settings(Checked):
    """Everything that decides a painting, besides its pictures and the feature network.

    Attributes:
        size: the long side of the result, in pixels.
        strength: 0 is the photo, 1 hardly shows it; the same on every pair of pictures.
        style_scale: the long side of the style pictures over that of the result; larger strokes
            above 1. A style picture is never enlarged beyond its own size.
        steps: optimiser steps at each level of the pyramid, from coarse to fine; the last number
            holds for the levels after it.
        smallest: the long side at the coarsest level, at least.
        growth: the long side at each level over that at the one before.
        content_layers, style_layers: VGG-19's names.
        style_weights: a weight a style layer, relative to each other; None for equal ones.
        method: "statistics" of the artworks, compared by `style_loss`, or "neighbours": a place of
            an artwork for each place of the picture (Kolkin et al., arXiv:2203.13215).
        style_loss: "wasserstein" (mean and covariance), "gram" (as Gatys et al.), "sliced" (whole
            distributions, as Heitz et al.), "mean-std" (no more than AdaIN sets) or "relaxed-emd"
            (as STROTSS, Kolkin et al.), which weighs all layers alike.
        scales: at which style is compared, in pixels a side that make one: 1 is the picture's own
            size, and at 4 large forms are as small as marks.
        variation: weight of the total variation.
        detail: weight of the difference in fine detail from the artworks', see `losses.band_loss`;
            not with neighbours, whose marks bring their own.
        histogram: weight of the difference in histograms from the artworks', as Risser et al.
            compare them beside "gram"; see `losses.histogram_loss`.
        pooling: "max" or "average".
        start: "content", "noise" or "picture" (one that is given).
        canvas: what is under optimisation: "bands" of luminance and chroma, so that large forms
            settle first and fine chroma follows luminance, or "pixels", as always with L-BFGS.
        optimizer: "adam", or "lbfgs" as in Gatys et al.
        learning_rate: of Adam, in units of the picture's range.
        precision: "float32", or "bfloat16" for the activations.
        jit_compile: compile the step with XLA, as a TPU does.
        seed: of the noise, of the places that "relaxed-emd" looks at, and of the directions that
            "sliced" looks along.

    Raises:
        ValueError: a value outside its range or choices, in one line that says what would do.
    """

    size: Annotated[int, Field(ge=32, le=16384)] = 512
    strength: Annotated[float, Field(ge=0, le=1)] = 0.5
    style_scale: Annotated[float, Field(ge=0.05, le=8)] = 1.0
    steps: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(min_length=1, description="a tuple of one or more whole numbers from 1"),
    ] = (44, 20, 10, 6)
    smallest: Annotated[int, Field(ge=32, le=16384)] = 96
    growth: Annotated[float, Field(ge=1.1, le=8)] = 2.0
    content_layers: Layers = ("block3_conv3", "block4_conv2")
    style_layers: Layers = STYLE_LAYERS
    style_weights: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...] | None,
        Field(description="a tuple of numbers from 0, one a style layer, not all 0"),
    ] = None
    method: Literal["statistics", "neighbours"] = "statistics"
    style_loss: Literal["wasserstein", "gram", "sliced", "mean-std", "relaxed-emd"] = "wasserstein"
    scales: Scales = (1, 2, 4)
    variation: Annotated[float, Field(ge=0, le=1e6)] = 0.1
    detail: Annotated[float, Field(ge=0, le=1e6)] = 0.06
    histogram: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    pooling: Literal["max", "average"] = "max"
    start: Literal["content", "noise", "picture"] = "content"
    canvas: Literal["bands", "pixels"] = "bands"
    optimizer: Literal["adam", "lbfgs"] = "adam"
    learning_rate: Annotated[float, Field(ge=1e-6, le=1)] = 0.02
    precision: Precision = "float32"
    jit_compile: bool = False
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        weights = self.layer_weights
        if len(weights) != len(self.style_layers) or not any(weights):
            raise self.refusal("style_weights")
        if self.method == "neighbours":
            self._refuse_statistics()
        if self.style_loss == "relaxed-emd" and len(set(weights)) > 1:
            remedy = "equal ones, or style_loss 'wasserstein': 'relaxed-emd' weighs all alike"
            raise FieldError("style_weights", weights, remedy)

    def _refuse_statistics(self) -> None:
        for name, default in (
            ("style_loss", "wasserstein"),
            ("style_layers", STYLE_LAYERS),
            ("style_weights", None),
            ("detail", self.detail and type(self).detail),
        ):
            if (value := getattr(self, name)) != default:
                remedy = f"it with method 'statistics', or leave it out: 'neighbours' has no {name}"
                raise FieldError(name, value, remedy)

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that the losses read."""
        style = NEIGHBOUR_LAYERS if self.method == "neighbours" else self.style_layers
        histogram = HISTOGRAM_LAYERS if self.histogram else ()
        return tuple(dict.fromkeys((*self.content_layers, *style, *histogram)))

    @property
    def in_bands(self) -> bool:
        """Whether the canvas is one of bands; L-BFGS has none."""
        return self.canvas == "bands" and self.optimizer == "adam"

    @property
    def layer_weights(self) -> tuple[float, ...]:
        """A weight a style layer, in order: `style_weights`, or equal ones."""
        return (1.0,) * len(self.style_layers) if self.style_weights is None else self.style_weights

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Settings:
        """The settings called "draft", "normal" or "best", with changes."""
        if name not in PRESETS:
            raise ValueError(f"preset is {name!r}; use one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)


PRESETS = {
    "draft": Settings(steps=(32, 12, 5, 3)),
    "normal": Settings(),
    "best": Settings(steps=(200, 110, 60, 40)),
}
