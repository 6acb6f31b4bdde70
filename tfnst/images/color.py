"""Whose colours a picture has: its own, those of a photo, or another picture's palette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from tfnst.arguments import FieldError
from tfnst.images.arrays import checked_unit, resize, validate
from tfnst.images.perception import from_oklab, oklab

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601, the Y of YIQ
Root = Literal["cholesky", "pca", "symmetric"]
ColorMethod = Literal["oklab", "luminance", "cholesky", "pca", "symmetric"]
# The method that keeps the photo's brightness and contrast as well, so that what was white is white
# in a dark style, too; roots give back the photo's palette, but each colour somewhere else.
COLOR_METHOD: ColorMethod = "luminance"
NOISE = 1e-5  # variance added to any picture's: one of a single colour cannot be stretched


@dataclass(frozen=True)
class Colors:
    """Whose colours a painting has; by default its artwork's.

    Attributes:
        keep: the method by which it has its photo's, see `keep_color`; None for not.
        palette: (H, W, 3) RGB in [0, 1], a picture whose colours it has, see `match_colors`.
        mask: (H, W) in [0, 1], how much it has those at each place, and not its artwork's; of any
            size; None for all over.

    Raises:
        ValueError: an unknown method, no picture or mask, or both keep and palette.
    """

    keep: ColorMethod | None = None
    palette: np.ndarray | None = None
    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.keep is not None and self.keep not in get_args(ColorMethod):
            raise FieldError("keep", self.keep, f"one of {', '.join(get_args(ColorMethod))}")
        if self.keep is not None and self.palette is not None:
            raise ValueError(f"keep is {self.keep!r} beside a palette; give one of them")
        if self.palette is not None:
            object.__setattr__(self, "palette", validate(self.palette, "palette"))
        if self.mask is not None:
            if self.keep is None and self.palette is None:
                raise ValueError("mask goes with keep or palette")
            if np.ndim(self.mask) != 2:
                raise ValueError(f"mask has shape {np.shape(self.mask)}; give (H, W)")
            object.__setattr__(self, "mask", checked_unit(np.asarray(self.mask), "mask"))

    @property
    def _ahead(self) -> bool:
        """Whether artworks are transformed before, where all of the painting is to have that."""
        return self.mask is None and (self.keep in get_args(Root) or self.palette is not None)

    def before(
        self, photo: np.ndarray, artworks: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """What to paint, and after what, so that `after` gives a painting these colours.

        Args:
            photo: (H, W, 3) RGB in [0, 1].
            artworks: likewise, each of its own size.

        Returns:
            The photo and the artworks, in other colours or in grey.
        """
        if self.mask is None and self.keep == "luminance":
            grey = match_luminance(photo, photo)
            return grey, [match_luminance(artwork, photo) for artwork in artworks]
        if not self._ahead:
            return photo, list(artworks)
        return photo, [self._moved(artwork, photo) for artwork in artworks]

    def _moved(self, picture: np.ndarray, photo: np.ndarray) -> np.ndarray:
        if self.palette is not None:
            return match_colors(picture, self.palette)
        method: Any = self.keep
        return keep_color(photo, picture, method)

    def after(self, photo: np.ndarray, painting: np.ndarray, prepared: bool = False) -> np.ndarray:
        """The painting in these colours.

        Args:
            photo: (H, W, 3) RGB in [0, 1].
            painting: likewise, of that size.
            prepared: whether it was painted from what `before` gave.

        Returns:
            (H, W, 3) float32 in [0, 1].
        """
        if (self.keep is None and self.palette is None) or (prepared and self._ahead):
            return painting
        if prepared and self.mask is None and self.keep == "luminance":
            return with_chroma(photo, painting)
        moved = self._moved(painting, photo)
        if self.mask is None:
            return moved
        weight = resize(self.mask, *painting.shape[:2])[..., None]
        return (painting + weight * (moved - painting)).astype(np.float32)


def keep_color(
    photo: np.ndarray, painting: np.ndarray, method: ColorMethod = COLOR_METHOD
) -> np.ndarray:
    """A painting in the colours of its photo.

    Args:
        photo: (H, W, 3) RGB in [0, 1].
        painting: likewise.
        method: "oklab", the painting's lightness with the photo's chroma in OKLab; "luminance",
            the painting's Y, of the photo's mean and deviation, with the photo's I and Q; or a
            root of `match_colors`, which gives the painting the photo's palette as a whole.

    Returns:
        (H, W, 3) float32 in [0, 1].
    """
    if method == "oklab":
        light, chroma = oklab(painting)[..., :1], oklab(photo)[..., 1:]
        return from_oklab(np.concatenate([light, chroma], -1)).astype(np.float32)
    if method == "luminance":
        return with_chroma(photo, match_luminance(painting, photo))
    return match_colors(painting, photo, method)


def with_chroma(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """The painting's luminance with the photo's colours; both (H, W, 3) in [0, 1], and the result.

    Luminance-only transfer: Gatys, Bethge, Hertzmann & Shechtman, arXiv:1606.05897, section 4. The
    paper puts the photo's I and Q channels beside the painting's Y; what then leaves the range of
    RGB is made paler here, not clipped, so that hue and luminance stay.
    """
    luminance = (painting @ LUMA)[..., None]
    chroma = photo - (photo @ LUMA)[..., None]
    room = np.where(chroma > 0, 1 - luminance, luminance)
    fits = np.min(room / np.maximum(np.abs(chroma), 1e-6), -1, keepdims=True)
    answer: np.ndarray = np.clip(luminance + chroma * np.clip(fits, 0, 1), 0, 1)
    return answer


def match_luminance(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """A picture in grey, its luminance of a reference's mean and deviation.

    σ_R / σ (Y − μ) + μ_R: Gatys et al., arXiv:1606.05897, equation 10.

    Args:
        picture: (H, W, 3) RGB in [0, 1].
        reference: likewise, of any size.

    Returns:
        (H, W, 3) float32 in [0, 1], three equal channels.
    """
    own, other = picture @ LUMA, reference @ LUMA
    gain = np.sqrt((other.var() + NOISE) / (own.var() + NOISE))
    grey = np.clip(gain * (own - own.mean()) + other.mean(), 0, 1)
    return np.repeat(grey[..., None], 3, -1).astype(np.float32)


def match_colors(
    picture: np.ndarray, reference: np.ndarray, root: Root = "symmetric"
) -> np.ndarray:
    """A picture whose colours have a reference's mean and covariance: A (x − μ) + μ_R.

    A Σ Aᵀ = Σ_R has many solutions. Gatys et al., arXiv:1606.05897, section 3, take two: by
    Cholesky's roots, A = L_R L⁻¹, and by roots along principal components, A = Σ_R^½ Σ^-½. The
    third, "symmetric", Σ^-½ (Σ^½ Σ_R Σ^½)^½ Σ^-½, moves colours the least (Pitié & Kokaram, "The
    linear Monge–Kantorovitch linear colour mapping", CVMP 2007).

    Args:
        picture: (H, W, 3) RGB in [0, 1].
        reference: likewise, of any size.
        root: "cholesky", "pca" or "symmetric".

    Returns:
        (H, W, 3) float32; what leaves [0, 1] is clipped.
    """
    (mean, own), (other_mean, other) = _moments(picture), _moments(reference)
    if root == "cholesky":
        matrix = np.linalg.cholesky(other) @ np.linalg.inv(np.linalg.cholesky(own))
    elif root == "pca":
        matrix = _power(other, 0.5) @ _power(own, -0.5)
    else:
        half, inverse = _power(own, 0.5), _power(own, -0.5)
        matrix = inverse @ _power(half @ other @ half, 0.5) @ inverse
    moved = (picture - mean) @ matrix.T + other_mean
    return np.clip(moved, 0, 1).astype(np.float32)


def _moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    colors = np.asarray(picture, np.float64).reshape(-1, 3)
    return colors.mean(0), np.cov(colors.T, bias=True) + NOISE * np.eye(3)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Of a symmetric matrix of positive eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    answer: np.ndarray = (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T
    return answer
