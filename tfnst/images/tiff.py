"""TIFF files as they are written: packed strips of 8 or 16 bits a channel, and metadata."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import ExifTags

from tfnst.images import exif
from tfnst.images.arrays import Array
from tfnst.images.exif import Exif

_STRIP = 1 << 18  # bytes, about
_DEFLATE, _DIFFERENCES, _RGB, _STRAIGHT_ALPHA, _UPRIGHT = 8, 2, 2, 2, 1
XMP, IPTC, PROFILE = 700, 33723, 34675


def encoded(values: Array, block: Exif, blobs: dict[int, bytes]) -> bytes:
    """The bytes of a file.

    Args:
        values: (H, W, 3) or with straight alpha (H, W, 4), uint8 or uint16.
        block: what is said of the picture.
        blobs: what else is, by tags: `XMP`, `IPTC`, `PROFILE`.

    Returns:
        The whole file, without loss, by Adobe's deflate of differences.
    """
    order, (height, width, channels) = block.order, values.shape
    bits = 8 * values.itemsize
    rows = max(1, _STRIP // (width * channels * values.itemsize))
    strips = [_packed(values[top : top + rows], order) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]
    starts = np.cumsum([8, *(size + size % 2 for size in sizes)]).tolist()
    tags = ExifTags.Base
    main = {
        **block.main,
        int(tags.ImageWidth): exif.long(order, width),
        int(tags.ImageLength): exif.long(order, height),
        int(tags.BitsPerSample): exif.short(order, *[bits] * channels),
        int(tags.Compression): exif.short(order, _DEFLATE),
        int(tags.PhotometricInterpretation): exif.short(order, _RGB),
        int(tags.StripOffsets): exif.long(order, *starts[:-1]),
        int(tags.Orientation): exif.short(order, _UPRIGHT),
        int(tags.SamplesPerPixel): exif.short(order, channels),
        int(tags.RowsPerStrip): exif.long(order, rows),
        int(tags.StripByteCounts): exif.long(order, *sizes),
        int(tags.PlanarConfiguration): exif.short(order, 1),
        int(tags.Predictor): exif.short(order, _DIFFERENCES),
    }
    if channels == 4:
        main[int(tags.ExtraSamples)] = exif.short(order, _STRAIGHT_ALPHA)
    main |= {tag: (exif.UNDEFINED, blob) for tag, blob in blobs.items() if blob}
    directories, start = exif.directories(Exif(order, main, block.parts), starts[-1])
    if start + len(directories) >= 1 << 32:
        raise struct.error("more than 4 GiB")
    pixels = b"".join(strip + b"\0" * (len(strip) % 2) for strip in strips)
    return exif.head(order, start) + pixels + directories


def _packed(rows: Array, order: str) -> bytes:
    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return zlib.compress(differences.astype(f"{order}u{rows.itemsize}").tobytes())
