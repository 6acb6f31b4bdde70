"""What a painting takes, checked: the size of its photo, and the artworks' shares and masks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfnst import images
from tfnst.arguments import FieldError
from tfnst.images.arrays import checked_unit
from tfnst.synthesis.settings import Settings


def checked_styles(styles: images.Pixels | Sequence[images.Pixels]) -> list[np.ndarray]:
    """Artworks as arrays, with white where a `Picture` is transparent, or a ValueError."""
    return checked_pictures(styles, "styles", images.MIN_SIDE)


def checked_pictures(
    pictures: images.Pixels | Sequence[images.Pixels], name: str, minimum: int
) -> list[np.ndarray]:
    """One picture or several as arrays, likewise; errors call the argument `name`."""
    single = isinstance(pictures, np.ndarray) and pictures.ndim == 3
    named: dict[str, Any] = {name: pictures}
    if isinstance(pictures, Iterable) and not isinstance(pictures, str) and not single:
        named = {f"{name}[{index}]": picture for index, picture in enumerate(pictures)}
    return [images.validate(_over_white(x), name, minimum) for name, x in named.items()]


def _over_white(style: Any) -> Any:
    see_through = isinstance(style, images.Picture) and style.alpha is not None
    return style.over_white() if see_through else style


def checked_shape(content: np.ndarray, size: int) -> tuple[int, int]:
    """Height and width of a photo whose long side is `size`, or a ValueError: it is too narrow."""
    height, width, _ = content.shape
    shape = images.fitted(height, width, size)
    if (shortest := min(shape)) < images.MIN_SIDE:
        raise ValueError(
            f"size is {size}, where the shorter side of content, {width}×{height}, has {shortest} "
            f"pixels, and {images.MIN_SIDE} are needed; use a larger one"
        )
    return shape


def checked_shares(shares: Sequence[float] | None, count: int, name: str = "style") -> list[float]:
    """A share for each picture, equal ones by default, or a ValueError that calls them `name`."""
    if count == 0:
        raise ValueError(f"{name}s is empty; give at least one {name} picture")
    try:
        numbers = [1.0] * count if shares is None else [float(share) for share in shares]
        positive = all(0 <= share < math.inf for share in numbers) and any(numbers)
    except (TypeError, ValueError):
        numbers, positive = [], False
    if not positive or len(numbers) != count:
        remedy = f"{count} number{'s' * (count > 1)} from 0, one a {name}, not all 0"
        raise FieldError("shares", shares, remedy)
    return numbers


def checked_scales(scales: Sequence[float] | None, settings: Settings, count: int) -> list[float]:
    """A scale for each artwork, that of the settings by default, or a ValueError."""
    if scales is None:
        return [settings.style_scale] * count
    if len(scales) != count:
        remedy = f"{count} number{'s' * (count > 1)} from 0.05 to 8, one a style"
        raise FieldError("style_scales", scales, remedy)
    return [replace(settings, style_scale=scale).style_scale for scale in scales]


def checked_masks(
    masks: Sequence[np.ndarray | None] | None, styles: Sequence[np.ndarray]
) -> list[np.ndarray | None]:
    """A mask or None for each style, or a ValueError."""
    masks = [None] * len(styles) if masks is None else masks
    if len(masks) != len(styles):
        raise ValueError(
            f"style_masks holds {len(masks)} for {len(styles)} styles; give a mask or None for each"
        )
    return [
        mask if mask is None else _checked_mask(mask, style.shape[:2], f"style_masks[{index}]")
        for index, (mask, style) in enumerate(zip(masks, styles, strict=True))
    ]


def _checked_mask(mask: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    if np.shape(mask) != shape:
        raise ValueError(f"{name} has shape {np.shape(mask)}; give {shape}, that of its style")
    if not np.any(mask):
        raise ValueError(f"{name} is 0 everywhere; leave some of the style visible")
    return checked_unit(np.asarray(mask), name)
