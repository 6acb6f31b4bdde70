"""The complex steerable pyramid: a picture as oriented bands, with amplitudes and phases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import tensorflow as tf
from pydantic import Field

from tfnst.tensors import Tensor
from tfnst.validation import Checked


class PyramidBands(NamedTuple):
    """What a steerable pyramid makes of pictures (…, H, W), all in their unit.

    Attributes:
        high: what is finer than all bands, (…, H, W).
        oriented: at each scale, the finest first, (…, K, h, w) complex64: the real part is a band,
            the modulus its local amplitude. At each scale sides are halved, rounded up.
        low: what is coarser than all bands, (…, h, w).
    """

    high: Tensor
    oriented: list[Tensor]
    low: Tensor


class PyramidSpectra(NamedTuple):
    """The spectra of a pyramid's bands, complex64; see `spectrum`.

    Attributes:
        high: of what is finer than all bands, (…, H, W).
        real: of the real parts of each scale's bands, (…, K, h, w).
        oriented: of the bands: twice those on one half of the plane, and 0 on the other.
        low: of what is coarser than all bands, (…, h, w).
        sums: of the pictures that each scale and all that is coarser make up, and last of that
            which `low` alone does, (…, h, w).
    """

    high: Tensor
    real: list[Tensor]
    oriented: list[Tensor]
    low: Tensor
    sums: list[Tensor]


@dataclass(frozen=True)
class SteerablePyramid(Checked):
    """The pyramid of Portilla & Simoncelli (IJCV 40, 2000, section 2.1), of pictures of any size.

    After Simoncelli & Freeman ("The steerable pyramid", ICIP 1995), in the Fourier domain: bands an
    octave wide, of which the real parts are a tight frame. Pictures are periodic in both
    directions, and are made smaller by cutting their spectra, so that sides may be odd.

    Args:
        scales: how many octaves have bands.
        orientations: K, how many bands an octave has.

    Raises:
        ValueError: a number below 1.

    Examples:
        >>> bands = SteerablePyramid(2, 3).decompose(tf.zeros((1, 20, 31)))
        >>> [tuple(band.shape) for band in bands.oriented], tuple(bands.low.shape)
        ([(1, 3, 20, 31), (1, 3, 10, 16)], (1, 5, 8))
    """

    scales: Annotated[int, Field(ge=1)] = 4
    orientations: Annotated[int, Field(ge=1)] = 4

    def transfer_functions(self, height: int, width: int) -> np.ndarray:
        """|H|, |B| of each real band, and |L|: at each frequency their squares sum to 1.

        Args:
            height: of the picture, in pixels.
            width: likewise.

        Returns:
            (1 + scales · K + 1, height, width) float32 in the order of the bands, frequency 0 in
            the corner.
        """
        whole = _grids(height, width, 0)[0]
        grids = [whole._replace(scale=scale) for scale in range(self.scales + 1)]
        bands = [
            tf.abs(grid.band_pass * direction)
            for grid in grids[:-1]
            for direction in tf.unstack(self._directions(grid))
        ]
        return tf.stack([whole.high_pass, *bands, grids[-1].low_pass]).numpy()

    def decompose(self, pictures: Tensor) -> PyramidBands:
        """The bands of pictures, (…, H, W) float32."""
        spectra = self.spectra(spectrum(pictures))
        oriented = [inverse(band) for band in spectra.oriented]
        high, low = (tf.math.real(inverse(x)) for x in (spectra.high, spectra.low))
        return PyramidBands(high, oriented, low)

    def reconstruct(self, bands: PyramidBands) -> Tensor:
        """The pictures whose bands these are, (…, H, W), from the real parts."""
        shape = tf.shape(bands.high)
        *grids, last = _grids(shape[-2], shape[-1], self.scales)
        full = spectrum(bands.low) * as_complex(last.low_pass)
        for grid, oriented in zip(reversed(grids), reversed(bands.oriented), strict=True):
            band = spectrum(tf.math.real(oriented)) * np.conj(self._phase)
            band *= as_complex(grid.band_pass * self._directions(grid))
            full = enlarged(full, *grid.sides) + tf.reduce_sum(band, -3)
        full += spectrum(bands.high) * as_complex(grids[0].high_pass)
        return tf.math.real(inverse(full))

    def spectra(self, full: Tensor) -> PyramidSpectra:
        """The bands' spectra, of that of pictures, (…, H, W) complex64."""
        shape = tf.shape(full)
        *grids, last = _grids(shape[-2], shape[-1], self.scales)
        reals, oriented, sums = [], [], []
        for grid in grids:
            part = reduced(full, *grid.sides)
            sums.append(part * as_complex(grid.low_pass**2))
            transfer = grid.band_pass * self._directions(grid)
            reals.append(part[..., None, :, :] * as_complex(transfer) * self._phase)
            # Where the cosine is 0, which counts with K = 1 only, both halves have a half.
            oriented.append(reals[-1] * as_complex(1 + tf.sign(self._cosines(grid))))
        high = full * as_complex(grids[0].high_pass)
        low = reduced(full, *last.sides) * as_complex(last.low_pass)
        return PyramidSpectra(high, reals, oriented, low, [*sums, low * as_complex(last.low_pass)])

    @property
    def _phase(self) -> np.complex64:
        """Bands of even K are odd, and real all the same."""
        return np.complex64((-1j) ** (self.orientations - 1))

    def _cosines(self, grid: _Grid) -> Tensor:
        """(K, h, w): of the angle between each frequency and each orientation."""
        angles = np.arange(self.orientations, dtype=np.float32)[:, None, None] * (
            math.pi / self.orientations
        )
        down, across = grid.rows[:, None], grid.columns[None]
        return (np.cos(angles) * across + np.sin(angles) * down) / grid.radius

    def _directions(self, grid: _Grid) -> Tensor:
        """(K, h, w): αcosᴷ⁻¹(θ − πk/K), of which the squares sum to 1."""
        order = self.orientations - 1
        total = self.orientations * math.comb(2 * order, order) / 4**order
        return self._cosines(grid) ** order / math.sqrt(total)


