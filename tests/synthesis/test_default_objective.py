"""Tests of synthesis.default_objective: what settings make of the terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tfnst import assets, images
from tfnst.losses import ReducedTerm
from tfnst.synthesis import default_objective, objective
from tfnst.synthesis.default_objective import default_terms
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer


def test_distance_wanted_grows_with_strength() -> None:
    wanted = [default_objective.distance_wanted(s) for s in np.linspace(0, 1, 11)]
    assert wanted[0] == 0 and wanted == sorted(set(wanted)) and wanted[-1] < 2
    assert default_objective.style_share(0) == 0 and default_objective.style_share(0.25) == 0.5
    assert default_objective.style_share(0.5) == default_objective.style_share(1) == 1


def test_strength_means_on_pixels_what_it_does_with_l_bfgs() -> None:
    def wanted(**changes: Any) -> float | None:
        return default_terms(Settings(strength=0.3, **changes))[0].wanted

    assert wanted(optimizer="lbfgs") == wanted(canvas="pixels") != wanted()


def test_settings_make_the_terms() -> None:
    def weights(**changes: Any) -> dict[str, float]:
        return {w.name: w.weight for w in default_terms(replace(Settings(), **changes))}

    assert list(weights(scales=(1,), detail=0)) == ["content", "style", "variation"]
    whole = weights(scales=(1, 2, 4), detail=0.3)
    assert list(whole) == ["content", "style", "style_2", "style_4", "variation", "detail"]
    shares = [whole["style"], whole["style_2"], whole["style_4"]]
    assert shares == pytest.approx([4 / 7, 2 / 7, 1 / 7]) and whole["detail"] == 0.3
    assert objective.scales_of(default_terms(replace(Settings(), scales=(4, 1)))) == (4,)


@pytest.mark.parametrize("kind", ["gram", "wasserstein", "sliced", "mean-std"])
def test_style_losses_weigh_layers_and_scales(kind: Any) -> None:
    layers, weights = ("block1_conv1", "block2_conv1"), (1.0, 3.0)
    settings = Settings(
        style_loss=kind, style_layers=layers, style_weights=weights, scales=(1, 2), seed=7
    )
    _, fine, coarse, *_ = default_terms(settings)
    term: Any = fine.term
    assert coarse.name == "style_2" and coarse.term == ReducedTerm(term, 2)
    assert (term.layers, term.weights) == (layers, weights)
    assert getattr(term, "seed", 7) == 7


def test_histograms_are_compared_at_every_scale_beside_any_style_loss() -> None:
    for method in ("statistics", "neighbours"):
        terms = default_terms(Settings(method=method, histogram=3.0, scales=(1, 2)))
        names = {w.name: w.weight for w in terms if w.name.startswith("histogram")}
        assert names == pytest.approx({"histogram": 2.0, "histogram_2": 1.0})


@pytest.mark.parametrize(
    "changes",
    [
        {"style_loss": "sliced"},
        {"style_loss": "sliced", "jit_compile": True, "scales": (1,)},
        {"style_loss": "sliced", "optimizer": "lbfgs"},
        {"style_loss": "mean-std", "precision": "bfloat16"},
        {"style_loss": "gram", "histogram": 1.0, "precision": "bfloat16"},
    ],
)
def test_style_losses_descend_every_way_and_repeat(changes: dict[str, Any]) -> None:
    layers = ("block1_conv1",)
    settings = Settings(size=32, smallest=32, steps=(8,), style_layers=layers, scales=(1, 2))
    settings = replace(settings, content_layers=layers, **changes)
    photo, swirl = (images.load(f, 32).rgb for f in (assets.photo(), assets.artwork("swirl")))
    pictures = []
    for _ in range(2):
        painting = StyleTransfer(photo, [swirl], settings, network="vgg19-lite")
        first, *_, last = painting.run(1)
        pictures.append(painting.picture())
        for name in first.distances:
            if name.startswith(("style", "histogram")):
                assert last.distances[name] < 0.9 * first.distances[name]
    np.testing.assert_array_equal(*pictures)


def test_beside_neighbours_moments_are_matched_where_the_picture_is_smaller() -> None:
    """A cosine knows no lengths: without them contrast rises, and the palette is another one."""
    terms = default_terms(Settings(method="neighbours"))
    assert [w.name for w in terms] == ["content", "style", "moments_2", "moments_4", "variation"]
    alone = default_terms(Settings(method="neighbours", scales=(1,)))
    assert [w.name for w in alone] == ["content", "style", "variation"]
    settings = Settings(size=64, smallest=64, method="neighbours", steps=(30,))
    wave = 0.5 + 0.1 * np.sin(np.arange(64, dtype=np.float32))[:, None, None] * np.ones((64, 80, 3))
    photo, contrasts = images.load(assets.photo(), 64).rgb, []
    for scales in ((1,), (1, 2, 4)):
        painting = StyleTransfer(photo, [wave.astype(np.float32)], replace(settings, scales=scales))
        list(painting.run())
        contrasts.append(painting.picture().std())
    without, together = np.abs(np.log(np.array(contrasts) / wave.std()))
    assert together < without
