"""Pictures to the bytes of files: PNG, JPEG, WebP and TIFF, with recipes and metadata."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from tfnst.arguments import FieldError
from tfnst.files import File, FileError, called, require_file, require_parent, write_bytes
from tfnst.images import exif, png, profiles, tiff
from tfnst.images.arrays import (
    Array,
    Picture,
    Pixels,
    as_uint8,
    as_uint16,
    checked_unit,
    validate,
)
from tfnst.images.metadata import Metadata, block_for, fitted, is_recipe, segment
from tfnst.images.sizes import LONGEST_SIDE

_WRITTEN = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
_WRITTEN |= {"tif": "TIFF", "tiff": "TIFF"}
_LONGEST_JPEG_RECIPE = 65_000
_LONGEST_JPEG_BLOCK, _LONGEST_JPEG_PACKET = 65_527, 65_502
DEEP = ("PNG", "TIFF")  # kinds that hold 16 bits a channel


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
    depth: int | None = None,
    metadata: Metadata | None = None,
) -> bytes:
    """The bytes of the file that `save` would write; the same input gives the same bytes.

    Args:
        path: where it would be written; it names the format.
        rgb: (H, W, 3) in [0, 1], or a `Picture`, whose alpha and depth are kept, and whose recipe
            and metadata are not.
        alpha: (H, W) in [0, 1]; JPEG has none, so there the picture is laid over white.
        recipe: text of a JSON object that mentions "tfnst"; `load` returns it in ASCII, by escapes.
        quality: 1 to 100 for JPEG and WebP; 100 makes WebP lossless.
        format: such as "png", in place of the name's extension; a file in memory has none.
        depth: bits a channel, 8 or, of PNG and TIFF, 16; None for a `Picture`'s own where the
            format holds that, and for 8.
        metadata: what else the file is to say, such as `picture.metadata.kept("public")`. PNG and
            WebP hold no IPTC; a recipe takes the place of an EXIF caption, which becomes the
            comment; of more than 64 KB, JPEG takes the smaller parts.

    Returns:
        The whole file, which says that it is in sRGB.

    Raises:
        ValueError: an argument that is wrong, a kind that is not written, more pixels or a longer
            recipe than the format holds, or a folder that is not there.
    """
    kind = _kind(path, format)
    if isinstance(rgb, Picture):
        alpha = rgb.alpha if alpha is None else alpha
        depth = rgb.depth if depth is None and kind in DEEP else depth
    require_depth(path, kind, depth)
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
    values = as_uint16(rgb) if depth == 16 else as_uint8(rgb)
    return _encoded(values, kind, recipe, quality, metadata or Metadata())


def require_depth(path: File, kind: str, depth: int | None) -> None:
    """ValueError for a number of bits a channel that a kind of file does not hold."""
    if depth not in (None, 8, 16) or isinstance(depth, float):
        raise FieldError("depth", depth, "8 or 16, bits a channel")
    if depth == 16 and kind not in DEEP:
        raise FileError(path, f"{kind} holds 8 bits a channel; save it as .png or .tif for 16")


def _kind(file: File, format: str | None) -> str:
    require_file("path", file, "write")
    if isinstance(file, str | os.PathLike):
        return check_target(Path(file), format)
    ending = format or Path(called(file) or "").suffix[1:]
    if not (kind := _WRITTEN.get(ending.lower())):
        raise FileError(file, f"format is {ending!r}; give one of {', '.join(_WRITTEN)}")
    return kind


def check_target(target: Path, format: str | None = None, depth: int | None = None) -> str:
    """The format that a file name asks for.

    Args:
        target: the file to be written.
        format: such as "png", in place of the name's extension.
        depth: bits a channel that it is to hold, 8 or 16.

    Returns:
        Pillow's name of the format, "PNG", "JPEG", "WEBP" or "TIFF".

    Raises:
        ValueError: a folder, a kind that is not written, or not in that depth, or a folder that is
            not there.
    """
    if target.is_dir():
        raise FileError(target, "this is a folder; name a file in it, such as styled.png")
    if not (kind := _WRITTEN.get((format or target.suffix[1:]).lower())):
        raise FileError(target, f"cannot write this kind; end the name in .{', .'.join(_WRITTEN)}")
    require_depth(target, kind, depth)
    require_parent(target)
    return kind


def _encoded(
    values: Array, kind: str, recipe: str | None, quality: int, metadata: Metadata
) -> bytes:
    height, width = values.shape[:2]
    block = block_for(metadata, width, height, None if kind == "PNG" else recipe)
    if kind == "TIFF":
        blobs = {tiff.XMP: metadata.xmp, tiff.IPTC: metadata.iptc, tiff.PROFILE: profiles.srgb()}
        return tiff.encoded(values, block, blobs)
    if kind == "PNG":
        return _as_png(values, exif.written(block), metadata.xmp, recipe)
    fitting = fitted(block, _LONGEST_JPEG_BLOCK) if kind == "JPEG" else exif.written(block)
    packet = metadata.xmp
    if kind == "JPEG" and len(packet) > _LONGEST_JPEG_PACKET:
        packet = metadata.kept("public").xmp
        packet = packet if len(packet) <= _LONGEST_JPEG_PACKET else b""
    options: dict[str, Any] = {
        "quality": quality,
        "exif": exif.PREFIX + fitting if fitting else b"",
        "xmp": packet,
        "icc_profile": profiles.srgb(),
    }
    if kind == "JPEG":
        options |= {"subsampling": "4:4:4", "extra": segment(metadata.iptc)}
    else:
        options |= {"lossless": quality == 100, "exact": True}
    Image.fromarray(values).save(data := io.BytesIO(), kind, **options)
    return data.getvalue()


def _as_png(values: Array, block: bytes, packet: bytes, recipe: str | None) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"sRGB", b"\0")
    if packet:
        chunks.add_itxt("XML:com.adobe.xmp", packet.decode("utf-8", "replace"))
    if recipe is not None:
        chunks.add_text("tfnst", recipe)
    # Pillow writes 8 bits: of a deeper picture, a frame of one pixel and all that is around them.
    pixels = values if values.dtype == np.uint8 else np.zeros((1, 1, values.shape[2]), np.uint8)
    image = Image.fromarray(pixels)
    image.save(data := io.BytesIO(), "PNG", pnginfo=chunks, exif=block)
    return data.getvalue() if pixels is values else png.deepened(data.getvalue(), values)
