"""What it takes to make a picture again, of any kind: inputs, settings and versions, as JSON."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from tfnst.images.sizes import MIN_SIDE
from tfnst.painting.appearance import GRADIENT, Look
from tfnst.painting.sources import Source, versions
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.interface_settings import InterfaceSettings
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.texture_settings import TextureSettings
from tfnst.validation import Checked, restored

LITE = ".tflite"
Quality = Annotated[int, Field(ge=1, le=100)]
Shares = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1e9)], ...],
    Field(description="numbers from 0 to 1e9, one a style"),
]
Side = Annotated[int, Field(ge=MIN_SIDE, le=16384)]  # pixels


@dataclass(frozen=True)
class Recipe(Checked):
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
        versions: of the packages that took part, and of the machine.

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
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def needs_tensorflow(self) -> bool:
        """True, as of every painting by optimisation."""
        return True

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.content, *self.styles, self.weights, *([self.start] if self.start else [])]

    def by_names(self) -> Recipe:
        """The same without the folders of its files."""
        return replace(
            self,
            content=self.content.by_name(),
            styles=tuple(style.by_name() for style in self.styles),
            weights=self.weights.by_name(),
            start=self.start and self.start.by_name(),
        )


@dataclass(frozen=True)
class PassRecipe(Checked):
    """One picture through a network, complete: the same recipe gives the same picture.

    Attributes:
        picture: the photo's file.
        model: the network's file.
        masks: the files of `look.masks`, none for a gradient.
        look: how it is painted.
        versions: of the packages that took part, and of the machine.

    Raises:
        ValueError: a value that no painting has.
    """

    picture: Source
    model: Source
    masks: Annotated[tuple[Source, ...], Field(description="as many files as the look has masks")]
    look: Look
    versions: dict[str, str] = field(default_factory=versions)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.look.masks != (GRADIENT,) and len(self.look.masks) != len(self.masks):
            raise self.refusal("masks")

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.picture, self.model, *self.masks]

    @property
    def needs_tensorflow(self) -> bool:
        """Whether the network is no exported file."""
        return Path(self.model.path).suffix != LITE

    def by_names(self) -> PassRecipe:
        """The same without the folders of its files."""
        masks = tuple(mask.by_name() for mask in self.masks)
        look = replace(self.look, masks=tuple(Path(mask).name for mask in self.look.masks))
        return PassRecipe(self.picture.by_name(), self.model.by_name(), masks, look, self.versions)


@dataclass(frozen=True)
class AnalogyRecipe(Checked):
    """An image analogy, complete: the same recipe gives the same picture.

    Attributes:
        a: a picture's file.
        a_prime: of the same after whatever is to be learnt.
        b: of a picture to which that is done.
        settings: see `AnalogySettings`.
        size: long side of the result at most, in pixels.
        pair_size: that of A and A' at most.
        enlarge: bring a smaller B to `size`, too.
        quality: of the file's encoding, 1 to 100.
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
    quality: Quality = 95
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def needs_tensorflow(self) -> bool:
        """False, as of every analogy."""
        return False

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.a, self.a_prime, self.b]

    def by_names(self) -> AnalogyRecipe:
        """The same without the folders of its files."""
        a, a_prime, b = (source.by_name() for source in self.sources)
        return replace(self, a=a, a_prime=a_prime, b=b)


@dataclass(frozen=True)
class InterfaceRecipe(Checked):
    """A restyled screen, complete: the same recipe gives the same picture.

    Attributes:
        screen: the screenshot's file.
        artwork: the artwork's file.
        settings: see `InterfaceSettings`.
        network: name of the feature network.
        weights: the file of its weights.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
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
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def needs_tensorflow(self) -> bool:
        """True, as of every painting by optimisation."""
        return True

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [self.screen, self.artwork, self.weights]

    def by_names(self) -> InterfaceRecipe:
        """The same without the folders of its files."""
        screen, artwork, weights = (source.by_name() for source in self.sources)
        return replace(self, screen=screen, artwork=artwork, weights=weights)


@dataclass(frozen=True)
class TextureRecipe(Checked):
    """A texture, complete: the same recipe gives the same picture.

    Attributes:
        textures: the sources' files.
        settings: see `TextureSettings`.
        shares: how much each source counts; relative to each other.
        network: name of the feature network; None for a method that has none.
        weights: the file of its weights.
        steps_done: of a run that was stopped.
        quality: of the file's encoding, 1 to 100.
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
    versions: dict[str, str] = field(default_factory=versions)

    @property
    def needs_tensorflow(self) -> bool:
        """True, as of every texture."""
        return True

    @property
    def sources(self) -> list[Source]:
        """Every file that it was made from."""
        return [*self.textures, *([self.weights] if self.weights else [])]

    def by_names(self) -> TextureRecipe:
        """The same without the folders of its files."""
        return replace(
            self,
            textures=tuple(texture.by_name() for texture in self.textures),
            weights=self.weights and self.weights.by_name(),
        )


AnyRecipe = Recipe | PassRecipe | AnalogyRecipe | InterfaceRecipe | TextureRecipe
# What settings of version 0.1, which has no fields of these names, amount to.
EARLIER = {"canvas": "pixels", "scales": [1], "detail": 0.0, "growth": math.sqrt(2)}
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
        recipe: AnyRecipe = restored(kind, data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this recipe cannot be read: {error}") from None
    return recipe
