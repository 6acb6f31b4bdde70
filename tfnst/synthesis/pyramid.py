"""The variables that a picture is made of: its pixels, or bands of luminance and chroma."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import tensorflow as tf

from tfnst.images.color import LUMA
from tfnst.images.sizes import HALO

LUMINANCE, CHROMA = 5, 3  # bands; the coarsest pixel is 16 of the picture's
COARSENESS = 4  # pixels of the picture a side of a pixel of the finest band of chroma
SMOOTHNESS = 1e-2  # a variance: of luminance that varies much less, chroma takes no notice


class Form(Protocol):
    """How a picture is made of variables.

    Attributes:
        channels: of each part.
        bounds: of the variables, where they have any.
        halo: reflected pixels on each side.
        averaging: decay of the running average of the iterates, which is the picture returned.
        moments_follow_area: whether Adam's become smaller as a pixel's part of the loss does.
    """

    channels: tuple[int, ...]
    bounds: tuple[float, float] | None
    halo: int
    averaging: float
    moments_follow_area: bool

    def split(self, picture: Any) -> list[Any]:
        """The parts (1, h, w, c) of a (1, H, W, 3) picture."""

    def compose(self, parts: Sequence[Any]) -> Any:
        """The picture of which these are the parts; it may leave its range."""

    def confine(self, parts: Sequence[Any]) -> None:
        """Bring variables that have left their range back into it."""


class Pixels:
    """The picture itself, as in version 0.1, whose recipes are repeated on it; see `Form`."""

    channels: tuple[int, ...] = (3,)
    bounds: tuple[float, float] | None = (0.0, 1.0)
    halo: int = HALO
    averaging: float = 0.98
    moments_follow_area: bool = False

    @staticmethod
    def split(picture: Any) -> list[Any]:
        """(1, H, W, 3) as the list of one that it is."""
        return [picture]

    @staticmethod
    def compose(parts: Sequence[Any]) -> Any:
        """The picture."""
        return tf.convert_to_tensor(parts[0])

    @staticmethod
    def confine(parts: Sequence[Any]) -> None:
        """Bring variables that have left the picture's range back into it."""
        parts[0].assign(tf.clip_by_value(parts[0], 0.0, 1.0))


class Bands:
    """Laplacian pyramids of luminance and, at a quarter of the size, of chroma.

    All bands take steps of one length, so that a step of gradient descent moves large forms and
    palette as well as details, and these settle first: Kolkin et al., "Neural Neighbor Style
    Transfer", arXiv:2203.13215, section 4. What of chroma is finer follows luminance.
    """

    channels: tuple[int, ...] = (1,) * LUMINANCE + (2,) * CHROMA
    bounds: tuple[float, float] | None = None
    halo: int = HALO
    averaging: float = 0.91  # over as many steps as a level has at its finest
    moments_follow_area: bool = True
    periodic = False

    @classmethod
    def split(cls, picture: Any) -> list[Any]:
        """The bands of luminance of a (1, H, W, 3) picture, the finest first, then of chroma."""
        luminance = tf.tensordot(picture, LUMA[:, None], 1)
        chroma = tf.gather(picture, (0, 2), axis=3) - luminance
        coarse = _reduced(chroma, COARSENESS)
        pairs = ((luminance, LUMINANCE), (coarse, CHROMA))
        return [band for plane, count in pairs for band in decompose(plane, count, cls.periodic)]

    @classmethod
    def compose(cls, parts: Sequence[Any]) -> Any:
        """The picture of which these are the bands; it may leave its range."""
        luminance = compose(parts[:LUMINANCE], cls.periodic)
        chroma = follow(compose(parts[LUMINANCE:], cls.periodic), luminance, cls.periodic)
        red, blue = tf.split(chroma, 2, 3)
        green = -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1]
        return luminance + tf.concat([red, green, blue], 3)

    @staticmethod
    def confine(parts: Sequence[Any]) -> None:
        """Leave them as they are: a band has no range of its own."""


