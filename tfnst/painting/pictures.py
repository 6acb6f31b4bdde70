"""Picture files through a network in one pass each, with recipes to make them again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tfnst import assets, files, images
from tfnst.files import FileError
from tfnst.images.masks import read_visible_mask
from tfnst.painting.appearance import GRADIENT, Look, paint
from tfnst.painting.colors import read_colors
from tfnst.painting.finish import Finish
from tfnst.painting.painters import Painter
from tfnst.painting.recipes import LOOKED_UP, PassRecipe, to_json
from tfnst.painting.sources import Source
from tfnst.painting.targets import Targets


@dataclass(frozen=True)
class Applied:
    """One picture of several: painted, skipped, or failed for a reason."""

    step: int
    steps: int
    source: str
    output: str
    seconds: float
    skipped: bool = False
    error: str | None = None


def encoded(
    recipe: PassRecipe, target: Path, painter: Painter, text: str | None, *folders: Path
) -> bytes:
    """The bytes of the file that a recipe makes, which holds `text`, that of one, or None.

    Inputs that have moved are looked for in `folders`.
    """
    images.check_target(target, depth=recipe.look.depth)
    file = recipe.picture.find(*folders)
    picture = images.load(file, recipe.look.size)
    if (shortest := min(picture.rgb.shape[:2])) < images.MIN_SIDE:
        raise FileError(
            file,
            f"at size {recipe.look.size} its shorter side has {shortest} pixels, and "
            f"{images.MIN_SIDE} are needed; use a larger --size, or 0",
        )
    sources = {name: source for name in LOOKED_UP if (source := getattr(recipe, name))}
    named: dict[str, Any] = {name: source.find(*folders) for name, source in sources.items()}
    masks = tuple(mask.find(*folders) for mask in recipe.masks) or recipe.look.masks
    painted = paint(painter, picture, replace(recipe.look, masks=masks, **named))
    look = recipe.look
    return Finish.of(picture, look.depth, look.metadata, look.quality).encoded(
        target, painted, text
    )


def reason(failure: Exception, source: Path) -> str:
    """One line that names the file."""
    text = str(failure) or type(failure).__name__
    if isinstance(failure, OSError) and failure.filename:
        text = f"{failure.filename}: {failure.strerror}; use another --output"
    return text.splitlines()[0] if str(source) in text else f"{source}: {text.splitlines()[0]}"


def paint_files(
    painter: Painter,
    targets: Targets,
    look: Look,
    model: str | Path,
    skip_existing: bool = False,
    embed: bool = True,
    paths: bool = False,
    artworks: Sequence[str | Path] = (),
) -> Iterator[Applied]:
    """Paint one picture after the other; one that cannot be read or written stops nothing.

    Args:
        painter: the network, or a file of it.
        targets: which pictures become which files.
        look: how they are painted.
        model: where the network came from, by name or file, for the recipes.
        skip_existing: leave results that are there already.
        embed: have every picture hold its recipe.
        paths: have recipes tell the folders of their files too, and not their names alone.
        artworks: files of an `ArtworkPainter`, for the recipes.

    Yields:
        A report a picture.

    Raises:
        ValueError: masks that cannot be read; and of one picture alone, what is wrong with it.
    """
    look.shares(images.MIN_SIDE, images.MIN_SIDE)
    mask_files = () if look.masks == (GRADIENT,) else look.masks
    masks = tuple(Source.of(mask) for mask in mask_files)
    looked_up = {name: getattr(look, name) for name in LOOKED_UP}
    named: dict[str, Any] = {name: Source.of(file) for name, file in looked_up.items() if file}
    read_colors(look.keep_color, look.palette, look.color_mask)
    if look.mask is not None:
        read_visible_mask(look.mask)
    shipped = assets.NETWORKS | assets.ANY_NETWORKS
    origin, works = Source.of(shipped.get(str(model), model)), tuple(map(Source.of, artworks))
    steps = len(targets.pairs)
    for step, (source, target) in enumerate(targets.pairs, 1):
        began, error = time.perf_counter(), None
        skipped = skip_existing and target.exists()
        try:
            if not skipped:
                recipe = PassRecipe(Source.of(source), origin, masks, look, works, **named)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = to_json(recipe if paths else recipe.by_names()) if embed else None
                files.write_bytes(target, encoded(recipe, target, painter, text))
        except Exception as failure:  # also TensorFlow's, as when a picture does not fit its memory
            if targets.single:
                raise
            error = reason(failure, source)
        seconds = round(time.perf_counter() - began, 3)
        yield Applied(step, steps, str(source), str(target), seconds, skipped, error)
