"""Tests of synthesis.objective: the sum, its balance, and a term that is none of ours."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import tfnst
from tests.losses.equations import numpy_variation
from tfnst import images, losses
from tfnst.images import HALO, padded
from tfnst.losses import masks
from tfnst.synthesis import objective
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.default_objective import default_terms
from tfnst.synthesis.objective import Objective, WeightedTerm
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import Progress, StyleTransfer

SETTINGS = Settings(
    size=64,
    smallest=64,
    steps=(15,),
    learning_rate=0.03,
    content_layers=("block2_conv1",),
    style_layers=("block1_conv1", "block2_conv1"),
    style_weights=(1.0, 1.0),
    scales=(1,),
    detail=0.0,
    canvas="pixels",
)


class Palette(losses.Term):
    """The fifth term: the mean colour of a picture, or of the region that a mask shows."""

    def measure(self, view: losses.View) -> Any:
        mask = None if view.mask is None else masks.fitted(view.mask, view.image)
        return masks.average(view.image, mask)

    def distance(self, view: losses.View, target: Any) -> Any:
        return ops.sum(ops.square(self.measure(view) - target), 1)


class Deepest(losses.Term):
    """A term of a layer that no other term reads, by its mean activations."""

    layers = ("block3_conv1",)

    def measure(self, view: losses.View) -> Any:
        return ops.mean(ops.cast(view.activations["block3_conv1"], "float32"), (1, 2))

    def distance(self, view: losses.View, target: Any) -> Any:
        return ops.mean(ops.square(self.measure(view) - target), 1)


PALETTE = WeightedTerm("palette", Palette(), weight=20.0)


def photo() -> np.ndarray:
    random = np.random.default_rng(0)
    return images.resize(random.random((9, 12, 3), np.float32) * [0.5, 0.6, 0.4], 48, 64)


def flat(colour: tuple[float, float, float], height: int = 40, width: int = 50) -> np.ndarray:
    return np.full((height, width, 3), colour, np.float32)


RED, BLUE = (0.9, 0.2, 0.1), (0.1, 0.3, 0.8)


def paint(
    styles: list[np.ndarray], *terms: WeightedTerm, settings: Settings = SETTINGS, **options: Any
) -> tuple[np.ndarray, list[Progress]]:
    chosen = (*default_terms(settings), *terms)
    painting = StyleTransfer(
        photo(), styles, settings, terms=chosen, network="vgg19-lite", **options
    )
    reports = list(painting.run())
    return painting.picture(), reports


def target(styles: list[np.ndarray], settings: Settings = SETTINGS, **options: Any) -> np.ndarray:
    """The colour that the palette asks of a canvas."""
    terms = (*default_terms(settings), PALETTE)
    painting = StyleTransfer(
        photo(), styles, settings, terms=terms, network="vgg19-lite", **options
    )
    canvas = Canvas(painting.extractor, settings, terms)
    canvas.begin_level(painting.content, painting.style_measurements(64), painting.content)
    return canvas.objective.targets["palette"].numpy()[0]


# A fifth term, written here


def test_another_term_works_without_the_canvas_knowing_it() -> None:
    colour = photo().mean((0, 1))
    without, before = paint([flat(RED)])
    picture, reports = paint([flat(RED)], replace(PALETTE, source="content"))
    assert list(before[-1].distances) == ["content", "style", "variation"]
    distances = reports[-1].distances
    assert list(distances) == ["content", "style", "variation", "palette"]
    assert distances["content"] == reports[-1].content_distance
    assert distances["style"] == reports[-1].style_loss
    assert distances["variation"] == reports[-1].variation
    # Style makes it red, unless the palette is to be the photo's.
    away, far = (np.abs(painted.mean((0, 1)) - colour).max() for painted in (picture, without))
    assert far > 0.2 and away < 0.2 * far


def test_the_relaxed_emd_comes_with_moments_and_palette_and_is_descended() -> None:
    settings = replace(SETTINGS, style_loss="relaxed-emd", style_weights=None)
    (first, *_, last), (*_, again) = (
        paint([flat(RED)], settings=replace(settings, steps=(20,)))[1] for _ in range(2)
    )
    assert list(last.distances) == ["content", "style", "moments", "palette", "variation"]
    assert last.distances["palette"] < 0.9 * first.distances["palette"]
    assert last.distances == again.distances


@pytest.mark.parametrize("changes", [{"optimizer": "lbfgs"}, {"jit_compile": True}])
def test_another_term_works_with_every_way_to_descend(changes: dict[str, Any]) -> None:
    _, reports = paint([flat(RED)], PALETTE, settings=replace(SETTINGS, **changes))
    assert reports[-1].distances["palette"] < 0.2 * ((photo().mean((0, 1)) - RED) ** 2).sum()


@pytest.mark.parametrize(("canvas", "share"), [("pixels", 0.4), ("bands", 0.318102)])
def test_another_term_blends_two_styles_and_below_half_strength_the_photo(
    canvas: str, share: float
) -> None:
    styles = [flat(RED), flat(BLUE, 60, 30)]
    blend = (np.array(RED) + 3 * np.array(BLUE)) / 4
    np.testing.assert_allclose(target(styles, shares=(1, 3)), blend, atol=1e-4)
    weak = replace(SETTINGS, strength=0.2, canvas=canvas)
    expected = share * blend + (1 - share) * padded(photo())[None].mean((0, 1, 2))
    np.testing.assert_allclose(target(styles, weak, shares=(1, 3)), expected, atol=1e-4)


def test_another_term_heeds_masks_of_styles() -> None:
    halves = flat(RED, 48, 64)
    halves[:, 40:] = BLUE
    left, right = np.zeros((2, 48, 64), np.float32)
    left[:, :40], right[:, 40:] = 1, 1
    np.testing.assert_allclose(target([halves], style_masks=[left]), RED, atol=0.02)
    np.testing.assert_allclose(target([halves], style_masks=[right]), BLUE, atol=0.02)
    even = target([halves, halves], style_masks=[left, right])
    np.testing.assert_allclose(even, np.mean([RED, BLUE], 0), atol=0.02)
    share = (40 + HALO) / (64 + 2 * HALO)  # of red, with what the halo reflects
    whole = share * np.array(RED) + (1 - share) * np.array(BLUE)
    np.testing.assert_allclose(target([halves]), whole, atol=0.01)
    np.testing.assert_allclose(target([halves], style_masks=[np.ones((48, 64), "f")]), whole, 0.02)


def test_masks_leave_out_parts_of_a_style_for_our_own_terms_too() -> None:
    style = np.random.default_rng(1).random((64, 64, 3), np.float32)
    mask = np.random.default_rng(2).random((64, 64), np.float32)
    mask[:, 32:] = 0
    painting = StyleTransfer(photo(), [style], SETTINGS, style_masks=[mask], network="vgg19-lite")
    statistics = painting.style_measurements(64)["style"]["block1_conv1"]
    activation = np.asarray(painting.extractor(padded(style)[None])["block1_conv1"], np.float64)[0]
    weights = padded(mask[..., None]).astype(np.float64)
    mean = (weights * activation).sum((0, 1)) / weights.sum()
    np.testing.assert_allclose(losses.mean(statistics)[0], mean, rtol=1e-4)
    gram = np.einsum("hwx,hwi,hwj->ij", weights, activation, activation) / weights.sum()
    np.testing.assert_allclose(losses.gram_matrix(statistics)[0], gram, rtol=1e-3)
    assert np.abs(mean - activation.mean((0, 1))).max() > 0.01


def test_a_mask_of_ones_changes_no_picture() -> None:
    style = np.random.default_rng(1).random((48, 64, 3), np.float32)
    settings = replace(SETTINGS, steps=(5,))
    whole, masked = (
        paint([style], settings=settings, style_masks=style_masks)[0]
        for style_masks in (None, [np.ones((48, 64), np.float32)])
    )
    np.testing.assert_allclose(masked, whole, atol=2e-3)


def test_layers_that_only_another_term_reads_are_computed() -> None:
    deepest = WeightedTerm("deepest", Deepest(), 0.1)
    picture, reports = paint([flat(RED)], deepest, settings=replace(SETTINGS, steps=(2,)))
    assert reports[-1].distances["deepest"] > 0 and np.isfinite(picture).all()
    with pytest.raises(ValueError, match="block9"):
        paint([flat(RED)], WeightedTerm("none", losses.ContentTerm(("block9",)), source="content"))


def test_an_objective_may_do_without_our_terms() -> None:
    terms = (PALETTE,)
    settings = replace(SETTINGS, steps=(100,))
    painting = StyleTransfer(photo(), [flat(RED)], settings, terms=terms, network="vgg19-lite")
    (*_, last) = painting.run()
    assert list(last.distances) == ["palette"]
    assert all(map(math.isnan, (last.content_distance, last.style_loss, last.content_weight)))
    np.testing.assert_allclose(painting.picture().mean((0, 1)), RED, atol=0.1)


def test_the_slope_of_the_sum_agrees_with_finite_differences() -> None:
    terms = (*default_terms(replace(SETTINGS, variation=10.0)), PALETTE)
    painting = StyleTransfer(photo(), [flat(RED)], SETTINGS, terms=terms, network="vgg19-lite")
    canvas = Canvas(painting.extractor, SETTINGS, terms)
    canvas.begin_level(painting.content, painting.style_measurements(64), painting.content)
    canvas.train(tf.constant(3))  # away from the photo, where the content distance is flat
    image = canvas.image.numpy()
    _, gradient, _ = canvas.slope(tf.constant(image))
    direction = gradient.numpy() / np.abs(gradient.numpy()).max()
    step = 2e-3
    high, low = (
        float(canvas.slope(tf.constant(image + sign * step * direction))[0]) for sign in (1, -1)
    )
    slope = float((gradient.numpy() * direction).sum())
    assert (high - low) / (2 * step) == pytest.approx(slope, rel=0.05)


def test_the_guides_term_works() -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "optimisation.md"
    (code,) = re.findall(r"```python\n(from keras .*?)```", guide.read_text("utf-8"), re.DOTALL)
    settings = replace(SETTINGS, steps=(1,))
    names = {"tfnst": tfnst, "settings": settings, "photo": photo(), "artwork": flat(RED)}
    exec(code, names)
    (report,) = names["painting"].run()
    assert report.distances["means"] > 0


def test_views_are_averages_of_picture_and_mask() -> None:
    image, mask = photo()[None], np.zeros((1, 48, 64, 1), np.float32)
    mask[:, :, :30] = 1
    seen = objective.view(lambda image: {"pixels": image}, image, (2, 4), mask)
    np.testing.assert_array_equal(seen.image, image)
    for scale in (2, 4):
        small = seen.reduced[scale]
        blocks = image[0].reshape(48 // scale, scale, 64 // scale, scale, 3).mean((1, 3))
        # A quarter is 12 pixels high, and reflected to 16.
        rows = padded_below(blocks, 16)
        np.testing.assert_allclose(small.image[0], rows, atol=1e-6)
        np.testing.assert_allclose(small.activations["pixels"][0], rows, atol=1e-6)
        shares = mask[0, :, :, 0].reshape(48 // scale, scale, 64 // scale, scale).mean((1, 3))
        np.testing.assert_allclose(small.mask[0, ..., 0], padded_below(shares, 16), atol=1e-6)


def padded_below(rows: np.ndarray, height: int) -> np.ndarray:
    lacking = max(height - len(rows), 0)
    return np.concatenate([rows, rows[::-1][:lacking]])


def test_all_terms_paint_the_smallest_picture() -> None:
    settings = Settings(size=32, smallest=32, steps=(2,))
    tall = np.random.default_rng(0).random((32, 8, 3), np.float32)
    painting = StyleTransfer(tall, [tall], settings, network="vgg19-lite")
    (report,) = painting.run()
    assert all(map(math.isfinite, report.distances.values())) and len(report.distances) == 6
    assert painting.picture().shape == (32, 8, 3)


# The sum


def view(image: np.ndarray) -> losses.View:
    return losses.View(tf.constant(image[None]), {})


def numpy_palette(image: np.ndarray, colour: tuple[float, ...] = RED) -> float:
    return float(((image.mean((0, 1)) - colour) ** 2).sum())


def test_the_sum_is_of_weighted_distances() -> None:
    terms = [
        WeightedTerm("palette", Palette(), 3.0),
        WeightedTerm("rough", losses.VariationTerm(), 0.5, None),
        WeightedTerm("own", Palette(), 2.0, "content"),
    ]
    image, other = photo(), photo()[::-1] * 0.7
    for share in (1.0, 0.25):
        total = Objective(terms, share)
        total.aim(view(other), {"palette": tf.constant([RED])})
        distances = total.distances(view(image))
        wanted = share * np.array(RED) + (1 - share) * other.mean((0, 1))
        expected = [
            numpy_palette(image, tuple(wanted)),
            numpy_variation(image),
            numpy_palette(image, tuple(other.mean((0, 1)))),
        ]
        np.testing.assert_allclose(distances, expected, rtol=1e-3)
        weights = [3 * share, 0.5 * share, 2]
        np.testing.assert_allclose(total.total(distances), np.dot(weights, expected), rtol=1e-3)
        assert total.named(distances.numpy()) == dict(
            zip(("palette", "rough", "own"), distances.numpy(), strict=True)
        )


def test_targets_follow_the_size_of_what_they_are_measured_on() -> None:
    class Picture(losses.Term):
        def measure(self, view: losses.View) -> Any:
            return view.image

        def distance(self, view: losses.View, target: Any) -> Any:
            return ops.mean(ops.square(view.image - target), (1, 2, 3))

    same = Objective([WeightedTerm("same", Picture(), 1.0, "content")])
    compiled = tf.function(
        lambda image: same.distances(losses.View(image, {})),
        input_signature=[tf.TensorSpec((1, None, None, 3))],
    )
    for size in (8, 13):
        image = photo()[:size, :size]
        same.aim(view(image), {})
        np.testing.assert_allclose(compiled(tf.constant(image[None] + 0.5)), [0.25], rtol=1e-4)


def test_weights_are_steered_towards_the_distance_wanted() -> None:
    """By e^gain at most, and not above twice what the fixed terms count."""
    near, far = 0.01, 4.0
    terms = [
        WeightedTerm("steered", Palette(), 0.5, "content", wanted=0.2),
        WeightedTerm("fixed", Palette(), 2.0),
    ]
    for distance, fixed, expected in (
        (far, 100.0, 0.5 * math.e**0.1),
        (near, 100.0, 0.5 / math.e**0.1),
        (0.2, 100.0, 0.5),
        (0.22, 100.0, 0.5 * 1.1**0.1),
        (far, 0.5, 2 * (2.0 * 0.5) / far),
    ):
        total = Objective(terms)
        total.steer(tf.constant([distance, fixed]), 0.1)
        assert float(total.weights["steered"]) == pytest.approx(expected, rel=2e-3)
        assert total.weights["fixed"] == 2.0


def test_what_several_artworks_measure_is_blended_by_name() -> None:
    terms = [PALETTE, WeightedTerm("own", Palette(), 1.0, "content")]
    measured = [objective.measure(terms, view(flat(colour))) for colour in (RED, BLUE)]
    blend = objective.blend(terms, measured, (3, 1))
    assert list(blend) == ["palette"]
    np.testing.assert_allclose(
        blend["palette"][0], (3 * np.array(RED) + np.array(BLUE)) / 4, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight": -1.0}, "weight is -1.0; use a number from 0"),
        ({"weight": math.nan}, "weight is nan; use a number from 0"),
        ({"wanted": -0.5}, "wanted is -0.5; use a number from 0 or None"),
        ({"source": "photo"}, "source is 'photo'; use one of style, content or None"),
        ({"source": None}, "^source is None, but Palette needs a target; use 'style' or 'content'"),
        ({"term": "palette"}, "term is 'palette'; use a Term"),
        ({"term": Palette}, "term is .*Palette.*; use a Term"),
    ],
)
def test_weighted_terms_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PALETTE, **changes)


@pytest.mark.parametrize("terms", [[], [Palette()], [PALETTE, PALETTE]])
def test_objectives_are_checked(terms: Any) -> None:
    for make in (Objective, lambda terms: paint_with(terms)):
        with pytest.raises(ValueError, match=r"terms is .*each with a name of its own"):
            make(terms)


def paint_with(terms: Any) -> StyleTransfer:
    return StyleTransfer(photo(), [flat(RED)], SETTINGS, terms=terms, network="vgg19-lite")


@pytest.mark.parametrize(
    ("masks_", "message"),
    [
        ([], "style_masks holds 0 for 1 styles"),
        ([np.ones((4, 4), "f")], r"style_masks\[0\] has shape \(4, 4\); give \(40, 50\)"),
        ([np.zeros((40, 50), "f")], r"style_masks\[0\] is 0 everywhere"),
        ([np.full((40, 50), 2, "f")], r"style_masks\[0\] runs from 2 to 2"),
    ],
)
def test_masks_are_checked(masks_: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StyleTransfer(photo(), [flat(RED)], SETTINGS, style_masks=masks_, network="vgg19-lite")


def test_neighbours_count_while_there_is_matching() -> None:
    layers = ("block3_conv1",)
    terms = [WeightedTerm("neighbours", losses.NeighbourTerm(layers), 3.0)]
    sum_ = Objective(terms, share=0.5)
    seen = {layer: np.random.default_rng(0).random((1, 4, 4, 5), np.float32) for layer in layers}
    there = losses.View(np.zeros((1, 16, 16, 3), np.float32), seen)
    style = objective.blend(terms, [objective.measure(terms, there)], [1.0])
    weights = []
    for matching in (True, False, True):
        sum_.aim(there, style, matching=matching)
        weights.append(float(sum_.total(np.ones(1, np.float32))))
    assert weights == [1.5, 0.0, 1.5]
