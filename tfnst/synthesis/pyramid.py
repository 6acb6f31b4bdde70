"""The variables that a picture is made of: its pixels, or bands of luminance and chroma."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfnst.images.color import LUMA

LUMINANCE, CHROMA = 5, 3  # bands; the coarsest pixel is 16 of the picture's
COARSENESS = 4  # pixels of the picture a side of a pixel of the finest band of chroma
SMOOTHNESS = 1e-2  # a variance: of luminance that varies much less, chroma takes no notice


class Pixels:
    """The picture itself, as in version 0.1, whose recipes are repeated on it.

    Attributes:
        channels: of each part.
        averaging: decay of the running average of the iterates, which is the picture returned.
        moments_follow_area: whether Adam's become smaller as a pixel's part of the loss does.
    """

    channels: tuple[int, ...] = (3,)
    averaging = 0.98
    moments_follow_area = False

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

    channels = (1,) * LUMINANCE + (2,) * CHROMA
    averaging = 0.91  # over as many steps as a level has at its finest
    moments_follow_area = True

    @staticmethod
    def split(picture: Any) -> list[Any]:
        """The bands of luminance of a (1, H, W, 3) picture, the finest first, then of chroma."""
        luminance = tf.tensordot(picture, LUMA[:, None], 1)
        chroma = tf.gather(picture, (0, 2), axis=3) - luminance
        coarse = _reduced(chroma, COARSENESS)
        return [*decompose(luminance, LUMINANCE), *decompose(coarse, CHROMA)]

    @staticmethod
    def compose(parts: Sequence[Any]) -> Any:
        """The picture of which these are the bands; it may leave its range."""
        luminance = compose(parts[:LUMINANCE])
        chroma = follow(compose(parts[LUMINANCE:]), luminance)
        red, blue = chroma[..., :1], chroma[..., 1:]
        green = -(LUMA[0] * red + LUMA[2] * blue) / LUMA[1]
        return luminance + tf.concat([red, green, blue], 3)

    @staticmethod
    def confine(parts: Sequence[Any]) -> None:
        """Leave them as they are: a band has no range of its own."""


def decompose(picture: Any, count: int) -> list[Any]:
    """The bands of a picture, of which `compose` makes it again.

    Burt & Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Comm. 31, 1983:
    each band is what its enlarged coarser picture lacks. Here pictures shrink by averages and grow
    by linear interpolation, so that sides need not be powers of two.

    Args:
        picture: (B, H, W, C).
        count: how many bands, from 1, the picture itself.

    Returns:
        The finest band first, each of half the sides of the one before, rounded up; the last is
        what is left, a small picture.
    """
    bands, rest = [], tf.convert_to_tensor(picture, tf.float32)
    for _ in range(count - 1):
        coarse = _reduced(rest, 2)
        bands.append(rest - tf.image.resize(coarse, tf.shape(rest)[1:3]))
        rest = coarse
    return [*bands, rest]


def compose(bands: Sequence[Any]) -> Any:
    """The picture whose bands these are: ↑(… ↑(↑xₙ + xₙ₋₁) …) + x₀, (B, H, W, C).

    Args:
        bands: the finest first, as `decompose` gives them.
    """
    *finer, picture = map(tf.convert_to_tensor, bands)
    for band in reversed(finer):
        picture = band + tf.image.resize(picture, tf.shape(band)[1:3])
    return picture


def follow(chroma: Any, luminance: Any) -> Any:
    """Chroma in the size of the luminance, and linear in it within small windows.

    The guided filter of He, Sun & Tang (IEEE TPAMI 35, 2013) with its coefficients computed on the
    small pictures and enlarged (He & Sun, "Fast Guided Filter", arXiv:1505.00996).

    Args:
        chroma: (B, h, w, C), small.
        luminance: (B, H, W, 1).

    Returns:
        (B, H, W, C).
    """
    count = chroma.shape[3]
    guide = _reduced(luminance, COARSENESS)

    def mean(x: Any) -> Any:
        return tf.nn.avg_pool2d(x, 3, 1, "SAME")

    means = mean(tf.concat([guide, guide * guide, chroma, guide * chroma], 3))
    of_guide, of_square, of_chroma, of_product = tf.split(means, (1, 1, count, count), 3)
    # Equations 5, 6 and 8 of the first paper.
    slope = (of_product - of_guide * of_chroma) / (of_square - of_guide**2 + SMOOTHNESS)
    line = mean(tf.concat([slope, of_chroma - slope * of_guide], 3))
    # In two steps: XLA's linear interpolation to some 3.7 times the size is another one.
    size = tf.shape(luminance)[1:3]
    line = tf.image.resize(tf.image.resize(line, (size + 1) // 2), size)
    return line[..., :count] * luminance + line[..., count:]


def _reduced(picture: Any, times: int) -> Any:
    """Averages of squares, as many as there are at least parts of."""
    return tf.nn.avg_pool2d(picture, times, times, "SAME")
