"""Pictures that go on at the opposite border, so that copies side by side have no seam."""

from __future__ import annotations

import numpy as np

from tfnst.images.arrays import Array, resize


def resize_periodic(picture: Array, height: int, width: int) -> Array:
    """A periodic picture in another size, periodic too.

    As `resize`, with its copies around it.

    Args:
        picture: (H, W, C), floats in [0, 1].
        height: that is wanted, in pixels.
        width: likewise.

    Returns:
        (height, width, C) float32 in [0, 1].
    """
    for axis, side in enumerate((height, width)):
        if side != picture.shape[axis]:
            sides = [*picture.shape[:2]]
            sides[axis] = 3 * side
            copies = resize(np.concatenate([picture] * 3, axis), *sides)
            picture = np.take(copies, np.arange(side, 2 * side), axis)
    return picture


def periodic_component(picture: Array) -> Array:
    """A picture less the smooth one that has its jumps from border to border.

    What is left hardly differs from it away from borders, and its spectrum has no cross: Moisan,
    "Periodic plus smooth image decomposition", J. Math. Imaging Vis. 39, 2011, equations 9 and 11.

    Args:
        picture: (H, W, C).

    Returns:
        (H, W, C) float32 of the same mean; it may leave the picture's range.
    """
    height, width = picture.shape[:2]
    jumps = np.zeros(picture.shape)
    for axis in (0, 1):
        jump = np.take(picture, [-1], axis) - np.take(picture, [0], axis)
        first, last = ((slice(None),) * axis + ([end],) for end in (0, -1))
        jumps[first] += jump
        jumps[last] -= jump
    rows, columns = (2 * np.cos(2 * np.pi * np.fft.fftfreq(side)) for side in (height, width))
    laplacian = rows[:, None] + columns - 4
    laplacian[0, 0] = 1  # the mean, of which the jumps have none
    smooth = np.fft.ifft2(np.fft.fft2(jumps, axes=(0, 1)) / laplacian[..., None], axes=(0, 1)).real
    return (picture - smooth).astype(np.float32)


def seam(picture: Array) -> float:
    """How visible it is where copies of a picture meet, above and beside each other.

    The mean step from the last line of pixels to the first one over that between neighbours within,
    rows or columns, whichever is more.

    Args:
        picture: (H, W, C).

    Returns:
        About 1 where there is no seam.

    Examples:
        >>> round(seam(np.arange(16)[:, None, None] * np.ones((16, 8, 1))), 1)
        8.0
    """
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.roll(picture, -1, axis) - picture)
        lines = np.moveaxis(steps, axis, 0).reshape(picture.shape[axis], -1).mean(1)
        ratios.append(lines[-1] / max(lines.mean(), 1e-9))
    return float(max(ratios))
