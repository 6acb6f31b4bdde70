"""Picture files to and from float32 RGB arrays in [0, 1].

Reads JPEG, PNG, WebP, TIFF, GIF, BMP and AVIF (the first frame or page), writes JPEG, PNG, WebP
and TIFF.
Grey keeps its 16 bits and float TIFF its 32; of 16-bit colour, and of 16-bit grey with alpha,
Pillow decodes the upper 8 bits only. Files are written with 8 bits per channel.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from tfnst.decoding import (
    IMAGE_DESCRIPTION,
    Array,
    checked_unit,
    decoded,
    is_recipe,
    unit,
)
from tfnst.decoding import MAX_PIXELS as MAX_PIXELS
from tfnst.decoding import MIN_SIDE as MIN_SIDE
from tfnst.files import File, FileError, called, opened
from tfnst.files import require_writable as require_writable
from tfnst.files import write_bytes as write_bytes

_WRITTEN = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
_WRITTEN |= {"tif": "TIFF", "tiff": "TIFF"}
LONGEST_SIDE = {"GIF": 65_535, "JPEG": 65_500, "WEBP": 16_383}  # in pixels
_LONGEST_JPEG_RECIPE = 65_000


@dataclass(frozen=True)
class Picture:
    """rgb: (H, W, 3) float32 in [0, 1], sRGB. alpha: (H, W) float32 in [0, 1], None when opaque.

    recipe: the JSON text that `save` put into the file, None when it holds none.
    """

    rgb: Array
    alpha: Array | None = None
    recipe: str | None = None

    def over_white(self) -> Array:
        """The colours without the transparency: paper shows through."""
        if self.alpha is None:
            return self.rgb
        return self.rgb * self.alpha[..., None] + (1 - self.alpha[..., None])


Pixels = Array | Picture


def load(
    path: File,
    size: int | None = None,
    *,
    upscale: bool = False,
    draft: bool = False,
    enough: int | None = None,
) -> Picture:
    """The picture in a file: upright, in sRGB, its long side `size` pixels if that is given.

    `path` names the file, or is one open in binary mode, which is read from its beginning.
    A picture smaller than `size` keeps its own size unless `upscale` is true. With `draft`, a large
    JPEG is decoded at reduced size, in a fraction of the time, and hardly another picture. With
    `enough`, more than 50 million pixels are reduced, the long side to no less than that. Raises
    ValueError for a file that is missing, unreadable, damaged, no picture, below 8 pixels a side or
    too large.
    """
    _require_positive(size=1 if size is None else size)
    enough = 4 * size if enough is None and size is not None else enough
    with opened(path) as file:
        rgb, alpha, recipe = decoded(path, file, enough, size if draft else None)
    height, width = rgb.shape[:2]
    if size is not None and (upscale or size < max(height, width)):
        height, width = fitted(height, width, size)
    if alpha is not None and (height, width) != rgb.shape[:2]:
        rgb, alpha = _resized_with_alpha(unit(rgb), unit(alpha), height, width)
    else:
        rgb, alpha = resize(rgb, height, width), None if alpha is None else unit(alpha)
    return Picture(rgb if rgb.shape[2] == 3 else np.repeat(rgb, 3, axis=2), alpha, recipe)


def save(path: File, rgb: Pixels, **options: Any) -> None:
    """Write (H, W, 3) values in [0, 1] as the format that the extension names, or nothing at all.

    `path` names the file, or is one open in binary mode, which is written where it stands. The
    other arguments are those of `encode`, and the errors, and ValueError when the disk refuses;
    then an old file stays.
    """
    data = encode(path, rgb, **options)
    if isinstance(path, str | os.PathLike):
        write_bytes(Path(path), data)
        return
    try:
        path.write(data)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        text = f"cannot be written ({error}); open it with mode 'wb', and mind the disk's space"
        raise FileError(path, text) from error


def encode(
    path: File,
    rgb: Pixels,
    *,
    alpha: Array | None = None,
    recipe: str | None = None,
    quality: int = 95,
    format: str | None = None,
) -> bytes:
    """The bytes of the file that `save` would write at `path`.

    rgb: (H, W, 3) in [0, 1], or a `Picture`, whose alpha is kept and whose recipe is not.
    alpha: (H, W) in [0, 1]; JPEG has none, so there the picture is laid over white.
    recipe: text of a JSON object that mentions "tfnst"; `load` returns it in ASCII, by escapes.
    quality: 1 to 100 for JPEG and WebP; 100 makes WebP lossless.
    format: such as "png", in place of the name's extension; a file in memory has none. The same
    input gives the same bytes. Raises ValueError when an argument is wrong.
    """
    kind = _kind(path, format)
    if isinstance(rgb, Picture):
        alpha = rgb.alpha if alpha is None else alpha
    rgb = validate(rgb, "rgb")
    if max(rgb.shape) > (limit := LONGEST_SIDE.get(kind, max(rgb.shape))):
        raise FileError(path, f"{kind} holds at most {limit} pixels a side; save it as .png")
    if alpha is not None:
        if np.shape(alpha) != rgb.shape[:2]:
            raise ValueError(f"alpha has shape {np.shape(alpha)}; give {rgb.shape[:2]} as of rgb")
        cover = checked_unit(np.asarray(alpha), "alpha")[..., None]
        over_white = rgb * cover + (1 - cover)
        rgb = over_white if kind == "JPEG" else np.concatenate([rgb, cover], axis=2)
    if not isinstance(quality, int) or not 1 <= quality <= 100:
        raise ValueError(f"quality is {quality!r}; give a whole number from 1 to 100")
    if recipe is not None:
        # EXIF text is ASCII; in JSON only strings hold anything else, so escapes keep the meaning.
        recipe = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in recipe)
        if not is_recipe(recipe):
            raise ValueError('this recipe is none; give a JSON object that mentions "tfnst"')
        if kind == "JPEG" and len(recipe) > _LONGEST_JPEG_RECIPE:
            raise FileError(path, "this recipe is too long for a JPEG; save it as .png")
    return _encoded(Image.fromarray(as_uint8(rgb)), kind, recipe, quality)


def resize(array: Array, height: int, width: int) -> Array:
    """An (H, W) or (H, W, C) array, in [0, 1] or uint8, as float32 in [0, 1] of the given size.

    An axis that shrinks is filtered with Lanczos and one that grows with bicubic, each on its own;
    what they overshoot is clipped. Raises ValueError for other ranks and for empty sizes.
    """
    _require_positive(height=height, width=width)
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
    """The height and width, at least 1, of the same aspect whose long side is `size`."""
    _require_positive(height=height, width=width, size=size)
    longest = max(height, width)
    # Whole numbers throughout: a float product can miss `size` by one.
    rows, columns = ((2 * side * size + longest) // (2 * longest) for side in (height, width))
    return max(1, rows), max(1, columns)


def as_uint8(array: Array) -> Array:
    """Floats in [0, 1], of any shape, as uint8: rounded to the nearest, clipped outside."""
    rounded: Array = np.rint(np.clip(array, 0, 1) * 255)
    return rounded.astype(np.uint8)


def validate(array: Pixels, name: str = "image", minimum: int = 1) -> Array:
    """A caller's array, or a picture's colours, as float32 (H, W, 3) in [0, 1].

    What is uint8 is divided by 255.

    Raises ValueError, calling the array `name`, when it is not (H, W, 3), has a side below
    `minimum`, holds NaN or infinity, is of another integer type, or leaves [0, 1] by over 0.001.
    """
    array = np.asarray(array.rgb if isinstance(array, Picture) else array)
    if array.ndim != 3 or array.shape[2] != 3:
        hints = {2: "; np.stack([array] * 3, axis=2) does", 4: "; pass one picture, array[0]"}
        hint = "; array[..., :3] drops alpha" if array.shape[2:] == (4,) else hints.get(array.ndim)
        raise ValueError(f"{name} has shape {array.shape}; give (H, W, 3){hint or ''}")
    if min(array.shape[:2]) < (smallest := max(1, minimum)):
        size = f"{array.shape[1]} x {array.shape[0]} pixels"
        raise ValueError(f"{name} is {size}; the smallest side is {smallest}")
    return checked_unit(array, name)


def _require_positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} is {number!r}; give a whole number of pixels, at least 1")


def _resized_with_alpha(rgb: Array, alpha: Array, height: int, width: int) -> tuple[Array, Array]:
    """Weighted by alpha, so that the colour of transparent pixels does not bleed into others."""
    cover = resize(alpha, height, width)[..., None]
    weighted = resize(rgb * alpha[..., None], height, width)
    mean = (weighted / np.maximum(cover, 1 / 255)).clip(0, 1)
    return np.where(cover > 1 / 255, mean, resize(rgb, height, width)), cover[..., 0]


def _kind(file: File, format: str | None) -> str:
    if isinstance(file, str | os.PathLike):
        return check_target(Path(file), format)
    ending = format or Path(called(file) or "").suffix[1:]
    if not (kind := _WRITTEN.get(ending.lower())):
        raise FileError(file, f"format is {ending!r}; give one of {', '.join(_WRITTEN)}")
    return kind


def check_target(target: Path, format: str | None = None) -> str:
    """The format that a file name asks for; ValueError when it cannot be written there."""
    if target.is_dir():
        raise FileError(target, "this is a folder; name a file in it, such as styled.png")
    if not (kind := _WRITTEN.get((format or target.suffix[1:]).lower())):
        raise FileError(target, f"cannot write this kind; end the name in .{', .'.join(_WRITTEN)}")
    if not target.parent.is_dir():
        raise FileError(target, f"there is no folder {target.parent}; make it first")
    return kind


def _encoded(image: Image.Image, kind: str, recipe: str | None, quality: int) -> bytes:
    chunks, exif = PngImagePlugin.PngInfo(), Image.Exif()
    chunks.add(b"sRGB", b"\0")
    if recipe is not None:
        chunks.add_text("tfnst", recipe)
        exif[IMAGE_DESCRIPTION] = recipe
    tags = exif.tobytes() if recipe is not None else b""
    options: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": chunks},
        "JPEG": {"quality": quality, "subsampling": "4:4:4", "exif": tags},
        "WEBP": {"quality": quality, "lossless": quality == 100, "exact": True, "exif": tags},
        "TIFF": {"compression": "tiff_adobe_deflate", "exif": tags},
    }
    image.save(data := io.BytesIO(), kind, **options[kind])
    return data.getvalue()
