"""The term of neural neighbours: a target that is put together from an artwork's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from tfnst.features.vgg_architecture import pooled
from tfnst.losses import masks
from tfnst.losses.columns import unit_columns
from tfnst.losses.neighbours import MOST, MOST_APART, matched_loss, nearest, stacked
from tfnst.losses.terms import MatchingTerm, View
from tfnst.tensors import Tensor
from tfnst.validation import Checked, Layers


@dataclass(frozen=True)
class NeighbourTerm(Checked, MatchingTerm):
    """`matched_loss` to the artwork's columns that are nearest to a picture's.

    Kolkin, Kucera, Paris, Sykora, Shechtman & Shakhnarovich, "Neural Neighbor Style Transfer",
    arXiv:2203.13215. Measurements are taken outside of compiled steps, of one picture each.

    Args:
        layers: names of VGG-19's layers that make up the columns, with one of its third block.

    Raises:
        ValueError: no layers, or none of the third block.
    """

    layers: Layers

    def __post_init__(self) -> None:
        super().__post_init__()
        vgg = all(name[:5] == "block" and name[5:6].isdigit() for name in self.layers)
        if not vgg or not any(pooled(name) == 4 for name in self.layers):
            raise self.refusal("layers")

    def measure(self, view: View) -> dict[str, Tensor]:
        """By layer the columns, (1, N, C), of all places where the mask is at least a half."""
        activations = stacked(view.activations, self.layers)
        columns = {k: ops.reshape(v, (1, -1, v.shape[-1])) for k, v in activations.items()}
        if view.mask is None:
            return columns
        shown = np.ravel(masks.fitted(view.mask, activations[self.layers[0]]))
        chosen = np.flatnonzero(shown >= min(0.5, shown.max()))
        return {k: ops.take(v, chosen, axis=1) for k, v in columns.items()}

    def blend(
        self, measurements: Sequence[Mapping[str, Tensor]], shares: Sequence[float]
    ) -> dict[str, Tensor]:
        """The columns of all of them: the less a share, the fewer, evenly over its picture."""
        counts = np.array([m[self.layers[0]].shape[1] for m in measurements])
        parts = counts * np.array(shares) / max(shares)
        parts *= min(1.0, MOST / parts.sum())
        chosen = [
            (m, _evenly(count, kept))
            for m, count, kept in zip(measurements, counts, np.ceil(parts).astype(int), strict=True)
        ]
        return {
            k: ops.concatenate([ops.take(m[k], places, axis=1) for m, places in chosen], 1)
            for k in self.layers
        }

    def match(
        self,
        measurement: Mapping[str, Tensor],
        view: View,
        photo: View,
        share: float = 1.0,
        apart: bool = False,
    ) -> dict[str, Tensor]:
        """By layer (1, h, w, C): the columns, of unit length, that are nearest to a view's."""
        activations = stacked(view.activations, self.layers)
        own = {k: ops.reshape(v, (-1, v.shape[-1])) for k, v in activations.items()}
        count = measurement[self.layers[0]].shape[1]
        places = _evenly(count, min(count, MOST_APART if apart else MOST))
        others = {k: ops.take(measurement[k][0], places, 0) for k in self.layers}
        indices = _nearest_apart(own, others) if apart else _nearest_together(own, others)
        target = {
            k: ops.reshape(ops.take(unit_columns(others[k][None])[0], indices[k], 0), v.shape)
            for k, v in activations.items()
        }
        if share == 1:
            return target
        rest = {k: unit_columns(v) for k, v in stacked(photo.activations, self.layers).items()}
        return {k: share * target[k] + (1 - share) * rest[k] for k in self.layers}

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """`matched_loss`."""
        return matched_loss(stacked(view.activations, self.layers), target, view.mask)


def _nearest_together(own: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each place takes all layers from one place of the artwork; layers count alike."""
    sizes = {k: ops.sqrt(ops.mean(ops.sum(ops.square(v), 1))) + 1e-6 for k, v in others.items()}
    columns, candidates = (
        ops.concatenate([side[k] / sizes[k] for k in sizes], 1) for side in (own, others)
    )
    return dict.fromkeys(sizes, nearest(columns, candidates))


def _nearest_apart(own: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each place takes every layer from where that layer is most like its own."""
    return {k: nearest(own[k], others[k]) for k in own}


def _evenly(count: int, kept: int) -> np.ndarray:
    return np.arange(kept) * count // kept
