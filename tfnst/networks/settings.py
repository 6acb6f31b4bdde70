"""The shapes that style networks have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, Strict

from tfnst.arguments import FieldError
from tfnst.images.sizes import HALO
from tfnst.validation import Checked, Layers

Width = Annotated[int, Field(ge=1, le=4096)]  # channels of a layer
Count = Annotated[int, Field(ge=0, le=100)]  # of blocks
RESOLUTIONS = ("full", "half", "quarter", "eighth", "sixteenth")


@dataclass(frozen=True)
class NetworkSettings(Checked):
    """The shape of a style network.

    Attributes:
        widths: channels at full (0 for none), half and quarter resolution, and so on, down to that
            of the trunk.
        blocks: residual blocks in the trunk.
        block: "residual" (two 3×3 convolutions) or "bottleneck" (a 3×3 between two 1×1, which
            costs a quarter; both He et al., CVPR 2016), or "light", a bottleneck whose last
            convolution is not normalized, for norms have the most of many styles' weights.
        middle: channels in the middle of a bottleneck of the trunk.
        head: "subpixel" (Shi et al., CVPR 2016) or "convolution", 9×9 at full resolution.
        refinements: residual blocks at each resolution between half and the trunk's, from coarse
            to fine, after what was seen there on the way down has been added.
        seeds: whether the photo's faint differences are brought up for what is to be painted where
            it is flat; see `architecture.seeds`.
        bounded: whether activations end at 6 (ReLU6). Or a network learns to fire without bound at
            one place, which outweighs all others in the deviation that instance norms divide by and
            shows as a spot (the droplets of Karras et al., "Analyzing and improving the image
            quality of StyleGAN", CVPR 2020, section 2).
        strokes: sizes of strokes for which a style has rows: 2 for the finest and the largest,
            between which `stroke` goes.

    Raises:
        ValueError: a name that is none of these, or sizes that make no network.
    """

    widths: Annotated[
        tuple[Annotated[int, Field(ge=0, le=4096)], ...],
        Strict(False),  # a list, when it comes from JSON
        Field(description="three to five whole numbers up to 4096, from 1 but for the first"),
    ] = (0, 32, 64)
    blocks: Count = 7
    block: Literal["residual", "bottleneck", "light"] = "bottleneck"
    middle: Width = 32
    head: Literal["subpixel", "convolution"] = "subpixel"
    refinements: Annotated[
        tuple[Count, ...],
        Strict(False),
        Field(description="a whole number for each resolution between half and the trunk's"),
    ] = ()
    seeds: bool = False
    bounded: bool = False
    strokes: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 3 <= len(self.widths) <= len(RESOLUTIONS) or not all(self.widths[1:]):
            raise self.refusal("widths")
        if len(self.refinements) != len(self.widths) - 3:
            raise self.refusal("refinements")

    @property
    def scale(self) -> int:
        """How many pixels of the picture are one of the trunk: sides are multiples of it."""
        return int(2 ** (len(self.widths) - 1))

    @property
    def halo(self) -> int:
        """Pixels mirrored around a picture: two of the trunk, so that it sees no black frame."""
        return max(HALO, 2 * self.scale)


@dataclass(frozen=True)
class AnyStyleSettings(Checked):
    """The shape of a network for any artwork.

    Attributes:
        extractor: feature network whose activations are moved to the artwork's statistics; see
            `features.FeatureExtractor`.
        layers: of which, from fine to coarse, each at half the resolution of the one before it; the
            first at half the picture's.
        dimensions: principal components of each.
        widths: channels of the decoder at half, quarter, eighth and sixteenth resolution.
        blocks: light blocks at a quarter, an eighth and a sixteenth.
        middle: channels in the middle of a block of the trunk.
        embedding: numbers through which the artwork's statistics modulate the blocks.

    Raises:
        ValueError: numbers that make no network.
    """

    extractor: str = "vgg19-lite"
    layers: Annotated[Layers, Strict(False)] = ("block2_conv1", "block3_conv1", "block4_conv1")
    dimensions: Annotated[tuple[Width, Width, Width], Strict(False)] = (16, 32, 64)
    widths: Annotated[tuple[Width, Width, Width, Width], Strict(False)] = (24, 48, 96, 96)
    blocks: Annotated[tuple[Count, Count, Count], Strict(False)] = (3, 2, 4)
    middle: Width = 48
    embedding: Width = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if [name[:6] for name in self.layers] != ["block2", "block3", "block4"]:
            remedy = "three, one each of blocks 2, 3 and 4, in order"
            raise FieldError("layers", self.layers, remedy)
        if any(name.rpartition("conv")[2] != "1" for name in self.layers):
            raise FieldError("layers", self.layers, "the first of their blocks")
        if self.middle * min(self.widths) < self.widths[-1]:
            raise FieldError("middle", self.middle, "a larger number, or widths nearer together")

    @property
    def scale(self) -> int:
        """How many pixels of the picture are one of the trunk: sides are multiples of it."""
        return 16

    @property
    def halo(self) -> int:
        """Pixels mirrored around a picture: two of the trunk, so that it sees no black frame."""
        return 2 * self.scale

    @property
    def length(self) -> int:
        """Numbers that describe an artwork."""
        return sum(n + n * (n + 1) // 2 for n in self.dimensions)


CONFIGURATIONS = {
    "compact": NetworkSettings(),
    "strokes": NetworkSettings(
        (0, 24, 48, 96, 96),
        5,
        "light",
        middle=48,
        refinements=(3, 4),
        seeds=True,
        bounded=True,
        strokes=2,
    ),
    # Johnson, Alahi & Fei-Fei, ECCV 2016, supplement, table 1, with upsampling in place of strided
    # transposed convolutions, which leave a checkerboard (Dumoulin et al., 2017, do the same).
    "johnson": NetworkSettings((32, 64, 128), 5, "residual", head="convolution"),
}