class _Grid(NamedTuple):
    """The frequencies of a picture at a scale of the pyramid.

    Attributes:
        rows: (h,), in cycles a pixel of the whole picture, 0 first.
        columns: (w,), likewise.
        scale: how often sides were halved.
    """

    rows: Tensor
    columns: Tensor
    scale: int

    @property
    def sides(self) -> tuple[Tensor, Tensor]:
        """How many rows and columns."""
        return tf.size(self.rows), tf.size(self.columns)

    @property
    def radius(self) -> Tensor:
        """(h, w), in cycles a pixel; a little more than 0 at 0."""
        squares = self.rows[:, None] ** 2 + self.columns[None] ** 2
        return tf.sqrt(tf.maximum(squares, 1e-12))

    @property
    def low_pass(self) -> Tensor:
        """(h, w): falls from 1 to 0 over the octave that ends at the scale's Nyquist frequency."""
        fall = self._fall(1)
        return tf.where(fall < 1, tf.cos(math.pi / 2 * fall), 0.0)

    @property
    def high_pass(self) -> Tensor:
        """(h, w): its square is what that of `low_pass` lacks of 1."""
        return tf.sin(math.pi / 2 * self._fall(1))

    @property
    def band_pass(self) -> Tensor:
        """(h, w): what `low_pass` leaves to the scale, and the next scale's does not."""
        return self.low_pass * tf.sin(math.pi / 2 * self._fall(2))

    def _fall(self, octaves: int) -> Tensor:
        """From 0 to 1 over an octave that begins so many below the Nyquist frequency."""
        above = tf.math.log(2 * self.radius) / math.log(2) + self.scale + octaves
        return tf.clip_by_value(above, 0.0, 1.0)


def _grids(height: Any, width: Any, scales: int) -> list[_Grid]:
    """Of each scale, and one for what is coarser than the last."""
    rows, columns = (_indices(side) / tf.cast(side, tf.float32) for side in (height, width))
    grids = [_Grid(rows, columns, 0)]
    for scale in range(1, scales + 1):
        rows, columns = (_cut(x, (tf.size(x) + 1) // 2, 0) for x in (rows, columns))
        grids.append(_Grid(rows, columns, scale))
    return grids


def spectrum(pictures: Tensor) -> Tensor:
    """X(k) = mean over u of x(u) exp(−2πi k·u): products of two sum to means of pictures' products.

    Args:
        pictures: (…, H, W), real or complex.

    Returns:
        (…, H, W) complex64, frequency 0 in the corner.
    """
    shape = tf.shape(pictures)
    count = tf.cast(shape[-2] * shape[-1], tf.complex64)
    return tf.signal.fft2d(as_complex(pictures)) / count


def inverse(full: Tensor) -> Tensor:
    """The pictures of which that is the `spectrum`, (…, H, W) complex64."""
    shape = tf.shape(full)
    return tf.signal.ifft2d(full) * tf.cast(shape[-2] * shape[-1], tf.complex64)


def reduced(full: Tensor, height: Any, width: Any) -> Tensor:
    """A spectrum without its higher frequencies: that of a smaller picture.

    Args:
        full: (…, H, W).
        height: of the smaller picture.
        width: likewise.

    Returns:
        (…, height, width).
    """
    return _cut(_cut(full, height, -2), width, -1)


def enlarged(full: Tensor, height: Any, width: Any) -> Tensor:
    """A spectrum with higher frequencies, which are 0: that of the picture interpolated.

    Args:
        full: (…, h, w).
        height: of the larger picture.
        width: likewise.

    Returns:
        (…, height, width).
    """
    return _spread(_spread(full, height, -2), width, -1)


def as_complex(values: Tensor) -> Tensor:
    """Real numbers as complex ones, and complex ones as they are."""
    values = tf.convert_to_tensor(values)
    # The gradient of a cast would cast what is complex to what is real, with a warning.
    return values if values.dtype.is_complex else tf.complex(values, tf.zeros_like(values))


def _indices(side: Any) -> Tensor:
    """0, 1, …, −1: the frequencies of a side, in cycles over it."""
    positive = tf.range((side + 1) // 2)
    return tf.cast(tf.concat([positive, tf.range(-(side // 2), 0)], 0), tf.float32)


def _cut(full: Tensor, side: Any, axis: int) -> Tensor:
    """So many of the lowest frequencies along an axis."""
    length = tf.shape(full)[axis]
    kept = tf.concat([tf.range((side + 1) // 2), tf.range(length - side // 2, length)], 0)
    return tf.gather(full, kept, axis=axis)


def _spread(full: Tensor, side: Any, axis: int) -> Tensor:
    """Zeros between the positive and the negative frequencies of an axis."""
    length = tf.shape(full)[axis]
    positive, negative = tf.split(full, [(length + 1) // 2, length // 2], axis)
    shape = tf.tensor_scatter_nd_update(tf.shape(full), [[axis % full.shape.rank]], [side - length])
    return tf.concat([positive, tf.zeros(shape, full.dtype), negative], axis)
