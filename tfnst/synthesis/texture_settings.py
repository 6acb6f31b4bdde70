"""What decides a texture besides its sources: frozen settings, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tfnst.validation import Checked

TextureMethod = Literal["gram", "wasserstein", "sliced", "portilla-simoncelli", "neighbours"]
LEAST_SOURCE = 32  # pixels a side of a source, at its own size and at the coarsest
Side = Annotated[int, Field(ge=64, le=8192)]


@dataclass(frozen=True)
class TextureSettings(Checked):
    """Everything that decides a texture, besides its sources and the feature network.

    Attributes:
        height: of the texture, in pixels.
        width: likewise.
        method: which statistics of the sources are matched: those of activations by "gram" (Gatys,
            Ecker & Bethge 2015), "wasserstein" or "sliced"; "portilla-simoncelli" (2000), without a
            network; or "neighbours", a place of a source for each place of the texture.
        tileable: whether `height` and `width` are a whole period: copies side by side have no seam.
            Without it a texture is cut from one whose sides are multiples of 16.
        source_size: the long side of a source, in pixels, at most; larger ones are made smaller.
        steps: optimiser steps at each size, which doubles from one to the next; the last number
            holds for the sizes after it. None for the method's own.
        seed: of the noise that it begins with.

    Raises:
        ValueError: a value outside its range or choices, in one line that says what would do.
    """

    height: Side = 256
    width: Side = 256
    method: TextureMethod = "wasserstein"
    tileable: bool = False
    source_size: Annotated[int, Field(ge=LEAST_SOURCE, le=8192)] = 512
    steps: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...] | None,
        Field(description="a tuple of one or more whole numbers from 1, or None"),
    ] = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0

    @property
    def has_network(self) -> bool:
        """Whether the method looks through a feature network."""
        return self.method != "portilla-simoncelli"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps == ():
            raise self.refusal("steps")
