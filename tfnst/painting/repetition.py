"""Pictures made again from their recipes, of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfnst import images
from tfnst.painting import pictures
from tfnst.painting.finish import Finish
from tfnst.painting.painters import open_painter
from tfnst.painting.recipes import (
    AnalogyRecipe,
    AnyRecipe,
    InterfaceRecipe,
    PassRecipe,
    Recipe,
    TextureRecipe,
)
from tfnst.painting.sources import homes


def paint_again(
    recipe: AnyRecipe,
    picture: Path,
    inputs: Sequence[Path] = (),
    show: Callable[[Any], None] = lambda report: None,
) -> bytes:
    """The bytes of the file that a recipe makes.

    Args:
        recipe: of that picture.
        picture: tells the format, and holds the text that is to be in the new one.
        inputs: folders where files that have moved may lie, besides the picture's.
        show: is called with the reports of an optimisation or an analogy.

    Returns:
        What `picture` held when the recipe was written, where versions and machine are the same.

    Raises:
        ValueError: an input that is not there any more, or has changed.
    """
    text, folders = images.load(picture).recipe, homes(picture, inputs)
    if isinstance(recipe, PassRecipe):
        artworks = [artwork.find(*folders) for artwork in recipe.artworks]
        painter = open_painter(recipe.model.find(*folders), artworks)
        return pictures.encoded(recipe, picture, painter, text, *folders)
    work, finish = _begun(recipe, folders)
    stop, closely = recipe.steps_done, not isinstance(recipe, AnalogyRecipe)
    # A run that was stopped may have been watched more closely than the usual.
    for report in work.run(1) if stop and closely else work.run():
        show(report)
        if report.step == stop:
            break
    return finish.encoded(picture, work.picture(), text)


def _begun(
    recipe: Recipe | AnalogyRecipe | InterfaceRecipe | TextureRecipe, folders: Sequence[Path]
) -> tuple[Any, Finish]:
    """What makes the picture, and how it becomes a file; no kind needs what the others import."""
    if isinstance(recipe, AnalogyRecipe):
        from tfnst.painting import analogies

        return analogies.begin(recipe, *folders)
    if isinstance(recipe, TextureRecipe):
        from tfnst.painting import textures

        return textures.begin(recipe, *folders)
    from tfnst.painting import optimization

    return optimization.begin(recipe, *folders)
