"""Where photos are painted, and whose colours a painting has, from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.images.color import ColorMethod, Colors
from tfnst.images.masks import read_visible_mask

PALETTE_SIZE = 1024  # pixels, the long side of a picture of which the colours alone count


def read_colors(
    keep: ColorMethod | None, palette: Path | str | None, mask: Path | str | None
) -> Colors:
    """Whose colours a painting has, from files; see `Colors`."""
    return Colors(
        keep,
        None if palette is None else images.load(palette, PALETTE_SIZE).over_white(),
        None if mask is None else read_visible_mask(mask),
    )


def read_area(mask: Path | str | None, subject: str | None, photo: np.ndarray) -> np.ndarray | None:
    """How much each pixel of a photo, (H, W, 3), is painted; None for all of it.

    Args:
        mask: a grey picture's file, white what is painted, of any size.
        subject: "subject" or "background", as they are found in the photo.
        photo: RGB in [0, 1].

    Returns:
        (H, W) in [0, 1], or None.

    Raises:
        ValueError: both, a mask that cannot be read, or where OpenCV is not installed.
    """
    if mask is not None and subject is not None:
        raise ValueError("mask and subject both say where to paint; give one of them")
    if mask is not None:
        return images.resize(read_visible_mask(mask), *photo.shape[:2])
    if subject is None:
        return None
    from tfnst.images.subjects import subject_mask

    area = subject_mask(photo)
    return area if subject == "subject" else 1 - area
