"""Image analogies of files: recipes gathered from them, and analogies begun from recipes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.painting.recipes import AnalogyRecipe
from tfnst.painting.sources import Source
from tfnst.synthesis.analogies import Analogy
from tfnst.synthesis.analogy_settings import AnalogySettings


def gather_analogy(
    a: str | Path,
    a_prime: str | Path,
    b: str | Path,
    settings: AnalogySettings,
    *,
    size: int = 512,
    pair_size: int | None = None,
    enlarge: bool = False,
    quality: int = 95,
) -> AnalogyRecipe:
    """The recipe of an analogy to come: every file is hashed.

    Args:
        a: a picture's file.
        a_prime: of the same after whatever is to be learnt.
        b: of a picture to which that is to be done.
        settings: see `AnalogySettings`.
        size: long side of the result at most, in pixels.
        pair_size: that of A and A' at most; None for the same.
        enlarge: bring a smaller B to `size`, too.
        quality: of the file's encoding, 1 to 100.

    Returns:
        The recipe, which `begin` begins.

    Raises:
        ValueError: a file that is missing, or a value outside its range.
    """
    return AnalogyRecipe(
        Source.of(a),
        Source.of(a_prime),
        Source.of(b),
        settings,
        size,
        size if pair_size is None else pair_size,
        enlarge,
        quality=quality,
    )


def begin(recipe: AnalogyRecipe, *folders: Path) -> tuple[Analogy, np.ndarray | None]:
    """The analogy, ready to run, and B's alpha at the size of the result.

    What is transparent in A and A' is white. Inputs that have moved are looked for in `folders`.
    """
    a, a_prime, b = (source.find(*folders) for source in recipe.sources)
    picture = images.load(b, recipe.size, upscale=recipe.enlarge)
    pair_size = recipe.pair_size
    pair = images.load(a, pair_size), images.load(a_prime, pair_size)
    return Analogy(pair[0], pair[1], picture.rgb, recipe.settings), picture.alpha
