"""Tests of tfnst.synthesis.style_bands: fine marks of one artwork, coarse forms of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfnst import assets, images
from tfnst.losses.terms import LayeredTerm, ReducedTerm
from tfnst.synthesis import style_bands
from tfnst.synthesis.default_objective import default_terms
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def test_terms_are_split_by_scale_and_count_as_much_as_before() -> None:
    settings = Settings(style_weights=(1, 2, 3, 4, 0), histogram=0.5)
    whole = {weighted.name: weighted for weighted in default_terms(settings)}
    split = {weighted.name: weighted for weighted in style_bands.banded(list(whole.values()))}
    assert {"content", "variation", "detail of fine marks", "style_4 of coarse forms"} < set(split)
    for name in ("style", "histogram"):
        fine, coarse = (split[name + style_bands.BANDED[band]] for band in ("fine", "coarse"))
        assert fine.weight + coarse.weight == pytest.approx(whole[name].weight)
        assert isinstance(fine.term, LayeredTerm) and isinstance(coarse.term, LayeredTerm)
        assert all(layer < "block3" for layer in fine.term.layers)
        assert all(layer > "block3" for layer in coarse.term.layers)
    assert split["style of fine marks"].weight == pytest.approx(0.3 * whole["style"].weight)
    assert isinstance(split["style_2 of coarse forms"].term, ReducedTerm)


def test_an_artwork_counts_in_its_own_band() -> None:
    terms = style_bands.banded(default_terms(Settings()))
    shares = style_bands.shares_of(terms, [2.0, 3.0, 5.0], ("fine", "coarse", "all"))
    assert shares["style of fine marks"] == [2, 0, 5]
    assert shares["style_2 of coarse forms"] == [0, 3, 5]


def test_fine_marks_come_from_one_and_large_forms_from_another() -> None:
    photo = images.load(assets.photo(), 64).rgb
    rows, columns = np.indices((64, 64))
    stripes = np.repeat((0.5 + 0.4 * np.sign(np.sin(columns * 1.6)))[..., None], 3, -1)
    blobs = np.repeat((0.5 + 0.4 * np.sin(rows / 8) * np.sin(columns / 8))[..., None], 3, -1)
    styles = [stripes.astype(np.float32), blobs.astype(np.float32)]
    settings = Settings(
        size=64, smallest=64, steps=(16,), strength=0.9, scales=(1,), style_layers=LAYERS
    )
    energies = {}
    for bands in (("fine", "coarse"), ("coarse", "fine")):
        painting = StyleTransfer(photo, styles, settings, network=LITE, style_bands=bands)
        *_, report = painting.run()
        assert np.isfinite(report.style_loss)
        energies[bands] = np.square(np.diff(painting.picture().mean(-1), axis=1)).mean()
    assert energies["fine", "coarse"] > 1.5 * energies["coarse", "fine"]


LITE, LAYERS = "vgg19-lite", ("block1_conv1", "block3_conv1")


def test_each_artwork_may_be_seen_at_a_scale_of_its_own() -> None:
    photo, style = np.full((64, 64, 3), 0.5, np.float32), images.load(assets.artwork("swirl")).rgb
    options: dict[str, Any] = {"network": LITE, "style_scales": (0.5, 2.0)}
    painting = StyleTransfer(photo, [style, style], Settings(size=64), **options)
    assert painting.scales == [0.5, 2.0]
    assert StyleTransfer(photo, [style], Settings(style_scale=3.0), network=LITE).scales == [3.0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"style_bands": ("fine",)}, "style_bands is .*; use one of all, fine, coarse for each of"),
        ({"style_bands": ("fine", "some")}, "one of all, fine, coarse"),
        ({"style_bands": ("fine", "fine")}, "'all' or 'coarse' for one beside 'fine'"),
        ({"style_scales": (1.0,)}, "style_scales is .*; use 2 numbers from 0.05 to 8"),
        ({"style_scales": (1.0, 9.0)}, "style_scale is 9"),
        (
            {"style_bands": ("fine", "all"), "settings": Settings(method="neighbours")},
            "style_bands goes with statistics of layers, and 'style' is none",
        ),
    ],
)
def test_what_does_not_fit_is_a_value_error(options: dict[str, Any], says: str) -> None:
    flat = np.full((40, 40, 3), 0.5, np.float32)
    settings = options.pop("settings", Settings())
    with pytest.raises(ValueError, match=says):
        StyleTransfer(flat, [flat, flat], settings, network=LITE, **options)
