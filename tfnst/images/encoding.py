"""Pictures to the bytes of files: PNG, JPEG, WebP and TIFF, with their recipes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from tfnst.files import File, FileError, called, require_file, require_parent, write_bytes
from tfnst.images.arrays import Array, Picture, Pixels, as_uint8, checked_unit, validate
from tfnst.images.decoding import IMAGE_DESCRIPTION, is_recipe
from tfnst.images.sizes import LONGEST_SIDE

_WRITTEN = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
_WRITTEN |= {"tif": "TIFF", "tiff": "TIFF"}
_LONGEST_JPEG_RECIPE = 65_000


def save(path: File, rgb: Pixels, **options: Any) -> None:
    """Write a picture in the format that the extension names, or nothing at all.

    Args:
        path: names the file, or is one open in binary mode, which is written where it stands.
        rgb: (H, W, 3) in [0, 1], or a `Picture`.
        **options: those of `encode`.

    Raises:
        ValueError: as `encode` does, and when the disk refuses; then an old file stays.
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
    """The bytes of the file that `save` would write; the same input gives the same bytes.

    Args:
        path: where it would be written; it names the format.
        rgb: (H, W, 3) in [0, 1], or a `Picture`, whose alpha is kept and whose recipe is not.
        alpha: (H, W) in [0, 1]; JPEG has none, so there the picture is laid over white.
        recipe: text of a JSON object that mentions "tfnst"; `load` returns it in ASCII, by escapes.
        quality: 1 to 100 for JPEG and WebP; 100 makes WebP lossless.
        format: such as "png", in place of the name's extension; a file in memory has none.

    Returns:
        The whole file, of 8 bits a channel.

    Raises:
        ValueError: an argument that is wrong, a kind that is not written, more pixels or a longer
            recipe than the format holds, or a folder that is not there.
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


def _kind(file: File, format: str | None) -> str:
    require_file("path", file, "write")
    if isinstance(file, str | os.PathLike):
        return check_target(Path(file), format)
    ending = format or Path(called(file) or "").suffix[1:]
    if not (kind := _WRITTEN.get(ending.lower())):
        raise FileError(file, f"format is {ending!r}; give one of {', '.join(_WRITTEN)}")
    return kind


def check_target(target: Path, format: str | None = None) -> str:
    """The format that a file name asks for.

    Args:
        target: the file to be written.
        format: such as "png", in place of the name's extension.

    Returns:
        Pillow's name of the format, "PNG", "JPEG", "WEBP" or "TIFF".

    Raises:
        ValueError: a folder, a kind that is not written, or a folder that is not there.
    """
    if target.is_dir():
        raise FileError(target, "this is a folder; name a file in it, such as styled.png")
    if not (kind := _WRITTEN.get((format or target.suffix[1:]).lower())):
        raise FileError(target, f"cannot write this kind; end the name in .{', .'.join(_WRITTEN)}")
    require_parent(target)
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
