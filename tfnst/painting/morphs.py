"""Films on the way from style to style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfnst import files, images
from tfnst.images import animation
from tfnst.painting.appearance import Look, paint
from tfnst.painting.painters import Painter


def morph(
    painter: Painter, photo: images.Picture, styles: Sequence[str], frames: int, look: Look
) -> Iterator[np.ndarray]:
    """`frames` pictures (H, W, 3) on the way from the first of the styles to the last.

    What is transparent in the photo is white in them.
    """
    cover = 1.0 if photo.alpha is None else photo.alpha[..., None]
    if len(styles) < 2 or frames < 2:
        raise ValueError(f"a morph of {len(styles)} styles in {frames} frames; give two or more")
    for position in np.linspace(0, len(styles) - 1, frames):
        before = min(int(position), len(styles) - 2)
        shares = {styles[before]: before + 1 - position}
        shares[styles[before + 1]] = shares.get(styles[before + 1], 0.0) + position - before
        yield paint(painter, photo, replace(look, styles=shares)) * cover + (1 - cover)


def write_morph(
    painter: Painter, photo: Path, output: Path, styles: Sequence[str], frames: int, look: Look
) -> None:
    """Write a morph of a photo's file: a .gif or .webp file, or a new folder of .png files.

    Args:
        painter: the network, or a file of it.
        photo: a picture's file.
        output: the file or folder, which appears whole or not at all.
        styles: two or more names, in the order of the film.
        frames: how many pictures, two or more.
        look: all but the styles.

    Raises:
        ValueError: one style, a photo that cannot be read, or an output that cannot be written.
    """
    animation.check_animation(output)
    if len(styles) < 2:
        raise ValueError(f"{', '.join(styles)!r} is one style; a morph takes two or more")
    if output.suffix:
        files.require_writable(output)
    film = morph(painter, images.load(photo, look.size), styles, frames, look)
    animation.save_animation(output, film, quality=look.quality)
