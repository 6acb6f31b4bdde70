"""How photos are to be painted by a network: styles, strength, masks, colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from tfnst import images
from tfnst.images.color import keep_color
from tfnst.networks.mixture import LARGEST_SHARE, SHARE
from tfnst.painting.finish import Depth, Metadata
from tfnst.painting.painters import Painter
from tfnst.validation import Checked

GRADIENT = "gradient"  # in place of masks: the styles from left to right


@dataclass(frozen=True)
class Look(Checked):
    """How pictures are to be painted.

    Attributes:
        styles: shares, {name: number}, relative to each other.
        strength: 0 is the photo, 1 the style.
        masks: a grey picture a style, in order: white is the style, black the photo or another
            style; or `GRADIENT`, the styles from left to right (of one style: from the photo).
        keep_color: the photo's colours, the painting's luminance.
        size: long side of the result at most, in pixels; None for the picture's own.
        quality: of JPEG and WebP, 1 to 100.
        stroke: 0 for the finest strokes to 1 for the largest, with a network that has both; None
            for those between.
        depth: bits a channel, 8 or 16; None for as many as the photo has and the format holds.
        metadata: what is kept of the photo's: "none", "public" or "all" (`images.Metadata.kept`).

    Raises:
        ValueError: masks that do not fit the styles or their shares.
    """

    styles: Annotated[
        Mapping[str, Annotated[float, Field(ge=0, lt=LARGEST_SHARE)]],
        Field(description=f"{{name: share}}, each {SHARE}"),
    ]
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    masks: Annotated[
        tuple[str | Path, ...], Field(description=f"a tuple of files, or ({GRADIENT!r},)")
    ] = ()
    keep_color: bool = False
    size: Annotated[int, Field(ge=1)] | None = 1024
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    stroke: Annotated[float, Field(ge=0, le=1)] | None = None
    depth: Depth = None
    metadata: Metadata = "public"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.masks and self.masks != (GRADIENT,) and len(self.masks) != len(self.styles):
            raise ValueError(
                f"masks: {len(self.masks)} for {len(self.styles)} styles; give one for each, in "
                f"order, or {GRADIENT!r}"
            )
        if self.masks and len(set(self.styles.values())) > 1:
            raise ValueError(f"styles is {dict(self.styles)}; with masks, give equal shares")

    def shares(self, height: int, width: int) -> dict[str, np.ndarray] | None:
        """What the masks say, {name: (height, width)}, for a picture of that size."""
        if not self.masks:
            return None
        if self.masks == (GRADIENT,):
            return dict(
                zip(self.styles, left_to_right(height, width, len(self.styles)), strict=True)
            )
        grey = [read_mask(mask) for mask in self.masks]
        masks = [images.resize(mask, height, width) for mask in grey]
        return dict(zip(self.styles, masks, strict=True))


def read_mask(file: str | Path) -> np.ndarray:
    """A mask's file as (H, W) float32 in [0, 1]; values 0 and 1 out of 255 are labels: 1 is white.

    Raises ValueError for a file that cannot be read.
    """
    grey: np.ndarray = images.load(file).rgb.mean(-1)
    label = np.float32(1) / np.float32(255)
    # Segmentation tools write classes, not shades: to the eye such a mask is black throughout.
    labels = bool(np.isclose(grey.max(), label)) and np.isclose(grey[grey > 0], label).all()
    return (grey > 0).astype(np.float32) if labels else grey


def left_to_right(height: int, width: int, count: int) -> list[np.ndarray]:
    """`count` masks (height, width) that follow each other; a single one rises from 0 to 1."""
    across = np.linspace(0, max(1, count - 1), width, dtype=np.float32)
    centres = range(count) if count > 1 else [1]
    hats = [np.clip(1 - np.abs(across - centre), 0, 1) for centre in centres]
    return [np.broadcast_to(hat, (height, width)) for hat in hats]


def paint(painter: Painter, picture: images.Picture, look: Look) -> np.ndarray:
    """The picture in that look, (H, W, 3)."""
    photo = picture.rgb
    masks = look.shares(*photo.shape[:2])
    painted = painter.stylize(photo, look.styles, look.strength, masks, look.stroke)
    return keep_color(photo, painted) if look.keep_color else painted
