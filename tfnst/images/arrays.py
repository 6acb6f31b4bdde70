"""Arrays of pictures: checked, resized, rounded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from tfnst.arguments import shown
from tfnst.images.metadata import Metadata
from tfnst.images.sizes import HALO

Array = np.ndarray


@dataclass(frozen=True)
class Picture:
    """What a picture's file holds.

    Attributes:
        rgb: (H, W, 3) float32 in [0, 1], sRGB.
        alpha: (H, W) float32 in [0, 1], None when opaque.
        recipe: the JSON text that `save` put into the file, None when it holds none.
        depth: bits a channel that the file has, 8, or 16 for more than 8.
        metadata: what the file says of the picture, in EXIF, XMP and IPTC.
    """

    rgb: Array
    alpha: Array | None = None
    recipe: str | None = None
    depth: int = 8
    metadata: Metadata = field(default_factory=Metadata)

    def over_white(self) -> Array:
        """The colours without the transparency, (H, W, 3): white paper shows through."""
        if self.alpha is None:
            return self.rgb
        return self.rgb * self.alpha[..., None] + (1 - self.alpha[..., None])


Pixels = Array | Picture


def resize(array: Array, height: int, width: int) -> Array:
    """An array of pixels in another size.

    An axis that shrinks is filtered with Lanczos and one that grows with bicubic, each on its own;
    what they overshoot is clipped.

    Args:
        array: (H, W) or (H, W, C), floats in [0, 1] or uint8.
        height: that is wanted, in pixels.
        width: likewise.

    Returns:
        float32 in [0, 1], (height, width) or (height, width, C).

    Raises:
        ValueError: another rank, or an empty size.
    """
    require_positive(height=height, width=width)
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise ValueError(f"the array to resize has shape {array.shape}; give (H, W) or (H, W, C)")
    if array.ndim == 3:
        planes = [resize(array[..., i], height, width) for i in range(array.shape[2])]
        return np.stack(planes, axis=2)
    lanczos, bicubic = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
    across = lanczos if width < array.shape[1] else bicubic
    # In strips: all of a large picture in floats takes several times its memory.
    tops = range(0, len(array), 512)
    strips = (Image.fromarray(unit(array[top : top + 512])) for top in tops)
    rows = [np.asarray(strip.resize((width, strip.height), across)) for strip in strips]
    image = Image.fromarray(np.concatenate(rows))
    image = image.resize((width, height), lanczos if height < image.height else bicubic)
    pixels: Array = np.clip(np.asarray(image), 0, 1)
    return pixels


def fitted(height: int, width: int, size: int) -> tuple[int, int]:
    """The height and width of the same aspect whose long side is `size`.

    Args:
        height: of the picture, in pixels.
        width: likewise.
        size: the long side that is wanted, in pixels.

    Returns:
        Height and width in whole pixels, at least 1.

    Raises:
        ValueError: a number that is no whole one from 1.

    Examples:
        >>> fitted(3000, 4000, 512)
        (384, 512)
    """
    require_positive(height=height, width=width, size=size)
    longest = max(height, width)
    # Whole numbers throughout: a float product can miss `size` by one.
    rows, columns = ((2 * side * size + longest) // (2 * longest) for side in (height, width))
    return max(1, rows), max(1, columns)


def padded(image: Array, multiple: int = 1, halo: int = HALO) -> Array:
    """A picture with its halo: reflected pixels, for networks that see beyond borders.

    Args:
        image: (H, W, C).
        multiple: what the sides of the answer are to be multiples of.
        halo: pixels on each side.

    Returns:
        (H + 2·halo, W + 2·halo, C), and up to `multiple` - 1 more below and to the right.

    Examples:
        >>> padded(np.zeros((30, 40, 3)), 4).shape
        (64, 72, 3)
    """
    after = [halo + -(side + 2 * halo) % multiple for side in image.shape[:2]]
    return np.pad(image, ((halo, after[0]), (halo, after[1]), (0, 0)), "symmetric")


def as_uint8(array: Array) -> Array:
    """Floats as bytes: rounded to the nearest, clipped outside [0, 1].

    Args:
        array: floats of any shape, 0 black and 1 white.

    Returns:
        uint8, 0 to 255, of the same shape.

    Examples:
        >>> as_uint8(np.array([-0.1, 0.0, 0.5, 1.0])).tolist()
        [0, 0, 128, 255]
    """
    rounded: Array = np.rint(np.clip(array, 0, 1) * 255)
    return rounded.astype(np.uint8)


def as_uint16(array: Array) -> Array:
    """Floats as 16 bits: as `as_uint8`, from 0 to 65,535.

    Args:
        array: floats of any shape, 0 black and 1 white; float32 holds every value.

    Returns:
        uint16 of the same shape.

    Examples:
        >>> as_uint16(np.array([0.0, 0.5, 1.0])).tolist()
        [0, 32768, 65535]
    """
    rounded: Array = np.rint(np.clip(array, 0, 1) * np.float32(65535))
    return rounded.astype(np.uint16)


def validate(array: Pixels, name: str = "image", minimum: int = 1) -> Array:
    """A caller's array, or a picture's colours, as they are computed with.

    Args:
        array: (H, W, 3), floats in [0, 1] or uint8, which is divided by 255; or a `Picture`.
        name: what errors call the array.
        minimum: the smallest side that is allowed, in pixels.

    Returns:
        (H, W, 3) float32 in [0, 1].

    Raises:
        ValueError: no array, another shape, a side below `minimum`, NaN or infinity, another
            integer type, or values that leave [0, 1] by over 0.001.

    Examples:
        >>> validate(np.zeros((8, 8, 4), np.uint8))
        Traceback (most recent call last):
        ValueError: image has shape (8, 8, 4); give (H, W, 3); array[..., :3] drops alpha
    """
    value, array = array, np.asarray(array.rgb if isinstance(array, Picture) else array)
    if not hasattr(value, "shape") and (array.ndim == 0 or array.dtype.kind in "OSU"):
        what = "a text, " if isinstance(value, str) else ""
        remedy = "give an array (H, W, 3), or a Picture, as tfnst.load reads it from a file"
        raise ValueError(f"{name} is {what}{shown(value)}; {remedy}")
    if array.ndim != 3 or array.shape[2] != 3:
        hints = {2: "; np.stack([array] * 3, axis=2) does", 4: "; pass one picture, array[0]"}
        hint = "; array[..., :3] drops alpha" if array.shape[2:] == (4,) else hints.get(array.ndim)
        raise ValueError(f"{name} has shape {array.shape}; give (H, W, 3){hint or ''}")
    if min(array.shape[:2]) < (smallest := max(1, minimum)):
        size = f"{array.shape[1]} x {array.shape[0]} pixels"
        raise ValueError(f"{name} is {size}; the smallest side is {smallest}")
    # Pictures are read, and may be large.
    return checked_unit(array, name, copy=not isinstance(value, Picture))


def require_positive(**numbers: int) -> None:
    """Refuse what is no number of pixels.

    Args:
        **numbers: by the names that errors are to call them.

    Raises:
        ValueError: one that is no whole number from 1.
    """
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} is {number!r}; give a whole number of pixels, at least 1")


def resized_with_alpha(rgb: Array, alpha: Array, height: int, width: int) -> tuple[Array, Array]:
    """Weighted by alpha, so that the colour of transparent pixels does not bleed into others."""
    cover = resize(alpha, height, width)[..., None]
    weighted = resize(rgb * alpha[..., None], height, width)
    mean = (weighted / np.maximum(cover, 1 / 255)).clip(0, 1)
    return np.where(cover > 1 / 255, mean, resize(rgb, height, width)), cover[..., 0]


def unit(array: Array) -> Array:
    """uint8 or float values as float32 in [0, 1]."""
    values = np.asarray(array, np.float32)
    return values / np.float32(255) if array.dtype == np.uint8 else values


def checked_unit(array: Array, name: str, copy: bool = True) -> Array:
    """The same, or a ValueError that calls the array `name`, when it is not in [0, 1]."""
    if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"{name} has dtype {array.dtype}; give uint8, or floats from 0 to 1")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; numpy.nan_to_num replaces them")
    values = unit(array)
    low, high = float(values.min()), float(values.max())
    if low < -1e-3 or high > 1 + 1e-3:
        # Between 2 and 16 it may as well be light brighter than white.
        remedy = "divide by 255" if low >= 0 and 16 <= high <= 255 else "clip or scale it"
        raise ValueError(f"{name} runs from {low:g} to {high:g}; {remedy} to get 0 to 1")
    return values.clip(0, 1) if copy or low < 0 or high > 1 else values
