"""How photos are to be painted by a network: styles, strength, regions, colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tfnst import images
from tfnst.images.color import ColorMethod
from tfnst.images.masks import blended, read_mask
from tfnst.networks.mixture import LARGEST_SHARE, SHARE
from tfnst.painting.colors import read_area, read_colors
from tfnst.painting.finish import Depth, Metadata
from tfnst.painting.painters import Painter
from tfnst.validation import Checked

GRADIENT = "gradient"  # in place of masks: the styles from left to right
Subject = Literal["subject", "background"]  # of a photo, as `images.subjects` finds it
File = Annotated[str | Path | None, Field(description="a file, or None")]


@dataclass(frozen=True)
class Look(Checked):
    """How pictures are to be painted.

    Attributes:
        styles: shares, {name: number}, relative to each other.
        strength: 0 is the photo, 1 the style.
        masks: a grey picture a style, in order: white is the style, black the photo or another
            style; or `GRADIENT`, the styles from left to right (of one style: from the photo).
        keep_color: the method by which the painting has the photo's colours, see
            `images.color.keep_color`; None for the styles'.
        size: long side of the result at most, in pixels; None for the picture's own.
        quality: of JPEG and WebP, 1 to 100.
        stroke: 0 for the finest strokes to 1 for the largest, with a network that has both; None
            for those between.
        mask: a grey picture of where to paint: where it is black the photo stays, bit by bit.
        subject: paint the photo's main "subject" or its "background" alone.
        palette: a picture whose colours the painting has.
        color_mask: a grey picture of where it has those of photo or palette.
        depth: bits a channel, 8 or 16; None for as many as the photo has and the format holds.
        metadata: what is kept of the photo's: "none", "public" or "all" (`images.Metadata.kept`).

    Raises:
        ValueError: masks that do not fit the styles or their shares, or fields that exclude each
            other.
    """

    styles: Annotated[
        Mapping[str, Annotated[float, Field(ge=0, lt=LARGEST_SHARE)]],
        Field(description=f"{{name: share}}, each {SHARE}"),
    ]
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    masks: Annotated[
        tuple[str | Path, ...], Field(description=f"a tuple of files, or ({GRADIENT!r},)")
    ] = ()
    keep_color: ColorMethod | None = None
    size: Annotated[int, Field(ge=1)] | None = 1024
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    stroke: Annotated[float, Field(ge=0, le=1)] | None = None
    mask: File = None
    subject: Subject | None = None
    palette: File = None
    color_mask: File = None
    depth: Depth = None
    metadata: Metadata = "public"

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_both("mask", self.mask, "subject", self.subject)
        refuse_both("keep_color", self.keep_color, "palette", self.palette)
        if self.color_mask is not None and self.keep_color is None and self.palette is None:
            raise ValueError("color_mask goes with keep_color or palette")
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
        if not any(mask.any() for mask in grey):
            names = ", ".join(map(str, self.masks))
            raise ValueError(
                f"masks: {names} are black everywhere; each style is where it is white"
            )
        masks = [images.resize(mask, height, width) for mask in grey]
        return dict(zip(self.styles, masks, strict=True))


def refuse_both(name: str, value: object, other: str, another: object) -> None:
    """ValueError where two fields are given that exclude each other."""
    if value is not None and another is not None:
        names = [_shown(value), _shown(another)]
        raise ValueError(f"{name} is {names[0]!r} beside {other} {names[1]!r}; give one")


def _shown(value: object) -> str:
    """As it was given, of a file its name."""
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(str(getattr(item, "path", item)) for item in values)


def left_to_right(height: int, width: int, count: int) -> list[np.ndarray]:
    """`count` masks (height, width) that follow each other; a single one rises from 0 to 1."""
    across = np.linspace(0, max(1, count - 1), width, dtype=np.float32)
    centres = range(count) if count > 1 else [1]
    hats = [np.clip(1 - np.abs(across - centre), 0, 1) for centre in centres]
    return [np.broadcast_to(hat, (height, width)) for hat in hats]


def paint(painter: Painter, picture: images.Picture, look: Look) -> np.ndarray:
    """The picture in that look, (H, W, 3)."""
    photo = picture.rgb
    area = read_area(look.mask, look.subject, photo)
    colors = read_colors(look.keep_color, look.palette, look.color_mask)
    masks = look.shares(*photo.shape[:2])
    painted = painter.stylize(photo, look.styles, look.strength, masks, look.stroke)
    painted = colors.after(photo, painted)
    return painted if area is None else blended(photo, painted, area)
