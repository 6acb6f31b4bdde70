"""Regions of a painting: which part of the photo is painted after which parts of the artworks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tfnst.images.arrays import checked_unit
from tfnst.losses.region_terms import RegionTerm, region_term
from tfnst.losses.terms import ReducedTerm, Term
from tfnst.synthesis.objective import WeightedTerm


class Region(NamedTuple):
    """A part of the photo, and what it is painted after.

    Attributes:
        mask: (H, W) in [0, 1], of the photo's size.
        parts: for each artwork an (H, W) array of its size in [0, 1], how much each pixel is part
            of the style, or None for all of it; 0 everywhere for none of it.
    """

    mask: np.ndarray
    parts: Sequence[np.ndarray | None]


def one_each(
    masks: Sequence[np.ndarray],
    styles: Sequence[np.ndarray],
    style_masks: Sequence[np.ndarray | None],
) -> list[Region]:
    """A region for each artwork, after which alone it is painted.

    Args:
        masks: (H, W) in [0, 1], where each artwork goes.
        styles: the artworks, (H, W, 3).
        style_masks: of each the part that counts, or None for all of it.

    Returns:
        As many regions.
    """
    nothing = [np.zeros(style.shape[:2], np.float32) for style in styles]
    regions = []
    for index, (mask, own) in enumerate(zip(masks, style_masks, strict=True)):
        parts: list[np.ndarray | None] = list(nothing)
        parts[index] = own
        regions.append(Region(mask, parts))
    return regions


def checked(
    regions: Sequence[Region], content: np.ndarray, styles: Sequence[np.ndarray]
) -> list[Region]:
    """The same with arrays of float32, or a ValueError: none, or masks that do not fit."""
    if not regions:
        raise ValueError("regions is empty; give one or more, or None")
    return [_checked(region, index, content, styles) for index, region in enumerate(regions)]


def _checked(
    region: Region, index: int, content: np.ndarray, styles: Sequence[np.ndarray]
) -> Region:
    name = f"regions[{index}]"
    mask = _array(region.mask, f"{name}.mask", content.shape[:2], "that of the photo")
    if not mask.any():
        raise ValueError(f"{name}.mask is 0 everywhere; leave the region out, or paint it white")
    if len(region.parts) != len(styles):
        raise ValueError(
            f"{name}.parts holds {len(region.parts)} for {len(styles)} styles; give one for each"
        )
    parts = [
        np.ones(style.shape[:2], np.float32)
        if part is None
        else _array(part, f"{name}.parts[{number}]", style.shape[:2], "that of its style")
        for number, (part, style) in enumerate(zip(region.parts, styles, strict=True))
    ]
    if not any(part.any() for part in parts):
        raise ValueError(f"{name}.parts are 0 everywhere; leave some of a style visible")
    return Region(mask, parts)


def check_styles(regions: Sequence[Region], shares: Sequence[float], bands: Sequence[str]) -> None:
    """ValueError for a region after no part of a style that counts, in each band of scales.

    Args:
        regions: as `checked` returns them.
        shares: how much each style counts.
        bands: what of each does: "all", "fine" or "coarse".
    """
    wanted = ("fine", "coarse") if set(bands) != {"all"} else ("all",)
    for index, region in enumerate(regions):
        there = [
            band
            for part, share, band in zip(region.parts, shares, bands, strict=True)
            if share and part is not None and part.any()
        ]
        for band in wanted:
            if not {band, "all"} & set(there):
                what = "share" if band == "all" else "share and a style_bands"
                remedy = "above 0" if band == "all" else f"of 'all' or {band!r}"
                raise ValueError(
                    f"regions[{index}] (mask {index + 1}) has no style that counts; give "
                    f"one of its styles a {what} {remedy}"
                )


def _array(mask: np.ndarray, name: str, shape: tuple[int, ...], whose: str) -> np.ndarray:
    if np.shape(mask) != shape:
        raise ValueError(f"{name} has shape {np.shape(mask)}; give {shape}, {whose}")
    return checked_unit(np.asarray(mask), name)


def regional(terms: Sequence[WeightedTerm], regions: Sequence[Region]) -> list[WeightedTerm]:
    """An objective whose terms of the artworks are there once a region.

    Each counts by the region's area, so that a pixel counts alike everywhere.

    Args:
        terms: of a painting without regions.
        regions: see `Region`.

    Returns:
        The terms; those of a region are called "style in region 1" and so on.
    """
    areas = np.array([region.mask.mean() for region in regions])
    shares = areas / areas.sum()
    shared: dict[tuple[int, int], RegionTerm] = {}  # a term of several scales stays one

    def part(term: Term, index: int) -> Term:
        if isinstance(term, ReducedTerm):
            return ReducedTerm(part(term.term, index), term.scale)
        return shared.setdefault((id(term), index), region_term(term, index))

    answer = []
    for weighted in terms:
        if weighted.source != "style":
            answer.append(weighted)
            continue
        for index, share in enumerate(shares):
            name, weight = f"{weighted.name} in region {index + 1}", float(weighted.weight * share)
            term = part(weighted.term, index)
            answer.append(replace(weighted, name=name, term=term, weight=weight))
    return answer
