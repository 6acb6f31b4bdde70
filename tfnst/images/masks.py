"""Masks of pictures: how much each pixel counts, from grey pictures and from labels in colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tfnst import images

FAINTEST = 0.05  # of white: darker masks are classes, and show nothing
EDGE = 0.006  # of the long side, over which a painting ends where its mask does
MOST_LABELS = 16  # colours of a label picture
LEAST_LABEL = 0.002  # of its pixels; fewer belong to the nearest label
FLAT = 0.05  # distance of neighbours' colours within a label; more is an edge
SAME = 0.1  # distance of colours that are one label


def read_mask(file: str | Path) -> np.ndarray:
    """A mask's file as (H, W) float32 in [0, 1]; what is transparent is black.

    Values 0 and 1 out of 255, or of 65535, are labels: 1 is white.

    Raises:
        ValueError: a file that cannot be read, or is too dark to be a mask.
    """
    return _grey(file, images.load(file))


def read_visible_mask(file: str | Path) -> np.ndarray:
    """As `read_mask`, and ValueError for one that has colours, or is black everywhere."""
    picture = images.load(file)
    if is_colored(picture.over_white()):
        raise ValueError(f"{file} has colours; a mask is grey, and white where it counts")
    mask = _grey(file, picture)
    if not mask.any():
        raise ValueError(f"{file} is black everywhere; what counts is white")
    return mask


def _grey(file: str | Path, picture: images.Picture) -> np.ndarray:
    grey: np.ndarray = picture.rgb.mean(-1)
    if picture.alpha is not None:
        grey = grey * picture.alpha
    # Segmentation tools write classes, not shades: to the eye such a mask is black throughout.
    classes = np.unique(grey[grey > 0])
    if len(classes) == 1 and np.isclose(classes[0], (1 / 255, 1 / 65535), rtol=1e-3).any():
        return (grey > 0).astype(np.float32)
    if len(classes) and classes[-1] < FAINTEST:
        raise ValueError(
            f"{file}: its brightest pixel has {100 * classes[-1]:.2g} % of white; a mask is white "
            "where it counts"
        )
    return grey


def is_colored(picture: np.ndarray) -> bool:
    """Whether a picture, (H, W, 3), is no grey one: labels in colour, and no mask."""
    return bool((np.ptp(picture, -1) > 0.1).mean() > LEAST_LABEL)


def labels_of(picture: np.ndarray) -> np.ndarray:
    """The colours of a label picture.

    Args:
        picture: (H, W, 3) RGB in [0, 1], of a few colours; those of a blurred edge are none.

    Returns:
        (N, 3), from the most frequent to the rarest.

    Raises:
        ValueError: more colours than `MOST_LABELS`.
    """
    flat = np.square(picture[1:] - picture[:-1]).sum(-1)[:, 1:] < FLAT**2
    flat &= np.square(picture[:, 1:] - picture[:, :-1]).sum(-1)[1:] < FLAT**2
    colors, counts = np.unique(_bytes(picture[1:, 1:][flat]), axis=0, return_counts=True)
    labels: list[np.ndarray] = []
    areas: list[int] = []
    for index in np.argsort(-counts, kind="stable"):
        color = colors[index] / 255
        distances = [float(np.linalg.norm(color - label)) for label in labels]
        if distances and min(distances) < SAME:  # as JPEG makes several of one
            areas[int(np.argmin(distances))] += counts[index]
        elif len(labels) <= MOST_LABELS:
            labels.append(color)
            areas.append(counts[index])
    frequent = [i for i in np.argsort(areas)[::-1] if areas[i] >= LEAST_LABEL * flat.size]
    if flat.mean() < 0.5 or not 0 < len(frequent) <= MOST_LABELS:
        count = len(np.unique(_bytes(picture).reshape(-1, 3), axis=0))
        raise ValueError(
            f"{count} colours are no labels; paint each region in one flat colour, "
            f"{MOST_LABELS} at most"
        )
    return np.stack([labels[i] for i in frequent])


def label_mask(picture: np.ndarray, labels: np.ndarray, index: int) -> np.ndarray:
    """Where one label is the nearest of all.

    Args:
        picture: (H, W, 3) RGB in [0, 1].
        labels: (N, 3) likewise.
        index: which of them.

    Returns:
        (H, W) float32, 0 or 1.
    """
    distances = np.stack([np.square(picture - label).sum(-1) for label in labels])
    mask: np.ndarray = (distances.argmin(0) == index).astype(np.float32)
    return mask


def union(masks: Sequence[np.ndarray]) -> np.ndarray:
    """Where any of some masks is, (H, W) in [0, 1]: their sum, at most 1."""
    total: np.ndarray = np.minimum(np.sum(masks, 0), 1).astype(np.float32)
    return total


def blended(photo: np.ndarray, painting: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The painting where a mask is 1, and where it is 0 the photo, bit by bit.

    Where the mask ends, so does the painting within a few pixels inside, and there is no hard step.

    Args:
        photo: (H, W, 3).
        painting: likewise.
        mask: (H, W) in [0, 1].

    Returns:
        (H, W, 3) float32.
    """
    radius = max(1, round(EDGE / 2 * max(mask.shape)))
    inside = (mask > 0).astype(np.float32)
    # What is left of it, and widened by as much again, is 0 wherever it was.
    ramp = _filtered(_filtered(inside, radius, np.min), radius, np.mean)
    weight = (mask * ramp)[..., None]
    answer = np.clip(photo + weight * (painting - photo), 0, 1)
    return np.where(weight > 0, answer, photo).astype(np.float32)


def _filtered(mask: np.ndarray, radius: int, combine: Any) -> np.ndarray:
    """A mask whose pixels are what `combine` makes of those around, as far as that."""
    for axis in (0, 1):
        margins = [(radius, radius) if axis == side else (0, 0) for side in (0, 1)]
        padded = np.pad(mask, margins, "edge")
        mask = combine(sliding_window_view(padded, 2 * radius + 1, axis), -1)
    return mask


def _bytes(picture: np.ndarray) -> np.ndarray:
    answer: np.ndarray = np.round(255 * picture).astype(np.uint8)
    return answer
