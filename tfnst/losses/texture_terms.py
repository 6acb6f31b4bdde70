"""Terms of textures: the statistics of Portilla & Simoncelli in a picture's own colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import tensorflow as tf
from pydantic import Field

from tfnst.features.steerable_pyramid import SteerablePyramid
from tfnst.losses.column_terms import Columns
from tfnst.losses.histogram_terms import HistogramTerm
from tfnst.losses.portilla_simoncelli import portilla_simoncelli, portilla_simoncelli_errors
from tfnst.losses.statistics import FeatureStatistics, covariance, mean
from tfnst.losses.terms import Term, View
from tfnst.tensors import Tensor
from tfnst.validation import Checked

# How far noise of the source's spectrum is off in each group, about: errors are counted in these.
USUAL = {
    "pixels": 0.4,
    "low_shape": 0.4,
    "low_correlation": 0.08,
    "low_deviation": 0.08,
    "magnitude_correlation": 0.15,
    "magnitude_deviation": 0.15,
    "orientations": 0.12,
    "scales": 0.12,
    "phases": 0.06,
    "high_variance": 0.15,
    "color_pixels": 0.05,
    "color_low": 0.15,
    "color_magnitudes": 0.15,
    "color_bands": 0.15,
    "color_scales": 0.1,
    "color_phases": 0.05,
}
BEYOND = 2e4  # weight of squares of what of pixels is out of [0, 1]
FAINTEST = 1e-5  # variance of a plane: a grey picture has no others to divide by

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ColorAxes(Checked):
    """The colours of pictures as three numbers of mean 0 and variance 1, uncorrelated.

    Args:
        mean: RGB.
        axes: three directions in RGB, by rows, each over the square root of its variance; the one
            that varies most is the first.

    Raises:
        ValueError: other than three numbers each.
    """

    mean: Triple
    axes: tuple[Triple, Triple, Triple]

    def planes(self, image: Tensor) -> Tensor:
        """(B, H, W, 3) RGB as (B, 3, H, W)."""
        mean, axes = (np.array(x, np.float32) for x in (self.mean, self.axes))
        return tf.einsum("bhwc,pc->bphw", image - mean, axes)

    def image(self, planes: Tensor) -> Tensor:
        """(B, H, W, 3) RGB of (B, 3, H, W); it may leave its range."""
        colors = np.linalg.inv(self.axes).astype(np.float32)
        return tf.einsum("bphw,cp->bhwc", planes, colors) + np.array(self.mean, np.float32)


def principal_colors(statistics: FeatureStatistics) -> ColorAxes:
    """The principal axes of colours, as in the program of Portilla & Simoncelli for colour.

    Args:
        statistics: `feature_statistics` of RGB pictures, of batch dimension 1.

    Returns:
        The axes; where colours hardly vary, as across the axis of grey, as if they did a little.

    Examples:
        >>> from tfnst.losses.statistics import feature_statistics
        >>> pixels = np.array([[[[0.2, 0.5, 0.5], [0.8, 0.5, 0.5]]]])
        >>> axes = principal_colors(feature_statistics(pixels))
        >>> [round(abs(x), 3) for x in axes.axes[0]]
        [3.333, 0.0, 0.0]
    """
    spread = np.asarray(covariance(statistics), np.float64)[0]
    variances, directions = np.linalg.eigh(spread)
    rows = (directions / np.sqrt(np.maximum(variances, FAINTEST))).T[::-1]
    average = tuple(np.asarray(mean(statistics))[0].tolist())
    return ColorAxes(average, tuple(map(tuple, rows.tolist())))  # type: ignore[arg-type]


@dataclass(frozen=True)
class PortillaSimoncelliTerm(Checked, Term):
    """`portilla_simoncelli` of the planes of some axes of colours; masks are not heeded.

    Args:
        colors: the axes, `principal_colors` of what is to be matched.
        scales: of the pyramid.
        orientations: likewise.
        neighbourhood: of autocorrelations, in pixels a side.
        groups: those that count, by their names; where there are none, all of them but the range,
            of which two numbers are the least and the greatest pixel, and pictures are kept in it.

    Raises:
        ValueError: a number out of range.
    """

    colors: ColorAxes
    scales: Annotated[int, Field(ge=1)] = 4
    orientations: Annotated[int, Field(ge=1)] = 4
    neighbourhood: Annotated[int, Field(ge=1)] = 7
    groups: tuple[str, ...] = ()

    def measure(self, view: View) -> dict[str, Tensor]:
        """`portilla_simoncelli`."""
        pyramid = SteerablePyramid(self.scales, self.orientations)
        return portilla_simoncelli(self.colors.planes(view.image), pyramid, self.neighbourhood)

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """The sum over groups of the squares of their errors, each beside what is `USUAL`.

        And what is out of [0, 1] of a picture that nothing keeps there.
        """
        errors = self.details(view, target)
        counted = self.groups or tuple(name for name in errors if name != "range")
        beyond = tf.square(view.image - tf.clip_by_value(view.image, 0.0, 1.0))
        groups = sum(tf.square(errors[name] / USUAL[name]) for name in counted)
        return groups + BEYOND * tf.reduce_mean(beyond, (1, 2, 3))

    def details(self, view: View, target: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """`portilla_simoncelli_errors`."""
        return portilla_simoncelli_errors(self.measure(view), target)


@dataclass(frozen=True)
class ColorTerm(Checked, Term):
    """`histogram_loss` of colours along some axes.

    Activations hardly know colours, and Gram matrices not whether contrast is the same everywhere
    or all in one place; histograms are the remedy of Risser, Wilmot & Barnes (arXiv:1701.08893).
    Along its principal axes, a tint that is rare in a source counts as much as light and dark.

    Args:
        colors: the axes, `principal_colors` of what is to be matched.
    """

    colors: ColorAxes

    def measure(self, view: View) -> dict[str, Columns]:
        """The pixels; a mask weighs them."""
        return PIXELS.measure(self._seen(view))

    def blend(
        self, measurements: Sequence[Mapping[str, Columns]], shares: Sequence[float]
    ) -> dict[str, Columns]:
        """The pixels of a picture of which each source fills its share."""
        return PIXELS.blend(measurements, shares)

    def target(self, measurement: Mapping[str, Columns]) -> dict[str, Tensor]:
        """Each axis sorted."""
        return PIXELS.target(measurement)

    def distance(self, view: View, target: Mapping[str, Tensor]) -> Tensor:
        """`histogram_loss`, over twice the variance: over something, if the source is flat."""
        return PIXELS.distance(self._seen(view), target)

    def _seen(self, view: View) -> View:
        planes = tf.transpose(self.colors.planes(view.image), (0, 2, 3, 1))
        return view._replace(activations={"colors": planes + 1})  # of which the mean square is 2


PIXELS = HistogramTerm(("colors",))
