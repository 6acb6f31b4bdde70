"""Matplotlib figures of pictures, activations and losses, for notebooks and the command line."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tfnst import files, images

DPI = 100  # of figures that are written


def show(pictures: Mapping[str, np.ndarray], columns: int = 4, height: float = 3.0) -> Figure:
    """Pictures (H, W, 3) or (H, W) in [0, 1] in rows, each under its name."""
    rows = -(-len(pictures) // columns)
    columns = min(columns, len(pictures))
    figure = Figure(figsize=(columns * height, rows * height), layout="constrained")
    axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for axis in axes:
        axis.set_axis_off()
    for axis, (name, picture) in zip(axes, pictures.items(), strict=False):
        axis.imshow(np.clip(picture, 0, 1), cmap="gray" if np.ndim(picture) == 2 else None)
        axis.set_title(name, fontsize=9)
    return figure


def comparison_sheet(
    content: np.ndarray, styles: Sequence[np.ndarray], result: np.ndarray
) -> Figure:
    """Photo, artworks and painting side by side."""
    names = ["style"] if len(styles) == 1 else [f"style {i + 1}" for i in range(len(styles))]
    pictures = {"photo": content, **dict(zip(names, styles, strict=True)), "painting": result}
    return show(pictures, columns=len(pictures), height=5.0)


def labelled_grid(
    pictures: Sequence[Sequence[np.ndarray]], across: Sequence[str] = (), down: Sequence[str] = ()
) -> Figure:
    """Pictures of one size, (H, W, 3), by rows, pixel by pixel, with labels above and on the left.

    Written by `write`, it is as large as its pictures, the gaps and the labels.
    """
    height, width, _ = pictures[0][0].shape
    gap, top, left = 6, 24 if any(across) else 0, 24 if any(down) else 0
    size = (
        left + len(pictures[0]) * (width + gap) - gap,
        top + len(pictures) * (height + gap) - gap,
    )
    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor="white")
    for row, cells in enumerate(pictures):
        below = size[1] - top - row * (height + gap) - height
        for column, cell in enumerate(cells):
            right = left + column * (width + gap)
            figure.figimage(np.clip(cell, 0, 1), right, below, origin="upper")
    options: dict[str, Any] = {"ha": "center", "va": "center"}
    fontsize = _fitting(across, width)
    for column, text in enumerate(across):
        middle = left + column * (width + gap) + width / 2
        figure.text(middle / size[0], 1 - top / 2 / size[1], text, fontsize=fontsize, **options)
    options |= {"fontsize": _fitting(down, height)}
    for row, text in enumerate(down):
        middle = size[1] - top - row * (height + gap) - height / 2
        figure.text(left / 2 / size[0], middle / size[1], text, rotation=90, **options)
    return figure


def _fitting(texts: Sequence[str], length: int) -> float:
    """The size of type, in points, in which each of some texts is at most as long, in pixels."""
    longest = max(map(len, texts), default=0)
    sign = 0.6 * DPI / 72  # pixels that a sign is wide, of a point
    return min(9.0, length / (sign * max(longest, 1)))


def activation_grid(activation: np.ndarray, count: int = 16, columns: int = 8) -> Figure:
    """The `count` strongest channels of one (H, W, C) activation, each scaled to its own range."""
    activation = np.asarray(activation, np.float32)
    order = np.argsort(activation.mean((0, 1)))[::-1][:count]
    peak = np.maximum(activation.max((0, 1)), 1e-8)
    tiles = {f"channel {i}": activation[:, :, i] / peak[i] for i in order}
    return show(tiles, columns=columns, height=1.5)


def matrices(named: Mapping[str, np.ndarray], height: float = 3.0) -> Figure:
    """Square matrices, such as Gram matrices, as heat maps on logarithmic colour scales."""
    figure = Figure(figsize=(len(named) * height * 1.2, height), layout="constrained")
    axes = np.ravel(figure.subplots(1, len(named), squeeze=False))
    for axis, (name, matrix) in zip(axes, named.items(), strict=True):
        heat = axis.imshow(np.log10(np.abs(matrix) + 1e-6), cmap="magma")
        axis.set_title(name, fontsize=9)
        figure.colorbar(heat, ax=axis, shrink=0.8)
    return figure


def curves(reports: Sequence[Any], names: Sequence[str], height: float = 2.5) -> Figure:
    """How the named attributes of progress reports went, step by step; one panel each."""
    figure = Figure(figsize=(len(names) * height * 1.5, height), layout="constrained")
    axes = np.ravel(figure.subplots(1, len(names), squeeze=False))
    for axis, name in zip(axes, names, strict=True):
        axis.semilogy([r.step for r in reports], [getattr(r, name) for r in reports])
        axis.set_title(name.replace("_", " "), fontsize=9)
        axis.set_xlabel("step")
    return figure


def write(figure: Figure, path: str | Path) -> None:
    """Write a figure in any format that `images.save` knows, whole or not at all."""
    kind = images.check_target(Path(path))
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=DPI, format=kind.lower())
    files.write_bytes(Path(path), buffer.getvalue())
