"""Artworks that count in a part of the scales: fine marks of one with coarse forms of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from tfnst.arguments import FieldError
from tfnst.losses.terms import BandTerm, LayeredTerm, ReducedTerm
from tfnst.synthesis.objective import WeightedTerm

Band = Literal["all", "fine", "coarse"]
FINE_BLOCKS = ("block1", "block2")  # whose layers see no farther than a mark is wide
BANDED = {"fine": " of fine marks", "coarse": " of coarse forms"}  # behind the names of terms


def checked_bands(bands: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """A band for each of `count` artworks, "all" by default, or a ValueError."""
    chosen = ("all",) * count if bands is None else tuple(bands)
    if len(chosen) != count or not set(chosen) <= set(get_args(Band)):
        remedy = f"one of {', '.join(get_args(Band))} for each of {count}"
        raise FieldError("style_bands", bands, remedy)
    for band in ("fine", "coarse"):
        if not set(chosen) & {band, "all"}:
            other = "coarse" if band == "fine" else "fine"
            raise FieldError("style_bands", bands, f"'all' or {band!r} for one beside {other!r}")
    return chosen


def banded(terms: Sequence[WeightedTerm]) -> list[WeightedTerm]:
    """An objective whose terms of the artworks see fine marks alone, or coarse forms.

    After Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer", CVPR 2017,
    section 6, who optimise a style picture from both first; here each statistic takes its target
    from artworks of its own scale. Fine are layers of the first two blocks at the picture's own
    size, and the finest bands.

    Args:
        terms: of a painting after artworks that all count alike.

    Returns:
        The terms, those of artworks with `BANDED` behind their names.

    Raises:
        ValueError: a term that compares all layers at once, as neighbours do.
    """
    answer = []
    for weighted in terms:
        answer += [weighted] if weighted.source != "style" else _parts(weighted)
    return answer


def _parts(weighted: WeightedTerm) -> list[WeightedTerm]:
    term = weighted.term
    if isinstance(term, ReducedTerm):
        return [_called(weighted, "coarse")]
    if isinstance(term, BandTerm):
        return [_called(weighted, "fine")]
    if not isinstance(term, LayeredTerm):
        raise ValueError(
            f"style_bands goes with statistics of layers, and {weighted.name!r} is none; use "
            "method 'statistics' and style_loss wasserstein, gram, sliced or mean-std"
        )
    weights = term.weights or (1.0,) * len(term.layers)
    parts = []
    for band in ("fine", "coarse"):
        chosen = [
            (layer, weight)
            for layer, weight in zip(term.layers, weights, strict=True)
            if layer.startswith(FINE_BLOCKS) == (band == "fine") and weight
        ]
        if not chosen:
            continue
        layers, shares = zip(*chosen, strict=True)
        part = replace(term, layers=layers, weights=shares)
        weight = weighted.weight * sum(shares) / sum(weights)
        parts.append(_called(replace(weighted, term=part, weight=weight), band))
    return parts


def _called(weighted: WeightedTerm, band: str) -> WeightedTerm:
    return replace(weighted, name=weighted.name + BANDED[band])


def shares_of(
    terms: Sequence[WeightedTerm], shares: Sequence[float], bands: Sequence[str]
) -> dict[str, list[float]]:
    """How much each artwork counts in each term, by the term's name.

    Args:
        terms: as `banded` gives them, or with regions behind that.
        shares: of the artworks.
        bands: likewise.

    Returns:
        {name: a share for each}, 0 where an artwork is of the other band.
    """
    return {
        weighted.name: [
            share * (band == "all" or BANDED[band] in weighted.name)
            for share, band in zip(shares, bands, strict=True)
        ]
        for weighted in terms
    }
