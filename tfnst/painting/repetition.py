"""Pictures made again from their recipes, of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfnst import images
from tfnst.painting import pictures
from tfnst.painting.painters import open_painter
from tfnst.painting.recipes import AnalogyRecipe, AnyRecipe, PassRecipe, Recipe
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
        painter = open_painter(recipe.model.find(*folders))
        return pictures.encoded(recipe, picture, painter, text, *folders)
    if isinstance(recipe, AnalogyRecipe):
        return _by_analogy(recipe, picture, text, folders, show)
    return _optimized(recipe, picture, text, folders, show)


def _optimized(
    recipe: Recipe,
    picture: Path,
    text: str | None,
    folders: Sequence[Path],
    show: Callable[[Any], None],
) -> bytes:
    from tfnst.painting import optimization  # exported files paint without TensorFlow

    painting, alpha = optimization.begin(recipe, *folders)
    # A run that was stopped may have been watched more closely than the usual.
    for report in painting.run(10 if recipe.steps_done is None else 1):
        show(report)
        if report.step == recipe.steps_done:
            break
    painted = painting.picture()
    return images.encode(picture, painted, alpha=alpha, recipe=text, quality=recipe.quality)


def _by_analogy(
    recipe: AnalogyRecipe,
    picture: Path,
    text: str | None,
    folders: Sequence[Path],
    show: Callable[[Any], None],
) -> bytes:
    from tfnst.painting import analogies  # exported files paint without SciPy

    analogy, alpha = analogies.begin(recipe, *folders)
    for report in analogy.run():
        show(report)
    made = analogy.picture()
    return images.encode(picture, made, alpha=alpha, recipe=text, quality=recipe.quality)
