"""Image analogies of files: recipes gathered from them, and analogies begun from recipes."""

from __future__ import annotations

from pathlib import Path

from tfnst import images
from tfnst.painting.finish import Depth, Finish, Metadata
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
    depth: Depth = None,
    metadata: Metadata = "public",
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
        depth: bits a channel, 8 or 16; None for the photo's, where the format holds them.
        metadata: what is kept of the photo's: "none", "public" or "all".

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
        depth=depth,
        metadata=metadata,
    )


def begin(recipe: AnalogyRecipe, *folders: Path) -> tuple[Analogy, Finish]:
    """The analogy, ready to run, and how it becomes a file: with B's alpha, and more.

    What is transparent in A and A' is white. Inputs that have moved are looked for in `folders`.
    """
    a, a_prime, b = (source.find(*folders) for source in recipe.sources)
    picture = images.load(b, recipe.size, upscale=recipe.enlarge)
    pair_size = recipe.pair_size
    pair = images.load(a, pair_size), images.load(a_prime, pair_size)
    finish = Finish.of(picture, recipe.depth, recipe.metadata, recipe.quality)
    return Analogy(pair[0], pair[1], picture.rgb, recipe.settings), finish
