"""What it takes to make a picture again, of any kind: inputs, settings and versions, as JSON."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field

from tfnst.images.color import ColorMethod
from tfnst.images.sizes import MIN_SIDE
from tfnst.painting.appearance import GRADIENT, Look, Subject, refuse_both
from tfnst.painting.finish import Depth, Metadata
from tfnst.painting.sources import Source, versions
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.interface_settings import InterfaceSettings
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.texture_settings import TextureSettings
from tfnst.validation import Checked, restored

_Kind = TypeVar("_Kind", bound="_Repeatable")
LITE = ".tflite"
LOOKED_UP = ("mask", "palette", "color_mask")  # files of a look, one each
Quality = Annotated[int, Field(ge=1, le=100)]
Shares = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e9)], ...],
    Field(description="numbers from 0 to 1e9, one a style"),
]
Side = Annotated[int, Field(ge=MIN_SIDE, le=16384)]  # pixels


@dataclass(frozen=True)
class _Repeatable(Checked):
    """Base of all kinds: what they have in common follows from which fields hold files."""

    @property
    def needs_tensorflow(self) -> bool:
        """Whether it takes TensorFlow to make the picture again."""
        return True

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        held = [value if isinstance(value, tuple) else (value,) for value in vars(self).values()]
        return [each for values in held for each in values if isinstance(each, Source)]

    def by_names(self: _Kind) -> _Kind:
        """The same without the folders of its files."""
        return replace(self, **{k: _by_names(v) for k, v in vars(self).items()})


def _by_names(value: Any) -> Any:
    """Files, one or several, without their folders; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(_by_names(each) for each in value)
    return value.by_name() if isinstance(value, Source) else value


@dataclass(frozen=True)
class Recipe(_Repeatable):
    """A painting by optimisation, complete: the same recipe gives the same picture.

    Attributes:
        content: the photo's file.
        styles: the artworks' files.
        shares: how much each style counts; relative to each other.
        settings: see `Settings`.
        network: name of the feature network.
        weights: the file of its weights.
        start: the file of the picture to start from, if there is one.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".
        versions: of the packages that took part, and of the machine.
        masks: of where to paint, or of where each style goes; see `read_regions`.
        style_masks: of the part of each style that counts.
        style_scales: of each style, in place of the settings' one.
        style_bands: of each style "all", "fine" or "coarse", what of it counts.
        subject: paint the photo's main "subject" or its "background" alone.
        keep_color: the method by which the painting has the photo's colours, None for not.
        palette: the file of a picture whose colours it has.
        color_mask: of where it has those of photo or palette.

    Raises:
        ValueError: a value that no painting has.
    """

    content: Source
    styles: tuple[Source, ...]
    shares: Shares
    settings: Settings
    network: str
    weights: Source
    start: Source | None = None
    steps_done: Annotated[int, Field(ge=1)] | None = None
    quality: Quality = 95
    depth: Depth = None
    metadata: Metadata = "public"
    versions: dict[str, str] = field(default_factory=versions)
    masks: tuple[Source, ...] = ()
    style_masks: tuple[Source, ...] = ()
    style_scales: tuple[float, ...] = ()
    style_bands: tuple[str, ...] = ()
    subject: Subject | None = None
    keep_color: ColorMethod | None = None
    palette: Source | None = None
    color_mask: Source | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        refuse_both("mask", self.masks or None, "subject", self.subject)
        refuse_both("keep_color", self.keep_color, "palette", self.palette)
        if self.color_mask is not None and self.keep_color is None and self.palette is None:
            raise ValueError("color_mask goes with keep_color or palette")


@dataclass(frozen=True)
class PassRecipe(_Repeatable):
    """One picture through a network, complete: the same recipe gives the same picture.

    Attributes:
        picture: the photo's file.
        model: the network's file.
        masks: the files of `look.masks`, none for a gradient.
        look: how it is painted.
        artworks: files that a network for any artwork paints after, in order.
        versions: of the packages that took part, and of the machine.
        mask, palette, color_mask: the files that the look names.

    Raises:
        ValueError: a value that no painting has.
    """

    picture: Source
    model: Source
    masks: Annotated[tuple[Source, ...], Field(description="as many files as the look has masks")]
    look: Look
    artworks: tuple[Source, ...] = ()
    versions: dict[str, str] = field(default_factory=versions)
    mask: Source | None = None
    palette: Source | None = None
    color_mask: Source | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in LOOKED_UP:
            if (getattr(self, name) is None) != (getattr(self.look, name) is None):
                raise self.refusal(name)
        if self.look.masks != (GRADIENT,) and len(self.look.masks) != len(self.masks):
            raise self.refusal("masks")

    @property
    def needs_tensorflow(self) -> bool:
        """Whether the network is no exported file."""
        return Path(self.model.path).suffix != LITE

    def by_names(self) -> PassRecipe:
        """The same without the folders of its files, those that the look names included."""
        files = {name: getattr(self.look, name) for name in LOOKED_UP}
        named: dict[str, Any] = {name: Path(file).name for name, file in files.items() if file}
        masks = tuple(Path(mask).name for mask in self.look.masks)
        look = replace(self.look, masks=masks, **named)
        return replace(super().by_names(), look=look)


