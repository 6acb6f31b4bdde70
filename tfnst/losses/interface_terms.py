"""Terms for screens of programs: the artwork's structure, and what is to stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from keras import ops
from pydantic import AfterValidator, Field

from tfnst import images
from tfnst.features.vgg_architecture import VGG19_LAYERS, pooled
from tfnst.images import HALO
from tfnst.losses.statistics import TINY
from tfnst.losses.structure import cross_covariance, structure_loss
from tfnst.losses.terms import Term, View
from tfnst.tensors import Tensor
from tfnst.validation import Checked


def _ordered(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The same pairs; ValueError for other layers than VGG-19's, and for the deeper one first."""
    if any(VGG19_LAYERS.index(shallow) > VGG19_LAYERS.index(deep) for shallow, deep in pairs):
        raise ValueError("the deeper layer is first")
    return pairs


Pairs = Annotated[
    tuple[tuple[str, str], ...],
    AfterValidator(_ordered),
    Field(
        min_length=1,
        description="a tuple of one or more pairs of VGG-19's layers, the shallower one first",
    ),
]


@dataclass(frozen=True)
class StructureTerm(Checked, Term):
    """`structure_loss`, the mean over pairs of layers.

    Fischer, Yang & Lam, "ImagineNet", CHI 2020: Gram matrices know what a layer sees at once, and
    not which fine marks go with which large forms.

    Args:
        pairs: names of VGG-19's layers, two by two, the shallower one first.

    Raises:
        ValueError: no pair, or one of other layers, or in another order.
    """

    pairs: Pairs

    @property
    def layers(self) -> tuple[str, ...]:  # type: ignore[override]
        """All that are in a pair, each once."""
        return tuple(dict.fromkeys(layer for pair in self.pairs for layer in pair))

    def measure(self, view: View) -> dict[str, Tensor]:
        """Each pair's `cross_covariance`."""
        return {
            f"{shallow} {deep}": cross_covariance(
                view.activations[shallow],
                view.activations[deep],
                pooled(deep) // pooled(shallow),
                view.mask,
            )
            for shallow, deep in self.pairs
        }

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """`structure_loss`, the mean over pairs."""
        measured = self.measure(view)
        return sum(structure_loss(measured[k], target[k]) for k in measured) / len(measured)


class PixelTerm(Term):
    """The picture itself as it was, where that counts.

    Σ m ‖x − x₀‖² / Σ m ‖x₀ − x̄₀‖² over pixels, where x̄₀ is the mean, by m.

    Args:
        weights: m, (H, W) in [0, 1], how much each pixel of the photo counts, at any size.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    def measure(self, view: View) -> Tensor:
        """(1, H, W, 4): x₀, a photo with its halo, and the weights."""
        height, width = (int(side) - 2 * HALO for side in view.image.shape[1:3])
        weights = images.padded(images.resize(self.weights, height, width)[..., None])[None]
        return ops.concatenate([view.image, weights], -1)

    def distance(self, view: View, target: Tensor) -> Tensor:
        """How far it is from what it was: about 1 where all is of one colour."""
        wanted, weights = ops.split(ops.stop_gradient(target), [3], -1)
        missed = _mean(ops.square(ops.cast(view.image, "float32") - wanted), weights)
        variance = _mean(ops.square(wanted - _mean(wanted, weights)), weights)
        return ops.sum(missed, (1, 2, 3)) / (ops.sum(variance, (1, 2, 3)) + TINY)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """(B, 1, 1, C) of (B, H, W, C), weighted; 0 where no weight is."""
    total = ops.sum(weights, (1, 2), keepdims=True) + TINY
    return ops.sum(weights * values, (1, 2), keepdims=True) / total
