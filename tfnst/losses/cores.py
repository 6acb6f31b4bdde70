"""Cores: the part of a tile that counts, within margins that its neighbours count."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from tfnst.tensors import Tensor


class Core(NamedTuple):
    """Where the part of a tile that counts lies in it, in pixels of the picture.

    It begins a multiple of 16 pixels from the tile's border, and ends so, or with the tile.

    Attributes:
        top: rows above it.
        left: columns before it.
        height: of it.
        width: of it.
    """

    top: Tensor | int
    left: Tensor | int
    height: Tensor | int
    width: Tensor | int


def within(
    values: Tensor, core: Core | None, stride: int = 1, offset: int = 0, beyond: int = 0
) -> Tensor:
    """Those of a tile's (B, h, w, C) values whose position lies in its core; all without one.

    Args:
        values: at every so many pixels of the tile.
        core: of the tile.
        stride: so many pixels.
        offset: of the first of them.
        beyond: how many more to take below and to the right, where there are.
    """
    if core is None:
        return values
    rows = _part(core.top, core.height, stride, offset, beyond)
    columns = _part(core.left, core.width, stride, offset, beyond)
    return values[:, rows, columns]


def _part(start: Tensor | int, length: Tensor | int, stride: int, offset: int, more: int) -> slice:
    first, end = (ops.maximum(-((offset - edge) // stride), 0) for edge in (start, start + length))
    return slice(first, end + more)
