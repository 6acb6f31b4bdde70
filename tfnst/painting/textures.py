"""Textures of files: recipes gathered from them, and textures begun from recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tfnst import images
from tfnst.painting.finish import Depth, Finish
from tfnst.painting.optimization import feature_network, weights_homes
from tfnst.painting.recipes import TextureRecipe
from tfnst.painting.sources import Source
from tfnst.synthesis.texture import TextureSynthesis
from tfnst.synthesis.texture_settings import TextureSettings


def gather_texture(
    sources: Sequence[str | Path],
    settings: TextureSettings,
    *,
    shares: Sequence[float] | None = None,
    network: str = "auto",
    weights: str = "auto",
    quality: int = 95,
    depth: Depth = None,
) -> TextureRecipe:
    """The recipe of a texture to come: names are resolved, and every file is hashed.

    Args:
        sources: pictures' files.
        settings: see `TextureSettings`.
        shares: how much each source counts, relative to each other; alike, if there are none.
        network: name of the feature network, or "auto"; without meaning for a method that has none.
        weights: the file of its weights, or "auto".
        quality: of the file's encoding, 1 to 100.
        depth: bits a channel, 8 or 16; None for those of the deepest source, where the format holds
            them.

    Returns:
        The recipe, which `begin` begins.

    Raises:
        ValueError: a file that is missing, or a network that is unknown.
    """
    name, file = feature_network(network, weights) if settings.has_network else (None, None)
    return TextureRecipe(
        textures=tuple(Source.of(source) for source in sources),
        settings=settings,
        shares=tuple(shares or [1.0] * len(sources)),
        network=name,
        weights=file,
        quality=quality,
        depth=depth,
    )


def begin(recipe: TextureRecipe, *folders: Path) -> tuple[TextureSynthesis, Finish]:
    """The texture, ready to run, and how it becomes a file.

    What is transparent in sources is white. Inputs that have moved are looked for in `folders`.
    """
    files = [texture.find(*folders) for texture in recipe.textures]
    weights = recipe.weights and recipe.weights.find(*weights_homes(), *folders)
    pictures = [images.load(file, enough=recipe.settings.source_size) for file in files]
    deepest = max(picture.depth for picture in pictures)
    texture = TextureSynthesis(
        pictures,
        recipe.settings,
        shares=recipe.shares,
        network=recipe.network or "auto",
        weights="auto" if weights is None else str(weights),
    )
    return texture, Finish(photo_depth=deepest, depth=recipe.depth, quality=recipe.quality)