class PeriodicBands(Bands):
    """`Bands` of a picture that repeats without a seam; its sides are multiples of 16."""

    halo = 0
    periodic = True


PERIODIC_BANDS = PeriodicBands()


def decompose(picture: Any, count: int, periodic: bool = False) -> list[Any]:
    """The bands of a picture, of which `compose` makes it again.

    Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31, 1983:
    each band is what its enlarged coarser picture lacks. Here pictures shrink by averages and grow
    by linear interpolation, so that sides need not be powers of two.

    Args:
        picture: (B, H, W, C).
        count: how many bands, from 1, the picture itself.
        periodic: whether the picture goes on at the opposite border, of sides that can be halved so
            often.

    Returns:
        The finest band first, each of half the sides of the one before, rounded up; the last is
        what is left, a small picture.
    """
    bands, rest = [], tf.convert_to_tensor(picture, tf.float32)
    for _ in range(count - 1):
        coarse = _reduced(rest, 2)
        bands.append(rest - _enlarged(coarse, tf.shape(rest)[1:3], periodic))
        rest = coarse
    return [*bands, rest]


def compose(bands: Sequence[Any], periodic: bool = False) -> Any:
    """The picture whose bands these are: ↑(… ↑(↑xₙ + xₙ₋₁) …) + x₀, (B, H, W, C).

    Args:
        bands: the finest first, as `decompose` gives them.
        periodic: as there.
    """
    *finer, picture = map(tf.convert_to_tensor, bands)
    for band in reversed(finer):
        picture = band + _enlarged(picture, tf.shape(band)[1:3], periodic)
    return picture


def follow(chroma: Any, luminance: Any, periodic: bool = False) -> Any:
    """Chroma in the size of the luminance, and linear in it within small windows.

    The guided filter of He, Sun & Tang (IEEE TPAMI 35, 2013) with its coefficients computed on the
    small pictures and enlarged (He & Sun, "Fast Guided Filter", arXiv:1505.00996).

    Args:
        chroma: (B, h, w, C), small.
        luminance: (B, H, W, 1).
        periodic: whether both go on at the opposite border, with sides 4h and 4w.

    Returns:
        (B, H, W, C).
    """
    count = chroma.shape[3]
    guide = _reduced(luminance, COARSENESS)

    def mean(x: Any) -> Any:
        if periodic:
            return tf.nn.avg_pool2d(_wrapped(x), 3, 1, "VALID")
        return tf.nn.avg_pool2d(x, 3, 1, "SAME")

    means = mean(tf.concat([guide, guide * guide, chroma, guide * chroma], 3))
    of_guide, of_square, of_chroma, of_product = tf.split(means, (1, 1, count, count), 3)
    # Equations 5, 6 and 8 of the first paper.
    slope = (of_product - of_guide * of_chroma) / (of_square - of_guide**2 + SMOOTHNESS)
    line = mean(tf.concat([slope, of_chroma - slope * of_guide], 3))
    # In two steps: XLA's linear interpolation to some 3.7 times the size is another one.
    size = tf.shape(luminance)[1:3]
    line = _enlarged(_enlarged(line, (size + 1) // 2, periodic), size, periodic)
    slope, intercept = tf.split(line, 2, 3)  # slices' gradients are as large as what they are of
    return slope * luminance + intercept


def _reduced(picture: Any, times: int) -> Any:
    """Averages of squares, as many as there are at least parts of."""
    return tf.nn.avg_pool2d(picture, times, times, "SAME")


def _enlarged(picture: Any, size: Any, periodic: bool) -> Any:
    """Linearly interpolated; a periodic one to twice its sides."""
    if not periodic:
        return tf.image.resize(picture, size)
    return tf.image.resize(_wrapped(picture), size + 4)[:, 2:-2, 2:-2]


def _wrapped(picture: Any) -> Any:
    """A pixel of the opposite border on each side."""
    picture = tf.concat([picture[:, -1:], picture, picture[:, :1]], 1)
    return tf.concat([picture[:, :, -1:], picture, picture[:, :, :1]], 2)
