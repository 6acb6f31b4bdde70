"""Terms that compare distributions of columns value by value: histograms, along any directions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from keras import ops
from pydantic import Field

from tfnst.losses import masks
from tfnst.losses.column_terms import Columns, blend_columns
from tfnst.losses.histograms import directions, quantile_loss, sliced_wasserstein_loss
from tfnst.losses.terms import LayeredTerm, View
from tfnst.tensors import Tensor

# Columns of artworks that a layer is compared with; of more, as many evenly.
MOST = 2**20  # sorted once
MOST_TURNED = 2**14  # sorted in every step, along other directions


class DistributionTerm(LayeredTerm):
    """A loss between a picture's columns and the artworks', the mean over layers.

    Measurements are taken outside of compiled steps. See `LayeredTerm`.
    """

    most = MOST

    @abstractmethod
    def loss(
        self, columns: Tensor, target: Tensor, weights: Tensor | None, draw: Tensor | int
    ) -> Tensor:
        """Of one layer, (B,)."""

    def measure(self, view: View) -> dict[str, Columns]:
        """By layer all columns and, by the mask, their weights."""
        measured = {}
        for layer in self.layers:
            columns, weights = _columns(view, layer)
            weights = ops.ones_like(columns[..., 0]) if weights is None else weights
            total = ops.sum(weights, 1, keepdims=True)
            measured[layer] = Columns(columns, weights / ops.maximum(total, masks.NOTHING))
        return measured

    def blend(
        self, measurements: Sequence[Mapping[str, Columns]], shares: Sequence[float]
    ) -> dict[str, Columns]:
        """The columns of a picture of which each source fills its share."""
        return {k: blend_columns([m[k] for m in measurements], shares) for k in self.layers}

    def target(self, measurement: Mapping[str, Columns]) -> dict[str, Tensor]:
        """By layer (B, M, 1, C): columns that count alike, each as often as its weight asks for."""
        even = {k: _even(measurement[k], self.most) for k in self.layers}
        return {k: ops.expand_dims(columns, 2) for k, columns in even.items()}

    def details(self, view: View, target: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Each layer's loss."""
        losses = {}
        for layer in self.layers:
            columns, weights = _columns(view, layer)
            losses[layer] = self.loss(columns, _flat(target[layer]), weights, view.draw)
        return losses


class HistogramTerm(DistributionTerm):
    """`histogram_loss` over layers, as in Risser, Wilmot & Barnes, arXiv:1701.08893."""

    def target(self, measurement: Mapping[str, Columns]) -> dict[str, Tensor]:
        """By layer (B, M, 1, C), each channel sorted."""
        return {k: ops.sort(columns, 1) for k, columns in super().target(measurement).items()}

    def loss(
        self, columns: Tensor, target: Tensor, weights: Tensor | None, draw: Tensor | int
    ) -> Tensor:
        """`histogram_loss`."""
        return quantile_loss(columns, ops.transpose(target, (0, 2, 1)), weights)


@dataclass(frozen=True)
class SlicedWassersteinTerm(DistributionTerm):
    """`sliced_wasserstein_loss` over layers, as in Heitz et al., CVPR 2021.

    Every step looks along other directions; which ones, `View.draw` and the seed say. Layers and
    their weights: see `LayeredTerm`.

    Args:
        count: how many directions; None for as many as a layer has channels, as in the paper.
        seed: turns them.

    Raises:
        ValueError: no layers, weights that do not fit them, or a number out of range.
    """

    count: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    most = MOST_TURNED

    def loss(
        self, columns: Tensor, target: Tensor, weights: Tensor | None, draw: Tensor | int
    ) -> Tensor:
        """`sliced_wasserstein_loss`."""
        channels = columns.shape[-1]
        axes = directions(channels, self.count or channels, self.seed, draw)
        return sliced_wasserstein_loss(columns, target, axes, weights)


def _columns(view: View, layer: str) -> tuple[Tensor, Tensor | None]:
    """A layer's, (B, N, C), and their weights, (B, N), where there is a mask."""
    activation = ops.cast(view.activations[layer], "float32")
    columns = _flat(activation)
    if view.mask is None:
        return columns, None
    return columns, ops.reshape(masks.fitted(view.mask, activation), (-1, ops.shape(columns)[1]))


def _flat(activation: Tensor) -> Tensor:
    batch, _, _, channels = ops.shape(activation)
    return ops.reshape(activation, (batch, -1, channels))


def _even(measured: Columns, most: int) -> Tensor:
    """Columns that count alike, (B, M, C), evenly taken from (B, N, C) by their weights.

    Where all that count do so alike, these; else some more than once, or left out, in turn. Of too
    many, one somewhere in each of as many parts: one at every so many pixels would see a pattern of
    that period at one place only.
    """
    weights = np.asarray(ops.convert_to_numpy(measured.weights), np.float64)
    most_there = int((weights > 0).sum(1).max())
    count = min(most, most_there)
    ends = np.cumsum(weights, 1) / np.sum(weights, 1, keepdims=True)
    within = 0.5 if count == most_there else np.random.default_rng(0).random(count)
    places = (np.arange(count) + within) / count
    index = np.stack([np.searchsorted(row, places) for row in ends])
    return ops.take_along_axis(measured.columns, index[..., None], 1)
