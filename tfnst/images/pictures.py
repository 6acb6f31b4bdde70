"""Picture files to and from float32 RGB arrays in [0, 1].

Reads JPEG, PNG, WebP, TIFF, GIF, BMP and AVIF (the first frame or page), writes JPEG, PNG, WebP
and TIFF.
PNG and TIFF keep 16 bits a channel, reading and writing, and grey TIFF of floats its 32, reading;
CMYK, a TIFF's separate planes and colours of a profile made of tables are read with 8, as is what
HEIC and AVIF have beyond 8.
"""

from __future__ import annotations

import numpy as np

from tfnst.files import File, opened
from tfnst.files import require_writable as require_writable
from tfnst.files import write_bytes as write_bytes
from tfnst.images.arrays import (
    Picture,
    fitted,
    require_positive,
    resize,
    resized_with_alpha,
    unit,
)
from tfnst.images.decoding import decoded, identified
from tfnst.images.sizes import MIN_SIDE


def load(
    path: File,
    size: int | None = None,
    *,
    upscale: bool = False,
    draft: bool = False,
    enough: int | None = None,
) -> Picture:
    """The picture in a file: upright, in sRGB, its long side `size` pixels if that is given.

    Args:
        path: names the file, or is one open in binary mode, which is read from its beginning.
        size: the long side, in pixels; None keeps the picture's own, as does a smaller picture.
        upscale: enlarge a smaller picture to `size`, too.
        draft: decode a large JPEG at reduced size, in a fraction of the time, and hardly another
            picture.
        enough: reduce more than 50 million pixels, the long side to no less than that.

    Returns:
        Its colours, (H, W, 3) float32 in [0, 1], and what else a `Picture` holds.

    Raises:
        ValueError: a file that is missing, unreadable, damaged, no picture, below 8 pixels a side
            or too large.
    """
    require_positive(size=1 if size is None else size)
    enough = 4 * size if enough is None and size is not None else enough
    with opened(path) as file:
        content = decoded(path, file, enough, size if draft else None)
    rgb, alpha = content.colour, content.alpha
    height, width = rgb.shape[:2]
    if size is not None and (upscale or size < max(height, width)):
        height, width = fitted(height, width, size)
    if alpha is not None and (height, width) != rgb.shape[:2]:
        rgb, alpha = resized_with_alpha(unit(rgb), unit(alpha), height, width)
    else:
        rgb, alpha = resize(rgb, height, width), None if alpha is None else unit(alpha)
    rgb = rgb if rgb.shape[2] == 3 else np.repeat(rgb, 3, axis=2)
    return Picture(rgb, alpha, content.recipe, content.depth, content.metadata)


def require_picture(path: File, smallest: int = MIN_SIDE) -> None:
    """Refuse early, by its header, a file that `load` would refuse.

    Args:
        path: as `load` takes it.
        smallest: side that is allowed, in pixels.

    Raises:
        ValueError: a file that is missing, unreadable, no picture, too small or too large.
    """
    with opened(path) as file:
        identified(path, file, smallest)
