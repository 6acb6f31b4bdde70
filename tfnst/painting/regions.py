"""Regions of a painting from files: masks, and labels in colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfnst import images
from tfnst.images.masks import SAME, is_colored, label_mask, labels_of, read_visible_mask
from tfnst.synthesis.regions import Region, one_each


def read_regions(
    masks: Sequence[Path],
    style_masks: Sequence[Path],
    content: np.ndarray,
    styles: Sequence[np.ndarray],
) -> list[Region] | None:
    """What masks say of which part of a photo is painted after which parts of artworks.

    Args:
        masks: none; one grey picture, where all artworks are painted; one for each artwork; or one
            picture of labels, each a flat colour. Of any size.
        style_masks: none, or one for each artwork, of the part that counts; of the same colours,
            where `masks` has labels.
        content: the photo, (H, W, 3).
        styles: the artworks.

    Returns:
        The regions, or None where there are no masks at all.

    Raises:
        ValueError: a file that cannot be read, numbers of masks that do not fit, or labels that no
            artwork has.
    """
    if style_masks and len(style_masks) != len(styles):
        raise ValueError(
            f"{len(style_masks)} masks of styles for {len(styles)} styles; give one for each"
        )
    if not masks and not style_masks:
        return None
    height, width, _ = content.shape
    if len(masks) == 1 and is_colored(picture := images.load(masks[0]).over_white()):
        return _labelled(masks[0], picture, style_masks, content, styles)
    parts: list[np.ndarray | None] = [None] * len(styles)
    if style_masks:
        parts = [
            images.resize(read_visible_mask(file), *style.shape[:2])
            for file, style in zip(style_masks, styles, strict=True)
        ]
    grey = [images.resize(read_visible_mask(file), height, width) for file in masks]
    if len(grey) == 1 or not grey:
        whole = np.ones((height, width), np.float32)
        return [Region(grey[0] if grey else whole, parts)]
    if len(grey) != len(styles):
        raise ValueError(f"{len(grey)} masks for {len(styles)} styles; give one, or one for each")
    return one_each(grey, styles, parts)


def check_masks(masks: Sequence[Path], style_masks: Sequence[Path]) -> None:
    """ValueError for masks that are none, whatever the photo; labels are looked at with it."""
    if len(masks) == 1 and is_colored(images.load(masks[0]).over_white()):
        return
    for file in (*masks, *style_masks):
        read_visible_mask(file)


def _labelled(
    file: Path,
    picture: np.ndarray,
    style_masks: Sequence[Path],
    content: np.ndarray,
    styles: Sequence[np.ndarray],
) -> list[Region]:
    """A region a colour that some artwork's labels have; elsewhere the photo stays."""
    if not style_masks:
        raise ValueError(f"{file} has labels in colour; give each style a mask of the same colours")
    labels, (height, width, _) = _labels(file, picture), content.shape
    pictures = [images.load(style_mask).over_white() for style_mask in style_masks]
    own = [_labels(*pair) for pair in zip(style_masks, pictures, strict=True)]
    regions = []
    for index, label in enumerate(labels):
        parts = []
        for style, colors, artwork in zip(pictures, own, styles, strict=True):
            distances = np.sqrt(np.square(colors - label).sum(-1))
            part = label_mask(style, colors, int(distances.argmin()))
            part = part if distances.min() < SAME else np.zeros_like(part)
            parts.append(images.resize(part, *artwork.shape[:2]))
        if any(part.any() for part in parts):
            mask = images.resize(label_mask(picture, labels, index), height, width)
            regions.append(Region(mask, parts))
    if not regions:
        raise ValueError(f"{file} and the masks of the styles have no colour in common")
    return regions


def _labels(file: Path, picture: np.ndarray) -> np.ndarray:
    try:
        return labels_of(picture)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
