"""What decides an image analogy besides its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tfnst.validation import Checked

Channels = Literal["luminance", "color"]


@dataclass(frozen=True)
class AnalogySettings(Checked):
    """What decides an analogy besides its pictures.

    Attributes:
        kappa: how much farther than the nearest a neighbourhood may be that goes on with what is
            beside it, by 1 + κ times in squared distance at the finest level, where κ is halved
            with each coarser one. 0 for mere neighbours; more holds larger patches together.
        levels: of the pyramids; None for as many as leave 16 pixels of the shortest side.
        patch: pixels a side of a neighbourhood.
        mode: "luminance" makes that of B' and leaves B its colours; "color" makes all of B'.
        match: what is compared of A and B, "luminance" or "color"; None for that of the mode.
        remap: bring A and B to one mean and deviation of luminance, where that is compared.
        weight: of the match of A with B, over that of A' with B'.
        blur: deviation in pixels of a Gaussian that blurs A first; with A' for A, detail is learnt,
            such as an artwork's marks.
        seed: of the choice among places of A that are alike.

    Raises:
        ValueError: a value outside its range or choices, in one line that says what would do.
    """

    kappa: Annotated[float, Field(ge=0, le=1e6)] = 2.0
    levels: Annotated[int, Field(ge=1, le=16)] | None = None
    patch: Literal[3, 5, 7, 9] = 5
    mode: Channels = "luminance"
    match: Channels | None = None
    remap: bool = True
    weight: Annotated[float, Field(ge=1e-3, le=1e3)] = 1.0
    blur: Annotated[float, Field(ge=0, le=100)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
