"""What decides a painting besides its pictures: frozen settings, checked, and their presets."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1")

_RANGES = {
    "size": (32, 16384),
    "strength": (0, 1),
    "style_scale": (0.05, 8),
    "smallest": (32, 16384),
    "variation": (0, 1e6),
    "learning_rate": (1e-6, 1),
    "seed": (0, 2**63 - 1),
}
_WHOLE = ("size", "smallest", "seed")
_CHOICES = {
    "style_loss": ("wasserstein", "gram"),
    "pooling": ("max", "average"),
    "start": ("content", "noise", "picture"),
    "optimizer": ("adam", "lbfgs"),
    "precision": ("float32", "bfloat16"),
}


@dataclass(frozen=True)
class Settings:
    """Everything that decides a painting, besides its pictures and the feature network.

    Attributes:
        size: the long side of the result, in pixels.
        strength: 0 is the photo, 1 hardly shows it; the same on every pair of pictures.
        style_scale: the long side of the style pictures over that of the result; larger strokes
            above 1. A style picture is never enlarged beyond its own size.
        steps: optimiser steps at each level of the pyramid, from coarse to fine; the last number
            holds for the levels after it.
        smallest: the long side at the coarsest level, at least; each has √2 times the one before.
        content_layers, style_layers: VGG-19's names.
        style_weights: a weight a style layer, in order; relative to each other.
        style_loss: "wasserstein" (mean and covariance) or "gram" (as Gatys et al.).
        variation: weight of the total variation.
        pooling: "max" or "average".
        start: "content", "noise" or "picture" (one that is given).
        optimizer: "adam", or "lbfgs" as in Gatys et al.
        learning_rate: of Adam, in units of the picture's range.
        precision: "float32", or "bfloat16" for the activations.
        jit_compile: compile the step with XLA, as a TPU does.
        seed: of the noise.

    Raises:
        ValueError: a value outside its range or choices, in one line that says what would do.
    """

    size: int = 512
    strength: float = 0.5
    style_scale: float = 1.0
    steps: tuple[int, ...] = (120, 80, 60)
    smallest: int = 128
    content_layers: tuple[str, ...] = ("block3_conv3", "block4_conv2")
    style_layers: tuple[str, ...] = STYLE_LAYERS
    style_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    style_loss: str = "wasserstein"
    variation: float = 2.0
    pooling: str = "max"
    start: str = "content"
    optimizer: str = "adam"
    learning_rate: float = 0.03
    precision: str = "float32"
    jit_compile: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in _RANGES:
            if hasattr(value := getattr(self, name), "item"):  # one of NumPy's numbers
                object.__setattr__(self, name, value.item())
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            kind = "whole number" if name in _WHOLE else "number"
            if not _is_number(value, name in _WHOLE) or not low <= value <= high:
                raise ValueError(f"{name} is {value!r}; use a {kind} from {low} to {high}")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}"
                )
        if not isinstance(self.jit_compile, bool):
            raise ValueError(f"jit_compile is {self.jit_compile!r}; use True or False")
        steps = self.steps
        whole = isinstance(steps, tuple) and all(_is_number(n, True) and n > 0 for n in steps)
        if not whole or not steps:
            raise ValueError(f"steps is {steps!r}; use a tuple of one or more whole numbers from 1")
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            texts = isinstance(layers, tuple) and all(isinstance(layer, str) for layer in layers)
            if not texts or not layers or len(set(layers)) < len(layers):
                raise ValueError(
                    f"{name} is {layers!r}; use a tuple of one or more layer names, each once"
                )
        weights = self.style_weights
        fit = isinstance(weights, tuple) and len(weights) == len(self.style_layers)
        if not (fit and any(weights) and all(_is_number(w) and 0 <= w < math.inf for w in weights)):
            raise ValueError(
                f"style_weights is {weights!r}; give a tuple of {len(self.style_layers)} numbers "
                "from 0, one a style layer, not all 0"
            )

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that the losses read."""
        return (*self.content_layers, *self.style_layers)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Settings:
        """The settings called "draft", "normal" or "best", with changes."""
        if name not in PRESETS:
            raise ValueError(f"preset is {name!r}; use one of {', '.join(PRESETS)}")
        return replace(PRESETS[name], **changes)


def _is_number(value: Any, whole: bool = False) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


PRESETS = {
    "draft": Settings(steps=(80, 40, 30, 20)),
    "normal": Settings(),
    "best": Settings(steps=(300, 250, 200)),
}
