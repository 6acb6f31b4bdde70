"""Colour of 16 bits a channel, of which Pillow decodes the upper or the lower bytes at a time."""

from __future__ import annotations

import sys
from typing import Any, Literal

import numpy as np
from PIL import ImageFile

from tfnst.images.arrays import Array

# Colours beside alpha, or without; colours that are multiplied by alpha; grey beside alpha.
Kind = Literal["straight", "multiplied", "grey"]

_BITS, _PLANES = 258, 284  # tags of TIFF
_GREY_WITH_ALPHA = "LA;16B"  # of PNG, which Pillow decodes to RGBA
_NATIVE = "L" if sys.byteorder == "little" else "B"


def kind(image: ImageFile.ImageFile) -> Kind | None:
    """What there is of 16 bits a channel, besides grey alone; to be asked before it is decoded.

    Raises ValueError for planes, one behind the other, that Pillow takes for such of 8 bits.
    """
    tags: Any = getattr(image, "tag_v2", {})
    raw = _raw_mode(image)
    if tags.get(_PLANES) == 2 and image.mode in ("RGB", "RGBA"):
        if tags.get(_BITS, (8,))[0] == 16 and image.tile[0].codec_name == "raw":
            raise ValueError("planes of 16 bits")
        return None
    if image.mode not in ("RGB", "RGBA") or ";16" not in raw:
        return None
    return "grey" if raw == _GREY_WITH_ALPHA else "multiplied" if raw[:4] == "RGBa" else "straight"


def read_bytes(image: ImageFile.ImageFile, lower: bool) -> None:
    """Have a picture of a `kind` be decoded to the lower or to the upper bytes.

    A raw mode names the order of a value's bytes, and takes the upper: of the other, the lower. Of
    grey with alpha, both bytes of both are decoded to one pixel of RGBA.
    """
    mode, _, order = _raw_mode(image).replace("a", "A").partition(";16")
    order = order.replace("N", _NATIVE)
    if lower:
        order = "B" if order == "L" else "L"
    raw = "RGBA" if mode == "LA" else f"{mode};16{order}"
    image.tile = [tile._replace(args=_with_raw_mode(tile.args, raw)) for tile in image.tile]


def combined(upper: Array, lower: Array) -> Array:
    """Values as uint16, of bytes in the same shape."""
    values: Array = upper.astype(np.uint16) << 8
    values |= lower
    return values


def grey_with_alpha(pixels: Array) -> Array:
    """Values (H, W, 2) as uint16, of what `read_bytes` made of grey with alpha, (H, W, 4)."""
    return combined(pixels[..., ::2], pixels[..., 1::2])


def straight(values: Array) -> Array:
    """Values (H, W, 4) as uint16, of colours that are multiplied by alpha."""
    colours = values[..., :3] / np.maximum(values[..., 3:], 1)
    rounded = np.rint(colours.clip(0, 1) * 65535).astype(np.uint16)
    return np.concatenate([rounded, values[..., 3:]], axis=2)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    arguments = image.tile[0].args if image.tile else ""
    return arguments if isinstance(arguments, str) else str((arguments or ("",))[0])


def _with_raw_mode(arguments: Any, raw: str) -> Any:
    return raw if isinstance(arguments, str) else (raw, *arguments[1:])
