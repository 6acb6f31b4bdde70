"""Terms that compare columns at some places of a picture: STROTSS (Kolkin et al., CVPR 2019)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from keras import ops
from pydantic import Field

from tfnst.losses import masks
from tfnst.losses.bands import COLORS
from tfnst.losses.columns import (
    columns_at,
    cosine_distances,
    euclidean_distances,
    hypercolumns_at,
    places,
)
from tfnst.losses.relaxed_emd import relaxed_emd
from tfnst.losses.self_similarity import self_similarity, self_similarity_loss
from tfnst.losses.terms import Term, View
from tfnst.tensors import Tensor
from tfnst.validation import Checked, Layers


class Columns(NamedTuple):
    """Some of a picture's columns.

    Attributes:
        columns: (B, N, C).
        weights: (B, N), how much each counts; they sum to 1.
    """

    columns: Tensor
    weights: Tensor


def blend_columns(measurements: Sequence[Columns], shares: Sequence[float]) -> Columns:
    """All columns of some pictures, weighed by the shares, relative to each other."""
    total = sum(shares)
    weights = [s / total * m.weights for s, m in zip(shares, measurements, strict=True)]
    columns = [m.columns for m in measurements]
    return Columns(ops.concatenate(columns, 1), ops.concatenate(weights, 1))


class EmdTerm(Term):
    """`relaxed_emd` between columns of some kind at some places.

    Every draw, as of `View.draw` and the seed, looks at other places: of a picture under Adam at
    each step, of an artwork once, and so of one under L-BFGS.
    """

    count: int
    seed: int

    @abstractmethod
    def columns(self, view: View, positions: Tensor) -> Tensor:
        """Of a view at some places, (B, N, C)."""

    @abstractmethod
    def distances(self, columns: Tensor, others: Tensor) -> Tensor:
        """Of every pair, (B, N, M)."""

    def measure(self, view: View) -> Columns:
        """The columns and, by the mask, their weights."""
        positions = places(self.count, self.seed, view.draw)
        columns = self.columns(view, positions)
        return Columns(columns, _weights_at(view.mask, positions, columns))

    def blend(self, measurements: Sequence[Columns], shares: Sequence[float]) -> Columns:
        """`blend_columns`."""
        return blend_columns(measurements, shares)

    def target(self, measurement: Columns) -> Columns:
        """Columns (B, N, 1, C) and weights (B, N, 1, 1): the more artworks, the more of them."""
        columns, weights = measurement
        return Columns(ops.expand_dims(columns, 2), ops.expand_dims(weights, (2, 3)))

    def distance(self, view: View, target: Columns) -> Tensor:
        """`relaxed_emd` to the target's columns."""
        own = self.measure(view)
        distances = self.distances(own.columns, target.columns[:, :, 0])
        return relaxed_emd(distances, own.weights, target.weights[:, :, 0, 0])


@dataclass(frozen=True)
class RelaxedEmdTerm(Checked, EmdTerm):
    """`relaxed_emd` between hypercolumns, by cosine distance, as in STROTSS.

    Kolkin, Salavon & Shakhnarovich, CVPR 2019, section 3.2.

    Args:
        layers: names of the activations that make up the columns.
        count: how many places.
        seed: moves them.

    Raises:
        ValueError: no layers, or a number out of range.
    """

    layers: Layers
    count: Annotated[int, Field(ge=1)] = 1024
    seed: Annotated[int, Field(ge=0)] = 0

    def columns(self, view: View, positions: Tensor) -> Tensor:
        """Hypercolumns."""
        return hypercolumns_at(view.activations, self.layers, positions)

    def distances(self, columns: Tensor, others: Tensor) -> Tensor:
        """`cosine_distances`."""
        return cosine_distances(columns, others)


@dataclass(frozen=True)
class PaletteTerm(Checked, EmdTerm):
    """`relaxed_emd` between colours, by Euclidean distance.

    Of luminance and two differences of colour, which are all but uncorrelated: Kolkin, Salavon &
    Shakhnarovich, CVPR 2019, section 3.2, where it is weighed as one over the content's weight.

    Args:
        count: how many places.
        seed: moves them.

    Raises:
        ValueError: a number out of range.
    """

    count: Annotated[int, Field(ge=1)] = 1024
    seed: Annotated[int, Field(ge=0)] = 0

    def columns(self, view: View, positions: Tensor) -> Tensor:
        """Colours."""
        return ops.matmul(columns_at(view.image, positions), ops.convert_to_tensor(COLORS.T))

    def distances(self, columns: Tensor, others: Tensor) -> Tensor:
        """`euclidean_distances`."""
        return euclidean_distances(columns, others)


@dataclass(frozen=True)
class SelfSimilarityTerm(Checked, Term):
    """`self_similarity_loss` at some places: content that leaves all colours and marks to style.

    Args:
        layers: names of the activations that make up the columns.
        count: how many places; time and memory grow with its square.
        seed: moves them.

    Raises:
        ValueError: no layers, or a number out of range.
    """

    layers: Layers
    count: Annotated[int, Field(ge=1)] = 512
    seed: Annotated[int, Field(ge=0)] = 0

    def measure(self, view: View) -> dict[str, Tensor]:
        """Each layer's activations, (B, h, w, C): the places are drawn later."""
        return {k: ops.cast(view.activations[k], "float32") for k in self.layers}

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """`self_similarity_loss` at the same places of both."""
        positions = places(self.count, self.seed, view.draw)
        own, wanted = (
            hypercolumns_at(a, self.layers, positions) for a in (view.activations, target)
        )
        weights = None if view.mask is None else columns_at(view.mask, positions)[..., 0]
        similarity, other = (self_similarity(columns, weights) for columns in (own, wanted))
        return self_similarity_loss(similarity, other, weights)


def _weights_at(mask: Tensor | None, positions: Tensor, columns: Tensor) -> Tensor:
    """(B, N) of a mask at some places, or equal ones, that sum to 1."""
    if mask is None:
        weights = ops.ones_like(columns[..., 0])
    else:
        weights = columns_at(mask, positions)[..., 0]
    return weights / ops.maximum(ops.sum(weights, 1, keepdims=True), masks.NOTHING)
