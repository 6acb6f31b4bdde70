"""A picture as noise that is filtered to the spectrum of others, as a canvas.

At once it has their colours and, statistically, all that a spectrum says: their random phase
texture (Galerne, Gousseau & Morel, "Random phase textures", IEEE TIP 20, 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfnst.features.steerable_pyramid import as_complex, inverse, spectrum
from tfnst.images.periodic import periodic_component
from tfnst.losses.texture_terms import ColorAxes

FAINTEST = 1e-3  # amplitude, of about 1 in the mean: what cannot be divided by


class FilteredNoise:
    """White noise, three planes of it, of which a filter makes the picture; see `Form`.

    A step along the gradient then changes every frequency in proportion to its amplitude. On
    pixels, high frequencies are settled long after low ones.

    Args:
        colors: what the planes are.
    """

    channels: tuple[int, ...] = (3,)
    bounds: tuple[float, float] | None = None
    halo: int = 0
    averaging: float = 0.0
    moments_follow_area: bool = False

    def __init__(self, colors: ColorAxes) -> None:
        self.colors = colors
        self.amplitude = tf.Variable(tf.zeros((3, 1, 1)), shape=(3, None, None))

    def aim(self, pictures: Sequence[np.ndarray], height: int, width: int) -> None:
        """Take the spectrum of pictures (h, w, 3), in the mean, for noise of that size."""
        planes = [self.colors.planes(periodic_component(p)[None]).numpy()[0] for p in pictures]
        amplitudes = [amplitude(plane, height, width) for plane in planes]
        self.amplitude.assign(np.sqrt(np.mean(np.square(amplitudes), 0)))

    def noise(self, random: np.random.Generator) -> np.ndarray:
        """(H, W, 3): filtered noise as it is drawn, in [0, 1]."""
        sides = self.amplitude.numpy().shape[1:]
        planes = random.normal(size=(1, *sides, 3)).astype(np.float32)
        return np.clip(self.compose([tf.constant(planes)])[0].numpy(), 0, 1)

    def split(self, picture: Any) -> list[Any]:
        """The noise, (1, H, W, 3), of which the filter would make the picture."""
        planes = self.colors.planes(picture)
        white = inverse(spectrum(planes) / as_complex(self.amplitude.value()))
        return [tf.transpose(tf.math.real(white), (0, 2, 3, 1))]

    def compose(self, parts: Sequence[Any]) -> Any:
        """The picture; it may leave its range."""
        planes = tf.transpose(tf.convert_to_tensor(parts[0]), (0, 3, 1, 2))
        filtered = inverse(spectrum(planes) * as_complex(self.amplitude.value()))
        return self.colors.image(tf.math.real(filtered))

    def confine(self, parts: Sequence[Any]) -> None:
        """Leave it as it is: noise has no range."""


def amplitude(planes: np.ndarray, height: int, width: int) -> np.ndarray:
    """The root of the smoothed power spectrum of planes, for white noise of any size.

    Of the autocovariance, which is known the worse the farther it goes, so much as half of the
    smaller picture reaches, faded out (Blackman & Tukey 1958).

    Args:
        planes: (C, h, w), periodic.
        height: of the noise.
        width: likewise.

    Returns:
        (C, height, width) float32, frequency 0 in the corner.
    """
    power = np.abs(np.fft.fft2(planes)) ** 2 / planes[0].size
    covariance = np.fft.ifft2(power).real
    faded = np.zeros((len(planes), height, width))
    reach = [min(sides) // 2 for sides in zip(planes.shape[1:], (height, width), strict=True)]
    down, across = (np.arange(-r, r) for r in reach)
    windows = [np.cos(np.pi / 2 * x / r) ** 2 for x, r in zip((down, across), reach, strict=True)]
    inside = covariance[:, down[:, None], across] * windows[0][:, None] * windows[1]
    faded[:, down[:, None], across] = inside
    smooth = np.maximum(np.fft.fft2(faded).real, FAINTEST**2)
    return np.sqrt(smooth).astype(np.float32)
