"""Pictures by optimisation: recipes gathered from files, and paintings begun from recipes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import images
from tfnst.features import vgg_architecture, vgg_weights
from tfnst.images.color import ColorMethod, Colors
from tfnst.painting.appearance import Subject
from tfnst.painting.colors import read_area, read_colors
from tfnst.painting.finish import Depth, Finish, Metadata
from tfnst.painting.recipes import InterfaceRecipe, Recipe
from tfnst.painting.regions import read_regions
from tfnst.painting.sources import Source
from tfnst.synthesis.interface import restyle
from tfnst.synthesis.interface_settings import InterfaceSettings
from tfnst.synthesis.regions import Region
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
    masks: Sequence[str | Path] = (),
    style_masks: Sequence[str | Path] = (),
    style_scales: Sequence[float] = (),
    style_bands: Sequence[str] = (),
    subject: Subject | None = None,
    keep_color: ColorMethod | None = None,
    palette: str | Path | None = None,
    color_mask: str | Path | None = None,
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
        masks: files of where to paint, or of where each style goes; see `read_regions`.
        style_masks: files of the part of each style that counts.
        style_scales: of each style, in place of the settings' one.
        style_bands: of each style "all", "fine" or "coarse", what of it counts.
        subject: "subject" or "background", of the photo, to paint that alone.
        keep_color: the method by which the painting has the photo's colours.
        palette: the file of a picture whose colours it has.
        color_mask: the file of where it has those of photo or palette.
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
        start=_source(start),
        quality=quality,
        masks=tuple(map(Source.of, masks)),
        style_masks=tuple(map(Source.of, style_masks)),
        style_scales=tuple(style_scales),
        style_bands=tuple(style_bands),
        subject=subject,
        keep_color=keep_color,
        palette=_source(palette),
        color_mask=_source(color_mask),
        depth=depth,
        metadata=metadata,
    )


def _source(file: str | Path | None) -> Source | None:
    return None if file is None else Source.of(file)


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
    if isinstance(recipe, Recipe) and recipe.style_scales:
        scale = max(recipe.style_scales)
    if isinstance(recipe, InterfaceRecipe):
        content = _loaded(recipe.screen.find(*folders), size)
        artwork = _loaded(recipe.artwork.find(*folders), size * scale)
        painting = restyle(content.rgb, artwork, recipe.settings, **features)
    else:
        content = _loaded(recipe.content.find(*folders), size)
        styles = [
            _loaded(style.find(*folders), size * scale).over_white() for style in recipe.styles
        ]
        painting = StyleTransfer(
            content.rgb,
            styles,
            recipe.settings,
            shares=recipe.shares,
            style_scales=recipe.style_scales or None,
            style_bands=recipe.style_bands or None,
            start=None if recipe.start is None else _loaded(recipe.start.find(*folders), size).rgb,
            regions=_regions(recipe, content.rgb, styles, folders),
            colors=_colors(recipe, folders),
            **features,
        )
    finish = Finish.of(content, recipe.depth, recipe.metadata, recipe.quality)
    if content.alpha is not None:
        finish = replace(finish, alpha=images.resize(content.alpha, *painting.shape))
    return painting, finish


def _regions(
    recipe: Recipe, photo: np.ndarray, styles: Sequence[np.ndarray], folders: Sequence[Path]
) -> list[Region] | None:
    masks, style_masks = (
        [source.find(*folders) for source in sources]
        for sources in (recipe.masks, recipe.style_masks)
    )
    regions = read_regions(masks, style_masks, photo, styles)
    if (area := read_area(None, recipe.subject, photo)) is None:
        return regions
    if regions is None:
        return [Region(area, [None] * len(styles))]
    return [region._replace(mask=area * region.mask) for region in regions]


def _colors(recipe: Recipe, folders: Sequence[Path]) -> Colors:
    palette, mask = (
        None if source is None else source.find(*folders)
        for source in (recipe.palette, recipe.color_mask)
    )
    return read_colors(recipe.keep_color, palette, mask)


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