@dataclass(frozen=True)
class AnalogyRecipe(_Repeatable):
    """An image analogy, complete: the same recipe gives the same picture.

    Attributes:
        a: a picture's file.
        a_prime: of the same after whatever is to be learnt.
        b: of a picture to which that is done.
        settings: see `AnalogySettings`.
        size: long side of the result at most, in pixels.
        pair_size: that of A and A' at most.
        enlarge: bring a smaller B to `size`, too.
        steps_done: of a run that was stopped, to the last level that was complete.
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".
        versions: of the packages that took part, and of the machine.

    Raises:
        ValueError: a value that no analogy has.
    """

    a: Source
    a_prime: Source
    b: Source
    settings: AnalogySettings
    size: Side = 512
    pair_size: Side = 512
    enlarge: bool = False
    steps_done: Annotated[int, Field(ge=1)] | None = None
    quality: Quality = 95
    depth: Depth = None
    metadata: Metadata = "public"
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def needs_tensorflow(self) -> bool:
        """False, as of every analogy."""
        return False


@dataclass(frozen=True)
class InterfaceRecipe(_Repeatable):
    """A restyled screen, complete: the same recipe gives the same picture.

    Attributes:
        screen: the screenshot's file.
        artwork: the artwork's file.
        settings: see `InterfaceSettings`.
        network: name of the feature network.
        weights: the file of its weights.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".
        versions: of the packages that took part, and of the machine.

    Raises:
        ValueError: a value that no restyled screen has.
    """

    screen: Source
    artwork: Source
    settings: InterfaceSettings
    network: str
    weights: Source
    steps_done: Annotated[int, Field(ge=1)] | None = None
    quality: Quality = 95
    depth: Depth = None
    metadata: Metadata = "public"
    versions: dict[str, str] = field(default_factory=versions)


@dataclass(frozen=True)
class TextureRecipe(_Repeatable):
    """A texture, complete: the same recipe gives the same picture.

    Attributes:
        textures: the sources' files.
        settings: see `TextureSettings`.
        shares: how much each source counts; relative to each other.
        network: name of the feature network; None for a method that has none.
        weights: the file of its weights.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for those of the deepest source, where the format holds
            them.
        versions: of the packages that took part, and of the machine.

    Raises:
        ValueError: a value that no texture has.
    """

    textures: tuple[Source, ...]
    settings: TextureSettings
    shares: Shares
    network: str | None = None
    weights: Source | None = None
    steps_done: Annotated[int, Field(ge=1)] | None = None
    quality: Quality = 95
    depth: Depth = None
    versions: dict[str, str] = field(default_factory=versions)


AnyRecipe = Recipe | PassRecipe | AnalogyRecipe | InterfaceRecipe | TextureRecipe
# What settings of version 0.1, which has no fields of these names, amount to.
EARLIER = {"canvas": "pixels", "scales": [1], "detail": 0.0, "growth": math.sqrt(2)}
# And how its pictures were finished, whatever the photo.
EARLIER_FINISH = {"depth": 8, "metadata": "none"}
KINDS: dict[str, type[AnyRecipe]] = {
    "stylize": Recipe,
    "apply": PassRecipe,
    "analogy": AnalogyRecipe,
    "restyle-ui": InterfaceRecipe,
    "texture": TextureRecipe,
}


def to_json(recipe: AnyRecipe) -> str:
    """What pictures hold of a recipe.

    Args:
        recipe: of any kind.

    Returns:
        One line of JSON; a look's styles keep their order, which is that of its masks.
    """
    (kind,) = (name for name, kind in KINDS.items() if isinstance(recipe, kind))
    values = {"tfnst": kind, **asdict(recipe)}
    return json.dumps(dict(sorted(values.items())), default=os.fspath)


def from_json(text: str) -> AnyRecipe:
    """The recipe that `to_json` wrote.

    Args:
        text: what it wrote, or version 0.1 did.

    Returns:
        The recipe, of any kind.

    Raises:
        ValueError: any other text.
    """
    try:
        data: Any = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("it is of another kind of picture")
        if "tfnst" not in data:
            raise ValueError("it has no 'tfnst'")
        if (kind := KINDS.get(str(data.pop("tfnst")))) is None:
            raise ValueError("it is of another kind of picture")
        if kind is Recipe and isinstance(data.get("settings"), dict):
            data["settings"] = EARLIER | data["settings"]
        if kind is PassRecipe and isinstance(data.get("look"), dict):
            kept = data["look"].get("keep_color")
            if isinstance(kept, bool):  # of version 0.1, which knew one method
                data["look"]["keep_color"] = "luminance" if kept else None
        recipe: AnyRecipe = restored(kind, _finished_earlier(kind, data))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this recipe cannot be read: {error}") from None
    return recipe


def _finished_earlier(kind: type[AnyRecipe], data: dict[str, Any]) -> dict[str, Any]:
    """The same with what all recipes of before had in common, where it does not say."""
    if kind is PassRecipe:
        look = data.get("look")
        return data | {"look": EARLIER_FINISH | look} if isinstance(look, dict) else data
    names = {each.name for each in fields(kind)}
    return {k: v for k, v in EARLIER_FINISH.items() if k in names} | data
