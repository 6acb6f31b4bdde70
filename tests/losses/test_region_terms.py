"""Tests of losses.region_terms: each part of a picture with its own part of the artworks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.losses.views import LAYERS, view
from tfnst import losses

SIZE = (24, 24)  # of activations at the finer layer, half that of the pictures
LEFT, RIGHT = np.zeros((2, 2, 48, 48, 1), np.float32)
LEFT[:, :, :24], RIGHT[:, :, 24:] = 1, 1
TERMS = [
    losses.WassersteinTerm(LAYERS),
    losses.SlicedWassersteinTerm(LAYERS, seed=1),
    losses.BandTerm(),
]


def halves(seed: int, **options: Any) -> losses.View:
    return view(seed, size=SIZE, **options)._replace(regions=np.concatenate([LEFT, RIGHT], -1))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: type(term).__name__)
def test_a_region_is_compared_as_a_mask_would_have_it(term: losses.Term) -> None:
    for index, mask in enumerate((LEFT, RIGHT)):
        inner = losses.region_term(term, index)
        assert inner.layers == term.layers
        target = inner.target(inner.measure(halves(2)))
        masked = term.target(term.measure(view(2, mask, size=SIZE)))
        np.testing.assert_allclose(
            inner.distance(halves(1), target),
            term.distance(view(1, mask, size=SIZE), masked),
            rtol=1e-6,
        )
        details = inner.details(halves(1), target)
        assert details.keys() == term.details(view(1, mask, size=SIZE), masked).keys()


def test_artworks_without_a_region_have_no_part_in_it() -> None:
    term = losses.region_term(losses.GramTerm(LAYERS), 0)
    without = halves(3)._replace(regions=np.zeros((2, 48, 48, 2), np.float32))
    parts = [term.measure(v) for v in (halves(2), without, halves(4))]
    assert [part.area for part in parts] == [0.5, 0.0, 0.5]
    blend = term.target(term.blend(parts, (1.0, 5.0, 3.0)))
    expected = term.target(term.blend([parts[0], parts[2]], (1.0, 3.0)))
    alone = term.target(term.blend(parts, (0.0, 5.0, 3.0)))
    for layer in LAYERS:
        np.testing.assert_array_equal(blend[layer], expected[layer])
        np.testing.assert_allclose(alone[layer], term.target(parts[2])[layer], rtol=1e-6)


def test_neighbours_are_found_among_the_columns_of_the_region() -> None:
    names = ("block1_conv1", "block3_conv1")
    random = np.random.default_rng(0)

    def pictured(seed: int) -> losses.View:
        activations = {
            "block1_conv1": np.float32(random.random((1, 32, 32, 4))),
            "block3_conv1": np.float32(random.random((1, 8, 8, 6))),
        }
        regions = np.zeros((1, 32, 32, 2), np.float32)
        regions[:, :16, :, 0], regions[:, 16:, :, 1] = 1, 1
        return losses.View(np.zeros((1, 32, 32, 3), np.float32), activations, regions=regions)

    term = losses.region_term(losses.NeighbourTerm(names), 1)
    assert isinstance(term, losses.MatchingTerm)
    artwork, picture = pictured(1), pictured(2)
    measured = term.measure(artwork)
    assert measured.measurement["block3_conv1"].shape == (1, 32, 6)  # of 64 columns
    # Columns of the region find themselves, others something else; and they alone count.
    own, another = (
        float(term.distance(seen, term.match(measured, seen, seen))[0])
        for seen in (artwork, picture)
    )
    assert own < 5e-4 < 0.01 < another


@pytest.mark.parametrize(("term", "region"), [(None, 0), (losses.BandTerm(), -1)])
def test_no_term_and_no_region_are_refused(term: Any, region: int) -> None:
    with pytest.raises(ValueError, match=r"^(term|region) is"):
        losses.RegionTerm(term, region)
