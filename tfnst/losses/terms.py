"""Terms of an objective: each measures what is wanted once, and then says how far a view is off.

A picture under optimisation, a batch of pictures and a network in training share them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import keras
from keras import ops
from pydantic import Field

from tfnst.losses.bands import BandSums, band_loss, band_sums
from tfnst.losses.content import ContentSums, content_distance, content_sums, standardize
from tfnst.losses.cores import Core, within
from tfnst.losses.smoothness import VariationSums, total_variation, variation_sums
from tfnst.losses.statistics import (
    FeatureStatistics,
    blend_statistics,
    feature_statistics,
    gram_matrix,
)
from tfnst.losses.style import (
    Gaussian,
    MeanStd,
    gaussian,
    gram_style_loss,
    mean_std,
    mean_std_style_loss,
    wasserstein_style_loss,
)
from tfnst.tensors import Tensor
from tfnst.validation import Checked, Layers


class View(NamedTuple):
    """What terms see of a batch of pictures.

    Attributes:
        image: (B, H, W, 3) RGB in [0, 1].
        activations: for each layer (B, h, w, C), of any float type.
        mask: (B, H, W, 1) in [0, 1], how much each pixel counts; None where all count alike.
        draw: a whole number, another at each step, for terms that look at some places only: the
            same number means the same places.
        reduced: views of the same pictures smaller, by how many pixels a side make one.
        regions: (B, H, W, R) in [0, 1], how much each pixel belongs to each of some regions; None
            where there are none.
        core: where the picture is a tile, which part of it counts; image and mask have margins
            around it, activations have none. None where all counts.
    """

    image: Tensor
    activations: Mapping[str, Tensor]
    mask: Tensor | None = None
    draw: Tensor | int = 0
    reduced: Mapping[int, View] = {}
    regions: Tensor | None = None
    core: Core | None = None


class Term(ABC):
    """An equation of an objective.

    Of what is wanted it takes a measurement, once: a tensor or a structure of them, each of batch
    dimension B. Measurements can be blended; `target` prepares the result for `distance`, which
    compares views with it in every step. Whatever depends on positions heeds the views' masks.

    Attributes:
        layers: names of the activations that are read; none for a term of the picture alone.
        needs_target: False for a term whose `distance` also takes None as its target.

    Examples:
        >>> class MeanColour(Term):
        ...     def measure(self, view):
        ...         return ops.mean(view.image, (1, 2))
        ...
        ...     def distance(self, view, target):
        ...         return ops.mean(ops.square(self.measure(view) - target), 1)
        >>> term, black, white = MeanColour(), ops.zeros((1, 4, 4, 3)), ops.ones((1, 4, 4, 3))
        >>> grey = term.blend([term.measure(View(image, {})) for image in (black, white)], (1, 1))
        >>> float(term.distance(View(white, {}), term.target(grey))[0])
        0.25
    """

    layers: tuple[str, ...] = ()
    needs_target: bool = True

    @abstractmethod
    def measure(self, view: View) -> Any:
        """What of a view is to be matched."""

    def blend(self, measurements: Sequence[Any], shares: Sequence[float]) -> Any:
        """The measurement of which each source makes up its share: unless overridden, the mean.

        Shares are from 0, relative to each other and not all 0.
        """
        total = sum(shares)
        return keras.tree.map_structure(
            lambda *parts: sum(s / total * part for s, part in zip(shares, parts, strict=True)),
            *measurements,
        )

    def target(self, measurement: Any) -> Any:
        """A measurement in the form that `distance` takes; unless overridden, as it is.

        On a canvas, which grows, only tensors (B, H, W, C) may change their height and width.
        """
        return measurement

    @abstractmethod
    def distance(self, view: View, target: Any) -> Tensor:
        """How far each picture is from its target, (B,), without units: about 0 where they agree.

        The target has batch dimension B or 1, or may be None where the term needs none.
        """

    def details(self, view: View, target: Any) -> dict[str, Tensor]:
        """What the distance is made of, (B,) by name; unless overridden, nothing that has names."""
        return {}


class AdditiveTerm(Term):
    """A term that needs of a picture no more than sums over positions, which add up over tiles.

    So pictures of any size can be painted by tiles, whose gradients are those of the whole.

    Attributes:
        beside: whether it compares every position with the photo's; only sums can, by tiles.
    """

    beside: bool = False

    @abstractmethod
    def sums(self, view: View, photo: Mapping[str, Tensor] | None = None) -> Any:
        """Of what counts of a view; a tensor or a structure of them, each of batch dimension B.

        Args:
            view: the whole, or a tile with its `core`; margins are 16 pixels wide at least.
            photo: the photo's activations there, of a term that sees them beside.
        """

    def from_sums(self, sums: Any) -> Any:
        """The measurement of which these are the sums; unless overridden, the sums themselves."""
        return sums

    @abstractmethod
    def compare(self, measurement: Any, target: Any) -> Tensor:
        """`distance` by a measurement, (B,); what was seen beside the photo needs no target."""

    def measure(self, view: View) -> Any:
        """What of a view is to be matched."""
        return self.from_sums(self.sums(view))

    def distance(self, view: View, target: Any) -> Tensor:
        """How far each picture is from its target, (B,)."""
        return self.compare(self.measure(view), target)


class MatchingTerm(Term):
    """A term whose target depends on the picture too, and is found anew as that changes."""

    @abstractmethod
    def match(
        self, measurement: Any, view: View, photo: View, share: float = 1.0, apart: bool = False
    ) -> Any:
        """The target of a picture; outside of compiled steps.

        Args:
            measurement: of the artworks, blended.
            view: of the picture as it stands.
            photo: of the photo, which makes up the rest of `share`.
            share: how much of the target the artworks make up.
            apart: match every layer for itself, as towards the end.
        """


@dataclass(frozen=True)
class LayeredTerm(Checked, Term):
    """A loss of some layers, each compared by itself.

    Args:
        layers: names of the activations that are read.
        weights: a number for each layer, relative to each other; () where all count alike.

    Raises:
        ValueError: no layers, or weights that do not fit them.
    """

    layers: Layers
    weights: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...],
        Field(description="a tuple of numbers from 0, one a layer, not all 0"),
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weights and (len(self.weights) != len(self.layers) or not any(self.weights)):
            raise self.refusal("weights")

    @abstractmethod
    def details(self, view: View, target: Any) -> dict[str, Tensor]:
        """Each layer's loss."""

    def distance(self, view: View, target: Any) -> Tensor:
        """The mean of the layers' losses, by their weights."""
        return self.mean(self.details(view, target))

    def mean(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Of losses by layer, by the layers' weights."""
        weights = self.weights or (1.0,) * len(self.layers)
        weighted = [w * losses[k] for k, w in zip(self.layers, weights, strict=True)]
        return sum(weighted) / sum(weights)


class StyleTerm(LayeredTerm, AdditiveTerm):
    """A loss of feature statistics, the mean over layers; see `LayeredTerm`."""

    @abstractmethod
    def form(self, statistics: FeatureStatistics) -> Any:
        """What `loss` compares with, of a layer's statistics."""

    @abstractmethod
    def loss(self, statistics: FeatureStatistics, target: Any) -> Tensor:
        """Of one layer, (B,)."""

    def sums(
        self, view: View, photo: Mapping[str, Tensor] | None = None
    ) -> dict[str, FeatureStatistics]:
        """Each layer's statistics; a mask weighs their positions."""
        mask = None if view.mask is None else within(view.mask, view.core)
        return {k: feature_statistics(view.activations[k], mask) for k in self.layers}

    def blend(
        self, measurements: Sequence[Mapping[str, FeatureStatistics]], shares: Sequence[float]
    ) -> dict[str, FeatureStatistics]:
        """The statistics of a picture of which each source fills its share."""
        return {k: blend_statistics([m[k] for m in measurements], shares) for k in self.layers}

    def target(self, measurement: Mapping[str, FeatureStatistics]) -> dict[str, Any]:
        """`form` of each layer."""
        return {k: self.form(measurement[k]) for k in self.layers}

    def details(self, view: View, target: Mapping[str, Any]) -> dict[str, Tensor]:
        """Each layer's loss."""
        return self._losses(self.measure(view), target)

    def compare(
        self, measurement: Mapping[str, FeatureStatistics], target: Mapping[str, Any]
    ) -> Tensor:
        """The mean of the layers' losses, by their weights."""
        return self.mean(self._losses(measurement, target))

    def _losses(
        self, measurement: Mapping[str, FeatureStatistics], target: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        return {k: self.loss(measurement[k], target[k]) for k in self.layers}


class GramTerm(StyleTerm):
    """`gram_style_loss` over layers, as in Gatys, Ecker & Bethge, CVPR 2016; see `StyleTerm`."""

    def form(self, statistics: FeatureStatistics) -> Tensor:
        """The Gram matrix, (B, C, C)."""
        return gram_matrix(statistics)

    def loss(self, statistics: FeatureStatistics, target: Tensor) -> Tensor:
        """`gram_style_loss`."""
        return gram_style_loss(statistics, target)


class WassersteinTerm(StyleTerm):
    """`wasserstein_style_loss` over layers; see `StyleTerm`."""

    def form(self, statistics: FeatureStatistics) -> Gaussian:
        """The normal distribution of a layer."""
        return gaussian(statistics)

    def loss(self, statistics: FeatureStatistics, target: Gaussian) -> Tensor:
        """`wasserstein_style_loss`."""
        return wasserstein_style_loss(statistics, target)


class MeanStdTerm(StyleTerm):
    """`mean_std_style_loss` over layers, as in Li et al., IJCAI 2017; see `StyleTerm`."""

    def form(self, statistics: FeatureStatistics) -> MeanStd:
        """A layer's mean and deviation."""
        return mean_std(statistics)

    def loss(self, statistics: FeatureStatistics, target: MeanStd) -> Tensor:
        """`mean_std_style_loss`."""
        return mean_std_style_loss(statistics, target)


@dataclass(frozen=True)
class ContentTerm(Checked, AdditiveTerm):
    """`content_distance`, the mean over layers, to the standardised activations of a photo.

    Args:
        layers: names of the activations that are read.

    Raises:
        ValueError: no layers.
    """

    layers: Layers
    beside = True

    def measure(self, view: View) -> dict[str, Tensor]:
        """Each layer's standardised activations, (B, h, w, C)."""
        return {k: standardize(view.activations[k], view.mask) for k in self.layers}

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """`content_distance`, the mean over layers."""
        distances = (
            content_distance(view.activations[k], target[k], view.mask) for k in self.layers
        )
        return sum(distances) / len(self.layers)

    def sums(self, view: View, photo: Mapping[str, Tensor] | None = None) -> dict[str, ContentSums]:
        """Each layer's, beside the photo's; not of masked views."""
        photo = view.activations if photo is None else photo
        return {k: content_sums(view.activations[k], photo[k]) for k in self.layers}

    def compare(self, measurement: Mapping[str, ContentSums], target: Any) -> Tensor:
        """`content_distance`, the mean over layers."""
        return sum(measurement[k].distance for k in self.layers) / len(self.layers)


@dataclass(frozen=True)
class VariationTerm(AdditiveTerm):
    """`total_variation`: all of it, or with a target, (B,), what exceeds that of the artworks."""

    needs_target = False

    def measure(self, view: View) -> Tensor:
        """`total_variation`, (B,)."""
        return total_variation(view.image, view.mask)

    def sums(self, view: View, photo: Mapping[str, Tensor] | None = None) -> VariationSums:
        """Of squared differences."""
        return variation_sums(view.image, view.mask, view.core)

    def from_sums(self, sums: VariationSums) -> Tensor:
        """`total_variation`, (B,)."""
        return sums.variation

    def compare(self, measurement: Tensor, target: Tensor | None) -> Tensor:
        """The variation, or by how much it exceeds the target."""
        return measurement if target is None else ops.relu(measurement - target)


@dataclass(frozen=True)
class BandTerm(AdditiveTerm):
    """`band_loss`: as much in each of the finest bands as the artworks have."""

    def sums(self, view: View, photo: Mapping[str, Tensor] | None = None) -> BandSums:
        """Of squares."""
        return band_sums(view.image, view.mask, view.core)

    def from_sums(self, sums: BandSums) -> Tensor:
        """`band_energies`, (B, bands, 3)."""
        return sums.energies

    def compare(self, measurement: Tensor, target: Tensor) -> Tensor:
        """`band_loss`."""
        return band_loss(measurement, target)


@dataclass(frozen=True)
class ReducedTerm(Checked, Term):
    """Another term, which sees the picture smaller, where large forms are as small as marks.

    Args:
        term: what is to be matched there.
        scale: how many pixels a side make one; `View.reduced` holds that.

    Raises:
        ValueError: no term, or no scale from 2 to 4.
    """

    term: Term
    scale: Annotated[int, Field(ge=2, le=4)]

    @property
    def layers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of the term."""
        return self.term.layers

    def measure(self, view: View) -> Any:
        """What the term measures."""
        return self.term.measure(view.reduced[self.scale])

    def blend(self, measurements: Sequence[Any], shares: Sequence[float]) -> Any:
        """As the term blends them."""
        return self.term.blend(measurements, shares)

    def target(self, measurement: Any) -> Any:
        """As the term forms it."""
        return self.term.target(measurement)

    def distance(self, view: View, target: Any) -> Tensor:
        """The term's."""
        return self.term.distance(view.reduced[self.scale], target)

    def details(self, view: View, target: Any) -> dict[str, Tensor]:
        """The term's."""
        return self.term.details(view.reduced[self.scale], target)


def stack(targets: Sequence[Any]) -> Any:
    """Targets of one term one above the other: as many rows as they have together."""
    return keras.tree.map_structure(lambda *parts: ops.concatenate(parts), *targets)


def mix(rows: Any, mixture: Tensor) -> Any:
    """The targets of B pictures, each a mixture, (B, S), of the S rows of a stacked target."""
    return keras.tree.map_structure(lambda part: ops.tensordot(mixture, part, 1), rows)
