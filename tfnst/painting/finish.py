"""What a painted picture's file takes over from the photo's: alpha, depth and metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tfnst import files, images

Depth = Annotated[Literal[8, 16] | None, Field(description="8 or 16, bits a channel")]
Metadata = Annotated[images.Keep, Field(description="none, public or all")]


@dataclass(frozen=True)
class Finish:
    """How a picture becomes a file.

    Attributes:
        alpha: (H, W) of the picture, None for an opaque one.
        photo_depth: bits a channel of the photo, which the file has where its format holds them.
        depth: bits a channel that it has in any case; None for those.
        metadata: as much of the photo's as is kept.
        quality: of JPEG and WebP, 1 to 100.
    """

    alpha: np.ndarray | None = None
    photo_depth: int = 8
    depth: int | None = None
    metadata: images.Metadata = field(default_factory=images.Metadata)
    quality: int = 95

    @classmethod
    def of(cls, photo: images.Picture, depth: Depth, metadata: Metadata, quality: int) -> Finish:
        """As of a photo, with what a recipe says."""
        return cls(photo.alpha, photo.depth, depth, photo.metadata.kept(metadata), quality)

    def encoded(self, target: Path, rgb: np.ndarray, recipe: str | None) -> bytes:
        """The bytes of the file; ValueError as of `images.encode`."""
        picture = images.Picture(rgb, self.alpha, depth=self.photo_depth)
        return images.encode(
            target,
            picture,
            recipe=recipe,
            quality=self.quality,
            depth=self.depth,
            metadata=self.metadata,
        )

    def write(self, target: Path, rgb: np.ndarray, recipe: str | None) -> None:
        """Write the file, or nothing at all."""
        files.write_bytes(target, self.encoded(target, rgb, recipe))
