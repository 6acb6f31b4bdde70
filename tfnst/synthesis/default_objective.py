"""The objective that settings ask for: which terms, and what a strength means for their weights."""

from __future__ import annotations

import math
from collections.abc import Callable

from tfnst.losses.column_terms import PaletteTerm, RelaxedEmdTerm
from tfnst.losses.histogram_terms import HistogramTerm, SlicedWassersteinTerm
from tfnst.losses.neighbour_term import NeighbourTerm
from tfnst.losses.terms import (
    BandTerm,
    ContentTerm,
    GramTerm,
    MeanStdTerm,
    ReducedTerm,
    Term,
    VariationTerm,
    WassersteinTerm,
)
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.settings import (
    HISTOGRAM_LAYERS,
    NEIGHBOUR_LAYERS,
    STYLE_LAYERS,
    Settings,
)

STYLE_TERMS: dict[str, Callable[..., Term]] = {
    "gram": GramTerm,
    "wasserstein": WassersteinTerm,
    "mean-std": MeanStdTerm,
}
DIRECTIONS = 16  # a step; each costs a sort of all positions, and fewer are noisy
NEIGHBOUR_WEIGHT = 20.0  # brings its distance, of a few hundredths, to the size of the others'
MOMENTS_WEIGHT = 2.0  # beside neighbours
NEIGHBOUR_FREEDOM = 1.2  # times the distance wanted: marks hold a face that statistics would lose
FIRST_WEIGHT = 0.05  # of the content distance; found on unlike pairs, then corrected by `steer`


def distance_wanted(strength: float, in_bands: bool = False) -> float:
    """The `losses.content_distance` that a strength asks for; at ½ faces still hold.

    0.18 there on a canvas of pixels, and 0.14 on one of bands: by other networks these paintings
    are as far from their photos.
    """
    return (0.475 if in_bands else 0.6) * math.pow(strength, 1.75)


def style_share(strength: float, in_bands: bool = False) -> float:
    """How much of the style's statistics the target holds; the photo's own make up the rest.

    Content distance leaves palette and contrast free, so a weak style needs a weak target too: the
    weaker on a canvas of bands, which comes nearer to what its target says of palette.
    """
    return min(1.0, math.pow(2 * strength, 1.25 if in_bands else 1.0))


def default_terms(settings: Settings) -> tuple[WeightedTerm, ...]:
    """Content, style and variation, as settings weigh them, and more where they do.

    Args:
        settings: which layers count, by which style loss and at which scales, and what variation,
            detail and histograms weigh.

    Returns:
        Terms named "content", "style" (at a scale of 2 "style_2", and so on), "histogram" likewise,
        "variation" and "detail"; with the relaxed earth mover's distance, which knows directions
        only and sees one scale, also "moments" (and "moments_2", and so on) and "palette"; with
        neighbours "style" at the picture's own size, "moments_2" and so on, and no "detail".
    """
    content = ContentTerm(settings.content_layers)
    distance, first = distance_wanted(settings.strength, settings.in_bands), FIRST_WEIGHT
    detail = [WeightedTerm("detail", BandTerm(), settings.detail)] if settings.detail else []
    if settings.method == "neighbours":
        distance = NEIGHBOUR_FREEDOM * distance_wanted(settings.strength)
        first *= NEIGHBOUR_WEIGHT
        detail = []  # marks bring their own
    return (
        WeightedTerm("content", content, first, "content", distance),
        *_style_terms(settings),
        *_histogram_terms(settings),
        WeightedTerm("variation", VariationTerm(), settings.variation, None),
        *detail,
    )


def _style_terms(settings: Settings) -> list[WeightedTerm]:
    if settings.method == "neighbours":
        return _neighbour_terms(settings)
    layers, weights = settings.style_layers, settings.layer_weights
    if settings.style_loss == "sliced":
        term = SlicedWassersteinTerm(layers, weights, DIRECTIONS, settings.seed)
        return _at_scales("style", term, settings)
    if settings.style_loss != "relaxed-emd":
        return _at_scales("style", STYLE_TERMS[settings.style_loss](layers, weights), settings)
    return [
        WeightedTerm("style", RelaxedEmdTerm(layers, seed=settings.seed)),
        *_at_scales("moments", WassersteinTerm(layers), settings),
        WeightedTerm("palette", PaletteTerm(seed=settings.seed)),
    ]


def _neighbour_terms(settings: Settings) -> list[WeightedTerm]:
    """Neighbours and, where the picture is seen smaller, moments.

    A cosine knows no lengths: of neighbours alone contrast and colours become stronger than the
    artwork's. The paper corrects the colours of the finished picture instead.
    """
    layers = tuple(layer for layer in STYLE_LAYERS if layer in NEIGHBOUR_LAYERS)
    moments = WassersteinTerm(layers)
    return [
        WeightedTerm("style", NeighbourTerm(NEIGHBOUR_LAYERS), NEIGHBOUR_WEIGHT),
        *(
            WeightedTerm(f"moments_{scale}", ReducedTerm(moments, scale), MOMENTS_WEIGHT)
            for scale in settings.scales
            if scale > 1
        ),
    ]


def _histogram_terms(settings: Settings) -> list[WeightedTerm]:
    if not settings.histogram:
        return []
    return _at_scales("histogram", HistogramTerm(HISTOGRAM_LAYERS), settings, settings.histogram)


def _at_scales(
    name: str, term: Term, settings: Settings, weight: float = 1.0
) -> list[WeightedTerm]:
    """A weight divided: the coarser a scale, the less it counts, of fewer numbers."""
    share = weight / sum(1 / scale for scale in settings.scales)
    return [
        WeightedTerm(name, term, share)
        if scale == 1
        else WeightedTerm(f"{name}_{scale}", ReducedTerm(term, scale), share / scale)
        for scale in settings.scales
    ]
