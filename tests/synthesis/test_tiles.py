"""Tests of synthesis.tiles: by tiles everything is as in one piece, but for memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tests.synthesis.drawings import grass, labels
from tfnst import losses
from tfnst.features.vgg import FeatureExtractor
from tfnst.synthesis import canvases, objective, tiles
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.default_objective import default_terms
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer

SIZE = (101, 87)  # with halos neither is a multiple of anything
LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")
SETTINGS = Settings(
    size=101, smallest=101, content_layers=("block2_conv2",), style_layers=LAYERS, strength=0.4
)
XLA = {"jit_compile": True, "style_loss": "gram", "scales": (1,)}  # quicker to compile


@cache
def network(*layers: str, dtype: str | None = None) -> FeatureExtractor:
    return FeatureExtractor("vgg19-lite", layers, dtype=dtype)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture goes by tiles, of 64 pixels a side at most, and margins."""
    monkeypatch.setattr(tiles, "ONE_STEP", 0)
    monkeypatch.setattr(tiles, "SIDE", 64)


@pytest.fixture
def eager() -> Any:
    """Nothing is traced, which takes longer than a step or two of small pictures."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def placed(
    settings: Settings,
    by_tiles: bool,
    size: tuple[int, int] = SIZE,
    terms: Sequence[WeightedTerm] | None = None,
) -> Canvas:
    """A canvas at its only level, with a start that is neither photo nor artwork."""
    photo, artwork, start = (grass(seed, *size) for seed in (1, 2, 3))
    dtype = "mixed_bfloat16" if settings.precision == "bfloat16" else None
    made = Canvas(network(*settings.layers, dtype=dtype), settings, terms)
    terms = made.objective.terms
    style = objective.measure(terms, made.view(np.pad(artwork, ((16, 16), (16, 16), (0, 0)))[None]))
    with pytest.MonkeyPatch.context() as patch:
        if not by_tiles:
            patch.setattr(tiles, "ONE_STEP", 10**9)
        made.begin_level(photo, style, start)
    assert (made.tiled is not None) == by_tiles
    return made


def relative(one: Any, other: Any) -> float:
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def slopes(settings: Settings, size: tuple[int, int] = SIZE) -> tuple[Any, Any]:
    """What tiles and one piece say of the same picture."""
    whole, tiled = placed(settings, False, size), placed(settings, True, size)
    assert tiled.tiled is not None
    image = tf.constant(whole.image)
    return tiled.tiled.slope(image), whole._slope(image)


# Where tiles lie


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), margin=st.sampled_from([16, 80]))
@budget(max_examples=50, deadline=None, database=None)
def test_cores_cover_every_pixel_once(height: int, width: int, margin: int) -> None:
    count = np.zeros((1, height, width, 1), np.uint8)
    shapes = set()
    for tile in tiles.tiles(height, width, margin):
        top, left, down, across = tile.core
        shapes.add(tile.of(count).shape)
        tile.of(count)[:, top : top + down, left : left + across] += 1
        for line, start, length, side in (
            (tile.rows, top, down, height),
            (tile.columns, left, across, width),
        ):
            assert line.start % tiles.MULTIPLE == start % tiles.MULTIPLE == 0
            assert line.start == 0 or start >= margin
            assert line.stop == side or line.stop - line.start - start - length >= margin
            assert 0 < length <= tiles.SIDE + tiles.MULTIPLE
    assert (count == 1).all() and len(shapes) == 1


# The gradient


@pytest.mark.usefixtures("small_tiles", "eager")
@pytest.mark.parametrize("loss", ["gram", "mean-std"])
def test_other_style_losses_have_the_slopes_of_one_piece(loss: Any) -> None:
    (total, gradient, report), (total_whole, gradient_whole, report_whole) = slopes(
        replace(SETTINGS, style_loss=loss, scales=(1, 2))
    )
    assert float(total) == pytest.approx(float(total_whole), rel=1e-4)
    np.testing.assert_allclose(report, report_whole, rtol=1e-4)
    assert relative(gradient, gradient_whole) < 1e-4


@pytest.mark.usefixtures("small_tiles", "eager")
def test_every_term_has_the_gradient_of_one_piece() -> None:
    terms = default_terms(SETTINGS)
    names = [term.name for term in terms]
    assert names == ["content", "style", "style_2", "style_4", "variation", "detail"]
    for term in terms:
        whole, tiled = (placed(SETTINGS, by_tiles, terms=[term]) for by_tiles in (False, True))
        image = tf.constant(whole.image)
        assert tiled.tiled is not None
        expected = whole._slope(image)[1]
        assert float(tf.norm(expected)) > 0
        assert relative(tiled.tiled.slope(image)[1], expected) < 1e-4


@pytest.mark.usefixtures("small_tiles", "eager")
@pytest.mark.parametrize("pooling", ["max", "average"])
def test_margins_are_as_wide_as_the_deepest_layer_sees(pooling: Any) -> None:
    settings = Settings(size=211, smallest=211, style_loss="gram", scales=(1,), pooling=pooling)
    (_, gradient, _), (_, expected, _) = slopes(settings, (211, 40))
    assert relative(gradient, expected) < 1e-4


@pytest.mark.usefixtures("small_tiles", "eager")
def test_a_margin_too_narrow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "reach", lambda layers: 1)
    settings = Settings(size=211, smallest=211, style_loss="gram", scales=(1,))
    (_, gradient, _), (_, expected, _) = slopes(settings, (211, 40))
    assert relative(gradient, expected) > 1e-3


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize(
    ("changes", "tolerance"),
    [({}, 1e-3), ({"optimizer": "lbfgs", "scales": (1,)}, 1e-2), (XLA, 1e-3)],
    ids=["adam", "lbfgs", "xla"],
)
def test_steps_by_tiles_are_those_of_one_piece(changes: dict[str, Any], tolerance: float) -> None:
    layers = {"content_layers": ("block1_conv2",), "style_layers": LAYERS[:1], "scales": (1, 2)}
    settings = replace(SETTINGS, **{**layers, **changes})
    pictures = []
    for by_tiles in (False, True):
        made = placed(settings, by_tiles, (72, 60))
        made.descend(3)
        pictures.append(made.picture())
    start = grass(3, 72, 60)
    assert np.abs(pictures[0] - start).max() > 0.01
    np.testing.assert_allclose(pictures[1], pictures[0], atol=tolerance)


@pytest.mark.usefixtures("small_tiles", "eager")
def test_activations_may_be_of_bfloat16() -> None:
    (_, gradient, report), (_, expected, report_whole) = slopes(
        replace(SETTINGS, precision="bfloat16", scales=(1,), style_loss="gram")
    )
    np.testing.assert_allclose(report, report_whole, rtol=0.02)
    assert relative(gradient, expected) < 0.1


# What is measured


@pytest.mark.usefixtures("small_tiles", "eager")
@pytest.mark.parametrize("masked", [False, True])
def test_artworks_are_measured_as_in_one_piece(masked: bool) -> None:
    artwork = grass(4, 128, 96)[None]
    mask = labels(4, 128, 96)[None, ..., :1] if masked else None
    terms = default_terms(SETTINGS)
    extractor = network(*SETTINGS.layers)
    measured = tiles.Tiling(extractor, terms).measure(artwork, mask)
    view = objective.view(extractor, artwork, objective.scales_of(terms), mask)
    expected = objective.measure(terms, view)
    assert list(measured) == list(expected)
    # Sums of more positions are larger.
    one, other = (tf.nest.flatten(parts) for parts in (measured, expected))
    for part, whole in zip(one, other, strict=True):
        np.testing.assert_allclose(part, whole, rtol=1e-4, atol=1e-5 * np.abs(whole).max())


@pytest.mark.usefixtures("small_tiles", "eager")
def test_a_large_artwork_goes_by_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    measure = tiles.Tiling.measure

    def spy(self: tiles.Tiling, picture: Any, mask: Any) -> Any:
        sizes.append((*picture.shape[1:3], None if mask is None else mask.shape[1:3]))
        return measure(self, picture, mask)

    monkeypatch.setattr(tiles.Tiling, "measure", spy)
    pictures = grass(1, *SIZE), [grass(2, 64, 80), grass(3, 80, 64)]
    masks = [None, np.ones((80, 64), np.float32)]
    network_ = network(*SETTINGS.layers)
    painting = StyleTransfer(*pictures, SETTINGS, network=network_, style_masks=masks)
    painting.style_measurements(101)
    assert sizes == [(96, 112, None), (112, 96, (112, 96))]


def test_a_canvas_given_back_forgets_the_photo(small_tiles: None, eager: None) -> None:
    made = placed(replace(SETTINGS, scales=(1,)), True, (72, 60))
    assert made.tiled is not None
    tiling = made.tiled.tiling
    assert len(tiling.photo) == 4
    canvases.give_back(made)  # one that was never taken is not kept
    made.clear()
    assert not tiling.photo and made.tiled is None


# What does not add up


class Mean(losses.Term):
    """A term of one's own that says nothing of tiles."""

    def measure(self, view: losses.View) -> Any:
        return tf.reduce_mean(view.image, (1, 2))

    def distance(self, view: losses.View, target: Any) -> Any:
        return tf.reduce_sum(tf.square(self.measure(view) - target), 1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"method": "neighbours"}, "style"),
        ({"style_loss": "sliced"}, "style"),
        ({"style_loss": "relaxed-emd"}, "style"),
        ({"histogram": 1.0}, "histogram"),
    ],
)
def test_what_does_not_add_up_is_refused_beyond_one_piece(
    changes: dict[str, Any], name: str
) -> None:
    photo = grass(1, 64, 64)
    settings = Settings(size=2000, **changes)
    StyleTransfer(photo, photo, settings, network="vgg19-lite")
    sentence = (
        f"size is 4096, but term '{name}'.* wants? a picture in one piece, .*4.5 million pixels"
    )
    with pytest.raises(ValueError, match=sentence) as caught:
        StyleTransfer(photo, photo, replace(settings, size=4096), network="vgg19-lite")
    assert "\n" not in str(caught.value) and "'wasserstein'" in str(caught.value)


def test_terms_and_networks_of_ones_own_are_painted_in_one_piece(
    small_tiles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mean = WeightedTerm("mean", Mean())
    own = lambda image: {"block1_conv1": image}  # noqa: E731
    style = WeightedTerm("style", losses.GramTerm(("block1_conv1",)))
    for terms, extractor in (((mean,), network("block1_conv1")), ((style,), own)):
        assert not tiles.by_tiles(10**4, 10**4, terms, extractor)
    monkeypatch.setattr(tiles, "MOST", 100)
    for terms, options in (((mean,), {"network": "vgg19-lite"}), ((style,), {"network": own})):
        reason = "term 'mean'" if terms == (mean,) else "a network of one's own"
        with pytest.raises(ValueError, match=re.escape(reason)):
            StyleTransfer(grass(1, 40, 40), grass(2, 40, 40), SETTINGS, terms=terms, **options)


def test_content_beside_an_artwork_does_not_add_up() -> None:
    content = losses.ContentTerm(("block1_conv1",))
    assert objective.adds_up(WeightedTerm("content", content, source="content"))
    assert not objective.adds_up(WeightedTerm("content", content, source="style"))
