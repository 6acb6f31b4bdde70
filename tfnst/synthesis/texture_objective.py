"""What a texture is painted towards, size by size, by each method."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from tfnst.losses.histogram_terms import SlicedWassersteinTerm
from tfnst.losses.neighbour_term import NeighbourTerm
from tfnst.losses.terms import BandTerm, GramTerm, MeanStdTerm, ReducedTerm, WassersteinTerm
from tfnst.losses.texture_terms import ColorAxes, ColorTerm, PortillaSimoncelliTerm
from tfnst.synthesis.filtered_noise import FilteredNoise
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.pyramid import PERIODIC_BANDS, Form
from tfnst.synthesis.settings import NEIGHBOUR_LAYERS, STYLE_LAYERS, Settings
from tfnst.synthesis.texture_settings import TextureSettings

# Layers that see the picture at a scale without a seam, where its sides are multiples of 16.
LAYERS = {1: STYLE_LAYERS, 2: STYLE_LAYERS[:4], 4: STYLE_LAYERS[:3]}
DIRECTIONS = 8  # a step, of "sliced"; the paper has as many as channels, which takes thrice as long
COLORS = 3.0  # weight of the histograms of colour
# Of means and deviations beside Gram matrices, to which a few places of high contrast in a flat
# picture are as good as contrast everywhere.
MEAN_STD = 0.5
DETAIL = 0.06  # weight of fine detail, as in paintings
STEPS = {
    "gram": (100, 60, 30),
    "wasserstein": (100, 60, 30),
    "sliced": (100, 60, 30),
    "neighbours": (100, 40, 20),
    "portilla-simoncelli": (60, 80, 80),
}
MATCHES = 2  # of neighbours at a size: the picture that they are found for changes meanwhile
LEVELS_MATCHED = 2  # of the finest sizes
NEIGHBOUR_WEIGHT = 20.0


class Round(NamedTuple):
    """Some steps at one size towards one target.

    Attributes:
        level: of the sizes, from 0, the coarsest.
        steps: how many.
        terms: the objective.
        apart: whether neighbours are found layer by layer.
        matching: whether they count.
    """

    level: int
    steps: int
    terms: tuple[WeightedTerm, ...]
    apart: bool = False
    matching: bool = True


class Plan(NamedTuple):
    """How a method works.

    Attributes:
        form: what the canvas is made of.
        settings: of the canvas.
        rounds: one after the other.
    """

    form: Form
    settings: Settings
    rounds: list[Round]


def plan_of(settings: TextureSettings, levels: int, colors: ColorAxes) -> Plan:
    """What a method does at so many sizes, for sources of those colours."""
    method = settings.method
    steps = settings.steps or STEPS[method]
    plan = [steps[min(level, len(steps) - 1)] for level in range(levels)]
    if method == "portilla-simoncelli":
        term = WeightedTerm(method, PortillaSimoncelliTerm(colors))
        rounds = [Round(level, count, (term,)) for level, count in enumerate(plan)]
        return Plan(FilteredNoise(colors), Settings(optimizer="lbfgs"), rounds)
    terms = _terms(method, colors)
    rounds = [Round(level, count, terms) for level, count in enumerate(plan)]
    if method == "neighbours":
        rounds = _matched(rounds)
    return Plan(PERIODIC_BANDS, Settings(), rounds)


def _terms(method: str, colors: ColorAxes) -> tuple[WeightedTerm, ...]:
    kinds: dict[str, Any] = {
        "gram": GramTerm,
        "sliced": functools.partial(SlicedWassersteinTerm, count=DIRECTIONS),
    }
    kind = kinds.get(method, WassersteinTerm)
    name = method if method in kinds else "wasserstein"
    moments = LAYERS if method == "gram" else {}
    return (
        *(_at_scale(name, kind(layers), scale) for scale, layers in LAYERS.items()),
        *(_at_scale("mean_std", MeanStdTerm(moments[k]), k, MEAN_STD) for k in moments),
        *(_at_scale("colors", ColorTerm(colors), scale, COLORS) for scale in (1, 4)),
        WeightedTerm("detail", BandTerm(), DETAIL),
    )


def _at_scale(name: str, term: Any, scale: int, weight: float = 1.0) -> WeightedTerm:
    """The coarser a scale, the less it counts, of fewer numbers."""
    if scale == 1:
        return WeightedTerm(name, term, weight)
    return WeightedTerm(f"{name}_{scale}", ReducedTerm(term, scale), weight / scale)


def _matched(rounds: Sequence[Round]) -> list[Round]:
    """At the finest sizes neighbours count too, found anew several times, the last time by layer.

    All have the same terms, for which one canvas is traced: to trace another takes longer than
    terms that do not count.
    """
    matched: list[Round] = []
    neighbours = WeightedTerm("neighbours", NeighbourTerm(NEIGHBOUR_LAYERS), NEIGHBOUR_WEIGHT)
    terms, first = (neighbours, *rounds[0].terms), max(1, len(rounds) - LEVELS_MATCHED)
    for level, steps, *_ in rounds:
        if level < first:
            matched.append(Round(level, steps, terms, matching=False))
            continue
        counts = [steps * (i + 1) // MATCHES - steps * i // MATCHES for i in range(MATCHES)]
        matched += [Round(level, count, terms) for count in counts if count]
    return [*matched[:-1], matched[-1]._replace(apart=True)]
