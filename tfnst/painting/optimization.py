"""Pictures by optimisation: recipes gathered from files, and paintings begun from recipes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfnst import images
from tfnst.features import vgg_architecture, vgg_weights
from tfnst.painting.finish import Depth, Finish, Metadata
from tfnst.painting.recipes import InterfaceRecipe, Recipe
from tfnst.painting.sources import Source
from tfnst.synthesis.interface import restyle
from tfnst.synthesis.interface_settings import InterfaceSettings
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def gather(
    content: str | Path,
    styles: Sequence[str | Path],
    settings: Settings,
    *,
    shares: Sequence[float] | None = None,
    network: str = "auto",
    weights: str = "auto",
    start: str | Path | None = None,
    quality: int = 95,
    depth: Depth = None,
    metadata: Metadata = "public",
) -> Recipe:
    """The recipe of a painting to come: names are resolved, and every file is hashed.

    Args:
        content: the photo's file.
        styles: the artworks' files.
        settings: see `Settings`.
        shares: how much each style counts, relative to each other; alike, if there are none.
        network: name of the feature network, or "auto".
        weights: the file of its weights, or "auto".
        start: the file of the picture to start from, if there is one.
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".

    Returns:
        The recipe, which `begin` begins.

    Raises:
        ValueError: a file that is missing, or a network that is unknown.
    """
    name, file = feature_network(network, weights)
    return Recipe(
        content=Source.of(content),
        styles=tuple(Source.of(style) for style in styles),
        shares=tuple(shares or [1.0] * len(styles)),
        settings=settings,
        network=name,
        weights=file,
        start=None if start is None else Source.of(start),
        quality=quality,
        depth=depth,
        metadata=metadata,
    )


def gather_interface(
    screen: str | Path,
    artwork: str | Path,
    settings: InterfaceSettings,
    *,
    network: str = "auto",
    weights: str = "auto",
    quality: int = 95,
    depth: Depth = None,
    metadata: Metadata = "public",
) -> InterfaceRecipe:
    """The recipe of a screen to be restyled: names are resolved, and every file is hashed.

    Args:
        screen: the screenshot's file.
        artwork: the artwork's file.
        settings: see `InterfaceSettings`.
        network: name of the feature network, or "auto".
        weights: the file of its weights, or "auto".
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".

    Returns:
        The recipe, which `begin` begins.

    Raises:
        ValueError: a file that is missing, or a network that is unknown.
    """
    name, file = feature_network(network, weights)
    sources = Source.of(screen), Source.of(artwork)
    finish: dict[str, Any] = dict(quality=quality, depth=depth, metadata=metadata)
    return InterfaceRecipe(*sources, settings, name, file, **finish)


def begin(recipe: Recipe | InterfaceRecipe, *folders: Path) -> tuple[StyleTransfer, Finish]:
    """The painting, ready to run, and how it becomes a file: with the content's alpha, and more.

    Inputs that have moved are looked for in `folders`.
    """
    weights = recipe.weights.find(*weights_homes(), *folders)
    features: dict[str, Any] = {"network": recipe.network, "weights": str(weights)}
    size, scale = recipe.settings.size, recipe.settings.style_scale
    if isinstance(recipe, InterfaceRecipe):
        content = _loaded(recipe.screen.find(*folders), size)
        artwork = _loaded(recipe.artwork.find(*folders), size * scale)
        painting = restyle(content.rgb, artwork, recipe.settings, **features)
    else:
        content = _loaded(recipe.content.find(*folders), size)
        painting = StyleTransfer(
            content.rgb,
            [_loaded(style.find(*folders), size * scale) for style in recipe.styles],
            recipe.settings,
            shares=recipe.shares,
            start=None if recipe.start is None else _loaded(recipe.start.find(*folders), size).rgb,
            **features,
        )
    finish = Finish.of(content, recipe.depth, recipe.metadata, recipe.quality)
    if content.alpha is not None:
        finish = replace(finish, alpha=images.resize(content.alpha, *painting.shape))
    return painting, finish


def _loaded(file: Path, size: float) -> images.Picture:
    """As large as it is; but what no camera makes, only as large as a painting of `size` needs."""
    return images.load(file, enough=max(4096, round(2 * size)))


def feature_network(network: str, weights: str) -> tuple[str, Source]:
    """Name and weights of a feature network that may be "auto"; ValueError for an unknown one."""
    name, _ = vgg_weights.choose_network(network, weights)
    vgg_architecture.known_architecture(name, "auto")
    return name, Source.of(vgg_weights.weights_file(name, weights))


def weights_homes() -> tuple[Path, ...]:
    """Folders where weights of feature networks may lie."""
    variable = Path(os.environ.get(vgg_weights.WEIGHTS_VARIABLE, ""))
    cache = vgg_weights.keras_cache()
    return tuple(file.parent for file in (vgg_weights.LITE_WEIGHTS, cache, variable))
